//! Schedules in words, English and Korean, so that nobody has to decode `*/15 9-17 * * 1-5` in their head.
//!
//! The words are made from the sets of values, not from the text: whatever is written, they say what will happen.

mod en;
mod ko;
mod pitfall;

use super::{Fields, STAR, Schedule, Timing, has};
use crate::i18n::Lang;

/// When a schedule runs, in words.
///
/// ```
/// use orrery::cron::{describe, parse_standard};
/// use orrery::i18n::Lang;
///
/// let schedule = parse_standard("*/15 9-17 * * 1-5").unwrap();
/// assert_eq!(describe(&schedule, Lang::En), "every 15 minutes from 09:00 to 17:45, Monday to Friday");
/// assert_eq!(describe(&schedule, Lang::Ko), "월~금요일 09:00~17:45 15분마다");
/// ```
pub fn describe(schedule: &Schedule, lang: Lang) -> String {
    let words = match (&schedule.timing, lang) {
        (Timing::Every { seconds }, Lang::En) => en::every(*seconds),
        (Timing::Every { seconds }, Lang::Ko) => ko::every(*seconds),
        (Timing::Fields(fields), Lang::En) => en::plan(&Plan::of(fields)),
        (Timing::Fields(fields), Lang::Ko) => ko::plan(&Plan::of(fields)),
    };
    match &schedule.zone {
        Some(zone) => format!("{words} ({})", zone.name()),
        None => words,
    }
}

/// The most times of day that are listed one by one.
const MAX_LISTED_TIMES: usize = 6;

/// The largest step of hours that reads better as a step than as a list.
const MAX_HOUR_STEP: u32 = 4;

/// What a schedule says, sorted for telling: the time of day, and the days. `None` never comes to pass.
pub(super) struct Plan {
    clock: Clock,
    days: Days,
    /// 1 to 12; empty is every month.
    months: Vec<u32>,
}

/// The times of a day.
enum Clock {
    /// No minute and hour are both allowed.
    Never,
    /// These times, hour and minute.
    Times(Vec<(u32, u32)>),
    /// These minutes of these hours.
    Grid(Minutes, Hours),
}

/// The minutes of an hour.
enum Minutes {
    All,
    /// Every so many minutes, beginning at 0 and coming out even.
    Step(u32),
    List(Vec<u32>),
}

/// The hours of a day.
enum Hours {
    All,
    /// Every so many hours from the first, round the clock.
    Step {
        first: u32,
        step: u32,
    },
    /// From the first to the last, both included.
    Span(u32, u32),
    List(Vec<u32>),
}

/// The days, before months are considered.
enum Days {
    Never,
    All,
    /// Days of the week, 0 is Sunday.
    Week(Vec<u32>),
    /// Days of the month.
    Month(Vec<u32>),
    /// Either of the two.
    Either {
        month: Vec<u32>,
        week: Vec<u32>,
    },
}

impl Plan {
    pub(super) fn of(fields: &Fields) -> Plan {
        let months = values(fields.month, 1, 12);
        let days = if months.is_empty() { Days::Never } else { Days::of(fields, &months) };
        let clock = Clock::of(&values(fields.minute, 0, 59), &values(fields.hour, 0, 23));
        Plan { clock, days, months: if months.len() == 12 { Vec::new() } else { months } }
    }

    /// Whether no moment at all matches.
    pub(super) fn is_never(&self) -> bool {
        matches!(self.clock, Clock::Never) || matches!(self.days, Days::Never)
    }
}

