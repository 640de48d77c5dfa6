//! The first half of a sync: what has become of the Pods, whether the Job has ended, which Pods there should be.
//! Upstream: pkg/controller/job/job_controller.go syncJob.

use super::backoff::{BackoffRecord, finished_time};
use super::claim::claim_pods;
use super::indexed::{Intervals, completion_index, index_failures};
use super::manage::delete_active_pods;
use super::pod_failure_policy::match_pod_failure_policy;
use super::status::{FAILURE_TARGET, SUCCESS_CRITERIA_MET, SUSPENDED, ensure_condition};
use super::success_policy::match_success_policy;
use super::tracking::Tracking;
use super::{Jobs, Synced, TRACKING_FINALIZER};
use crate::actor::Cx;
use crate::actor::outcome::Halt;
use crate::api::batch::{FailureAction, JobSpec, JobStatus};
use crate::api::{Condition, Phase, Pod, RestartPolicy, Status, Text, Uid};
use crate::time::{SimDuration, SimTime};
use crate::world::{JobId, PodId, Source, World};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a sync needs to know of one of the Job's Pods.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub id: PodId,
    pub uid: Uid,
    pub phase: Phase,
    /// Its deletion was requested.
    pub deleting: bool,
    pub ready: bool,
    /// It carries the finalizer, so it is not counted yet.
    pub tracked: bool,
    /// The index it stands for.
    pub index: Option<i64>,
    /// It counts as failed.
    pub failed: bool,
}

impl Member {
    pub const fn is_active(&self) -> bool {
        !self.phase.is_terminal() && !self.deleting
    }

    pub const fn is_terminating(&self) -> bool {
        !self.phase.is_terminal() && self.deleting
    }
}

/// A sync at work.
#[derive(Debug)]
pub(super) struct JobSync {
    pub id: JobId,
    pub name: Text,
    pub spec: Arc<JobSpec>,
    /// The Job is being deleted.
    pub deleting: bool,
    /// The status to be written.
    pub status: JobStatus,
    pub pods: Vec<Member>,
    pub active: i64,
    pub ready: i64,
    pub terminating: i64,
    pub succeeded: i64,
    pub failed: i64,
    /// Succeeded indexes as the status has them, and with those seen now.
    pub prev_succeeded: Intervals,
    pub succeeded_indexes: Intervals,
    /// Failed indexes; `None` without backoffLimitPerIndex.
    pub failed_indexes: Option<Intervals>,
    /// The failed Pod of each index that waits for its replacement.
    pub delayed: BTreeMap<i64, PodId>,
    pub record: BackoffRecord,
    /// How the Job ends, once that is known.
    pub finished: Option<Condition>,
    /// What was refused while Pods were created.
    pub refused: Option<Halt>,
}

impl JobSync {
    pub fn completions(&self) -> i64 {
        self.spec.completions.unwrap_or(0)
    }

    /// Whether an index exists (or the Job is not an Indexed one).
    fn has_valid_index(&self, member: &Member) -> bool {
        !self.spec.indexed || member.index.is_some_and(|index| index < self.completions())
    }

    fn interim(&mut self, kind: &'static str, reason: &'static str, message: impl Into<Text>, now: SimTime) {
        self.finished = Some(Condition::new(kind, Status::True, reason, message, now));
    }
}

impl Jobs {
    /// The first half of a sync; answers what the second half has to do, if anything.
    // pkg/controller/job/job_controller.go syncJob
    pub(super) fn first_half(&mut self, id: JobId, cx: &mut Cx, synced: &mut Synced) -> Result<Option<Tracking>, Halt> {
        let Some(job) = cx.world.jobs.get(id) else { return Ok(None) };
        if !job.spec.managed_by.is_empty() {
            return Ok(None);
        }
        if job.finished().is_some() {
            self.backoff.remove(&id);
            return Ok(None);
        }
        let pods = claim_pods(id, cx)?;
        let Some(mut sync) = self.look(id, &pods, cx) else { return Ok(None) };
        self.evaluate(&mut sync, cx);
        let changed = self.act(&mut sync, cx)?;
        self.track(sync, changed, cx, synced)
    }

