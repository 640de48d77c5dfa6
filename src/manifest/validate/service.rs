//! Service.

use super::ip;
use super::meta;
use super::names;
use super::pod::one_of_or_required;
use super::probes::port_number_or_name;
use crate::manifest::default::externally_accessible;
use crate::manifest::field::{Errors, Path, quote};
use crate::manifest::internal::dump;
use crate::manifest::schema::Schema;
use crate::manifest::view::{View, same};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const MAX_AFFINITY_SECONDS: i64 = 86400;
const SOURCE_RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";

/// No cluster IP by wish.
// pkg/apis/core/validation/validation.go isHeadlessService
pub fn headless(spec: &Value) -> bool {
    let ips = spec.items("clusterIPs");
    ips.len() == 1 && ips.first().and_then(Value::as_str) == Some("None")
}

// pkg/apis/core/validation/validation.go ValidateServiceCreate
pub fn service(e: &mut Errors, schema: &Schema, object: &Value, old: Option<&Value>) {
    if old.is_none() {
        meta::object_meta(e, object, true, names::dns_label);
    }
    let (spec, p) = (object.at("spec"), Path::new("spec"));
    let annotations = object.at("metadata").at("annotations");
    topology_annotations(e, annotations);
    let kind = spec.text("type");
    if spec.items("ports").is_empty() && !headless(spec) && kind != "ExternalName" {
        e.required(&p.child("ports"), "");
    }
    type_rules(e, spec, &p);
    ports(e, spec, &p.child("ports"));
    if spec.has("selector") {
        meta::labels(e, spec.at("selector"), &p.child("selector"));
    }
    session_affinity(e, spec, &p);
    cluster_ips(e, spec, old.map(|o| o.at("spec")), &p);
    external_ips(e, spec, old, &p.child("externalIPs"));
    let types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    one_of_or_required(e, spec.at("type"), &p.child("type"), &types);
    node_ports(e, schema, spec, &p.child("ports"));
    load_balancer(e, spec, annotations, old, &p);
    external_policy(e, spec, &p);
    internal_policy(e, spec, &p);
    let distribution = spec.at("trafficDistribution");
    let allowed = ["PreferClose", "PreferSameZone", "PreferSameNode"];
    if distribution.as_str().is_some_and(|d| !allowed.contains(&d)) {
        e.not_supported_printed(&p.child("trafficDistribution"), quote(distribution.as_str().unwrap_or("")), &allowed);
    }
}

fn topology_annotations(e: &mut Errors, annotations: &Value) {
    let (old, new) = ("service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode");
    if let (Some(hints), Some(mode)) = (annotations.opt_text(old), annotations.opt_text(new))
        && hints != mode
    {
        let detail = format!("must match annotations[{old}] when both are specified");
        e.invalid(&Path::new("metadata.annotations").key(new), mode, &detail);
    }
}

fn type_rules(e: &mut Errors, spec: &Value, p: &Path) {
    let kind = spec.text("type");
    match kind {
        "LoadBalancer" | "NodePort" if headless(spec) => {
            let detail = format!("may not be set to 'None' for {kind} services");
            e.invalid(&p.child("clusterIPs").index(0), "None", &detail);
        }
        "ExternalName" => {
            for key in ["clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
                let set = !spec.items(key).is_empty() || spec.at(key).is_string();
                if set {
                    e.forbidden(&p.child(key), "may not be set for ExternalName services");
                }
            }
            let name = spec.text("externalName");
            let name = name.strip_suffix('.').unwrap_or(name);
            if name.is_empty() {
                e.required(&p.child("externalName"), "");
            } else {
                e.invalid_each(&p.child("externalName"), name, &names::dns_subdomain(name));
            }
        }
        _ => {}
    }
}

// pkg/apis/core/validation/validation.go validateServicePort
fn ports(e: &mut Errors, spec: &Value, p: &Path) {
    let ports = spec.items("ports");
    let mut seen = BTreeSet::new();
    for (i, port) in ports.iter().enumerate() {
        let (name, p) = (port.text("name"), p.index(i));
        if name.is_empty() {
            if ports.len() > 1 {
                e.required(&p.child("name"), "");
            }
        } else {
            e.invalid_each(&p.child("name"), name, &names::dns_label(name));
            if !seen.insert(name) {
                e.duplicate(&p.child("name"), name);
            }
        }
        super::containers::port_in_range(e, port.int("port").unwrap_or(0), &p.child("port"));
        one_of_or_required(e, port.at("protocol"), &p.child("protocol"), &["SCTP", "TCP", "UDP"]);
        port_number_or_name(e, port.at("targetPort"), &p.child("targetPort"));
        if let Some(protocol) = port.opt_text("appProtocol") {
            e.invalid_each(&p.child("appProtocol"), protocol, &names::qualified_name(protocol));
        }
    }
}

