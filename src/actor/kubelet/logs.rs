//! What one can ask a kubelet about a container: its log, and how far its run is.
//!
//! Logs are made when somebody reads them, from what decided the run; nothing is stored for each line.

use super::Kubelet;
use super::program::{self, Rule};
use super::worker::{Doing, Worker};
use crate::api::{Container, ContainerState, ContainerStatus, Pod, Terminated};
use crate::time::{SimDuration, SimTime};
use crate::world::{PodId, World};

/// A line of a container's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written.
    pub at: SimTime,
    /// The line.
    pub text: String,
}

/// What a container is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It waits for others to start or end.
    Waiting,
    /// Its image is being pulled.
    Pulling,
    /// It is being made.
    Starting,
    /// It runs.
    Running,
    /// It has been told to stop.
    Stopping,
    /// It ended and will be started again.
    BackOff,
    /// Its image is not to be had for now.
    PullBackOff,
    /// It ended for good.
    Ended,
}

/// How far a container's stage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The stage.
    pub stage: Stage,
    /// When it began, as far as is known.
    pub since: SimTime,
    /// When it will end; `None` when nothing ends it.
    pub until: Option<SimTime>,
    /// Which rule said what the container does.
    pub rule: Rule,
}

/// A container by name: its number (init containers first), spec and status.
fn find<'a>(pod: &'a Pod, name: &str) -> Option<(usize, &'a Container, Option<&'a ContainerStatus>)> {
    let statuses = pod.status.init_containers.iter().chain(&pod.status.containers);
    let specs = pod.spec.init_containers.iter().chain(&pod.spec.containers);
    let (number, container) = specs.enumerate().find(|(_, container)| container.name == *name)?;
    Some((number, container, statuses.clone().find(|status| status.name == *name)))
}

impl Kubelet {
    /// How far a container is; `None` for a Pod that no kubelet has taken and for a name that it does not have.
    pub fn progress(&self, world: &World, id: PodId, container: &str) -> Option<Progress> {
        let (pod, worker) = (world.pods.get(id)?, self.workers.get(id)?);
        let (number, spec, status) = find(pod, container)?;
        let run = worker.run(number);
        let stage = match run.doing {
            Doing::Idle => Stage::Waiting,
            Doing::Pulling => Stage::Pulling,
            Doing::Starting => Stage::Starting,
            Doing::Running => Stage::Running,
            Doing::Stopping => Stage::Stopping,
            Doing::BackOff => Stage::BackOff,
            Doing::PullBackOff => Stage::PullBackOff,
            Doing::Ended => Stage::Ended,
        };
        let init = number < pod.spec.init_containers.len() && !spec.is_sidecar();
        let restarts = status.map_or(0, |status| status.restart_count);
        let until = (run.due != SimTime::FAR_FUTURE).then_some(run.due);
        let since = since(worker, number, stage, status);
        Some(Progress {
            stage,
            since,
            until,
            rule: program::plan(&pod.into(), spec, init, restarts, worker.run(number).started).rule,
        })
    }

    /// What a container has written by `now`; with `previous`, what its run before the last restart wrote.
    ///
    /// # Errors
    /// What `kubectl logs` says when there is no log to be had.
    pub fn logs(
        &self,
        world: &World,
        id: PodId,
        container: &str,
        previous: bool,
        now: SimTime,
    ) -> Result<Vec<LogLine>, String> {
        let Some(pod) = world.pods.get(id) else { return Err("pod not found".into()) };
        let name = pod.meta.name.as_str();
        let bad = |text: String| Err(format!("Error from server (BadRequest): {text}"));
        let Some((number, spec, status)) = find(pod, container) else {
            return bad(format!("container {container} is not valid for pod {name}"));
        };
        let waiting =
            |reason: &str| bad(format!("container \"{container}\" in pod \"{name}\" is waiting to start: {reason}"));
        let Some(status) = status else { return waiting("ContainerCreating") };
        if !world.kubelet_talks(&pod.node_name) {
            let address = world.node(&pod.node_name).and_then(super::internal_ip);
            let host = address.map_or_else(|| pod.node_name.to_string(), |ip| ip.to_string());
            let path = format!("/containerLogs/{}/{name}/{container}", pod.meta.namespace);
            return Err(format!(
                "Error from server: Get \"https://{host}:10250{path}\": dial tcp {host}:10250: i/o timeout"
            ));
        }
        let exact = self.workers.get(id).map(|worker| worker.run(number).started);
        let run = match (previous, &status.state, &status.last) {
            (false, ContainerState::Running { started }, _) => Written {
                started: exact.filter(|exact| exact.api() == *started).unwrap_or(*started),
                ended: None,
                restarts: status.restart_count,
                signalled: None,
            },
            (false, ContainerState::Terminated(end), _) => Written::ended(end, status.restart_count),
            (false, ContainerState::Waiting { .. }, Some(end)) => Written::ended(end, status.restart_count),
            (false, ContainerState::Waiting { reason, .. }, None) => return waiting(reason),
            (true, ContainerState::Waiting { .. }, Some(end)) => Written::ended(end, status.restart_count),
            (true, _, Some(end)) => Written::ended(end, status.restart_count - 1),
            (true, _, None) => {
                return bad(format!("previous terminated container \"{container}\" in pod \"{name}\" not found"));
            }
        };
        let signalled = self.workers.get(id).and_then(|worker| worker.run(number).signalled);
        Ok(write(pod, spec, &Written { signalled: signalled.filter(|_| !previous), ..run }, now))
    }
}

/// When a stage began.
fn since(worker: &Worker, number: usize, stage: Stage, status: Option<&ContainerStatus>) -> SimTime {
    let run = worker.run(number);
    let end = status.and_then(|status| status.state.terminated().or(status.last.as_deref()));
    match stage {
        Stage::Running | Stage::Stopping | Stage::Pulling => run.started,
        Stage::BackOff | Stage::Ended => end.map_or(worker.taken, |end| end.finished),
        Stage::Starting if run.due != SimTime::FAR_FUTURE => worker.taken.max(run.due - super::task::START),
        Stage::Waiting | Stage::Starting | Stage::PullBackOff => worker.taken,
    }
}

/// A run whose log is read.
struct Written {
    started: SimTime,
    ended: Option<SimTime>,
    restarts: i32,
    /// When it got SIGTERM.
    signalled: Option<SimTime>,
}

impl Written {
    fn ended(end: &Terminated, restarts: i32) -> Written {
        Written { started: end.started, ended: Some(end.finished), restarts, signalled: None }
    }
}

/// The lines of a run.
fn write(pod: &Pod, spec: &Container, run: &Written, now: SimTime) -> Vec<LogLine> {
    let until = run.ended.map_or(now, |end| end.min(now));
    let Some(program) = program::program(&pod.into(), spec, run.restarts, run.started) else { return Vec::new() };
    let offset = |at: SimTime| (at - run.started).nanos();
    let written = match run.signalled.filter(|at| *at <= until) {
        Some(signalled) => program.logs_with_sigterm(offset(until), offset(signalled)),
        None => program.logs_until(offset(until)),
    };
    let at = |offset: i64| run.started + SimDuration::from_nanos(offset);
    written.into_iter().map(|line| LogLine { at: at(line.offset_nanos), text: line.text }).collect()
}
