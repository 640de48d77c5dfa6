//! A Pod's volumes and the common sources.

use super::env::{VOLUME_FIELDS, field_reference, resource_reference};
use super::meta;
use super::names;
use super::pod::{PodOptions, one_of_or_required, quantity};
use super::volume_mounts::{no_backsteps, unreserved_path};
use super::volume_rare;
use crate::manifest::field::{Errors, Path};
use crate::manifest::schema::Schema;
use crate::manifest::view::View;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Volumes without errors, by name.
pub type Volumes<'a> = BTreeMap<&'a str, &'a Value>;

/// All sources in the order of upstream's checks, with the paths under which a second source (odd spellings included) and
/// the source's own errors are reported.
const SOURCES: [(&str, &str, &str); 30] = [
    ("emptyDir", "emptyDir", "emptyDir"),
    ("hostPath", "hostPath", "hostPath"),
    ("gitRepo", "gitRepo", "gitRepo"),
    ("gcePersistentDisk", "gcePersistentDisk", "persistentDisk"),
    ("awsElasticBlockStore", "awsElasticBlockStore", "awsElasticBlockStore"),
    ("secret", "secret", "secret"),
    ("nfs", "nfs", "nfs"),
    ("iscsi", "iscsi", "iscsi"),
    ("glusterfs", "glusterfs", "glusterfs"),
    ("flocker", "flocker", "flocker"),
    ("persistentVolumeClaim", "persistentVolumeClaim", "persistentVolumeClaim"),
    ("rbd", "rbd", "rbd"),
    ("cinder", "cinder", "cinder"),
    ("cephfs", "cephFS", "cephfs"),
    ("quobyte", "quobyte", "quobyte"),
    ("downwardAPI", "downwarAPI", "downwardAPI"),
    ("fc", "fc", "fc"),
    ("flexVolume", "flexVolume", "flexVolume"),
    ("configMap", "configMap", "configMap"),
    ("azureFile", "azureFile", "azureFile"),
    ("vsphereVolume", "vsphereVolume", "vsphereVolume"),
    ("photonPersistentDisk", "photonPersistentDisk", "photonPersistentDisk"),
    ("portworxVolume", "portworxVolume", "portworxVolume"),
    ("azureDisk", "azureDisk", "azureDisk"),
    ("storageos", "storageos", "storageos"),
    ("projected", "projected", "projected"),
    ("scaleIO", "scaleIO", "scaleIO"),
    ("csi", "csi", "csi"),
    ("ephemeral", "ephemeral", "ephemeral"),
    ("image", "image", "image"),
];

const MAX_FILE_MODE: i64 = 0o777;
const MAX_ISCSI_NAME_BYTES: usize = 64;

// pkg/apis/core/validation/validation.go ValidateVolumes
pub fn volumes<'a>(
    e: &mut Errors,
    schema: &Schema,
    spec: &'a Value,
    meta_value: Option<&Value>,
    p: &Path,
    options: &PodOptions,
) -> Volumes<'a> {
    let (list, p) = (spec.items("volumes"), p.child("volumes"));
    let pod = meta_value.map_or("", |m| m.text("name"));
    let created: BTreeSet<String> = list
        .iter()
        .filter(|v| !pod.is_empty() && v.has("ephemeral"))
        .map(|v| format!("{pod}-{}", v.text("name")))
        .collect();
    let mut good = Volumes::new();
    for (i, volume) in list.iter().enumerate() {
        let (name, p) = (volume.text("name"), p.index(i));
        let mut own = Errors::default();
        source(&mut own, schema, volume, pod, &p, options);
        if name.is_empty() {
            own.required(&p.child("name"), "");
        } else {
            own.invalid_each(&p.child("name"), name, &names::dns_label(name));
        }
        if good.contains_key(name) {
            own.duplicate(&p.child("name"), name);
        }
        if own.0.is_empty() {
            good.insert(name, volume);
        } else {
            e.0.extend(own.0);
        }
        let claim = volume.at("persistentVolumeClaim").text("claimName");
        if created.contains(claim) {
            let p = p.child("persistentVolumeClaim.claimName");
            e.invalid(&p, claim, "must not reference a PVC that gets created for an ephemeral volume");
        }
    }
    good
}

// pkg/apis/core/validation/validation.go validateVolumeSource
fn source(e: &mut Errors, schema: &Schema, volume: &Value, pod: &str, p: &Path, options: &PodOptions) {
    let mut found = false;
    for (key, second, own) in SOURCES.iter().filter(|(key, ..)| volume.has(key)) {
        let value = volume.at(key);
        if found && *key != "emptyDir" {
            e.forbidden(&p.child(second), "may not specify more than 1 volume type");
        } else {
            found = true;
            one_source(e, schema, key, value, &p.child(own), options);
            if *key == "ephemeral" && !pod.is_empty() && !volume.text("name").is_empty() {
                let claim = format!("{pod}-{}", volume.text("name"));
                for message in names::dns_subdomain(&claim) {
                    let detail = format!("PVC name {claim:?}: {message}");
                    e.invalid(&p.child("name"), volume.text("name"), &detail);
                }
            }
        }
        let length = volume.text("name").len() + 1 + value.text("targetPortal").len();
        if *key == "iscsi" && value.has("initiatorName") && length > MAX_ISCSI_NAME_BYTES {
            let detail = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if \
                iscsi.initiatorName is specified.";
            e.invalid(&p.child("name"), volume.text("name"), detail);
        }
    }
    if !found {
        e.required(p, "must specify a volume type");
    }
}

