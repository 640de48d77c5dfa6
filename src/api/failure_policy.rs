//! podFailurePolicy: what a Job does with a Pod by how it failed.

use super::condition::Status;
use super::pod_status::PodStatus;
use super::text::Text;
use super::value;
use serde_json::Value;

/// The conditions that a kubelet keeps, in the order in which it lists them, before all others.
const KUBELET_CONDITIONS: [Text; 5] = [
    Text::Static("PodReadyToStartContainers"),
    Text::Static("Initialized"),
    Text::Static("Ready"),
    Text::Static("ContainersReady"),
    Text::Static("PodScheduled"),
];

/// What a podFailurePolicy rule does with a failed Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureAction {
    /// Not counted, replaced.
    Ignore,
    /// Counted towards the limit.
    Count,
    /// The Job fails.
    FailJob,
    /// The Pod's index fails.
    FailIndex,
}

/// What a podFailurePolicy rule looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureMatch {
    /// Exit codes of containers.
    ExitCodes {
        /// Only this container, when given.
        container: Option<Text>,
        /// `In` (true) or `NotIn`.
        within: bool,
        /// The codes.
        values: Vec<i32>,
    },
    /// (type, status) patterns over the Pod's conditions.
    Conditions(Vec<(Text, Status)>),
    /// Neither given; never matches.
    Nothing,
}

/// One rule of a podFailurePolicy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureRule {
    /// What to do.
    pub action: FailureAction,
    /// When.
    pub when: FailureMatch,
}

impl FailureRule {
    /// The rule in a value.
    pub fn from_value(rule: &Value) -> FailureRule {
        let action = match value::text(rule, "action").as_str() {
            "Ignore" => FailureAction::Ignore,
            "FailJob" => FailureAction::FailJob,
            "FailIndex" => FailureAction::FailIndex,
            _ => FailureAction::Count,
        };
        let codes = value::at(rule, &["onExitCodes"]);
        let when = if codes.is_object() {
            FailureMatch::ExitCodes {
                container: value::opt_text(codes, "containerName"),
                within: value::text(codes, "operator") == "In",
                values: value::list(codes, "values").iter().filter_map(|v| v.as_i64()).map(|v| v as i32).collect(),
            }
        } else if rule.get("onPodConditions").is_some_and(Value::is_array) {
            let status = |p: &Value| value::opt_text(p, "status").map_or(Status::True, |s| Status::parse(&s));
            let patterns = value::list(rule, "onPodConditions");
            FailureMatch::Conditions(patterns.iter().map(|p| (value::text(p, "type"), status(p))).collect())
        } else {
            FailureMatch::Nothing
        };
        FailureRule { action, when }
    }
}

impl FailureMatch {
    /// Whether a Pod with this status matches; for exit codes also (container, code) that did.
    /// Upstream: pkg/controller/job/pod_failure_policy.go matchOnExitCodes, matchOnPodConditions.
    pub fn matches(&self, status: &PodStatus) -> Option<FailureDetail> {
        match self {
            FailureMatch::ExitCodes { container, within, values } => {
                let hit = |c: &super::ContainerStatus| {
                    let code = c.state.terminated().map_or(0, |end| end.exit_code);
                    let named = container.as_ref().is_none_or(|name| *name == c.name);
                    (code != 0 && named && values.contains(&code) == *within)
                        .then(|| FailureDetail::Exit { container: c.name.clone(), code })
                };
                status.containers.iter().find_map(hit).or_else(|| status.init_containers.iter().find_map(hit))
            }
            FailureMatch::Conditions(patterns) => {
                let fits = |kind: &Text| {
                    let status = status.condition(kind);
                    patterns.iter().any(|(wanted, value)| wanted == kind && status == Some(*value))
                };
                let others = status.conditions.iter().map(|condition| &condition.kind);
                KUBELET_CONDITIONS.iter().chain(others).find(|kind| fits(kind)).cloned().map(FailureDetail::Condition)
            }
            FailureMatch::Nothing => None,
        }
    }
}

/// What made a podFailurePolicy rule match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureDetail {
    /// A container's exit code.
    Exit {
        /// The container.
        container: Text,
        /// Its code.
        code: i32,
    },
    /// A condition of this type.
    Condition(Text),
}
