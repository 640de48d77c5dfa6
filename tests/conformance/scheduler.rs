//! Runs one case of `scheduler.json`: a Pod is given to the scheduler in a given world; what it explains, does and says is
//! compared with what the real scheduler's code answered.

use orrery::actor::scheduler::{Explanation, Verdict, explain};
use orrery::api::policy::{Namespace, PodDisruptionBudget};
use orrery::api::{Condition, Node, Pod, ReplicaSet, Service};
use orrery::sim::{EventRecord, Listener, Sim};
use orrery::time::SimTime;
use orrery::world::{Change, PodId, Settings, Stored, World};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const MAX_STEPS: u64 = 10_000;

/// The fields in which a case differs from what is expected.
pub fn run_case(case: &Value) -> Vec<String> {
    let now = SimTime::from_unix_seconds(1_767_603_600);
    let mut sim = Sim::new(now, Settings::default());
    let id = build(&mut sim.state.world, &case["given"], now);
    let pod = sim.state.world.pods.get(id).expect("the Pod was created").clone();
    let explanation = explain(&sim.state.world, &pod, Some(id), now);
    let mut first = FirstAttempt { pod: id, message: None, nominated: String::new() };
    assert!(sim.advance_with(now, MAX_STEPS, &mut first).reached, "the scheduler comes to an end");
    let pod = sim.state.world.pods.get(id).expect("the Pod is there").clone();

    let mut differences = Vec::new();
    let expect = case["expect"].as_object().expect("a case expects something");
    for (field, wanted) in expect {
        let found = match field.as_str() {
            "feasibleNodes" => feasible(&explanation),
            "chosenAmong" => {
                chosen_among(&mut differences, wanted, &explanation, &pod);
                continue;
            }
            "rejectedNodes" => rejected(&explanation),
            "weightedScores" => scores(&explanation),
            "message" => json!(first.message.as_deref().unwrap_or("")),
            "nominatedNode" => json!(first.nominated),
            "victims" => victims(&sim.state.world, &explanation, wanted),
            other => {
                differences.push(format!("the field {other} is not compared"));
                continue;
            }
        };
        if found != *wanted {
            differences.push(format!("{field}: expected {wanted}, found {found}"));
        }
    }
    differences
}

/// What the first failed attempt wrote into the Pod; later ones may find victims gone already.
struct FirstAttempt {
    pod: PodId,
    message: Option<String>,
    nominated: String,
}

impl Listener for FirstAttempt {
    fn change(&mut self, _now: SimTime, change: &Change, world: &World) {
        let Some(pod) = world.pods.get(self.pod).filter(|_| change.object == self.pod.into()) else { return };
        let condition = Condition::find(&pod.status.conditions, "PodScheduled");
        if let (Some(condition), None) = (condition, &self.message) {
            self.message = Some(condition.message.to_string());
            self.nominated = pod.status.nominated_node.to_string();
        }
    }

    fn event(&mut self, _now: SimTime, _event: &EventRecord, _world: &World) {}
}

fn build(world: &mut World, given: &Value, now: SimTime) -> PodId {
    create_all::<Namespace>(world, &given["namespaces"], now);
    create_all::<Node>(world, &given["nodes"], now);
    create_all::<ReplicaSet>(world, &given["replicaSets"], now);
    create_all::<Service>(world, &given["services"], now);
    create_all::<PodDisruptionBudget>(world, &given["podDisruptionBudgets"], now);
    create_all::<PodDisruptionBudget>(world, &given["pdbs"], now);
    let known = ["namespaces", "nodes", "replicaSets", "services", "podDisruptionBudgets", "pdbs", "pods", "pod"];
    for kind in given.as_object().into_iter().flatten().map(|(kind, _)| kind) {
        assert!(known.contains(&kind.as_str()), "{kind} are not created");
    }
    for pod in given["pods"].as_array().into_iter().flatten() {
        world.create_pod(Pod::from_value(pod), "", now).expect("a given Pod is created");
    }
    world.create_pod(Pod::from_value(&given["pod"]), "", now).expect("the Pod is created")
}

fn create_all<T: Stored>(world: &mut World, list: &Value, now: SimTime) {
    for value in list.as_array().into_iter().flatten() {
        world.create(T::from_value(value), now).unwrap_or_else(|error| panic!("{error}"));
    }
}

fn feasible(explanation: &Explanation) -> Value {
    let mut names: Vec<&str> = explanation
        .nodes
        .iter()
        .filter(|node| matches!(node.verdict, Verdict::Fits { .. }))
        .map(|node| node.node.as_str())
        .collect();
    names.sort_unstable();
    json!(names)
}

fn rejected(explanation: &Explanation) -> Value {
    let mut nodes = Map::new();
    for node in &explanation.nodes {
        if let Verdict::Rejected { plugin, reasons, preemptable } = &node.verdict {
            let reasons: Vec<&str> = reasons.iter().map(|reason| reason.as_str()).collect();
            nodes.insert(
                node.node.to_string(),
                json!({"plugin": plugin, "reasons": reasons, "resolvableByPreemption": preemptable}),
            );
        }
    }
    Value::Object(nodes)
}

fn scores(explanation: &Explanation) -> Value {
    let mut nodes = Map::new();
    for node in &explanation.nodes {
        if let Verdict::Fits { score, parts } = &node.verdict {
            let mut parts: Map<String, Value> =
                parts.iter().map(|(name, part)| ((*name).into(), json!(part))).collect();
            parts.insert("total".into(), json!(score));
            nodes.insert(node.node.to_string(), Value::Object(parts));
        }
    }
    Value::Object(nodes)
}

/// The best nodes are these, and the Pod was bound to one of them.
fn chosen_among(differences: &mut Vec<String>, wanted: &Value, explanation: &Explanation, pod: &Pod) {
    let total = |verdict: &Verdict| match verdict {
        Verdict::Fits { score, .. } => Some(*score),
        Verdict::Rejected { .. } => None,
    };
    let best = explanation.nodes.iter().filter_map(|node| total(&node.verdict)).max();
    let best: BTreeSet<&str> = explanation
        .nodes
        .iter()
        .filter(|node| best.is_some() && total(&node.verdict) == best)
        .map(|node| node.node.as_str())
        .collect();
    let expected: BTreeSet<&str> = wanted.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if best != expected {
        differences.push(format!("chosenAmong: expected {expected:?}, found {best:?}"));
    }
    if !expected.contains(pod.node_name.as_str()) {
        differences.push(format!("chosenAmong: the Pod went to {:?}, not to one of {expected:?}", pod.node_name));
    }
    if explanation.chosen.as_deref() != Some(pod.node_name.as_str()) {
        differences.push(format!("the explanation chose {:?}, the scheduler {:?}", explanation.chosen, pod.node_name));
    }
}

fn victims(world: &World, explanation: &Explanation, wanted: &Value) -> Value {
    let ids = explanation.preempted.as_ref().map_or(&[][..], |(_, victims)| victims.as_slice());
    let mut names: Vec<String> =
        ids.iter().filter_map(|id| world.pods.ghost(*id)).map(|pod| pod.meta.name.to_string()).collect();
    let sorted = wanted.as_array().is_some_and(|list| list.is_sorted_by_key(|name| name.as_str().map(str::to_string)));
    if sorted {
        names.sort();
    }
    json!(names)
}
