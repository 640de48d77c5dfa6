//! Telling a story in the form of a recording, and asking what came of it.

use crate::harness::replay::replay;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a story came to.
pub struct Told(Value);

/// Plays actions, as recordings list them, on a cluster whose clock stands at a full minute.
pub fn tell(seconds: f64, actions: Vec<Value>) -> Told {
    let story = json!({"t0": "2026-01-05T09:00:00Z", "duration": seconds, "namespaces": ["ns"], "nodes": [],
                       "actions": actions, "watch": [], "events": []});
    let trace = replay(&story).expect("the story can be told");
    let refused: Vec<&Value> =
        trace["actions"].as_array().into_iter().flatten().filter(|a| a.get("error").is_some()).collect();
    assert!(refused.is_empty(), "refused: {refused:?}");
    Told(trace)
}

/// Nodes of the recordings' kind that join at the start; of each its name and CPUs.
pub fn nodes(nodes: &[(&str, &str)]) -> Value {
    let node = |(name, cpu): &(&str, &str)| json!({"name": name, "labels": {}, "capacity": {"cpu": cpu}});
    json!({"t": 0.0, "action": "add-nodes", "nodes": nodes.iter().map(node).collect::<Vec<_>>()})
}

/// Creates an object.
pub fn create(at: f64, kind: &str, name: &str, spec: Value) -> Value {
    let version = match kind {
        "DaemonSet" | "ReplicaSet" | "Deployment" => "apps/v1",
        "Job" | "CronJob" => "batch/v1",
        _ => "v1",
    };
    let manifest = json!({"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec});
    json!({"t": at, "action": "create", "object": format!("{kind}/{name}"), "manifest": manifest})
}

/// A Pod template with one container; `more` is put over its spec.
pub fn template(labels: Value, annotations: Value, more: Value) -> Value {
    let mut spec = json!({"containers": [{"name": "c", "image": "busybox:1.36"}]});
    for (key, value) in more.as_object().into_iter().flatten() {
        spec[key] = value.clone();
    }
    json!({"metadata": {"labels": labels, "annotations": annotations}, "spec": spec})
}

/// Creates a DaemonSet or ReplicaSet whose Pods carry its name.
pub fn set(at: f64, kind: &str, name: &str, more: Value, pod: Value) -> Value {
    let mut spec = json!({"selector": {"matchLabels": {"app": name}},
                          "template": template(json!({"app": name}), json!({}), pod)});
    for (key, value) in more.as_object().into_iter().flatten() {
        spec[key] = value.clone();
    }
    create(at, kind, name, spec)
}

/// Creates a Job with what annotations say of its Pods.
pub fn job(at: f64, name: &str, annotations: Value, more: Value) -> Value {
    let policy = more.get("restartPolicy").cloned().unwrap_or_else(|| json!("Never"));
    let mut spec = json!({"template": template(json!({}), annotations, json!({"restartPolicy": policy}))});
    for (key, value) in more.as_object().into_iter().flatten().filter(|(key, _)| *key != "restartPolicy") {
        spec[key] = value.clone();
    }
    create(at, "Job", name, spec)
}

/// Creates a CronJob, every minute, with what annotations say of its Pods.
pub fn cron_job(at: f64, name: &str, annotations: Value, more: Value, of_job: Value) -> Value {
    let mut job = job(at, name, annotations, of_job)["manifest"]["spec"].take();
    let mut spec = json!({"schedule": "* * * * *", "jobTemplate": {"spec": job.take()}});
    for (key, value) in more.as_object().into_iter().flatten() {
        spec[key] = value.clone();
    }
    create(at, "CronJob", name, spec)
}

pub fn patch(at: f64, object: &str, patch: Value) -> Value {
    json!({"t": at, "action": "patch", "object": object, "patch": patch})
}

pub fn delete(at: f64, object: &str, options: Value) -> Value {
    json!({"t": at, "action": "delete", "object": object, "options": options})
}

pub fn on_node(at: f64, action: &str, name: &str) -> Value {
    json!({"t": at, "action": action, "name": name})
}

/// Tolerations that let a Pod stay on a lost node for so many seconds.
pub fn tolerating(seconds: i64) -> Value {
    let one = |key: &str| {
        json!({"key": format!("node.kubernetes.io/{key}"), "operator": "Exists", "effect": "NoExecute",
               "tolerationSeconds": seconds})
    };
    json!({"tolerations": [one("not-ready"), one("unreachable")]})
}

fn split(object: &str) -> (&str, &str) {
    object.split_once('/').expect("Kind/name")
}

/// `web-~` names all Pods of that family.
fn is(entry: &Value, object: &str) -> bool {
    let (kind, name) = split(object);
    let found = entry["name"].as_str().unwrap_or("");
    let same = found == name || (name.ends_with('~') && found.trim_end_matches(|c: char| c.is_ascii_digit()) == name);
    entry["kind"] == kind && same
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "none".to_string(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(" "),
        Value::Object(map) if map.contains_key("type") => {
            format!("{}={}/{}", text(&map["type"]), text(&map["status"]), map.get("reason").map_or("".into(), text))
        }
        other => other.to_string(),
    }
    .replace("node.kubernetes.io/", "")
}

impl Told {
    fn entries(&self, list: &str, object: &str) -> Vec<&Value> {
        self.0[list].as_array().into_iter().flatten().filter(|entry| is(entry, object)).collect()
    }

    /// `<seconds> <reason>` of each Event of an object that `wanted` asks for, with its message when that is asked for.
    fn events(&self, object: &str, with_message: bool, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let events = self.entries("events", object);
        let events = events.into_iter().filter(|event| wanted(event["reason"].as_str().unwrap_or("")));
        events
            .map(|event| {
                let count = event["count"].as_u64().map_or(String::new(), |count| format!(" x{count}"));
                let message = if with_message { format!(" {}", text(&event["message"])) } else { String::new() };
                format!("{} {}{message}{count}", event["t"], text(&event["reason"]))
            })
            .collect()
    }

    /// The Events of an object are these: `<seconds> <reason>`. What kubelets say when they start containers is left out.
    #[track_caller]
    pub fn says(&self, object: &str, wanted: &[&str]) -> &Told {
        let starting = ["Pulled", "Created", "Started", "RegisteredNode"];
        assert_eq!(self.events(object, false, |reason| !starting.contains(&reason)), wanted, "Events of {object}");
        self
    }

    /// The Events of an object with a reason are these: `<seconds> <reason> <message>`.
    #[track_caller]
    pub fn says_that(&self, object: &str, reason: &str, wanted: &[&str]) -> &Told {
        assert_eq!(self.events(object, true, |found| found == reason), wanted, "{reason} of {object}");
        self
    }

    /// A status field went like this: `<seconds> <value>`, from the object's birth on; what passed at once is left out.
    #[track_caller]
    pub fn goes(&self, object: &str, field: &str, wanted: &[&str]) -> &Told {
        let mut found: Vec<(f64, String)> = Vec::new();
        for entry in self.entries("watch", object).into_iter().filter(|entry| entry["type"] != "DELETED") {
            let (at, value) = (entry["t"].as_f64().unwrap_or(0.0), text(&entry["status"][field]));
            if found.last().is_some_and(|(since, _)| *since == at) {
                found.pop();
            }
            if found.last().is_none_or(|(_, last)| *last != value) {
                found.push((at, value));
            }
        }
        let found: Vec<String> = found.into_iter().map(|(at, value)| format!("{at:?} {value}")).collect();
        assert_eq!(found, wanted, "{field} of {object}");
        self
    }

    /// Objects lived like this, in order of birth: `<name> <from>-<to>`, without an end when they are still there.
    #[track_caller]
    pub fn lives(&self, object: &str, wanted: &[&str]) -> &Told {
        let mut lives: Vec<(String, String, String)> = Vec::new();
        for entry in self.entries("watch", object) {
            let name = text(&entry["name"]);
            match entry["type"].as_str() {
                Some("ADDED") => lives.push((name, entry["t"].to_string(), String::new())),
                Some("DELETED") => {
                    if let Some(life) = lives.iter_mut().rfind(|(known, _, _)| *known == name) {
                        life.2 = entry["t"].to_string();
                    }
                }
                _ => {}
            }
        }
        let found: Vec<String> = lives.into_iter().map(|(name, from, to)| format!("{name} {from}-{to}")).collect();
        assert_eq!(found, wanted, "lives of {object}");
        self
    }

    /// So many Pods of a family were bound to each node.
    #[track_caller]
    pub fn lands(&self, object: &str, wanted: &[(&str, usize)]) -> &Told {
        let mut found: BTreeMap<String, usize> = BTreeMap::new();
        let mut bound: BTreeMap<String, String> = BTreeMap::new();
        for entry in self.entries("watch", object) {
            if let Some(node) = entry["status"]["nodeName"].as_str() {
                bound.insert(text(&entry["name"]), node.to_string());
            }
        }
        bound.into_values().for_each(|node| *found.entry(node).or_default() += 1);
        let wanted = wanted.iter().map(|(node, count)| ((*node).to_string(), *count)).collect();
        assert_eq!(found, wanted, "{object} by node");
        self
    }
}
