//! Who sits where: the memory that keeps a layout from jumping.

use crate::view::scene::{Place, Scene};
use std::collections::{BTreeMap, BTreeSet};

/// A row of seats. A seat that is left stays empty until somebody new takes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Seats(Vec<Option<u32>>);

impl Seats {
    /// Frees the seats of those who are not there any more and gives the first free ones to the newcomers.
    fn settle(&mut self, present: &BTreeSet<u32>) {
        let mut seated = BTreeSet::new();
        for seat in &mut self.0 {
            match seat {
                Some(serial) if present.contains(serial) => drop(seated.insert(*serial)),
                _ => *seat = None,
            }
        }
        let mut free = 0;
        for newcomer in present.difference(&seated) {
            while self.0.get(free).is_some_and(Option::is_some) {
                free += 1;
            }
            match self.0.get_mut(free) {
                Some(seat) => *seat = Some(*newcomer),
                None => self.0.push(Some(*newcomer)),
            }
        }
    }

    fn place(&self, serial: u32) -> Option<usize> {
        self.0.iter().position(|seat| *seat == Some(serial))
    }

    /// Seats up to the last one that is taken.
    fn needed(&self) -> usize {
        self.0.iter().rposition(Option::is_some).map_or(0, |at| at + 1)
    }
}

/// What a layout remembers from one scene to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seating {
    nodes: BTreeMap<u32, Seats>,
    places: BTreeMap<u32, usize>,
    shelves: BTreeMap<u32, Vec<u32>>,
    lane: Seats,
    /// The most seats that a node has needed so far: cards grow, they do not shrink while somebody watches.
    most_seats: usize,
    /// The level of density in use.
    pub(super) level: Option<super::Level>,
}

impl Seating {
    /// Seats everybody of a scene.
    pub(super) fn update(&mut self, scene: &Scene) {
        let mut on_node: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        let mut waiting = BTreeSet::new();
        self.shelves.clear();
        for pod in &scene.pods {
            let serial = pod.object.serial;
            match pod.place {
                Place::Node(node) => drop(on_node.entry(node).or_default().insert(serial)),
                Place::Shelf(node) => self.shelves.entry(node).or_default().push(serial),
                Place::Pending | Place::Adrift => drop(waiting.insert(serial)),
            }
        }
        let there: BTreeSet<u32> = scene.nodes.iter().map(|node| node.object.serial).collect();
        self.nodes.retain(|node, _| there.contains(node));
        for node in there {
            let seats = self.nodes.entry(node).or_default();
            seats.settle(on_node.get(&node).unwrap_or(&BTreeSet::new()));
        }
        self.lane.settle(&waiting);
        self.places.clear();
        for seats in self.nodes.values() {
            let taken = seats.0.iter().enumerate().filter_map(|(at, seat)| seat.map(|serial| (serial, at)));
            self.places.extend(taken);
        }
        let needed = self.nodes.values().map(Seats::needed).max().unwrap_or(0);
        self.most_seats = self.most_seats.max(needed);
    }

    /// The seat of a Pod on its node.
    pub(super) fn seat(&self, _node: u32, serial: u32) -> Option<usize> {
        self.places.get(&serial).copied()
    }

    /// The place of an ended Pod on its shelf, oldest first, and how many are there.
    pub(super) fn shelf_place(&self, node: u32, serial: u32) -> Option<(usize, usize)> {
        let shelf = self.shelves.get(&node)?;
        shelf.binary_search(&serial).ok().map(|at| (at, shelf.len()))
    }

    /// The place of a Pod in the pending lane.
    pub(super) fn lane_place(&self, serial: u32) -> Option<usize> {
        self.lane.place(serial)
    }

    /// The most seats that a node has needed so far.
    pub(super) const fn most_seats(&self) -> usize {
        self.most_seats
    }
}
