//! What the DaemonSet controller does, seen from outside.

use super::rules::CONTROLLER_REVISION_HASH;
use crate::actor::ActorKind;
use crate::actor::fixture::{node, start};
use crate::actor::rig::Rig;
use crate::api::{DaemonSet, Kind, Labels, Phase, Pod};
use crate::sim::order::PatchKind;
use crate::time::SimDuration;
use crate::world::{Aspects, DeleteOptions, Id, Pace, PodId, Propagation};
use serde_json::{Value, json};

/// A DaemonSet `agent`; `more` is merged over it.
fn daemon_set(more: Value) -> Value {
    let base = json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent", "namespace": "default"},
        "spec": {
            "selector": {"matchLabels": {"app": "agent"}},
            "template": {"metadata": {"labels": {"app": "agent"}}, "spec": {"containers": [{"name": "c", "image": "x:1"}]}},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}},
        },
    });
    crate::sim::patch::apply(&base, &more, PatchKind::Merge).unwrap()
}

/// A cluster with a DaemonSet that has just been applied.
fn with_set(nodes: usize, more: Value) -> Rig {
    let mut rig = Rig::new(&[ActorKind::Garbage, ActorKind::DaemonSet]);
    for number in 1..=nodes {
        rig.create(Kind::Node, &node(&format!("n{number:03}").replace("n00", "n"), json!({})));
    }
    rig.create(Kind::DaemonSet, &daemon_set(more));
    rig
}

fn set(rig: &Rig) -> &DaemonSet {
    rig.world.daemon_sets.iter().next().unwrap().1
}

fn set_id(rig: &Rig) -> Id<DaemonSet> {
    rig.world.daemon_sets.iter().next().unwrap().0
}

/// `desired/current/ready/available/updated misscheduled`.
fn status(rig: &Rig) -> String {
    let s = &set(rig).status;
    let counts = [
        s.desired_number_scheduled,
        s.current_number_scheduled,
        s.number_ready,
        s.number_available,
        s.updated_number_scheduled,
    ];
    assert_eq!(s.number_unavailable, s.desired_number_scheduled - s.number_available);
    format!("{} {}", counts.map(|n| n.to_string()).join("/"), s.number_misscheduled)
}

/// `node:revision` of every Pod in order of node and creation; `-` behind those being deleted, `*` behind ready ones.
fn pods(rig: &Rig) -> Vec<String> {
    let mut rows: Vec<(PodId, &Pod)> = rig.world.pods.iter().collect();
    rows.sort_by_key(|(id, pod)| (pod.pinned_to.clone(), *id));
    let revision = |pod: &Pod| {
        let hash = pod.meta.labels.get(CONTROLLER_REVISION_HASH);
        let rows = rig.world.controller_revisions.iter();
        rows.filter(|(_, row)| row.hash() == hash).map(|(_, row)| row.revision).next().unwrap_or(0)
    };
    let mark = |pod: &Pod| {
        if pod.meta.deleting() {
            "-"
        } else if pod.is_ready() {
            "*"
        } else {
            ""
        }
    };
    rows.iter().map(|(_, pod)| format!("{}:{}{}", pod.pinned_to, revision(pod), mark(pod))).collect()
}

/// What scheduler and kubelets would do: binds every Pod to its node, starts it, and removes those being deleted.
fn serve(rig: &mut Rig) {
    let now = rig.now;
    for id in rig.pods() {
        if rig.world.pods.get(id).is_some_and(|pod| pod.meta.deleting()) {
            rig.world.delete(id, DeleteOptions::FORCE, now).unwrap();
            continue;
        }
        rig.world.modify(id, |pod| {
            let bound = pod.node_name.is_empty();
            pod.node_name = pod.pinned_to.clone();
            if !bound && pod.is_ready() || pod.status.phase.is_terminal() {
                return Aspects::BOUND.when(bound);
            }
            pod.status.phase = Phase::Running;
            pod.status.ready.set(true, now);
            Aspects::BOUND.when(bound) | Aspects::PHASE | Aspects::READY | Aspects::STATUS
        });
    }
    rig.run();
}

