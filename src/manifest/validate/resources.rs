//! Requests, limits, claims.

use super::names;
use super::pod::{PodOptions, quantity};
use crate::manifest::default_pod::{aggregate, is_pod_level_resource};
use crate::manifest::field::{Errors, Path, quote};
use crate::manifest::internal::dump;
use crate::manifest::quantity::Quantity;
use crate::manifest::schema::Schema;
use crate::manifest::view::View;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Resource names without a domain that mean something somewhere.
const STANDARD: [&str; 20] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "storage",
    "requests.storage",
    "services.nodeports",
    "services.loadbalancers",
];

/// Resources that are counted.
const COUNTED: [&str; 9] = [
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];

/// Belongs to Kubernetes itself.
// pkg/apis/core/helper/helpers.go IsNativeResource
fn native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

fn huge_page(name: &str) -> bool {
    name.starts_with("hugepages-")
}

// pkg/apis/core/helper/helpers.go IsOvercommitAllowed
fn overcommit(name: &str) -> bool {
    native(name) && !huge_page(name)
}

// pkg/apis/core/helper/helpers.go IsExtendedResourceName
fn extended(name: &str) -> bool {
    !native(name) && !name.starts_with("requests.") && names::qualified_name(&format!("requests.{name}")).is_empty()
}

/// What is wrong with a resource name, printed as a named string.
// pkg/apis/core/validation/validation.go validateResourceName
fn name_faults(e: &mut Errors, name: &str, p: &Path) -> bool {
    let faults = names::qualified_name(name);
    for fault in &faults {
        e.invalid_value(p, &Value::from(name), fault);
    }
    if !faults.is_empty() {
        return true;
    }
    let quota_huge = name.starts_with("hugepages-") || name.starts_with("requests.hugepages-");
    if !name.contains('/') && !STANDARD.contains(&name) && !quota_huge {
        e.invalid_value(p, &Value::from(name), "must be a standard resource type or fully qualified");
        return true;
    }
    false
}

// pkg/apis/core/validation/validation.go validateContainerResourceName
fn container_name(e: &mut Errors, name: &str, p: &Path) {
    name_faults(e, name, p);
    if !name.contains('/') {
        if !matches!(name, "cpu" | "memory" | "ephemeral-storage") && !huge_page(name) {
            e.invalid_value(p, &Value::from(name), "must be a standard resource for containers");
        }
    } else if !native(name) && !extended(name) {
        e.invalid_value(p, &Value::from(name), "doesn't follow extended resource name standard");
    }
}

// pkg/apis/core/validation/validation.go validatePodResourceName
fn pod_name(e: &mut Errors, name: &str, p: &Path) {
    if !name_faults(e, name, p) && !is_pod_level_resource(name) {
        e.not_supported(p, &Value::from(name), &["cpu", "hugepages-", "memory"]);
    }
}

// pkg/apis/core/validation/validation.go ValidateResourceQuantityValue
pub fn quantity_value(e: &mut Errors, name: &str, value: &Quantity, p: &Path) {
    if value.is_negative() {
        e.invalid(p, &value.to_string(), "must be greater than or equal to 0");
    }
    if (COUNTED.contains(&name) || extended(name)) && value.milli_value() % 1000 != 0 {
        e.invalid_printed(p, quote(&value.to_string()), "must be an integer");
    }
}

fn huge_page_fault(name: &str, value: &Quantity, allowed: bool) -> Option<String> {
    let size = Quantity::parse(name.strip_prefix("hugepages-")?).ok();
    let whole = size.is_some_and(|s| s.value() > 0 && s.milli_value() % 1000 == 0 && value.value() % s.value() == 0);
    (!allowed && !whole).then(|| format!("{value} is not positive integer multiple of {name}"))
}

/// Whether a spec has huge page quantities that are no multiples; an update may keep them.
pub fn has_indivisible_huge_pages(spec: &Value) -> bool {
    let containers = ["initContainers", "containers"].into_iter().flat_map(|l| spec.items(l));
    let lists = containers.flat_map(|c| ["limits", "requests"].map(|l| c.at("resources").at(l)));
    lists.filter_map(Value::as_object).flatten().any(|(n, q)| huge_page_fault(n, &quantity(q), false).is_some())
}