fn session_affinity(e: &mut Errors, spec: &Value, p: &Path) {
    one_of_or_required(e, spec.at("sessionAffinity"), &p.child("sessionAffinity"), &["ClientIP", "None"]);
    let (config, cp) = (spec.at("sessionAffinityConfig"), p.child("sessionAffinityConfig"));
    match spec.text("sessionAffinity") {
        "ClientIP" => {
            let seconds = config.at("clientIP").int("timeoutSeconds").unwrap_or(0);
            if !(1..=MAX_AFFINITY_SECONDS).contains(&seconds) {
                let detail = format!("must be greater than 0 and less than {MAX_AFFINITY_SECONDS}");
                e.invalid_printed(&cp.child("clientIP.timeoutSeconds"), seconds.to_string(), &detail);
            }
        }
        "None" if !config.is_null() => e.forbidden(&cp, "must not be set when session affinity is None"),
        _ => {}
    }
}

fn texts(value: &Value, key: &str) -> Vec<String> {
    value.items(key).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

// pkg/apis/core/validation/validation.go ValidateServiceClusterIPsRelatedFields
pub fn cluster_ips(e: &mut Errors, spec: &Value, old: Option<&Value>, p: &Path) {
    if spec.text("type") == "ExternalName" {
        return;
    }
    let (ips, families) = (texts(spec, "clusterIPs"), texts(spec, "ipFamilies"));
    let (cp, fp) = (p.child("clusterIPs"), p.child("ipFamilies"));
    let all = |e: &mut Errors, detail: &str| e.invalid_value(&cp, &json!(ips), detail);
    match (spec.text("clusterIP"), ips.first()) {
        ("", Some(_)) => all(e, "must be empty when `clusterIP` is not specified"),
        ("", None) => {}
        (_, None) => e.required(&cp, ""),
        (one, Some(first)) if one != first => all(e, "first value must match `clusterIP`"),
        _ => {}
    }
    let mut seen = BTreeSet::new();
    for (i, family) in families.iter().enumerate() {
        if !matches!(family.as_str(), "IPv4" | "IPv6") {
            e.not_supported(&fp.index(i), &json!(family), &["IPv4", "IPv6"]);
        }
        if !seen.insert(family) {
            e.duplicate_printed(&fp.index(i), json!(family).to_string(), "");
        }
    }
    let policies = ["PreferDualStack", "RequireDualStack", "SingleStack"];
    if spec.opt_text("ipFamilyPolicy").is_some_and(|v| !policies.contains(&v)) {
        e.not_supported(&p.child("ipFamilyPolicy"), spec.at("ipFamilyPolicy"), &policies);
    }
    let existing = old.map(|o| texts(o, "clusterIPs")).unwrap_or_default();
    let mut invalid = false;
    for (i, address) in ips.iter().enumerate() {
        if i == 0 && address == "None" {
            if ips.len() > 1 {
                invalid = true;
                all(e, "'None' must be the first and only value");
            }
        } else if !existing.contains(address) {
            invalid |= !ip::address(e, address, &cp.index(i));
        }
    }
    if ips.len() > 2 {
        all(e, "may only hold up to 2 values");
    }
    if invalid {
        return;
    }
    if ips.len() > 1 && ips.iter().any(|i| ip::is_v6(i)) == ips.iter().all(|i| ip::is_v6(i)) {
        all(e, "may specify no more than one IP for each IP family");
    }
    if !headless(spec) {
        for (i, (address, family)) in ips.iter().zip(&families).enumerate() {
            if (family == "IPv6") != ip::is_v6(address) && matches!(family.as_str(), "IPv4" | "IPv6") {
                let detail = format!("expected an {family} value as indicated by `ipFamilies[{i}]`");
                e.invalid(&cp.index(i), address, &detail);
            }
        }
    }
}

fn external_ips(e: &mut Errors, spec: &Value, old: Option<&Value>, p: &Path) {
    let existing = old.map(|o| texts(o.at("spec"), "externalIPs")).unwrap_or_default();
    for (i, address) in texts(spec, "externalIPs").iter().enumerate() {
        if existing.contains(address) || ip::address(e, address, &p.index(i)) {
            ip::endpoint(e, address, &p.index(i));
        }
    }
}

/// Node ports, and pairs of protocol and port.
fn node_ports(e: &mut Errors, schema: &Schema, spec: &Value, p: &Path) {
    let ports = spec.items("ports");
    if spec.text("type") == "ClusterIP" {
        for (i, _) in ports.iter().enumerate().filter(|(_, port)| port.int("nodePort").unwrap_or(0) != 0) {
            e.forbidden(&p.index(i).child("nodePort"), "may not be used when `type` is 'ClusterIP'");
        }
    }
    let mut seen = BTreeSet::new();
    for (i, port) in ports.iter().enumerate() {
        let number = port.int("nodePort").unwrap_or(0);
        if number != 0 && !seen.insert((port.text("protocol"), number)) {
            e.duplicate_printed(&p.index(i).child("nodePort"), number.to_string(), "");
        }
    }
    let mut seen = BTreeSet::new();
    for (i, port) in ports.iter().enumerate() {
        let key = (port.text("protocol"), port.int("port").unwrap_or(0));
        if !seen.insert(key) {
            let shown = json!({"protocol": key.0, "port": key.1});
            e.duplicate_printed(&p.index(i), dump(schema, "ServicePort", &shown), "");
        }
    }
}

fn load_balancer(e: &mut Errors, spec: &Value, annotations: &Value, old: Option<&Value>, p: &Path) {
    let balancer = spec.text("type") == "LoadBalancer";
    let only = "may only be used when `type` is 'LoadBalancer'";
    let ranges = texts(spec, "loadBalancerSourceRanges");
    if !ranges.is_empty() {
        let p = p.child("LoadBalancerSourceRanges");
        if !balancer {
            e.forbidden(&p, only);
        }
        let existing = old.map(|o| texts(o.at("spec"), "loadBalancerSourceRanges")).unwrap_or_default();
        for (i, range) in ranges.iter().map(|r| r.trim()).enumerate() {
            if !existing.iter().any(|x| x.trim() == range) {
                ip::cidr(e, range, &p.index(i));
            }
        }
    } else if let Some(text) = annotations.opt_text(SOURCE_RANGES) {
        let p = Path::new("metadata.annotations").key(SOURCE_RANGES);
        if !balancer {
            e.forbidden(&p, only);
        }
        let before = old.and_then(|o| o.at("metadata").at("annotations").opt_text(SOURCE_RANGES));
        if before != Some(text) && !text.trim().is_empty() {
            for range in text.trim().split(',') {
                ip::cidr(e, range.trim(), &p);
            }
        }
    }
    if spec.has("allocateLoadBalancerNodePorts") && !balancer {
        e.forbidden(&p.child("allocateLoadBalancerNodePorts"), only);
    }
    if balancer && !spec.has("allocateLoadBalancerNodePorts") {
        e.required(&Path::new("allocateLoadBalancerNodePorts"), "");
    }
    load_balancer_class(e, spec, p);
}

fn load_balancer_class(e: &mut Errors, spec: &Value, p: &Path) {
    let Some(class) = spec.opt_text("loadBalancerClass") else { return };
    let p = p.child("loadBalancerClass");
    if spec.text("type") == "LoadBalancer" {
        e.invalid_each(&p, class, &names::qualified_name(class));
    } else {
        e.forbidden(&p, "may only be used when `type` is 'LoadBalancer'");
    }
}

/// Only a LoadBalancer with the policy Local has its health checked on its own port.
// pkg/api/service/util.go NeedsHealthCheck
pub fn needs_health_check(spec: &Value) -> bool {
    spec.text("type") == "LoadBalancer" && spec.text("externalTrafficPolicy") == "Local"
}

// pkg/apis/core/validation/validation.go validateServiceExternalTrafficPolicy
fn external_policy(e: &mut Errors, spec: &Value, p: &Path) {
    let (policy, pp) = (spec.at("externalTrafficPolicy"), p.child("externalTrafficPolicy"));
    if externally_accessible(spec) {
        one_of_or_required(e, policy, &pp, &["Cluster", "Local"]);
    } else if !policy.is_null() {
        e.invalid_value(&pp, policy, "may only be set for externally-accessible services");
    }
    let (port, hp) = (spec.int("healthCheckNodePort").unwrap_or(0), p.child("healthCheckNodePort"));
    match (needs_health_check(spec), port) {
        (false, 0) => {}
        (false, _) => {
            let detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
            e.invalid_printed(&hp, port.to_string(), detail);
        }
        // The server allocates one before it looks.
        (true, 0) => {}
        (true, _) => super::containers::port_in_range(e, port, &hp),
    }
}

// pkg/apis/core/validation/validation.go validateServiceInternalTrafficFieldsValue
fn internal_policy(e: &mut Errors, spec: &Value, p: &Path) {
    let (policy, p) = (spec.at("internalTrafficPolicy"), p.child("internalTrafficPolicy"));
    match policy.as_str() {
        None if matches!(spec.text("type"), "NodePort" | "LoadBalancer" | "ClusterIP") => e.required(&p, ""),
        None | Some("Cluster" | "Local") => {}
        Some(_) => e.not_supported(&p, policy, &["Cluster", "Local"]),
    }
}

// pkg/apis/core/validation/validation.go ValidateServiceUpdate
pub fn service_update(e: &mut Errors, schema: &Schema, new: &Value, old: &Value) {
    meta::object_meta_update(e, new, old);
    let (spec, before, p) = (new.at("spec"), old.at("spec"), Path::new("spec"));
    let external = |s: &Value| s.text("type") == "ExternalName";
    if !external(spec) && !external(before) {
        stable_ips(e, spec, before, &p);
        stable_families(e, spec, before, &p);
    }
    let balancer = |s: &Value| s.text("type") == "LoadBalancer";
    if balancer(spec) && balancer(before) && !same(spec.at("loadBalancerClass"), before.at("loadBalancerClass")) {
        let p = p.child("loadBalancerClass");
        e.invalid_value(&p, spec.at("loadBalancerClass"), "may not change once set");
    }
    load_balancer_class(e, spec, &p);
    let ports = (spec.int("healthCheckNodePort"), before.int("healthCheckNodePort"));
    if needs_health_check(spec) && needs_health_check(before) && ports.0 != ports.1 {
        e.forbidden(&p.child("healthCheckNodePort"), "field is immutable");
    }
    service(e, schema, new, Some(old));
}

// pkg/apis/core/validation/validation.go validateUpgradeDowngradeClusterIPs
fn stable_ips(e: &mut Errors, spec: &Value, before: &Value, p: &Path) {
    if headless(spec) && headless(before) {
        return;
    }
    let (new, old, cp) = (texts(spec, "clusterIPs"), texts(before, "clusterIPs"), p.child("clusterIPs"));
    let changed = |e: &mut Errors, i: usize| e.invalid_value(&cp.index(i), &json!(new), "may not change once set");
    if old.len() == new.len() {
        for (i, _) in old.iter().zip(&new).enumerate().filter(|(_, (a, b))| a != b) {
            changed(e, i);
        }
    } else if old.len() > new.len() {
        match new.first() {
            None => {
                let printed = if spec.has("clusterIPs") { "[]" } else { "null" };
                e.invalid_printed(&cp.index(0), printed.to_owned(), "primary clusterIP can not be unset");
            }
            first if first != old.first() => changed(e, 0),
            Some(_) => {}
        }
        if new.len() == 1 && spec.text("ipFamilyPolicy") != "SingleStack" {
            let detail = "must be set to 'SingleStack' when releasing the secondary clusterIP";
            e.invalid_value(&p.child("ipFamilyPolicy"), spec.at("ipFamilyPolicy"), detail);
        }
    } else if !old.is_empty() && new.first() != old.first() {
        changed(e, 0);
    }
}

// pkg/apis/core/validation/validation.go validateUpgradeDowngradeIPFamilies
fn stable_families(e: &mut Errors, spec: &Value, before: &Value, p: &Path) {
    if headless(spec) || headless(before) {
        return;
    }
    let (new, old, fp) = (texts(spec, "ipFamilies"), texts(before, "ipFamilies"), p.child("ipFamilies").index(0));
    if old.len() == new.len() {
        for _ in old.iter().zip(&new).filter(|(a, b)| a != b) {
            e.invalid_value(&fp, &json!(new), "may not change once set");
        }
        return;
    }
    if old.len() > new.len() && spec.items("clusterIPs").is_empty() {
        e.invalid_value(&fp, spec.at("ipFamilies"), "primary ipFamily can not be unset");
    }
    if !old.is_empty() && !new.is_empty() && new.first() != old.first() {
        e.invalid_value(&fp, spec.at("clusterIPs"), "may not change once set");
    }
    if old.len() > new.len() && new.len() == 1 && spec.text("ipFamilyPolicy") != "SingleStack" {
        let detail = "must be set to 'SingleStack' when releasing the secondary ipFamily";
        e.invalid_value(&p.child("ipFamilyPolicy"), spec.at("ipFamilyPolicy"), detail);
    }
}
