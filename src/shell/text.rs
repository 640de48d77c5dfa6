//! Text tools that several commands share: escapes, shell patterns, durations.

use std::iter::Peekable;
use std::str::Chars;

/// Replaces backslash escapes (`\n`, `\t`, `\x41`, `\0101`, ...). The flag: a `\c` asked to stop all output there.
pub(super) fn unescape(text: &str) -> (String, bool) {
    let mut out = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let plain = match rest.next() {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('a') => '\u{7}',
            Some('b') => '\u{8}',
            Some('e') => '\u{1b}',
            Some('f') => '\u{c}',
            Some('v') => '\u{b}',
            Some('c') => return (out, true),
            Some('x') => numbered(&mut rest, 2, 16, "\\x", &mut out),
            Some('0') => numbered(&mut rest, 3, 8, "\u{0}", &mut out),
            Some(c @ ('\\' | '\'' | '"')) => c,
            Some(other) => {
                out.push('\\');
                other
            }
            None => '\\',
        };
        out.push(plain);
    }
    (out, false)
}

/// A character by its number in up to that many digits. Without any digit the `otherwise` text stands for it.
fn numbered(rest: &mut Peekable<Chars>, digits: usize, radix: u32, otherwise: &str, out: &mut String) -> char {
    let mut value = None;
    for _ in 0..digits {
        let Some(digit) = rest.peek().and_then(|c| c.to_digit(radix)) else { break };
        value = Some(value.unwrap_or(0) * radix + digit);
        rest.next();
    }
    match value {
        Some(value) => char::from((value & 0xff) as u8),
        None => {
            let mut chars: Vec<char> = otherwise.chars().collect();
            let last = chars.pop().unwrap_or('\\');
            out.extend(chars);
            last
        }
    }
}

/// A span such as `5`, `0.5`, `2m`, `1h` or `1d` in nanoseconds, as `sleep` reads it. `None`: not such a text.
pub(super) fn span_nanos(text: &str) -> Option<i64> {
    let (number, unit_seconds) = match text.char_indices().last()? {
        (end, 's') => (&text[..end], 1),
        (end, 'm') => (&text[..end], 60),
        (end, 'h') => (&text[..end], 3_600),
        (end, 'd') => (&text[..end], 86_400),
        _ => (text, 1),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || whole.len() + fraction.len() == 0 {
        return None;
    }
    let nanos: i64 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    let seconds: i64 = if whole.is_empty() { 0 } else { whole.parse().unwrap_or(i64::MAX) };
    Some(seconds.saturating_mul(1_000_000_000).saturating_add(nanos).saturating_mul(unit_seconds))
}

/// Whether a text matches a shell pattern: `*`, `?`, `[a-z]`, `[!x]`; a backslash hides what follows it.
pub(super) fn matches(pattern: &[char], text: &[char]) -> bool {
    // The classic walk with one point to fall back to: linear in practice, and never recursive.
    let (mut p, mut t) = (0, 0);
    let mut fallback: Option<(usize, usize)> = None;
    loop {
        if p < pattern.len() && pattern[p] == '*' {
            fallback = Some((p + 1, t));
            p += 1;
            continue;
        }
        if t == text.len() {
            return p == pattern.len();
        }
        match one(pattern, p, text[t]) {
            Some(next) => {
                p = next;
                t += 1;
            }
            None => match fallback {
                Some((after_star, from)) => {
                    fallback = Some((after_star, from + 1));
                    p = after_star;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
}

/// Matches one character against the pattern's element at `p`; answers where the next element begins.
fn one(pattern: &[char], p: usize, c: char) -> Option<usize> {
    match *pattern.get(p)? {
        '?' => Some(p + 1),
        '\\' => (pattern.get(p + 1) == Some(&c)).then_some(p + 2),
        '[' => match class(pattern, p + 1, c) {
            Some((hit, next)) => hit.then_some(next),
            None => (c == '[').then_some(p + 1),
        },
        plain => (plain == c).then_some(p + 1),
    }
}

/// Reads a class from behind its bracket: whether the character is in it, and where it ends. `None`: it never closes.
fn class(pattern: &[char], start: usize, c: char) -> Option<(bool, usize)> {
    let negated = matches!(pattern.get(start), Some('!' | '^'));
    let first = start + usize::from(negated);
    let (mut at, mut hit) = (first, false);
    loop {
        let low = *pattern.get(at)?;
        if low == ']' && at > first {
            return Some((hit != negated, at + 1));
        }
        match (pattern.get(at + 1), pattern.get(at + 2)) {
            (Some('-'), Some(high)) if *high != ']' => {
                hit |= (low..=*high).contains(&c);
                at += 3;
            }
            _ => {
                hit |= low == c;
                at += 1;
            }
        }
    }
}
