//! Validation of whole objects, one file a group of kinds: all rules of the API server with its texts.

mod apps;
mod batch;
mod batch_policy;
mod containers;
mod env;
mod ip;
mod meta;
pub mod names;
mod other;
mod pod;
mod pod_annotations;
mod pod_os;
mod pod_update;
mod probes;
mod resources;
mod scheduling;
mod security;
mod service;
mod service_fields;
mod update;
mod volume_mounts;
mod volume_paths;
mod volume_projected;
mod volume_rare;
mod volumes;
mod warnings;
mod workload;

pub use service_fields::allocate_service;
pub use update::{prepare_update, update, validate_update};

use super::default::{child, fill, set};
use super::field::{Errors, Path};
use super::schema::Schema;
use super::view::View;
use serde_json::{Value, json};

/// What the server does to a new object before it validates it: a name from `generateName`, the uid, generation 1, a Job's
/// selector.
///
/// ```
/// let mut job = serde_json::json!({"metadata": {"name": "work"}, "spec": {"manualSelector": false, "template": {}}});
/// orrery::manifest::validate::prepare_create("Job", &mut job, "u-1");
/// assert_eq!(job["spec"]["selector"]["matchLabels"]["batch.kubernetes.io/controller-uid"], "u-1");
/// ```
pub fn prepare_create(kind: &str, object: &mut Value, uid: &str) {
    let meta = child(object, "metadata");
    if meta.text("name").is_empty() && !meta.text("generateName").is_empty() {
        let prefix: String = meta.text("generateName").chars().take(MAX_GENERATED_PREFIX_CHARS).collect();
        set(meta, "name", json!(format!("{prefix}xxxxx")));
    }
    set(meta, "uid", json!(uid));
    if matches!(
        kind,
        "Pod"
            | "Job"
            | "CronJob"
            | "DaemonSet"
            | "Deployment"
            | "ReplicaSet"
            | "PodDisruptionBudget"
            | "PriorityClass"
            | "EndpointSlice"
    ) {
        set(meta, "generation", json!(1));
    }
    match kind {
        "DaemonSet" => fill(child(meta, "annotations"), "deprecated.daemonset.template.generation", json!("1")),
        "Job" => generate_selector(object),
        _ => {}
    }
}

/// Longest `generateName` that is kept before the five random characters.
const MAX_GENERATED_PREFIX_CHARS: usize = 58;

// pkg/registry/batch/job/strategy.go generateSelector
fn generate_selector(job: &mut Value) {
    let (name, uid) = (job.at("metadata").text("name").to_owned(), job.at("metadata").text("uid").to_owned());
    let own_labels = job.at("metadata").map("labels").is_some_and(|l| !l.is_empty());
    let spec = child(job, "spec");
    if spec.flag("manualSelector") {
        let labels = spec.down(&["template", "metadata", "labels"]).clone();
        if !own_labels && labels.as_object().is_some_and(|l| !l.is_empty()) {
            set(child(job, "metadata"), "labels", labels);
        }
        return;
    }
    let labels = child(child(child(spec, "template"), "metadata"), "labels");
    for (key, value) in [
        ("job-name", &name),
        ("batch.kubernetes.io/job-name", &name),
        ("controller-uid", &uid),
        ("batch.kubernetes.io/controller-uid", &uid),
    ] {
        if !labels.has(key) {
            set(labels, key, json!(value));
        }
    }
    let labels = labels.clone();
    let matched = child(child(spec, "selector"), "matchLabels");
    if !matched.has("batch.kubernetes.io/controller-uid") {
        set(matched, "batch.kubernetes.io/controller-uid", json!(uid));
    }
    // A Job without labels of its own has those of its template, the very same map (pkg/apis/batch/v1/defaults.go
    // SetDefaults_Job).
    if !own_labels {
        set(child(job, "metadata"), "labels", labels);
    }
}

