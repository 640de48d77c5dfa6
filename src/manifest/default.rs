//! What the API server fills in: the versioned defaults of every kind, applied to decoded objects before validation.

use super::default_pod::{pod_spec, resource_list};
use super::view::View;
use serde_json::{Map, Value, json};

/// Sets a key that is absent, null, empty or zero.
pub fn fill(value: &mut Value, key: &str, default: Value) {
    if let Some(map) = value.as_object_mut() {
        let empty = match map.get(key) {
            None | Some(Value::Null) => true,
            Some(Value::String(text)) => text.is_empty(),
            _ => false,
        };
        if empty {
            map.insert(key.to_owned(), default);
        }
    }
}

/// Sets a key of a map; of anything else nothing.
pub fn set(value: &mut Value, key: &str, new: Value) {
    if let Some(map) = value.as_object_mut() {
        map.insert(key.to_owned(), new);
    }
}

/// The map of a key, created if absent.
pub fn child<'a>(value: &'a mut Value, key: &str) -> &'a mut Value {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(map) => {
            let entry = map.entry(key.to_owned()).or_insert_with(|| Value::Object(Map::new()));
            if entry.is_null() {
                *entry = Value::Object(Map::new());
            }
            entry
        }
        // unwrap: made an object above
        _ => unreachable!("made an object above"),
    }
}

/// The items of a key, to change them.
pub fn items_mut<'a>(value: &'a mut Value, key: &str) -> &'a mut [Value] {
    value.get_mut(key).and_then(Value::as_array_mut).map_or(&mut [], |items| items.as_mut_slice())
}

/// Applies the defaults of a kind.
///
/// ```
/// use orrery::manifest::default::apply;
/// let mut job = serde_json::json!({"metadata": {}, "spec": {"template": {"spec": {}}}});
/// apply("Job", &mut job);
/// assert_eq!(job["spec"]["backoffLimit"], 6);
/// ```
pub fn apply(kind: &str, object: &mut Value) {
    match kind {
        "Pod" => pod(object),
        "DaemonSet" => daemon_set(object),
        "ReplicaSet" => {
            fill(child(object, "spec"), "replicas", json!(1));
            template(child(object, "spec"));
        }
        "Deployment" => deployment(object),
        "Job" => job(object),
        "CronJob" => cron_job(object),
        "Service" => service(object),
        "Node" => node(object),
        "Namespace" => namespace(object),
        "PriorityClass" => fill(object, "preemptionPolicy", json!("PreemptLowerPriority")),
        "EndpointSlice" => endpoint_slice(object),
        "Secret" => fill(object, "type", json!("Opaque")),
        "PersistentVolumeClaim" => {
            let spec = child(object, "spec");
            fill(spec, "volumeMode", json!("Filesystem"));
            resource_list(child(spec, "resources"));
        }
        _ => {}
    }
}

/// A workload's pod template.
fn template(spec: &mut Value) {
    let template = child(spec, "template");
    child(template, "metadata");
    pod_spec(child(template, "spec"));
}

// pkg/apis/core/v1/defaults.go SetDefaults_Pod
fn pod(object: &mut Value) {
    let spec = child(object, "spec");
    for list in ["containers", "initContainers"] {
        for container in items_mut(spec, list) {
            requests_from_limits(child(container, "resources"));
        }
    }
    super::default_pod::pod_level_resources(spec);
    if !spec.has("enableServiceLinks") {
        fill(spec, "enableServiceLinks", json!(true));
    }
    if spec.flag("hostNetwork") {
        for list in ["containers", "initContainers"] {
            for container in items_mut(spec, list) {
                for port in items_mut(container, "ports") {
                    let same = port.at("containerPort").clone();
                    if port.int("hostPort").unwrap_or(0) == 0 && !same.is_null() {
                        set(port, "hostPort", same);
                    }
                }
            }
        }
    }
    pod_spec(spec);
    // pkg/apis/core/v1/conversion.go Convert_v1_Pod_To_core_Pod
    if spec.int("terminationGracePeriodSeconds").is_some_and(|s| s < 0) {
        set(spec, "terminationGracePeriodSeconds", json!(1));
    }
}

