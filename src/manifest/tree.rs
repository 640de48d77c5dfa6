//! YAML text to a tree in which every node and key knows its place. Documents are split and scalars resolved as kubectl
//! and go-yaml do; one broken document does not hide the others. Everything is bounded: text, depth, nodes, aliases.

use super::diagnostic::Span;
use super::merge::{count_nodes, merged, put};
use super::scalar::{Scalar, resolve};
use super::syntax;
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};
use std::collections::BTreeMap;

/// Longest text that is read at all.
pub const MAX_TEXT_BYTES: usize = 4 << 20;
/// Deepest nesting of maps and lists.
pub const MAX_DEPTH_LEVELS: usize = 200;
/// Most nodes of one document, aliases expanded.
pub const MAX_DOCUMENT_NODES: usize = 400_000;
/// Most nodes that aliases of one document may add.
pub const MAX_ALIAS_EXPANSION_NODES: usize = 100_000;
/// Most documents of one text.
pub const MAX_DOCUMENTS: usize = 20_000;

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A 64-bit integer, signed or unsigned.
    Int(i128),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map without duplicate keys, in the order of the text.
    Map(Vec<Entry>),
}

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is.
    pub content: Content,
    /// Where it is.
    pub span: Span,
}

/// One key of a map and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key as JSON would have it.
    pub key: String,
    /// Where the key is.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

/// A key that was written twice in one map; the last one wins unless decoding is strict.
#[derive(Debug, Clone, PartialEq)]
pub struct Duplicate {
    /// The key.
    pub key: String,
    /// Place of the later key.
    pub span: Span,
    /// Line of the later value within its document, as go-yaml counts.
    pub line: u32,
}

/// Why a document could not be read.
#[derive(Debug, Clone, PartialEq)]
pub struct SyntaxError {
    /// What kubectl prints after `error parsing <file>: `.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What to do about it.
    pub hint: Option<String>,
}

/// One document of the stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The tree; `None` for an empty or broken document.
    pub root: Option<Node>,
    /// The whole document.
    pub span: Span,
    /// Keys written twice.
    pub duplicates: Vec<Duplicate>,
    /// Set when the document is broken.
    pub error: Option<SyntaxError>,
}

impl Node {
    /// The value of a key, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|e| &e.value)
    }

    /// A key with its value.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.content {
            Content::Map(entries) => entries.iter().find(|e| e.key == key),
            _ => None,
        }
    }

    /// The text, if it is text.
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Reads a whole stream.
///
/// ```
/// let documents = orrery::manifest::tree::read("a: 1\n---\nb: [x, y]\n");
/// assert_eq!(documents.len(), 2);
/// assert_eq!(documents[1].root.as_ref().unwrap().get("b").unwrap().span.line, 3);
/// ```
pub fn read(text: &str) -> Vec<Document> {
    if text.len() > MAX_TEXT_BYTES {
        let span = Span { start: 0, end: 0, line: 1, column: 1 };
        let message = format!("the text is {} bytes long; at most {MAX_TEXT_BYTES} are read", text.len());
        let error = SyntaxError { message, span, hint: Some("split it into several files".to_owned()) };
        return vec![Document { root: None, span, duplicates: Vec::new(), error: Some(error) }];
    }
    syntax::split(text).into_iter().take(MAX_DOCUMENTS).map(|chunk| read_chunk(text, &chunk)).collect()
}

/// Reads one document that was cut out before.
pub(super) fn read_chunk(text: &str, chunk: &syntax::Chunk) -> Document {
    let span = Span { start: chunk.start as u32, end: chunk.end as u32, line: chunk.line, column: 1 };
    let body = &text[chunk.start..chunk.end];
    let mut document = Document { root: None, span, duplicates: Vec::new(), error: None };
    if let Some(message) = &chunk.error {
        document.error = Some(SyntaxError { message: message.clone(), span, hint: None });
        return document;
    }
    let mut repaired_text = String::new();
    for _ in 0..MAX_REPAIRS {
        let text = if repaired_text.is_empty() { body } else { &repaired_text };
        let mut builder = Builder::new(text, body, chunk);
        let result = builder.run();
        match (result, builder.repaired) {
            (Err(_), Some(repaired)) => repaired_text = repaired,
            (result, _) => {
                document.duplicates = builder.duplicates;
                match result {
                    Ok(root) => document.root = root,
                    Err(error) => document.error = Some(error),
                }
                return document;
            }
        }
    }
    document
}

