//! The Pod garbage collector: removes Pods that nobody else can remove.
//! Upstream: pkg/controller/podgc/gc_controller.go.
//!
//! Upstream looks every 20 seconds; here only at those moments of that grid at which there is something to find.

use super::taint_eviction::mark_disrupted;
use super::{Actor, ActorKind, Cx, Key, Sight};
use crate::api::{Kind, Node, Phase, Pod, Text};
use crate::time::{SimDuration, SimTime};
use crate::world::{Aspects, Change, ChangeVerb, DeleteOptions, PodId, World};
use std::collections::BTreeMap;

/// How often the collector looks. Upstream: gcCheckPeriod.
pub const GC_CHECK_PERIOD: SimDuration = SimDuration::from_secs(20);
/// How long a node must have been gone for its Pods to go. Upstream: quarantineTime.
pub const QUARANTINE: SimDuration = SimDuration::from_secs(40);
/// `--terminated-pod-gc-threshold`: so many ended Pods may stay, in Pods.
pub const TERMINATED_POD_THRESHOLD: usize = 12_500;
/// The taint that says a machine is off for certain.
pub const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

const ROUND: u16 = 1;

/// The Pod garbage collector.
#[derive(Clone, Debug, Default)]
pub struct PodGc {
    /// Names of vanished nodes that had Pods, and since which round they are known to be gone.
    orphaned: BTreeMap<Text, Option<SimTime>>,
    /// Names of nodes that may be out of service.
    out_of_service: std::collections::BTreeSet<Text>,
    /// Pods being deleted that were never bound.
    unscheduled: std::collections::BTreeSet<PodId>,
    /// How many Pods have ended.
    terminated: usize,
    round_at: Option<SimTime>,
}

impl PodGc {
    fn want_round(&mut self, world: &World, from: SimTime, alarms: &mut super::Alarms) {
        let at = from.next_multiple(GC_CHECK_PERIOD, SimTime::default() + world.settings.pod_gc_offset);
        if self.round_at.is_none_or(|set| at < set) {
            self.round_at = Some(at);
            alarms.set(at, ActorKind::PodGc, Key::round(ROUND, 0));
        }
    }

    /// One round. Upstream: gc.
    fn gc(&mut self, cx: &mut Cx) {
        self.gc_terminated(cx);
        self.gc_terminating(cx);
        self.gc_orphaned(cx);
        self.gc_unscheduled_terminating(cx);
        let more = !self.orphaned.is_empty() || self.terminated > TERMINATED_POD_THRESHOLD;
        if more {
            self.want_round(cx.world, cx.now + SimDuration::from_nanos(1), cx.alarms);
        }
    }

    /// Upstream: gcTerminated.
    fn gc_terminated(&mut self, cx: &mut Cx) {
        if self.terminated <= TERMINATED_POD_THRESHOLD {
            return;
        }
        let key = |pod: &Pod| (pod.status.reason != "Evicted", pod.meta.created, pod.meta.name.clone());
        let ended = cx.world.pods.iter().filter(|(_, pod)| pod.is_ended());
        let mut ended: Vec<_> = ended.map(|(id, pod)| (key(pod), id)).collect();
        let surplus = ended.len().saturating_sub(TERMINATED_POD_THRESHOLD);
        ended.sort();
        for (_, id) in ended.into_iter().take(surplus) {
            mark_failed_and_delete(id, None, cx);
        }
    }

    /// Upstream: gcTerminating.
    fn gc_terminating(&mut self, cx: &mut Cx) {
        for name in std::mem::take(&mut self.out_of_service) {
            let off = cx.world.node(&name).is_some_and(|node| !node.is_ready() && is_out_of_service(node));
            let pods = cx.world.index.seat(&name).filter(|_| off).map(|seat| seat.pods.iter().copied());
            let terminating = |id: &PodId| cx.world.pods.get(*id).is_some_and(|pod| pod.meta.deleting());
            let doomed: Vec<PodId> = pods.into_iter().flatten().filter(terminating).collect();
            for id in doomed {
                mark_failed_and_delete(id, None, cx);
            }
        }
    }

    /// Upstream: gcOrphaned.
    fn gc_orphaned(&mut self, cx: &mut Cx) {
        let now = cx.now;
        let mut due = Vec::new();
        self.orphaned.retain(|name, noticed| {
            let pods = cx.world.index.seat(name).map_or(0, |seat| seat.pods.len());
            if cx.world.node(name).is_some() || pods == 0 {
                return false;
            }
            let since = *noticed.get_or_insert(now);
            if since + QUARANTINE <= now {
                due.push(name.clone());
                return false;
            }
            true
        });
        let why = ("DeletionByPodGC", "PodGC: node no longer exists");
        for name in due {
            let pods = cx.world.index.seat(&name).map(|seat| seat.pods.iter().copied().collect::<Vec<_>>());
            for id in pods.unwrap_or_default() {
                mark_failed_and_delete(id, Some(why), cx);
            }
        }
    }