impl Clock {
    fn of(minutes: &[u32], hours: &[u32]) -> Clock {
        let count = minutes.len() * hours.len();
        let stepped = hour_step(hours).filter(|_| minutes.len() == 1);
        if count == 0 {
            return Clock::Never;
        }
        if hours.len() < 24 && stepped.is_none() && count <= MAX_LISTED_TIMES {
            return Clock::Times(hours.iter().flat_map(|h| minutes.iter().map(move |m| (*h, *m))).collect());
        }
        let grid_minutes = match (minutes.len(), minutes.get(1)) {
            (60, _) => Minutes::All,
            (len, Some(step)) if minutes[0] == 0 && len as u32 * step == 60 && is_even(minutes, *step) => {
                Minutes::Step(*step)
            }
            _ => Minutes::List(minutes.to_vec()),
        };
        let grid_hours = match (hours, stepped) {
            (hours, _) if hours.len() == 24 => Hours::All,
            (_, Some((first, step))) => Hours::Step { first, step },
            ([first, .., last], _) if is_even(hours, 1) => Hours::Span(*first, *last),
            ([only], _) => Hours::Span(*only, *only),
            _ => Hours::List(hours.to_vec()),
        };
        Clock::Grid(grid_minutes, grid_hours)
    }
}

/// First hour and step of hours that repeat evenly round the clock in small steps.
fn hour_step(hours: &[u32]) -> Option<(u32, u32)> {
    let [first, second, ..] = *hours else {
        return None;
    };
    let step = second - first;
    let round = (2..=MAX_HOUR_STEP).contains(&step) && step * hours.len() as u32 == 24;
    (round && is_even(hours, step)).then_some((first, step))
}

/// Whether each value is that much above the one before.
fn is_even(values: &[u32], step: u32) -> bool {
    values.windows(2).all(|pair| pair[1] - pair[0] == step)
}

impl Days {
    fn of(fields: &Fields, months: &[u32]) -> Days {
        let longest = months.iter().map(|m| month_days(*m)).max().unwrap_or_default();
        let month = values(fields.day_of_month, 1, longest);
        let week = values(fields.day_of_week, 0, 6);
        let every_day = (month.len() as u32 == longest, week.len() == 7);
        if (fields.day_of_month | fields.day_of_week) & STAR != 0 {
            return match every_day {
                _ if month.is_empty() || week.is_empty() => Days::Never,
                (true, true) => Days::All,
                (true, false) => Days::Week(week),
                // A star stands for all values, so at most one of the two is restricted here.
                (false, _) => Days::Month(month),
            };
        }
        match every_day {
            (true, _) | (_, true) => Days::All,
            _ if month.is_empty() && week.is_empty() => Days::Never,
            _ if month.is_empty() => Days::Week(week),
            _ if week.is_empty() => Days::Month(month),
            _ => Days::Either { month, week },
        }
    }
}

/// The most days a month has, in a leap year.
pub(super) fn month_days(month: u32) -> u32 {
    match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The values of a set between two bounds, in order.
pub(super) fn values(bits: u64, min: u32, max: u32) -> Vec<u32> {
    (min..=max).filter(|value| has(bits, *value)).collect()
}

/// Groups consecutive values into runs, first and last; a run of two stays two.
fn runs(values: &[u32]) -> Vec<(u32, u32)> {
    let mut found: Vec<(u32, u32)> = Vec::new();
    for &value in values {
        match found.last_mut() {
            Some((_, last)) if *last + 1 == value => *last = value,
            _ => found.push((value, value)),
        }
    }
    let pairs = |(first, last): (u32, u32)| {
        if last == first + 1 { vec![(first, first), (last, last)] } else { vec![(first, last)] }
    };
    found.into_iter().flat_map(pairs).collect()
}

/// Days of the week for telling: from Monday on, Sunday as 7, so that a weekend is one run.
fn week_runs(week: &[u32]) -> Vec<(u32, u32)> {
    let mut days: Vec<u32> = week.iter().map(|day| if *day == 0 { 7 } else { *day }).collect();
    days.sort_unstable();
    runs(&days)
}

/// A time of day as `09:05`.
pub(super) fn clock(hour: u32, minute: u32) -> String {
    format!("{hour:02}:{minute:02}")
}

/// The first and the last minute of an hour that run: the ends of what a span of hours covers.
fn ends(minutes: &Minutes) -> (u32, u32) {
    match minutes {
        Minutes::All => (0, 59),
        Minutes::Step(step) => (0, 60 - step),
        Minutes::List(list) => (list.first().copied().unwrap_or_default(), list.last().copied().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests;
