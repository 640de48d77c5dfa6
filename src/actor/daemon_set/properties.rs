//! What holds of DaemonSets whatever happens to nodes and Pods.

use super::ledger::Ledger;
use super::standing::Totals;
use crate::actor::ActorKind;
use crate::actor::fixture::node;
use crate::actor::rig::Rig;
use crate::api::{Kind, Labels, Phase, Pod};
use crate::world::{Aspects, DeleteOptions, PodId};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Something that happens to the cluster; numbers choose among what is there.
#[derive(Clone, Debug)]
enum Happening {
    AddNode(u8),
    DeleteNode(u8),
    Label(u8, bool),
    Taint(u8, Option<bool>),
    Bind(u8),
    Start(u8),
    Unready(u8),
    End(u8, bool),
    Delete(u8),
    Vanish(u8),
    Relabel(u8),
    Stray(u8),
    Image(u8),
    Strategy(u8),
    Select(bool),
    Wait(u8),
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening::*;
    let n = any::<u8>;
    prop_oneof![
        1 => n().prop_map(AddNode),
        1 => n().prop_map(DeleteNode),
        1 => (n(), any::<bool>()).prop_map(|(n, on)| Label(n, on)),
        1 => (n(), any::<Option<bool>>()).prop_map(|(n, taint)| Taint(n, taint)),
        4 => n().prop_map(Bind),
        6 => n().prop_map(Start),
        1 => n().prop_map(Unready),
        1 => (n(), any::<bool>()).prop_map(|(n, failed)| End(n, failed)),
        1 => n().prop_map(Delete),
        4 => n().prop_map(Vanish),
        1 => n().prop_map(Relabel),
        1 => n().prop_map(Stray),
        2 => n().prop_map(Image),
        1 => n().prop_map(Strategy),
        1 => any::<bool>().prop_map(Select),
        2 => n().prop_map(Wait),
    ]
}

fn set(image: u8, strategy: u8, selective: bool) -> Value {
    let rolling = match strategy % 4 {
        0 => json!({"type": "OnDelete"}),
        1 => json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}}),
        2 => json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "50%"}}),
        _ => json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}),
    };
    let mut spec = json!({"containers": [{"name": "c", "image": format!("x:{}", image % 3)}]});
    if selective {
        spec["nodeSelector"] = json!({"os": "centos"});
    }
    json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent", "namespace": "default"},
        "spec": {
            "selector": {"matchLabels": {"app": "agent"}}, "minReadySeconds": i64::from(strategy / 4 % 3) * 2,
            "template": {"metadata": {"labels": {"app": "agent"}}, "spec": spec}, "updateStrategy": rolling,
            "revisionHistoryLimit": 1,
        },
    })
}

struct Play {
    rig: Rig,
    image: u8,
    strategy: u8,
    selective: bool,
}

impl Play {
    fn new() -> Play {
        let mut rig = Rig::new(&[ActorKind::Garbage, ActorKind::DaemonSet]);
        for name in ["n1", "n2", "n3"] {
            rig.create(Kind::Node, &node(name, json!({"os": "centos"})));
        }
        rig.create(Kind::DaemonSet, &set(0, 1, false));
        Play { rig, image: 0, strategy: 1, selective: false }
    }

    fn pick(&self, n: u8) -> Option<PodId> {
        let pods = self.rig.pods();
        pods.get(usize::from(n) % pods.len().max(1)).copied()
    }

    fn pod(&mut self, n: u8, write: impl FnOnce(&mut Pod) -> Aspects) {
        if let Some(id) = self.pick(n) {
            self.rig.modify(id, write);
        }
    }

    fn node(&mut self, n: u8, change: Value) {
        if let Some(object) = self.rig.world.find(Kind::Node, "", &format!("n{}", n % 6)) {
            self.rig.patch(object, &change);
        }
    }

    fn respec(&mut self) {
        let object = self.rig.world.find(Kind::DaemonSet, "default", "agent").unwrap();
        let change = set(self.image, self.strategy, self.selective);
        let mut live = self.rig.world.value(object).unwrap();
        live["spec"] = change["spec"].clone();
        self.rig.world.replace_value(object, &live);
        self.rig.run();
    }

