//! What holds of ReplicaSets whatever happens to their Pods.

use crate::actor::ActorKind;
use crate::actor::rig::Rig;
use crate::api::{Kind, Phase, Pod, ReplicaSet};
use crate::world::{Aspects, DeleteOptions, Id, PodId};
use proptest::prelude::*;
use serde_json::json;

/// Something that happens; numbers choose among the Pods that are there.
#[derive(Clone, Debug)]
enum Happening {
    Scale(u8),
    Start(u8),
    Unready(u8),
    End(u8),
    Delete(u8),
    Vanish(u8),
    Relabel(u8),
    Stray,
    Wait(u8),
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening::*;
    let n = any::<u8>;
    prop_oneof![
        2 => n().prop_map(|n| Scale(n % 12)),
        4 => n().prop_map(Start),
        1 => n().prop_map(Unready),
        1 => n().prop_map(End),
        1 => n().prop_map(Delete),
        2 => n().prop_map(Vanish),
        1 => n().prop_map(Relabel),
        1 => Just(Stray),
        1 => n().prop_map(Wait),
    ]
}

fn new_rig() -> (Rig, Id<ReplicaSet>) {
    let mut rig = Rig::new(&[ActorKind::Garbage, ActorKind::ReplicaSet]);
    let set = json!({
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"replicas": 3, "minReadySeconds": 2, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c"}]}}},
    });
    let id = rig.create(Kind::ReplicaSet, &set).id().unwrap();
    (rig, id)
}

fn happen(rig: &mut Rig, set: Id<ReplicaSet>, happening: &Happening) {
    let now = rig.now;
    let pods = rig.pods();
    let pick = |n: u8| pods.get(usize::from(n) % pods.len().max(1)).copied();
    let mut write = |n: u8, change: &dyn Fn(&mut Pod) -> Aspects| {
        if let Some(id) = pick(n) {
            rig.modify(id, change);
        }
    };
    match *happening {
        Happening::Scale(replicas) => {
            rig.world.modify(set, |set| {
                set.replicas = i64::from(replicas);
                Aspects::SPEC
            });
        }
        Happening::Start(n) => write(n, &|pod| {
            let can = !pod.status.phase.is_terminal() && !pod.is_ready();
            if can {
                pod.node_name = if n % 2 == 0 { "even".into() } else { "odd".into() };
                pod.status.phase = Phase::Running;
                pod.status.ready.set(true, now);
            }
            (Aspects::BOUND | Aspects::PHASE | Aspects::READY).when(can)
        }),
        Happening::Unready(n) => {
            write(n, &|pod| Aspects::READY.when(pod.is_ready() && pod.status.ready.set(false, now)));
        }
        Happening::End(n) => write(n, &|pod| {
            let runs = pod.status.phase == Phase::Running;
            if runs {
                pod.status.phase = Phase::Failed;
                pod.status.ready.set(false, now);
            }
            (Aspects::PHASE | Aspects::READY).when(runs)
        }),
        Happening::Delete(n) => {
            pick(n).into_iter().for_each(|id| rig.world.delete(id, DeleteOptions::default(), now).unwrap());
        }
        Happening::Vanish(n) => {
            let going = pick(n).filter(|id| rig.world.pods.get(*id).is_some_and(|pod| pod.meta.deleting()));
            going.into_iter().for_each(|id| rig.world.delete(id, DeleteOptions::FORCE, now).unwrap());
        }
        Happening::Relabel(n) => write(n, &|pod| {
            let labels = &pod.meta.labels;
            pod.meta.labels =
                if labels.get("app").is_some() { labels.without("app") } else { labels.with("app", "web") };
            Aspects::LABELS
        }),
        Happening::Stray => {
            let name = format!("stray-{}", rig.world.revision());
            let pod = json!({"metadata": {"name": name, "namespace": "default", "labels": {"app": "web"}}, "spec": {}});
            rig.create(Kind::Pod, &pod);
        }
        Happening::Wait(n) => rig.run_for(f64::from(n % 8) / 2.0),
    }
    rig.run();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn there_are_always_as_many_active_pods_as_wanted_and_the_status_counts_them(
        story in prop::collection::vec(happening(), 1..60)
    ) {
        let (mut rig, id) = new_rig();
        for happening in &story {
            happen(&mut rig, id, happening);
            let set = rig.world.replica_sets.get(id).unwrap();
            let rows = rig.world.pods.iter().map(|(_, pod)| pod);
            let ours: Vec<&Pod> = rows.filter(|pod| pod.meta.controller().is_some_and(|o| o.uid == set.meta.uid)).collect();
            let count = |counts: &dyn Fn(&Pod) -> bool| ours.iter().filter(|pod| counts(pod)).count() as i64;
            let active = count(&|pod| pod.is_active());
            prop_assert_eq!(active, set.replicas, "{:?}", happening);
            prop_assert_eq!(set.status.replicas, active);
            prop_assert_eq!(set.status.ready_replicas, count(&|pod| pod.is_active() && pod.is_ready()));
            prop_assert_eq!(set.status.available_replicas, count(&|pod| pod.is_active() && pod.is_available(2, rig.now)));
            let matched = |pod: &Pod| set.selector.matches(&pod.meta.labels);
            prop_assert_eq!(set.status.terminating_replicas, Some(count(&|pod| pod.is_terminating() && matched(pod))));
            prop_assert!(ours.iter().all(|pod| matched(pod) || !pod.is_active()), "a Pod that no longer matches is let go");
            let strays = rig.world.index.uncontrolled(Kind::Pod, &"default".into());
            let left = |id: PodId| rig.world.pods.get(id).is_some_and(|pod| pod.is_active() && matched(pod));
            prop_assert!(!strays.filter_map(|object| object.id()).any(left), "what matches is taken");
        }
    }
}
