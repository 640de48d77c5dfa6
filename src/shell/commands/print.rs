//! Commands that wait or print.

use super::{Effect, FAILED, OK};
use crate::shell::date;
use crate::shell::expand::Expanded;
use crate::shell::limits::MAX_TEXT_BYTES;
use crate::shell::machine::Container;
use crate::shell::pi;
use crate::shell::process::Process;
use crate::shell::text::{span_nanos, unescape};

/// The most lines that one `seq` or `yes` prints.
const MAX_PRINTED_LINES: i64 = 10_000;

/// How long `perl` takes for its digits of pi, as in the documentation's famous example.
const PI_NANOS: i64 = 5_000_000_000;

impl Process {
    pub(super) fn print(&mut self, container: &mut Container, name: &str, args: &[String]) -> Expanded<Option<Effect>> {
        Ok(Some(match name {
            "sleep" => self.sleep(container, args),
            "usleep" => {
                let micros = args.first().and_then(|text| text.parse::<i64>().ok()).unwrap_or(0).max(0);
                Effect::Sleep { nanos: micros.saturating_mul(1_000), status: 0 }
            }
            "timeout" => return self.timeout(container, args).map(Some),
            "echo" => {
                let text = echo(args);
                self.say(container, &text)
            }
            "printf" => self.printf(container, args),
            "true" => OK,
            "false" => FAILED,
            "date" => {
                self.is_volatile();
                let unix_nanos = container.start_unix_nanos.saturating_add(self.now);
                match date::date(unix_nanos, args) {
                    Ok(text) => self.say(container, &format!("{text}\n")),
                    Err(error) => self.refuse(container, &error),
                }
            }
            "seq" => self.seq(container, args),
            "yes" => {
                let word = if args.is_empty() { "y".to_string() } else { args.join(" ") };
                if self.capture_level == 0 {
                    // Nothing but its own output would be in the log for ever.
                    self.say(container, &format!("{word}\n").repeat(100));
                    return Ok(Some(Effect::Forever));
                }
                let lines = (MAX_TEXT_BYTES / (word.len() + 1)).min(MAX_PRINTED_LINES as usize);
                self.say(container, &format!("{word}\n").repeat(lines))
            }
            "perl" => match args.iter().find_map(|arg| pi::digits_asked(arg)) {
                Some(digits) => {
                    // The digits come at the end; nobody needs them before the log is looked at.
                    self.now = self.now.saturating_add(PI_NANOS);
                    let kept = container.log.kept || self.capture_level > 0;
                    let text = if kept { pi::digits(digits) } else { String::new() };
                    self.say(container, &format!("{text}\n"))
                }
                None => {
                    container.note(crate::shell::Note::NotSimulated("perl".to_string()));
                    OK
                }
            },
            _ => return Ok(None),
        }))
    }

    fn sleep(&mut self, container: &mut Container, args: &[String]) -> Effect {
        if args.is_empty() {
            return self.refuse(container, "sleep: missing operand");
        }
        let mut nanos = 0i64;
        for arg in args {
            if matches!(arg.as_str(), "infinity" | "inf") {
                return Effect::Forever;
            }
            match span_nanos(arg) {
                Some(span) => nanos = nanos.saturating_add(span),
                None => return self.refuse(container, &format!("sleep: invalid number '{arg}'")),
            }
        }
        // What ends after the simulation's last moment never ends.
        if nanos > i64::MAX / 4 { Effect::Forever } else { Effect::Sleep { nanos, status: 0 } }
    }

    /// `timeout SPAN COMMAND`: a waiting command is cut short; others are immediate anyway.
    fn timeout(&mut self, container: &mut Container, args: &[String]) -> Expanded<Effect> {
        let mut args = args.iter().skip_while(|arg| arg.starts_with('-'));
        let Some(limit) = args.next().and_then(|text| span_nanos(text)) else {
            return Ok(self.refuse(container, "timeout: invalid number"));
        };
        let Some(name) = args.next() else { return Ok(self.refuse(container, "timeout: missing operand")) };
        let rest: Vec<String> = args.cloned().collect();
        let cut = Effect::Sleep { nanos: limit, status: 143 };
        Ok(match self.run_command(container, name, &rest)? {
            Effect::Forever => cut,
            Effect::Sleep { nanos, .. } if nanos > limit => cut,
            effect => effect,
        })
    }

    fn printf(&mut self, container: &mut Container, args: &[String]) -> Effect {
        let Some((format, args)) = args.split_first() else {
            return self.refuse(container, "printf: usage: printf FORMAT [ARG]...");
        };
        let mut out = String::new();
        let mut rest = args;
        loop {
            let left = rest.len();
            let stop = format_once(format, &mut rest, &mut out);
            if stop || rest.is_empty() || rest.len() == left || out.len() > MAX_TEXT_BYTES {
                break;
            }
        }
        self.say(container, &out)
    }

    fn seq(&mut self, container: &mut Container, args: &[String]) -> Effect {
        let mut separator = "\n".to_string();
        let mut numbers = Vec::new();
        let mut width = 0;
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "-s" => separator = args.next().cloned().unwrap_or_default(),
                "-w" => width = 1,
                text if text.starts_with("-s") => separator = text[2..].to_string(),
                text => match text.parse::<i64>() {
                    Ok(number) => numbers.push(number),
                    Err(_) => return self.refuse(container, &format!("seq: invalid number '{text}'")),
                },
            }
        }
        let (first, step, last) = match numbers[..] {
            [last] => (1, 1, last),
            [first, last] => (first, 1, last),
            [first, step, last] if step != 0 => (first, step, last),
            _ => return self.refuse(container, "seq: usage: seq [FIRST [STEP]] LAST"),
        };
        if width > 0 {
            width = first.to_string().len().max(last.to_string().len());
        }
        let mut shown = Vec::new();
        let mut at = Some(first);
        while let Some(number) = at.filter(|n| if step > 0 { *n <= last } else { *n >= last }) {
            if shown.len() as i64 >= MAX_PRINTED_LINES {
                break;
            }
            shown.push(format!("{number:0width$}"));
            at = number.checked_add(step);
        }
        if shown.is_empty() {
            return OK;
        }
        self.say(container, &format!("{}\n", shown.join(&separator)))
    }
}

