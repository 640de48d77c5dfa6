//! Probes, lifecycle hooks and their handlers.

use super::containers::PodContext;
use super::names;
use crate::manifest::field::{Errors, Path};
use crate::manifest::view::View;
use serde_json::Value;

/// The three probes of a container.
// pkg/apis/core/validation/validation.go validateLivenessProbe, validateReadinessProbe, validateStartupProbe
pub fn probes(e: &mut Errors, pod: &PodContext, container: &Value, p: &Path) {
    for key in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let (probe, p) = (container.at(key), p.child(key));
        if probe.is_null() {
            continue;
        }
        probe_common(e, pod, probe, &p);
        let grace = probe.at("terminationGracePeriodSeconds");
        if key == "readinessProbe" {
            if !grace.is_null() {
                let detail = "must not be set for readinessProbes";
                e.invalid_value(&p.child("terminationGracePeriodSeconds"), grace, detail);
            }
        } else if probe.int("successThreshold") != Some(1) {
            let value = probe.int("successThreshold").unwrap_or(0).to_string();
            e.invalid_printed(&p.child("successThreshold"), value, "must be 1");
        }
    }
}

// pkg/apis/core/validation/validation.go validateProbe
fn probe_common(e: &mut Errors, pod: &PodContext, probe: &Value, p: &Path) {
    handler(e, pod, probe, p, &["exec", "httpGet", "tcpSocket", "grpc"]);
    for key in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
        e.nonnegative(probe.int(key), &p.child(key));
    }
    if let Some(seconds) = probe.int("terminationGracePeriodSeconds").filter(|s| *s <= 0) {
        e.invalid_printed(&p.child("terminationGracePeriodSeconds"), seconds.to_string(), "must be greater than 0");
    }
}

// pkg/apis/core/validation/validation.go validateHandler
fn handler(e: &mut Errors, pod: &PodContext, value: &Value, p: &Path, kinds: &[&str]) {
    let mut found = false;
    for kind in kinds.iter().filter(|k| value.has(k)) {
        let (action, p) = (value.at(kind), p.child(kind));
        if found {
            e.forbidden(&p, "may not specify more than 1 handler type");
            continue;
        }
        found = true;
        match *kind {
            "exec" => {
                if action.items("command").is_empty() {
                    e.required(&p.child("command"), "");
                }
            }
            "httpGet" => http_get(e, action, &p),
            "sleep" => sleep(e, pod, action, &p),
            _ => port_number_or_name(e, action.at("port"), &p.child("port")),
        }
    }
    if !found {
        e.required(p, "must specify a handler type");
    }
}

// pkg/apis/core/validation/validation.go validateHTTPGetAction
fn http_get(e: &mut Errors, action: &Value, p: &Path) {
    if action.text("path").is_empty() {
        e.required(&p.child("path"), "");
    }
    port_number_or_name(e, action.at("port"), &p.child("port"));
    if !matches!(action.text("scheme"), "HTTP" | "HTTPS") {
        e.not_supported(&p.child("scheme"), &Value::from(action.text("scheme")), &["HTTP", "HTTPS"]);
    }
    for header in action.items("httpHeaders") {
        let name = header.text("name");
        e.invalid_each(&p.child("httpHeaders"), name, &names::http_header(name));
    }
}

// pkg/apis/core/validation/validation.go ValidatePortNumOrName
pub fn port_number_or_name(e: &mut Errors, port: &Value, p: &Path) {
    match port {
        Value::String(name) => e.invalid_each(p, name, &names::port_name(name)),
        _ => super::containers::port_in_range(e, port.as_i64().unwrap_or(0), p),
    }
}

// pkg/apis/core/validation/validation.go validateSleepAction
fn sleep(e: &mut Errors, pod: &PodContext, action: &Value, p: &Path) {
    let seconds = action.int("seconds").unwrap_or(0);
    if let Some(grace) = pod.grace.filter(|g| seconds < 0 || seconds > *g) {
        let detail = format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
        e.invalid_printed(p, seconds.to_string(), &detail);
    }
}

// pkg/apis/core/validation/validation.go validateLifecycle
pub fn lifecycle(e: &mut Errors, pod: &PodContext, lifecycle: &Value, p: &Path) {
    for hook in ["postStart", "preStop"] {
        if lifecycle.has(hook) {
            handler(e, pod, lifecycle.at(hook), &p.child(hook), &["exec", "httpGet", "tcpSocket", "sleep"]);
        }
    }
    // stopSignal is behind a feature gate that is off by default: the server drops it before it looks at it.
}
