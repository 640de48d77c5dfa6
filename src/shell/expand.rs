//! From words to fields: variables, substitutions, field splitting.

use super::arith::{self, Variables};
use super::code::{Action, Param, Part, Word};
use super::limits::{MAX_FIELDS, MAX_TEXT_BYTES, MAX_TOTAL_BYTES, cut};
use super::machine::{Container, Halt};
use super::process::Process;
use super::text::matches;

/// An expansion fails with a message, which ends the shell, or because the container will never get past it.
pub(super) type Expanded<T> = Result<T, Halt>;

/// A value before it is split into fields.
enum Value {
    One(String),
    /// `"$@"`: each is a field of its own.
    Many(Vec<String>),
}

/// The variables of a process for arithmetic; remembers what happened to them.
struct Scope<'a> {
    process: &'a mut Process,
    container: &'a mut Container,
    error: Option<String>,
}

impl Variables for Scope<'_> {
    fn get(&mut self, name: &str) -> String {
        self.process.variable(self.container, name).unwrap_or_default()
    }

    fn set(&mut self, name: &str, value: i64) {
        if let Err(error) = self.process.assign(name, value.to_string()) {
            self.error = Some(error);
        }
    }
}

impl Process {
    /// Sets a variable, and notes when that makes a difference.
    pub(super) fn assign(&mut self, name: &str, value: String) -> Result<(), String> {
        if self.shell.set(name, value)? {
            self.changes += 1;
        }
        Ok(())
    }

    /// A variable's value, the special ones included.
    fn variable(&mut self, container: &mut Container, name: &str) -> Option<String> {
        let number = |text: &str| text.parse::<usize>().ok();
        Some(match name {
            "?" => self.status.to_string(),
            "$" => "1".to_string(),
            "!" => self.shell.last_background?.to_string(),
            "#" => self.shell.positional.len().to_string(),
            "0" => self.shell.name.clone(),
            "@" | "*" => self.shell.positional.join(" "),
            "-" => String::new(),
            "RANDOM" => {
                self.is_volatile();
                container.random().to_string()
            }
            "SECONDS" => {
                self.is_volatile();
                (self.now / 1_000_000_000).to_string()
            }
            "PPID" => "0".to_string(),
            "LINENO" => "1".to_string(),
            "PWD" => self.shell.directory.clone(),
            _ => match number(name) {
                Some(index) => self.shell.positional.get(index.wrapping_sub(1))?.clone(),
                None => self.shell.get(name)?.to_string(),
            },
        })
    }

    /// Expands words to the fields of a command.
    pub(super) fn fields(&mut self, container: &mut Container, words: &[Word]) -> Expanded<Vec<String>> {
        let mut fields = Vec::new();
        let (mut counted, mut bytes) = (0, 0usize);
        for word in words {
            if self.shell.bash
                && let Some(many) = braces(word)
            {
                fields.extend(many);
            } else {
                self.split(container, word, &mut fields)?;
            }
            // The first field that is one too many, or too long, and all after it are dropped.
            while counted < fields.len() {
                bytes += fields[counted].len();
                if counted == MAX_FIELDS || bytes > MAX_TOTAL_BYTES {
                    fields.truncate(counted);
                    break;
                }
                counted += 1;
            }
            if bytes > MAX_TOTAL_BYTES || counted == MAX_FIELDS {
                break;
            }
        }
        // A field costs more than its letters.
        container.charge(bytes + fields.len() * 32);
        Ok(fields)
    }

    fn split(&mut self, container: &mut Container, word: &Word, fields: &mut Vec<String>) -> Expanded<()> {
        let separators = self.shell.get("IFS").unwrap_or(" \t\n").to_string();
        let mut current: Option<String> = None;
        // `"$@"` without parameters is no field at all, though there are quotes.
        let mut nothing = false;
        for (index, part) in word.parts.iter().enumerate() {
            let quoted = part.is_quoted();
            match self.part(container, part, index == 0)? {
                Value::Many(values) => {
                    nothing |= values.is_empty();
                    for (n, value) in values.into_iter().enumerate() {
                        if n > 0 {
                            fields.extend(current.take());
                        }
                        current.get_or_insert_default().push_str(&value);
                    }
                }
                Value::One(text) if quoted || matches!(part, Part::Text { .. }) => {
                    current.get_or_insert_default().push_str(&text);
                }
                Value::One(text) => {
                    let mut gap = false;
                    for c in text.chars() {
                        if separators.contains(c) {
                            // Blanks run together; any other separator ends a field each time.
                            if current.is_some() || (!c.is_whitespace() && gap) {
                                fields.push(current.take().unwrap_or_default());
                            }
                            gap = !c.is_whitespace();
                        } else {
                            gap = false;
                            current.get_or_insert_default().push(c);
                        }
                    }
                }
            }
            if let Some(text) = &mut current {
                cut(text, MAX_TEXT_BYTES);
            }
            if fields.len() > MAX_FIELDS {
                break;
            }
        }
        fields.extend(current.filter(|text| !(nothing && text.is_empty())));
        Ok(())
    }

