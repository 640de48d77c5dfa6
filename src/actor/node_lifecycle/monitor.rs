//! One look at the nodes.
//! Upstream: pkg/controller/nodelifecycle/node_lifecycle_controller.go monitorNodeHealth.

use super::{ActorKind, Health, Key, LOOK_TAKES, MONITOR_PERIOD, NodeLifecycle, PASS, TAINT_PASS, Task, VERDICT};
use super::{grace, grid, last_renewal, taints, zones};
use crate::actor::Cx;
use crate::api::{Condition, Node, Pod, Status};
use crate::time::SimTime;
use crate::world::{Aspects, NodeId, PodId, Source, World};
use std::collections::BTreeSet;

/// The conditions that silence makes unknown. NetworkUnavailable is not the kubelet's.
const FROM_KUBELET: [&str; 4] = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

impl NodeLifecycle {
    pub(super) fn monitor_node_health(&mut self, cx: &mut Cx) {
        let now = cx.now;
        self.look_at = None;
        self.lost_nodes = false;
        self.make_up_for_skipped_looks(cx);
        self.last_look = Some(now);
        let mut nodes = std::mem::take(&mut self.dirty);
        nodes.extend(self.troubled.iter().copied());
        nodes.extend(self.known.iter().filter(|(_, health)| health.silent && health.ready).map(|(id, _)| *id));
        for id in &nodes {
            self.register(*id, cx);
        }
        for object in std::mem::take(&mut self.removed) {
            let Some(id) = object.id::<Node>() else { continue };
            self.forget(id);
            if let Some(name) = self.names.remove(&id) {
                let message = format!("Node {name} event: Removing Node {name} from Controller");
                cx.world.event(object, Source::Node, false, "RemovingNode", message);
            }
        }
        let snapshot_of_taints: BTreeSet<NodeId> = self
            .troubled
            .iter()
            .filter(|id| cx.world.nodes.get(**id).is_some_and(taints::has_any_no_execute))
            .copied()
            .collect();
        for id in in_turn(nodes, cx.world) {
            self.look_at_node(id, cx);
        }
        if let Some(snapshot) = self.compute_zone_states(snapshot_of_taints) {
            // Writing takes time: a look that finds nodes lost is over only after the first of them has got its taint.
            if std::mem::take(&mut self.lost_nodes) {
                self.verdict = Some(snapshot);
                cx.alarms.set(now + LOOK_TAKES, ActorKind::NodeLifecycle, Key::round(VERDICT, 0));
            } else {
                self.handle_disruption(snapshot, cx);
            }
        }
        self.set_pass(now + TAINT_PASS, cx);
    }

    /// Each look puts nodes that still lack their taint at the end of the queue, and those whose taint was served but who were
    /// forgotten into it; the last of the looks that were not taken does it for all of them.
    fn make_up_for_skipped_looks(&mut self, cx: &mut Cx) {
        let before = cx.now - MONITOR_PERIOD;
        if self.last_look.is_none_or(|last| last >= before) {
            return;
        }
        for id in self.troubled.clone() {
            self.queue_for_taint(id, before, cx);
        }
    }

