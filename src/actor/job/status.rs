//! Writing a Job's status: conditions, and what the API server accepts.
//! Upstream: pkg/controller/job/job_controller.go, pkg/registry/batch/job/strategy.go, pkg/apis/batch/validation.

use super::{Jobs, Synced};
use crate::actor::outcome::{Halt, Outcome};
use crate::actor::{ActorKind, Cx};
use crate::api::batch::{JobSpec, JobStatus};
use crate::api::{Condition, Status, Text};
use crate::time::SimTime;
use crate::world::{Aspects, JobId};

/// The condition of a Job that will fail once its Pods are gone.
pub(super) const FAILURE_TARGET: &str = "FailureTarget";
/// The condition of a Job that will complete once its Pods are gone.
pub(super) const SUCCESS_CRITERIA_MET: &str = "SuccessCriteriaMet";
/// The condition of a Job that waits to be resumed.
pub(super) const SUSPENDED: &str = "Suspended";

/// Puts a condition into the list unless it is there already with the same status, reason and message. One that does not
/// hold is not added to a list without it. Answers whether the list changed.
// pkg/controller/job/job_controller.go ensureJobConditionStatus
pub(super) fn ensure_condition(conditions: &mut Vec<Condition>, new: Condition) -> bool {
    match conditions.iter_mut().find(|condition| condition.kind == new.kind) {
        Some(old) => {
            let same = (old.status, &old.reason, &old.message) == (new.status, &new.reason, &new.message);
            if !same {
                *old = new;
            }
            !same
        }
        None => {
            let holds = new.status != Status::False;
            if holds {
                conditions.push(new);
            }
            holds
        }
    }
}

/// A reason as a constant; one that no Job of ours gives (from a dump) is told as `Failed`.
pub(super) fn known_reason(reason: &Text) -> &'static str {
    const REASONS: [&str; 5] =
        ["BackoffLimitExceeded", "DeadlineExceeded", "FailedIndexes", "MaxFailedIndexesExceeded", "PodFailurePolicy"];
    REASONS.into_iter().find(|known| reason == known).unwrap_or("Failed")
}

impl Jobs {
    /// Writes a status as the API stores it. One that changes nothing leaves no trace, one that the API server refuses
    /// ends the sync.
    // pkg/controller/job/job_controller.go updateJobStatus
    pub(super) fn write_status(&self, id: JobId, status: &mut JobStatus, cx: &mut Cx, synced: &mut Synced) -> Outcome {
        cx.call(ActorKind::Job)?;
        status.start_time = status.start_time.map(SimTime::api);
        synced.status_writes += 1;
        let Some(job) = cx.world.jobs.get(id) else {
            return Err(Halt::Failed(Text::Static("the Job is gone")));
        };
        if self.validates_status && !is_valid_update(&job.spec, &job.status, status) {
            return Err(Halt::Failed(Text::Static("the status is invalid")));
        }
        if job.status == *status {
            return Ok(());
        }
        let status = status.clone();
        cx.world.modify(id, |job| {
            job.status = status;
            Aspects::STATUS
        });
        Ok(())
    }
}

/// Whether the API server accepts a status: those of its rules that a status from this controller can break.
// pkg/apis/batch/validation/validation.go ValidateJobStatusUpdate; pkg/registry/batch/job/strategy.go
// getStatusValidationOptions
fn is_valid_update(spec: &JobSpec, old: &JobStatus, new: &JobStatus) -> bool {
    let ends = |status: &JobStatus| {
        Condition::holds(&status.conditions, "Complete") || Condition::holds(&status.conditions, "Failed")
    };
    let ready_or_active_changed = (old.ready, old.active) != (new.ready, new.active);
    let more_ready_than_active = new.ready.is_some_and(|ready| ready > new.active);
    let never_started = new.start_time.is_none() && !(spec.suspend && spec.completions == Some(0));
    let elastic = spec.indexed && spec.completions == spec.parallelism;
    !(ready_or_active_changed && more_ready_than_active
        || ends(new) && !ends(old) && (never_started || new.active > 0)
        || new.failed < old.failed
        || new.succeeded < old.succeeded && !elastic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(status: Status, reason: &'static str) -> Condition {
        Condition::new(SUSPENDED, status, reason, "m", SimTime::from_unix_seconds(1))
    }

    #[test]
    fn a_condition_that_does_not_hold_is_never_the_first_of_its_kind() {
        let mut list = Vec::new();
        assert!(!ensure_condition(&mut list, condition(Status::False, "a")));
        assert!(ensure_condition(&mut list, condition(Status::True, "a")));
        assert!(!ensure_condition(&mut list, condition(Status::True, "a")));
        assert!(ensure_condition(&mut list, condition(Status::False, "b")));
        assert_eq!(list.len(), 1);
    }

    #[test]
    fn the_api_server_refuses_more_ready_pods_than_active_ones() {
        let spec = JobSpec::default();
        let status = |active, ready| JobStatus { active, ready: Some(ready), ..JobStatus::default() };
        assert!(is_valid_update(&spec, &status(2, 2), &status(2, 1)));
        assert!(!is_valid_update(&spec, &status(2, 2), &status(0, 1)));
        let stale = JobStatus { failed: 1, ..status(0, 1) };
        assert!(is_valid_update(&spec, &status(0, 1), &stale), "only a change is looked at");
    }

    #[test]
    fn the_api_server_refuses_to_lower_counters_but_those_of_an_elastic_indexed_job() {
        let status = |succeeded, failed| JobStatus { succeeded, failed, ..JobStatus::default() };
        let plain = JobSpec::default();
        let elastic = JobSpec { indexed: true, completions: Some(2), parallelism: Some(2), ..JobSpec::default() };
        for (spec, new, accepted) in [
            (&plain, status(3, 1), true),
            (&plain, status(2, 1), false),
            (&elastic, status(2, 1), true),
            (&elastic, status(3, 0), false),
        ] {
            assert_eq!(is_valid_update(spec, &status(3, 1), &new), accepted);
        }
    }
}
