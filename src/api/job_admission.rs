//! What the API server adds to a Job when it is created: defaults, the selector and the labels that tie its Pods to it.
//!
//! A CronJob's Jobs differ only in name and UID, so what they share (spec, source) is never copied here: the parts that
//! differ live in the typed fields, and [`Job::to_value`] lays them over the shared source.

use super::batch::{Job, JobSpec};
use super::meta::{Labels, Meta};
use super::selector::LabelSelector;
use super::template::PodTemplate;
use super::text::Text;
use super::value;
use serde_json::{Value, json};
use std::sync::Arc;

/// Label with the UID of a Pod's Job.
pub const CONTROLLER_UID_LABEL: &str = "batch.kubernetes.io/controller-uid";
/// Label with the name of a Pod's Job.
pub const JOB_NAME_LABEL: &str = "batch.kubernetes.io/job-name";
const LEGACY_CONTROLLER_UID_LABEL: &str = "controller-uid";
const LEGACY_JOB_NAME_LABEL: &str = "job-name";

impl JobSpec {
    /// Fills in what the manifest leaves out, in the typed fields and in the source.
    ///
    /// ```
    /// use orrery::api::batch::JobSpec;
    /// let mut spec = JobSpec::from_value(&serde_json::json!({"backoffLimitPerIndex": 1}));
    /// spec.set_defaults();
    /// assert_eq!((spec.completions, spec.parallelism, spec.backoff_limit), (Some(1), Some(1), 2147483647));
    /// ```
    // pkg/apis/batch/v1/defaults.go SetDefaults_Job
    pub fn set_defaults(&mut self) {
        if self.completions.is_none() && self.parallelism.is_none() {
            self.completions = Some(1);
        }
        let parallelism = *self.parallelism.get_or_insert(1);
        let policy = if self.replace_only_failed { "Failed" } else { "TerminatingOrFailed" };
        let defaults = [
            ("completions", self.completions.map_or(Value::Null, Value::from)),
            ("parallelism", json!(parallelism)),
            ("backoffLimit", json!(self.backoff_limit)),
            ("completionMode", json!(if self.indexed { "Indexed" } else { "NonIndexed" })),
            ("suspend", json!(self.suspend)),
            ("podReplacementPolicy", json!(policy)),
            ("manualSelector", json!(false)),
        ];
        let given = |key: &str| self.source.get(key).is_some_and(|value| !value.is_null());
        if defaults.iter().all(|(key, default)| default.is_null() || given(key)) {
            return;
        }
        let mut source = self.source.as_object().cloned().unwrap_or_default();
        for (key, default) in defaults {
            let absent = source.get(key).is_none_or(Value::is_null);
            if absent && !default.is_null() {
                source.insert(key.to_string(), default);
            }
        }
        self.source = Arc::new(Value::Object(source));
    }

    /// Adds the labels by which exactly this Job's Pods are known, unless the selector is written by hand.
    // pkg/registry/batch/job/strategy.go generateSelectorIfNeeded
    pub fn generate_selector(&mut self, meta: &Meta) {
        if value::boolean(&self.source, "manualSelector") {
            return;
        }
        let uid = Text::from(meta.uid.to_string());
        let generated = [
            (CONTROLLER_UID_LABEL, &uid),
            (JOB_NAME_LABEL, &meta.name),
            (LEGACY_CONTROLLER_UID_LABEL, &uid),
            (LEGACY_JOB_NAME_LABEL, &meta.name),
        ];
        let written = &self.template.labels;
        let mut labels: Vec<(Text, Text)> = Vec::with_capacity(written.pairs().len() + generated.len());
        // What is written by hand wins; when it disagrees, validation has refused the Job.
        labels.extend(generated.map(|(key, value)| (Text::Static(key), value.clone())));
        labels.extend_from_slice(written.pairs());
        self.template = Arc::new(PodTemplate { labels: Labels::new(labels), ..self.template.as_ref().clone() });
        let selected = &self.selector.match_labels;
        if selected.get(CONTROLLER_UID_LABEL).is_none() {
            let match_labels = selected.with(CONTROLLER_UID_LABEL, uid);
            self.selector = LabelSelector { match_labels, ..self.selector.clone() };
        }
    }
}

