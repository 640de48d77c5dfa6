//! A simulation together with its inputs: playing it means carrying each order out at its time.

use super::order::{Answer, Order};
use super::{Listener, Progress, Silence, Sim};
use crate::time::SimTime;
use std::sync::Arc;

/// An order with its time.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// When it is carried out.
    pub at: SimTime,
    /// What.
    pub order: Order,
}

/// A simulation and its inputs.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// The simulation.
    pub sim: Sim,
    /// All inputs in order of time, those still to come included. Shared with forecasts.
    pub inputs: Arc<Vec<Recorded>>,
    /// How many of them have been carried out.
    pub done: usize,
}

impl Run {
    /// Plays to a moment within a budget of steps.
    pub fn play_to(&mut self, until: SimTime, budget: u64) -> Progress {
        self.play_with(until, budget, &mut Silence, &mut |_, _| {})
    }

    /// Like [`Run::play_to`], telling a listener of everything and `answered` of what orders answered.
    pub fn play_with(
        &mut self,
        until: SimTime,
        budget: u64,
        listener: &mut dyn Listener,
        answered: &mut dyn FnMut(&Recorded, &[Answer]),
    ) -> Progress {
        let mut steps = 0;
        loop {
            let next = self.inputs.get(self.done).filter(|input| input.at <= until).cloned();
            let goal = next.as_ref().map_or(until, |input| input.at);
            let progress = self.sim.advance_with(goal, budget.saturating_sub(steps), listener);
            steps += progress.steps;
            let Some(input) = next else { return Progress { steps, reached: progress.reached } };
            if !progress.reached {
                return Progress { steps, reached: false };
            }
            let answers = self.sim.state.carry_out(&input.order);
            self.sim.settle(listener);
            self.done += 1;
            steps += 1;
            answered(&input, &answers);
        }
    }
}
