//! Making room for a Pod by evicting less important ones.
//! Upstream: pkg/scheduler/framework/preemption/preemption.go and
//! pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go.

use super::cycle::{Cycle, Found};
use super::disruption::Budgets;
use super::failure::Histogram;
use super::nodes::NodeInfo;
use super::plugin::Reason;
use super::trial::Trial;
use crate::api::{Condition, Pod, Status, Text};
use crate::time::SimTime;
use crate::world::{PodId, World};

/// At least so many nodes are tried, in nodes.
/// Upstream: pkg/scheduler/apis/config/v1/defaults.go MinCandidateNodesAbsolute.
const MIN_CANDIDATE_NODES: usize = 100;
/// At least this share of the nodes that could help is tried, in percent (MinCandidateNodesPercentage).
const MIN_CANDIDATE_NODES_PERCENT: usize = 10;

/// A node and whom to evict there.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The node.
    pub slot: u32,
    /// The Pods to evict, most important first.
    pub victims: Vec<PodId>,
    violations: usize,
}

/// What the attempt to preempt came to.
#[derive(Clone, Debug)]
pub enum Preemption {
    /// These Pods make room.
    Evict(Candidate),
    /// No help: the text for the message, and whether an earlier nomination is void.
    NoHelp {
        /// What the message says.
        message: String,
        /// Whether an earlier nomination is void.
        clear: bool,
    },
}

/// Looks for Pods whose eviction would let the cycle's Pod fit.
/// Upstream: pkg/scheduler/framework/preemption/preemption.go Preempt.
pub fn preempt(cycle: &Cycle, found: &Found, now: SimTime) -> Preemption {
    if let Some(why) = not_eligible(cycle, found) {
        return Preemption::NoHelp { message: why.to_string(), clear: false };
    }
    let nodes = &cycle.snapshot.nodes;
    let potential: Vec<u32> =
        found.rejected.iter().filter(|(_, reason)| reason.resolvable()).map(|(slot, _)| *slot).collect();
    let mut histogram = Histogram::default();
    let candidates = dry_run_preemption(cycle, &potential, &mut histogram, now);
    if let Some(best) = pick_one_node_for_preemption(cycle.world, candidates, now) {
        return Preemption::Evict(best);
    }
    let unhelpful = nodes.len() - potential.len();
    histogram.add_text(Text::Static("Preemption is not helpful for scheduling"), unhelpful);
    Preemption::NoHelp { message: histogram.message(nodes.len()), clear: true }
}

/// Why the Pod may not preempt.
/// Upstream: pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go PodEligibleToPreemptOthers.
fn not_eligible(cycle: &Cycle, found: &Found) -> Option<&'static str> {
    if cycle.pod.spec.never_preempts {
        return Some("not eligible due to preemptionPolicy=Never.");
    }
    let slot = cycle.snapshot.nodes.slot(&cycle.pod.status.nominated_node)?;
    if found.reason(slot).is_some_and(|reason| !reason.resolvable()) {
        return None;
    }
    let seat = cycle.snapshot.nodes.get(slot)?.seat(cycle.world)?;
    let leaving = seat
        .pods
        .iter()
        .filter_map(|id| cycle.world.pods.get(*id))
        .any(|pod| pod.priority < cycle.pod.priority && !pod.is_ended() && terminating_by_preemption(pod));
    leaving.then_some("not eligible due to a terminating pod on the nominated node.")
}

/// Upstream: pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go podTerminatingByPreemption.
fn terminating_by_preemption(pod: &Pod) -> bool {
    pod.meta.deleting()
        && Condition::find(&pod.status.conditions, "DisruptionTarget")
            .is_some_and(|condition| condition.status == Status::True && condition.reason == "PreemptionByScheduler")
}

