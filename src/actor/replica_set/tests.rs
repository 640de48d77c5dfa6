//! What the ReplicaSet controller does, seen from outside.

use crate::actor::fixture::{cluster, create, delete, events, run_for, start};
use crate::api::{Condition, Kind, Labels, Phase, Pod, ReplicaSet};
use crate::sim::Sim;
use crate::time::SimDuration;
use crate::world::{Aspects, DeleteOptions, Id, Pace, PodId};
use serde_json::{Value, json};

fn replica_set(replicas: i64, more: Value) -> Value {
    let base = json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "nginx:1"}]}},
        },
    });
    crate::sim::patch::apply(&base, &more, crate::sim::order::PatchKind::Merge).unwrap()
}

fn set(sim: &Sim) -> &ReplicaSet {
    sim.state.world.replica_sets.iter().next().unwrap().1
}

fn set_id(sim: &Sim) -> Id<ReplicaSet> {
    sim.state.world.replica_sets.iter().next().unwrap().0
}

/// (replicas, fully labeled, ready, available, terminating) of the status.
fn status(sim: &Sim) -> [i64; 5] {
    let status = &set(sim).status;
    let terminating = status.terminating_replicas.unwrap_or(-1);
    [status.replicas, status.fully_labeled_replicas, status.ready_replicas, status.available_replicas, terminating]
}

/// Pods in order of creation.
fn pods(sim: &Sim) -> Vec<PodId> {
    let mut ids: Vec<PodId> = sim.state.world.pods.iter().map(|(id, _)| id).collect();
    ids.sort();
    ids
}

/// Puts a Pod on a node and makes it ready since then, as scheduler and kubelet would; the node is no real one, so that
/// nobody else touches it.
fn make_ready(sim: &mut Sim, pod: PodId) {
    let now = sim.state.now;
    sim.state.world.modify(pod, |pod| {
        pod.node_name = "elsewhere".into();
        pod.status.phase = Phase::Running;
        pod.status.ready.set(true, now);
        Aspects::BOUND | Aspects::PHASE | Aspects::READY | Aspects::STATUS
    });
}

fn modify(sim: &mut Sim, pod: PodId, write: impl FnOnce(&mut Pod) -> Aspects) {
    sim.state.world.modify(pod, write);
    run_for(sim, 0.0);
}

#[test]
fn it_creates_what_is_missing_and_counts_what_is_there() {
    let mut sim = cluster(0);
    create(&mut sim, Kind::ReplicaSet, &replica_set(3, json!({})));
    run_for(&mut sim, 0.0);
    assert_eq!(status(&sim), [3, 3, 0, 0, 0]);
    assert_eq!(set(&sim).status.observed_generation, 1);
    let first = sim.state.world.pods.get(pods(&sim)[0]).unwrap().clone();
    assert!(first.meta.name.starts_with("web-") && first.meta.name.len() == 9, "{}", first.meta.name);
    let owner = first.meta.controller().unwrap();
    assert!(owner.block_owner_deletion && owner.uid == set(&sim).meta.uid && owner.kind == "ReplicaSet");
    assert_eq!(events(&sim, "web").len(), 3);
    for pod in pods(&sim) {
        make_ready(&mut sim, pod);
    }
    run_for(&mut sim, 0.0);
    assert_eq!(status(&sim), [3, 3, 3, 3, 0]);
}

#[test]
fn a_terminating_pod_is_replaced_at_once_and_a_failed_one_stays_as_an_object() {
    let mut sim = cluster(0);
    create(&mut sim, Kind::ReplicaSet, &replica_set(2, json!({})));
    run_for(&mut sim, 0.0);
    let [first, second] = pods(&sim)[..] else { panic!("two Pods") };
    make_ready(&mut sim, first);
    run_for(&mut sim, 5.0);
    let name = sim.state.world.pods.get(first).unwrap().meta.name.to_string();
    delete(&mut sim, Kind::Pod, &name, DeleteOptions::default());
    run_for(&mut sim, 0.0);
    assert_eq!((pods(&sim).len(), status(&sim)), (3, [2, 2, 0, 0, 1]));
    modify(&mut sim, second, |pod| {
        pod.node_name = "elsewhere".into();
        pod.status.phase = Phase::Failed;
        Aspects::PHASE | Aspects::BOUND
    });
    assert_eq!((pods(&sim).len(), status(&sim)), (4, [2, 2, 0, 0, 1]));
}

