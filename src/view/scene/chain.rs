//! Chains of controllers: CronJob → Job, Deployment → ReplicaSet, and those that stand alone.

use super::{MAX_CHAINS, Sight};
use crate::api::batch::ConcurrencyPolicy;
use crate::api::service::ServiceType;
use crate::api::{CronJob, Job, Kind, ReplicaSet, Service, Text};
use crate::cron::{Zone, parse_standard};
use crate::time::{SimDuration, SimTime};
use crate::world::{Id, ObjectRef, Stored};

/// Finished Jobs that a chain shows, the newest; others are counted.
const MAX_FINISHED_LINKS: usize = 3;
/// Running Jobs that a chain shows, the newest.
const MAX_ACTIVE_LINKS: usize = 6;

/// What a controller is up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardState {
    /// It has or wants Pods.
    Active,
    /// A Job that is done.
    Complete,
    /// A Job that has failed.
    Failed,
    /// Suspended.
    Suspended,
    /// Being deleted.
    Deleting,
    /// Nothing to do now.
    Idle,
}

/// The facts under a controller's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A CronJob.
    CronJob {
        /// Its schedule as written.
        schedule: Text,
        /// What it does when runs overlap.
        policy: ConcurrencyPolicy,
        /// Its next slot.
        next: Option<SimTime>,
    },
    /// A Job.
    Job {
        /// Active Pods.
        active: i64,
        /// Successes.
        succeeded: i64,
        /// Successes wanted; `None` for a work queue.
        wanted: Option<i64>,
        /// Failures.
        failed: i64,
        /// When it started and, if it has, ended.
        ran: Option<(SimTime, Option<SimTime>)>,
        /// When `activeDeadlineSeconds` is over.
        deadline: Option<SimTime>,
        /// Why it failed.
        reason: Text,
    },
    /// A DaemonSet: Pods that are ready, nodes that want one, nodes there are.
    DaemonSet {
        /// Ready Pods.
        ready: i64,
        /// Nodes that should have one.
        desired: i64,
        /// All nodes.
        nodes: i64,
    },
    /// A Deployment or ReplicaSet.
    Replicas {
        /// Ready Pods.
        ready: i64,
        /// Wanted Pods.
        wanted: i64,
    },
    /// A Service.
    Service {
        /// Its port on every node, 0 when there is none.
        node_port: i32,
        /// Its port.
        port: i32,
        /// `externalTrafficPolicy: Local`.
        local: bool,
        /// Pods behind it that are ready.
        endpoints: i64,
    },
}

/// A controller as it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct ControllerCard {
    /// The controller.
    pub object: ObjectRef,
    /// Its name.
    pub name: Text,
    /// What it is up to.
    pub state: CardState,
    /// The facts.
    pub line: Line,
}

/// Something that a CronJob did otherwise than start a run on time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteKind {
    /// Forbid: the slot passed while the last run was still going.
    HeldBack,
    /// Replace: the last run was deleted for this slot.
    Replaced,
    /// The slot was missed.
    Missed,
}

/// What a CronJob last did otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// What.
    pub kind: NoteKind,
    /// The slot it is about.
    pub slot: SimTime,
}

/// A controller that nothing controls, and what it controls.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    /// The controller.
    pub root: ControllerCard,
    /// The controllers under it, in order of creation.
    pub links: Vec<ControllerCard>,
    /// Finished ones left out.
    pub more_links: usize,
    /// What it last did otherwise, while that is still true.
    pub note: Option<Note>,
}

/// All chains in order of kind and creation, and how many are left out.
pub(super) fn chains(sight: &Sight) -> (Vec<Chain>, usize) {
    let mut roots: Vec<ObjectRef> = Vec::new();
    collect::<CronJob>(sight, &mut roots);
    collect::<Job>(sight, &mut roots);
    collect::<crate::api::DaemonSet>(sight, &mut roots);
    collect::<crate::api::Deployment>(sight, &mut roots);
    collect::<ReplicaSet>(sight, &mut roots);
    collect::<Service>(sight, &mut roots);
    let left_out = roots.len().saturating_sub(MAX_CHAINS);
    let chains = roots.into_iter().take(MAX_CHAINS).filter_map(|root| chain(sight, root)).collect();
    (chains, left_out)
}

fn collect<T: Stored>(sight: &Sight, roots: &mut Vec<ObjectRef>) {
    let free = T::table(sight.world).iter().filter(|(_, row)| row.meta().controller().is_none());
    let mut found: Vec<ObjectRef> = free.map(|(id, _)| id.into()).collect();
    found.sort_unstable();
    roots.extend(found);
}

