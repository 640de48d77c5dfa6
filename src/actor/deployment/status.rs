//! What a Deployment's status says.
//! Upstream: pkg/controller/deployment/sync.go calculateStatus.

use super::DeploymentId;
use super::conditions::{AVAILABLE, new_condition, set};
use super::revision::update_status;
use super::util::{OwnSets, available_replicas, max_unavailable, wanted_replicas};
use crate::actor::Cx;
use crate::actor::outcome::Outcome;
use crate::api::apps::DeploymentStatus;
use crate::api::{Deployment, Status};
use crate::time::SimTime;

/// The status that follows from the ReplicaSets.
// pkg/controller/deployment/sync.go calculateStatus
pub(super) fn calculate_status(deployment: &Deployment, own: &OwnSets, now: SimTime) -> DeploymentStatus {
    let available = available_replicas(own.all());
    let sum = |count: fn(&crate::api::apps::ReplicaSetStatus) -> i64| own.all().map(|own| count(&own.set.status)).sum();
    let mut status = DeploymentStatus {
        replicas: sum(|status| status.replicas),
        updated_replicas: own.new.as_ref().map_or(0, |new| new.set.status.replicas),
        ready_replicas: sum(|status| status.ready_replicas),
        available_replicas: available,
        unavailable_replicas: (wanted_replicas(own.all()) - available).max(0),
        terminating_replicas: terminating_replicas(own),
        observed_generation: deployment.meta.generation,
        collision_count: deployment.status.collision_count,
        conditions: deployment.status.conditions.clone(),
    };
    let enough = available >= deployment.replicas - max_unavailable(deployment);
    let (reason, message) = if enough {
        ("MinimumReplicasAvailable", "Deployment has minimum availability.")
    } else {
        ("MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    };
    set(&mut status, new_condition(AVAILABLE, Status::from(enough), reason, message, now));
    status
}

/// The sum, or nothing while a ReplicaSet that was synced has not said it.
// pkg/controller/deployment/util/deployment_util.go GetTerminatingReplicaCountForReplicaSets
fn terminating_replicas(own: &OwnSets) -> Option<i64> {
    let mut sum = 0;
    for set in own.all().map(|own| &own.set) {
        match set.status.terminating_replicas {
            Some(count) => sum += count,
            None if set.status.observed_generation == 0 => {}
            None => return None,
        }
    }
    Some(sum)
}

/// Writes the status when it differs.
///
/// # Errors
/// When the client limit is used up.
// pkg/controller/deployment/sync.go syncDeploymentStatus
pub(super) fn sync_deployment_status(
    id: DeploymentId,
    deployment: &mut Deployment,
    own: &OwnSets,
    cx: &mut Cx,
) -> Outcome {
    let status = calculate_status(deployment, own, cx.now);
    if status == deployment.status {
        return Ok(());
    }
    deployment.status = status;
    update_status(id, deployment, cx)
}
