//! What the lines of a text say about its structure, by their indentation alone: keys, their values and their paths, also in a
//! text that no YAML reader accepts.

use super::flow;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Into a map.
    Key(String),
    /// Into a list.
    Item(usize),
}

/// A path from the root of a document.
pub type Path = Vec<Step>;

/// A key with its value, or an item of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The path of the value.
    pub path: Path,
    /// Byte offsets of the key, or of the dash of an item.
    pub key: (usize, usize),
    /// Bytes before the key on its line.
    pub column: usize,
    /// Byte offsets of a value on the same line, comment and blanks around it left out.
    pub value: (usize, usize),
    /// Byte offset at which the next entry that is not inside begins, or the document ends.
    pub end: usize,
    /// Written between brackets.
    pub in_brackets: bool,
}

impl Entry {
    /// The last key of the path; empty for an item.
    pub fn name(&self) -> &str {
        match self.path.last() {
            Some(Step::Key(key)) => key,
            _ => "",
        }
    }

    /// The path of what it is in.
    pub fn parent(&self) -> &[Step] {
        self.path.split_last().map_or(&[], |(_, parent)| parent)
    }
}

/// What stands at an offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// A key, or where one could be; the column where it starts, and whether a dash starts its line.
    Key {
        /// Bytes before it on its line.
        column: usize,
        /// Written between brackets.
        in_brackets: bool,
    },
    /// The value of the path.
    Value,
}

/// Where an offset is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// For a key the path of the map it is in; for a value its own path.
    pub path: Path,
    /// What it is.
    pub at: At,
    /// Byte offsets of the word at the offset.
    pub word: (usize, usize),
}

/// One document of a text.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Section {
    /// Byte offset of its first line, after the separator.
    pub start: usize,
    /// Byte offset after its last line.
    pub end: usize,
    /// Its entries in the order of the text.
    pub entries: Vec<Entry>,
}

/// Longest line that is looked at, in bytes; longer ones are skipped.
const MAX_LINE_BYTES: usize = 20_000;
/// Deepest nesting that is followed.
pub(super) const MAX_DEPTH_LEVELS: usize = 100;

/// Byte ranges of the documents of a text, separators left out.
pub fn documents(text: &str) -> Vec<(usize, usize)> {
    let (mut ranges, mut start, mut offset) = (Vec::new(), 0, 0);
    for line in text.split_inclusive('\n') {
        if line.starts_with("---") {
            ranges.push((start, offset));
            start = offset + line.len();
        }
        offset += line.len();
    }
    ranges.push((start, text.len()));
    ranges
}

/// The structure of a document that lies between two byte offsets.
pub fn section(text: &str, start: usize, end: usize) -> Section {
    let mut scan =
        Scan { text, end, cursor_at: None, stack: Vec::new(), entries: Vec::new(), cursor: None, literal: None };
    scan.run(start);
    finish(scan.entries, start, end)
}

/// The same, and where an offset in it is.
pub fn section_at(text: &str, start: usize, end: usize, offset: usize) -> (Section, Option<Cursor>) {
    let mut scan = Scan {
        text,
        end,
        cursor_at: Some(offset),
        stack: Vec::new(),
        entries: Vec::new(),
        cursor: None,
        literal: None,
    };
    scan.run(start);
    let cursor = scan.cursor;
    (finish(scan.entries, start, end), cursor)
}

fn finish(mut entries: Vec<Entry>, start: usize, end: usize) -> Section {
    let starts: Vec<(usize, usize)> = entries.iter().map(|e| (e.key.0, e.path.len())).collect();
    let mut open: Vec<usize> = Vec::new();
    for i in 0..entries.len() {
        while let Some(&last) = open.last() {
            let inside =
                entries[i].path.len() > entries[last].path.len() && entries[i].path.starts_with(&entries[last].path);
            if inside {
                break;
            }
            entries[last].end = starts[i].0;
            open.pop();
        }
        open.push(i);
    }
    for i in open {
        entries[i].end = end;
    }
    Section { start, end, entries }
}

struct Scan<'a> {
    text: &'a str,
    end: usize,
    cursor_at: Option<usize>,
    /// Open entries: column and step.
    stack: Vec<(usize, Step)>,
    entries: Vec<Entry>,
    cursor: Option<Cursor>,
    /// Inside a block scalar whose key stands at this column.
    literal: Option<usize>,
}