/// `echo` with `-n`, `-e` and `-E`.
fn echo(args: &[String]) -> String {
    let (mut line_end, mut escapes) = (true, false);
    let mut args = args;
    while let [flag, rest @ ..] = args {
        let flags = flag.strip_prefix('-').unwrap_or_default();
        if flags.is_empty() || !flags.chars().all(|c| "neE".contains(c)) {
            break;
        }
        for c in flags.chars() {
            match c {
                'n' => line_end = false,
                'e' => escapes = true,
                _ => escapes = false,
            }
        }
        args = rest;
    }
    let mut text = args.join(" ");
    if escapes {
        let (read, stop) = unescape(&text);
        text = read;
        line_end &= !stop;
    }
    if line_end {
        text.push('\n');
    }
    text
}

/// The widest field of `printf`, in characters.
const MAX_WIDTH_CHARS: usize = 1_000;

/// Applies a format once, taking its arguments. Answers whether all output ends here.
fn format_once(format: &str, args: &mut &[String], out: &mut String) -> bool {
    let (format, stop) = unescape(format);
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        if chars.next_if_eq(&'%').is_some() {
            out.push('%');
            continue;
        }
        let mut spec = Spec::default();
        while let Some(flag) = chars.next_if(|c| "-0+ #".contains(*c)) {
            match flag {
                '-' => spec.left = true,
                '0' => spec.zero = true,
                '+' => spec.plus = true,
                _ => {}
            }
        }
        let mut number = |chars: &mut std::iter::Peekable<std::str::Chars>| {
            let mut value = 0usize;
            if chars.next_if_eq(&'*').is_some() {
                return take(args).parse::<u64>().unwrap_or(0).min(MAX_WIDTH_CHARS as u64) as usize;
            }
            while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                value = (value * 10 + digit.to_digit(10).unwrap_or(0) as usize).min(MAX_WIDTH_CHARS);
            }
            value
        };
        spec.width = number(&mut chars);
        if chars.next_if_eq(&'.').is_some() {
            spec.precision = Some(number(&mut chars));
        }
        let Some(kind) = chars.next() else { break };
        let arg = take(args);
        spec.write(kind, &arg, out);
    }
    stop
}

fn take(args: &mut &[String]) -> String {
    match args.split_first() {
        Some((first, rest)) => {
            *args = rest;
            first.clone()
        }
        None => String::new(),
    }
}

/// One `%` of a format.
#[derive(Default)]
struct Spec {
    left: bool,
    zero: bool,
    plus: bool,
    width: usize,
    precision: Option<usize>,
}

impl Spec {
    fn write(&self, kind: char, arg: &str, out: &mut String) {
        let number = || whole_number(arg.trim());
        let text = match kind {
            'd' | 'i' | 'u' if self.plus && number() >= 0 => format!("+{}", number()),
            'd' | 'i' | 'u' => number().to_string(),
            'x' => format!("{:x}", number()),
            'X' => format!("{:X}", number()),
            'o' => format!("{:o}", number()),
            'c' => arg.chars().take(1).collect(),
            'b' => unescape(arg).0,
            's' => match self.precision {
                Some(chars) => arg.chars().take(chars).collect(),
                None => arg.to_string(),
            },
            'f' => fixed(arg, self.precision.unwrap_or(6)),
            other => format!("%{other}"),
        };
        let missing = self.width.saturating_sub(text.chars().count());
        match text.strip_prefix('-') {
            _ if self.left => {
                out.push_str(&text);
                out.extend(std::iter::repeat_n(' ', missing));
            }
            Some(digits) if self.zero && kind != 's' => {
                out.push('-');
                out.extend(std::iter::repeat_n('0', missing));
                out.push_str(digits);
            }
            _ => {
                let fill = if self.zero && kind != 's' { '0' } else { ' ' };
                out.extend(std::iter::repeat_n(fill, missing));
                out.push_str(&text);
            }
        }
    }
}

/// A whole number as `printf` reads it: decimal, hexadecimal or octal; what follows a decimal point is dropped.
fn whole_number(text: &str) -> i64 {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let digits = digits.split('.').next().unwrap_or(digits);
    let (digits, radix) = match digits.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None if digits.len() > 1 && digits.starts_with('0') => (digits, 8),
        None => (digits, 10),
    };
    i64::from_str_radix(digits, radix).unwrap_or(0).wrapping_mul(sign)
}

/// A decimal number with so many digits after the point, rounded half up; all in text, so nothing is ever inexact.
fn fixed(text: &str, places: usize) -> String {
    let text = text.trim();
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return fixed("0", places);
    }
    let padded = format!("{fraction:0<width$}", width = places + 1);
    let mut number: Vec<u8> = format!("0{whole}{}", &padded[..places]).into_bytes();
    if padded.as_bytes().get(places).is_some_and(|digit| *digit >= b'5') {
        for digit in number.iter_mut().rev() {
            if *digit == b'9' {
                *digit = b'0';
            } else {
                *digit += 1;
                break;
            }
        }
    }
    let number: String = number.into_iter().map(char::from).collect();
    let (whole, fraction) = number.split_at(number.len() - places);
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}
