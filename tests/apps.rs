//! The DaemonSet, ReplicaSet and Deployment controllers against expectations computed by the real ones.

#[path = "conformance/daemonset.rs"]
mod daemonset;

use serde_json::Value;

#[test]
fn daemon_sets_do_in_one_sync_what_the_real_controller_does() {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance");
    let directory = std::env::var("CONFORMANCE_DIR").unwrap_or_else(|_| default.to_string());
    let text = std::fs::read_to_string(format!("{directory}/daemonset.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(!cases.is_empty(), "there was no case to run");
    let mut failed = Vec::new();
    for case in &cases {
        let name = case["name"].as_str().unwrap_or("");
        let differences = daemonset::run_case(case);
        println!("{} {name}", if differences.is_empty() { "ok" } else { "FAIL" });
        differences.iter().for_each(|difference| println!("     {difference}"));
        if !differences.is_empty() {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "{} of {} cases failed: {failed:?}", failed.len(), cases.len());
}
