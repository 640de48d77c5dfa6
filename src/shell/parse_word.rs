//! Words: quotes, variables, substitutions and arithmetic inside them.

use std::sync::Arc;

use super::code::{Action, Code, Param, Part, Word};
use super::parse::{Parsed, Parser, is_meta};

impl Parser {
    /// Reads a word up to the next unquoted blank or operator.
    pub(super) fn word(&mut self) -> Parsed<Word> {
        self.word_until(is_meta)
    }

    /// Reads a word up to an unquoted character that `ends` it.
    fn word_until(&mut self, ends: impl Fn(char) -> bool + Copy) -> Parsed<Word> {
        self.enter()?;
        let mut word = Word::default();
        while let Some(c) = self.peek() {
            match c {
                c if ends(c) => break,
                '\'' => {
                    self.at += 1;
                    let text = self.raw_until('\'')?;
                    word.push(&text, true);
                }
                '"' => {
                    self.at += 1;
                    // Empty quotes make a word of nothing.
                    word.parts.push(Part::Text { text: String::new(), quoted: true });
                    self.double_quoted(&mut word)?;
                }
                '$' if self.peek_at(1) == Some('\'') => {
                    self.at += 2;
                    let text = self.raw_until('\'')?;
                    word.push(&super::text::unescape(&text).0, true);
                }
                '\\' => {
                    self.at += 1;
                    match self.peek() {
                        Some('\n') => {}
                        Some(c) => word.push(c.encode_utf8(&mut [0; 4]), true),
                        None => word.push("\\", true),
                    }
                    self.at += 1;
                }
                '$' | '`' => self.expansion(&mut word, false)?,
                c => {
                    self.at += 1;
                    word.push(c.encode_utf8(&mut [0; 4]), false);
                }
            }
        }
        self.leave();
        Ok(word)
    }

