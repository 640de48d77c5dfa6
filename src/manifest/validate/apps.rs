//! DaemonSet, Deployment, ReplicaSet, ControllerRevision.

use super::meta;
use super::names;
use super::pod::{self, PodOptions};
use super::workload::{always_restarts, amount, at_most_100_percent, int_or_percent, selector_and_template};
use crate::manifest::field::{Errors, Path};
use crate::manifest::internal::dump;
use crate::manifest::schema::Schema;
use crate::manifest::view::View;
use serde_json::Value;

// pkg/apis/apps/validation/validation.go ValidateDaemonSet
pub fn daemon_set(e: &mut Errors, schema: &Schema, object: &Value) {
    meta::object_meta(e, object, true, names::dns_subdomain);
    daemon_set_spec(
        e,
        schema,
        object.at("spec"),
        &PodOptions::for_template(object.at("spec").at("template"), None),
        false,
    );
}

// pkg/apis/apps/validation/validation.go ValidateDaemonSetUpdate
pub fn daemon_set_update(e: &mut Errors, schema: &Schema, new: &Value, old: &Value) {
    let (spec, before) = (new.at("spec"), old.at("spec"));
    meta::object_meta_update(e, new, old);
    immutable_selector(e, schema, spec, before);
    let options = PodOptions::for_template(spec.at("template"), Some(before.at("template")));
    let allow = options.allow_invalid_label_value_in_selector || meta::has_invalid_values(before.at("selector"));
    daemon_set_spec(e, schema, spec, &options, allow);
}

fn immutable_selector(e: &mut Errors, schema: &Schema, spec: &Value, before: &Value) {
    let p = Path::new("spec.selector");
    meta::immutable_struct(e, schema, "LabelSelector", spec.at("selector"), before.at("selector"), &p);
}

// pkg/apis/apps/validation/validation.go ValidateDaemonSetSpec
fn daemon_set_spec(e: &mut Errors, schema: &Schema, spec: &Value, options: &PodOptions, allow_invalid: bool) {
    let p = Path::new("spec");
    let (selector, template, tp) = (spec.at("selector"), spec.at("template"), p.child("template"));
    meta::label_selector(e, selector, allow_invalid, &p.child("selector"));
    if meta::selects(selector, template.at("metadata").at("labels")) == Some(false) {
        meta::template_labels_error(e, template, &tp);
    }
    if meta::is_empty_selector(selector) {
        let printed = meta::selector_text(schema, selector);
        e.invalid_printed(&p.child("selector"), printed, "empty selector is invalid for daemonset");
    }
    pod::template(e, schema, template, &tp, options);
    always_restarts(e, template, &tp, "activeDeadlineSeconds in DaemonSet is not Supported");
    e.nonnegative(spec.int("minReadySeconds"), &p.child("minReadySeconds"));
    update_strategy(e, schema, spec.at("updateStrategy"), &p.child("updateStrategy"));
    e.nonnegative(spec.int("revisionHistoryLimit"), &p.child("revisionHistoryLimit"));
}

// pkg/apis/apps/validation/validation.go ValidateDaemonSetUpdateStrategy, ValidateRollingUpdateDaemonSet
fn update_strategy(e: &mut Errors, schema: &Schema, strategy: &Value, p: &Path) {
    match strategy.text("type") {
        "OnDelete" => {}
        "RollingUpdate" => {
            let (rolling, p) = (strategy.at("rollingUpdate"), p.child("rollingUpdate"));
            if rolling.is_null() {
                e.required(&p, "");
                return;
            }
            let (unavailable, surge) = (rolling.at("maxUnavailable"), rolling.at("maxSurge"));
            let (up, sp) = (p.child("maxUnavailable"), p.child("maxSurge"));
            int_or_percent(e, unavailable, &up);
            int_or_percent(e, surge, &sp);
            at_most_100_percent(e, unavailable, &up);
            at_most_100_percent(e, surge, &sp);
            match (amount(unavailable) != 0, amount(surge) != 0) {
                (true, true) => e.invalid_value(&sp, surge, "may not be set when maxUnavailable is non-zero"),
                (false, false) => e.required(&up, "cannot be 0 when maxSurge is 0"),
                _ => {}
            }
        }
        _ => {
            let printed = dump(schema, "DaemonSetUpdateStrategy", strategy);
            e.not_supported_printed(p, printed, &["RollingUpdate", "OnDelete"]);
        }
    }
}

// pkg/apis/apps/validation/validation.go ValidateDeployment
pub fn deployment(e: &mut Errors, schema: &Schema, object: &Value) {
    meta::object_meta(e, object, true, names::dns_subdomain);
    let options = PodOptions::for_template(object.at("spec").at("template"), None);
    deployment_spec(e, schema, object.at("spec"), &options);
}

