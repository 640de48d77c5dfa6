//! Nodes.

use super::condition::{Condition, Status};
use super::meta::Meta;
use super::quantity::Resources;
use super::text::Text;
use super::value;
use crate::time::SimTime;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// A taint: what keeps Pods off a node unless they tolerate it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taint {
    /// Its key.
    pub key: Text,
    /// Its value.
    pub value: Text,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: Text,
    /// When it was added (NoExecute taints of the node controller).
    pub added: Option<SimTime>,
}

impl Taint {
    /// A taint without a value.
    pub const fn new(key: &'static str, effect: &'static str, added: Option<SimTime>) -> Taint {
        Taint { key: Text::Static(key), value: Text::EMPTY, effect: Text::Static(effect), added }
    }

    /// Whether key and effect are the same, which makes two taints one.
    pub fn matches(&self, other: &Taint) -> bool {
        self.key == other.key && self.effect == other.effect
    }

    fn from_value(item: &Value) -> Taint {
        Taint {
            key: value::text(item, "key"),
            value: value::text(item, "value"),
            effect: value::text(item, "effect"),
            added: value::time(item, "timeAdded"),
        }
    }

    /// As the API prints it.
    pub fn to_value(&self) -> Value {
        let mut map = Map::new();
        map.insert("key".into(), json!(self.key.as_str()));
        value::put(&mut map, "value", self.value.as_str());
        map.insert("effect".into(), json!(self.effect.as_str()));
        value::put_time(&mut map, "timeAdded", self.added);
        Value::Object(map)
    }
}

/// A node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// Metadata; the labels are what selectors look at.
    pub meta: Meta,
    /// Cordoned.
    pub unschedulable: bool,
    /// Taints in order of addition.
    pub taints: Vec<Taint>,
    /// What Pods may use of it.
    pub allocatable: Resources,
    /// Ready, MemoryPressure, DiskPressure, PIDPressure, NetworkUnavailable.
    pub conditions: Vec<Condition>,
    /// (image name, bytes) of images that are on it.
    pub images: Vec<(Text, i64)>,
    /// The spec as written.
    pub spec_source: Arc<Value>,
    /// The status as written; conditions in it are not looked at.
    pub status_source: Arc<Value>,
}

impl Node {
    /// The node in a value.
    pub fn from_value(object: &Value) -> Node {
        let (spec, status) = (value::at(object, &["spec"]), value::at(object, &["status"]));
        let capacity = status.get("allocatable").or(status.get("capacity")).unwrap_or(&Value::Null);
        Node {
            meta: Meta::from_value(object),
            unschedulable: value::boolean(spec, "unschedulable"),
            taints: value::list(spec, "taints").iter().map(Taint::from_value).collect(),
            allocatable: Resources::from_value(capacity),
            conditions: Condition::list_from_value(status),
            images: value::list(status, "images")
                .iter()
                .flat_map(|image| {
                    let bytes = value::int(image, "sizeBytes");
                    value::texts(image, "names").into_iter().map(move |name| (name, bytes))
                })
                .collect(),
            spec_source: Arc::new(spec.clone()),
            status_source: Arc::new(status.clone()),
        }
    }

    /// As the API prints it.
    pub fn to_value(&self) -> Value {
        let mut spec = self.spec_source.as_object().cloned().unwrap_or_default();
        spec.remove("unschedulable");
        spec.remove("taints");
        value::put(&mut spec, "unschedulable", self.unschedulable);
        value::put(&mut spec, "taints", Value::Array(self.taints.iter().map(Taint::to_value).collect()));
        let mut status = self.status_source.as_object().cloned().unwrap_or_default();
        status.insert("conditions".into(), Condition::list_to_value(&self.conditions));
        json!({"apiVersion": "v1", "kind": "Node", "metadata": self.meta.to_value(), "spec": spec, "status": status})
    }

    /// The status of condition Ready; `None` while nobody has reported.
    pub fn ready(&self) -> Option<Status> {
        Condition::find(&self.conditions, "Ready").map(|condition| condition.status)
    }

    /// Whether condition Ready holds.
    pub fn is_ready(&self) -> bool {
        self.ready() == Some(Status::True)
    }

    /// Whether a taint with this key and effect is on it.
    pub fn has_taint(&self, key: &str, effect: &str) -> bool {
        self.taints.iter().any(|taint| taint.key == *key && taint.effect == *effect)
    }
}
