//! Node, Namespace, ConfigMap, Secret, ServiceAccount, PersistentVolumeClaim, PriorityClass, PodDisruptionBudget,
//! EndpointSlice.

use super::ip;
use super::meta;
use super::names;
use super::pod::{preemption_policy, quantity};
use super::resources::quantity_value;
use super::scheduling::taint_effect;
use super::workload::{at_most_100_percent, int_or_percent};
use crate::manifest::field::{Errors, Path, quote};
use crate::manifest::internal::dump;
use crate::manifest::schema::Schema;
use crate::manifest::syntax::base64_bytes;
use crate::manifest::view::{View, pairs, same};
use serde_json::Value;
use std::collections::BTreeSet;

const MAX_DATA_BYTES: usize = 1024 * 1024;
const HIGHEST_USER_PRIORITY: i64 = 1_000_000_000;

// pkg/apis/core/validation/validation.go ValidateNode
pub fn node(e: &mut Errors, schema: &Schema, object: &Value) {
    meta::object_meta(e, object, false, names::dns_subdomain);
    taints(e, schema, object);
    node_resources(e, object);
    let p = Path::new("spec.podCIDRs");
    let ranges: Vec<&str> = object.at("spec").items("podCIDRs").iter().filter_map(Value::as_str).collect();
    for (i, range) in ranges.iter().enumerate() {
        ip::cidr(e, range, &p.index(i));
    }
    let sixes = ranges.iter().filter(|r| r.contains(':')).count();
    if ranges.len() > 2 || ranges.len() == 2 && sixes != 1 {
        let detail = "may specify no more than one CIDR for each IP family";
        e.invalid_value(&p, object.at("spec").at("podCIDRs"), detail);
    }
}

// pkg/apis/core/validation/validation.go validateNodeTaints
fn taints(e: &mut Errors, schema: &Schema, object: &Value) {
    let p = Path::new("metadata.taints");
    let mut seen = BTreeSet::new();
    for (i, taint) in object.at("spec").items("taints").iter().enumerate() {
        let (value, p) = (taint.text("value"), p.index(i));
        meta::label_name(e, taint.text("key"), &p.child("key"));
        let faults = names::label_value(value);
        if !faults.is_empty() {
            e.invalid(&p.child("value"), value, &faults.join(";"));
        }
        taint_effect(e, taint, false, &p.child("effect"));
        if !seen.insert((taint.text("effect"), taint.text("key"))) {
            let detail = "taints must be unique by key and effect pair";
            e.duplicate_printed(&p, dump(schema, "Taint", taint), detail);
        }
    }
}

// pkg/apis/core/validation/validation.go ValidateNodeResources
fn node_resources(e: &mut Errors, object: &Value) {
    for list in ["capacity", "allocatable"] {
        for (name, value) in object.at("status").map(list).into_iter().flatten() {
            quantity_value(e, name, &quantity(value), &Path::new("status").child(list).child(name));
        }
    }
}

// pkg/registry/core/node/strategy.go ValidateUpdate; pkg/apis/core/validation/validation.go ValidateNodeUpdate
pub fn node_update(e: &mut Errors, schema: &Schema, new: &Value, old: &Value) {
    node(e, schema, new);
    meta::object_meta_update(e, new, old);
    node_resources(e, new);
    let mut seen = BTreeSet::new();
    for (i, address) in new.at("status").items("addresses").iter().enumerate() {
        if !seen.insert((address.text("type"), address.text("address"))) {
            let p = Path::new("status.addresses").index(i);
            e.duplicate_printed(&p, dump(schema, "NodeAddress", address), "");
        }
    }
    let (spec, before) = (new.at("spec"), old.at("spec"));
    let (ranges, old_ranges) = (spec.items("podCIDRs"), before.items("podCIDRs"));
    let detail = "node updates may not change podCIDR except from \"\" to valid";
    let changed = if old_ranges.len() == ranges.len() {
        old_ranges.iter().zip(ranges).filter(|(a, b)| a != b).count()
    } else {
        usize::from(!old_ranges.is_empty())
    };
    for _ in 0..changed {
        e.forbidden(&Path::new("spec.podCIDRs"), detail);
    }
    let provider = before.text("providerID");
    if !provider.is_empty() && provider != spec.text("providerID") {
        let detail = "node updates may not change providerID except from \"\" to valid";
        e.forbidden(&Path::new("spec.providerID"), detail);
    }
    taints(e, schema, new);
    if spec.text("externalID") != before.text("externalID") {
        e.forbidden(&Path::new("spec.externalID"), "may not be updated");
    }
}

