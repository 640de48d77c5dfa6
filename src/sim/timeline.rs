//! Time travel: checkpoints, seeking, forks and forecasts.

use super::history::{History, Mark};
use super::order::{Answer, Order};
use super::run::{Recorded, Run};
use super::{Progress, Silence, Sim, State};
use crate::time::SimTime;
use crate::world::Settings;
use std::sync::Arc;

/// Steps between checkpoints, to begin with.
const FIRST_CHECKPOINT_STEPS: u64 = 512;
/// Checkpoints that are kept; when there would be more, every other one goes and they are set half as often.
pub const MAX_CHECKPOINTS: usize = 128;
/// Objects in all checkpoints together, which bounds their memory (some 1 KB an object).
pub const MAX_CHECKPOINT_OBJECTS: usize = 400_000;
/// Inputs that a timeline records.
pub const MAX_INPUTS: usize = 100_000;
/// Steps that a seek may take before it gives up.
pub const MAX_SEEK_STEPS: u64 = 200_000_000;

#[derive(Clone, Debug)]
struct Checkpoint {
    state: State,
    mark: Mark,
    done: usize,
    objects: usize,
}

/// A simulation that can be played, wound back, forked and looked ahead in.
#[derive(Clone, Debug)]
pub struct Timeline {
    run: Run,
    start: SimTime,
    checkpoints: Vec<Checkpoint>,
    checkpoint_steps: u64,
    since_checkpoint: u64,
    forecast: Option<Forecast>,
}

/// The future as it will be if nobody interferes (but for inputs already recorded).
#[derive(Clone, Debug)]
pub struct Forecast {
    run: Run,
    /// Up to where it has been computed.
    pub reached: SimTime,
}

impl Forecast {
    /// What will happen, from the moment the forecast was made. Objects that exist already are in it under the same
    /// serial numbers.
    pub const fn history(&self) -> &History {
        &self.run.sim.history
    }

    /// The state at [`Forecast::reached`].
    pub const fn state(&self) -> &State {
        &self.run.sim.state
    }
}

impl Timeline {
    /// An empty cluster at `start`.
    ///
    /// ```
    /// use orrery::sim::Timeline;
    /// use orrery::time::{SimDuration, SimTime};
    /// let start = SimTime::parse("2026-01-05T09:00:00Z").unwrap();
    /// let mut timeline = Timeline::new(start, Default::default());
    /// timeline.play_to(start + SimDuration::from_secs(60), 1_000);
    /// assert_eq!(timeline.seek(start + SimDuration::from_secs(10)), start + SimDuration::from_secs(10));
    /// ```
    pub fn new(start: SimTime, settings: Settings) -> Timeline {
        let run = Run { sim: Sim::new(start, settings), ..Run::default() };
        let mut timeline = Timeline {
            run,
            start,
            checkpoints: Vec::new(),
            checkpoint_steps: FIRST_CHECKPOINT_STEPS,
            since_checkpoint: 0,
            forecast: None,
        };
        timeline.checkpoint();
        timeline
    }

    /// When it began.
    pub const fn start(&self) -> SimTime {
        self.start
    }

    /// The present.
    pub const fn now(&self) -> SimTime {
        self.run.sim.state.now
    }

    /// The present state.
    pub const fn state(&self) -> &State {
        &self.run.sim.state
    }

    /// What has happened up to the present.
    pub const fn history(&self) -> &History {
        &self.run.sim.history
    }

    /// All inputs, those still to come included.
    pub fn inputs(&self) -> &[Recorded] {
        &self.run.inputs
    }

    /// Records an order for later (a scenario's step). Orders in the past are refused.
    pub fn schedule(&mut self, at: SimTime, order: Order) -> bool {
        if at < self.now() || self.run.inputs.len() >= MAX_INPUTS {
            return false;
        }
        let inputs = Arc::make_mut(&mut self.run.inputs);
        let place = inputs.partition_point(|input| input.at <= at);
        inputs.insert(place, Recorded { at, order });
        self.forecast = None;
        true
    }

    /// Carries an order out now and records it. Inputs that were recorded for later are dropped when `fork` says so:
    /// they belong to a future that no longer comes.
    pub fn input(&mut self, order: Order, fork: bool) -> Vec<Answer> {
        if self.run.inputs.len() >= MAX_INPUTS {
            return vec![Err(format!("error: this timeline holds {MAX_INPUTS} inputs and takes no more"))];
        }
        let (now, done) = (self.now(), self.run.done);
        let inputs = Arc::make_mut(&mut self.run.inputs);
        if fork {
            inputs.truncate(done);
        }
        inputs.insert(done, Recorded { at: now, order: order.clone() });
        self.forget_after(now);
        self.forecast = None;
        let sim = &mut self.run.sim;
        let answers = sim.state.carry_out(&order);
        sim.settle(&mut Silence);
        self.run.done += 1;
        self.checkpoint();
        answers
    }

