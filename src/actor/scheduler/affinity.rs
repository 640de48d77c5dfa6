//! InterPodAffinity: which Pods want to be near which, and which do not.
//! Upstream: pkg/scheduler/framework/plugins/interpodaffinity.

use super::nodes::{NodeInfo, Nodes};
use super::plugin::Reason;
use crate::api::pod_spec::PodAffinityTerm;
use crate::api::selector::{LabelSelector, Operator, Requirement};
use crate::api::{Labels, Pod, Text};
use crate::world::{PodId, World};
use std::collections::{BTreeMap, BTreeSet};

/// What a required affinity of an existing Pod to the incoming one is worth.
/// Upstream: pkg/scheduler/apis/config/v1/defaults.go HardPodAffinityWeight.
const HARD_POD_AFFINITY_WEIGHT: i64 = 1;

/// The Pods on nodes that say anything about other Pods, by node name.
#[derive(Clone, Debug, Default)]
pub struct PodsWithAffinity(BTreeMap<Text, BTreeSet<PodId>>);

impl PodsWithAffinity {
    /// Takes a Pod in if it has affinity of any kind.
    pub fn insert(&mut self, id: PodId, pod: &Pod) {
        if pod.spec.affinity.names_pods() {
            self.0.entry(pod.node_name.clone()).or_default().insert(id);
        }
    }

    /// Lets a Pod go.
    pub fn remove(&mut self, id: PodId, pod: &Pod) {
        if let Some(pods) = self.0.get_mut(&pod.node_name) {
            pods.remove(&id);
            if pods.is_empty() {
                self.0.remove(&pod.node_name);
            }
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn on<'a>(&'a self, node_name: &str) -> impl Iterator<Item = PodId> + 'a {
        self.0.get(node_name).into_iter().flatten().copied()
    }
}

/// The labels of a namespace: those declared, and the one the API server gives each.
fn namespace_labels(world: &World, namespace: &str) -> Labels {
    let declared = world.find_id("", namespace).and_then(|id| world.namespaces.get(id));
    let labels = declared.map(|namespace| namespace.meta.labels.clone()).unwrap_or_default();
    labels.with("kubernetes.io/metadata.name", Text::copy(namespace))
}

/// A term with the selector that it has for the Pod that carries it.
#[derive(Clone, Debug)]
pub struct AffinityTerm {
    selector: Option<LabelSelector>,
    namespaces: Vec<Text>,
    namespace_selector: Option<LabelSelector>,
    /// The label that makes domains.
    pub topology_key: Text,
    weight: i64,
}

impl AffinityTerm {
    /// Upstream: k8s.io/kube-scheduler/framework/types.go newAffinityTerm; the label keys are merged into the selector by
    /// pkg/registry/core/pod/strategy.go applyMatchLabelKeysAndMismatchLabelKeys.
    fn new(term: &PodAffinityTerm, carrier: &Pod) -> AffinityTerm {
        let mut selector = term.selector.clone();
        let keys = |keys: &[Text], operator| keys.iter().map(|key| (key.clone(), operator)).collect::<Vec<_>>();
        let merged = [keys(&term.match_label_keys, Operator::In), keys(&term.mismatch_label_keys, Operator::NotIn)];
        for (key, operator) in merged.concat() {
            if let (Some(selector), Some(own)) = (selector.as_mut(), carrier.meta.labels.get(&key)) {
                let values = vec![own.clone()];
                selector.match_expressions.push(Requirement { key, operator: Some(operator), values });
            }
        }
        let own_only = term.namespaces.is_empty() && term.namespace_selector.is_none();
        AffinityTerm {
            selector,
            namespaces: if own_only { vec![carrier.meta.namespace.clone()] } else { term.namespaces.clone() },
            namespace_selector: term.namespace_selector.clone(),
            topology_key: term.topology_key.clone(),
            weight: term.weight,
        }
    }

    /// All terms of a list, for the Pod that carries them.
    pub fn all(terms: &[PodAffinityTerm], carrier: &Pod) -> Vec<AffinityTerm> {
        terms.iter().map(|term| AffinityTerm::new(term, carrier)).collect()
    }

    /// Whether it speaks of a Pod. Upstream: k8s.io/kube-scheduler/framework/types.go AffinityTerm.Matches.
    pub fn matches(&self, world: &World, pod: &Pod) -> bool {
        let namespace = &pod.meta.namespace;
        let included = self.namespaces.contains(namespace)
            || self
                .namespace_selector
                .as_ref()
                .is_some_and(|selector| selector.is_empty() || selector.matches(&namespace_labels(world, namespace)));
        included && self.selector.as_ref().is_some_and(|selector| selector.matches(&pod.meta.labels))
    }
}

/// Upstream: pkg/scheduler/framework/plugins/interpodaffinity/filtering.go podMatchesAllAffinityTerms.
pub fn pod_matches_all_affinity_terms(world: &World, terms: &[AffinityTerm], pod: &Pod) -> bool {
    !terms.is_empty() && terms.iter().all(|term| term.matches(world, pod))
}

