//! podFailurePolicy: what a failed Pod means for its Job.
//! Upstream: pkg/controller/job/pod_failure_policy.go.

use crate::api::Pod;
use crate::api::batch::{FailureAction, FailureDetail, JobSpec};

/// What the policy says of a failed Pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The action of the rule that matched; `None` when none did.
    pub action: Option<FailureAction>,
    /// Whether the failure counts.
    pub counted: bool,
    /// Why the Job fails, for action `FailJob`.
    pub fail_job: Option<String>,
}

/// What the policy of a Job says of a failed Pod: the first rule that matches decides.
// pkg/controller/job/pod_failure_policy.go matchPodFailurePolicy
pub fn match_pod_failure_policy(spec: &JobSpec, pod: &Pod) -> Verdict {
    let Some(rules) = &spec.pod_failure_policy else { return Verdict { action: None, counted: true, fail_job: None } };
    for (index, rule) in rules.iter().enumerate() {
        let Some(detail) = rule.when.matches(&pod.status) else { continue };
        return Verdict {
            action: Some(rule.action),
            counted: rule.action != FailureAction::Ignore,
            fail_job: (rule.action == FailureAction::FailJob).then(|| message(pod, &detail, index)),
        };
    }
    Verdict { action: None, counted: true, fail_job: None }
}

fn message(pod: &Pod, detail: &FailureDetail, index: usize) -> String {
    let (namespace, name) = (&pod.meta.namespace, &pod.meta.name);
    match detail {
        FailureDetail::Exit { container, code } => format!(
            "Container {container} for pod {namespace}/{name} failed with exit code {code} matching FailJob rule at index \
             {index}"
        ),
        FailureDetail::Condition(kind) => {
            format!("Pod {namespace}/{name} has condition {kind} matching FailJob rule at index {index}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn spec(rules: Value) -> JobSpec {
        JobSpec::from_value(&json!({"podFailurePolicy": {"rules": rules}}))
    }

    fn pod(code: i64, conditions: Value) -> Pod {
        Pod::from_value(&json!({"metadata": {"name": "p", "namespace": "ns"}, "status": {"phase": "Failed",
            "conditions": conditions, "containerStatuses": [{"name": "c", "state": {"terminated": {"exitCode": code}}}]}}))
    }

    #[test]
    fn the_first_rule_that_matches_decides() {
        let rules = spec(json!([
            {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]},
            {"action": "FailIndex", "onExitCodes": {"operator": "In", "values": [3]}},
            {"action": "FailJob", "onExitCodes": {"containerName": "c", "operator": "In", "values": [3, 42]}},
            {"action": "Count", "onExitCodes": {"operator": "NotIn", "values": [7]}},
        ]));
        let disrupted = json!([{"type": "DisruptionTarget", "status": "True"}]);
        for (pod, action, counted) in [
            (pod(42, disrupted), Some(FailureAction::Ignore), false),
            (pod(3, json!([])), Some(FailureAction::FailIndex), true),
            (pod(42, json!([])), Some(FailureAction::FailJob), true),
            (pod(1, json!([])), Some(FailureAction::Count), true),
            (pod(7, json!([])), None, true),
            (pod(0, json!([])), None, true),
        ] {
            let verdict = match_pod_failure_policy(&rules, &pod);
            assert_eq!((verdict.action, verdict.counted), (action, counted));
            assert_eq!(verdict.fail_job.is_some(), action == Some(FailureAction::FailJob));
        }
    }

    #[test]
    fn the_job_says_which_container_or_condition_made_it_fail() {
        let by_code = spec(json!([{"action": "FailJob", "onExitCodes": {"operator": "In", "values": [42]}}]));
        assert_eq!(
            match_pod_failure_policy(&by_code, &pod(42, json!([]))).fail_job.as_deref(),
            Some("Container c for pod ns/p failed with exit code 42 matching FailJob rule at index 0")
        );
        let by_condition = spec(json!([{"action": "FailJob", "onPodConditions": [
            {"type": "DisruptionTarget", "status": "True"}, {"type": "ConfigIssue", "status": "True"}]}]));
        let failed = pod(1, json!([{"type": "ConfigIssue", "status": "True"}]));
        assert_eq!(
            match_pod_failure_policy(&by_condition, &failed).fail_job.as_deref(),
            Some("Pod ns/p has condition ConfigIssue matching FailJob rule at index 0")
        );
    }
}
