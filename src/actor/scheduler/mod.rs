//! The scheduler: gives each waiting Pod the best node that fits, or says why none does.
//! Upstream: pkg/scheduler.
//!
//! One Pod at a time goes through a [`cycle::Cycle`]: filters, scores, choice. What the filters and scores need is kept
//! between cycles and brought up to date from a log of touched nodes: [`profile`] holds what is fixed between a spec and
//! a node, [`kin`] what depends on where other Pods are. Pods that failed wait in the [`queue`] until a change might help
//! them ([`hints`]). Nothing ticks: a retry that could not differ from the last one, and would leave no trace, is not made.

mod affinity;
mod attempt;
mod crowd;
mod cycle;
mod disruption;
mod explain;
mod failure;
mod hints;
mod kin;
mod nodes;
mod plugin;
mod preemption;
mod profile;
mod queue;
mod resources;
mod score;
mod sight;
mod snapshot;
mod spread;
mod trial;

pub use disruption::{BudgetHealth, disruptions_allowed};
pub use explain::{Explanation, NodeVerdict, Verdict, explain};

use super::{Actor, ActorKind, Alarms, Cx, Key, Sight};
use crate::api::Text;
use crate::time::SimTime;
use crate::world::{Change, PodId};
use attempt::Scratch;
use kin::Kins;
use profile::Profiles;
use queue::Queue;
use snapshot::Snapshot;

/// The name of the only scheduler there is.
pub const DEFAULT_SCHEDULER: &str = "default-scheduler";

/// Alarm code: calls to the API server are free again.
const CALL_CODE: u16 = 1;
/// Alarm code: a back-off is over.
const BACKOFF_CODE: u16 = 2;
/// Alarm code: somebody has waited for too long.
const FLUSH_CODE: u16 = 3;

/// Alarm code: the API server has taken a status.
const YIELD_CODE: u16 = 4;
/// Alarm code: the scheduler hears of a Pod late.
const HEARD_CODE: u16 = 5;

/// The scheduler.
#[derive(Clone, Debug, Default)]
pub struct Scheduler {
    snapshot: Snapshot,
    queue: Queue,
    profiles: Profiles,
    kins: Kins,
    scratch: Scratch,
    /// Where the next examination of nodes begins.
    next_start_node_index: usize,
    /// No call to the API server is free before.
    stalled_until: SimTime,
    /// When the last attempt wrote a status, which takes a moment in which others act; `None` once they had it.
    yielding: Option<SimTime>,
    backoff_at: Option<SimTime>,
    flush_at: Option<SimTime>,
    /// The last Pod that the scheduler wrote, with the version it has since, to know its own writes again.
    written: Option<(PodId, u64)>,
    /// Whether the last change has woken anybody.
    woken: bool,
    /// The present instant, and how many attempts between its changes are left.
    between_changes: (SimTime, u32),
    /// Events of such attempts that are still to be emitted: the Pod, the note and its count.
    notes: Vec<(PodId, Text, u32)>,
}

impl Scheduler {
    /// How many Pods wait for a node.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Sets the alarms for whoever waits for a time to come.
    fn arm(&mut self, now: SimTime, alarms: &mut Alarms) {
        self.arm_backoff(alarms);
        self.arm_flush(now, alarms);
    }

    /// Waits for a free call.
    fn stall(&mut self, at: SimTime, alarms: &mut Alarms) {
        self.stalled_until = at;
        alarms.set(at, ActorKind::Scheduler, Key::round(CALL_CODE, 0));
    }

    /// Sets the alarm for the end of the next back-off.
    fn arm_backoff(&mut self, alarms: &mut Alarms) {
        let at = self.queue.next_backoff(self.snapshot.nodes.is_empty());
        if at != SimTime::FAR_FUTURE && self.backoff_at.is_none_or(|set| at < set) {
            self.backoff_at = Some(at);
            alarms.set(at, ActorKind::Scheduler, Key::round(BACKOFF_CODE, 0));
        }
    }

    /// Sets the alarm for the next retry without cause.
    fn arm_flush(&mut self, now: SimTime, alarms: &mut Alarms) {
        if self.flush_at.is_some() || !self.queue.has_unschedulable() {
            return;
        }
        let at = self.queue.next_flush(now, self.snapshot.generation);
        if at != SimTime::FAR_FUTURE {
            self.flush_at = Some(at);
            alarms.set(at, ActorKind::Scheduler, Key::round(FLUSH_CODE, 0));
        }
    }
}

impl Actor for Scheduler {
    fn observe(&mut self, change: &Change, sight: &mut Sight) {
        let generation = self.snapshot.generation;
        self.notice(change, sight);
        if std::mem::take(&mut self.woken) {
            self.attempt_between_changes(sight);
        }
        if self.snapshot.generation != generation {
            self.arm_flush(sight.now, sight.alarms);
        }
    }

    fn ring(&mut self, key: Key, cx: &mut Cx) {
        match key.code {
            BACKOFF_CODE if self.backoff_at.is_some_and(|at| at <= cx.now) => {
                self.backoff_at = None;
                self.queue.flush_backoff_completed(cx.now);
                self.arm_backoff(cx.alarms);
            }
            FLUSH_CODE if self.flush_at.is_some_and(|at| at <= cx.now) => {
                self.flush_at = None;
                self.queue.flush_unschedulable_leftover(cx.now, self.snapshot.generation);
                self.arm_flush(cx.now, cx.alarms);
            }
            YIELD_CODE => self.yielding = None,
            HEARD_CODE => {
                let pod = key.object.and_then(|object| Some((object.id()?, cx.world.pods.get(object.id()?)?)));
                if let Some((id, pod)) = pod.filter(|(id, _)| self.queue.spot(*id) == Some(queue::Spot::Gated)) {
                    self.queue.add(id, pod);
                }
            }
            _ => {}
        }
    }

    fn work(&mut self, cx: &mut Cx) -> bool {
        if self.emit_notes(cx.world) {
            return true;
        }
        if cx.now < self.stalled_until {
            return false;
        }
        let Some((id, crowd)) = self.queue.next() else { return false };
        if let Some(heard) = cx.world.leanings.lag(id).heard.filter(|heard| *heard > cx.now) {
            self.queue.gate(id);
            cx.alarms.set(heard, ActorKind::Scheduler, Key::object(id, HEARD_CODE, 0));
            return true;
        }
        if self.yielding == Some(cx.now) {
            cx.alarms.set(cx.now, ActorKind::Scheduler, Key::round(YIELD_CODE, 0));
            return false;
        }
        match self.schedule_one(id, crowd, cx) {
            Ok(()) => true,
            Err(at) => {
                self.stall(at, cx.alarms);
                self.arm_backoff(cx.alarms);
                false
            }
        }
    }
}