/// Most places of one document that go-yaml accepts and our parser does not.
const MAX_REPAIRS: usize = 64;

/// A map or list that is being read.
enum Frame {
    List { anchor: usize, span: Span, items: Vec<Node> },
    Map { anchor: usize, span: Span, entries: Vec<(Key, Node)>, key: Option<Key> },
}

/// A key before merging: its JSON text, or the merge marker.
#[derive(Clone)]
struct Key {
    text: String,
    span: Span,
    merge: bool,
}

struct Builder<'a> {
    body: &'a str,
    /// Byte offsets of the lines, when the parser's own count is of no use because lines were repaired_text.
    lines: Vec<usize>,
    chunk: &'a syntax::Chunk,
    /// Set when the parser stumbled over something that go-yaml accepts: the text written so that both do, every byte in its place.
    repaired: Option<String>,
    /// Byte offset of every character, when the text is not ASCII.
    offsets: Vec<u32>,
    anchors: BTreeMap<usize, (Node, usize)>,
    frames: Vec<Frame>,
    root: Option<Node>,
    duplicates: Vec<Duplicate>,
    nodes: usize,
    alias_nodes: usize,
}

impl<'a> Builder<'a> {
    fn new(body: &'a str, written: &str, chunk: &'a syntax::Chunk) -> Self {
        let same = body == written;
        let lines = if same { Vec::new() } else { written.match_indices('\n').map(|(i, _)| i + 1).collect() };
        let offsets = if body.is_ascii() { Vec::new() } else { body.char_indices().map(|(i, _)| i as u32).collect() };
        Builder {
            body,
            lines,
            chunk,
            repaired: None,
            offsets,
            anchors: BTreeMap::new(),
            frames: Vec::new(),
            root: None,
            duplicates: Vec::new(),
            nodes: 0,
            alias_nodes: 0,
        }
    }

    fn span(&self, span: saphyr_parser::Span) -> Span {
        let byte = |index: usize| {
            let local = if self.offsets.is_empty() {
                index
            } else {
                self.offsets.get(index).map_or(self.body.len(), |o| *o as usize)
            };
            (self.chunk.start + local.min(self.body.len())) as u32
        };
        let (start, from) = (span.start, byte(span.start.index()));
        let local = from as usize - self.chunk.start;
        let (line, column) = if self.lines.is_empty() {
            ((start.line() as u32).saturating_sub(1), start.col() as u32)
        } else {
            let line = self.lines.partition_point(|l| *l <= local);
            let first = line.checked_sub(1).map_or(0, |i| self.lines[i]);
            (line as u32, self.body.get(first..local).map_or(0, |t| t.chars().count()) as u32)
        };
        Span { start: from, end: byte(span.end.index()), line: self.chunk.line + line, column: column + 1 }
    }

    fn fail(&self, span: Span, message: &str, hint: &str) -> SyntaxError {
        let hint = (!hint.is_empty()).then(|| hint.to_owned());
        SyntaxError { message: format!("error converting YAML to JSON: yaml: {message}"), span, hint }
    }

    fn scan_error(&self, error: &ScanError) -> SyntaxError {
        let mark = *error.marker();
        let span = self.span(saphyr_parser::Span { start: mark, end: mark });
        let line = (span.line - self.chunk.line + 1) as usize;
        let translated = syntax::translate(error.info(), line, mark.index(), self.body, self.open_bracket());
        self.fail(span, &translated.message, translated.hint)
    }

    /// The bracket of the innermost list or map, if it is written with brackets.
    fn open_bracket(&self) -> Option<u8> {
        self.bracket(self.frames.last()?).map(|(_, byte)| byte)
    }

    /// Where the outermost open bracket stands in the text.
    fn outermost_bracket(&self) -> Option<usize> {
        self.frames.iter().find_map(|frame| self.bracket(frame)).map(|(start, _)| start)
    }