    fn happen(&mut self, happening: &Happening) {
        let now = self.rig.now;
        match *happening {
            Happening::AddNode(n) => {
                let name = format!("n{}", n % 6);
                if self.rig.world.find(Kind::Node, "", &name).is_none() {
                    let os = if n >= 128 { "centos" } else { "ubuntu" };
                    self.rig.create(Kind::Node, &node(&name, json!({"os": os})));
                }
            }
            Happening::DeleteNode(n) => {
                if let Some(object) = self.rig.world.find(Kind::Node, "", &format!("n{}", n % 6)) {
                    self.rig.world.delete(object, DeleteOptions::default(), now).unwrap();
                    self.rig.run();
                }
            }
            Happening::Label(n, centos) => {
                self.node(n, json!({"metadata": {"labels": {"os": if centos { "centos" } else { "ubuntu" }}}}));
            }
            Happening::Taint(n, taint) => {
                let effect = taint.map(|hard| if hard { "NoExecute" } else { "NoSchedule" });
                let taints: Vec<Value> = effect.iter().map(|effect| json!({"key": "k", "effect": effect})).collect();
                self.node(n, json!({"spec": {"taints": taints}}));
            }
            Happening::Bind(n) => self.pod(n, |pod| {
                let free = pod.node_name.is_empty() && !pod.pinned_to.is_empty();
                if free {
                    pod.node_name = pod.pinned_to.clone();
                }
                Aspects::BOUND.when(free)
            }),
            Happening::Start(n) => self.pod(n, |pod| start_pod(pod, now)),
            Happening::Unready(n) => {
                self.pod(n, |pod| Aspects::READY.when(pod.is_ready() && pod.status.ready.set(false, now)));
            }
            Happening::End(n, failed) => self.pod(n, |pod| {
                let runs = pod.status.phase == Phase::Running;
                if runs {
                    pod.status.phase = if failed { Phase::Failed } else { Phase::Succeeded };
                    pod.status.ready.set(false, now);
                }
                (Aspects::PHASE | Aspects::READY).when(runs)
            }),
            Happening::Delete(n) => {
                if let Some(id) = self.pick(n) {
                    self.rig.world.delete(id, DeleteOptions::default(), now).unwrap();
                    self.rig.run();
                }
            }
            Happening::Vanish(n) => {
                let going = self.pick(n).filter(|id| self.rig.world.pods.get(*id).is_some_and(|p| p.meta.deleting()));
                if let Some(id) = going {
                    self.rig.world.delete(id, DeleteOptions::FORCE, now).unwrap();
                    self.rig.run();
                }
            }
            Happening::Relabel(n) => self.pod(n, |pod| {
                let matched = pod.meta.labels.get("app").is_some();
                let labels = &pod.meta.labels;
                pod.meta.labels = if matched { labels.without("app") } else { labels.with("app", "agent") };
                Aspects::LABELS
            }),
            Happening::Stray(n) => {
                let name = format!("stray-{}", self.rig.world.revision());
                let pod = json!({"metadata": {"name": name, "namespace": "default", "labels": {"app": "agent"}},
                    "spec": {"nodeName": format!("n{}", n % 6), "containers": [{"name": "c"}]}});
                self.rig.create(Kind::Pod, &pod);
            }
            Happening::Image(n) => {
                self.image = n;
                self.respec();
            }
            Happening::Strategy(n) => {
                self.strategy = n;
                self.respec();
            }
            Happening::Select(on) => {
                self.selective = on;
                self.respec();
            }
            Happening::Wait(n) => self.rig.run_for(f64::from(n % 8) / 2.0),
        }
    }

    /// What a sync would find if it looked at everything afresh.
    fn recount(&self) -> (Ledger, Ledger) {
        let sets = &self.rig.actors.daemon_set;
        let (id, set) = self.rig.world.daemon_sets.iter().next().unwrap();
        let mut kept = sets.keeping[&id].ledger.clone().unwrap();
        let mut places = sets.places.clone();
        let mut fresh = Ledger::new(set, kept.basis.clone(), &places, &self.rig.world);
        for (pod_id, pod) in self.rig.world.pods.iter() {
            let ours = pod.meta.controller().is_some_and(|owner| owner.uid == set.meta.uid);
            if let Some(place) = places.of_pod(pod_id, pod).filter(|_| ours) {
                fresh.enter(place, pod_id);
            }
        }
        fresh.refresh(&self.rig.world, self.rig.now);
        kept.refresh(&self.rig.world, self.rig.now);
        (kept, fresh)
    }