    /// Counts what is there.
    fn look(&self, id: JobId, pods: &[PodId], cx: &Cx) -> Option<JobSync> {
        let job = cx.world.jobs.get(id)?;
        let spec = job.spec.clone();
        let replace_only_failed = only_replace_failed(&spec);
        let member = |pod_id: &PodId| {
            let pod = cx.world.pods.get(*pod_id)?;
            let (phase, deleting) = (pod.status.phase, pod.meta.deleting());
            Some(Member {
                id: *pod_id,
                uid: pod.meta.uid,
                phase,
                deleting,
                ready: pod.is_ready(),
                tracked: pod.meta.has_finalizer(TRACKING_FINALIZER),
                index: if spec.indexed { completion_index(pod) } else { None },
                failed: is_pod_failed(phase, deleting, replace_only_failed),
            })
        };
        let pods: Vec<Member> = pods.iter().filter_map(member).collect();
        let mut status = job.status.clone();
        status.has_uncounted = true;
        if status.start_time.is_none() && !spec.suspend {
            status.start_time = Some(cx.now);
        }
        let count = |fits: fn(&Member) -> bool| pods.iter().filter(|pod| fits(pod)).count() as i64;
        let mut sync = JobSync {
            id,
            name: job.meta.name.clone(),
            deleting: job.meta.deleting(),
            active: count(Member::is_active),
            ready: count(|pod| pod.is_active() && pod.ready),
            terminating: count(Member::is_terminating),
            succeeded: 0,
            failed: 0,
            prev_succeeded: Intervals::default(),
            succeeded_indexes: Intervals::default(),
            failed_indexes: None,
            delayed: BTreeMap::new(),
            record: self.backoff_record(id),
            finished: None,
            refused: None,
            spec,
            status,
            pods,
        };
        self.count_new(&mut sync, cx.world);
        Some(sync)
    }

    /// Adds the Pods that ended since the last sync to the counts and to the back-off.
    // pkg/controller/job/job_controller.go getNewFinishedPods, nonIgnoredFailedPodsCount
    fn count_new(&self, sync: &mut JobSync, world: &World) {
        let uncounted = |uids: &[Uid]| uids.iter().copied().collect::<BTreeSet<Uid>>();
        let known_succeeded = uncounted(&sync.status.uncounted_succeeded);
        let known_failed = uncounted(&sync.status.uncounted_failed);
        let (mut succeeded, mut failed, mut counted_failures) = (Vec::new(), Vec::new(), 0);
        for member in sync.pods.iter().filter(|pod| pod.tracked && sync.has_valid_index(pod)) {
            let Some(pod) = world.pods.get(member.id) else { continue };
            if member.phase == Phase::Succeeded && !known_succeeded.contains(&member.uid) {
                succeeded.push(finished_time(pod));
            }
            if member.failed && !known_failed.contains(&member.uid) {
                failed.push(finished_time(pod));
                counted_failures += i64::from(match_pod_failure_policy(&sync.spec, pod).counted);
            }
        }
        sync.succeeded = sync.status.succeeded + succeeded.len() as i64 + known_succeeded.len() as i64;
        sync.failed = sync.status.failed + counted_failures + known_failed.len() as i64;
        sync.record = sync.record.after(&succeeded, &failed);
    }

    /// Finds out whether the Job has ended, in upstream's order of precedence.
    fn evaluate(&mut self, sync: &mut JobSync, cx: &mut Cx) {
        let conditions = &sync.status.conditions;
        let holding = |kind: &str| Condition::find(conditions, kind).filter(|c| c.status == Status::True).cloned();
        if let Some(met) = holding(SUCCESS_CRITERIA_MET) {
            sync.finished = Some(met);
        } else if let Some(target) = holding(FAILURE_TARGET) {
            sync.finished = Some(failed_for(&target, cx.now));
        } else if let Some(message) = fail_job_message(sync, cx.world) {
            sync.interim(FAILURE_TARGET, "PodFailurePolicy", message, cx.now);
        }
        if sync.finished.is_none() {
            self.evaluate_limits(sync, cx);
        }
        if sync.spec.indexed {
            evaluate_indexes(sync, cx);
        }
    }

    fn evaluate_limits(&mut self, sync: &mut JobSync, cx: &mut Cx) {
        if sync.failed > sync.spec.backoff_limit || past_backoff_limit_on_failure(sync, cx.world) {
            let message = "Job has reached the specified backoff limit";
            return sync.interim(FAILURE_TARGET, "BackoffLimitExceeded", message, cx.now);
        }
        let (Some(seconds), Some(start)) = (sync.spec.active_deadline_seconds, sync.status.start_time) else { return };
        if sync.spec.suspend {
            return;
        }
        let deadline = start + SimDuration::from_secs(seconds);
        if deadline <= cx.now {
            let message = "Job was active longer than specified deadline";
            return sync.interim(FAILURE_TARGET, "DeadlineExceeded", message, cx.now);
        }
        self.queue.add_at(sync.id, deadline, cx.alarms);
    }

