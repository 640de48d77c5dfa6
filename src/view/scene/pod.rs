//! Pod tiles.

use super::{MAX_TILES, Sight};
use crate::actor::kubelet::{Progress, Stage};
use crate::api::{ContainerState, Kind, Phase, Pod, Text};
use crate::time::SimTime;
use crate::view::fate::Turn;
use crate::world::{ObjectRef, PodId};

/// How a Pod looks: its phase, as finely as the eye can use it. Each has a colour, an outline and a mark of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Look {
    /// No node yet.
    Waiting,
    /// On a node, containers not started yet.
    Creating,
    /// Running, not ready.
    Unready,
    /// Running and ready.
    Running,
    /// Waiting to be restarted after a crash.
    BackOff,
    /// Ended well.
    Succeeded,
    /// Ended badly.
    Failed,
    /// Being deleted.
    Terminating,
    /// On a node that does not answer.
    Lost,
}

impl Look {
    /// Every look.
    pub const ALL: [Look; 9] = [
        Look::Waiting,
        Look::Creating,
        Look::Unready,
        Look::Running,
        Look::BackOff,
        Look::Succeeded,
        Look::Failed,
        Look::Terminating,
        Look::Lost,
    ];

    /// The name in style sheets.
    pub const fn class(self) -> &'static str {
        match self {
            Look::Waiting => "waiting",
            Look::Creating => "creating",
            Look::Unready => "unready",
            Look::Running => "running",
            Look::BackOff => "backoff",
            Look::Succeeded => "succeeded",
            Look::Failed => "failed",
            Look::Terminating => "terminating",
            Look::Lost => "lost",
        }
    }
}

/// Where a Pod stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the lane of those without a node.
    Pending,
    /// On the node with this serial number.
    Node(u32),
    /// On the shelf of the node with this serial number, using nothing.
    Shelf(u32),
    /// Bound to a node that is gone, or ended without one.
    Adrift,
}

/// What a countdown counts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountdownKind {
    /// The containers start.
    Starts,
    /// The containers start again.
    Restarts,
    /// It gets a node.
    Bound,
    /// It is evicted or deleted.
    Doomed,
    /// It is gone.
    Gone,
}

/// A moment that matters to a Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Countdown {
    /// What comes.
    pub kind: CountdownKind,
    /// When.
    pub at: SimTime,
}

/// A Pod as it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct PodTile {
    /// The Pod.
    pub object: ObjectRef,
    /// Its name.
    pub name: Text,
    /// The kind and name of its controller; `None` for a bare Pod.
    pub owner: Option<(Text, Text)>,
    /// Its controller, while that exists: where the Pod comes from.
    pub parent: Option<ObjectRef>,
    /// How it looks.
    pub look: Look,
    /// Where it stands.
    pub place: Place,
    /// When the present run began, and when it will end if that is known.
    pub run: Option<(SimTime, Option<SimTime>)>,
    /// What is about to happen to it.
    pub countdown: Option<Countdown>,
    /// Restarts of its containers.
    pub restarts: i64,
    /// Why it waits or how it ended (`Unschedulable`, `CrashLoopBackOff`, `Error`); may be empty.
    pub reason: Text,
    /// The exit code of a container that ended badly.
    pub exit_code: Option<i32>,
    /// For a bare Pod on a lost node: nobody will replace it.
    pub irreplaceable: bool,
}

/// All tiles in order of creation, and how many Pods are left out: of too many the finished ones first, then the newest.
pub(super) fn tiles(sight: &Sight) -> (Vec<PodTile>, usize) {
    let mut rows: Vec<(PodId, &Pod)> = sight.world.pods.iter().collect();
    let left_out = rows.len().saturating_sub(MAX_TILES);
    if left_out > 0 {
        rows.sort_by_key(|(id, pod)| (pod.is_ended(), id.serial));
        rows.truncate(MAX_TILES);
    }
    rows.sort_by_key(|(id, _)| id.serial);
    (rows.into_iter().map(|(id, pod)| tile(sight, id, pod)).collect(), left_out)
}

