//! A Pod's status, kept small: there may be 150,000 of them.

use super::condition::{Condition, Status};
use super::text::Text;
use super::value;
use crate::time::SimTime;
use serde_json::{Map, Value, json};
use std::net::IpAddr;

/// The phase of a Pod. The order is upstream's deletion order (Pending before Unknown before Running).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Phase {
    /// Some container has not started yet.
    #[default]
    Pending,
    /// Its node cannot be asked.
    Unknown,
    /// At least one container runs or will run again.
    Running,
    /// All containers ended with 0 and none will run again.
    Succeeded,
    /// All containers ended, at least one not with 0.
    Failed,
}

impl Phase {
    /// As the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Phase::Pending => "Pending",
            Phase::Unknown => "Unknown",
            Phase::Running => "Running",
            Phase::Succeeded => "Succeeded",
            Phase::Failed => "Failed",
        }
    }

    /// The phase that `text` names, `Pending` by default.
    pub fn parse(text: &str) -> Phase {
        match text {
            "Running" => Phase::Running,
            "Succeeded" => Phase::Succeeded,
            "Failed" => Phase::Failed,
            "Unknown" => Phase::Unknown,
            _ => Phase::Pending,
        }
    }

    /// Whether it is final (Succeeded or Failed).
    pub const fn is_terminal(self) -> bool {
        matches!(self, Phase::Succeeded | Phase::Failed)
    }
}

/// A status with the time it was taken; `None` while the condition does not exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flag {
    /// The status, if the condition exists.
    pub status: Option<Status>,
    /// Since when.
    pub since: SimTime,
}

impl Flag {
    /// A flag that took its status at `since`.
    pub fn new(status: impl Into<Status>, since: SimTime) -> Flag {
        Flag { status: Some(status.into()), since: since.api() }
    }

    /// Whether the condition holds.
    pub fn is_true(self) -> bool {
        self.status == Some(Status::True)
    }

    /// Takes a status at `now`; `since` stays when the status does. Answers whether it changed.
    pub fn set(&mut self, status: impl Into<Status>, now: SimTime) -> bool {
        let status = Some(status.into());
        let changed = self.status != status;
        if changed {
            *self = Flag { status, since: now.api() };
        }
        changed
    }
}

/// How a container ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terminated {
    /// Exit code; 143 and 137 for signals.
    pub exit_code: i32,
    /// `Completed`, `Error`, `OOMKilled`, `ContainerStatusUnknown` …
    pub reason: Text,
    /// More about it.
    pub message: Text,
    /// When it started.
    pub started: SimTime,
    /// When it ended.
    pub finished: SimTime,
}

/// What a container is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContainerState {
    /// Not running yet, or not running again yet.
    Waiting {
        /// `ContainerCreating`, `CrashLoopBackOff` …
        reason: Text,
        /// More about it.
        message: Text,
    },
    /// Running since then.
    Running {
        /// When it started.
        started: SimTime,
    },
    /// Ended.
    Terminated(Box<Terminated>),
}

impl Default for ContainerState {
    fn default() -> ContainerState {
        ContainerState::Waiting { reason: Text::EMPTY, message: Text::EMPTY }
    }
}

impl ContainerState {
    /// Waiting for `reason`.
    pub fn waiting(reason: impl Into<Text>) -> ContainerState {
        ContainerState::Waiting { reason: reason.into(), message: Text::EMPTY }
    }

    /// How it ended, if it did.
    pub fn terminated(&self) -> Option<&Terminated> {
        match self {
            ContainerState::Terminated(end) => Some(end),
            _ => None,
        }
    }

    /// Whether it is running.
    pub const fn is_running(&self) -> bool {
        matches!(self, ContainerState::Running { .. })
    }

    fn from_value(state: &Value) -> Option<ContainerState> {
        if let Some(running) = state.get("running") {
            return Some(ContainerState::Running { started: value::time(running, "startedAt").unwrap_or_default() });
        }
        if let Some(end) = state.get("terminated") {
            return Some(ContainerState::Terminated(Box::new(Terminated {
                exit_code: value::i32(end, "exitCode"),
                reason: value::text(end, "reason"),
                message: value::text(end, "message"),
                started: value::time(end, "startedAt").unwrap_or_default(),
                finished: value::time(end, "finishedAt").unwrap_or_default(),
            })));
        }
        state.get("waiting").map(|waiting| ContainerState::Waiting {
            reason: value::text(waiting, "reason"),
            message: value::text(waiting, "message"),
        })
    }