    /// Deletes the Pods of a Job that has ended, or brings their number to what it should be. Answers whether the status
    /// changed by it.
    fn act(&mut self, sync: &mut JobSync, cx: &mut Cx) -> Result<bool, Halt> {
        let mut changed = false;
        if sync.finished.is_some() {
            delete_active_pods(sync, cx)?;
        } else {
            let managed = !sync.deleting;
            if managed {
                self.manage_job(sync, cx)?;
            }
            let complete = match sync.spec.completions {
                None => sync.succeeded > 0 && sync.active == 0,
                Some(completions) => sync.succeeded >= completions && sync.active == 0,
            };
            if complete {
                let message = "Reached expected number of succeeded pods";
                sync.interim(SUCCESS_CRITERIA_MET, "CompletionsReached", message, cx.now);
            } else if managed {
                changed = update_suspended(sync, cx);
            }
        }
        changed |= sync.active != sync.status.active
            || sync.status.ready != Some(sync.ready)
            || sync.status.terminating != Some(sync.terminating);
        sync.status.active = sync.active;
        sync.status.ready = Some(sync.ready);
        sync.status.terminating = Some(sync.terminating);
        Ok(changed)
    }
}

/// Keeps condition Suspended, with its Event; answers whether it changed.
fn update_suspended(sync: &mut JobSync, cx: &mut Cx) -> bool {
    let (status, reason, message) = match sync.spec.suspend {
        true => (Status::True, "JobSuspended", "Job suspended"),
        false => (Status::False, "JobResumed", "Job resumed"),
    };
    let wanted = Condition::new(SUSPENDED, status, reason, message, cx.now);
    if !ensure_condition(&mut sync.status.conditions, wanted) {
        return false;
    }
    let event = if sync.spec.suspend { "Suspended" } else { "Resumed" };
    cx.world.event(sync.id, Source::Job, false, event, message);
    // The clock of activeDeadlineSeconds starts afresh with every resumption.
    sync.status.start_time = (!sync.spec.suspend).then_some(cx.now);
    true
}

/// Whether only Pods that have ended are replaced.
// pkg/controller/job/job_controller.go onlyReplaceFailedPods
pub(super) fn only_replace_failed(spec: &JobSpec) -> bool {
    spec.replace_only_failed || spec.pod_failure_policy.is_some()
}

// pkg/controller/job/job_controller.go isPodFailed
const fn is_pod_failed(phase: Phase, deleting: bool, replace_only_failed: bool) -> bool {
    matches!(phase, Phase::Failed) || (!replace_only_failed && deleting && !matches!(phase, Phase::Succeeded))
}

/// The final condition that an interim failure leads to.
// pkg/controller/job/job_controller.go newFailedConditionForFailureTarget
pub(super) fn failed_for(target: &Condition, now: SimTime) -> Condition {
    Condition::new("Failed", Status::True, target.reason.clone(), target.message.clone(), now)
}

// pkg/controller/job/job_controller.go getFailJobMessage
fn fail_job_message(sync: &JobSync, world: &World) -> Option<String> {
    sync.spec.pod_failure_policy.as_ref()?;
    let failed = sync.pods.iter().filter(|pod| pod.failed).filter_map(|pod| world.pods.get(pod.id));
    failed.into_iter().find_map(|pod| match_pod_failure_policy(&sync.spec, pod).fail_job)
}

/// Whether containers were restarted too often.
// pkg/controller/job/job_controller.go pastBackoffLimitOnFailure
fn past_backoff_limit_on_failure(sync: &JobSync, world: &World) -> bool {
    if sync.spec.template.spec.restart_policy != RestartPolicy::OnFailure {
        return false;
    }
    let running = sync.pods.iter().filter(|pod| matches!(pod.phase, Phase::Running | Phase::Pending));
    let restarts: i64 = running.filter_map(|pod| world.pods.get(pod.id)).map(|pod| pod.status.total_restarts()).sum();
    if sync.spec.backoff_limit == 0 { restarts > 0 } else { restarts >= sync.spec.backoff_limit }
}

