//! Arithmetic: `$(( ... ))` on 64-bit numbers that wrap around, with the operators of C.

use super::limits::MAX_ARITHMETIC_LEVELS;

/// Where an expression's variables live.
pub(super) trait Variables {
    /// The value of a variable as text; empty when it is not set.
    fn get(&mut self, name: &str) -> String;
    /// Sets a variable.
    fn set(&mut self, name: &str, value: i64);
}

/// Computes an expression whose expansions are already made. An empty one is 0.
///
/// # Errors
/// What is wrong, as the shell words it after its name.
pub(super) fn evaluate(text: &str, variables: &mut dyn Variables) -> Result<i64, String> {
    let mut reader = Reader { source: text.chars().collect(), at: 0, depth: 0, live: true, variables };
    reader.blanks();
    if reader.source.len() == reader.at {
        return Ok(0);
    }
    let value = reader.comma()?;
    reader.blanks();
    if reader.at < reader.source.len() { Err("arithmetic syntax error".to_string()) } else { Ok(value) }
}

struct Reader<'a> {
    source: Vec<char>,
    at: usize,
    depth: usize,
    /// Off inside a branch that is not taken, where nothing may be assigned.
    live: bool,
    variables: &'a mut dyn Variables,
}

/// Operators between two values by how strongly they bind, weakest first. Longer ones stand before their prefixes.
const LEVELS: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