#[test]
fn scaling_down_takes_pending_pods_first_and_scaling_to_zero_takes_all() {
    let mut sim = cluster(0);
    create(&mut sim, Kind::ReplicaSet, &replica_set(4, json!({})));
    run_for(&mut sim, 0.0);
    let all = pods(&sim);
    make_ready(&mut sim, all[1]);
    make_ready(&mut sim, all[3]);
    run_for(&mut sim, 9.0);
    let scale = |sim: &mut Sim, replicas| {
        let id = set_id(sim);
        sim.state.world.modify(id, |set| {
            set.replicas = replicas;
            Aspects::SPEC
        });
        run_for(sim, 0.0);
    };
    scale(&mut sim, 2);
    assert_eq!((pods(&sim), status(&sim)), (vec![all[1], all[3]], [2, 2, 2, 2, 0]), "Pods without a node go at once");
    assert_eq!(set(&sim).status.observed_generation, 2);
    scale(&mut sim, 0);
    assert_eq!(status(&sim), [0, 0, 0, 0, 2]);
    let deleted =
        events(&sim, "web").iter().filter(|event| event.contains("SuccessfulDelete Deleted pod: web-")).count();
    assert_eq!(deleted, 4);
}

#[test]
fn a_relabelled_pod_is_released_and_replaced_and_taken_back_later() {
    let mut sim = cluster(0);
    create(&mut sim, Kind::ReplicaSet, &replica_set(1, json!({})));
    run_for(&mut sim, 0.0);
    let first = pods(&sim)[0];
    make_ready(&mut sim, first);
    run_for(&mut sim, 5.0);
    modify(&mut sim, first, |pod| {
        pod.meta.labels = Labels::new(vec![("app".into(), "other".into())]);
        Aspects::LABELS
    });
    assert!(sim.state.world.pods.get(first).unwrap().meta.owners().is_empty(), "released");
    let second = pods(&sim)[1];
    assert_eq!((pods(&sim).len(), status(&sim)), (2, [1, 1, 0, 0, 0]));
    make_ready(&mut sim, second);
    run_for(&mut sim, 1.0);
    modify(&mut sim, first, |pod| {
        pod.meta.labels = pod.meta.labels.with("app", "web");
        Aspects::LABELS
    });
    let pod = |id| sim.state.world.pods.get(id).unwrap();
    assert!(pod(first).meta.controller().is_some() && !pod(first).meta.deleting(), "adopted");
    assert!(pod(second).meta.deleting(), "the one that has been ready for the shortest time goes");
}

#[test]
fn a_stray_pod_that_matches_is_adopted_and_may_go_as_surplus() {
    let mut sim = cluster(0);
    create(&mut sim, Kind::ReplicaSet, &replica_set(1, json!({})));
    run_for(&mut sim, 0.0);
    let first = pods(&sim)[0];
    make_ready(&mut sim, first);
    let stray = json!({"metadata": {"name": "stray", "namespace": "default", "labels": {"app": "web", "more": "x"}},
                       "spec": {"containers": [{"name": "c"}]}});
    create(&mut sim, Kind::Pod, &stray);
    run_for(&mut sim, 0.0);
    assert_eq!((pods(&sim), status(&sim)), (vec![first], [1, 1, 1, 1, 0]));
    assert!(events(&sim, "web").iter().any(|event| event.ends_with("Deleted pod: stray")), "{:?}", events(&sim, "web"));
}

#[test]
fn pods_become_available_after_min_ready_seconds_and_not_before() {
    let mut sim = cluster(0);
    create(&mut sim, Kind::ReplicaSet, &replica_set(2, json!({"spec": {"minReadySeconds": 10}})));
    run_for(&mut sim, 0.0);
    let [first, second] = pods(&sim)[..] else { panic!("two Pods") };
    make_ready(&mut sim, first);
    run_for(&mut sim, 4.0);
    make_ready(&mut sim, second);
    run_for(&mut sim, 5.9);
    assert_eq!(status(&sim), [2, 2, 2, 0, 0]);
    run_for(&mut sim, 0.1);
    assert_eq!(status(&sim), [2, 2, 2, 1, 0]);
    run_for(&mut sim, 4.0);
    assert_eq!(status(&sim), [2, 2, 2, 2, 0]);
}

