//! What holds of every rollout of Pods that behave.

use super::util::{max_surge, max_unavailable};
use crate::actor::ActorKind;
use crate::actor::rig::Rig;
use crate::api::{Deployment, Kind, Phase};
use crate::world::{Aspects, DeleteOptions, Id, PodId};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Moves after which a rollout must be through.
const MAX_MOVES: usize = 2_000;

fn deployment(replicas: i64, surge: &Value, unavailable: &Value, image: u8) -> Value {
    json!({
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "progressDeadlineSeconds": 600,
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": format!("x:{image}")}]}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}},
        },
    })
}

/// A bound of a rollout, as a number or a percentage.
fn bound() -> impl Strategy<Value = Value> {
    prop_oneof![(0..4_i64).prop_map(|n| json!(n)), (0..=100_i64).prop_map(|n| json!(format!("{n}%")))]
}

fn the(rig: &Rig, id: Id<Deployment>) -> &Deployment {
    rig.world.deployments.get(id).unwrap()
}

/// Lets one Pod, chosen by `n`, become ready or finish its deletion. Answers whether there was any left to do so.
fn one_pod_moves(rig: &mut Rig, n: u16) -> bool {
    let now = rig.now;
    let waits = |id: &PodId| rig.world.pods.get(*id).is_some_and(|pod| pod.meta.deleting() || !pod.is_ready());
    let waiting: Vec<PodId> = rig.pods().into_iter().filter(waits).collect();
    let Some(id) = waiting.get(usize::from(n) % waiting.len().max(1)).copied() else { return false };
    if rig.world.pods.get(id).is_some_and(|pod| pod.meta.deleting()) {
        rig.world.delete(id, DeleteOptions::FORCE, now).unwrap();
        rig.run();
    } else {
        rig.modify(id, |pod| {
            pod.node_name = format!("n{}", n % 3).into();
            pod.status.phase = Phase::Running;
            pod.status.ready.set(true, now);
            Aspects::BOUND | Aspects::PHASE | Aspects::READY
        });
    }
    true
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_rollout_keeps_enough_pods_available_and_never_too_many_and_comes_to_its_end(
        replicas in 1..12_i64, surge in bound(), unavailable in bound(),
        images in prop::collection::vec(0..4_u8, 1..5), moves in prop::collection::vec(any::<u16>(), 16),
    ) {
        let mut rig = Rig::new(&[ActorKind::Garbage, ActorKind::ReplicaSet, ActorKind::Deployment]);
        let object = rig.create(Kind::Deployment, &deployment(replicas, &surge, &unavailable, 9));
        let id: Id<Deployment> = object.id().unwrap();
        while one_pod_moves(&mut rig, 0) {}
        let mut images = images.into_iter().peekable();
        let mut turn = 0;
        while turn < MAX_MOVES {
            // Every few moves the next template comes, the last one when the one before is half through.
            if turn % 5 == 0 && let Some(image) = images.next() {
                let mut live = rig.world.value(object).unwrap();
                live["spec"] = deployment(replicas, &surge, &unavailable, image)["spec"].clone();
                rig.world.replace_value(object, &live);
                rig.run();
            }
            let deployment = the(&rig, id);
            let (least, most) = (replicas - max_unavailable(deployment), replicas + max_surge(deployment));
            let rows = || rig.world.pods.iter().map(|(_, pod)| pod).filter(|pod| pod.is_active());
            let (available, active) = (rows().filter(|pod| pod.is_ready()).count() as i64, rows().count() as i64);
            prop_assert!(available >= least, "{available} of at least {least} available");
            prop_assert!(active <= most, "{active} of at most {most} active");
            turn += 1;
            if !one_pod_moves(&mut rig, moves[turn % moves.len()]) && images.peek().is_none() {
                break;
            }
        }
        prop_assert!(turn < MAX_MOVES, "the rollout never ends");
        let status = &the(&rig, id).status;
        prop_assert_eq!((status.replicas, status.updated_replicas, status.available_replicas), (replicas, replicas, replicas));
        let reason = super::conditions::reason(status, "Progressing");
        prop_assert_eq!(reason, Some("NewReplicaSetAvailable"));
        let active = rig.world.replica_sets.iter().filter(|(_, set)| set.replicas > 0).count();
        prop_assert_eq!(active, 1);
    }
}
