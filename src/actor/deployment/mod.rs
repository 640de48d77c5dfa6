//! The Deployment controller: rolls from one ReplicaSet to the next.
//! Upstream: pkg/controller/deployment/deployment_controller.go.

mod conditions;
mod progress;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod properties;
mod recreate;
mod revision;
mod rolling;
mod scale;
mod status;
mod sync;
#[cfg(test)]
mod tests;
pub mod util;

use super::controller_ref::Controllers;
use super::outcome::{Halt, Outcome, conclude};
use super::{Actor, ActorKind, Cx, Key, Sight, WorkQueue};
use crate::api::{Deployment, Kind, Meta, PodTemplate, ReplicaSet};
use crate::world::{Aspects, Change, ChangeVerb, Id, ObjectRef, PodId, World};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The id of a Deployment.
pub type DeploymentId = Id<Deployment>;

/// How often in a row a sync may fail before the Deployment waits for its next change, in syncs.
/// Upstream: pkg/controller/deployment/deployment_controller.go maxRetries.
const MAX_RETRIES_SYNCS: u32 = 15;

/// The Deployment controller.
#[derive(Clone, Debug)]
pub struct Deployments {
    queue: WorkQueue,
    deployments: Controllers<Deployment>,
    replica_sets: Controllers<ReplicaSet>,
    /// Which ReplicaSets have the template of their Deployment, as found for these two templates.
    compared: BTreeMap<Id<ReplicaSet>, Compared>,
}

/// The result of comparing a Deployment's template with a ReplicaSet's.
#[derive(Clone, Debug)]
struct Compared {
    wanted: Arc<PodTemplate>,
    found: Arc<PodTemplate>,
    same: bool,
}

impl Default for Deployments {
    fn default() -> Deployments {
        Deployments {
            queue: WorkQueue::new(ActorKind::Deployment),
            deployments: Controllers::default(),
            replica_sets: Controllers::default(),
            compared: BTreeMap::new(),
        }
    }
}

impl Deployments {
    // pkg/controller/deployment/deployment_controller.go addDeployment, updateDeployment, deleteDeployment
    fn observe_deployment(&mut self, id: DeploymentId, change: &Change, sight: &Sight) {
        let Some(deployment) = sight.world.deployments.ghost(id) else { return };
        match change.verb {
            ChangeVerb::Deleted => {
                self.deployments.strike(deployment.meta.uid);
                self.queue.drop_object(id);
                return;
            }
            ChangeVerb::Added => self.deployments.enter(deployment.meta.uid, id),
            ChangeVerb::Modified => {}
        }
        self.queue.add(id);
    }

    // pkg/controller/deployment/deployment_controller.go addReplicaSet, updateReplicaSet, deleteReplicaSet
    fn observe_replica_set(&mut self, id: Id<ReplicaSet>, change: &Change, sight: &Sight) {
        let Some(set) = sight.world.replica_sets.ghost(id) else { return };
        match change.verb {
            ChangeVerb::Deleted => {
                self.compared.remove(&id);
                self.replica_sets.strike(set.meta.uid);
            }
            ChangeVerb::Added => self.replica_sets.enter(set.meta.uid, id),
            ChangeVerb::Modified => {}
        }
        let before = change.prior_controller.and_then(|uid| self.deployments.by_uid(uid));
        for deployment in [self.deployments.of(&set.meta), before].into_iter().flatten() {
            self.queue.add(deployment);
        }
        if set.meta.controller().is_some() || change.verb == ChangeVerb::Deleted || set.meta.deleting() {
            return;
        }
        if change.verb == ChangeVerb::Added || change.aspects.any(Aspects::LABELS | Aspects::OWNERS) {
            self.enqueue_matching(&set.meta, sight.world);
        }
    }

    /// Queues every Deployment that might adopt a ReplicaSet.
    // pkg/controller/deployment/util/deployment_util.go GetDeploymentsForReplicaSet
    fn enqueue_matching(&mut self, set: &Meta, world: &World) {
        if set.labels.pairs().is_empty() {
            return;
        }
        for id in self.deployments.iter() {
            let wanted = world.deployments.get(id).is_some_and(|deployment| {
                deployment.meta.namespace == set.namespace
                    && !deployment.selector.is_empty()
                    && deployment.selector.matches(&set.labels)
            });
            if wanted {
                self.queue.add(id);
            }
        }
    }

    /// A Deployment that recreates its Pods goes on when the last of them is gone.
    // pkg/controller/deployment/deployment_controller.go deletePod, getDeploymentForPod
    fn observe_deleted_pod(&mut self, id: PodId, sight: &Sight) {
        let world = sight.world;
        let set = world.pods.ghost(id).and_then(|pod| self.replica_sets.of(&pod.meta));
        let set = set.and_then(|set| world.replica_sets.get(set));
        let Some(owner) = set.and_then(|set| self.deployments.of(&set.meta)) else { return };
        let Some(deployment) = world.deployments.get(owner).filter(|deployment| deployment.recreate) else { return };
        let mut sets = world.index.dependents(deployment.meta.uid).filter(|object| object.kind == Kind::ReplicaSet);
        let has_pod = |set: ObjectRef| {
            let uid = world.meta(set).map(|meta| meta.uid).unwrap_or_default();
            world.index.dependents(uid).any(|object| object.kind == Kind::Pod)
        };
        if !sets.any(has_pod) {
            self.queue.add(owner);
        }
    }
}

impl Actor for Deployments {
    fn observe(&mut self, change: &Change, sight: &mut Sight) {
        let object = change.object;
        match object.kind {
            Kind::Deployment => {
                if let Some(id) = object.id() {
                    self.observe_deployment(id, change, sight);
                }
            }
            Kind::ReplicaSet => {
                if let Some(id) = object.id() {
                    self.observe_replica_set(id, change, sight);
                }
            }
            Kind::Pod if change.verb == ChangeVerb::Deleted => {
                if let Some(id) = object.id() {
                    self.observe_deleted_pod(id, sight);
                }
            }
            _ => {}
        }
    }

    fn ring(&mut self, key: Key, cx: &mut Cx) {
        self.queue.ring(key, cx.now);
    }

    // pkg/controller/deployment/deployment_controller.go processNextWorkItem, handleErr
    fn work(&mut self, cx: &mut Cx) -> bool {
        let Some(key) = self.queue.pop() else { return false };
        let Some(id) = key.id() else { return true };
        let outcome: Outcome = self.sync_deployment(id, cx);
        if matches!(outcome, Err(Halt::Failed(_))) && self.queue.failures(key) >= MAX_RETRIES_SYNCS {
            self.queue.forget(key);
        } else {
            conclude(&mut self.queue, key, outcome, cx);
        }
        true
    }
}
