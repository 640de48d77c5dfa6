//! What the Deployment controller does together with the ReplicaSet controller, seen from outside.

use super::util::{MAX_REPLICAS, REVISION, REVISION_HISTORY};
use crate::actor::ActorKind;
use crate::actor::rig::Rig;
use crate::api::{Deployment, Kind, Phase, ReplicaSet};
use crate::sim::order::PatchKind;
use crate::world::{Aspects, DeleteOptions, Id, ObjectRef, PodId};
use serde_json::{Value, json};

/// A Deployment `web`; `more` is merged over it.
fn deployment(replicas: i64, more: Value) -> Value {
    let base = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "x:1"}]}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
            "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600,
        },
    });
    crate::sim::patch::apply(&base, &more, PatchKind::Merge).unwrap()
}

fn applied(replicas: i64, more: Value) -> Rig {
    let mut rig = Rig::new(&[ActorKind::Garbage, ActorKind::ReplicaSet, ActorKind::Deployment]);
    rig.create(Kind::Deployment, &deployment(replicas, more));
    rig
}

fn object(rig: &Rig) -> ObjectRef {
    rig.world.deployments.iter().next().unwrap().0.into()
}

fn the(rig: &Rig) -> &Deployment {
    rig.world.deployments.iter().next().unwrap().1
}

fn patch(rig: &mut Rig, change: Value) {
    rig.patch(object(rig), &change);
}

fn image(tag: &str) -> Value {
    json!({"spec": {"template": {"spec": {"containers": [{"name": "c", "image": format!("x:{tag}")}]}}}})
}

/// ReplicaSets in order of creation.
fn sets(rig: &Rig) -> Vec<(Id<ReplicaSet>, &ReplicaSet)> {
    let mut sets: Vec<_> = rig.world.replica_sets.iter().collect();
    sets.sort_by_key(|(id, _)| *id);
    sets
}

/// `revision:wanted/available` of each ReplicaSet in order of creation.
fn sizes(rig: &Rig) -> String {
    let revision = |set: &ReplicaSet| set.meta.annotations.get(REVISION).cloned().unwrap_or_default();
    let one =
        |(_, set): &(_, &ReplicaSet)| format!("{}:{}/{}", revision(set), set.replicas, set.status.available_replicas);
    sets(rig).iter().map(one).collect::<Vec<_>>().join(" ")
}

/// Conditions as `Type=Status Reason`, in their order.
fn conditions(rig: &Rig) -> Vec<String> {
    let list = the(rig).status.conditions.iter().map(|c| &c.condition);
    list.map(|c| format!("{}={} {}", c.kind, c.status.name(), c.reason)).collect()
}

/// ScalingReplicaSet Events, each ReplicaSet by the number of its creation.
fn scalings(rig: &Rig) -> Vec<String> {
    let names: Vec<String> = sets(rig).iter().map(|(_, set)| set.meta.name.to_string()).collect();
    let events = rig.events_of(object(rig)).into_iter().filter(|event| event.contains(" ScalingReplicaSet "));
    let short = |event: String| {
        let text = event.split_once(" ScalingReplicaSet Scaled ").map_or(event.clone(), |(_, text)| text.to_string());
        let numbered = names.iter().enumerate();
        numbered.fold(text, |text, (n, name)| text.replace(&format!("replica set {name}"), &format!("rs{}", n + 1)))
    };
    events.map(short).collect()
}

fn finish_deletions(rig: &mut Rig) {
    for id in rig.pods() {
        if rig.world.pods.get(id).is_some_and(|pod| pod.meta.deleting()) {
            rig.world.delete(id, DeleteOptions::FORCE, rig.now).unwrap();
        }
    }
    rig.run();
}

fn make_ready(rig: &mut Rig, ids: &[PodId]) {
    let now = rig.now;
    for id in ids {
        rig.world.modify(*id, |pod| {
            pod.node_name = "elsewhere".into();
            pod.status.phase = Phase::Running;
            pod.status.ready.set(true, now);
            Aspects::BOUND | Aspects::PHASE | Aspects::READY
        });
    }
    rig.run();
}