impl Scan<'_> {
    fn run(&mut self, start: usize) {
        let mut offset = start;
        while offset < self.end {
            let rest = &self.text[offset..self.end];
            let line = rest.split_inclusive('\n').next().unwrap_or("");
            let next = offset + line.len();
            offset = self.line(offset, line.trim_end_matches(['\n', '\r'])).unwrap_or(next).max(next);
        }
        if let Some(at) = self.cursor_at.filter(|at| *at == self.end && self.cursor.is_none()) {
            let ends_line = at == start || self.text[..at].ends_with('\n');
            if ends_line && self.literal.is_none() {
                self.key_cursor(at, 0, (at, at));
            }
        }
    }

    fn path(&self) -> Path {
        self.stack.iter().map(|(_, step)| step.clone()).collect()
    }

    fn has_cursor(&self, from: usize, to: usize) -> Option<usize> {
        self.cursor_at.filter(|at| (from..=to).contains(at))
    }

    /// One line; answers the offset to go on at when it took in more than the line.
    fn line(&mut self, offset: usize, line: &str) -> Option<usize> {
        let body = line.trim_start_matches([' ', '\t']);
        let mut column = line.len() - body.len();
        if line.len() > MAX_LINE_BYTES {
            return None;
        }
        if let Some(key) = self.literal {
            if body.is_empty() || column > key {
                return None;
            }
            self.literal = None;
        }
        let cursor = self.has_cursor(offset, offset + line.len());
        if body.is_empty() {
            if let Some(at) = cursor {
                self.key_cursor(at, at - offset, (at, at));
            }
            return None;
        }
        if body.starts_with('#') || body.starts_with('%') {
            return None;
        }
        if let Some(at) = cursor.filter(|at| *at < offset + column) {
            self.key_cursor(at, at - offset, (at, at));
        }
        let mut rest = body;
        while rest == "-" || rest.starts_with("- ") {
            self.dash(offset + column, column);
            let inner = rest[1..].trim_start_matches(' ');
            let inner_column = column + rest.len() - inner.len();
            if inner.is_empty() || inner.starts_with('#') {
                if let Some(at) = cursor.filter(|at| *at > offset + column) {
                    self.item_cursor(at, at - offset);
                }
                return None;
            }
            if let Some(at) = cursor.filter(|at| *at > offset + column && *at < offset + inner_column) {
                self.item_cursor(at, inner_column);
            }
            (column, rest) = (inner_column, inner);
        }
        self.key_line(offset, column, rest, cursor)
    }

    /// A dash at a column: the next item of the list there.
    fn dash(&mut self, at: usize, column: usize) {
        while self.stack.last().is_some_and(|(c, _)| *c > column) {
            self.stack.pop();
        }
        // A list may start at the column of its key; an item at that column belongs to a list that is open already.
        let open = self.stack.iter().rposition(|(c, step)| *c == column && matches!(step, Step::Item(_)));
        let index = match open {
            Some(i) => {
                let index = if let Step::Item(n) = self.stack[i].1 { n + 1 } else { 0 };
                self.stack.truncate(i);
                index
            }
            None => 0,
        };
        if self.stack.len() < MAX_DEPTH_LEVELS {
            self.stack.push((column, Step::Item(index)));
        }
        let path = self.path();
        self.entries.push(Entry {
            path,
            key: (at, at + 1),
            column,
            value: (at + 1, at + 1),
            end: at,
            in_brackets: false,
        });
    }

    fn key_line(&mut self, offset: usize, column: usize, rest: &str, cursor: Option<usize>) -> Option<usize> {
        let from = offset + column;
        if rest.starts_with(['{', '[']) {
            return self.brackets(from, column, cursor.is_some());
        }
        let Some((key, key_bytes)) = key_of(rest) else {
            let word = without_comment(rest);
            if let Some(at) = cursor.filter(|at| *at >= from && *at <= from + word.len().max(at.saturating_sub(from))) {
                self.bare_cursor(at, column, (from, from + word.len()));
            }
            if let Some(Step::Item(_)) = self.stack.last().map(|s| &s.1)
                && let Some(entry) = self.entries.last_mut().filter(|e| e.name().is_empty() && e.key.0 < from)
                && entry.value.0 == entry.value.1
            {
                entry.value = (from, from + word.len());
            }
            return None;
        };
        self.pop_to(column);
        let parent = self.path();
        if let Some(at) = cursor.filter(|at| *at >= from && *at <= from + key_bytes) {
            let at_key = At::Key { column, in_brackets: false };
            self.cursor = Some(Cursor { path: parent, at: at_key, word: (from, (from + key_bytes).max(at)) });
        }
        if self.stack.len() >= MAX_DEPTH_LEVELS {
            return None;
        }
        self.stack.push((column, Step::Key(key)));
        let path = self.path();
        let after = &rest[key_bytes..];
        let colon = after.find(':').map_or(after.len(), |i| i + 1);
        let value = after[colon..].trim_start_matches(' ');
        let value_from = from + rest.len() - value.len();
        let shown = without_comment(value);
        let entry = Entry {
            path: path.clone(),
            key: (from, from + key_bytes),
            column,
            value: (value_from, value_from + shown.len()),
            end: from,
            in_brackets: false,
        };
        self.entries.push(entry);
        if is_block_scalar(shown) {
            self.literal = Some(column);
            return None;
        }
        let bracket = value.starts_with(['{', '[']);
        if let Some(at) = cursor.filter(|at| *at > from + key_bytes + colon.saturating_sub(1)) {
            let comment = at > value_from + shown.len() && value.len() > shown.len();
            if !(comment || bracket && at > value_from) {
                let word =
                    if shown.is_empty() { (at, at) } else { (value_from.min(at), (value_from + shown.len()).max(at)) };
                self.cursor = Some(Cursor { path, at: At::Value, word });
            }
        }
        if bracket { self.brackets(value_from, column, true) } else { None }
    }

    /// A value in brackets, which may go on over several lines.
    fn brackets(&mut self, from: usize, column: usize, _cursor_near: bool) -> Option<usize> {
        let base = self.path();
        let found = flow::read(self.text, from, self.end, column, base, self.cursor_at);
        self.entries.extend(found.entries);
        if found.cursor.is_some() {
            self.cursor = found.cursor;
        }
        let rest = &self.text[found.end..self.end];
        Some(found.end + rest.find('\n').map_or(rest.len(), |i| i + 1))
    }

    fn pop_to(&mut self, column: usize) {
        while self.stack.last().is_some_and(|(c, _)| *c >= column) {
            self.stack.pop();
        }
    }

    /// A place for a key at a column of an otherwise empty line.
    fn key_cursor(&mut self, at: usize, column: usize, word: (usize, usize)) {
        let mut depth = self.stack.len();
        while depth > 0 && self.stack[depth - 1].0 >= column {
            depth -= 1;
        }
        let _ = at;
        let path = self.stack[..depth].iter().map(|(_, step)| step.clone()).collect();
        self.cursor = Some(Cursor { path, at: At::Key { column, in_brackets: false }, word });
    }

    /// After a dash with nothing behind it: a key of the item, or the item itself.
    fn item_cursor(&mut self, at: usize, column: usize) {
        let at_key = At::Key { column, in_brackets: false };
        self.cursor = Some(Cursor { path: self.path(), at: at_key, word: (at, at) });
    }

    /// In a word without a colon: a key that is not finished, or a value that stands alone.
    fn bare_cursor(&mut self, at: usize, column: usize, word: (usize, usize)) {
        let after_dash =
            self.entries.last().is_some_and(|e| e.name().is_empty() && e.key.0 < word.0 && e.column < column)
                && !self.text[..word.0].rsplit('\n').next().unwrap_or("").trim().is_empty();
        let word = (word.0, word.1.max(at));
        if after_dash {
            let at_key = At::Key { column, in_brackets: false };
            self.cursor = Some(Cursor { path: self.path(), at: at_key, word });
        } else {
            self.key_cursor(at, column, word);
        }
    }
}

