//! Rules that the controllers share: replica counts, integers or percentages, templates.

use super::meta;
use super::names;
use super::pod::{self, PodOptions};
use crate::manifest::field::{Errors, Path};
use crate::manifest::schema::Schema;
use crate::manifest::view::View;
use serde_json::Value;

// pkg/apis/apps/validation/validation.go ValidatePositiveIntOrPercent
pub fn int_or_percent(e: &mut Errors, value: &Value, p: &Path) {
    match value {
        Value::String(text) => {
            for message in names::percent(text) {
                e.invalid_value(p, value, &message);
            }
        }
        _ => e.nonnegative(value.as_i64(), p),
    }
}

/// The percentage, if it is a valid one.
// pkg/apis/apps/validation/validation.go getPercentValue
fn percentage(value: &Value) -> Option<i64> {
    let text = value.as_str().filter(|t| names::percent(t).is_empty())?;
    Some(text.trim_end_matches('%').parse().unwrap_or(i64::MAX))
}

/// The percentage or the number.
// pkg/apis/apps/validation/validation.go getIntOrPercentValue
pub fn amount(value: &Value) -> i64 {
    percentage(value).or_else(|| value.as_i64()).or_else(|| value.as_str().and_then(|t| t.parse().ok())).unwrap_or(0)
}

// pkg/apis/apps/validation/validation.go IsNotMoreThan100Percent
pub fn at_most_100_percent(e: &mut Errors, value: &Value, p: &Path) {
    if percentage(value).is_some_and(|v| v > 100) {
        e.invalid_value(p, value, "must not be greater than 100%");
    }
}

/// Selector and template of a ReplicaSet or Deployment.
// pkg/apis/apps/validation/validation.go ValidateDeploymentSpec, ValidateReplicaSetSpec, ValidatePodTemplateSpecForReplicaSet
pub fn selector_and_template(e: &mut Errors, schema: &Schema, spec: &Value, p: &Path, options: &PodOptions) {
    let (selector, template, tp) = (spec.at("selector"), spec.at("template"), p.child("template"));
    if selector.is_null() {
        e.required(&p.child("selector"), "");
    } else {
        meta::label_selector(e, selector, false, &p.child("selector"));
        if meta::is_empty_selector(selector) {
            let printed = meta::selector_text(schema, selector);
            e.invalid_printed(&p.child("selector"), printed, "empty selector is invalid for deployment");
        }
    }
    let Some(matches) = meta::selects(selector, template.at("metadata").at("labels")) else {
        e.invalid_printed(&p.child("selector"), meta::selector_text(schema, selector), "invalid label selector");
        return;
    };
    if !matches && !meta::is_empty_selector(selector) {
        meta::template_labels_error(e, template, &tp);
    }
    pod::template(e, schema, template, &tp, options);
    always_restarts(e, template, &tp, "activeDeadlineSeconds in ReplicaSet is not Supported");
}

/// Pods that never end on their own.
pub fn always_restarts(e: &mut Errors, template: &Value, tp: &Path, deadline: &str) {
    let spec = template.at("spec");
    if spec.text("restartPolicy") != "Always" {
        let value = Value::from(spec.text("restartPolicy"));
        e.not_supported(&tp.child("spec.restartPolicy"), &value, &["Always"]);
    }
    if spec.has("activeDeadlineSeconds") {
        e.forbidden(&tp.child("spec.activeDeadlineSeconds"), deadline);
    }
}
