//! Comparing a simulated trace with a recorded one.
//!
//! Compared are: which objects exist and when, what they are born with, every status field over time, every Event with its
//! order, message and count, and which requests the API server refused. Times may differ by 1.5 s and what the recording's
//! watch took. Nodes must be the very same, because the replay was told which of equal nodes to take ([`super::guide`]);
//! generated names are chance, so Pods that share an owner are paired so that they differ least.

use super::assign::assign;
use super::events::compare_events;
use super::series::{Series, compare_series};
use super::track::{Happening, Track, family, normal, tracks};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// How far two times may lie apart, in seconds, besides what the watch took.
pub const TOLERANCE_SECONDS: f64 = 1.5;
/// The most that the watch is believed to have taken, in seconds.
const MOST_LATENCY_SECONDS: f64 = 0.5;
/// What two tracks that differ once more cost more than any closeness in time can make up for.
const COST_OF_A_DIFFERENCE: f64 = 1_000.0;

/// What a comparison goes by.
struct Scale {
    tolerance: f64,
    /// When the recording ends.
    end: f64,
    /// Ports that somebody asked for; all others are drawn.
    ports: BTreeSet<i64>,
    /// The recording's own nodes.
    nodes: BTreeSet<String>,
}

impl Scale {
    /// A node's name if it is the recording's own. Nodes of a shared cluster are alike but for the Pods of other recordings,
    /// of which this one does not tell.
    fn place<'a>(&self, name: &'a str) -> &'a str {
        if name.is_empty() || self.nodes.contains(name) { name } else { "a shared node" }
    }
}

/// Tracks of one kind and namespace whose names differ only in the generated part: recorded, simulated.
type Families = BTreeMap<(String, String, String), (Vec<Track>, Vec<Track>)>;

/// All differences between two traces; empty when the simulation did what was recorded.
pub fn compare(recorded: &Value, simulated: &Value) -> Vec<String> {
    let end = recorded["duration"].as_f64().unwrap_or(f64::MAX);
    let tolerance = TOLERANCE_SECONDS + watch_latency(recorded);
    let nodes = recorded["nodes"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_string);
    let scale = Scale { tolerance, end, ports: asked_ports(recorded), nodes: nodes.collect() };
    let mut differences = compare_answers(recorded, simulated);
    let mut families: Families = BTreeMap::new();
    let key = |track: &Track| (track.kind.clone(), track.namespace.clone(), family(&track.name));
    tracks(recorded).into_iter().for_each(|track| families.entry(key(&track)).or_default().0.push(track));
    // Recordings of what happens on nodes that were there before leave these out.
    let nodes_shown = families.keys().any(|(kind, _, _)| kind == "Node");
    let simulated = tracks(simulated).into_iter().filter(|track| nodes_shown || track.kind != "Node");
    simulated.for_each(|track| families.entry(key(&track)).or_default().1.push(track));
    for ((kind, _, name), (wanted, found)) in families {
        if wanted.len() != found.len() {
            differences.push(format!(
                "{kind}/{name}: {} recorded (at {}), {} simulated (at {})",
                wanted.len(),
                births(&wanted),
                found.len(),
                births(&found)
            ));
        }
        for (wanted, mine) in paired(&wanted, &found, &scale) {
            differences.extend(mine.into_iter().map(|difference| format!("{kind}/{}: {difference}", wanted.name)));
        }
    }
    differences
}

fn births(tracks: &[Track]) -> String {
    let births: Vec<String> = tracks.iter().map(|t| t.created.map_or("?".into(), |at| at.to_string())).collect();
    births.join(" ")
}

