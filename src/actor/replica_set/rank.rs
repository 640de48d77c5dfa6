//! Which Pods go first when there are too many.
//! Upstream: pkg/controller/controller_utils.go ActivePodsWithRanks.

use crate::api::{Kind, Labels, Phase, Pod, ReplicaSet, Text, Uid};
use crate::time::{SimDuration, SimTime};
use crate::world::{Id, PodId, World};
use std::collections::BTreeMap;

/// The annotation by which people say which Pods to keep.
pub const POD_DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// What counts of a Pod when Pods are ranked.
struct Ranked {
    id: PodId,
    assigned: bool,
    phase: Phase,
    ready: bool,
    cost: i32,
    /// Active Pods of the same family on its node.
    neighbours: u32,
    ready_since: SimTime,
    restarts: (i32, i32),
    created: SimTime,
    /// What decides between equals: its turn, then its UID, which is as good as chance.
    lot: (u32, Uid),
}

/// The first `count` of `pods` in order of deletion; `pods` must be active.
// pkg/controller/replicaset/replica_set.go getPodsToDelete
pub fn get_pods_to_delete(world: &World, set: &ReplicaSet, pods: Vec<PodId>, count: usize, now: SimTime) -> Vec<PodId> {
    if count >= pods.len() {
        return pods;
    }
    let on_node = related_pods_by_node(world, set);
    let ranked = pods.iter().filter_map(|id| {
        let turn = world.leanings.turn(*id);
        world.pods.get(*id).map(|pod| rank(*id, pod, &on_node, turn))
    });
    let ranked = ranked.collect();
    sort_by_less(ranked, |a, b| less(a, b, now)).into_iter().take(count).map(|pod| pod.id).collect()
}

fn rank(id: PodId, pod: &Pod, on_node: &BTreeMap<Text, u32>, turn: u32) -> Ranked {
    Ranked {
        id,
        assigned: !pod.node_name.is_empty(),
        phase: pod.status.phase,
        ready: pod.is_ready(),
        cost: deletion_cost(&pod.meta.annotations),
        neighbours: on_node.get(&pod.node_name).copied().unwrap_or(0),
        ready_since: pod.status.ready.since,
        restarts: max_container_restarts(pod),
        created: pod.meta.created,
        lot: (turn, pod.meta.uid),
    }
}

/// How many active Pods of all ReplicaSets with the same controller are on each node.
// pkg/controller/replicaset/replica_set.go getIndirectlyRelatedPods, getPodsRankedByRelatedPodsOnSameNode
fn related_pods_by_node(world: &World, set: &ReplicaSet) -> BTreeMap<Text, u32> {
    let mut on_node = BTreeMap::new();
    let Some(controller) = set.meta.controller() else { return on_node };
    let mut count = |id: PodId, sibling: &ReplicaSet| {
        let Some(pod) = world.pods.get(id) else { return };
        if pod.is_active() && sibling.selector.matches(&pod.meta.labels) {
            *on_node.entry(pod.node_name.clone()).or_insert(0) += 1;
        }
    };
    for sibling in world.index.dependents(controller.uid).filter(|object| object.kind == Kind::ReplicaSet) {
        let Some(sibling) = sibling.id().and_then(|id: Id<ReplicaSet>| world.replica_sets.get(id)) else { continue };
        if sibling.meta.controller().is_none_or(|owner| owner.uid != controller.uid) {
            continue;
        }
        // Upstream takes every Pod that the selector matches; those of other controllers can only be there when two
        // selectors overlap, which is a mistake anyway.
        world.index.dependents(sibling.meta.uid).filter_map(|object| object.id()).for_each(|id| count(id, sibling));
        let strays = world.index.uncontrolled(Kind::Pod, &sibling.meta.namespace);
        strays.filter_map(|object| object.id()).for_each(|id| count(id, sibling));
    }
    on_node
}