/// Requests and limits of a container.
// pkg/apis/core/validation/validation.go ValidateContainerResourceRequirements
pub fn requirements(e: &mut Errors, value: &Value, claims: Option<&BTreeSet<String>>, p: &Path, options: &PodOptions) {
    let empty = Map::new();
    let limits = value.map("limits").unwrap_or(&empty);
    let requests = value.map("requests").unwrap_or(&empty);
    lists(e, limits, requests, p, options, container_name);
    claim_names(e, value.items("claims"), claims, &p.child("claims"));
}

/// Limits alone (a Pod's overhead).
pub fn limits(e: &mut Errors, value: &Value, p: &Path, options: &PodOptions) {
    let empty = Map::new();
    lists(e, value.as_object().unwrap_or(&empty), &empty, p, options, container_name);
}

// pkg/apis/core/validation/validation.go validateResourceRequirements
fn lists(
    e: &mut Errors,
    limits: &Map<String, Value>,
    requests: &Map<String, Value>,
    p: &Path,
    options: &PodOptions,
    name_rule: fn(&mut Errors, &str, &Path),
) {
    let (lp, rp) = (p.child("limits"), p.child("requests"));
    let one = |e: &mut Errors, name: &str, value: &Quantity, p: &Path| {
        name_rule(e, name, p);
        quantity_value(e, name, value, p);
    };
    let huge = |e: &mut Errors, name: &str, value: &Quantity, p: &Path| {
        if let Some(fault) = huge_page_fault(name, value, options.allow_indivisible_huge_pages) {
            e.invalid(p, &value.to_string(), &fault);
        }
    };
    for (name, value) in limits {
        let value = quantity(value);
        one(e, name, &value, &lp.key(name));
        huge(e, name, &value, &lp.key(name));
    }
    for (name, value) in requests {
        let value = quantity(value);
        one(e, name, &value, &rp.key(name));
        match limits.get(name).map(quantity) {
            Some(limit) if value != limit && !overcommit(name) => {
                e.invalid(&rp, &value.to_string(), &format!("must be equal to {name} limit of {limit}"));
            }
            Some(limit) if value > limit => {
                e.invalid(&rp, &value.to_string(), &format!("must be less than or equal to {name} limit of {limit}"));
            }
            Some(_) => {}
            None if !overcommit(name) => e.required(&lp, "Limit must be set for non overcommitable resources"),
            None => {}
        }
        huge(e, name, &value, &rp.key(name));
    }
    let any = |rule: fn(&str) -> bool| limits.keys().chain(requests.keys()).any(|n| rule(n));
    if any(huge_page) && !any(|n| matches!(n, "cpu" | "memory")) {
        e.forbidden(p, "HugePages require cpu or memory");
    }
}

// pkg/apis/core/validation/validation.go validateResourceClaimNames
fn claim_names(e: &mut Errors, claims: &[Value], known: Option<&BTreeSet<String>>, p: &Path) {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for (i, claim) in claims.iter().enumerate() {
        let (name, request, p) = (claim.text("name"), claim.text("request"), p.index(i));
        if name.is_empty() {
            e.required(&p, "");
            continue;
        }
        if seen.contains(name) {
            e.duplicate(&p, name);
        } else {
            let mut key = name.to_owned();
            if !request.is_empty() {
                e.invalid_each(&p.child("request"), request, &names::dns_label(request));
                key = format!("{name}/{request}");
            }
            if seen.contains(&key) {
                e.duplicate(&p, &key);
            } else if request.is_empty() {
                for _ in seen.iter().filter(|k| k.split_once('/').is_some_and(|(n, _)| n == name)) {
                    e.duplicate(&p, name);
                }
            }
            seen.insert(key);
        }
        if known.is_some_and(|k| !k.contains(name)) {
            let names: Vec<&str> = known.into_iter().flatten().map(String::as_str).collect();
            let list = if names.is_empty() { " which is empty".to_owned() } else { format!(": {}", names.join(", ")) };
            e.not_found(&p, name, &format!("must be one of the names in pod.spec.resourceClaims{list}"));
        }
    }
}

