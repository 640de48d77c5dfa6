//! One Pod against all nodes: which fit, which do not and why, which is best.
//! Upstream: pkg/scheduler/schedule_one.go.

use super::affinity::Counts;
use super::kin::Kin;
use super::nodes::NodeInfo;
use super::plugin::{Plugin, Plugins, Reason};
use super::profile::{Profile, fixed_reason};
use super::resources::{fits_ports, fits_request};
use super::score::Scores;
use super::snapshot::Snapshot;
use super::spread::Sums;
use super::trial::Trial;
use crate::api::pod_spec::HostPort;
use crate::api::selector::Operator;
use crate::api::{Pod, Resources, Text};
use crate::world::{PodId, World};
use std::collections::BTreeSet;

/// In smaller clusters all nodes are examined, in nodes.
/// Upstream: pkg/scheduler/schedule_one.go minFeasibleNodesToFind.
const MIN_FEASIBLE_NODES_TO_FIND: usize = 100;
/// The least share of nodes to find, in percent.
/// Upstream: pkg/scheduler/schedule_one.go minFeasibleNodesPercentageToFind.
const MIN_FEASIBLE_NODES_PERCENT: usize = 5;

/// How many feasible nodes are enough.
/// Upstream: pkg/scheduler/schedule_one.go numFeasibleNodesToFind.
pub fn num_feasible_nodes_to_find(nodes: usize) -> usize {
    if nodes < MIN_FEASIBLE_NODES_TO_FIND {
        return nodes;
    }
    let percent = 50_usize.saturating_sub(nodes / 125).max(MIN_FEASIBLE_NODES_PERCENT);
    (nodes * percent / 100).max(MIN_FEASIBLE_NODES_TO_FIND)
}

/// Which nodes are looked at in the first place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All.
    All,
    /// These only, in node order; the Pod names nodes.
    Named(Vec<u32>),
    /// None: the Pod's demands exclude each other.
    Conflict,
}

/// What examining the nodes found.
#[derive(Debug, Default)]
pub struct Found {
    /// Nodes that fit, in the order of examination.
    pub feasible: Vec<u32>,
    /// Nodes that do not, and why.
    pub rejected: Vec<(u32, Reason)>,
    /// The plugins that rejected any.
    pub plugins: Plugins,
    /// How many nodes were not looked at because the Pod names others.
    pub absent: usize,
}

impl Found {
    fn clear(&mut self) {
        self.feasible.clear();
        self.rejected.clear();
        (self.plugins, self.absent) = (Plugins::NONE, 0);
    }

    /// Why a node was rejected.
    pub fn reason(&self, slot: u32) -> Option<Reason> {
        self.rejected.iter().find(|(one, _)| *one == slot).map(|(_, reason)| *reason)
    }
}

/// What is on a node while a Pod is tried on it.
#[derive(Clone, Copy)]
pub struct Occupied<'a> {
    /// Requests of the Pods there.
    pub used: &'a Resources,
    /// Ports they hold.
    pub ports: &'a [(HostPort, PodId)],
    /// Pods by spreading domain.
    pub sums: Option<&'a Sums>,
    /// Where Pods are that matter to affinity.
    pub counts: Option<&'a Counts>,
}

/// One attempt to place one Pod.
pub struct Cycle<'a> {
    /// The world.
    pub world: &'a World,
    /// What the scheduler knows of it.
    pub snapshot: &'a Snapshot,
    /// The Pod.
    pub pod: &'a Pod,
    /// Its id; none for a Pod that is only thought of.
    pub id: Option<PodId>,
    /// What is fixed between its spec and the nodes; not needed for a Pod with only one node to go to.
    pub profile: Option<&'a Profile>,
    /// What depends on other Pods.
    pub kin: &'a Kin,
    /// No resources at all.
    pub nothing: Resources,
}

