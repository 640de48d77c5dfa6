//! What the controller hears: which changes lead to a sync, and which places they concern.
//! Upstream: the event handlers of pkg/controller/daemon/daemon_controller.go.

use super::{DaemonSetId, DaemonSets, Keeping};
use crate::actor::{Cx, Sight};
use crate::api::apps::ControllerRevision;
use crate::api::{Meta, Pod, Uid};
use crate::time::SimDuration;
use crate::world::{Aspects, Change, ChangeVerb, Id, NodeId, PodId, World};

impl DaemonSets {
    // pkg/controller/daemon/daemon_controller.go addDaemonset, updateDaemonset, deleteDaemonset
    pub(super) fn observe_set(&mut self, id: DaemonSetId, change: &Change, sight: &Sight) {
        let Some(set) = sight.world.daemon_sets.ghost(id) else { return };
        match change.verb {
            ChangeVerb::Deleted => {
                self.sets.strike(set.meta.uid);
                self.keeping.remove(&id);
                self.queue.drop_object(id);
                return;
            }
            ChangeVerb::Added => self.sets.enter(set.meta.uid, id),
            ChangeVerb::Modified => {}
        }
        self.queue.add(id);
    }

    // pkg/controller/daemon/daemon_controller.go addNode, updateNode
    pub(super) fn observe_node(&mut self, id: NodeId, change: &Change, sight: &Sight) {
        let Some(node) = sight.world.nodes.ghost(id) else { return };
        match change.verb {
            ChangeVerb::Added => {
                self.places.enter(id, &node.meta.name);
                self.node_updates.insert(id);
            }
            ChangeVerb::Modified if change.aspects.any(Aspects::LABELS | Aspects::TAINTS) => {
                self.node_updates.insert(id);
            }
            ChangeVerb::Modified => {}
            // Nobody syncs for a node that is gone, but the next sync must know.
            ChangeVerb::Deleted => {
                let place = self.places.leave(id, &node.meta.name);
                let now_there = self.places.node(place);
                for ledger in self.keeping.values_mut().filter_map(|keeping| keeping.ledger.as_mut()) {
                    ledger.judge_node(place, now_there, sight.world);
                }
            }
        }
    }

    /// Finds out for each DaemonSet what a node is to it now, and queues those that have something to do there.
    // pkg/controller/daemon/daemon_controller.go syncNodeUpdate
    pub(super) fn sync_node_update(&mut self, id: NodeId, cx: &mut Cx) {
        let Some(node) = cx.world.nodes.get(id) else { return };
        let place = self.places.enter(id, &node.meta.name);
        for (set, keeping) in &mut self.keeping {
            // Without a ledger the DaemonSet has not been synced yet and will look at all nodes when it is.
            let Some(ledger) = keeping.ledger.as_mut() else { continue };
            let verdict = ledger.judge_node(place, Some(id), cx.world);
            let scheduled = ledger.is_scheduled(place, cx.world);
            let misscheduled = cx.world.daemon_sets.get(*set).map_or(0, |set| set.status.number_misscheduled);
            let (missing, unwanted) = (verdict.should_run, !verdict.should_continue_running || misscheduled > 0);
            if if scheduled { unwanted } else { missing } {
                self.queue.add(*set);
            }
        }
    }

    // pkg/controller/daemon/daemon_controller.go addPod, updatePod, deletePod
    pub(super) fn observe_pod(&mut self, id: PodId, change: &Change, sight: &mut Sight) {
        let Some(pod) = sight.world.pods.ghost(id) else { return };
        let owner = self.sets.of(&pod.meta);
        self.note_pod(owner, id, pod, change);
        if let Some(before) = change.prior_controller {
            self.observe_departure(before, owner, id, pod);
        }
        if let Some(set) = owner {
            self.queue.add(set);
            let modified = change.verb == ChangeVerb::Modified && !pod.meta.deleting();
            let became_ready = modified && change.aspects.any(Aspects::READY) && pod.is_ready();
            let wait = sight.world.daemon_sets.get(set).map_or(0, |set| set.min_ready_seconds);
            if became_ready && wait > 0 {
                self.queue.add_at(set, sight.now + SimDuration::from_secs(wait + 1), sight.alarms);
            }
        } else if pod.meta.controller().is_none() && change.verb != ChangeVerb::Deleted && !pod.meta.deleting() {
            let touched = change.aspects.any(Aspects::LABELS | Aspects::OWNERS);
            if change.verb == ChangeVerb::Added || touched {
                self.enqueue_matching(&pod.meta, sight.world, |keeping| keeping.strays = true);
            }
        }
    }