// pkg/apis/core/validation/validation.go ValidateNamespace
pub fn namespace(e: &mut Errors, object: &Value) {
    meta::object_meta(e, object, false, names::dns_label);
    for finalizer in object.at("spec").items("finalizers").iter().filter_map(Value::as_str) {
        let p = Path::new("spec.finalizers");
        e.invalid_each(&p, finalizer, &names::qualified_name(finalizer));
        if !finalizer.contains('/') && !matches!(finalizer, "kubernetes" | "orphan" | "foregroundDeletion") {
            e.invalid(&p, finalizer, "name is neither a standard finalizer name nor is it fully qualified");
        }
    }
}

// pkg/apis/core/validation/validation.go ValidateConfigMap
pub fn config_map(e: &mut Errors, object: &Value) {
    meta::object_meta(e, object, true, names::dns_subdomain);
    let (data, binary) = (object.at("data"), object.at("binaryData"));
    let mut size = 0;
    for (key, value) in pairs(data) {
        let p = Path::new("data").key(key);
        e.invalid_each(&p, key, &names::config_map_key(key));
        if binary.has(key) {
            e.invalid(&p, key, "duplicate of key present in binaryData");
        }
        size += value.len();
    }
    for (key, value) in pairs(binary) {
        e.invalid_each(&Path::new("binaryData").key(key), key, &names::config_map_key(key));
        size += base64_bytes(value.as_bytes()).map_or(0, |b| b.len());
    }
    if size > MAX_DATA_BYTES {
        e.too_long(&Path::new(""), MAX_DATA_BYTES);
    }
}

// pkg/apis/core/validation/validation.go ValidateSecret
pub fn secret(e: &mut Errors, object: &Value) {
    meta::object_meta(e, object, true, names::dns_subdomain);
    let mut size = 0;
    for (key, value) in pairs(object.at("data")) {
        e.invalid_each(&Path::new("data").key(key), key, &names::config_map_key(key));
        size += base64_bytes(value.as_bytes()).map_or(0, |b| b.len());
    }
    if size > MAX_DATA_BYTES {
        e.too_long(&Path::new("data"), MAX_DATA_BYTES);
    }
    let has = |key: &str| object.at("data").has(key) || object.at("stringData").has(key);
    let required: &[&str] = match object.text("type") {
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        "kubernetes.io/dockercfg" => &[".dockercfg"],
        "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
        "kubernetes.io/basic-auth" if !has("username") && !has("password") => &["username", "password"],
        "kubernetes.io/service-account-token" => {
            let name = "kubernetes.io/service-account.name";
            if object.at("metadata").at("annotations").text(name).is_empty() {
                e.required(&Path::new("metadata.annotations").key(name), "");
            }
            &[]
        }
        _ => &[],
    };
    for key in required.iter().filter(|k| !has(k)) {
        e.required(&Path::new("data").key(key), "");
    }
}

/// A ConfigMap or Secret that was declared immutable stays as it is.
pub fn immutable_data(e: &mut Errors, new: &Value, old: &Value) {
    meta::object_meta_update(e, new, old);
    if new.text("type") != old.text("type") {
        e.invalid(&Path::new("type"), new.text("type"), "field is immutable");
    }
    if old.flag("immutable") {
        let detail = "field is immutable when `immutable` is set";
        if !new.flag("immutable") {
            e.forbidden(&Path::new("immutable"), detail);
        }
        for key in ["data", "binaryData"].into_iter().filter(|k| !same(new.at(k), old.at(k))) {
            e.forbidden(&Path::new(key), detail);
        }
    }
}

// pkg/apis/core/validation/validation.go ValidatePersistentVolumeClaim
pub fn claim(e: &mut Errors, object: &Value) {
    meta::object_meta(e, object, true, names::dns_subdomain);
    claim_spec(e, object.at("spec"), &Path::new("spec"));
}