/// The longest that a created object took to come back on the watch, in seconds.
fn watch_latency(recorded: &Value) -> f64 {
    let list = |key: &str| recorded[key].as_array().map_or(&[][..], Vec::as_slice);
    let mut longest: f64 = 0.0;
    for action in list("actions").iter().filter(|action| action["action"] == "create") {
        let Some((kind, name)) = action["object"].as_str().and_then(|object| object.split_once('/')) else { continue };
        let mut entries = list("watch").iter();
        let added = entries.find(|e| e["type"] == "ADDED" && e["kind"] == kind && e["name"] == name);
        let times = added.and_then(|entry| Some(entry["t"].as_f64()? - action["t"].as_f64()?));
        longest = longest.max(times.unwrap_or(0.0));
    }
    longest.clamp(0.0, MOST_LATENCY_SECONDS)
}

fn asked_ports(recorded: &Value) -> BTreeSet<i64> {
    let mut ports = BTreeSet::new();
    let mut stack: Vec<&Value> = recorded["actions"].as_array().into_iter().flatten().collect();
    while let Some(value) = stack.pop() {
        ports.extend(value["nodePort"].as_i64());
        stack.extend(value.as_object().into_iter().flat_map(|map| map.values()));
        stack.extend(value.as_array().into_iter().flatten());
    }
    ports
}

/// What the API server said to requests: it must refuse the same ones with the same words.
fn compare_answers(recorded: &Value, simulated: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    let errors = |trace: &Value| -> BTreeMap<usize, String> {
        let actions = trace["actions"].as_array().into_iter().flatten().enumerate();
        actions.filter_map(|(at, action)| Some((at, action["error"].as_str()?.to_string()))).collect()
    };
    let (wanted, found) = (errors(recorded), errors(simulated));
    for at in wanted.keys().chain(found.keys()).collect::<BTreeSet<_>>() {
        let (a, b) = (wanted.get(at), found.get(at));
        // kubectl begins with "The" what the API server does not.
        let bare = |text: Option<&String>| text.map(|text| text.trim_start_matches("The ").to_string());
        if bare(a) != bare(b) {
            let action = &recorded["actions"][at];
            let what =
                format!("{} {}", action["action"].as_str().unwrap_or("?"), action["object"].as_str().unwrap_or(""));
            differences.push(format!("{what} at {}: answered {a:?}, simulated {b:?}", action["t"]));
        }
    }
    differences
}

/// Pairs of the tracks of one family that differ least, with their differences.
fn paired<'a>(wanted: &'a [Track], found: &[Track], scale: &Scale) -> Vec<(&'a Track, Vec<String>)> {
    if wanted.is_empty() || found.is_empty() {
        return Vec::new();
    }
    let table: Vec<Vec<Vec<String>>> =
        wanted.iter().map(|one| found.iter().map(|other| compare_track(one, other, scale)).collect()).collect();
    let cost = |row: usize, column: usize| {
        let apart = |a: Option<f64>, b: Option<f64>| (a.unwrap_or(scale.end) - b.unwrap_or(scale.end)).abs().min(99.0);
        let (one, other) = (&wanted[row], &found[column]);
        table[row][column].len() as f64 * COST_OF_A_DIFFERENCE
            + apart(one.created, other.created)
            + apart(one.deleted, other.deleted)
    };
    let turned = wanted.len() > found.len();
    let (rows, columns) = if turned { (found.len(), wanted.len()) } else { (wanted.len(), found.len()) };
    let of = |row: usize, column: usize| if turned { (column, row) } else { (row, column) };
    let costs: Vec<Vec<f64>> = (0..rows)
        .map(|row| (0..columns).map(|column| (of(row, column).0, of(row, column).1)).map(|(r, c)| cost(r, c)).collect())
        .collect();
    let pairs = assign(&costs).into_iter().enumerate().map(|(row, column)| of(row, column));
    pairs.map(|(row, column)| (&wanted[row], table[row][column].clone())).collect()
}

