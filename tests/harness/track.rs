//! A trace as tracks: for every object its life, its status over time and its Events.

use serde_json::Value;
use std::collections::BTreeMap;

/// One Event of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Happening {
    pub at: f64,
    pub source: String,
    pub warning: bool,
    pub reason: String,
    pub message: String,
    pub count: u64,
}

/// One object's life.
#[derive(Clone, Debug, Default)]
pub struct Track {
    pub kind: String,
    pub name: String,
    pub created: Option<f64>,
    pub deleted: Option<f64>,
    pub facts: BTreeMap<String, Value>,
    /// (since, status) in order.
    pub statuses: Vec<(f64, Value)>,
    pub events: Vec<Happening>,
}

/// `agent-~5` → `agent-~`: what a generated name has in common with its siblings.
pub fn family(name: &str) -> String {
    match name.rfind('~') {
        Some(at) if name[at + 1..].bytes().all(|b| b.is_ascii_digit()) => name[..=at].to_string(),
        _ => name.to_string(),
    }
}

/// A text with the numbers of generated names taken out.
pub fn without_numbers(text: &str) -> String {
    let mut result = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        result.push(c);
        while c == '~' && chars.peek().is_some_and(char::is_ascii_digit) {
            chars.next();
        }
    }
    result
}

/// All objects of a trace by kind and name.
pub fn tracks(trace: &Value) -> BTreeMap<(String, String), Track> {
    let mut tracks: BTreeMap<(String, String), Track> = BTreeMap::new();
    let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or("").to_string();
    for entry in trace["watch"].as_array().into_iter().flatten() {
        let key = (text(entry, "kind"), format!("{}{}", namespace(entry), text(entry, "name")));
        let track = tracks.entry(key).or_default();
        (track.kind, track.name) = (text(entry, "kind"), text(entry, "name"));
        let at = entry["t"].as_f64().unwrap_or(0.0);
        match entry["type"].as_str() {
            Some("ADDED") => {
                track.created.get_or_insert(at);
                for key in [
                    "owner",
                    "labels",
                    "tolerations",
                    "nodeAffinityMatchFields",
                    "completionIndex",
                    "hostname",
                    "jobIndexFailureCount",
                    "spec",
                    "image",
                    "annotations",
                ] {
                    if let Some(fact) = entry.get(key) {
                        track.facts.insert(key.to_string(), fact.clone());
                    }
                }
                track.statuses.push((at, entry["status"].clone()));
            }
            Some("DELETED") => track.deleted = Some(at),
            _ => track.statuses.push((at, entry["status"].clone())),
        }
    }
    for entry in trace["events"].as_array().into_iter().flatten() {
        let key = (text(entry, "kind"), format!("{}{}", namespace(entry), text(entry, "name")));
        let track = tracks.entry(key).or_default();
        (track.kind, track.name) = (text(entry, "kind"), text(entry, "name"));
        track.events.push(Happening {
            at: entry["t"].as_f64().unwrap_or(0.0),
            source: text(entry, "from"),
            warning: entry["type"] == "Warning",
            reason: text(entry, "reason"),
            message: without_numbers(&text(entry, "message")),
            count: entry["count"].as_u64().unwrap_or(1),
        });
    }
    tracks
}

fn namespace(entry: &Value) -> String {
    entry["ns"].as_str().map_or(String::new(), |namespace| format!("{namespace}/"))
}

impl Track {
    /// The value of a status field over time: (since, value), equal neighbours joined.
    pub fn field(&self, field: &str) -> Vec<(f64, Value)> {
        let mut values: Vec<(f64, Value)> = Vec::new();
        for (at, status) in &self.statuses {
            let value = normal(&status[field]);
            if values.last().is_none_or(|(_, last)| *last != value) {
                values.push((*at, value));
            }
        }
        values
    }

    /// The last status.
    pub fn last(&self) -> Value {
        self.statuses.last().map_or(Value::Null, |(_, status)| status.clone())
    }
}

/// A value in which absent, null, 0, false, "" and empty are the same, and names have no numbers.
pub fn normal(value: &Value) -> Value {
    match value {
        Value::Bool(false) => Value::Null,
        Value::Number(number) if number.as_f64() == Some(0.0) => Value::Null,
        Value::String(text) if text.is_empty() => Value::Null,
        Value::String(text) => Value::String(without_numbers(text)),
        Value::Array(items) if items.is_empty() => Value::Null,
        Value::Array(items) => Value::Array(items.iter().map(normal).collect()),
        Value::Object(map) if map.is_empty() => Value::Null,
        Value::Object(map) => Value::Object(map.iter().map(|(k, v)| (k.clone(), normal(v))).collect()),
        other => other.clone(),
    }
}
