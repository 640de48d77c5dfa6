//! `test`, `[`, `[[` and `expr`.

use super::Effect;
use crate::shell::arith;
use crate::shell::expand::Expanded;
use crate::shell::machine::{Container, Halt};
use crate::shell::process::Process;
use crate::shell::text::matches;

impl Process {
    pub(super) fn test(&mut self, container: &mut Container, name: &str, args: &[String]) -> Expanded<Option<Effect>> {
        let closing = match name {
            "test" => "",
            "[" => "]",
            "[[" => "]]",
            "expr" => return Ok(Some(self.expr(container, args))),
            _ => return Ok(None),
        };
        let args = match args.split_last() {
            Some((last, rest)) if !closing.is_empty() && last == closing => rest,
            _ if closing.is_empty() => args,
            _ => return Err(Halt::Error(format!("{name}: missing {closing}"))),
        };
        let mut reader = Test { words: args, at: 0, container, patterns: name == "[[", depth: 0 };
        let result = if args.is_empty() { Ok(false) } else { reader.either() };
        let result =
            result.and_then(|value| if reader.at < args.len() { Err(UNEXPECTED.to_string()) } else { Ok(value) });
        Ok(Some(match result {
            Ok(value) => Effect::Done(i32::from(!value)),
            Err(error) => {
                self.complain(container, &error);
                Effect::Done(2)
            }
        }))
    }

    /// `expr`: words are operands and operators of arithmetic, or of a comparison of texts.
    fn expr(&mut self, container: &mut Container, args: &[String]) -> Effect {
        let shown = match args {
            [left, operator, right] if matches!(operator.as_str(), "=" | "!=") && left.parse::<i64>().is_err() => {
                i64::from((left == right) == (operator == "=")).to_string()
            }
            [kind, text] if kind == "length" => text.chars().count().to_string(),
            words => {
                let words: Vec<&str> =
                    words.iter().map(|word| if word == "=" { "==" } else { word.as_str() }).collect();
                match arith::evaluate(&words.join(" "), &mut Nothing) {
                    Ok(value) => value.to_string(),
                    Err(error) => {
                        self.put(container, &format!("expr: {error}\n"), true);
                        return Effect::Done(2);
                    }
                }
            }
        };
        let status = i32::from(shown == "0" || shown.is_empty());
        self.say(container, &format!("{shown}\n"));
        Effect::Done(status)
    }
}

/// No variables: `expr` sees values only.
struct Nothing;

impl arith::Variables for Nothing {
    fn get(&mut self, _name: &str) -> String {
        "x".to_string()
    }

    fn set(&mut self, _name: &str, _value: i64) {}
}

const UNEXPECTED: &str = "test: unexpected operator";

/// A condition being read, weakest operator first.
struct Test<'a> {
    words: &'a [String],
    at: usize,
    container: &'a Container,
    /// Whether `==` compares with a pattern.
    patterns: bool,
    depth: usize,
}

impl<'a> Test<'a> {
    fn peek(&self, ahead: usize) -> Option<&'a str> {
        self.words.get(self.at + ahead).map(String::as_str)
    }

    fn either(&mut self) -> Result<bool, String> {
        let mut value = self.both()?;
        while self.peek(0) == Some("-o") {
            self.at += 1;
            value |= self.both()?;
        }
        Ok(value)
    }

    fn both(&mut self) -> Result<bool, String> {
        let mut value = self.one()?;
        while self.peek(0) == Some("-a") {
            self.at += 1;
            value &= self.one()?;
        }
        Ok(value)
    }

    fn one(&mut self) -> Result<bool, String> {
        const MAX_TEST_LEVELS: usize = 50;
        self.depth += 1;
        if self.depth > MAX_TEST_LEVELS {
            return Err("test: too many arguments".to_string());
        }
        let value = self.condition();
        self.depth -= 1;
        value
    }

    fn condition(&mut self) -> Result<bool, String> {
        let first = self.peek(0).ok_or("test: argument expected")?;
        let rest = self.words.len() - self.at;
        // An operator between two operands decides before anything else does.
        if let (Some(operator), Some(right)) = (self.peek(1), self.peek(2))
            && let Some(value) = self.binary(first, operator, right)?
        {
            self.at += 3;
            return Ok(value);
        }
        if first == "!" && rest > 1 {
            self.at += 1;
            return Ok(!self.one()?);
        }
        if first == "(" && rest > 2 {
            self.at += 1;
            let value = self.either()?;
            return if self.peek(0) == Some(")") {
                self.at += 1;
                Ok(value)
            } else {
                Err("test: closing paren expected".to_string())
            };
        }
        if let Some(operand) = self.peek(1)
            && let Some(value) = self.unary(first, operand)
        {
            self.at += 2;
            return Ok(value);
        }
        self.at += 1;
        Ok(!first.is_empty())
    }

    fn unary(&self, operator: &str, operand: &str) -> Option<bool> {
        let file = self.container.files.get(operand);
        let directory =
            matches!(operand, "/" | "/tmp" | "/etc" | "/bin" | "/usr" | "/var" | "/dev" | "/proc" | "/root" | ".");
        let directory = directory || self.container.files.keys().any(|path| path.starts_with(&format!("{operand}/")));
        Some(match operator {
            "-n" => !operand.is_empty(),
            "-z" => operand.is_empty(),
            "-f" | "-r" | "-w" => file.is_some(),
            "-e" => file.is_some() || directory,
            "-s" => file.is_some_and(|text| !text.is_empty()),
            "-d" => directory,
            "-x" | "-L" | "-h" | "-t" | "-b" | "-c" | "-p" | "-S" => false,
            _ => return None,
        })
    }

    fn binary(&self, left: &str, operator: &str, right: &str) -> Result<Option<bool>, String> {
        Ok(Some(match operator {
            "=" | "==" | "!=" => {
                let same = if self.patterns {
                    let (pattern, text): (Vec<char>, Vec<char>) = (right.chars().collect(), left.chars().collect());
                    matches(&pattern, &text)
                } else {
                    left == right
                };
                same == (operator != "!=")
            }
            "<" => left < right,
            ">" => left > right,
            "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" => {
                let number = |text: &str| text.trim().parse::<i64>().map_err(|_| format!("{text}: bad number"));
                let order = number(left)?.cmp(&number(right)?);
                match operator {
                    "-eq" => order.is_eq(),
                    "-ne" => order.is_ne(),
                    "-lt" => order.is_lt(),
                    "-le" => order.is_le(),
                    "-gt" => order.is_gt(),
                    _ => order.is_ge(),
                }
            }
            _ => return Ok(None),
        }))
    }
}
