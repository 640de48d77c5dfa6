//! Runs every case of the tables that Kubernetes' own code (or a real API server) computed, and compares every field.
//!
//! `CONFORMANCE_DIR` names another directory of tables. What cannot be matched is listed with its reason in
//! `tests/conformance/known_differences.toml`; an entry that starts to match fails the run.

mod harness;

#[path = "conformance/cron_schedule.rs"]
mod cron_schedule;
#[path = "conformance/cronjob.rs"]
mod cronjob;
#[path = "conformance/daemonset.rs"]
mod daemonset;
#[path = "conformance/job.rs"]
mod job;
#[path = "conformance/kubectl_get.rs"]
mod kubectl_get;
#[path = "conformance/scheduler.rs"]
mod scheduler;
#[path = "conformance/validation.rs"]
mod validation;

use harness::{Report, directory, json_files, known_differences, runs_own};
use serde_json::Value;

/// Runs one case and answers the fields that differ.
type Runner = fn(&Value) -> Vec<String>;

/// The runner of a table.
fn runner(table: &str) -> Option<Runner> {
    Some(match table {
        "age_format" => kubectl_get::run_age_case,
        "apiserver_validation" | "validation" => validation::run_case,
        "cron_schedule" => cron_schedule::run_case,
        "cronjob" => cronjob::run_case,
        "daemonset" => daemonset::run_case,
        "job" => job::run_case,
        "kubectl_get" => kubectl_get::run_case,
        "scheduler" => scheduler::run_case,
        _ => return None,
    })
}

/// A case's name: its own, or group and case.
fn name(case: &Value) -> String {
    match case["name"].as_str() {
        Some(name) => name.to_string(),
        None => format!("{}: {}", case["group"].as_str().unwrap_or(""), case["case"].as_str().unwrap_or("")),
    }
}

/// Whether something was really given: neither null nor false, 0 or empty.
fn is_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

fn tables() -> Vec<(String, Vec<Value>)> {
    let files = json_files(&directory("CONFORMANCE_DIR", "tests/conformance"));
    let read = |path: &std::path::PathBuf| {
        let table = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let text = std::fs::read_to_string(path).expect("a table can be read");
        (table, serde_json::from_str::<Vec<Value>>(&text).expect("a table is a JSON list"))
    };
    files.iter().map(read).collect()
}

#[test]
fn the_simulation_agrees_with_kubernetes_own_code() {
    let known = known_differences("tests/conformance/known_differences.toml");
    let only = std::env::var("CONFORMANCE_ONLY").unwrap_or_default();
    let mut report = Report::default();
    for (table, cases) in tables().into_iter().filter(|(table, _)| table.contains(&only)) {
        let Some(runner) = runner(&table) else {
            report.case(&table, "table", &["nothing runs this table".to_string()], &known);
            continue;
        };
        for case in &cases {
            let given = case["given"].as_object().into_iter().flatten();
            let given: Vec<&str> =
                given.filter(|(_, value)| is_something(value)).map(|(key, _)| key.as_str()).collect();
            report.case_given(&table, &name(case), &given, &runner(case), &known);
        }
    }
    report.finish(runs_own("CONFORMANCE_DIR"));
}

/// Every compared field of every table, once changed, must be noticed: a harness that cannot fail proves nothing.
#[test]
fn a_changed_expectation_is_noticed_in_every_field() {
    for (table, cases) in tables() {
        let Some(runner) = runner(&table) else { continue };
        let mut seen = std::collections::BTreeSet::new();
        for case in cases.iter().filter(|case| runner(case).is_empty()) {
            for pointer in expectation_fields(case) {
                let field =
                    pointer.split('/').filter(|part| part.parse::<usize>().is_err()).collect::<Vec<_>>().join("/");
                if !seen.insert(field.clone()) {
                    continue;
                }
                let mut changed = case.clone();
                let place = changed.pointer_mut(&pointer).expect("the pointer was made from this case");
                *place = mutated(place);
                assert!(!runner(&changed).is_empty(), "{table}/{}: a change of {pointer} goes unnoticed", name(case));
            }
        }
        assert!(!seen.is_empty(), "{table}: no field could be changed");
    }
}

/// Pointers to everything that a case expects, down to two levels.
fn expectation_fields(case: &Value) -> Vec<String> {
    let Some(expect) = case["expect"].as_object() else {
        let fields = ["accepted", "message", "reason", "causes", "warnings", "kubectl"];
        let present = fields.iter().filter(|field| case.get(**field).is_some_and(|value| !value.is_null()));
        return present.map(|field| format!("/{field}")).collect();
    };
    let escape = |key: &str| key.replace('~', "~0").replace('/', "~1");
    let mut pointers = Vec::new();
    // A note is for people.
    for (key, value) in expect.iter().filter(|(key, _)| *key != "note") {
        pointers.push(format!("/expect/{}", escape(key)));
        for inner in value.as_object().into_iter().flat_map(|map| map.keys()) {
            pointers.push(format!("/expect/{}/{}", escape(key), escape(inner)));
        }
    }
    pointers
}

fn mutated(value: &Value) -> Value {
    match value {
        Value::Bool(flag) => Value::Bool(!flag),
        Value::Number(number) => Value::from(number.as_i64().unwrap_or(0) + 7),
        Value::String(text) => Value::from(format!("{text}, but otherwise")),
        Value::Array(items) if items.is_empty() => serde_json::json!(["one more"]),
        Value::Array(items) => Value::Array(items[1..].to_vec()),
        Value::Object(map) if map.is_empty() => serde_json::json!({"unexpected": 1}),
        Value::Object(map) => {
            let mut map = map.clone();
            let key = map.keys().next().cloned().unwrap_or_default();
            let changed = mutated(&map[&key]);
            map.insert(key, changed);
            Value::Object(map)
        }
        Value::Null => Value::from("something"),
    }
}