/// The key at the start of a text and its length in bytes with its quotes, if a colon follows.
pub(super) fn key_of(text: &str) -> Option<(String, usize)> {
    if let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let close = text[1..].find(quote)? + 1;
        let after = text[close + 1..].trim_start_matches(' ');
        return after.starts_with(':').then(|| (text[1..close].to_owned(), close + 1));
    }
    let bytes = text.as_bytes();
    let mut from = 0;
    loop {
        let colon = text[from..].find(':')? + from;
        if text[..colon].contains(" #") {
            return None;
        }
        match bytes.get(colon + 1) {
            None | Some(b' ' | b'\t') => {
                let key = text[..colon].trim_end();
                return (!key.is_empty()).then(|| (key.to_owned(), key.len()));
            }
            _ => from = colon + 1,
        }
    }
}

/// A value without the comment behind it and the blanks before that.
pub(super) fn without_comment(text: &str) -> &str {
    if text.starts_with('#') {
        return "";
    }
    let mut quote = None;
    let mut before = ' ';
    for (i, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '"' | '\'') if before == ' ' || i == 0 => quote = Some(c),
            (None, '#') if before == ' ' => return text[..i].trim_end(),
            _ => {}
        }
        before = c;
    }
    text.trim_end()
}

fn is_block_scalar(value: &str) -> bool {
    let mut chars = value.chars();
    matches!(chars.next(), Some('|' | '>')) && chars.all(|c| matches!(c, '+' | '-' | '0'..='9'))
}

/// The text of a value without its quotes.
pub fn unquoted(text: &str) -> &str {
    let quoted = |q: char| text.strip_prefix(q).map(|t| t.strip_suffix(q).unwrap_or(t));
    quoted('"').or_else(|| quoted('\'')).unwrap_or(text)
}

impl Section {
    /// The entry of a path.
    pub fn entry(&self, path: &[Step]) -> Option<&Entry> {
        self.entries.iter().find(|e| e.path == path)
    }

    /// Entries directly below a path.
    pub fn children<'a>(&'a self, path: &'a [Step]) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(move |e| e.path.len() == path.len() + 1 && e.path.starts_with(path))
    }

    /// The value of a path below another one, as written, without quotes.
    pub fn value<'a>(&self, text: &'a str, base: &[Step], keys: &[&str]) -> Option<&'a str> {
        let mut path = base.to_vec();
        path.extend(keys.iter().map(|k| Step::Key((*k).to_owned())));
        let entry = self.entry(&path)?;
        text.get(entry.value.0..entry.value.1).map(unquoted).filter(|v| !v.is_empty())
    }
}

/// A path as field errors write it, `spec.containers[0].image`.
pub fn path_text(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => text.push_str(&format!(".{key}")),
            Step::Item(i) => text.push_str(&format!("[{i}]")),
        }
    }
    text
}
