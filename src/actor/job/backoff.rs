//! How long a Job waits before it replaces a failed Pod.
//! Upstream: pkg/controller/job/backoff_utils.go.

use crate::api::{Pod, Status};
use crate::time::{SimDuration, SimTime};

/// The wait after the first failure.
pub const FIRST_BACKOFF: SimDuration = SimDuration::from_secs(10);
/// The longest wait.
pub const LONGEST_BACKOFF: SimDuration = SimDuration::from_secs(600);

/// Failures of a Job's Pods since one last succeeded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackoffRecord {
    /// How many.
    pub failures: u32,
    /// When the last one was; `None` without any.
    pub last_failure: Option<SimTime>,
}

impl BackoffRecord {
    /// The record after Pods that ended at these times were seen. A success wipes out the failures before it.
    ///
    /// ```
    /// use orrery::actor::job::backoff::BackoffRecord;
    /// use orrery::time::SimTime;
    /// let at = SimTime::from_unix_seconds;
    /// let record = BackoffRecord::default().after(&[], &[at(5), at(3)]);
    /// assert_eq!(record, BackoffRecord { failures: 2, last_failure: Some(at(5)) });
    /// assert_eq!(record.after(&[at(9)], &[at(8), at(10)]).failures, 1);
    /// ```
    // pkg/controller/job/backoff_utils.go newBackoffRecord
    pub fn after(self, succeeded: &[SimTime], failed: &[SimTime]) -> BackoffRecord {
        let Some(last_success) = succeeded.iter().max() else {
            let last_failure = failed.iter().max().copied().or(self.last_failure);
            return BackoffRecord { failures: self.failures.saturating_add(failed.len() as u32), last_failure };
        };
        let later = failed.iter().filter(|time| *time > last_success);
        BackoffRecord { failures: later.clone().count() as u32, last_failure: later.max().copied() }
    }

    /// How long from `now` no Pod may be created.
    // pkg/controller/job/backoff_utils.go getRemainingTime
    pub fn remaining(self, now: SimTime) -> SimDuration {
        match self.last_failure {
            Some(last_failure) => remaining_time(self.failures, last_failure, now),
            None => SimDuration::ZERO,
        }
    }
}

/// What is left at `now` of the wait after so many failures, the last of them at `last_failure`.
// pkg/controller/job/backoff_utils.go getRemainingTimeForFailuresCount
pub fn remaining_time(failures: u32, last_failure: SimTime, now: SimTime) -> SimDuration {
    if failures == 0 {
        return SimDuration::ZERO;
    }
    // 10 s doubled six times exceeds the longest wait, so a larger exponent changes nothing.
    let doublings = (failures - 1).min(6);
    let wait = SimDuration::from_nanos(FIRST_BACKOFF.nanos() << doublings).min(LONGEST_BACKOFF);
    (wait - (now - last_failure)).max(SimDuration::ZERO)
}

/// When a Pod ended: the end of its last container, else when it stopped being ready, else when its deletion was asked
/// for, else its creation.
// pkg/controller/job/backoff_utils.go getFinishedTime
pub fn finished_time(pod: &Pod) -> SimTime {
    if let Some(end) = last_container_end(pod) {
        return end;
    }
    let ready = pod.status.ready;
    if ready.status == Some(Status::False) && ready.since != SimTime::default() {
        return ready.since;
    }
    match pod.meta.deletion {
        Some(deletion) => deletion.at - SimDuration::from_secs(deletion.grace_seconds),
        None => pod.meta.created,
    }
}

