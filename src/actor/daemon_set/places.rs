//! Node names as numbers, so that what is kept for each node and DaemonSet needs no look-up by name.

use crate::api::{Pod, Text};
use crate::world::{NodeId, PodId, World};
use std::collections::BTreeMap;

/// A node name, as a number that never changes.
pub type Place = u32;

/// All node names that were ever seen, with the nodes that have them now.
#[derive(Clone, Debug, Default)]
pub struct Places {
    numbers: BTreeMap<Text, Place>,
    names: Vec<Text>,
    nodes: Vec<Option<NodeId>>,
    /// Where the Pod in each slot of the table was last seen; a guess that is checked by name.
    guesses: Vec<Place>,
}

impl Places {
    /// The number of a node name.
    pub fn place(&mut self, name: &Text) -> Place {
        if let Some(place) = self.numbers.get(name) {
            return *place;
        }
        let place = self.names.len() as Place;
        self.numbers.insert(name.clone(), place);
        self.names.push(name.clone());
        self.nodes.push(None);
        place
    }

    /// The number of a node, which is entered.
    pub fn enter(&mut self, id: NodeId, name: &Text) -> Place {
        let place = self.place(name);
        if let Some(node) = self.nodes.get_mut(place as usize) {
            *node = Some(id);
        }
        place
    }

    /// The node of that id is gone; answers its place.
    pub fn leave(&mut self, id: NodeId, name: &Text) -> Place {
        let place = self.place(name);
        if let Some(node) = self.nodes.get_mut(place as usize).filter(|node| **node == Some(id)) {
            *node = None;
        }
        place
    }

    /// Enters all nodes of a world.
    pub fn enter_all(&mut self, world: &World) {
        let mut nodes: Vec<(NodeId, &Text)> = world.nodes.iter().map(|(id, node)| (id, &node.meta.name)).collect();
        nodes.sort_by_key(|(id, _)| *id);
        for (id, name) in nodes {
            self.enter(id, name);
        }
    }

    /// The node at a place.
    pub fn node(&self, place: Place) -> Option<NodeId> {
        self.nodes.get(place as usize).copied().flatten()
    }

    /// The name of a place.
    pub fn name(&self, place: Place) -> Text {
        self.names.get(place as usize).cloned().unwrap_or_default()
    }

    /// How many places there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// The place that a Pod is on or meant for; `None` when it is meant for none in particular.
    // pkg/controller/daemon/util/daemonset_util.go GetTargetNodeName
    pub fn of_pod(&mut self, id: PodId, pod: &Pod) -> Option<Place> {
        let target = if pod.node_name.is_empty() { &pod.pinned_to } else { &pod.node_name };
        if target.is_empty() {
            return None;
        }
        let guess = self.guesses.get(id.slot as usize).copied();
        if let Some(place) = guess.filter(|place| self.names.get(*place as usize) == Some(target)) {
            return Some(place);
        }
        let place = self.place(target);
        self.guess(id, place);
        Some(place)
    }

    /// Notes where a Pod will be found.
    pub fn guess(&mut self, id: PodId, place: Place) {
        let slot = id.slot as usize;
        if self.guesses.len() <= slot {
            self.guesses.resize(slot + 1, Place::MAX);
        }
        self.guesses[slot] = place;
    }
}
