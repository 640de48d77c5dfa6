//! Replaying a recording's actions in the simulation.

use super::guide::{Bindings, Guide};
use super::surroundings::{LEAD_SECONDS, neighbours, settings, user_commands};
use orrery::api::{CronJob, Kind, Text};
use orrery::cli::trace::Tracer;
use orrery::sim::order::{NodeOrder, Order, PatchKind, Targets};
use orrery::sim::{EventRecord, Listener, Sim};
use orrery::time::{SimDuration, SimTime};
use orrery::world::{Aspects, Change, DeleteOptions, Propagation, World};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The most steps in one replay.
const MAX_STEPS: u64 = 5_000_000;

/// Tells tracer and guide of what happens.
struct Ears<'a> {
    tracer: &'a mut Tracer,
    guide: &'a mut Guide,
}

impl Listener for Ears<'_> {
    fn change(&mut self, now: SimTime, change: &Change, world: &World) {
        self.tracer.change(now, change, world);
        self.guide.change(now, change, world);
    }

    fn event(&mut self, now: SimTime, event: &EventRecord, world: &World) {
        self.tracer.event(now, event, world);
    }
}

/// A replay under way.
struct Replay<'a> {
    recording: &'a Value,
    namespace: String,
    start: SimTime,
    sim: Sim,
    guide: Guide,
    tracer: Tracer,
    steps_left: u64,
}

/// Runs a recording's actions and answers the simulation's trace, in which each refused action has its error.
///
/// # Errors
/// What in the recording cannot be replayed.
pub fn replay(recording: &Value) -> Result<Value, String> {
    let start = recording["t0"].as_str().and_then(SimTime::parse).ok_or("t0 is no time")?;
    let namespaces = recording["namespaces"].as_array().map_or(0, Vec::len);
    let mut actions = recording["actions"].as_array().cloned().ok_or("there are no actions")?;
    let own_nodes = actions.iter().any(|action| action["action"] == "add-nodes");
    let mut replay = Replay {
        recording,
        namespace: recording["namespaces"][0].as_str().unwrap_or("default").to_string(),
        start,
        sim: Sim::new(start - SimDuration::from_secs(LEAD_SECONDS), settings(recording, start)),
        guide: Guide::new(recording, start),
        tracer: Tracer::new(start, namespaces > 1),
        steps_left: MAX_STEPS,
    };
    if !own_nodes {
        // These shared a cluster whose nodes had been there before they began.
        replay.add_nodes(["w1", "w2", "w3", "w4"], json!({"pool": "work"}));
    }
    let neighbours = neighbours(recording);
    let names: Vec<String> = (1..=neighbours.len()).map(|number| format!("neighbour-{number}")).collect();
    replay.add_nodes(names.iter().map(String::as_str), json!({}));
    replay.run_to(start)?;
    // Whatever took place before does not belong to the trace.
    replay.tracer = Tracer::new(start, namespaces > 1);
    let reports = neighbours.iter().zip(&names);
    let reports = reports.map(|(at, name)| json!({"t": at, "action": "node-notready", "name": name}));
    let unlisted: Vec<Value> = reports.chain(user_commands(recording)).collect();
    let mut script: Vec<(f64, Option<usize>, Value)> = Vec::new();
    let at = |action: &Value| action["t"].as_f64().unwrap_or(0.0);
    script.extend(unlisted.into_iter().map(|action| (at(&action), None, action)));
    script.extend(actions.iter().enumerate().map(|(place, action)| (at(action), Some(place), action.clone())));
    script.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (at, place, action) in script {
        replay.run_to(start + seconds(at))?;
        let outcome = replay.act(&action)?;
        let Some(listed) = place.and_then(|place| actions.get_mut(place)?.as_object_mut()) else {
            outcome.map_err(|error| format!("{action}: {error}"))?;
            continue;
        };
        listed.remove("error");
        if let Err(error) = outcome {
            listed.insert("error".to_string(), json!(error));
        }
    }
    replay.run_to(start + seconds(recording["duration"].as_f64().unwrap_or(0.0)))?;
    let mut trace = replay.tracer.finish(Map::new());
    trace["actions"] = Value::Array(actions);
    for entries in ["watch", "events"] {
        let ours = |entry: &Value| entry["kind"] == "Node" && names.iter().any(|name| entry["name"] == **name);
        if let Some(list) = trace[entries].as_array_mut() {
            list.retain(|entry| !ours(entry));
        }
    }
    Ok(trace)
}

