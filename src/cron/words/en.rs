//! Schedules in English.

use super::{Clock, Days, Hours, Minutes, Plan, clock, ends, runs, week_runs};

const WEEKDAYS: [&str; 8] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A fixed distance between runs.
pub(super) fn every(seconds: i64) -> String {
    let unit = |count: i64, name: &str| match count {
        0 => None,
        1 => Some(format!("1 {name}")),
        _ => Some(format!("{count} {name}s")),
    };
    let parts = [unit(seconds / 3_600, "hour"), unit(seconds / 60 % 60, "minute"), unit(seconds % 60, "second")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let distance = parts.join(" ");
    format!("every {}", distance.strip_prefix("1 ").filter(|_| parts.len() == 1).unwrap_or(&distance))
}

pub(super) fn plan(plan: &Plan) -> String {
    if plan.is_never() {
        return "never: no such day or time exists".to_string();
    }
    let (time, listed) = match &plan.clock {
        Clock::Never => return String::new(),
        Clock::Times(times) => (format!("at {}", list(times.iter().map(|(h, m)| clock(*h, *m)))), true),
        Clock::Grid(minutes, hours) => (grid(minutes, hours), false),
    };
    let days = days(&plan.days, &months(&plan.months), listed);
    format!("{time}{days}")
}

fn grid(minutes: &Minutes, hours: &Hours) -> String {
    let (first, last) = ends(minutes);
    match (minutes, hours) {
        (Minutes::List(list), Hours::All) if list[..] == [0] => "every hour".to_string(),
        (Minutes::List(list), Hours::Step { first: 0, step }) if list[..] == [0] => {
            format!("every {step} hours")
        }
        (_, Hours::Step { first: hour, step }) => {
            format!("every {step} hours from {}", clock(*hour, first))
        }
        (Minutes::List(list), Hours::Span(from, to)) if list.len() == 1 => {
            format!("every hour from {} to {}", clock(*from, first), clock(*to, last))
        }
        (Minutes::All | Minutes::Step(_), Hours::Span(from, to)) => {
            format!("{} from {} to {}", minute_words(minutes), clock(*from, first), clock(*to, last))
        }
        (Minutes::All | Minutes::Step(_), Hours::All) => minute_words(minutes),
        (Minutes::List(_), Hours::All) => format!("{} of every hour", minute_words(minutes)),
        (_, Hours::Span(from, to)) => format!("{} of {}", minute_words(minutes), hour_words(&[(*from, *to)])),
        (_, Hours::List(list)) => {
            format!("{} of {}", minute_words(minutes), hour_words(&runs(list)))
        }
    }
}

fn minute_words(minutes: &Minutes) -> String {
    match minutes {
        Minutes::All => "every minute".to_string(),
        Minutes::Step(step) => format!("every {step} minutes"),
        Minutes::List(values) => {
            let name = if values.len() == 1 { "minute" } else { "minutes" };
            format!("at {name} {}", list(runs(values).into_iter().map(span)))
        }
    }
}

fn hour_words(hours: &[(u32, u32)]) -> String {
    let name = if matches!(hours, [(first, last)] if first == last) { "hour" } else { "hours" };
    format!("{name} {}", list(hours.iter().copied().map(span)))
}

fn span((first, last): (u32, u32)) -> String {
    if first == last { first.to_string() } else { format!("{first} to {last}") }
}

/// The days with a leading blank or comma. `listed`: the time part names times, so "every day" has to be said.
fn days(days: &Days, months: &str, listed: bool) -> String {
    let in_months = if months.is_empty() { String::new() } else { format!(" in {months}") };
    match days {
        Days::Never => String::new(),
        Days::All if listed => format!(" every day{in_months}"),
        Days::All => in_months,
        Days::Week(week) => format!("{}{in_months}", week_words(week)),
        Days::Month(month) => {
            let of = if months.is_empty() { "every month" } else { months };
            format!(" on the {} of {of}", ordinals(month))
        }
        Days::Either { month, week } if months.is_empty() => {
            format!(" on the {} of every month and also{}", ordinals(month), also(week))
        }
        Days::Either { month, week } => format!(" on the {} and also{}, in {months}", ordinals(month), also(week)),
    }
}

fn week_words(week: &[u32]) -> String {
    match week_runs(week)[..] {
        [(day, same)] if day == same => format!(" every {}", weekday(day)),
        [(first, last)] => format!(", {} to {}", weekday(first), weekday(last)),
        ref more => format!(" on {}", list(more.iter().map(|run| week_span(*run)))),
    }
}

fn also(week: &[u32]) -> String {
    format!(" every {}", list(week_runs(week).into_iter().map(week_span)))
}

fn week_span((first, last): (u32, u32)) -> String {
    if first == last { weekday(first).to_string() } else { format!("{} to {}", weekday(first), weekday(last)) }
}

fn weekday(day: u32) -> &'static str {
    WEEKDAYS.get(day as usize).copied().unwrap_or_default()
}

fn month(month: u32) -> &'static str {
    MONTHS.get((month as usize).wrapping_sub(1)).copied().unwrap_or_default()
}

fn months(months: &[u32]) -> String {
    let run = |(first, last): (u32, u32)| {
        if first == last { month(first).to_string() } else { format!("{} to {}", month(first), month(last)) }
    };
    list(runs(months).into_iter().map(run))
}

fn ordinals(days: &[u32]) -> String {
    let run = |(first, last): (u32, u32)| {
        if first == last { ordinal(first) } else { format!("{} to {}", ordinal(first), ordinal(last)) }
    };
    list(runs(days).into_iter().map(run))
}

fn ordinal(day: u32) -> String {
    let ending = match day {
        1 | 21 | 31 => "st",
        2 | 22 => "nd",
        3 | 23 => "rd",
        _ => "th",
    };
    format!("{day}{ending}")
}

/// `a`, `a and b`, `a, b and c`.
fn list(items: impl Iterator<Item = String>) -> String {
    let mut items: Vec<String> = items.collect();
    match items.pop() {
        None => String::new(),
        Some(last) if items.is_empty() => last,
        Some(last) => format!("{} and {last}", items.join(", ")),
    }
}
