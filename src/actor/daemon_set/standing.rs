//! Where the Pods of one node stand: what they count for in the status and in a rolling update.
//! Upstream: pkg/controller/daemon/daemon_controller.go updateDaemonSetStatus, pkg/controller/daemon/update.go.

use super::ledger::{Basis, Few, Slot};
use super::rules::{CONTROLLER_REVISION_HASH, POD_TEMPLATE_GENERATION, Verdict, surge_count};
use crate::api::{DaemonSet, Labels, Phase, Pod, PodTemplate, Text};
use crate::time::SimTime;
use crate::world::{PodId, World};

/// Facts about a place, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing(u16);

const DESIRED: u16 = 1;
const CURRENT: u16 = 1 << 1;
const MISSCHEDULED: u16 = 1 << 2;
const READY: u16 = 1 << 3;
const AVAILABLE: u16 = 1 << 4;
const UPDATED: u16 = 1 << 5;
const BUSY: u16 = 1 << 6;
const WAITING: u16 = 1 << 7;
const UNAVAILABLE: u16 = 1 << 8;
const OLD_AVAILABLE: u16 = 1 << 9;
const OLD_UNAVAILABLE: u16 = 1 << 10;
const SURGING: u16 = 1 << 11;
const SURGE_AVAILABLE: u16 = 1 << 12;

impl Standing {
    const fn has(self, bits: u16) -> bool {
        self.0 & bits != 0
    }

    fn set(&mut self, bits: u16, condition: bool) {
        if condition {
            self.0 |= bits;
        }
    }

    /// Whether Pods may have to be created or deleted.
    pub const fn is_busy(self) -> bool {
        self.has(BUSY)
    }

    /// Whether a Pod is ready but not available yet.
    pub const fn is_waiting(self) -> bool {
        self.has(WAITING)
    }

    /// Whether an available Pod of an old revision is there.
    pub const fn is_old_available(self) -> bool {
        self.has(OLD_AVAILABLE)
    }

    /// Whether a Pod of an old revision is there that is not available.
    pub const fn is_old_unavailable(self) -> bool {
        self.has(OLD_UNAVAILABLE)
    }
}

/// The sums over all places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Nodes that should run a Pod.
    pub desired: i64,
    /// Those that have one.
    pub current: i64,
    /// Nodes that should not have one but do.
    pub misscheduled: i64,
    /// Wanted nodes whose oldest Pod is ready.
    pub ready: i64,
    /// Wanted nodes whose oldest Pod is available.
    pub available: i64,
    /// Wanted nodes whose oldest Pod is of the current revision.
    pub updated: i64,
    /// Nodes without an available Pod, as an update without surge counts them.
    pub unavailable: i64,
    /// Nodes that an update with surge has two Pods on.
    pub surging: i64,
    /// Nodes with an available Pod, as an update with surge counts them.
    pub surge_available: i64,
}

impl Totals {
    /// Counts a place in (`sign` 1) or out (-1).
    pub fn count(&mut self, standing: Standing, sign: i64) {
        for (sum, bit) in [
            (&mut self.desired, DESIRED),
            (&mut self.current, CURRENT),
            (&mut self.misscheduled, MISSCHEDULED),
            (&mut self.ready, READY),
            (&mut self.available, AVAILABLE),
            (&mut self.updated, UPDATED),
            (&mut self.unavailable, UNAVAILABLE),
            (&mut self.surging, SURGING),
            (&mut self.surge_available, SURGE_AVAILABLE),
        ] {
            if standing.has(bit) {
                *sum += sign;
            }
        }
    }
}

/// The Pods of one place that are not being deleted, by revision.
#[derive(Clone, Copy, Debug, Default)]
pub struct ByRevision {
    /// The one of the current revision.
    pub new: Option<PodId>,
    /// The one of an old revision.
    pub old: Option<PodId>,
    /// More than one of either.
    pub excess: bool,
}

/// How Pods of a DaemonSet are judged.
#[derive(Clone, Debug)]
pub struct Judge {
    /// `minReadySeconds`.
    pub min_ready_seconds: i64,
    /// Whether an update may put two Pods on a node.
    pub allows_surge: bool,
    hash: Text,
    template_generation: Option<Text>,
    current_labels: Labels,
}

impl Judge {
    /// The judge of a DaemonSet.
    pub fn new(set: &DaemonSet, basis: &Basis, template: &PodTemplate) -> Judge {
        Judge {
            min_ready_seconds: set.min_ready_seconds,
            allows_surge: surge_count(set, 1) > 0,
            hash: basis.hash.clone(),
            template_generation: basis.template_generation.clone(),
            current_labels: template.labels.clone(),
        }
    }

    /// Whether a Pod is of the current revision by its hash.
    pub fn has_current_hash(&self, pod: &Pod) -> bool {
        pod.meta.labels == self.current_labels || pod.meta.labels.get(CONTROLLER_REVISION_HASH) == Some(&self.hash)
    }

    /// Whether a Pod is of the current revision.
    // pkg/controller/daemon/util/daemonset_util.go IsPodUpdated
    pub fn is_pod_updated(&self, pod: &Pod) -> bool {
        let generation = self.template_generation.as_ref();
        self.has_current_hash(pod)
            || generation.is_some_and(|wanted| pod.meta.labels.get(POD_TEMPLATE_GENERATION) == Some(wanted))
    }

