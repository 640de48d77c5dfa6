//! Comparing how one field went over time.

use serde_json::Value;

/// A value that stands for less than this is passing: the other side may have written both at once. In seconds.
pub const PASSING_SECONDS: f64 = 0.5;
/// Status fields that hold times.
const TIMES: [&str; 5] = ["startTime", "completionTime", "lastScheduleTime", "lastSuccessfulTime", "deletionTimestamp"];

/// A field over time.
pub struct Series {
    /// (since, value) in order.
    pub values: Vec<(f64, Value)>,
    /// When the object's life or the recording ended.
    pub end: f64,
    /// Values that begin later may have come after the end of the other side's recording.
    pub cutoff: f64,
}

impl Series {
    /// (from, until, value) of each value.
    fn spans(&self) -> impl Iterator<Item = (f64, f64, &Value)> {
        self.values.iter().enumerate().map(|(place, (since, value))| {
            let until = self.values.get(place + 1).map_or(self.end, |(until, _)| *until);
            (*since, until.min(self.end), value)
        })
    }
}

fn same(field: &str, a: &Value, b: &Value, tolerance: f64) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) if TIMES.contains(&field) => (a - b).abs() <= tolerance,
        _ => a == b,
    }
}

/// What of one series is not in the other: every value that lasts must be the other's value at all times it lasts, give or
/// take the tolerance. Both ways, so that a change that comes too early or late is found, and one that never comes.
pub fn compare_series(field: &str, recorded: &Series, simulated: &Series, tolerance: f64) -> Vec<String> {
    let mut differences = Vec::new();
    for (label, one, other) in [("recorded", recorded, simulated), ("simulated", simulated, recorded)] {
        for (from, until, value) in one.spans() {
            if until - from < PASSING_SECONDS || from > one.cutoff {
                continue;
            }
            if let Some(missing) = first_gap(field, (from, until, value), other, tolerance) {
                let there = other.spans().filter(|(since, _, _)| *since <= missing).last();
                let there = there.map_or(Value::Null, |(_, _, value)| value.clone());
                differences.push(format!(
                    "{field} {label} as {value} from {from} to {until}, the other has {there} at {missing}"
                ));
            }
        }
    }
    differences
}

/// The first time in a span at which the other series does not have its value anywhere near.
fn first_gap(field: &str, span: (f64, f64, &Value), other: &Series, tolerance: f64) -> Option<f64> {
    let (from, until, value) = span;
    let mut covered = from;
    for (since, end, _) in other.spans().filter(|(_, _, there)| same(field, value, there, tolerance)) {
        // Times are rounded to tenths of a second on both sides.
        if since - tolerance <= covered + 0.05 {
            covered = covered.max(end + tolerance);
        }
    }
    (covered + 0.05 < until).then_some(covered)
}
