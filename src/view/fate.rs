//! What is about to happen to each object, read from a forecast.
//!
//! The simulation is deterministic, so the forecast *is* the future unless somebody interferes. Progress bars and
//! countdowns come from here: no model of durations is kept twice.

use crate::api::Phase;
use crate::sim::{Forecast, History, LogEntry};
use crate::time::SimTime;
use crate::world::{ChangeVerb, ObjectRef};
use std::collections::BTreeMap;

/// Steps that are remembered for one object, in steps: the near ones.
const MAX_STEPS_OF_ONE_OBJECT: usize = 64;

/// A turn in an object's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// A Pod gets a node.
    Bound,
    /// A Pod's containers start.
    Runs,
    /// A Pod or node becomes ready.
    Ready,
    /// A Pod or node stops being ready.
    Unready,
    /// A Pod ends well.
    Succeeds,
    /// A Pod ends badly.
    Fails,
    /// Its deletion is requested.
    Doomed,
    /// It is gone.
    Gone,
}

/// The state of an object as far as the log tells it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Seen {
    phase: Phase,
    ready: bool,
    deleting: bool,
    bound: bool,
}

impl Seen {
    const fn of(entry: &LogEntry) -> Seen {
        Seen { phase: entry.phase, ready: entry.ready, deleting: entry.deleting, bound: entry.bound }
    }
}

#[derive(Clone, Debug, Default)]
struct Life {
    last: Option<LogEntry>,
    turns: Vec<(SimTime, Turn)>,
}

/// The turns ahead of every object in a forecast.
#[derive(Clone, Debug, Default)]
pub struct Fates {
    lives: BTreeMap<u32, Life>,
    read: usize,
    /// Up to where the future is known.
    pub known_until: SimTime,
}

impl Fates {
    /// Reads what a forecast has found out since the last call. For a new forecast start with a new `Fates`.
    pub fn read(&mut self, forecast: &Forecast) {
        self.read_history(forecast.history());
        self.known_until = forecast.reached;
    }

    /// Reads the entries of a history that follow those already read.
    pub fn read_history(&mut self, history: &History) {
        for entry in history.entries.get(self.read..).unwrap_or(&[]) {
            self.enter(entry);
        }
        self.read = history.entries.len();
    }

    fn enter(&mut self, entry: &LogEntry) {
        let life = self.lives.entry(entry.object.serial).or_default();
        let before = life.last.as_ref().map(Seen::of);
        let mut turn = |turn| {
            if life.turns.len() < MAX_STEPS_OF_ONE_OBJECT {
                life.turns.push((entry.at, turn));
            }
        };
        let new = Seen::of(entry);
        if before.is_none_or(|old| old.bound != new.bound) && new.bound && entry.phase == Phase::Pending {
            turn(Turn::Bound);
        }
        if before.is_none_or(|old| old.phase != new.phase) {
            match new.phase {
                Phase::Running => turn(Turn::Runs),
                Phase::Succeeded => turn(Turn::Succeeds),
                Phase::Failed => turn(Turn::Fails),
                Phase::Pending | Phase::Unknown => {}
            }
        }
        if before.is_none_or(|old| old.ready != new.ready) {
            turn(if new.ready { Turn::Ready } else { Turn::Unready });
        }
        if new.deleting && before.is_none_or(|old| !old.deleting) {
            turn(Turn::Doomed);
        }
        if entry.verb == ChangeVerb::Deleted {
            turn(Turn::Gone);
        }
        life.last = Some(*entry);
    }

    /// The first turn of an object after `now` that is one of those wanted.
    pub fn next(&self, object: ObjectRef, now: SimTime, wanted: &[Turn]) -> Option<(SimTime, Turn)> {
        let life = self.lives.get(&object.serial)?;
        life.turns.iter().find(|(at, turn)| *at > now && wanted.contains(turn)).copied()
    }

    /// All turns of an object after `now`, soonest first.
    pub fn ahead(&self, object: ObjectRef, now: SimTime) -> impl Iterator<Item = (SimTime, Turn)> + '_ {
        let turns = self.lives.get(&object.serial).map_or(&[][..], |life| &life.turns);
        turns.iter().filter(move |(at, _)| *at > now).copied()
    }
}
