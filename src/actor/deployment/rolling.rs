//! Strategy RollingUpdate: the new ReplicaSet grows and the old ones shrink, within bounds.
//! Upstream: pkg/controller/deployment/rolling.go.

use super::progress::deployment_complete;
use super::scale::{cleanup_deployment, scale_replica_set};
use super::util::{OwnSet, OwnSets, available_replicas, max_unavailable, new_replicas, wanted_replicas};
use super::{DeploymentId, Deployments};
use crate::actor::Cx;
use crate::actor::outcome::{Halt, Outcome};
use crate::api::Deployment;

impl Deployments {
    /// One step of a rollout.
    ///
    /// # Errors
    /// When the client limit is used up or a request fails.
    // pkg/controller/deployment/rolling.go rolloutRolling
    pub(super) fn rollout_rolling(
        &mut self,
        id: DeploymentId,
        deployment: &mut Deployment,
        sets: &[OwnSet],
        cx: &mut Cx,
    ) -> Outcome {
        let own = self.sync_revision(id, deployment, sets, true, cx)?;
        let Some(new) = own.new.clone() else { return Ok(()) };
        let moved = reconcile_new_replica_set(id, deployment, &own, &new, cx)?
            || reconcile_old_replica_sets(id, deployment, &own, &new, cx)?;
        if !moved && deployment_complete(deployment, &deployment.status) {
            cleanup_deployment(deployment, &own, cx)?;
        }
        self.sync_rollout_status(id, deployment, &own, cx)
    }
}

/// Scales the new ReplicaSet as far as the surge allows. Answers whether it did.
// pkg/controller/deployment/rolling.go reconcileNewReplicaSet
fn reconcile_new_replica_set(
    id: DeploymentId,
    deployment: &Deployment,
    own: &OwnSets,
    new: &OwnSet,
    cx: &mut Cx,
) -> Result<bool, Halt> {
    let present = new.set.replicas;
    let size = match present.cmp(&deployment.replicas) {
        std::cmp::Ordering::Equal => return Ok(false),
        std::cmp::Ordering::Greater => deployment.replicas,
        std::cmp::Ordering::Less => new_replicas(deployment, wanted_replicas(own.all()), present),
    };
    Ok(scale_replica_set(id, deployment, new, size, false, cx)?.is_some())
}

/// Shrinks old ReplicaSets as far as enough Pods stay available. Answers whether it did.
// pkg/controller/deployment/rolling.go reconcileOldReplicaSets
fn reconcile_old_replica_sets(
    id: DeploymentId,
    deployment: &Deployment,
    own: &OwnSets,
    new: &OwnSet,
    cx: &mut Cx,
) -> Result<bool, Halt> {
    let mut old: Vec<OwnSet> = own.old.iter().filter(|own| own.set.replicas > 0).cloned().collect();
    if old.is_empty() {
        return Ok(false);
    }
    let min_available = deployment.replicas - max_unavailable(deployment);
    let new_unavailable = new.set.replicas - new.set.status.available_replicas;
    let may_go = wanted_replicas(own.all()) - min_available - new_unavailable;
    if may_go <= 0 {
        return Ok(false);
    }
    let unhealthy = cleanup_unhealthy_replicas(id, deployment, &mut old, may_go, cx)?;
    let healthy = scale_down_old_replica_sets(id, deployment, &old, new, min_available, cx)?;
    Ok(unhealthy + healthy > 0)
}

/// Takes replicas that are not available off old ReplicaSets first; their loss changes nothing. Answers how many.
// pkg/controller/deployment/rolling.go cleanupUnhealthyReplicas
fn cleanup_unhealthy_replicas(
    id: DeploymentId,
    deployment: &Deployment,
    old: &mut [OwnSet],
    most: i64,
    cx: &mut Cx,
) -> Result<i64, Halt> {
    let mut gone = 0;
    for own in old {
        let (size, available) = (own.set.replicas, own.set.status.available_replicas);
        let count = (most - gone).min(size - available);
        if gone >= most || size == 0 || count <= 0 {
            continue;
        }
        if let Some(scaled) = scale_replica_set(id, deployment, own, size - count, false, cx)? {
            *own = scaled;
        }
        gone += count;
    }
    Ok(gone)
}

/// Takes as many available replicas off old ReplicaSets as are not needed. Answers how many.
// pkg/controller/deployment/rolling.go scaleDownOldReplicaSetsForRollingUpdate
fn scale_down_old_replica_sets(
    id: DeploymentId,
    deployment: &Deployment,
    old: &[OwnSet],
    new: &OwnSet,
    min_available: i64,
    cx: &mut Cx,
) -> Result<i64, Halt> {
    let surplus = available_replicas(old.iter().chain([new])) - min_available;
    let mut gone = 0;
    for own in old {
        let count = own.set.replicas.min(surplus - gone);
        if count <= 0 {
            continue;
        }
        scale_replica_set(id, deployment, own, own.set.replicas - count, false, cx)?;
        gone += count;
    }
    Ok(gone)
}
