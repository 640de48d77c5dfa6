//! Addresses and ports of a Service that the server hands out or takes back before it validates.

use super::ip;
use super::service::{cluster_ips, headless, needs_health_check};
use crate::manifest::default::{externally_accessible, items_mut, set};
use crate::manifest::field::{Errors, Path};
use crate::manifest::view::{View, same};
use serde_json::{Value, json};

const NODE_PORTS: std::ops::RangeInclusive<i64> = 30000..=32767;

fn remove(spec: &mut Value, key: &str) {
    if let Some(map) = spec.as_object_mut() {
        map.remove(key);
    }
}

/// Fills in the address families of a new Service. The errors, if any, are the server's whole answer: it does not look
/// further.
// pkg/registry/core/service/storage/alloc.go initIPFamilyFields, initNodePorts
pub fn allocate_service(spec: &mut Value) -> Errors {
    let (mut errors, p) = (Errors::default(), Path::new("spec"));
    normalise(spec);
    if spec.text("type") == "ExternalName" {
        return errors;
    }
    if !spec.has("ipFamilyPolicy") {
        let bare = spec.text("clusterIP") == "None" && spec.map("selector").is_none_or(serde_json::Map::is_empty);
        set(spec, "ipFamilyPolicy", json!(if bare { "RequireDualStack" } else { "SingleStack" }));
    }
    cluster_ips(&mut errors, spec, None, &p);
    if errors.0.is_empty() {
        families(&mut errors, spec, &p);
    }
    if errors.0.is_empty() && matches!(spec.text("type"), "NodePort" | "LoadBalancer") {
        for (i, port) in spec.items("ports").iter().enumerate() {
            let number = port.int("nodePort").unwrap_or(0);
            if number != 0 && !NODE_PORTS.contains(&number) {
                let detail = "provided port is not in the valid range. The range of valid ports is 30000-32767";
                let p = p.child("ports").index(i).child("nodePort");
                errors.invalid_printed(&p, number.to_string(), detail);
                break;
            }
        }
    }
    errors
}

/// The plural from the singular.
fn normalise(spec: &mut Value) {
    let ip = spec.text("clusterIP").to_owned();
    if !ip.is_empty() && spec.items("clusterIPs").is_empty() {
        set(spec, "clusterIPs", json!([ip]));
    }
}

fn families(e: &mut Errors, spec: &mut Value, p: &Path) {
    let policy = spec.text("ipFamilyPolicy").to_owned();
    let (pp, policy_value) = (p.child("ipFamilyPolicy"), spec.at("ipFamilyPolicy").clone());
    if policy == "SingleStack" {
        for (key, what) in [("clusterIPs", "cluster IPs"), ("ipFamilies", "IP families")] {
            if spec.items(key).len() == 2 {
                let detail =
                    format!("must be 'RequireDualStack' or 'PreferDualStack' when multiple {what} are specified");
                e.invalid_value(&pp, &policy_value, &detail);
            }
        }
    }
    let mut families = spec.items("ipFamilies").to_vec();
    let addresses: Vec<String> = spec.items("clusterIPs").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    for (i, address) in addresses.iter().enumerate().filter(|(_, a)| *a != "None") {
        if i >= families.len() {
            if ip::is_v6(address) {
                let detail = "IPv6 is not configured on this cluster";
                e.invalid_value(&p.child("clusterIPs").index(i), spec.at("clusterIPs"), detail);
            } else {
                families.push(json!("IPv4"));
            }
        }
    }
    let selectorless = headless(spec) && spec.map("selector").is_none_or(serde_json::Map::is_empty);
    if !selectorless {
        if policy == "RequireDualStack" {
            e.invalid_value(&pp, &policy_value, "this cluster is not configured for dual-stack services");
        }
        for (i, _) in families.iter().enumerate().filter(|(_, f)| f.as_str() == Some("IPv6")) {
            e.invalid_value(&p.child("ipFamilies").index(i), &json!("IPv6"), "not configured on this cluster");
        }
    }
    if families.is_empty() {
        families.push(json!("IPv4"));
    }
    if selectorless && families.len() < 2 && policy != "SingleStack" {
        let other = if families.first().and_then(Value::as_str) == Some("IPv4") { "IPv6" } else { "IPv4" };
        families.push(json!(other));
    }
    set(spec, "ipFamilies", Value::Array(families));
}

