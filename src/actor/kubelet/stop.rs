//! Stopping a Pod: main containers first, then sidecars from the last to the first; then its phase is final.
//! Upstream: pkg/kubelet/kuberuntime/kuberuntime_container.go killContainer, pkg/kubelet/status/status_manager.go TerminatePod.

use super::program;
use super::task::Task;
use super::worker::{Doing, Mode, Why};
use crate::api::{Container, ContainerState, Phase, Terminated, Text, value};
use crate::shell::Termination;
use crate::time::{SimDuration, SimTime};

/// How long a container takes to stop when nothing says otherwise.
pub const STOP: SimDuration = SimDuration::from_secs(1);
/// Exit code of a process that SIGTERM ended.
pub const SIGTERM_CODE: i32 = 143;
/// Exit code of a process that SIGKILL ended.
pub const SIGKILL_CODE: i32 = 137;
/// What is said of a container that nobody can find.
const LOST: &str = "The container could not be located when the pod was terminated";

impl Task<'_> {
    /// Begins to stop the Pod, or brings the end of its grace period nearer.
    pub fn stop(&mut self, why: Why, grace_seconds: i64) {
        let kill_at = self.now + SimDuration::from_secs(grace_seconds.max(0));
        match self.worker.mode {
            Mode::Ended => return,
            Mode::Stopping(_) => {
                if why == Why::Deleted {
                    self.worker.mode = Mode::Stopping(Why::Deleted);
                }
                self.hurry(kill_at);
                return;
            }
            Mode::Active => {}
        }
        self.worker.mode = Mode::Stopping(why);
        self.worker.kill_at = kill_at;
        self.worker.deadline = SimTime::FAR_FUTURE;
        for number in 0..self.container_count() {
            if self.is_sidecar(number) && self.worker.run(number).is_alive() {
                continue;
            }
            match self.worker.run(number).doing {
                Doing::Running => self.signal(number),
                Doing::Stopping | Doing::Ended => {}
                _ => self.give_up(number),
            }
        }
    }

    /// A container that is not running will not be started (again).
    fn give_up(&mut self, number: usize) {
        let run = self.worker.run_mut(number);
        let restarting = run.doing == Doing::BackOff;
        (run.doing, run.due) = (Doing::Ended, SimTime::FAR_FUTURE);
        if !restarting {
            return;
        }
        // What it showed before the back-off hid it.
        if let Some(status) = self.status_of(number)
            && matches!(status.state, ContainerState::Waiting { .. })
            && let Some(end) = status.last.take()
        {
            status.state = ContainerState::Terminated(end);
            self.changed = true;
        }
    }

    /// Tells a running container to stop.
    pub fn signal(&mut self, number: usize) {
        let name = self.container(number).map_or(Text::EMPTY, |container| container.name.clone());
        self.note(false, "Killing", Text::from(format!("Stopping container {name}")));
        self.terminate(number, self.worker.kill_at);
    }

    /// A running container gets SIGTERM now and SIGKILL at `kill_at`.
    pub fn terminate(&mut self, number: usize, kill_at: SimTime) {
        let main = !self.is_init(number) && !self.is_sidecar(number);
        let Some(container) = self.container(number) else { return };
        let signalled = self.now + pre_stop(&container.lifecycle);
        let (ends, code) = match program::annotated_time(self.meta, &container.name, main, "sim/term-seconds") {
            Some(stop) => (signalled + stop, SIGTERM_CODE),
            None => self.on_sigterm(number, container, signalled),
        };
        let ends = ends + self.site.lag.end;
        let run = self.worker.run_mut(number);
        run.signalled = Some(signalled);
        if let Some(probes) = run.probes.as_mut() {
            probes.hold();
        }
        // A program that ends by itself in the meantime ends with its own code.
        if run.due > ends.min(kill_at) {
            run.exit_code = if ends > kill_at { SIGKILL_CODE } else { code };
            run.due = ends.min(kill_at);
        }
        run.doing = Doing::Stopping;
    }

    /// When and with which code a container ends that gets SIGTERM: a command that traps it decides for itself.
    ///
    /// DIFFERENCE: containers without a command of their own stop as the recorded ones, after a second with code 143, also
    /// where the image's real program (nginx) would exit with 0.
    fn on_sigterm(&self, number: usize, container: &Container, signalled: SimTime) -> (SimTime, i32) {
        let by_default = (signalled + super::profile::stop_time(self.site, self.meta.uid, number), SIGTERM_CODE);
        if container.command.is_empty() && container.args.is_empty() {
            return by_default;
        }
        let (started, surroundings) = (self.worker.run(number).started, self.surroundings());
        let restarts = self.restarts_of_run(number);
        let plan = program::plan(&surroundings, container, self.is_init(number), restarts, started);
        let program = program::program(&surroundings, container, restarts, started);
        let Some(program) = program.filter(|_| plan.rule == program::Rule::Command) else { return by_default };
        match program.sigterm((signalled - started).nanos()) {
            Termination::NoHandler => by_default,
            Termination::Exits { offset_nanos, code } => (started + SimDuration::from_nanos(offset_nanos), code),
            Termination::Survives => (SimTime::FAR_FUTURE, SIGKILL_CODE),
        }
    }

    /// How often the run of a container was started again before.
    fn restarts_of_run(&self, number: usize) -> i32 {
        let mut statuses = self.status.init_containers.iter().chain(&self.status.containers);
        statuses.nth(number).map_or(0, |status| status.restart_count)
    }

    /// The grace period became shorter.
    fn hurry(&mut self, kill_at: SimTime) {
        if kill_at >= self.worker.kill_at {
            return;
        }
        self.worker.kill_at = kill_at;
        for number in 0..self.container_count() {
            let run = self.worker.run_mut(number);
            if run.doing == Doing::Stopping && run.due > kill_at {
                (run.due, run.exit_code) = (kill_at, SIGKILL_CODE);
            }
        }
    }

    /// Stops sidecars in turn once the main containers have ended, and ends the Pod once nothing runs.
    pub fn stop_next(&mut self, why: Why) -> bool {
        let inits = self.init_count();
        let alive = |task: &Self, number: usize| task.worker.run(number).is_alive();
        if (inits..self.container_count()).any(|number| alive(self, number)) {
            return false;
        }
        for number in (0..inits).rev() {
            if !alive(self, number) {
                continue;
            }
            if self.worker.run(number).doing == Doing::Running {
                self.signal(number);
                return true;
            }
            return false;
        }
        self.end(why);
        true
    }

    /// Everything has stopped: the phase becomes final.
    fn end(&mut self, why: Why) {
        if why != Why::Completed {
            self.lose_what_never_ran();
        }
        let mut codes = self.status.containers.iter().filter_map(|status| status.state.terminated()).peekable();
        let failed = codes.peek().is_none() || codes.any(|end| end.exit_code != 0);
        let phase = if failed || why == Why::Deadline { Phase::Failed } else { Phase::Succeeded };
        self.end_with(phase);
    }

    /// The phase is final.
    pub fn end_with(&mut self, phase: Phase) {
        self.status.phase = phase;
        self.worker.mode = Mode::Ended;
        self.worker.deadline = SimTime::FAR_FUTURE;
        for number in 0..self.container_count() {
            let run = self.worker.run_mut(number);
            (run.doing, run.due, run.probes) = (Doing::Ended, SimTime::FAR_FUTURE, None);
        }
        self.changed = true;
    }

    /// Containers of an initialised Pod that have no end get one. Upstream: hasPodInitialized, initializedContainers.
    fn lose_what_never_ran(&mut self) {
        let ran = |status: &crate::api::ContainerStatus| {
            status.last.is_some() || !matches!(status.state, ContainerState::Waiting { .. })
        };
        let last_init_done = self.status.init_containers.last().is_none_or(|status| {
            let end = status.state.terminated().or(status.last.as_deref());
            end.is_some_and(|end| end.exit_code == 0) || (status.state.is_running() && status.started)
        });
        if last_init_done || self.status.containers.iter().any(ran) {
            self.status.containers.iter_mut().for_each(lose);
        }
        let started = self.status.init_containers.iter().rposition(ran).map_or(1, |at| at + 1);
        self.status.init_containers.iter_mut().take(started).for_each(lose);
    }

    /// The Pod was active for longer than it may. Upstream: pkg/kubelet/active_deadline.go ShouldEvict.
    pub fn exceed_deadline(&mut self) {
        self.worker.deadline = SimTime::FAR_FUTURE;
        if self.worker.mode != Mode::Active {
            return;
        }
        let message = "Pod was active on the node longer than the specified deadline";
        self.note(false, "DeadlineExceeded", message);
        self.status.reason = Text::Static("DeadlineExceeded");
        self.status.message = Text::Static(message);
        self.changed = true;
        self.stop(Why::Deadline, self.spec.termination_grace_seconds);
    }
}

fn lose(status: &mut crate::api::ContainerStatus) {
    if status.state.terminated().is_some() {
        return;
    }
    (status.ready, status.started) = (false, false);
    status.state = ContainerState::Terminated(Box::new(Terminated {
        exit_code: SIGKILL_CODE,
        reason: Text::Static("ContainerStatusUnknown"),
        message: Text::Static(LOST),
        ..Terminated::default()
    }));
}

/// How long a preStop hook takes: `sleep`, or an `exec` of `sleep N`.
fn pre_stop(lifecycle: &serde_json::Value) -> SimDuration {
    let hook = value::at(lifecycle, &["preStop"]);
    if hook.is_null() {
        return SimDuration::ZERO;
    }
    if let Some(seconds) = value::opt_int(value::at(hook, &["sleep"]), "seconds") {
        return SimDuration::from_secs(seconds.max(0));
    }
    let command = value::texts(value::at(hook, &["exec"]), "command").join(" ");
    let mut words = command.split_whitespace().skip_while(|word| *word != "sleep").skip(1);
    words.next().and_then(program::parse_seconds).unwrap_or(SimDuration::ZERO)
}
