//! Formatting: two blanks a level, lists at the column of their key, no blanks at the ends of lines. Comments, order, quotes and
//! line breaks stay; the meaning is compared before anything is given back.

use super::outline::{documents, key_of, without_comment};
use crate::manifest::{decode, tree};
use serde_json::Value;

/// A text in its usual form; the text itself where that would change what it means.
///
/// ```
/// let text = "kind: Pod\nspec:\n    containers:\n        - name: c   # main\n          image: nginx\n";
/// assert_eq!(
///     orrery::assist::format(text),
///     "kind: Pod\nspec:\n  containers:\n  - name: c   # main\n    image: nginx\n"
/// );
/// ```
pub fn format(text: &str) -> String {
    if text.len() > tree::MAX_TEXT_BYTES {
        return text.to_owned();
    }
    let mut result = String::with_capacity(text.len());
    let ranges = documents(text);
    for (i, (start, end)) in ranges.iter().enumerate() {
        if i > 0 {
            let separator = text[ranges[i - 1].1..*start].trim_end();
            result.push_str(separator);
            result.push('\n');
        }
        let body = &text[*start..*end];
        let formatted = Formatter::default().run(body);
        result.push_str(if same_meaning(body, &formatted) { &formatted } else { body });
        if !result.is_empty() && !result.ends_with('\n') {
            result.push('\n');
        }
    }
    result
}

/// What a document means; `None` for one that does not parse.
fn meaning(text: &str) -> Option<Vec<(Value, usize)>> {
    let documents = tree::read(text);
    let read = |d: &tree::Document| {
        d.error.is_none().then(|| (d.root.as_ref().map_or(Value::Null, decode::plain), d.duplicates.len()))
    };
    documents.iter().map(read).collect()
}

/// A broken document may be formatted when that repairs it.
fn same_meaning(before: &str, after: &str) -> bool {
    match (meaning(before), meaning(after)) {
        (Some(before), Some(after)) => before == after,
        (None, after) => after.is_some(),
        (Some(_), None) => false,
    }
}

/// An open key or item: where it stood and where it stands.
#[derive(Clone, Copy)]
struct Level {
    old: usize,
    new: usize,
    item: bool,
}

#[derive(Default)]
struct Formatter {
    levels: Vec<Level>,
    out: String,
    /// Comments and empty lines before the next line, with their columns.
    waiting: Vec<(usize, String)>,
    /// Inside a block scalar: the column of its key, the new one, and how far its lines move once the first is seen.
    literal: Option<(usize, usize, Option<isize>)>,
    /// How far the last line moved, for the lines that continue it.
    shift: isize,
    /// Brackets that are open at the end of the last line.
    open: usize,
}

impl Formatter {
    fn run(mut self, body: &str) -> String {
        for line in body.lines() {
            let line = line.trim_end_matches('\r');
            let blank = |c: char| c == ' ' || c == '\t';
            let text = line.trim_start_matches(blank);
            // A tab in the indentation is never YAML: people mean a level.
            let column: usize = line[..line.len() - text.len()].chars().map(|c| if c == '\t' { 2 } else { 1 }).sum();
            self.line(line, text, column);
        }
        let last = self.levels.first().map_or(0, |l| l.new);
        while self.waiting.last().is_some_and(|(_, text)| text.is_empty()) {
            self.waiting.pop();
        }
        self.flush(0, last);
        self.out
    }

    fn push(&mut self, column: usize, text: &str) {
        if !text.is_empty() {
            self.out.push_str(&" ".repeat(column));
            self.out.push_str(text);
        }
        self.out.push('\n');
    }

