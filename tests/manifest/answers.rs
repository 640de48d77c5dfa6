//! Changes of a few manifests, at least one for every message that Kubernetes 1.36.2's validation gave to 14,000 random ones, and
//! the answers computed by that code. `answers.json` holds base manifests by name, and cases: the base, what is set in it (`<gone>`
//! for removed) by JSON pointer, and the expected errors (in any order: labels are checked in random order) and warnings.

use crate::validation::answer_to;
use serde_json::Value;

/// Writes a value at a pointer whose parent exists.
fn set(object: &mut Value, pointer: &str, value: &Value) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer into the object");
    let key = key.replace("~1", "/").replace("~0", "~");
    match object.pointer_mut(parent).expect("the parent exists") {
        Value::Object(map) if value == "<gone>" => drop(map.remove(&key)),
        Value::Object(map) => drop(map.insert(key, value.clone())),
        Value::Array(items) => items[key.parse::<usize>().expect("an index")] = value.clone(),
        other => panic!("{pointer} leads into {other}"),
    }
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array);
    let mut texts: Vec<String> = items.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    texts.sort();
    texts
}

#[test]
fn every_message_of_kubernetes_validation_is_ours() {
    let text = std::fs::read_to_string("tests/manifest/answers.json").expect("table");
    let table: Value = serde_json::from_str(&text).expect("JSON");
    let cases = table["cases"].as_array().expect("cases");
    assert!(cases.len() > 400, "only {} cases", cases.len());
    let mut failed = Vec::new();
    for case in cases {
        let old = &table["bases"][case["base"].as_str().expect("a base")];
        let mut manifest = old.clone();
        for (pointer, value) in case["set"].as_object().expect("changes") {
            set(&mut manifest, pointer, value);
        }
        let answer = answer_to(&manifest, case.get("update").map(|_| old));
        let mut errors: Vec<String> = answer.causes.iter().map(ToString::to_string).collect();
        errors.sort();
        let mut warnings = answer.warnings.clone();
        warnings.sort();
        let same = match case["decode"].as_str() {
            Some(decode) => answer.message.as_deref().unwrap_or("").ends_with(decode),
            None => errors == texts(case.get("errors")) && warnings == texts(case.get("warnings")),
        };
        if !same {
            failed.push(format!("{case}\n    got {:?} {errors:?} {warnings:?}", answer.message));
        }
    }
    assert!(failed.is_empty(), "{} of {} fail:\n{}", failed.len(), cases.len(), failed.join("\n"));
}
