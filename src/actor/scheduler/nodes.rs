//! What the scheduler knows of the nodes, kept up to date change by change.
//!
//! A node has a slot for as long as it exists; everything that is computed per node is kept in arrays by slot. Every
//! change of a node, or of the Pods on it, leaves its slot in a log, so that whoever keeps such an array goes on from
//! where it was.

use crate::api::node::Taint;
use crate::api::{Labels, Node, Resources, Text};
use crate::dice;
use crate::world::{NameMap, NodeId, PodId, Seat, World};

/// Log entries for each slot after which the older half is dropped, in entries.
const MAX_LOG_ENTRIES_PER_SLOT: usize = 8;
/// Log entries that are kept in any case, in entries.
const MIN_LOG_ENTRIES: usize = 4_096;

/// A node as the scheduler sees it: what of the Node object matters to placing Pods.
#[derive(Clone, Debug)]
pub struct NodeInfo {
    /// The node.
    pub id: NodeId,
    /// Its name.
    pub name: Text,
    /// Its labels.
    pub labels: Labels,
    /// Its taints.
    pub taints: Vec<Taint>,
    /// Cordoned.
    pub unschedulable: bool,
    /// What Pods may use.
    pub allocatable: Resources,
    /// Rises with each change of any of these, among all nodes.
    pub version: u64,
    zone: Text,
    images: u64,
    seat: Option<u32>,
}

impl NodeInfo {
    fn new(id: NodeId, node: &Node, version: u64, seat: Option<u32>) -> NodeInfo {
        NodeInfo {
            id,
            name: node.meta.name.clone(),
            labels: node.meta.labels.clone(),
            taints: node.taints.clone(),
            unschedulable: node.unschedulable,
            allocatable: node.allocatable.clone(),
            version,
            zone: get_zone_key(&node.meta.labels),
            images: images_digest(node),
            seat,
        }
    }

    /// What is on it; `None` while nothing ever was.
    pub fn seat<'a>(&self, world: &'a World) -> Option<&'a Seat> {
        world.index.seats().get(self.seat? as usize)
    }
}

/// Region and zone of a node as one text; empty without both.
/// Upstream: k8s.io/component-helpers/node/topology/helpers.go GetZoneKey.
fn get_zone_key(labels: &Labels) -> Text {
    let either = |old: &str, new: &str| labels.get(old).or_else(|| labels.get(new)).cloned().unwrap_or_default();
    let zone = either("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone");
    let region = either("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region");
    if zone.is_empty() && region.is_empty() { Text::EMPTY } else { Text::from(format!("{region}:\0:{zone}")) }
}

fn images_digest(node: &Node) -> u64 {
    node.images.iter().fold(0, |hash, (name, bytes)| {
        dice::fnv1a(dice::fnv1a(hash ^ dice::FNV_OFFSET, name.as_bytes()), &bytes.to_le_bytes())
    })
}

/// An entry of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    /// The slot of the node.
    pub slot: u32,
    /// The Pod that came, when that is all that happened.
    pub came: Option<PodId>,
}

/// All nodes.
#[derive(Clone, Debug, Default)]
pub struct Nodes {
    slots: Vec<Option<NodeInfo>>,
    free: Vec<u32>,
    by_name: NameMap,
    zones: Vec<(Text, Vec<u32>)>,
    order: Vec<u32>,
    log: Vec<Touch>,
    log_from: u64,
    versions: u64,
    /// Rises whenever the images of any node, or the number of nodes, change.
    pub image_generation: u64,
}

impl Nodes {
    /// The nodes of a world.
    pub fn of(world: &World) -> Nodes {
        let mut nodes = Nodes::default();
        let mut ids: Vec<NodeId> = world.nodes.iter().map(|(id, _)| id).collect();
        ids.sort_unstable();
        for id in ids {
            nodes.insert(world, id);
        }
        nodes
    }

    /// How many nodes there are.
    pub const fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// How many slots there are, free ones included.
    pub const fn slot_count(&self) -> usize {
        self.slots.len()
    }

    /// The slots of all nodes in the order in which they are examined: one node of each zone in turn, in each zone in
    /// order of joining. Upstream: pkg/scheduler/backend/cache/node_tree.go list.
    pub fn order(&self) -> &[u32] {
        &self.order
    }

    /// The node in a slot.
    pub fn get(&self, slot: u32) -> Option<&NodeInfo> {
        self.slots.get(slot as usize)?.as_ref()
    }

    /// The slot of a node.
    pub fn slot(&self, name: &str) -> Option<u32> {
        self.by_name.get(name)
    }