/// What scheduler and kubelets would do: starts every Pod and removes those being deleted.
fn serve(rig: &mut Rig) {
    finish_deletions(rig);
    let waiting: Vec<PodId> =
        rig.pods().into_iter().filter(|id| !rig.world.pods.get(*id).unwrap().is_ready()).collect();
    make_ready(rig, &waiting);
}

#[test]
fn a_new_deployment_makes_one_replica_set_and_says_how_it_gets_on() {
    let mut rig = applied(3, json!({"metadata": {"annotations": {"team": "a"}}}));
    let (_, set) = sets(&rig)[0];
    let hash = set.meta.labels.get("pod-template-hash").unwrap();
    assert_eq!(set.meta.name, format!("web-{hash}").as_str());
    assert!(set.selector.match_labels.get("pod-template-hash") == Some(hash) && set.template.labels == set.meta.labels);
    let annotations: Vec<String> = set.meta.annotations.pairs().iter().map(|(k, v)| format!("{k}={v}")).collect();
    let prefix = "deployment.kubernetes.io";
    let expected = ["desired-replicas=3", "max-replicas=4", "revision=1"].map(|text| format!("{prefix}/{text}"));
    assert_eq!(annotations, [expected.as_slice(), &["team=a".to_string()]].concat());
    assert_eq!(the(&rig).meta.annotations.get(REVISION).map(|text| text.as_str()), Some("1"));
    let progressing = ["Available=False MinimumReplicasUnavailable", "Progressing=True ReplicaSetUpdated"];
    assert_eq!(
        (scalings(&rig), conditions(&rig)),
        (vec!["up rs1 from 0 to 3".into()], progressing.map(String::from).to_vec())
    );
    rig.run_for(1.0);
    serve(&mut rig);
    let done = ["Available=True MinimumReplicasAvailable", "Progressing=True NewReplicaSetAvailable"];
    assert_eq!(conditions(&rig), done);
    let status = &the(&rig).status;
    assert_eq!(
        (status.replicas, status.updated_replicas, status.ready_replicas, status.available_replicas),
        (3, 3, 3, 3)
    );
    assert_eq!((status.unavailable_replicas, status.terminating_replicas, status.observed_generation), (0, Some(0), 1));
    let message = |kind: &str| super::conditions::get(status, kind).unwrap().condition.message.to_string();
    let name = sets(&rig)[0].1.meta.name.clone();
    assert_eq!(message("Progressing"), format!("ReplicaSet \"{name}\" has successfully progressed."));
    assert_eq!(message("Available"), "Deployment has minimum availability.");
}

#[test]
fn a_rolling_update_keeps_within_surge_and_unavailable() {
    let mut rig = applied(4, json!({}));
    serve(&mut rig);
    patch(&mut rig, image("2"));
    let mut seen = vec![sizes(&rig)];
    for _ in 0..4 {
        rig.run_for(1.0);
        serve(&mut rig);
        seen.push(sizes(&rig));
    }
    assert_eq!(
        seen,
        ["1:3/3 2:2/0", "1:1/1 2:4/2", "1:0/0 2:4/4", "1:0/0 2:4/4", "1:0/0 2:4/4"],
        "{:?}",
        scalings(&rig)
    );
    let expected = [
        "up rs1 from 0 to 4",
        "up rs2 from 0 to 1",
        "down rs1 from 4 to 3",
        "up rs2 from 1 to 2",
        "down rs1 from 3 to 1",
        "up rs2 from 2 to 4",
        "down rs1 from 1 to 0",
    ];
    assert_eq!(scalings(&rig), expected);
    assert_eq!(the(&rig).meta.annotations.get(REVISION).unwrap().as_str(), "2");
}

#[test]
fn going_back_to_an_old_template_reuses_its_replica_set_under_a_new_number() {
    let mut rig = applied(1, json!({}));
    serve(&mut rig);
    let first = sets(&rig)[0].0;
    patch(&mut rig, image("2"));
    (0..2).for_each(|_| serve(&mut rig));
    patch(&mut rig, image("1"));
    (0..2).for_each(|_| serve(&mut rig));
    assert_eq!(sizes(&rig), "3:1/1 2:0/0");
    let again = rig.world.replica_sets.get(first).unwrap();
    assert_eq!(again.meta.annotations.get(REVISION_HISTORY).unwrap().as_str(), "1");
    assert_eq!(the(&rig).meta.annotations.get(REVISION).unwrap().as_str(), "3");
}

