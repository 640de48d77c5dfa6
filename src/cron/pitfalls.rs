//! The classic mistakes with schedules, recognised: each is legal (or nearly) and does not do what it looks like.

use super::next::civil_from_days;
use super::words::{Plan, month_days, values};
use super::{Fields, STAR, Timing, Zone, has, parse_standard};

/// The five fields, for pointing at one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Field {
    Minute,
    Hour,
    DayOfMonth,
    Month,
    DayOfWeek,
}

impl Field {
    /// In the order in which they are written.
    pub const ALL: [Field; 5] = [Field::Minute, Field::Hour, Field::DayOfMonth, Field::Month, Field::DayOfWeek];

    /// The smallest and largest value.
    pub fn bounds(self) -> (u32, u32) {
        match self {
            Field::Minute => (0, 59),
            Field::Hour => (0, 23),
            Field::DayOfMonth => (1, 31),
            Field::Month => (1, 12),
            Field::DayOfWeek => (0, 6),
        }
    }
}

/// One mistake that a schedule seems to make. [`Pitfall::text`] says it to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pitfall {
    /// Day of the month and day of the week are both restricted: Kubernetes runs when *either* matches.
    EitherDay,
    /// As [`Pitfall::EitherDay`], and one of the two covers every day, so the other one restricts nothing.
    EveryDayAfterAll,
    /// A step that does not come out even, so the last distance is shorter: the values, and that distance.
    UnevenStep {
        /// Where it is written.
        field: Field,
        /// The step.
        step: u32,
        /// The values it stands for.
        values: Vec<u32>,
        /// The distance from the last value to the first one of the next round.
        last_gap: u32,
    },
    /// A step beyond the range of its field: only the first value is left.
    StepBeyondRange {
        /// Where it is written.
        field: Field,
        /// The step.
        step: u32,
        /// The value that is left.
        value: u32,
    },
    /// No date and time ever matches, such as 31 February.
    NeverRuns,
    /// Only 29 February: one run in four years.
    LeapDayOnly,
    /// The earliest day asked for is missing in some of the months.
    SkipsShortMonths {
        /// That day of the month, 29 to 31.
        day: u32,
    },
    /// Every minute of single hours, where one run was probably meant.
    EveryMinuteOfHour {
        /// The first of the hours.
        hour: u32,
    },
    /// Sunday written as 7, which is refused here though common elsewhere.
    SundayIsZero,
    /// Six or seven fields: Kubernetes knows neither seconds nor years.
    TooManyFields {
        /// How many there are.
        count: usize,
    },
    /// A full day or month name; only three letters are known.
    LongName {
        /// The name as written.
        name: String,
        /// The three letters to write instead.
        short: String,
    },
    /// A time zone inside the schedule, which the API server refuses.
    ZoneInSchedule,
    /// `@every` counts from the previous run (at first from the creation), not from the full hour.
    EveryIsNotAligned,
    /// `@every` below a minute: the Jobs of a minute share a name, so only one of them is created.
    EveryBelowMinute,
    /// The clock jumps over a scheduled time: no run on that day.
    DstSkips {
        /// The day, `2026-03-29`.
        date: String,
        /// The time that does not exist, `02:30`.
        time: String,
    },
    /// The clock shows a scheduled time twice: two runs on that day.
    DstRepeats {
        /// The day, `2026-10-25`.
        date: String,
        /// The time that comes twice, `02:30`.
        time: String,
    },
}

/// The mistakes that a schedule seems to make, most telling first. Also for a text that is refused, when the reason is
/// one of the usual ones.
///
/// With a `zone` the daylight-saving changes within the year after `from_unix_seconds` are looked at too.
///
/// ```
/// use orrery::cron::{Pitfall, pitfalls};
///
/// assert_eq!(pitfalls("0 0 13 * 5", None, 0), [Pitfall::EitherDay]);
/// assert_eq!(pitfalls("0 9 * * 7", None, 0), [Pitfall::SundayIsZero]);
/// ```
pub fn pitfalls(text: &str, zone: Option<&Zone>, from_unix_seconds: i64) -> Vec<Pitfall> {
    let mut found = Vec::new();
    let mut body = text;
    if text.contains("TZ") {
        found.push(Pitfall::ZoneInSchedule);
        body = text.split_once(' ').map_or("", |(_, rest)| rest);
    }
    let words: Vec<&str> = body.split_whitespace().collect();
    let schedule = match parse_standard(text) {
        Ok(schedule) => schedule,
        Err(_) => {
            refused(&words, &mut found);
            return found;
        }
    };
    match &schedule.timing {
        Timing::Every { seconds } => {
            found.push(if *seconds < 60 { Pitfall::EveryBelowMinute } else { Pitfall::EveryIsNotAligned })
        }
        Timing::Fields(fields) if Plan::of(fields).is_never() => found.push(Pitfall::NeverRuns),
        Timing::Fields(fields) => {
            days(fields, &mut found);
            steps(&words, &mut found);
            let hours = values(fields.hour, 0, 23);
            if let (60, 1..=3) = (values(fields.minute, 0, 59).len(), hours.len()) {
                found.push(Pitfall::EveryMinuteOfHour { hour: hours[0] });
            }
            if let Some(zone) = schedule.zone.as_ref().or(zone) {
                daylight_saving(fields, zone, from_unix_seconds, &mut found);
            }
        }
    }
    found
}

