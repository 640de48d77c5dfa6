//! Which Pods there should be: how many, which of them go first, when new ones may come.
//! Upstream: pkg/controller/job/job_controller.go manageJob.

use super::backoff::{finished_time, remaining_time};
use super::indexed::{
    COMPLETION_INDEX, COMPLETION_INDEX_ENV, INDEX_FAILURE_COUNT, INDEX_IGNORED_FAILURE_COUNT, generate_name_with_index,
    index_failures,
};
use super::pod_failure_policy::match_pod_failure_policy;
use super::sync::{JobSync, Member, only_replace_failed};
use super::{BATCH_PERIOD, Jobs, MAX_PODS_PER_SYNC, MAX_REMEMBERED_TEMPLATES, TRACKING_FINALIZER};
use crate::actor::outcome::{Halt, slow_start_batch};
use crate::actor::pod_control::{NewPod, create_pod, delete_pod};
use crate::actor::{ActorKind, Cx};
use crate::api::batch::JobSpec;
use crate::api::pod_spec::EnvVar;
use crate::api::{Labels, Pod, PodSpec, Text};
use crate::dice::SUFFIX_CHARS;
use crate::time::{SimDuration, SimTime};
use crate::world::{ApiError, JobId, PodId, Source, World};
use serde_json::json;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Deletes the active Pods of a Job that has ended. They keep their finalizer, so that they are counted.
// pkg/controller/job/job_controller.go deleteActivePods
pub(super) fn delete_active_pods(sync: &mut JobSync, cx: &mut Cx) -> Result<(), Halt> {
    let active: Vec<Member> = sync.pods.iter().filter(|pod| pod.is_active()).copied().collect();
    for pod in active {
        cx.call(ActorKind::Job)?;
        // Not found means that it is gone, which is what is wanted.
        let _ = delete_pod(cx, pod.id, sync.id.into(), Source::Job);
        sync.ready -= i64::from(pod.ready);
        sync.active -= 1;
        sync.terminating += 1;
    }
    Ok(())
}

/// Deletes Pods that are too many. Their finalizer goes first, so that nobody counts them as failed.
// pkg/controller/job/job_controller.go deleteJobPods
fn delete_job_pods(sync: &mut JobSync, pods: &[Member], cx: &mut Cx) -> Result<(), Halt> {
    for pod in pods {
        cx.call(ActorKind::Job)?;
        discard(sync.id, pod.id, cx);
        sync.ready -= i64::from(pod.ready);
        sync.active -= 1;
        sync.terminating += 1;
    }
    // Pods whose finalizer is off are not to be looked at again in this sync.
    let gone: BTreeSet<PodId> = pods.iter().map(|pod| pod.id).collect();
    sync.pods.iter_mut().filter(|member| gone.contains(&member.id)).for_each(|member| member.tracked = false);
    Ok(())
}

fn discard(job: JobId, pod: PodId, cx: &mut Cx) {
    cx.world.remove_finalizer(pod, TRACKING_FINALIZER);
    // Not found means that it is gone, which is what is wanted.
    let _ = delete_pod(cx, pod, job.into(), Source::Job);
}

impl Jobs {
    /// Brings the number of active Pods to what it should be.
    // pkg/controller/job/job_controller.go manageJob
    pub(super) fn manage_job(&mut self, sync: &mut JobSync, cx: &mut Cx) -> Result<(), Halt> {
        if sync.spec.suspend {
            let surplus = active_pods_for_removal(sync, sync.active, cx.world);
            return delete_job_pods(sync, &surplus, cx);
        }
        let parallelism = sync.spec.parallelism.unwrap_or(1);
        let want = match sync.spec.completions {
            // A work queue makes no new Pods once one of them has found the end of it.
            None if sync.succeeded > 0 => sync.active,
            None => parallelism,
            Some(completions) => (completions - sync.succeeded).min(parallelism).max(0),
        };
        let mut surplus = active_pods_for_removal(sync, (sync.active - want).max(0), cx.world);
        surplus.truncate(MAX_PODS_PER_SYNC);
        if !surplus.is_empty() {
            return delete_job_pods(sync, &surplus, cx);
        }
        let leaving = if only_replace_failed(&sync.spec) { sync.terminating } else { 0 };
        let missing = want - leaving - sync.active;
        if missing <= 0 {
            return Ok(());
        }
        if sync.spec.backoff_limit_per_index.is_none() {
            let remaining = sync.record.remaining(cx.now);
            if remaining > SimDuration::ZERO {
                return self.wait(sync, remaining, cx);
            }
        }
        let count = missing.min(MAX_PODS_PER_SYNC as i64) as usize;
        if !sync.spec.indexed {
            return self.create_pods(sync, &vec![None; count], cx);
        }
        let mut indexes = first_pending_indexes(sync, count);
        if sync.spec.backoff_limit_per_index.is_some() {
            let (ready, remaining) = creatable_indexes(sync, &indexes, cx);
            if remaining > SimDuration::ZERO {
                return self.wait(sync, remaining, cx);
            }
            indexes = ready;
        }
        self.create_pods(sync, &indexes.into_iter().map(Some).collect::<Vec<_>>(), cx)
    }

