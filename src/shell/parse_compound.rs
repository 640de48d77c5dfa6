//! Compound commands: groups, subshells, conditions, loops, cases and functions.

use super::code::{Op, Simple, Word};
use super::parse::{Parsed, Parser, is_meta, unexpected};

impl Parser {
    /// Reads a compound command if one begins here.
    pub(super) fn compound(&mut self) -> Parsed<bool> {
        if self.starts_with("((") {
            self.at += 2;
            let expression = self.arithmetic("))")?;
            self.ops.push(Op::Arith(expression));
            return Ok(true);
        }
        if self.eat("(") {
            self.subshell()?;
            return Ok(true);
        }
        let name = self.peek_name();
        let read = match name.as_str() {
            "{" => Parser::group,
            "if" => Parser::condition,
            "while" | "until" => Parser::loop_while,
            "for" => Parser::loop_for,
            "case" => Parser::case,
            "[[" => Parser::double_bracket,
            "function" => Parser::named_function,
            _ => return Ok(false),
        };
        self.at += name.len();
        self.enter()?;
        read(self)?;
        self.leave();
        Ok(true)
    }

    fn subshell(&mut self) -> Parsed<()> {
        let start = self.ops.len();
        self.ops.push(Op::SubshellEnter { end: 0, piped: false });
        self.list(&[")"])?;
        if !self.eat(")") {
            return Err("syntax error: unexpected end of file (expecting \")\")".to_string());
        }
        self.ops[start] = Op::SubshellEnter { end: self.distance(start), piped: false };
        self.ops.push(Op::SubshellExit { checked: true });
        Ok(())
    }

    fn group(&mut self) -> Parsed<()> {
        self.list(&["}"])?;
        self.expect_name("}")
    }

    /// How far the next operation is from the one at `from`.
    fn distance(&self, from: usize) -> isize {
        self.ops.len() as isize - from as isize
    }

    fn condition(&mut self) -> Parsed<()> {
        let mut to_end = Vec::new();
        loop {
            let start = self.ops.len();
            self.list(&["then"])?;
            self.unchecked(start);
            self.expect_name("then")?;
            let skip = self.ops.len();
            self.ops.push(Op::JumpIfFail(0));
            self.list(&["elif", "else", "fi"])?;
            to_end.push(self.ops.len());
            self.ops.push(Op::Jump(0));
            self.ops[skip] = Op::JumpIfFail(self.distance(skip));
            match self.peek_name().as_str() {
                "elif" => self.at += 4,
                "else" => {
                    self.at += 4;
                    self.list(&["fi"])?;
                    break;
                }
                _ => {
                    // No branch was taken: that is a success.
                    self.ops.push(Op::Status(0));
                    break;
                }
            }
        }
        self.expect_name("fi")?;
        for jump in to_end {
            self.ops[jump] = Op::Jump(self.distance(jump));
        }
        Ok(())
    }

    fn loop_while(&mut self) -> Parsed<()> {
        let until = self.source.get(self.at - 5..self.at).is_some_and(|word| word[0] == 'u');
        let enter = self.ops.len();
        self.ops.push(Op::LoopEnter { back: 0, exit: 0 });
        let start = self.ops.len();
        self.list(&["do"])?;
        self.unchecked(start);
        let endless = self.is_constant(start, !until);
        let leave = self.ops.len();
        self.ops.push(Op::Jump(0));
        self.body()?;
        let back = self.ops.len();
        self.ops.push(Op::LoopBack { start: start as isize - back as isize, endless });
        let exit = self.distance(leave);
        self.ops[leave] = if until { Op::JumpIfOk(exit) } else { Op::JumpIfFail(exit) };
        self.ops[enter] = Op::LoopEnter { back: back as isize - enter as isize, exit: self.distance(enter) };
        self.ops.push(Op::LoopExit);
        Ok(())
    }

    /// Whether the condition since `start` is one command that always succeeds (or, wanted false, always fails).
    fn is_constant(&self, start: usize, wanted: bool) -> bool {
        let [Op::Simple { command, .. }] = &self.ops[start..] else { return false };
        let words = command.literals().unwrap_or_default();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words[..] {
            ["true" | ":"] => wanted,
            ["[", text, "]"] | ["test", text] => wanted != text.is_empty(),
            ["false"] => !wanted,
            _ => false,
        }
    }

    fn body(&mut self) -> Parsed<()> {
        self.expect_name("do")?;
        self.list(&["done"])?;
        self.expect_name("done")
    }

