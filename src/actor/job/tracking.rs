//! Counting ended Pods: they are named in the status, lose their finalizer and are counted, in this order, so that a Pod is
//! counted once however a sync is interrupted.
//! Upstream: pkg/controller/job/job_controller.go trackJobStatusAndRemoveFinalizers.

use super::indexed::Intervals;
use super::pod_failure_policy::match_pod_failure_policy;
use super::status::{FAILURE_TARGET, SUCCESS_CRITERIA_MET, ensure_condition, known_reason};
use super::sync::{JobSync, Member, failed_for};
use super::{Jobs, MAX_UNCOUNTED_PODS, Synced, TRACKING_FINALIZER};
use crate::actor::outcome::{Halt, Outcome};
use crate::actor::{ActorKind, Cx};
use crate::api::batch::JobStatus;
use crate::api::{Condition, Phase, Status, Uid};
use crate::world::{JobId, PodId, Source, World};
use std::collections::BTreeSet;

/// What the second half of a sync has to do.
#[derive(Clone, Debug)]
pub(super) struct Tracking {
    id: JobId,
    /// The status as the first half wrote it.
    status: JobStatus,
    /// Pods that lose their finalizer.
    counted: Vec<(PodId, Uid)>,
    /// Pods that keep it.
    tracked: BTreeSet<Uid>,
    /// The final condition, when the Job ends.
    finished: Option<Condition>,
    /// There were more ended Pods than one sync names.
    capped: bool,
    /// What was refused in the first half.
    refused: Option<Halt>,
}

impl Tracking {
    pub const fn id(&self) -> JobId {
        self.id
    }
}

impl Jobs {
    /// Ends the first half: names newly ended Pods in the status and writes it.
    // pkg/controller/job/job_controller.go trackJobStatusAndRemoveFinalizers
    pub(super) fn track(
        &mut self,
        mut sync: JobSync,
        changed: bool,
        cx: &mut Cx,
        synced: &mut Synced,
    ) -> Result<Option<Tracking>, Halt> {
        if !changed && is_at_rest(&sync) {
            return sync.refused.map_or(Ok(None), Err);
        }
        let tracked: BTreeSet<Uid> = sync.pods.iter().filter(|pod| pod.tracked).map(|pod| pod.uid).collect();
        let mut flush = changed | count_released(&mut sync.status, &tracked);
        let (counted, capped) = name_ended_pods(&mut sync, cx.world, &mut flush);
        let finished = interim_condition(&mut sync, &mut flush, cx);
        if flush {
            self.write_status(sync.id, &mut sync.status, cx, synced)?;
            self.remember_backoff(sync.id, sync.record);
        }
        if counted.is_empty() && (finished.is_none() || sync.terminating > 0) {
            return sync.refused.map_or(Ok(None), Err);
        }
        let (id, status, refused) = (sync.id, sync.status, sync.refused);
        Ok(Some(Tracking { id, status, counted, tracked, finished, capped, refused }))
    }

    /// The second half of a sync: takes finalizers off, counts, ends the Job.
    // pkg/controller/job/job_controller.go flushUncountedAndRemoveFinalizers, enactJobFinished
    pub(super) fn second_half(&mut self, tracking: Tracking, cx: &mut Cx, synced: &mut Synced) -> Outcome {
        let Tracking { id, mut status, counted, mut tracked, finished, capped, refused } = tracking;
        if cx.world.jobs.get(id).is_none() {
            return Ok(());
        }
        for (pod, uid) in counted {
            cx.call(ActorKind::Job)?;
            cx.world.remove_finalizer(pod, TRACKING_FINALIZER);
            tracked.remove(&uid);
        }
        let mut flush = count_released(&mut status, &tracked);
        let ended = finished.filter(|_| !capped).filter(|condition| enact_finished(&mut status, condition));
        flush |= ended.is_some();
        if flush {
            self.write_status(id, &mut status, cx, synced)?;
        }
        if let Some(condition) = ended {
            record_finished(id, &status, &condition, cx);
            self.backoff.remove(&id);
        }
        refused.map_or(Ok(()), Err)
    }
}

/// Whether there is no Pod to count and nothing else to write.
fn is_at_rest(sync: &JobSync) -> bool {
    let uncounted = !sync.status.uncounted_succeeded.is_empty() || !sync.status.uncounted_failed.is_empty();
    let ended = |pod: &Member| pod.tracked && (pod.failed || pod.phase == Phase::Succeeded);
    sync.finished.is_none() && !sync.spec.indexed && !sync.deleting && !uncounted && !sync.pods.iter().any(ended)
}

/// Counts the named Pods that carry no finalizer any more; answers whether there were any.
// pkg/controller/job/job_controller.go cleanUncountedPodsWithoutFinalizers
fn count_released(status: &mut JobStatus, tracked: &BTreeSet<Uid>) -> bool {
    let count = |named: &mut Vec<Uid>, counter: &mut i64| {
        let before = named.len();
        named.retain(|uid| tracked.contains(uid));
        *counter += (before - named.len()) as i64;
        before != named.len()
    };
    let succeeded = count(&mut status.uncounted_succeeded, &mut status.succeeded);
    let failed = count(&mut status.uncounted_failed, &mut status.failed);
    succeeded || failed
}

