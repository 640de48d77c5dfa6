//! PodTopologySpread: how evenly the likes of a Pod are spread over nodes, zones or any other label's domains.
//! Upstream: pkg/scheduler/framework/plugins/podtopologyspread.

use super::nodes::{NodeInfo, Nodes};
use super::plugin::Reason;
use super::profile::{has_untolerated_taint, matches_node_affinity};
use crate::api::selector::{LabelSelector, Operator, Requirement};
use crate::api::{Labels, Pod, PodSpec, Text, value};
use crate::world::World;
use std::collections::BTreeMap;

/// The label that makes every node a domain of its own.
pub const HOSTNAME: &str = "kubernetes.io/hostname";
/// Constraints of one Pod that are looked at.
const MAX_CONSTRAINTS: usize = 32;

/// One constraint, ready to be evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    /// The largest allowed difference.
    pub max_skew: i64,
    /// The label that makes domains.
    pub key: Text,
    /// Which Pods count; `None` counts none.
    pub selector: Option<LabelSelector>,
    by_host: bool,
    min_domains: i64,
    honor_affinity: bool,
    honor_taints: bool,
}

impl Constraint {
    /// Whether Pods with such labels count.
    pub fn selects(&self, labels: &Labels) -> bool {
        self.selector.as_ref().is_some_and(|selector| selector.matches(labels))
    }

    /// Whether Pods with such labels are counted on nodes; oddly, an empty selector selects all and counts none.
    fn counts(&self, labels: &Labels) -> bool {
        self.selector.as_ref().is_some_and(|selector| !selector.is_empty() && selector.matches(labels))
    }

    fn default_soft(key: &'static str, max_skew: i64, selector: &LabelSelector) -> Constraint {
        Constraint {
            max_skew,
            key: Text::Static(key),
            selector: Some(selector.clone()),
            by_host: key == HOSTNAME,
            min_domains: 1,
            honor_affinity: true,
            honor_taints: false,
        }
    }

    // pkg/scheduler/framework/plugins/podtopologyspread/common.go matchNodeInclusionPolicies
    fn includes(&self, spec: &PodSpec, pinned_to: &Text, node: &NodeInfo) -> bool {
        (!self.honor_affinity || matches_node_affinity(spec, pinned_to, node))
            && (!self.honor_taints || !has_untolerated_taint(spec, &node.taints))
    }

    /// Whether the constraint heeds taints.
    pub const fn honors_taints(&self) -> bool {
        self.honor_taints
    }
}

/// A Pod's own constraints, hard or soft.
/// Upstream: pkg/scheduler/framework/plugins/podtopologyspread/common.go filterTopologySpreadConstraints.
pub fn own_constraints(spec: &PodSpec, labels: &Labels, hard: bool) -> Vec<Constraint> {
    let wanted = spec.topology_spread.iter().filter(|constraint| constraint.hard == hard).take(MAX_CONSTRAINTS);
    wanted
        .map(|constraint| {
            let policy = |key: &str| value::opt_text(&constraint.source, key);
            let mut selector = constraint.selector.clone();
            for key in value::texts(&constraint.source, "matchLabelKeys") {
                if let (Some(selector), Some(own)) = (selector.as_mut(), labels.get(&key)) {
                    let values = vec![own.clone()];
                    selector.match_expressions.push(Requirement { key, operator: Some(Operator::In), values });
                }
            }
            Constraint {
                max_skew: constraint.max_skew,
                key: constraint.topology_key.clone(),
                selector,
                by_host: constraint.topology_key == HOSTNAME,
                min_domains: value::opt_int(&constraint.source, "minDomains").unwrap_or(1),
                honor_affinity: policy("nodeAffinityPolicy").is_none_or(|policy| policy != "Ignore"),
                honor_taints: policy("nodeTaintsPolicy").is_some_and(|policy| policy == "Honor"),
            }
        })
        .collect()
}

/// The soft constraints of a Pod that has none of its own: over host names and zones, for the Pods of its Services and
/// its ReplicaSet. Upstream: pkg/scheduler/framework/plugins/podtopologyspread/common.go buildDefaultConstraints.
// DIFFERENCE: StatefulSets and ReplicationControllers do not exist here, so their Pods get no default spreading.
pub fn default_constraints(world: &World, pod: &Pod) -> Vec<Constraint> {
    let selector = default_selector(world, pod);
    if selector.is_empty() {
        return Vec::new();
    }
    vec![
        Constraint::default_soft(HOSTNAME, 3, &selector),
        Constraint::default_soft("topology.kubernetes.io/zone", 5, &selector),
    ]
}