fn chain(sight: &Sight, root: ObjectRef) -> Option<Chain> {
    let uid = sight.world.meta(root)?.uid;
    let children = sight.world.index.dependents(uid).filter(|child| matches!(child.kind, Kind::Job | Kind::ReplicaSet));
    let cards: Vec<ControllerCard> = children.filter_map(|child| card(sight, child)).filter(has_something).collect();
    let finished = |card: &&ControllerCard| matches!(card.state, CardState::Complete | CardState::Failed);
    let active = cards.iter().filter(|card| !finished(card)).count();
    let mut drop_finished = cards.iter().filter(finished).count().saturating_sub(MAX_FINISHED_LINKS);
    let mut drop_active = active.saturating_sub(MAX_ACTIVE_LINKS);
    let more_links = drop_finished + drop_active;
    let mut links = cards;
    links.retain(|card| {
        let quota = if finished(&card) { &mut drop_finished } else { &mut drop_active };
        let dropped = *quota > 0;
        *quota -= usize::from(dropped);
        !dropped
    });
    let note = sight.notes.get(&root.serial).filter(|_| active > 0).copied();
    Some(Chain { root: card(sight, root)?, links, more_links, note })
}

/// An old ReplicaSet that is scaled to nothing is history, not stage.
fn has_something(card: &ControllerCard) -> bool {
    !matches!(card.line, Line::Replicas { ready: 0, wanted: 0 })
}

fn card(sight: &Sight, object: ObjectRef) -> Option<ControllerCard> {
    let world = sight.world;
    let meta = world.meta(object)?;
    let (mut state, line) = match object.kind {
        Kind::CronJob => cron_job(world.cron_jobs.get(object.id()?)?, sight.now),
        Kind::Job => job(world.jobs.get(object.id()?)?),
        Kind::DaemonSet => {
            let set = world.daemon_sets.get(object.id()?)?;
            let (ready, desired) = (set.status.number_ready, set.status.desired_number_scheduled);
            (CardState::Active, Line::DaemonSet { ready, desired, nodes: world.nodes.len() as i64 })
        }
        Kind::Deployment => {
            let row = world.deployments.get(object.id()?)?;
            (CardState::Active, Line::Replicas { ready: row.status.ready_replicas, wanted: row.replicas })
        }
        Kind::ReplicaSet => {
            let row = world.replica_sets.get(object.id()?)?;
            (CardState::Active, Line::Replicas { ready: row.status.ready_replicas, wanted: row.replicas })
        }
        Kind::Service => service(sight, world.services.get(object.id()?)?),
        _ => return None,
    };
    if meta.deleting() {
        state = CardState::Deleting;
    }
    Some(ControllerCard { object, name: meta.name.clone(), state, line })
}

fn cron_job(row: &CronJob, now: SimTime) -> (CardState, Line) {
    let zone = row.spec.time_zone.as_ref().map_or_else(|| Some(Zone::utc()), |name| Zone::load(name));
    let schedule = parse_standard(&row.spec.schedule).ok();
    let next = schedule.zip(zone).and_then(|(schedule, zone)| schedule.next(now.unix_nanos(), &zone));
    let state = match (row.spec.suspend, row.status.active.is_empty()) {
        (true, _) => CardState::Suspended,
        (false, true) => CardState::Idle,
        (false, false) => CardState::Active,
    };
    let next = next.filter(|_| !row.spec.suspend).map(SimTime::from_unix_nanos);
    (state, Line::CronJob { schedule: row.spec.schedule.clone(), policy: row.spec.concurrency_policy, next })
}

fn job(row: &Job) -> (CardState, Line) {
    let finished = row.finished();
    let state = match finished {
        Some(condition) if condition.kind == "Complete" => CardState::Complete,
        Some(_) => CardState::Failed,
        None if row.spec.suspend => CardState::Suspended,
        None => CardState::Active,
    };
    let ended = finished.map(|condition| row.status.completion_time.unwrap_or(condition.since));
    let wanted = row.spec.completions.or_else(|| row.spec.parallelism.is_none().then_some(1));
    let limit = row.spec.active_deadline_seconds.filter(|_| finished.is_none()).map(SimDuration::from_secs);
    let line = Line::Job {
        active: row.status.active,
        succeeded: row.status.succeeded,
        wanted,
        failed: row.status.failed,
        ran: row.status.start_time.map(|start| (start, ended)),
        deadline: row.status.start_time.zip(limit).map(|(start, limit)| start + limit),
        reason: finished.map(|condition| condition.reason.clone()).unwrap_or_default(),
    };
    (state, line)
}

fn service(sight: &Sight, row: &Service) -> (CardState, Line) {
    let slices = sight.world.index.dependents(row.meta.uid).filter_map(|child| child.id());
    let endpoints = slices
        .filter_map(|id: Id<crate::api::service::EndpointSlice>| sight.world.endpoint_slices.get(id))
        .flat_map(|slice| &slice.endpoints)
        .filter(|endpoint| endpoint.ready)
        .count() as i64;
    let port = row.ports.first();
    let line = Line::Service {
        node_port: port.map_or(0, |port| port.node_port),
        port: port.map_or(0, |port| port.port),
        local: row.external_local && row.service_type != ServiceType::ClusterIP,
        endpoints,
    };
    (if endpoints > 0 { CardState::Active } else { CardState::Idle }, line)
}
