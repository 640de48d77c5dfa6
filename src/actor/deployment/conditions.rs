//! Conditions of a Deployment: unlike others they remember when they were last confirmed, and one that says the same again
//! is left alone.
//! Upstream: pkg/controller/deployment/util/deployment_util.go.

use crate::api::apps::{DeploymentCondition, DeploymentStatus};
use crate::api::{Condition, Status, Text};
use crate::time::SimTime;

/// Whether enough Pods are available.
pub const AVAILABLE: &str = "Available";
/// Whether the rollout gets on.
pub const PROGRESSING: &str = "Progressing";
/// Why Pods cannot be made or deleted.
pub const REPLICA_FAILURE: &str = "ReplicaFailure";

/// Reason of Progressing: the new ReplicaSet is complete.
pub const NEW_RS_AVAILABLE: &str = "NewReplicaSetAvailable";
/// Reason of Progressing: nothing has happened for too long.
pub const TIMED_OUT: &str = "ProgressDeadlineExceeded";
/// Reason of Progressing: the Deployment is paused.
pub const PAUSED: &str = "DeploymentPaused";

/// A condition that begins now.
// pkg/controller/deployment/util/deployment_util.go NewDeploymentCondition
pub fn new_condition(
    kind: &'static str,
    status: Status,
    reason: &'static str,
    message: impl Into<Text>,
    now: SimTime,
) -> DeploymentCondition {
    DeploymentCondition { condition: Condition::new(kind, status, reason, message, now), updated: now.api() }
}

/// The condition of that type.
// pkg/controller/deployment/util/deployment_util.go GetDeploymentCondition
pub fn get<'a>(status: &'a DeploymentStatus, kind: &str) -> Option<&'a DeploymentCondition> {
    status.conditions.iter().find(|found| found.condition.kind == *kind)
}

/// The reason of the condition of that type.
pub fn reason<'a>(status: &'a DeploymentStatus, kind: &str) -> Option<&'a str> {
    get(status, kind).map(|found| found.condition.reason.as_str())
}

/// Puts a condition at the end of the list, unless one with the same status and reason is there.
// pkg/controller/deployment/util/deployment_util.go SetDeploymentCondition
pub fn set(status: &mut DeploymentStatus, mut new: DeploymentCondition) {
    if let Some(old) = get(status, &new.condition.kind).map(|old| &old.condition) {
        if old.status == new.condition.status && old.reason == new.condition.reason {
            return;
        }
        if old.status == new.condition.status {
            new.condition.since = old.since;
        }
    }
    remove(status, &new.condition.kind.clone());
    status.conditions.push(new);
}

/// Takes the condition of that type off the list.
// pkg/controller/deployment/util/deployment_util.go RemoveDeploymentCondition
pub fn remove(status: &mut DeploymentStatus, kind: &str) {
    status.conditions.retain(|found| found.condition.kind != *kind);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_moves_to_the_end_when_its_reason_changes_and_keeps_its_time_while_its_status_stays() {
        let at = SimTime::from_unix_seconds;
        let mut status = DeploymentStatus::default();
        let mut step = |kind, holds, reason, second| {
            set(&mut status, new_condition(kind, Status::from(holds), reason, reason, at(second)));
            let shown = status.conditions.iter().map(|c| {
                let (since, updated) = (c.condition.since.unix_seconds(), c.updated.unix_seconds());
                format!("{} {} {since} {updated}", c.condition.kind, c.condition.reason)
            });
            shown.collect::<Vec<_>>().join(", ")
        };
        assert_eq!(step(PROGRESSING, true, "a", 1), "Progressing a 1 1");
        assert_eq!(step(AVAILABLE, true, "b", 2), "Progressing a 1 1, Available b 2 2");
        assert_eq!(step(PROGRESSING, true, "a", 3), "Progressing a 1 1, Available b 2 2");
        assert_eq!(step(PROGRESSING, true, "c", 4), "Available b 2 2, Progressing c 1 4");
        assert_eq!(step(PROGRESSING, false, "c", 5), "Available b 2 2, Progressing c 5 5");
    }
}
