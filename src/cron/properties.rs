//! What holds for every schedule, checked on random ones.

use super::*;
use proptest::prelude::*;

/// Texts near the grammar, so that many of them parse.
fn near_schedule() -> impl Strategy<Value = String> {
    let item = "(\\*|\\?|[0-9]{1,2}|[0-9]-[0-9]{1,2}|mon|JAN)(/[0-9]{1,2})?(,[0-9]{1,2})?";
    prop_oneof![
        proptest::collection::vec(item, 5).prop_map(|fields| fields.join(" ")),
        "(@every |TZ=[A-Za-z/]{0,8} ?)?.{0,20}",
    ]
}

proptest! {
    #[test]
    fn no_text_panics_and_every_answer_lies_ahead(text in near_schedule(), at in any::<i64>()) {
        let zone = Zone::load("America/Sao_Paulo").unwrap();
        if let Ok(schedule) = parse_standard(&text) && let Some(run) = schedule.next(at, &zone) {
            prop_assert!(run > at);
            prop_assert_eq!(run % NANOS_PER_SECOND, 0);
        }
    }

    #[test]
    fn dates_survive_the_way_to_days_and_back(days in -800_000i64..800_000) {
        let (year, month, day) = next::civil_from_days(days);
        prop_assert!((1..=12).contains(&month) && (1..=31).contains(&day));
        prop_assert_eq!(next::days_from_civil(year, month, day), days);
    }

    #[test]
    fn in_utc_a_run_matches_its_fields_and_nothing_between_does(
        minute in 0u32..60, hour in 0u32..24, at in 0i64..4_000_000_000,
    ) {
        let schedule = parse_standard(&format!("{minute} {hour} * * *")).unwrap();
        let run = schedule.next(at * NANOS_PER_SECOND, &Zone::utc()).unwrap() / NANOS_PER_SECOND;
        prop_assert_eq!(run.rem_euclid(86_400), i64::from(hour * 3_600 + minute * 60));
        prop_assert!(run > at && run - at <= 86_400);
    }
}
