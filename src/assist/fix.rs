//! Quick fixes: for a remark on the text the edits that would put it right.

use super::Edit;
use super::context::{Context, boundary};
use super::fix_more;
use super::outline::{Entry, Path, Step};
use crate::manifest::Diagnostic;
use crate::manifest::diagnostic::nearest;
use crate::manifest::schema::{Schema, Type};

/// One way to put something right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, to be put on a button.
    pub title: String,
    /// What it changes.
    pub edits: Vec<Edit>,
}

impl Fix {
    pub(super) fn new(title: impl Into<String>, edits: Vec<Edit>) -> Fix {
        Fix { title: title.into(), edits }
    }
}

/// What could be done about a remark, the best first; nothing if we do not know.
///
/// ```
/// use orrery::assist::{apply_edits, quick_fixes};
/// use orrery::manifest::{LoadOptions, load, schema::Schema};
/// let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  continers:\n  - {name: c, image: nginx}\n";
/// let remark = &load(text, &LoadOptions::default()).diagnostics[0];
/// let fix = &quick_fixes(&Schema::new(), text, remark)[0];
/// assert_eq!(fix.title, "Change to `containers`");
/// assert!(apply_edits(text, &fix.edits).contains("\n  containers:\n"));
/// ```
pub fn quick_fixes(schema: &Schema, text: &str, remark: &Diagnostic) -> Vec<Fix> {
    let at = boundary(text, remark.span.start as usize);
    let (context, _) = Context::at(schema, text, at);
    let mut fixes = Vec::new();
    let message = remark.message.as_str();
    if let Some(path) = message.strip_prefix("unknown field ") {
        unknown_field(&context, at, path.trim_matches('"'), &mut fixes);
    } else if message.contains("already set in map") {
        if let Some(entry) = entry_at(&context, at) {
            fixes.push(remove(&context, entry, "Remove the second one"));
        }
    } else if message.contains("cannot unmarshal") {
        wrong_type(&context, remark, at, &mut fixes);
    } else if message.contains("yaml:") {
        fix_more::syntax(text, remark, &mut fixes);
    } else if message.contains("no matches for kind") {
        no_such_kind(&context, at, &mut fixes);
    } else if message.contains("apiVersion not set") || message.contains("kind not set") {
        fix_more::head(&context, message, &mut fixes);
    } else {
        fix_more::invalid(&context, remark, at, &mut fixes);
    }
    fixes
}

/// The innermost entry whose key or value touches an offset.
pub(super) fn entry_at<'a>(context: &'a Context, at: usize) -> Option<&'a Entry> {
    let touches = |(from, to): (usize, usize)| from <= at && at <= to && from < to;
    context.section.entries.iter().rev().find(|e| !e.name().is_empty() && (touches(e.key) || touches(e.value)))
}

/// Takes an entry out: its lines, or between brackets the entry with one comma.
pub(super) fn remove(context: &Context, entry: &Entry, title: &str) -> Fix {
    let text = context.text;
    if entry.in_brackets {
        let end = entry.value.1.max(entry.key.1).max(entry.end.min(text.len()));
        let mut end = text[entry.key.0..end].trim_end_matches([' ', ',', '}', ']', '\n']).len() + entry.key.0;
        let mut from = entry.key.0;
        let rest = &text[end..];
        if let Some(after) = rest.trim_start_matches(' ').strip_prefix(',') {
            end = text.len() - after.trim_start_matches(' ').len();
        } else {
            from = text[..from].trim_end_matches([' ', ',']).len();
        }
        return Fix::new(title, vec![Edit::replace(from, end.max(from), "")]);
    }
    let line = text[..entry.key.0].rfind('\n').map_or(0, |i| i + 1);
    let after_dash = !text[line..entry.key.0].trim().is_empty();
    let end = block_end(text, entry);
    if after_dash {
        // The next key moves up behind the dash.
        let next = text[end..].len() - text[end..].trim_start_matches([' ']).len();
        return Fix::new(title, vec![Edit::replace(entry.key.0, end + next, "")]);
    }
    Fix::new(title, vec![Edit::replace(line, end, "")])
}

/// Offset after the last line of an entry, comments and empty lines in front of the next entry left out.
pub(super) fn block_end(text: &str, entry: &Entry) -> usize {
    let block = &text[entry.key.0..entry.end.max(entry.key.1)];
    let mut end = entry.key.0;
    let mut offset = entry.key.0;
    for (i, line) in block.split_inclusive('\n').enumerate() {
        offset += line.len();
        let body = line.trim();
        // What stands before the next entry on its own line is its indentation or dash.
        let complete = line.ends_with('\n') || offset >= text.len();
        if i == 0 || complete && !body.is_empty() && !body.starts_with('#') {
            end = offset;
        }
    }
    end
}

fn unknown_field(context: &Context, at: usize, _path: &str, fixes: &mut Vec<Fix>) {
    let Some(entry) = entry_at(context, at) else { return };
    let (name, parent) = (entry.name(), entry.parent());
    let Some(Type::Struct(structure)) = context.meaning(parent).map(|m| m.ty) else { return };
    let written: Vec<&str> = context.section.children(parent).map(Entry::name).collect();
    let fields = context.schema.fields(structure);
    let free = fields.iter().map(|f| f.name).filter(|f| !written.contains(f));
    if let Some(near) = nearest(name, free) {
        fixes.push(Fix::new(format!("Change to `{near}`"), vec![Edit::replace(entry.key.0, entry.key.1, near)]));
    }
    moves(context, entry, fixes);
    fixes.push(remove(context, entry, &format!("Remove `{name}`")));
}

