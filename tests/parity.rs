//! Replays the recordings of a real control plane and compares what the simulation does, event for event.
//!
//! `PARITY_DIR` names another directory of recordings. What cannot be matched is listed with its reason in
//! `tests/parity/known_differences.toml`; an entry that starts to match fails the run.

mod harness;

use harness::{Report, directory, json_files, known_differences};
use serde_json::Value;

#[test]
#[ignore = "the actors are being built"]
fn the_simulation_does_what_the_real_control_plane_did() {
    let known = known_differences("tests/parity/known_differences.toml");
    let mut report = Report::default();
    let only = std::env::var("PARITY_ONLY").unwrap_or_default();
    for path in json_files(&directory("PARITY_DIR", "tests/parity")) {
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        if !name.contains(&only) {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a recording can be read");
        let recorded: Value = serde_json::from_str(&text).expect("a recording is JSON");
        let simulated = harness::replay::replay(&recorded);
        report.case("traces", &name, &harness::compare::compare(&recorded, &simulated), &known);
    }
    report.finish();
}
