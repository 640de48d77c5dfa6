//! Environment variables and their sources; references to fields and resources of the Pod, which volumes use too.

use super::names;
use super::pod::quantity;
use crate::manifest::field::{Errors, Path, quote};
use crate::manifest::view::View;
use serde_json::Value;

/// Fields that a variable may take its value from.
const ENV_FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// Fields that a file of a downward API volume may show.
pub const VOLUME_FIELDS: [&str; 5] =
    ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];

/// Field labels that the API server can resolve at all.
// pkg/apis/core/pods/helpers.go ConvertDownwardAPIFieldLabel
const KNOWN_FIELDS: [&str; 14] = [
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.serviceAccountName",
    "spec.schedulerName",
    "status.phase",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

const RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];

const BYTE_DIVISORS: [&str; 13] = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

// pkg/apis/core/validation/validation.go ValidateEnv
pub fn variables(e: &mut Errors, variables: &[Value], p: &Path) {
    for (i, variable) in variables.iter().enumerate() {
        let (name, p) = (variable.text("name"), p.index(i));
        if name.is_empty() {
            e.required(&p.child("name"), "");
        } else {
            e.invalid_each(&p.child("name"), name, &names::env_name(name));
        }
        if variable.has("valueFrom") {
            value_from(e, variable, &p.child("valueFrom"));
        }
    }
}

// pkg/apis/core/validation/validation.go validateEnvVarValueFrom
fn value_from(e: &mut Errors, variable: &Value, p: &Path) {
    let source = variable.at("valueFrom");
    let keys = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];
    for key in keys.into_iter().filter(|k| source.has(k)) {
        let (reference, p) = (source.at(key), p.child(key));
        match key {
            "fieldRef" => field_reference(e, reference, &ENV_FIELDS, &p),
            "resourceFieldRef" => resource_reference(e, reference, &p, false),
            "fileKeyRef" => file_key(e, reference, &p),
            _ => object_key(e, reference, &p),
        }
    }
    let count = keys.into_iter().filter(|k| source.has(k)).count();
    let empty = |e: &mut Errors, detail: &str| e.invalid(p, "", detail);
    if count == 0 {
        empty(
            e,
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
        );
    } else if !variable.text("value").is_empty() {
        empty(e, "may not be specified when `value` is not empty");
    } else if count > 1 {
        empty(e, "may not have more than one field specified at a time");
    }
}

// pkg/apis/core/validation/validation.go validateObjectFieldSelector
pub fn field_reference(e: &mut Errors, reference: &Value, allowed: &[&str], p: &Path) {
    let (version, path) = (reference.text("apiVersion"), reference.text("fieldPath"));
    if version.is_empty() {
        return e.required(&p.child("apiVersion"), "");
    }
    if path.is_empty() {
        return e.required(&p.child("fieldPath"), "");
    }
    let (base, subscript) = match path.strip_suffix("']").and_then(|r| r.split_once("['")) {
        Some((base, subscript)) if !base.is_empty() => (base, Some(subscript)),
        _ => (path, None),
    };
    let convert = |why: String| format!("error converting fieldPath: {why}");
    let known = match subscript {
        _ if version != "v1" => Err(format!("unsupported pod version: {version}")),
        Some(_) if matches!(base, "metadata.annotations" | "metadata.labels") => Ok(()),
        Some(_) => Err(format!("field label does not support subscript: {path}")),
        None if KNOWN_FIELDS.contains(&path) || path == "spec.host" => Ok(()),
        None => Err(format!("field label not supported: {path}")),
    };
    if let Err(why) = known {
        return e.invalid(&p.child("fieldPath"), path, &convert(why));
    }
    match subscript {
        Some(key) if base == "metadata.annotations" => {
            let key = key.to_lowercase();
            e.invalid_each(p, &key, &names::qualified_name(&key));
        }
        Some(key) => e.invalid_each(p, key, &names::qualified_name(key)),
        None if !allowed.contains(&path) => e.not_supported_printed(&p.child("fieldPath"), quote(path), allowed),
        None => {}
    }
}