/// Succeeded and failed indexes, and whether they end the Job.
fn evaluate_indexes(sync: &mut JobSync, cx: &Cx) {
    let completions = sync.completions();
    calculate_succeeded_indexes(sync, completions);
    if sync.spec.backoff_limit_per_index.is_some() {
        let failed = calculate_failed_indexes(sync, cx.world, completions);
        let (bad, good) = (failed.total(), sync.succeeded_indexes.total());
        sync.failed_indexes = Some(failed);
        if sync.finished.is_none() {
            if sync.spec.max_failed_indexes.is_some_and(|limit| bad > limit) {
                let message = "Job has exceeded the specified maximal number of failed indexes";
                sync.interim(FAILURE_TARGET, "MaxFailedIndexesExceeded", message, cx.now);
            } else if bad > 0 && bad + good >= completions {
                sync.interim(FAILURE_TARGET, "FailedIndexes", "Job has failed indexes", cx.now);
            }
        }
        sync.delayed = pods_with_delayed_deletion(sync, cx.world, completions);
    }
    if sync.finished.is_none() {
        let rules = sync.spec.success_policy.as_deref().unwrap_or(&[]);
        if let Some(rule) = match_success_policy(rules, completions, &sync.succeeded_indexes) {
            let message = format!("Matched rules at index {rule}");
            sync.interim(SUCCESS_CRITERIA_MET, "SuccessPolicy", message, cx.now);
        }
    }
}

// pkg/controller/job/indexed_job_utils.go calculateSucceededIndexes
fn calculate_succeeded_indexes(sync: &mut JobSync, completions: i64) {
    let newly = sync.pods.iter().filter(|pod| pod.tracked && pod.phase == Phase::Succeeded).filter_map(|pod| pod.index);
    let newly: BTreeSet<i64> = newly.filter(|index| *index < completions).collect();
    sync.prev_succeeded = Intervals::parse(&sync.status.completed_indexes, completions);
    sync.succeeded_indexes = sync.prev_succeeded.with(&newly.into_iter().collect::<Vec<_>>());
    sync.succeeded = sync.succeeded_indexes.total();
}

// pkg/controller/job/indexed_job_utils.go calculateFailedIndexes
fn calculate_failed_indexes(sync: &JobSync, world: &World, completions: i64) -> Intervals {
    let before = sync.status.failed_indexes.as_ref().map_or("", Text::as_str);
    let mut newly = BTreeSet::new();
    for member in sync.pods.iter().filter(|pod| pod.tracked && pod.failed) {
        let Some(index) = member.index.filter(|index| *index < completions) else { continue };
        if world.pods.get(member.id).is_some_and(|pod| is_index_failed(&sync.spec, pod)) {
            newly.insert(index);
        }
    }
    Intervals::parse(before, completions).with(&newly.into_iter().collect::<Vec<_>>())
}

/// Whether this failed Pod was the last chance of its index.
// pkg/controller/job/indexed_job_utils.go isIndexFailed
fn is_index_failed(spec: &JobSpec, pod: &Pod) -> bool {
    let verdict = match_pod_failure_policy(spec, pod);
    let limit = spec.backoff_limit_per_index.unwrap_or(i64::MAX);
    verdict.action == Some(FailureAction::FailIndex) || (verdict.counted && i64::from(index_failures(pod).0) >= limit)
}

/// For each index that waits for a new Pod, the failed Pod that carries its failure count.
// pkg/controller/job/indexed_job_utils.go getPodsWithDelayedDeletionPerIndex
fn pods_with_delayed_deletion(sync: &JobSync, world: &World, completions: i64) -> BTreeMap<i64, PodId> {
    let active: BTreeSet<i64> = sync.pods.iter().filter(|pod| pod.is_active()).filter_map(|pod| pod.index).collect();
    let settled = |index: i64| {
        sync.succeeded_indexes.has(index)
            || sync.failed_indexes.as_ref().is_some_and(|failed| failed.has(index))
            || active.contains(&index)
    };
    let mut delayed: BTreeMap<i64, PodId> = BTreeMap::new();
    for member in sync.pods.iter().filter(|pod| pod.tracked && pod.failed) {
        let Some(index) = member.index.filter(|index| *index < completions && !settled(*index)) else { continue };
        let Some(pod) = world.pods.get(member.id) else { continue };
        let older = |known: &Pod| {
            let failures = |pod: &Pod| index_failures(pod).0 + index_failures(pod).1;
            failures(known) <= failures(pod) && finished_time(pod) >= finished_time(known)
        };
        let known = delayed.get(&index).and_then(|id| world.pods.get(*id));
        if known.is_none_or(older) {
            delayed.insert(index, member.id);
        }
    }
    delayed
}
