//! Why here, why not there: what the scheduler would make of a Pod at this moment.

use super::cycle::{Cycle, Found, Scope};
use super::failure::{Histogram, NO_NODES_AVAILABLE};
use super::kin::Kin;
use super::plugin::Reason;
use super::preemption::{Preemption, preempt};
use super::profile::Profile;
use super::score::Scores;
use super::snapshot::Snapshot;
use crate::api::{Pod, Resources, Text};
use crate::time::SimTime;
use crate::world::{DeleteOptions, PodId, World};
use std::borrow::Cow;

/// What the scheduler makes of one node for a Pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It fits.
    Fits {
        /// The sum of all weighted scores.
        score: i64,
        /// The weighted score of each plugin that had anything to say.
        parts: Vec<(&'static str, i64)>,
    },
    /// It does not.
    Rejected {
        /// The plugin that says so; empty for a node that was not even looked at because the Pod names others.
        plugin: &'static str,
        /// Why, as the scheduler's messages say it.
        reasons: Vec<Text>,
        /// Whether evicting Pods from the node could help.
        preemptable: bool,
    },
}

/// One node's verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeVerdict {
    /// The node.
    pub node: Text,
    /// What the scheduler makes of it.
    pub verdict: Verdict,
}

/// The scheduler's view of a Pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// All nodes in node order.
    pub nodes: Vec<NodeVerdict>,
    /// The node it would choose.
    pub chosen: Option<Text>,
    /// What it would say if it chooses none.
    pub message: Option<Text>,
    /// The node that it would clear by preemption, and the Pods that would have to go.
    pub preempted: Option<(Text, Vec<PodId>)>,
}

/// What the scheduler would make of a Pod now. A Pod that is bound already is treated as if it were not there yet.
///
/// All nodes are examined and scored; in clusters of 100 nodes and more a scheduler stops when it has found enough.
///
/// ```
/// use orrery::actor::scheduler::{Verdict, explain};
/// use orrery::api::{Node, Pod};
/// use orrery::time::SimTime;
/// use orrery::world::World;
/// let mut world = World::default();
/// for (name, cpu) in [("small", "1"), ("large", "4")] {
///     let node = serde_json::json!({"metadata": {"name": name}, "status": {"allocatable": {"cpu": cpu, "pods": "9"}}});
///     world.create(Node::from_value(&node), SimTime::default()).unwrap();
/// }
/// let pod = serde_json::json!({"metadata": {"name": "p"}, "spec": {"containers": [{"resources": {"requests": {"cpu": "2"}}}]}});
/// let explanation = explain(&world, &Pod::from_value(&pod), None, SimTime::default());
/// assert_eq!(explanation.chosen.as_deref(), Some("large"));
/// assert!(matches!(&explanation.nodes[0].verdict, Verdict::Rejected { plugin: "NodeResourcesFit", .. }));
/// ```
pub fn explain(world: &World, pod: &Pod, id: Option<PodId>, now: SimTime) -> Explanation {
    let world = without(world, pod, id, now);
    let mut waiting = pod.clone();
    waiting.node_name = Text::EMPTY;
    let snapshot = Snapshot::of(&world);
    let mut profile = Profile::new(pod.spec.clone(), pod.pinned_to.clone());
    profile.refresh(&world, &snapshot.nodes);
    let mut kin = Kin::default();
    kin.refresh(&world, &snapshot, &waiting);
    let cycle = Cycle {
        world: &world,
        snapshot: &snapshot,
        pod: &waiting,
        id,
        profile: Some(&profile),
        kin: &kin,
        nothing: Resources::default(),
    };
    explain_cycle(&cycle, &profile, now)
}

/// The world without the Pod, if it is on a node.
fn without<'a>(world: &'a World, pod: &Pod, id: Option<PodId>, now: SimTime) -> Cow<'a, World> {
    let Some(id) = id.filter(|_| !pod.node_name.is_empty()) else { return Cow::Borrowed(world) };
    let mut copy = world.clone();
    for finalizer in pod.meta.finalizers() {
        copy.remove_finalizer(id, finalizer);
    }
    // A Pod that is not there needs no removing.
    let _ = copy.delete(id, DeleteOptions::FORCE, now);
    Cow::Owned(copy)
}

fn explain_cycle(cycle: &Cycle, profile: &Profile, now: SimTime) -> Explanation {
    let nodes = &cycle.snapshot.nodes;
    if nodes.is_empty() {
        let message = Some(Text::Static(NO_NODES_AVAILABLE));
        return Explanation { message, ..Explanation::default() };
    }
    let scope = cycle.scope();
    let mut found = Found::default();
    let slots = match &scope {
        Scope::All => nodes.order(),
        Scope::Named(slots) => slots,
        Scope::Conflict => &[],
    };
    if scope != Scope::All {
        found.absent = nodes.len() - slots.len();
    }
    for &slot in slots {
        match cycle.check(slot) {
            None => found.feasible.push(slot),
            Some(reason) => found.rejected.push((slot, reason)),
        }
    }
    let mut scores = Scores::default();
    scores.compute(cycle, profile, &found.feasible);
    let mut explanation = Explanation::default();
    let name = |slot: u32| nodes.get(slot).map(|node| node.name.clone()).unwrap_or_default();
    for &slot in nodes.order() {
        let verdict = match found.feasible.iter().position(|one| *one == slot) {
            Some(place) => {
                Verdict::Fits { score: scores.totals.get(place).copied().unwrap_or(0), parts: scores.parts(place) }
            }
            None => {
                let reason = found.reason(slot).unwrap_or(Reason::NotExamined);
                Verdict::Rejected {
                    plugin: reason.plugin().map_or("", super::plugin::Plugin::name),
                    reasons: reason.texts(&cycle.pod.spec),
                    preemptable: reason.resolvable(),
                }
            }
        };
        explanation.nodes.push(NodeVerdict { node: name(slot), verdict });
    }
    let best = cycle.nominated_node_fits().or_else(|| cycle.best(&scores, &found.feasible));
    explanation.chosen = best.map(name);
    if best.is_none() {
        let (message, preemption) = failure_message(cycle, &scope, &found, now);
        explanation.message = Some(message);
        if let Preemption::Evict(candidate) = preemption {
            explanation.preempted = Some((name(candidate.slot), candidate.victims));
        }
    }
    explanation
}

/// What the scheduler says of a Pod that fits nowhere, and what preemption can do for it.
pub fn failure_message(cycle: &Cycle, scope: &Scope, found: &Found, now: SimTime) -> (Text, Preemption) {
    let nodes = cycle.snapshot.nodes.len();
    let mut message = if *scope == Scope::Conflict {
        format!("0/{nodes} nodes are available: pod affinity terms conflict.")
    } else {
        let mut histogram = Histogram::default();
        found.rejected.iter().for_each(|(_, reason)| histogram.add(*reason, &cycle.pod.spec, 1));
        histogram.add(Reason::NotExamined, &cycle.pod.spec, found.absent);
        histogram.message(nodes)
    };
    let preemption = preempt(cycle, found, now);
    if let Preemption::NoHelp { message: why, .. } = &preemption {
        // The first part is what the plugin for resource claims has to say of a Pod without any.
        message.push_str(" no new claims to deallocate, preemption: ");
        message.push_str(why);
    }
    (Text::from(message), preemption)
}
