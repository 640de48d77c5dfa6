//! The eviction API: deleting a Pod if the disruption budgets allow it.
//! Upstream: pkg/registry/core/pod/storage/eviction.go.

use super::State;
use super::order::Answer;
use crate::actor::scheduler::BudgetHealth;
use crate::api::policy::PodDisruptionBudget;
use crate::api::{Condition, Phase, Pod, Status, value};
use crate::world::{Aspects, DeleteOptions, ObjectRef, World};

const VIOLATES: &str = "Cannot evict pod as it would violate the pod's disruption budget.";
const SEVERAL: &str =
    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";

impl State {
    /// Marks a Pod as disrupted and deletes it, unless its budget forbids that.
    // pkg/registry/core/pod/storage/eviction.go Create, addConditionAndDeletePod
    pub(super) fn evict(&mut self, object: ObjectRef, options: DeleteOptions) -> Answer {
        let Some(pod) = object.id().and_then(|id| self.world.pods.get(id)) else {
            return Err("error: only pods can be evicted".to_string());
        };
        if !can_ignore_budgets(pod) {
            check_budgets(&self.world, pod)?;
        }
        let (id, name, now) = (object.id(), pod.meta.name.clone(), self.now);
        if let Some(id) = id {
            self.world.modify(id, |pod: &mut Pod| {
                let (reason, message) = ("EvictionByEvictionAPI", "Eviction API: evicting");
                let condition = Condition::new("DisruptionTarget", Status::True, reason, message, now);
                Condition::set(&mut pod.status.conditions, condition);
                Aspects::STATUS
            });
        }
        self.world.delete(object, options, now).map_err(|error| format!("Error from server: {error}"))?;
        Ok(format!("pod/{name} evicted"))
    }
}

// pkg/registry/core/pod/storage/eviction.go canIgnorePDB
fn can_ignore_budgets(pod: &Pod) -> bool {
    pod.is_ended() || pod.status.phase == Phase::Pending || pod.meta.deleting()
}

fn check_budgets(world: &World, pod: &Pod) -> Result<(), String> {
    let guards = |budget: &&PodDisruptionBudget| {
        let selects = budget.selector.as_ref().is_some_and(|selector| selector.matches(&pod.meta.labels));
        budget.meta.namespace == pod.meta.namespace && selects
    };
    let budgets: Vec<&PodDisruptionBudget> =
        world.disruption_budgets.iter().map(|(_, budget)| budget).filter(guards).collect();
    let budget = match budgets[..] {
        [] => return Ok(()),
        [budget] => budget,
        _ => return Err(format!("Error from server (InternalError): {SEVERAL}")),
    };
    let health = BudgetHealth::of(world, budget);
    let policy = value::text(value::at(&budget.source, &["spec"]), "unhealthyPodEvictionPolicy");
    let harmless =
        !pod.is_ready() && (policy == "AlwaysAllow" || (health.desired > 0 && health.healthy >= health.desired));
    if harmless || health.disruptions_allowed() > 0 {
        return Ok(());
    }
    Err(format!("Error from server (TooManyRequests): {VIOLATES}"))
}