#[test]
fn recreate_waits_until_every_old_pod_is_gone() {
    let mut rig = applied(2, json!({"spec": {"strategy": {"type": "Recreate", "rollingUpdate": null}}}));
    serve(&mut rig);
    patch(&mut rig, image("2"));
    assert_eq!((sizes(&rig).as_str(), rig.pods().len()), ("1:0/0", 2), "terminating");
    let first = rig.pods()[0];
    rig.world.delete(first, DeleteOptions::FORCE, rig.now).unwrap();
    rig.run();
    assert_eq!(sizes(&rig), "1:0/0");
    finish_deletions(&mut rig);
    assert_eq!((sizes(&rig).as_str(), rig.pods().len()), ("1:0/0 2:2/0", 2));
    let expected = ["up rs1 from 0 to 2", "down rs1 from 2 to 0", "up rs2 from 0 to 2"];
    assert_eq!(scalings(&rig), expected);
}

#[test]
fn scaling_changes_the_size_without_a_rollout() {
    let mut rig = applied(2, json!({}));
    serve(&mut rig);
    patch(&mut rig, json!({"spec": {"replicas": 5}}));
    assert_eq!(
        (sizes(&rig).as_str(), sets(&rig)[0].1.meta.annotations.get(MAX_REPLICAS).unwrap().as_str()),
        ("1:5/2", "7")
    );
    serve(&mut rig);
    patch(&mut rig, json!({"spec": {"replicas": 1}}));
    assert_eq!(sizes(&rig), "1:1/1");
    assert_eq!(scalings(&rig), ["up rs1 from 0 to 2", "up rs1 from 2 to 5", "down rs1 from 5 to 1"]);
    assert!(
        conditions(&rig).contains(&"Progressing=True NewReplicaSetAvailable".to_string()),
        "{:?}",
        conditions(&rig)
    );
}

#[test]
fn scaling_in_the_middle_of_a_rollout_spreads_over_both_replica_sets() {
    let bounds = json!({"spec": {"strategy": {"rollingUpdate": {"maxSurge": 3, "maxUnavailable": 2}}}});
    let mut rig = applied(10, bounds);
    serve(&mut rig);
    patch(&mut rig, image("2"));
    assert_eq!(sizes(&rig), "1:8/8 2:5/0");
    patch(&mut rig, json!({"spec": {"replicas": 30}}));
    assert_eq!(sizes(&rig), "1:20/8 2:13/0", "33 in all: 8 and 5 of 13");
}

#[test]
fn a_rollout_that_gets_stuck_says_so_after_its_deadline_and_recovers_when_it_moves() {
    let mut rig = applied(2, json!({"spec": {"progressDeadlineSeconds": 10}}));
    serve(&mut rig);
    rig.run_for(100.0);
    patch(&mut rig, image("2"));
    rig.run_for(9.0);
    let progressing = |rig: &Rig| conditions(rig).into_iter().find(|text| text.starts_with("Progressing")).unwrap();
    assert_eq!(progressing(&rig), "Progressing=True ReplicaSetUpdated");
    rig.run_for(2.5);
    assert_eq!(progressing(&rig), "Progressing=False ProgressDeadlineExceeded");
    let message = &super::conditions::get(&the(&rig).status, "Progressing").unwrap().condition.message;
    assert!(message.ends_with("has timed out progressing."), "{message}");
    (0..3).for_each(|_| serve(&mut rig));
    assert_eq!(progressing(&rig), "Progressing=True NewReplicaSetAvailable");
}

#[test]
fn while_paused_a_new_template_waits() {
    let mut rig = applied(2, json!({}));
    serve(&mut rig);
    patch(&mut rig, json!({"spec": {"paused": true}}));
    assert!(conditions(&rig).contains(&"Progressing=Unknown DeploymentPaused".to_string()), "{:?}", conditions(&rig));
    patch(&mut rig, image("2"));
    patch(&mut rig, json!({"spec": {"replicas": 3}}));
    assert_eq!(sizes(&rig), "1:3/2", "scaled but not rolled");
    patch(&mut rig, json!({"spec": {"paused": null}}));
    assert_eq!(sets(&rig).len(), 2);
    (0..3).for_each(|_| serve(&mut rig));
    assert_eq!(sizes(&rig), "1:0/0 2:3/3");
    assert!(
        conditions(&rig).contains(&"Progressing=True NewReplicaSetAvailable".to_string()),
        "{:?}",
        conditions(&rig)
    );
}

