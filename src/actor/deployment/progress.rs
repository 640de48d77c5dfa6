//! Whether a rollout gets on, is complete, or has been stuck for too long.
//! Upstream: pkg/controller/deployment/progress.go.

use super::conditions::{
    NEW_RS_AVAILABLE, PROGRESSING, REPLICA_FAILURE, TIMED_OUT, get, new_condition, reason, remove, set,
};
use super::revision::update_status;
use super::status::calculate_status;
use super::util::{OwnSets, progress_deadline};
use super::{DeploymentId, Deployments};
use crate::actor::Cx;
use crate::actor::outcome::Outcome;
use crate::api::apps::{DeploymentCondition, DeploymentStatus};
use crate::api::{Condition, Deployment, Status};
use crate::time::{SimDuration, SimTime};

impl Deployments {
    /// Writes the status of a rollout, with what its conditions say of it.
    ///
    /// # Errors
    /// When the client limit is used up.
    // pkg/controller/deployment/progress.go syncRolloutStatus
    pub(super) fn sync_rollout_status(
        &mut self,
        id: DeploymentId,
        deployment: &mut Deployment,
        own: &OwnSets,
        cx: &mut Cx,
    ) -> Outcome {
        let mut status = calculate_status(deployment, own, cx.now);
        judge_progress(deployment, own, &mut status, cx.now);
        match replica_failure(own) {
            Some(failure) => set(&mut status, failure),
            None => remove(&mut status, REPLICA_FAILURE),
        }
        if status == deployment.status {
            self.requeue_stuck_deployment(id, deployment, &status, cx);
            return Ok(());
        }
        deployment.status = status;
        update_status(id, deployment, cx)
    }

    /// Has the Deployment looked at again when its deadline passes.
    // pkg/controller/deployment/progress.go requeueStuckDeployment
    fn requeue_stuck_deployment(
        &mut self,
        id: DeploymentId,
        deployment: &Deployment,
        status: &DeploymentStatus,
        cx: &mut Cx,
    ) {
        let (Some(deadline), Some(current)) = (progress_deadline(deployment), get(&deployment.status, PROGRESSING))
        else {
            return;
        };
        if deployment_complete(deployment, status) || current.condition.reason == *TIMED_OUT {
            return;
        }
        let due = current.updated + SimDuration::from_secs(deadline);
        if due - cx.now < SimDuration::from_secs(1) {
            self.queue.add_rate_limited(id, cx.now, cx.alarms);
        } else {
            self.queue.add_at(id, due + SimDuration::from_secs(1), cx.alarms);
        }
    }
}

/// Sets the Progressing condition of a status.
fn judge_progress(deployment: &Deployment, own: &OwnSets, status: &mut DeploymentStatus, now: SimTime) {
    let Some(deadline) = progress_deadline(deployment) else { return remove(status, PROGRESSING) };
    let was_available = reason(&deployment.status, PROGRESSING) == Some(NEW_RS_AVAILABLE);
    if status.replicas == status.updated_replicas && was_available {
        return;
    }
    let subject = match &own.new {
        Some(new) => format!("ReplicaSet \"{}\"", new.set.meta.name),
        None => format!("Deployment \"{}\"", deployment.meta.name),
    };
    if deployment_complete(deployment, status) {
        let message = format!("{subject} has successfully progressed.");
        set(status, new_condition(PROGRESSING, Status::True, NEW_RS_AVAILABLE, message, now));
    } else if deployment_progressing(&deployment.status, status) {
        let message = format!("{subject} is progressing.");
        let mut confirmed = new_condition(PROGRESSING, Status::True, "ReplicaSetUpdated", message, now);
        // Progress renews the time of the condition even when nothing else of it changes.
        if let Some(current) = get(&deployment.status, PROGRESSING) {
            if current.condition.status == Status::True {
                confirmed.condition.since = current.condition.since;
            }
            remove(status, PROGRESSING);
        }
        set(status, confirmed);
    } else if deployment_timed_out(status, deadline, now) {
        let message = format!("{subject} has timed out progressing.");
        set(status, new_condition(PROGRESSING, Status::False, TIMED_OUT, message, now));
    }
}

/// Whether all replicas are of the new template and available, and no others are left.
// pkg/controller/deployment/util/deployment_util.go DeploymentComplete
pub(super) fn deployment_complete(deployment: &Deployment, status: &DeploymentStatus) -> bool {
    let wanted = deployment.replicas;
    status.updated_replicas == wanted
        && status.replicas == wanted
        && status.available_replicas == wanted
        && status.observed_generation >= deployment.meta.generation
}

/// Whether something moved: more new, fewer old, more ready or more available replicas.
// pkg/controller/deployment/util/deployment_util.go DeploymentProgressing
fn deployment_progressing(old: &DeploymentStatus, new: &DeploymentStatus) -> bool {
    new.updated_replicas > old.updated_replicas
        || new.replicas - new.updated_replicas < old.replicas - old.updated_replicas
        || new.ready_replicas > old.ready_replicas
        || new.available_replicas > old.available_replicas
}

// pkg/controller/deployment/util/deployment_util.go DeploymentTimedOut
fn deployment_timed_out(status: &DeploymentStatus, deadline: i64, now: SimTime) -> bool {
    let Some(current) = get(status, PROGRESSING) else { return false };
    match current.condition.reason.as_str() {
        NEW_RS_AVAILABLE => false,
        TIMED_OUT => true,
        _ => current.updated + SimDuration::from_secs(deadline) < now,
    }
}

/// The failure that a ReplicaSet reports, the new one's before all others.
// pkg/controller/deployment/progress.go getReplicaFailures
fn replica_failure(own: &OwnSets) -> Option<DeploymentCondition> {
    let found = own
        .new
        .iter()
        .chain(own.all())
        .find_map(|own| Condition::find(&own.set.status.conditions, crate::actor::replica_set::REPLICA_FAILURE))?;
    Some(DeploymentCondition { condition: found.clone(), updated: found.since })
}
