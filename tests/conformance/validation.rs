//! Runs one case of `validation.json` (expectations computed from upstream's code) or of `apiserver_validation.json` (answers
//! recorded from a real API server) and lists the fields that differ.

use orrery::manifest::admission::Cluster;
use orrery::manifest::load::{Document, LoadOptions, load};
use orrery::manifest::{patch, validate};
use serde_json::{Value, json};

/// Any uid; both tables have a placeholder for it.
const UID: &str = "3f1c0a52-7f1e-4d5a-9c3b-0d8a1e6f2b47";

/// Lists what differs; empty when the case passes.
pub fn run_case(case: &Value) -> Vec<String> {
    if case.get("given").is_some() { computed(case) } else { recorded(case) }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("").to_owned()
}

fn check(differences: &mut Vec<String>, field: &str, expected: &Value, actual: &Value) {
    let actual = &hide_uid(actual, expected);
    if expected != actual {
        differences.push(format!("{field}: expected {expected}, got {actual}"));
    }
}

/// Puts the placeholder of the table in place of the uid.
fn hide_uid(actual: &Value, expected: &Value) -> Value {
    let placeholder = if expected.to_string().contains("$UID") { "$UID" } else { "<uid>" };
    serde_json::from_str(&actual.to_string().replace(UID, placeholder)).expect("still JSON")
}

/// What a document or an update comes to, in the words of both tables.
struct Outcome {
    accepted: bool,
    message: Value,
    reason: Value,
    causes: Vec<Value>,
    errors: Vec<String>,
    warnings: Vec<String>,
    kubectl: String,
}

impl Outcome {
    fn of(answer: &orrery::manifest::answer::Answer) -> Self {
        let causes =
            answer.causes.iter().map(|c| json!({"field": c.field, "reason": c.kind.reason(), "message": c.body()}));
        Outcome {
            accepted: answer.accepted,
            message: json!(answer.message),
            reason: json!(answer.reason),
            causes: causes.collect(),
            errors: answer.causes.iter().map(ToString::to_string).collect(),
            warnings: answer.warnings.clone(),
            kubectl: answer.kubectl.clone(),
        }
    }
}

fn load_one(manifest: &str, options: &LoadOptions) -> Document {
    let mut loaded = load(manifest, options);
    assert!(!loaded.documents.is_empty(), "no document in {manifest}");
    loaded.documents.remove(0)
}

/// A case of `validation.json`: no admission, uid `$UID`.
fn computed(case: &Value) -> Vec<String> {
    let options = LoadOptions { uid: UID.to_owned(), admission: false, ..LoadOptions::default() };
    let expect = &case["expect"];
    let given = &case["given"];
    let new = load_one(&given["manifest"].to_string(), &options);
    let outcome = match given.get("old") {
        None => Outcome::of(&new.answer),
        Some(old) => {
            let old = load_one(&old.to_string(), &options);
            Outcome::of(&update(&old, new.value.clone().unwrap_or_else(|| reject(&new)), &options))
        }
    };
    let mut differences = Vec::new();
    check(&mut differences, "accepted", &expect["accepted"], &json!(outcome.accepted));
    if let Some(error) = expect.get("decodeError") {
        check(&mut differences, "decodeError", error, &outcome.message);
        return differences;
    }
    let mode = expect["match"].as_str().unwrap_or("");
    let expected: Vec<String> = expect["errors"].as_array().into_iter().flatten().map(text).collect();
    let errors: Vec<String> = outcome.errors.iter().map(|e| e.replace(UID, "$UID")).collect();
    let same = expected.len() == errors.len()
        && expected.iter().zip(&errors).all(|(e, a)| match mode {
            "prefix" => a.starts_with(e.as_str()),
            "valueElided" => *e == elide(a),
            _ => e == a,
        });
    if !same {
        differences.push(format!("errors: expected {expected:?}, got {:?}", outcome.errors));
    }
    if mode.is_empty()
        && let Some(message) = expect.get("statusMessage")
    {
        check(&mut differences, "statusMessage", message, &outcome.message);
    }
    if let Some(reason) = expect.get("statusReason") {
        check(&mut differences, "statusReason", reason, &outcome.reason);
    }
    if let Some(warnings) = expect.get("warnings") {
        check(&mut differences, "warnings", warnings, &json!(outcome.warnings));
    }
    if let Some(object) = expect.get("object").filter(|o| !o.is_null()) {
        let mut value = new.value.clone().unwrap_or(Value::Null);
        if !value.is_null() {
            validate::prepare_create(&new.kind, &mut value, UID);
            value["metadata"]["creationTimestamp"] = json!("$NOW");
        }
        check(&mut differences, "object", object, &value);
    }
    differences
}

/// What the server answers to a new object, or to the change of an old one.
#[allow(dead_code, reason = "shared with a test that does not use it")]
pub fn answer_to(manifest: &Value, old: Option<&Value>) -> orrery::manifest::answer::Answer {
    let options = LoadOptions { uid: UID.to_owned(), admission: false, ..LoadOptions::default() };
    let new = load_one(&manifest.to_string(), &options);
    match (old, new.value.clone().or_else(|| new.refused.clone())) {
        (Some(old), Some(value)) => update(&load_one(&old.to_string(), &options), value, &options),
        _ => new.answer,
    }
}

