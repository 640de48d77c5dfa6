//! From the text of a schedule to bit sets, with the error texts of the library that Kubernetes uses.

use super::go::{atoi, parse_duration};
use super::{Fields, NANOS_PER_SECOND, STAR, Schedule, Timing, Zone};

/// What one of the five fields may contain.
struct Bounds {
    min: u64,
    max: u64,
    /// Three-letter names; the first one has the value `min`.
    names: &'static [&'static str],
}

const MINUTE: Bounds = Bounds { min: 0, max: 59, names: &[] };
const HOUR: Bounds = Bounds { min: 0, max: 23, names: &[] };
const DAY_OF_MONTH: Bounds = Bounds { min: 1, max: 31, names: &[] };
const MONTH: Bounds = Bounds {
    min: 1,
    max: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
const DAY_OF_WEEK: Bounds = Bounds { min: 0, max: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] };

/// Reads a schedule: five fields, a descriptor such as `@daily`, or `@every` with a duration, each optionally behind
/// `TZ=zone` or `CRON_TZ=zone`.
///
/// ```
/// use orrery::cron::parse_standard;
///
/// assert!(parse_standard("0 3 * * MON-FRI").is_ok());
/// assert_eq!(parse_standard("0 9 * * 7").unwrap_err(), "end of range (7) above maximum (6): 7");
/// ```
///
/// # Errors
/// The text that Kubernetes shows for such a schedule, word for word.
// vendor/github.com/robfig/cron/v3/parser.go ParseStandard, pkg/util/parsers/parsers.go ParseCronScheduleWithPanicRecovery
pub fn parse_standard(text: &str) -> Result<Schedule, String> {
    if text.is_empty() {
        return Err("empty spec string".to_string());
    }
    let (zone, spec) = split_zone(text)?;
    let timing = if spec.starts_with('@') { descriptor(spec)? } else { Timing::Fields(five_fields(spec)?) };
    Ok(Schedule { timing, zone })
}

/// Takes a `TZ=` or `CRON_TZ=` prefix off a schedule.
fn split_zone(text: &str) -> Result<(Option<Zone>, &str), String> {
    let Some(prefixed) = text.strip_prefix("TZ=").or_else(|| text.strip_prefix("CRON_TZ=")) else {
        return Ok((None, text));
    };
    let Some((name, spec)) = prefixed.split_once(' ') else {
        // The library slices up to a blank that is not there; Kubernetes catches the panic and reports it like this.
        return Err("invalid schedule format: runtime error: slice bounds out of range [:-1]".to_string());
    };
    // "Local" means no zone of its own: the caller's decides.
    let zone = if name == "Local" {
        None
    } else {
        let problem = |cause: String| format!("provided bad location {name}: {cause}");
        Some(Zone::load_or_cause(name).map_err(problem)?)
    };
    Ok((zone, spec.trim()))
}

/// The named schedules, written with `@`.
// vendor/github.com/robfig/cron/v3/parser.go parseDescriptor
fn descriptor(text: &str) -> Result<Timing, String> {
    let equivalent = match text {
        "@yearly" | "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" | "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        _ => {
            let Some(duration) = text.strip_prefix("@every ") else {
                return Err(format!("unrecognized descriptor: {text}"));
            };
            let nanos =
                parse_duration(duration).map_err(|cause| format!("failed to parse duration {text}: {cause}"))?;
            return Ok(Timing::Every { seconds: (nanos / NANOS_PER_SECOND).max(1) });
        }
    };
    five_fields(equivalent).map(Timing::Fields)
}

/// Reads five fields separated by blanks. The first field with a fault decides the error.
fn five_fields(text: &str) -> Result<Fields, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [minute, hour, day_of_month, month, day_of_week] = words[..] else {
        return Err(format!("expected exactly 5 fields, found {}: [{}]", words.len(), words.join(" ")));
    };
    Ok(Fields {
        minute: field(minute, &MINUTE)?,
        hour: field(hour, &HOUR)?,
        day_of_month: field(day_of_month, &DAY_OF_MONTH)?,
        month: field(month, &MONTH)?,
        day_of_week: field(day_of_week, &DAY_OF_WEEK)?,
    })
}

/// One field: items between commas, empty ones ignored (so a lone comma allows nothing at all).
// vendor/github.com/robfig/cron/v3/parser.go getField
fn field(text: &str, bounds: &Bounds) -> Result<u64, String> {
    let mut bits = 0;
    for item in text.split(',').filter(|item| !item.is_empty()) {
        bits |= range(item, bounds)?;
    }
    Ok(bits)
}

/// One item of a field: a star, a value or a range, each optionally with a step.
// vendor/github.com/robfig/cron/v3/parser.go getRange
fn range(item: &str, bounds: &Bounds) -> Result<u64, String> {
    let (span, steps) = match item.split_once('/') {
        Some((span, steps)) => (span, Some(steps)),
        None => (item, None),
    };
    let ends: Vec<&str> = span.split('-').collect();
    let mut star = 0;
    let (first, mut last) = match ends[..] {
        // Whatever follows a star and a hyphen is never looked at: `*-5` is `*`.
        ["*" | "?", ..] => {
            star = STAR;
            (bounds.min, bounds.max)
        }
        [one] => {
            let value = value(one, bounds)?;
            (value, value)
        }
        [low, high] => (value(low, bounds)?, value(high, bounds)?),
        [low, ..] => {
            value(low, bounds)?;
            return Err(format!("too many hyphens: {item}"));
        }
        [] => return Err(format!("too many hyphens: {item}")),
    };
    let mut step = 1;
    if let Some(text) = steps {
        if text.contains('/') {
            return Err(format!("too many slashes: {item}"));
        }
        step = number(text)?;
        if ends.len() == 1 {
            last = bounds.max;
        }
        if step > 1 {
            star = 0;
        }
    }
    let (min, max) = (bounds.min, bounds.max);
    if first < min {
        return Err(format!("beginning of range ({first}) below minimum ({min}): {item}"));
    }
    if last > max {
        return Err(format!("end of range ({last}) above maximum ({max}): {item}"));
    }
    if first > last {
        return Err(format!("beginning of range ({first}) beyond end of range ({last}): {item}"));
    }
    if step == 0 {
        return Err(format!("step of range should be a positive number: {item}"));
    }
    let mut bits = star;
    let mut value = first;
    // Bounded: `last` is at most 59, and every round adds at least 1.
    while value <= last {
        bits |= 1 << value;
        value = value.saturating_add(step);
    }
    Ok(bits)
}

/// A number, or one of the field's names in any case.
fn value(text: &str, bounds: &Bounds) -> Result<u64, String> {
    match bounds.names.iter().zip(bounds.min..).find(|(name, _)| name.eq_ignore_ascii_case(text)) {
        Some((_, value)) => Ok(value),
        None => number(text),
    }
}

/// A number of zero or more.
fn number(text: &str) -> Result<u64, String> {
    let value = atoi(text).map_err(|cause| format!("failed to parse int from {text}: {cause}"))?;
    u64::try_from(value).map_err(|_| format!("negative number ({value}) not allowed: {text}"))
}
