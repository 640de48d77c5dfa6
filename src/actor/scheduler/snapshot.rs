//! Everything that the scheduler knows of the cluster besides its queue.

use super::affinity::PodsWithAffinity;
use super::nodes::Nodes;
use crate::api::{Pod, Text};
use crate::world::{PodId, World};
use std::collections::BTreeMap;

/// Pods that are to get a node once preemption has cleared it.
/// Upstream: pkg/scheduler/backend/queue/nominator.go.
#[derive(Clone, Debug, Default)]
pub struct Nominated {
    by_node: BTreeMap<Text, Vec<PodId>>,
    node_of: BTreeMap<PodId, Text>,
}

impl Nominated {
    /// Takes down which node a waiting Pod is nominated for; an empty name means none.
    pub fn set(&mut self, id: PodId, node_name: &Text) -> bool {
        let before = self.node_of.get(&id).cloned().unwrap_or_default();
        if before == *node_name {
            return false;
        }
        if let Some(pods) = self.by_node.get_mut(&before) {
            pods.retain(|one| *one != id);
            if pods.is_empty() {
                self.by_node.remove(&before);
            }
        }
        if node_name.is_empty() {
            self.node_of.remove(&id);
        } else {
            self.by_node.entry(node_name.clone()).or_default().push(id);
            self.node_of.insert(id, node_name.clone());
        }
        true
    }

    /// Whether a Pod is nominated for any node.
    pub fn has(&self, id: PodId) -> bool {
        self.node_of.contains_key(&id)
    }

    /// Whether there is none at all.
    pub fn is_empty(&self) -> bool {
        self.node_of.is_empty()
    }

    /// The Pods nominated for a node, in order of nomination.
    pub fn on(&self, node_name: &str) -> &[PodId] {
        self.by_node.get(node_name).map_or(&[], Vec::as_slice)
    }
}

/// The cluster as the scheduler sees it.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The nodes.
    pub nodes: Nodes,
    /// Pods on nodes that have affinity.
    pub affine: PodsWithAffinity,
    /// Pods with a nominated node.
    pub nominated: Nominated,
    /// Rises with each change that may change which node a Pod fits on.
    pub generation: u64,
    /// Rises when Services or ReplicaSets change, whose selectors make default constraints.
    pub selector_generation: u64,
    /// Rises when namespaces change, whose labels affinity terms may ask for.
    pub namespace_generation: u64,
}

impl Snapshot {
    /// What a scheduler knows of a world in which it has just been started.
    pub fn of(world: &World) -> Snapshot {
        let mut snapshot = Snapshot { nodes: Nodes::of(world), ..Snapshot::default() };
        let mut ids: Vec<(PodId, &Pod)> = world.pods.iter().filter(|(_, pod)| !pod.is_ended()).collect();
        ids.sort_unstable_by_key(|(id, _)| *id);
        for (id, pod) in ids {
            if pod.node_name.is_empty() {
                snapshot.nominated.set(id, &pod.status.nominated_node);
            } else {
                snapshot.affine.insert(id, pod);
            }
        }
        snapshot
    }
}