impl<'a> Cycle<'a> {
    /// What is on a node now.
    pub fn occupied<'b>(&'b self, node: &NodeInfo) -> Occupied<'b> {
        let seat = node.seat(self.world);
        Occupied {
            used: seat.map_or(&self.nothing, |seat| &seat.used),
            ports: seat.map_or(&[], |seat| &seat.ports),
            sums: self.kin.hard.as_ref().map(|hard| &hard.sums),
            counts: self.kin.affinity.as_ref().map(|affinity| &affinity.counts),
        }
    }

    /// Upstream: pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go PreFilter.
    pub fn scope(&self) -> Scope {
        let nodes = &self.snapshot.nodes;
        if !self.pod.pinned_to.is_empty() {
            return Scope::Named(nodes.slot(&self.pod.pinned_to).into_iter().collect());
        }
        let Some(terms) = self.pod.spec.affinity.node_required.as_deref().filter(|terms| !terms.is_empty()) else {
            return Scope::All;
        };
        let mut names: BTreeSet<&Text> = BTreeSet::new();
        for term in terms {
            let mut fields = term
                .match_fields
                .iter()
                .filter(|field| field.key == "metadata.name" && field.operator == Some(Operator::In));
            let Some(first) = fields.next() else { return Scope::All };
            let mut here: BTreeSet<&Text> = first.values.iter().collect();
            fields.for_each(|field| here.retain(|name| field.values.contains(name)));
            names.extend(here);
        }
        if names.is_empty() {
            return Scope::Conflict;
        }
        let slots: BTreeSet<u32> = names.into_iter().filter_map(|name| nodes.slot(name)).collect();
        Scope::Named(nodes.order().iter().copied().filter(|slot| slots.contains(slot)).collect())
    }

    /// The filters in upstream's order against a node as it would be; `None` when the Pod fits.
    /// Upstream: pkg/scheduler/framework/runtime/framework.go RunFilterPlugins.
    // DIFFERENCE: volumes are not simulated, so no node is rejected for the volumes that a Pod claims.
    pub fn run_filter_plugins(&self, slot: u32, node: &NodeInfo, occupied: Occupied) -> Option<Reason> {
        let fixed = match self.profile {
            Some(profile) => profile.fixed(slot).rejected,
            None => fixed_reason(&self.pod.spec, &self.pod.pinned_to, node),
        };
        if fixed.is_some() {
            return fixed;
        }
        let spec = &self.pod.spec;
        if !spec.host_ports.is_empty() && !fits_ports(&spec.host_ports, occupied.ports) {
            return Some(Reason::Ports);
        }
        let spread =
            || self.kin.hard.as_ref().zip(occupied.sums).and_then(|(hard, sums)| hard.filter(sums, slot, self.pod));
        let affinity = || {
            let (affinity, counts) = self.kin.affinity.as_ref().zip(occupied.counts)?;
            affinity.filter(self.world, counts, node, self.pod)
        };
        fits_request(spec, &node.allocatable, occupied.used).or_else(spread).or_else(affinity)
    }

    /// The filters against a node, also as it will be when Pods nominated for it have come.
    /// Upstream: pkg/scheduler/framework/runtime/framework.go RunFilterPluginsWithNominatedPods.
    pub fn check(&self, slot: u32) -> Option<Reason> {
        let Some(node) = self.snapshot.nodes.get(slot) else { return Some(Reason::NodeName) };
        if !self.snapshot.nominated.is_empty()
            && let Some(trial) = Trial::with_nominated(self, slot, node, None)
            && let Some(reason) = self.run_filter_plugins(slot, node, trial.occupied())
        {
            return Some(reason);
        }
        self.run_filter_plugins(slot, node, self.occupied(node))
    }

    /// Examines nodes from a starting place on until enough fit; answers how many were examined.
    /// Upstream: pkg/scheduler/schedule_one.go findNodesThatPassFilters.
    pub fn find_nodes_that_fit(&self, scope: &Scope, start: usize, found: &mut Found) -> usize {
        found.clear();
        let nodes = &self.snapshot.nodes;
        let slots = match scope {
            Scope::All => nodes.order(),
            Scope::Named(slots) => slots,
            Scope::Conflict => &[],
        };
        if *scope != Scope::All {
            found.absent = nodes.len() - slots.len();
            found.plugins.insert(Plugin::NodeAffinity);
        }
        let wanted = num_feasible_nodes_to_find(slots.len());
        let (mut examined, count) = (0, slots.len());
        // Where all are examined anyway, it does not matter with which one begins; the first is easiest to follow.
        let (before, after) = slots.split_at(if wanted >= count { 0 } else { start % count });
        for &slot in after.iter().chain(before) {
            if found.feasible.len() >= wanted {
                break;
            }
            examined += 1;
            match self.check(slot) {
                None => found.feasible.push(slot),
                Some(reason) => {
                    found.rejected.push((slot, reason));
                    reason.plugin().into_iter().for_each(|plugin| found.plugins.insert(plugin));
                }
            }
        }
        examined
    }

    /// The best of the feasible nodes; of equally good ones one that the Pod leans to.
    /// Upstream: pkg/scheduler/schedule_one.go selectHost.
    pub fn best(&self, scores: &Scores, feasible: &[u32]) -> Option<u32> {
        let nodes = self.id.map_or(&[][..], |id| self.world.leanings.nodes(id)).iter();
        let slots = nodes.filter_map(|name| self.snapshot.nodes.slot(name));
        let leaning = slots.filter_map(|slot| feasible.iter().position(|other| *other == slot));
        scores.best(leaning).and_then(|place| feasible.get(place)).copied()
    }

    /// Tries the node that preemption cleared for the Pod.
    /// Upstream: pkg/scheduler/schedule_one.go evaluateNominatedNode.
    pub fn nominated_node_fits(&self) -> Option<u32> {
        let slot = self.snapshot.nodes.slot(&self.pod.status.nominated_node)?;
        self.check(slot).is_none().then_some(slot)
    }
}