/// A Pod's resource claims; returns their names.
// pkg/apis/core/validation/validation.go validatePodResourceClaim
pub fn pod_claims(e: &mut Errors, schema: &Schema, spec: &Value, meta: Option<&Value>, p: &Path) -> BTreeSet<String> {
    let claims = spec.items("resourceClaims");
    let mirror = meta.is_some_and(|m| m.at("annotations").has("kubernetes.io/config.mirror"));
    let mut seen = BTreeSet::new();
    for (i, claim) in claims.iter().enumerate() {
        if mirror {
            e.forbidden(&Path::new(""), "static pods do not support resource claims");
            continue;
        }
        let (name, p) = (claim.text("name"), p.index(i));
        if name.is_empty() {
            e.required(&p.child("name"), "");
        } else if !seen.insert(name) {
            e.duplicate(&p.child("name"), name);
        } else {
            e.invalid_each(&p.child("name"), name, &names::dns_label(name));
        }
        let both = (claim.has("resourceClaimName"), claim.has("resourceClaimTemplateName"));
        let detail = match both {
            (true, true) => Some("at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"),
            (false, false) => Some("must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"),
            _ => None,
        };
        if let Some(detail) = detail {
            e.invalid_printed(&p, dump(schema, "PodResourceClaim", claim), detail);
        }
        for key in ["resourceClaimName", "resourceClaimTemplateName"] {
            if let Some(name) = claim.opt_text(key) {
                e.invalid_each(&p.child(key), name, &names::dns_subdomain(name));
            }
        }
    }
    claims.iter().map(|c| c.text("name").to_owned()).filter(|n| !n.is_empty()).collect()
}

/// Resources of the whole Pod.
// pkg/apis/core/validation/validation.go validatePodResources, validatePodResourceConsistency
pub fn pod_level(e: &mut Errors, spec: &Value, p: &Path, options: &PodOptions) {
    let (resources, p) = (spec.at("resources"), p.child("resources"));
    if resources.is_null() {
        return;
    }
    if spec.at("os").text("name") == "windows" {
        return e.forbidden(&p, "may not be set for a windows pod");
    }
    if resources.has("claims") {
        e.forbidden(&p.child("claims"), "claims may not be set for Resources at pod-level");
    }
    let empty = Map::new();
    let limits = resources.map("limits").unwrap_or(&empty);
    let requests = resources.map("requests").unwrap_or(&empty);
    lists(e, limits, requests, &p, options, pod_name);
    let known = spec.items("resourceClaims").iter().map(|c| c.text("name").to_owned()).filter(|n| !n.is_empty());
    claim_names(e, resources.items("claims"), Some(&known.collect()), &p.child("claims"));
    for (name, sum) in aggregate(spec, "requests") {
        if let Some(own) = requests.get(&name).map(quantity).filter(|q| sum > *q) {
            let detail = format!("must be greater than or equal to aggregate container requests of {sum}");
            e.invalid(&p.child("requests").key(&name), &own.to_string(), &detail);
        }
    }
    for (name, sum) in aggregate(spec, "limits").into_iter().filter(|(n, _)| huge_page(n)) {
        if let Some(own) = limits.get(&name).map(quantity).filter(|q| sum > *q) {
            let detail = format!("must be greater than or equal to aggregate container limits of {sum}");
            e.invalid(&p.child("limits").key(&name), &own.to_string(), &detail);
        }
    }
    for (i, container) in spec.items("containers").iter().enumerate() {
        for (name, value) in container.at("resources").map("limits").into_iter().flatten() {
            let value = quantity(value);
            if let Some(own) = limits.get(name).map(quantity).filter(|q| value > *q) {
                let p = p.child("containers").index(i).key(name).child("limits");
                e.invalid(&p, &value.to_string(), &format!("must be less than or equal to pod limits of {own}"));
            }
        }
    }
}
