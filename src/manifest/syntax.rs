//! The edges of YAML: how kubectl cuts a stream into documents, how keys become JSON text, and what the Go reader calls
//! each syntax error.

use super::scalar::json_float;
use super::tree::Content;

/// One document's piece of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Byte offset of its first line.
    pub start: usize,
    /// Byte offset after its last line.
    pub end: usize,
    /// Line of `start`, from 1.
    pub line: u32,
    /// The separator before it was no separator.
    pub error: Option<String>,
}

/// Cuts at lines that begin with `---`, as kubectl does before any YAML is read.
// k8s.io/apimachinery/pkg/util/yaml/decoder.go YAMLReader.Read
pub fn split(text: &str) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut chunk = Chunk { start: 0, end: 0, line: 1, error: None };
    let mut offset = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let next = offset + line.len();
        if let Some(rest) = line.strip_prefix("---") {
            let rest = rest.trim();
            if !rest.is_empty() && !rest.starts_with('#') {
                chunk.end = offset;
                push(&mut chunks, &chunk);
                let error = Some(format!("invalid Yaml document separator: {rest}"));
                chunks.push(Chunk { start: offset, end: next, line: number as u32 + 1, error });
                chunk = Chunk { start: next, end: next, line: number as u32 + 2, error: None };
            } else if offset > chunk.start {
                chunk.end = offset;
                push(&mut chunks, &chunk);
                chunk = Chunk { start: next, end: next, line: number as u32 + 2, error: None };
            }
        }
        offset = next;
    }
    chunk.end = text.len();
    push(&mut chunks, &chunk);
    chunks
}

fn push(chunks: &mut Vec<Chunk>, chunk: &Chunk) {
    if chunk.end > chunk.start {
        chunks.push(chunk.clone());
    }
}

/// A map key as JSON text.
// sigs.k8s.io/yaml yaml.go convertToJSONableObject
pub fn key_text(content: &Content) -> Result<String, String> {
    match content {
        Content::Text(text) => Ok(text.clone()),
        Content::Int(value) => Ok(value.to_string()),
        Content::Bool(value) => Ok(value.to_string()),
        Content::Float(value) => Ok(json_float(f64::from(*value as f32))),
        Content::Null => Err("unsupported map key of type: %!s(<nil>)".to_owned()),
        Content::List(_) | Content::Map(_) => Err("invalid map key".to_owned()),
    }
}

/// The Go reader's text for an error, and our help.
pub struct Translated {
    /// `line 4: did not find expected key`.
    pub message: String,
    /// What to do, may be empty.
    pub hint: &'static str,
}

/// Whether go-yaml counts the line of an error from 1 (scanner) or from 0 (parser), or names none.
#[derive(Clone, Copy, PartialEq)]
enum From {
    Scanner,
    Parser,
}

const TAB: &str = "YAML is indented with blanks, never with tabs";
const ALIGN: &str = "check the indentation: keys of one map start in the same column";
const COLON: &str = "put the value in quotes if it contains `: `";

