//! What the reader of a manifest is told: where, about which object and field, in the API server's own words, and, apart
//! from those, what to do about it.

use std::fmt;

/// A range of the text: bytes, and the line and column (1-based, in characters) of its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Span {
    /// Byte offset of the first byte.
    pub start: u32,
    /// Byte offset after the last byte.
    pub end: u32,
    /// Line of `start`, counted from 1; 0 when there is no place to show.
    pub line: u32,
    /// Column of `start`, counted from 1 in characters.
    pub column: u32,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The object (or the whole document) is refused.
    Error,
    /// Accepted, but the API server or kubectl prints a warning.
    Warning,
    /// Ours alone: accepted and stored, but the simulation does nothing with it, or a document was skipped.
    Info,
}

impl Severity {
    /// Lower-case word for machine-readable output.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

/// One remark about the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Where in the text.
    pub span: Span,
    /// The object it concerns as `Kind/name`, empty when no object could be read.
    pub object: String,
    /// Field path as the API server writes it, empty for a whole document.
    pub path: String,
    /// The official text: of the API server, of kubectl or of the Go YAML reader.
    pub message: String,
    /// Our own help, never part of the official text.
    pub hint: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: ", self.span.line, self.span.column, self.severity.as_str())?;
        if !self.object.is_empty() {
            write!(f, "{}: ", self.object)?;
        }
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// The name among `candidates` that the user most likely meant, if one is near enough to be worth saying.
///
/// ```
/// use orrery::manifest::diagnostic::nearest;
/// assert_eq!(nearest("continers", ["containers", "volumes"].into_iter()), Some("containers"));
/// assert_eq!(nearest("zzz", ["containers", "volumes"].into_iter()), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let budget = (word.chars().count() / 3).clamp(1, 4);
    candidates
        .map(|c| (distance(&lower, &c.to_lowercase()), c))
        .filter(|(d, _)| *d <= budget)
        .min_by_key(|(d, c)| (*d, c.len()))
        .map(|(_, c)| c)
}

/// Longest word that is compared; longer ones are no typing errors of a field name.
const MAX_WORD_CHARS: usize = 80;

/// Edits (insert, delete, replace, swap of neighbours) between two words.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(MAX_WORD_CHARS).collect();
    let b: Vec<char> = b.chars().take(MAX_WORD_CHARS).collect();
    let mut rows = vec![vec![0usize; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let replace = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}
