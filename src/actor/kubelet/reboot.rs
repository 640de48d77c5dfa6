//! A machine is rebooted, or another takes its place: all containers are lost and made anew.
//! Upstream: pkg/kubelet/kuberuntime/kuberuntime_manager.go podSandboxChanged, computePodActions.

use super::task::Task;
use super::worker::{Doing, Mode, Run};
use crate::api::{ContainerState, Status, Terminated, Text};
use crate::time::SimTime;

/// Exit code of a container that went down with its machine.
pub const LOST_CODE: i32 = 255;

impl Task<'_> {
    /// Everything that ran is gone; what its policy says is started again, in new surroundings.
    pub(super) fn lose_containers(&mut self) {
        if self.worker.mode != Mode::Active {
            // What was being stopped has stopped.
            for number in 0..self.container_count() {
                let run = self.worker.run_mut(number);
                if run.is_alive() {
                    (run.due, run.exit_code) = (self.now, LOST_CODE);
                }
            }
            return;
        }
        self.note(false, "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
        self.status.ip = None;
        let again = self.spec.init_containers.is_empty();
        for number in 0..self.container_count() {
            self.lose(number);
        }
        let mains_end = (self.init_count()..self.container_count()).all(|n| self.worker.run(n).doing == Doing::Ended);
        if !again && !mains_end {
            self.status.initialized.set(Status::False, self.now);
        }
        self.changed = true;
    }

    fn lose(&mut self, number: usize) {
        let run = self.worker.run(number);
        let (alive, ended, started) = (run.is_alive(), run.doing == Doing::Ended, run.started);
        let init = number < self.init_count();
        if ended && !init {
            return;
        }
        let restarts = init || self.should_restart(number, LOST_CODE);
        let now = self.now;
        let waiting = if self.init_count() == 0 { "ContainerCreating" } else { "PodInitializing" };
        let doing = if restarts { Doing::Idle } else { Doing::Ended };
        *self.worker.run_mut(number) =
            Run { doing, started, exit_code: LOST_CODE, due: SimTime::FAR_FUTURE, ..Run::default() };
        let Some(status) = self.status_of(number) else { return };
        (status.ready, status.started) = (false, false);
        let end = alive.then(|| {
            Box::new(Terminated {
                exit_code: LOST_CODE,
                reason: Text::Static("Unknown"),
                message: Text::EMPTY,
                started: started.api(),
                finished: now.api(),
            })
        });
        let end = end.or_else(|| status.state.terminated().map(|end| Box::new(end.clone())));
        match (restarts, end) {
            (true, end) => {
                status.last = end.or(status.last.take());
                status.state = ContainerState::waiting(waiting);
            }
            (false, Some(end)) => status.state = ContainerState::Terminated(end),
            (false, None) => {}
        }
    }
}