fn patch(rig: &mut Rig, change: Value) {
    rig.patch(set_id(rig).into(), &change);
}

/// Asks for the deletion of an object, and runs.
fn delete(rig: &mut Rig, kind: Kind, name: &str, options: DeleteOptions) {
    let namespace = if kind.namespaced() { "default" } else { "" };
    let object = rig.world.find(kind, namespace, name).unwrap();
    rig.world.delete(object, options, rig.now).unwrap();
    rig.run();
}

fn image(tag: &str) -> Value {
    json!({"spec": {"template": {"spec": {"containers": [{"name": "c", "image": format!("x:{tag}")}]}}}})
}

fn patch_node(rig: &mut Rig, name: &str, change: Value) {
    let object = rig.world.find(Kind::Node, "", name).unwrap();
    rig.patch(object, &change);
}

#[test]
fn every_node_gets_one_pod_pinned_to_it_and_all_share_one_spec() {
    let mut rig = with_set(3, json!({}));
    assert_eq!(pods(&rig), ["n1:1", "n2:1", "n3:1"]);
    assert_eq!(status(&rig), "3/3/0/0/3 0");
    let rows: Vec<&Pod> = rig.pods().into_iter().map(|id| rig.world.pods.get(id).unwrap()).collect();
    assert!(rows.iter().all(|pod| std::sync::Arc::ptr_eq(&pod.spec, &rows[0].spec) && pod.spec.tolerations.len() == 6));
    let labels: Vec<&str> = rows[0].meta.labels.pairs().iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(labels, ["app", "controller-revision-hash", "pod-template-generation"]);
    assert_eq!(rig.world.controller_revisions.len(), 1);
    serve(&mut rig);
    assert_eq!(status(&rig), "3/3/3/3/3 0");
    assert_eq!(rig.events_of(set_id(&rig).into()).len(), 3);
}

#[test]
fn a_node_that_comes_gets_a_pod_and_one_that_goes_is_not_noticed_until_something_else_happens() {
    let mut rig = with_set(1, json!({"spec": {"template": {"spec": {"nodeSelector": {"os": "centos"}}}}}));
    assert_eq!(pods(&rig).len(), 0, "n1 has no label");
    rig.create(Kind::Node, &node("n2", json!({"os": "centos"})));
    rig.run();
    assert_eq!((pods(&rig), status(&rig).as_str()), (vec!["n2:1".to_string()], "1/1/0/0/1 0"));
    patch_node(&mut rig, "n1", json!({"metadata": {"labels": {"os": "centos"}}}));
    serve(&mut rig);
    assert_eq!(status(&rig), "2/2/2/2/2 0");
    delete(&mut rig, Kind::Node, "n2", DeleteOptions::default());
    rig.run_for(10.0);
    assert_eq!(status(&rig), "2/2/2/2/2 0", "the status is stale");
    let first = rig.pods()[0];
    rig.modify(first, |pod| Aspects::STATUS.when(pod.status.ready.is_true()));
    assert_eq!(status(&rig), "1/1/1/1/1 0", "the Pod of a vanished node counts for nothing");
}

#[test]
fn a_lost_label_deletes_the_pod_and_counts_it_as_misscheduled_until_it_is_gone() {
    let mut rig = with_set(0, json!({"spec": {"template": {"spec": {"nodeSelector": {"os": "centos"}}}}}));
    rig.create(Kind::Node, &node("n1", json!({"os": "centos"})));
    rig.run();
    serve(&mut rig);
    patch_node(&mut rig, "n1", json!({"metadata": {"labels": {"os": "ubuntu"}}}));
    assert_eq!((pods(&rig), status(&rig).as_str()), (vec!["n1:1-".to_string()], "0/0/0/0/0 1"));
    serve(&mut rig);
    assert_eq!((pods(&rig).len(), status(&rig).as_str()), (0, "0/0/0/0/0 0"));
}

