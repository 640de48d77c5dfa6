//! Replaying a recording's actions in the simulation.

use super::track::family;
use orrery::api::{CronJob, Kind, Text};
use orrery::cli::trace::Tracer;
use orrery::sim::order::{NodeOrder, Order, PatchKind, Targets};
use orrery::sim::{Listener, Sim, State};
use orrery::time::{SimDuration, SimTime};
use orrery::world::{Aspects, DeleteOptions, Propagation, Settings};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The most steps between two actions.
const MAX_STEPS: u64 = 5_000_000;

/// Runs a recording's actions and answers the simulation's trace.
pub fn replay(recording: &Value) -> Value {
    let start = SimTime::parse(recording["t0"].as_str().unwrap_or("")).expect("a recording has its t0");
    let namespaces = recording["namespaces"].as_array().map_or(0, Vec::len);
    let mut tracer = Tracer::new(start, namespaces > 1);
    let settings = settings(recording, start);
    let actions = recording["actions"].as_array().cloned().unwrap_or_default();
    let own_nodes = actions.iter().any(|action| action["action"] == "add-nodes");
    // Some recordings shared a cluster whose nodes had been there before they began.
    let lead = SimDuration::from_secs(if own_nodes { 0 } else { 30 });
    let mut sim = Sim::new(start - lead, settings);
    if !own_nodes {
        for name in ["w1", "w2", "w3", "w4"] {
            let node = node(&json!({"name": name, "labels": {"pool": "work"}}));
            sim.state.carry_out(&Order::NodeAdd(Arc::new(node)));
        }
        sim.advance(start, MAX_STEPS);
    }
    for action in &actions {
        let at = start + seconds(action["t"].as_f64().unwrap_or(0.0));
        let at = at + delay(action);
        sim.advance_with(at, MAX_STEPS, &mut tracer);
        set_status(action, &mut sim, recording);
        for order in orders(action, recording, &sim.state, start) {
            for answer in sim.state.carry_out(&order) {
                if let (Err(error), true) = (answer, action.get("error").is_none()) {
                    println!("     at {}: {error}", action["t"]);
                }
            }
            sim.settle(&mut tracer as &mut dyn Listener);
        }
    }
    let end = start + seconds(recording["duration"].as_f64().unwrap_or(0.0));
    sim.advance_with(end, MAX_STEPS, &mut tracer);
    tracer.finish(Map::new())
}

/// How much later than it was written down an action takes effect. In a real cluster everything that a creation brings
/// about lags by some hundredths of a second, and later actions meet that state; the simulation has no such lag.
fn delay(action: &Value) -> SimDuration {
    let create = action["action"] == "create";
    if create { SimDuration::from_millis(80) } else { SimDuration::ZERO }
}

/// A recording that needed many missed runs set a CronJob's last run back by hand, which no order can do.
fn set_status(action: &Value, sim: &mut Sim, recording: &Value) {
    let Some(last) = action["patch"]["status"]["lastScheduleTime"].as_str().and_then(SimTime::parse) else { return };
    let Some(name) = action["object"].as_str().and_then(|object| object.strip_prefix("CronJob/")) else { return };
    let namespace = recording["namespaces"][0].as_str().unwrap_or("default");
    if let Some(id) = sim.state.world.find_id::<CronJob>(namespace, name) {
        sim.state.world.modify(id, |row| {
            row.status.last_schedule_time = Some(last);
            Aspects::STATUS
        });
    }
}

/// Where the periodic loops of a recording's control plane lay, read off what they did: they are nobody's behaviour.
fn settings(recording: &Value, start: SimTime) -> Settings {
    let at = |entry: &Value| start + seconds(entry["t"].as_f64().unwrap_or(0.0));
    let list = |key: &str| recording[key].as_array().map_or(&[][..], Vec::as_slice);
    let event = |reason: &str| list("events").iter().find(|event| event["reason"] == reason).map(at);
    let look = event("RemovingNode").or_else(|| event("NodeNotReady")).or_else(|| event("RegisteredNode"));
    let collected = list("watch").iter().find(|entry| entry.to_string().contains("DeletionByPodGC")).map(at);
    // Kubelets renew their Leases every ten seconds from shortly after they joined.
    let joined = list("actions").iter().find(|action| action["action"] == "add-nodes").map(at);
    let within = |time: SimTime, period: i64| {
        SimDuration::from_nanos(time.unix_nanos().rem_euclid(SimDuration::from_secs(period).nanos()))
    };
    Settings {
        monitor_offset: look.map_or(SimDuration::ZERO, |time| within(time, 5)),
        pod_gc_offset: collected.map_or(SimDuration::ZERO, |time| within(time, 20)),
        lease_phase: joined.map(|time| within(time + SimDuration::from_millis(300), 10)),
        ..Settings::default()
    }
}

fn seconds(seconds: f64) -> SimDuration {
    SimDuration::from_millis((seconds * 1_000.0).round() as i64)
}

