//! The engine: drives the simulation as real time passes and turns it into what the page draws.
//!
//! Pure but for the two closures it is given, which say whether there is time left in this frame; so it is tested
//! natively. Each frame gets its share of simulated time within a budget: a frame never waits for the simulation.

use super::state::State;
use crate::sim::{Order, Timeline};
use crate::time::{SimDuration, SimTime};
use crate::view::fate::Fates;
use crate::view::gantt::{Gantt, LaneView, Window};
use crate::view::layout::{Plan, Seating, Space};
use crate::view::scene::{Scene, Sight};
use std::rc::Rc;

/// Steps done between two looks at the clock.
const STEPS_A_SLICE: u64 = 400;
/// Real time that is made up for when a page comes back from being hidden, in milliseconds.
pub const MAX_CATCH_UP_MS: f64 = 120_000.0;
/// How far ahead is looked at least, so that evictions and back-offs have their countdowns.
const LEAST_OUTLOOK: SimDuration = SimDuration::from_secs(900);
/// The present's place on the timeline while it is followed, as a part of the width.
pub const NOW_AT: f64 = 0.38;
/// Room before the start of time, in pixels.
const BEFORE_START_PX: f64 = 24.0;

/// What a frame is drawn from.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// When.
    pub now: SimTime,
    /// When time began.
    pub start: SimTime,
    /// The cluster.
    pub scene: Rc<Scene>,
    /// Where everything stands.
    pub plan: Rc<Plan>,
    /// What the timeline shows, and of which stretch.
    pub lanes: Rc<Vec<LaneView>>,
    /// That stretch.
    pub window: Window,
    /// Up to where the future is known.
    pub known_until: SimTime,
    /// How many Events there are.
    pub events: usize,
    /// Simulated seconds for each real one, 0 while time stands.
    pub pace: f64,
}

/// Sizes that only the browser knows, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sizes {
    /// The stage.
    pub stage: Space,
    /// The width of the timeline's plot.
    pub plot: i32,
}

/// The simulation with what is known of its past and future.
pub struct Engine {
    timeline: Timeline,
    goal: SimTime,
    past: Gantt,
    future: Gantt,
    fates: Fates,
    seating: Seating,
    /// The last moment at which the user did something: going back before it and acting starts another history.
    last_input: SimTime,
    revision: u64,
}

impl Engine {
    /// An engine at the start of a timeline.
    pub fn new(timeline: Timeline) -> Engine {
        let now = timeline.now();
        let mut engine = Engine {
            timeline,
            goal: now,
            past: Gantt::default(),
            future: Gantt::default(),
            fates: Fates::default(),
            seating: Seating::default(),
            last_input: now,
            revision: 0,
        };
        engine.forget_future();
        engine
    }

    /// The simulation.
    pub const fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// What is about to happen.
    pub const fn fates(&self) -> &Fates {
        &self.fates
    }

    /// Rises whenever something other than the clock has changed.
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// Lets simulated time pass. Time that does not fit into the frame is made up for in the next ones, up to a bound.
    pub fn pass(&mut self, span: SimDuration, most_backlog: SimDuration, has_time: &mut dyn FnMut() -> bool) {
        self.goal += span;
        let written = self.timeline.history().entries.len();
        loop {
            let progress = self.timeline.play_to(self.goal, STEPS_A_SLICE);
            if progress.reached || !has_time() {
                break;
            }
        }
        let now = self.timeline.now();
        if self.goal - now > most_backlog {
            self.goal = now + most_backlog;
        }
        if self.timeline.history().entries.len() != written {
            self.touched();
        }
    }

    /// Takes in what happened since.
    fn touched(&mut self) {
        let (history, now) = (self.timeline.history(), self.timeline.now());
        self.past.read(history, &self.timeline.state().world, now);
        self.revision += 1;
    }

    /// Starts over with what is known of the future.
    fn forget_future(&mut self) {
        self.touched();
        self.future = self.past.clone();
        self.future.turn_page();
        self.fates = Fates::default();
    }

