//! Taints that follow from a node's conditions.
//! Upstream: pkg/controller/nodelifecycle/node_lifecycle_controller.go doNoScheduleTaintingPass, SwapNodeControllerTaint.

use crate::api::node::Taint;
use crate::api::{Node, Status};
use crate::time::SimTime;
use crate::world::{Aspects, NodeId, World};

/// Taint of a node that says it is not ready.
pub const NOT_READY: &str = "node.kubernetes.io/not-ready";
/// Taint of a node that does not say anything any more.
pub const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
/// Taint of a cordoned node.
pub const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

const NO_SCHEDULE: &str = "NoSchedule";
const NO_EXECUTE: &str = "NoExecute";

/// (condition, status, taint) that belong together.
const BY_CONDITION: [(&str, Status, &str); 6] = [
    ("Ready", Status::False, NOT_READY),
    ("Ready", Status::Unknown, UNREACHABLE),
    ("MemoryPressure", Status::True, "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", Status::True, "node.kubernetes.io/disk-pressure"),
    ("NetworkUnavailable", Status::True, "node.kubernetes.io/network-unavailable"),
    ("PIDPressure", Status::True, "node.kubernetes.io/pid-pressure"),
];

/// The NoSchedule taints to add to a node and to take off it.
pub(super) fn no_schedule_changes(node: &Node) -> (Vec<&'static str>, Vec<&'static str>) {
    let mut wanted = Vec::new();
    for condition in &node.conditions {
        let matching =
            BY_CONDITION.iter().filter(|(kind, status, _)| condition.kind == *kind && condition.status == *status);
        wanted.extend(matching.map(|(_, _, taint)| *taint));
    }
    if node.unschedulable {
        wanted.push(UNSCHEDULABLE);
    }
    let ours = BY_CONDITION.iter().map(|(_, _, taint)| *taint).chain([UNSCHEDULABLE]);
    let surplus = ours.filter(|taint| node.has_taint(taint, NO_SCHEDULE) && !wanted.contains(taint)).collect();
    wanted.retain(|taint| !node.has_taint(taint, NO_SCHEDULE));
    (wanted, surplus)
}

/// Adds and takes off taints of one effect.
fn swap(world: &mut World, id: NodeId, add: &[&'static str], remove: &[&str], effect: &'static str, now: SimTime) {
    if !add.is_empty() {
        world.modify(id, |node: &mut Node| {
            let before = node.taints.len();
            for key in add
                .iter()
                .filter(|key| !node.taints.iter().any(|t| t.key == **key && t.effect == effect))
                .copied()
                .collect::<Vec<_>>()
            {
                node.taints.push(Taint::new(key, effect, Some(now.api())));
            }
            Aspects::TAINTS.when(node.taints.len() != before)
        });
    }
    world.modify(id, |node: &mut Node| {
        let before = node.taints.len();
        node.taints.retain(|taint| taint.effect != effect || !remove.contains(&taint.key.as_str()));
        Aspects::TAINTS.when(node.taints.len() != before)
    });
}

/// Adds and takes off NoSchedule taints.
pub(super) fn swap_no_schedule(world: &mut World, id: NodeId, add: &[&'static str], remove: &[&str], now: SimTime) {
    swap(world, id, add, remove, NO_SCHEDULE, now);
}

/// Adds the NoExecute taint of a status of condition Ready and takes the opposite one off.
pub(super) fn swap_no_execute(world: &mut World, id: NodeId, status: Status, now: SimTime) {
    match status {
        Status::False => swap(world, id, &[NOT_READY], &[UNREACHABLE], NO_EXECUTE, now),
        Status::Unknown => swap(world, id, &[UNREACHABLE], &[NOT_READY], NO_EXECUTE, now),
        Status::True => swap(world, id, &[], &[UNREACHABLE, NOT_READY], NO_EXECUTE, now),
    }
}

/// Whether the node controller's NoExecute taint for a status of condition Ready is on the node.
pub(super) fn has_no_execute(node: &Node, status: Status) -> bool {
    match status {
        Status::False => node.has_taint(NOT_READY, NO_EXECUTE),
        Status::Unknown => node.has_taint(UNREACHABLE, NO_EXECUTE),
        Status::True => false,
    }
}

/// Whether any NoExecute taint of the node controller is on the node.
pub(super) fn has_any_no_execute(node: &Node) -> bool {
    node.has_taint(NOT_READY, NO_EXECUTE) || node.has_taint(UNREACHABLE, NO_EXECUTE)
}
