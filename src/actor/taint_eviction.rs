//! The taint eviction controller: Pods leave nodes with NoExecute taints that they do not tolerate (any longer).
//! Upstream: pkg/controller/tainteviction/taint_eviction.go.

use super::{Actor, ActorKind, Cx, Key, Sight};
use crate::api::node::Taint;
use crate::api::pod_spec::Toleration;
use crate::api::{Condition, Kind, Node, Pod, Status, Text};
use crate::time::{SimDuration, SimTime};
use crate::world::{Aspects, Change, ChangeVerb, DeleteOptions, NodeId, PodId, Source, World};
use std::collections::{BTreeMap, VecDeque};

/// Alarm code: an eviction is due.
const EVICT: u16 = 1;

#[derive(Clone, Copy, Debug)]
enum Update {
    Node(NodeId),
    Pod(PodId),
}

/// The taint eviction controller.
#[derive(Clone, Debug, Default)]
pub struct TaintEviction {
    /// The NoExecute taints of nodes that have any, by name.
    tainted: BTreeMap<Text, Vec<Taint>>,
    /// When Pods will be evicted.
    timers: BTreeMap<PodId, SimTime>,
    updates: VecDeque<Update>,
    /// Pods that are gone but had an eviction to come.
    vanished: Vec<(PodId, Text)>,
}

fn no_execute_taints(node: &Node) -> impl Iterator<Item = &Taint> {
    node.taints.iter().filter(|taint| taint.effect == "NoExecute")
}

/// How long a Pod may stay on a node with these taints: `None` for ever, zero not at all.
/// Upstream: GetMatchingTolerations, getMinTolerationTime.
fn toleration_time<'a>(taints: impl Iterator<Item = &'a Taint>, tolerations: &[Toleration]) -> Option<SimDuration> {
    let mut shortest: Option<i64> = None;
    for taint in taints {
        let Some(toleration) = tolerations.iter().find(|toleration| toleration.tolerates(taint)) else {
            return Some(SimDuration::ZERO);
        };
        if let Some(seconds) = toleration.seconds {
            shortest = Some(shortest.map_or(seconds, |least| least.min(seconds)));
        }
    }
    shortest.map(|seconds| SimDuration::from_secs(seconds.max(0)))
}

fn full_name(world: &World, id: PodId) -> Text {
    world.pods.ghost(id).map_or(Text::EMPTY, |pod| Text::from(format!("{}/{}", pod.meta.namespace, pod.meta.name)))
}

impl TaintEviction {
    /// Upstream: handleNodeUpdate.
    fn handle_node_update(&mut self, id: NodeId, cx: &mut Cx) {
        let Some(node) = cx.world.nodes.get(id) else { return };
        let name = node.meta.name.clone();
        let taints: Vec<Taint> = no_execute_taints(node).cloned().collect();
        if self.tainted.get(&name).map_or(&[][..], Vec::as_slice) == taints {
            return;
        }
        match taints.is_empty() {
            true => drop(self.tainted.remove(&name)),
            false => drop(self.tainted.insert(name.clone(), taints)),
        }
        let pods = cx.world.index.seat(&name).map(|seat| seat.pods.iter().copied().collect::<Vec<_>>());
        for pod in pods.unwrap_or_default() {
            self.process_pod_on_node(pod, cx);
        }
    }

    /// Upstream: processPodOnNode.
    fn process_pod_on_node(&mut self, id: PodId, cx: &mut Cx) {
        let Some(pod) = cx.world.pods.get(id) else { return };
        let Some(taints) = self.tainted.get(&pod.node_name) else { return self.cancel(id, cx) };
        match toleration_time(taints.iter(), &pod.spec.tolerations) {
            None => self.cancel(id, cx),
            Some(SimDuration::ZERO) => {
                self.cancel(id, cx);
                self.evict(id, cx);
            }
            // A countdown that has begun goes on, for it ends no later than a new one would.
            Some(stays) => {
                let at = cx.now + stays;
                if let std::collections::btree_map::Entry::Vacant(timer) = self.timers.entry(id) {
                    timer.insert(at);
                    cx.alarms.set(at, ActorKind::TaintEviction, Key::object(id, EVICT, 0));
                }
            }
        }
    }