    // DIFFERENCE: a quoted text that goes on in a line indented less than its key is refused; kubectl's reader takes it.
    /// Lines of a bracket may be indented as little as they like, and a tab may follow a colon.
    fn repair(&self, error: &ScanError) -> Option<String> {
        if error.info().starts_with("invalid indentation") && !error.info().contains("quoted") {
            return self.outermost_bracket().map(|start| syntax::join_brackets(self.body, start - self.chunk.start));
        }
        let at = self.span(saphyr_parser::Span { start: *error.marker(), end: *error.marker() }).start as usize;
        let colon = self.body.get(..=at - self.chunk.start)?.rfind(':')?;
        let tab = self.body.as_bytes().get(colon + 1) == Some(&b'\t');
        (tab && error.info().contains("':' must be followed")).then(|| {
            let mut text = self.body.to_owned();
            text.replace_range(colon + 1..colon + 2, " ");
            text
        })
    }

    fn bracket(&self, frame: &Frame) -> Option<(usize, u8)> {
        let (Frame::List { span, .. } | Frame::Map { span, .. }) = frame;
        let byte = *self.body.as_bytes().get(span.start as usize - self.chunk.start)?;
        matches!(byte, b'{' | b'[').then_some((span.start as usize, byte))
    }

    fn run(&mut self) -> Result<Option<Node>, SyntaxError> {
        let body = self.body;
        for event in Parser::new_from_str(body) {
            let (event, span) = match event {
                Ok(event) => event,
                // Only one document is asked for: what follows it is not read.
                Err(e) if self.frames.is_empty() && self.root.is_some() && e.info().contains("<document") => break,
                Err(e) => {
                    self.repaired = self.repair(&e);
                    return Err(self.scan_error(&e));
                }
            };
            let span = self.span(span);
            match event {
                Event::Scalar(text, style, anchor, tag) => {
                    let (node, merge) = self.scalar(&text, style, tag.as_deref(), span)?;
                    self.count(span, 1)?;
                    self.place(node, anchor, merge)?;
                }
                Event::SequenceStart(anchor, _) => self.open(Frame::List { anchor, span, items: Vec::new() }, span)?,
                Event::MappingStart(anchor, _) => {
                    self.open(Frame::Map { anchor, span, entries: Vec::new(), key: None }, span)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.close(span)?,
                Event::Alias(id) => self.alias(id, span)?,
                Event::DocumentEnd => break,
                Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) => {}
            }
        }
        Ok(self.root.take())
    }

    fn count(&mut self, span: Span, more: usize) -> Result<(), SyntaxError> {
        self.nodes += more;
        if self.nodes > MAX_DOCUMENT_NODES {
            return Err(self.fail(
                span,
                &format!("document has more than {MAX_DOCUMENT_NODES} values"),
                "split it into several files",
            ));
        }
        Ok(())
    }