/// Whether `a` is to be deleted rather than `b`. For some triples this is not transitive, upstream neither.
// pkg/controller/controller_utils.go ActivePodsWithRanks.Less
fn less(a: &Ranked, b: &Ranked, now: SimTime) -> bool {
    if a.assigned != b.assigned {
        return !a.assigned;
    }
    if a.phase != b.phase {
        return a.phase < b.phase;
    }
    if a.ready != b.ready {
        return !a.ready;
    }
    if a.cost != b.cost {
        return a.cost < b.cost;
    }
    if a.neighbours != b.neighbours {
        return a.neighbours > b.neighbours;
    }
    if a.ready && a.ready_since != b.ready_since {
        return younger(a, b, |pod| pod.ready_since, now);
    }
    if a.restarts != b.restarts {
        return a.restarts > b.restarts;
    }
    if a.created != b.created {
        return younger(a, b, |pod| pod.created, now);
    }
    a.lot.0 < b.lot.0
}

/// Whether the time of `a` is the later one, both measured by the power of two of their age; within one power the UID
/// decides, which is as good as chance.
// pkg/controller/controller_utils.go logarithmicRankDiff, afterOrZero
fn younger(a: &Ranked, b: &Ranked, time: impl Fn(&Ranked) -> SimTime, now: SimTime) -> bool {
    let unset = SimTime::default();
    if time(a) == unset || time(b) == unset {
        return time(a) == unset;
    }
    let bucket = |pod: &Ranked| log_bucket(now - time(pod));
    match bucket(a) - bucket(b) {
        0 => a.lot < b.lot,
        difference => difference < 0,
    }
}

/// The whole part of the binary logarithm of an age in nanoseconds; -1 for none.
fn log_bucket(age: SimDuration) -> i32 {
    u64::try_from(age.nanos()).ok().and_then(u64::checked_ilog2).map_or(-1, |log| log as i32)
}

/// What the annotation says; 0 when it is absent or malformed.
// pkg/apis/core/v1/helper/helpers.go GetDeletionCostFromPodAnnotations
fn deletion_cost(annotations: &Labels) -> i32 {
    let Some(text) = annotations.get(POD_DELETION_COST) else { return 0 };
    let well_begun = *text == "0" || text.starts_with(|first: char| first == '-' || ('1'..='9').contains(&first));
    if well_begun { text.parse().unwrap_or(0) } else { 0 }
}

/// The most restarts of any main container, and of any sidecar.
// pkg/controller/controller_utils.go maxContainerRestarts
fn max_container_restarts(pod: &Pod) -> (i32, i32) {
    let is_sidecar = |name: &Text| pod.spec.init_containers.iter().any(|c| c.name == *name && c.is_sidecar());
    let sidecars = pod.status.init_containers.iter().filter(|status| is_sidecar(&status.name));
    (pod.status.max_restarts().max(0), sidecars.map(|status| status.restart_count).max().unwrap_or(0).max(0))
}

/// A stable merge sort that only asks whether one item goes before another, so that an inconsistent order does no harm.
fn sort_by_less<T>(items: Vec<T>, less: impl Fn(&T, &T) -> bool + Copy) -> Vec<T> {
    let mut runs: Vec<Vec<T>> = items.into_iter().map(|item| vec![item]).collect();
    while runs.len() > 1 {
        let mut pairs = Vec::with_capacity(runs.len().div_ceil(2));
        let mut rest = runs.into_iter();
        while let Some(first) = rest.next() {
            pairs.push(match rest.next() {
                Some(second) => merge(first, second, less),
                None => first,
            });
        }
        runs = pairs;
    }
    runs.pop().unwrap_or_default()
}