/// All errors of a new object (after [`prepare_create`]).
pub fn create(schema: &Schema, kind: &str, object: &Value) -> Errors {
    let mut errors = Errors::default();
    let e = &mut errors;
    match kind {
        "Pod" => pod::pod(e, schema, object),
        "DaemonSet" => apps::daemon_set(e, schema, object),
        "Deployment" => apps::deployment(e, schema, object),
        "ReplicaSet" => apps::replica_set(e, schema, object),
        "ControllerRevision" => apps::controller_revision(e, object),
        "Job" => batch::job(e, schema, object, None),
        "CronJob" => batch::cron_job(e, schema, object),
        "Service" => service::service(e, schema, object, None),
        "Node" => other::node(e, schema, object),
        "Namespace" => other::namespace(e, object),
        "ConfigMap" => other::config_map(e, object),
        "Secret" => other::secret(e, object),
        "ServiceAccount" => meta::object_meta(e, object, true, names::dns_subdomain),
        "PersistentVolumeClaim" => other::claim(e, object),
        "PriorityClass" => other::priority_class(e, object),
        "PodDisruptionBudget" => other::disruption_budget(e, schema, object, None),
        "EndpointSlice" => other::endpoint_slice(e, object),
        "Scenario" => scenario(e, object),
        _ => {}
    }
    if e.0.is_empty() && kind != "Scenario" {
        meta::common(e, object, None, is_namespaced(schema, kind));
    }
    errors
}

/// Whether objects of a kind live in a namespace.
fn is_namespaced(schema: &Schema, kind: &str) -> bool {
    schema.kinds().iter().any(|k| k.kind == kind && k.namespaced)
}

/// Our own document: durations in Go's form, and one thing a step.
fn scenario(e: &mut Errors, object: &Value) {
    let (spec, p) = (object.at("spec"), Path::new("spec"));
    let duration = |e: &mut Errors, text: &str, p: &Path| {
        if crate::cron::parse_duration(text).is_err() {
            e.invalid(p, text, "must be a duration such as 90s or 1h30m");
        }
    };
    if !spec.text("duration").is_empty() {
        duration(e, spec.text("duration"), &p.child("duration"));
    }
    for (i, step) in spec.items("steps").iter().enumerate() {
        let p = p.child("steps").index(i);
        if step.text("at").is_empty() {
            e.required(&p.child("at"), "");
        } else {
            duration(e, step.text("at"), &p.child("at"));
        }
        match (step.has("run"), step.has("apply")) {
            (true, true) => e.forbidden(&p, "a step either runs a command or applies a text"),
            (false, false) => e.required(&p.child("run"), "a step runs a command or applies a text"),
            _ => {}
        }
    }
}

/// The server's warnings about a new object.
pub fn create_warnings(kind: &str, object: &Value) -> Vec<String> {
    let (meta_value, spec) = (object.at("metadata"), object.at("spec"));
    let name = meta_value.text("name");
    let template = |p: &str| {
        let template = spec.at("template");
        warnings::pod(template.at("spec"), template.at("metadata"), &Path::new(p))
    };
    let hostname = match kind {
        "Pod" => warnings::hostname(name, "the Pod's hostname"),
        "Job" | "CronJob" | "Deployment" | "ReplicaSet" => warnings::hostname(name, "Pod names and hostnames"),
        _ => None,
    };
    let own = match kind {
        "Pod" => warnings::pod(spec, meta_value, &Path::new("")),
        "DaemonSet" | "Deployment" | "ReplicaSet" => template("spec.template"),
        "Job" => warnings::job_spec(spec, &Path::new("spec")),
        "CronJob" => warnings::job_spec(spec.at("jobTemplate").at("spec"), &Path::new("spec.jobTemplate.spec")),
        "Service" => warnings::service(object),
        "Node" if !spec.text("externalID").is_empty() => {
            vec!["spec.externalID: this field is deprecated, and is unused by Kubernetes".to_owned()]
        }
        _ => Vec::new(),
    };
    hostname.into_iter().chain(own).collect()
}
