//! A Job's podFailurePolicy and successPolicy.

use super::names;
use crate::manifest::field::{Errors, Path, quote};
use crate::manifest::view::View;
use serde_json::Value;
use std::collections::BTreeSet;

const MAX_FAILURE_RULES: usize = 20;
const MAX_EXIT_CODES: usize = 255;
const MAX_CONDITION_PATTERNS: usize = 20;
const MAX_SUCCESS_RULES: usize = 20;
const MAX_SUCCEEDED_INDEXES_BYTES: usize = 64 * 1024;

const ACTIONS: [&str; 4] = ["Count", "FailIndex", "FailJob", "Ignore"];
const OPERATORS: [&str; 2] = ["In", "NotIn"];
const STATUSES: [&str; 3] = ["False", "True", "Unknown"];

/// `valid values: ["a" "b"]`
fn valid_values(values: &[&str]) -> String {
    let quoted: Vec<String> = values.iter().map(|v| quote(v)).collect();
    format!("valid values: [{}]", quoted.join(" "))
}

/// Required if empty, unsupported if not in the list.
fn one_of(e: &mut Errors, value: &Value, p: &Path, allowed: &[&str]) {
    match value.as_str().unwrap_or("") {
        "" => e.required(p, &valid_values(allowed)),
        text if !allowed.contains(&text) => e.not_supported(p, value, allowed),
        _ => {}
    }
}

// pkg/apis/batch/validation/validation.go validatePodFailurePolicy
pub fn pod_failure_policy(e: &mut Errors, spec: &Value, p: &Path) {
    let (rules, rp) = (spec.at("podFailurePolicy").items("rules"), p.child("rules"));
    if rules.len() > MAX_FAILURE_RULES {
        e.too_many(&rp, rules.len(), MAX_FAILURE_RULES);
    }
    let pod = spec.down(&["template", "spec"]);
    let containers = pod.items("containers").iter().chain(pod.items("initContainers"));
    let names: BTreeSet<&str> = containers.map(|c| c.text("name")).collect();
    for (i, rule) in rules.iter().enumerate() {
        failure_rule(e, spec, rule, &rp.index(i), &names);
    }
}

// pkg/apis/batch/validation/validation.go validatePodFailurePolicyRule
fn failure_rule(e: &mut Errors, spec: &Value, rule: &Value, p: &Path, names: &BTreeSet<&str>) {
    let action = rule.at("action");
    if action.as_str() == Some("FailIndex") {
        if !spec.has("backoffLimitPerIndex") {
            e.invalid_value(&p.child("action"), action, "requires the backoffLimitPerIndex to be set");
        }
    } else {
        one_of(e, action, &p.child("action"), &ACTIONS);
    }
    let (codes, conditions) = (rule.at("onExitCodes"), rule.items("onPodConditions"));
    if !codes.is_null() {
        exit_codes(e, codes, &p.child("onExitCodes"), names);
    }
    let cp = p.child("onPodConditions");
    if conditions.len() > MAX_CONDITION_PATTERNS {
        e.too_many(&cp, conditions.len(), MAX_CONDITION_PATTERNS);
    }
    for (i, pattern) in conditions.iter().enumerate() {
        let p = cp.index(i);
        e.invalid_each(&p.child("type"), pattern.text("type"), &names::qualified_name(pattern.text("type")));
        one_of(e, pattern.at("status"), &p.child("status"), &STATUSES);
    }
    match (codes.is_null(), conditions.is_empty()) {
        (false, false) => e.invalid_omitted(p, "specifying both OnExitCodes and OnPodConditions is not supported"),
        (true, true) => e.invalid_omitted(p, "specifying one of OnExitCodes and OnPodConditions is required"),
        _ => {}
    }
}

// pkg/apis/batch/validation/validation.go validatePodFailurePolicyRuleOnExitCodes
fn exit_codes(e: &mut Errors, codes: &Value, p: &Path, names: &BTreeSet<&str>) {
    one_of(e, codes.at("operator"), &p.child("operator"), &OPERATORS);
    if let Some(container) = codes.opt_text("containerName").filter(|c| !names.contains(c)) {
        let detail = "must be one of the container or initContainer names in the pod template";
        e.invalid(&p.child("containerName"), container, detail);
    }
    let (values, vp) = (codes.items("values"), p.child("values"));
    if values.is_empty() {
        // An empty list prints as such, a missing one as null.
        e.invalid_value(&vp, codes.at("values"), "at least one value is required");
    } else if values.len() > MAX_EXIT_CODES {
        e.too_many(&vp, values.len(), MAX_EXIT_CODES);
    }
    let mut seen = BTreeSet::new();
    let mut ordered = true;
    let mut previous = None;
    for (i, value) in values.iter().enumerate() {
        let code = value.as_i64().unwrap_or(0);
        if codes.text("operator") == "In" && code == 0 {
            e.invalid_printed(&vp.index(i), code.to_string(), "must not be 0 for the In operator");
        }
        if !seen.insert(code) {
            e.duplicate_printed(&vp.index(i), code.to_string(), "");
        }
        ordered &= previous.is_none_or(|p| p <= code);
        previous = Some(code);
    }
    if !ordered {
        e.invalid_value(&vp, codes.at("values"), "must be ordered");
    }
}

