//! Affinity, tolerations, taints, topology spread constraints.

use super::meta;
use super::names;
use super::pod::PodOptions;
use crate::manifest::field::{Errors, Path, quote};
use crate::manifest::view::View;
use serde_json::Value;
use std::collections::BTreeSet;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// All pod affinity terms, to look at their selectors.
pub fn affinity_terms(spec: &Value) -> Vec<&Value> {
    let kinds = ["podAffinity", "podAntiAffinity"].map(|k| spec.at("affinity").at(k));
    let required = kinds.iter().flat_map(|a| a.items(REQUIRED));
    let preferred = kinds.iter().flat_map(|a| a.items(PREFERRED)).map(|w| w.at("podAffinityTerm"));
    required.chain(preferred).collect()
}

// pkg/apis/core/validation/validation.go validateAffinity
pub fn affinity(e: &mut Errors, affinity: &Value, options: &PodOptions, p: &Path) {
    let (node, np) = (affinity.at("nodeAffinity"), p.child("nodeAffinity"));
    if node.has(REQUIRED) {
        node_selector(e, node.at(REQUIRED), options.allow_invalid_node_affinity_values, &np.child(REQUIRED));
    }
    for (i, term) in node.items(PREFERRED).iter().enumerate() {
        let p = np.child(PREFERRED).index(i);
        weight(e, term, &p);
        node_selector_term(e, term.at("preference"), true, &p.child("preference"));
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let (pods, p) = (affinity.at(kind), p.child(kind));
        for (i, term) in pods.items(REQUIRED).iter().enumerate() {
            pod_affinity_term(e, term, options, &p.child(REQUIRED).index(i));
        }
        for (i, weighted) in pods.items(PREFERRED).iter().enumerate() {
            let p = p.child(PREFERRED).index(i);
            weight(e, weighted, &p);
            pod_affinity_term(e, weighted.at("podAffinityTerm"), options, &p.child("podAffinityTerm"));
        }
    }
}

fn weight(e: &mut Errors, term: &Value, p: &Path) {
    let weight = term.int("weight").unwrap_or(0);
    if !(1..=100).contains(&weight) {
        e.invalid_printed(&p.child("weight"), weight.to_string(), "must be in the range 1-100");
    }
}

// pkg/apis/core/validation/validation.go ValidateNodeSelector
fn node_selector(e: &mut Errors, selector: &Value, allow_invalid: bool, p: &Path) {
    let (terms, p) = (selector.items("nodeSelectorTerms"), p.child("nodeSelectorTerms"));
    if terms.is_empty() {
        return e.required(&p, "must have at least one node selector term");
    }
    for (i, term) in terms.iter().enumerate() {
        node_selector_term(e, term, allow_invalid, &p.index(i));
    }
}

// pkg/apis/core/validation/validation.go ValidateNodeSelectorTerm
fn node_selector_term(e: &mut Errors, term: &Value, allow_invalid: bool, p: &Path) {
    for (i, requirement) in term.items("matchExpressions").iter().enumerate() {
        node_requirement(e, requirement, allow_invalid, &p.child("matchExpressions").index(i));
    }
    for (i, requirement) in term.items("matchFields").iter().enumerate() {
        node_field_requirement(e, requirement, &p.child("matchFields").index(i));
    }
}

