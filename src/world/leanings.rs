//! Choices that Kubernetes leaves open, decided beforehand.
//!
//! Which of equally good nodes a Pod gets, which of Pods that nothing tells apart a controller deletes, in which order it
//! goes through nodes, which of two things that fall together comes first: in a real cluster that is up to threads, map
//! orders, random UIDs and tenths of a second; here it is the first in order. Whoever replays what a real cluster did
//! (`tests/parity`) says here which of these equals that cluster took. A leaning is asked for only among equals, so it
//! can never bring about what the rules forbid.

use super::ObjectRef;
use crate::api::Text;
use crate::time::{SimDuration, SimTime};
use std::collections::BTreeMap;

/// How late others are with a Pod, so that of things that would fall together another comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lag {
    /// When the scheduler hears of it, if not at once.
    pub heard: Option<SimTime>,
    /// How much later than it must its kubelet starts a container.
    pub start: SimDuration,
    /// How much later a container ends.
    pub end: SimDuration,
}

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
    lags: BTreeMap<ObjectRef, Lag>,
    late_taints: BTreeMap<ObjectRef, SimDuration>,
    late_looks: BTreeMap<(ObjectRef, SimTime), SimDuration>,
}

impl Leanings {
    /// Whether all is left to the usual order.
    pub fn is_empty(&self) -> bool {
        *self == Leanings::default()
    }

    /// The nodes a Pod leans to, most first.
    pub fn nodes(&self, pod: impl Into<ObjectRef>) -> &[Text] {
        self.nodes.get(&pod.into()).map_or(&[], Vec::as_slice)
    }

    /// Lets a Pod lean to nodes, most to the first.
    pub fn lean(&mut self, pod: impl Into<ObjectRef>, nodes: Vec<Text>) {
        self.nodes.insert(pod.into(), nodes);
    }

    /// How late others are with a Pod.
    pub fn lag(&self, pod: impl Into<ObjectRef>) -> Lag {
        self.lags.get(&pod.into()).copied().unwrap_or_default()
    }

    /// Makes others late with a Pod.
    pub fn set_lag(&mut self, pod: impl Into<ObjectRef>, lag: Lag) {
        self.lags.insert(pod.into(), lag);
    }

    /// How long after a change of a node its NoSchedule taints follow.
    pub fn taint_lag(&self, node: impl Into<ObjectRef>) -> SimDuration {
        self.late_taints.get(&node.into()).copied().unwrap_or_default()
    }

    /// Lets a node's NoSchedule taints follow late.
    pub fn set_taint_lag(&mut self, node: impl Into<ObjectRef>, lag: SimDuration) {
        self.late_taints.insert(node.into(), lag);
    }

    /// How long after `due` its controller looks at a CronJob.
    pub fn look_lag(&self, cron_job: impl Into<ObjectRef>, due: SimTime) -> SimDuration {
        self.late_looks.get(&(cron_job.into(), due)).copied().unwrap_or_default()
    }

    /// Lets its controller look at a CronJob later than it is due.
    pub fn set_look_lag(&mut self, cron_job: impl Into<ObjectRef>, due: SimTime, lag: SimDuration) {
        self.late_looks.insert((cron_job.into(), due), lag);
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
