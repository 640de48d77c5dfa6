//! Job and CronJob.

use super::batch_policy::{pod_failure_policy, success_policy};
use super::meta;
use super::names;
use super::pod::{self, PodOptions};
use crate::cron;
use crate::manifest::field::{ErrorKind, Errors, FieldError, Path};
use crate::manifest::internal::dump;
use crate::manifest::schema::Schema;
use crate::manifest::view::{View, same};
use serde_json::Value;

const MAX_INDEXED_PARALLELISM: i64 = 100_000;
const MAX_FAILED_INDEXES: i64 = 100_000;
const SOFT_COMPLETIONS: i64 = 100_000;
const HIGH_COMPLETIONS_PARALLELISM: i64 = 10_000;
const HIGH_COMPLETIONS_FAILED_INDEXES: i64 = 10_000;
const MAX_MANAGED_BY_BYTES: usize = 63;
const MAX_CRON_JOB_NAME_BYTES: usize = 52;

/// Labels that a generated selector needs: their keys, and whether they name the Job (else its uid).
const GENERATED_LABELS: [(&str, bool, bool); 4] = [
    ("controller-uid", false, false),
    ("job-name", true, false),
    ("batch.kubernetes.io/controller-uid", false, true),
    ("batch.kubernetes.io/job-name", true, true),
];

fn indexed(spec: &Value) -> bool {
    spec.text("completionMode") == "Indexed"
}

// pkg/apis/batch/validation/validation.go ValidateJob
pub fn job(e: &mut Errors, schema: &Schema, object: &Value, old: Option<&Value>) {
    let (spec, meta_value) = (object.at("spec"), object.at("metadata"));
    meta::object_meta(e, object, true, names::dns_subdomain);
    let prefixed = old.is_none_or(|old| {
        let labels = old.down(&["spec", "template", "metadata", "labels"]);
        labels.has("batch.kubernetes.io/job-name") && labels.has("batch.kubernetes.io/controller-uid")
    });
    generated_selector(e, schema, object, prefixed);
    job_spec_with_selector(e, schema, spec, old);
    if indexed(spec)
        && let Some(completions) = spec.int("completions").filter(|c| *c > 0)
    {
        let hostname = format!("{}-{}", meta_value.text("name"), completions - 1);
        if !names::dns_label(&hostname).is_empty() {
            let detail = format!("will not able to create pod with invalid DNS label: {hostname}");
            e.invalid(&Path::new("metadata.name"), meta_value.text("name"), &detail);
        }
    }
}

// pkg/apis/batch/validation/validation.go validateGeneratedSelector
fn generated_selector(e: &mut Errors, schema: &Schema, object: &Value, prefixed: bool) {
    let (spec, meta_value) = (object.at("spec"), object.at("metadata"));
    if spec.flag("manualSelector") || !spec.has("selector") {
        return;
    }
    if meta_value.text("uid").is_empty() {
        e.required(&Path::new("metadata.uid"), "");
    }
    let labels = spec.down(&["template", "metadata", "labels"]);
    let p = Path::new("spec.template.metadata.labels");
    let mut expected = serde_json::Map::new();
    for (key, names_job, is_prefixed) in GENERATED_LABELS {
        if is_prefixed && !prefixed {
            continue;
        }
        let value = if names_job { meta_value.text("name") } else { meta_value.text("uid") };
        expected.insert(key.to_owned(), Value::from(value));
        match labels.opt_text(key) {
            None => e.required(&p.key(key), &format!("must be '{value}'")),
            Some(actual) if actual != value => e.invalid_value(&p.key(key), labels, &format!("must be '{value}'")),
            Some(_) => {}
        }
    }
    if meta::selects(spec.at("selector"), &Value::Object(expected)) == Some(false) {
        let printed = meta::selector_text(schema, spec.at("selector"));
        e.invalid_printed(&Path::new("spec.selector"), printed, "`selector` not auto-generated");
    }
}

// pkg/apis/batch/validation/validation.go ValidateJobSpec
fn job_spec_with_selector(e: &mut Errors, schema: &Schema, spec: &Value, old: Option<&Value>) {
    let p = Path::new("spec");
    let options = PodOptions::for_template(spec.at("template"), old.map(|o| o.down(&["spec", "template"])));
    let allow = options.allow_invalid_label_value_in_selector
        || old.is_some_and(|o| meta::has_invalid_values(o.down(&["spec", "selector"])));
    job_spec(e, schema, spec, &p, &options);
    if spec.has("selector") {
        meta::label_selector(e, spec.at("selector"), allow, &p.child("selector"));
    } else {
        e.required(&p.child("selector"), "");
    }
    let template = spec.at("template");
    if meta::selects(spec.at("selector"), template.at("metadata").at("labels")) == Some(false) {
        meta::template_labels_error(e, template, &p.child("template"));
    }
}