    /// Expands a word to one text, unsplit.
    pub(super) fn text(&mut self, container: &mut Container, word: &Word) -> Expanded<String> {
        self.joined(container, word, false)
    }

    /// Expands a word to a pattern: what was quoted in it means itself.
    pub(super) fn pattern(&mut self, container: &mut Container, word: &Word) -> Expanded<Vec<char>> {
        Ok(self.joined(container, word, true)?.chars().collect())
    }

    fn joined(&mut self, container: &mut Container, word: &Word, hide_quoted: bool) -> Expanded<String> {
        let mut out = String::new();
        for (index, part) in word.parts.iter().enumerate() {
            let text = match self.part(container, part, index == 0)? {
                Value::One(text) => text,
                Value::Many(values) => values.join(" "),
            };
            if hide_quoted && part.is_quoted() {
                out.extend(text.chars().flat_map(|c| ['\\', c]));
            } else {
                out.push_str(&text);
            }
            cut(&mut out, MAX_TEXT_BYTES);
        }
        container.charge(out.len());
        Ok(out)
    }

    fn part(&mut self, container: &mut Container, part: &Part, first: bool) -> Expanded<Value> {
        Ok(Value::One(match part {
            Part::Text { text, quoted: false } if first && (text == "~" || text.starts_with("~/")) => {
                let home = self.shell.get("HOME").unwrap_or("/root");
                format!("{home}{}", &text[1..])
            }
            Part::Text { text, .. } => text.clone(),
            Part::Param { param, quoted } => return self.parameter(container, param, *quoted),
            Part::Command { code, .. } => {
                let mut output = self.capture(container, code)?;
                output.truncate(output.trim_end_matches('\n').len());
                output
            }
            Part::Arith { expression, .. } => self.arithmetic(container, expression)?.to_string(),
        }))
    }

    /// Computes an arithmetic expression.
    pub(super) fn arithmetic(&mut self, container: &mut Container, expression: &Word) -> Expanded<i64> {
        let text = self.text(container, expression)?;
        let mut scope = Scope { process: self, container, error: None };
        let value = arith::evaluate(&text, &mut scope);
        match (value, scope.error) {
            (Ok(value), None) => Ok(value),
            (Err(error), _) | (_, Some(error)) => Err(Halt::Error(error)),
        }
    }

    fn parameter(&mut self, container: &mut Container, param: &Param, quoted: bool) -> Expanded<Value> {
        let Param { name, action } = param;
        if name == "@" && quoted && *action == Action::Plain {
            return Ok(Value::Many(self.shell.positional.clone()));
        }
        let value = self.variable(container, name);
        let unset_is_error = self.shell.error_on_unset
            && !matches!(action, Action::Conditional { .. })
            && !matches!(name.as_str(), "@" | "*" | "!");
        if value.is_none() && unset_is_error {
            return Err(Halt::Error(format!("{name}: parameter not set")));
        }
        let text = match action {
            Action::Conditional { kind, or_empty, word } => {
                return self.conditional(container, name, value, *kind, *or_empty, word);
            }
            Action::Plain => value.unwrap_or_default(),
            Action::Length if matches!(name.as_str(), "@" | "*") => self.shell.positional.len().to_string(),
            Action::Length => value.unwrap_or_default().chars().count().to_string(),
            Action::Strip { suffix, longest, pattern } => {
                let pattern = self.pattern(container, pattern)?;
                strip(&value.unwrap_or_default(), &pattern, *suffix, *longest)
            }
            Action::Replace { all, pattern, replacement } => {
                let pattern = self.pattern(container, pattern)?;
                let replacement = self.text(container, replacement)?;
                replace(&value.unwrap_or_default(), &pattern, &replacement, *all)
            }
            Action::Slice { offset, length } => {
                let offset = self.arithmetic(container, offset)?;
                let length = length.as_ref().map(|length| self.arithmetic(container, length)).transpose()?;
                slice(&value.unwrap_or_default(), offset, length)
            }
            Action::Case { upper: true } => value.unwrap_or_default().to_uppercase(),
            Action::Case { upper: false } => value.unwrap_or_default().to_lowercase(),
        };
        Ok(Value::One(text))
    }