    /// Whether a Pod is available.
    pub fn is_available(&self, pod: &Pod, now: SimTime) -> bool {
        pod.is_available(self.min_ready_seconds, now)
    }

    /// Where the Pods of a place stand.
    pub fn standing(&self, slot: &Slot, world: &World, now: SimTime) -> Standing {
        with_counted_pods(slot, world, |pods| {
            let verdict = slot.verdict.unwrap_or_default();
            let mut standing = Standing::default();
            standing.set(DESIRED, verdict.should_run);
            standing.set(MISSCHEDULED, slot.verdict.is_some() && !verdict.should_run && !pods.is_empty());
            if let (true, Some(oldest)) = (verdict.should_run, oldest(pods)) {
                standing.set(CURRENT, true);
                standing.set(READY, oldest.is_ready());
                standing.set(AVAILABLE, self.is_available(oldest, now));
                standing.set(UPDATED, self.is_pod_updated(oldest));
            }
            standing.set(BUSY, self.is_busy(slot.verdict, pods));
            standing.set(WAITING, pods.iter().any(|(_, pod)| pod.is_ready() && !self.is_available(pod, now)));
            if verdict.should_run || !pods.is_empty() {
                self.judge_update(&mut standing, pods, now);
            }
            standing
        })
    }

    /// Whether the main loop of a sync has to look at the place: anything but one live Pod where one belongs.
    fn is_busy(&self, verdict: Option<Verdict>, pods: &[(PodId, &Pod)]) -> bool {
        let Some(verdict) = verdict else { return pods.iter().any(|(_, pod)| pod.node_name.is_empty()) };
        let live = pods.iter().filter(|(_, pod)| !pod.meta.deleting());
        if !verdict.should_continue_running {
            return live.count() > 0;
        }
        let ended = live.clone().any(|(_, pod)| matches!(pod.status.phase, Phase::Failed | Phase::Succeeded));
        let missing = verdict.should_run && (pods.is_empty() || (self.allows_surge && live.clone().count() == 0));
        ended || missing || live.count() > 1
    }

    // pkg/controller/daemon/update.go rollingUpdate
    fn judge_update(&self, standing: &mut Standing, pods: &[(PodId, &Pod)], now: SimTime) {
        let found = self.find_updated_pods_on_node(pods);
        let available =
            |id: Option<PodId>| pods.iter().any(|(pod_id, pod)| Some(*pod_id) == id && self.is_available(pod, now));
        let (new, old) = (available(found.new), available(found.old));
        if found.excess {
            standing.set(UNAVAILABLE | SURGING, true);
            return;
        }
        standing.set(OLD_AVAILABLE, old);
        standing.set(OLD_UNAVAILABLE, found.old.is_some() && !old);
        standing.set(SURGE_AVAILABLE, if found.old.is_some() { old } else { new });
        match (found.new.is_some(), found.old.is_some()) {
            (true, true) => {
                standing.set(UNAVAILABLE, true);
                standing.set(SURGING, !new);
            }
            (false, false) => standing.set(UNAVAILABLE, true),
            (true, false) => standing.set(UNAVAILABLE, !new),
            (false, true) => standing.set(UNAVAILABLE, !old),
        }
    }

    /// The Pods of a place by revision, those being deleted left out.
    // pkg/controller/daemon/update.go findUpdatedPodsOnNode
    pub fn find_updated_pods_on_node(&self, pods: &[(PodId, &Pod)]) -> ByRevision {
        let mut found = ByRevision::default();
        for (id, pod) in pods.iter().filter(|(_, pod)| !pod.meta.deleting()) {
            let place = if self.is_pod_updated(pod) { &mut found.new } else { &mut found.old };
            found.excess |= place.replace(*id).is_some();
        }
        found
    }
}

/// Calls `look` with the Pods of a place that count: not those that have ended and are being deleted.
// pkg/controller/daemon/daemon_controller.go getNodesToDaemonPods
pub fn with_counted_pods<R>(slot: &Slot, world: &World, look: impl FnOnce(&[(PodId, &Pod)]) -> R) -> R {
    let counted = |id: PodId| {
        let pod = world.pods.get(id).filter(|pod| !(pod.status.phase.is_terminal() && pod.meta.deleting()));
        pod.map(|pod| (id, pod))
    };
    match &slot.pods {
        Few::None => look(&[]),
        Few::One(id) => look(counted(*id).as_slice()),
        several => look(&several.iter().filter_map(counted).collect::<Vec<_>>()),
    }
}

/// Sorts Pods as a sync prefers them: scheduled ones first, then older ones, then by name.
// pkg/controller/daemon/daemon_controller.go podByCreationTimestampAndPhase
pub fn sort_oldest_first(pods: &mut [(PodId, &Pod)]) {
    pods.sort_by_key(|(_, pod)| (pod.node_name.is_empty(), pod.meta.created, pod.meta.name.clone()));
}

fn oldest<'a>(pods: &[(PodId, &'a Pod)]) -> Option<&'a Pod> {
    if let [(_, only)] = pods {
        return Some(only);
    }
    let mut sorted = pods.to_vec();
    sort_oldest_first(&mut sorted);
    sorted.first().map(|(_, pod)| *pod)
}
