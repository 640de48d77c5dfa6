//! Reads the type declarations of Kubernetes' Go API packages: enough of Go for struct fields, tags and string constants.
//! Used only to regenerate `src/manifest/schema.txt`; nothing of it is in the product.

use std::collections::BTreeMap;
use std::path::Path;

/// One field of a Go struct.
#[derive(Debug, Clone)]
pub struct Field {
    /// Go name; for an embedded field the name of its type.
    pub go: String,
    /// Go type as written, e.g. `[]Container`.
    pub ty: String,
    /// JSON name; empty for an embedded struct whose fields are inlined.
    pub json: String,
    pub omitempty: bool,
    pub omitzero: bool,
    /// `patchMergeKey`, or `""` with `patchStrategy:"merge"` (a list of scalars), or none.
    pub merge_key: Option<String>,
    pub required: bool,
    pub embedded: bool,
    /// First sentence of the comment.
    pub doc: String,
}

/// All declarations of one package.
#[derive(Debug, Default)]
pub struct Package {
    pub structs: BTreeMap<String, Vec<Field>>,
    /// Doc comment of each struct, first sentence.
    pub docs: BTreeMap<String, String>,
    /// Named non-struct types: name to underlying type.
    pub named: BTreeMap<String, String>,
    /// String constants by their type, in order of declaration.
    pub constants: BTreeMap<String, Vec<String>>,
}

/// Parses one `types.go`.
pub fn read(path: &Path) -> Package {
    let text =
        without_block_comments(&std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())));
    let mut package = Package::default();
    let mut lines = text.lines();
    let mut comment: Vec<String> = Vec::new();
    let mut in_constants = false;
    while let Some(line) = lines.next() {
        let trimmed = line.trim();
        if let Some(body) = trimmed.strip_prefix("//") {
            comment.push(body.trim().to_owned());
            continue;
        }
        if trimmed.starts_with("const (") || trimmed.starts_with("const(") {
            in_constants = true;
        } else if trimmed == ")" {
            in_constants = false;
        } else if in_constants || trimmed.starts_with("const ") {
            constant(trimmed.trim_start_matches("const "), &mut package);
        } else if let Some(rest) = trimmed.strip_prefix("type ") {
            if let Some(name) = rest.strip_suffix(" struct {") {
                package.docs.insert(name.to_owned(), first_sentence(&comment));
                let fields = fields(&mut lines);
                package.structs.insert(name.to_owned(), fields);
            } else if let Some((name, ty)) = rest.split_once(' ') {
                package.named.insert(name.to_owned(), ty.trim_start_matches("= ").to_owned());
            }
        }
        comment.clear();
    }
    package
}

fn without_block_comments(text: &str) -> String {
    let mut parts = text.split("/*");
    let mut result = parts.next().unwrap_or("").to_owned();
    for part in parts {
        result += part.split_once("*/").map_or("", |(_, rest)| rest);
    }
    result
}

fn constant(line: &str, package: &mut Package) {
    let Some((left, right)) = line.split_once(" = ") else {
        return;
    };
    let mut words = left.split_whitespace();
    let (Some(_), Some(ty)) = (words.next(), words.next()) else {
        return;
    };
    let Some(value) = right.trim().strip_prefix('"').and_then(|r| r.split('"').next()) else {
        return;
    };
    let values = package.constants.entry(ty.to_owned()).or_default();
    if !value.is_empty() && !values.iter().any(|v| v == value) {
        values.push(value.to_owned());
    }
}

fn fields<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Vec<Field> {
    let mut result = Vec::new();
    let mut comment: Vec<String> = Vec::new();
    for line in lines {
        let trimmed = line.trim();
        if trimmed == "}" {
            break;
        }
        if let Some(body) = trimmed.strip_prefix("//") {
            comment.push(body.trim().to_owned());
            continue;
        }
        if trimmed.is_empty() {
            comment.clear();
            continue;
        }
        let (declaration, tag) = match trimmed.split_once('`') {
            Some((d, t)) => (d.trim(), t.trim_end_matches(|c| c != '`').trim_end_matches('`')),
            None => (trimmed.split(" //").next().unwrap_or("").trim(), ""),
        };
        let mut words = declaration.split_whitespace();
        let first = words.next().unwrap_or("").to_owned();
        let ty = words.collect::<Vec<_>>().join(" ");
        let embedded = ty.is_empty();
        let ty = if embedded { first.clone() } else { ty };
        let go = if embedded { first.rsplit('.').next().unwrap_or("").to_owned() } else { first };
        let json_tag = tag_value(tag, "json").unwrap_or_default();
        let mut parts = json_tag.split(',');
        let json = parts.next().unwrap_or("").to_owned();
        let options: Vec<&str> = parts.collect();
        if json == "-" {
            comment.clear();
            continue;
        }
        let merge = tag_value(tag, "patchStrategy").is_some_and(|s| s.split(',').any(|w| w == "merge"));
        let optional = comment.iter().any(|c| c.starts_with("+optional"));
        let omitempty = options.contains(&"omitempty");
        result.push(Field {
            merge_key: merge.then(|| tag_value(tag, "patchMergeKey").unwrap_or_default()),
            required: !optional && (!omitempty || comment.iter().any(|c| c.starts_with("+required"))),
            omitzero: options.contains(&"omitzero"),
            omitempty,
            doc: first_sentence(&comment),
            embedded,
            json: if embedded && options.contains(&"inline") { String::new() } else { json },
            go,
            ty,
        });
        comment.clear();
    }
    result
}

fn tag_value(tag: &str, key: &str) -> Option<String> {
    let start = tag.find(&format!("{key}:\""))? + key.len() + 2;
    Some(tag[start..].split('"').next()?.to_owned())
}

/// The first sentence of a comment, without markers such as `+optional`.
pub fn first_sentence(comment: &[String]) -> String {
    let text: Vec<&str> =
        comment.iter().map(String::as_str).take_while(|l| !l.starts_with('+') && *l != "---").collect();
    let text = text.join(" ");
    let mut end = text.len();
    for (i, _) in text.match_indices(". ") {
        let before = &text[..i];
        if !before.ends_with("e.g") && !before.ends_with("i.e") && !before.ends_with("etc") {
            end = i + 1;
            break;
        }
    }
    let sentence = &text[..end];
    sentence.split(" More info:").next().unwrap_or(sentence).trim().to_owned()
}
