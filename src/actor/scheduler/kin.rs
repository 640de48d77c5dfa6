//! What depends on where a Pod's likes and the Pods it has feelings for are, worked out once for all Pods that are alike.

use super::affinity::Affinity;
use super::failure::Failure;
use super::nodes::Touch;
use super::snapshot::Snapshot;
use super::spread::{self, Spread};
use crate::api::{Labels, Pod, PodSpec, Text, Uid};
use crate::world::World;
use std::sync::Arc;

/// Kins that are kept, in kinds of Pod.
const MAX_KINS: usize = 48;

/// What makes two waiting Pods alike to the scheduler.
#[derive(Clone, Debug)]
pub struct Likeness {
    /// Their spec.
    pub spec: Arc<PodSpec>,
    /// Their namespace.
    pub namespace: Text,
    /// Their labels.
    pub labels: Labels,
    owner: Option<Uid>,
    pinned_to: Text,
    /// Their priority.
    pub priority: i32,
}

impl Likeness {
    /// What makes a Pod like others.
    pub fn of(pod: &Pod) -> Likeness {
        Likeness {
            spec: pod.spec.clone(),
            namespace: pod.meta.namespace.clone(),
            labels: pod.meta.labels.clone(),
            owner: pod.meta.controller().map(|owner| owner.uid),
            pinned_to: pod.pinned_to.clone(),
            priority: pod.priority,
        }
    }

    /// Whether a Pod is one of them.
    pub fn is(&self, pod: &Pod) -> bool {
        Arc::ptr_eq(&self.spec, &pod.spec)
            && self.priority == pod.priority
            && (self.labels.shares(&pod.meta.labels) || self.labels == pod.meta.labels)
            && self.namespace == pod.meta.namespace
            && self.pinned_to == pod.pinned_to
            && self.owner == pod.meta.controller().map(|owner| owner.uid)
    }
}

/// The state of everything that Pods of one likeness ask of other Pods.
#[derive(Clone, Debug, Default)]
pub struct Kin {
    /// Constraints that forbid nodes.
    pub hard: Option<Spread>,
    /// Constraints that are scored.
    pub soft: Option<Spread>,
    /// Affinity, theirs and of others to them.
    pub affinity: Option<Affinity>,
    /// How the last of them failed, while nothing has changed since.
    pub failure: Option<Failure>,
    seen: Option<u64>,
    selector_generation: Option<u64>,
    namespace_generation: u64,
}

impl Kin {
    /// Takes in what has changed. `pod` stands for all of its likeness.
    pub fn refresh(&mut self, world: &World, snapshot: &Snapshot, pod: &Pod) {
        let mut anew = self.refresh_constraints(world, snapshot, pod);
        let affine = pod.spec.affinity.names_pods() || !snapshot.affine.is_empty();
        if affine && (self.affinity.is_none() || self.namespace_generation != snapshot.namespace_generation) {
            self.affinity = Some(Affinity::new(pod));
            self.namespace_generation = snapshot.namespace_generation;
            anew = true;
        }
        let nodes = &snapshot.nodes;
        let seen = self.seen.replace(nodes.log_end());
        if self.hard.is_none() && self.soft.is_none() && self.affinity.is_none() {
            return;
        }
        self.hard.iter_mut().chain(&mut self.soft).for_each(|spread| spread.resize(nodes));
        self.affinity.iter_mut().for_each(|affinity| affinity.resize(nodes));
        let touched = if anew { None } else { seen.and_then(|seen| nodes.touched_since(seen)) };
        match touched {
            Some(touched) => self.take_in(world, snapshot, pod, touched),
            None => (0..nodes.slot_count() as u32).for_each(|slot| self.recount(world, snapshot, pod, slot)),
        }
        if let Some(hard) = &mut self.hard {
            hard.settle();
        }
    }