/// A field that belongs to the key above it, or to what that key is in: its lines are indented wrongly.
fn moves(context: &Context, entry: &Entry, fixes: &mut Vec<Fix>) {
    if entry.in_brackets {
        return;
    }
    let parent: Path = entry.parent().to_vec();
    let has = |path: &[Step], name: &str| match context.meaning(path).map(|m| m.ty) {
        Some(Type::Struct(structure)) => context.schema.field(structure, name).is_some(),
        _ => false,
    };
    let before = context.section.children(&parent).filter(|e| e.key.0 < entry.key.0).last();
    // Down into the last thing before it that has such a field, at any depth.
    if let Some(before) = before {
        let inner =
            context.section.entries.iter().filter(|e| e.path.starts_with(&before.path) && e.key.0 < entry.key.0);
        if let Some(target) = inner.rev().find(|e| !e.in_brackets && has(&e.path, entry.name())) {
            let deep = context.section.children(&target.path).next().map_or(target.column + 2, |c| c.column);
            fixes.push(shift(context, entry, deep, &target.path));
        }
    }
    // Up to something that it is in.
    for depth in (0..parent.len()).rev() {
        if has(&parent[..depth], entry.name()) {
            let column = context.section.children(&parent[..depth]).next().map_or(0, |e| e.column);
            let last = context
                .section
                .entry(&parent)
                .is_none_or(|p| block_end(context.text, entry) >= block_end(context.text, p));
            if last && column < entry.column {
                fixes.push(shift(context, entry, column, &parent[..depth]));
            }
            break;
        }
    }
}

/// Moves the lines of an entry to another column.
fn shift(context: &Context, entry: &Entry, column: usize, target: &[Step]) -> Fix {
    let text = context.text;
    let end = block_end(text, entry);
    let mut edits = Vec::new();
    let mut line = text[..entry.key.0].rfind('\n').map_or(0, |i| i + 1);
    while line < end {
        let next = text[line..].find('\n').map_or(text.len(), |i| line + i + 1);
        let indented = text[line..next].len() - text[line..next].trim_start_matches(' ').len();
        if !text[line..next].trim().is_empty() {
            let wanted = (indented + column).saturating_sub(entry.column);
            edits.push(Edit::replace(line, line + indented, " ".repeat(wanted)));
        }
        line = next;
    }
    let place = match target.last() {
        Some(Step::Key(key)) => format!("`{key}`"),
        Some(Step::Item(i)) => format!("item {}", i + 1),
        None => "the top".to_owned(),
    };
    Fix::new(format!("Indent it under {place}"), edits)
}

/// A value that needs quotes or has too many of them, a list that should be a map, a map that should be a list.
fn wrong_type(context: &Context, remark: &Diagnostic, at: usize, fixes: &mut Vec<Fix>) {
    let message = remark.message.as_str();
    let path = fix_more::error_path(context, remark);
    let Some(entry) = context.section.entry(&path).or_else(|| entry_at(context, at)) else { return };
    let (from, to) = entry.value;
    let value = context.text.get(from..to).unwrap_or("");
    let wanted = message.rsplit(" of type ").next().unwrap_or("");
    let simple = !value.is_empty() && !value.starts_with(['{', '[', '|', '>', '&', '*']);
    if simple
        && (wanted == "string" || wanted.starts_with("v1.") || wanted.starts_with("types."))
        && !value.starts_with(['"', '\''])
    {
        fixes.push(Fix::new("Put it in quotes", vec![Edit::replace(from, to, format!("\"{value}\""))]));
    }
    let bare = super::outline::unquoted(value);
    if simple && value.starts_with(['"', '\'']) && matches!(wanted, "int32" | "int64") && bare.parse::<i64>().is_ok() {
        fixes.push(Fix::new("Remove the quotes", vec![Edit::replace(from, to, bare)]));
    }
    if wanted == "bool" && matches!(bare.to_lowercase().as_str(), "true" | "false" | "yes" | "no") {
        let plain = if matches!(bare.to_lowercase().as_str(), "true" | "yes") { "true" } else { "false" };
        fixes.push(Fix::new(format!("Write {plain}"), vec![Edit::replace(from, to, plain)]));
    }
    if wanted.starts_with("[]") && message.contains("unmarshal object") {
        fix_more::as_list(context, entry, fixes);
    }
    if simple && wanted.starts_with("[]") {
        fixes.push(Fix::new("Make it a list", vec![Edit::replace(from, to, format!("[{value}]"))]));
    }
}

fn no_such_kind(context: &Context, at: usize, fixes: &mut Vec<Fix>) {
    let probe = entry_at(context, at).map(|e| e.path.clone()).unwrap_or_default();
    let object = context.object_path(&probe);
    let (kind, _) = context.names(&object);
    let entry = |key: &str| {
        let path: Path = object.iter().cloned().chain([Step::Key(key.to_owned())]).collect();
        context.section.entry(&path)
    };
    let kinds = context.schema.kinds();
    let versions: Vec<&str> = context.schema.versions_of(kind).collect();
    if let (Some(entry), false) = (entry("apiVersion"), versions.is_empty()) {
        for version in versions {
            let edit = Edit::replace(entry.value.0, entry.value.1, version);
            fixes.push(Fix::new(format!("Change to `{version}`"), vec![edit]));
        }
    } else if let (Some(entry), Some(near)) = (entry("kind"), nearest(kind, kinds.iter().map(|k| k.kind))) {
        fixes.push(Fix::new(format!("Change to `{near}`"), vec![Edit::replace(entry.value.0, entry.value.1, near)]));
    }
}