    /// A node that was not known yet. Upstream: classifyNodes, addPodEvictorForNewZone.
    fn register(&mut self, id: NodeId, cx: &mut Cx) {
        let Some(node) = cx.world.nodes.get(id) else { return };
        let (zone, excluded) = (zones::key(node), zones::is_excluded(node));
        let zone = self.zone_number(zone, cx.now);
        if let Some(health) = self.known.get_mut(&id) {
            if (health.zone, health.excluded) != (zone, excluded) {
                let (old, ready, was_excluded) = (health.zone, health.ready, health.excluded);
                (health.zone, health.excluded) = (zone, excluded);
                self.count(old, ready, was_excluded, -1);
                self.count(zone, ready, excluded, 1);
            }
            return;
        }
        let name = node.meta.name.clone();
        let silent_since = cx.world.machine(&name).silent_since;
        let renewed = silent_since.map(|since| last_renewal(cx.world, node, since));
        let probed = match (node.ready(), renewed) {
            (None, _) => node.meta.created,
            (Some(_), Some(renewed)) => grid(cx.world, renewed),
            (Some(_), None) => cx.now,
        };
        let ready = node.is_ready();
        if silent_since.is_some() || node.ready().is_none() {
            let due = grid(cx.world, probed + grace(cx.world, node));
            self.want_look_at(due.max(cx.now + MONITOR_PERIOD), cx);
        }
        self.known.insert(id, Health { zone, probed, silent: silent_since.is_some(), excluded, ready });
        self.names.insert(id, name.clone());
        self.count(zone, ready, excluded, 1);
        let message = format!("Node {name} event: Registered Node {name} in Controller");
        cx.world.event(id, Source::Node, false, "RegisteredNode", message);
        self.mark_node_as_reachable(id, true, cx);
    }

    pub(super) fn want_look_at(&mut self, at: SimTime, cx: &mut Cx) {
        cx.alarms.set(at, ActorKind::NodeLifecycle, Key::round(super::LOOK, 0));
        self.look_at = Some(self.look_at.map_or(at, |set| set.min(at)));
    }

    fn forget(&mut self, id: NodeId) {
        if let Some(health) = self.known.remove(&id) {
            self.count(health.zone, health.ready, health.excluded, -1);
            if let Some(zone) = self.zones.get_mut(health.zone) {
                zone.queue.remove(id);
            }
        }
    }

    fn look_at_node(&mut self, id: NodeId, cx: &mut Cx) {
        let Some(observed) = cx.world.nodes.get(id).map(Node::ready) else { return };
        let current = self.try_update_node_health(id, cx);
        let ready = current == Some(Status::True);
        if let Some(health) = self.known.get_mut(&id) {
            let (zone, before, excluded) = (health.zone, health.ready, health.excluded);
            health.ready = ready;
            self.count(zone, before, excluded, -1);
            self.count(zone, ready, excluded, 1);
        }
        let Some(current) = current else { return };
        self.process_taint_base_eviction(id, current, cx);
        let tainted = cx.world.nodes.get(id).is_some_and(taints::has_any_no_execute);
        if ready && !tainted {
            self.troubled.remove(&id);
        } else {
            self.troubled.insert(id);
        }
        if current != Status::True && observed == Some(Status::True) {
            self.lost_nodes = true;
            let name = self.names.get(&id).cloned().unwrap_or_default();
            let message = format!("Node {name} status is now: NodeNotReady");
            cx.world.event(id, Source::Node, false, "NodeNotReady", message);
            let pods = cx.world.index.seat(&name).map(|seat| seat.pods.iter().copied());
            self.tasks.extend(pods.into_iter().flatten().map(Task::PodNotReady));
        }
    }

    /// Silence makes conditions unknown. Answers the status of Ready. Upstream: tryUpdateNodeHealth.
    fn try_update_node_health(&mut self, id: NodeId, cx: &mut Cx) -> Option<Status> {
        let now = cx.now;
        let node = cx.world.nodes.get(id)?;
        let health = self.known.get(&id)?;
        let current = node.ready();
        let due = health.probed + grace(cx.world, node);
        let silent = health.silent || current.is_none();
        if !silent || current == Some(Status::Unknown) {
            return current;
        }
        if now < due {
            let due = grid(cx.world, due);
            self.want_look_at(due, cx);
            return current;
        }
        cx.world.modify(id, |node: &mut Node| {
            for kind in FROM_KUBELET {
                let (reason, message) = match Condition::find(&node.conditions, kind) {
                    Some(old) if old.status == Status::Unknown => continue,
                    Some(_) => ("NodeStatusUnknown", "Kubelet stopped posting node status."),
                    None => ("NodeStatusNeverUpdated", "Kubelet never posted node status."),
                };
                Condition::set(&mut node.conditions, Condition::new(kind, Status::Unknown, reason, message, now));
            }
            Aspects::STATUS | Aspects::READY
        });
        Some(Status::Unknown)
    }

