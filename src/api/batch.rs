//! Jobs and CronJobs.

use super::condition::Condition;
pub use super::failure_policy::{FailureAction, FailureDetail, FailureMatch, FailureRule};
use super::meta::{Labels, Meta, Uid};
use super::selector::LabelSelector;
use super::template::PodTemplate;
use super::text::Text;
use super::value;
use crate::time::SimTime;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// One rule of a successPolicy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuccessRule {
    /// Indexes in compressed form (`0-3,5`); `None` means all.
    pub succeeded_indexes: Option<Text>,
    /// How many of them; `None` means all of `succeeded_indexes`.
    pub succeeded_count: Option<i64>,
}

/// The spec of a Job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobSpec {
    /// Pods at a time; `None` means 1.
    pub parallelism: Option<i64>,
    /// Successes wanted; `None` makes a work queue.
    pub completions: Option<i64>,
    /// Seconds it may be active.
    pub active_deadline_seconds: Option<i64>,
    /// Failures it stands.
    pub backoff_limit: i64,
    /// Failures each index stands.
    pub backoff_limit_per_index: Option<i64>,
    /// Failed indexes it stands.
    pub max_failed_indexes: Option<i64>,
    /// `completionMode: Indexed`.
    pub indexed: bool,
    /// Suspended.
    pub suspend: bool,
    /// Seconds it is kept after it finished.
    pub ttl_seconds_after_finished: Option<i64>,
    /// `podReplacementPolicy: Failed` (replace only what has ended).
    pub replace_only_failed: bool,
    /// podFailurePolicy rules; `None` without a policy.
    pub pod_failure_policy: Option<Vec<FailureRule>>,
    /// successPolicy rules; `None` without a policy.
    pub success_policy: Option<Vec<SuccessRule>>,
    /// Another controller that manages it; empty when ours does.
    pub managed_by: Text,
    /// Which Pods are its.
    pub selector: LabelSelector,
    /// What its Pods are made from.
    pub template: Arc<PodTemplate>,
    /// The spec as written and defaulted.
    pub source: Arc<Value>,
}

/// The most success or failure rules that are read, as upstream's validation allows.
pub const MAX_POLICY_RULES: usize = 20;

impl JobSpec {
    /// The spec in a value.
    pub fn from_value(spec: &Value) -> JobSpec {
        let per_index = value::opt_int(spec, "backoffLimitPerIndex");
        let failure_policy = spec.get("podFailurePolicy").filter(|policy| policy.is_object());
        let managed_by = value::text(spec, "managedBy");
        JobSpec {
            parallelism: value::opt_int(spec, "parallelism"),
            completions: value::opt_int(spec, "completions"),
            active_deadline_seconds: value::opt_int(spec, "activeDeadlineSeconds"),
            backoff_limit: value::opt_int(spec, "backoffLimit").unwrap_or(if per_index.is_some() {
                i64::from(i32::MAX)
            } else {
                6
            }),
            backoff_limit_per_index: per_index,
            max_failed_indexes: value::opt_int(spec, "maxFailedIndexes"),
            indexed: value::text(spec, "completionMode") == "Indexed",
            suspend: value::boolean(spec, "suspend"),
            ttl_seconds_after_finished: value::opt_int(spec, "ttlSecondsAfterFinished"),
            replace_only_failed: match value::opt_text(spec, "podReplacementPolicy") {
                Some(policy) => policy == "Failed",
                None => failure_policy.is_some(),
            },
            pod_failure_policy: failure_policy.map(|policy| {
                value::list(policy, "rules").iter().take(MAX_POLICY_RULES).map(FailureRule::from_value).collect()
            }),
            success_policy: spec.get("successPolicy").filter(|policy| policy.is_object()).map(|policy| {
                value::list(policy, "rules")
                    .iter()
                    .take(MAX_POLICY_RULES)
                    .map(|rule| SuccessRule {
                        succeeded_indexes: value::opt_text(rule, "succeededIndexes"),
                        succeeded_count: value::opt_int(rule, "succeededCount"),
                    })
                    .collect()
            }),
            managed_by: if managed_by == "kubernetes.io/job-controller" { Text::EMPTY } else { managed_by },
            selector: LabelSelector::from_value(value::at(spec, &["selector"])).unwrap_or_default(),
            template: Arc::new(PodTemplate::from_value(value::at(spec, &["template"]))),
            source: Arc::new(spec.clone()),
        }
    }
}