    /// Looks ahead as far as the frame has time for.
    pub fn look_ahead(&mut self, until: SimTime, has_time: &mut dyn FnMut() -> bool) {
        let now = self.timeline.now();
        if self.timeline.last_forecast().is_none_or(|forecast| forecast.reached < now) {
            self.forget_future();
        }
        let until = until.max(now + LEAST_OUTLOOK);
        if self.timeline.last_forecast().is_some_and(|forecast| forecast.reached >= until) {
            return;
        }
        loop {
            let forecast = self.timeline.forecast(until, STEPS_A_SLICE);
            let (reached, world) = (forecast.reached, &forecast.state().world);
            self.future.read(forecast.history(), world, reached);
            self.fates.read(forecast);
            if reached >= until || !has_time() {
                break;
            }
        }
        self.revision += 1;
    }

    /// Goes to a moment. Looking ahead of what is known is not waited for.
    pub fn seek(&mut self, to: SimTime) {
        let to = to.min(self.fates.known_until.max(self.timeline.now()));
        self.travel(|timeline| timeline.seek(to));
    }

    /// Goes to the start.
    pub fn rewind(&mut self) {
        self.travel(|timeline| timeline.seek(timeline.start()));
    }

    /// Goes to the next or the last moment at which something is written.
    pub fn step_event(&mut self, forward: bool) {
        let limit = self.timeline.now() + SimDuration::from_secs(86_400);
        self.travel(|timeline| match forward {
            true => timeline.step_event(limit).unwrap_or(timeline.now()),
            false => timeline.step_back(),
        });
    }

    fn travel(&mut self, go: impl FnOnce(&mut Timeline) -> SimTime) {
        let before = self.timeline.now();
        self.goal = go(&mut self.timeline);
        if self.goal < before {
            self.past = Gantt::default();
            self.forget_future();
        } else {
            self.touched();
        }
    }

    /// Carries out an order now. Doing something before what one did already leaves that undone.
    pub fn input(&mut self, order: Order) -> Vec<Result<String, String>> {
        let now = self.timeline.now();
        let answers = self.timeline.input(order, now < self.last_input);
        self.last_input = now;
        self.forget_future();
        answers
    }

    /// The left edge of the timeline.
    pub fn left_edge(&self, state: &State, plot: i32) -> SimTime {
        let seconds = |px: f64| SimDuration::from_nanos((px / state.scale * 1e9) as i64);
        let earliest = self.timeline.start() - seconds(BEFORE_START_PX);
        let follow = self.timeline.now() - seconds(f64::from(plot) * NOW_AT);
        state.pan.unwrap_or(follow).max(earliest)
    }

    /// The stretch of the timeline to draw: wider than the screen, and the same for a while, so that scrolling is only a
    /// shift.
    pub fn window(&self, state: &State, plot: i32) -> Window {
        let chunk = SimDuration::from_nanos((f64::from(plot.max(200)) * 0.5 / state.scale * 1e9) as i64);
        let left = self.left_edge(state, plot);
        let chunks = (left - self.timeline.start()).nanos().div_euclid(chunk.nanos().max(1)) - 1;
        let from = self.timeline.start() + SimDuration::from_nanos(chunks.saturating_mul(chunk.nanos()));
        let to = from + SimDuration::from_nanos(chunk.nanos().saturating_mul(5));
        Window { from, to, scale: state.scale }
    }

    /// What there is to draw now.
    pub fn picture(&mut self, state: &State, sizes: Sizes) -> Picture {
        let now = self.timeline.now();
        let notes = self.past.notes(now);
        let state_now = self.timeline.state();
        let (world, kubelet) = (&state_now.world, &state_now.actors.kubelet);
        let sight = Sight { world, kubelet, now, fates: &self.fates, notes: &notes };
        let scene = Scene::of(&sight);
        let plan = Plan::of(&scene, sizes.stage, &mut self.seating);
        let window = self.window(state, sizes.plot);
        let known = self.fates.known_until;
        let gantt = if known >= now { &self.future } else { &self.past };
        Picture {
            now,
            start: self.timeline.start(),
            scene: Rc::new(scene),
            plan: Rc::new(plan),
            lanes: Rc::new(gantt.view(window, now)),
            window,
            known_until: known,
            events: self.timeline.history().events.len(),
            pace: if state.playing { state.pace().millis() as f64 } else { 0.0 },
        }
    }
}
