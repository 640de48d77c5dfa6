//! What the controller keeps of one DaemonSet: for each node the Pods there and where they stand, and the sums of that.
//!
//! Upstream walks all nodes and all Pods in every sync. Here every change of a Pod or node marks its place, and a sync
//! looks at marked places only, so that its cost follows what happened and not the size of the cluster.

use super::places::{Place, Places};
use super::rules::{Rules, Verdict};
use super::standing::{Judge, Standing, Totals};
use crate::api::{DaemonSet, PodTemplate, Text};
use crate::time::SimTime;
use crate::world::{NodeId, PodId, World};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The Pods at one place: mostly one.
#[derive(Clone, Debug, Default)]
pub enum Few {
    /// None.
    #[default]
    None,
    /// One.
    One(PodId),
    /// Several, in order of creation.
    Several(Vec<PodId>),
}

impl Few {
    fn insert(&mut self, id: PodId) {
        match self {
            Few::None => *self = Few::One(id),
            Few::One(other) if *other == id => {}
            Few::One(other) => *self = Few::Several(vec![id.min(*other), id.max(*other)]),
            Few::Several(list) => {
                if let Err(at) = list.binary_search(&id) {
                    list.insert(at, id);
                }
            }
        }
    }

    fn remove(&mut self, id: PodId) {
        match self {
            Few::One(other) if *other == id => *self = Few::None,
            Few::Several(list) => {
                list.retain(|other| *other != id);
                if let [last] = list[..] {
                    *self = Few::One(last);
                }
            }
            _ => {}
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = PodId> + '_ {
        let (one, several) = match self {
            Few::None => (None, &[][..]),
            Few::One(id) => (Some(*id), &[][..]),
            Few::Several(list) => (None, list.as_slice()),
        };
        one.into_iter().chain(several.iter().copied())
    }
}

/// What is kept of one place.
#[derive(Clone, Debug, Default)]
pub struct Slot {
    /// Pods of the DaemonSet that are there or meant for it.
    pub pods: Few,
    /// Whether there is a node, and what it is to the DaemonSet.
    pub verdict: Option<Verdict>,
    standing: Standing,
    marked: bool,
}

/// What a ledger was built for; when any of it changes the ledger is built anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    /// The generation of the spec.
    pub generation: i64,
    /// The number of the template.
    pub template_generation: Option<Text>,
    /// The hash of the current revision.
    pub hash: Text,
}

/// What is kept of one DaemonSet.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// What it was built for.
    pub basis: Basis,
    /// What new Pods are made from.
    pub template: Arc<PodTemplate>,
    /// Places where Pods may have to be created or deleted.
    pub busy: BTreeSet<Place>,
    /// Places with an available Pod of an old revision.
    pub old_available: BTreeSet<Place>,
    /// Places whose Pod of an old revision is not available.
    pub old_unavailable: BTreeSet<Place>,
    /// The sums over all places.
    pub totals: Totals,
    rules: Rules,
    judge: Judge,
    slots: Vec<Slot>,
    marked: Vec<Place>,
    /// Places whose standing changes by time alone.
    waiting: BTreeSet<Place>,
}

impl Ledger {
    /// An empty ledger with the verdicts on all nodes; Pods are entered with [`Ledger::enter`].
    pub fn new(set: &DaemonSet, basis: Basis, places: &Places, world: &World) -> Ledger {
        let template = Arc::new(super::rules::create_pod_template(set, &basis.hash));
        let mut ledger = Ledger {
            rules: Rules::of(set),
            judge: Judge::new(set, &basis, &template),
            basis,
            template,
            busy: BTreeSet::new(),
            old_available: BTreeSet::new(),
            old_unavailable: BTreeSet::new(),
            totals: Totals::default(),
            slots: Vec::new(),
            marked: Vec::new(),
            waiting: BTreeSet::new(),
        };
        for place in 0..places.len() as Place {
            if let Some(node) = places.node(place) {
                ledger.judge_node(place, Some(node), world);
            }
        }
        ledger
    }

    /// What is kept of a place.
    pub fn slot(&self, place: Place) -> Option<&Slot> {
        self.slots.get(place as usize)
    }

    fn slot_mut(&mut self, place: Place) -> &mut Slot {
        if self.slots.len() <= place as usize {
            self.slots.resize_with(place as usize + 1, Slot::default);
        }
        &mut self.slots[place as usize]
    }

    /// Has the next sync look at a place.
    pub fn mark(&mut self, place: Place) {
        let slot = self.slot_mut(place);
        if !std::mem::replace(&mut slot.marked, true) {
            self.marked.push(place);
        }
    }

    /// A Pod is at a place (or changed there).
    pub fn enter(&mut self, place: Place, pod: PodId) {
        self.slot_mut(place).pods.insert(pod);
        self.mark(place);
    }

    /// A Pod is no longer at a place.
    pub fn leave(&mut self, place: Place, pod: PodId) {
        self.slot_mut(place).pods.remove(pod);
        self.mark(place);
    }

    /// A node came, changed or went (`None`). Answers what it is to the DaemonSet now.
    pub fn judge_node(&mut self, place: Place, node: Option<NodeId>, world: &World) -> Verdict {
        let node = node.and_then(|id| world.nodes.get(id));
        let verdict = node.map(|node| self.rules.node_should_run_daemon_pod(node));
        if self.slot_mut(place).verdict != verdict {
            self.slot_mut(place).verdict = verdict;
            self.mark(place);
        }
        verdict.unwrap_or_default()
    }

    /// Whether a Pod of the DaemonSet is bound to the node at a place.
    pub fn is_scheduled(&self, place: Place, world: &World) -> bool {
        let bound = |id: PodId| world.pods.get(id).is_some_and(|pod| !pod.node_name.is_empty());
        self.slot(place).is_some_and(|slot| slot.pods.iter().any(bound))
    }

    /// Judges all marked places again, and those where time has passed.
    pub fn refresh(&mut self, world: &World, now: SimTime) {
        for place in std::mem::take(&mut self.waiting) {
            self.mark(place);
        }
        for place in std::mem::take(&mut self.marked) {
            let Some(slot) = self.slots.get_mut(place as usize) else { continue };
            slot.marked = false;
            let before = slot.standing;
            let standing = self.judge.standing(slot, world, now);
            if standing.is_waiting() {
                self.waiting.insert(place);
            }
            if standing == before {
                continue;
            }
            slot.standing = standing;
            self.totals.count(before, -1);
            self.totals.count(standing, 1);
            let keep = |set: &mut BTreeSet<Place>, was: bool, is: bool| match (was, is) {
                (false, true) => drop(set.insert(place)),
                (true, false) => drop(set.remove(&place)),
                _ => {}
            };
            keep(&mut self.busy, before.is_busy(), standing.is_busy());
            keep(&mut self.old_available, before.is_old_available(), standing.is_old_available());
            keep(&mut self.old_unavailable, before.is_old_unavailable(), standing.is_old_unavailable());
        }
    }

    /// How Pods are judged.
    pub const fn judge(&self) -> &Judge {
        &self.judge
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_holds_any_number_of_pods_in_order_of_creation() {
        let id = |serial| PodId::new(serial, serial);
        let mut few = Few::default();
        for serial in [3, 1, 2, 1] {
            few.insert(id(serial));
        }
        assert_eq!(few.iter().map(|id| id.serial).collect::<Vec<_>>(), [1, 2, 3]);
        for serial in [2, 9, 1] {
            few.remove(id(serial));
        }
        assert!(matches!(few, Few::One(last) if last == id(3)));
        few.remove(id(3));
        assert_eq!(few.iter().count(), 0);
    }
}