/// The status of a Job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobStatus {
    /// First sync while not suspended.
    pub start_time: Option<SimTime>,
    /// When it completed; never set for a failed one.
    pub completion_time: Option<SimTime>,
    /// Active Pods.
    pub active: i64,
    /// Ready ones; `None` until first written.
    pub ready: Option<i64>,
    /// Pods being deleted; `None` until first written.
    pub terminating: Option<i64>,
    /// Successes counted.
    pub succeeded: i64,
    /// Failures counted.
    pub failed: i64,
    /// Succeeded indexes, compressed.
    pub completed_indexes: Text,
    /// Failed indexes, compressed; `None` without backoffLimitPerIndex.
    pub failed_indexes: Option<Text>,
    /// Ended Pods whose finalizer is still to go: succeeded.
    pub uncounted_succeeded: Vec<Uid>,
    /// The same: failed.
    pub uncounted_failed: Vec<Uid>,
    /// Whether `uncountedTerminatedPods` exists at all.
    pub has_uncounted: bool,
    /// Conditions.
    pub conditions: Vec<Condition>,
}

impl JobStatus {
    fn from_value(status: &Value) -> JobStatus {
        let uncounted = value::at(status, &["uncountedTerminatedPods"]);
        let uids = |key: &str| value::texts(uncounted, key).iter().map(|uid| Uid::parse(uid)).collect();
        JobStatus {
            start_time: value::time(status, "startTime"),
            completion_time: value::time(status, "completionTime"),
            active: value::int(status, "active"),
            ready: value::opt_int(status, "ready"),
            terminating: value::opt_int(status, "terminating"),
            succeeded: value::int(status, "succeeded"),
            failed: value::int(status, "failed"),
            completed_indexes: value::text(status, "completedIndexes"),
            failed_indexes: value::opt_text(status, "failedIndexes"),
            uncounted_succeeded: uids("succeeded"),
            uncounted_failed: uids("failed"),
            has_uncounted: uncounted.is_object(),
            conditions: Condition::list_from_value(status),
        }
    }

    fn to_value(&self) -> Value {
        let mut map = Map::new();
        value::put(&mut map, "conditions", Condition::list_to_value(&self.conditions));
        value::put_time(&mut map, "startTime", self.start_time);
        value::put_time(&mut map, "completionTime", self.completion_time);
        value::put(&mut map, "active", self.active);
        value::put(&mut map, "succeeded", self.succeeded);
        value::put(&mut map, "failed", self.failed);
        if let Some(terminating) = self.terminating {
            map.insert("terminating".into(), json!(terminating));
        }
        if let Some(ready) = self.ready {
            map.insert("ready".into(), json!(ready));
        }
        value::put(&mut map, "completedIndexes", self.completed_indexes.as_str());
        if let Some(failed) = &self.failed_indexes {
            map.insert("failedIndexes".into(), json!(failed.as_str()));
        }
        if self.has_uncounted {
            let mut uncounted = Map::new();
            let list = |uids: &[Uid]| Value::Array(uids.iter().map(|uid| json!(uid.to_string())).collect());
            value::put(&mut uncounted, "succeeded", list(&self.uncounted_succeeded));
            value::put(&mut uncounted, "failed", list(&self.uncounted_failed));
            map.insert("uncountedTerminatedPods".into(), Value::Object(uncounted));
        }
        Value::Object(map)
    }
}

/// A Job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Job {
    /// Metadata.
    pub meta: Meta,
    /// Spec.
    pub spec: Arc<JobSpec>,
    /// Status.
    pub status: JobStatus,
}

impl Job {
    /// The Job in a value.
    pub fn from_value(object: &Value) -> Job {
        Job {
            meta: Meta::from_value(object),
            spec: Arc::new(JobSpec::from_value(value::at(object, &["spec"]))),
            status: JobStatus::from_value(value::at(object, &["status"])),
        }
    }

    /// As the API prints it.
    pub fn to_value(&self) -> Value {
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": self.meta.to_value(),
               "spec": self.spec_value(), "status": self.status.to_value()})
    }

    /// The condition that ended it (`Complete` or `Failed`).
    /// Upstream: pkg/controller/job/util/utils.go FinishedCondition.
    pub fn finished(&self) -> Option<&Condition> {
        self.status
            .conditions
            .iter()
            .find(|c| (c.kind == "Complete" || c.kind == "Failed") && c.status == super::Status::True)
    }
}

/// What a CronJob does when the last run is still going.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConcurrencyPolicy {
    /// Starts the next one all the same.
    #[default]
    Allow,
    /// Holds the next one back.
    Forbid,
    /// Deletes the last one and starts the next.
    Replace,
}