/// The latest end among the main containers and sidecars, when all of the latter (or failing them, of the former) have
/// ended.
// pkg/controller/job/backoff_utils.go getFinishTimeFromContainers
fn last_container_end(pod: &Pod) -> Option<SimTime> {
    let mut end: Option<SimTime> = None;
    for status in &pod.status.containers {
        match status.state.terminated().filter(|ended| ended.finished != SimTime::default()) {
            Some(ended) => end = end.max(Some(ended.finished)),
            None => {
                end = None;
                break;
            }
        }
    }
    let sidecars = pod.spec.init_containers.iter().filter(|container| container.is_sidecar());
    for sidecar in sidecars {
        let Some(status) = pod.status.init_containers.iter().find(|status| status.name == sidecar.name) else {
            continue;
        };
        let ended = status.state.terminated().filter(|ended| ended.finished != SimTime::default())?;
        end = end.max(Some(ended.finished));
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(seconds: i64) -> SimTime {
        SimTime::from_unix_seconds(seconds)
    }

    #[test]
    fn the_wait_doubles_from_ten_seconds_up_to_ten_minutes() {
        let waits: Vec<i64> = (0..10).map(|n| remaining_time(n, at(0), at(0)).seconds()).collect();
        assert_eq!(waits, [0, 10, 20, 40, 80, 160, 320, 600, 600, 600]);
        assert_eq!(remaining_time(1, at(0), at(10)), SimDuration::ZERO);
        assert_eq!(remaining_time(1, at(0), at(4)).seconds(), 6);
        assert_eq!(remaining_time(u32::MAX, at(0), at(900)), SimDuration::ZERO);
    }

    #[test]
    fn a_success_wipes_out_the_failures_before_it_and_counts_those_after_it() {
        let record = BackoffRecord { failures: 3, last_failure: Some(at(1)) };
        assert_eq!(record.after(&[], &[]), record);
        assert_eq!(record.after(&[at(9)], &[]), BackoffRecord::default());
        assert_eq!(record.after(&[at(9), at(4)], &[at(5)]), BackoffRecord::default());
        let after = record.after(&[at(4)], &[at(5), at(3), at(7)]);
        assert_eq!(after, BackoffRecord { failures: 2, last_failure: Some(at(7)) });
    }

    #[test]
    fn a_pod_ended_when_its_last_container_did_or_else_when_it_stopped_being_ready_or_else_when_it_was_deleted() {
        let ended = |second: i64| {
            json!({"name": "c", "state": {"terminated": {"exitCode": 1,
            "finishedAt": at(second).to_string()}}})
        };
        let running = json!({"name": "d", "state": {"running": {}}});
        let pod = |containers: serde_json::Value, ready: serde_json::Value, deleted: serde_json::Value| {
            Pod::from_value(&json!({"metadata": {"creationTimestamp": at(1).to_string(), "deletionTimestamp": deleted,
                "deletionGracePeriodSeconds": 30},
                "status": {"containerStatuses": containers, "conditions": ready}}))
        };
        let unready = json!([{"type": "Ready", "status": "False", "lastTransitionTime": at(6).to_string()}]);
        let deleted = json!(at(38).to_string());
        let none = serde_json::Value::Null;
        for (pod, second) in [
            (pod(json!([ended(4), ended(5)]), unready.clone(), deleted.clone()), 5),
            (pod(json!([ended(4), running]), unready, deleted.clone()), 6),
            (pod(json!([running]), json!([]), deleted), 8),
            (pod(json!([]), json!([]), none), 1),
        ] {
            assert_eq!(finished_time(&pod), at(second));
        }
    }

    #[test]
    fn the_end_of_a_sidecar_counts() {
        let ended = |name: &str, second: i64| {
            json!({"name": name, "state": {"terminated": {"exitCode": 0,
            "finishedAt": at(second).to_string()}}})
        };
        let pod = Pod::from_value(&json!({
            "metadata": {"creationTimestamp": at(1).to_string()},
            "spec": {"initContainers": [{"name": "side", "restartPolicy": "Always"}, {"name": "once"}],
                     "containers": [{"name": "c"}]},
            "status": {"containerStatuses": [ended("c", 4)],
                       "initContainerStatuses": [ended("side", 9), ended("once", 20)]}}));
        assert_eq!(finished_time(&pod), at(9));
    }
}
