//! Simulated time: an instant and a span in whole nanoseconds, and their texts.
//!
//! The core never reads a clock; every instant it knows was computed from a scenario's start. Kubernetes stores times
//! in objects with a resolution of one second, so whatever is written into an object passes [`SimTime::api`].

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

const NANOS_PER_SECOND: i64 = 1_000_000_000;
const NANOS_PER_MILLI: i64 = 1_000_000;

/// An instant: nanoseconds since the Unix epoch, 1678 to 2262. Arithmetic saturates at those ends.
///
/// ```
/// use orrery::time::{SimDuration, SimTime};
/// let start = SimTime::parse("2026-01-05T09:00:00Z").unwrap();
/// assert_eq!((start + SimDuration::from_secs(90)).to_string(), "2026-01-05T09:01:30Z");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(i64);

/// A signed span in nanoseconds. Arithmetic saturates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimDuration(i64);

impl SimTime {
    /// Later than anything a simulation reaches.
    pub const FAR_FUTURE: SimTime = SimTime(i64::MAX);

    /// The instant `nanos` nanoseconds after the Unix epoch.
    pub const fn from_unix_nanos(nanos: i64) -> SimTime {
        SimTime(nanos)
    }

    /// The instant `seconds` seconds after the Unix epoch (saturating).
    pub const fn from_unix_seconds(seconds: i64) -> SimTime {
        SimTime(seconds.saturating_mul(NANOS_PER_SECOND))
    }

    /// Nanoseconds since the Unix epoch.
    pub const fn unix_nanos(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(NANOS_PER_SECOND)
    }

    /// This instant as the API server stores it: cut to the whole second (`metav1.Time`).
    pub const fn api(self) -> SimTime {
        SimTime(self.unix_seconds() * NANOS_PER_SECOND)
    }

    /// The first instant at or after this one that is a whole multiple of `period` after `origin`.
    /// A period of zero or less answers this instant.
    pub fn next_multiple(self, period: SimDuration, origin: SimTime) -> SimTime {
        if period.0 <= 0 {
            return self;
        }
        let since = self.0.saturating_sub(origin.0);
        let rest = since.rem_euclid(period.0);
        if rest == 0 { self } else { SimTime(self.0.saturating_add(period.0 - rest)) }
    }

    /// Reads RFC 3339 text with any offset and any fraction; `None` when it is not such a text or out of range.
    pub fn parse(text: &str) -> Option<SimTime> {
        let stamp: jiff::Timestamp = text.trim().parse().ok()?;
        i64::try_from(stamp.as_nanosecond()).ok().map(SimTime)
    }

    /// RFC 3339 in UTC with milliseconds when there are any (`2026-01-05T09:00:00.100Z`).
    pub fn to_rfc3339_millis(self) -> String {
        let millis = self.0.div_euclid(NANOS_PER_MILLI).rem_euclid(1_000);
        let whole = self.api().to_string();
        if millis == 0 { whole } else { format!("{}.{millis:03}Z", whole.trim_end_matches('Z')) }
    }

    /// The time of day in UTC, `09:03:47`.
    pub fn clock_text(self) -> String {
        let second_of_day = self.unix_seconds().rem_euclid(86_400);
        format!("{:02}:{:02}:{:02}", second_of_day / 3_600, second_of_day / 60 % 60, second_of_day % 60)
    }
}

/// RFC 3339 in UTC, cut to the whole second, as Kubernetes prints times.
impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.unix_seconds()) {
            Ok(stamp) => write!(f, "{stamp}"),
            Err(_) => write!(f, "@{}", self.unix_seconds()),
        }
    }
}

impl SimDuration {
    /// No time at all.
    pub const ZERO: SimDuration = SimDuration(0);

    /// `nanos` nanoseconds.
    pub const fn from_nanos(nanos: i64) -> SimDuration {
        SimDuration(nanos)
    }

    /// `millis` milliseconds (saturating).
    pub const fn from_millis(millis: i64) -> SimDuration {
        SimDuration(millis.saturating_mul(NANOS_PER_MILLI))
    }

    /// `seconds` seconds (saturating).
    pub const fn from_secs(seconds: i64) -> SimDuration {
        SimDuration(seconds.saturating_mul(NANOS_PER_SECOND))
    }

    /// Nanoseconds.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Whole milliseconds, towards zero.
    pub const fn millis(self) -> i64 {
        self.0 / NANOS_PER_MILLI
    }

    /// Whole seconds, towards zero.
    pub const fn seconds(self) -> i64 {
        self.0 / NANOS_PER_SECOND
    }

    /// Reads Go's duration text (`90s`, `1h30m`, `1.5h`, `250ms`, `-5m`, `0`).
    ///
    /// ```
    /// use orrery::time::SimDuration;
    /// assert_eq!(SimDuration::parse("1m30s"), Some(SimDuration::from_secs(90)));
    /// assert_eq!(SimDuration::parse("90"), None);
    /// ```
    pub fn parse(text: &str) -> Option<SimDuration> {
        let (negative, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if rest == "0" {
            return Some(SimDuration::ZERO);
        }
        if rest.is_empty() {
            return None;
        }
        let mut total: i128 = 0;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let (number, tail) = rest.split_at(digits);
            let letters = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
            let (unit, tail) = tail.split_at(letters);
            let scale: i128 = match unit {
                "ns" => 1,
                "us" | "µs" | "μs" => 1_000,
                "ms" => 1_000_000,
                "s" => 1_000_000_000,
                "m" => 60_000_000_000,
                "h" => 3_600_000_000_000,
                _ => return None,
            };
            total = total.checked_add(scaled(number, scale)?)?;
            rest = tail;
        }
        i64::try_from(if negative { -total } else { total }).ok().map(SimDuration)
    }
}

