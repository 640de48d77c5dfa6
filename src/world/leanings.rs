//! Choices that Kubernetes leaves open, decided beforehand.
//!
//! Which of equally good nodes a Pod gets, which of Pods that nothing tells apart a controller deletes, in which order it
//! goes through nodes: in a real cluster that is up to threads, map orders and random UIDs; here it is the first in order.
//! Whoever replays what a real cluster did (`tests/parity`) says here which of these equals that cluster took. A leaning
//! is asked for only among equals, so it can never bring about what the rules forbid.

use super::ObjectRef;
use crate::api::Text;
use std::collections::BTreeMap;

/// What decides between equals before the usual order does.
///
/// ```
/// use orrery::world::{Leanings, ObjectRef};
/// use orrery::api::{Kind, Text};
/// let pod = ObjectRef { kind: Kind::Pod, slot: 0, serial: 7 };
/// let mut leanings = Leanings::default();
/// leanings.lean(pod, vec![Text::from("node-2")]);
/// leanings.set_turn(pod, 1);
/// assert_eq!(leanings.nodes(pod), ["node-2"]);
/// assert!(leanings.turn(pod) < leanings.turn(ObjectRef { serial: 8, ..pod }));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leanings {
    nodes: BTreeMap<ObjectRef, Vec<Text>>,
    turns: BTreeMap<ObjectRef, u32>,
}

impl Leanings {
    /// Whether all is left to the usual order.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.turns.is_empty()
    }

    /// The nodes a Pod leans to, most first.
    pub fn nodes(&self, pod: impl Into<ObjectRef>) -> &[Text] {
        self.nodes.get(&pod.into()).map_or(&[], Vec::as_slice)
    }

    /// Lets a Pod lean to nodes, most to the first.
    pub fn lean(&mut self, pod: impl Into<ObjectRef>, nodes: Vec<Text>) {
        self.nodes.insert(pod.into(), nodes);
    }

    /// When it is an object's turn among equals; lower is earlier, one without a turn comes last.
    pub fn turn(&self, object: impl Into<ObjectRef>) -> u32 {
        self.turns.get(&object.into()).copied().unwrap_or(u32::MAX)
    }

    /// Gives an object its turn.
    pub fn set_turn(&mut self, object: impl Into<ObjectRef>, turn: u32) {
        self.turns.insert(object.into(), turn);
    }
}
