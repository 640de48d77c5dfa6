//! One Pod's life on its node: starting, running, restarting.
//! Upstream: pkg/kubelet/kuberuntime/kuberuntime_manager.go SyncPod, pkg/kubelet/kubelet.go syncPod.

use super::agent::Agent;
use super::environment::Surroundings;
use super::program::{self, Plan};
use super::worker::{Doing, Mode, Note, Run, Worker};
use crate::api::{
    Container, ContainerState, ContainerStatus, Meta, PodSpec, PodStatus, RestartPolicy, Terminated, Text,
};
use crate::api::{Status, Uid};
use crate::time::{SimDuration, SimTime};
use crate::world::{KubeletProfile, Lag, Message};
use std::collections::BTreeMap;

/// How long a container takes to start when nothing says otherwise.
pub const START: SimDuration = SimDuration::from_secs(1);
/// How long the first restart of a container takes to come.
pub const FIRST_RESTART: SimDuration = SimDuration::from_millis(300);
/// The first delay of a back-off, which doubles. Upstream: pkg/kubelet/kubelet.go initialBackoff*.
pub const FIRST_BACK_OFF: SimDuration = SimDuration::from_secs(10);
/// The longest delay. Upstream: pkg/kubelet/kubelet.go MaxCrashLoopBackOff, MaxImageBackOff.
pub const LONGEST_BACK_OFF: SimDuration = SimDuration::from_secs(300);
/// A run that ends later than this after its restart was decided begins the back-off anew.
/// Upstream: k8s.io/client-go/util/flowcontrol/backoff.go hasExpired.
pub const BACK_OFF_RESET: SimDuration = SimDuration::from_secs(600);
/// Rounds of work at one instant for one Pod; each container moves a few times at most.
const MAX_ROUNDS_PER_CONTAINER: usize = 6;

/// The delay after `steps` restarts.
pub(super) fn back_off(steps: u8) -> SimDuration {
    let nanos = FIRST_BACK_OFF.nanos() << u32::from(steps.saturating_sub(1)).min(5);
    SimDuration::from_nanos(nanos).min(LONGEST_BACK_OFF)
}

/// A piece of work on one Pod: the Pod apart, and what its kubelet knows of it.
pub(super) struct Task<'a> {
    pub now: SimTime,
    pub meta: &'a Meta,
    pub spec: &'a PodSpec,
    pub node_name: &'a Text,
    pub status: &'a mut PodStatus,
    pub worker: &'a mut Worker,
    pub memory: &'a mut Memory,
    pub agent: &'a mut Agent,
    pub site: Site,
    /// Whether the status was written.
    pub changed: bool,
}

/// Images whose message is kept, in images.
const MAX_REMEMBERED_IMAGES: usize = 256;

/// What kubelets remember beyond single Pods.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// Exits so far by owner, for `sim/fail-first`.
    pub exits: BTreeMap<Uid, u32>,
    /// What is said of present images, shared by all Pods.
    pub present: BTreeMap<Text, Text>,
    /// Events to be emitted.
    pub notes: Vec<Note>,
    /// Images that were pulled, with their sizes in bytes, to be reported.
    pub pulled: Vec<(Text, i64)>,
}

impl Memory {
    /// What is said of an image that need not be pulled.
    fn present(&mut self, image: &Text) -> Text {
        if let Some(message) = self.present.get(image) {
            return message.clone();
        }
        let message = super::pull::present_message(image);
        if self.present.len() < MAX_REMEMBERED_IMAGES {
            self.present.insert(image.clone(), message.clone());
        }
        message
    }
}

/// What the node and the cluster add to a Pod's life.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site {
    pub profile: KubeletProfile,
    pub dice: crate::dice::Dice,
    pub lag: Lag,
}

