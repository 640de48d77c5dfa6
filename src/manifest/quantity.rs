//! Resource quantities (`500m`, `1.5Gi`, `1e3`): parsing with the API server's errors, its canonical text, exact comparison.

use std::cmp::Ordering;
use std::fmt;

/// The text does not look like a quantity.
pub const FORMAT_WRONG: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
/// The number in front is none.
pub const NUMERIC_WRONG: &str = "unable to parse numeric part of quantity";
/// The suffix is none.
pub const SUFFIX_WRONG: &str = "unable to parse quantity's suffix";

const NANOS: i128 = 1_000_000_000;
const NANOS_PER_MILLI: i128 = 1_000_000;
/// Larger values (in nanos) are cut to this; far above anything Kubernetes accepts.
const MAX_NANOS: i128 = 10_i128.pow(37);
const MAX_QUANTITY_CHARS: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    DecimalSi,
    DecimalExponent,
    BinarySi,
}

/// A quantity, exact to a billionth.
#[derive(Debug, Clone)]
pub struct Quantity {
    nanos: i128,
    format: Format,
    /// The text as written, where the API server keeps it.
    text: Option<String>,
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

struct Parts<'a> {
    negative: bool,
    number: &'a str,
    fraction: &'a str,
    suffix: &'a str,
}

// k8s.io/apimachinery/pkg/api/resource/quantity.go parseQuantityString
fn parts(text: &str) -> Result<Parts<'_>, &'static str> {
    if !text.is_ascii() || text.len() > MAX_QUANTITY_CHARS {
        return Err(FORMAT_WRONG);
    }
    let (negative, rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let rest = rest.trim_start_matches('0');
    let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = rest.split_at(digits(rest));
    let number = if number.is_empty() { "0" } else { number };
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(after) => after.split_at(digits(after)),
        None => ("", rest),
    };
    let suffix = rest;
    let rest = rest.trim_start_matches(|c| "eEinumkKMGTP".contains(c));
    let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest);
    if rest.bytes().all(|b| b.is_ascii_digit()) {
        Ok(Parts { negative, number, fraction, suffix })
    } else {
        Err(FORMAT_WRONG)
    }
}

/// Base, exponent and format of a suffix.
// k8s.io/apimachinery/pkg/api/resource/suffix.go interpret
fn interpret(suffix: &str) -> Option<(i32, i32, Format)> {
    let decimal =
        [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
    let binary = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];
    if let Some((_, exponent)) = decimal.iter().find(|(s, _)| *s == suffix) {
        return Some((10, *exponent, Format::DecimalSi));
    }
    if let Some((_, exponent)) = binary.iter().find(|(s, _)| *s == suffix) {
        return Some((2, *exponent, Format::BinarySi));
    }
    let digits = suffix.strip_prefix(['e', 'E'])?;
    let exponent: i64 = digits.parse().ok()?;
    Some((10, exponent.clamp(-100, 100) as i32, Format::DecimalExponent))
}

impl Quantity {
    /// Zero.
    pub fn zero() -> Self {
        Quantity { nanos: 0, format: Format::DecimalSi, text: None }
    }