    fn loop_for(&mut self) -> Parsed<()> {
        self.skip_blanks();
        if self.eat("((") {
            return self.loop_counting();
        }
        let name = self.peek_name();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err("syntax error: bad for loop variable".to_string());
        }
        self.at += name.len();
        self.skip_lines();
        let mut words = None;
        if self.peek_name() == "in" {
            self.at += 2;
            let mut items = Vec::new();
            loop {
                self.skip_blanks();
                match self.peek() {
                    Some(c) if !is_meta(c) => items.push(self.word()?),
                    _ => break,
                }
            }
            words = Some(items);
        }
        self.skip_blanks();
        self.eat(";");
        let enter = self.ops.len();
        self.ops.push(Op::ForEnter { words: None, back: 0, exit: 0 });
        let start = self.ops.len();
        self.ops.push(Op::ForNext { name });
        self.body()?;
        let back = self.ops.len();
        self.ops.push(Op::LoopBack { start: start as isize - back as isize, endless: false });
        self.ops[enter] = Op::ForEnter { words, back: back as isize - enter as isize, exit: self.distance(enter) };
        self.ops.push(Op::LoopExit);
        Ok(())
    }

    /// `for ((start; condition; step))`.
    fn loop_counting(&mut self) -> Parsed<()> {
        let (first, condition) = (self.arithmetic(";")?, self.arithmetic(";")?);
        let step = self.arithmetic("))")?;
        let endless = condition.parts.is_empty();
        self.skip_blanks();
        self.eat(";");
        self.ops.push(Op::Arith(first));
        let enter = self.ops.len();
        self.ops.push(Op::LoopEnter { back: 0, exit: 0 });
        let start = self.ops.len();
        self.ops.push(if endless { Op::Status(0) } else { Op::Arith(condition) });
        let leave = self.ops.len();
        self.ops.push(Op::Jump(0));
        self.body()?;
        let next = self.ops.len();
        self.ops.push(Op::Arith(step));
        let back = self.ops.len();
        self.ops.push(Op::LoopBack { start: start as isize - back as isize, endless });
        self.ops[leave] = Op::JumpIfFail(self.distance(leave));
        self.ops[enter] = Op::LoopEnter { back: next as isize - enter as isize, exit: self.distance(enter) };
        self.ops.push(Op::LoopExit);
        Ok(())
    }

    fn case(&mut self) -> Parsed<()> {
        self.skip_blanks();
        let word = self.word()?;
        self.expect_name("in")?;
        let head = self.ops.len();
        self.ops.push(Op::Jump(0));
        let (mut arms, mut to_end) = (Vec::new(), Vec::new());
        loop {
            self.skip_lines();
            if self.peek_name() == "esac" {
                break;
            }
            self.eat("(");
            let mut patterns = Vec::new();
            loop {
                self.skip_blanks();
                match self.peek() {
                    Some(c) if !is_meta(c) => patterns.push(self.word()?),
                    Some(c) => return Err(unexpected(c)),
                    None => return Err("syntax error: unexpected end of file (expecting \"esac\")".to_string()),
                }
                self.skip_blanks();
                if self.eat(")") {
                    break;
                }
                if !self.eat("|") {
                    return Err("syntax error: unexpected word (expecting \")\")".to_string());
                }
            }
            arms.push((patterns, self.distance(head)));
            self.list(&[";;", "esac"])?;
            to_end.push(self.ops.len());
            self.ops.push(Op::Jump(0));
            self.eat(";;");
        }
        self.expect_name("esac")?;
        for jump in to_end {
            self.ops[jump] = Op::Jump(self.distance(jump));
        }
        self.ops[head] = Op::Case { word, arms, end: self.distance(head) };
        Ok(())
    }

    /// `[[ ... ]]`: like `test`, but `&&`, `||`, `<` and parentheses are part of it.
    fn double_bracket(&mut self) -> Parsed<()> {
        let mut command = Simple { words: vec![Word::literal("[[")], ..Simple::default() };
        loop {
            self.skip_lines();
            if self.eat("&&") {
                command.words.push(Word::literal("-a"));
            } else if self.eat("||") {
                command.words.push(Word::literal("-o"));
            } else {
                match self.peek() {
                    None => return Err("syntax error: unexpected end of file (expecting \"]]\")".to_string()),
                    Some(c) if is_meta(c) => {
                        self.at += 1;
                        command.words.push(Word::literal(&c.to_string()));
                    }
                    Some(_) => {
                        let closing = self.peek_name() == "]]";
                        let mut word = self.word()?;
                        word.keep_whole();
                        command.words.push(word);
                        if closing {
                            break;
                        }
                    }
                }
            }
        }
        self.ops.push(Op::Simple { command: command.into(), checked: true });
        Ok(())
    }

    fn named_function(&mut self) -> Parsed<()> {
        self.skip_blanks();
        let name = self.peek_name();
        self.at += name.chars().count();
        self.skip_blanks();
        if self.peek() == Some('(') { self.function(name) } else { self.function_body(name) }
    }

    /// A function's definition, from its parentheses on.
    pub(super) fn function(&mut self, name: String) -> Parsed<()> {
        self.eat("(");
        self.skip_blanks();
        if name.is_empty() || !self.eat(")") {
            return Err(unexpected("("));
        }
        self.function_body(name)
    }

    fn function_body(&mut self, name: String) -> Parsed<()> {
        self.enter()?;
        self.skip_lines();
        let define = self.ops.len();
        self.ops.push(Op::Jump(0));
        if !self.compound()? {
            return Err(match self.peek() {
                Some(c) => unexpected(c),
                None => "syntax error: unexpected end of file".to_string(),
            });
        }
        self.ops.push(Op::Return);
        self.ops[define] = Op::Define { name, end: self.distance(define) };
        self.leave();
        Ok(())
    }
}