impl Task<'_> {
    pub fn init_count(&self) -> usize {
        self.spec.init_containers.len()
    }

    pub fn container_count(&self) -> usize {
        self.init_count() + self.spec.containers.len()
    }

    /// The container of that number: init containers first.
    pub fn container(&self, number: usize) -> Option<&Container> {
        let inits = self.init_count();
        self.spec.init_containers.get(number).or_else(|| self.spec.containers.get(number.checked_sub(inits)?))
    }

    pub fn status_of(&mut self, number: usize) -> Option<&mut ContainerStatus> {
        let inits = self.init_count();
        match number.checked_sub(inits) {
            None => self.status.init_containers.get_mut(number),
            Some(main) => self.status.containers.get_mut(main),
        }
    }

    pub fn is_sidecar(&self, number: usize) -> bool {
        number < self.init_count() && self.container(number).is_some_and(Container::is_sidecar)
    }

    /// Whether it is an init container that has to end.
    pub fn is_init(&self, number: usize) -> bool {
        number < self.init_count() && !self.is_sidecar(number)
    }

    pub fn note(&mut self, warning: bool, reason: &'static str, message: impl Into<Message>) {
        self.memory.notes.push(Note { warning, reason, message: message.into() });
    }

    /// The Pod as its containers know it.
    pub fn surroundings(&self) -> Surroundings<'_> {
        Surroundings { meta: self.meta, spec: self.spec, node_name: self.node_name, ip: self.worker.ip }
    }

    /// Does what is due by now.
    pub fn step(&mut self) {
        let count = self.container_count();
        for _ in 0..MAX_ROUNDS_PER_CONTAINER * (count + 1) {
            let mut moved = false;
            for number in 0..count {
                if self.worker.run(number).due <= self.now {
                    self.fire(number);
                    moved = true;
                }
                moved |= self.probe(number);
            }
            if self.worker.deadline <= self.now {
                self.exceed_deadline();
                moved = true;
            }
            moved |= match self.worker.mode {
                Mode::Active => self.begin_next(),
                Mode::Stopping(why) => self.stop_next(why),
                Mode::Ended => false,
            };
            if !moved {
                break;
            }
        }
        self.settle();
    }

    /// What was planned for a container happens.
    fn fire(&mut self, number: usize) {
        let run = self.worker.run_mut(number);
        run.due = SimTime::FAR_FUTURE;
        match run.doing {
            Doing::Pulling => self.finish_pull(number),
            Doing::Starting | Doing::BackOff | Doing::PullBackOff => self.start(number),
            Doing::Running | Doing::Stopping => {
                let code = run.exit_code;
                let natural = run.doing == Doing::Running;
                let code = if natural { self.settle_exit_code(number, code) } else { code };
                self.exit(number, code);
            }
            Doing::Idle | Doing::Ended => {}
        }
    }

    /// Begins the next containers: init containers one after the other, then all others together.
    /// Upstream: pkg/kubelet/kuberuntime/kuberuntime_manager.go computePodActions.
    fn begin_next(&mut self) -> bool {
        for number in 0..self.init_count() {
            let run = self.worker.run(number);
            let passed = match run.doing {
                Doing::Idle => {
                    self.begin(number);
                    return true;
                }
                Doing::Ended => run.exit_code == 0,
                _ => self.is_sidecar(number) && self.status_of(number).is_some_and(|status| status.started),
            };
            if !passed {
                // A sidecar that was started once does not hold back those that already run.
                if !(self.is_sidecar(number) && self.status.initialized.is_true()) {
                    return false;
                }
            }
        }
        self.changed |= self.status.initialized.set(Status::True, self.now);
        let mut moved = false;
        for number in self.init_count()..self.container_count() {
            if self.worker.run(number).doing == Doing::Idle {
                self.begin(number);
                moved = true;
            }
        }
        moved
    }

    /// A container is being made; its image may have to be pulled first.
    fn begin(&mut self, number: usize) {
        if self.site.profile == KubeletProfile::Realistic && self.begin_pull(number) {
            return;
        }
        self.create(number);
    }

    /// Its image is there: the container is being made.
    pub fn create(&mut self, number: usize) {
        let start = self.start_time(number) + self.site.lag.start;
        let now = self.now;
        let run = self.worker.run_mut(number);
        (run.doing, run.due) = (Doing::Starting, now + start);
    }

    fn start_time(&self, number: usize) -> SimDuration {
        let Some(container) = self.container(number) else { return START };
        let main = number >= self.init_count();
        program::annotated_time(self.meta, &container.name, true, "sim/start-seconds")
            .or_else(|| program::annotated_time(self.meta, &container.name, main, "sim/start-seconds"))
            .unwrap_or_else(|| super::profile::start_time(self.site, self.meta.uid, number))
    }

    /// A container starts, or its image turns out to be missing.
    fn start(&mut self, number: usize) {
        let Some(container) = self.container(number) else { return };
        let image = container.image.clone();
        if let Some(missing) = super::pull::missing(self.meta, container) {
            self.fail_pull(number, &image, missing);
            return;
        }
        self.status.ip = self.status.ip.or(self.worker.ip);
        let restarts = self.restart_count_of_next_run(number);
        let plan = self.plan(number, restarts);
        let (now, lag) = (self.now, self.site.lag.end);
        let run = self.worker.run_mut(number);
        if run.doing == Doing::BackOff {
            run.backoff_steps = run.backoff_steps.saturating_add(1);
        } else {
            run.backoff_steps = 0;
        }
        (run.doing, run.started, run.decided) = (Doing::Running, now, now);
        (run.exit_code, run.signalled) = (plan.exit_code, None);
        run.due = plan.runs_for.map_or(SimTime::FAR_FUTURE, |span| now + span + lag);
        if !std::mem::take(&mut self.worker.run_mut(number).pulled) {
            let present = self.memory.present(&image);
            self.note(false, "Pulled", present);
        }
        self.note(false, "Created", "Container created");
        self.note(false, "Started", "Container started");
        let probed = self.arm_probes(number);
        if let Some(status) = self.status_of(number) {
            status.restart_count = restarts;
            if let ContainerState::Terminated(end) = &status.state {
                status.last = Some(end.clone());
            }
            status.state = ContainerState::Running { started: now.api() };
            status.started = !probed.startup;
            status.ready = !probed.readiness && !probed.startup;
        }
        self.changed = true;
    }

    /// How often a container that starts now was started before.
    fn restart_count_of_next_run(&mut self, number: usize) -> i32 {
        let Some(status) = self.status_of(number) else { return 0 };
        let ran = status.last.is_some() || status.state.terminated().is_some();
        status.restart_count + i32::from(ran)
    }

    fn plan(&self, number: usize, restarts: i32) -> Plan {
        match self.container(number) {
            Some(container) => program::plan(&self.surroundings(), container, self.is_init(number), restarts, self.now),
            None => Plan { rule: program::Rule::Forever, runs_for: None, exit_code: 0 },
        }
    }

    /// The code of a program that ends by itself, `sim/fail-first` considered.
    fn settle_exit_code(&mut self, number: usize, planned: i32) -> i32 {
        let first = self.container(number).filter(|_| !self.is_init(number));
        let Some(failing) = first.and_then(|container| program::fail_first(self.meta, container)) else {
            return planned;
        };
        let owner = self.meta.controller().map_or(self.meta.uid, |owner| owner.uid);
        let exits = self.memory.exits.entry(owner).or_insert(0);
        *exits = exits.saturating_add(1);
        if *exits <= failing { planned.max(1) } else { 0 }
    }

    /// A container has ended; it is started again if its policy says so.
    pub fn exit(&mut self, number: usize, code: i32) {
        let restarts = self.worker.mode == Mode::Active && self.should_restart(number, code);
        let now = self.now;
        let run = self.worker.run_mut(number);
        run.exit_code = code;
        run.probes = None;
        let started = run.started;
        let end = Terminated {
            exit_code: code,
            reason: Text::Static(if code == 0 { "Completed" } else { "Error" }),
            message: Text::EMPTY,
            started: started.api(),
            finished: now.api(),
        };
        let waits = restarts && back_off_holds(run, now);
        if restarts {
            let wait = if waits { back_off(run.backoff_steps) } else { FIRST_RESTART };
            (run.doing, run.due) = (Doing::BackOff, now + wait);
        } else {
            (run.doing, run.due) = (Doing::Ended, SimTime::FAR_FUTURE);
        }
        let delay = back_off(run.backoff_steps);
        let (long, short) = if waits { self.back_off_texts(number, delay) } else { (Text::EMPTY, Text::EMPTY) };
        if let Some(status) = self.status_of(number) {
            (status.ready, status.started) = (false, false);
            if waits {
                status.last = Some(Box::new(end));
                status.state = ContainerState::Waiting { reason: Text::Static("CrashLoopBackOff"), message: long };
            } else {
                status.state = ContainerState::Terminated(Box::new(end));
            }
        }
        if waits {
            self.note(true, "BackOff", short);
        }
        self.changed = true;
    }

    /// (the waiting message, the Event's message) of a container that is kept from restarting.
    fn back_off_texts(&self, number: usize, delay: SimDuration) -> (Text, Text) {
        let name = self.container(number).map_or("", |container| container.name.as_str());
        let pod = format!("{}_{}({})", self.meta.name, self.meta.namespace, self.meta.uid);
        (
            Text::from(format!("back-off {delay} restarting failed container={name} pod={pod}")),
            Text::from(format!("Back-off restarting failed container {name} in pod {pod}")),
        )
    }

    /// Upstream: pkg/api/v1/pod/util.go ContainerShouldRestart.
    pub fn should_restart(&self, number: usize, code: i32) -> bool {
        let own = self.container(number).and_then(|container| container.restart_policy);
        let policy = match (own, self.spec.restart_policy) {
            (Some(own), _) => own,
            (None, RestartPolicy::Always) if self.is_init(number) => RestartPolicy::OnFailure,
            (None, pods) => pods,
        };
        match policy {
            RestartPolicy::Always => true,
            RestartPolicy::OnFailure => code != 0,
            RestartPolicy::Never => false,
        }
    }
}

