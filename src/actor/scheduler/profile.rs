//! What of a Pod's spec and of a node decides alone, whatever else runs there: cordon, taints, labels, images.
//!
//! Thousands of Pods share one spec, so this is worked out once for each spec and node, and again when the node changes.

use super::nodes::{NodeInfo, Nodes};
use super::plugin::Reason;
use crate::api::node::Taint;
use crate::api::{PodSpec, Text};
use crate::world::World;
use std::collections::BTreeMap;
use std::sync::Arc;

const MEBIBYTE: i64 = 1024 * 1024;
/// Images together smaller than this do not count, in bytes.
const MIN_IMAGE_BYTES: i64 = 23 * MEBIBYTE;
/// Larger ones count as this, in bytes for each container.
const MAX_IMAGE_BYTES: i64 = 1_000 * MEBIBYTE;

/// What is fixed between a spec and a node.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fixed {
    /// Why the node is out of the question.
    pub rejected: Option<Reason>,
    /// Untolerated PreferNoSchedule taints.
    pub prefer_taints: i64,
    /// Weights of the preferred node affinity terms that match.
    pub preferred: i64,
    /// Score for the images that are there, 0 to 100.
    pub images: i64,
    version: u64,
}

/// What is fixed between one spec and all nodes, by slot.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The spec.
    pub spec: Arc<PodSpec>,
    /// The only node it may run on; empty for any.
    pinned_to: Text,
    fixed: Vec<Fixed>,
    seen: u64,
    image_generation: u64,
}

impl Profile {
    /// A profile that knows no node yet.
    pub const fn new(spec: Arc<PodSpec>, pinned_to: Text) -> Profile {
        Profile { spec, pinned_to, fixed: Vec::new(), seen: 0, image_generation: 0 }
    }

    /// What is fixed with the node in a slot.
    pub fn fixed(&self, slot: u32) -> Fixed {
        self.fixed.get(slot as usize).copied().unwrap_or_default()
    }

    /// Takes in what has changed about the nodes.
    pub fn refresh(&mut self, world: &World, nodes: &Nodes) {
        let fresh = self.fixed.is_empty();
        self.fixed.resize(nodes.slot_count(), Fixed::default());
        match nodes.touched_since(self.seen) {
            Some(touched) if !fresh => {
                for touch in touched.iter().filter(|touch| touch.came.is_none()) {
                    self.refresh_slot(nodes, touch.slot);
                }
            }
            _ => nodes.order().iter().for_each(|slot| self.refresh_slot(nodes, *slot)),
        }
        self.seen = nodes.log_end();
        if self.image_generation != nodes.image_generation {
            self.image_generation = nodes.image_generation;
            self.refresh_images(world, nodes);
        }
    }

    fn refresh_slot(&mut self, nodes: &Nodes, slot: u32) {
        let (Some(node), Some(fixed)) = (nodes.get(slot), self.fixed.get_mut(slot as usize)) else { return };
        if fixed.version == node.version {
            return;
        }
        let images = fixed.images;
        *fixed = Fixed {
            rejected: fixed_reason(&self.spec, &self.pinned_to, node),
            prefer_taints: count_intolerable_taints_prefer_no_schedule(&self.spec, &node.taints),
            preferred: preferred_weight(&self.spec, node),
            images,
            version: node.version,
        };
    }

    /// Upstream: pkg/scheduler/framework/plugins/imagelocality/image_locality.go Score.
    fn refresh_images(&mut self, world: &World, nodes: &Nodes) {
        self.fixed.iter_mut().for_each(|fixed| fixed.images = 0);
        let names: Vec<String> = self
            .spec
            .init_containers
            .iter()
            .chain(&self.spec.containers)
            .map(|container| normalized_image_name(&container.image))
            .collect();
        // Image name to how many nodes have it, and its size on the first of them.
        let mut spread: BTreeMap<&str, (i64, i64)> = names.iter().map(|name| (name.as_str(), (0, 0))).collect();
        let mut held: Vec<(u32, Vec<&str>)> = Vec::new();
        for &slot in nodes.order() {
            let Some(node) = nodes.get(slot).and_then(|node| world.nodes.get(node.id)) else { continue };
            let mut here: Vec<&str> = Vec::new();
            for (image, bytes) in &node.images {
                if let Some((name, (count, size))) = spread.iter_mut().find(|(name, _)| **name == image.as_str())
                    && !here.contains(name)
                {
                    *size = if *count == 0 { *bytes } else { *size };
                    *count += 1;
                    here.push(*name);
                }
            }
            if !here.is_empty() {
                held.push((slot, here));
            }
        }
        for (slot, here) in held {
            let sum = names
                .iter()
                .filter(|name| here.contains(&name.as_str()))
                .filter_map(|name| spread.get(name.as_str()))
                .map(|(count, bytes)| scaled_image_score(*bytes, *count, nodes.len()))
                .sum();
            if let Some(fixed) = self.fixed.get_mut(slot as usize) {
                fixed.images = calculate_priority(sum, names.len() as i64);
            }
        }
    }
}

