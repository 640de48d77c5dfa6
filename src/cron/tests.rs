//! What the shared table of schedules does not say: every error text, Go's oddities, and the corners of daylight saving.

use super::*;

/// The run after `from`, in UTC, or `never`; an error text as it is.
fn next(text: &str, from: &str, zone: &str) -> String {
    runs(text, from, zone, 1).pop().unwrap_or_default()
}

fn runs(text: &str, from: &str, zone: &str, count: usize) -> Vec<String> {
    let schedule = match parse_standard(text) {
        Ok(schedule) => schedule,
        Err(cause) => return vec![cause],
    };
    let zone = Zone::load(zone).unwrap();
    let mut at = from.parse::<jiff::Timestamp>().unwrap().as_nanosecond() as i64;
    let mut found = Vec::new();
    for _ in 0..count {
        match schedule.next(at, &zone) {
            Some(run) => {
                found.push(jiff::Timestamp::from_nanosecond(run.into()).unwrap().to_string());
                at = run;
            }
            None => {
                found.push("never".to_string());
                break;
            }
        }
    }
    found
}

#[test]
fn a_refused_schedule_is_refused_with_the_words_of_the_library() {
    let table = [
        ("", "empty spec string"),
        (" ", "expected exactly 5 fields, found 0: []"),
        ("5 * * * * *", "expected exactly 5 fields, found 6: [5 * * * * *]"),
        ("* * L * *", "failed to parse int from L: strconv.Atoi: parsing \"L\": invalid syntax"),
        ("60 * * * *", "end of range (60) above maximum (59): 60"),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("30-10 * * * *", "beginning of range (30) beyond end of range (10): 30-10"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
        ("x-2-3 * * * *", "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax"),
        ("*/2/3 * * * *", "too many slashes: */2/3"),
        ("x/2/3 * * * *", "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax"),
        ("*/-5 * * * *", "negative number (-5) not allowed: -5"),
        ("-5 * * * *", "failed to parse int from : strconv.Atoi: parsing \"\": invalid syntax"),
        ("*/ * * * *", "failed to parse int from : strconv.Atoi: parsing \"\": invalid syntax"),
        ("/5 * * * *", "failed to parse int from : strconv.Atoi: parsing \"\": invalid syntax"),
        ("+ * * * *", "failed to parse int from +: strconv.Atoi: parsing \"+\": invalid syntax"),
        ("1_0 * * * *", "failed to parse int from 1_0: strconv.Atoi: parsing \"1_0\": invalid syntax"),
        (
            "99999999999999999999 * * * *",
            "failed to parse int from 99999999999999999999: strconv.Atoi: parsing \"99999999999999999999\": value out of range",
        ),
        ("9999999999 * * * *", "end of range (9999999999) above maximum (59): 9999999999"),
        ("매 * * * *", "failed to parse int from 매: strconv.Atoi: parsing \"매\": invalid syntax"),
        ("x y * * *", "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax"),
        ("* * * * sunday", "failed to parse int from sunday: strconv.Atoi: parsing \"sunday\": invalid syntax"),
        ("* jan * * *", "failed to parse int from jan: strconv.Atoi: parsing \"jan\": invalid syntax"),
        ("@foo", "unrecognized descriptor: @foo"),
        ("@Daily", "unrecognized descriptor: @Daily"),
        ("@daily ", "unrecognized descriptor: @daily "),
        ("@every", "unrecognized descriptor: @every"),
        ("@every ", "failed to parse duration @every : time: invalid duration \"\""),
        ("@every 5", "failed to parse duration @every 5: time: missing unit in duration \"5\""),
        ("@every 5d", "failed to parse duration @every 5d: time: unknown unit \"d\" in duration \"5d\""),
        ("@every  5m", "failed to parse duration @every  5m: time: invalid duration \" 5m\""),
        ("@every 5m ", "failed to parse duration @every 5m : time: unknown unit \"m \" in duration \"5m \""),
        ("@every 분", "failed to parse duration @every 분: time: invalid duration \"\\xeb\\xb6\\x84\""),
        ("TZ=UTC", "invalid schedule format: runtime error: slice bounds out of range [:-1]"),
        ("CRON_TZ=", "invalid schedule format: runtime error: slice bounds out of range [:-1]"),
        ("TZ=Mars/Base * * * * *", "provided bad location Mars/Base: unknown time zone Mars/Base"),
        ("TZ=../UTC * * * * *", "provided bad location ../UTC: time: invalid location name"),
        ("TZ=UTC", "invalid schedule format: runtime error: slice bounds out of range [:-1]"),
        ("TZ=UTC ", "expected exactly 5 fields, found 0: []"),
    ];
    for (text, error) in table {
        assert_eq!(parse_standard(text), Err(error.to_string()), "{text:?}");
    }
}

#[test]
fn texts_that_look_wrong_but_are_accepted_mean_the_same_as_their_plain_form() {
    let table = [
        ("*/61 * * * *", "0 * * * *"),
        ("1,,2 * * * *", "1,2 * * * *"),
        ("5, * * * *", "5 * * * *"),
        ("? * ? * ?", "* * * * *"),
        ("*-5 * * * *", "* * * * *"),
        ("?-x-y * * * *", "* * * * *"),
        ("5/15 * * * *", "5-59/15 * * * *"),
        ("*/1 * * * *", "* * * * *"),
        ("  0\t3  * * *  ", "0 3 * * *"),
        ("0 3 * jan-MAR sUn", "0 3 * 1-3 0"),
        ("007 +5 * * *", "7 5 * * *"),
        ("0-59 * * * *", "*/1,0 * * * *"),
        ("@hourly", "0 * * * *"),
        ("@daily", "@midnight"),
        ("@weekly", "0 0 * * SUN"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "@annually"),
        ("@every 90s", "@every 1m30s"),
        ("@every 1.999s", "@every 1s"),
        ("@every -5m", "@every 1s"),
        ("@every 0", "@every 10ms"),
        ("TZ=Local 0 3 * * *", "0 3 * * *"),
        ("TZ= 0 3 * * *", "CRON_TZ=UTC 0 3 * * *"),
    ];
    for (odd, plain) in table {
        let (odd_read, plain_read) = (parse_standard(odd).unwrap(), parse_standard(plain).unwrap());
        // A star is remembered beyond the set of values, but matters in the day fields only.
        let values = |schedule: &Schedule| match schedule.timing {
            Timing::Fields(f) => Timing::Fields(Fields { minute: f.minute & !STAR, hour: f.hour & !STAR, ..f }),
            ref every => every.clone(),
        };
        assert_eq!(values(&odd_read), values(&plain_read), "{odd} and {plain}");
        assert_eq!(odd_read.zone, plain_read.zone, "{odd} and {plain}");
    }
}

#[test]
fn the_next_run_is_found_in_every_calendar_corner() {
    let table = [
        ("0 0 29 2 *", "2023-01-01T00:00:00Z", "UTC", "2024-02-29T00:00:00Z"),
        ("0 0 29 2 *", "2096-03-01T00:00:00Z", "UTC", "never"),
        ("0 0 31 2 *", "2026-01-01T00:00:00Z", "UTC", "never"),
        ("0 0 31 4,6,9,11 *", "2026-01-01T00:00:00Z", "UTC", "never"),
        ("* * , * *", "2026-01-01T00:00:00Z", "UTC", "never"),
        ("* * , * 1-5", "2026-01-03T00:00:00Z", "UTC", "2026-01-05T00:00:00Z"),
        ("* * * , *", "2026-01-01T00:00:00Z", "UTC", "never"),
        ("0 0 13 * 5", "2026-01-01T00:00:00Z", "UTC", "2026-01-02T00:00:00Z"),
        ("59 23 31 12 *", "2026-12-31T23:59:00Z", "UTC", "2027-12-31T23:59:00Z"),
        ("* * * * *", "2026-01-01T00:00:59.999999999Z", "UTC", "2026-01-01T00:01:00Z"),
        ("@every 10s", "2026-01-01T00:00:05.9Z", "UTC", "2026-01-01T00:00:15Z"),
        ("@every 1h", "1969-12-31T23:30:00.5Z", "UTC", "1970-01-01T00:30:00Z"),
        ("0 9 * * *", "2026-01-04T23:00:00Z", "Asia/Seoul", "2026-01-05T00:00:00Z"),
        // A zone in the text wins over the one given.
        ("CRON_TZ=Asia/Seoul 0 9 * * *", "2026-01-04T23:00:00Z", "America/New_York", "2026-01-05T00:00:00Z"),
        ("30 5 * * *", "2026-01-01T00:00:00Z", "Asia/Kathmandu", "2026-01-01T23:45:00Z"),
    ];
    for (text, from, zone, expected) in table {
        assert_eq!(next(text, from, zone), expected, "{text} after {from} in {zone}");
    }
}

#[test]
fn a_time_that_spring_skips_is_left_out_and_one_that_autumn_repeats_runs_twice() {
    let berlin = "Europe/Berlin";
    assert_eq!(
        runs("30 2 * * *", "2026-03-28T00:00:00Z", berlin, 3),
        ["2026-03-28T01:30:00Z", "2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z"]
    );
    assert_eq!(
        runs("30 2 * * *", "2026-10-24T12:00:00Z", berlin, 3),
        ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"]
    );
    // The hour before and the hour after the gap are consecutive.
    assert_eq!(
        runs("0 1-3 29 3 *", "2026-03-28T23:30:00Z", berlin, 2),
        ["2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"]
    );
}

#[test]
fn where_midnight_does_not_exist_the_library_is_followed_into_its_oddities() {
    // São Paulo, 4 November 2018: the clock went from 23:59 to 01:00.
    let sao_paulo = "America/Sao_Paulo";
    assert_eq!(
        runs("0 0 * * *", "2018-11-03T12:00:00Z", sao_paulo, 2),
        ["2018-11-05T02:00:00Z", "2018-11-06T02:00:00Z"]
    );
    // Only the 3rd is asked for, but the roll-over to the 4th goes unnoticed.
    assert_eq!(next("30 5 3 11 *", "2018-11-03T12:00:00Z", sao_paulo), "2018-11-04T07:30:00Z");
}

#[test]
fn a_calendar_day_that_a_zone_skipped_ends_neither_the_search_nor_the_program() {
    // Samoa had no 30 December 2011.
    let apia = "Pacific/Apia";
    assert_eq!(next("0 12 31 12 *", "2011-12-29T12:00:00Z", apia), "2011-12-30T22:00:00Z");
    assert_eq!(next("0 12 30 12 *", "2011-12-29T12:00:00Z", apia), "2012-12-29T22:00:00Z");
}

#[test]
fn every_zone_of_the_database_loads_under_its_own_name_only() {
    let mut count = 0;
    for name in Zone::names() {
        let zone = Zone::load(name).unwrap();
        assert_eq!(zone.name(), name);
        assert!(zone.offset_seconds(1_800_000_000).abs() <= 14 * 3_600, "{name}");
        assert_eq!(Zone::load(&name.to_uppercase()).is_some(), name == name.to_uppercase(), "{name}");
        count += 1;
    }
    assert!(count > 400, "{count} zones");
}

#[test]
fn admission_answers_with_the_field_and_the_words_of_the_api_server() {
    let local = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
    let table: &[(&str, Option<&str>, &[&str])] = &[
        ("* * * * *", None, &[]),
        ("* * * * *", Some("Etc/GMT-9"), &[]),
        ("", None, &["spec.schedule: Required value"]),
        ("* * * * *", Some("Local"), &[&format!("spec.timeZone: Invalid value: \"Local\": {local}")]),
        (
            "* * * * *",
            Some("local"),
            &[
                &format!("spec.timeZone: Invalid value: \"local\": {local}"),
                "spec.timeZone: Invalid value: \"local\": unknown time zone local",
            ],
        ),
        ("* * * * *", Some("GMT+9"), &["spec.timeZone: Invalid value: \"GMT+9\": unknown time zone GMT+9"]),
        ("* * * * *", Some("a<b"), &["spec.timeZone: Invalid value: \"a\\u003cb\": unknown time zone a<b"]),
        (
            "* * * *\t",
            None,
            &["spec.schedule: Invalid value: \"* * * *\\t\": expected exactly 5 fields, found 4: [* * * *]"],
        ),
        (
            "bad",
            Some("KST"),
            &[
                "spec.schedule: Invalid value: \"bad\": expected exactly 5 fields, found 1: [bad]",
                "spec.timeZone: Invalid value: \"KST\": unknown time zone KST",
            ],
        ),
    ];
    for (schedule, zone, expected) in table {
        let faults: Vec<String> =
            validate_schedule(schedule, *zone).iter().map(|(field, message)| format!("{field}: {message}")).collect();
        assert_eq!(&faults, expected, "{schedule:?} in {zone:?}");
    }
}

#[test]
fn an_update_may_keep_a_zone_in_the_schedule_but_not_add_the_field_to_it() {
    let old = "TZ=UTC 0 0 * * *";
    assert_eq!(validate_schedule_update("TZ=UTC 0 1 * * *", None, old, None), []);
    let both = validate_schedule_update(old, Some("UTC"), old, None);
    assert_eq!(both.len(), 1);
    assert!(both[0].1.ends_with("cannot use both timeZone field and TZ or CRON_TZ in schedule"), "{both:?}");
    assert_eq!(validate_schedule_update("0 1 * * *", Some("broken"), "0 0 * * *", Some("broken")), []);
    assert_eq!(validate_schedule_update("0 1 * * *", Some("broken"), "0 0 * * *", None).len(), 1);
}
