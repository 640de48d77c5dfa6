//! The scheduler against the expectations that the real scheduler's code computed.

#[path = "conformance/scheduler.rs"]
mod scheduler;

#[test]
fn the_scheduler_decides_as_upstreams_code_does() {
    let directory = std::env::var("CONFORMANCE_DIR").unwrap_or_else(|_| "tests/conformance".into());
    let text = std::fs::read_to_string(format!("{directory}/scheduler.json")).expect("the table is there");
    let cases: Vec<serde_json::Value> = serde_json::from_str(&text).expect("the table is JSON");
    assert!(!cases.is_empty());
    let mut failed = 0;
    for case in &cases {
        let differences = scheduler::run_case(case);
        println!(
            "{} scheduler/{}",
            if differences.is_empty() { "ok" } else { "FAIL" },
            case["name"].as_str().unwrap_or("")
        );
        differences.iter().for_each(|difference| println!("     {difference}"));
        failed += usize::from(!differences.is_empty());
    }
    assert_eq!(failed, 0, "of {} cases", cases.len());
}
