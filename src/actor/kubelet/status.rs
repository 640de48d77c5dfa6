//! From what containers do to a Pod's phase and conditions.
//! Upstream: pkg/kubelet/kubelet_pods.go getPhase, pkg/kubelet/status/generate.go.

use super::task::Task;
use super::worker::{Doing, Mode, Why};
use crate::api::{Condition, Container, ContainerState, ContainerStatus, Phase, PodSpec, PodStatus, Status, Text};
use crate::time::{SimDuration, SimTime};

/// The status of a Pod that its kubelet has just taken.
pub(super) fn taken(status: &mut PodStatus, spec: &PodSpec, now: SimTime) {
    let waiting = if spec.init_containers.is_empty() { "ContainerCreating" } else { "PodInitializing" };
    let list = |containers: &[Container]| -> Vec<ContainerStatus> {
        let fresh = |container: &Container| ContainerStatus {
            name: container.name.clone(),
            state: ContainerState::waiting(waiting),
            ..ContainerStatus::default()
        };
        containers.iter().map(fresh).collect()
    };
    status.phase = Phase::Pending;
    status.start_time = Some(now.api());
    status.containers = list(&spec.containers);
    status.init_containers = list(&spec.init_containers);
    status.initialized.set(Status::from(spec.init_containers.is_empty()), now);
    status.ready.set(Status::False, now);
    scheduled(status, now);
}

/// A Pod that reached a kubelet is scheduled, also when nobody scheduled it.
fn scheduled(status: &mut PodStatus, now: SimTime) {
    if status.scheduled.status.is_none() {
        status.scheduled.set(Status::True, now);
        status.conditions.retain(|condition| condition.kind != "PodScheduled");
    }
}

impl Task<'_> {
    /// Brings phase, readiness and the time of the next event up to date.
    pub(super) fn settle(&mut self) {
        if self.worker.mode == Mode::Active {
            self.settle_phase();
        }
        let ready = self.is_ready();
        self.changed |= self.status.ready.set(Status::from(ready), self.now);
        let mut next = self.worker.deadline;
        for number in 0..self.container_count() {
            let run = self.worker.run(number);
            next = next.min(run.due);
            if let Some(probes) = &run.probes {
                next = next.min(probes.next_at());
            }
        }
        self.worker.next_at = next;
    }

    /// Upstream: pkg/kubelet/kubelet_pods.go getPhase.
    fn settle_phase(&mut self) {
        let inits = self.init_count();
        let doing = |task: &Self, number: usize| task.worker.run(number).doing;
        let init_failed = (0..inits).any(|number| {
            self.is_init(number) && doing(self, number) == Doing::Ended && self.worker.run(number).exit_code != 0
        });
        let mains = inits..self.container_count();
        let all_ended = mains.clone().all(|number| doing(self, number) == Doing::Ended);
        if init_failed || all_ended {
            if (0..inits).any(|number| self.worker.run(number).is_alive()) {
                self.stop(Why::Completed, self.spec.termination_grace_seconds);
                self.stop_next(Why::Completed);
                return;
            }
            let clean = !init_failed
                && self.status.containers.iter().all(|s| s.state.terminated().is_some_and(|end| end.exit_code == 0));
            self.end_with(if clean { Phase::Succeeded } else { Phase::Failed });
            return;
        }
        let begun =
            |status: &ContainerStatus| !matches!(status.state, ContainerState::Waiting { .. }) || status.last.is_some();
        let running = self.status.initialized.is_true() && self.status.containers.iter().all(begun);
        let phase = if running { Phase::Running } else { Phase::Pending };
        if self.status.phase != phase && self.status.phase != Phase::Running {
            self.status.phase = phase;
            self.changed = true;
        }
    }

    /// Upstream: pkg/kubelet/status/generate.go GeneratePodReadyCondition.
    fn is_ready(&self) -> bool {
        if self.status.phase.is_terminal() || !self.status.initialized.is_true() {
            return false;
        }
        let inits = self.spec.init_containers.iter().zip(&self.status.init_containers);
        let sidecars_ready = inits.filter(|(spec, _)| spec.is_sidecar()).all(|(_, status)| status.ready);
        let gates_open = self.spec.readiness_gates.iter().all(|gate| Condition::holds(&self.status.conditions, gate));
        sidecars_ready && gates_open && self.status.containers.iter().all(|status| status.ready)
    }

    /// When the Pod will have been active for too long.
    pub(super) fn set_deadline(&mut self) {
        let active = self.spec.active_deadline_seconds.zip(self.status.start_time);
        self.worker.deadline = match active {
            Some((seconds, start)) if self.worker.mode == Mode::Active => {
                start + SimDuration::from_secs(seconds.max(0))
            }
            _ => SimTime::FAR_FUTURE,
        };
    }

    /// The kubelet will not run the Pod. Upstream: pkg/kubelet/kubelet.go rejectPod.
    pub(super) fn reject(&mut self, reason: &'static str, message: &str) {
        self.note(true, reason, Text::copy(message));
        self.status.phase = Phase::Failed;
        self.status.reason = Text::Static(reason);
        self.status.message = Text::from(format!("Pod was rejected: {message}"));
        self.status.start_time.get_or_insert(self.now.api());
        scheduled(self.status, self.now);
        self.worker.mode = Mode::Ended;
        self.changed = true;
    }
}