fn one_source(e: &mut Errors, schema: &Schema, key: &str, value: &Value, p: &Path, options: &PodOptions) {
    match key {
        "emptyDir" => {
            if value.has("sizeLimit") && quantity(value.at("sizeLimit")).is_negative() {
                e.forbidden(&p.child("sizeLimit"), "SizeLimit field must be a valid resource quantity");
            }
        }
        "hostPath" => host_path(e, value, p),
        "secret" | "configMap" => {
            let name = if key == "secret" { "secretName" } else { "name" };
            if value.text(name).is_empty() {
                e.required(&p.child(name), "");
            }
            mode(e, value, "defaultMode", p);
            key_files(e, value, p);
        }
        "persistentVolumeClaim" => required(e, value, "claimName", p),
        "downwardAPI" => {
            mode(e, value, "defaultMode", p);
            for file in value.items("items") {
                downward_file(e, file, p);
            }
        }
        "projected" => {
            mode(e, value, "defaultMode", p);
            super::volume_projected::sources(e, value, p);
        }
        "ephemeral" => ephemeral(e, schema, value, p),
        "image" => {
            if options.is_pod && value.text("reference").is_empty() {
                e.required(&p.child("reference"), "");
            }
            let allowed = ["Always", "IfNotPresent", "Never"];
            one_of_or_required(e, value.at("pullPolicy"), &p.child("pullPolicy"), &allowed);
        }
        _ => volume_rare::source(e, key, value, p),
    }
}

/// A field that may not be empty.
pub fn required(e: &mut Errors, value: &Value, key: &str, p: &Path) {
    if value.text(key).is_empty() {
        e.required(&p.child(key), "");
    }
}

/// Permission bits.
pub fn mode(e: &mut Errors, value: &Value, key: &str, p: &Path) {
    if let Some(bits) = value.int(key).filter(|b| !(0..=MAX_FILE_MODE).contains(b)) {
        let detail = "must be a number between 0 and 0777 (octal), both inclusive";
        e.invalid_printed(&p.child(key), bits.to_string(), detail);
    }
}

fn host_path(e: &mut Errors, value: &Value, p: &Path) {
    if value.text("path").is_empty() {
        return e.required(&p.child("path"), "");
    }
    no_backsteps(e, value.text("path"), &p.child("path"));
    let allowed = ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];
    if value.opt_text("type").is_some_and(|t| !allowed.contains(&t)) {
        e.not_supported(&p.child("type"), value.at("type"), &allowed);
    }
}

/// Files made from keys of a Secret or ConfigMap.
// pkg/apis/core/validation/validation.go validateKeyToPath
pub fn key_files(e: &mut Errors, value: &Value, p: &Path) {
    for (i, item) in value.items("items").iter().enumerate() {
        let p = p.child("items").index(i);
        required(e, item, "key", &p);
        required(e, item, "path", &p);
        unreserved_path(e, item.text("path"), &p.child("path"));
        mode(e, item, "mode", &p);
    }
}

// pkg/apis/core/validation/validation.go validateDownwardAPIVolumeFile
pub fn downward_file(e: &mut Errors, file: &Value, p: &Path) {
    required(e, file, "path", p);
    unreserved_path(e, file.text("path"), &p.child("path"));
    if file.has("fieldRef") {
        field_reference(e, file.at("fieldRef"), &VOLUME_FIELDS, &p.child("fieldRef"));
        if file.has("resourceFieldRef") {
            e.invalid(p, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously");
        }
    } else if file.has("resourceFieldRef") {
        resource_reference(e, file.at("resourceFieldRef"), &p.child("resourceFieldRef"), true);
    } else {
        e.required(p, "one of fieldRef and resourceFieldRef is required");
    }
    mode(e, file, "mode", p);
}

// pkg/apis/core/validation/validation.go validateEphemeralVolumeSource
fn ephemeral(e: &mut Errors, schema: &Schema, value: &Value, p: &Path) {
    let (template, p) = (value.at("volumeClaimTemplate"), p.child("volumeClaimTemplate"));
    if template.is_null() {
        return e.required(&p, "");
    }
    let (metadata, mp) = (template.at("metadata"), p.child("metadata"));
    meta::annotations(e, metadata.at("annotations"), &mp.child("annotations"));
    meta::labels(e, metadata.at("labels"), &mp.child("labels"));
    for field in schema.fields("ObjectMeta") {
        if !matches!(field.name, "annotations" | "labels") && metadata.has(field.name) {
            let mut name = field.go.clone();
            name.replace_range(..1, &name[..1].to_lowercase());
            e.forbidden(&mp.child(&name), "cannot be set");
        }
    }
    super::other::claim_spec(e, template.at("spec"), &p.child("spec"));
}

// pkg/apis/core/validation/validation.go validateFileKeyRefVolumes
pub fn file_key_references(e: &mut Errors, spec: &Value, p: &Path) {
    for (container, p) in super::containers::all(spec, p) {
        for (i, variable) in container.items("env").iter().enumerate() {
            let reference = variable.at("valueFrom").at("fileKeyRef");
            if reference.is_null() {
                continue;
            }
            let name = reference.text("volumeName");
            let p = p.child("env").index(i).child("valueFrom.fileKeyRef.volumeName");
            match spec.items("volumes").iter().rfind(|v| v.text("name") == name) {
                None => e.not_found(&p, name, ""),
                Some(volume) if !volume.has("emptyDir") => {
                    e.invalid(&p, name, "referenced volume must be of type emptyDir");
                }
                Some(_) => {}
            }
        }
    }
}