    /// Upstream: gcUnscheduledTerminating.
    fn gc_unscheduled_terminating(&mut self, cx: &mut Cx) {
        for id in std::mem::take(&mut self.unscheduled) {
            let waits = cx.world.pods.get(id).is_some_and(|pod| pod.meta.deleting() && pod.node_name.is_empty());
            if waits {
                mark_failed_and_delete(id, None, cx);
            }
        }
    }

    fn observe_pod(&mut self, id: PodId, change: &Change, sight: &mut Sight) {
        let Some(pod) = sight.world.pods.get(id) else { return };
        let added = change.verb == ChangeVerb::Added;
        if pod.is_ended() && (added || change.aspects.any(Aspects::PHASE)) {
            self.terminated += 1;
            if self.terminated > TERMINATED_POD_THRESHOLD {
                self.want_round(sight.world, sight.now, sight.alarms);
            }
        }
        if !pod.node_name.is_empty() && (added || change.aspects.any(Aspects::BOUND)) {
            // Bound to a node that is not there.
            if sight.world.node(&pod.node_name).is_none() {
                self.orphaned.entry(pod.node_name.clone()).or_default();
                self.want_round(sight.world, sight.now, sight.alarms);
            }
        }
        if pod.meta.deleting() && (added || change.aspects.any(Aspects::DELETION)) {
            if pod.node_name.is_empty() {
                self.unscheduled.insert(id);
                self.want_round(sight.world, sight.now, sight.alarms);
            } else if sight.world.node(&pod.node_name).is_some_and(is_out_of_service) {
                self.out_of_service.insert(pod.node_name.clone());
                self.want_round(sight.world, sight.now, sight.alarms);
            }
        }
    }

    fn observe_node(&mut self, change: &Change, sight: &mut Sight) {
        let Some(node) = change.object.id().and_then(|id| sight.world.nodes.ghost(id)) else { return };
        let name = node.meta.name.clone();
        match change.verb {
            ChangeVerb::Deleted => {
                if sight.world.index.seat(&name).is_some_and(|seat| !seat.pods.is_empty()) {
                    self.orphaned.entry(name).or_default();
                    self.want_round(sight.world, sight.now, sight.alarms);
                }
            }
            _ => {
                let asked = Aspects::TAINTS | Aspects::READY;
                if is_out_of_service(node) && (change.verb == ChangeVerb::Added || change.aspects.any(asked)) {
                    self.out_of_service.insert(name);
                    self.want_round(sight.world, sight.now, sight.alarms);
                }
            }
        }
    }
}

fn is_out_of_service(node: &Node) -> bool {
    node.taints.iter().any(|taint| taint.key == OUT_OF_SERVICE)
}

/// Upstream: markFailedAndDeletePodWithCondition.
fn mark_failed_and_delete(id: PodId, why: Option<(&'static str, &'static str)>, cx: &mut Cx) {
    let now = cx.now;
    if cx.world.pods.get(id).is_some_and(|pod| !pod.status.phase.is_terminal()) {
        if let Some(why) = why {
            mark_disrupted(cx.world, id, why, now);
        }
        cx.world.modify(id, |pod: &mut Pod| {
            pod.status.phase = Phase::Failed;
            Aspects::STATUS | Aspects::PHASE
        });
    }
    // It may have gone meanwhile; then there is nothing left to do.
    let _ = cx.world.delete(id, DeleteOptions::FORCE, now);
}

impl Actor for PodGc {
    fn observe(&mut self, change: &Change, sight: &mut Sight) {
        match (change.object.kind, change.verb) {
            (Kind::Node, _) => self.observe_node(change, sight),
            (Kind::Pod, ChangeVerb::Deleted) => {
                let ghost = change.object.id().and_then(|id| sight.world.pods.ghost(id));
                if ghost.is_some_and(Pod::is_ended) {
                    self.terminated = self.terminated.saturating_sub(1);
                }
            }
            (Kind::Pod, _) => {
                if let Some(id) = change.object.id() {
                    self.observe_pod(id, change, sight);
                }
            }
            _ => {}
        }
    }

    fn ring(&mut self, _key: Key, cx: &mut Cx) {
        if self.round_at.is_some_and(|at| at <= cx.now) {
            self.round_at = None;
            self.gc(cx);
        }
    }

    fn work(&mut self, _cx: &mut Cx) -> bool {
        false
    }
}
