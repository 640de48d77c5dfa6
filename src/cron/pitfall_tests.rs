//! Which schedules have which pitfalls, and that nothing is said about innocent ones.

use super::*;
use crate::i18n::Lang;
use Pitfall::*;

/// 2026-01-05T09:00:00Z, where scenarios start.
const START: i64 = 1_767_603_600;

fn found(text: &str, zone: &str) -> Vec<Pitfall> {
    pitfalls(text, Zone::load(zone).as_ref(), START)
}

fn uneven(field: Field, step: u32, values: &[u32], last_gap: u32) -> Pitfall {
    UnevenStep { field, step, values: values.to_vec(), last_gap }
}

#[test]
fn innocent_schedules_have_no_pitfall() {
    for text in [
        "* * * * *",
        "*/5 * * * *",
        "0 3 * * *",
        "0 0 1 * *",
        "0 0 1,31 * *",
        "0 9 * * 1-5",
        "@daily",
        "@weekly",
        "*/1 * * * *",
        "0 */6 * * *",
        "0 0 * */3 *",
        "0 0 31 1,3 *",
        "* 9-17 * * *",
        "bad",
        "",
        "@reboot",
        "@every soon",
        "60 * * * *",
    ] {
        assert_eq!(found(text, "UTC"), [], "{text}");
    }
}

#[test]
fn every_pitfall_is_recognised() {
    let table = [
        ("0 0 13 * 5", vec![EitherDay]),
        ("0 0 1-31 * Mon", vec![EveryDayAfterAll]),
        ("*/45 * * * *", vec![uneven(Field::Minute, 45, &[0, 45], 15)]),
        ("*/7 * * * *", vec![uneven(Field::Minute, 7, &[0, 7, 14, 21, 28, 35, 42, 49, 56], 4)]),
        ("0 */5 * * *", vec![uneven(Field::Hour, 5, &[0, 5, 10, 15, 20], 4)]),
        ("0 0 * */5 *", vec![uneven(Field::Month, 5, &[1, 6, 11], 2)]),
        ("0 0 */10 * *", vec![uneven(Field::DayOfMonth, 10, &[1, 11, 21, 31], 1)]),
        ("*/61 * * * *", vec![StepBeyondRange { field: Field::Minute, step: 61, value: 0 }]),
        ("0 */24 * * *", vec![StepBeyondRange { field: Field::Hour, step: 24, value: 0 }]),
        ("0 0 31 2 *", vec![NeverRuns]),
        (", * * * *", vec![NeverRuns]),
        ("0 0 29 2 *", vec![LeapDayOnly]),
        ("0 0 31 * *", vec![SkipsShortMonths { day: 31 }]),
        ("0 0 29 * *", vec![SkipsShortMonths { day: 29 }]),
        ("* 3 * * *", vec![EveryMinuteOfHour { hour: 3 }]),
        ("0 9 * * 7", vec![SundayIsZero]),
        ("0 9 * * 1-7", vec![SundayIsZero]),
        ("0 0 9 * * *", vec![TooManyFields { count: 6 }]),
        ("0 9 * * Monday", vec![LongName { name: "Monday".into(), short: "Mon".into() }]),
        ("0 9 1 march *", vec![LongName { name: "march".into(), short: "mar".into() }]),
        ("TZ=UTC 0 9 * * *", vec![ZoneInSchedule]),
        ("CRON_TZ=UTC 0 9 13 * 5", vec![ZoneInSchedule, EitherDay]),
        ("TZ=", vec![ZoneInSchedule]),
        ("@every 1h", vec![EveryIsNotAligned]),
        ("@every 10s", vec![EveryBelowMinute]),
    ];
    for (text, expected) in table {
        assert_eq!(found(text, "UTC"), expected, "{text}");
    }
}

#[test]
fn a_change_of_the_clock_is_a_pitfall_for_the_hours_it_touches_only() {
    let skips = |date: &str, time: &str| DstSkips { date: date.into(), time: time.into() };
    let repeats = |date: &str, time: &str| DstRepeats { date: date.into(), time: time.into() };
    let table = [
        ("30 2 * * *", "Europe/Berlin", vec![skips("2026-03-29", "02:30"), repeats("2026-10-25", "02:30")]),
        ("30 1 * * *", "America/New_York", vec![repeats("2026-11-01", "01:30")]),
        ("0 3 * * *", "Europe/Berlin", vec![]),
        ("30 2 * * 1", "Europe/Berlin", vec![]),
        ("0 * * * *", "Europe/Berlin", vec![]),
        ("15 2 * * *", "Australia/Lord_Howe", vec![skips("2026-10-04", "02:15")]),
        ("30 2 * * *", "Asia/Seoul", vec![]),
        ("30 2 * * *", "UTC", vec![]),
    ];
    for (text, zone, expected) in table {
        assert_eq!(found(text, zone), expected, "{text} in {zone}");
    }
}

#[test]
fn what_is_said_about_a_change_of_the_clock_is_what_the_schedule_does() {
    let zone = Zone::load("Europe/Berlin").unwrap();
    let schedule = parse_standard("30 2 * * *").unwrap();
    let mut at = START * NANOS_PER_SECOND;
    let mut dates = std::collections::BTreeMap::<String, u32>::new();
    for _ in 0..330 {
        at = schedule.next(at, &zone).unwrap();
        *dates.entry(zone.rfc3339(at / NANOS_PER_SECOND)[..10].to_string()).or_default() += 1;
    }
    assert_eq!(dates.get("2026-03-29"), None);
    assert_eq!(dates.get("2026-10-25"), Some(&2));
    assert_eq!(dates.values().filter(|runs| **runs != 1).count(), 1);
}

#[test]
fn each_pitfall_is_told_in_both_languages() {
    let told = |text: &str, lang| found(text, "Europe/Berlin")[0].text(lang);
    assert_eq!(
        told("*/45 * * * *", Lang::En),
        "*/45 starts again at 0 every time: minutes 0, 45, and the last distance is only 15."
    );
    assert_eq!(
        told("*/7 * * * *", Lang::Ko),
        "*/7은(는) 매번 0부터 다시 시작합니다: 0, 7, 14, …, 56분. 마지막 간격은 4뿐입니다."
    );
    assert_eq!(told("30 2 * * *", Lang::Ko), "2026-03-29에는 시계가 02:30을 건너뛰므로 그 실행은 없습니다.");
    assert_eq!(
        told("0 0 9 * * *", Lang::En),
        "There are 6 fields; Kubernetes has exactly five: no seconds and no year."
    );
}
