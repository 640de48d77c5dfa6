//! Security contexts of Pods and containers.

use super::names;
use super::pod::PodOptions;
use super::pod_os::windows_options;
use super::volume_mounts::descending_path;
use crate::manifest::field::{Errors, Path};
use crate::manifest::internal::dump;
use crate::manifest::schema::Schema;
use crate::manifest::view::View;
use serde_json::Value;
use std::collections::BTreeSet;

const MAX_SYSCTL_BYTES: usize = 253;
const MAX_PROFILE_PATH_BYTES: usize = 4095;
const SYSCTL_REGEX: &str = "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";

fn id(e: &mut Errors, context: &Value, key: &str, p: &Path) {
    if let Some(value) = context.int(key) {
        for message in names::user_or_group_id(value) {
            e.invalid_printed(&p.child(key), value.to_string(), &message);
        }
    }
}

/// A Pod's security context, with the host namespaces that internally belong to it.
// pkg/apis/core/validation/validation.go validatePodSpecSecurityContext
pub fn pod_context(e: &mut Errors, schema: &Schema, spec: &Value, p: &Path, options: &PodOptions) {
    let context = spec.at("securityContext");
    for key in ["fsGroup", "runAsUser", "runAsGroup"] {
        id(e, context, key, p);
    }
    for (i, group) in context.items("supplementalGroups").iter().enumerate() {
        let group = group.as_i64().unwrap_or(0);
        for message in names::user_or_group_id(group) {
            e.invalid_printed(&p.child("supplementalGroups").index(i), group.to_string(), &message);
        }
    }
    if spec.flag("shareProcessNamespace") && spec.flag("hostPID") {
        let detail = "ShareProcessNamespace and HostPID cannot both be enabled";
        e.invalid_printed(&p.child("shareProcessNamespace"), "true".to_owned(), detail);
    }
    sysctls(e, spec, &p.child("sysctls"));
    let one_of = |e: &mut Errors, key: &str, allowed: &[&str]| {
        if context.opt_text(key).is_some_and(|v| !allowed.contains(&v)) {
            e.not_supported(&p.child(key), context.at(key), allowed);
        }
    };
    one_of(e, "fsGroupChangePolicy", &["Always", "OnRootMismatch"]);
    seccomp(e, schema, context.at("seccompProfile"), &p.child("seccompProfile"));
    windows_options(e, context.at("windowsOptions"), &p.child("windowsOptions"));
    app_armor(e, context.at("appArmorProfile"), &p.child("appArmorProfile"));
    one_of(e, "supplementalGroupsPolicy", &["Merge", "Strict"]);
    let policies: &[&str] =
        if options.allow_any_selinux_policy { &["MountOption", "Recursive"] } else { &["Recursive"] };
    one_of(e, "seLinuxChangePolicy", policies);
}

// pkg/apis/core/validation/validation.go validateSysctls
fn sysctls(e: &mut Errors, spec: &Value, p: &Path) {
    let mut seen = BTreeSet::new();
    for (i, sysctl) in spec.at("securityContext").items("sysctls").iter().enumerate() {
        let (name, p) = (sysctl.text("name"), p.index(i).child("name"));
        if name.is_empty() {
            e.required(&p, "");
        } else if !valid_sysctl(name) {
            let detail = format!("must have at most {MAX_SYSCTL_BYTES} characters and match regex {SYSCTL_REGEX}");
            e.invalid(&p, name, &detail);
        } else if seen.contains(name) {
            e.duplicate(&p, name);
        }
        let dotted = name.replace('/', ".");
        let ipc =
            ["kernel.sem", "kernel.shm", "kernel.msg", "fs.mqueue."].iter().any(|prefix| dotted.starts_with(prefix));
        if spec.flag("hostNetwork") && dotted.starts_with("net.") {
            e.invalid(&p, name, "may not be specified when 'hostNetwork' is true");
        } else if spec.flag("hostIPC") && ipc {
            e.invalid(&p, name, "may not be specified when 'hostIPC' is true");
        }
        seen.insert(name);
    }
}