fn requests_from_limits(resources: &mut Value) {
    let Some(limits) = resources.map("limits").cloned() else {
        return;
    };
    if limits.is_empty() {
        return;
    }
    let requests = child(resources, "requests");
    for (name, quantity) in limits {
        if !requests.has(&name) {
            set(requests, &name, quantity);
        }
    }
}

// pkg/apis/apps/v1/defaults.go SetDefaults_DaemonSet
fn daemon_set(object: &mut Value) {
    let spec = child(object, "spec");
    let strategy = child(spec, "updateStrategy");
    fill(strategy, "type", json!("RollingUpdate"));
    if strategy.text("type") == "RollingUpdate" {
        let rolling = child(strategy, "rollingUpdate");
        fill(rolling, "maxUnavailable", json!(1));
        fill(rolling, "maxSurge", json!(0));
    } else if let Some(rolling) = strategy.get_mut("rollingUpdate") {
        fill(rolling, "maxUnavailable", json!(0));
        fill(rolling, "maxSurge", json!(0));
    }
    fill(spec, "revisionHistoryLimit", json!(10));
    template(spec);
}

// pkg/apis/apps/v1/defaults.go SetDefaults_Deployment
fn deployment(object: &mut Value) {
    let spec = child(object, "spec");
    fill(spec, "replicas", json!(1));
    let strategy = child(spec, "strategy");
    fill(strategy, "type", json!("RollingUpdate"));
    if strategy.text("type") == "RollingUpdate" {
        let rolling = child(strategy, "rollingUpdate");
        fill(rolling, "maxUnavailable", json!("25%"));
        fill(rolling, "maxSurge", json!("25%"));
    }
    fill(spec, "revisionHistoryLimit", json!(10));
    fill(spec, "progressDeadlineSeconds", json!(600));
    template(spec);
}

// pkg/apis/batch/v1/defaults.go SetDefaults_Job
fn job(object: &mut Value) {
    // Its labels, if it has none, are those of the template: see `validate::prepare_create`.
    let spec = child(object, "spec");
    if !spec.has("completions") && !spec.has("parallelism") {
        fill(spec, "completions", json!(1));
    }
    fill(spec, "parallelism", json!(1));
    let limit = if spec.has("backoffLimitPerIndex") { i32::MAX } else { 6 };
    fill(spec, "backoffLimit", json!(limit));
    fill_absent(spec, "completionMode", json!("NonIndexed"));
    fill(spec, "suspend", json!(false));
    let replacement = if spec.has("podFailurePolicy") { "Failed" } else { "TerminatingOrFailed" };
    fill_absent(spec, "podReplacementPolicy", json!(replacement));
    fill(spec, "manualSelector", json!(false));
    job_template_spec(spec);
}

/// Sets a key that is absent; an empty text counts as given (pointer fields).
pub fn fill_absent(value: &mut Value, key: &str, default: Value) {
    if !value.has(key) {
        fill(value, key, default);
    }
}

/// What a Job and a CronJob's job template share.
fn job_template_spec(spec: &mut Value) {
    if let Some(policy) = spec.get_mut("podFailurePolicy") {
        for rule in items_mut(policy, "rules") {
            for pattern in items_mut(rule, "onPodConditions") {
                fill(pattern, "status", json!("True"));
            }
        }
    }
    template(spec);
}

// pkg/apis/batch/v1/defaults.go SetDefaults_CronJob
fn cron_job(object: &mut Value) {
    let spec = child(object, "spec");
    fill(spec, "concurrencyPolicy", json!("Allow"));
    fill(spec, "suspend", json!(false));
    fill(spec, "successfulJobsHistoryLimit", json!(3));
    fill(spec, "failedJobsHistoryLimit", json!(1));
    job_template_spec(child(child(spec, "jobTemplate"), "spec"));
}