    /// Takes a new node in.
    pub fn insert(&mut self, world: &World, id: NodeId) -> Option<u32> {
        let node = world.nodes.ghost(id)?;
        self.versions += 1;
        let info = NodeInfo::new(id, node, self.versions, world.index.seat_number(&node.meta.name));
        let (name, zone) = (info.name.clone(), info.zone.clone());
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                self.slots.push(None);
                (self.slots.len() - 1) as u32
            }
        };
        if let Some(place) = self.slots.get_mut(slot as usize) {
            *place = Some(info);
        }
        self.by_name.insert(&name, slot);
        self.enter_zone(zone, slot);
        self.image_generation += 1;
        self.touch(slot, None);
        Some(slot)
    }

    /// Takes a changed node over; answers what it was before.
    pub fn update(&mut self, world: &World, id: NodeId) -> Option<(u32, NodeInfo)> {
        let node = world.nodes.ghost(id)?;
        let slot = self.slot(&node.meta.name)?;
        let place = self.slots.get_mut(slot as usize)?.as_mut()?;
        self.versions += 1;
        let new = NodeInfo::new(id, node, self.versions, place.seat);
        let (zone, images) = (new.zone.clone(), new.images);
        let old = std::mem::replace(place, new);
        if old.zone != zone {
            self.leave_zone(&old.zone, slot);
            self.enter_zone(zone, slot);
        }
        self.image_generation += u64::from(old.images != images);
        self.touch(slot, None);
        Some((slot, old))
    }

    /// Lets a vanished node go.
    pub fn remove(&mut self, name: &str) -> Option<NodeInfo> {
        let slot = self.by_name.remove(name)?;
        let old = self.slots.get_mut(slot as usize)?.take()?;
        self.leave_zone(&old.zone, slot);
        self.free.push(slot);
        self.image_generation += 1;
        self.touch(slot, None);
        Some(old)
    }

    /// Notes that a Pod came to (`came`), left or changed on the node of that name.
    pub fn touch_pods(&mut self, world: &World, node_name: &str, came: Option<PodId>) {
        let Some(slot) = self.slot(node_name) else { return };
        if let Some(Some(node)) = self.slots.get_mut(slot as usize)
            && node.seat.is_none()
        {
            node.seat = world.index.seat_number(node_name);
        }
        self.touch(slot, came);
    }

    fn touch(&mut self, slot: u32, came: Option<PodId>) {
        let limit = (self.slots.len() * MAX_LOG_ENTRIES_PER_SLOT).max(MIN_LOG_ENTRIES);
        if self.log.len() >= limit {
            let dropped = limit / 2;
            self.log.drain(..dropped);
            self.log_from += dropped as u64;
        }
        self.log.push(Touch { slot, came });
    }

    /// The end of the log.
    pub const fn log_end(&self) -> u64 {
        self.log_from + self.log.len() as u64
    }

    /// What was touched since the log had that end; `None` when that is too long ago.
    pub fn touched_since(&self, end: u64) -> Option<&[Touch]> {
        self.log.get(end.checked_sub(self.log_from)? as usize..)
    }

    fn enter_zone(&mut self, zone: Text, slot: u32) {
        match self.zones.iter_mut().find(|(name, _)| *name == zone) {
            Some((_, slots)) => slots.push(slot),
            None => self.zones.push((zone, vec![slot])),
        }
        self.reorder();
    }

    fn leave_zone(&mut self, zone: &Text, slot: u32) {
        if let Some((_, slots)) = self.zones.iter_mut().find(|(name, _)| name == zone) {
            slots.retain(|one| *one != slot);
        }
        self.zones.retain(|(_, slots)| !slots.is_empty());
        self.reorder();
    }

    fn reorder(&mut self) {
        // A cluster without zones only ever grows at its end, which is where thousands of nodes join one by one.
        if let [(_, slots)] = self.zones.as_slice()
            && slots.len() == self.order.len() + 1
            && slots.get(..self.order.len()) == Some(self.order.as_slice())
        {
            self.order.extend(slots.last());
            return;
        }
        self.order.clear();
        let longest = self.zones.iter().map(|(_, slots)| slots.len()).max().unwrap_or(0);
        for place in 0..longest {
            self.order.extend(self.zones.iter().filter_map(|(_, slots)| slots.get(place)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SimTime;
    use serde_json::json;

    fn world(nodes: &[(&str, &str)]) -> World {
        let mut world = World::default();
        for (name, zone) in nodes {
            let labels = if zone.is_empty() { json!({}) } else { json!({"topology.kubernetes.io/zone": zone}) };
            let node = Node::from_value(&json!({"metadata": {"name": name, "labels": labels}}));
            world.create(node, SimTime::default()).unwrap();
        }
        world
    }

    fn names(nodes: &Nodes) -> Vec<String> {
        nodes.order().iter().map(|slot| nodes.get(*slot).unwrap().name.to_string()).collect()
    }

    #[test]
    fn nodes_are_examined_zone_by_zone_in_turn() {
        for (given, order) in [
            (vec![("a", ""), ("b", ""), ("c", "")], vec!["a", "b", "c"]),
            (vec![("a", "x"), ("b", "x"), ("c", "y"), ("d", "")], vec!["a", "c", "d", "b"]),
        ] {
            assert_eq!(names(&Nodes::of(&world(&given))), order, "{given:?}");
        }
    }

    #[test]
    fn a_slot_is_used_again_and_the_log_tells_of_it() {
        let world = world(&[("a", ""), ("b", "")]);
        let mut nodes = Nodes::of(&world);
        let end = nodes.log_end();
        assert_eq!(nodes.remove("a").map(|node| node.name), Some(Text::from("a")));
        assert_eq!(
            (names(&nodes), nodes.touched_since(end)),
            (vec!["b".to_string()], Some([Touch { slot: 0, came: None }].as_slice()))
        );
        let id = world.find_id::<Node>("", "a").unwrap();
        assert_eq!(nodes.insert(&world, id), Some(0));
        assert_eq!(names(&nodes), ["b", "a"]);
        for _ in 0..2 * MIN_LOG_ENTRIES {
            nodes.touch_pods(&world, "a", None);
        }
        assert_eq!(nodes.touched_since(end), None, "too long ago");
    }
}