impl ConcurrencyPolicy {
    /// As the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            ConcurrencyPolicy::Allow => "Allow",
            ConcurrencyPolicy::Forbid => "Forbid",
            ConcurrencyPolicy::Replace => "Replace",
        }
    }
}

/// The spec of a CronJob.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CronJobSpec {
    /// When, in cron's language.
    pub schedule: Text,
    /// In which time zone; empty means UTC.
    pub time_zone: Option<Text>,
    /// Seconds after a slot within which it may still start.
    pub starting_deadline_seconds: Option<i64>,
    /// What to do when runs overlap.
    pub concurrency_policy: ConcurrencyPolicy,
    /// Suspended.
    pub suspend: bool,
    /// Completed Jobs to keep; `None` keeps all.
    pub successful_jobs_history_limit: Option<i64>,
    /// Failed Jobs to keep; `None` keeps all.
    pub failed_jobs_history_limit: Option<i64>,
    /// Labels of its Jobs.
    pub job_labels: Labels,
    /// Annotations of its Jobs.
    pub job_annotations: Labels,
    /// Spec of its Jobs, as written and defaulted.
    pub job_source: Arc<Value>,
    /// The spec as written and defaulted.
    pub source: Arc<Value>,
}

impl CronJobSpec {
    /// The spec in a value.
    pub fn from_value(spec: &Value) -> CronJobSpec {
        let template = value::at(spec, &["jobTemplate"]);
        CronJobSpec {
            schedule: value::text(spec, "schedule"),
            time_zone: value::opt_text(spec, "timeZone"),
            starting_deadline_seconds: value::opt_int(spec, "startingDeadlineSeconds"),
            concurrency_policy: match value::text(spec, "concurrencyPolicy").as_str() {
                "Forbid" => ConcurrencyPolicy::Forbid,
                "Replace" => ConcurrencyPolicy::Replace,
                _ => ConcurrencyPolicy::Allow,
            },
            suspend: value::boolean(spec, "suspend"),
            successful_jobs_history_limit: value::opt_int(spec, "successfulJobsHistoryLimit"),
            failed_jobs_history_limit: value::opt_int(spec, "failedJobsHistoryLimit"),
            job_labels: Labels::from_value(value::at(template, &["metadata"]), "labels"),
            job_annotations: Labels::from_value(value::at(template, &["metadata"]), "annotations"),
            job_source: value::shared(template, "spec"),
            source: Arc::new(spec.clone()),
        }
    }
}

/// The status of a CronJob.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CronJobStatus {
    /// (name, UID) of the Jobs it knows to be running.
    pub active: Vec<(Text, Uid)>,
    /// The slot (not the moment) of the last start.
    pub last_schedule_time: Option<SimTime>,
    /// When a Job of it last completed.
    pub last_successful_time: Option<SimTime>,
}

/// A CronJob.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CronJob {
    /// Metadata.
    pub meta: Meta,
    /// Spec.
    pub spec: Arc<CronJobSpec>,
    /// Status.
    pub status: CronJobStatus,
}

impl CronJob {
    /// The CronJob in a value.
    pub fn from_value(object: &Value) -> CronJob {
        let status = value::at(object, &["status"]);
        CronJob {
            meta: Meta::from_value(object),
            spec: Arc::new(CronJobSpec::from_value(value::at(object, &["spec"]))),
            status: CronJobStatus {
                active: value::list(status, "active")
                    .iter()
                    .map(|item| (value::text(item, "name"), Uid::parse(&value::text(item, "uid"))))
                    .collect(),
                last_schedule_time: value::time(status, "lastScheduleTime"),
                last_successful_time: value::time(status, "lastSuccessfulTime"),
            },
        }
    }

    /// As the API prints it.
    pub fn to_value(&self) -> Value {
        let mut status = Map::new();
        let active = self.status.active.iter().map(|(name, uid)| {
            json!({"apiVersion": "batch/v1", "kind": "Job", "name": name.as_str(),
                   "namespace": self.meta.namespace.as_str(), "uid": uid.to_string()})
        });
        value::put(&mut status, "active", Value::Array(active.collect()));
        value::put_time(&mut status, "lastScheduleTime", self.status.last_schedule_time);
        value::put_time(&mut status, "lastSuccessfulTime", self.status.last_successful_time);
        json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": self.meta.to_value(),
               "spec": self.spec.source.as_ref(), "status": status})
    }
}
