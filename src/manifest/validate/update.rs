//! Updates: what the server does to the new object, then its checks of new against old.

use super::service_fields::update_service;
use super::{apps, batch, create_warnings, meta, other, pod_update, service};
use crate::manifest::default::{child, set};
use crate::manifest::field::{Errors, FieldError};
use crate::manifest::schema::Schema;
use crate::manifest::view::{View, same};
use serde_json::{Value, json};

/// Fields of the metadata that a client need not repeat.
const KEPT: [&str; 6] =
    ["uid", "creationTimestamp", "resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "namespace"];

/// The new object as the server takes it up: status and server-set metadata of the old one, a new generation if the spec
/// differs.
pub fn prepare_update(kind: &str, old: &Value, new: &Value) -> Value {
    let mut object = new.clone();
    let before = old.at("metadata");
    let meta_value = child(&mut object, "metadata");
    for key in KEPT {
        if !meta_value.has(key) && before.has(key) {
            set(meta_value, key, before.at(key).clone());
        }
    }
    if meta_value.text("resourceVersion").is_empty() {
        set(meta_value, "resourceVersion", json!("1"));
    }
    if before.has("generation") {
        let annotations =
            kind == "Deployment" && !same(new.down(&["metadata", "annotations"]), before.at("annotations"));
        let changed = !same(new.at("spec"), old.at("spec")) || annotations;
        set(meta_value, "generation", json!(before.int("generation").unwrap_or(0) + i64::from(changed)));
    }
    if let Some(map) = object.as_object_mut().filter(|_| !matches!(kind, "EndpointSlice")) {
        match old.get("status") {
            Some(status) => map.insert("status".to_owned(), status.clone()),
            None => map.remove("status"),
        };
    }
    match kind {
        "Pod" => {
            let spec = child(&mut object, "spec");
            for key in ["priority", "preemptionPolicy"].into_iter().filter(|k| old.at("spec").has(k)) {
                if !spec.has(key) {
                    set(spec, key, old.at("spec").at(key).clone());
                }
            }
        }
        "Service" => update_service(child(&mut object, "spec"), old.at("spec")),
        "DaemonSet" => template_generation(&mut object, old),
        _ => {}
    }
    object
}

/// A DaemonSet counts the changes of its template in an annotation.
// pkg/registry/apps/daemonset/strategy.go PrepareForUpdate
fn template_generation(object: &mut Value, old: &Value) {
    let key = "deprecated.daemonset.template.generation";
    let before: i64 = old.at("metadata").at("annotations").text(key).parse().unwrap_or(1);
    let changed = !same(object.down(&["spec", "template"]), old.down(&["spec", "template"]));
    let annotations = child(child(object, "metadata"), "annotations");
    set(annotations, key, json!((before + i64::from(changed)).to_string()));
}

/// Errors of an update.
///
/// ```
/// use serde_json::json;
/// let old = json!({"metadata": {"name": "c"}, "value": 1});
/// let new = json!({"metadata": {"name": "c"}, "value": 2});
/// let errors = orrery::manifest::validate::validate_update("PriorityClass", &old, &new);
/// assert_eq!(errors[0].to_string(), "value: Forbidden: may not be changed in an update.");
/// ```
pub fn validate_update(kind: &str, old: &Value, new: &Value) -> Vec<FieldError> {
    update(&Schema::new(), kind, old, new).1.0
}

/// What an update comes to: the new object as stored, errors and warnings.
pub fn update(schema: &Schema, kind: &str, old: &Value, new: &Value) -> (Value, Errors, Vec<String>) {
    let new = prepare_update(kind, old, new);
    let mut errors = Errors::default();
    let e = &mut errors;
    meta::common(e, &new, Some(old), super::is_namespaced(schema, kind));
    match kind {
        "Pod" => pod_update::pod_update(e, schema, &new, old),
        "DaemonSet" => apps::daemon_set_update(e, schema, &new, old),
        "Deployment" => apps::deployment_update(e, schema, &new, old),
        "ReplicaSet" => apps::replica_set_update(e, schema, &new, old),
        "ControllerRevision" => apps::controller_revision_update(e, &new, old),
        "Job" => batch::job_update(e, schema, &new, old),
        "CronJob" => batch::cron_job_update(e, schema, &new, old),
        "Service" => service::service_update(e, schema, &new, old),
        "Node" => other::node_update(e, schema, &new, old),
        "ConfigMap" | "Secret" => {
            other::immutable_data(e, &new, old);
            if kind == "ConfigMap" { other::config_map(e, &new) } else { other::secret(e, &new) }
        }
        "ServiceAccount" => {
            meta::object_meta_update(e, &new, old);
            meta::object_meta(e, &new, true, super::names::dns_subdomain);
        }
        "PersistentVolumeClaim" => {
            meta::object_meta_update(e, &new, old);
            other::claim(e, &new);
        }
        "PriorityClass" => other::priority_class_update(e, &new, old),
        "PodDisruptionBudget" => other::disruption_budget(e, schema, &new, Some(old)),
        "EndpointSlice" => {
            other::endpoint_slice(e, &new);
            let key = "addressType";
            meta::immutable(e, new.at(key), old.at(key), &crate::manifest::field::Path::new(key));
        }
        "Namespace" => meta::object_meta_update(e, &new, old),
        _ => {}
    }
    let warnings = update_warnings(kind, &new, old);
    (new, errors, warnings)
}

/// Warnings come again when the spec changed; a Pod's never do.
fn update_warnings(kind: &str, new: &Value, old: &Value) -> Vec<String> {
    let changed = match kind {
        "DaemonSet" => !same(new.down(&["spec", "template"]), old.down(&["spec", "template"])),
        "Service" => true,
        "Deployment" | "ReplicaSet" | "Job" | "CronJob" => !same(new.at("spec"), old.at("spec")),
        _ => false,
    };
    let about_name = |w: &String| !w.starts_with("metadata.name:");
    let mut warnings: Vec<String> = if changed { create_warnings(kind, new) } else { Vec::new() };
    warnings.retain(about_name);
    if kind == "CronJob" && new.at("spec").text("schedule").contains("TZ") {
        let text = "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see \
                    https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details";
        warnings.push(text.to_owned());
    }
    warnings
}