/// Amounts by (key, value) of a topology.
type Tally = BTreeMap<(Text, Text), i64>;

fn tally(tally: &mut Tally, node: &NodeInfo, key: &Text, amount: i64) {
    let Some(value) = node.labels.get(key) else { return };
    bump(tally, (key.clone(), value.clone()), amount);
}

fn bump(tally: &mut Tally, pair: (Text, Text), amount: i64) {
    let sum = tally.entry(pair.clone()).or_insert(0);
    *sum += amount;
    if *sum == 0 {
        tally.remove(&pair);
    }
}

/// Where there are Pods that matter to the required terms.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    existing_anti_affinity: Tally,
    affinity: Tally,
    anti_affinity: Tally,
}

impl Counts {
    fn merge(&mut self, other: &Counts, sign: i64) {
        let pairs = [
            (&mut self.existing_anti_affinity, &other.existing_anti_affinity),
            (&mut self.affinity, &other.affinity),
            (&mut self.anti_affinity, &other.anti_affinity),
        ];
        for (into, from) in pairs {
            from.iter().for_each(|(pair, amount)| bump(into, pair.clone(), sign * amount));
        }
    }
}

/// What one node adds.
#[derive(Clone, Debug, Default)]
struct Share {
    counts: Counts,
    scores: Vec<((Text, Text), i64)>,
}

/// The state of inter-Pod affinity for Pods that are alike, over all nodes.
#[derive(Clone, Debug)]
pub struct Affinity {
    required: Vec<AffinityTerm>,
    anti_required: Vec<AffinityTerm>,
    preferred: Vec<AffinityTerm>,
    anti_preferred: Vec<AffinityTerm>,
    shares: Vec<Share>,
    /// Where there are Pods that matter to the required terms.
    pub counts: Counts,
    scores: Tally,
    /// How many contributions to scores there are, zero sums included.
    scored: usize,
}

impl Affinity {
    /// A state that knows no node yet. `pod` stands for all that are like it.
    pub fn new(pod: &Pod) -> Affinity {
        let affinity = &pod.spec.affinity;
        Affinity {
            required: AffinityTerm::all(&affinity.pod_required, pod),
            anti_required: AffinityTerm::all(&affinity.anti_required, pod),
            preferred: AffinityTerm::all(&affinity.pod_preferred, pod),
            anti_preferred: AffinityTerm::all(&affinity.anti_preferred, pod),
            shares: Vec::new(),
            counts: Counts::default(),
            scores: Tally::default(),
            scored: 0,
        }
    }

    /// Makes room for more nodes.
    pub fn resize(&mut self, nodes: &Nodes) {
        self.shares.resize(nodes.slot_count(), Share::default());
    }

    /// Whether the filter has nothing to say.
    fn is_skipped(&self, counts: &Counts) -> bool {
        self.required.is_empty() && self.anti_required.is_empty() && counts.existing_anti_affinity.is_empty()
    }

    /// Counts the Pods on one node anew.
    pub fn recount(&mut self, world: &World, nodes: &Nodes, affine: &PodsWithAffinity, slot: u32, pod: &Pod) {
        let Some(share) = self.shares.get_mut(slot as usize) else { return };
        let old = std::mem::take(share);
        self.counts.merge(&old.counts, -1);
        old.scores.into_iter().for_each(|(pair, amount)| {
            bump(&mut self.scores, pair, -amount);
            self.scored -= 1;
        });
        let Some(node) = nodes.get(slot) else { return };
        let mut new = Share::default();
        let own_required = !self.required.is_empty() || !self.anti_required.is_empty();
        let own_preferred = !self.preferred.is_empty() || !self.anti_preferred.is_empty();
        if own_required || own_preferred {
            for id in node.seat(world).iter().flat_map(|seat| &seat.pods) {
                let Some(existing) = world.pods.get(*id).filter(|pod| !pod.is_ended()) else { continue };
                self.count_own(world, &mut new, node, existing);
            }
        }
        for id in affine.on(&node.name) {
            let Some(existing) = world.pods.get(id).filter(|pod| !pod.is_ended()) else { continue };
            count_existing(world, &mut new, node, existing, pod);
        }
        self.counts.merge(&new.counts, 1);
        self.scored += new.scores.len();
        new.scores.iter().for_each(|(pair, amount)| bump(&mut self.scores, pair.clone(), *amount));
        if let Some(share) = self.shares.get_mut(slot as usize) {
            *share = new;
        }
    }

    fn count_own(&self, world: &World, share: &mut Share, node: &NodeInfo, existing: &Pod) {
        self.count_required(world, &mut share.counts, node, existing, 1);
        for (terms, sign) in [(&self.preferred, 1), (&self.anti_preferred, -1)] {
            process_terms(world, share, terms, node, existing, sign);
        }
    }