    fn to_value(&self) -> Value {
        let mut map = Map::new();
        match self {
            ContainerState::Waiting { reason, message } => {
                value::put(&mut map, "reason", reason.as_str());
                value::put(&mut map, "message", message.as_str());
                json!({ "waiting": map })
            }
            ContainerState::Running { started } => json!({"running": {"startedAt": started.to_string()}}),
            ContainerState::Terminated(end) => {
                map.insert("exitCode".into(), json!(end.exit_code));
                value::put(&mut map, "reason", end.reason.as_str());
                value::put(&mut map, "message", end.message.as_str());
                value::put_time(&mut map, "startedAt", Some(end.started));
                value::put_time(&mut map, "finishedAt", Some(end.finished));
                json!({ "terminated": map })
            }
        }
    }
}

/// The status of one container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerStatus {
    /// Its name in the spec.
    pub name: Text,
    /// What it is doing.
    pub state: ContainerState,
    /// How its previous run ended.
    pub last: Option<Box<Terminated>>,
    /// How often it was restarted.
    pub restart_count: i32,
    /// Whether it passed its readiness probe (or runs without one).
    pub ready: bool,
    /// Whether it passed its startup probe (or runs without one).
    pub started: bool,
}

impl ContainerStatus {
    fn from_value(item: &Value) -> ContainerStatus {
        let last = item.get("lastState").and_then(ContainerState::from_value);
        ContainerStatus {
            name: value::text(item, "name"),
            state: item.get("state").and_then(ContainerState::from_value).unwrap_or_default(),
            last: match last {
                Some(ContainerState::Terminated(end)) => Some(end),
                _ => None,
            },
            restart_count: value::i32(item, "restartCount"),
            ready: value::boolean(item, "ready"),
            started: value::boolean(item, "started"),
        }
    }

    fn to_value(&self, image: &str) -> Value {
        let last = self.last.as_ref().map_or(json!({}), |end| ContainerState::Terminated(end.clone()).to_value());
        json!({
            "name": self.name.as_str(), "image": image, "state": self.state.to_value(), "lastState": last,
            "restartCount": self.restart_count, "ready": self.ready, "started": self.started,
        })
    }
}

/// A Pod's status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodStatus {
    /// Its phase.
    pub phase: Phase,
    /// Why it ended as a whole (`Evicted`, `DeadlineExceeded`); empty otherwise.
    pub reason: Text,
    /// More about that.
    pub message: Text,
    /// Its address.
    pub ip: Option<IpAddr>,
    /// When its kubelet took it.
    pub start_time: Option<SimTime>,
    /// The node that preemption cleared for it.
    pub nominated_node: Text,
    /// Condition Ready.
    pub ready: Flag,
    /// Condition PodScheduled=True.
    pub scheduled: Flag,
    /// Condition Initialized.
    pub initialized: Flag,
    /// Every other condition: PodScheduled=False with its reason and message, DisruptionTarget …
    pub conditions: Vec<Condition>,
    /// Main containers.
    pub containers: Vec<ContainerStatus>,
    /// Init containers.
    pub init_containers: Vec<ContainerStatus>,
}

impl PodStatus {
    /// The status in a value.
    pub fn from_value(status: &Value) -> PodStatus {
        let mut conditions = Condition::list_from_value(status);
        let statuses = |key: &str| value::list(status, key).iter().map(ContainerStatus::from_value).collect();
        let mut take = |kind: &str, only_true: bool| {
            let found = conditions
                .iter()
                .position(|c| c.kind == *kind && (!only_true || c.status == Status::True))
                .map(|at| conditions.remove(at));
            found.map_or(Flag::default(), |c| Flag { status: Some(c.status), since: c.since })
        };
        let (ready, initialized) = (take("Ready", false), take("Initialized", false));
        let scheduled = take("PodScheduled", true);
        take("ContainersReady", false);
        take("PodReadyToStartContainers", false);
        PodStatus {
            phase: Phase::parse(&value::text(status, "phase")),
            reason: value::text(status, "reason"),
            message: value::text(status, "message"),
            ip: value::text(status, "podIP").parse().ok(),
            start_time: value::time(status, "startTime"),
            nominated_node: value::text(status, "nominatedNodeName"),
            ready,
            scheduled,
            initialized,
            conditions,
            containers: statuses("containerStatuses"),
            init_containers: statuses("initContainerStatuses"),
        }
    }