#[test]
fn old_replica_sets_above_the_limit_are_deleted_oldest_first() {
    let mut rig = applied(1, json!({"spec": {"revisionHistoryLimit": 2}}));
    serve(&mut rig);
    for tag in ["2", "3", "4", "5"] {
        patch(&mut rig, image(tag));
        (0..3).for_each(|_| serve(&mut rig));
        rig.run_for(1.0);
    }
    assert_eq!(sizes(&rig), "3:0/0 4:0/0 5:1/1");
}

#[test]
fn a_foreign_replica_set_of_that_name_raises_the_collision_count() {
    let hash = Deployment::from_value(&deployment(1, json!({}))).template.hash(None);
    let mut rig = Rig::new(&[ActorKind::ReplicaSet, ActorKind::Deployment]);
    let foreign = json!({"metadata": {"name": format!("web-{hash}"), "namespace": "default"},
        "spec": {"replicas": 0, "selector": {"matchLabels": {"x": "y"}}, "template": {"metadata": {"labels": {"x": "y"}}}}});
    rig.create(Kind::ReplicaSet, &foreign);
    rig.create(Kind::Deployment, &deployment(1, json!({})));
    rig.run_for(1.0);
    assert_eq!((the(&rig).status.collision_count, sets(&rig).len()), (Some(1), 2));
    assert_eq!(sets(&rig)[1].1.replicas, 1);
}

#[test]
fn a_replica_set_that_matches_is_adopted_and_one_that_no_longer_does_is_released() {
    let mut rig = applied(2, json!({}));
    serve(&mut rig);
    let (first, uid) = (sets(&rig)[0].0, the(&rig).meta.uid);
    crate::actor::controller_ref::release(&mut rig.world, first, uid);
    rig.run();
    assert!(rig.world.replica_sets.get(first).unwrap().meta.controller().is_some(), "adopted again");
    assert_eq!(sizes(&rig), "1:2/2");
    rig.world.modify(first, |set| {
        set.meta.labels = set.meta.labels.without("app");
        Aspects::LABELS
    });
    rig.run();
    assert!(rig.world.replica_sets.get(first).unwrap().meta.controller().is_none(), "released");
    assert_eq!((sets(&rig).len(), the(&rig).status.collision_count), (2, Some(1)), "its name stays taken");
}

#[test]
fn a_refusal_of_pods_shows_in_the_deployment() {
    let mut rig = applied(2, json!({"spec": {"template": {"spec": {"priorityClassName": "absent"}}}}));
    rig.run_for(0.1);
    assert!(conditions(&rig).contains(&"ReplicaFailure=True FailedCreate".to_string()), "{:?}", conditions(&rig));
    rig.create(Kind::PriorityClass, &json!({"metadata": {"name": "absent"}, "value": 1}));
    rig.run_for(60.0);
    serve(&mut rig);
    assert!(!conditions(&rig).iter().any(|text| text.starts_with("ReplicaFailure")), "{:?}", conditions(&rig));
}

#[test]
fn scaling_down_prefers_pods_on_nodes_that_hold_more_of_the_family() {
    let mut rig = applied(3, json!({}));
    let pods = rig.pods();
    let now = rig.now;
    for (id, node) in pods.iter().zip(["a", "b", "b"]) {
        rig.world.modify(*id, |pod| {
            pod.node_name = node.into();
            pod.status.phase = Phase::Running;
            pod.status.ready.set(true, now);
            Aspects::BOUND | Aspects::PHASE | Aspects::READY
        });
    }
    rig.run_for(5.0);
    patch(&mut rig, json!({"spec": {"replicas": 2}}));
    assert!(!rig.world.pods.get(pods[0]).unwrap().meta.deleting(), "the one that is alone stays");
}
