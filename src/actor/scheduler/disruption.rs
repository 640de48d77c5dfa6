//! How many Pods the disruption budgets let go.
//!
//! Upstream's disruption controller writes that number into each budget's status; here it is worked out when it is asked
//! for. Upstream: pkg/controller/disruption/disruption.go.

use crate::api::apps::IntOrPercent;
use crate::api::policy::PodDisruptionBudget;
use crate::api::{Pod, Uid, value};
use crate::world::{ObjectRef, World};
use std::collections::BTreeMap;

/// How a budget stands: how many Pods there are to be, how many must be healthy, how many are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetHealth {
    /// How many Pods there are to be.
    pub expected: i64,
    /// How many must be healthy.
    pub desired: i64,
    /// How many are healthy.
    pub healthy: i64,
}

impl BudgetHealth {
    /// How the budget stands now.
    /// Upstream: pkg/controller/disruption/disruption.go trySync.
    pub fn of(world: &World, budget: &PodDisruptionBudget) -> BudgetHealth {
        let status = value::at(&budget.source, &["status"]);
        // A status that says how many may go, but not of how many, was written by hand.
        let allowed = value::int(status, "disruptionsAllowed");
        if value::int(status, "expectedPods") == 0 && allowed > 0 {
            return BudgetHealth { expected: allowed, desired: 0, healthy: allowed };
        }
        worked_out(world, budget)
    }

    /// How many of its Pods may be disrupted.
    pub fn disruptions_allowed(self) -> i64 {
        if self.expected <= 0 { 0 } else { self.healthy.saturating_sub(self.desired).max(0) }
    }
}

/// How many Pods of a budget may be disrupted now.
pub fn disruptions_allowed(world: &World, budget: &PodDisruptionBudget) -> i64 {
    BudgetHealth::of(world, budget).disruptions_allowed()
}

fn worked_out(world: &World, budget: &PodDisruptionBudget) -> BudgetHealth {
    let selected = |pod: &Pod| {
        pod.meta.namespace == budget.meta.namespace
            && !pod.is_ended()
            && budget.selector.as_ref().is_some_and(|selector| selector.matches(&pod.meta.labels))
    };
    let pods: Vec<&Pod> = world.pods.iter().map(|(_, pod)| pod).filter(|pod| selected(pod)).collect();
    let healthy = pods.iter().filter(|pod| pod.is_ready() && !pod.meta.deleting()).count() as i64;
    let scale = expected_scale(world, &pods);
    let (expected, desired) = match (budget.min_available, budget.max_unavailable) {
        (Some(IntOrPercent::Int(number)), _) => (pods.len() as i64, number),
        (Some(percent), _) => (scale, percent.scaled(scale, true)),
        (None, Some(limit)) => (scale, (scale - limit.scaled(scale, true)).max(0)),
        (None, None) => (0, 0),
    };
    BudgetHealth { expected, desired, healthy }
}

/// How many Pods the controllers of these Pods want altogether; Pods without one count as one each.
/// Upstream: pkg/controller/disruption/disruption.go getExpectedScale.
fn expected_scale(world: &World, pods: &[&Pod]) -> i64 {
    let mut scales: BTreeMap<Uid, i64> = BTreeMap::new();
    for pod in pods {
        let Some(owner) = pod.meta.controller() else { continue };
        let set = world.find_id(&pod.meta.namespace, &owner.name).filter(|_| owner.kind == "ReplicaSet");
        let Some(set) = set.and_then(|id| world.replica_sets.get(id)) else { continue };
        let deployment = set.meta.controller().filter(|owner| owner.kind == "Deployment");
        let deployment = deployment.and_then(|owner| {
            let id = world.find_id(&pod.meta.namespace, &owner.name)?;
            world.deployments.get(id).map(|deployment| (owner.uid, deployment.replicas))
        });
        let (uid, scale) = deployment.unwrap_or((set.meta.uid, set.replicas));
        scales.insert(uid, scale);
    }
    scales.values().sum()
}

/// All budgets with what is left of them while victims are gone through.
pub struct Budgets<'a>(Vec<(&'a PodDisruptionBudget, i64)>);

impl<'a> Budgets<'a> {
    /// The budgets of a world.
    pub fn of(world: &'a World) -> Budgets<'a> {
        let mut ids: Vec<ObjectRef> = world.disruption_budgets.iter().map(|(id, _)| id.into()).collect();
        ids.sort_unstable();
        let budgets = ids.into_iter().filter_map(|object| world.disruption_budgets.get(object.id()?));
        Budgets(budgets.map(|budget| (budget, disruptions_allowed(world, budget))).collect())
    }

    /// Takes a Pod out of the budgets it belongs to; answers whether one of them was used up.
    /// Upstream: pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go filterPodsWithPDBViolation.
    pub fn violates(&mut self, pod: &Pod) -> bool {
        let mut violated = false;
        for (budget, allowed) in &mut self.0 {
            let selected = budget.meta.namespace == pod.meta.namespace
                && !pod.meta.labels.pairs().is_empty()
                && budget.selector.as_ref().is_some_and(|s| !s.is_empty() && s.matches(&pod.meta.labels));
            let disrupted = value::at(&budget.source, &["status", "disruptedPods", &pod.meta.name]);
            if selected && disrupted.is_null() {
                *allowed -= 1;
                violated |= *allowed < 0;
            }
        }
        violated
    }
}
