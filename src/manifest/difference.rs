//! Unified differences of two printed objects, as the API server appends them to a refused Pod update.

use std::collections::{BTreeMap, BTreeSet};

/// Lines around a change.
const CONTEXT_LINES: usize = 3;
/// From this many lines on, lines that appear too often are not used to find matches.
const POPULAR_FROM_LINES: usize = 200;
/// Longest input that is compared; longer ones give an empty difference.
const MAX_LINES: usize = 20_000;

/// A run of equal lines: start in `a`, start in `b`, length.
type Block = (usize, usize, usize);

/// Ranges of `a` and `b`, and whether they are equal.
#[derive(Debug, Clone, Copy)]
struct Piece {
    equal: bool,
    a: (usize, usize),
    b: (usize, usize),
}

/// The unified difference, without file names.
///
/// ```
/// use orrery::manifest::difference::unified;
/// let (a, b) = (["x", "y", "z"], ["x", "Y", "z"]);
/// assert_eq!(unified(&a, &b), "@@ -1,3 +1,3 @@\n x\n-y\n+Y\n z\n");
/// ```
// github.com/pmezard/go-difflib/difflib GetUnifiedDiffString
pub fn unified(a: &[impl AsRef<str>], b: &[impl AsRef<str>]) -> String {
    let a: Vec<&str> = a.iter().map(AsRef::as_ref).collect();
    let b: Vec<&str> = b.iter().map(AsRef::as_ref).collect();
    if a.len() > MAX_LINES || b.len() > MAX_LINES {
        return String::new();
    }
    let mut text = String::new();
    for group in groups(pieces(&a, &b)) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        text += &format!("@@ -{} +{} @@\n", range(first.a.0, last.a.1), range(first.b.0, last.b.1));
        for piece in &group {
            let mut lines = |mark: char, lines: &[&str]| lines.iter().for_each(|l| text += &format!("{mark}{l}\n"));
            if piece.equal {
                lines(' ', &a[piece.a.0..piece.a.1]);
            } else {
                lines('-', &a[piece.a.0..piece.a.1]);
                lines('+', &b[piece.b.0..piece.b.1]);
            }
        }
    }
    text
}

fn range(start: usize, end: usize) -> String {
    match end - start {
        1 => format!("{}", start + 1),
        0 => format!("{start},0"),
        length => format!("{},{length}", start + 1),
    }
}

/// Longest run of equal lines within the window, the earliest of several.
fn longest(a: &[&str], index: &BTreeMap<&str, Vec<usize>>, b: &[&str], window: (usize, usize, usize, usize)) -> Block {
    let (alo, ahi, blo, bhi) = window;
    let (mut best_a, mut best_b, mut size) = (alo, blo, 0);
    let mut lengths: BTreeMap<usize, usize> = BTreeMap::new();
    for (i, line) in a.iter().enumerate().take(ahi).skip(alo) {
        let mut next = BTreeMap::new();
        for &j in index.get(line).map_or(&[][..], Vec::as_slice) {
            if j < blo {
                continue;
            }
            if j >= bhi {
                break;
            }
            let length = j.checked_sub(1).and_then(|p| lengths.get(&p)).copied().unwrap_or(0) + 1;
            next.insert(j, length);
            if length > size {
                (best_a, best_b, size) = (i + 1 - length, j + 1 - length, length);
            }
        }
        lengths = next;
    }
    while best_a > alo && best_b > blo && a[best_a - 1] == b[best_b - 1] {
        (best_a, best_b, size) = (best_a - 1, best_b - 1, size + 1);
    }
    while best_a + size < ahi && best_b + size < bhi && a[best_a + size] == b[best_b + size] {
        size += 1;
    }
    (best_a, best_b, size)
}

fn blocks(a: &[&str], b: &[&str]) -> Vec<Block> {
    let mut index: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (j, line) in b.iter().enumerate() {
        index.entry(line).or_default().push(j);
    }
    if b.len() >= POPULAR_FROM_LINES {
        let limit = b.len() / 100 + 1;
        index.retain(|_, places| places.len() <= limit);
    }
    let mut windows = vec![(0, a.len(), 0, b.len())];
    let mut found = BTreeSet::new();
    while let Some(window) = windows.pop() {
        let (alo, ahi, blo, bhi) = window;
        let (i, j, size) = longest(a, &index, b, window);
        if size > 0 {
            found.insert((i, j, size));
            if alo < i && blo < j {
                windows.push((alo, i, blo, j));
            }
            if i + size < ahi && j + size < bhi {
                windows.push((i + size, ahi, j + size, bhi));
            }
        }
    }
    let mut merged: Vec<Block> = Vec::new();
    for (i, j, size) in found {
        match merged.last_mut() {
            Some(last) if last.0 + last.2 == i && last.1 + last.2 == j => last.2 += size,
            _ => merged.push((i, j, size)),
        }
    }
    merged.push((a.len(), b.len(), 0));
    merged
}

fn pieces(a: &[&str], b: &[&str]) -> Vec<Piece> {
    let (mut i, mut j) = (0, 0);
    let mut pieces = Vec::new();
    for (ai, bj, size) in blocks(a, b) {
        if i < ai || j < bj {
            pieces.push(Piece { equal: false, a: (i, ai), b: (j, bj) });
        }
        (i, j) = (ai + size, bj + size);
        if size > 0 {
            pieces.push(Piece { equal: true, a: (ai, i), b: (bj, j) });
        }
    }
    pieces
}

/// Changes with their context; changes far apart fall into separate groups.
fn groups(mut pieces: Vec<Piece>) -> Vec<Vec<Piece>> {
    let n = CONTEXT_LINES;
    if let Some(first) = pieces.first_mut().filter(|p| p.equal) {
        first.a.0 = first.a.0.max(first.a.1.saturating_sub(n));
        first.b.0 = first.b.0.max(first.b.1.saturating_sub(n));
    }
    if let Some(last) = pieces.last_mut().filter(|p| p.equal) {
        last.a.1 = last.a.1.min(last.a.0 + n);
        last.b.1 = last.b.1.min(last.b.0 + n);
    }
    let mut groups = Vec::new();
    let mut group: Vec<Piece> = Vec::new();
    for piece in pieces {
        let mut piece = piece;
        if piece.equal && piece.a.1 - piece.a.0 > 2 * n {
            group.push(Piece { equal: true, a: (piece.a.0, piece.a.0 + n), b: (piece.b.0, piece.b.0 + n) });
            groups.push(std::mem::take(&mut group));
            piece.a.0 = piece.a.1 - n;
            piece.b.0 = piece.b.1 - n;
        }
        group.push(piece);
    }
    if group.iter().any(|p| !p.equal) {
        groups.push(group);
    }
    groups
}