// pkg/apis/core/validation/validation.go ValidateNodeSelectorRequirement
fn node_requirement(e: &mut Errors, requirement: &Value, allow_invalid: bool, p: &Path) {
    let (values, vp) = (requirement.items("values"), p.child("values"));
    match requirement.text("operator") {
        "In" | "NotIn" => {
            if values.is_empty() {
                e.required(&vp, "must be specified when `operator` is 'In' or 'NotIn'");
            }
        }
        "Exists" | "DoesNotExist" => {
            if !values.is_empty() {
                e.forbidden(&vp, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
            }
        }
        "Gt" | "Lt" => {
            if values.len() != 1 {
                e.required(&vp, "must be specified single value when `operator` is 'Lt' or 'Gt'");
            }
        }
        _ => e.invalid_value(&p.child("operator"), &meta::operator(requirement), "not a valid selector operator"),
    }
    meta::label_name(e, requirement.text("key"), &p.child("key"));
    if !allow_invalid {
        for (i, value) in values.iter().filter_map(Value::as_str).enumerate() {
            e.invalid_each(&vp.index(i), value, &names::label_value(value));
        }
    }
}

// pkg/apis/core/validation/validation.go ValidateNodeFieldSelectorRequirement
fn node_field_requirement(e: &mut Errors, requirement: &Value, p: &Path) {
    let (values, vp) = (requirement.items("values"), p.child("values"));
    match requirement.text("operator") {
        "In" | "NotIn" => {
            if values.len() != 1 {
                let detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
                e.required(&vp, detail);
            }
        }
        _ => e.invalid_value(&p.child("operator"), &meta::operator(requirement), "not a valid selector operator"),
    }
    if requirement.text("key") != "metadata.name" {
        return e.invalid(&p.child("key"), requirement.text("key"), "not a valid field selector key");
    }
    for (i, value) in values.iter().filter_map(Value::as_str).enumerate() {
        e.invalid_each(&vp.index(i), value, &names::dns_subdomain(value));
    }
}

// pkg/apis/core/validation/validation.go validatePodAffinityTerm
fn pod_affinity_term(e: &mut Errors, term: &Value, options: &PodOptions, p: &Path) {
    for key in ["labelSelector", "namespaceSelector"] {
        meta::label_selector(e, term.at(key), options.allow_invalid_label_value_in_selector, &p.child(key));
    }
    for namespace in term.items("namespaces").iter().filter_map(Value::as_str) {
        e.invalid_each(&p.child("namespace"), namespace, &names::dns_label(namespace));
    }
    label_keys(e, term, p);
    let (key, kp) = (term.text("topologyKey"), p.child("topologyKey"));
    if key.is_empty() {
        e.required(&kp, "can not be empty");
    }
    meta::label_name(e, key, &kp);
}

/// `matchLabelKeys` and `mismatchLabelKeys` against each other and against the selector.
// pkg/apis/core/validation/validation.go ValidateMatchLabelKeysAndMismatchLabelKeys
fn label_keys(e: &mut Errors, term: &Value, p: &Path) {
    let selector = term.at("labelSelector");
    let texts = |key: &str| -> Vec<&str> { term.items(key).iter().filter_map(Value::as_str).collect() };
    let (matching, mismatching) = (texts("matchLabelKeys"), texts("mismatchLabelKeys"));
    for (name, keys) in [("matchLabelKeys", &matching), ("mismatchLabelKeys", &mismatching)] {
        let p = p.child(name);
        if keys.is_empty() {
            continue;
        }
        if selector.is_null() {
            e.forbidden(&p, "must not be specified when labelSelector is not set");
            continue;
        }
        for (i, key) in keys.iter().enumerate() {
            meta::label_name(e, key, &p.index(i));
        }
    }
    let mut selected: BTreeSet<&str> =
        selector.map("matchLabels").into_iter().flatten().map(|(k, _)| k.as_str()).collect();
    for requirement in selector.items("matchExpressions") {
        let key = requirement.text("key");
        if let Some(i) = matching.iter().rposition(|k| *k == key)
            && selected.contains(key)
        {
            e.invalid(&p.index(i), key, "exists in both matchLabelKeys and labelSelector");
        }
        selected.insert(key);
    }
    for (i, key) in matching.iter().enumerate().filter(|(_, k)| mismatching.contains(k)) {
        e.invalid(&p.child("matchLabelKeys").index(i), key, "exists in both matchLabelKeys and mismatchLabelKeys");
    }
}

// pkg/apis/core/validation/validation.go ValidateTolerations
pub fn tolerations(e: &mut Errors, tolerations: &[Value], p: &Path, options: &PodOptions) {
    for (i, toleration) in tolerations.iter().enumerate() {
        let p = p.index(i);
        let (key, operator, value) = (toleration.text("key"), toleration.text("operator"), toleration.text("value"));
        let op = p.child("operator");
        if !key.is_empty() {
            meta::label_name(e, key, &p.child("key"));
        } else if operator != "Exists" {
            let detail = "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            e.invalid_value(&op, &Value::from(operator), detail);
        }
        let effect = toleration.text("effect");
        if toleration.has("tolerationSeconds") && effect != "NoExecute" {
            let detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            e.invalid_value(&p.child("effect"), &Value::from(effect), detail);
        }
        match operator {
            "Equal" | "" => {
                let faults = names::label_value(value);
                if !faults.is_empty() {
                    e.invalid(&op, value, &faults.join(";"));
                }
            }
            "Exists" => {
                if !value.is_empty() {
                    e.invalid(&op, value, "value must be empty when `operator` is 'Exists'");
                }
            }
            "Lt" | "Gt" if options.allow_comparison => {
                e.invalid_each(&p.child("value"), value, &names::decimal_integer(value));
            }
            "Lt" | "Gt" => e.not_supported(&op, &Value::from(operator), &["Equal", "Exists", "Lt", "Gt"]),
            _ => e.not_supported(&op, &Value::from(operator), &["Equal", "Exists"]),
        }
        if !effect.is_empty() {
            taint_effect(e, toleration, true, &p.child("effect"));
        }
    }
}

// pkg/apis/core/validation/validation.go validateTaintEffect
pub fn taint_effect(e: &mut Errors, taint: &Value, allow_empty: bool, p: &Path) {
    let effect = taint.text("effect");
    if effect.is_empty() && !allow_empty {
        return e.required(p, "");
    }
    let allowed = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
    if !allowed.contains(&effect) {
        e.not_supported(p, &Value::from(effect), &allowed);
    }
}

// pkg/apis/core/validation/validation.go validateTopologySpreadConstraints
pub fn topology_spread(e: &mut Errors, constraints: &[Value], p: &Path, options: &PodOptions) {
    for (i, constraint) in constraints.iter().enumerate() {
        let p = p.index(i);
        let positive = |e: &mut Errors, key: &str| {
            let value = constraint.int(key).unwrap_or(0);
            if value <= 0 {
                e.invalid_printed(&p.child(key), value.to_string(), "must be greater than zero");
            }
        };
        positive(e, "maxSkew");
        let (key, action) = (constraint.text("topologyKey"), constraint.text("whenUnsatisfiable"));
        if key.is_empty() {
            e.required(&p.child("topologyKey"), "can not be empty");
        }
        if !matches!(action, "DoNotSchedule" | "ScheduleAnyway") {
            let allowed = ["DoNotSchedule", "ScheduleAnyway"];
            e.not_supported(&p.child("whenUnsatisfiable"), &Value::from(action), &allowed);
        }
        let again = |c: &Value| c.text("topologyKey") == key && c.text("whenUnsatisfiable") == action;
        if constraints.iter().skip(i + 1).any(again) {
            let printed = quote(&format!("{{{key}, {action}}}"));
            e.duplicate_printed(&p.child("{topologyKey, whenUnsatisfiable}"), printed, "");
        }
        if constraint.has("minDomains") {
            positive(e, "minDomains");
            if action != "DoNotSchedule" {
                let detail = format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
                e.invalid_value(&p.child("minDomains"), constraint.at("minDomains"), &detail);
            }
        }
        for name in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            if constraint.opt_text(name).is_some_and(|v| v != "Ignore" && v != "Honor") {
                e.not_supported(&p.child(name), constraint.at(name), &["Honor", "Ignore"]);
            }
        }
        label_keys(e, constraint, &p);
        if !options.allow_invalid_spread_selector {
            meta::label_selector(e, constraint.at("labelSelector"), false, &p.child("labelSelector"));
        }
    }
}
