//! Volume sources of clouds and storage systems.

use super::names;
use super::volume_mounts::descending_path;
use super::volumes::required;
use crate::manifest::field::{Errors, Path, quote};
use crate::manifest::view::{View, pairs};
use serde_json::Value;

/// Fields that may not be empty, by source.
const REQUIRED: &[(&str, &[&str])] = &[
    ("gitRepo", &["repository"]),
    ("gcePersistentDisk", &["pdName"]),
    ("awsElasticBlockStore", &["volumeID"]),
    ("nfs", &["server", "path"]),
    ("glusterfs", &["endpoints", "path"]),
    ("cinder", &["volumeID"]),
    ("azureFile", &["secretName", "shareName"]),
    ("vsphereVolume", &["volumePath"]),
    ("photonPersistentDisk", &["pdID"]),
    ("portworxVolume", &["volumeID"]),
    ("scaleIO", &["gateway", "system", "volumeName"]),
    ("flexVolume", &["driver"]),
    ("azureDisk", &["diskName", "diskURI"]),
];

const MAX_DRIVER_NAME_BYTES: usize = 63;
const MAX_TENANT_BYTES: usize = 64;

/// One of the rarer sources.
pub fn source(e: &mut Errors, key: &str, value: &Value, p: &Path) {
    for field in REQUIRED.iter().filter(|(k, _)| *k == key).flat_map(|(_, fields)| *fields) {
        required(e, value, field, p);
    }
    match key {
        "gitRepo" => descending_path(e, value.text("directory"), &p.child("directory")),
        "gcePersistentDisk" | "awsElasticBlockStore" => {
            byte_range(e, value, "partition", p, &names::range_error(1, 255))
        }
        "nfs" if !value.text("path").starts_with('/') => {
            e.invalid(&p.child("path"), value.text("path"), "must be an absolute path");
        }
        "iscsi" => iscsi(e, value, p),
        "flocker" => flocker(e, value, p),
        "rbd" => {
            if value.items("monitors").is_empty() {
                e.required(&p.child("monitors"), "");
            }
            required(e, value, "image", p);
        }
        "cephfs" if value.items("monitors").is_empty() => e.required(&p.child("monitors"), ""),
        "cinder" => secret_name(e, value, p),
        "quobyte" => quobyte(e, value, p),
        "fc" => fibre_channel(e, value, p),
        "flexVolume" => flex(e, value, p),
        "azureDisk" => azure_disk(e, value, p),
        "storageos" => storage_os(e, value, p),
        "csi" => csi(e, value, p),
        _ => {}
    }
}

fn byte_range(e: &mut Errors, value: &Value, key: &str, p: &Path, detail: &str) {
    if let Some(number) = value.int(key).filter(|n| !(0..=255).contains(n)) {
        e.invalid_printed(&p.child(key), number.to_string(), detail);
    }
}

fn secret_name(e: &mut Errors, value: &Value, p: &Path) {
    if value.has("secretRef") && value.at("secretRef").text("name").is_empty() {
        e.required(&p.child("secretRef.name"), "");
    }
}

// pkg/apis/core/validation/validation.go validateISCSIVolumeSource
fn iscsi(e: &mut Errors, value: &Value, p: &Path) {
    required(e, value, "targetPortal", p);
    if value.text("iqn").is_empty() {
        e.required(&p.child("iqn"), "");
    } else {
        iscsi_name(e, value.text("iqn"), &p.child("iqn"));
    }
    byte_range(e, value, "lun", p, &names::range_error(0, 255));
    if (value.flag("chapAuthDiscovery") || value.flag("chapAuthSession")) && !value.has("secretRef") {
        e.required(&p.child("secretRef"), "");
    }
    if let Some(name) = value.opt_text("initiatorName") {
        iscsi_name(e, name, &p.child("initiatorname"));
    }
}

fn iscsi_name(e: &mut Errors, name: &str, p: &Path) {
    let alnum = |text: &str, length: usize| text.len() == length && text.bytes().all(|b| b.is_ascii_alphanumeric());
    if name.starts_with("iqn") {
        if !qualified_iqn(name) {
            e.invalid(p, name, "must be valid format");
        }
    } else if name.starts_with("eui") || name.starts_with("naa") {
        let length = if name.starts_with("eui") { 16 } else { 32 };
        if !name.get(4..).is_some_and(|rest| alnum(rest, length)) {
            e.invalid(p, name, "must be valid format");
        }
    } else {
        e.invalid(p, name, "must be valid format starting with iqn, eui, or naa");
    }
}

/// `iqn.2001-04.com.example:storage`
fn qualified_iqn(name: &str) -> bool {
    let Some(rest) = name.find("iqn.").map(|i| &name[i + 4..]) else { return false };
    let date = rest.get(..8).is_some_and(|d| {
        let shape = |(i, b): (usize, u8)| match i {
            4 => b == b'-',
            7 => b == b'.',
            _ => b.is_ascii_digit(),
        };
        d.bytes().enumerate().all(shape)
    });
    let Some((authority, label)) = rest.get(8..).and_then(|r| r.split_once(':')) else { return false };
    date && !authority.is_empty()
        && authority.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
        && !label.is_empty()
        && !label.contains([',', ';', '*', '&', '$', '|'])
        && !label.contains(char::is_whitespace)
}