// pkg/apis/core/validation/validation.go ValidatePersistentVolumeClaimSpec
pub fn claim_spec(e: &mut Errors, spec: &Value, p: &Path) {
    let (modes, mp) = (spec.items("accessModes"), p.child("accessModes"));
    if modes.is_empty() {
        e.required(&mp, "at least 1 access mode is required");
    }
    meta::label_selector(e, spec.at("selector"), false, &p.child("selector"));
    let allowed = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
    for mode in modes.iter().filter(|m| !allowed.contains(&m.as_str().unwrap_or(""))) {
        e.not_supported(&mp, mode, &allowed);
    }
    let single = |m: &Value| m.as_str() == Some("ReadWriteOncePod");
    let other = |m: &Value| !single(m) && allowed.contains(&m.as_str().unwrap_or(""));
    if modes.iter().any(single) && modes.iter().any(other) {
        e.forbidden(&mp, "may not use ReadWriteOncePod with other access modes");
    }
    let (size, sp) = (spec.at("resources").at("requests").at("storage"), p.child("resources").key("storage"));
    if size.is_null() {
        e.required(&sp, "");
    } else if quantity(size) <= quantity(&Value::Null) {
        e.invalid(&sp, &quantity(size).to_string(), "must be greater than zero");
    }
    for key in ["storageClassName", "volumeAttributesClassName"] {
        let name = spec.text(key);
        if !name.is_empty() {
            e.invalid_each(&p.child(key), name, &names::dns_subdomain(name));
        }
    }
    if spec.opt_text("volumeMode").is_some_and(|m| m != "Block" && m != "Filesystem") {
        e.not_supported(&p.child("volumeMode"), spec.at("volumeMode"), &["Block", "Filesystem"]);
    }
    for key in ["dataSource", "dataSourceRef"].into_iter().filter(|k| spec.has(k)) {
        data_source(e, spec.at(key), &p.child(key));
    }
}