/// A decimal number with an optional fraction times `scale`, cut to a whole number.
fn scaled(number: &str, scale: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || whole.len() > 18 || fraction.contains('.') {
        return None;
    }
    let mut value = if whole.is_empty() { 0 } else { whole.parse::<i128>().ok()? } * scale;
    let mut unit = scale;
    for digit in fraction.bytes() {
        unit /= 10;
        value += i128::from(digit.wrapping_sub(b'0')) * unit;
    }
    Some(value)
}

/// Go's duration text: `1h30m0s`, `1m30s`, `250ms`, `0s`.
impl fmt::Display for SimDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.unsigned_abs();
        if self.0 < 0 {
            write!(f, "-")?;
        }
        if nanos == 0 {
            return write!(f, "0s");
        }
        if nanos < 1_000_000_000 {
            let (unit, name) = if nanos >= 1_000_000 {
                (1_000_000, "ms")
            } else if nanos >= 1_000 {
                (1_000, "µs")
            } else {
                (1, "ns")
            };
            return write!(f, "{}{name}", decimal(nanos / unit, nanos % unit, unit));
        }
        let seconds = nanos / 1_000_000_000;
        let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
        if hours > 0 {
            write!(f, "{hours}h")?;
        }
        if hours > 0 || minutes > 0 {
            write!(f, "{minutes}m")?;
        }
        write!(f, "{}s", decimal(seconds % 60, nanos % 1_000_000_000, 1_000_000_000))
    }
}

/// `whole` and `rest / unit` as a decimal without trailing zeros.
fn decimal(whole: u64, rest: u64, unit: u64) -> String {
    if rest == 0 {
        return whole.to_string();
    }
    let width = unit.ilog10() as usize;
    let fraction = format!("{rest:0width$}");
    format!("{whole}.{}", fraction.trim_end_matches('0'))
}

impl Add<SimDuration> for SimTime {
    type Output = SimTime;
    fn add(self, span: SimDuration) -> SimTime {
        SimTime(self.0.saturating_add(span.0))
    }
}

impl AddAssign<SimDuration> for SimTime {
    fn add_assign(&mut self, span: SimDuration) {
        *self = *self + span;
    }
}

impl Sub<SimDuration> for SimTime {
    type Output = SimTime;
    fn sub(self, span: SimDuration) -> SimTime {
        SimTime(self.0.saturating_sub(span.0))
    }
}

impl Sub for SimTime {
    type Output = SimDuration;
    fn sub(self, other: SimTime) -> SimDuration {
        SimDuration(self.0.saturating_sub(other.0))
    }
}

impl Add for SimDuration {
    type Output = SimDuration;
    fn add(self, other: SimDuration) -> SimDuration {
        SimDuration(self.0.saturating_add(other.0))
    }
}

impl Sub for SimDuration {
    type Output = SimDuration;
    fn sub(self, other: SimDuration) -> SimDuration {
        SimDuration(self.0.saturating_sub(other.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_and_print_as_go_does() {
        for (text, nanos, printed) in [
            ("10m", 600_000_000_000_i64, "10m0s"),
            ("1h30m", 5_400_000_000_000, "1h30m0s"),
            ("1.5s", 1_500_000_000, "1.5s"),
            ("250ms", 250_000_000, "250ms"),
            ("-5m", -300_000_000_000, "-5m0s"),
            ("0", 0, "0s"),
            (".5h", 1_800_000_000_000, "30m0s"),
        ] {
            let span = SimDuration::parse(text).expect(text);
            assert_eq!((span.nanos(), span.to_string()), (nanos, printed.to_string()), "{text}");
        }
        for bad in ["", "5", "s", "1x", "-", "1..2s", "1 s"] {
            assert_eq!(SimDuration::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn the_next_multiple_lies_on_the_grid_of_its_origin() {
        let origin = SimTime::from_unix_seconds(3);
        let five = SimDuration::from_secs(5);
        for (from, expected) in [(3, 3), (4, 8), (8, 8), (9, 13)] {
            assert_eq!(
                SimTime::from_unix_seconds(from).next_multiple(five, origin),
                SimTime::from_unix_seconds(expected)
            );
        }
    }

    #[test]
    fn api_times_are_cut_to_the_second() {
        let time = SimTime::from_unix_nanos(1_999_999_999);
        assert_eq!(time.api(), SimTime::from_unix_seconds(1));
        assert_eq!(time.to_string(), "1970-01-01T00:00:01Z");
        assert_eq!(time.to_rfc3339_millis(), "1970-01-01T00:00:01.999Z");
    }
}