    /// Marks the place of a Pod.
    fn note_pod(&mut self, owner: Option<DaemonSetId>, id: PodId, pod: &Pod, change: &Change) {
        let Some(keeping) = owner.and_then(|set| self.keeping.get_mut(&set)) else { return };
        if change.verb != ChangeVerb::Deleted && change.aspects.any(Aspects::LABELS) {
            keeping.relabelled.insert(id);
        }
        let Some(ledger) = keeping.ledger.as_mut() else { return };
        let Some(place) = self.places.of_pod(id, pod) else { return };
        if change.verb == ChangeVerb::Deleted {
            ledger.leave(place, id);
        } else {
            ledger.enter(place, id);
        }
        if change.aspects.any(Aspects::BOUND) && !pod.pinned_to.is_empty() && pod.pinned_to != pod.node_name {
            let meant_for = self.places.place(&pod.pinned_to);
            ledger.leave(meant_for, id);
        }
    }

    /// A Pod changed its controller.
    fn observe_departure(&mut self, before: Uid, owner: Option<DaemonSetId>, id: PodId, pod: &Pod) {
        let Some(set) = self.sets.by_uid(before).filter(|set| owner != Some(*set)) else { return };
        let place = self.places.of_pod(id, pod);
        let ledger = self.keeping.get_mut(&set).and_then(|keeping| keeping.ledger.as_mut());
        if let (Some(place), Some(ledger)) = (place, ledger) {
            ledger.leave(place, id);
        }
        self.queue.add(set);
    }

    // pkg/controller/daemon/daemon_controller.go addHistory, updateHistory, deleteHistory
    pub(super) fn observe_revision(&mut self, id: Id<ControllerRevision>, change: &Change, sight: &Sight) {
        let Some(revision) = sight.world.controller_revisions.ghost(id) else { return };
        let owner = self.sets.of(&revision.meta);
        for set in [owner, change.prior_controller.and_then(|uid| self.sets.by_uid(uid))].into_iter().flatten() {
            if let Some(keeping) = self.keeping.get_mut(&set) {
                keeping.history = None;
            }
            if change.verb != ChangeVerb::Added || revision.meta.deleting() {
                self.queue.add(set);
            }
        }
        if revision.meta.controller().is_none() && change.verb != ChangeVerb::Deleted {
            let touched = change.aspects.any(Aspects::LABELS | Aspects::OWNERS);
            if change.verb == ChangeVerb::Added || touched {
                self.enqueue_matching(&revision.meta, sight.world, |keeping| keeping.history = None);
            }
        }
    }

    /// Queues every DaemonSet that might adopt an object.
    // pkg/controller/daemon/daemon_controller.go getDaemonSetsForPod, getDaemonSetsForHistory
    fn enqueue_matching(&mut self, object: &Meta, world: &World, note: impl Fn(&mut Keeping)) {
        if object.labels.pairs().is_empty() {
            return;
        }
        for id in self.sets.iter() {
            let wanted = world.daemon_sets.get(id).is_some_and(|set| {
                set.meta.namespace == object.namespace
                    && !set.selector.is_empty()
                    && set.selector.matches(&object.labels)
            });
            if wanted {
                if let Some(keeping) = self.keeping.get_mut(&id) {
                    note(keeping);
                }
                self.queue.add(id);
            }
        }
    }
}