// pkg/apis/apps/validation/validation.go ValidateDeploymentUpdate
pub fn deployment_update(e: &mut Errors, schema: &Schema, new: &Value, old: &Value) {
    let (spec, before) = (new.at("spec"), old.at("spec"));
    meta::object_meta_update(e, new, old);
    let options = PodOptions::for_template(spec.at("template"), Some(before.at("template")));
    deployment_spec(e, schema, spec, &options);
    immutable_selector(e, schema, spec, before);
}

// pkg/apis/apps/validation/validation.go ValidateDeploymentSpec
fn deployment_spec(e: &mut Errors, schema: &Schema, spec: &Value, options: &PodOptions) {
    let p = Path::new("spec");
    e.nonnegative(spec.int("replicas"), &p.child("replicas"));
    selector_and_template(e, schema, spec, &p, options);
    deployment_strategy(e, schema, spec.at("strategy"), &p.child("strategy"));
    e.nonnegative(spec.int("minReadySeconds"), &p.child("minReadySeconds"));
    e.nonnegative(spec.int("revisionHistoryLimit"), &p.child("revisionHistoryLimit"));
    if let Some(deadline) = spec.int("progressDeadlineSeconds") {
        let dp = p.child("progressDeadlineSeconds");
        e.nonnegative(Some(deadline), &dp);
        if deadline <= spec.int("minReadySeconds").unwrap_or(0) {
            e.invalid_printed(&dp, deadline.to_string(), "must be greater than minReadySeconds");
        }
    }
}

// pkg/apis/apps/validation/validation.go ValidateDeploymentStrategy, ValidateRollingUpdateDeployment
fn deployment_strategy(e: &mut Errors, schema: &Schema, strategy: &Value, p: &Path) {
    let (rolling, rp) = (strategy.at("rollingUpdate"), p.child("rollingUpdate"));
    match strategy.text("type") {
        "Recreate" => {
            if !rolling.is_null() {
                e.forbidden(&rp, "may not be specified when strategy `type` is 'Recreate'");
            }
        }
        "RollingUpdate" => {
            let (unavailable, surge) = (rolling.at("maxUnavailable"), rolling.at("maxSurge"));
            let up = rp.child("maxUnavailable");
            int_or_percent(e, unavailable, &up);
            int_or_percent(e, surge, &rp.child("maxSurge"));
            if amount(unavailable) == 0 && amount(surge) == 0 {
                e.invalid_value(&up, unavailable, "may not be 0 when `maxSurge` is 0");
            }
            at_most_100_percent(e, unavailable, &up);
        }
        _ => {
            let printed = dump(schema, "DeploymentStrategy", strategy);
            e.not_supported_printed(p, printed, &["Recreate", "RollingUpdate"]);
        }
    }
}

// pkg/apis/apps/validation/validation.go ValidateReplicaSet
pub fn replica_set(e: &mut Errors, schema: &Schema, object: &Value) {
    meta::object_meta(e, object, true, names::dns_subdomain);
    let options = PodOptions::for_template(object.at("spec").at("template"), None);
    replica_set_spec(e, schema, object.at("spec"), &options);
}

// pkg/apis/apps/validation/validation.go ValidateReplicaSetUpdate
pub fn replica_set_update(e: &mut Errors, schema: &Schema, new: &Value, old: &Value) {
    let (spec, before) = (new.at("spec"), old.at("spec"));
    meta::object_meta_update(e, new, old);
    let options = PodOptions::for_template(spec.at("template"), Some(before.at("template")));
    replica_set_spec(e, schema, spec, &options);
    immutable_selector(e, schema, spec, before);
}

// pkg/apis/apps/validation/validation.go ValidateReplicaSetSpec
fn replica_set_spec(e: &mut Errors, schema: &Schema, spec: &Value, options: &PodOptions) {
    let p = Path::new("spec");
    e.nonnegative(spec.int("replicas"), &p.child("replicas"));
    e.nonnegative(spec.int("minReadySeconds"), &p.child("minReadySeconds"));
    selector_and_template(e, schema, spec, &p, options);
}

// pkg/apis/apps/validation/validation.go ValidateControllerRevisionCreate
pub fn controller_revision(e: &mut Errors, object: &Value) {
    controller_revision_common(e, object);
    let p = Path::new("data");
    match object.at("data") {
        Value::Null => e.required(&p, "data is mandatory"),
        Value::Object(_) => {}
        _ => e.required(&p, "data must be a valid JSON object"),
    }
}

fn controller_revision_common(e: &mut Errors, object: &Value) {
    meta::object_meta(e, object, true, names::dns_subdomain);
    e.nonnegative(object.int("revision"), &Path::new("revision"));
}

// pkg/apis/apps/validation/validation.go ValidateControllerRevisionUpdate
pub fn controller_revision_update(e: &mut Errors, new: &Value, old: &Value) {
    meta::object_meta_update(e, new, old);
    controller_revision_common(e, new);
    meta::immutable(e, new.at("data"), old.at("data"), &Path::new("data"));
}