/// Upstream: pkg/scheduler/framework/preemption/preemption.go DryRunPreemption.
// DIFFERENCE: where preemption could help on more nodes than are tried, a real scheduler begins at a random one of them;
// here it is the first in node order.
fn dry_run_preemption(cycle: &Cycle, potential: &[u32], histogram: &mut Histogram, now: SimTime) -> Vec<Candidate> {
    let share = potential.len() * MIN_CANDIDATE_NODES_PERCENT / 100;
    let wanted = share.max(MIN_CANDIDATE_NODES).min(potential.len());
    let mut candidates: Vec<Candidate> = Vec::new();
    for &slot in potential {
        let Some(node) = cycle.snapshot.nodes.get(slot) else { continue };
        match select_victims_on_node(cycle, slot, node, now) {
            Ok(candidate) => candidates.push(candidate),
            Err(reason) => histogram.add(reason, &cycle.pod.spec, 1),
        }
        if candidates.len() >= wanted && candidates.iter().any(|candidate| candidate.violations == 0) {
            break;
        }
    }
    // Those that violate no budget come first, as ties go to the first.
    candidates.sort_by_key(|candidate| candidate.violations > 0);
    candidates
}

/// Upstream: pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go SelectVictimsOnNode.
fn select_victims_on_node(cycle: &Cycle, slot: u32, node: &NodeInfo, now: SimTime) -> Result<Candidate, Reason> {
    let world = cycle.world;
    let seated = node.seat(world).into_iter().flat_map(|seat| seat.pods.iter().copied());
    let mut lesser: Vec<(PodId, &Pod)> = seated
        .filter_map(|id| world.pods.get(id).map(|pod| (id, pod)))
        .filter(|(_, pod)| pod.priority < cycle.pod.priority && !pod.is_ended())
        .collect();
    if lesser.is_empty() {
        return Err(Reason::NoVictims);
    }
    let mut trial = Trial::new(cycle, slot, node);
    lesser.iter().for_each(|(id, pod)| trial.update(cycle, node, *id, pod, -1));
    if let Some(reason) = trial.reason(cycle, node) {
        return Err(reason);
    }
    lesser.sort_by_key(|(_, pod)| importance(pod, now));
    let mut budgets = Budgets::of(world);
    let (violating, sparing): (Vec<_>, Vec<_>) = lesser.into_iter().partition(|(_, pod)| budgets.violates(pod));
    let mut candidate = Candidate { slot, victims: Vec::new(), violations: 0 };
    let mixed = !violating.is_empty() && !sparing.is_empty();
    for (violates, (id, pod)) in violating.into_iter().map(|p| (true, p)).chain(sparing.into_iter().map(|p| (false, p)))
    {
        trial.update(cycle, node, id, pod, 1);
        if trial.reason(cycle, node).is_some() {
            trial.update(cycle, node, id, pod, -1);
            candidate.victims.push(id);
            candidate.violations += usize::from(violates);
        }
    }
    if mixed {
        candidate.victims.sort_by_key(|id| world.pods.get(*id).map(|pod| importance(pod, now)));
    }
    Ok(candidate)
}

/// The more important, the smaller: priority, then who runs longer.
/// Upstream: pkg/scheduler/util/utils.go MoreImportantPod.
fn importance(pod: &Pod, now: SimTime) -> (std::cmp::Reverse<i32>, SimTime) {
    (std::cmp::Reverse(pod.priority), pod.status.start_time.unwrap_or(now))
}

/// Upstream: pkg/scheduler/framework/preemption/preemption.go pickOneNodeForPreemption.
fn pick_one_node_for_preemption(world: &World, candidates: Vec<Candidate>, now: SimTime) -> Option<Candidate> {
    let order = |candidate: &Candidate| {
        let victims = || candidate.victims.iter().filter_map(|id| world.pods.get(*id));
        let highest = victims().map(|pod| pod.priority).max().unwrap_or(i32::MIN);
        let sum: i64 = victims().map(|pod| i64::from(pod.priority) + i64::from(i32::MAX) + 1).sum();
        let longest = victims()
            .filter(|pod| pod.priority == highest)
            .map(|pod| pod.status.start_time.unwrap_or(now))
            .min()
            .unwrap_or(now);
        // The first victim is the most important one, whose priority is what upstream compares.
        let first = victims().next().map_or(highest, |pod| pod.priority);
        (candidate.violations, first, sum, candidate.victims.len(), std::cmp::Reverse(longest))
    };
    // Of equal ones `min_by_key` takes the first.
    candidates.into_iter().filter(|candidate| !candidate.victims.is_empty()).min_by_key(order)
}
