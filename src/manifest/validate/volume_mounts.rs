//! Mounts and devices of a container, and the rules for paths.

use super::volumes::Volumes;
use crate::manifest::field::{Errors, Path};
use crate::manifest::view::View;
use serde_json::Value;
use std::collections::BTreeSet;

// pkg/apis/core/validation/validation.go ValidateVolumeMounts
pub fn mounts(e: &mut Errors, volumes: &Volumes, container: &Value, p: &Path) {
    let devices = container.items("volumeDevices");
    let mut seen = BTreeSet::new();
    for (i, mount) in container.items("volumeMounts").iter().enumerate() {
        let (name, path, ip) = (mount.text("name"), mount.text("mountPath"), p.index(i));
        if name.is_empty() {
            e.required(&ip.child("name"), "");
        }
        if !volumes.contains_key(name) {
            e.not_found(&ip.child("name"), name, "");
        }
        if path.is_empty() {
            e.required(&ip.child("mountPath"), "");
        }
        if !seen.insert(path) {
            e.invalid(&ip.child("mountPath"), path, "must be unique");
        }
        if devices.iter().any(|d| d.text("name") == name) {
            e.invalid(&ip.child("name"), name, "must not already exist in volumeDevices");
        }
        if devices.iter().any(|d| d.text("devicePath") == path) {
            e.invalid(&ip.child("mountPath"), path, "must not already exist as a path in volumeDevices");
        }
        sub_paths(e, mount, &ip, p);
        propagation(e, container, mount, &p.child("mountPropagation"));
        recursive_read_only(e, mount, &p.child("recursiveReadOnly"));
    }
}

fn sub_paths(e: &mut Errors, mount: &Value, ip: &Path, p: &Path) {
    let (path, expression) = (mount.text("subPath"), mount.text("subPathExpr"));
    if !path.is_empty() {
        descending_path(e, path, &p.child("subPath"));
    }
    if !expression.is_empty() {
        if !path.is_empty() {
            e.invalid(&ip.child("subPathExpr"), expression, "subPathExpr and subPath are mutually exclusive");
        }
        descending_path(e, expression, &p.child("subPathExpr"));
    }
}

// pkg/apis/core/validation/validation.go validateMountPropagation
fn propagation(e: &mut Errors, container: &Value, mount: &Value, p: &Path) {
    let Some(mode) = mount.opt_text("mountPropagation") else { return };
    let allowed = ["Bidirectional", "HostToContainer", "None"];
    if !allowed.contains(&mode) {
        e.not_supported(p, mount.at("mountPropagation"), &allowed);
    }
    if mode == "Bidirectional" && !container.at("securityContext").flag("privileged") {
        e.forbidden(p, "Bidirectional mount propagation is available only to privileged containers");
    }
}

// pkg/apis/core/validation/validation.go validateMountRecursiveReadOnly
fn recursive_read_only(e: &mut Errors, mount: &Value, p: &Path) {
    match mount.opt_text("recursiveReadOnly") {
        None | Some("Disabled") => {}
        Some("Enabled" | "IfPossible") => {
            if !mount.flag("readOnly") {
                e.forbidden(p, "may only be specified when readOnly is true");
            }
            if mount.opt_text("mountPropagation").is_some_and(|m| m != "None") {
                e.forbidden(p, "may only be specified when mountPropagation is None or not specified");
            }
        }
        Some(_) => e.not_supported(p, mount.at("recursiveReadOnly"), &["Disabled", "Enabled", "IfPossible"]),
    }
}

// pkg/apis/core/validation/validation.go ValidateVolumeDevices
pub fn devices(e: &mut Errors, volumes: &Volumes, container: &Value, p: &Path) {
    let mounts = container.items("volumeMounts");
    let (mut paths, mut seen) = (BTreeSet::new(), BTreeSet::new());
    for (i, device) in container.items("volumeDevices").iter().enumerate() {
        let (name, path, p) = (device.text("name"), device.text("devicePath"), p.index(i));
        let source = volumes.get(name);
        if name.is_empty() {
            e.required(&p.child("name"), "");
        }
        if seen.contains(name) {
            e.invalid(&p.child("name"), name, "must be unique");
        }
        match source {
            Some(volume) if !volume.has("persistentVolumeClaim") && !volume.has("ephemeral") => {
                let detail = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
                e.invalid(&p.child("name"), name, detail);
            }
            Some(_) => {}
            None => e.not_found(&p.child("name"), name, ""),
        }
        if path.is_empty() {
            e.required(&p.child("devicePath"), "");
        }
        if paths.contains(path) {
            e.invalid(&p.child("devicePath"), path, "must be unique");
        }
        if path.split('/').any(|part| part == "..") {
            e.invalid(&p.child("devicePath"), path, "can not contain backsteps ('..')");
        } else {
            paths.insert(path);
        }
        if mounts.iter().any(|m| m.text("name") == name) {
            e.invalid(&p.child("name"), name, "must not already exist in volumeMounts");
        }
        if mounts.iter().any(|m| m.text("mountPath") == path) {
            e.invalid(&p.child("devicePath"), path, "must not already exist as a path in volumeMounts");
        }
        if !name.is_empty() {
            seen.insert(name);
        }
    }
}

/// A relative path that does not climb.
// pkg/apis/core/validation/validation.go validateLocalDescendingPath
pub fn descending_path(e: &mut Errors, path: &str, p: &Path) {
    if path.starts_with('/') {
        e.invalid(p, path, "must be a relative path");
    }
    no_backsteps(e, path, p);
}

// pkg/apis/core/validation/validation.go validatePathNoBacksteps
pub fn no_backsteps(e: &mut Errors, path: &str, p: &Path) {
    if path.split('/').any(|part| part == "..") {
        e.invalid(p, path, "must not contain '..'");
    }
}

/// A relative path whose first part is no special name.
// pkg/apis/core/validation/validation.go ValidateLocalNonReservedPath
pub fn unreserved_path(e: &mut Errors, path: &str, p: &Path) {
    descending_path(e, path, p);
    if path.starts_with("..") && !path.starts_with("../") {
        e.invalid(p, path, "must not start with '..'");
    }
}
