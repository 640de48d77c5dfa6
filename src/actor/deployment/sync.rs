//! One sync of one Deployment.
//! Upstream: pkg/controller/deployment/deployment_controller.go syncDeployment, pkg/controller/deployment/sync.go.

use super::conditions::{PAUSED, PROGRESSING, TIMED_OUT, new_condition, reason, set};
use super::revision::update_status;
use super::scale::{cleanup_deployment, scale};
use super::status::sync_deployment_status;
use super::util::{DESIRED_REPLICAS, OwnSet, progress_deadline};
use super::{DeploymentId, Deployments};
use crate::actor::controller_ref::{Claim, adopt, claim_object, release};
use crate::actor::outcome::{Halt, Outcome};
use crate::actor::{ActorKind, Cx};
use crate::api::{Deployment, Kind, OwnerReference, ReplicaSet, Status};
use crate::world::{Id, Source};

impl Deployments {
    /// Brings a Deployment's ReplicaSets and status in line with its spec.
    ///
    /// # Errors
    /// When the client limit is used up or a request fails.
    // pkg/controller/deployment/deployment_controller.go syncDeployment
    pub fn sync_deployment(&mut self, id: DeploymentId, cx: &mut Cx) -> Outcome {
        let Some(mut deployment) = cx.world.deployments.get(id).cloned() else { return Ok(()) };
        let deployment = &mut deployment;
        if deployment.selector.is_empty() {
            return selecting_all(id, deployment, cx);
        }
        let sets = get_replica_sets_for_deployment(deployment, cx)?;
        if deployment.meta.deleting() {
            let own = self.sync_revision(id, deployment, &sets, false, cx)?;
            return sync_deployment_status(id, deployment, &own, cx);
        }
        check_paused_conditions(id, deployment, cx)?;
        if deployment.paused || self.is_scaling_event(id, deployment, &sets, cx)? {
            return self.sync_scaled(id, deployment, &fresh(&sets, cx), cx);
        }
        let sets = fresh(&sets, cx);
        match deployment.recreate {
            true => self.rollout_recreate(id, deployment, &sets, cx),
            false => self.rollout_rolling(id, deployment, &sets, cx),
        }
    }

    /// Reconciles a Deployment that was scaled or is paused: no rollout, only sizes.
    // pkg/controller/deployment/sync.go sync
    fn sync_scaled(&mut self, id: DeploymentId, deployment: &mut Deployment, sets: &[OwnSet], cx: &mut Cx) -> Outcome {
        let own = self.sync_revision(id, deployment, sets, false, cx)?;
        scale(id, deployment, &own, cx)?;
        if deployment.paused {
            cleanup_deployment(deployment, &own, cx)?;
        }
        sync_deployment_status(id, deployment, &own, cx)
    }

    /// Whether the Deployment wants another number of replicas than its active ReplicaSets were made for.
    // pkg/controller/deployment/sync.go isScalingEvent
    fn is_scaling_event(
        &mut self,
        id: DeploymentId,
        deployment: &mut Deployment,
        sets: &[OwnSet],
        cx: &mut Cx,
    ) -> Result<bool, Halt> {
        let own = self.sync_revision(id, deployment, sets, false, cx)?;
        let mut desired = own.active().filter_map(|own| own.replicas_annotation(DESIRED_REPLICAS));
        Ok(desired.any(|desired| desired != deployment.replicas))
    }
}

/// The same ReplicaSets as they are now: what looks for a scaling event may have renumbered one.
fn fresh(sets: &[OwnSet], cx: &Cx) -> Vec<OwnSet> {
    let now = |own: &OwnSet| cx.world.replica_sets.get(own.id).map(|set| OwnSet { id: own.id, set: set.clone() });
    sets.iter().filter_map(now).collect()
}

fn selecting_all(id: DeploymentId, deployment: &mut Deployment, cx: &mut Cx) -> Outcome {
    let message = "This deployment is selecting all pods. A non-empty selector is required.";
    cx.world.event(id, Source::Deployment, true, "SelectingAll", message);
    if deployment.status.observed_generation < deployment.meta.generation {
        deployment.status.observed_generation = deployment.meta.generation;
        update_status(id, deployment, cx)?;
    }
    Ok(())
}

/// The ReplicaSets of a Deployment, after adoption and release.
// pkg/controller/deployment/deployment_controller.go getReplicaSetsForDeployment
fn get_replica_sets_for_deployment(deployment: &Deployment, cx: &mut Cx) -> Result<Vec<OwnSet>, Halt> {
    let owner = OwnerReference::controller(Kind::Deployment, &deployment.meta);
    let strays = cx.world.index.uncontrolled(Kind::ReplicaSet, &deployment.meta.namespace);
    let objects = cx.world.index.dependents(deployment.meta.uid).chain(strays);
    let claim = |id: Id<ReplicaSet>| {
        let set = cx.world.replica_sets.get(id)?;
        Some((id, claim_object(&deployment.meta, &set.meta, deployment.selector.matches(&set.meta.labels))))
    };
    let claims: Vec<(Id<ReplicaSet>, Claim)> = objects.filter_map(|object| claim(object.id()?)).collect();
    let mut sets = Vec::new();
    for (id, claim) in claims {
        match claim {
            Claim::Foreign => continue,
            Claim::Ours => {}
            Claim::Adopt => {
                cx.call(ActorKind::Deployment)?;
                adopt(cx.world, id, owner.clone());
            }
            Claim::Release => {
                cx.call(ActorKind::Deployment)?;
                release(cx.world, id, owner.uid);
                continue;
            }
        }
        sets.extend(cx.world.replica_sets.get(id).map(|set| OwnSet { id, set: set.clone() }));
    }
    Ok(sets)
}

/// Says that the Deployment was paused or resumed, so that the time in between does not count as lack of progress.
// pkg/controller/deployment/sync.go checkPausedConditions
fn check_paused_conditions(id: DeploymentId, deployment: &mut Deployment, cx: &mut Cx) -> Outcome {
    let current = reason(&deployment.status, PROGRESSING);
    if progress_deadline(deployment).is_none() || current == Some(TIMED_OUT) {
        return Ok(());
    }
    let (reason, message) = match (deployment.paused, current == Some(PAUSED)) {
        (true, false) => (PAUSED, "Deployment is paused"),
        (false, true) => ("DeploymentResumed", "Deployment is resumed"),
        _ => return Ok(()),
    };
    set(&mut deployment.status, new_condition(PROGRESSING, Status::Unknown, reason, message, cx.now));
    update_status(id, deployment, cx)
}
