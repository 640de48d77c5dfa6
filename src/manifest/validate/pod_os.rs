//! What a Pod may ask for on Linux and on Windows.

use super::containers::all;
use super::names;
use crate::manifest::field::{Errors, Path};
use crate::manifest::view::View;
use serde_json::Value;

const MAX_CREDENTIAL_SPEC_BYTES: usize = 64 * 1024;
const MAX_USER_DOMAIN_BYTES: usize = 256;
const MAX_USER_BYTES: usize = 104;

/// Fields of a security context that only Linux has: name and place in the Pod's spec.
const LINUX_POD: [(&str, &str); 15] = [
    ("appArmorProfile", "securityContext"),
    ("seLinuxOptions", "securityContext"),
    ("hostUsers", ""),
    ("hostPID", ""),
    ("hostIPC", ""),
    ("seccompProfile", "securityContext"),
    ("fsGroup", "securityContext"),
    ("fsGroupChangePolicy", "securityContext"),
    ("sysctls", "securityContext"),
    ("shareProcessNamespace", ""),
    ("runAsUser", "securityContext"),
    ("runAsGroup", "securityContext"),
    ("supplementalGroups", "securityContext"),
    ("supplementalGroupsPolicy", "securityContext"),
    ("seLinuxChangePolicy", "securityContext"),
];

const LINUX_CONTAINER: [&str; 10] = [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
];

// pkg/apis/core/validation/validation.go validateOS, validateLinux, validateWindows
pub fn check(e: &mut Errors, spec: &Value, p: &Path) {
    let (os, op) = (spec.at("os"), p.child("os"));
    if os.is_null() {
        return;
    }
    match os.text("name") {
        "" => e.required(&op.child("name"), ""),
        "linux" => linux(e, spec, p),
        "windows" => windows(e, spec, p),
        _ => e.not_supported(&op, os.at("name"), &["linux", "windows"]),
    }
}

fn linux(e: &mut Errors, spec: &Value, p: &Path) {
    let detail = "windows options cannot be set for a linux pod";
    if spec.at("securityContext").has("windowsOptions") {
        e.forbidden(&p.child("securityContext.windowsOptions"), detail);
    }
    for (container, p) in all(spec, p) {
        if container.at("securityContext").has("windowsOptions") {
            e.forbidden(&p.child("securityContext.windowsOptions"), detail);
        }
    }
}

fn windows(e: &mut Errors, spec: &Value, p: &Path) {
    let detail = "cannot be set for a windows pod";
    for (key, parent) in LINUX_POD {
        let (holder, p) = if parent.is_empty() { (spec, p.clone()) } else { (spec.at(parent), p.child(parent)) };
        if holder.has(key) {
            e.forbidden(&p.child(key), detail);
        }
    }
    for (container, p) in all(spec, p) {
        let context = container.at("securityContext");
        for key in LINUX_CONTAINER.into_iter().filter(|k| context.has(k)) {
            e.forbidden(&p.child("securityContext").child(key), detail);
        }
    }
}

/// Containers that run as host processes on Windows.
// pkg/apis/core/validation/validation.go validateWindowsHostProcessPod
pub fn host_process(e: &mut Errors, spec: &Value, p: &Path) {
    let option = |value: &Value| value.at("securityContext").at("windowsOptions").at("hostProcess").as_bool();
    let pod = option(spec);
    let containers = all(spec, p);
    let mut count = 0;
    for (container, p) in &containers {
        let own = option(container);
        if let (Some(pod), Some(own)) = (pod, own)
            && pod != own
        {
            let detail = format!("pod hostProcess value must be identical if both are specified, was {pod}");
            let p = p.child("securityContext.windowsOptions.hostProcess");
            e.invalid_printed(&p, own.to_string(), &detail);
        }
        count += usize::from(own.or(pod) == Some(true));
    }
    if count == 0 {
        return;
    }
    if count != containers.len() {
        let detail = "If pod contains any hostProcess containers then all containers must be HostProcess containers";
        e.invalid(p, "", detail);
    }
    if !spec.flag("hostNetwork") {
        let detail = "hostNetwork must be true if pod contains any hostProcess containers";
        e.invalid_printed(&p.child("hostNetwork"), "false".to_owned(), detail);
    }
}

// pkg/apis/core/validation/validation.go validateWindowsSecurityContextOptions
pub fn windows_options(e: &mut Errors, options: &Value, p: &Path) {
    let wrong = |e: &mut Errors, key: &str, detail: &str| e.invalid_value(&p.child(key), options.at(key), detail);
    if let Some(name) = options.opt_text("gmsaCredentialSpecName") {
        for message in names::dns_subdomain(name) {
            wrong(e, "gmsaCredentialSpecName", &message);
        }
    }
    match options.opt_text("gmsaCredentialSpec") {
        Some("") => wrong(e, "gmsaCredentialSpec", "gmsaCredentialSpec cannot be an empty string"),
        Some(text) if text.len() > MAX_CREDENTIAL_SPEC_BYTES => {
            wrong(e, "gmsaCredentialSpec", "gmsaCredentialSpec size must be under 64 KiB");
        }
        _ => {}
    }
    if let Some(name) = options.opt_text("runAsUserName") {
        for fault in user_name_faults(name) {
            wrong(e, "runAsUserName", &fault);
        }
    }
}

fn user_name_faults(name: &str) -> Vec<String> {
    let one = |text: &str| vec![text.to_owned()];
    if name.is_empty() {
        return one("runAsUserName cannot be an empty string");
    }
    if name.contains(|c: char| c.is_ascii_control()) {
        return one("runAsUserName cannot contain control characters");
    }
    let parts: Vec<&str> = name.split('\\').collect();
    let (domain, user) = match parts.as_slice() {
        [user] => (None, *user),
        [domain, user] => (Some(*domain), *user),
        _ => return one("runAsUserName cannot contain more than one backslash"),
    };
    let mut faults = Vec::new();
    let mut add = |bad: bool, text: String| {
        if bad {
            faults.push(text);
        }
    };
    let length = domain.map_or(0, str::len);
    let limit = format!("runAsUserName's Domain length must be under {MAX_USER_DOMAIN_BYTES} characters");
    add(length >= MAX_USER_DOMAIN_BYTES, limit);
    let format = "runAsUserName's Domain doesn't match the NetBios nor the DNS format";
    add(domain.is_some_and(|d| !net_bios(d) && !dns(d)), format.to_owned());
    add(user.is_empty(), "runAsUserName's User cannot be empty".to_owned());
    let limit = format!("runAsUserName's User length must not be longer than {MAX_USER_BYTES} characters");
    add(user.len() > MAX_USER_BYTES, limit);
    let blank = !user.is_empty() && user.chars().all(|c| matches!(c, '.' | ' '));
    add(blank, "runAsUserName's User cannot contain only periods or spaces".to_owned());
    let forbidden = "runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]";
    add(user.contains(|c| "\"/\\:;|=,+*?<>@[]".contains(c)), forbidden.to_owned());
    faults
}

fn net_bios(domain: &str) -> bool {
    let plain = |c: char| !"\\/:*?\"<>|".contains(c);
    (1..=15).contains(&domain.chars().count()) && !domain.starts_with('.') && domain.chars().all(plain)
}

fn dns(domain: &str) -> bool {
    domain.split('.').all(|label| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    })
}
