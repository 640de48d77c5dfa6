//! Comparing a simulated trace with a recorded one.
//!
//! Compared are: which objects exist and when (within 1.5 s), what they are born with, every status field over time, the
//! final status, and every Event with its order, message and count. Generated names are matched by what the objects did.

use super::track::{Happening, Track, family, normal, tracks};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// How far two times may lie apart, in seconds: 1.5 and what the recorder's watch took.
pub const TOLERANCE_SECONDS: f64 = 1.5 + 0.3;
/// Events that lie closer than this in the recording may come in any order, in seconds.
const SIMULTANEOUS_SECONDS: f64 = 0.35;
/// Status fields that hold times.
const TIMES: [&str; 5] = ["startTime", "completionTime", "lastScheduleTime", "lastSuccessfulTime", "deletionTimestamp"];

/// Tracks of one kind whose names differ only in the generated part: recorded, simulated.
type Families<'a> = BTreeMap<(String, String), (Vec<&'a Track>, Vec<&'a Track>)>;

/// All differences between two traces; empty when the simulation did what was recorded.
pub fn compare(recorded: &Value, simulated: &Value) -> Vec<String> {
    let end = recorded["duration"].as_f64().unwrap_or(f64::MAX);
    let classes = node_classes(recorded);
    let (recorded, simulated) = (tracks(recorded), tracks(simulated));
    let kinds: BTreeSet<&str> = recorded.keys().map(|(kind, _)| kind.as_str()).collect();
    let mut differences = Vec::new();
    let mut families: Families = BTreeMap::new();
    let group = |track: &Track| (track.kind.clone(), family(&track.name));
    recorded.values().for_each(|track| families.entry(group(track)).or_default().0.push(track));
    let simulated = simulated.values().filter(|track| kinds.contains(track.kind.as_str()));
    simulated.for_each(|track| families.entry(group(track)).or_default().1.push(track));
    for ((kind, name), (wanted, found)) in families {
        if wanted.len() != found.len() {
            let times = |tracks: &[&Track]| {
                tracks.iter().map(|t| format!("{:?}", t.created.unwrap_or(-1.0))).collect::<Vec<_>>().join(" ")
            };
            differences.push(format!(
                "{kind}/{name}: {} recorded (at {}), {} simulated (at {})",
                wanted.len(),
                times(&wanted),
                found.len(),
                times(&found)
            ));
        }
        for (wanted, found) in matched(wanted, found, &classes) {
            let title = format!("{kind}/{}", wanted.name);
            let add = |difference: String| format!("{title}: {difference}");
            differences.extend(compare_track(wanted, found, &classes, end).into_iter().map(add));
        }
    }
    differences
}

/// Nodes that are alike: name to what they are. Pods may be on any node of a class.
fn node_classes(trace: &Value) -> BTreeMap<String, String> {
    let actions = trace["actions"].as_array().into_iter().flatten();
    let added =
        actions.filter(|a| a["action"] == "add-nodes").flat_map(|a| a["nodes"].as_array().cloned().unwrap_or_default());
    let mut classes: BTreeMap<String, String> = BTreeMap::new();
    for node in added {
        let mut kind = node.clone();
        kind.as_object_mut().map(|map| map.remove("name"));
        classes.insert(node["name"].as_str().unwrap_or("").to_string(), kind.to_string());
    }
    // What is done to one node alone sets it apart.
    for action in trace["actions"].as_array().into_iter().flatten() {
        let object = action["object"].as_str().and_then(|object| object.strip_prefix("Node/"));
        let name = object.or(action["name"].as_str()).unwrap_or("");
        if let Some(class) = classes.get_mut(name) {
            class.push_str(&format!(" {}@{}", action["action"], action["t"]));
        }
    }
    classes
}

fn class<'a>(classes: &'a BTreeMap<String, String>, name: &'a str) -> &'a str {
    classes.get(name).map_or(if name.is_empty() { "" } else { "a node" }, String::as_str)
}

/// Pairs of the tracks of one family, the likeliest first.
fn matched<'a>(
    mut wanted: Vec<&'a Track>,
    mut found: Vec<&'a Track>,
    classes: &BTreeMap<String, String>,
) -> Vec<(&'a Track, &'a Track)> {
    let mut pairs = Vec::new();
    while !wanted.is_empty() && !found.is_empty() {
        let mut best = (f64::MAX, 0, 0);
        for (i, one) in wanted.iter().enumerate() {
            for (j, other) in found.iter().enumerate() {
                let cost = unlikeness(one, other, classes);
                if cost < best.0 {
                    best = (cost, i, j);
                }
            }
        }
        pairs.push((wanted.remove(best.1), found.remove(best.2)));
    }
    pairs
}

