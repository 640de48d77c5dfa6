//! The ReplicaSet controller: keeps so many equal Pods alive.
//! Upstream: pkg/controller/replicaset/replica_set.go.

#[cfg(all(test, not(target_arch = "wasm32")))]
mod properties;
pub mod rank;
mod status;

pub use status::REPLICA_FAILURE;
mod sync;
#[cfg(test)]
mod tests;

use super::controller_ref::Controllers;
use super::outcome::conclude;
use super::{Actor, ActorKind, Cx, Key, Sight, WorkQueue};
use crate::api::{Kind, Meta, ReplicaSet};
use crate::time::SimDuration;
use crate::world::{Aspects, Change, ChangeVerb, Id, PodId};
use status::Batch;
use std::collections::BTreeMap;

/// The id of a ReplicaSet.
pub type ReplicaSetId = Id<ReplicaSet>;

/// The ReplicaSet controller.
#[derive(Clone, Debug)]
pub struct ReplicaSets {
    queue: WorkQueue,
    sets: Controllers<ReplicaSet>,
    /// Syncs that wait for the client limit, so that they go on with what is left of their batch.
    unfinished: BTreeMap<ReplicaSetId, Batch>,
}

impl Default for ReplicaSets {
    fn default() -> ReplicaSets {
        ReplicaSets {
            queue: WorkQueue::new(ActorKind::ReplicaSet),
            sets: Controllers::default(),
            unfinished: BTreeMap::new(),
        }
    }
}

impl ReplicaSets {
    // pkg/controller/replicaset/replica_set.go addRS, updateRS, deleteRS
    fn observe_set(&mut self, id: ReplicaSetId, change: &Change, sight: &Sight) {
        let Some(set) = sight.world.replica_sets.ghost(id) else { return };
        if change.verb == ChangeVerb::Deleted {
            self.sets.strike(set.meta.uid);
            self.unfinished.remove(&id);
            self.queue.drop_object(id);
            return;
        }
        if change.verb == ChangeVerb::Added {
            self.sets.enter(set.meta.uid, id);
        }
        self.queue.add(id);
    }

    // pkg/controller/replicaset/replica_set.go addPod, updatePod, deletePod
    fn observe_pod(&mut self, id: PodId, change: &Change, sight: &mut Sight) {
        let Some(pod) = sight.world.pods.ghost(id) else { return };
        let owner = self.sets.of(&pod.meta);
        if pod.meta.controller().is_some() {
            if let Some(set) = owner {
                self.queue.add(set);
                let became_ready = change.verb == ChangeVerb::Modified
                    && change.aspects.any(Aspects::READY)
                    && pod.is_ready()
                    && !pod.meta.deleting();
                let wait = sight.world.replica_sets.get(set).map_or(0, |set| set.min_ready_seconds);
                if became_ready && wait > 0 {
                    self.queue.add_at(set, sight.now + SimDuration::from_secs(wait), sight.alarms);
                }
            }
        } else if change.verb != ChangeVerb::Deleted && !pod.meta.deleting() {
            let touched = change.aspects.any(Aspects::LABELS | Aspects::OWNERS);
            if change.verb == ChangeVerb::Added || touched {
                self.enqueue_matching(&pod.meta, sight);
            }
        }
        if let Some(before) = change.prior_controller.and_then(|uid| self.sets.by_uid(uid))
            && owner != Some(before)
        {
            self.queue.add(before);
        }
    }

    /// Queues every ReplicaSet that might adopt the object.
    // pkg/controller/replicaset/replica_set.go getPodReplicaSets
    fn enqueue_matching(&mut self, pod: &Meta, sight: &Sight) {
        if pod.labels.pairs().is_empty() {
            return;
        }
        for id in self.sets.iter() {
            let wanted = sight.world.replica_sets.get(id).is_some_and(|set| {
                set.meta.namespace == pod.namespace && !set.selector.is_empty() && set.selector.matches(&pod.labels)
            });
            if wanted {
                self.queue.add(id);
            }
        }
    }
}

impl Actor for ReplicaSets {
    fn observe(&mut self, change: &Change, sight: &mut Sight) {
        match change.object.kind {
            Kind::Pod => {
                if let Some(id) = change.object.id() {
                    self.observe_pod(id, change, sight);
                }
            }
            Kind::ReplicaSet => {
                if let Some(id) = change.object.id() {
                    self.observe_set(id, change, sight);
                }
            }
            _ => {}
        }
    }

    fn ring(&mut self, key: Key, cx: &mut Cx) {
        self.queue.ring(key, cx.now);
    }

    fn work(&mut self, cx: &mut Cx) -> bool {
        let Some(key) = self.queue.pop() else { return false };
        if let Some(id) = key.id() {
            let outcome = self.sync_replica_set(id, cx);
            conclude(&mut self.queue, key, outcome, cx);
        }
        true
    }
}