    /// Parses a quantity; the error is the API server's text.
    ///
    /// ```
    /// use orrery::manifest::quantity::Quantity;
    /// assert_eq!(Quantity::parse("0.5").unwrap().to_string(), "500m");
    /// assert_eq!(Quantity::parse("1024Mi").unwrap().to_string(), "1Gi");
    /// assert_eq!(Quantity::parse("1.5Gi").unwrap().to_string(), "1536Mi");
    /// assert!(Quantity::parse("1 core").is_err());
    /// ```
    // k8s.io/apimachinery/pkg/api/resource/quantity.go ParseQuantity
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err(FORMAT_WRONG);
        }
        let parts = parts(text)?;
        let (base, exponent, format) = interpret(parts.suffix).ok_or(SUFFIX_WRONG)?;
        if parts.fraction.is_empty() && text.trim_start_matches(['-', '+']).starts_with('.') {
            return Err(NUMERIC_WRONG);
        }
        let (mut nanos, exact_format) = Self::scale(&parts, base, exponent, format);
        if parts.negative {
            nanos = -nanos;
        }
        Ok(Quantity { nanos, format: exact_format, text: Self::kept(text, &parts, exponent, format) })
    }

    fn scale(parts: &Parts<'_>, base: i32, exponent: i32, format: Format) -> (i128, Format) {
        let digits: String = parts.number.chars().chain(parts.fraction.chars()).take(36).collect();
        let dropped = (parts.number.len() + parts.fraction.len()).saturating_sub(digits.len()) as i32;
        let mantissa: i128 = digits.parse().unwrap_or(0);
        let mut power = 9 - parts.fraction.len() as i32 + dropped;
        let mut value = mantissa;
        if base == 10 {
            power += exponent;
        } else {
            value = value.checked_mul(1_i128 << exponent).unwrap_or(MAX_NANOS);
        }
        let limited = |v: i128, p: i32| {
            (0..p).try_fold(v, |v, _| v.checked_mul(10).filter(|v| *v <= MAX_NANOS)).unwrap_or(if v == 0 {
                0
            } else {
                MAX_NANOS
            })
        };
        value = if power >= 0 {
            limited(value, power)
        } else {
            let divisor = 10_i128.checked_pow(power.unsigned_abs()).unwrap_or(i128::MAX);
            value / divisor + i128::from(value % divisor != 0)
        };
        let small = format == Format::BinarySi && value > 0 && value < NANOS;
        (value, if small { Format::DecimalSi } else { format })
    }

    /// The written text, where the API server returns it unchanged.
    fn kept(text: &str, parts: &Parts<'_>, exponent: i32, format: Format) -> Option<String> {
        let shifted = format!("{}{}", parts.number, parts.fraction);
        let scale = exponent - parts.fraction.len() as i32;
        let keep = match format {
            Format::BinarySi => {
                parts.fraction.is_empty() && shifted.len() <= 9 && shifted.parse::<u64>().unwrap_or(0) & 7 != 0
            }
            _ => {
                shifted.len() <= 18
                    && scale >= -9
                    && scale % 3 == 0
                    && !shifted.ends_with("000")
                    && !shifted.starts_with('0')
            }
        };
        keep.then(|| text.to_owned())
    }

    /// Rounds up to a thousandth, as the API server does with every resource list.
    pub fn round_up_to_milli(&mut self) {
        let rest = self.nanos % NANOS_PER_MILLI;
        if rest != 0 {
            self.nanos += if rest > 0 { NANOS_PER_MILLI - rest } else { -NANOS_PER_MILLI - rest };
            self.text = None;
        }
    }

    /// Thousandths, rounded up.
    pub fn milli_value(&self) -> i128 {
        self.nanos.div_euclid(NANOS_PER_MILLI) + i128::from(self.nanos.rem_euclid(NANOS_PER_MILLI) != 0)
    }

    /// Units, rounded up.
    pub fn value(&self) -> i128 {
        self.nanos.div_euclid(NANOS) + i128::from(self.nanos.rem_euclid(NANOS) != 0)
    }

    /// Below zero.
    pub fn is_negative(&self) -> bool {
        self.nanos < 0
    }

    /// The sum of two quantities, in the format of the first that is not zero.
    pub fn add(&self, other: &Quantity) -> Quantity {
        let format = if self.nanos == 0 { other.format } else { self.format };
        Quantity { nanos: self.nanos.saturating_add(other.nanos).clamp(-MAX_NANOS, MAX_NANOS), format, text: None }
    }
}

impl fmt::Display for Quantity {
    // k8s.io/apimachinery/pkg/api/resource/quantity.go CanonicalizeBytes
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = &self.text {
            return f.write_str(text);
        }
        if self.nanos == 0 {
            return f.write_str("0");
        }
        if self.format == Format::BinarySi && self.nanos.abs() >= 1024 * NANOS && self.nanos % NANOS == 0 {
            let (mut value, mut suffix) = (self.nanos / NANOS, 0);
            while value % 1024 == 0 && suffix < 6 {
                value /= 1024;
                suffix += 1;
            }
            return write!(f, "{value}{}", ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][suffix]);
        }
        let (mut value, mut exponent) = (self.nanos, -9_i32);
        while value % 10 == 0 {
            value /= 10;
            exponent += 1;
        }
        while exponent.rem_euclid(3) != 0 {
            value *= 10;
            exponent -= 1;
        }
        if self.format == Format::DecimalExponent {
            return if exponent == 0 { write!(f, "{value}") } else { write!(f, "{value}e{exponent}") };
        }
        let suffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
        let index = usize::try_from((exponent + 9) / 3).unwrap_or(0);
        match suffixes.get(index) {
            Some(suffix) => write!(f, "{value}{suffix}"),
            None => write!(f, "{value}e{exponent}"),
        }
    }
}
