//! Pod templates: what controllers make Pods from.

use super::meta::Labels;
use super::pod_spec::PodSpec;
use super::value;
use crate::dice;
use serde_json::Value;
use std::sync::Arc;

/// A Pod template, decoded once and shared by all Pods made from it.
#[derive(Clone, Debug, PartialEq)]
pub struct PodTemplate {
    /// Labels of its Pods.
    pub labels: Labels,
    /// Annotations of its Pods.
    pub annotations: Labels,
    /// Spec of its Pods, before admission.
    pub spec: Arc<PodSpec>,
    /// The whole template as written and defaulted.
    pub source: Arc<Value>,
}

impl PodTemplate {
    /// The template in a value (`{metadata, spec}`).
    pub fn from_value(template: &Value) -> PodTemplate {
        let meta = value::at(template, &["metadata"]);
        PodTemplate {
            labels: Labels::from_value(meta, "labels"),
            annotations: Labels::from_value(meta, "annotations"),
            spec: Arc::new(PodSpec::from_value(value::at(template, &["spec"]))),
            source: Arc::new(template.clone()),
        }
    }

    /// The hash that `pod-template-hash` and `controller-revision-hash` carry: up to ten characters, equal for equal
    /// templates. Upstream: pkg/controller/controller_utils.go ComputeHash.
    // DIFFERENCE: the hash in `pod-template-hash` and in names of ReplicaSets is ours. A real one is of the object as Go
    // prints it; only the form and that equal templates have equal hashes are the same.
    pub fn hash(&self, collision_count: Option<i32>) -> String {
        let mut hash = dice::fnv1a(dice::FNV_OFFSET, self.source.to_string().as_bytes());
        if let Some(count) = collision_count {
            hash = dice::fnv1a(hash, &i64::from(count).to_le_bytes());
        }
        dice::safe_encode_string(&((hash ^ hash >> 32) as u32).to_string())
    }

    /// Whether two templates are the same but for the hash label a Deployment adds.
    /// Upstream: pkg/controller/deployment/util/deployment_util.go EqualIgnoreHash.
    pub fn equal_ignore_hash(&self, other: &PodTemplate) -> bool {
        let stripped = |template: &PodTemplate| {
            let mut source = template.source.as_ref().clone();
            if let Some(labels) = source.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
                labels.remove("pod-template-hash");
                if labels.is_empty()
                    && let Some(meta) = source.get_mut("metadata").and_then(Value::as_object_mut)
                {
                    meta.remove("labels");
                }
            }
            source
        };
        self.labels.without("pod-template-hash") == other.labels.without("pod-template-hash")
            && stripped(self) == stripped(other)
    }
}

impl Default for PodTemplate {
    fn default() -> PodTemplate {
        PodTemplate::from_value(&Value::Null)
    }
}