#[test]
fn a_refused_pod_is_reported_and_tried_again_more_and_more_slowly() {
    let mut sim = cluster(0);
    let spec = json!({"spec": {"template": {"spec": {"priorityClassName": "absent"}}}});
    create(&mut sim, Kind::ReplicaSet, &replica_set(5, spec));
    run_for(&mut sim, 0.0);
    let failure = Condition::find(&set(&sim).status.conditions, "ReplicaFailure").cloned().unwrap();
    assert_eq!((failure.reason.as_str(), failure.since), ("FailedCreate", start()));
    assert!(failure.message.contains("no PriorityClass with name absent"), "{}", failure.message);
    let class = json!({"metadata": {"name": "absent"}, "value": 7});
    run_for(&mut sim, 1.0);
    let tries = sim.history.events.last().unwrap().count;
    assert!((7..=9).contains(&tries), "5 ms doubling: {tries} tries in the first second");
    create(&mut sim, Kind::PriorityClass, &class);
    run_for(&mut sim, 3.0);
    assert_eq!((pods(&sim).len(), status(&sim)), (5, [5, 5, 0, 0, 0]));
    assert!(set(&sim).status.conditions.is_empty(), "the condition goes when it works again");
}

#[test]
fn one_sync_creates_at_most_500_pods_and_the_rest_follow() {
    let mut sim = cluster(0);
    create(&mut sim, Kind::ReplicaSet, &replica_set(1_200, json!({})));
    sim.state.world.take_outbox();
    let id = set_id(&sim);
    let mut actors = sim.state.actors.clone();
    let crate::sim::State { world, alarms, calls, now, .. } = &mut sim.state;
    let mut cx = crate::actor::Cx { now: *now, world, alarms, calls };
    actors.replica_set.sync_replica_set(id, &mut cx).unwrap();
    assert_eq!((sim.state.world.pods.len(), status(&sim)), (500, [0, 0, 0, 0, 0]), "counted before they were made");
    let mut sim = cluster(0);
    create(&mut sim, Kind::ReplicaSet, &replica_set(1_200, json!({})));
    run_for(&mut sim, 0.0);
    assert_eq!(status(&sim), [1_200, 1_200, 0, 0, 0]);
}

#[test]
fn as_shipped_pods_are_made_at_20_a_second_after_a_burst_of_30() {
    let mut sim = cluster(0);
    sim.state.world.settings.pace = Pace::AsShipped;
    create(&mut sim, Kind::ReplicaSet, &replica_set(100, json!({})));
    run_for(&mut sim, 0.0);
    assert_eq!(pods(&sim).len(), 30);
    run_for(&mut sim, 3.45);
    assert_eq!((pods(&sim).len(), status(&sim)[0]), (99, 0), "the status is written when the batch is through");
    run_for(&mut sim, 0.2);
    assert_eq!((pods(&sim).len(), status(&sim)[0]), (100, 100));
    assert_eq!(sim.state.now - start(), SimDuration::from_millis(3_650));
}

#[test]
fn a_set_that_is_being_deleted_counts_but_does_not_act() {
    let mut sim = cluster(0);
    create(&mut sim, Kind::ReplicaSet, &replica_set(2, json!({"metadata": {"finalizers": ["example.com/hold"]}})));
    run_for(&mut sim, 0.0);
    delete(&mut sim, Kind::ReplicaSet, "web", DeleteOptions::default());
    run_for(&mut sim, 0.0);
    let first = pods(&sim).first().copied();
    if let Some(first) = first {
        let name = sim.state.world.pods.get(first).unwrap().meta.name.to_string();
        delete(&mut sim, Kind::Pod, &name, DeleteOptions::default());
    }
    run_for(&mut sim, 1.0);
    assert_eq!((pods(&sim).len() as i64, status(&sim)[0]), (1, 1), "no replacement");
}