/// What a Job's spec and a CronJob's job template have in common.
// pkg/apis/batch/validation/validation.go validateJobSpec
pub fn job_spec(e: &mut Errors, schema: &Schema, spec: &Value, p: &Path, options: &PodOptions) {
    for key in [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ] {
        e.nonnegative(spec.int(key), &p.child(key));
    }
    if spec.has("maxFailedIndexes") && !spec.has("backoffLimitPerIndex") {
        e.required(&p.child("backoffLimitPerIndex"), "when maxFailedIndexes is specified");
    }
    managed_by(e, spec, p);
    completion_mode(e, spec, p);
    if spec.has("podFailurePolicy") {
        pod_failure_policy(e, spec, &p.child("podFailurePolicy"));
    }
    if spec.has("successPolicy") {
        let sp = p.child("successPolicy");
        if indexed(spec) {
            success_policy(e, spec, &sp);
        } else {
            let printed = dump(schema, "SuccessPolicy", spec.at("successPolicy"));
            e.invalid_printed(&sp, printed, "requires indexed completion mode");
        }
    }
    pod_replacement_policy(e, spec, p);
    pod::template(e, schema, spec.at("template"), &p.child("template"), options);
    restart_policy(e, spec, p);
}

fn managed_by(e: &mut Errors, spec: &Value, p: &Path) {
    let Some(name) = spec.opt_text("managedBy") else { return };
    let p = p.child("managedBy");
    if name.is_empty() {
        e.required(&p, "");
    } else {
        for (part, message) in names::domain_prefixed_path(name) {
            e.invalid(&p, &part, &message);
        }
    }
    if name.len() > MAX_MANAGED_BY_BYTES {
        e.too_long(&p, MAX_MANAGED_BY_BYTES);
    }
}

fn completion_mode(e: &mut Errors, spec: &Value, p: &Path) {
    let mode = spec.opt_text("completionMode");
    if mode.is_some_and(|m| m != "NonIndexed" && m != "Indexed") {
        e.not_supported(&p.child("completionMode"), spec.at("completionMode"), &["NonIndexed", "Indexed"]);
    }
    if indexed(spec) {
        indexed_limits(e, spec, p);
    }
    if mode.is_none_or(|m| m == "NonIndexed") {
        for key in ["backoffLimitPerIndex", "maxFailedIndexes"] {
            if spec.has(key) {
                e.invalid_value(&p.child(key), spec.at(key), "requires indexed completion mode");
            }
        }
    }
}

fn indexed_limits(e: &mut Errors, spec: &Value, p: &Path) {
    let (completions, parallelism, failed) =
        (spec.int("completions"), spec.int("parallelism"), spec.int("maxFailedIndexes"));
    let (pp, fp) = (p.child("parallelism"), p.child("maxFailedIndexes"));
    let above = |e: &mut Errors, p: &Path, value: Option<i64>, limit: i64, rest: &str| {
        if let Some(value) = value.filter(|v| *v > limit) {
            e.invalid_printed(p, value.to_string(), &format!("must be less than or equal to {limit}{rest}"));
        }
    };
    if completions.is_none() {
        e.required(&p.child("completions"), "when completion mode is Indexed");
    }
    above(e, &pp, parallelism, MAX_INDEXED_PARALLELISM, " when completion mode is Indexed");
    if let (Some(completions), Some(failed)) = (completions, failed)
        && failed > completions
    {
        e.invalid_printed(&fp, failed.to_string(), "must be less than or equal to completions");
    }
    above(e, &fp, failed, MAX_FAILED_INDEXES, "");
    if completions.is_some_and(|c| c > SOFT_COMPLETIONS) && spec.has("backoffLimitPerIndex") {
        if failed.is_none() {
            e.required(&fp, &format!("must be specified when completions is above {SOFT_COMPLETIONS}"));
        }
        let rest = format!(" when completions are above {SOFT_COMPLETIONS} and used with backoff limit per index");
        above(e, &pp, parallelism, HIGH_COMPLETIONS_PARALLELISM, &rest);
        above(e, &fp, failed, HIGH_COMPLETIONS_FAILED_INDEXES, &rest);
    }
}

// pkg/apis/batch/validation/validation.go validatePodReplacementPolicy
fn pod_replacement_policy(e: &mut Errors, spec: &Value, p: &Path) {
    let Some(policy) = spec.opt_text("podReplacementPolicy") else { return };
    let allowed: &[&str] = if spec.has("podFailurePolicy") { &["Failed"] } else { &["Failed", "TerminatingOrFailed"] };
    if !allowed.contains(&policy) {
        e.not_supported(&p.child("podReplacementPolicy"), spec.at("podReplacementPolicy"), allowed);
    }
}