    /// Lets scheduler and kubelets do all there is to do, until nothing changes any more.
    fn settle(&mut self) {
        for _ in 0..200 {
            let now = self.rig.now;
            for id in self.rig.pods() {
                let Some(pod) = self.rig.world.pods.get(id) else { continue };
                let lost = !pod.node_name.is_empty() && self.rig.world.node(&pod.node_name).is_none();
                if pod.meta.deleting() || lost {
                    self.rig.world.delete(id, DeleteOptions::FORCE, now).unwrap();
                    continue;
                }
                self.rig.world.modify(id, |pod| start_pod(pod, now));
            }
            self.rig.run_for(3.0);
        }
    }
}

fn start_pod(pod: &mut Pod, now: crate::time::SimTime) -> Aspects {
    let bound = pod.node_name.is_empty() && !pod.pinned_to.is_empty();
    if bound {
        pod.node_name = pod.pinned_to.clone();
    }
    let can = !pod.node_name.is_empty() && !pod.status.phase.is_terminal() && !pod.is_ready();
    if can {
        pod.status.phase = Phase::Running;
        pod.status.ready.set(true, now);
    }
    Aspects::BOUND.when(bound) | (Aspects::PHASE | Aspects::READY).when(can)
}

/// Available Pods that are not being deleted, by node.
fn available(rig: &Rig, set: &crate::api::DaemonSet) -> BTreeMap<String, usize> {
    let mut count = BTreeMap::new();
    for (_, pod) in rig.world.pods.iter() {
        let ours = pod.meta.controller().is_some_and(|owner| owner.uid == set.meta.uid);
        if ours && !pod.meta.deleting() && pod.is_available(set.min_ready_seconds, rig.now) {
            *count.entry(pod.node_name.to_string()).or_default() += 1;
        }
    }
    count
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn what_is_kept_is_what_a_full_look_would_find(story in prop::collection::vec(happening(), 1..60)) {
        let mut play = Play::new();
        for happening in &story {
            play.happen(happening);
            let (kept, fresh) = play.recount();
            prop_assert_eq!(kept.totals, fresh.totals, "{:?}", happening);
            prop_assert_eq!(&kept.busy, &fresh.busy, "{:?}", happening);
            prop_assert_eq!(&kept.old_available, &fresh.old_available, "{:?}", happening);
            prop_assert_eq!(&kept.old_unavailable, &fresh.old_unavailable, "{:?}", happening);
        }
    }

    #[test]
    fn without_surge_no_node_that_exists_ever_has_two_available_pods(story in prop::collection::vec(happening(), 1..60)) {
        let mut play = Play::new();
        for happening in story {
            if matches!(happening, Happening::Strategy(n) if n % 4 == 3) {
                continue;
            }
            play.happen(&happening);
            let set = play.rig.world.daemon_sets.iter().next().unwrap().1;
            for (name, count) in available(&play.rig, set) {
                prop_assert!(count <= 1 || play.rig.world.node(&name).is_none(), "{count} on {name} after {happening:?}");
            }
        }
    }

    #[test]
    fn when_everything_works_every_wanted_node_ends_up_with_one_new_pod(story in prop::collection::vec(happening(), 1..40)) {
        let mut play = Play::new();
        story.iter().for_each(|happening| play.happen(happening));
        play.strategy = 1 + play.strategy % 2;
        play.respec();
        play.settle();
        let (kept, _) = play.recount();
        let Totals { desired, current, misscheduled, ready, available, updated, .. } = kept.totals;
        prop_assert_eq!((desired, desired, desired, desired), (current, ready, available, updated));
        let set = play.rig.world.daemon_sets.iter().next().unwrap().1;
        prop_assert_eq!(set.status.desired_number_scheduled, desired);
        prop_assert_eq!(set.status.number_available, desired);
        prop_assert_eq!(set.status.number_misscheduled, misscheduled);
        let ours = play.rig.world.index.dependents(set.meta.uid).filter(|object| object.kind == Kind::Pod).count();
        prop_assert_eq!(ours as i64, desired + misscheduled);
        let revisions = play.rig.world.index.dependents(set.meta.uid).filter(|o| o.kind == Kind::ControllerRevision);
        prop_assert!((1..=3).contains(&revisions.count()));
    }
}

#[test]
fn a_pod_without_labels_is_nobodys() {
    let mut play = Play::new();
    let bare =
        json!({"metadata": {"name": "bare", "namespace": "default"}, "spec": {"nodeName": "n1", "containers": []}});
    play.rig.create(Kind::Pod, &bare);
    let pod = play.rig.world.find_id::<Pod>("default", "bare").unwrap();
    let row = play.rig.world.pods.get(pod).unwrap();
    assert!(row.meta.labels == Labels::default() && row.meta.controller().is_none());
}