fn seconds(seconds: f64) -> SimDuration {
    SimDuration::from_millis((seconds * 1_000.0).round() as i64)
}

/// A machine of the recordings' kind.
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

impl Replay<'_> {
    fn add_nodes<'a>(&mut self, names: impl IntoIterator<Item = &'a str>, labels: Value) {
        for name in names {
            let node = node(&json!({"name": name, "labels": labels}));
            self.sim.state.carry_out(&Order::NodeAdd(Arc::new(node)));
        }
    }

    /// Runs step by step, so that the guide can lead before each.
    fn run_to(&mut self, until: SimTime) -> Result<(), String> {
        loop {
            self.guide.lead(&mut self.sim.state.world);
            if self.guide.is_open() && self.let_others_go_first(until) {
                continue;
            }
            let mut ears = Ears { tracer: &mut self.tracer, guide: &mut self.guide };
            let progress = self.sim.advance_with(until, 1, &mut ears);
            if progress.reached {
                return Ok(());
            }
            self.steps_left =
                self.steps_left.checked_sub(progress.steps).ok_or("the simulation never comes to rest")?;
        }
    }

    /// Tries the next step; if it would bind a Pod to another node than the recorded one, the Pod steps back for Pods that
    /// wait at the same time, for in which order those were taken is chance.
    fn let_others_go_first(&mut self, until: SimTime) -> bool {
        let mut trial = Sim { state: self.sim.state.clone(), ..Sim::default() };
        let mut bindings = Bindings::default();
        trial.advance_with(until, 1, &mut bindings);
        bindings.0.iter().any(|(pod, node)| self.guide.step_back(*pod, node, trial.state.now))
    }

    fn settle(&mut self) {
        let mut ears = Ears { tracer: &mut self.tracer, guide: &mut self.guide };
        self.sim.settle(&mut ears);
    }

    /// The first error that an order came to.
    fn carry_out(&mut self, order: &Order) -> Result<(), String> {
        let answers = self.sim.state.carry_out(order);
        self.settle();
        answers.into_iter().collect::<Result<Vec<String>, String>>().map(drop)
    }

    /// Carries out an action; the inner error is what the API server answered.
    fn act(&mut self, action: &Value) -> Result<Result<(), String>, String> {
        for order in self.orders(action)? {
            if let Err(error) = self.carry_out(&order) {
                return Ok(Err(error));
            }
        }
        if let Some(status) = action["patch"].get("status") {
            self.set_status(action, status)?;
        }
        Ok(Ok(()))
    }

    /// A patch of a status, which no order can do, because no user can.
    fn set_status(&mut self, action: &Value, status: &Value) -> Result<(), String> {
        let last = status["lastScheduleTime"].as_str().and_then(SimTime::parse);
        let (Targets { kind: Kind::CronJob, namespace, names, .. }, Some(last)) = (self.target(action)?, last) else {
            return Err(format!("do not know how to set this status: {status}"));
        };
        let (namespace, name) = (namespace.unwrap_or_default(), names.first().cloned().unwrap_or_default());
        let found = self.sim.state.world.find_id::<CronJob>(&namespace, &name);
        let id = found.ok_or_else(|| format!("there is no CronJob {name}"))?;
        self.sim.state.world.modify(id, |row| {
            row.status.last_schedule_time = Some(last);
            Aspects::STATUS
        });
        self.settle();
        Ok(())
    }

    fn orders(&self, action: &Value) -> Result<Vec<Order>, String> {
        let verb = action["action"].as_str().unwrap_or("");
        let named =
            |order: NodeOrder| vec![Order::Node { name: Text::copy(action["name"].as_str().unwrap_or("")), order }];
        Ok(match verb {
            "add-nodes" => {
                let nodes = action["nodes"].as_array().ok_or("add-nodes without nodes")?;
                nodes.iter().map(|one| Order::NodeAdd(Arc::new(node(one)))).collect()
            }
            "create" => {
                let mut manifest = action["manifest"].clone();
                let kind = Kind::parse(manifest["kind"].as_str().unwrap_or(""));
                if kind.is_some_and(Kind::namespaced) && manifest["metadata"].get("namespace").is_none() {
                    manifest["metadata"]["namespace"] = json!(self.namespace);
                }
                vec![Order::Create(Arc::new(vec![manifest]))]
            }
            "patch" => {
                let mut patch = action["patch"].clone();
                patch.as_object_mut().map(|patch| patch.remove("status"));
                if patch.as_object().is_some_and(Map::is_empty) {
                    return Ok(Vec::new());
                }
                let (targets, patch) = (self.target(action)?, Arc::new(patch));
                vec![Order::Patch { targets, patch, kind: PatchKind::Strategic }]
            }
            "delete" => {
                let options = delete_options(&action["options"])?;
                vec![Order::Delete { targets: self.target(action)?, options, ignore_not_found: false }]
            }
            "evict" => vec![Order::Evict { targets: self.target(action)?, options: DeleteOptions::default() }],
            "node-kill" => named(NodeOrder::Down),
            "node-revive" => named(NodeOrder::Up),
            "node-notready" => named(NodeOrder::NotReady),
            "node-delete" => named(NodeOrder::Delete),
            "kubectl-snapshot" => Vec::new(),
            command if command.starts_with("kubectl ") => {
                let command = format!("{command} -n {}", self.namespace);
                vec![orrery::kubectl::parse(&command).map_err(|error| format!("`{command}`: {error:?}"))?]
            }
            other => return Err(format!("unknown action {other:?}")),
        })
    }

    /// The object an action names. A generated name means the Pod that stands for the recorded one.
    fn target(&self, action: &Value) -> Result<Targets, String> {
        let object = action["object"].as_str().ok_or("an action without object")?;
        let parts: Vec<&str> = object.split('/').collect();
        let (kind, namespace, name) = match parts[..] {
            [kind, name] => (kind, self.namespace.as_str(), name),
            [kind, namespace, name] => (kind, namespace, name),
            _ => return Err(format!("what is {object:?}?")),
        };
        let kind = Kind::parse(kind).ok_or_else(|| format!("unknown kind in {object:?}"))?;
        let namespace = action["ns"].as_str().unwrap_or(namespace);
        let name = match name.contains('~') {
            false => Text::copy(name),
            true => {
                let found = self.guide.stand_in(namespace, name, &self.sim.state.world);
                found.ok_or_else(|| format!("nothing in the simulation stands for {object} at {}", action["t"]))?
            }
        };
        Ok(Targets::one(kind, Text::copy(namespace), name))
    }
}

fn delete_options(options: &Value) -> Result<DeleteOptions, String> {
    let propagation = match options["propagationPolicy"].as_str() {
        Some("Foreground") => Propagation::Foreground,
        Some("Orphan") => Propagation::Orphan,
        Some("Background") | None => Propagation::Background,
        Some(other) => return Err(format!("unknown propagationPolicy {other}")),
    };
    let orphans = options["orphanDependents"].as_bool() == Some(true);
    let propagation = if orphans { Propagation::Orphan } else { propagation };
    Ok(DeleteOptions { grace_seconds: options["gracePeriodSeconds"].as_i64(), propagation })
}