    /// Upstream: processTaintBaseEviction.
    fn process_taint_base_eviction(&mut self, id: NodeId, ready: Status, cx: &mut Cx) {
        let now = cx.now;
        let Some(node) = cx.world.nodes.get(id) else { return };
        let opposite = match ready {
            Status::True => return self.mark_node_as_reachable(id, true, cx),
            Status::False => Status::Unknown,
            Status::Unknown => Status::False,
        };
        if taints::has_no_execute(node, opposite) {
            taints::swap_no_execute(cx.world, id, ready, now);
        } else {
            self.queue_for_taint(id, now, cx);
        }
    }

    /// Upstream: markNodeForTainting.
    fn queue_for_taint(&mut self, id: NodeId, now: SimTime, cx: &mut Cx) {
        let Some(node) = cx.world.nodes.get(id) else { return };
        let Some(status) = node.ready().filter(|status| *status != Status::True) else { return };
        let Some(zone) = self.known.get(&id).and_then(|health| self.zones.get_mut(health.zone)) else { return };
        if !taints::has_no_execute(node, status) {
            zone.queue.remove(id);
        }
        zone.queue.add(id, now);
    }

    /// Takes our NoExecute taints off, if the look has seen any, and the node out of the queue.
    /// Upstream: markNodeAsReachable.
    pub(super) fn mark_node_as_reachable(&mut self, id: NodeId, seen: bool, cx: &mut Cx) {
        if seen {
            taints::swap_no_execute(cx.world, id, Status::True, cx.now);
        }
        if let Some(zone) = self.known.get(&id).and_then(|health| self.zones.get_mut(health.zone)) {
            zone.queue.remove(id);
        }
    }

    /// Serves the queues for NoExecute taints as far as their rates allow. Upstream: doNoExecuteTaintingPass.
    pub(super) fn do_no_execute_tainting_pass(&mut self, cx: &mut Cx) {
        let now = cx.now;
        for zone in 0..self.zones.len() {
            while let Some(id) = self.zones.get_mut(zone).and_then(|zone| zone.queue.take(now)) {
                let status = cx.world.nodes.get(id).and_then(Node::ready);
                if let Some(status) = status.filter(|status| *status != Status::True) {
                    taints::swap_no_execute(cx.world, id, status, now);
                }
            }
        }
        self.set_pass(now, cx);
    }

    /// Sets the next pass, not before `from`.
    pub(super) fn set_pass(&mut self, from: SimTime, cx: &mut Cx) {
        let next = self.zones.iter().filter_map(|zone| zone.queue.next_at(from)).min();
        if let Some(at) = next {
            cx.alarms.set(at, ActorKind::NodeLifecycle, Key::round(PASS, 0));
        }
    }
}

/// Upstream several workers go through the nodes at once, so the order of their looks is open.
fn in_turn(nodes: BTreeSet<NodeId>, world: &World) -> Vec<NodeId> {
    let mut nodes: Vec<NodeId> = nodes.into_iter().collect();
    if !world.leanings.is_empty() {
        nodes.sort_by_key(|id| world.leanings.turn(*id));
    }
    nodes
}

/// Upstream: pkg/controller/util/node/controller_utils.go MarkPodsNotReady.
pub(super) fn mark_pod_not_ready(id: PodId, cx: &mut Cx) {
    let now = cx.now;
    let marked = cx.world.modify(id, |pod: &mut Pod| {
        let changed = pod.status.ready.set(Status::False, now);
        if changed { Aspects::STATUS | Aspects::READY } else { Aspects::NONE }
    });
    if marked {
        cx.world.event(id, Source::Node, true, "NodeNotReady", "Node is not ready");
    }
}