/// Texts of our parser, what go-yaml calls them, who reports them there, and help. The first match counts.
const TEXTS: &[(&str, &str, From, &str)] = &[
    ("tabs disallowed", "found character that cannot start any token", From::Scanner, TAB),
    ("tab cannot be used", "found character that cannot start any token", From::Scanner, TAB),
    ("found a tab", "found character that cannot start any token", From::Scanner, TAB),
    ("cannot start with a tab", "found character that cannot start any token", From::Scanner, TAB),
    (
        "unexpected character: `%'",
        "found character that cannot start any token",
        From::Scanner,
        "put the value in quotes",
    ),
    (
        "unexpected character: `@'",
        "found character that cannot start any token",
        From::Scanner,
        "put the value in quotes",
    ),
    (
        "unexpected character: ``'",
        "found character that cannot start any token",
        From::Scanner,
        "put the value in quotes",
    ),
    ("unexpected character", "found character that cannot start any token", From::Scanner, ""),
    ("mapping values are not allowed", "mapping values are not allowed in this context", From::Scanner, COLON),
    ("illegal placement of ':'", "mapping values are not allowed in this context", From::Scanner, COLON),
    ("mapping keys are not allowed", "mapping keys are not allowed in this context", From::Scanner, ""),
    (
        "block sequence entries are not allowed",
        "block sequence entries are not allowed in this context",
        From::Scanner,
        "",
    ),
    ("only valid inside a block", "block sequence entries are not allowed in this context", From::Scanner, ""),
    ("simple key expect", "could not find expected ':'", From::Scanner, "a key needs a colon"),
    ("unexpected end of stream", "found unexpected end of stream", From::Scanner, "a quote is not closed"),
    (
        "misplaced bracket",
        "did not find expected node content",
        From::Parser,
        "a bracket is closed that was not opened",
    ),
    ("comment intercepting", "could not find expected ':'", From::Scanner, "a key needs a colon"),
    ("tag, did not find expected whitespace", "did not find expected whitespace or line break", From::Scanner, ""),
    ("did not find expected tag URI", "did not find expected tag URI", From::Scanner, ""),
    ("unexpected document indicator", "found unexpected document indicator", From::Scanner, "a quote is not closed"),
    (
        "unknown escape character",
        "found unknown escape character",
        From::Scanner,
        "use single quotes, or double the backslash",
    ),
    ("expected hexadecimal number", "did not find expected hexdecimal number", From::Scanner, ""),
    (
        "expected alphabetic or numeric",
        "did not find expected alphabetic or numeric character",
        From::Scanner,
        "put the value in quotes",
    ),
    ("expected comment or line break", "did not find expected comment or line break", From::Scanner, ""),
    ("expected ',' or '}'", "did not find expected ',' or '}'", From::Parser, "a brace is not closed"),
    ("expected ',' or ']'", "did not find expected ',' or ']'", From::Parser, "a bracket is not closed"),
    ("expected '-' indicator", "did not find expected '-' indicator", From::Parser, ALIGN),
    ("expected node content", "did not find expected node content", From::Parser, ""),
    ("handle wasn't declared", "found undefined tag handle", From::Parser, ""),
    ("expected <document", "did not find expected <document start>", From::Parser, ""),
    ("expected key", "did not find expected key", From::Parser, ALIGN),
    ("invalid indentation", "did not find expected key", From::Parser, ALIGN),
    ("wrongly indented", "did not find expected key", From::Parser, ALIGN),
    ("invalid trailing content", "did not find expected key", From::Parser, "nothing may follow the closing quote"),
];

/// The text with the lines of one bracket joined into one, every byte in its place: go-yaml does not care how they are
/// indented. Comments in between become blanks, quoted texts stay as they are.
pub fn join_brackets(text: &str, start: usize) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let (mut depth, mut quote, mut i) = (0_usize, 0_u8, start);
    while let Some(&byte) = bytes.get(i) {
        match byte {
            b'\\' if quote == b'"' => i += 1,
            _ if quote != 0 => quote = if byte == quote { 0 } else { quote },
            b'"' | b'\'' if matches!(bytes.get(i.wrapping_sub(1)), Some(b' ' | b',' | b':' | b'[' | b'{')) => {
                quote = byte
            }
            b'#' if matches!(bytes.get(i.wrapping_sub(1)), Some(b' ' | b'\t')) => {
                while bytes.get(i).is_some_and(|b| *b != b'\n') {
                    bytes[i] = b' ';
                    i += 1;
                }
                continue;
            }
            b'\n' | b'\r' => bytes[i] = b' ',
            b'[' | b'{' => depth += 1,
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            _ => {}
        }
        i += 1;
    }
    // Only whole characters were replaced (a comment as a whole), so this is UTF-8 still.
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// Names an error of our parser as go-yaml would. `open` is the bracket in which it happened, if any.
// go.yaml.in/yaml/v2 decode.go parser.fail
pub fn translate(info: &str, line: usize, index: usize, body: &str, open: Option<u8>) -> Translated {
    if info.contains("unknown anchor") {
        return alias(index, line, body);
    }
    if let Some(tab) = tab(line, body) {
        return tab;
    }
    if info.contains("in quoted scalar") || info.contains("quoted scalar, found unexpected end") {
        return unclosed(index, body);
    }
    let (mut message, mut from, mut hint) =
        TEXTS.iter().find(|(ours, ..)| info.contains(ours)).map_or((info, From::Parser, ""), |t| (t.1, t.2, t.3));
    if message == "did not find expected key" || message.starts_with("mapping values") && open.is_some() {
        from = if open.is_some() { From::Parser } else { from };
        match open {
            Some(b'{') => (message, hint) = ("did not find expected ',' or '}'", "a quote or brace is not closed"),
            Some(_) => (message, hint) = ("did not find expected ',' or ']'", "a quote or bracket is not closed"),
            None => {}
        }
    }
    let line = if from == From::Scanner && line > 1 { line } else { line.saturating_sub(1) };
    let message = if line == 0 { message.to_owned() } else { format!("line {line}: {message}") };
    Translated { message, hint }
}

