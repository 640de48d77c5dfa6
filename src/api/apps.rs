//! ReplicaSets, Deployments and DaemonSets.

use super::condition::Condition;
use super::meta::Meta;
use super::selector::LabelSelector;
use super::template::PodTemplate;
use super::text::Text;
use super::value;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// A number or a percentage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntOrPercent {
    /// A plain number.
    Int(i64),
    /// A percentage of something.
    Percent(i64),
}

impl IntOrPercent {
    /// The value of field `key`; `None` when absent or malformed.
    pub fn from_value(object: &Value, key: &str) -> Option<IntOrPercent> {
        match object.get(key)? {
            Value::String(text) => text.strip_suffix('%')?.parse().ok().map(IntOrPercent::Percent),
            number => number.as_i64().map(IntOrPercent::Int),
        }
    }

    /// The number it stands for, rounding a percentage of `total` up or down.
    /// Upstream: k8s.io/apimachinery/pkg/util/intstr GetScaledValueFromIntOrPercent.
    pub const fn scaled(self, total: i64, round_up: bool) -> i64 {
        match self {
            IntOrPercent::Int(number) => number,
            IntOrPercent::Percent(percent) => {
                let product = percent.saturating_mul(total);
                if round_up { (product + 99).div_euclid(100) } else { product.div_euclid(100) }
            }
        }
    }
}

/// Puts the mutable `replicas` of a typed object over its source spec.
fn spec_with_replicas(source: &Value, replicas: i64) -> Value {
    let mut spec = source.clone();
    if spec.is_object() {
        spec["replicas"] = json!(replicas);
    }
    spec
}

/// A ReplicaSet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReplicaSet {
    /// Metadata.
    pub meta: Meta,
    /// Wanted Pods.
    pub replicas: i64,
    /// `minReadySeconds`.
    pub min_ready_seconds: i64,
    /// Which Pods are its.
    pub selector: LabelSelector,
    /// What its Pods are made from.
    pub template: Arc<PodTemplate>,
    /// Status.
    pub status: ReplicaSetStatus,
    /// The spec as written.
    pub source: Arc<Value>,
}

/// The status of a ReplicaSet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplicaSetStatus {
    /// Active Pods.
    pub replicas: i64,
    /// Those with all labels of the template.
    pub fully_labeled_replicas: i64,
    /// Those that are ready.
    pub ready_replicas: i64,
    /// Those ready for `minReadySeconds`.
    pub available_replicas: i64,
    /// Pods being deleted; `None` until first written.
    pub terminating_replicas: Option<i64>,
    /// The generation it speaks of.
    pub observed_generation: i64,
    /// `ReplicaFailure`.
    pub conditions: Vec<Condition>,
}

impl ReplicaSet {
    /// The ReplicaSet in a value.
    pub fn from_value(object: &Value) -> ReplicaSet {
        let (spec, status) = (value::at(object, &["spec"]), value::at(object, &["status"]));
        ReplicaSet {
            meta: Meta::from_value(object),
            replicas: value::opt_int(spec, "replicas").unwrap_or(1),
            min_ready_seconds: value::int(spec, "minReadySeconds"),
            selector: LabelSelector::from_value(value::at(spec, &["selector"])).unwrap_or_default(),
            template: Arc::new(PodTemplate::from_value(value::at(spec, &["template"]))),
            status: ReplicaSetStatus {
                replicas: value::int(status, "replicas"),
                fully_labeled_replicas: value::int(status, "fullyLabeledReplicas"),
                ready_replicas: value::int(status, "readyReplicas"),
                available_replicas: value::int(status, "availableReplicas"),
                terminating_replicas: value::opt_int(status, "terminatingReplicas"),
                observed_generation: value::int(status, "observedGeneration"),
                conditions: Condition::list_from_value(status),
            },
            source: Arc::new(spec.clone()),
        }
    }

    /// As the API prints it.
    pub fn to_value(&self) -> Value {
        let mut status = Map::new();
        status.insert("replicas".into(), json!(self.status.replicas));
        value::put(&mut status, "fullyLabeledReplicas", self.status.fully_labeled_replicas);
        value::put(&mut status, "readyReplicas", self.status.ready_replicas);
        value::put(&mut status, "availableReplicas", self.status.available_replicas);
        if let Some(terminating) = self.status.terminating_replicas {
            status.insert("terminatingReplicas".into(), json!(terminating));
        }
        value::put(&mut status, "observedGeneration", self.status.observed_generation);
        value::put(&mut status, "conditions", Condition::list_to_value(&self.status.conditions));
        let spec = spec_with_replicas(&self.source, self.replicas);
        json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": self.meta.to_value(),
               "spec": spec, "status": status})
    }
}

