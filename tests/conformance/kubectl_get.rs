//! `kubectl_get.json` and `age_format.json`: the cells and ages that the real printers computed.

use orrery::kubectl::{cells, duration};
use orrery::time::{SimDuration, SimTime};
use serde_json::{Value, json};

pub fn run_case(case: &Value) -> Vec<String> {
    let now = SimTime::parse(case["given"]["now"].as_str().unwrap_or("")).expect("a case has its time");
    let mut differences = Vec::new();
    for (form, expected) in case["expect"].as_object().into_iter().flatten() {
        let row = cells::row(&case["given"]["object"], now, form == "wide").unwrap_or_default();
        let found = json!({"cells": row.cells, "columns": row.columns});
        for (field, expected) in expected.as_object().into_iter().flatten() {
            if found[field] != *expected {
                differences.push(format!("{form}.{field}: expected {expected}, found {}", found[field]));
            }
        }
    }
    differences
}

pub fn run_age_case(case: &Value) -> Vec<String> {
    let span = SimDuration::from_nanos(case["given"]["durationNanos"].as_i64().unwrap_or(0));
    let found = json!({"humanDuration": duration::human_duration(span),
                       "shortHumanDuration": duration::short_human_duration(span)});
    let expected = case["expect"].as_object().into_iter().flatten();
    let differing = expected.filter(|(field, value)| found[field.as_str()] != **value);
    differing.map(|(field, value)| format!("{field}: expected {value}, found {}", found[field.as_str()])).collect()
}