/// Assignments that compute, longest first.
const ASSIGNMENTS: [&str; 11] = ["<<=", ">>=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "="];

type Value = Result<i64, String>;

impl Reader<'_> {
    fn blanks(&mut self) {
        while self.source.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
    }

    fn starts_with(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(i, c)| self.source.get(self.at + i) == Some(&c))
    }

    fn eat(&mut self, text: &str) -> bool {
        self.blanks();
        let found = self.starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    fn deeper(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > MAX_ARITHMETIC_LEVELS {
            return Err("expression recursion loop detected".to_string());
        }
        Ok(())
    }

    fn comma(&mut self) -> Value {
        let mut value = self.ternary()?;
        while self.eat(",") {
            value = self.ternary()?;
        }
        Ok(value)
    }

    fn ternary(&mut self) -> Value {
        self.deeper()?;
        if let Some(value) = self.assignment()? {
            self.depth -= 1;
            return Ok(value);
        }
        let condition = self.binary(0)?;
        let value = if self.eat("?") {
            let live = self.live;
            self.live = live && condition != 0;
            let yes = self.ternary()?;
            if !self.eat(":") {
                return Err("arithmetic syntax error".to_string());
            }
            self.live = live && condition == 0;
            let no = self.ternary()?;
            self.live = live;
            if condition != 0 { yes } else { no }
        } else {
            condition
        };
        self.depth -= 1;
        Ok(value)
    }

    /// `name = value` and its relatives, if that is what stands here.
    fn assignment(&mut self) -> Result<Option<i64>, String> {
        self.blanks();
        let start = self.at;
        let name = self.name();
        self.blanks();
        let operator = ASSIGNMENTS.iter().find(|op| self.starts_with(op));
        let (Some(operator), false) = (operator, name.is_empty() || self.starts_with("==")) else {
            self.at = start;
            return Ok(None);
        };
        self.at += operator.len();
        let right = self.ternary()?;
        let value = match operator.strip_suffix('=') {
            Some("") | None => right,
            Some(operator) => {
                let left = self.variable(&name)?;
                self.compute(operator, left, right)?
            }
        };
        self.set(&name, value);
        Ok(Some(value))
    }

    fn set(&mut self, name: &str, value: i64) {
        if self.live {
            self.variables.set(name, value);
        }
    }

    fn name(&mut self) -> String {
        let rest = self.source.get(self.at..).unwrap_or_default();
        if !rest.first().is_some_and(|c| c.is_ascii_alphabetic() || *c == '_') {
            return String::new();
        }
        let name: String = rest.iter().take_while(|c| c.is_ascii_alphanumeric() || **c == '_').collect();
        self.at += name.len();
        name
    }

    fn binary(&mut self, level: usize) -> Value {
        let Some(operators) = LEVELS.get(level) else { return self.power() };
        let mut left = self.binary(level + 1)?;
        loop {
            self.blanks();
            let found = operators.iter().find(|op| self.starts_with(op) && !self.is_longer(op));
            let Some(operator) = found else { return Ok(left) };
            self.at += operator.len();
            let live = self.live;
            self.live = live
                && match *operator {
                    "&&" => left != 0,
                    "||" => left == 0,
                    _ => true,
                };
            let right = self.binary(level + 1)?;
            self.live = live;
            left = self.compute(operator, left, right)?;
        }
    }

    /// Whether what stands here is a longer operator that begins like this one (`&&` for `&`, `+=` for `+`).
    fn is_longer(&self, operator: &str) -> bool {
        let next = self.source.get(self.at + operator.len());
        match operator {
            "&" | "|" | "<" | ">" | "*" => {
                next == operator.chars().next().as_ref()
                    || (operator.len() == 1 && next == Some(&'=') && !"<>".contains(operator))
            }
            "+" | "-" | "/" | "%" | "^" | "<<" | ">>" => next == Some(&'='),
            _ => false,
        }
    }

    fn compute(&self, operator: &str, left: i64, right: i64) -> Value {
        if matches!(operator, "/" | "%") && right == 0 {
            return if self.live { Err("divide by zero".to_string()) } else { Ok(0) };
        }
        let truth = |value: bool| i64::from(value);
        Ok(match operator {
            "||" => truth(left != 0 || right != 0),
            "&&" => truth(left != 0 && right != 0),
            "|" => left | right,
            "^" => left ^ right,
            "&" => left & right,
            "==" => truth(left == right),
            "!=" => truth(left != right),
            "<=" => truth(left <= right),
            ">=" => truth(left >= right),
            "<" => truth(left < right),
            ">" => truth(left > right),
            "<<" => left.wrapping_shl(right as u32),
            ">>" => left.wrapping_shr(right as u32),
            "+" => left.wrapping_add(right),
            "-" => left.wrapping_sub(right),
            "*" => left.wrapping_mul(right),
            "/" => left.wrapping_div(right),
            "%" => left.wrapping_rem(right),
            _ => 0,
        })
    }

    fn power(&mut self) -> Value {
        let base = self.unary()?;
        if !self.eat("**") {
            return Ok(base);
        }
        self.deeper()?;
        let exponent = self.power()?;
        self.depth -= 1;
        match u32::try_from(exponent) {
            Ok(exponent) => Ok(base.wrapping_pow(exponent)),
            Err(_) => Err("exponent less than 0".to_string()),
        }
    }

    fn unary(&mut self) -> Value {
        self.deeper()?;
        self.blanks();
        let value = if self.eat("++") || self.starts_with("--") {
            let step = if self.eat("--") { -1 } else { 1 };
            self.blanks();
            let name = self.name();
            if name.is_empty() {
                // Two signs before a number.
                self.unary()?
            } else {
                let value = self.variable(&name)?.wrapping_add(step);
                self.set(&name, value);
                value
            }
        } else if self.eat("-") {
            self.unary()?.wrapping_neg()
        } else if self.eat("+") {
            self.unary()?
        } else if self.starts_with("!") && !self.starts_with("!=") {
            self.at += 1;
            i64::from(self.unary()? == 0)
        } else if self.eat("~") {
            !self.unary()?
        } else {
            self.primary()?
        };
        self.depth -= 1;
        Ok(value)
    }

    fn primary(&mut self) -> Value {
        if self.eat("(") {
            let value = self.comma()?;
            return if self.eat(")") { Ok(value) } else { Err("arithmetic syntax error".to_string()) };
        }
        let name = self.name();
        if !name.is_empty() {
            let value = self.variable(&name)?;
            let step = if self.starts_with("++") {
                1
            } else if self.starts_with("--") {
                -1
            } else {
                return Ok(value);
            };
            self.at += 2;
            self.set(&name, value.wrapping_add(step));
            return Ok(value);
        }
        let rest = self.source.get(self.at..).unwrap_or_default();
        let digits: String = rest.iter().take_while(|c| c.is_ascii_alphanumeric()).collect();
        self.at += digits.len();
        number(&digits).ok_or_else(|| "arithmetic syntax error".to_string())
    }

    fn variable(&mut self, name: &str) -> Value {
        let text = self.variables.get(name);
        let text = text.trim();
        if text.is_empty() {
            return Ok(0);
        }
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, text),
        };
        match number(digits) {
            Some(value) => Ok(value.wrapping_mul(sign)),
            // A variable that names another one is looked up in turn; further chains are not worth the trouble.
            None if self.depth < MAX_ARITHMETIC_LEVELS
                && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') =>
            {
                self.depth += LEVELS.len();
                let value = self.variable(text);
                self.depth = self.depth.saturating_sub(LEVELS.len());
                value
            }
            None => Err("arithmetic syntax error".to_string()),
        }
    }
}

/// A decimal, octal (`017`) or hexadecimal (`0x1f`) number; too large ones stop at the largest.
fn number(text: &str) -> Option<i64> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
        None => (text, 10),
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    Some(i64::from_str_radix(digits, radix).unwrap_or(i64::MAX))
}