/// What the server keeps of the old Service, and what it drops because the new type has no use for it.
// pkg/registry/core/service/storage/storage.go beginUpdate; pkg/registry/core/service/strategy.go dropTypeDependentFields
pub fn update_service(spec: &mut Value, old: &Value) {
    keep_allocated(spec, old);
    // The plural follows the singular when only that changed.
    let same_ips = same(spec.at("clusterIPs"), old.at("clusterIPs"));
    let (new_ip, old_ip) = (spec.text("clusterIP").to_owned(), old.text("clusterIP").to_owned());
    if spec.items("clusterIPs").is_empty() && !old.items("clusterIPs").is_empty() && new_ip == old_ip {
        set(spec, "clusterIPs", old.at("clusterIPs").clone());
    }
    if new_ip != old_ip && same_ips {
        if new_ip.is_empty() {
            remove(spec, "clusterIPs");
        } else {
            set(spec, "clusterIPs", json!([new_ip]));
        }
    }
    for key in ["ipFamilies", "ipFamilyPolicy"] {
        if !spec.has(key) && old.has(key) && spec.text("type") != "ExternalName" {
            set(spec, key, old.at(key).clone());
        }
    }
    drop_useless(spec, old);
}

fn needs_ip(spec: &Value) -> bool {
    spec.text("type") != "ExternalName"
}

fn needs_node_port(spec: &Value) -> bool {
    let allocate = spec.at("allocateLoadBalancerNodePorts").as_bool() != Some(false);
    spec.text("type") == "NodePort" || spec.text("type") == "LoadBalancer" && allocate
}

fn used_ports(spec: &Value) -> Vec<i64> {
    spec.items("ports").iter().filter_map(|p| p.int("nodePort")).filter(|p| *p != 0).collect()
}

// pkg/registry/core/service/storage/storage.go patchAllocatedValues
fn keep_allocated(spec: &mut Value, old: &Value) {
    if needs_ip(old) && needs_ip(spec) {
        for key in ["clusterIP", "clusterIPs"] {
            let empty = spec.text(key).is_empty() && spec.items(key).is_empty();
            if empty && old.has(key) {
                set(spec, key, old.at(key).clone());
            }
        }
    }
    if needs_node_port(old) && needs_node_port(spec) {
        let (before, now) = (used_ports(old), used_ports(spec));
        for port in items_mut(spec, "ports") {
            let named = old.items("ports").iter().rfind(|p| p.text("name") == port.text("name"));
            let number = named.and_then(|p| p.int("nodePort")).unwrap_or(0);
            let taken = before.contains(&number) && now.contains(&number);
            if port.int("nodePort").unwrap_or(0) == 0 && number != 0 && !taken {
                set(port, "nodePort", json!(number));
            }
        }
    }
    let key = "healthCheckNodePort";
    if needs_health_check(old) && needs_health_check(spec) && spec.int(key).unwrap_or(0) == 0 && old.has(key) {
        set(spec, key, old.at(key).clone());
    }
}

// pkg/registry/core/service/strategy.go dropTypeDependentFields
fn drop_useless(spec: &mut Value, old: &Value) {
    let unchanged = |spec: &Value, key: &str| same(spec.at(key), old.at(key));
    if needs_ip(old) && !needs_ip(spec) {
        if unchanged(spec, "clusterIP") && unchanged(spec, "clusterIPs") {
            remove(spec, "clusterIP");
            remove(spec, "clusterIPs");
        }
        for key in ["ipFamilies", "ipFamilyPolicy"] {
            if unchanged(spec, key) {
                remove(spec, key);
            }
        }
    }
    let plain_ports = |s: &Value| matches!(s.text("type"), "NodePort" | "LoadBalancer");
    if plain_ports(old) && !plain_ports(spec) {
        let before = used_ports(old);
        if used_ports(spec).iter().all(|p| before.contains(p)) {
            items_mut(spec, "ports").iter_mut().for_each(|port| remove(port, "nodePort"));
        }
    }
    if needs_health_check(old) && !needs_health_check(spec) && unchanged(spec, "healthCheckNodePort") {
        remove(spec, "healthCheckNodePort");
    }
    let was_balancer = old.text("type") == "LoadBalancer" && spec.text("type") != "LoadBalancer";
    for key in ["allocateLoadBalancerNodePorts", "loadBalancerClass"] {
        if was_balancer && unchanged(spec, key) {
            remove(spec, key);
        }
    }
    let key = "externalTrafficPolicy";
    if externally_accessible(old) && !externally_accessible(spec) && unchanged(spec, key) {
        remove(spec, key);
    }
}
