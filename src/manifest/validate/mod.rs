//! Validation of whole objects, one file a group of kinds: all rules of the API server with its texts.

use super::default::{child, fill, set};
use super::field::Errors;
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
        "Pod" | "Job" | "CronJob" | "DaemonSet" | "Deployment" | "ReplicaSet" | "PodDisruptionBudget" | "PriorityClass"
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
    // Read back, a Job without labels of its own shows those of its template (pkg/apis/batch/v1/defaults.go SetDefaults_Job).
    if !own_labels {
        set(child(job, "metadata"), "labels", labels);
    }
}

/// All errors of a new object (after [`prepare_create`]).
pub fn create(_schema: &Schema, _kind: &str, _object: &Value) -> Errors {
    Errors::default()
}

/// The server's warnings about a new object.
pub fn create_warnings(_kind: &str, _object: &Value) -> Vec<String> {
    Vec::new()
}

/// What an update comes to: the new object as stored, errors and warnings.
pub fn update(_schema: &Schema, _kind: &str, _old: &Value, new: &Value) -> (Value, Errors, Vec<String>) {
    (new.clone(), Errors::default(), Vec::new())
}