    /// The text up to a closing quote, which is taken.
    fn raw_until(&mut self, close: char) -> Parsed<String> {
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            if c == close {
                return Ok(text);
            }
            text.push(c);
        }
        Err("syntax error: unterminated quoted string".to_string())
    }

    fn double_quoted(&mut self, word: &mut Word) -> Parsed<()> {
        loop {
            match self.peek() {
                None => return Err("syntax error: unterminated quoted string".to_string()),
                Some('"') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => self.quoted_piece(word, "$`\"\\")?,
            }
        }
    }

    /// The text of a here-document: like double quotes, to the end.
    pub(super) fn document(mut self) -> Parsed<Word> {
        let mut word = Word::default();
        while self.peek().is_some() {
            self.quoted_piece(&mut word, "$`\\")?;
        }
        Ok(word)
    }

    /// One character or expansion between double quotes, where a backslash only hides `special` characters.
    fn quoted_piece(&mut self, word: &mut Word, special: &str) -> Parsed<()> {
        match self.peek() {
            Some('\\') => {
                self.at += 1;
                match self.peek() {
                    Some('\n') => {}
                    Some(c) if special.contains(c) => word.push(c.encode_utf8(&mut [0; 4]), true),
                    Some(c) => {
                        word.push("\\", true);
                        word.push(c.encode_utf8(&mut [0; 4]), true);
                    }
                    None => word.push("\\", true),
                }
                self.at += 1;
                Ok(())
            }
            Some('$' | '`') => self.expansion(word, true),
            Some(c) => {
                self.at += 1;
                word.push(c.encode_utf8(&mut [0; 4]), true);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// What begins with `$` or a backquote.
    fn expansion(&mut self, word: &mut Word, quoted: bool) -> Parsed<()> {
        if self.eat("`") {
            let text = self.backquoted()?;
            let mut inner = self.nested(&text)?;
            inner.list(&[])?;
            word.parts.push(Part::Command { code: code_of(inner), quoted });
            return Ok(());
        }
        self.at += 1;
        match self.peek() {
            Some('(') if self.peek_at(1) == Some('(') => {
                self.at += 2;
                let expression = self.arithmetic("))")?;
                word.parts.push(Part::Arith { expression, quoted });
            }
            Some('(') => {
                self.at += 1;
                let outside = std::mem::take(&mut self.ops);
                self.list(&[")"])?;
                let ops = std::mem::replace(&mut self.ops, outside);
                if !self.eat(")") {
                    return Err("syntax error: unexpected end of file (expecting \")\")".to_string());
                }
                word.parts.push(Part::Command { code: Arc::new(Code { ops, escapes: self.escapes }), quoted });
            }
            Some('{') => {
                self.at += 1;
                let param = Box::new(self.braced()?);
                word.parts.push(Part::Param { param, quoted });
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let name = self.name();
                word.parts.push(Part::Param { param: Box::new(Param { name, action: Action::Plain }), quoted });
            }
            Some(c) if c.is_ascii_digit() || "@*#?$!-".contains(c) => {
                self.at += 1;
                let param = Box::new(Param { name: c.to_string(), action: Action::Plain });
                word.parts.push(Part::Param { param, quoted });
            }
            _ => word.push("$", quoted),
        }
        Ok(())
    }

    fn name(&mut self) -> String {
        let rest = self.source.get(self.at..).unwrap_or_default();
        let name: String = rest.iter().take_while(|c| c.is_ascii_alphanumeric() || **c == '_').collect();
        self.at += name.len();
        name
    }

    /// The command between backquotes, one level of backslashes removed.
    fn backquoted(&mut self) -> Parsed<String> {
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                '`' => return Ok(text),
                '\\' if matches!(self.peek(), Some('`' | '\\' | '$')) => {
                    text.extend(self.peek());
                    self.at += 1;
                }
                c => text.push(c),
            }
        }
        Err("syntax error: EOF in backquote substitution".to_string())
    }

    /// An arithmetic expression up to `end` outside parentheses, as a word that is still to be expanded.
    pub(super) fn arithmetic(&mut self, end: &str) -> Parsed<Word> {
        self.enter()?;
        let mut word = Word::default();
        let mut open = 0usize;
        loop {
            match self.peek() {
                None => return Err("syntax error: unterminated arithmetic expression".to_string()),
                Some(_) if open == 0 && self.eat(end) => break,
                Some('"') => self.at += 1,
                Some('$' | '`') => self.expansion(&mut word, true)?,
                Some(c) => {
                    match c {
                        '(' => open += 1,
                        ')' => open = open.saturating_sub(1),
                        // A division may be by zero, which ends the script.
                        '/' | '%' => self.escapes = true,
                        _ => {}
                    }
                    self.at += 1;
                    word.push(c.encode_utf8(&mut [0; 4]), true);
                }
            }
        }
        self.leave();
        Ok(word)
    }

    /// The inside of `${...}`, closing brace included.
    fn braced(&mut self) -> Parsed<Param> {
        let length = self.peek() == Some('#') && self.peek_at(1).is_some_and(|c| c != '}');
        if length {
            self.at += 1;
        }
        let mut name = self.name();
        if name.is_empty()
            && let Some(c) = self.peek().filter(|c| "@*#?$!-".contains(*c))
        {
            self.at += 1;
            name.push(c);
        }
        let action = if length { Action::Length } else { self.action()? };
        if name.is_empty() || !self.eat("}") {
            return Err("syntax error: bad substitution".to_string());
        }
        Ok(Param { name, action })
    }

    fn action(&mut self) -> Parsed<Action> {
        let or_empty = self.peek() == Some(':') && matches!(self.peek_at(1), Some('-' | '=' | '+' | '?'));
        if or_empty {
            self.at += 1;
        }
        let Some(kind) = self.peek() else { return Ok(Action::Plain) };
        Ok(match kind {
            '-' | '=' | '+' | '?' => {
                self.at += 1;
                self.escapes |= kind == '?';
                Action::Conditional { kind, or_empty, word: self.word_until(|c| c == '}')? }
            }
            '#' | '%' => {
                self.at += 1;
                let longest = self.eat(&kind.to_string());
                Action::Strip { suffix: kind == '%', longest, pattern: self.word_until(|c| c == '}')? }
            }
            '/' => {
                self.at += 1;
                let all = self.eat("/");
                let pattern = self.word_until(|c| c == '/' || c == '}')?;
                let replacement = if self.eat("/") { self.word_until(|c| c == '}')? } else { Word::default() };
                Action::Replace { all, pattern, replacement }
            }
            ':' => {
                self.at += 1;
                let offset = self.word_until(|c| c == ':' || c == '}')?;
                let length = if self.eat(":") { Some(self.word_until(|c| c == '}')?) } else { None };
                Action::Slice { offset, length }
            }
            '^' | ',' => {
                self.at += 1;
                self.eat(&kind.to_string());
                Action::Case { upper: kind == '^' }
            }
            _ => Action::Plain,
        })
    }
}

fn code_of(parser: Parser) -> Arc<Code> {
    Arc::new(Code { ops: parser.ops, escapes: parser.escapes })
}

impl Word {
    /// Adds text, joined to the part before where that is of the same kind.
    fn push(&mut self, more: &str, more_quoted: bool) {
        match self.parts.last_mut() {
            Some(Part::Text { text, quoted }) if *quoted == more_quoted => text.push_str(more),
            _ => self.parts.push(Part::Text { text: more.to_string(), quoted: more_quoted }),
        }
    }
}