// pkg/apis/core/validation/validation.go validateFlockerVolumeSource
fn flocker(e: &mut Errors, value: &Value, p: &Path) {
    let (name, uuid) = (value.text("datasetName"), value.text("datasetUUID"));
    match (name.is_empty(), uuid.is_empty()) {
        (true, true) => e.required(p, "one of datasetName and datasetUUID is required"),
        (false, false) => e.invalid(p, "resource", "datasetName and datasetUUID can not be specified simultaneously"),
        _ => {}
    }
    if name.contains('/') {
        e.invalid(&p.child("datasetName"), name, "must not contain '/'");
    }
}

// pkg/apis/core/validation/validation.go validateQuobyteVolumeSource
fn quobyte(e: &mut Errors, value: &Value, p: &Path) {
    let (registry, detail) = (value.text("registry"), "must be a host:port pair or multiple pairs separated by commas");
    if registry.is_empty() {
        e.required(&p.child("registry"), detail);
    } else if value.text("tenant").len() > MAX_TENANT_BYTES {
        e.required(&p.child("tenant"), "must be a UUID and may not exceed a length of 64 characters");
    } else {
        for pair in registry.split(',') {
            let bare = !pair.starts_with('[') && pair.matches(':').count() != 1;
            if bare || !pair.contains(':') {
                e.invalid(&p.child("registry"), registry, detail);
            }
        }
    }
    required(e, value, "volume", p);
}

// pkg/apis/core/validation/validation.go validateFCVolumeSource
fn fibre_channel(e: &mut Errors, value: &Value, p: &Path) {
    let (names_given, ids) = (!value.items("targetWWNs").is_empty(), !value.items("wwids").is_empty());
    let np = p.child("targetWWNs");
    match (names_given, ids) {
        (false, false) => e.required(&np, "must specify either targetWWNs or wwids, but not both"),
        (true, true) => {
            let detail = "targetWWNs and wwids can not be specified simultaneously";
            e.invalid_value(&np, value.at("targetWWNs"), detail);
        }
        _ => {}
    }
    if names_given {
        match value.int("lun") {
            None => e.required(&p.child("lun"), "lun is required if targetWWNs is specified"),
            Some(_) => byte_range(e, value, "lun", p, &names::range_error(0, 255)),
        }
    }
}

// pkg/apis/core/validation/validation.go validateFlexVolumeSource
fn flex(e: &mut Errors, value: &Value, p: &Path) {
    for (key, _) in pairs(value.at("options")) {
        let namespace = format!(".{}", key.split('/').next().unwrap_or(key).to_lowercase());
        if namespace.ends_with(".kubernetes.io") || namespace.ends_with(".k8s.io") {
            let detail = "kubernetes.io and k8s.io namespaces are reserved";
            e.invalid(&p.child("options").key(key), key, detail);
        }
    }
}

// pkg/apis/core/validation/validation.go validateAzureDisk
fn azure_disk(e: &mut Errors, value: &Value, p: &Path) {
    for (key, allowed) in
        [("cachingMode", ["None", "ReadOnly", "ReadWrite"]), ("kind", ["Dedicated", "Managed", "Shared"])]
    {
        if value.opt_text(key).is_some_and(|v| !allowed.contains(&v)) {
            e.not_supported(&p.child(key), value.at(key), &allowed);
        }
    }
    let uri = value.text("diskURI");
    let managed = value.opt_text("kind").map(|k| k == "Managed");
    let (prefix, supported) = match managed {
        Some(true) => (
            "/subscriptions/",
            "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}",
        ),
        _ => ("https://", "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"),
    };
    if managed.is_some() && !uri.starts_with(prefix) {
        e.not_supported_printed(&p.child("diskURI"), quote(uri), &[supported]);
    }
}

// pkg/apis/core/validation/validation.go validateStorageOSVolumeSource
fn storage_os(e: &mut Errors, value: &Value, p: &Path) {
    required(e, value, "volumeName", p);
    for key in ["volumeName", "volumeNamespace"] {
        let name = value.text(key);
        if !name.is_empty() {
            e.invalid_each(&p.child(key), name, &names::dns_label(name));
        }
    }
    secret_name(e, value, p);
}

// pkg/apis/core/validation/validation.go validateCSIVolumeSource, ValidateCSIDriverName
fn csi(e: &mut Errors, value: &Value, p: &Path) {
    let (driver, dp) = (value.text("driver"), p.child("driver"));
    if driver.is_empty() {
        e.required(&dp, "");
    } else {
        if driver.len() > MAX_DRIVER_NAME_BYTES {
            e.too_long(&dp, MAX_DRIVER_NAME_BYTES);
        }
        e.invalid_each(&dp, driver, &names::dns_subdomain(&driver.to_lowercase()));
    }
    if value.has("nodePublishSecretRef") {
        let name = value.at("nodePublishSecretRef").text("name");
        if name.is_empty() {
            e.required(&p.child("nodePublishSecretRef.name"), "");
        } else {
            e.invalid_each(&p.child("name"), name, &names::dns_subdomain(name));
        }
    }
}
