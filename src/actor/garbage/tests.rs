//! Owners go: what becomes of a chain of three.

use super::super::fixture::*;
use crate::api::Kind;
use crate::sim::Sim;
use crate::world::{DeleteOptions, Propagation};
use serde_json::{Value, json};

fn owner(kind: &str, name: &str, uid: &str, blocks: bool) -> Value {
    json!({"apiVersion": "v1", "kind": kind, "name": name, "uid": uid, "controller": true, "blockOwnerDeletion": blocks})
}

fn object(kind: &str, name: &str, uid: &str, owners: Value) -> Value {
    let meta = json!({"name": name, "namespace": "default", "uid": uid, "ownerReferences": owners});
    json!({"kind": kind, "metadata": meta, "spec": {"nodeName": "n1", "containers": [{"name": "c", "image": "x"}]}})
}

fn revision(name: &str, uid: &str, owners: Value) -> Value {
    object("ControllerRevision", name, uid, owners)
}

/// A chain of three and a running Pod at its end.
fn chain() -> Sim {
    let mut sim = cluster(1);
    let kind = Kind::ControllerRevision;
    create(&mut sim, kind, &revision("top", "top-uid", json!([])));
    create(&mut sim, kind, &revision("mid", "mid-uid", json!([owner("ControllerRevision", "top", "top-uid", true)])));
    let pod = object("Pod", "p", "p-uid", json!([owner("ControllerRevision", "mid", "mid-uid", true)]));
    create(&mut sim, Kind::Pod, &pod);
    run_to(&mut sim, 2.0);
    sim
}

fn there(sim: &Sim) -> Vec<&'static str> {
    let find = |name: &&str| {
        let kind = if *name == "p" { Kind::Pod } else { Kind::ControllerRevision };
        sim.state.world.find(kind, "default", name).is_some()
    };
    ["top", "mid", "p"].into_iter().filter(find).collect()
}

fn delete_top(sim: &mut Sim, propagation: Propagation) {
    delete(sim, Kind::ControllerRevision, "top", DeleteOptions { grace_seconds: None, propagation });
}

#[test]
fn in_the_background_the_owner_goes_first_and_pods_get_their_grace() {
    let mut sim = chain();
    delete_top(&mut sim, Propagation::Background);
    run_to(&mut sim, 2.0);
    assert_eq!((there(&sim), look(&sim, "p")), (vec!["p"], "Running ready deleting running".to_string()));
    run_to(&mut sim, 3.1);
    assert!(there(&sim).is_empty());
}

#[test]
fn in_the_foreground_the_owner_waits_for_the_last_dependent() {
    let mut sim = chain();
    delete_top(&mut sim, Propagation::Foreground);
    run_to(&mut sim, 2.9);
    assert_eq!(there(&sim), ["top", "mid", "p"]);
    assert!(get(&sim, "p").meta.deleting());
    run_to(&mut sim, 3.1);
    assert!(there(&sim).is_empty());
}

#[test]
fn orphans_stay_without_owner() {
    let mut sim = chain();
    delete_top(&mut sim, Propagation::Orphan);
    run_to(&mut sim, 5.0);
    assert_eq!(there(&sim), ["mid", "p"]);
    let mid = sim.state.world.find(Kind::ControllerRevision, "default", "mid").unwrap();
    assert!(sim.state.world.meta(mid).unwrap().owners().is_empty());
}

#[test]
fn a_dependent_that_does_not_block_is_not_waited_for() {
    let mut sim = cluster(1);
    create(&mut sim, Kind::ControllerRevision, &revision("top", "top-uid", json!([])));
    let pod = object("Pod", "p", "p-uid", json!([owner("ControllerRevision", "top", "top-uid", false)]));
    create(&mut sim, Kind::Pod, &pod);
    run_to(&mut sim, 2.0);
    delete_top(&mut sim, Propagation::Foreground);
    run_to(&mut sim, 2.1);
    assert_eq!(there(&sim), ["p"], "the Pod is on its way out");
    run_to(&mut sim, 3.1);
    assert!(there(&sim).is_empty());
}

#[test]
fn an_object_with_another_owner_stays_and_loses_the_reference() {
    let mut sim = cluster(1);
    for name in ["top", "mid"] {
        create(&mut sim, Kind::ControllerRevision, &revision(name, &format!("{name}-uid"), json!([])));
    }
    let mut second = owner("ControllerRevision", "mid", "mid-uid", true);
    second["controller"] = json!(false);
    let owners = json!([owner("ControllerRevision", "top", "top-uid", true), second]);
    create(&mut sim, Kind::Pod, &object("Pod", "p", "p-uid", owners));
    run_to(&mut sim, 2.0);
    for propagation in [Propagation::Foreground, Propagation::Background] {
        let mut sim = sim.clone();
        delete_top(&mut sim, propagation);
        run_to(&mut sim, 5.0);
        assert_eq!(there(&sim), ["mid", "p"], "{propagation:?}");
        assert_eq!(get(&sim, "p").meta.owners().len(), 1);
    }
}

#[test]
fn an_object_whose_owner_never_was_is_collected_unless_its_kind_is_unknown() {
    let mut sim = cluster(1);
    create(&mut sim, Kind::Pod, &object("Pod", "p", "p-uid", json!([owner("ControllerRevision", "top", "x", true)])));
    create(&mut sim, Kind::Pod, &object("Pod", "q", "q-uid", json!([owner("Widget", "top", "x", true)])));
    run_to(&mut sim, 5.0);
    assert_eq!((pod_id(&sim, "p"), pod_id(&sim, "q").is_some()), (None, true));
}
