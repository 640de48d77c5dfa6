//! Splitting a command line into words, and words into options and operands.

use std::collections::BTreeMap;

/// The longest command line, in bytes.
pub const MAX_COMMAND_BYTES: usize = 65_536;

/// Splits a line as a shell does: blanks separate, quotes and backslashes protect.
///
/// # Errors
/// A quote that is never closed, or a line that is too long.
///
/// ```
/// use orrery::kubectl::words::split;
/// assert_eq!(split("patch node 'a b' \"c\\\"d\" e\\ f").unwrap(), ["patch", "node", "a b", "c\"d", "e f"]);
/// ```
pub fn split(line: &str) -> Result<Vec<String>, String> {
    if line.len() > MAX_COMMAND_BYTES {
        return Err(format!("the command is {} bytes long; at most {MAX_COMMAND_BYTES} are read", line.len()));
    }
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        None => return Err(format!("the quote {c} is never closed")),
                        Some(end) if end == c => break,
                        Some('\\') if c == '"' => word.extend(chars.next()),
                        Some(inside) => word.push(inside),
                    }
                }
            }
            '\\' => word.get_or_insert_default().extend(chars.next()),
            c if c.is_whitespace() => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

/// The words of a command, sorted into options and operands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// What stands without dashes, in order.
    pub operands: Vec<String>,
    options: BTreeMap<String, String>,
    /// What stands behind `--`.
    pub rest: Vec<String>,
}

impl Words {
    /// Sorts words. `flags` are options without a value; all others take the next word or what follows `=`.
    ///
    /// # Errors
    /// An option without its value.
    pub fn sort(words: &[String], flags: &[&str], known: &[&str]) -> Result<Words, String> {
        let mut sorted = Words::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                sorted.rest.extend(words.cloned());
                break;
            }
            // A trailing dash removes a label or taint; it is no option.
            let Some(name) = word.strip_prefix("--").or_else(|| word.strip_prefix('-').filter(|n| !n.is_empty()))
            else {
                sorted.operands.push(word.clone());
                continue;
            };
            let (name, value) = match name.split_once('=') {
                Some((name, value)) => (name, Some(value.to_string())),
                None => (name, None),
            };
            let name = long_name(name);
            if flags.contains(&name) {
                sorted.options.insert(name.to_string(), value.unwrap_or_else(|| "true".to_string()));
            } else if known.contains(&name) {
                let value = value.or_else(|| words.next().cloned());
                let value = value.ok_or_else(|| format!("error: flag needs an argument: --{name}"))?;
                sorted.options.insert(name.to_string(), value);
            } else {
                return Err(unknown(name, flags, known));
            }
        }
        Ok(sorted)
    }

    /// The value of an option.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    /// Whether a flag is set.
    pub fn flag(&self, name: &str) -> bool {
        self.option(name) == Some("true")
    }
}

fn long_name(name: &str) -> &str {
    match name {
        "n" => "namespace",
        "l" => "selector",
        "A" => "all-namespaces",
        "p" => "patch",
        "o" => "output",
        "f" => "filename",
        _ => name,
    }
}

fn unknown(name: &str, flags: &[&str], known: &[&str]) -> String {
    let nearest = flags.iter().chain(known).min_by_key(|candidate| distance(candidate, name));
    match nearest {
        Some(nearest) if distance(nearest, name) <= 3 => {
            format!("error: unknown flag: --{name}; did you mean --{nearest}?")
        }
        _ => format!("error: unknown flag: --{name}"),
    }
}

/// Levenshtein's distance.
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let cost = corner + usize::from(from != *to);
            corner = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}