/// Whether a container that ended now has to wait before it is started again; a long run begins the back-off anew.
/// Upstream: pkg/kubelet/kuberuntime/kuberuntime_manager.go doBackOff.
fn back_off_holds(run: &mut Run, now: SimTime) -> bool {
    if run.backoff_steps > 0 && now - run.decided > BACK_OFF_RESET {
        run.backoff_steps = 0;
    }
    run.backoff_steps > 0
}

impl Task<'_> {
    /// The kubelet takes a new Pod.
    pub fn take(&mut self) {
        super::status::taken(self.status, self.spec, self.now);
        self.set_deadline();
        self.changed = true;
    }

    /// The kubelet finds a Pod that has run already, as in the dump of a real cluster: it goes on from its status.
    pub fn adopt(&mut self) {
        self.set_deadline();
        for number in 0..self.container_count() {
            let Some(status) = self.status_of(number).cloned() else { continue };
            let plan = self.plan(number, status.restart_count);
            let restarts = self.should_restart(number, status.state.terminated().map_or(0, |end| end.exit_code));
            let now = self.now;
            let run = self.worker.run_mut(number);
            run.backoff_steps = status.restart_count.clamp(0, 6) as u8;
            match &status.state {
                ContainerState::Running { started } => {
                    (run.doing, run.started, run.decided) = (Doing::Running, *started, *started);
                    run.exit_code = plan.exit_code;
                    run.due = plan.runs_for.map_or(SimTime::FAR_FUTURE, |span| (*started + span).max(now));
                }
                ContainerState::Terminated(end) => {
                    (run.started, run.exit_code) = (end.started, end.exit_code);
                    run.doing = if restarts { Doing::BackOff } else { Doing::Ended };
                    let wait = if run.backoff_steps > 0 { back_off(run.backoff_steps) } else { FIRST_RESTART };
                    run.due = if restarts { (end.finished + wait).max(now) } else { SimTime::FAR_FUTURE };
                }
                ContainerState::Waiting { reason, .. } if reason == "CrashLoopBackOff" => {
                    let finished = status.last.as_ref().map_or(now, |end| end.finished);
                    run.doing = Doing::BackOff;
                    run.due = (finished + back_off(run.backoff_steps.max(1))).max(now);
                }
                ContainerState::Waiting { .. } => {}
            }
            if run.doing == Doing::Running {
                self.arm_probes(number);
            }
        }
    }
}