fn unlikeness(one: &Track, other: &Track, classes: &BTreeMap<String, String>) -> f64 {
    let apart = |a: Option<f64>, b: Option<f64>| match (a, b) {
        (Some(a), Some(b)) => (a - b).abs().min(60.0),
        (None, None) => 0.0,
        _ => 30.0,
    };
    let node = |track: &Track| track.last()["nodeName"].as_str().unwrap_or("").to_string();
    let (a, b) = (node(one), node(other));
    let place = if a == b {
        0.0
    } else if class(classes, &a) == class(classes, &b) {
        0.05
    } else {
        20.0
    };
    let phases = |track: &Track| track.field("phase").len() as f64;
    apart(one.created, other.created) * 2.0
        + apart(one.deleted, other.deleted)
        + place
        + (phases(one) - phases(other)).abs() * 2.0
        + (one.events.len() as f64 - other.events.len() as f64).abs()
}

fn compare_track(wanted: &Track, found: &Track, classes: &BTreeMap<String, String>, end: f64) -> Vec<String> {
    let mut differences = Vec::new();
    for (what, a, b) in [("created", wanted.created, found.created), ("deleted", wanted.deleted, found.deleted)] {
        match (a, b) {
            (Some(a), Some(b)) if (a - b).abs() > TOLERANCE_SECONDS => {
                differences.push(format!("{what} at {a}, simulated at {b}"))
            }
            (Some(a), None) if a < end - TOLERANCE_SECONDS => {
                differences.push(format!("{what} at {a}, simulated never"))
            }
            (None, Some(b)) if b < end - TOLERANCE_SECONDS => {
                differences.push(format!("never {what}, simulated at {b}"))
            }
            _ => {}
        }
    }
    for (fact, value) in &wanted.facts {
        let other = found.facts.get(fact).cloned().unwrap_or(Value::Null);
        if comparable_fact(fact, value) != comparable_fact(fact, &other) {
            differences.push(format!("born with {fact} {value}, simulated {other}"));
        }
    }
    let fields = |track: &Track| -> BTreeSet<String> {
        let statuses = track.statuses.iter().filter_map(|(_, status)| status.as_object());
        statuses.flat_map(|map| map.keys().cloned()).collect()
    };
    let life_ends = wanted.deleted.unwrap_or(end).min(end);
    for field in fields(wanted).union(&fields(found)) {
        let (a, b) = (series(wanted, field, classes), series(found, field, classes));
        differences.extend(compare_series(field, &a, &b, life_ends));
    }
    let placed = |events: &[Happening]| events.iter().map(|event| by_class(event, classes)).collect::<Vec<_>>();
    differences.extend(compare_events(&wanted.kind, &placed(&wanted.events), &placed(&found.events), end));
    differences
}

/// What is compared of what an object is born with: hashes are our own, and a label may name one.
fn comparable_fact(fact: &str, value: &Value) -> Value {
    let mut value = normal(value);
    if let (true, Some(map)) = (matches!(fact, "labels" | "annotations"), value.as_object_mut()) {
        for (key, item) in map.iter_mut() {
            if key.ends_with("-hash") {
                *item = json!("<hash>");
            }
            if key.ends_with("cronjob-scheduled-timestamp") {
                *item = json!("<time>");
            }
        }
    }
    if let (true, Some(list)) = (fact == "tolerations", value.as_array_mut()) {
        list.sort_by_key(Value::to_string);
    }
    value
}

fn series(track: &Track, field: &str, classes: &BTreeMap<String, String>) -> Vec<(f64, Value)> {
    let adapt = |value: Value| match field {
        "nodeName" => json!(class(classes, value.as_str().unwrap_or(""))),
        // The port is drawn at random.
        "ports" => strip(value, "nodePort"),
        "endpoints" => without_places(value, classes),
        "healthCheckNodePort" => json!(!value.is_null()),
        _ => value,
    };
    let mut adapted: Vec<(f64, Value)> = Vec::new();
    for (at, value) in track.field(field).into_iter().map(|(at, value)| (at, adapt(value))) {
        if adapted.last().is_none_or(|(_, last)| *last != value) {
            adapted.push((at, value));
        }
    }
    adapted
}

fn strip(mut value: Value, key: &str) -> Value {
    for item in value.as_array_mut().into_iter().flatten() {
        item.as_object_mut().map(|map| map.remove(key));
    }
    value
}

fn without_places(mut value: Value, classes: &BTreeMap<String, String>) -> Value {
    for item in value.as_array_mut().into_iter().flatten() {
        let place = class(classes, item["nodeName"].as_str().unwrap_or("")).to_string();
        item["nodeName"] = json!(place);
    }
    if let Some(list) = value.as_array_mut() {
        list.sort_by_key(Value::to_string);
    }
    value
}