    /// Plays to a moment within a budget of steps.
    pub fn play_to(&mut self, until: SimTime, budget: u64) -> Progress {
        let mut steps = 0;
        loop {
            let slice =
                (self.checkpoint_steps - self.since_checkpoint.min(self.checkpoint_steps - 1)).min(budget - steps);
            let progress = self.run.play_to(until, slice);
            steps += progress.steps;
            self.since_checkpoint += progress.steps;
            if self.since_checkpoint >= self.checkpoint_steps {
                self.checkpoint();
            }
            if progress.reached || steps >= budget {
                return Progress { steps, reached: progress.reached };
            }
        }
    }

    /// Goes to the next moment at which something is written; `None` when nothing is written up to `limit`.
    pub fn step_event(&mut self, limit: SimTime) -> Option<SimTime> {
        let before = self.history().entries.len();
        while self.history().entries.len() == before {
            let at = self.next_moment().filter(|at| *at <= limit)?;
            self.play_to(at, MAX_SEEK_STEPS);
        }
        Some(self.now())
    }

    fn next_moment(&self) -> Option<SimTime> {
        let input = self.run.inputs.get(self.run.done).map(|input| input.at);
        [self.state().alarms.next_at(), input].into_iter().flatten().min().map(|at| at.max(self.now()))
    }

    /// Goes back to the last moment before the present at which something was written, or to the start.
    pub fn step_back(&mut self) -> SimTime {
        let now = self.now();
        let before = self.history().entries.iter().rev().find(|entry| entry.at < now).map(|entry| entry.at);
        self.seek(before.unwrap_or(self.start))
    }

    /// Goes to any moment, and answers where it came: a moment too many steps ahead is not reached.
    pub fn seek(&mut self, to: SimTime) -> SimTime {
        let to = to.max(self.start);
        if to < self.now() {
            let place = self.checkpoints.partition_point(|checkpoint| checkpoint.state.now <= to).saturating_sub(1);
            if let Some(checkpoint) = self.checkpoints.get(place) {
                self.run.sim.state = checkpoint.state.clone();
                self.run.sim.history.cut(checkpoint.mark);
                self.run.done = checkpoint.done;
                self.since_checkpoint = 0;
            }
            self.checkpoints.truncate(place + 1);
            self.forecast = None;
        }
        self.play_to(to, MAX_SEEK_STEPS);
        self.now()
    }

    /// Looks ahead: continues the forecast towards `until` within a budget of steps. It stays valid while time goes on,
    /// and starts over after an input or a journey back.
    pub fn forecast(&mut self, until: SimTime, budget: u64) -> &Forecast {
        let stale = self.forecast.as_ref().is_none_or(|forecast| forecast.reached < self.now());
        if stale {
            self.forecast = None;
        }
        let run = &self.run;
        let forecast = self.forecast.get_or_insert_with(|| {
            let sim = Sim { state: run.sim.state.clone(), history: run.sim.history.continuing() };
            let run = Run { sim, inputs: run.inputs.clone(), done: run.done };
            Forecast { reached: run.sim.state.now, run }
        });
        forecast.run.play_to(until, budget);
        forecast.reached = forecast.run.sim.state.now;
        forecast
    }

    /// The forecast as far as it has been computed.
    pub const fn last_forecast(&self) -> Option<&Forecast> {
        self.forecast.as_ref()
    }

    fn forget_after(&mut self, now: SimTime) {
        self.checkpoints.retain(|checkpoint| checkpoint.state.now <= now);
    }

    fn checkpoint(&mut self) {
        self.since_checkpoint = 0;
        let state = &self.run.sim.state;
        let objects = state.world.pods.len() + state.world.nodes.len() + state.world.jobs.len();
        // Two checkpoints at one moment: the later one has seen more.
        if self.checkpoints.len() > 1 && self.checkpoints.last().is_some_and(|last| last.state.now == state.now) {
            self.checkpoints.pop();
        }
        let (mark, done) = (self.run.sim.history.mark(), self.run.done);
        self.checkpoints.push(Checkpoint { state: state.clone(), mark, done, objects });
        let held: usize = self.checkpoints.iter().map(|checkpoint| checkpoint.objects).sum();
        if self.checkpoints.len() > MAX_CHECKPOINTS || held > MAX_CHECKPOINT_OBJECTS {
            let mut number = 0;
            let last = self.checkpoints.len();
            self.checkpoints.retain(|_| {
                number += 1;
                number % 2 == 1 || number == last
            });
            self.checkpoint_steps = self.checkpoint_steps.saturating_mul(2);
        }
    }
}
