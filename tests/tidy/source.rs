//! A Rust file as the rules see it: its text, its code without comments and literals, and its code without tests.

/// One Rust file of the project. All three texts have the same lines, so a line number means the same in each.
pub struct Source {
    /// From the project's root, with `/`.
    pub path: String,
    pub raw: String,
    /// `raw` with the contents of comments, strings and characters replaced by spaces.
    pub code: String,
    /// `code` without what is compiled for tests only.
    pub shipped: String,
    /// Modules that are declared for tests only: files of those names are tests throughout.
    pub test_modules: Vec<String>,
}

impl Source {
    pub fn new(path: &str, raw: &str) -> Self {
        let code = blank_text(raw);
        let (shipped, test_modules) = blank_tests(&code, raw);
        Self { path: path.to_owned(), raw: raw.to_owned(), code, shipped, test_modules }
    }

    /// Makes the whole file a test.
    pub fn all_test(&mut self) {
        self.shipped = self.code.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
    }

    /// Whether it belongs to the pure core: everything but the page and the entry point.
    pub fn is_core(&self) -> bool {
        self.path.starts_with("src/") && !self.path.starts_with("src/ui/") && self.path != "src/main.rs"
    }
}

pub fn is_ident(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The line, counted from 1, of a byte offset.
pub fn line_at(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// Offsets at which `word` stands in `code`, not as a part of a longer name.
pub fn occurrences<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        let open_end = word.chars().next_back().is_some_and(is_ident);
        let part_of_longer = before.is_some_and(is_ident) || (open_end && after.is_some_and(is_ident));
        !part_of_longer
    })
}

/// The offset just behind the bracket that closes the one at `open`; the end of the text when none does.
pub fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, c) in code[open..].char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return open + at + 1;
                }
            }
            _ => {}
        }
    }
    code.len()
}

fn blank(out: &mut String, text: &str) {
    out.extend(text.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
}

fn blank_text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
        let name_before = out.chars().next_back().is_some_and(is_ident);
        let length = literal_or_comment(rest, name_before);
        if length == 0 {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            blank(&mut out, &rest[..length]);
            rest = &rest[length..];
        }
    }
    out
}

/// The length in bytes of the comment or literal that `rest` starts with; 0 when it starts with neither.
fn literal_or_comment(rest: &str, name_before: bool) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment(rest);
    }
    if rest.starts_with('"') {
        return quoted(rest, '"');
    }
    if rest.starts_with('\'') {
        return character(rest);
    }
    if name_before {
        return 0;
    }
    for prefix in ["br", "cr", "r"] {
        if let Some(length) = rest.strip_prefix(prefix).and_then(raw_string) {
            return prefix.len() + length;
        }
    }
    0
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// A character literal; 0 for a lifetime.
fn character(rest: &str) -> usize {
    let mut chars = rest.chars().skip(1);
    match (chars.next(), chars.next()) {
        (Some('\\'), _) => quoted(rest, '\''),
        (Some(c), Some('\'')) => 2 + c.len_utf8(),
        _ => 0,
    }
}

/// What follows the `r` of a raw string.
fn raw_string(rest: &str) -> Option<usize> {
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    let body = rest[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = body.find(&end).map_or(body.len(), |at| at + end.len());
    Some(hashes + 1 + length)
}

/// The code without items under `#[cfg(test)]`, and the names of the modules among them that are files of their own.
fn blank_tests(code: &str, raw: &str) -> (String, Vec<String>) {
    let mut out = String::with_capacity(code.len());
    let mut modules = Vec::new();
    let mut from = 0;
    let starts: Vec<usize> =
        ["#[cfg(test)]", "#[cfg(all(test"].iter().flat_map(|mark| code.match_indices(mark)).map(|(at, _)| at).collect();
    let mut starts = starts;
    starts.sort_unstable();
    for start in starts {
        if start < from {
            continue;
        }
        let end = item_end(code, start);
        out.push_str(&code[from..start]);
        blank(&mut out, &code[start..end]);
        if let Some(name) = declared_module(&code[start..end]) {
            modules.push(path_attribute(raw, code, start, end).unwrap_or(name));
        }
        from = end;
    }
    out.push_str(&code[from..]);
    (out, modules)
}

/// Just behind the item that starts, with its attributes, at `start`.
fn item_end(code: &str, start: usize) -> usize {
    let mut at = start;
    while at < code.len() {
        let c = code[at..].chars().next().unwrap_or(' ');
        match c {
            '(' | '[' => at = closing(code, at),
            '{' => return closing(code, at),
            ';' => return at + 1,
            _ => at += c.len_utf8(),
        }
    }
    code.len()
}

fn declared_module(item: &str) -> Option<String> {
    let name = item.trim_end().strip_suffix(';')?;
    let at = occurrences(name, "mod").last()?;
    Some(name[at + 3..].trim().to_owned())
}

/// The file that `#[path = "…"]` names, without its ending. Lines are the same in both texts; offsets are not.
fn path_attribute(raw: &str, code: &str, start: usize, end: usize) -> Option<String> {
    let first = line_at(code, start) - 1;
    let count = line_at(code, end) - first;
    let lines: Vec<&str> = raw.lines().skip(first).take(count).collect();
    let text = lines.join("\n");
    let (_, named) = text.split_once("#[path = \"")?;
    let (file, _) = named.split_once('"')?;
    Some(file.trim_end_matches(".rs").to_owned())
}
