//! Replays the recordings of a real control plane and compares what the simulation does, event for event.
//!
//! `PARITY_DIR` names another directory of recordings. What cannot be matched is listed with its reason in
//! `tests/parity/known_differences.toml`; an entry that starts to match fails the run.

mod harness;

use harness::mutate::{Mutation, mutations};
use harness::{Report, directory, json_files, known_differences, runs_own};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// How many occurrences of a thing are changed until one of them is noticed: some changes make no difference, like another
/// number for a port that was drawn.
const MOST_TRIES: u32 = 40;

/// Of taint evictions only the growth of the count is compared, and in these recordings none has grown: the recorder counted
/// Pods of the same name from before.
const NOT_COMPARED: [&str; 1] = ["Event of taint-eviction-controller: count"];

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
    report.finish(runs_own("PARITY_DIR"));
}

/// A harness that cannot fail proves nothing: every kind of thing that recordings say, once changed, must be noticed.
#[test]
fn a_changed_recording_is_noticed_in_every_field() {
    let (mut tried, mut noticed) = (BTreeMap::new(), BTreeSet::new());
    for path in json_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity")) {
        let Ok((recorded, simulated)) = played(&path) else { continue };
        if !harness::compare::compare(&recorded, &simulated).is_empty() {
            continue;
        }
        let caught = RefCell::new(&mut noticed);
        let mut wanted = |what: &str| {
            let tries: &mut u32 = tried.entry(what.to_string()).or_default();
            *tries += 1;
            !caught.borrow().contains(what) && *tries <= MOST_TRIES
        };
        let mut found = |mutation: Mutation| {
            if !harness::compare::compare(&mutation.recording, &simulated).is_empty() {
                caught.borrow_mut().insert(mutation.what);
            }
        };
        mutations(&recorded, &mut wanted, &mut found);
    }
    assert!(noticed.len() > 50, "only {} kinds of things were changed: {noticed:?}", noticed.len());
    let missed = tried.keys().filter(|what| !noticed.contains(*what) && !NOT_COMPARED.contains(&what.as_str()));
    let missed: Vec<&String> = missed.collect();
    println!("{} kinds of changes were noticed", noticed.len());
    assert!(missed.is_empty(), "changes that go unnoticed: {missed:?}");
}

/// The guide tells the simulation which of equals a recording took; it cannot make it take what is not equal.
#[test]
fn a_recording_that_breaks_the_rules_is_not_followed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity/03-replicaset-spread.json");
    let text = std::fs::read_to_string(path).expect("the recording is there");
    let recorded: Value = serde_json::from_str(&text).expect("the recording is JSON");
    let differs = |recorded: &Value| {
        let simulated = harness::replay::replay(recorded).expect("the recording can be replayed");
        !harness::compare::compare(recorded, &simulated).is_empty()
    };
    assert!(!differs(&recorded), "the recording as it is");
    for lie in [on_a_worse_node(&recorded), spared_for_an_older_one(&recorded)] {
        assert!(differs(&lie));
    }
}

/// A recording in which one Pod went to the smallest node although a larger one had more room.
fn on_a_worse_node(recorded: &Value) -> Value {
    let mut lie = recorded.clone();
    let watch = lie["watch"].as_array_mut().expect("a watch");
    let on_big = |entry: &Value| {
        entry["status"]["nodeName"] == "big" && entry["name"].as_str().unwrap_or("").starts_with("web-")
    };
    let name = watch.iter().find(|entry| on_big(entry)).expect("a Pod on the big node")["name"].clone();
    for entry in watch.iter_mut().filter(|entry| entry["name"] == name && entry["status"]["nodeName"] == "big") {
        entry["status"]["nodeName"] = "small".into();
    }
    for event in lie["events"].as_array_mut().expect("events").iter_mut().filter(|event| event["name"] == name) {
        let message = event["message"].as_str().unwrap_or("").replace(" to big", " to small");
        event["message"] = message.into();
    }
    lie
}

