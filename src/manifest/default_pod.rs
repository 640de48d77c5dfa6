//! Defaults inside a pod or pod template: containers, probes, volumes, resource lists.

use super::default::{child, fill, fill_absent, items_mut, set};
use super::image::is_latest;
use super::quantity::Quantity;
use super::view::View;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Defaults that a pod and a pod template share.
// pkg/apis/core/v1/defaults.go SetDefaults_PodSpec
pub fn pod_spec(spec: &mut Value) {
    fill(spec, "dnsPolicy", json!("ClusterFirst"));
    fill(spec, "restartPolicy", json!("Always"));
    fill(spec, "securityContext", Value::Object(Map::new()));
    fill(spec, "terminationGracePeriodSeconds", json!(30));
    fill(spec, "schedulerName", json!("default-scheduler"));
    // pkg/apis/core/v1/conversion.go Convert_v1_PodSpec_To_core_PodSpec
    let account = [spec.text("serviceAccountName"), spec.text("serviceAccount")].into_iter().find(|a| !a.is_empty());
    if let Some(account) = account.map(str::to_owned) {
        set(spec, "serviceAccountName", json!(account));
        set(spec, "serviceAccount", json!(account));
    }
    for volume in items_mut(spec, "volumes") {
        volume_source(volume);
    }
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for container in items_mut(spec, list) {
            container_defaults(container);
        }
    }
    if let Some(overhead) = spec.get_mut("overhead") {
        round_up(overhead);
    }
    if let Some(resources) = spec.get_mut("resources") {
        resource_list(resources);
    }
}

fn pull_policy(image: &str) -> Value {
    json!(if is_latest(image) { "Always" } else { "IfNotPresent" })
}

// pkg/apis/core/v1/defaults.go SetDefaults_Container
fn container_defaults(container: &mut Value) {
    let policy = pull_policy(container.text("image"));
    fill(container, "imagePullPolicy", policy);
    fill(container, "terminationMessagePath", json!("/dev/termination-log"));
    fill(container, "terminationMessagePolicy", json!("File"));
    for port in items_mut(container, "ports") {
        fill(port, "protocol", json!("TCP"));
    }
    for env in items_mut(container, "env") {
        let Some(source) = env.get_mut("valueFrom") else {
            continue;
        };
        if let Some(field) = source.get_mut("fieldRef") {
            fill(field, "apiVersion", json!("v1"));
        }
        if let Some(file) = source.get_mut("fileKeyRef") {
            fill_absent(file, "optional", json!(false));
        }
    }
    resource_list(child(container, "resources"));
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = container.get_mut(name).filter(|p| p.is_object()) {
            probe_defaults(probe);
        }
    }
    for hook in ["postStart", "preStop"] {
        if let Some(action) =
            container.get_mut("lifecycle").and_then(|l| l.get_mut(hook)).and_then(|h| h.get_mut("httpGet"))
        {
            http_get(action);
        }
    }
}

// pkg/apis/core/v1/defaults.go SetDefaults_Probe
fn probe_defaults(probe: &mut Value) {
    for (key, value) in [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)]
    {
        fill(probe, key, json!(value));
    }
    if let Some(action) = probe.get_mut("httpGet") {
        http_get(action);
    }
    if let Some(action) = probe.get_mut("grpc") {
        fill_absent(action, "service", json!(""));
    }
}

// pkg/apis/core/v1/defaults.go SetDefaults_HTTPGetAction
fn http_get(action: &mut Value) {
    fill(action, "path", json!("/"));
    fill(action, "scheme", json!("HTTP"));
}

/// Rounds the limits and requests of a `resources` to thousandths.
pub fn resource_list(resources: &mut Value) {
    for list in ["limits", "requests"] {
        if let Some(quantities) = resources.get_mut(list) {
            round_up(quantities);
        }
    }
}

// pkg/apis/core/v1/defaults.go SetDefaults_ResourceList
pub fn round_up(quantities: &mut Value) {
    for quantity in quantities.as_object_mut().into_iter().flat_map(|m| m.values_mut()) {
        if let Ok(mut parsed) = Quantity::parse(quantity.as_str().unwrap_or("0")) {
            parsed.round_up_to_milli();
            *quantity = json!(parsed.to_string());
        }
    }
}

/// Defaults of the volume sources that have any: field and value by source.
const SOURCES: &[(&str, &str, &str)] = &[
    ("iscsi", "iscsiInterface", "default"),
    ("rbd", "pool", "rbd"),
    ("rbd", "user", "admin"),
    ("rbd", "keyring", "/etc/ceph/keyring"),
    ("azureDisk", "cachingMode", "ReadWrite"),
    ("azureDisk", "fsType", "ext4"),
    ("azureDisk", "kind", "Shared"),
    ("scaleIO", "storageMode", "ThinProvisioned"),
    ("scaleIO", "fsType", "xfs"),
];