#[test]
fn a_no_schedule_taint_on_a_node_with_a_pod_wakes_nobody_and_a_no_execute_taint_drives_it_away() {
    let mut rig = with_set(2, json!({}));
    serve(&mut rig);
    patch_node(&mut rig, "n1", json!({"spec": {"taints": [{"key": "k", "effect": "NoSchedule"}]}}));
    assert_eq!(status(&rig), "2/2/2/2/2 0", "the status is stale");
    let second = rig.pods()[1];
    rig.modify(second, |pod| Aspects::STATUS.when(pod.status.ready.is_true()));
    assert_eq!(status(&rig), "1/1/1/1/1 1", "any event of a Pod has it counted again");
    patch_node(&mut rig, "n1", json!({"spec": {"taints": []}}));
    assert_eq!(status(&rig), "2/2/2/2/2 0", "while Pods are misscheduled every taint counts");
    patch_node(
        &mut rig,
        "n1",
        json!({"spec": {"unschedulable": true, "taints": [
        {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]}}),
    );
    assert_eq!((pods(&rig), status(&rig).as_str()), (vec!["n1:1*".into(), "n2:1*".into()], "2/2/2/2/2 0"), "cordoned");
    patch_node(&mut rig, "n1", json!({"spec": {"taints": [{"key": "k", "effect": "NoExecute"}]}}));
    assert_eq!(pods(&rig), ["n1:1-", "n2:1*"]);
}

#[test]
fn a_rolling_update_replaces_one_pod_after_the_other() {
    let mut rig = with_set(3, json!({}));
    serve(&mut rig);
    patch(&mut rig, image("2"));
    let mut seen = vec![pods(&rig).join(" ")];
    for _ in 0..7 {
        serve(&mut rig);
        seen.push(pods(&rig).join(" "));
    }
    assert_eq!(
        seen,
        [
            "n1:1- n2:1* n3:1*",
            "n1:2 n2:1* n3:1*",
            "n1:2* n2:1- n3:1*",
            "n1:2* n2:2 n3:1*",
            "n1:2* n2:2* n3:1-",
            "n1:2* n2:2* n3:2",
            "n1:2* n2:2* n3:2*",
            "n1:2* n2:2* n3:2*",
        ]
    );
    assert_eq!(status(&rig), "3/3/3/3/3 0");
}

#[test]
fn max_unavailable_may_be_a_percentage_and_is_rounded_up() {
    for (bound, at_once) in [(json!(2), 2), (json!("50%"), 2), (json!("1%"), 1), (json!("100%"), 3), (json!(0), 1)] {
        let mut rig = with_set(3, json!({"spec": {"updateStrategy": {"rollingUpdate": {"maxUnavailable": bound}}}}));
        serve(&mut rig);
        patch(&mut rig, image("2"));
        let leaving = pods(&rig).iter().filter(|pod| pod.ends_with('-')).count();
        assert_eq!(leaving, at_once, "{bound}");
    }
}

#[test]
fn pods_that_are_not_available_are_replaced_whatever_the_budget() {
    let mut rig = with_set(3, json!({}));
    patch(&mut rig, image("2"));
    assert_eq!(pods(&rig), ["n1:2", "n2:2", "n3:2"], "Pods without a node go at once");
}

#[test]
fn with_surge_the_new_pod_stands_beside_the_old_one_until_it_is_available() {
    let surge = json!({"spec": {"updateStrategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}}});
    let mut rig = with_set(2, surge);
    serve(&mut rig);
    patch(&mut rig, image("2"));
    let mut seen = vec![pods(&rig).join(" ")];
    for _ in 0..4 {
        serve(&mut rig);
        seen.push(pods(&rig).join(" "));
    }
    assert_eq!(
        seen,
        ["n1:1* n1:2 n2:1*", "n1:1- n1:2* n2:1* n2:2", "n1:2* n2:1- n2:2*", "n1:2* n2:2*", "n1:2* n2:2*",]
    );
}

#[test]
fn on_delete_only_a_deleted_pod_comes_back_new_and_switching_to_rolling_starts_the_roll() {
    let mut rig = with_set(2, json!({"spec": {"updateStrategy": {"type": "OnDelete", "rollingUpdate": null}}}));
    serve(&mut rig);
    patch(&mut rig, image("2"));
    assert_eq!((pods(&rig), status(&rig).as_str()), (vec!["n1:1*".into(), "n2:1*".into()], "2/2/2/2/0 0"));
    let first = rig.pods()[0];
    let now = rig.now;
    rig.world.delete(first, DeleteOptions::FORCE, now).unwrap();
    rig.run();
    assert_eq!(pods(&rig), ["n1:2", "n2:1*"]);
    serve(&mut rig);
    patch(&mut rig, json!({"spec": {"updateStrategy": {"type": "RollingUpdate"}}}));
    assert_eq!(pods(&rig), ["n1:2*", "n2:1-"]);
}

#[test]
fn min_ready_seconds_hold_up_availability_and_the_update() {
    let mut rig = with_set(2, json!({"spec": {"minReadySeconds": 5}}));
    serve(&mut rig);
    assert_eq!(status(&rig), "2/2/2/0/2 0");
    rig.run_for(4.9);
    assert_eq!(status(&rig), "2/2/2/0/2 0");
    rig.run_for(0.1);
    assert_eq!(status(&rig), "2/2/2/2/2 0");
    patch(&mut rig, image("2"));
    serve(&mut rig);
    serve(&mut rig);
    assert_eq!(pods(&rig), ["n1:2*", "n2:1*"], "the new one is ready but not yet available");
    rig.run_for(5.0);
    assert_eq!(pods(&rig), ["n1:2*", "n2:1-"]);
}

#[test]
fn a_failed_pod_is_deleted_at_once_and_then_more_and_more_slowly() {
    let mut rig = with_set(1, json!({}));
    let mut lives = Vec::new();
    for _ in 0..4 {
        let pod = rig.pods()[0];
        let since = rig.now;
        rig.modify(pod, |pod| {
            pod.node_name = "n1".into();
            pod.status.phase = Phase::Failed;
            Aspects::BOUND | Aspects::PHASE
        });
        while rig.world.pods.get(pod).is_some() {
            rig.run_for(0.5);
        }
        lives.push((rig.now - since).seconds());
    }
    assert_eq!(lives, [0, 1, 2, 4]);
    let text = rig.events_of(set_id(&rig).into()).into_iter().find(|event| event.contains("FailedDaemonPod")).unwrap();
    assert!(
        text.contains("Found failed daemon pod default/agent-") && text.ends_with("on node n1, will try to kill it"),
        "{text}"
    );
}

#[test]
fn revisions_are_counted_reused_and_kept_up_to_the_limit() {
    let mut rig = with_set(1, json!({"spec": {"revisionHistoryLimit": 2}}));
    serve(&mut rig);
    let numbers = |rig: &Rig| {
        let mut numbers: Vec<i64> = rig.world.controller_revisions.iter().map(|(_, row)| row.revision).collect();
        numbers.sort();
        numbers
    };
    for tag in ["2", "3", "1"] {
        patch(&mut rig, image(tag));
        (0..3).for_each(|_| serve(&mut rig));
    }
    assert_eq!(numbers(&rig), [2, 3, 4], "going back to an old template raises its number");
    assert_eq!(set(&rig).meta.annotations.get(super::rules::TEMPLATE_GENERATION).unwrap().as_str(), "4");
    patch(&mut rig, image("5"));
    (0..3).for_each(|_| serve(&mut rig));
    assert_eq!(numbers(&rig), [3, 4, 5], "the oldest goes");
}

#[test]
fn a_name_that_another_template_has_raises_the_collision_count() {
    let mut rig = with_set(0, json!({"metadata": {"name": "other"}}));
    let other = set_id(&rig);
    rig.world.delete(other, DeleteOptions::default(), start()).unwrap();
    rig.run();
    let set_value = daemon_set(json!({}));
    let hash = DaemonSet::from_value(&set_value).template.hash(None);
    let taken = json!({"metadata": {"name": format!("agent-{hash}"), "namespace": "default"}, "revision": 1, "data": {"spec": {}}});
    rig.create(Kind::ControllerRevision, &taken);
    rig.create(Kind::DaemonSet, &set_value);
    rig.run_for(1.0);
    assert_eq!(set(&rig).status.collision_count, Some(1));
    assert_eq!(rig.world.controller_revisions.len(), 2);
}

#[test]
fn orphaned_pods_are_adopted_by_a_set_of_the_same_name_and_template() {
    let mut rig = with_set(2, json!({}));
    serve(&mut rig);
    let before = rig.pods();
    let orphan = DeleteOptions { propagation: Propagation::Orphan, ..DeleteOptions::default() };
    delete(&mut rig, Kind::DaemonSet, "agent", orphan);
    rig.run();
    assert_eq!((pods(&rig).len(), rig.world.daemon_sets.len()), (2, 0));
    rig.create(Kind::DaemonSet, &daemon_set(json!({})));
    rig.create(Kind::Node, &node("n3", json!({})));
    rig.run();
    assert_eq!(pods(&rig), ["n1:1*", "n2:1*", "n3:1"]);
    assert_eq!((rig.pods()[..2].to_vec(), status(&rig).as_str()), (before, "3/3/2/2/3 0"));
    assert_eq!(rig.world.controller_revisions.len(), 1);
}

#[test]
fn a_relabelled_pod_is_released_and_its_node_gets_another() {
    let mut rig = with_set(1, json!({}));
    serve(&mut rig);
    let first = rig.pods()[0];
    rig.modify(first, |pod| {
        pod.meta.labels = Labels::default();
        Aspects::LABELS
    });
    assert!(rig.world.pods.get(first).unwrap().meta.owners().is_empty());
    assert_eq!((rig.pods().len(), status(&rig).as_str()), (2, "1/1/0/0/1 0"));
    rig.modify(first, |pod| {
        pod.meta.labels = pod.meta.labels.with("app", "agent");
        Aspects::LABELS
    });
    assert_eq!(rig.pods(), [first], "the older, scheduled one stays");
}

#[test]
fn a_set_that_is_being_deleted_does_nothing_more() {
    let mut rig = with_set(2, json!({"metadata": {"finalizers": ["example.com/hold"]}}));
    delete(&mut rig, Kind::DaemonSet, "agent", DeleteOptions::default());
    let now = rig.now;
    let first = rig.pods()[0];
    rig.world.delete(first, DeleteOptions::FORCE, now).unwrap();
    rig.run_for(1.0);
    assert_eq!((pods(&rig).len(), status(&rig).as_str()), (1, "2/2/0/0/2 0"));
}

#[test]
fn an_empty_selector_selects_nothing_and_says_so() {
    let rig = with_set(2, json!({"spec": {"selector": null}}));
    assert_eq!(pods(&rig).len(), 0);
    assert!(rig.events_of(set_id(&rig).into())[0].contains("SelectingAll This daemon set is selecting all pods"));
}

#[test]
fn one_sync_creates_at_most_250_pods_and_as_shipped_the_status_waits_for_them() {
    let mut rig = Rig::new(&[ActorKind::DaemonSet]);
    rig.world.settings.pace = Pace::AsShipped;
    for number in 1..=300 {
        rig.create(Kind::Node, &node(&format!("n{number:03}"), json!({})));
    }
    rig.create(Kind::DaemonSet, &daemon_set(json!({})));
    rig.run_for(11.0);
    assert_eq!(status(&rig), "0/0/0/0/0 0");
    rig.run_for(0.2);
    assert_eq!(status(&rig), "300/250/0/0/250 0");
    rig.run_for(2.6);
    assert_eq!((pods(&rig).len(), status(&rig).as_str()), (300, "300/300/0/0/300 0"));
    assert_eq!(rig.now - start(), SimDuration::from_millis(13_800), "(300 + 3 - 30) / 20 s");
}
