//! Plain YAML scalars as Kubernetes reads them: go-yaml v2, that is YAML 1.1 words for booleans, Go's integer prefixes,
//! no base 60, and dates left as text.

/// A scalar after resolution. Numbers carry the text that JSON would show, because error messages quote it.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// `~`, `null`, nothing.
    Null,
    /// `true`, `yes`, `on`, `y` and their opposites.
    Bool(bool),
    /// Fits a signed or unsigned 64-bit integer.
    Int(i128),
    /// Any other number.
    Float(f64),
    /// Everything else.
    Text(String),
}

/// Resolves a plain scalar.
///
/// ```
/// use orrery::manifest::scalar::{Scalar, resolve};
/// assert_eq!(resolve("yes"), Scalar::Bool(true));
/// assert_eq!(resolve("010"), Scalar::Int(8));
/// assert_eq!(resolve("0x1F"), Scalar::Int(31));
/// assert_eq!(resolve("1_000"), Scalar::Int(1000));
/// assert_eq!(resolve("12:30:00"), Scalar::Text("12:30:00".into()));
/// assert_eq!(resolve("2026-01-05"), Scalar::Text("2026-01-05".into()));
/// assert_eq!(resolve("1e3"), Scalar::Float(1000.0));
/// ```
// go.yaml.in/yaml/v2 resolve.go resolve
pub fn resolve(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Scalar::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Scalar::Bool(false);
        }
        ".nan" | ".NaN" | ".NAN" => return Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Scalar::Float(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        _ => {}
    }
    let first = text.as_bytes().first().copied().unwrap_or(0);
    if !(first.is_ascii_digit() || matches!(first, b'+' | b'-' | b'.')) {
        return Scalar::Text(text.to_owned());
    }
    if first == b'.' {
        return float(text).map_or_else(|| Scalar::Text(text.to_owned()), Scalar::Float);
    }
    if is_date(text) {
        return Scalar::Text(text.to_owned());
    }
    let plain = text.replace('_', "");
    if let Some(value) = integer(&plain) {
        return Scalar::Int(value);
    }
    if let Some(value) = float(&plain) {
        return Scalar::Float(value);
    }
    Scalar::Text(text.to_owned())
}

/// Go's integer syntax with a base prefix: `0x`, `0o`, `0b`, a leading `0` for octal, and a sign.
// strconv ParseInt, ParseUint with base 0
fn integer(text: &str) -> Option<i128> {
    let (negative, signed, digits) = match text.as_bytes().first()? {
        b'-' => (true, true, &text[1..]),
        b'+' => (false, true, &text[1..]),
        _ => (false, false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (digits, radix) = if let Some(rest) = lower.strip_prefix("0x") {
        (rest, 16)
    } else if let Some(rest) = lower.strip_prefix("0o") {
        (rest, 8)
    } else if let Some(rest) = lower.strip_prefix("0b") {
        (rest, 2)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (&lower[1..], 8)
    } else {
        (lower.as_str(), 10)
    };
    if digits.is_empty() || digits.len() > 70 || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let value = i128::from_str_radix(digits, radix).ok()?;
    let value = if negative { -value } else { value };
    let fits = i64::try_from(value).is_ok() || (!signed && u64::try_from(value).is_ok());
    fits.then_some(value)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn float(text: &str) -> Option<f64> {
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match body.find(['e', 'E']) {
        Some(i) => (&body[..i], Some(&body[i + 1..])),
        None => (body, None),
    };
    if let Some(exponent) = exponent {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
    }
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let shape = if whole.is_empty() { !fraction.is_empty() } else { true };
    if !shape || !digits(whole) || !digits(fraction) || whole.is_empty() && !mantissa.contains('.') {
        return None;
    }
    text.parse::<f64>().ok().filter(|v| v.is_finite())
}

/// Four digits, a dash and more: what go-yaml tries as a timestamp and then hands on as text.
// go.yaml.in/yaml/v2 resolve.go parseTimestamp
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let year = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    if year != 4 || bytes.get(4) != Some(&b'-') {
        return false;
    }
    let mut parts = text[5..].splitn(2, '-');
    let month = parts.next().unwrap_or("");
    let rest = parts.next().unwrap_or("");
    let day: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let number = |s: &str| s.parse::<u32>().unwrap_or(0);
    (1..=12).contains(&number(month))
        && (1..=31).contains(&number(&day))
        && (rest.len() == day.len() || rest.contains(':'))
}

/// How Go's JSON writes a number that came from YAML.
// encoding/json floatEncoder
pub fn json_float(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{value:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return match exponent.strip_prefix('-') {
            Some(digits) => format!("{mantissa}e-{digits:0>2}").replace("e-0", "e-"),
            None => format!("{mantissa}e+{exponent:0>2}"),
        };
    }
    format!("{value}")
}