/// A recording in which, of Pods that were too many, one that had been ready for long went and a new one stayed.
fn spared_for_an_older_one(recorded: &Value) -> Value {
    const SCALED_DOWN_AT: f64 = 54.0;
    let mut lie = recorded.clone();
    let time = |entry: &Value| entry["t"].as_f64().unwrap_or(0.0);
    let watch = recorded["watch"].as_array().expect("a watch");
    let born = |name: &Value, from: f64, to: f64| {
        watch.iter().any(|e| e["type"] == "ADDED" && e["name"] == *name && (from..to).contains(&time(e)))
    };
    let goes = |name: &Value| {
        let leaves = |e: &&Value| e["name"] == *name && e["status"].get("deletionTimestamp").is_some();
        watch.iter().find(leaves).is_some_and(|e| (time(e) - SCALED_DOWN_AT).abs() < 1.0)
    };
    let webs = || watch.iter().map(|e| &e["name"]).filter(|name| name.as_str().unwrap_or("").starts_with("web-"));
    let young = webs().find(|name| born(name, 20.0, 53.0) && goes(name)).expect("a young Pod that goes");
    let old = webs().find(|name| born(name, 0.0, 20.0) && !goes(name)).expect("an old Pod that stays");
    for list in ["watch", "events"] {
        for entry in lie[list].as_array_mut().into_iter().flatten().filter(|e| time(e) >= SCALED_DOWN_AT - 0.1) {
            let name = entry["name"].clone();
            match () {
                () if name == *young => entry["name"] = old.clone(),
                () if name == *old => entry["name"] = young.clone(),
                () => {}
            }
        }
    }
    lie
}

#[test]
fn a_recording_that_cannot_be_replayed_fails_alone_and_says_why() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("odd-recording.json");
    let story =
        |actions: Value| serde_json::json!({"t0": "2026-01-05T09:00:00Z", "duration": 10.0, "actions": actions});
    let action = |action: Value| story(serde_json::json!([action]));
    for (text, wanted) in [
        ("{".to_string(), "EOF"),
        ("{}".to_string(), "t0"),
        (action(serde_json::json!({"t": 1.0, "action": "dance"})).to_string(), "unknown action \"dance\""),
        (action(serde_json::json!({"t": 1.0, "action": "kubectl dance"})).to_string(), "kubectl dance"),
        (action(serde_json::json!({"t": 1.0, "action": "delete", "object": "Teapot/x"})).to_string(), "unknown kind"),
        (action(serde_json::json!({"t": 1.0, "action": "delete", "object": "Pod/x-~3"})).to_string(), "nothing in the simulation"),
        (action(serde_json::json!({"t": 1.0, "action": "delete", "object": "Pod/x"})).to_string(), "not found"),
        (action(serde_json::json!({"t": 1.0, "action": "add-nodes"})).to_string(), "without nodes"),
        (action(serde_json::json!({"t": 1.0, "action": "create", "manifest": {"kind": "Pod"}})).to_string(), "create"),
        (
            action(serde_json::json!({"t": 1.0, "action": "patch", "object": "Pod/x", "patch": {"status": {"phase": "x"}}}))
                .to_string(),
            "do not know how to set this status",
        ),
    ] {
        std::fs::write(&file, &text).expect("a file can be written");
        let found = differences(&file).join("; ");
        assert!(found.contains(wanted), "{text}: {found}");
    }
}

/// What the simulation does otherwise than a recording; a recording that cannot be read or replayed, or that the
/// simulation breaks down on, fails alone.
fn differences(path: &Path) -> Vec<String> {
    let compared = std::panic::catch_unwind(|| {
        let (recorded, simulated) = played(path)?;
        keep(path, &simulated);
        Ok::<_, String>(harness::compare::compare(&recorded, &simulated))
    });
    match compared {
        Ok(Ok(differences)) => differences,
        Ok(Err(error)) => vec![error],
        Err(_) => vec!["the simulation panicked".to_string()],
    }
}

/// A recording, and what the simulation does with its actions.
fn played(path: &Path) -> Result<(Value, Value), String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let recorded: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let simulated = harness::replay::replay(&recorded)?;
    Ok((recorded, simulated))
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