/// Names ended Pods in the status. Answers the Pods that may lose their finalizer, and whether there were too many for
/// one sync.
fn name_ended_pods(sync: &mut JobSync, world: &World, flush: &mut bool) -> (Vec<(PodId, Uid)>, bool) {
    let known = |uids: &[Uid]| uids.iter().copied().collect::<BTreeSet<Uid>>();
    let (known_succeeded, known_failed) =
        (known(&sync.status.uncounted_succeeded), known(&sync.status.uncounted_failed));
    let failing = sync.finished.as_ref().is_some_and(|condition| condition.kind != *SUCCESS_CRITERIA_MET);
    let mut pods = std::mem::take(&mut sync.pods);
    if sync.spec.indexed {
        pods.sort_by_key(|pod| pod.index.unwrap_or(-1));
    }
    let (mut counted, mut new_indexes, mut capped) = (Vec::new(), Vec::new(), false);
    for pod in pods.iter().filter(|pod| pod.tracked) {
        if !can_remove_finalizer(sync, pod) {
            continue;
        }
        counted.push((pod.id, pod.uid));
        let valid = pod.index.filter(|index| *index < sync.completions());
        if pod.phase == Phase::Succeeded && !known_failed.contains(&pod.uid) {
            if !sync.spec.indexed && !known_succeeded.contains(&pod.uid) {
                sync.status.uncounted_succeeded.push(pod.uid);
                *flush = true;
            } else if let Some(index) = valid.filter(|index| !sync.prev_succeeded.has(*index)) {
                new_indexes.push(index);
                *flush = true;
            }
        } else if (pod.failed || failing)
            && !known_failed.contains(&pod.uid)
            && (!sync.spec.indexed || valid.is_some())
            && world.pods.get(pod.id).is_some_and(|pod| match_pod_failure_policy(&sync.spec, pod).counted)
        {
            sync.status.uncounted_failed.push(pod.uid);
            *flush = true;
        }
        let named = new_indexes.len() + sync.status.uncounted_succeeded.len() + sync.status.uncounted_failed.len();
        if named >= MAX_UNCOUNTED_PODS {
            // The status write and the Pods' own changes bring the Job back to the queue.
            capped = true;
            break;
        }
    }
    sync.pods = pods;
    if sync.spec.indexed {
        write_indexes(sync, new_indexes, flush);
    }
    (counted, capped)
}

/// Whether a Pod need not be kept for its Job any longer.
// pkg/controller/job/job_controller.go canRemoveFinalizer
fn can_remove_finalizer(sync: &JobSync, pod: &Member) -> bool {
    if sync.deleting || sync.finished.is_some() || pod.phase == Phase::Succeeded {
        return true;
    }
    // The failed Pod of an index stays until its successor has taken over the count of failures.
    let awaited = pod.index.and_then(|index| sync.delayed.get(&index)).is_some_and(|id| *id == pod.id);
    pod.failed && !awaited
}

fn write_indexes(sync: &mut JobSync, mut new_indexes: Vec<i64>, flush: &mut bool) {
    new_indexes.dedup();
    sync.succeeded_indexes = sync.succeeded_indexes.with(&new_indexes);
    let completed = sync.succeeded_indexes.to_string();
    *flush |= completed != sync.status.completed_indexes.as_str();
    sync.status.succeeded = sync.succeeded_indexes.total();
    sync.status.completed_indexes = completed.into();
    let failed = sync.failed_indexes.as_ref().map(Intervals::to_string);
    if failed.as_deref() != sync.status.failed_indexes.as_deref() {
        sync.status.failed_indexes = failed.map(Into::into);
        *flush = true;
    }
}

/// Puts the interim condition of a Job that ends into the status; answers the final one.
fn interim_condition(sync: &mut JobSync, flush: &mut bool, cx: &Cx) -> Option<Condition> {
    let finished = sync.finished.take()?;
    match finished.kind.as_str() {
        FAILURE_TARGET => {
            let last = failed_for(&finished, cx.now);
            sync.status.conditions.push(finished);
            *flush = true;
            Some(last)
        }
        SUCCESS_CRITERIA_MET => {
            let (reason, message) = (finished.reason.clone(), finished.message.clone());
            if !Condition::holds(&sync.status.conditions, SUCCESS_CRITERIA_MET) {
                sync.status.conditions.push(finished);
                *flush = true;
            }
            Some(Condition::new("Complete", Status::True, reason, message, cx.now))
        }
        _ => Some(finished),
    }
}

/// Writes the final condition unless something is still to be waited for; answers whether it did.
// pkg/controller/job/job_controller.go enactJobFinished
fn enact_finished(status: &mut JobStatus, condition: &Condition) -> bool {
    let uncounted = !status.uncounted_succeeded.is_empty() || !status.uncounted_failed.is_empty();
    if uncounted || status.terminating.unwrap_or(0) > 0 {
        return false;
    }
    ensure_condition(&mut status.conditions, condition.clone());
    if condition.kind == "Complete" {
        status.completion_time = Some(condition.since);
    }
    true
}

/// Tells that a Job has ended.
// pkg/controller/job/job_controller.go recordJobFinished
fn record_finished(id: JobId, status: &JobStatus, condition: &Condition, cx: &mut Cx) {
    if condition.kind != "Complete" {
        let reason = known_reason(&condition.reason);
        return cx.world.event(id, Source::Job, true, reason, condition.message.clone());
    }
    let completions = cx.world.jobs.get(id).and_then(|job| job.spec.completions);
    if completions.is_some_and(|completions| status.succeeded > completions) {
        let message = "Too many succeeded pods running after completion count reached";
        cx.world.event(id, Source::Job, true, "TooManySucceededPods", message);
    }
    cx.world.event(id, Source::Job, false, "Completed", "Job completed");
}
