//! Schedules in Korean: days first, then the time.

use super::{Clock, Days, Hours, Minutes, Plan, clock, ends, runs, week_runs};

const WEEKDAYS: [&str; 8] = ["일", "월", "화", "수", "목", "금", "토", "일"];

/// A fixed distance between runs.
pub(super) fn every(seconds: i64) -> String {
    let unit = |count: i64, name: &str| (count > 0).then(|| format!("{count}{name}"));
    let parts = [unit(seconds / 3_600, "시간"), unit(seconds / 60 % 60, "분"), unit(seconds % 60, "초")];
    format!("{}마다", parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

pub(super) fn plan(plan: &Plan) -> String {
    if plan.is_never() {
        return "실행되지 않음: 그런 날짜나 시각이 없습니다".to_string();
    }
    let (time, listed) = match &plan.clock {
        Clock::Never => return String::new(),
        Clock::Times(times) => (join(times.iter().map(|(h, m)| clock(*h, *m))), true),
        Clock::Grid(minutes, hours) => (grid(minutes, hours), false),
    };
    let days = days(&plan.days, &months(&plan.months), listed);
    if days.is_empty() { time } else { format!("{days} {time}") }
}

fn grid(minutes: &Minutes, hours: &Hours) -> String {
    let (first, last) = ends(minutes);
    match (minutes, hours) {
        (Minutes::List(list), Hours::Step { first: 0, step }) if list[..] == [0] => {
            format!("{step}시간마다")
        }
        (_, Hours::Step { first: hour, step }) => {
            format!("{}부터 {step}시간마다", clock(*hour, first))
        }
        (Minutes::List(list), Hours::Span(from, to)) if list.len() == 1 => {
            format!("{}~{} 1시간마다", clock(*from, first), clock(*to, last))
        }
        (Minutes::All | Minutes::Step(_), Hours::Span(from, to)) => {
            format!("{}~{} {}", clock(*from, first), clock(*to, last), minute_words(minutes))
        }
        (Minutes::All | Minutes::Step(_), Hours::All) => minute_words(minutes),
        (Minutes::List(_), Hours::All) => format!("매시 {}", minute_words(minutes)),
        (_, Hours::Span(from, to)) => {
            format!("{} {}", hour_words(&[(*from, *to)]), minute_words(minutes))
        }
        (_, Hours::List(list)) => format!("{} {}", hour_words(&runs(list)), minute_words(minutes)),
    }
}

fn minute_words(minutes: &Minutes) -> String {
    match minutes {
        Minutes::All => "매분".to_string(),
        Minutes::Step(step) => format!("{step}분마다"),
        Minutes::List(values) if values[..] == [0] => "정각".to_string(),
        Minutes::List(values) => join(runs(values).into_iter().map(|run| span(run, "분"))),
    }
}

fn hour_words(hours: &[(u32, u32)]) -> String {
    join(hours.iter().map(|run| span(*run, "시")))
}

fn span((first, last): (u32, u32), unit: &str) -> String {
    if first == last { format!("{first}{unit}") } else { format!("{first}~{last}{unit}") }
}

/// The days. `listed`: the time part names times, so "every day" has to be said.
fn days(days: &Days, months: &str, listed: bool) -> String {
    let month_of = if months.is_empty() { "매월" } else { months };
    match days {
        Days::Never => String::new(),
        Days::All if !listed => months.to_string(),
        Days::All => lead(months, "매일"),
        Days::Week(week) => lead(months, &week_words(week)),
        Days::Month(month) => format!("{month_of} {}", month_days(month)),
        Days::Either { month, week } => {
            format!("{month_of} {} 그리고 {}", month_days(month), lead(months, &week_words(week)))
        }
    }
}

fn lead(months: &str, days: &str) -> String {
    if months.is_empty() { days.to_string() } else { format!("{months} {days}") }
}

fn month_days(days: &[u32]) -> String {
    join(runs(days).into_iter().map(|run| span(run, "일")))
}

fn week_words(week: &[u32]) -> String {
    let name = |day: u32| WEEKDAYS.get(day as usize).copied().unwrap_or_default();
    match week_runs(week)[..] {
        [(day, same)] if day == same => format!("매주 {}요일", name(day)),
        ref more => {
            let run = |(first, last): &(u32, u32)| {
                if first == last { name(*first).to_string() } else { format!("{}~{}", name(*first), name(*last)) }
            };
            format!("{}요일", more.iter().map(run).collect::<Vec<_>>().join("·"))
        }
    }
}

fn months(months: &[u32]) -> String {
    join(runs(months).into_iter().map(|run| span(run, "월")))
}

fn join(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}
