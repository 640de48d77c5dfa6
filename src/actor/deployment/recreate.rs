//! Strategy Recreate: all old Pods end before the first new one starts.
//! Upstream: pkg/controller/deployment/recreate.go.

use super::progress::deployment_complete;
use super::scale::{cleanup_deployment, scale_replica_set};
use super::util::{OwnSet, OwnSets};
use super::{DeploymentId, Deployments};
use crate::actor::Cx;
use crate::actor::outcome::Outcome;
use crate::api::{Deployment, Pod};
use crate::world::World;

impl Deployments {
    /// One step of a rollout.
    ///
    /// # Errors
    /// When the client limit is used up or a request fails.
    // pkg/controller/deployment/recreate.go rolloutRecreate
    pub(super) fn rollout_recreate(
        &mut self,
        id: DeploymentId,
        deployment: &mut Deployment,
        sets: &[OwnSet],
        cx: &mut Cx,
    ) -> Outcome {
        let mut own = self.sync_revision(id, deployment, sets, false, cx)?;
        let mut scaled = false;
        for old in own.old.iter().filter(|old| old.set.replicas > 0) {
            scaled |= scale_replica_set(id, deployment, old, 0, false, cx)?.is_some();
        }
        if scaled || old_pods_running(&own, sets, cx.world) {
            return self.sync_rollout_status(id, deployment, &own, cx);
        }
        if own.new.is_none() {
            own = self.sync_revision(id, deployment, sets, true, cx)?;
        }
        if let Some(new) = &own.new {
            scale_replica_set(id, deployment, new, deployment.replicas, false, cx)?;
        }
        if deployment_complete(deployment, &deployment.status) {
            cleanup_deployment(deployment, &own, cx)?;
        }
        self.sync_rollout_status(id, deployment, &own, cx)
    }
}

/// Whether a Pod of an old ReplicaSet has not ended yet, be it terminating.
// pkg/controller/deployment/recreate.go oldPodsRunning
fn old_pods_running(own: &OwnSets, sets: &[OwnSet], world: &World) -> bool {
    if own.old.iter().map(|old| old.set.status.replicas).sum::<i64>() > 0 {
        return true;
    }
    let is_new = |set: &OwnSet| own.new.as_ref().is_some_and(|new| new.id == set.id);
    sets.iter().filter(|set| !is_new(set)).any(|set| {
        let pods = world.index.dependents(set.set.meta.uid).filter_map(|object| object.id::<Pod>());
        let mut live = pods.filter_map(|id| world.pods.get(id)).filter(|pod| !pod.status.phase.is_terminal());
        live.any(|pod| pod.meta.controller().is_some_and(|owner| owner.uid == set.set.meta.uid))
    })
}
