//! Names and amounts, cut to what fits without losing what tells them apart.

use crate::time::SimDuration;

/// Cuts a name to at most `room` characters, keeping its end: the end is what is unique in a generated name.
///
/// The cut falls behind a dash where one is near, so that `cron-job-29461864-x7k2p` becomes `…x7k2p`, not `…-x7k2p`.
///
/// ```
/// use orrery::view::names::tail;
/// assert_eq!(tail("cron-job-29461864-x7k2p", 10), "…864-x7k2p");
/// assert_eq!(tail("web", 10), "web");
/// ```
pub fn tail(name: &str, room: usize) -> String {
    let length = name.chars().count();
    if length <= room {
        return name.to_string();
    }
    let kept: String = name.chars().skip(length - room.saturating_sub(1)).collect();
    format!("…{}", kept.trim_start_matches(['-', '.']))
}

/// How a Pod or Job is called beside its owner: the owner's name is left out when it only repeats.
///
/// ```
/// use orrery::view::names::beside;
/// assert_eq!(beside("daemonset-1-r2rwt", "daemonset-1", 12), "…r2rwt");
/// assert_eq!(beside("other", "daemonset-1", 12), "other");
/// ```
pub fn beside(name: &str, owner: &str, room: usize) -> String {
    if name.chars().count() <= room {
        return name.to_string();
    }
    match name.strip_prefix(owner).and_then(|rest| rest.strip_prefix('-')) {
        Some(rest) if !rest.is_empty() && !owner.is_empty() => tail(&format!("…{rest}"), room),
        _ => tail(name, room),
    }
}

/// Processor time as people write it: `2.5`, `250m` below one core.
pub fn cpu(milli: i64) -> String {
    if milli != 0 && milli.abs() < 1_000 && milli % 100 != 0 {
        return format!("{milli}m");
    }
    tenths(milli, 1_000)
}

/// Bytes with a binary unit: `1.9 Gi`, `512 Mi`.
pub fn bytes(bytes: i64) -> String {
    for (unit, name) in [(1_i64 << 40, "Ti"), (1 << 30, "Gi"), (1 << 20, "Mi"), (1 << 10, "Ki")] {
        if bytes.abs() >= unit {
            return format!("{} {name}", tenths(bytes, unit));
        }
    }
    bytes.to_string()
}

/// `amount / unit` with one decimal where it says something.
fn tenths(amount: i64, unit: i64) -> String {
    let tenths = (i128::from(amount) * 10 + i128::from(unit) / 2).div_euclid(i128::from(unit));
    if tenths % 10 == 0 { (tenths / 10).to_string() } else { format!("{}.{}", tenths / 10, (tenths % 10).abs()) }
}

/// A span as kubectl abbreviates it (`1m45s`, `3h`, `2d`): at most two units, the second only while it matters.
///
/// ```
/// use orrery::time::SimDuration;
/// use orrery::view::names::span;
/// assert_eq!(span(SimDuration::from_secs(105)), "1m45s");
/// assert_eq!(span(SimDuration::from_secs(7_200)), "2h");
/// ```
pub fn span(span: SimDuration) -> String {
    let seconds = span.seconds().max(0);
    let two = |big: i64, big_unit: &str, small: i64, small_unit: &str| {
        if small == 0 { format!("{big}{big_unit}") } else { format!("{big}{big_unit}{small}{small_unit}") }
    };
    match seconds {
        0..=59 => format!("{seconds}s"),
        60..=3_599 => two(seconds / 60, "m", seconds % 60, "s"),
        3_600..=86_399 => two(seconds / 3_600, "h", seconds / 60 % 60, "m"),
        _ => two(seconds / 86_400, "d", seconds / 3_600 % 24, "h"),
    }
}

/// The rest of a countdown: `0:47`, `4:13`, `1:02:09`; rounded up, so that it reaches zero when the time has come.
pub fn countdown(rest: SimDuration) -> String {
    let seconds = (rest.nanos().max(0) + 999_999_999) / 1_000_000_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// Compares names as people do: `node-2` before `node-10`.
pub fn natural(a: &str, b: &str) -> std::cmp::Ordering {
    let key = |name: &str| -> Vec<(String, u64)> {
        let mut parts = Vec::new();
        let mut rest = name;
        while !rest.is_empty() {
            let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
            let (word, tail) = rest.split_at(letters);
            let digits = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
            let (number, tail) = tail.split_at(digits);
            parts.push((word.to_string(), number.parse().unwrap_or(u64::MAX)));
            rest = tail;
        }
        parts
    };
    key(a).cmp(&key(b)).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unique_end_of_a_name_is_kept() {
        for (name, room, expected) in [
            ("job-1-9vd4c", 11, "job-1-9vd4c"),
            ("daemonset-1-r2rwt", 11, "…et-1-r2rwt"),
            ("a-bcdefgh", 8, "…bcdefgh"),
            ("가나다라마", 3, "…라마"),
        ] {
            assert_eq!(tail(name, room), expected);
        }
    }

    #[test]
    fn amounts_read_as_in_a_manifest() {
        for (milli, expected) in [(2_500, "2.5"), (250, "250m"), (500, "0.5"), (4_000, "4"), (0, "0"), (1_234, "1.2")] {
            assert_eq!(cpu(milli), expected);
        }
        for (amount, expected) in [(8 << 30, "8 Gi"), (2_040_109_466, "1.9 Gi"), (128 << 20, "128 Mi"), (0, "0")] {
            assert_eq!(bytes(amount), expected);
        }
    }

    #[test]
    fn spans_and_countdowns_show_what_matters() {
        for (seconds, expected) in [(5, "5s"), (60, "1m"), (105, "1m45s"), (3_660, "1h1m"), (90_000, "1d1h")] {
            assert_eq!(span(SimDuration::from_secs(seconds)), expected);
        }
        for (millis, expected) in [(46_500, "0:47"), (253_000, "4:13"), (0, "0:00"), (3_729_000, "1:02:09")] {
            assert_eq!(countdown(SimDuration::from_millis(millis)), expected);
        }
    }

    #[test]
    fn numbers_in_names_count_as_numbers() {
        let mut names = ["node-10", "node-2", "node-1", "edge"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["edge", "node-1", "node-2", "node-10"]);
    }
}