    fn scalar(
        &self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<(Node, bool), SyntaxError> {
        let plain = style == ScalarStyle::Plain;
        let core = tag.filter(|t| t.handle == "tag:yaml.org,2002:" || t.handle == "!!").map(|t| t.suffix.as_str());
        let scalar = match (tag, core) {
            (None, _) if plain => resolve(text),
            (None, _) | (Some(_), Some("str")) => Scalar::Text(text.to_owned()),
            (Some(_), Some("binary")) => Scalar::Text(syntax::base64_text(text)),
            (Some(_), Some("float")) => match resolve(text) {
                Scalar::Int(value) => Scalar::Float(value as f64),
                other => other,
            },
            (Some(_), Some(_)) => resolve(text),
            (Some(_), None) => Scalar::Text(text.to_owned()),
        };
        if let (Some(name @ ("int" | "float" | "bool" | "null")), value) = (core, &scalar) {
            let is = match value {
                Scalar::Int(_) => "int",
                Scalar::Float(_) => "float",
                Scalar::Bool(_) => "bool",
                Scalar::Null => "null",
                Scalar::Text(_) => "str",
            };
            if is != name {
                return Err(self.fail(span, &format!("cannot decode !!{is} `{text}` as a !!{name}"), ""));
            }
        }
        let merge = plain && text == "<<" && tag.is_none();
        let content = match scalar {
            Scalar::Null => Content::Null,
            Scalar::Bool(value) => Content::Bool(value),
            Scalar::Int(value) => Content::Int(value),
            Scalar::Float(value) => Content::Float(value),
            Scalar::Text(value) => Content::Text(value),
        };
        Ok((Node { content, span }, merge))
    }

    fn open(&mut self, frame: Frame, span: Span) -> Result<(), SyntaxError> {
        self.count(span, 1)?;
        if self.frames.len() >= MAX_DEPTH_LEVELS {
            return Err(self.fail(span, &format!("nested deeper than {MAX_DEPTH_LEVELS} levels"), ""));
        }
        self.frames.push(frame);
        Ok(())
    }

    fn close(&mut self, end: Span) -> Result<(), SyntaxError> {
        match self.frames.pop() {
            Some(Frame::List { anchor, span, items }) => {
                let last = items.last().map_or(end.end, |n| n.span.end);
                let span = Span { end: if self.closes(end) { end.end } else { last }, ..span };
                self.place(Node { content: Content::List(items), span }, anchor, false)
            }
            Some(Frame::Map { anchor, span, entries, .. }) => {
                let last = entries.last().map_or(end.end, |(k, v)| v.span.end.max(k.span.end));
                let span = Span { end: if self.closes(end) { end.end } else { last }, ..span };
                let entries = self.merge(entries)?;
                self.place(Node { content: Content::Map(entries), span }, anchor, false)
            }
            None => Ok(()),
        }
    }

    /// Whether the end event stands on a closing bracket.
    fn closes(&self, end: Span) -> bool {
        let start = end.start as usize - self.chunk.start;
        end.end > end.start && self.body.as_bytes().get(start).is_some_and(|b| matches!(b, b']' | b'}'))
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<(), SyntaxError> {
        let Some((node, size)) = self.anchors.get(&id) else {
            let name = self
                .body
                .get(span.start as usize - self.chunk.start + 1..span.end as usize - self.chunk.start)
                .unwrap_or("");
            return Err(self.fail(
                span,
                &format!("anchor '{name}' value contains itself"),
                "an alias cannot stand inside its own anchor",
            ));
        };
        let (mut node, size) = (node.clone(), *size);
        self.alias_nodes += size;
        let nodes = self.nodes + self.alias_nodes;
        // go.yaml.in/yaml/v2 decode.go unmarshal, allowedAliasRatio: below 400,000 decoded nodes the ratio is 0.99.
        let excessive = self.alias_nodes > 100 && nodes > 1000 && self.alias_nodes * 100 > nodes * 99;
        if excessive || self.alias_nodes > MAX_ALIAS_EXPANSION_NODES {
            return Err(self.fail(
                span,
                "document contains excessive aliasing",
                "aliases of aliases multiply; write the values out",
            ));
        }
        self.count(span, size)?;
        node.span = span;
        self.place(node, 0, false)
    }

    /// Puts a finished node where it belongs.
    fn place(&mut self, node: Node, anchor: usize, merge: bool) -> Result<(), SyntaxError> {
        if anchor > 0 {
            let size = count_nodes(&node);
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.frames.last_mut() {
            None => self.root = Some(node),
            Some(Frame::List { items, .. }) => items.push(node),
            Some(Frame::Map { entries, key, .. }) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => {
                    let span = node.span;
                    match syntax::key_text(&node.content) {
                        Ok(text) => *key = Some(Key { text, span, merge }),
                        Err(message) => {
                            return Err(self.fail(span, &message, "a key must be text, a number or a boolean"));
                        }
                    }
                }
            },
        }
        Ok(())
    }

    /// Applies `<<` and drops earlier duplicates, in the order of the text: what comes later wins, as in go-yaml v2.
    // go.yaml.in/yaml/v2 decode.go mapping, merge
    fn merge(&mut self, raw: Vec<(Key, Node)>) -> Result<Vec<Entry>, SyntaxError> {
        let mut entries: Vec<Entry> = Vec::with_capacity(raw.len());
        let mut index: BTreeMap<String, usize> = BTreeMap::new();
        let mut own: BTreeMap<String, ()> = BTreeMap::new();
        for (key, value) in raw {
            if key.merge {
                for entry in merged(&value).ok_or_else(|| {
                    self.fail(value.span, "map merge requires map or sequence of maps as the value", "")
                })? {
                    put(&mut entries, &mut index, entry);
                }
                continue;
            }
            if own.insert(key.text.clone(), ()).is_some() {
                let line = value.span.line.saturating_sub(self.chunk.line) + 1;
                self.duplicates.push(Duplicate { key: key.text.clone(), span: key.span, line });
            }
            put(&mut entries, &mut index, Entry { key: key.text, key_span: key.span, value });
        }
        Ok(entries)
    }
}