/// A Deployment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deployment {
    /// Metadata.
    pub meta: Meta,
    /// Wanted Pods.
    pub replicas: i64,
    /// `minReadySeconds`.
    pub min_ready_seconds: i64,
    /// Which ReplicaSets and Pods are its.
    pub selector: LabelSelector,
    /// What its Pods are made from.
    pub template: Arc<PodTemplate>,
    /// Strategy `Recreate` instead of `RollingUpdate`.
    pub recreate: bool,
    /// Pods above `replicas` during an update.
    pub max_surge: Option<IntOrPercent>,
    /// Pods below `replicas` during an update.
    pub max_unavailable: Option<IntOrPercent>,
    /// Old ReplicaSets to keep.
    pub revision_history_limit: Option<i64>,
    /// Seconds without progress after which it says so.
    pub progress_deadline_seconds: Option<i64>,
    /// Paused.
    pub paused: bool,
    /// Status.
    pub status: DeploymentStatus,
    /// The spec as written.
    pub source: Arc<Value>,
}

/// The status of a Deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeploymentStatus {
    /// Active Pods of all its ReplicaSets.
    pub replicas: i64,
    /// Those of the newest template.
    pub updated_replicas: i64,
    /// Ready ones.
    pub ready_replicas: i64,
    /// Available ones.
    pub available_replicas: i64,
    /// Missing ones.
    pub unavailable_replicas: i64,
    /// Pods being deleted; `None` until first written.
    pub terminating_replicas: Option<i64>,
    /// The generation it speaks of.
    pub observed_generation: i64,
    /// Hash collisions so far.
    pub collision_count: Option<i32>,
    /// Available, Progressing, ReplicaFailure.
    pub conditions: Vec<DeploymentCondition>,
}

/// A Deployment's condition, which also says when it was last confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentCondition {
    /// The condition.
    pub condition: Condition,
    /// `lastUpdateTime`.
    pub updated: crate::time::SimTime,
}

impl Deployment {
    /// The Deployment in a value.
    pub fn from_value(object: &Value) -> Deployment {
        let (spec, status) = (value::at(object, &["spec"]), value::at(object, &["status"]));
        let strategy = value::at(spec, &["strategy"]);
        let rolling = value::at(strategy, &["rollingUpdate"]);
        let updated = value::list(status, "conditions")
            .iter()
            .map(|item| value::time(item, "lastUpdateTime").unwrap_or_default());
        Deployment {
            meta: Meta::from_value(object),
            replicas: value::opt_int(spec, "replicas").unwrap_or(1),
            min_ready_seconds: value::int(spec, "minReadySeconds"),
            selector: LabelSelector::from_value(value::at(spec, &["selector"])).unwrap_or_default(),
            template: Arc::new(PodTemplate::from_value(value::at(spec, &["template"]))),
            recreate: value::text(strategy, "type") == "Recreate",
            max_surge: IntOrPercent::from_value(rolling, "maxSurge"),
            max_unavailable: IntOrPercent::from_value(rolling, "maxUnavailable"),
            revision_history_limit: value::opt_int(spec, "revisionHistoryLimit"),
            progress_deadline_seconds: value::opt_int(spec, "progressDeadlineSeconds"),
            paused: value::boolean(spec, "paused"),
            status: DeploymentStatus {
                replicas: value::int(status, "replicas"),
                updated_replicas: value::int(status, "updatedReplicas"),
                ready_replicas: value::int(status, "readyReplicas"),
                available_replicas: value::int(status, "availableReplicas"),
                unavailable_replicas: value::int(status, "unavailableReplicas"),
                terminating_replicas: value::opt_int(status, "terminatingReplicas"),
                observed_generation: value::int(status, "observedGeneration"),
                collision_count: value::opt_i32(status, "collisionCount"),
                conditions: Condition::list_from_value(status)
                    .into_iter()
                    .zip(updated)
                    .map(|(condition, updated)| DeploymentCondition { condition, updated })
                    .collect(),
            },
            source: Arc::new(spec.clone()),
        }
    }

    /// As the API prints it.
    pub fn to_value(&self) -> Value {
        let mut status = Map::new();
        value::put(&mut status, "replicas", self.status.replicas);
        value::put(&mut status, "updatedReplicas", self.status.updated_replicas);
        value::put(&mut status, "readyReplicas", self.status.ready_replicas);
        value::put(&mut status, "availableReplicas", self.status.available_replicas);
        value::put(&mut status, "unavailableReplicas", self.status.unavailable_replicas);
        if let Some(terminating) = self.status.terminating_replicas {
            status.insert("terminatingReplicas".into(), json!(terminating));
        }
        value::put(&mut status, "observedGeneration", self.status.observed_generation);
        if let Some(count) = self.status.collision_count {
            status.insert("collisionCount".into(), json!(count));
        }
        let conditions = self.status.conditions.iter().map(|c| {
            let mut value = c.condition.to_value();
            value["lastUpdateTime"] = json!(c.updated.to_string());
            value
        });
        value::put(&mut status, "conditions", Value::Array(conditions.collect()));
        let spec = spec_with_replicas(&self.source, self.replicas);
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": self.meta.to_value(),
               "spec": spec, "status": status})
    }
}