// pkg/apis/batch/validation/validation.go validateSuccessPolicy
pub fn success_policy(e: &mut Errors, spec: &Value, p: &Path) {
    let (rules, rp) = (spec.at("successPolicy").items("rules"), p.child("rules"));
    if rules.is_empty() {
        e.required(&rp, "at least one rules must be specified when the successPolicy is specified");
    }
    if rules.len() > MAX_SUCCESS_RULES {
        e.too_many(&rp, rules.len(), MAX_SUCCESS_RULES);
    }
    // Upstream would crash without completions; an Indexed Job without them is refused anyway.
    let completions = spec.int("completions").unwrap_or(0);
    for (i, rule) in rules.iter().enumerate() {
        success_rule(e, rule, completions, &rp.index(i));
    }
}

// pkg/apis/batch/validation/validation.go validateSuccessPolicyRule
fn success_rule(e: &mut Errors, rule: &Value, completions: i64, p: &Path) {
    let (indexes, count) = (rule.opt_text("succeededIndexes"), rule.int("succeededCount"));
    if indexes.is_none() && count.is_none() {
        e.required(p, "at least one of succeededCount or succeededIndexes must be specified");
    }
    let mut total = 0;
    if let Some(text) = indexes {
        let ip = p.child("succeededIndexes");
        if text.len() > MAX_SUCCEEDED_INDEXES_BYTES {
            e.too_long(&ip, MAX_SUCCEEDED_INDEXES_BYTES);
        }
        match count_indexes(text, completions) {
            Ok(sum) => total = sum,
            Err(why) => e.invalid(&ip, text, &format!("error parsing succeededIndexes: {why}")),
        }
    }
    if let Some(count) = count {
        let cp = p.child("succeededCount");
        e.nonnegative(Some(count), &cp);
        if count > completions {
            let detail = format!("must be less than or equal to {completions} (the number of specified completions)");
            e.invalid_printed(&cp, count.to_string(), &detail);
        }
        if indexes.is_some() && count > total {
            let detail = format!(
                "must be less than or equal to {total} (the number of indexes in the specified succeededIndexes field)"
            );
            e.invalid_printed(&cp, count.to_string(), &detail);
        }
    }
}

/// How many indexes a text such as `0,2-4` names.
// pkg/apis/batch/validation/validation.go validateIndexesFormat
fn count_indexes(text: &str, completions: i64) -> Result<i64, String> {
    if text.is_empty() {
        return Ok(0);
    }
    let (mut total, mut last) = (0, None);
    for interval in text.split(',') {
        let (from, to) = index_interval(interval, completions)?;
        if let Some(last) = last.filter(|l| *l >= from) {
            return Err(format!("non-increasing order, previous: {last}, current: {from}"));
        }
        total += to - from + 1;
        last = Some(to);
    }
    Ok(total)
}

// pkg/apis/batch/validation/validation.go parseIndexInterval
fn index_interval(text: &str, completions: i64) -> Result<(i64, i64), String> {
    let limits: Vec<&str> = text.split('-').collect();
    if limits.len() > 2 {
        return Err(format!(
            "the fragment {} violates the requirement that an index interval can have at most two parts separated by '-'",
            quote(text)
        ));
    }
    let parse = |text: &str| {
        let value: i64 =
            text.parse().map_err(|_| format!("cannot convert string to integer for index: {}", quote(text)))?;
        if value >= completions { Err(format!("too large index: {}", quote(text))) } else { Ok(value) }
    };
    let from = parse(limits.first().copied().unwrap_or(""))?;
    match limits.get(1) {
        None => Ok((from, from)),
        Some(to) => {
            let to = parse(to)?;
            if from >= to {
                Err(format!("non-increasing order, previous: {from}, current: {to}"))
            } else {
                Ok((from, to))
            }
        }
    }
}