    fn line(&mut self, whole: &str, text: &str, column: usize) {
        if let Some((key, new, shift)) = self.literal {
            if text.is_empty() {
                self.out.push_str(whole.trim_end_matches([' ', '\t']));
                self.out.push('\n');
                return;
            }
            if column > key {
                let shift = shift.unwrap_or((new + 2) as isize - column as isize);
                self.literal = Some((key, new, Some(shift)));
                let column = (column as isize + shift).max(0) as usize;
                self.push(column, text);
                return;
            }
            self.literal = None;
        }
        let trimmed = text.trim_end();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            self.waiting.push((column, trimmed.to_owned()));
            return;
        }
        if self.open > 0 {
            let new = (column as isize + self.shift).max(0) as usize;
            self.flush(column, new);
            self.push(new, trimmed);
            self.brackets(trimmed);
            return;
        }
        if trimmed == "-" || trimmed.starts_with("- ") {
            self.dashes(trimmed, column);
        } else if key_of(trimmed).is_some() {
            let new = self.key(column);
            self.flush(column, new);
            self.shift = new as isize - column as isize;
            self.push(new, trimmed);
            self.begins_literal(trimmed, column, new);
        } else {
            let new = (column as isize + self.shift).max(0) as usize;
            self.flush(column, new);
            self.push(new, trimmed);
        }
        let value = key_of(trimmed.trim_start_matches("- ")).map_or(trimmed.trim_start_matches("- "), |(_, bytes)| {
            trimmed.trim_start_matches("- ")[bytes..].trim_start_matches([' ', ':'])
        });
        if value.starts_with(['{', '[']) {
            self.brackets(value);
        }
    }

    /// Counts brackets outside quotes and comments.
    fn brackets(&mut self, text: &str) {
        let mut quote = None;
        for c in without_comment(text).chars() {
            match (quote, c) {
                (Some(q), c) if q == c => quote = None,
                (None, '"' | '\'') => quote = Some(c),
                (None, '{' | '[') => self.open += 1,
                (None, '}' | ']') => self.open = self.open.saturating_sub(1),
                _ => {}
            }
        }
    }

    /// Writes what waits before a line: at the line's column if it stood there, else where its own level went.
    fn flush(&mut self, old: usize, new: usize) {
        for (column, text) in std::mem::take(&mut self.waiting) {
            let level = self.levels.iter().rev().find(|l| l.old == column).map(|l| l.new);
            let at = if column == old { new } else { level.unwrap_or(new) };
            self.push(at, &text);
        }
    }

    fn begins_literal(&mut self, text: &str, column: usize, new: usize) {
        let value = key_of(text).map_or(text, |(_, bytes)| text[bytes..].trim_start_matches([' ', ':']));
        let value = without_comment(value);
        let mut chars = value.chars();
        if matches!(chars.next(), Some('|' | '>')) && chars.all(|c| matches!(c, '+' | '-' | '0'..='9')) {
            // With an indentation of its own a block moves as far as its key, or its lines would mean something else.
            let fixed = value.contains(|c: char| c.is_ascii_digit()).then_some(new as isize - column as isize);
            self.literal = Some((column, new, fixed));
        }
    }

    /// The new column of a key.
    fn key(&mut self, column: usize) -> usize {
        let mut same = None;
        while let Some(top) = self.levels.last().copied().filter(|l| l.old >= column) {
            if top.old == column && !top.item {
                same = Some(top.new);
            }
            self.levels.pop();
        }
        let new = same.unwrap_or_else(|| self.levels.last().map_or(0, |l| l.new + 2));
        self.levels.push(Level { old: column, new, item: false });
        new
    }

    fn dash(&mut self, column: usize) -> usize {
        while self.levels.last().is_some_and(|l| l.old > column) {
            self.levels.pop();
        }
        let open = self.levels.iter().rposition(|l| l.old == column && l.item);
        if let Some(i) = open {
            self.levels.truncate(i + 1);
            return self.levels[i].new;
        }
        let new = self.levels.last().map_or(0, |l| if l.item { l.new + 2 } else { l.new });
        self.levels.push(Level { old: column, new, item: true });
        new
    }

    fn dashes(&mut self, text: &str, column: usize) {
        let (mut rest, mut at, mut prefix, mut first) = (text, column, String::new(), None);
        while rest == "-" || rest.starts_with("- ") {
            let new = self.dash(at);
            first.get_or_insert(new);
            let inner = rest[1..].trim_start_matches(' ');
            at += rest.len() - inner.len();
            rest = inner;
            prefix.push_str("- ");
        }
        let first = first.unwrap_or(0);
        let inside = self.levels.last().map_or(0, |l| l.new + 2);
        let is_key = key_of(rest).is_some();
        if is_key {
            self.levels.push(Level { old: at, new: inside, item: false });
        }
        self.flush(column, first);
        self.shift = inside as isize - at as isize;
        self.push(first, format!("{prefix}{rest}").trim_end());
        if is_key {
            self.begins_literal(rest, at, inside);
        } else {
            self.begins_literal(rest, column, first);
        }
    }
}