impl Job {
    /// Prepares a Job for its creation; its name and UID must be set.
    // pkg/registry/batch/job/strategy.go PrepareForCreate
    pub fn prepare_for_create(&mut self) {
        let spec = Arc::make_mut(&mut self.spec);
        spec.set_defaults();
        spec.generate_selector(&self.meta);
        if self.meta.labels.pairs().is_empty() {
            self.meta.labels = spec.template.labels.clone();
        }
        self.status = Default::default();
    }

    /// The spec as the API prints it: the shared source with what was generated for this Job.
    pub(super) fn spec_value(&self) -> Value {
        let mut spec = self.spec.source.as_ref().clone();
        if !spec.is_object() {
            return spec;
        }
        let selector = &self.spec.selector;
        if spec.get("selector").is_none_or(Value::is_null) && !selector.is_empty() {
            spec["selector"] = json!({"matchLabels": selector.match_labels.to_value()});
        }
        let labels = self.spec.template.labels.to_value();
        if labels.is_object() && spec.get("template").is_some_and(Value::is_object) {
            let meta = &mut spec["template"]["metadata"];
            if !meta.is_object() {
                *meta = json!({});
            }
            meta["labels"] = labels;
        }
        spec
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Uid;

    fn admitted(object: Value) -> Job {
        let mut job = Job::from_value(&object);
        job.meta.uid = Uid::parse("u1");
        job.prepare_for_create();
        job
    }

    #[test]
    fn a_job_gets_defaults_a_selector_and_the_labels_of_its_template() {
        let job = admitted(json!({"metadata": {"name": "six"}, "spec": {
            "template": {"metadata": {"labels": {"app": "x"}}, "spec": {"restartPolicy": "Never"}}}}));
        let labels = json!({"app": "x", "batch.kubernetes.io/controller-uid": "u1", "controller-uid": "u1",
                            "batch.kubernetes.io/job-name": "six", "job-name": "six"});
        let printed = job.to_value();
        assert_eq!(printed["metadata"]["labels"], labels);
        assert_eq!(printed["spec"]["template"]["metadata"]["labels"], labels);
        assert_eq!(printed["spec"]["selector"], json!({"matchLabels": {"batch.kubernetes.io/controller-uid": "u1"}}));
        let expected = json!({"completions": 1, "parallelism": 1, "backoffLimit": 6, "completionMode": "NonIndexed",
                              "suspend": false, "podReplacementPolicy": "TerminatingOrFailed", "manualSelector": false});
        for (key, value) in expected.as_object().unwrap() {
            assert_eq!(printed["spec"][key], *value, "{key}");
        }
        let selector = &job.spec.selector;
        assert!(selector.matches(&job.spec.template.labels));
    }

    #[test]
    fn a_work_queue_keeps_its_completions_unset() {
        let job = admitted(json!({"metadata": {"name": "q"}, "spec": {"parallelism": 3, "template": {}}}));
        assert_eq!((job.spec.completions, job.spec.parallelism), (None, Some(3)));
        assert!(job.to_value()["spec"].get("completions").is_none());
    }

    #[test]
    fn a_manual_selector_is_left_alone() {
        let job = admitted(json!({"metadata": {"name": "m", "labels": {"a": "b"}}, "spec": {"manualSelector": true,
            "selector": {"matchLabels": {"app": "x"}}, "template": {"metadata": {"labels": {"app": "x"}}}}}));
        assert_eq!(job.to_value()["spec"]["selector"], json!({"matchLabels": {"app": "x"}}));
        assert_eq!(job.spec.template.labels.to_value(), json!({"app": "x"}));
        assert_eq!(job.meta.labels.to_value(), json!({"a": "b"}));
    }
}