fn restart_policy(e: &mut Errors, spec: &Value, p: &Path) {
    let policy = spec.down(&["template", "spec", "restartPolicy"]);
    let p = p.child("template.spec.restartPolicy");
    match policy.as_str().unwrap_or("") {
        "Always" | "" => e.required(&p, "valid values: \"OnFailure\", \"Never\""),
        "OnFailure" if spec.has("podFailurePolicy") => {
            e.invalid_value(&p, policy, "only \"Never\" is supported when podFailurePolicy is specified");
        }
        "OnFailure" | "Never" => {}
        _ => e.not_supported(&p, policy, &["OnFailure", "Never"]),
    }
}

// pkg/registry/batch/job/strategy.go ValidateUpdate; pkg/apis/batch/validation/validation.go ValidateJobUpdate
pub fn job_update(e: &mut Errors, schema: &Schema, new: &Value, old: &Value) {
    job(e, schema, new, Some(old));
    meta::object_meta_update(e, new, old);
    let (spec, before, p) = (new.at("spec"), old.at("spec"), Path::new("spec"));
    job_spec_with_selector(e, schema, spec, Some(old));
    completions_update(e, spec, before, &p);
    meta::immutable_struct(
        e,
        schema,
        "LabelSelector",
        spec.at("selector"),
        before.at("selector"),
        &p.child("selector"),
    );
    template_update(e, schema, spec, old, &p);
    meta::immutable(e, spec.at("completionMode"), before.at("completionMode"), &p.child("completionMode"));
    for (key, structure) in [
        ("podFailurePolicy", "PodFailurePolicy"),
        ("backoffLimitPerIndex", ""),
        ("managedBy", ""),
        ("successPolicy", "SuccessPolicy"),
    ] {
        if structure.is_empty() {
            meta::immutable(e, spec.at(key), before.at(key), &p.child(key));
        } else {
            meta::immutable_struct(e, schema, structure, spec.at(key), before.at(key), &p.child(key));
        }
    }
}

// pkg/apis/batch/validation/validation.go validateCompletions
fn completions_update(e: &mut Errors, spec: &Value, before: &Value, p: &Path) {
    let (new, old, p) = (spec.at("completions"), before.at("completions"), p.child("completions"));
    if !indexed(spec) {
        meta::immutable(e, new, old, &p);
    } else if !same(new, old) && !new.is_null() && new != spec.at("parallelism") {
        e.invalid_value(&p, new, "can only be modified in tandem with spec.parallelism");
    }
}

/// While a Job is suspended and has no Pods, where its Pods may run and what they need can change.
// pkg/apis/batch/validation/validation.go validatePodTemplateUpdate
fn template_update(e: &mut Errors, schema: &Schema, spec: &Value, old: &Value, p: &Path) {
    let (before, status) = (old.at("spec"), old.at("status"));
    let suspended = before.flag("suspend");
    let condition =
        status.items("conditions").iter().any(|c| c.text("type") == "Suspended" && c.text("status") == "True");
    let mutable = suspended && (!status.has("startTime") || condition) && status.int("active").unwrap_or(0) == 0;
    let template = spec.at("template");
    let mut reference = before.at("template").clone();
    if mutable {
        copy_scheduling(&mut reference, template);
    }
    if suspended && mutable {
        for list in ["containers", "initContainers"] {
            copy_resources(&mut reference, template, list);
        }
        let (new, old) = (template.at("spec"), reference.at("spec"));
        meta::immutable_struct(e, schema, "PodSpec", new, old, &p.child("template.spec"));
    } else {
        meta::immutable_struct(e, schema, "PodTemplateSpec", template, &reference, &p.child("template"));
    }
}

fn put(value: &mut Value, key: &str, new: &Value) {
    if let Some(map) = value.as_object_mut() {
        if new.is_null() {
            map.remove(key);
        } else {
            map.insert(key.to_owned(), new.clone());
        }
    }
}

/// Scheduling directives of the new template replace those of the old one, so that they are not compared.
fn copy_scheduling(reference: &mut Value, template: &Value) {
    for key in ["annotations", "labels"] {
        if let Some(meta_value) = reference.get_mut("metadata") {
            put(meta_value, key, template.at("metadata").at(key));
        }
    }
    let Some(spec) = reference.get_mut("spec") else { return };
    let new = template.at("spec");
    for key in ["nodeSelector", "tolerations", "schedulingGates"] {
        put(spec, key, new.at(key));
    }
    let node_affinity = new.at("affinity").at("nodeAffinity");
    match (new.has("affinity"), spec.has("affinity")) {
        (false, true) | (true, true) => {
            if let Some(affinity) = spec.get_mut("affinity") {
                put(affinity, "nodeAffinity", node_affinity);
            }
            if !new.has("affinity") && spec.map("affinity").is_some_and(serde_json::Map::is_empty) {
                put(spec, "affinity", &Value::Null);
            }
        }
        (true, false) => {
            let mut affinity = Value::Object(serde_json::Map::new());
            put(&mut affinity, "nodeAffinity", node_affinity);
            put(spec, "affinity", &affinity);
        }
        (false, false) => {}
    }
}

