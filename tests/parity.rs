//! Replays the recordings of a real control plane and compares what the simulation does, event for event.
//!
//! `PARITY_DIR` names another directory of recordings. What cannot be matched is listed with its reason in
//! `tests/parity/known_differences.toml`; an entry that starts to match fails the run.

mod harness;

use harness::{Report, directory, json_files, known_differences};
use serde_json::Value;
use std::path::Path;

#[test]
fn the_simulation_does_what_the_real_control_plane_did() {
    let known = known_differences("tests/parity/known_differences.toml");
    let mut report = Report::default();
    let only = std::env::var("PARITY_ONLY").unwrap_or_default();
    for path in json_files(&directory("PARITY_DIR", "tests/parity")) {
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        if !name.contains(&only) {
            continue;
        }
        report.case("traces", &name, &differences(&path), &known);
    }
    report.finish();
}

/// What the simulation does otherwise than a recording; a recording that cannot be read or replayed, or that the
/// simulation breaks down on, fails alone.
fn differences(path: &Path) -> Vec<String> {
    let compared = std::panic::catch_unwind(|| {
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        let recorded: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let simulated = harness::replay::replay(&recorded)?;
        keep(path, &simulated);
        Ok::<_, String>(harness::compare::compare(&recorded, &simulated))
    });
    match compared {
        Ok(Ok(differences)) => differences,
        Ok(Err(error)) => vec![error],
        Err(_) => vec!["the simulation panicked".to_string()],
    }
}

/// Writes what the simulation did to `target/parity/`, for whoever looks for a difference.
fn keep(path: &Path, simulated: &Value) {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("parity");
    let file = directory.join(path.file_name().unwrap_or_default());
    let written =
        std::fs::create_dir_all(&directory).and_then(|()| std::fs::write(file, orrery::cli::trace::to_text(simulated)));
    if let Err(error) = written {
        println!("     cannot keep the trace: {error}");
    }
}