fn data_source(e: &mut Errors, source: &Value, p: &Path) {
    for key in ["name", "kind"].into_iter().filter(|k| source.text(k).is_empty()) {
        e.required(&p.child(key), "");
    }
    let (group, kind) = (source.text("apiGroup"), source.text("kind"));
    if group.is_empty() && kind != "PersistentVolumeClaim" {
        e.invalid(p, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
    }
    if !group.is_empty() {
        e.invalid_each(&p.child("apiGroup"), group, &names::dns_subdomain(group));
    }
}

// pkg/apis/scheduling/validation/validation.go ValidatePriorityClass
pub fn priority_class(e: &mut Errors, object: &Value) {
    meta::object_meta(e, object, false, names::dns_subdomain);
    let (name, value) = (object.at("metadata").text("name"), object.int("value").unwrap_or(0));
    if name.starts_with("system-") {
        let known = [("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];
        let why = match known.iter().find(|(n, _)| *n == name) {
            None => Some(format!("{name} is not a known system priority class")),
            Some((_, v)) if *v != value => Some(format!("value of {name} PriorityClass must be {v}")),
            Some(_) if object.flag("globalDefault") => {
                Some(format!("globalDefault of {name} PriorityClass must be false"))
            }
            Some(_) => None,
        };
        if let Some(why) = why {
            let detail =
                format!("priority class names with 'system-' prefix are reserved for system use only. error: {why}");
            e.forbidden(&Path::new("metadata.name"), &detail);
        }
    } else if value > HIGHEST_USER_PRIORITY {
        let detail = format!("maximum allowed value of a user defined priority is {HIGHEST_USER_PRIORITY}");
        e.forbidden(&Path::new("value"), &detail);
    }
    if object.has("preemptionPolicy") {
        preemption_policy(e, object.at("preemptionPolicy"), &Path::new("preemptionPolicy"));
    }
}

// pkg/apis/scheduling/validation/validation.go ValidatePriorityClassUpdate
pub fn priority_class_update(e: &mut Errors, new: &Value, old: &Value) {
    meta::object_meta_update(e, new, old);
    if new.int("value") != old.int("value") {
        e.forbidden(&Path::new("value"), "may not be changed in an update.");
    }
    let key = "preemptionPolicy";
    meta::immutable(e, new.at(key), old.at(key), &Path::new(key));
}

// pkg/apis/policy/validation/validation.go ValidatePodDisruptionBudget
pub fn disruption_budget(e: &mut Errors, schema: &Schema, object: &Value, old: Option<&Value>) {
    let (spec, p) = (object.at("spec"), Path::new("spec"));
    if spec.has("minAvailable") && spec.has("maxUnavailable") {
        let printed = dump(schema, "PodDisruptionBudgetSpec", spec);
        e.invalid_printed(&p, printed, "minAvailable and maxUnavailable cannot be both set");
    }
    for key in ["minAvailable", "maxUnavailable"].into_iter().filter(|k| spec.has(k)) {
        int_or_percent(e, spec.at(key), &p.child(key));
        at_most_100_percent(e, spec.at(key), &p.child(key));
    }
    let allow = old.is_some_and(|o| meta::has_invalid_values(o.down(&["spec", "selector"])));
    meta::label_selector(e, spec.at("selector"), allow, &p.child("selector"));
    let key = "unhealthyPodEvictionPolicy";
    if spec.opt_text(key).is_some_and(|v| v != "AlwaysAllow" && v != "IfHealthyBudget") {
        e.not_supported(&p.child(key), spec.at(key), &["AlwaysAllow", "IfHealthyBudget"]);
    }
}

// pkg/apis/discovery/validation/validation.go ValidateEndpointSlice
pub fn endpoint_slice(e: &mut Errors, object: &Value) {
    meta::object_meta(e, object, true, names::dns_subdomain);
    let kind = object.at("addressType");
    super::pod::one_of_or_required(e, kind, &Path::new("addressType"), &["FQDN", "IPv4", "IPv6"]);
    let mut seen = BTreeSet::new();
    for (i, port) in object.items("ports").iter().enumerate() {
        let (name, p) = (port.text("name"), Path::new("ports").index(i));
        if !name.is_empty() {
            e.invalid_each(&p.child("name"), name, &names::dns_label(name));
        }
        if !seen.insert(name) {
            e.duplicate_printed(&p.child("name"), quote(name), "");
        }
        super::pod::one_of_or_required(e, port.at("protocol"), &p.child("protocol"), &["SCTP", "TCP", "UDP"]);
    }
    for (i, endpoint) in object.items("endpoints").iter().enumerate() {
        let p = Path::new("endpoints").index(i);
        let (addresses, ap) = (endpoint.items("addresses"), p.child("addresses"));
        if addresses.is_empty() {
            e.required(&ap, "must contain at least 1 address");
        }
        for (j, address) in addresses.iter().filter_map(Value::as_str).enumerate() {
            match kind.as_str() {
                Some("IPv4") if ip::address(e, address, &ap.index(j)) => {
                    if !ip::is_v4(address) {
                        e.invalid(&ap, address, "must be an IPv4 address");
                    }
                    ip::endpoint(e, address, &ap.index(j));
                }
                Some("IPv6") if ip::canonical_address(e, address, &ap.index(j)) => {
                    if !ip::is_v6(address) {
                        e.invalid(&ap, address, "must be an IPv6 address");
                    }
                    ip::endpoint(e, address, &ap.index(j));
                }
                _ => {}
            }
        }
        if let Some(name) = endpoint.opt_text("nodeName") {
            e.invalid_each(&p.child("nodeName"), name, &names::dns_subdomain(name));
        }
        if let Some(name) = endpoint.opt_text("hostname") {
            e.invalid_each(&p.child("hostname"), name, &names::dns_label(name));
        }
        let (hints, hp) = (endpoint.at("hints"), p.child("hints"));
        for (key, rule) in
            [("forZones", names::label_value as fn(&str) -> Vec<String>), ("forNodes", names::dns_subdomain)]
        {
            for (j, hint) in hints.items(key).iter().enumerate() {
                e.invalid_each(&hp.child(key).index(j).child("name"), hint.text("name"), &rule(hint.text("name")));
            }
        }
    }
}