/// Why a text was refused, if it is one of the usual reasons.
fn refused(words: &[&str], found: &mut Vec<Pitfall>) {
    if matches!(words.len(), 6 | 7) && !words[0].starts_with('@') {
        found.push(Pitfall::TooManyFields { count: words.len() });
        return;
    }
    let [_, _, _, month, week] = words[..] else {
        return;
    };
    if week.split([',', '-', '/']).any(|part| part == "7") {
        found.push(Pitfall::SundayIsZero);
    }
    let names = [
        (
            month,
            &[
                "january",
                "february",
                "march",
                "april",
                "june",
                "july",
                "august",
                "september",
                "october",
                "november",
                "december",
            ][..],
        ),
        (week, &["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"][..]),
    ];
    for (field, long) in names {
        let written = field.split([',', '-', '/']).find(|part| long.iter().any(|name| name.eq_ignore_ascii_case(part)));
        if let Some(name) = written {
            found.push(Pitfall::LongName { name: name.to_string(), short: name.chars().take(3).collect() });
        }
    }
}

/// Mistakes with the day fields.
fn days(fields: &Fields, found: &mut Vec<Pitfall>) {
    let month_days_asked = values(fields.day_of_month, 1, 31);
    let week_is_full = values(fields.day_of_week, 0, 6).len() == 7;
    let starless = (fields.day_of_month | fields.day_of_week) & STAR == 0;
    if starless && !month_days_asked.is_empty() && fields.day_of_week != 0 {
        match (month_days_asked.len() == 31, week_is_full) {
            (true, true) => {}
            (false, false) => found.push(Pitfall::EitherDay),
            _ => found.push(Pitfall::EveryDayAfterAll),
        }
        return;
    }
    // From here on the day of the month alone decides.
    let Some(&day) = month_days_asked.first().filter(|day| **day > 28) else {
        return;
    };
    let months = values(fields.month, 1, 12);
    if months == [2] {
        found.push(Pitfall::LeapDayOnly);
    } else if months.iter().any(|month| month_days(*month) < day || (*month == 2 && day == 29)) {
        found.push(Pitfall::SkipsShortMonths { day });
    }
}

/// Steps over a whole field that do not come out even.
fn steps(words: &[&str], found: &mut Vec<Pitfall>) {
    if words.len() != Field::ALL.len() {
        return;
    }
    for (field, word) in Field::ALL.into_iter().zip(words) {
        let (min, max) = field.bounds();
        for item in word.split(',') {
            let Some(("*" | "?", step)) = item.split_once('/') else {
                continue;
            };
            // A step too large for the type is as far beyond the range as any other.
            let step = step.parse::<u32>().unwrap_or(u32::MAX).max(1);
            let size = max - min + 1;
            if step >= size && step > 1 {
                found.push(Pitfall::StepBeyondRange { field, step, value: min });
            } else if !size.is_multiple_of(step) || (field == Field::DayOfMonth && step > 1) {
                let values: Vec<u32> = (min..=max).step_by(step as usize).collect();
                let last_gap = size - (values.len() as u32 - 1) * step;
                found.push(Pitfall::UnevenStep { field, step, values, last_gap });
            }
        }
    }
}

const DAY_SECONDS: i64 = 86_400;

/// How far ahead changes of the clock are looked for, in days.
const DST_SEARCH_DAYS: i64 = 366;

/// A bound on the changes of the clock looked at; even a zone with a pause for Ramadan has four a year.
const MAX_CLOCK_CHANGES: usize = 8;

/// The first scheduled time that a change of the clock skips, and the first that one repeats.
fn daylight_saving(fields: &Fields, zone: &Zone, from: i64, found: &mut Vec<Pitfall>) {
    if values(fields.hour, 0, 23).len() == 24 {
        // Such a schedule just goes on through the change.
        return;
    }
    let (mut skipped, mut repeated) = (None, None);
    let mut at = from;
    for _ in 0..MAX_CLOCK_CHANGES {
        let Some(change) = zone.next_change(at).filter(|change| *change < from + DST_SEARCH_DAYS * DAY_SECONDS) else {
            break;
        };
        let (before, after) = (change + zone.offset_seconds(change - 1), change + zone.offset_seconds(change));
        let hit = first_match(fields, before.min(after), before.max(after));
        let slot = if after > before { &mut skipped } else { &mut repeated };
        *slot = slot.take().or(hit);
        at = change;
    }
    let named = |local: i64| {
        let (year, month, day) = civil_from_days(local.div_euclid(DAY_SECONDS));
        let minute = local.rem_euclid(DAY_SECONDS) / 60;
        (format!("{year:04}-{month:02}-{day:02}"), format!("{:02}:{:02}", minute / 60, minute % 60))
    };
    if let Some((date, time)) = skipped.map(named) {
        found.push(Pitfall::DstSkips { date, time });
    }
    if let Some((date, time)) = repeated.map(named) {
        found.push(Pitfall::DstRepeats { date, time });
    }
}

/// The first scheduled wall-clock time from `start` to before `end` (wall-clock seconds, at most a day apart).
fn first_match(fields: &Fields, start: i64, end: i64) -> Option<i64> {
    let end = end.min(start + DAY_SECONDS);
    let first_minute = start + (-start).rem_euclid(60);
    (first_minute..end).step_by(60).find(|local| {
        let days = local.div_euclid(DAY_SECONDS);
        let (_, month, day) = civil_from_days(days);
        let minute = (local.rem_euclid(DAY_SECONDS) / 60) as u32;
        has(fields.month, month)
            && fields.day_matches(day, (days + 4).rem_euclid(7) as u32)
            && has(fields.hour, minute / 60)
            && has(fields.minute, minute % 60)
    })
}