/// Why a node is out of the question for a spec, whatever runs there. `pinned_to` takes the place of the spec's required
/// node affinity, as in the Pods of a DaemonSet.
pub fn fixed_reason(spec: &PodSpec, pinned_to: &Text, node: &NodeInfo) -> Option<Reason> {
    // pkg/scheduler/framework/plugins/nodeunschedulable/node_unschedulable.go Filter
    const CORDON: Taint = Taint::new("node.kubernetes.io/unschedulable", "NoSchedule", None);
    if node.unschedulable && !spec.tolerates(&CORDON) {
        return Some(Reason::Unschedulable);
    }
    // pkg/scheduler/framework/plugins/nodename/node_name.go Filter
    if !spec.node_name.is_empty() && spec.node_name != node.name {
        return Some(Reason::NodeName);
    }
    if has_untolerated_taint(spec, &node.taints) {
        return Some(Reason::Taint);
    }
    (!matches_node_affinity(spec, pinned_to, node)).then_some(Reason::NodeAffinity)
}

/// Upstream: pkg/scheduler/framework/plugins/tainttoleration/taint_toleration.go Filter.
pub fn has_untolerated_taint(spec: &PodSpec, taints: &[Taint]) -> bool {
    let mut forbidding = taints.iter().filter(|taint| taint.effect == "NoSchedule" || taint.effect == "NoExecute");
    forbidding.any(|taint| !spec.tolerates(taint))
}

/// Upstream: k8s.io/component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go RequiredNodeAffinity.Match.
pub fn matches_node_affinity(spec: &PodSpec, pinned_to: &Text, node: &NodeInfo) -> bool {
    let selected = spec.node_selector.pairs().iter().all(|(key, value)| node.labels.get(key) == Some(value));
    let required = || match (pinned_to.is_empty(), &spec.affinity.node_required) {
        (false, _) => node.name == *pinned_to,
        (true, Some(terms)) => terms.iter().any(|term| term.matches(&node.name, &node.labels)),
        (true, None) => true,
    };
    selected && required()
}

/// Upstream: pkg/scheduler/framework/plugins/tainttoleration/taint_toleration.go countIntolerableTaintsPreferNoSchedule.
fn count_intolerable_taints_prefer_no_schedule(spec: &PodSpec, taints: &[Taint]) -> i64 {
    let preferring = taints.iter().filter(|taint| taint.effect == "PreferNoSchedule");
    preferring.filter(|taint| !spec.tolerates(taint)).count() as i64
}

/// Upstream: k8s.io/component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go PreferredSchedulingTerms.Score.
fn preferred_weight(spec: &PodSpec, node: &NodeInfo) -> i64 {
    let terms = spec.affinity.node_preferred.iter();
    terms.filter(|(_, term)| term.matches(&node.name, &node.labels)).map(|(weight, _)| weight).sum()
}

/// Upstream: pkg/scheduler/framework/plugins/imagelocality/image_locality.go scaledImageScore.
fn scaled_image_score(bytes: i64, nodes_with_it: i64, nodes: usize) -> i64 {
    (bytes as f64 * (nodes_with_it as f64 / nodes as f64)) as i64
}

/// Upstream: pkg/scheduler/framework/plugins/imagelocality/image_locality.go calculatePriority.
fn calculate_priority(sum_bytes: i64, containers: i64) -> i64 {
    let most = MAX_IMAGE_BYTES.saturating_mul(containers.max(1));
    100 * (sum_bytes.clamp(MIN_IMAGE_BYTES, most) - MIN_IMAGE_BYTES) / (most - MIN_IMAGE_BYTES)
}

/// Upstream: pkg/scheduler/framework/plugins/imagelocality/image_locality.go normalizedImageName.
fn normalized_image_name(name: &str) -> String {
    let tagged = name.rfind(':') > name.rfind('/');
    if tagged { name.to_string() } else { format!("{name}:latest") }
}

/// Profiles of the specs that were used last, newest first. They can all be worked out again, so copies start empty.
#[derive(Debug, Default)]
pub struct Profiles(Vec<Profile>);

/// Profiles that are kept, in specs.
const MAX_PROFILES: usize = 48;

impl Clone for Profiles {
    fn clone(&self) -> Profiles {
        Profiles::default()
    }
}

impl Profiles {
    /// The profile of a spec, up to date.
    pub fn of(&mut self, spec: &Arc<PodSpec>, world: &World, nodes: &Nodes) -> &mut Profile {
        let place = match self.0.iter().position(|profile| Arc::ptr_eq(&profile.spec, spec)) {
            Some(place) => place,
            None => {
                self.0.truncate(MAX_PROFILES - 1);
                self.0.push(Profile::new(spec.clone(), Text::EMPTY));
                self.0.len() - 1
            }
        };
        if let Some(newest) = self.0.get_mut(..=place) {
            newest.rotate_right(1);
        }
        let profile = &mut self.0[0];
        profile.refresh(world, nodes);
        profile
    }
}