    /// The status of any condition, the compactly kept ones included.
    pub fn condition(&self, kind: &str) -> Option<Status> {
        match kind {
            "Ready" | "ContainersReady" => self.ready.status,
            "Initialized" => self.initialized.status,
            "PodScheduled" if self.scheduled.status.is_some() => self.scheduled.status,
            "PodReadyToStartContainers" => self.start_time.map(|_| Status::from(self.ip.is_some())),
            _ => Condition::find(&self.conditions, kind).map(|condition| condition.status),
        }
    }

    /// The highest restart count of its containers.
    pub fn max_restarts(&self) -> i32 {
        self.containers.iter().map(|c| c.restart_count).max().unwrap_or(0)
    }

    /// All restarts of all containers.
    pub fn total_restarts(&self) -> i64 {
        self.containers.iter().chain(&self.init_containers).map(|c| i64::from(c.restart_count)).sum()
    }

    fn conditions_to_value(&self) -> Value {
        let mut list: Vec<Value> = Vec::new();
        let mut flag = |kind: &'static str, flag: Flag, reason: &'static str, message: String| {
            let Some(status) = flag.status else { return };
            let (reason, message) = if status == Status::True { ("", String::new()) } else { (reason, message) };
            list.push(Condition::new(kind, status, reason, message, flag.since).to_value());
        };
        let unready: Vec<&str> = self.containers.iter().filter(|c| !c.ready).map(|c| c.name.as_str()).collect();
        let (reason, message) = match self.phase {
            Phase::Succeeded => ("PodCompleted", String::new()),
            Phase::Failed => ("PodFailed", String::new()),
            _ => ("ContainersNotReady", format!("containers with unready status: [{}]", unready.join(" "))),
        };
        if self.start_time.is_some() {
            let network = Flag::new(self.ip.is_some(), self.initialized.since);
            flag("PodReadyToStartContainers", network, "", String::new());
        }
        let incomplete: Vec<&str> = self.init_containers.iter().map(|c| c.name.as_str()).collect();
        let waiting = format!("containers with incomplete status: [{}]", incomplete.join(" "));
        flag("Initialized", self.initialized, "ContainersNotInitialized", waiting);
        flag("Ready", self.ready, reason, message.clone());
        flag("ContainersReady", self.ready, reason, message);
        flag("PodScheduled", self.scheduled, "", String::new());
        list.extend(self.conditions.iter().map(Condition::to_value));
        Value::Array(list)
    }

    /// As the API prints it; `images` are (init, main) container images in order.
    pub fn to_value(&self, init_images: &[Text], images: &[Text]) -> Value {
        let mut map = Map::new();
        map.insert("phase".into(), json!(self.phase.name()));
        value::put(&mut map, "reason", self.reason.as_str());
        value::put(&mut map, "message", self.message.as_str());
        value::put(&mut map, "conditions", self.conditions_to_value());
        if let Some(ip) = self.ip {
            map.insert("podIP".into(), json!(ip.to_string()));
            map.insert("podIPs".into(), json!([{ "ip": ip.to_string() }]));
        }
        value::put_time(&mut map, "startTime", self.start_time);
        value::put(&mut map, "nominatedNodeName", self.nominated_node.as_str());
        let list = |statuses: &[ContainerStatus], images: &[Text]| {
            let image = |at: usize| images.get(at).map_or("", Text::as_str);
            Value::Array(statuses.iter().enumerate().map(|(at, status)| status.to_value(image(at))).collect())
        };
        value::put(&mut map, "initContainerStatuses", list(&self.init_containers, init_images));
        value::put(&mut map, "containerStatuses", list(&self.containers, images));
        Value::Object(map)
    }
}