    /// Answers whether the constraints are others than before.
    fn refresh_constraints(&mut self, world: &World, snapshot: &Snapshot, pod: &Pod) -> bool {
        if self.selector_generation == Some(snapshot.selector_generation) {
            return false;
        }
        let first = self.selector_generation.replace(snapshot.selector_generation).is_none();
        let labels = &pod.meta.labels;
        if !pod.spec.topology_spread.is_empty() {
            if first {
                let spread = |hard: bool| Some(spread::own_constraints(&pod.spec, labels, hard));
                let state =
                    |hard: bool| spread(hard).filter(|list| !list.is_empty()).map(|list| Spread::new(list, true));
                (self.hard, self.soft) = (state(true), state(false));
            }
            return first;
        }
        let constraints = spread::default_constraints(world, pod);
        if constraints == self.soft.as_ref().map_or(&[][..], |soft| soft.constraints.as_slice()) {
            return false;
        }
        self.soft = (!constraints.is_empty()).then(|| Spread::new(constraints, false));
        true
    }

    /// Counts anew what was touched. Where all that happened is that Pods came, they are counted in.
    fn take_in(&mut self, world: &World, snapshot: &Snapshot, pod: &Pod, touched: &[Touch]) {
        let newcomer = |touch: &Touch| {
            let came = touch.came.filter(|_| self.affinity.is_none()).and_then(|id| world.pods.get(id));
            came.filter(|came| came.occupies_node())
        };
        let mut anew: Vec<u32> = Vec::new();
        let mut counted_in: Vec<(u32, &Pod)> = Vec::new();
        for touch in touched {
            match newcomer(touch) {
                Some(came) => counted_in.push((touch.slot, came)),
                None => anew.push(touch.slot),
            }
        }
        anew.sort_unstable();
        anew.dedup();
        for (slot, came) in counted_in {
            if anew.binary_search(&slot).is_err() {
                self.hard.iter_mut().chain(&mut self.soft).for_each(|spread| spread.count_in(slot, came, pod));
            }
        }
        anew.into_iter().for_each(|slot| self.recount(world, snapshot, pod, slot));
    }

    fn recount(&mut self, world: &World, snapshot: &Snapshot, pod: &Pod, slot: u32) {
        for spread in self.hard.iter_mut().chain(&mut self.soft) {
            spread.recount(world, &snapshot.nodes, slot, pod);
        }
        if let Some(affinity) = &mut self.affinity {
            affinity.recount(world, &snapshot.nodes, &snapshot.affine, slot, pod);
        }
    }
}

/// The kins of the Pods that were looked at last, newest first. They can all be worked out again, so copies start empty.
#[derive(Debug, Default)]
pub struct Kins {
    kins: Vec<(Likeness, Kin)>,
    /// For Pods that ask nothing of others.
    nobody: Kin,
}

impl Clone for Kins {
    fn clone(&self) -> Kins {
        Kins::default()
    }
}

impl Kins {
    /// The kin of a Pod, up to date.
    pub fn of(&mut self, world: &World, snapshot: &Snapshot, pod: &Pod) -> &mut Kin {
        // A Pod with only one node to go to is not scored, so only what forbids nodes could matter to it.
        let alone = !pod.pinned_to.is_empty()
            && pod.spec.topology_spread.is_empty()
            && !pod.spec.affinity.names_pods()
            && snapshot.affine.is_empty();
        if alone {
            return &mut self.nobody;
        }
        let place = match self.kins.iter().position(|kin| kin.0.is(pod)) {
            Some(place) => place,
            None => {
                self.kins.truncate(MAX_KINS - 1);
                self.kins.push((Likeness::of(pod), Kin::default()));
                self.kins.len() - 1
            }
        };
        if let Some(newest) = self.kins.get_mut(..=place) {
            newest.rotate_right(1);
        }
        let kin = &mut self.kins[0].1;
        kin.refresh(world, snapshot, pod);
        kin
    }
}
