//! World, clock and heap: the simulation that everything else shows.
//!
//! [`Sim::advance`] runs to a moment within a budget of steps and gives the same log however it is sliced. A [`State`] is
//! everything the future depends on; cloning it is a checkpoint, running the clone is a forecast.

pub mod admit;
mod carry_out;
mod evict;
pub mod history;
pub mod machines;
pub mod order;
pub mod patch;
pub mod run;
pub mod timeline;

pub use history::{Birth, EventRecord, History, LogEntry};
pub use order::{NodeOrder, Order, Targets};
pub use run::{Recorded, Run};
pub use timeline::{Forecast, Timeline};

use crate::actor::{ActorKind, Actors, Alarms, CallLimits, Cx, Sight};
use crate::time::{SimDuration, SimTime};
use crate::world::{Change, Outgoing, Settings, World};
use std::collections::BTreeMap;

/// After so many steps at one instant the clock is moved on by a millisecond, so that a loop between controllers costs
/// time, as it does in a real cluster.
pub const MAX_STEPS_AT_ONE_INSTANT: u64 = 20_000_000;

/// Everything the future depends on.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The cluster.
    pub world: World,
    /// The time.
    pub now: SimTime,
    /// Future events.
    pub alarms: Alarms,
    /// Controllers and agents.
    pub actors: Actors,
    /// How many calls each actor may still make.
    pub calls: CallLimits,
    /// What was last applied under each name, as written: what `kubectl apply` keeps in an annotation.
    pub applied: BTreeMap<admit::ObjectKey, serde_json::Value>,
    steps_at_instant: u64,
}

/// A simulation: its state and what has happened.
#[derive(Clone, Debug, Default)]
pub struct Sim {
    /// Everything the future depends on.
    pub state: State,
    /// What has happened.
    pub history: History,
}

/// Hears of everything that happens, at the moment it happens.
pub trait Listener {
    /// An object was written; it is in the world as it is now, or as a ghost.
    fn change(&mut self, now: SimTime, change: &Change, world: &World);

    /// An Event was recorded.
    fn event(&mut self, now: SimTime, event: &EventRecord, world: &World);
}

/// Hears nothing.
pub struct Silence;

impl Listener for Silence {
    fn change(&mut self, _now: SimTime, _change: &Change, _world: &World) {}
    fn event(&mut self, _now: SimTime, _event: &EventRecord, _world: &World) {}
}

/// How far an [`Sim::advance`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Steps done.
    pub steps: u64,
    /// Whether the moment was reached within the budget.
    pub reached: bool,
}

impl Sim {
    /// An empty cluster at `start`.
    ///
    /// ```
    /// use orrery::sim::Sim;
    /// use orrery::time::{SimDuration, SimTime};
    /// use orrery::world::Settings;
    /// let start = SimTime::parse("2026-01-05T09:00:00Z").unwrap();
    /// let mut sim = Sim::new(start, Settings::default());
    /// let progress = sim.advance(start + SimDuration::from_secs(60), 1_000);
    /// assert!(progress.reached && sim.state.now == start + SimDuration::from_secs(60));
    /// ```
    pub fn new(start: SimTime, settings: Settings) -> Sim {
        let world = World::new(settings);
        Sim { state: State { world, now: start, ..State::default() }, history: History::default() }
    }

    /// Runs until everything that happens up to and at `until` has happened, or `budget` steps are done.
    pub fn advance(&mut self, until: SimTime, budget: u64) -> Progress {
        self.advance_with(until, budget, &mut Silence)
    }

    /// Like [`Sim::advance`], telling a listener of everything.
    pub fn advance_with(&mut self, until: SimTime, budget: u64, listener: &mut dyn Listener) -> Progress {
        let mut steps = 0;
        self.settle(listener);
        while steps < budget {
            if self.step_now(listener) {
                steps += 1;
                self.state.steps_at_instant += 1;
                if self.state.steps_at_instant > MAX_STEPS_AT_ONE_INSTANT {
                    self.move_clock(self.state.now + SimDuration::from_millis(1));
                }
                continue;
            }
            match self.state.alarms.next_at() {
                Some(at) if at <= until => self.move_clock(at),
                _ => {
                    if self.state.now < until {
                        self.move_clock(until);
                    }
                    return Progress { steps, reached: true };
                }
            }
        }
        Progress { steps, reached: false }
    }

    /// Does the next step and then stops; answers the time of it, or `None` when nothing will ever happen again.
    pub fn step_event(&mut self, listener: &mut dyn Listener) -> Option<SimTime> {
        self.settle(listener);
        loop {
            if self.step_now(listener) {
                return Some(self.state.now);
            }
            let at = self.state.alarms.next_at()?;
            self.move_clock(at);
        }
    }

    fn move_clock(&mut self, to: SimTime) {
        self.state.now = self.state.now.max(to);
        self.state.steps_at_instant = 0;
    }

    /// One alarm or one piece of work at the present instant; false when there is none.
    fn step_now(&mut self, listener: &mut dyn Listener) -> bool {
        let State { world, now, alarms, actors, calls, .. } = &mut self.state;
        if let Some(alarm) = alarms.pop_due(*now) {
            let mut cx = Cx { now: *now, world, alarms, calls };
            actors.get(alarm.actor).ring(alarm.key, &mut cx);
            self.settle(listener);
            return true;
        }
        for kind in ActorKind::ALL {
            let mut cx = Cx { now: *now, world, alarms, calls };
            if actors.get(kind).work(&mut cx) {
                self.settle(listener);
                return true;
            }
        }
        false
    }

    /// Tells everybody what the last step wrote. Call it after writing to the world from outside.
    pub fn settle(&mut self, listener: &mut dyn Listener) {
        let State { world, now, alarms, actors, .. } = &mut self.state;
        if world.outbox_is_empty() {
            return;
        }
        for outgoing in world.take_outbox() {
            match outgoing {
                Outgoing::Change(change) => {
                    self.history.change(*now, &change, world);
                    listener.change(*now, &change, world);
                    let mut sight = Sight { now: *now, world, alarms };
                    for kind in ActorKind::ALL {
                        actors.get(kind).observe(&change, &mut sight);
                    }
                }
                Outgoing::Event(emitted) => {
                    if let Some(record) = self.history.event(*now, emitted, world) {
                        listener.event(*now, record, world);
                    }
                }
            }
        }
        world.bury();
    }
}
