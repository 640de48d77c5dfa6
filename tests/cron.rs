//! The schedule table of a real Kubernetes, run as one test until and beside the conformance harness.

#[path = "conformance/cron_schedule.rs"]
mod cron_schedule;

use serde_json::Value;

#[test]
fn every_schedule_of_the_table_is_admitted_parsed_and_timed_as_by_kubernetes() {
    let table: Value = serde_json::from_str(include_str!("conformance/cron_schedule.json")).unwrap();
    let cases = table.as_array().unwrap();
    assert!(!cases.is_empty());
    let mut failed = Vec::new();
    for case in cases {
        for difference in cron_schedule::run_case(case) {
            failed.push(format!("{}: {difference}", case["name"]));
        }
    }
    assert!(failed.is_empty(), "{} differences:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn a_wrong_expectation_is_reported_with_its_field() {
    let case = serde_json::json!({
        "given": {"schedule": "0 0 * * *", "timeZone": null, "from": "2026-01-01T00:00:00Z", "count": 1},
        "expect": {"next": ["2026-01-01T00:00:00Z"], "parses": true},
    });
    let differences = cron_schedule::run_case(&case);
    assert_eq!(differences.len(), 1);
    assert!(differences[0].starts_with("next: "), "{differences:?}");
}
