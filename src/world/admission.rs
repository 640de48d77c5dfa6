//! What the API server does with a request for a new object before it stores it.

use super::table::Id;
use super::verbs::ApiError;
use super::{Stored, World};
use crate::api::policy::Namespace;
use crate::api::{Job, Kind, Meta, PodSpec, Text};
use crate::time::SimTime;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Admitted specs that are remembered, in specs.
const MAX_CACHED_ADMISSIONS: usize = 4_096;

/// Specs before and after admission, so that thousands of Pods of one template share both.
#[derive(Clone, Debug, Default)]
pub(super) struct AdmissionCache {
    /// The setting that they were admitted with.
    toleration_seconds: i64,
    /// By the address of the spec before admission, which stays taken as long as the entry holds it.
    specs: BTreeMap<usize, (Arc<PodSpec>, Arc<PodSpec>, i32)>,
}

impl AdmissionCache {
    /// The admitted spec and the priority, when this very spec was admitted before with the same setting.
    pub fn get(&mut self, spec: &Arc<PodSpec>, toleration_seconds: i64) -> Option<(Arc<PodSpec>, i32)> {
        if self.toleration_seconds != toleration_seconds {
            *self = AdmissionCache { toleration_seconds, specs: BTreeMap::new() };
        }
        let (_, admitted, priority) = self.specs.get(&(Arc::as_ptr(spec) as usize))?;
        Some((admitted.clone(), *priority))
    }

    /// Remembers an admission.
    pub fn put(&mut self, spec: Arc<PodSpec>, admitted: Arc<PodSpec>, priority: i32) {
        if self.specs.len() >= MAX_CACHED_ADMISSIONS {
            self.specs.clear();
        }
        self.specs.insert(Arc::as_ptr(&spec) as usize, (spec, admitted, priority));
    }

    /// Forgets everything, as when priority classes change.
    pub fn clear(&mut self) {
        self.specs.clear();
    }
}

/// A rule by which new objects are refused, as quotas and webhooks of a real cluster do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// Objects of this kind are refused …
    pub kind: Kind,
    /// … in this namespace …
    pub namespace: Text,
    /// … after so many more have been let through …
    pub grants: u32,
    /// … with this text.
    pub message: Text,
}

impl World {
    /// Stores a new Job with everything the API server adds to it: defaults, a selector, the labels of its Pods.
    /// Its status starts empty. A Job of a dump, which has all that, goes through [`World::create`].
    ///
    /// ```
    /// use orrery::api::Job;
    /// use orrery::time::SimTime;
    /// use orrery::world::World;
    /// let mut world = World::default();
    /// let job = serde_json::json!({"metadata": {"name": "once", "namespace": "default"}, "spec": {"template": {}}});
    /// let id = world.create_job(Job::from_value(&job), SimTime::default()).unwrap();
    /// let job = world.jobs.get(id).unwrap();
    /// assert!(job.spec.selector.matches(&job.spec.template.labels));
    /// ```
    ///
    /// # Errors
    /// Those of [`World::create`].
    pub fn create_job(&mut self, mut job: Job, now: SimTime) -> Result<Id<Job>, ApiError> {
        if job.meta.uid.is_empty() {
            job.meta.uid = self.next_uid();
        }
        job.prepare_for_create();
        self.create(job, now)
    }

    /// Whether a new object may be stored at all.
    // plugin/pkg/admission/namespace/lifecycle (terminating namespaces); quotas and webhooks (denials)
    pub(super) fn admit_creation(&mut self, kind: Kind, meta: &Meta) -> Result<(), ApiError> {
        if !self.namespaces.is_empty() && kind.namespaced() {
            let namespace = self.find_id::<Namespace>("", &meta.namespace).and_then(|id| self.namespaces.get(id));
            if namespace.is_some_and(|namespace| namespace.meta().deleting()) {
                return Err(ApiError::NamespaceTerminating(kind, meta.name.clone(), meta.namespace.clone()));
            }
        }
        let denial = self.denials.iter_mut().find(|rule| rule.kind == kind && rule.namespace == meta.namespace);
        match denial {
            Some(rule) if rule.grants == 0 => Err(ApiError::Forbidden(rule.message.clone())),
            Some(rule) => {
                rule.grants -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

/// The annotation in which the API server counts the templates that a DaemonSet has had.
/// Upstream: k8s.io/api/apps/v1 DeprecatedTemplateGeneration.
const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

/// A DaemonSet with its templates counted: from 1, one more with each change of the template.
// pkg/registry/apps/daemonset/strategy.go PrepareForCreate, PrepareForUpdate
pub(super) fn count_daemon_set_template(value: &Value, old: Option<&Value>) -> Value {
    let count = |set: &Value| {
        let text = set.pointer("/metadata/annotations").and_then(|all| all.get(TEMPLATE_GENERATION)?.as_str());
        text.and_then(|text| text.parse::<i64>().ok()).unwrap_or(0)
    };
    let number = match old {
        None => count(value).max(1),
        Some(old) => {
            let changed = old.pointer("/spec/template") != value.pointer("/spec/template");
            count(old).saturating_add(i64::from(changed))
        }
    };
    let mut counted = value.clone();
    if counted.is_object() && number > 0 {
        counted["metadata"]["annotations"][TEMPLATE_GENERATION] = json!(number.to_string());
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(name: &str) -> Job {
        Job::from_value(&json!({"metadata": {"name": name, "namespace": "ns"}, "spec": {"template": {}}}))
    }

    #[test]
    fn nothing_new_fits_into_a_namespace_that_is_going() {
        let mut world = World::default();
        let namespace = json!({"metadata": {"name": "ns", "deletionTimestamp": "2026-01-01T00:00:00Z"}});
        world.create(Namespace::from_value(&namespace), SimTime::default()).unwrap();
        let refused = world.create_job(job("a"), SimTime::default()).unwrap_err();
        let text = "jobs.batch \"a\" is forbidden: unable to create new content in namespace ns because it is being \
                    terminated";
        assert_eq!(refused.to_string(), text);
    }

    #[test]
    fn a_denial_lets_its_grants_through() {
        let mut world = World::default();
        let message = Text::from("no more");
        world.denials.push(Denial { kind: Kind::Job, namespace: "ns".into(), grants: 1, message: message.clone() });
        assert!(world.create_job(job("a"), SimTime::default()).is_ok());
        assert_eq!(world.create_job(job("b"), SimTime::default()), Err(ApiError::Forbidden(message)));
    }
}