/// Upstream: pkg/scheduler/framework/plugins/helper/spread.go DefaultSelector.
fn default_selector(world: &World, pod: &Pod) -> LabelSelector {
    let mut pairs: Vec<(Text, Text)> = Vec::new();
    for (_, service) in world.services.iter().filter(|(_, service)| service.meta.namespace == pod.meta.namespace) {
        let Some(selector) = &service.selector else { continue };
        if selector.pairs().iter().all(|(key, value)| pod.meta.labels.get(key) == Some(value)) {
            pairs.extend(selector.pairs().iter().cloned());
        }
    }
    let mut selector = LabelSelector::exact(Labels::new(pairs));
    let owner = pod.meta.controller().filter(|owner| owner.kind == "ReplicaSet" && owner.api_version == "apps/v1");
    let set = owner.and_then(|owner| world.find_id(&pod.meta.namespace, &owner.name));
    if let Some(set) = set.and_then(|id| world.replica_sets.get(id)) {
        let equal = |(key, value): &(Text, Text)| Requirement {
            key: key.clone(),
            operator: Some(Operator::In),
            values: vec![value.clone()],
        };
        selector.match_expressions.extend(set.selector.match_labels.pairs().iter().map(equal));
        selector.match_expressions.extend(set.selector.match_expressions.iter().cloned());
    }
    selector
}

#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    domain: u32,
    has_key: bool,
    eligible: bool,
    count: i64,
}

/// The values of one key that nodes have.
#[derive(Clone, Debug, Default)]
struct Domains {
    numbers: BTreeMap<Text, u32>,
    /// How many eligible nodes are in each.
    nodes: Vec<u32>,
}

impl Domains {
    fn number(&mut self, value: &Text) -> u32 {
        let next = self.nodes.len() as u32;
        let number = *self.numbers.entry(value.clone()).or_insert(next);
        if number == next {
            self.nodes.push(0);
        }
        number
    }
}

/// How many Pods are in each domain of each constraint, and the fewest in any.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    counts: Vec<Vec<i64>>,
    fewest: Vec<i64>,
}

/// The state of a list of constraints over all nodes.
#[derive(Clone, Debug)]
pub struct Spread {
    /// The constraints.
    pub constraints: Vec<Constraint>,
    /// Whether nodes that lack the key of any constraint are left out altogether.
    require_all: bool,
    cells: Vec<Cell>,
    domains: Vec<Domains>,
    /// Pods by domain.
    pub sums: Sums,
    stale: bool,
}

impl Spread {
    /// A state that knows no node yet.
    pub fn new(constraints: Vec<Constraint>, require_all: bool) -> Spread {
        let domains = vec![Domains::default(); constraints.len()];
        let sums = Sums { counts: vec![Vec::new(); constraints.len()], fewest: vec![0; constraints.len()] };
        Spread { constraints, require_all, cells: Vec::new(), domains, sums, stale: true }
    }

    /// Makes room for more nodes.
    pub fn resize(&mut self, nodes: &Nodes) {
        self.cells.resize(nodes.slot_count() * self.constraints.len(), Cell::default());
    }

    fn cell(&self, slot: u32, number: usize) -> Cell {
        self.cells.get(slot as usize * self.constraints.len() + number).copied().unwrap_or_default()
    }

    /// Counts the Pods on one node anew. `pod` stands for all Pods with these constraints.
    pub fn recount(&mut self, world: &World, nodes: &Nodes, slot: u32, pod: &Pod) {
        let node = nodes.get(slot);
        let counts = node.map(|node| self.count_pods_match_selector(world, node, pod));
        let has_all = node.is_some_and(|node| self.constraints.iter().all(|c| node.labels.get(&c.key).is_some()));
        for (number, constraint) in self.constraints.iter().enumerate() {
            let place = slot as usize * self.constraints.len() + number;
            let (Some(cell), Some(domains)) = (self.cells.get_mut(place), self.domains.get_mut(number)) else {
                continue;
            };
            let Some(sums) = self.sums.counts.get_mut(number) else { continue };
            if cell.eligible {
                add(&mut domains.nodes, cell.domain, -1);
                if let Some(sum) = sums.get_mut(cell.domain as usize) {
                    *sum -= cell.count;
                }
            }
            *cell = Cell::default();
            let Some(node) = node else { continue };
            let value = node.labels.get(&constraint.key);
            *cell = Cell {
                domain: domains.number(value.unwrap_or(&Text::EMPTY)),
                has_key: value.is_some(),
                eligible: (has_all || !self.require_all) && constraint.includes(&pod.spec, &pod.pinned_to, node),
                count: counts.as_ref().and_then(|counts| counts.get(number)).copied().unwrap_or(0),
            };
            sums.resize(domains.nodes.len(), 0);
            if cell.eligible {
                add(&mut domains.nodes, cell.domain, 1);
                if let Some(sum) = sums.get_mut(cell.domain as usize) {
                    *sum += cell.count;
                }
            }
        }
        self.stale = true;
    }

