//! Structure between brackets: `{a: 1, b: [x, y]}`, on one line or several, closed or not yet.

use super::outline::{At, Cursor, Entry, MAX_DEPTH_LEVELS, Path, Step, key_of};

/// What a bracket holds.
pub(super) struct Found {
    pub entries: Vec<Entry>,
    pub cursor: Option<Cursor>,
    /// Byte offset after it.
    pub end: usize,
}

struct Frame {
    map: bool,
    path: Path,
    index: usize,
    key: Option<String>,
    /// Where the word since the last separator starts.
    word: Option<usize>,
}

impl Frame {
    /// The path of what is being read.
    fn inner(&self) -> Path {
        let step = match &self.key {
            Some(key) => Step::Key(key.clone()),
            None => Step::Item(self.index),
        };
        self.path.iter().cloned().chain([step]).collect()
    }
}

struct Reader<'a> {
    text: &'a str,
    column: usize,
    frames: Vec<Frame>,
    found: Found,
    cursor_at: Option<usize>,
}

/// Reads from an opening bracket. A bracket that is not closed ends before the first line that is indented no deeper than
/// `column` and has a key.
pub(super) fn read(text: &str, from: usize, end: usize, column: usize, base: Path, cursor_at: Option<usize>) -> Found {
    let found = Found { entries: Vec::new(), cursor: None, end };
    let mut reader = Reader { text, column, frames: Vec::new(), found, cursor_at };
    reader.run(from, end, base);
    reader.found
}

impl Reader<'_> {
    fn run(&mut self, from: usize, end: usize, base: Path) {
        let bytes = self.text.as_bytes();
        let mut i = from;
        while i < end {
            if self.cursor_at == Some(i) && !self.frames.is_empty() {
                self.cursor(i);
            }
            match bytes[i] {
                b'{' | b'[' => {
                    let path = self.frames.last().map_or_else(|| base.clone(), Frame::inner);
                    self.item();
                    if self.frames.len() >= MAX_DEPTH_LEVELS {
                        break;
                    }
                    self.frames.push(Frame { map: bytes[i] == b'{', path, index: 0, key: None, word: None });
                }
                b'}' | b']' => {
                    self.finish(i);
                    self.frames.pop();
                    if self.frames.is_empty() {
                        self.found.end = i + 1;
                        return;
                    }
                }
                b',' => self.separator(i),
                b'"' | b'\'' if self.frames.last().is_some_and(|f| f.word.is_none()) => {
                    self.start(i);
                    let line_end = self.text[i + 1..end].find('\n').map_or(end, |n| i + 1 + n);
                    let close = self.text[i + 1..line_end].find(bytes[i] as char).map(|n| i + 1 + n);
                    let next = close.unwrap_or(line_end.saturating_sub(1)).max(i);
                    if let Some(at) = self.cursor_at.filter(|at| *at > i && *at <= next) {
                        self.cursor(at);
                    }
                    i = next;
                }
                b':' if bytes
                    .get(i + 1)
                    .is_none_or(|b| matches!(b, b' ' | b'\n' | b'\r' | b',' | b'}' | b'[' | b'{' | b'"')) =>
                {
                    self.colon(i);
                }
                b'#' if matches!(bytes.get(i.wrapping_sub(1)), Some(b' ' | b'\t' | b'\n')) => {
                    i = self.text[i..end].find('\n').map_or(end, |n| i + n);
                    continue;
                }
                b'\n' if self.ends_here(i + 1, end) => {
                    self.finish(i);
                    self.found.end = i;
                    return;
                }
                b' ' | b'\t' | b'\n' | b'\r' => {}
                _ => self.start(i),
            }
            i += 1;
        }
        if self.cursor_at == Some(end) && !self.frames.is_empty() {
            self.cursor(end);
        }
        self.finish(end);
    }

    fn ends_here(&self, from: usize, end: usize) -> bool {
        let line = self.text[from..end].split('\n').next().unwrap_or("");
        let body = line.trim_start_matches(' ');
        let indented = line.len() - body.len();
        indented <= self.column && !body.is_empty() && key_of(body).is_some() && !body.starts_with(['}', ']', ','])
    }

    fn start(&mut self, at: usize) {
        if let Some(frame) = self.frames.last_mut().filter(|f| f.word.is_none()) {
            frame.word = Some(at);
        }
    }

    fn word(&self, end: usize) -> Option<(usize, usize)> {
        let from = self.frames.last()?.word?;
        let text = self.text.get(from..end)?.trim_end();
        Some((from, from + text.len()))
    }

    /// An entry for the item of a list that begins here.
    fn item(&mut self) {
        if let Some(frame) = self.frames.last().filter(|f| !f.map) {
            let (path, at) = (frame.inner(), frame.word.unwrap_or(self.found.end));
            let at = at.min(self.text.len());
            self.push(path, (at, at), (at, at));
        }
    }

    fn push(&mut self, path: Path, key: (usize, usize), value: (usize, usize)) {
        let column = self.column;
        self.found.entries.push(Entry { path, key, column, value, end: key.1, in_brackets: true });
    }

    fn colon(&mut self, at: usize) {
        let Some((from, to)) = self.word(at) else { return };
        let Some(frame) = self.frames.last_mut().filter(|f| f.map && f.key.is_none()) else { return };
        let key = super::outline::unquoted(&self.text[from..to]).to_owned();
        frame.key = Some(key);
        frame.word = None;
        let path = frame.inner();
        self.push(path, (from, to), (at + 1, at + 1));
    }

    /// Notes the value that ends here.
    fn finish(&mut self, at: usize) {
        let Some((from, to)) = self.word(at) else { return };
        let Some(frame) = self.frames.last() else { return };
        let path = frame.inner();
        match (frame.map, &frame.key) {
            (true, Some(_)) => {
                if let Some(entry) = self.found.entries.iter_mut().rev().find(|e| e.path == path) {
                    entry.value = (from, to);
                }
            }
            (true, None) => {}
            (false, _) => self.push(path, (from, from), (from, to)),
        }
    }

    fn separator(&mut self, at: usize) {
        self.finish(at);
        if let Some(frame) = self.frames.last_mut() {
            frame.index += 1;
            frame.key = None;
            frame.word = None;
        }
    }

    fn cursor(&mut self, at: usize) {
        let Some(frame) = self.frames.last() else { return };
        let from = frame.word.unwrap_or(at);
        let rest = &self.text[at..];
        let to = at + rest.find([',', '}', ']', ':', '\n', ' ']).unwrap_or(rest.len());
        let word = (from.min(at), if frame.word.is_some() || to > at { to } else { at });
        let key = frame.map && frame.key.is_none();
        let (path, at) = if key {
            (frame.path.clone(), At::Key { column: self.column, in_brackets: true })
        } else {
            (frame.inner(), At::Value)
        };
        self.found.cursor = Some(Cursor { path, at, word });
    }
}