fn copy_resources(reference: &mut Value, template: &Value, list: &str) {
    let new = template.at("spec").items(list);
    let Some(old) = reference.get_mut("spec").and_then(|s| s.get_mut(list)).and_then(Value::as_array_mut) else {
        return;
    };
    if old.len() == new.len() {
        for (old, new) in old.iter_mut().zip(new).filter(|(o, n)| o.text("name") == n.text("name")) {
            put(old, "resources", new.at("resources"));
        }
    }
}

// pkg/apis/batch/validation/validation.go ValidateCronJobCreate
pub fn cron_job(e: &mut Errors, schema: &Schema, object: &Value) {
    meta::object_meta(e, object, true, names::dns_subdomain);
    cron_job_spec(e, schema, object.at("spec"), None);
    let name = object.at("metadata").text("name");
    if name.len() > MAX_CRON_JOB_NAME_BYTES {
        e.invalid(&Path::new("metadata.name"), name, "must be no more than 52 characters");
    }
}

// pkg/apis/batch/validation/validation.go ValidateCronJobUpdate
pub fn cron_job_update(e: &mut Errors, schema: &Schema, new: &Value, old: &Value) {
    meta::object_meta_update(e, new, old);
    cron_job_spec(e, schema, new.at("spec"), Some(old.at("spec")));
}

// pkg/apis/batch/validation/validation.go validateCronJobSpec
fn cron_job_spec(e: &mut Errors, schema: &Schema, spec: &Value, old: Option<&Value>) {
    let p = Path::new("spec");
    let (schedule, zone) = (spec.text("schedule"), spec.opt_text("timeZone"));
    let faults = match old {
        None => cron::validate_schedule(schedule, zone),
        Some(old) => cron::validate_schedule_update(schedule, zone, old.text("schedule"), old.opt_text("timeZone")),
    };
    let (schedule_faults, zone_faults): (Vec<_>, Vec<_>) =
        faults.into_iter().partition(|(field, _)| field == "spec.schedule");
    worded(e, schedule_faults);
    e.nonnegative(spec.int("startingDeadlineSeconds"), &p.child("startingDeadlineSeconds"));
    worded(e, zone_faults);
    let policy = spec.at("concurrencyPolicy");
    match policy.as_str().unwrap_or("") {
        "Allow" | "Forbid" | "Replace" => {}
        "" => e.required(&p.child("concurrencyPolicy"), ""),
        _ => e.not_supported(&p.child("concurrencyPolicy"), policy, &["Allow", "Forbid", "Replace"]),
    }
    let (template, tp) = (spec.at("jobTemplate").at("spec"), p.child("jobTemplate.spec"));
    let options =
        PodOptions::for_template(template.at("template"), old.map(|o| o.down(&["jobTemplate", "spec", "template"])));
    job_spec(e, schema, template, &tp, &options);
    if template.has("selector") {
        let printed = meta::selector_text(schema, template.at("selector"));
        e.invalid_printed(&tp.child("selector"), printed, "`selector` will be auto-generated");
    }
    if template.flag("manualSelector") {
        e.not_supported(&tp.child("manualSelector"), &Value::Bool(true), &["nil", "false"]);
    }
    for key in ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
        e.nonnegative(spec.int(key), &p.child(key));
    }
}

/// Takes over errors that come as field and text.
fn worded(e: &mut Errors, faults: Vec<(String, String)>) {
    for (field, text) in faults {
        let (kind, rest) = match text.strip_prefix("Invalid value: ") {
            Some(rest) => (ErrorKind::Invalid, rest),
            None => (ErrorKind::Required, ""),
        };
        let (value, detail) = split_value(rest);
        e.0.push(FieldError { kind, field, value, detail });
    }
}

/// Splits `"value": detail` after the closing quote.
fn split_value(text: &str) -> (Option<String>, String) {
    let mut escaped = false;
    let closing = text.char_indices().skip(1).find(|(_, c)| {
        let end = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        end
    });
    match closing {
        Some((i, _)) => (Some(text[..=i].to_owned()), text[i + 1..].trim_start_matches(": ").to_owned()),
        None => (None, text.to_owned()),
    }
}
