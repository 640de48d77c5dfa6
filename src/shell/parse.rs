//! The grammar of `sh`: from a script to operations. Words and their quotes are read in `parse_word.rs`, compound
//! commands in `parse_compound.rs`.

use std::sync::Arc;

use super::code::{Code, Op, Part, Redirect, RedirectTo, Simple, Word};
use super::limits::{MAX_NESTING_LEVELS, MAX_SCRIPT_BYTES};

/// Reads a script. `bash` also knows `{1..5}`.
///
/// # Errors
/// The text of the syntax error, as `sh` would word it after its name.
pub(super) fn parse(text: &str) -> Result<Code, String> {
    if text.len() > MAX_SCRIPT_BYTES {
        return Err(format!("script longer than {MAX_SCRIPT_BYTES} bytes"));
    }
    let mut parser = Parser::new(text);
    parser.list(&[])?;
    if let Some(c) = parser.peek() {
        return Err(unexpected(c));
    }
    let code = Code { ops: parser.ops, escapes: parser.escapes };
    Ok(code)
}

pub(super) fn unexpected(token: impl std::fmt::Display) -> String {
    format!("syntax error: unexpected \"{token}\"")
}

pub(super) struct Parser {
    pub(super) source: Vec<char>,
    pub(super) at: usize,
    pub(super) ops: Vec<Op>,
    pub(super) escapes: bool,
    depth: usize,
    /// Where the line after the next line break begins, when here-documents lie between.
    after_documents: Option<usize>,
}

pub(super) type Parsed<T> = Result<T, String>;

/// The words that end a list of commands.
const RESERVED_ENDS: [&str; 8] = ["then", "else", "elif", "fi", "do", "done", "esac", "}"];

/// Commands after which the rest of a loop's body may not run, or run otherwise.
const ESCAPES: [&str; 13] =
    ["break", "exit", "return", "exec", "kill", "set", "eval", "let", "sh", "bash", "ash", "source", "."];

impl Parser {
    pub(super) fn new(text: &str) -> Parser {
        Parser {
            source: text.chars().collect(),
            at: 0,
            ops: Vec::new(),
            escapes: false,
            depth: 0,
            after_documents: None,
        }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.source.get(self.at).copied()
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<char> {
        self.source.get(self.at + ahead).copied()
    }

    pub(super) fn starts_with(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(i, c)| self.peek_at(i) == Some(c))
    }