    /// `${name:-word}` and its relatives.
    fn conditional(
        &mut self,
        container: &mut Container,
        name: &str,
        value: Option<String>,
        kind: char,
        or_empty: bool,
        word: &Word,
    ) -> Expanded<Value> {
        let set = value.as_ref().is_some_and(|value| !or_empty || !value.is_empty());
        Ok(Value::One(match (kind, set) {
            ('+', true) => self.text(container, word)?,
            ('+', false) => String::new(),
            (_, true) => value.unwrap_or_default(),
            ('=', false) => {
                let text = self.text(container, word)?;
                self.assign(name, text.clone()).map_err(Halt::Error)?;
                text
            }
            ('?', false) => {
                let text = self.text(container, word)?;
                let text = if text.is_empty() { "parameter not set or null".to_string() } else { text };
                return Err(Halt::Error(format!("{name}: {text}")));
            }
            (_, false) => self.text(container, word)?,
        }))
    }
}

impl Part {
    fn is_quoted(&self) -> bool {
        match self {
            Part::Text { quoted, .. }
            | Part::Param { quoted, .. }
            | Part::Command { quoted, .. }
            | Part::Arith { quoted, .. } => *quoted,
        }
    }
}

/// Removes what matches a pattern from the beginning or the end.
fn strip(text: &str, pattern: &[char], suffix: bool, longest: bool) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() > MAX_STRIP_CHARS {
        return text.to_string();
    }
    let cuts = 0..=chars.len();
    let hit = |cut: &usize| {
        let (head, tail) = chars.split_at(*cut);
        matches(pattern, if suffix { tail } else { head })
    };
    // The longest head ends last; the longest tail begins first.
    let found = if suffix == longest { cuts.clone().find(hit) } else { cuts.rev().find(hit) };
    match found {
        Some(cut) if suffix => chars[..cut].iter().collect(),
        Some(cut) => chars[cut..].iter().collect(),
        None => text.to_string(),
    }
}

/// The longest text that is searched for a prefix or suffix, in characters: each place is tried.
const MAX_STRIP_CHARS: usize = 4_000;

/// The longest text in which a pattern is replaced, in characters: each pair of places is tried.
const MAX_REPLACE_CHARS: usize = 250;

fn replace(text: &str, pattern: &[char], replacement: &str, all: bool) -> String {
    // A pattern without anything special in it is plain text, with a backslash before what was quoted.
    if !pattern.iter().any(|c| "*?[".contains(*c)) {
        let plain: String = pattern.iter().filter(|c| **c != '\\').collect();
        return match (plain.is_empty(), all) {
            (true, _) => text.to_string(),
            (_, true) => text.replace(&plain, replacement),
            (_, false) => text.replacen(&plain, replacement, 1),
        };
    }
    let chars: Vec<char> = text.chars().collect();
    if chars.len() > MAX_REPLACE_CHARS {
        return text.to_string();
    }
    let (mut out, mut at, mut done) = (String::new(), 0, false);
    while at < chars.len() {
        let end = (at + 1..=chars.len()).rev().find(|end| matches(pattern, &chars[at..*end]));
        match end.filter(|_| all || !done) {
            Some(end) => {
                out.push_str(replacement);
                at = end;
                done = true;
            }
            None => {
                out.push(chars[at]);
                at += 1;
            }
        }
    }
    out
}

fn slice(text: &str, offset: i64, length: Option<i64>) -> String {
    let chars: Vec<char> = text.chars().collect();
    let len = chars.len() as i64;
    let from_end = |n: i64| if n < 0 { len.saturating_add(n).max(0) } else { n.min(len) };
    let start = from_end(offset);
    let end = match length {
        None => len,
        Some(n) if n < 0 => from_end(n),
        Some(n) => start.saturating_add(n).min(len),
    };
    chars.get(start as usize..end.max(start) as usize).unwrap_or_default().iter().collect()
}

/// `a{1..3}b` and `a{x,y}b` when that is all of the word.
fn braces(word: &Word) -> Option<Vec<String>> {
    let [Part::Text { text, quoted: false }] = &word.parts[..] else { return None };
    let (head, rest) = text.split_once('{')?;
    let (inside, tail) = rest.split_once('}')?;
    let items: Vec<String> = match inside.split_once("..") {
        Some((from, to)) => {
            let (from, to): (i64, i64) = (from.parse().ok()?, to.parse().ok()?);
            let count = usize::try_from(from.abs_diff(to)).unwrap_or(MAX_FIELDS).min(MAX_FIELDS) as i64;
            let step = if to < from { -1 } else { 1 };
            (0..=count).map(|n| (from + n * step).to_string()).collect()
        }
        None if inside.contains(',') => inside.split(',').map(str::to_string).collect(),
        None => return None,
    };
    Some(items.into_iter().map(|item| format!("{head}{item}{tail}")).collect())
}