/// Reachable from outside: NodePort, LoadBalancer, or ClusterIP with external addresses.
// pkg/api/v1/service/util.go ExternallyAccessible
pub fn externally_accessible(spec: &Value) -> bool {
    match spec.text("type") {
        "LoadBalancer" | "NodePort" => true,
        "ClusterIP" => !spec.items("externalIPs").is_empty(),
        _ => false,
    }
}

// pkg/apis/core/v1/defaults.go SetDefaults_Service
fn service(object: &mut Value) {
    let spec = child(object, "spec");
    fill(spec, "sessionAffinity", json!("None"));
    match spec.text("sessionAffinity") {
        "None" => {
            if let Some(map) = spec.as_object_mut() {
                map.remove("sessionAffinityConfig");
            }
        }
        "ClientIP" if !spec.down(&["sessionAffinityConfig", "clientIP"]).has("timeoutSeconds") => {
            set(spec, "sessionAffinityConfig", json!({"clientIP": {"timeoutSeconds": 10800}}));
        }
        _ => {}
    }
    fill(spec, "type", json!("ClusterIP"));
    for port in items_mut(spec, "ports") {
        fill(port, "protocol", json!("TCP"));
        let target = port.at("targetPort");
        if target.is_null() || target.as_i64() == Some(0) || target.as_str() == Some("") {
            let port_number = json!(port.int("port").unwrap_or(0));
            set(port, "targetPort", port_number);
        }
    }
    if externally_accessible(spec) {
        fill(spec, "externalTrafficPolicy", json!("Cluster"));
    }
    if matches!(spec.text("type"), "NodePort" | "LoadBalancer" | "ClusterIP") {
        fill_absent(spec, "internalTrafficPolicy", json!("Cluster"));
    }
    if spec.text("type") == "LoadBalancer" {
        fill(spec, "allocateLoadBalancerNodePorts", json!(true));
    }
}

// pkg/apis/core/v1/defaults.go SetDefaults_NodeStatus
fn node(object: &mut Value) {
    if let Some(spec) = object.get_mut("spec") {
        pod_ranges(spec);
    }
    let Some(status) = object.get_mut("status") else {
        return;
    };
    for list in ["capacity", "allocatable"] {
        if let Some(quantities) = status.get_mut(list) {
            super::default_pod::round_up(quantities);
        }
    }
    if status.has("capacity") && !status.has("allocatable") {
        let capacity = status.at("capacity").clone();
        set(status, "allocatable", capacity);
    }
}

/// The first of a node's address ranges has a field of its own.
// pkg/apis/core/v1/conversion.go Convert_v1_NodeSpec_To_core_NodeSpec, Convert_core_NodeSpec_To_v1_NodeSpec
fn pod_ranges(spec: &mut Value) {
    let one = spec.text("podCIDR").to_owned();
    let first = spec.items("podCIDRs").first().and_then(Value::as_str).unwrap_or("").to_owned();
    if !one.is_empty() && one != first {
        set(spec, "podCIDRs", json!([one]));
    } else if one.is_empty() && !first.is_empty() {
        set(spec, "podCIDR", json!(first));
    }
}

// pkg/apis/core/v1/defaults.go SetDefaults_Namespace
fn namespace(object: &mut Value) {
    let name = object.at("metadata").text("name").to_owned();
    if !name.is_empty() {
        set(child(child(object, "metadata"), "labels"), "kubernetes.io/metadata.name", json!(name));
    }
    // pkg/registry/core/namespace/strategy.go PrepareForCreate
    let spec = child(object, "spec");
    let finalizers = spec.items("finalizers");
    if !finalizers.iter().any(|f| f == "kubernetes") {
        let all: Vec<Value> = finalizers.iter().cloned().chain([json!("kubernetes")]).collect();
        set(spec, "finalizers", Value::Array(all));
    }
}

// pkg/apis/discovery/v1/defaults.go SetDefaults_EndpointPort
fn endpoint_slice(object: &mut Value) {
    for port in items_mut(object, "ports") {
        fill_absent(port, "name", json!(""));
        fill_absent(port, "protocol", json!("TCP"));
    }
}