    /// Comes back when the back-off is over.
    // pkg/controller/job/job_controller.go enqueueSyncJobWithDelay
    fn wait(&mut self, sync: &mut JobSync, remaining: SimDuration, cx: &mut Cx) -> Result<(), Halt> {
        self.queue.add_at(sync.id, cx.now + remaining.max(BATCH_PERIOD), cx.alarms);
        // Upstream answers 0 active Pods here, whatever there is. With ready Pods the API server refuses the status.
        sync.active = 0;
        Ok(())
    }

    /// Makes Pods in batches of 1, 2, 4 …; when one is refused the batches after it wait for the next sync.
    fn create_pods(&mut self, sync: &mut JobSync, indexes: &[Option<i64>], cx: &mut Cx) -> Result<(), Halt> {
        let spec = sync.spec.indexed.then(|| self.indexed_spec(&sync.spec.template.spec));
        let (created, outcome) = slow_start_batch(indexes.len() as i64, |number| {
            cx.call(ActorKind::Job)?;
            let index = indexes.get(number as usize).copied().flatten();
            match self.create_one(sync, index, spec.clone(), cx) {
                // Nothing can be created there any more; upstream takes no notice.
                Ok(_) | Err(ApiError::NamespaceTerminating(..)) => Ok(()),
                Err(error) => Err(error.into()),
            }
        });
        sync.active += created;
        match outcome {
            Err(Halt::Wait(at)) => Err(Halt::Wait(at)),
            // The status is written all the same; the error comes after it.
            Err(error) => {
                sync.refused = Some(error);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn create_one(
        &self,
        sync: &JobSync,
        index: Option<i64>,
        spec: Option<Arc<PodSpec>>,
        cx: &mut Cx,
    ) -> Result<PodId, ApiError> {
        let failures = index.filter(|_| sync.spec.backoff_limit_per_index.is_some()).map(|index| {
            let replaced = sync.delayed.get(&index).and_then(|id| cx.world.pods.get(*id));
            replaced.map_or((0, 0), |pod| next_index_failures(&sync.spec, pod))
        });
        let adjust = |pod: &mut Pod| {
            pod.meta.finalizers = Some(self.finalizers.clone());
            if let Some(index) = index {
                set_index(pod, &Text::from(index.to_string()), failures);
            }
        };
        let generate_name = index.map(|index| generate_name_with_index(&sync.name, index));
        let new = NewPod { owner: sync.id.into(), template: &sync.spec.template, spec, generate_name, adjust: &adjust };
        create_pod(cx, &new, Source::Job)
    }

    /// A Pod spec with the variable that tells containers their index, the same one for all Pods of a template.
    // pkg/controller/job/indexed_job_utils.go addCompletionIndexEnvVariables
    fn indexed_spec(&mut self, spec: &Arc<PodSpec>) -> Arc<PodSpec> {
        if let Some((_, with)) = self.indexed_specs.iter().find(|(without, _)| Arc::ptr_eq(without, spec)) {
            return with.clone();
        }
        let mut with = spec.as_ref().clone();
        let mut source = with.source.as_ref().clone();
        for list in ["initContainers", "containers"] {
            let containers = source.get_mut(list).and_then(|list| list.as_array_mut());
            containers.into_iter().flatten().for_each(add_index_variable);
        }
        with.source = Arc::new(source);
        let variable = EnvVar::from_value(&index_variable());
        for container in with.init_containers.iter_mut().chain(&mut with.containers) {
            if container.env.iter().all(|known| known.name != variable.name) {
                container.env.push(variable.clone());
            }
        }
        let with = Arc::new(with);
        if self.indexed_specs.len() >= MAX_REMEMBERED_TEMPLATES {
            self.indexed_specs.remove(0);
        }
        self.indexed_specs.push((spec.clone(), with.clone()));
        with
    }
}

// pkg/controller/job/indexed_job_utils.go addCompletionIndexEnvVariable
fn add_index_variable(container: &mut serde_json::Value) {
    let Some(container) = container.as_object_mut() else { return };
    let env = container.entry("env").or_insert_with(|| json!([]));
    let Some(env) = env.as_array_mut() else { return };
    if env.iter().any(|variable| variable["name"] == COMPLETION_INDEX_ENV) {
        return;
    }
    env.push(index_variable());
}

fn index_variable() -> serde_json::Value {
    let path = format!("metadata.labels['{COMPLETION_INDEX}']");
    json!({"name": COMPLETION_INDEX_ENV, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}})
}

/// Marks a Pod with its index and, when they matter, the failures that the index has had.
fn set_index(pod: &mut Pod, index: &Text, failures: Option<(u32, u32)>) {
    let mut annotations = pod.meta.annotations.pairs().to_vec();
    annotations.push((Text::Static(COMPLETION_INDEX), index.clone()));
    if let Some((counted, ignored)) = failures {
        annotations.push((Text::Static(INDEX_FAILURE_COUNT), Text::from(counted.to_string())));
        if ignored > 0 {
            annotations.push((Text::Static(INDEX_IGNORED_FAILURE_COUNT), Text::from(ignored.to_string())));
        }
    }
    pod.meta.annotations = Labels::new(annotations);
    pod.meta.labels = pod.meta.labels.with(COMPLETION_INDEX, index.clone());
}

/// (counted, ignored) failures for the Pod that replaces this one.
// pkg/controller/job/indexed_job_utils.go getNewIndexFailureCounts
fn next_index_failures(spec: &JobSpec, replaced: &Pod) -> (u32, u32) {
    let (counted, ignored) = index_failures(replaced);
    match match_pod_failure_policy(spec, replaced).counted {
        true => (counted.saturating_add(1), ignored),
        false => (counted, ignored.saturating_add(1)),
    }
}

/// The lowest `count` indexes that have neither ended nor a Pod.
// pkg/controller/job/indexed_job_utils.go firstPendingIndexes
fn first_pending_indexes(sync: &JobSync, count: usize) -> Vec<i64> {
    let replace_only_failed = only_replace_failed(&sync.spec);
    let taken = |pod: &&Member| pod.is_active() || (replace_only_failed && pod.is_terminating());
    let mut busy: Vec<i64> = sync.pods.iter().filter(taken).filter_map(|pod| pod.index).collect();
    busy.sort_unstable();
    let mut settled = sync.succeeded_indexes.with(&busy);
    if let Some(failed) = &sync.failed_indexes {
        settled = settled.merge(failed);
    }
    settled.first_free(count, sync.completions())
}

/// Which of the indexes may have a Pod now; if none may, how long the first of them still waits.
// pkg/controller/job/job_controller.go getPodCreationInfoForIndependentIndexes
fn creatable_indexes(sync: &JobSync, indexes: &[i64], cx: &Cx) -> (Vec<i64>, SimDuration) {
    let (mut ready, mut shortest) = (Vec::new(), None);
    for index in indexes {
        let failed = sync.delayed.get(index).and_then(|id| cx.world.pods.get(*id));
        let remaining = failed.map_or(SimDuration::ZERO, |pod| remaining_for_index(pod, cx.now));
        if remaining == SimDuration::ZERO {
            ready.push(*index);
        } else if shortest.is_none_or(|shortest| remaining < shortest) {
            shortest = Some(remaining);
        }
    }
    let wait = if ready.is_empty() { shortest.unwrap_or(SimDuration::ZERO) } else { SimDuration::ZERO };
    (ready, wait)
}

// pkg/controller/job/backoff_utils.go getRemainingTimePerIndex
fn remaining_for_index(failed: &Pod, now: SimTime) -> SimDuration {
    let (counted, ignored) = index_failures(failed);
    remaining_time(counted.saturating_add(ignored).saturating_add(1), finished_time(failed), now)
}

/// At least `at_least` active Pods that are too many, those that are missed least first. Of an Indexed Job these are first
/// the Pods of indexes that do not exist and of indexes that have several.
// pkg/controller/job/job_controller.go activePodsForRemoval
fn active_pods_for_removal(sync: &JobSync, at_least: i64, world: &World) -> Vec<Member> {
    let active = sync.pods.iter().filter(|pod| pod.is_active());
    let (mut surplus, mut left) = (Vec::new(), Vec::new());
    if sync.spec.indexed {
        let mut by_index: BTreeMap<i64, Vec<Member>> = BTreeMap::new();
        for pod in active {
            by_index.entry(pod.index.unwrap_or(-1)).or_default().push(*pod);
        }
        // Pods without an index sort before the first, those beyond the last after it; neither is of any use.
        for (index, mut pods) in by_index {
            if (0..sync.completions()).contains(&index) {
                sort_for_removal(&mut pods, world);
                left.extend(pods.pop());
            }
            surplus.extend(pods);
        }
    } else {
        left.extend(active.copied());
    }
    let more = (at_least.max(0) as usize).saturating_sub(surplus.len()).min(left.len());
    if more > 0 {
        sort_for_removal(&mut left, world);
        surplus.extend_from_slice(&left[..more]);
    }
    surplus
}

/// Puts the Pods that are missed least first: not bound, not running, not ready, ready for the shortest time, restarted
/// most often, newest.
// pkg/controller/controller_utils.go ActivePods
fn sort_for_removal(pods: &mut [Member], world: &World) {
    pods.sort_by_cached_key(|member| {
        let pod = world.pods.get(member.id);
        let ready_since = pod.filter(|pod| pod.is_ready()).map(|pod| pod.status.ready.since);
        // An unknown time counts as the latest.
        let latest_first = |time: SimTime| Reverse(if time == SimTime::default() { SimTime::FAR_FUTURE } else { time });
        (
            pod.is_some_and(|pod| !pod.node_name.is_empty()),
            member.phase,
            ready_since.is_some(),
            ready_since.map(latest_first),
            Reverse(pod.map_or(0, |pod| pod.status.max_restarts())),
            pod.map(|pod| latest_first(pod.meta.created)),
            world.leanings.turn(member.id),
        )
    });
}

/// Puts a new Pod in the place of each active Pod of a Job, at once and without counting the old ones as failed. Answers
/// how many it replaced.
// No Kubernetes controller does this: see the mark in cron_job/sync.rs.
pub fn replace_active_pods(id: JobId, cx: &mut Cx) -> usize {
    let Some(job) = cx.world.jobs.get(id) else { return 0 };
    let (spec, uid) = (job.spec.clone(), job.meta.uid);
    let pods = cx.world.index.dependents(uid).filter_map(|object| object.id::<Pod>());
    let active: Vec<PodId> = pods.filter(|pod| cx.world.pods.get(*pod).is_some_and(Pod::is_active)).collect();
    for pod in &active {
        let Some(old) = cx.world.pods.get(*pod) else { continue };
        let (meta, old_spec) = (old.meta.clone(), old.spec.clone());
        let prefix_bytes = meta.name.len().saturating_sub(SUFFIX_CHARS);
        discard(id, *pod, cx);
        let adjust = |pod: &mut Pod| {
            pod.meta.labels = meta.labels.clone();
            pod.meta.annotations = meta.annotations.clone();
            pod.meta.finalizers = meta.finalizers.clone();
        };
        let new = NewPod {
            owner: id.into(),
            template: &spec.template,
            spec: spec.indexed.then_some(old_spec),
            generate_name: meta.name.get(..prefix_bytes).map(str::to_string),
            adjust: &adjust,
        };
        // A refusal is told by the Event FailedCreate; the Job makes up for it at its next sync.
        let _ = create_pod(cx, &new, Source::Job);
    }
    active.len()
}