/// The error of a tab in the indentation of the line of an error or of the one after it, if that is what it is.
fn tab(line: usize, body: &str) -> Option<Translated> {
    let lines: Vec<&str> = body.lines().collect();
    let indented = |l: &&str| l.len() > l.trim_start_matches(' ').len() && l.trim_start_matches(' ').starts_with('\t');
    let tab_first = |l: &&str| l.starts_with('\t') || indented(l);
    let at = (line.saturating_sub(1)..=line).find(|i| lines.get(*i).is_some_and(tab_first))?;
    let before = lines[..at].iter().rev().find(|l| !l.trim().is_empty()).copied().unwrap_or("");
    let message = if continues_plain(before) {
        "found a tab character that violates indentation"
    } else {
        "found character that cannot start any token"
    };
    let message = if at == 0 { message.to_owned() } else { format!("line {}: {message}", at + 1) };
    Some(Translated { message, hint: TAB })
}

/// Whether a line ends in a plain scalar, which the next line would continue.
fn continues_plain(line: &str) -> bool {
    let value = line.trim();
    let value = value.split_once(": ").map_or(value, |(_, v)| v.trim());
    let value = value.strip_prefix("- ").unwrap_or(value);
    !value.is_empty()
        && !value.contains(" #")
        && !value.ends_with(':')
        && !value.starts_with(['"', '\'', '{', '[', '|', '>', '#', '-'])
}

/// A quote that is not closed is noticed at the end of the text.
fn unclosed(index: usize, body: &str) -> Translated {
    let before = body.chars().take(index).filter(|c| *c == '\n').count();
    let all = body.bytes().filter(|b| *b == b'\n').count();
    let line = if all > 0 { all + 1 } else { before };
    let message = "found unexpected end of stream";
    let message = if line == 0 { message.to_owned() } else { format!("line {line}: {message}") };
    Translated { message, hint: "a quote is not closed" }
}

/// `*name` without anchor; or a star that was meant as text, like an unquoted schedule.
fn alias(index: usize, line: usize, body: &str) -> Translated {
    let rest: String = body.chars().skip(index).skip_while(|c| *c != '*').skip(1).take(64).collect();
    let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).collect();
    let after = rest.chars().nth(name.chars().count());
    let blank = after.is_none_or(|c| c.is_whitespace() || "?:,]}%@`".contains(c));
    if name.is_empty() || !blank {
        let message = "did not find expected alphabetic or numeric character";
        let message = if line > 1 { format!("line {line}: {message}") } else { message.to_owned() };
        return Translated { message, hint: "a value that starts with `*` needs quotes" };
    }
    Translated {
        message: format!("unknown anchor '{name}' referenced"),
        hint: "a value that starts with `*` needs quotes",
    }
}

/// Decodes base64 text (of `!!binary`); what is no base64 stays as it is.
pub fn base64_text(text: &str) -> String {
    let clean: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    base64_bytes(&clean).and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| text.to_owned())
}

/// Standard base64 with padding, as Go reads it.
pub fn base64_bytes(text: &[u8]) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let digit = |b: u8| match b {
        b'A'..=b'Z' => Some(u32::from(b - b'A')),
        b'a'..=b'z' => Some(u32::from(b - b'a') + 26),
        b'0'..=b'9' => Some(u32::from(b - b'0') + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let groups = text.len() / 4;
    for (i, group) in text.chunks(4).enumerate() {
        let padding = group.iter().rev().take_while(|b| **b == b'=').count();
        if padding > 2 || (padding > 0 && i + 1 != groups) {
            return None;
        }
        let mut value = 0;
        for b in &group[..4 - padding] {
            value = value << 6 | digit(*b)?;
        }
        value <<= 6 * padding as u32;
        let three = value.to_be_bytes();
        bytes.extend_from_slice(&three[1..4 - padding]);
    }
    Some(bytes)
}