fn tile(sight: &Sight, id: PodId, pod: &Pod) -> PodTile {
    let node = sight.world.find(Kind::Node, "", &pod.node_name);
    let silent = node.is_some() && !sight.world.kubelet_talks(&pod.node_name);
    let unreachable = sight.world.node(&pod.node_name).is_some_and(|node| !node.is_ready());
    let look = look(pod, silent && unreachable);
    let place = match node {
        None if pod.node_name.is_empty() && !pod.is_ended() => Place::Pending,
        None => Place::Adrift,
        Some(node) if pod.is_ended() => Place::Shelf(node.serial),
        Some(node) => Place::Node(node.serial),
    };
    let controller = pod.meta.controller();
    let parent = controller.and_then(|owner| {
        let kind = Kind::parse(&owner.kind)?;
        sight.world.find(kind, &pod.meta.namespace, &owner.name)
    });
    let object = ObjectRef::from(id);
    let progress = progress(sight, id, pod);
    let runs = progress.filter(|p| matches!(p.stage, Stage::Running | Stage::Stopping));
    PodTile {
        object,
        name: pod.meta.name.clone(),
        owner: controller.map(|owner| (owner.kind.clone(), owner.name.clone())),
        parent,
        look,
        place,
        run: runs.map(|progress| (progress.since, progress.until)),
        countdown: countdown(sight, object, look, progress),
        restarts: pod.status.total_restarts(),
        reason: reason(pod),
        exit_code: exit_code(pod),
        irreplaceable: look == Look::Lost && controller.is_none(),
    }
}

fn look(pod: &Pod, lost: bool) -> Look {
    match pod.status.phase {
        Phase::Succeeded => Look::Succeeded,
        Phase::Failed => Look::Failed,
        Phase::Unknown => Look::Lost,
        _ if lost => Look::Lost,
        _ if pod.meta.deleting() => Look::Terminating,
        Phase::Pending if pod.node_name.is_empty() => Look::Waiting,
        _ if backs_off(pod) => Look::BackOff,
        Phase::Pending => Look::Creating,
        Phase::Running if pod.is_ready() => Look::Running,
        Phase::Running => Look::Unready,
    }
}

fn waiting_reason(pod: &Pod) -> Option<&Text> {
    pod.status.containers.iter().chain(&pod.status.init_containers).find_map(|container| match &container.state {
        ContainerState::Waiting { reason, .. } if !reason.is_empty() => Some(reason),
        _ => None,
    })
}

fn backs_off(pod: &Pod) -> bool {
    waiting_reason(pod).is_some_and(|reason| reason.ends_with("BackOff") || reason.starts_with("Err"))
}

/// What the first main container that runs is at.
fn progress(sight: &Sight, id: PodId, pod: &Pod) -> Option<Progress> {
    let stages = pod.spec.containers.iter().filter_map(|c| sight.kubelet.progress(sight.world, id, &c.name));
    let all: Vec<Progress> = stages.collect();
    let ends_last = |p: &&Progress| (p.stage == Stage::Running, p.until.is_none(), p.until);
    all.iter().max_by_key(ends_last).copied()
}

fn countdown(sight: &Sight, object: ObjectRef, look: Look, progress: Option<Progress>) -> Option<Countdown> {
    let turn =
        |kind, wanted: &[Turn]| sight.fates.next(object, sight.now, wanted).map(|(at, _)| Countdown { kind, at });
    let until = |kind| progress.and_then(|progress| progress.until).map(|at| Countdown { kind, at });
    match look {
        Look::Waiting => turn(CountdownKind::Bound, &[Turn::Bound]),
        Look::Creating => until(CountdownKind::Starts),
        Look::BackOff => until(CountdownKind::Restarts),
        Look::Terminating => turn(CountdownKind::Gone, &[Turn::Gone]),
        Look::Lost => turn(CountdownKind::Doomed, &[Turn::Doomed, Turn::Gone]),
        Look::Running | Look::Unready | Look::Succeeded | Look::Failed => None,
    }
}

fn reason(pod: &Pod) -> Text {
    if !pod.status.reason.is_empty() {
        return pod.status.reason.clone();
    }
    if let Some(reason) = waiting_reason(pod) {
        return reason.clone();
    }
    if let Some(end) = pod.status.containers.iter().find_map(|c| c.state.terminated()) {
        return end.reason.clone();
    }
    let unscheduled = pod.status.conditions.iter().find(|c| c.kind == "PodScheduled");
    unscheduled.map(|c| c.reason.clone()).unwrap_or_default()
}

fn exit_code(pod: &Pod) -> Option<i32> {
    pod.status.containers.iter().filter_map(|c| c.state.terminated()).map(|end| end.exit_code).find(|code| *code != 0)
}
