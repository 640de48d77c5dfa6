//! Small clusters for the tests of actors.

use crate::api::{Kind, Pod};
use crate::sim::Sim;
use crate::time::{SimDuration, SimTime};
use crate::world::{DeleteOptions, PodId, Settings};
use serde_json::{Value, json};

/// Steps that a test may take.
const MAX_TEST_STEPS: u64 = 5_000_000;

/// When test clusters begin.
pub fn start() -> SimTime {
    SimTime::from_unix_seconds(1_767_603_600)
}

/// A cluster of ready nodes named `n1`, `n2` … with 4 cpu, 16Gi and 110 Pods each.
pub fn cluster(nodes: usize) -> Sim {
    let mut sim = Sim::new(start(), Settings::default());
    for number in 1..=nodes {
        create(&mut sim, Kind::Node, &node(&format!("n{number}"), json!({})));
    }
    run_for(&mut sim, 0.0);
    sim
}

/// A ready node as a value; `labels` come besides its host name.
pub fn node(name: &str, labels: Value) -> Value {
    let mut node = json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "status": {
            "allocatable": {"cpu": "4", "memory": "16Gi", "pods": "110"},
            "capacity": {"cpu": "4", "memory": "16Gi", "pods": "110"},
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
        },
    });
    labels.as_object().into_iter().flatten().for_each(|(key, value)| {
        node["metadata"]["labels"][key] = value.clone();
    });
    node
}

/// A Pod with one container `c`, bound to a node; `more` is merged over it.
pub fn pod(name: &str, node: &str, more: Value) -> Value {
    let base = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"},
        "spec": {"nodeName": node, "containers": [{"name": "c", "image": "busybox:1.36"}]},
    });
    crate::sim::patch::apply(&base, &more, crate::sim::order::PatchKind::Merge).unwrap()
}

/// Creates an object given as a defaulted value.
pub fn create(sim: &mut Sim, kind: Kind, value: &Value) {
    sim.state.world.create_value(kind, value, sim.state.now).unwrap();
}

/// Advances by so many seconds.
pub fn run_for(sim: &mut Sim, seconds: f64) {
    let until = sim.state.now + SimDuration::from_millis((seconds * 1000.0).round() as i64);
    assert!(sim.advance(until, MAX_TEST_STEPS).reached, "too many steps");
}

/// Advances to so many seconds after the start.
pub fn run_to(sim: &mut Sim, seconds: f64) {
    let until = start() + SimDuration::from_millis((seconds * 1000.0).round() as i64);
    assert!(sim.advance(until, MAX_TEST_STEPS).reached, "too many steps");
}

/// The id of a Pod in namespace `default`.
pub fn pod_id(sim: &Sim, name: &str) -> Option<PodId> {
    sim.state.world.find_id::<Pod>("default", name)
}

/// A Pod in namespace `default`.
pub fn get<'a>(sim: &'a Sim, name: &str) -> &'a Pod {
    sim.state.world.pods.get(pod_id(sim, name).expect(name)).unwrap()
}

/// Asks for the deletion of an object.
pub fn delete(sim: &mut Sim, kind: Kind, name: &str, options: DeleteOptions) {
    let namespace = if kind.namespaced() { "default" } else { "" };
    let object = sim.state.world.find(kind, namespace, name).expect(name);
    sim.state.world.delete(object, options, sim.state.now).unwrap();
}

/// The Events of an object of that name, as `<seconds> <reason> <message> x<count>`.
pub fn events(sim: &Sim, name: &str) -> Vec<String> {
    let of_name = |event: &&crate::sim::EventRecord| sim.history.birth(event.object).is_some_and(|b| b.name == *name);
    let text = |event: &crate::sim::EventRecord| {
        let seconds = (event.at - start()).millis() as f64 / 1000.0;
        let times = if event.count > 1 { format!(" x{}", event.count) } else { String::new() };
        format!("{seconds:.1} {} {}{times}", event.reason, sim.history.message(event))
    };
    sim.history.events.iter().filter(of_name).map(text).collect()
}

/// A Pod's state in one line: phase, readiness, restarts and each container's state.
pub fn look(sim: &Sim, name: &str) -> String {
    let Some(id) = pod_id(sim, name) else { return "gone".into() };
    let pod = sim.state.world.pods.get(id).unwrap();
    let state = |status: &crate::api::ContainerStatus| match &status.state {
        crate::api::ContainerState::Waiting { reason, .. } => format!("waiting:{reason}"),
        crate::api::ContainerState::Running { .. } => "running".to_string(),
        crate::api::ContainerState::Terminated(end) => format!("terminated:{}({})", end.reason, end.exit_code),
    };
    let ready = if pod.is_ready() { " ready" } else { "" };
    let deleting = if pod.meta.deleting() { " deleting" } else { "" };
    let restarts = match pod.status.total_restarts() {
        0 => String::new(),
        count => format!(" restarts={count}"),
    };
    let containers: Vec<String> = pod.status.init_containers.iter().chain(&pod.status.containers).map(state).collect();
    format!("{}{ready}{restarts}{deleting} {}", pod.status.phase.name(), containers.join(" "))
}