    /// Counts one more Pod on one node.
    pub fn count_in(&mut self, slot: u32, other: &Pod, pod: &Pod) {
        if other.meta.namespace != pod.meta.namespace || other.meta.deleting() {
            return;
        }
        for (number, constraint) in self.constraints.iter().enumerate() {
            if !constraint.counts(&other.meta.labels) {
                continue;
            }
            let Some(cell) = self.cells.get_mut(slot as usize * self.constraints.len() + number) else { continue };
            cell.count += 1;
            if cell.eligible
                && let Some(sum) = self.sums.counts.get_mut(number).and_then(|sums| sums.get_mut(cell.domain as usize))
            {
                *sum += 1;
                self.stale = true;
            }
        }
    }

    // pkg/scheduler/framework/plugins/podtopologyspread/common.go countPodsMatchSelector
    fn count_pods_match_selector(&self, world: &World, node: &NodeInfo, pod: &Pod) -> Vec<i64> {
        let mut counts = vec![0; self.constraints.len()];
        let mut last: Option<(&Labels, u64)> = None;
        for id in node.seat(world).iter().flat_map(|seat| &seat.pods) {
            let Some(other) = world.pods.get(*id) else { continue };
            if other.meta.namespace != pod.meta.namespace || other.meta.deleting() || other.is_ended() {
                continue;
            }
            let labels = &other.meta.labels;
            let matched =
                match last {
                    Some((known, matched)) if known.shares(labels) => matched,
                    _ => self.constraints.iter().enumerate().fold(0, |matched, (number, constraint)| {
                        matched | u64::from(constraint.counts(labels)) << number
                    }),
                };
            last = Some((labels, matched));
            counts.iter_mut().enumerate().for_each(|(number, count)| *count += (matched >> number & 1) as i64);
        }
        counts
    }

    /// Finds the fewest Pods in any domain of each constraint, when counts have changed.
    pub fn settle(&mut self) {
        if self.stale {
            self.stale = false;
            let mut sums = std::mem::take(&mut self.sums);
            self.find_fewest(&mut sums);
            self.sums = sums;
        }
    }

    // pkg/scheduler/framework/plugins/podtopologyspread/filtering.go minMatchNum
    fn find_fewest(&self, sums: &mut Sums) {
        for (number, fewest) in sums.fewest.iter_mut().enumerate() {
            let (Some(domains), Some(counts)) = (self.domains.get(number), sums.counts.get(number)) else { continue };
            let min_domains = self.constraints.get(number).map_or(1, |constraint| constraint.min_domains);
            let live = || domains.nodes.iter().zip(counts).filter(|(nodes, _)| **nodes > 0).map(|(_, count)| *count);
            *fewest =
                if (live().count() as i64) < min_domains { 0 } else { live().min().unwrap_or(i64::from(i32::MAX)) };
        }
    }

    /// The sums as they would be with a Pod more (`sign` 1) or less (-1) on a node.
    /// Upstream: pkg/scheduler/framework/plugins/podtopologyspread/filtering.go updateWithPod.
    pub fn update_with_pod(&self, sums: &mut Sums, slot: u32, updated: &Pod, pod: &Pod, sign: i64) {
        if updated.meta.namespace != pod.meta.namespace {
            return;
        }
        for (number, constraint) in self.constraints.iter().enumerate() {
            let cell = self.cell(slot, number);
            if cell.eligible
                && constraint.selects(&updated.meta.labels)
                && let Some(sum) = sums.counts.get_mut(number).and_then(|counts| counts.get_mut(cell.domain as usize))
            {
                *sum += sign;
            }
        }
        self.find_fewest(sums);
    }

