//! What a kubelet knows of one Pod: the truth behind the status it reports.

use crate::api::PodStatus;
use crate::time::SimTime;
use crate::world::{Message, PodId};
use std::net::IpAddr;

/// Events a silent kubelet keeps for one Pod until it talks again, in Events.
const MAX_HELD_BACK_EVENTS: usize = 64;

/// What a container is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Doing {
    /// It has not been begun.
    #[default]
    Idle,
    /// Its image is being pulled; `started` is since when, `due` until when.
    Pulling,
    /// It is being made; `due` is when it starts.
    Starting,
    /// It runs; `due` is when its program ends.
    Running,
    /// It ended and will be started again at `due`.
    BackOff,
    /// Its image is not to be had; `due` is the next attempt.
    PullBackOff,
    /// It has been told to stop; `due` is when it ends.
    Stopping,
    /// It ended for good.
    Ended,
}

/// One container as its kubelet sees it.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub doing: Doing,
    /// Whether its image was pulled for the start to come.
    pub pulled: bool,
    /// How many steps the restart (or pull) back-off has been raised.
    pub backoff_steps: u8,
    /// The code the present run will end with.
    pub exit_code: i32,
    /// When the present or last run started, to the nanosecond.
    pub started: SimTime,
    /// When something happens to it next.
    pub due: SimTime,
    /// When it was last decided to start it again.
    pub decided: SimTime,
    /// When the present or last run got SIGTERM.
    pub signalled: Option<SimTime>,
    /// Its probes, when something about them will change.
    pub probes: Option<Box<super::probe::Probes>>,
}

impl Default for Run {
    fn default() -> Run {
        Run {
            doing: Doing::Idle,
            pulled: false,
            backoff_steps: 0,
            exit_code: 0,
            started: SimTime::default(),
            due: SimTime::FAR_FUTURE,
            decided: SimTime::default(),
            signalled: None,
            probes: None,
        }
    }
}

impl Run {
    /// Whether a process exists.
    pub fn is_alive(&self) -> bool {
        matches!(self.doing, Doing::Running | Doing::Stopping)
    }
}

/// Why a Pod's containers are being stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// The Pod is being deleted.
    Deleted,
    /// It was active longer than `activeDeadlineSeconds`.
    Deadline,
    /// Its main containers have ended; only sidecars are left.
    Completed,
}

/// What a kubelet is doing with a Pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    /// It keeps the Pod running.
    #[default]
    Active,
    /// It stops the Pod.
    Stopping(Why),
    /// Everything has stopped and the phase is final.
    Ended,
}

/// An Event to be emitted.
#[derive(Clone, Debug)]
pub(super) struct Note {
    pub warning: bool,
    pub reason: &'static str,
    pub message: Message,
}

/// What a silent kubelet has to report when it talks again.
#[derive(Clone, Debug, Default)]
pub(super) struct Shadow {
    pub status: PodStatus,
    pub notes: Vec<Note>,
}

impl Shadow {
    /// Keeps the latest Events.
    pub fn hold_back(&mut self, notes: &mut Vec<Note>) {
        self.notes.append(notes);
        let surplus = self.notes.len().saturating_sub(MAX_HELD_BACK_EVENTS);
        self.notes.drain(..surplus);
    }
}

/// A Pod that a kubelet has taken.
#[derive(Clone, Debug)]
pub(super) struct Worker {
    /// The Pod's serial number; a slot may be used again.
    pub serial: u32,
    /// The number of the agent of its node.
    pub agent: u32,
    pub mode: Mode,
    /// When its kubelet took it.
    pub taken: SimTime,
    /// When something happens next; the alarm that rings then is the valid one.
    pub next_at: SimTime,
    /// When what is still alive is killed.
    pub kill_at: SimTime,
    /// When the Pod has been active for too long.
    pub deadline: SimTime,
    /// The Pod's address, from the moment its first container starts.
    pub ip: Option<IpAddr>,
    first: Run,
    others: Vec<Run>,
    /// What could not be reported yet.
    pub shadow: Option<Box<Shadow>>,
}

impl Worker {
    pub fn new(id: PodId, agent: u32, containers: usize, now: SimTime) -> Worker {
        Worker {
            serial: id.serial,
            agent,
            mode: Mode::Active,
            taken: now,
            next_at: SimTime::FAR_FUTURE,
            kill_at: SimTime::FAR_FUTURE,
            deadline: SimTime::FAR_FUTURE,
            ip: None,
            first: Run::default(),
            others: vec![Run::default(); containers.saturating_sub(1)],
            shadow: None,
        }
    }

    /// The container of that number: init containers first. A Pod has at least one.
    pub fn run(&self, number: usize) -> &Run {
        number.checked_sub(1).and_then(|at| self.others.get(at)).unwrap_or(&self.first)
    }

    /// Likewise, to write.
    pub fn run_mut(&mut self, number: usize) -> &mut Run {
        match number.checked_sub(1).and_then(|at| self.others.get_mut(at)) {
            Some(run) => run,
            None => &mut self.first,
        }
    }
}

/// The Pods that kubelets have taken, by slot: dense, for there may be 150,000.
#[derive(Clone, Debug, Default)]
pub(super) struct Workers(Vec<Option<Worker>>);

impl Workers {
    pub fn get(&self, id: PodId) -> Option<&Worker> {
        self.0.get(id.slot as usize)?.as_ref().filter(|worker| worker.serial == id.serial)
    }

    pub fn get_mut(&mut self, id: PodId) -> Option<&mut Worker> {
        self.0.get_mut(id.slot as usize)?.as_mut().filter(|worker| worker.serial == id.serial)
    }

    pub fn insert(&mut self, id: PodId, worker: Worker) {
        let slot = id.slot as usize;
        if slot >= self.0.len() {
            self.0.resize_with(slot + 1, || None);
        }
        self.0[slot] = Some(worker);
    }

    pub fn remove(&mut self, id: PodId) {
        if self.get(id).is_some() {
            self.0[id.slot as usize] = None;
        }
    }
}
