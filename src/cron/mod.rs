//! Cron schedules exactly as Kubernetes reads them.
//!
//! `CronJob.spec.schedule` is parsed by robfig/cron v3's `ParseStandard`, which differs from every other cron: five
//! fields and no seconds, Sunday is 0 and never 7, the two day fields are ORed when both are restricted, and its
//! behaviour at daylight-saving changes is its own. So this module reads the text and walks the calendar itself.
//!
//! Layer: beside `time` and `dice`; it imports nothing else of the crate. Instants are plain Unix nanoseconds (`i64`).

mod admission;
mod go;
mod next;
mod parse;
mod pitfalls;
mod words;
mod zone;

pub use admission::{known_time_zone, time_zone_problems, validate_schedule, validate_schedule_update};
pub use go::{parse_duration, quote};
pub use parse::parse_standard;
pub use pitfalls::{Field, Pitfall, pitfalls};
pub use words::describe;
pub use zone::Zone;

/// Nanoseconds in a second: the unit change between the API of this module and the calendar inside it.
pub(crate) const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// A parsed schedule, ready to answer when it runs next.
///
/// ```
/// use orrery::cron::{Zone, parse_standard};
///
/// let schedule = parse_standard("*/15 * * * *").unwrap();
/// let nanos = |seconds: i64| seconds * 1_000_000_000;
/// // Strictly after: at the slot itself the answer is the following one.
/// assert_eq!(schedule.next(nanos(0), &Zone::utc()), Some(nanos(900)));
/// assert_eq!(schedule.next(nanos(900), &Zone::utc()), Some(nanos(1800)));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// When it runs.
    pub timing: Timing,
    /// The zone of a `TZ=` or `CRON_TZ=` prefix. It wins over the zone given to [`Schedule::next`].
    pub zone: Option<Zone>,
}

/// The two kinds of schedule that the language has.
#[derive(Clone, Debug, PartialEq)]
pub enum Timing {
    /// Five fields, or one of the descriptors such as `@daily` that stand for five fields.
    Fields(Fields),
    /// `@every`: a fixed distance in whole seconds (at least 1) from the previous run.
    Every {
        /// The distance in seconds.
        seconds: i64,
    },
}

/// The set of values that each of the five fields allows, one bit a value.
///
/// Bit [`STAR`] marks a field that was written with `*` or `?` and no step above 1; it decides how the two day fields
/// combine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fields {
    /// Minutes 0 to 59.
    pub minute: u64,
    /// Hours 0 to 23.
    pub hour: u64,
    /// Days of the month 1 to 31.
    pub day_of_month: u64,
    /// Months 1 to 12.
    pub month: u64,
    /// Days of the week, 0 (Sunday) to 6 (Saturday).
    pub day_of_week: u64,
}

/// The bit of a [`Fields`] value that says "written with a star".
pub const STAR: u64 = 1 << 63;

impl Fields {
    /// Whether the day given by its day of the month (1 to 31) and of the week (0 = Sunday) is one of the schedule's.
    ///
    /// With a star in either day field both must agree (so the restricted one decides); without any star one is enough.
    // vendor/github.com/robfig/cron/v3/spec.go dayMatches
    pub fn day_matches(&self, day_of_month: u32, weekday: u32) -> bool {
        let month_day = has(self.day_of_month, day_of_month);
        let week_day = has(self.day_of_week, weekday);
        if (self.day_of_month | self.day_of_week) & STAR != 0 { month_day && week_day } else { month_day || week_day }
    }
}

/// Whether `value` is in the set `bits`. Values outside 0 to 62 never are.
pub(crate) fn has(bits: u64, value: u32) -> bool {
    value < 63 && bits & (1 << value) != 0
}

#[cfg(test)]
mod pitfall_tests;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