    /// Why the node would make the spreading too uneven.
    /// Upstream: pkg/scheduler/framework/plugins/podtopologyspread/filtering.go Filter.
    pub fn filter(&self, sums: &Sums, slot: u32, pod: &Pod) -> Option<Reason> {
        for (number, constraint) in self.constraints.iter().enumerate() {
            let cell = self.cell(slot, number);
            if !cell.has_key {
                return Some(Reason::SpreadLabel);
            }
            let here =
                sums.counts.get(number).and_then(|counts| counts.get(cell.domain as usize)).copied().unwrap_or(0);
            let own = i64::from(constraint.selects(&pod.meta.labels));
            if here + own - sums.fewest.get(number).copied().unwrap_or(0) > constraint.max_skew {
                return Some(Reason::Spread);
            }
        }
        None
    }

    /// Scores 0 to 100 of the feasible nodes, in their order.
    /// Upstream: pkg/scheduler/framework/plugins/podtopologyspread/scoring.go Score, NormalizeScore.
    pub fn score(&self, feasible: &[u32], scores: &mut Vec<i64>) {
        let ignored = |slot: u32| self.require_all && (0..self.constraints.len()).any(|n| !self.cell(slot, n).has_key);
        let weights = self.weights(feasible, &ignored);
        scores.clear();
        let (mut fewest, mut most) = (i64::MAX, 0);
        for &slot in feasible {
            if ignored(slot) {
                scores.push(-1);
                continue;
            }
            let mut raw = 0.0;
            for (number, constraint) in self.constraints.iter().enumerate() {
                let cell = self.cell(slot, number);
                if !cell.has_key {
                    continue;
                }
                let in_domain = || self.sums.counts.get(number).and_then(|counts| counts.get(cell.domain as usize));
                let count = if constraint.by_host { cell.count } else { in_domain().copied().unwrap_or(0) };
                raw += count as f64 * weights.get(number).copied().unwrap_or(0.0) + (constraint.max_skew - 1) as f64;
            }
            let score = raw.round() as i64;
            (fewest, most) = (fewest.min(score), most.max(score));
            scores.push(score);
        }
        for score in scores {
            *score = match *score {
                -1 => 0,
                _ if most == 0 => 100,
                raw => 100 * (most + fewest - raw) / most,
            };
        }
    }

    // pkg/scheduler/framework/plugins/podtopologyspread/scoring.go initPreScoreState
    fn weights(&self, feasible: &[u32], ignored: &dyn Fn(u32) -> bool) -> Vec<f64> {
        let counted = || feasible.iter().copied().filter(|slot| !ignored(*slot));
        let size = |number: usize| {
            let (Some(constraint), Some(domains)) = (self.constraints.get(number), self.domains.get(number)) else {
                return 0;
            };
            if constraint.by_host {
                return if self.require_all { counted().count() } else { feasible.len() };
            }
            let mut seen = vec![false; domains.nodes.len()];
            let mut size = 0;
            for slot in counted() {
                if let Some(seen) = seen.get_mut(self.cell(slot, number).domain as usize)
                    && !std::mem::replace(seen, true)
                {
                    size += 1;
                }
            }
            size
        };
        (0..self.constraints.len()).map(|number| natural_logarithm(size(number) as u64 + 2)).collect()
    }
}

fn add(counts: &mut [u32], place: u32, by: i32) {
    if let Some(count) = counts.get_mut(place as usize) {
        *count = count.saturating_add_signed(by);
    }
}

/// The natural logarithm of a whole number above 0, by plain arithmetic only: a machine's own function may differ in the
/// last bit from that of another.
fn natural_logarithm(number: u64) -> f64 {
    let (mut mantissa, mut doublings) = (number.max(1) as f64, 0.0);
    while mantissa > std::f64::consts::SQRT_2 {
        mantissa /= 2.0;
        doublings += 1.0;
    }
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let square = s * s;
    let mut series = 0.0;
    for odd in (0..13).rev().map(|n| f64::from(2 * n + 1)) {
        series = series * square + 1.0 / odd;
    }
    doublings * std::f64::consts::LN_2 + 2.0 * s * series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_that_of_every_machine() {
        for number in (1..2_000).chain([5_002, 150_002, u64::from(u32::MAX)]) {
            let difference = natural_logarithm(number) - (number as f64).ln();
            assert!(difference.abs() <= 1e-14, "ln {number} is off by {difference}");
        }
    }
}