/// A manifest that is refused on its own can still be an update: take what decoding and defaulting made of it.
fn reject(document: &Document) -> Value {
    document.refused.clone().unwrap_or_else(|| panic!("the new object does not decode: {:?}", document.answer.message))
}

fn accepted(document: &Document) -> Value {
    document.value.clone().unwrap_or_else(|| panic!("the old object is refused: {:?}", document.answer.message))
}

/// `path: Invalid value: <json>: detail` with the value replaced.
fn elide(error: &str) -> String {
    match (error.find(": Invalid value: "), error.rfind("}: ")) {
        (Some(start), Some(end)) => format!("{}: Invalid value: <object>{}", &error[..start], &error[end + 1..]),
        _ => error.to_owned(),
    }
}

/// Both sides as they stand in the server: with the uid of the old object and what it generates from it.
fn update(old: &Document, mut new: Value, options: &LoadOptions) -> orrery::manifest::answer::Answer {
    let mut stored = accepted(old);
    for object in [&mut stored, &mut new] {
        validate::prepare_create(&old.kind, object, &options.uid);
        object["metadata"]["resourceVersion"] = json!("1");
        object["metadata"]["creationTimestamp"] = json!("2026-01-05T09:00:00Z");
    }
    patch::update(&old.api_version, &old.kind, &stored, &new)
}

/// A case of `apiserver_validation.json`: recorded with namespace `s7`, uids replaced by `<uid>`.
fn recorded(case: &Value) -> Vec<String> {
    let cluster = Cluster { service_accounts: Some(vec!["default".to_owned()]), ..Cluster::default() };
    let options = LoadOptions {
        uid: UID.to_owned(),
        namespace: "s7".to_owned(),
        namespace_is_forced: true,
        done: "created (server dry run)".to_owned(),
        dry_run: true,
        cluster,
        ..LoadOptions::default()
    };
    let mut differences = Vec::new();
    let document = load_one(&text(&case["manifest"]), &options);
    let mut outcome = Outcome::of(&document.answer);
    if let Some(change) = case.get("patch") {
        let mut stored = accepted(&document);
        validate::prepare_create(&document.kind, &mut stored, UID);
        let stored = running(&document.kind, stored);
        match patch::strategic_merge(&document.api_version, &document.kind, &stored, change) {
            Ok(new) => outcome = Outcome::of(&patch::update(&document.api_version, &document.kind, &stored, &new)),
            Err(message) => outcome.message = json!(message),
        }
    }
    check(&mut differences, "accepted", &case["accepted"], &json!(outcome.accepted));
    check(&mut differences, "message", &case["message"], &outcome.message);
    if case.get("reason").is_some() {
        check(&mut differences, "reason", &case["reason"], &outcome.reason);
    }
    if let Some(expected) = case.get("causes") {
        check(&mut differences, "causes", expected, &json!(outcome.causes));
    }
    if let Some(warnings) = case.get("warnings") {
        check(&mut differences, "warnings", warnings, &json!(outcome.warnings));
    }
    if let Some(kubectl) = case.get("kubectl") {
        let name = text(kubectl);
        let random = name
            .split(" created")
            .next()
            .filter(|n| document.name.is_empty() && n.len() > 5)
            .map(|n| n[n.len() - 5..].to_owned());
        let actual = random.map_or(outcome.kubectl.clone(), |suffix| outcome.kubectl.replace("xxxxx", &suffix));
        check(&mut differences, "kubectl", kubectl, &json!(actual));
    }
    differences
}

/// The object as it stood on the recording cluster when it was patched: a Pod was on a node and had its token by then, a
/// Service had its address and ports.
fn running(kind: &str, mut stored: Value) -> Value {
    stored["metadata"]["resourceVersion"] = json!("1");
    stored["metadata"]["creationTimestamp"] = json!("2026-01-05T09:00:00Z");
    let spec = &mut stored["spec"];
    match kind {
        "Pod" => {
            spec["nodeName"] = json!("02c-n3");
            let config =
                |name: &str, file: &str| json!({"configMap": {"name": name, "items": [{"key": file, "path": file}]}});
            let namespace =
                json!({"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}});
            let sources = json!([
                {"serviceAccountToken": {"path": "token", "expirationSeconds": 3607}},
                config("kube-root-ca.crt", "ca.crt"),
                {"downwardAPI": {"items": [namespace]}},
                config("openshift-service-ca.crt", "service-ca.crt"),
            ]);
            let name = "kube-api-access-xxxxx";
            let volume = json!({"name": name, "projected": {"defaultMode": 420, "sources": sources}});
            append(&mut spec["volumes"], volume);
            let mount =
                json!({"name": name, "readOnly": true, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"});
            for container in spec["containers"].as_array_mut().into_iter().flatten() {
                append(&mut container["volumeMounts"], mount.clone());
            }
        }
        "Service" => {
            spec["clusterIP"] = json!("10.96.0.7");
            spec["clusterIPs"] = json!(["10.96.0.7"]);
            if spec["type"] == "NodePort" {
                for (i, port) in spec["ports"].as_array_mut().into_iter().flatten().enumerate() {
                    port["nodePort"] = json!(30100 + i);
                }
            }
        }
        _ => {}
    }
    stored
}

fn append(list: &mut Value, item: Value) {
    match list {
        Value::Array(items) => items.push(item),
        other => *other = json!([item]),
    }
}
