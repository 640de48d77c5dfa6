//! A trace as tracks: for every object its life, its status over time and its Events.

use serde_json::Value;
use std::collections::BTreeMap;

/// One Event of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Happening {
    pub at: f64,
    pub source: String,
    /// `Normal` or `Warning`.
    pub kind: String,
    pub reason: String,
    pub message: String,
    pub count: u64,
}

/// One object's life. An object that is made anew under an old name begins another one.
#[derive(Clone, Debug, Default)]
pub struct Track {
    pub kind: String,
    pub namespace: String,
    pub name: String,
    pub created: Option<f64>,
    pub deleted: Option<f64>,
    /// What it is born with.
    pub facts: BTreeMap<String, Value>,
    /// (since, status) in order.
    pub statuses: Vec<(f64, Value)>,
    pub events: Vec<Happening>,
}

/// The keys of an ADDED entry that are not facts.
const FRAME: [&str; 6] = ["t", "type", "kind", "name", "ns", "status"];

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

/// The namespace an entry names; traces with a single one leave it out.
pub fn namespace(entry: &Value) -> Option<&str> {
    entry["ns"].as_str()
}

/// All lives in a trace, in order of kind, namespace, name and time.
pub fn tracks(trace: &Value) -> Vec<Track> {
    let list = |key: &str| trace[key].as_array().map_or(&[][..], Vec::as_slice);
    let at = |entry: &Value| entry["t"].as_f64().unwrap_or(0.0);
    let mut entries: Vec<(f64, bool, &Value)> = list("watch").iter().map(|entry| (at(entry), false, entry)).collect();
    entries.extend(list("events").iter().map(|entry| (at(entry), true, entry)));
    entries.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut lives: BTreeMap<(String, String, String), Vec<Track>> = BTreeMap::new();
    for (at, is_event, entry) in entries {
        let text = |key: &str| entry[key].as_str().unwrap_or("").to_string();
        let (kind, namespace, name) = (text("kind"), text("ns"), text("name"));
        let lives = lives.entry((kind.clone(), namespace.clone(), name.clone())).or_default();
        let reborn = !is_event && entry["type"] == "ADDED" && lives.last().is_some_and(|life| life.created.is_some());
        if lives.is_empty() || reborn {
            lives.push(Track { kind, namespace, name, ..Track::default() });
        }
        let Some(life) = lives.last_mut() else { continue };
        if is_event {
            life.events.push(happening(at, entry));
        } else {
            life.watch(at, entry);
        }
    }
    lives.into_values().flatten().collect()
}

fn happening(at: f64, entry: &Value) -> Happening {
    let text = |key: &str| entry[key].as_str().unwrap_or("").to_string();
    Happening {
        at,
        source: text("from"),
        kind: text("type"),
        reason: text("reason"),
        message: without_numbers(&text("message")),
        count: entry["count"].as_u64().unwrap_or(1),
    }
}

impl Track {
    fn watch(&mut self, at: f64, entry: &Value) {
        match entry["type"].as_str() {
            Some("ADDED") => {
                self.created = Some(at);
                let facts = entry.as_object().into_iter().flatten();
                let facts = facts.filter(|(key, _)| !FRAME.contains(&key.as_str()));
                self.facts = facts.map(|(key, value)| (key.clone(), value.clone())).collect();
                self.statuses.push((at, entry["status"].clone()));
            }
            Some("DELETED") => self.deleted = Some(at),
            _ => self.statuses.push((at, entry["status"].clone())),
        }
    }

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
