//! Whether a node takes a Pod that was bound to it.
//! Upstream: pkg/kubelet/lifecycle/predicate.go, pkg/scheduler/eventhandlers.go AdmissionCheck.

use super::worker::Workers;
use crate::api::pod_spec::HostPort;
use crate::api::{Node, Pod, Resources};
use crate::world::{PodId, World};

/// Why a kubelet refuses a Pod: (reason, message).
pub(super) type Refusal = (&'static str, String);

/// Checks a Pod that its kubelet sees for the first time against its node and the Pods already taken.
pub(super) fn admit(world: &World, workers: &Workers, id: PodId, pod: &Pod, node: &Node) -> Option<Refusal> {
    if let Some(refusal) = resources(world, workers, id, pod, node) {
        return Some(refusal);
    }
    if !node_matches(pod, node) {
        return Some(predicate("NodeAffinity", "node(s) didn't match Pod's node affinity/selector"));
    }
    if ports_conflict(world, workers, id, pod) {
        return Some(predicate("NodePorts", "node(s) didn't have free ports for the requested pod ports"));
    }
    let untolerated = |taint: &&crate::api::node::Taint| taint.effect == "NoExecute" && !pod.spec.tolerates(taint);
    if node.taints.iter().any(|taint| untolerated(&taint)) {
        return Some(predicate("TaintToleration", "node(s) had untolerated taint(s)"));
    }
    None
}

fn predicate(name: &'static str, why: &str) -> Refusal {
    (name, format!("Predicate {name} failed: {why}"))
}

/// Upstream: pkg/scheduler/framework/plugins/noderesources/fit.go Fits.
fn resources(world: &World, workers: &Workers, id: PodId, pod: &Pod, node: &Node) -> Option<Refusal> {
    let seat = world.index.seat(&pod.node_name)?;
    let (used, capacity) = (&seat.used, &node.allocatable);
    let fits = used.cpu_milli <= capacity.cpu_milli
        && used.memory_bytes <= capacity.memory_bytes
        && used.ephemeral_bytes <= capacity.ephemeral_bytes.max(0)
        && used.pods <= capacity.pods
        && used.extended.iter().all(|(name, amount)| *amount <= capacity.extended(name));
    if fits {
        return None;
    }
    // Overcommitted: what counts is what the kubelet has taken already.
    let mut taken = Resources::default();
    for other in seat.pods.iter().filter(|other| **other != id && workers.get(**other).is_some()) {
        let occupying = world.pods.get(*other).filter(|pod| pod.occupies_node());
        occupying.iter().for_each(|pod| taken.accumulate(&pod.spec.requests, 1));
    }
    let wanted = &pod.spec.requests;
    let lacks = |name: &str, wanted: i64, used: i64, capacity: i64| {
        let text = format!(
            "Node didn't have enough resource: {name}, requested: {wanted}, used: {used}, capacity: {capacity}"
        );
        (wanted > 0 && wanted > capacity - used).then_some(text)
    };
    if taken.pods + 1 > capacity.pods {
        let text = lacks("pods", 1, taken.pods, capacity.pods).unwrap_or_default();
        return Some(("OutOfpods", text));
    }
    if let Some(text) = lacks("cpu", wanted.cpu_milli, taken.cpu_milli, capacity.cpu_milli) {
        return Some(("OutOfcpu", text));
    }
    if let Some(text) = lacks("memory", wanted.memory_bytes, taken.memory_bytes, capacity.memory_bytes) {
        return Some(("OutOfmemory", text));
    }
    let disk = lacks("ephemeral-storage", wanted.ephemeral_bytes, taken.ephemeral_bytes, capacity.ephemeral_bytes);
    if let Some(text) = disk {
        return Some(("OutOfephemeral-storage", text));
    }
    // A resource that the node does not know at all is left to whoever provides it.
    wanted.extended.iter().filter(|(name, _)| capacity.extended.iter().any(|(known, _)| known == name)).find_map(
        |(name, amount)| {
            let text = lacks(name, *amount, taken.extended(name), capacity.extended(name))?;
            Some(("UnexpectedAdmissionError", text))
        },
    )
}

/// Upstream: k8s.io/component-helpers/scheduling/corev1/nodeaffinity GetRequiredNodeAffinity.
fn node_matches(pod: &Pod, node: &Node) -> bool {
    let labels = &node.meta.labels;
    let selected = pod.spec.node_selector.pairs().iter().all(|(key, value)| labels.get(key) == Some(value));
    let pinned = pod.pinned_to.is_empty() || pod.pinned_to == node.meta.name;
    let required = pod.spec.affinity.node_required.as_ref();
    let affine = required.is_none_or(|terms| terms.iter().any(|term| term.matches(&node.meta.name, labels)));
    selected && pinned && affine
}

/// Upstream: pkg/scheduler/framework/plugins/nodeports/node_ports.go Fits.
fn ports_conflict(world: &World, workers: &Workers, id: PodId, pod: &Pod) -> bool {
    if pod.spec.host_ports.is_empty() {
        return false;
    }
    let Some(seat) = world.index.seat(&pod.node_name) else { return false };
    seat.ports.iter().any(|(taken, holder)| {
        *holder != id
            && workers.get(*holder).is_some()
            && pod.spec.host_ports.iter().any(|wanted| ports_clash(wanted, taken))
    })
}

/// Whether two claims on a node's ports exclude each other. Upstream: k8s.io/kube-scheduler/framework/types.go CheckConflict.
pub(super) fn ports_clash(a: &HostPort, b: &HostPort) -> bool {
    a.port == b.port && a.protocol == b.protocol && (a.ip.is_empty() || b.ip.is_empty() || a.ip == b.ip)
}