/// The value of a series at a time.
fn at(series: &[(f64, Value)], time: f64) -> Value {
    series.iter().rev().find(|(since, _)| *since <= time).map_or(Value::Null, |(_, value)| value.clone())
}

fn same(field: &str, a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) if TIMES.contains(&field) => (a - b).abs() <= TOLERANCE_SECONDS,
        _ => a == b,
    }
}

/// Whether each lasting value of one series is the other's value somewhere near, in both directions, and the end is equal.
fn compare_series(field: &str, wanted: &[(f64, Value)], found: &[(f64, Value)], end: f64) -> Vec<String> {
    let mut differences = Vec::new();
    for (label, from, to) in [("recorded", wanted, found), ("simulated", found, wanted)] {
        for (place, (since, value)) in from.iter().enumerate() {
            let until = from.get(place + 1).map_or(end, |(until, _)| *until).min(end);
            // A value that lasts is compared in its middle; one that passes quickly must show up nearby if it lasts half a second.
            let lasts = until - since;
            if lasts < 0.5 {
                continue;
            }
            let middle = (since + until) / 2.0;
            let reach = if lasts > 2.0 * TOLERANCE_SECONDS { 0.0 } else { TOLERANCE_SECONDS };
            let near = |(other_since, other): &(f64, Value), next: Option<&(f64, Value)>| {
                let other_until = next.map_or(f64::MAX, |(until, _)| *until);
                *other_since <= middle + reach && other_until >= middle - reach && same(field, value, other)
            };
            let seen = to.iter().enumerate().any(|(k, entry)| near(entry, to.get(k + 1)))
                || (to.is_empty() && value.is_null())
                || (value.is_null() && to.first().is_none_or(|(first, _)| *first > middle - reach));
            if !seen {
                let other = at(to, middle);
                differences.push(format!("{field} {label} as {value} from {since} to {until}, the other has {other}"));
            }
        }
    }
    differences
}

/// An Event that names the node a Pod was bound to, with what the node is in place of its name.
fn by_class(event: &Happening, classes: &BTreeMap<String, String>) -> Happening {
    let mut event = event.clone();
    if event.reason == "Scheduled"
        && let Some((head, node)) = event.message.rsplit_once(" to ")
    {
        event.message = format!("{head} to {}", class(classes, node));
    }
    event
}

fn compare_events(kind: &str, wanted: &[Happening], found: &[Happening], end: f64) -> Vec<String> {
    let mut differences = Vec::new();
    let sources: BTreeSet<&String> = wanted.iter().chain(found).map(|event| &event.source).collect();
    for source in sources {
        let of = |events: &[Happening]| events.iter().filter(|e| e.source == *source).cloned().collect::<Vec<_>>();
        differences.extend(compare_one_source(kind, &of(wanted), &of(found), end));
    }
    differences
}

/// A controller whose cache lags behind its own status write sees the same Job complete once more. Controllers here have
/// no caches, and in the recordings it is chance.
fn seen_twice(event: &Happening) -> bool {
    event.reason == "SawCompletedJob" && event.count > 1
}

fn compare_one_source(kind: &str, wanted: &[Happening], found: &[Happening], end: f64) -> Vec<String> {
    let mut differences = Vec::new();
    let mut taken = vec![false; found.len()];
    let mut last = (0_usize, f64::MIN);
    for event in wanted {
        let equal = |other: &Happening| {
            (other.warning, &other.reason, &other.message) == (event.warning, &event.reason, &event.message)
                // Nodes, and Pods of the same name as far as taint eviction knows them, were there before the recordings
                // began, so their counts say nothing.
                && (kind == "Node" || event.source == "taint-eviction-controller" || other.count == event.count)
        };
        let place = (0..found.len()).find(|&at| !taken[at] && equal(&found[at]));
        let line =
            format!("Event {} {} x{} at {}: {}", event.source, event.reason, event.count, event.at, event.message);
        let Some(place) = place else {
            if event.at < end - TOLERANCE_SECONDS && !seen_twice(event) {
                differences.push(format!("{line}: not simulated"));
            }
            continue;
        };
        taken[place] = true;
        if (found[place].at - event.at).abs() > TOLERANCE_SECONDS {
            differences.push(format!("{line}: simulated at {}", found[place].at));
        }
        if place < last.0 && event.at - last.1 > SIMULTANEOUS_SECONDS {
            differences.push(format!("{line}: simulated in another order"));
        }
        last = (last.0.max(place), event.at);
    }
    for (event, _) in found.iter().zip(&taken).filter(|(event, taken)| !**taken && event.at < end - TOLERANCE_SECONDS) {
        let line =
            format!("Event {} {} x{} at {}: {}", event.source, event.reason, event.count, event.at, event.message);
        differences.push(format!("{line}: simulated, not recorded"));
    }
    differences
}