fn compare_track(wanted: &Track, found: &Track, scale: &Scale) -> Vec<String> {
    let Scale { tolerance, end, .. } = *scale;
    let mut differences = Vec::new();
    for (what, a, b) in [("created", wanted.created, found.created), ("deleted", wanted.deleted, found.deleted)] {
        match (a, b) {
            (Some(a), Some(b)) if (a - b).abs() > tolerance => {
                differences.push(format!("{what} at {a}, simulated at {b}"));
            }
            (Some(a), None) if a < end - tolerance => differences.push(format!("{what} at {a}, simulated never")),
            (None, Some(b)) if b < end - tolerance => differences.push(format!("never {what}, simulated at {b}")),
            _ => {}
        }
    }
    for fact in wanted.facts.keys().chain(found.facts.keys()).collect::<BTreeSet<_>>() {
        let (a, b) = (wanted.facts.get(fact), found.facts.get(fact));
        if comparable_fact(fact, a) != comparable_fact(fact, b) {
            let text = |value: Option<&Value>| value.map_or("nothing".to_string(), Value::to_string);
            differences.push(format!("born with {fact} {}, simulated {}", text(a), text(b)));
        }
    }
    let fields = |track: &Track| -> BTreeSet<String> {
        let statuses = track.statuses.iter().filter_map(|(_, status)| status.as_object());
        statuses.flat_map(|map| map.keys().cloned()).collect()
    };
    for field in fields(wanted).union(&fields(found)) {
        let (a, b) = (series(wanted, field, scale), series(found, field, scale));
        differences.extend(compare_series(field, &a, &b, tolerance));
    }
    let placed = |events: &[Happening]| events.iter().map(|event| placed(event, scale)).collect::<Vec<_>>();
    differences.extend(compare_events(&wanted.kind, &placed(&wanted.events), &placed(&found.events), tolerance, end));
    differences
}

fn placed(event: &Happening, scale: &Scale) -> Happening {
    let mut event = event.clone();
    if event.reason == "Scheduled"
        && let Some((head, node)) = event.message.rsplit_once(" to ")
    {
        event.message = format!("{head} to {}", scale.place(node));
    }
    event
}

/// What is compared of what an object is born with: hashes are our own.
fn comparable_fact(fact: &str, value: Option<&Value>) -> Value {
    let mut value = normal(value.unwrap_or(&Value::Null));
    if let (true, Some(map)) = (matches!(fact, "labels" | "annotations"), value.as_object_mut()) {
        map.iter_mut().filter(|(key, _)| key.ends_with("-hash")).for_each(|(_, item)| *item = json!("<hash>"));
    }
    if let (true, Some(list)) = (fact == "tolerations", value.as_array_mut()) {
        list.sort_by_key(Value::to_string);
    }
    value
}

fn series(track: &Track, field: &str, scale: &Scale) -> Series {
    let mut values: Vec<(f64, Value)> = Vec::new();
    for (at, value) in track.field(field) {
        let value = adapted(field, value, scale);
        if values.last().is_none_or(|(_, last)| *last != value) {
            values.push((at, value));
        }
    }
    let end = track.deleted.unwrap_or(scale.end).min(scale.end);
    Series { values, end, cutoff: scale.end - scale.tolerance }
}

/// A value without what is drawn at random.
fn adapted(field: &str, mut value: Value, scale: &Scale) -> Value {
    match field {
        "ports" => {
            for port in value.as_array_mut().into_iter().flatten() {
                let drawn = port["nodePort"].as_i64().is_some_and(|number| !scale.ports.contains(&number));
                if drawn {
                    port["nodePort"] = json!("drawn");
                }
            }
        }
        "nodeName" => value = value.as_str().map_or(Value::Null, |name| json!(scale.place(name))),
        "endpoints" => {
            for endpoint in value.as_array_mut().into_iter().flatten() {
                endpoint["nodeName"] = json!(scale.place(endpoint["nodeName"].as_str().unwrap_or("")));
            }
            if let Some(list) = value.as_array_mut() {
                list.sort_by_key(Value::to_string);
            }
        }
        "healthCheckNodePort" => value = json!(!value.is_null()),
        _ => {}
    }
    value
}