// pkg/apis/core/validation/validation.go validateContainerResourceFieldSelector
pub fn resource_reference(e: &mut Errors, reference: &Value, p: &Path, volume: bool) {
    let resource = reference.text("resource");
    let huge = resource.starts_with("limits.hugepages-") || resource.starts_with("requests.hugepages-");
    if volume && reference.text("containerName").is_empty() {
        e.required(&p.child("containerName"), "");
    } else if resource.is_empty() {
        e.required(&p.child("resource"), "");
    } else if !RESOURCES.contains(&resource) && !huge {
        e.not_supported_printed(&p.child("resource"), quote(resource), &RESOURCES);
    }
    divisor(e, resource, huge, reference.at("divisor"), &p.child("divisor"));
}

// pkg/apis/core/validation/validation.go validateContainerResourceDivisor
fn divisor(e: &mut Errors, resource: &str, huge: bool, value: &Value, p: &Path) {
    let text = quantity(value).to_string();
    if value.is_null() || text == "0" {
        return;
    }
    let bytes = "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei";
    let (allowed, detail): (&[&str], String) = match resource.split_once('.').map_or("", |(_, r)| r) {
        "cpu" => (&["1m", "1"], "only divisor's values 1m and 1 are supported with the cpu resource".to_owned()),
        "memory" => (&BYTE_DIVISORS, format!("only divisor's values {bytes} are supported with the memory resource")),
        "ephemeral-storage" => (
            &BYTE_DIVISORS,
            format!("only divisor's values {bytes} are supported with the local ephemeral storage resource"),
        ),
        _ if huge => {
            (&BYTE_DIVISORS, format!("only divisor's values {bytes} are supported with the hugepages resource"))
        }
        _ => return,
    };
    if !allowed.contains(&text.as_str()) {
        e.invalid(p, resource, &detail);
    }
}

/// A key of a ConfigMap or Secret.
// pkg/apis/core/validation/validation.go validateConfigMapKeySelector, validateSecretKeySelector
fn object_key(e: &mut Errors, reference: &Value, p: &Path) {
    let (name, key) = (reference.text("name"), reference.text("key"));
    e.invalid_each(&p.child("name"), name, &names::dns_subdomain(name));
    if key.is_empty() {
        e.required(&p.child("key"), "");
    } else {
        e.invalid_each(&p.child("key"), key, &names::config_map_key(key));
    }
}

// pkg/apis/core/validation/validation.go validateFileKeySelector
fn file_key(e: &mut Errors, reference: &Value, p: &Path) {
    let (key, volume, path) = (reference.text("key"), reference.text("volumeName"), reference.text("path"));
    if key.is_empty() {
        e.required(&p.child("key"), "");
    } else {
        e.invalid_each(&p.child("key"), key, &names::env_name(key));
    }
    if volume.is_empty() {
        e.required(&p.child("volumeName"), "");
    } else {
        e.invalid_each(&p.child("volumeName"), volume, &names::dns_label(volume));
    }
    if path.is_empty() {
        e.required(&p.child("path"), "");
    } else {
        super::volume_mounts::no_backsteps(e, path, &p.child("path"));
    }
}

// pkg/apis/core/validation/validation.go ValidateEnvFrom
pub fn sources(e: &mut Errors, sources: &[Value], p: &Path) {
    for (i, source) in sources.iter().enumerate() {
        let (prefix, ip) = (source.text("prefix"), p.index(i));
        if !prefix.is_empty() {
            e.invalid_each(&ip.child("prefix"), prefix, &names::env_name(prefix));
        }
        let mut count = 0;
        for key in ["configMapRef", "secretRef"].into_iter().filter(|k| source.has(k)) {
            count += 1;
            let (name, p) = (source.at(key).text("name"), ip.child(key).child("name"));
            if name.is_empty() {
                e.required(&p, "");
            } else {
                let masked = names::mask_trailing_dash(name);
                e.invalid_each(&p, name, &names::dns_subdomain(&masked));
            }
        }
        match count {
            0 => e.invalid(p, "", "must specify one of: `configMapRef` or `secretRef`"),
            1 => {}
            _ => e.invalid(p, "", "may not have more than one field specified at a time"),
        }
    }
}