fn node(node: &Value) -> Value {
    let mut capacity = json!({"cpu": "4", "memory": "16Gi", "pods": "110"});
    for (key, amount) in node["capacity"].as_object().into_iter().flatten() {
        capacity[key] = amount.clone();
    }
    let mut allocatable = capacity.clone();
    for (key, amount) in node["allocatable"].as_object().into_iter().flatten() {
        allocatable[key] = amount.clone();
    }
    let labels = node.get("labels").cloned().unwrap_or_else(|| json!({}));
    let mut object = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": node["name"], "labels": labels},
        "spec": {}, "status": {"capacity": capacity, "allocatable": allocatable}});
    if let Some(taints) = node.get("taints") {
        object["spec"]["taints"] = taints.clone();
    }
    object
}

fn orders(action: &Value, recording: &Value, state: &State, start: SimTime) -> Vec<Order> {
    let verb = action["action"].as_str().unwrap_or("");
    let namespace = recording["namespaces"][0].as_str().unwrap_or("default");
    let named = |order: NodeOrder| vec![Order::Node { name: Text::copy(action["name"].as_str().unwrap_or("")), order }];
    match verb {
        "add-nodes" => {
            let nodes = action["nodes"].as_array().cloned().unwrap_or_default();
            nodes.iter().map(|one| Order::NodeAdd(Arc::new(node(one)))).collect()
        }
        "create" => {
            let mut manifest = action["manifest"].clone();
            let kind = Kind::parse(manifest["kind"].as_str().unwrap_or(""));
            if kind.is_some_and(Kind::namespaced) && manifest["metadata"].get("namespace").is_none() {
                manifest["metadata"]["namespace"] = json!(namespace);
            }
            vec![Order::Create(Arc::new(vec![manifest]))]
        }
        "patch" => {
            let patch = Arc::new(action["patch"].clone());
            vec![Order::Patch { targets: target(action, recording, state, start), patch, kind: PatchKind::Strategic }]
        }
        "delete" => {
            let propagation = match action["options"]["propagationPolicy"].as_str() {
                Some("Foreground") => Propagation::Foreground,
                Some("Orphan") => Propagation::Orphan,
                _ => Propagation::Background,
            };
            let options =
                DeleteOptions { grace_seconds: action["options"]["gracePeriodSeconds"].as_i64(), propagation };
            vec![Order::Delete { targets: target(action, recording, state, start), options, ignore_not_found: false }]
        }
        "node-kill" => named(NodeOrder::Down),
        "node-revive" => named(NodeOrder::Up),
        "node-notready" => named(NodeOrder::NotReady),
        "node-delete" => named(NodeOrder::Delete),
        "kubectl-snapshot" => Vec::new(),
        command if command.starts_with("kubectl ") => {
            vec![
                orrery::kubectl::parse(&format!("{command} -n {namespace}")).expect("a recorded command is understood"),
            ]
        }
        other => panic!("unknown action {other}"),
    }
}

/// The object an action names; a generated name means the Pod that was made most nearly at the same time and place.
fn target(action: &Value, recording: &Value, state: &State, start: SimTime) -> Targets {
    let object = action["object"].as_str().unwrap_or("");
    let mut parts: Vec<&str> = object.split('/').collect();
    let name = parts.pop().unwrap_or("");
    let kind = Kind::parse(parts.first().unwrap_or(&"")).unwrap_or_else(|| panic!("unknown kind in {object}"));
    let namespace = match parts.get(1) {
        Some(namespace) => (*namespace).to_string(),
        None => recording["namespaces"][0].as_str().unwrap_or("default").to_string(),
    };
    if !name.contains('~') {
        return Targets::one(kind, Text::from(namespace), Text::copy(name));
    }
    let entries = || recording["watch"].as_array().into_iter().flatten().filter(|e| e["name"] == name);
    let born = entries().find(|e| e["type"] == "ADDED").and_then(|e| e["t"].as_f64()).unwrap_or(0.0);
    let place = entries().filter_map(|e| e["status"]["nodeName"].as_str()).next_back().unwrap_or("").to_string();
    let prefix = family(name).trim_end_matches('~').to_string();
    let candidates = state.world.pods.iter().filter(|(_, pod)| {
        pod.meta.namespace == *namespace
            && pod.meta.name.rsplit_once('-').is_some_and(|(head, _)| format!("{head}-") == prefix)
    });
    let best = candidates.min_by_key(|(_, pod)| {
        let age = (pod.meta.created - start).millis() - (born * 1_000.0) as i64;
        (age.abs() / 1_500, u8::from(pod.node_name != *place), age.abs(), pod.meta.name.clone())
    });
    let name = best.map_or_else(|| Text::copy(name), |(_, pod)| pod.meta.name.clone());
    Targets::one(kind, Text::from(namespace), name)
}
