//! The tables that upstream's own Job and CronJob controllers computed, run as one test until and beside the conformance
//! harness.

#[path = "conformance/cronjob.rs"]
mod cronjob;
#[path = "conformance/job.rs"]
mod job;

use serde_json::Value;

/// A case whose clock stands in the year 1, which simulated time (1678 to 2262) does not reach.
const YEAR_ONE: &str = "set lastsuccessfultime if successfulJobHistoryLimit is ten";

/// Runs every case of a table; a case that gives one of `gaps` may differ.
fn run_table(text: &str, gaps: &[&str], run_case: fn(&Value) -> Vec<String>) {
    let table: Value = serde_json::from_str(text).unwrap();
    let cases = table.as_array().unwrap();
    assert!(!cases.is_empty());
    let (mut failed, mut passed) = (Vec::new(), 0);
    for case in cases {
        let differences = run_case(case);
        let known = case["name"] == YEAR_ONE || gaps.iter().any(|gap| !case["given"][gap].is_null());
        match differences.is_empty() {
            true => passed += 1,
            false if known => println!("known {}: {differences:?}", case["name"]),
            false => failed.push(format!("FAIL {}\n     {}", case["name"], differences.join("\n     "))),
        }
    }
    println!("{passed} of {} cases pass", cases.len());
    assert!(failed.is_empty(), "{} cases differ:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn jobs_are_synced_as_by_kubernetes() {
    run_table(include_str!("conformance/job.json"), &job::KNOWN_GAPS, job::run_case);
}

#[test]
fn cron_jobs_are_synced_as_by_kubernetes() {
    run_table(include_str!("conformance/cronjob.json"), &cronjob::KNOWN_GAPS, cronjob::run_case);
}