    fn count_required(&self, world: &World, counts: &mut Counts, node: &NodeInfo, existing: &Pod, sign: i64) {
        if pod_matches_all_affinity_terms(world, &self.required, existing) {
            self.required.iter().for_each(|term| tally(&mut counts.affinity, node, &term.topology_key, sign));
        }
        for term in self.anti_required.iter().filter(|term| term.matches(world, existing)) {
            tally(&mut counts.anti_affinity, node, &term.topology_key, sign);
        }
    }

    /// The counts as they would be with a Pod more (`sign` 1) or less (-1) on a node.
    /// Upstream: pkg/scheduler/framework/plugins/interpodaffinity/filtering.go updateWithPod.
    pub fn update_with_pod(
        &self,
        world: &World,
        counts: &mut Counts,
        node: &NodeInfo,
        updated: &Pod,
        pod: &Pod,
        sign: i64,
    ) {
        let theirs = AffinityTerm::all(&updated.spec.affinity.anti_required, updated);
        for term in theirs.iter().filter(|term| term.matches(world, pod)) {
            tally(&mut counts.existing_anti_affinity, node, &term.topology_key, sign);
        }
        self.count_required(world, counts, node, updated, sign);
    }

    /// Why other Pods forbid the node.
    /// Upstream: pkg/scheduler/framework/plugins/interpodaffinity/filtering.go Filter.
    pub fn filter(&self, world: &World, counts: &Counts, node: &NodeInfo, pod: &Pod) -> Option<Reason> {
        if self.is_skipped(counts) {
            return None;
        }
        let here = |tally: &Tally, key: &Text| {
            let value = node.labels.get(key)?;
            Some(tally.get(&(key.clone(), value.clone())).copied().unwrap_or(0))
        };
        let near: Vec<Option<i64>> =
            self.required.iter().map(|term| here(&counts.affinity, &term.topology_key)).collect();
        if near.iter().any(Option::is_none) {
            return Some(Reason::PodAffinity);
        }
        // The first of a group that wants to be together may start anywhere.
        let first = || counts.affinity.is_empty() && pod_matches_all_affinity_terms(world, &self.required, pod);
        if near.iter().flatten().any(|count| *count <= 0) && !first() {
            return Some(Reason::PodAffinity);
        }
        let anti = |term: &AffinityTerm| here(&counts.anti_affinity, &term.topology_key).is_some_and(|count| count > 0);
        if self.anti_required.iter().any(anti) {
            return Some(Reason::PodAntiAffinity);
        }
        let existing = |pair: &(Text, Text)| counts.existing_anti_affinity.get(pair).is_some_and(|count| *count > 0);
        let refused = !counts.existing_anti_affinity.is_empty() && node.labels.pairs().iter().any(existing);
        refused.then_some(Reason::ExistingAntiAffinity)
    }

    /// Scores 0 to 100 of the feasible nodes, in their order; false when there is nothing to score.
    /// Upstream: pkg/scheduler/framework/plugins/interpodaffinity/scoring.go Score, NormalizeScore.
    pub fn score(&self, nodes: &Nodes, feasible: &[u32], scores: &mut Vec<i64>) -> bool {
        scores.clear();
        if self.scored == 0 {
            return false;
        }
        for &slot in feasible {
            let pairs = nodes.get(slot).map_or(&[][..], |node| node.labels.pairs());
            scores.push(pairs.iter().filter_map(|pair| self.scores.get(pair)).sum());
        }
        let fewest = scores.iter().copied().min().unwrap_or(0);
        let range = scores.iter().copied().max().unwrap_or(0) - fewest;
        for score in scores {
            *score = if range > 0 { (100.0 * ((*score - fewest) as f64 / range as f64)) as i64 } else { 0 };
        }
        true
    }
}

/// What an existing Pod's own terms say of the incoming Pod.
/// Upstream: pkg/scheduler/framework/plugins/interpodaffinity/scoring.go processExistingPod.
fn count_existing(world: &World, share: &mut Share, node: &NodeInfo, existing: &Pod, pod: &Pod) {
    let affinity = &existing.spec.affinity;
    for term in AffinityTerm::all(&affinity.anti_required, existing) {
        if term.matches(world, pod) {
            tally(&mut share.counts.existing_anti_affinity, node, &term.topology_key, 1);
        }
    }
    let mut required = AffinityTerm::all(&affinity.pod_required, existing);
    required.iter_mut().for_each(|term| term.weight = HARD_POD_AFFINITY_WEIGHT);
    process_terms(world, share, &required, node, pod, 1);
    process_terms(world, share, &AffinityTerm::all(&affinity.pod_preferred, existing), node, pod, 1);
    process_terms(world, share, &AffinityTerm::all(&affinity.anti_preferred, existing), node, pod, -1);
}

// pkg/scheduler/framework/plugins/interpodaffinity/scoring.go processTerms
fn process_terms(world: &World, share: &mut Share, terms: &[AffinityTerm], node: &NodeInfo, pod: &Pod, sign: i64) {
    for term in terms.iter().filter(|term| term.matches(world, pod)) {
        if let Some(value) = node.labels.get(&term.topology_key) {
            share.scores.push(((term.topology_key.clone(), value.clone()), sign * term.weight));
        }
    }
}