    /// Takes a piece of punctuation if it is next.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        let found = self.starts_with(text);
        if found {
            self.at += text.chars().count();
        }
        found
    }

    pub(super) fn enter(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > MAX_NESTING_LEVELS {
            return Err(format!("nested deeper than {MAX_NESTING_LEVELS} levels"));
        }
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Skips blanks, comments and continued lines, but no line breaks.
    pub(super) fn skip_blanks(&mut self) {
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\r' => self.at += 1,
                '\\' if self.peek_at(1) == Some('\n') => self.at += 2,
                '#' => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                _ => break,
            }
        }
    }

    /// Skips everything between commands that means nothing, line breaks included.
    pub(super) fn skip_lines(&mut self) {
        loop {
            self.skip_blanks();
            if self.peek() != Some('\n') {
                return;
            }
            self.line_break();
        }
    }

    fn line_break(&mut self) {
        self.at += 1;
        if let Some(next) = self.after_documents.take() {
            self.at = self.at.max(next);
        }
    }

    /// The unquoted word at this place, for recognising reserved words; empty when there is none.
    pub(super) fn peek_name(&self) -> String {
        let rest = self.source.get(self.at..).unwrap_or_default();
        let word: String = rest.iter().take_while(|c| !is_meta(**c)).take(64).collect();
        if word.contains(['"', '\'', '\\', '$', '`']) { String::new() } else { word }
    }

    /// Takes a reserved word or reports what stands there.
    pub(super) fn expect_name(&mut self, name: &str) -> Parsed<()> {
        self.skip_lines();
        let found = self.peek_name();
        if found == name {
            self.at += name.len();
            return Ok(());
        }
        match self.peek() {
            None => Err(format!("syntax error: unexpected end of file (expecting \"{name}\")")),
            Some(c) => {
                let found = if found.is_empty() { c.to_string() } else { found };
                Err(format!("{} (expecting \"{name}\")", unexpected(found)))
            }
        }
    }

    /// Commands up to one of `ends` (reserved words or a closing parenthesis), which is left standing.
    pub(super) fn list(&mut self, ends: &[&str]) -> Parsed<()> {
        self.enter()?;
        loop {
            self.skip_lines();
            let Some(c) = self.peek() else { break };
            let name = self.peek_name();
            if ends.contains(&name.as_str()) || ends.contains(&c.to_string().as_str()) || self.at_arm_end(ends) {
                break;
            }
            if RESERVED_ENDS.contains(&name.as_str()) {
                return Err(unexpected(name));
            }
            if matches!(c, ')' | ';' | '&' | '|') {
                return Err(unexpected(c));
            }
            let start = self.ops.len();
            self.and_or()?;
            self.skip_blanks();
            if self.peek() == Some('&') && self.peek_at(1) != Some('&') {
                self.at += 1;
                self.background(start);
            } else if !self.at_arm_end(ends) {
                self.eat(";");
            }
        }
        self.leave();
        Ok(())
    }

    fn at_arm_end(&self, ends: &[&str]) -> bool {
        ends.contains(&";;") && self.starts_with(";;")
    }

    /// Makes the operations since `start` a process of their own.
    fn background(&mut self, start: usize) {
        self.ops.push(Op::ProcessEnd);
        let end = (self.ops.len() - start + 1) as isize;
        self.ops.insert(start, Op::Background { end });
    }

    fn and_or(&mut self) -> Parsed<()> {
        let mut start = self.ops.len();
        self.pipeline()?;
        loop {
            self.skip_blanks();
            let on_success = match (self.peek(), self.peek_at(1)) {
                (Some('&'), Some('&')) => true,
                (Some('|'), Some('|')) => false,
                _ => return Ok(()),
            };
            self.at += 2;
            self.unchecked(start);
            self.skip_lines();
            let jump = self.ops.len();
            self.ops.push(Op::Jump(0));
            start = self.ops.len();
            self.pipeline()?;
            let to = (self.ops.len() - jump) as isize;
            self.ops[jump] = if on_success { Op::JumpIfFail(to) } else { Op::JumpIfOk(to) };
        }
    }

    /// Failures of the operations since `start` are somebody's condition: `set -e` lets them pass.
    pub(super) fn unchecked(&mut self, start: usize) {
        for op in self.ops.iter_mut().skip(start) {
            if let Op::Simple { checked, .. } | Op::SubshellExit { checked } = op {
                *checked = false;
            }
        }
    }

    fn pipeline(&mut self) -> Parsed<()> {
        self.enter()?;
        self.skip_blanks();
        let mut negated = false;
        while self.peek_name() == "!" {
            self.at += 1;
            negated = !negated;
            self.skip_blanks();
        }
        let start = self.ops.len();
        self.command()?;
        loop {
            self.skip_blanks();
            if self.peek() != Some('|') || self.peek_at(1) == Some('|') {
                break;
            }
            self.at += 1;
            self.eat("&");
            self.skip_lines();
            let left = self.ops.split_off(start);
            self.command()?;
            if self.passes_through(start) {
                // `| tee file` and `| cat` change nothing that a log shows, and a capture would hold it back.
                self.ops.truncate(start);
                self.ops.extend(left);
                continue;
            }
            let escapes = self.escapes;
            self.ops.insert(start, Op::Capture(Arc::new(Code { ops: left, escapes })));
            let end = (self.ops.len() - start) as isize;
            self.ops.insert(start + 1, Op::SubshellEnter { end, piped: true });
            self.ops.push(Op::SubshellExit { checked: true });
        }
        if negated {
            self.unchecked(start);
            self.ops.push(Op::Not);
        }
        self.leave();
        Ok(())
    }

    /// Whether the operations since `start` are one command that only copies its input.
    fn passes_through(&self, start: usize) -> bool {
        let [Op::Simple { command, .. }] = &self.ops[start..] else { return false };
        let words = command.literals().unwrap_or_default();
        let copies = match words.first().map(String::as_str) {
            Some("tee") => true,
            Some("cat") => words.len() == 1,
            _ => false,
        };
        copies && command.redirects.is_empty()
    }

    fn command(&mut self) -> Parsed<()> {
        self.skip_blanks();
        let start = self.ops.len();
        if !self.compound()? {
            return self.simple();
        }
        let mut redirects = Vec::new();
        loop {
            self.skip_blanks();
            match self.redirect()? {
                Some(redirect) => redirects.push(redirect),
                None => break,
            }
        }
        if !redirects.is_empty() {
            self.ops.insert(start, Op::RedirectEnter(redirects));
            self.ops.push(Op::RedirectExit);
        }
        Ok(())
    }

    fn simple(&mut self) -> Parsed<()> {
        let mut command = Simple::default();
        loop {
            self.skip_blanks();
            let Some(c) = self.peek() else { break };
            if let Some(redirect) = self.redirect()? {
                command.redirects.push(redirect);
                continue;
            }
            if c == '(' && command.words.len() == 1 && command.assignments.is_empty() {
                let name = command.words[0].as_literal().unwrap_or_default();
                return self.function(name);
            }
            if is_meta(c) {
                break;
            }
            match self.assignment_name().filter(|_| command.words.is_empty()) {
                Some(name) => {
                    self.at += name.chars().count() + 1;
                    let value = self.word()?;
                    command.assignments.push((name, value));
                }
                None => command.words.push(self.word()?),
            }
        }
        if command == Simple::default() {
            return Err(match self.peek() {
                Some(c) => unexpected(c),
                None => "syntax error: unexpected end of file".to_string(),
            });
        }
        let name = command.words.first().and_then(Word::as_literal);
        // A name that is only known at run time may be any command.
        self.escapes |= !command.words.is_empty() && name.as_deref().is_none_or(|name| ESCAPES.contains(&name));
        self.ops.push(Op::Simple { command: Arc::new(command), checked: true });
        Ok(())
    }

    /// The variable's name when an assignment begins here.
    fn assignment_name(&self) -> Option<String> {
        let rest = self.source.get(self.at..)?;
        let name: String = rest.iter().take_while(|c| c.is_ascii_alphanumeric() || **c == '_').collect();
        let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        (starts && rest.get(name.len()) == Some(&'=')).then_some(name)
    }

    fn redirect(&mut self) -> Parsed<Option<Redirect>> {
        let mut ahead = 0;
        let mut stream = None;
        match (self.peek(), self.peek_at(1)) {
            (Some(digit @ '0'..='9'), Some('<' | '>')) => {
                stream = digit.to_digit(10).map(|n| n as u8);
                ahead = 1;
            }
            (Some('&'), Some('>')) => {
                stream = Some(10);
                ahead = 1;
            }
            (Some('<' | '>'), _) => {}
            _ => return Ok(None),
        }
        self.at += ahead;
        let input = self.peek() == Some('<');
        let stream = stream.unwrap_or(if input { 0 } else { 1 });
        let to = if self.eat("<<<") {
            let mut text = self.operand()?;
            text.parts.push(Part::Text { text: "\n".to_string(), quoted: true });
            RedirectTo::Text(text)
        } else if self.eat("<<") {
            RedirectTo::Text(self.here_document()?)
        } else if self.eat("<&") || self.eat(">&") {
            RedirectTo::Stream(self.operand()?)
        } else if self.eat("<") {
            RedirectTo::Read(self.operand()?)
        } else if self.eat(">>") {
            RedirectTo::Append(self.operand()?)
        } else {
            let _ = self.eat(">|") || self.eat(">");
            RedirectTo::Write(self.operand()?)
        };
        Ok(Some(Redirect { stream, to }))
    }

    fn operand(&mut self) -> Parsed<Word> {
        self.skip_blanks();
        match self.peek() {
            Some(c) if !is_meta(c) => self.word(),
            Some('\n') => Err(unexpected("newline")),
            Some(c) => Err(unexpected(c)),
            None => Err("syntax error: unexpected end of file".to_string()),
        }
    }

    /// Reads a here-document, which begins after this line (or after the one before it), and its delimiter here.
    fn here_document(&mut self) -> Parsed<Word> {
        let strip_tabs = self.eat("-");
        let delimiter = self.operand()?;
        let quoted = delimiter.parts.iter().any(|part| matches!(part, Part::Text { quoted: true, .. }));
        let delimiter = delimiter.as_literal().unwrap_or_default();
        let rest_of_line = self.source.iter().skip(self.at).position(|c| *c == '\n');
        let mut at = self.after_documents.unwrap_or(self.at + rest_of_line.map_or(usize::MAX / 2, |n| n + 1));
        let mut body = String::new();
        while at < self.source.len() {
            let line: String = self.source[at..].iter().take_while(|c| **c != '\n').collect();
            at = (at + line.chars().count() + 1).min(self.source.len());
            let line = if strip_tabs { line.trim_start_matches('\t') } else { &line };
            if line == delimiter {
                break;
            }
            body.push_str(line);
            body.push('\n');
        }
        self.after_documents = Some(at);
        if quoted { Ok(Word::literal(&body)) } else { self.nested(&body)?.document() }
    }

    /// A parser for a text inside this one.
    pub(super) fn nested(&mut self, text: &str) -> Parsed<Parser> {
        self.enter()?;
        let depth = self.depth;
        self.leave();
        Ok(Parser { depth, ..Parser::new(text) })
    }
}

/// Whether a character ends a word when it is not quoted.
pub(super) fn is_meta(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>')
}
