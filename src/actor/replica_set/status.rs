//! What a ReplicaSet's status says.
//! Upstream: pkg/controller/replicaset/replica_set_utils.go.

use crate::api::apps::ReplicaSetStatus;
use crate::api::{Condition, Pod, ReplicaSet, Status, Text};
use crate::time::{SimDuration, SimTime};

/// The condition that says why Pods cannot be made or deleted.
pub const REPLICA_FAILURE: &str = "ReplicaFailure";

/// What a sync counted before it created or deleted anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub active: i64,
    pub fully_labeled: i64,
    pub ready: i64,
    pub available: i64,
    pub terminating: i64,
    /// When the next ready Pod becomes available.
    pub next_available: Option<SimTime>,
}

impl Counts {
    /// Counts an active Pod in.
    pub fn count(&mut self, pod: &Pod, fully_labeled: bool, set: &ReplicaSet, now: SimTime) {
        self.active += 1;
        self.fully_labeled += i64::from(fully_labeled);
        if !pod.is_ready() {
            return;
        }
        self.ready += 1;
        if pod.is_available(set.min_ready_seconds, now) {
            self.available += 1;
        } else {
            let at = pod.status.ready.since + SimDuration::from_secs(set.min_ready_seconds);
            self.next_available = Some(self.next_available.map_or(at, |next| next.min(at)));
        }
    }
}

/// A sync under way: how many more Pods it may create or delete, what it counted at its beginning, what went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Batch {
    pub left: i64,
    pub counts: Counts,
    pub error: Option<Text>,
}

/// The status that follows from a sync.
// pkg/controller/replicaset/replica_set_utils.go calculateStatus
pub(super) fn calculate_status(set: &ReplicaSet, batch: &Batch, now: SimTime) -> ReplicaSetStatus {
    let counts = batch.counts;
    let mut conditions = set.status.conditions.clone();
    let failing = Condition::find(&conditions, REPLICA_FAILURE).is_some();
    match &batch.error {
        Some(error) if !failing => {
            let reason = match counts.active.cmp(&set.replicas) {
                std::cmp::Ordering::Less => "FailedCreate",
                std::cmp::Ordering::Greater => "FailedDelete",
                std::cmp::Ordering::Equal => "",
            };
            conditions.push(Condition::new(REPLICA_FAILURE, Status::True, reason, error.clone(), now));
        }
        None if failing => conditions.retain(|condition| condition.kind != *REPLICA_FAILURE),
        _ => {}
    }
    ReplicaSetStatus {
        replicas: counts.active,
        fully_labeled_replicas: counts.fully_labeled,
        ready_replicas: counts.ready,
        available_replicas: counts.available,
        terminating_replicas: Some(counts.terminating),
        observed_generation: set.meta.generation,
        conditions,
    }
}
