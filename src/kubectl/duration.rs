//! Ages and durations as kubectl prints them.

use crate::time::SimDuration;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// Parts are cut, not rounded; up to three hours a smaller unit is named as well.
/// Upstream: k8s.io/apimachinery/pkg/util/duration/duration.go HumanDuration.
///
/// ```
/// use orrery::kubectl::duration::human_duration;
/// use orrery::time::SimDuration;
/// assert_eq!(human_duration(SimDuration::from_secs(190)), "3m10s");
/// assert_eq!(human_duration(SimDuration::from_secs(119)), "119s");
/// ```
pub fn human_duration(span: SimDuration) -> String {
    let seconds = span.seconds();
    if seconds < -1 {
        return "<invalid>".to_string();
    }
    if seconds < 0 {
        return "0s".to_string();
    }
    let two = |big: i64, big_name: &str, small: i64, small_name: &str| match small {
        0 => format!("{big}{big_name}"),
        _ => format!("{big}{big_name}{small}{small_name}"),
    };
    let (minutes, hours, days, years) = (seconds / MINUTE, seconds / HOUR, seconds / DAY, seconds / YEAR);
    match seconds {
        0..120 => format!("{seconds}s"),
        120..600 => two(minutes, "m", seconds % MINUTE, "s"),
        600..10_800 => format!("{minutes}m"),
        10_800..28_800 => two(hours, "h", minutes % 60, "m"),
        28_800..172_800 => format!("{hours}h"),
        172_800..691_200 => two(days, "d", hours % 24, "h"),
        691_200..63_072_000 => format!("{days}d"),
        63_072_000..252_288_000 => two(years, "y", days % 365, "d"),
        _ => format!("{years}y"),
    }
}

/// One unit only. Upstream: k8s.io/apimachinery/pkg/util/duration/duration.go ShortHumanDuration.
pub fn short_human_duration(span: SimDuration) -> String {
    let seconds = span.seconds();
    match seconds {
        ..-1 => "<invalid>".to_string(),
        -1 => "0s".to_string(),
        0..MINUTE => format!("{seconds}s"),
        MINUTE..HOUR => format!("{}m", seconds / MINUTE),
        HOUR..DAY => format!("{}h", seconds / HOUR),
        DAY..YEAR => format!("{}d", seconds / DAY),
        _ => format!("{}y", seconds / YEAR),
    }
}