fn valid_sysctl(name: &str) -> bool {
    let alnum = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    name.len() <= MAX_SYSCTL_BYTES
        && name.split(['.', '/']).all(|part| {
            let bytes = part.as_bytes();
            bytes.first().is_some_and(|b| alnum(*b))
                && bytes.last().is_some_and(|b| alnum(*b))
                && bytes.iter().all(|b| alnum(*b) || matches!(b, b'-' | b'_'))
        })
}

// pkg/apis/core/validation/validation.go validateSeccompProfileField
fn seccomp(e: &mut Errors, schema: &Schema, profile: &Value, p: &Path) {
    if profile.is_null() {
        return;
    }
    let kind = profile.text("type");
    match kind {
        "Localhost" | "RuntimeDefault" | "Unconfined" => {}
        "" => e.required(&p.child("type"), "type is required when seccompProfile is set"),
        _ => e.not_supported(&p.child("type"), profile.at("type"), &["Localhost", "RuntimeDefault", "Unconfined"]),
    }
    let lp = p.child("localhostProfile");
    match (kind == "Localhost", profile.opt_text("localhostProfile")) {
        (true, None) => e.required(&lp, "must be set when seccomp type is Localhost"),
        (true, Some(path)) => descending_path(e, path, &lp),
        (false, Some(_)) => {
            let printed = dump(schema, "SeccompProfile", profile);
            e.invalid_printed(&lp, printed, "can only be set when seccomp type is Localhost");
        }
        (false, None) => {}
    }
}

// pkg/apis/core/validation/validation.go ValidateAppArmorProfileField
fn app_armor(e: &mut Errors, profile: &Value, p: &Path) {
    if profile.is_null() {
        return;
    }
    let (given, lp) = (profile.opt_text("localhostProfile"), p.child("localhostProfile"));
    match profile.text("type") {
        "Localhost" => match given {
            None => e.required(&lp, "must be set when AppArmor type is Localhost"),
            Some(name) => {
                if name.trim() != name {
                    e.invalid(&lp, name, "must not be padded with whitespace");
                } else if name.is_empty() {
                    e.required(&lp, "must be set when AppArmor type is Localhost");
                }
                if name.len() > MAX_PROFILE_PATH_BYTES {
                    e.too_long(&lp, MAX_PROFILE_PATH_BYTES);
                }
            }
        },
        "RuntimeDefault" | "Unconfined" => {
            if given.is_some() {
                let detail = "can only be set when AppArmor type is Localhost";
                e.invalid_value(&lp, profile.at("localhostProfile"), detail);
            }
        }
        "" => e.required(&p.child("type"), "type is required when appArmorProfile is set"),
        _ => e.not_supported(&p.child("type"), profile.at("type"), &["Localhost", "RuntimeDefault", "Unconfined"]),
    }
}

// pkg/apis/core/validation/validation.go ValidateSecurityContext
pub fn container_context(e: &mut Errors, schema: &Schema, context: &Value, p: &Path, host_users: bool) {
    if context.is_null() {
        return;
    }
    id(e, context, "runAsUser", p);
    id(e, context, "runAsGroup", p);
    if let Some(mount) = context.opt_text("procMount") {
        if !matches!(mount, "Default" | "Unmasked") {
            e.not_supported(&p.child("procMount"), context.at("procMount"), &["Default", "Unmasked"]);
        }
        if host_users && mount == "Unmasked" {
            let detail = "`hostUsers` must be false to use `Unmasked`";
            e.invalid_value(&p.child("procMount"), context.at("procMount"), detail);
        }
    }
    seccomp(e, schema, context.at("seccompProfile"), &p.child("seccompProfile"));
    if context.at("allowPrivilegeEscalation").as_bool() == Some(false) {
        let printed = || dump(schema, "SecurityContext", context);
        if context.flag("privileged") {
            let detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
            e.invalid_printed(p, printed(), detail);
        }
        let added = context.at("capabilities").items("add");
        for _ in added.iter().filter(|c| c.as_str() == Some("CAP_SYS_ADMIN")) {
            let detail = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
            e.invalid_printed(p, printed(), detail);
        }
    }
    windows_options(e, context.at("windowsOptions"), &p.child("windowsOptions"));
    app_armor(e, context.at("appArmorProfile"), &p.child("appArmorProfile"));
}
