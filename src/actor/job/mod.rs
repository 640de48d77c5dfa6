//! The Job controller.
//!
//! A sync has two halves. The first decides, creates or deletes Pods and writes a status that names the ended Pods it has
//! seen; the second takes their finalizers off, counts them and, when nothing is left to wait for, writes the final
//! condition. Between the halves other controllers see the status in between, as they do in a cluster: it is what makes a
//! Forbid CronJob say once more that a Job is running at the very moment it ends.
//! Upstream: pkg/controller/job/job_controller.go.

pub mod backoff;
mod claim;
pub mod indexed;
mod manage;
mod pod_failure_policy;
#[cfg(test)]
mod properties;
mod status;
mod success_policy;
mod sync;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod timeline;
mod tracking;

use super::controller_ref::Controllers;
use super::outcome::{Halt, conclude};
use super::queue::QUEUE_CODE;
use super::{Actor, ActorKind, Cx, Key, Sight, WorkQueue};
use crate::api::{Job, Kind, Pod, PodSpec, Text};
use crate::time::SimDuration;
use crate::world::{Aspects, Change, ChangeVerb, JobId, PodId};
use backoff::BackoffRecord;
pub use manage::replace_active_pods;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tracking::Tracking;

/// The finalizer that keeps an ended Pod until its Job has counted it.
pub const TRACKING_FINALIZER: &str = "batch.kubernetes.io/job-tracking";
/// How long Pod events and status writes are gathered before the next sync (upstream: SyncJobBatchPeriod).
pub const BATCH_PERIOD: SimDuration = SimDuration::from_secs(1);
/// The first wait after a failed sync (DefaultJobApiBackOff).
const FIRST_RETRY: SimDuration = SimDuration::from_secs(1);
/// The longest wait after a failed sync (MaxJobApiBackOff).
const LAST_RETRY: SimDuration = SimDuration::from_secs(60);
/// The most Pods that one sync creates or deletes, in Pods.
pub const MAX_PODS_PER_SYNC: usize = 500;
/// The most ended Pods that a status names, in Pods.
pub const MAX_UNCOUNTED_PODS: usize = 500;
/// Templates with the index variable that are remembered, in templates.
const MAX_REMEMBERED_TEMPLATES: usize = 64;

/// How a whole sync ended, for those who run one by hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Synced {
    /// Whether it met an error (and was put back for a retry).
    pub failed: bool,
    /// How many times it wrote the status.
    pub status_writes: u32,
}

/// The Job controller.
#[derive(Clone, Debug)]
pub struct Jobs {
    queue: WorkQueue,
    controllers: Controllers<Job>,
    backoff: BTreeMap<JobId, BackoffRecord>,
    /// Syncs whose second half is due at this instant.
    halfway: VecDeque<Tracking>,
    /// Pods that nobody will count any more but that still carry the finalizer.
    orphans: VecDeque<PodId>,
    /// Pod specs and the same with the index variable.
    indexed_specs: Vec<(Arc<PodSpec>, Arc<PodSpec>)>,
    /// The finalizer list that all new Pods share.
    finalizers: Arc<[Text]>,
    /// Whether status writes pass the API server's validation; upstream's own unit tests go without.
    pub validates_status: bool,
}

impl Default for Jobs {
    fn default() -> Jobs {
        Jobs {
            queue: WorkQueue::with_backoff(ActorKind::Job, FIRST_RETRY, LAST_RETRY),
            controllers: Controllers::default(),
            backoff: BTreeMap::new(),
            halfway: VecDeque::new(),
            orphans: VecDeque::new(),
            indexed_specs: Vec::new(),
            finalizers: Arc::from([Text::Static(TRACKING_FINALIZER)]),
            validates_status: true,
        }
    }
}

impl Jobs {
    /// One whole sync of a Job, both halves.
    // pkg/controller/job/job_controller.go syncJob
    pub fn sync_job(&mut self, id: JobId, cx: &mut Cx) -> Synced {
        let mut synced = Synced::default();
        let first = self.first_half(id, cx, &mut synced);
        let ended = match first {
            Ok(Some(tracking)) => self.second_half(tracking, cx, &mut synced),
            Ok(None) => Ok(()),
            Err(halt) => Err(halt),
        };
        synced.failed = matches!(ended, Err(Halt::Failed(_)));
        conclude(&mut self.queue, id.into(), ended, cx);
        synced
    }

    /// What is known of a Job's failures since its last success.
    pub fn backoff_record(&self, id: JobId) -> BackoffRecord {
        self.backoff.get(&id).copied().unwrap_or_default()
    }

    /// Sets what is known of a Job's failures since its last success.
    pub fn set_backoff_record(&mut self, id: JobId, record: BackoffRecord) {
        self.backoff.insert(id, record);
    }

    fn remember_backoff(&mut self, id: JobId, record: BackoffRecord) {
        if record == BackoffRecord::default() {
            self.backoff.remove(&id);
        } else {
            self.backoff.insert(id, record);
        }
    }

    /// How many syncs of a Job in a row have failed.
    pub fn failures(&self, id: JobId) -> u32 {
        self.queue.failures(id)
    }

