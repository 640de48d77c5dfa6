//! The pieces of Go's standard library whose exact behaviour shows in schedules and their error texts: `strconv.Atoi`,
//! `time.ParseDuration` and the quoting of `%q`.

/// Reads a whole number as Go's `strconv.Atoi` does: an optional sign and decimal digits, nothing else.
///
/// # Errors
/// The text of Go's `NumError`, such as `strconv.Atoi: parsing "x": invalid syntax`.
pub(crate) fn atoi(text: &str) -> Result<i64, String> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let problem = if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        "invalid syntax"
    } else if let Ok(number) = text.parse() {
        return Ok(number);
    } else {
        "value out of range"
    };
    Err(format!("strconv.Atoi: parsing {}: {problem}", quote(text)))
}

/// Quotes text as Go's `%q` does, which is how the API server shows a string value in an error.
///
/// ```
/// assert_eq!(orrery::cron::quote("say \"hi\"\t"), r#""say \"hi\"\t""#);
/// ```
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\u{07}' => out.push_str("\\a"),
            '\u{08}' => out.push_str("\\b"),
            '\u{0c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{0b}' => out.push_str("\\v"),
            c if is_printable(c) => out.push(c),
            c if (c as u32) < 0x80 => out.push_str(&format!("\\x{:02x}", c as u32)),
            c if (c as u32) < 0x1_0000 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push_str(&format!("\\U{:08x}", c as u32)),
        }
    }
    out.push('"');
    out
}

/// Whether Go's `strconv.IsPrint` lets a character stand for itself: everything but controls, exotic blanks, invisible
/// format characters and private use.
fn is_printable(c: char) -> bool {
    let invisible = matches!(c as u32,
        0xad | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f
        | 0xe000..=0xf8ff | 0xfeff | 0xfff9..=0xfffb | 0xfffe..=0xffff | 0xe_0000..=0xe_0fff | 0xf_0000..);
    c == ' ' || !(c.is_control() || c.is_whitespace() || invisible)
}

/// Nanoseconds of each unit that Go's durations know. The two micro signs are different characters.
const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// One more than the largest duration, as a magnitude.
const LIMIT_NANOS: u64 = 1 << 63;

/// Reads a duration in Go's notation (`1h30m`, `1.5s`, `-2m`, `0`) into nanoseconds.
///
/// ```
/// assert_eq!(orrery::cron::parse_duration("1m30.5s"), Ok(90_500_000_000));
/// assert_eq!(orrery::cron::parse_duration("5"), Err("time: missing unit in duration \"5\"".to_string()));
/// ```
///
/// # Errors
/// Go's own text: invalid, missing unit or unknown unit.
// Go's time.ParseDuration
pub fn parse_duration(text: &str) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {}", quote_bytes(text));
    let (negative, body) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if body == "0" {
        return Ok(0);
    }
    if body.is_empty() {
        return Err(invalid());
    }
    let mut total: u64 = 0;
    let mut rest = body;
    while !rest.is_empty() {
        let (whole, after) = split_digits(rest);
        let (fraction, after) = match after.strip_prefix('.') {
            Some(tail) => split_digits(tail),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let unit_end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, tail) = after.split_at(unit_end);
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {}", quote_bytes(text)));
        }
        let Some(&(_, scale)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(format!("time: unknown unit {} in duration {}", quote_bytes(unit), quote_bytes(text)));
        };
        let part = whole_nanos(whole, scale).ok_or_else(invalid)?;
        let part = part.checked_add(fraction_nanos(fraction, scale)).filter(|n| *n <= LIMIT_NANOS);
        total = part.and_then(|n| total.checked_add(n)).filter(|n| *n <= LIMIT_NANOS).ok_or_else(invalid)?;
        rest = tail;
    }
    if negative {
        // The most negative duration has no positive twin, so negate before narrowing.
        return Ok((total as i64).wrapping_neg());
    }
    i64::try_from(total).map_err(|_| invalid())
}

/// The leading decimal digits of a text, and what follows them.
fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// `digits` units in nanoseconds; `None` when that is more than a duration holds. No digits are zero.
fn whole_nanos(digits: &str, scale: u64) -> Option<u64> {
    let mut number: u64 = 0;
    for digit in digits.bytes() {
        number = number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
        if number > LIMIT_NANOS {
            return None;
        }
    }
    number.checked_mul(scale).filter(|n| *n <= LIMIT_NANOS)
}

/// The digits after a decimal point, of that unit, in whole nanoseconds. Digits below a nanosecond change nothing.
fn fraction_nanos(digits: &str, scale: u64) -> u64 {
    /// Enough digits to tell the nanoseconds of an hour apart, few enough that the product fits.
    const MAX_FRACTION_DIGITS: usize = 18;
    let (mut number, mut divisor) = (0u128, 1u128);
    for digit in digits.bytes().take(MAX_FRACTION_DIGITS) {
        number = number * 10 + u128::from(digit - b'0');
        divisor *= 10;
    }
    (number * u128::from(scale) / divisor) as u64
}

/// The simpler quoting of Go's package `time`: every byte outside printable ASCII as `\xNN`.
fn quote_bytes(text: &str) -> String {
    let mut out = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend(['\\', byte as char]),
            b' '..=0x7f => out.push(byte as char),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push('"');
    out
}