fn merge<T>(first: Vec<T>, second: Vec<T>, less: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let mut merged = Vec::with_capacity(first.len() + second.len());
    let (mut first, mut second) = (first.into_iter().peekable(), second.into_iter().peekable());
    while let (Some(a), Some(b)) = (first.peek(), second.peek()) {
        let next = if less(b, a) { second.next() } else { first.next() };
        merged.extend(next);
    }
    merged.extend(first);
    merged.extend(second);
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const NOW: i64 = 1_000_000;

    fn time(age_seconds: i64) -> String {
        SimTime::from_unix_seconds(NOW - age_seconds).to_string()
    }

    /// A Pod as a value: UID, node, phase, seconds ready (or not), seconds old, restarts, cost.
    fn pod(uid: &str, node: &str, phase: &str, ready: Option<i64>, age: i64, restarts: i64, cost: &str) -> Value {
        let mut conditions = Vec::new();
        if let Some(seconds) = ready {
            conditions.push(json!({"type": "Ready", "status": "True", "lastTransitionTime": time(seconds)}));
        }
        json!({
            "metadata": {"name": uid, "namespace": "default", "uid": uid, "creationTimestamp": time(age),
                         "labels": {"app": "web"}, "annotations": {POD_DELETION_COST: cost}},
            "spec": {"nodeName": node, "containers": [{"name": "c"}]},
            "status": {"phase": phase, "conditions": conditions,
                       "containerStatuses": [{"name": "c", "restartCount": restarts}]},
        })
    }

    fn ranked(value: &Value) -> Ranked {
        let pod = Pod::from_value(value);
        rank(Id::new(0, 0), &pod, &BTreeMap::from([(Text::from("busy"), 2), (Text::from("n"), 1)]), u32::MAX)
    }

    #[test]
    fn each_rule_decides_when_the_ones_before_it_are_even() {
        let now = SimTime::from_unix_seconds(NOW);
        let rows = [
            (
                "unassigned before assigned",
                pod("z", "", "Running", Some(9), 9, 0, "9"),
                pod("a", "n", "Pending", None, 1, 5, "0"),
            ),
            (
                "pending before running",
                pod("z", "n", "Pending", None, 9, 0, "9"),
                pod("a", "n", "Running", None, 1, 5, "0"),
            ),
            (
                "unknown before running",
                pod("z", "n", "Unknown", None, 9, 0, "9"),
                pod("a", "n", "Running", None, 1, 5, "0"),
            ),
            (
                "not ready before ready",
                pod("z", "n", "Running", None, 99, 0, "9"),
                pod("a", "n", "Running", Some(1), 1, 5, "0"),
            ),
            (
                "lower cost first",
                pod("z", "n", "Running", Some(99), 99, 0, "-1"),
                pod("a", "busy", "Running", Some(1), 1, 5, ""),
            ),
            (
                "a cost with a plus sign is malformed",
                pod("z", "n", "Running", Some(99), 99, 0, "-1"),
                pod("a", "n", "Running", Some(1), 1, 5, "+7"),
            ),
            (
                "more neighbours first",
                pod("z", "busy", "Running", Some(99), 99, 0, "0"),
                pod("a", "n", "Running", Some(1), 1, 5, "0"),
            ),
            (
                "ready for a shorter time first",
                pod("z", "n", "Running", Some(7), 99, 0, "0"),
                pod("a", "n", "Running", Some(40), 99, 5, "0"),
            ),
            (
                "within one power of two the lower UID",
                pod("a", "n", "Running", Some(45), 99, 0, "0"),
                pod("z", "n", "Running", Some(39), 99, 5, "0"),
            ),
            (
                "more restarts first",
                pod("z", "n", "Running", Some(9), 99, 5, "0"),
                pod("a", "n", "Running", Some(9), 1, 0, "0"),
            ),
            ("younger first", pod("z", "n", "Pending", None, 1, 0, "0"), pod("a", "n", "Pending", None, 99, 0, "0")),
            (
                "of about the same age the lower UID",
                pod("a", "n", "Pending", None, 68, 0, "0"),
                pod("z", "n", "Pending", None, 35, 0, "0"),
            ),
        ];
        for (rule, first, second) in rows {
            let (first, second) = (ranked(&first), ranked(&second));
            assert!(less(&first, &second, now) && !less(&second, &first, now), "{rule}");
        }
    }

    #[test]
    fn sorting_survives_an_order_that_contradicts_itself() {
        let sorted = sort_by_less((0..100).collect(), |a: &i32, b: &i32| (a + 1) % 3 == b % 3);
        assert_eq!(sorted.len(), 100);
        assert_eq!(sort_by_less(vec![3, 1, 2, 1], |a, b| a < b), [1, 1, 2, 3]);
    }
}