// pkg/apis/core/v1/defaults.go SetDefaults_Volume and the sources' functions
fn volume_source(volume: &mut Value) {
    let sources = volume.as_object().map_or(0, |m| m.iter().filter(|(k, v)| *k != "name" && !v.is_null()).count());
    if sources == 0 {
        fill(volume, "emptyDir", Value::Object(Map::new()));
    }
    for (source, field, value) in SOURCES {
        if let Some(source) = volume.get_mut(*source) {
            fill(source, field, json!(value));
        }
    }
    if let Some(disk) = volume.get_mut("azureDisk") {
        fill_absent(disk, "readOnly", json!(false));
    }
    if let Some(path) = volume.get_mut("hostPath") {
        fill_absent(path, "type", json!(""));
    }
    if let Some(image) = volume.get_mut("image") {
        let policy = pull_policy(image.text("reference"));
        fill(image, "pullPolicy", policy);
    }
    for source in ["secret", "configMap", "downwardAPI", "projected"] {
        if let Some(source) = volume.get_mut(source) {
            fill(source, "defaultMode", json!(0o644));
        }
    }
    if let Some(downward) = volume.get_mut("downwardAPI") {
        field_references(downward);
    }
    if let Some(projected) = volume.get_mut("projected") {
        for source in items_mut(projected, "sources") {
            if let Some(downward) = source.get_mut("downwardAPI") {
                field_references(downward);
            }
            if let Some(token) = source.get_mut("serviceAccountToken") {
                fill(token, "expirationSeconds", json!(3600));
            }
        }
    }
    if let Some(claim) = volume.get_mut("ephemeral").and_then(|e| e.get_mut("volumeClaimTemplate")) {
        let spec = child(claim, "spec");
        fill(spec, "volumeMode", json!("Filesystem"));
        resource_list(child(spec, "resources"));
    }
}

fn field_references(downward: &mut Value) {
    for item in items_mut(downward, "items") {
        if let Some(field) = item.get_mut("fieldRef") {
            fill(field, "apiVersion", json!("v1"));
        }
    }
}

/// Resources that may be set for a whole pod.
// k8s.io/component-helpers/resource/helpers.go IsSupportedPodLevelResource
pub fn is_pod_level_resource(name: &str) -> bool {
    matches!(name, "cpu" | "memory") || name.starts_with("hugepages-")
}

/// What all containers of a pod request (`requests`) or are limited to (`limits`): the greater of the running containers with
/// sidecars and of each init container with the sidecars before it.
// k8s.io/component-helpers/resource/helpers.go AggregateContainerRequests, AggregateContainerLimits
pub fn aggregate(spec: &Value, list: &str) -> BTreeMap<String, Quantity> {
    let of = |container: &Value| -> BTreeMap<String, Quantity> {
        let map = container.at("resources").map(list).cloned().unwrap_or_default();
        map.iter().filter_map(|(k, v)| Some((k.clone(), Quantity::parse(v.as_str()?).ok()?))).collect()
    };
    let add = |into: &mut BTreeMap<String, Quantity>, more: &BTreeMap<String, Quantity>| {
        for (name, quantity) in more {
            let sum = into.get(name).map_or_else(|| quantity.clone(), |q| q.add(quantity));
            into.insert(name.clone(), sum);
        }
    };
    let mut total = BTreeMap::new();
    for container in spec.items("containers") {
        add(&mut total, &of(container));
    }
    let (mut sidecars, mut highest): (BTreeMap<String, Quantity>, BTreeMap<String, Quantity>) = Default::default();
    for container in spec.items("initContainers") {
        let own = of(container);
        let mut at_once = own.clone();
        if container.text("restartPolicy") == "Always" {
            add(&mut total, &own);
            add(&mut sidecars, &own);
            at_once = sidecars.clone();
        } else {
            add(&mut at_once, &sidecars);
        }
        for (name, quantity) in at_once {
            if highest.get(&name).is_none_or(|q| *q < quantity) {
                highest.insert(name, quantity);
            }
        }
    }
    for (name, quantity) in highest {
        if total.get(&name).is_none_or(|q| *q < quantity) {
            total.insert(name, quantity);
        }
    }
    total
}

/// Fills pod-level resources that are set in part.
// pkg/apis/core/v1/defaults.go defaultHugePagePodLimits, defaultPodRequests
pub fn pod_level_resources(spec: &mut Value) {
    let resources = spec.at("resources");
    let any = |list: &str| resources.map(list).is_some_and(|m| !m.is_empty());
    if !resources.is_object() || !(any("limits") || any("requests")) {
        return;
    }
    let huge: Vec<_> = aggregate(spec, "limits").into_iter().filter(|(n, _)| n.starts_with("hugepages-")).collect();
    let requested = aggregate(spec, "requests");
    let resources = child(spec, "resources");
    for (name, quantity) in huge {
        if !resources.at("requests").has(&name) && !resources.at("limits").has(&name) {
            set(child(resources, "limits"), &name, json!(quantity.to_string()));
        }
    }
    let limits = resources.map("limits").cloned().unwrap_or_default();
    if limits.is_empty() {
        return;
    }
    for (name, quantity) in requested {
        let overcommit = matches!(name.as_str(), "cpu" | "memory");
        if overcommit && !resources.at("requests").has(&name) {
            set(child(resources, "requests"), &name, json!(quantity.to_string()));
        }
    }
    for (name, quantity) in limits {
        if is_pod_level_resource(&name) && !resources.at("requests").has(&name) {
            set(child(resources, "requests"), &name, quantity);
        }
    }
}