/// A DaemonSet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DaemonSet {
    /// Metadata.
    pub meta: Meta,
    /// `minReadySeconds`.
    pub min_ready_seconds: i64,
    /// Which Pods are its.
    pub selector: LabelSelector,
    /// What its Pods are made from.
    pub template: Arc<PodTemplate>,
    /// Strategy `OnDelete` instead of `RollingUpdate`.
    pub on_delete: bool,
    /// Nodes with two Pods during an update.
    pub max_surge: Option<IntOrPercent>,
    /// Nodes without an available Pod during an update.
    pub max_unavailable: Option<IntOrPercent>,
    /// Old templates to keep.
    pub revision_history_limit: Option<i64>,
    /// Status.
    pub status: DaemonSetStatus,
    /// The spec as written.
    pub source: Arc<Value>,
}

/// The status of a DaemonSet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DaemonSetStatus {
    /// Nodes that should run it.
    pub desired_number_scheduled: i64,
    /// Those of them that have a Pod.
    pub current_number_scheduled: i64,
    /// Nodes that should not run it but do.
    pub number_misscheduled: i64,
    /// Nodes whose Pod is ready.
    pub number_ready: i64,
    /// Nodes whose Pod is available.
    pub number_available: i64,
    /// Wanted nodes without an available Pod.
    pub number_unavailable: i64,
    /// Nodes with a Pod of the newest template.
    pub updated_number_scheduled: i64,
    /// The generation it speaks of.
    pub observed_generation: i64,
    /// Hash collisions so far.
    pub collision_count: Option<i32>,
}

impl DaemonSet {
    /// The DaemonSet in a value.
    pub fn from_value(object: &Value) -> DaemonSet {
        let (spec, status) = (value::at(object, &["spec"]), value::at(object, &["status"]));
        let strategy = value::at(spec, &["updateStrategy"]);
        let rolling = value::at(strategy, &["rollingUpdate"]);
        DaemonSet {
            meta: Meta::from_value(object),
            min_ready_seconds: value::int(spec, "minReadySeconds"),
            selector: LabelSelector::from_value(value::at(spec, &["selector"])).unwrap_or_default(),
            template: Arc::new(PodTemplate::from_value(value::at(spec, &["template"]))),
            on_delete: value::text(strategy, "type") == "OnDelete",
            max_surge: IntOrPercent::from_value(rolling, "maxSurge"),
            max_unavailable: IntOrPercent::from_value(rolling, "maxUnavailable"),
            revision_history_limit: value::opt_int(spec, "revisionHistoryLimit"),
            status: DaemonSetStatus {
                desired_number_scheduled: value::int(status, "desiredNumberScheduled"),
                current_number_scheduled: value::int(status, "currentNumberScheduled"),
                number_misscheduled: value::int(status, "numberMisscheduled"),
                number_ready: value::int(status, "numberReady"),
                number_available: value::int(status, "numberAvailable"),
                number_unavailable: value::int(status, "numberUnavailable"),
                updated_number_scheduled: value::int(status, "updatedNumberScheduled"),
                observed_generation: value::int(status, "observedGeneration"),
                collision_count: value::opt_i32(status, "collisionCount"),
            },
            source: Arc::new(spec.clone()),
        }
    }

    /// As the API prints it.
    pub fn to_value(&self) -> Value {
        let mut status = Map::new();
        let s = &self.status;
        status.insert("currentNumberScheduled".into(), json!(s.current_number_scheduled));
        status.insert("numberMisscheduled".into(), json!(s.number_misscheduled));
        status.insert("desiredNumberScheduled".into(), json!(s.desired_number_scheduled));
        status.insert("numberReady".into(), json!(s.number_ready));
        value::put(&mut status, "observedGeneration", s.observed_generation);
        value::put(&mut status, "updatedNumberScheduled", s.updated_number_scheduled);
        value::put(&mut status, "numberAvailable", s.number_available);
        value::put(&mut status, "numberUnavailable", s.number_unavailable);
        if let Some(count) = s.collision_count {
            status.insert("collisionCount".into(), json!(count));
        }
        json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": self.meta.to_value(),
               "spec": self.source.as_ref(), "status": status})
    }
}

/// A template that a DaemonSet once had.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ControllerRevision {
    /// Metadata; the label `controller-revision-hash` names the template.
    pub meta: Meta,
    /// Rises with each change.
    pub revision: i64,
    /// The template.
    pub data: Arc<Value>,
}

impl ControllerRevision {
    /// The revision in a value.
    pub fn from_value(object: &Value) -> ControllerRevision {
        ControllerRevision {
            meta: Meta::from_value(object),
            revision: value::int(object, "revision"),
            data: value::shared(object, "data"),
        }
    }

    /// As the API prints it.
    pub fn to_value(&self) -> Value {
        json!({"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": self.meta.to_value(),
               "revision": self.revision, "data": self.data.as_ref()})
    }

    /// The hash of its template, from its label.
    pub fn hash(&self) -> Option<&Text> {
        self.meta.labels.get("controller-revision-hash")
    }
}