    /// The first half of a sync; the second is left for [`Actor::work`].
    fn start_sync(&mut self, id: JobId, cx: &mut Cx) {
        match self.first_half(id, cx, &mut Synced::default()) {
            Ok(Some(tracking)) => self.halfway.push_back(tracking),
            Ok(None) => conclude(&mut self.queue, id.into(), Ok(()), cx),
            Err(halt) => conclude(&mut self.queue, id.into(), Err(halt), cx),
        }
    }

    // pkg/controller/job/job_controller.go addPod, updatePod, deletePod
    fn observe_pod(&mut self, change: &Change, sight: &mut Sight) {
        let Some((id, pod)) = change.object.id::<Pod>().and_then(|id| Some((id, sight.world.pods.ghost(id)?))) else {
            return;
        };
        let batched = sight.now + BATCH_PERIOD;
        if let Some(job) = change.prior_controller.and_then(|uid| self.controllers.by_uid(uid)) {
            self.queue.add_at(job, batched, sight.alarms);
        }
        let tracked = pod.meta.has_finalizer(TRACKING_FINALIZER);
        if let Some(owner) = pod.meta.controller() {
            let job = if owner.kind == "Job" { self.controllers.of(&pod.meta) } else { return };
            let live = job.and_then(|job| sight.world.jobs.get(job)).is_some_and(|job| job.finished().is_none());
            let leaving = pod.meta.deleting() || change.verb == ChangeVerb::Deleted;
            match job {
                Some(job) if live || !leaving => self.queue.add_at(job, batched, sight.alarms),
                _ if tracked && leaving => self.orphans.push_back(id),
                _ => {}
            }
            return;
        }
        if tracked {
            self.orphans.push_back(id);
        }
        let asks = change.verb == ChangeVerb::Added || change.aspects.any(Aspects::LABELS | Aspects::OWNERS);
        if asks && change.verb != ChangeVerb::Deleted && !pod.meta.deleting() {
            for job in claim::jobs_matching(sight.world, pod) {
                self.queue.add_at(job, batched, sight.alarms);
            }
        }
    }

    // pkg/controller/job/job_controller.go addJob, updateJob, deleteJob
    fn observe_job(&mut self, change: &Change, sight: &mut Sight) {
        let Some((id, job)) = change.object.id::<Job>().and_then(|id| Some((id, sight.world.jobs.ghost(id)?))) else {
            return;
        };
        match change.verb {
            ChangeVerb::Added => {
                self.controllers.enter(job.meta.uid, id);
                self.queue.add(id);
            }
            ChangeVerb::Modified if job.finished().is_some() => self.release_pods_of(job, sight),
            ChangeVerb::Modified if change.aspects.any(Aspects::SPEC | Aspects::DELETION) => self.queue.add(id),
            ChangeVerb::Modified => self.queue.add_at(id, sight.now + BATCH_PERIOD, sight.alarms),
            ChangeVerb::Deleted => {
                self.controllers.strike(job.meta.uid);
                self.backoff.remove(&id);
                self.queue.drop_object(id);
                self.release_pods_of(job, sight);
            }
        }
    }

    /// Queues the Pods of a Job that is finished or gone and that still carry the finalizer.
    // pkg/controller/job/job_controller.go enqueueLabelSelector
    fn release_pods_of(&mut self, job: &Job, sight: &Sight) {
        let pods = sight.world.index.dependents(job.meta.uid).filter_map(|object| object.id::<Pod>());
        let tracked =
            |id: &PodId| sight.world.pods.get(*id).is_some_and(|pod| pod.meta.has_finalizer(TRACKING_FINALIZER));
        self.orphans.extend(pods.filter(tracked));
    }
}

impl Actor for Jobs {
    fn observe(&mut self, change: &Change, sight: &mut Sight) {
        match change.object.kind {
            Kind::Pod => self.observe_pod(change, sight),
            Kind::Job => self.observe_job(change, sight),
            _ => {}
        }
    }

    /// A batched sync runs in the order in which the alarms of an instant were set, which is the order of their causes:
    /// a Pod that is bound and runs a second later has not started when the sync that its creation asked for a second
    /// later looks, and one that ends just when the sync after a status write is due has ended.
    fn ring(&mut self, key: Key, cx: &mut Cx) {
        if key.code != QUEUE_CODE {
            return;
        }
        if let Some(id) = self.queue.due(key, cx.now).and_then(|object| object.id::<Job>()) {
            self.start_sync(id, cx);
        }
    }

    fn work(&mut self, cx: &mut Cx) -> bool {
        if let Some(tracking) = self.halfway.pop_front() {
            let id = tracking.id();
            let ended = self.second_half(tracking, cx, &mut Synced::default());
            conclude(&mut self.queue, id.into(), ended, cx);
            return true;
        }
        if let Some(pod) = self.orphans.pop_front() {
            self.release_orphan(pod, cx);
            return true;
        }
        let Some(object) = self.queue.pop() else { return false };
        if let Some(id) = object.id::<Job>() {
            self.start_sync(id, cx);
        }
        true
    }
}
