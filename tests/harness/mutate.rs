//! Changing what a recording says, one thing at a time, to see whether the comparison notices.

use super::series::PASSING_SECONDS;
use serde_json::{Value, json};

/// More than the comparison lets times lie apart, in seconds.
const TOO_FAR_SECONDS: f64 = 2.5;

/// A changed recording, by what was changed: a name that is the same for all changes of the same kind.
pub struct Mutation {
    pub what: String,
    pub recording: Value,
}

fn entries<'a>(recording: &'a Value, list: &str) -> &'a [Value] {
    recording[list].as_array().map_or(&[][..], Vec::as_slice)
}

fn time(entry: &Value) -> f64 {
    entry["t"].as_f64().unwrap_or(0.0)
}

/// Another value of the same type.
pub fn another(value: &Value) -> Value {
    match value {
        Value::Bool(flag) => json!(!flag),
        Value::Number(number) => json!(number.as_f64().unwrap_or(0.0) + 7.0),
        Value::String(text) => json!(format!("{text}, but otherwise")),
        Value::Array(items) if items.is_empty() => json!(["one more"]),
        Value::Array(items) => Value::Array(items[1..].to_vec()),
        Value::Object(map) => {
            let mut map = map.clone();
            let first = map.keys().next().cloned();
            let changed = first.as_ref().map_or(json!("unexpected"), |key| another(&map[key]));
            map.insert(first.unwrap_or_else(|| "unexpected".to_string()), changed);
            Value::Object(map)
        }
        Value::Null => json!("something"),
    }
}

/// Every change of one thing in a recording whose kind `wanted` asks for, made when it is asked for.
pub fn mutations(recording: &Value, wanted: &mut dyn FnMut(&str) -> bool, found: &mut dyn FnMut(Mutation)) {
    let mut offer = |what: String, change: &dyn Fn(&mut Value)| {
        if wanted(&what) {
            let mut changed = recording.clone();
            change(&mut changed);
            found(Mutation { what, recording: changed });
        }
    };
    for (place, entry) in entries(recording, "watch").iter().enumerate() {
        let kind = entry["kind"].as_str().unwrap_or("");
        let status = entry["status"].as_object().into_iter().flatten();
        for (field, value) in status {
            if lasts(recording, place, field) && entry["type"] != "DELETED" {
                // Which number was drawn is chance, that there is one is not.
                let other = if field.ends_with("NodePort") { Value::Null } else { another(value) };
                offer(format!("{kind} {field}"), &|changed| replace_run(changed, place, field, &other));
            }
        }
        if entry["type"] == "ADDED" {
            let frame = ["t", "type", "kind", "name", "ns", "status"];
            for (fact, value) in
                entry.as_object().into_iter().flatten().filter(|(key, _)| !frame.contains(&key.as_str()))
            {
                offer(format!("{kind} born with {fact}"), &|changed| changed["watch"][place][fact] = another(value));
            }
        }
        if let Some(event @ ("ADDED" | "DELETED")) = entry["type"].as_str() {
            offer(format!("{kind} {event} never"), &|changed| {
                let (name, whole) = (entry["name"].clone(), event == "ADDED");
                let same = |other: &Value| other["kind"] == kind && other["name"] == name;
                let gone = |other: &Value| same(other) && (whole || other["type"] == "DELETED");
                remove(changed, "watch", gone);
                if whole {
                    remove(changed, "events", same);
                }
            });
            offer(format!("{kind} {event} at another time"), &|changed| shift(&mut changed["watch"][place]));
        }
    }
    for (place, event) in entries(recording, "events").iter().enumerate() {
        let source = event["from"].as_str().unwrap_or("");
        for field in ["type", "reason", "message", "from"] {
            offer(format!("Event of {source}: {field}"), &|changed| {
                changed["events"][place][field] = another(&event[field]);
            });
        }
        offer(format!("Event of {source}: count"), &|changed| {
            changed["events"][place]["count"] = json!(event["count"].as_u64().unwrap_or(1) + 1);
        });
        offer(format!("Event of {source}: one less"), &|changed| {
            changed["events"].as_array_mut().map(|events| events.remove(place));
        });
        offer(format!("Event of {source}: one more"), &|changed| {
            let mut more = event.clone();
            more["message"] = another(&event["message"]);
            changed["events"].as_array_mut().into_iter().for_each(|events| events.push(more.clone()));
        });
        offer(format!("Event of {source}: at another time"), &|changed| shift(&mut changed["events"][place]));
    }
    for (first, second) in neighbours_of_one_source(recording) {
        let source = entries(recording, "events")[first]["from"].as_str().unwrap_or("");
        offer(format!("Event of {source}: order"), &|changed| {
            let (a, b) = (changed["events"][first]["t"].clone(), changed["events"][second]["t"].clone());
            (changed["events"][first]["t"], changed["events"][second]["t"]) = (b, a);
        });
    }
    for (place, action) in entries(recording, "actions").iter().enumerate() {
        let refused = if action.get("error").is_some() { "refused" } else { "accepted" };
        offer(format!("action {refused}"), &|changed| changed["actions"][place]["error"] = another(&action["error"]));
    }
}

/// Whether a status field keeps the value it has in an entry for long enough to be compared.
fn lasts(recording: &Value, place: usize, field: &str) -> bool {
    let (watch, entry) = (entries(recording, "watch"), &entries(recording, "watch")[place]);
    let same = |other: &&Value| (&other["kind"], &other["name"]) == (&entry["kind"], &entry["name"]);
    let next = watch[place + 1..].iter().filter(same);
    let changed =
        next.clone().find(|other| other["status"][field] != entry["status"][field] || other["type"] == "DELETED");
    let until = changed.map_or(recording["duration"].as_f64().unwrap_or(0.0), time);
    until - time(entry) > PASSING_SECONDS + 2.0 * TOO_FAR_SECONDS
}

/// Puts another value in the place of one for as long as that lasts.
fn replace_run(recording: &mut Value, place: usize, field: &str, value: &Value) {
    let entry = recording["watch"][place].clone();
    for other in recording["watch"].as_array_mut().into_iter().flatten().skip(place) {
        if (&other["kind"], &other["name"]) != (&entry["kind"], &entry["name"]) {
            continue;
        }
        if other["status"][field] != entry["status"][field] {
            return;
        }
        other["status"][field] = value.clone();
    }
}

fn remove(recording: &mut Value, list: &str, gone: impl Fn(&Value) -> bool) {
    if let Some(list) = recording[list].as_array_mut() {
        list.retain(|entry| !gone(entry));
    }
}

fn shift(entry: &mut Value) {
    entry["t"] = json!(time(entry) - TOO_FAR_SECONDS);
}

/// Pairs of Events of one source on one object, one after the other: far enough apart for their order to count, near enough
/// for their times not to.
fn neighbours_of_one_source(recording: &Value) -> Vec<(usize, usize)> {
    let events = entries(recording, "events");
    let mut pairs = Vec::new();
    for (first, event) in events.iter().enumerate() {
        let same = |other: &Value| {
            ["from", "kind", "name"].iter().all(|key| other[*key] == event[*key])
                && other["message"] != event["message"]
        };
        let apart = |other: &Value| (0.5..1.3).contains(&(time(other) - time(event)));
        let second = events.iter().enumerate().skip(first + 1).find(|(_, other)| same(other) && apart(other));
        pairs.extend(second.map(|(second, _)| (first, second)));
    }
    pairs
}
