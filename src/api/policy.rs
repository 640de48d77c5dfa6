//! Small cluster-wide objects: priority classes, disruption budgets, namespaces.

use super::apps::IntOrPercent;
use super::meta::Meta;
use super::selector::LabelSelector;
use super::value;
use serde_json::{Value, json};
use std::sync::Arc;

/// A named priority.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PriorityClass {
    /// Metadata.
    pub meta: Meta,
    /// The priority.
    pub value: i32,
    /// Whether Pods without a class get it.
    pub global_default: bool,
    /// `preemptionPolicy: Never`.
    pub never_preempts: bool,
    /// The object as written.
    pub source: Arc<Value>,
}

impl PriorityClass {
    /// The class in a value.
    pub fn from_value(object: &Value) -> PriorityClass {
        PriorityClass {
            meta: Meta::from_value(object),
            value: value::i32(object, "value"),
            global_default: value::boolean(object, "globalDefault"),
            never_preempts: value::text(object, "preemptionPolicy") == "Never",
            source: Arc::new(object.clone()),
        }
    }

    /// As the API prints it.
    pub fn to_value(&self) -> Value {
        let mut object = self.source.as_ref().clone();
        object["metadata"] = self.meta.to_value();
        object
    }
}

/// A bound on voluntary disruption.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodDisruptionBudget {
    /// Metadata.
    pub meta: Meta,
    /// Which Pods; `None` means none.
    pub selector: Option<LabelSelector>,
    /// How many must stay.
    pub min_available: Option<IntOrPercent>,
    /// How many may go.
    pub max_unavailable: Option<IntOrPercent>,
    /// The object as written.
    pub source: Arc<Value>,
}

impl PodDisruptionBudget {
    /// The budget in a value.
    pub fn from_value(object: &Value) -> PodDisruptionBudget {
        let spec = value::at(object, &["spec"]);
        PodDisruptionBudget {
            meta: Meta::from_value(object),
            selector: LabelSelector::from_value(value::at(spec, &["selector"])),
            min_available: IntOrPercent::from_value(spec, "minAvailable"),
            max_unavailable: IntOrPercent::from_value(spec, "maxUnavailable"),
            source: Arc::new(object.clone()),
        }
    }

    /// As the API prints it.
    pub fn to_value(&self) -> Value {
        let mut object = self.source.as_ref().clone();
        object["metadata"] = self.meta.to_value();
        object
    }
}

/// A namespace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Namespace {
    /// Metadata.
    pub meta: Meta,
}

impl Namespace {
    /// The namespace in a value.
    pub fn from_value(object: &Value) -> Namespace {
        Namespace { meta: Meta::from_value(object) }
    }

    /// As the API prints it.
    pub fn to_value(&self) -> Value {
        let phase = if self.meta.deleting() { "Terminating" } else { "Active" };
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": self.meta.to_value(), "status": {"phase": phase}})
    }
}
