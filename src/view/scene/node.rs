//! Node cards.

use super::Sight;
use crate::api::node::Taint;
use crate::api::{Condition, DaemonSet, Node, Text};
use crate::time::SimTime;
use crate::world::{NodeId, ObjectRef};

/// Labels that every node has and nobody selects by in an example; they are in the inspector, not on the card.
const PLUMBING_LABELS: [&str; 4] =
    ["kubernetes.io/hostname", "kubernetes.io/arch", "kubernetes.io/os", "beta.kubernetes.io/"];

/// How much of something is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gauge {
    /// What the Pods on the node asked for.
    pub used: i64,
    /// What there is.
    pub total: i64,
}

impl Gauge {
    /// The taken part, 0 to 1; 1 when more is taken than there is.
    pub fn fraction(self) -> f64 {
        if self.total <= 0 { 0.0 } else { (self.used as f64 / self.total as f64).clamp(0.0, 1.0) }
    }
}

/// Whether the machine behind a node answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machinery {
    /// Condition Ready holds.
    Ready,
    /// The kubelet is silent, but the control plane has not noticed yet.
    Silent(SimTime),
    /// Condition Ready is False or Unknown since then.
    NotReady(SimTime),
}

/// A DaemonSet that a node does not get a Pod of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmatched {
    /// The DaemonSet.
    pub daemon_set: Text,
    /// What stands against it: `os≠centos`, or a taint.
    pub because: String,
}

/// A node as it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeCard {
    /// The node.
    pub object: ObjectRef,
    /// Its name.
    pub name: Text,
    /// Its labels as `key=value`, but for the plumbing.
    pub labels: Vec<String>,
    /// Its taints as `key:Effect`, but for those that only repeat its state.
    pub taints: Vec<String>,
    /// Whether it answers.
    pub machinery: Machinery,
    /// Whether it is cordoned.
    pub cordoned: bool,
    /// Processor in thousandths of a core.
    pub cpu: Gauge,
    /// Memory in bytes.
    pub memory: Gauge,
    /// Pods.
    pub slots: Gauge,
    /// Ports on the node that lead into a Pod: (node's port, container's port).
    pub host_ports: Vec<(i32, i32)>,
    /// DaemonSets that do not want this node.
    pub unmatched: Vec<Unmatched>,
    /// Ended Pods on it.
    pub finished: usize,
}

pub(super) fn card(sight: &Sight, id: NodeId, node: &Node) -> NodeCard {
    let seat = sight.world.index.seat(&node.meta.name);
    let used = seat.map(|seat| &seat.used);
    let gauge = |used: Option<i64>, total: i64| Gauge { used: used.unwrap_or(0), total };
    let mut host_ports = Vec::new();
    let mut finished = 0;
    for pod in seat.into_iter().flat_map(|seat| &seat.pods).filter_map(|id| sight.world.pods.get(*id)) {
        if pod.is_ended() {
            finished += 1;
        } else {
            host_ports.extend(pod.spec.host_ports.iter().map(|port| (port.port, port.container_port)));
        }
    }
    host_ports.sort_unstable();
    host_ports.dedup();
    NodeCard {
        object: id.into(),
        name: node.meta.name.clone(),
        labels: labels(node),
        taints: node.taints.iter().filter(|taint| !repeats_state(taint)).map(taint_text).collect(),
        machinery: machinery(sight, node),
        cordoned: node.unschedulable,
        cpu: gauge(used.map(|u| u.cpu_milli), node.allocatable.cpu_milli),
        memory: gauge(used.map(|u| u.memory_bytes), node.allocatable.memory_bytes),
        slots: gauge(used.map(|u| u.pods), node.allocatable.pods),
        host_ports,
        unmatched: sight.world.daemon_sets.iter().filter_map(|(_, set)| unmatched(set, node)).collect(),
        finished,
    }
}

fn labels(node: &Node) -> Vec<String> {
    let pairs = node.meta.labels.pairs().iter();
    let shown = pairs.filter(|(key, _)| !PLUMBING_LABELS.iter().any(|plumbing| key.starts_with(plumbing)));
    shown.map(|(key, value)| if value.is_empty() { key.to_string() } else { format!("{key}={value}") }).collect()
}

/// Taints that the node controller sets for what the card shows anyway.
fn repeats_state(taint: &Taint) -> bool {
    matches!(
        taint.key.as_str(),
        "node.kubernetes.io/not-ready" | "node.kubernetes.io/unreachable" | "node.kubernetes.io/unschedulable"
    )
}

fn taint_text(taint: &Taint) -> String {
    let value = if taint.value.is_empty() { String::new() } else { format!("={}", taint.value) };
    format!("{}{value}:{}", taint.key, taint.effect)
}

fn machinery(sight: &Sight, node: &Node) -> Machinery {
    if !node.is_ready() {
        let since = Condition::find(&node.conditions, "Ready").map_or(node.meta.created, |ready| ready.since);
        return Machinery::NotReady(since);
    }
    match sight.world.machine(&node.meta.name).silent_since {
        Some(since) => Machinery::Silent(since),
        None => Machinery::Ready,
    }
}

/// Why a DaemonSet leaves a node out; `None` when it wants it.
/// Upstream: pkg/controller/daemon/daemon_controller.go nodeShouldRunDaemonPod (the part that a person can see).
fn unmatched(set: &DaemonSet, node: &Node) -> Option<Unmatched> {
    let spec = &set.template.spec;
    let answer = |because: String| Some(Unmatched { daemon_set: set.meta.name.clone(), because });
    for (key, wanted) in spec.node_selector.pairs() {
        if node.meta.labels.get(key) != Some(wanted) {
            return answer(format!("{key}≠{wanted}"));
        }
    }
    if let Some(terms) = &spec.affinity.node_required
        && !terms.iter().any(|term| term.matches(&node.meta.name, &node.meta.labels))
    {
        return answer("nodeAffinity".to_string());
    }
    let repels = |taint: &&Taint| {
        (taint.effect == "NoSchedule" || taint.effect == "NoExecute") && !spec.tolerates(taint) && !own(taint)
    };
    node.taints.iter().find(repels).and_then(|taint| answer(taint_text(taint)))
}

/// Taints that DaemonSet Pods tolerate by themselves.
/// Upstream: pkg/controller/daemon/util/daemonset_util.go AddOrUpdateDaemonPodTolerations.
fn own(taint: &Taint) -> bool {
    let key = taint.key.strip_prefix("node.kubernetes.io/").unwrap_or("");
    matches!(key, "not-ready" | "unreachable" | "disk-pressure" | "memory-pressure" | "pid-pressure" | "unschedulable")
}