    /// Upstream: cancelWorkWithEvent.
    fn cancel(&mut self, id: PodId, cx: &mut Cx) {
        if self.timers.remove(&id).is_some() {
            let message = format!("Cancelling deletion of Pod {}", full_name(cx.world, id));
            cx.world.event(id, Source::TaintEviction, false, "TaintManagerEviction", message);
        }
    }

    /// Upstream: addConditionAndDeletePod.
    fn evict(&mut self, id: PodId, cx: &mut Cx) {
        let now = cx.now;
        if !cx.world.exists(id.into()) {
            return;
        }
        if let Err(at) = cx.call(ActorKind::TaintEviction) {
            self.timers.insert(id, at);
            cx.alarms.set(at, ActorKind::TaintEviction, Key::object(id, EVICT, 0));
            return;
        }
        let _ = cx.call(ActorKind::TaintEviction);
        let message = format!("Marking for deletion Pod {}", full_name(cx.world, id));
        cx.world.event(id, Source::TaintEviction, false, "TaintManagerEviction", message);
        let reason = ("DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint");
        mark_disrupted(cx.world, id, reason, now);
        let _ = cx.world.delete(id, DeleteOptions::default(), now);
    }
}

/// Sets condition DisruptionTarget. Answers whether it was written.
pub(super) fn mark_disrupted(world: &mut World, id: PodId, why: (&'static str, &'static str), now: SimTime) -> bool {
    world.modify(id, |pod: &mut Pod| {
        let new = Condition::new("DisruptionTarget", Status::True, why.0, why.1, now);
        let old = Condition::find(&pod.status.conditions, "DisruptionTarget");
        if old.is_some_and(|old| old.status == Status::True && old.reason == new.reason) {
            return Aspects::NONE;
        }
        Condition::set(&mut pod.status.conditions, new);
        Aspects::STATUS
    })
}

impl Actor for TaintEviction {
    fn observe(&mut self, change: &Change, sight: &mut Sight) {
        match (change.object.kind, change.verb) {
            (Kind::Node, ChangeVerb::Deleted) => {
                if let Some(node) = change.object.id().and_then(|id| sight.world.nodes.ghost(id)) {
                    self.tainted.remove(&node.meta.name);
                }
            }
            (Kind::Node, verb) if verb == ChangeVerb::Added || change.aspects.any(Aspects::TAINTS) => {
                self.updates.extend(change.object.id().map(Update::Node));
            }
            (Kind::Pod, ChangeVerb::Deleted) => {
                let Some(id) = change.object.id::<Pod>() else { return };
                if self.timers.contains_key(&id) {
                    self.vanished.push((id, full_name(sight.world, id)));
                }
            }
            (Kind::Pod, verb) => {
                // Pods on nodes without such taints, nearly all, need no look.
                if self.tainted.is_empty() {
                    return;
                }
                let asked = verb == ChangeVerb::Added || change.aspects.any(Aspects::BOUND | Aspects::SPEC);
                let Some(id) = change.object.id::<Pod>().filter(|_| asked) else { return };
                if sight.world.pods.get(id).is_some_and(|pod| self.tainted.contains_key(&pod.node_name)) {
                    self.updates.push_back(Update::Pod(id));
                }
            }
            _ => {}
        }
    }

    fn ring(&mut self, key: Key, cx: &mut Cx) {
        let Some(id) = key.object.and_then(|object| object.id::<Pod>()) else { return };
        if self.timers.get(&id).is_some_and(|at| *at <= cx.now) {
            self.timers.remove(&id);
            self.evict(id, cx);
        }
    }

    fn work(&mut self, cx: &mut Cx) -> bool {
        if let Some((id, name)) = self.vanished.pop() {
            if self.timers.remove(&id).is_some() {
                let message = format!("Cancelling deletion of Pod {name}");
                cx.world.event(id, Source::TaintEviction, false, "TaintManagerEviction", message);
            }
            return true;
        }
        match self.updates.pop_front() {
            Some(Update::Node(id)) => self.handle_node_update(id, cx),
            Some(Update::Pod(id)) => self.process_pod_on_node(id, cx),
            None => return false,
        }
        true
    }
}
