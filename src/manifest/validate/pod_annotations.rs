//! Annotations of a Pod that the API server reads: deletion cost, seccomp and AppArmor of old.

use super::containers::all;
use super::pod::PodOptions;
use super::volume_mounts::descending_path;
use crate::manifest::field::{Errors, Path};
use crate::manifest::view::{View, pairs};
use serde_json::Value;

const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";
const MIRROR: &str = "kubernetes.io/config.mirror";
const SECCOMP_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";
/// Prefix of the AppArmor annotations of old.
pub const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

/// The deletion cost, if it is none.
// pkg/apis/core/helper/helpers.go GetDeletionCostFromPodAnnotations
pub fn deletion_cost_fault(annotations: &Value) -> Option<&str> {
    let text = annotations.opt_text(DELETION_COST)?;
    let first = text == "0" || text.starts_with('-') || text.starts_with(|c: char| ('1'..='9').contains(&c));
    (!first || text.parse::<i32>().is_err()).then_some(text)
}

// pkg/apis/core/validation/validation.go ValidatePodSpecificAnnotations
pub fn check(e: &mut Errors, annotations: &Value, spec: &Value, p: &Path, options: &PodOptions) {
    if let Some(value) = annotations.opt_text(MIRROR).filter(|_| spec.text("nodeName").is_empty()) {
        e.invalid(&p.key(MIRROR), value, "must set spec.nodeName if mirror pod annotation is set");
    }
    if let Some(text) = deletion_cost_fault(annotations).filter(|_| !options.allow_invalid_deletion_cost) {
        e.invalid(&p.key(DELETION_COST), text, "must be a 32bit integer");
    }
    for (key, value) in pairs(annotations).filter(|(k, _)| *k == SECCOMP_POD || k.starts_with(SECCOMP_CONTAINER)) {
        seccomp(e, value, &p.child(key));
    }
    for (key, value) in pairs(annotations) {
        let Some(container) = key.strip_prefix(APP_ARMOR) else { continue };
        if !all(spec, p).iter().any(|(c, _)| c.text("name") == container) {
            e.invalid(&p.key(key), container, "container not found");
        }
        let known = matches!(value, "" | "runtime/default" | "unconfined") || value.starts_with("localhost/");
        if !known {
            e.invalid(&p.key(key), value, &format!("invalid AppArmor profile name: {value:?}"));
        }
    }
}

// pkg/apis/core/validation/validation.go ValidateSeccompProfile
fn seccomp(e: &mut Errors, profile: &str, p: &Path) {
    match profile {
        "runtime/default" | "docker/default" | "unconfined" => {}
        _ => match profile.strip_prefix("localhost/") {
            Some(path) => descending_path(e, path, p),
            None => e.invalid(p, profile, "must be a valid seccomp profile"),
        },
    }
}

/// Annotations of old and the fields that replaced them must agree.
// pkg/apis/core/validation/validation.go validateSeccompAnnotationsAndFields, validateAppArmorAnnotationsAndFieldsMatchOnCreate
pub fn match_fields(e: &mut Errors, annotations: &Value, spec: &Value, p: &Path) {
    let context = |c: &Value| c.at("securityContext").clone();
    let pod = context(spec);
    if let Some(text) = annotations.opt_text(SECCOMP_POD) {
        profile(e, "seccomp", text, pod.at("seccompProfile"), &p.child("securityContext.seccompProfile"));
    }
    for (container, p) in all(spec, p) {
        let own = context(container);
        if let Some(text) = annotations.opt_text(&format!("{SECCOMP_CONTAINER}{}", container.text("name"))) {
            profile(e, "seccomp", text, own.at("seccompProfile"), &p.child("securityContext.seccompProfile"));
        }
    }
    if spec.at("os").text("name") == "windows" {
        return;
    }
    for (container, p) in all(spec, p) {
        let own = context(container);
        let field = if own.has("appArmorProfile") { own.at("appArmorProfile") } else { pod.at("appArmorProfile") };
        if let Some(text) = annotations.opt_text(&format!("{APP_ARMOR}{}", container.text("name"))) {
            profile(e, "apparmor", text, field, &p.child("securityContext.appArmorProfile"));
        }
    }
}

fn profile(e: &mut Errors, what: &str, annotation: &str, field: &Value, p: &Path) {
    let wrong_type = format!("{what} type in annotation and field must match");
    let matches = match field.text("type") {
        "Unconfined" => annotation == "unconfined",
        "RuntimeDefault" => annotation == "runtime/default" || what == "seccomp" && annotation == "docker/default",
        "Localhost" => match annotation.strip_prefix("localhost/") {
            Some(path) => {
                if field.opt_text("localhostProfile") != Some(path) {
                    let detail = format!("{what} profile in annotation and field must match");
                    e.forbidden(&p.child("localhostProfile"), &detail);
                }
                true
            }
            None => false,
        },
        _ => true,
    };
    if !matches {
        e.forbidden(&p.child("type"), &wrong_type);
    }
}

// pkg/apis/core/validation/validation.go ValidatePodSpecificAnnotationUpdates
pub fn update(e: &mut Errors, new: &Value, old: &Value, spec: &Value, p: &Path, options: &PodOptions) {
    let guarded = |key: &str| {
        if key.starts_with(APP_ARMOR) {
            Some("AppArmor annotations")
        } else {
            (key == MIRROR).then_some("mirror pod annotation")
        }
    };
    for (key, _) in pairs(old).filter(|(k, v)| new.opt_text(k) != Some(v)) {
        if let Some(what) = guarded(key) {
            e.forbidden(&p.key(key), &format!("may not remove or update {what}"));
        }
    }
    for (key, _) in pairs(new).filter(|(k, _)| old.opt_text(k).is_none()) {
        if let Some(what) = guarded(key) {
            e.forbidden(&p.key(key), &format!("may not add {what}"));
        }
    }
    check(e, new, spec, p, options);
}
