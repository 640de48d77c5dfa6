//! Every path that a file names from its root: those of `use` trees, written out, and those within expressions.

use crate::source::{closing, is_ident, line_at, occurrences};

/// A path such as `crate::time::SimTime`, as its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub line: usize,
    pub names: Vec<String>,
}

/// Paths that begin with one of `roots` (`crate`, `orrery`, `std`, `super`), wherever they stand.
pub fn paths_from(code: &str, roots: &[&str]) -> Vec<Named> {
    let mut found = Vec::new();
    for root in roots {
        for at in occurrences(code, root) {
            let behind_another = code[..at].trim_end().ends_with("::");
            if !behind_another && code[at + root.len()..].trim_start().starts_with("::") {
                let line = line_at(code, at);
                let (paths, _) = tree(&code[at..]);
                found.extend(paths.into_iter().map(|names| Named { line, names }));
            }
        }
    }
    found.sort_by_key(|named| named.line);
    found
}

/// The paths of the tree that `text` starts with, and how many bytes it takes.
fn tree(text: &str) -> (Vec<Vec<String>>, usize) {
    let mut prefix = Vec::new();
    let mut at = 0;
    loop {
        at += space(&text[at..]);
        if text[at..].starts_with('{') {
            let end = closing(text, at);
            let inner = &text[at + 1..end.saturating_sub(1).max(at + 1)];
            let paths = branches(inner).into_iter().map(|tail| [prefix.clone(), tail].concat()).collect();
            return (paths, end);
        }
        let name: String = text[at..].chars().take_while(|&c| is_ident(c) || c == '*').collect();
        at += name.len();
        prefix.push(name);
        let next = at + space(&text[at..]);
        if !text[next..].starts_with("::") {
            return (vec![prefix], at);
        }
        at = next + 2;
    }
}

/// The paths of the comma-separated trees between two braces.
fn branches(inner: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < inner.len() {
        let (paths, length) = tree(&inner[at..]);
        found.extend(paths.into_iter().filter(|path| path.iter().any(|name| !name.is_empty())));
        at += length;
        // An `as` name is no path.
        at += inner[at..].find(',').map_or(inner.len() - at, |comma| comma + 1);
    }
    found
}

fn space(text: &str) -> usize {
    text.len() - text.trim_start().len()
}
