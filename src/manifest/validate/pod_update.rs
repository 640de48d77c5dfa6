//! What an update of a Pod may change: images, the deadline, tolerations, gates; of a gated Pod also where it may run.

use super::meta;
use super::names;
use super::pod::{PodOptions, metadata_and_spec};
use super::pod_annotations;
use super::scheduling::tolerations;
use crate::manifest::difference::unified;
use crate::manifest::field::{Errors, Path};
use crate::manifest::internal::{dump, dump_lines, dump_list};
use crate::manifest::schema::Schema;
use crate::manifest::view::{View, pairs, same};
use serde_json::Value;

const UPDATABLE: &str = "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,\
    `spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set \
    to 1 if it was previously negative)";

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";

// pkg/apis/core/validation/validation.go ValidatePodUpdate
pub fn pod_update(e: &mut Errors, schema: &Schema, new: &Value, old: &Value) {
    let options = PodOptions::for_pod(Some(old));
    let (spec, before, p) = (new.at("spec"), old.at("spec"), Path::new("spec"));
    let annotations = |o: &Value| o.at("metadata").at("annotations").clone();
    meta::object_meta_update(e, new, old);
    metadata_and_spec(e, schema, new, &options);
    let ap = Path::new("metadata.annotations");
    pod_annotations::update(e, &annotations(new), &annotations(old), spec, &ap, &options);
    for list in ["containers", "initContainers"] {
        if containers_update(e, spec.items(list), before.items(list), &p.child(list)) {
            return;
        }
    }
    if deadline(e, spec, before, &p.child("activeDeadlineSeconds")) {
        return;
    }
    added_tolerations(e, spec, before, &p.child("tolerations"), &options);
    removed_gates(e, spec, before, &p.child("schedulingGates"));
    if same(spec, before) {
        return;
    }
    let mut munged = spec.clone();
    allow_changes(&mut munged, before);
    if !before.items("schedulingGates").is_empty() {
        gated_changes(e, schema, &mut munged, before, &p);
    }
    if !same(&munged, before) {
        let difference = unified(&dump_lines(schema, "PodSpec", before), &dump_lines(schema, "PodSpec", &munged));
        e.forbidden(&p, &format!("pod updates may not change fields other than {UPDATABLE}\n{difference}"));
    }
}

/// Whether to stop here.
// pkg/apis/core/validation/validation.go ValidateContainerUpdates
fn containers_update(e: &mut Errors, new: &[Value], old: &[Value], p: &Path) -> bool {
    if new.len() != old.len() {
        e.forbidden(p, "pod updates may not add or remove containers");
        return true;
    }
    for (i, container) in new.iter().enumerate() {
        let p = p.index(i).child("image");
        if container.text("image").is_empty() {
            e.required(&p, "");
        }
        super::pod::image_without_blanks(e, container.text("image"), &p);
    }
    false
}

/// The deadline may be set or lowered; whether to stop here.
fn deadline(e: &mut Errors, spec: &Value, before: &Value, p: &Path) -> bool {
    let (new, old) = (spec.int("activeDeadlineSeconds"), before.int("activeDeadlineSeconds"));
    match (new, old) {
        (Some(new), _) if !(0..=i64::from(i32::MAX)).contains(&new) => {
            e.invalid_printed(p, new.to_string(), &names::range_error(0, i64::from(i32::MAX)));
            true
        }
        (Some(new), Some(old)) if old < new => {
            e.invalid_printed(p, new.to_string(), "must be less than or equal to previous value");
            true
        }
        (None, Some(_)) => {
            e.invalid_printed(p, "null".to_owned(), "must not update from a positive integer to nil value");
            false
        }
        _ => false,
    }
}

// pkg/apis/core/validation/validation.go validateOnlyAddedTolerations
fn added_tolerations(e: &mut Errors, spec: &Value, before: &Value, p: &Path, options: &PodOptions) {
    let equal =
        |a: &Value, b: &Value| ["key", "operator", "value", "effect"].into_iter().all(|key| a.text(key) == b.text(key));
    let new = spec.items("tolerations");
    if before.items("tolerations").iter().any(|old| !new.iter().any(|n| equal(old, n))) {
        return e.forbidden(p, "existing toleration can not be modified except its tolerationSeconds");
    }
    tolerations(e, new, p, options);
}

// pkg/apis/core/validation/validation.go validateOnlyDeletedSchedulingGates
fn removed_gates(e: &mut Errors, spec: &Value, before: &Value, p: &Path) {
    for (i, gate) in spec.items("schedulingGates").iter().enumerate() {
        let name = gate.text("name");
        if !before.items("schedulingGates").iter().any(|g| g.text("name") == name) {
            let detail = format!("only deletion is allowed, but found new scheduling gate '{name}'");
            e.forbidden(&p.index(i).child("name"), &detail);
        }
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

/// Sets what may change back to what it was.
fn allow_changes(munged: &mut Value, before: &Value) {
    for list in ["containers", "initContainers"] {
        let images: Vec<Value> = before.items(list).iter().map(|c| c.at("image").clone()).collect();
        for (container, image) in crate::manifest::default::items_mut(munged, list).iter_mut().zip(&images) {
            put(container, "image", image);
        }
    }
    for key in ["activeDeadlineSeconds", "schedulingGates", "tolerations"] {
        put(munged, key, before.at(key));
    }
    let negative = before.int("terminationGracePeriodSeconds").is_some_and(|s| s < 0);
    if negative && munged.int("terminationGracePeriodSeconds") == Some(1) {
        put(munged, "terminationGracePeriodSeconds", before.at("terminationGracePeriodSeconds"));
    }
}

/// A gated Pod may become more choosy about its node.
fn gated_changes(e: &mut Errors, schema: &Schema, munged: &mut Value, before: &Value, p: &Path) {
    let selector = munged.at("nodeSelector").clone();
    if !same(&selector, before.at("nodeSelector")) {
        if pairs(before.at("nodeSelector")).any(|(key, value)| selector.opt_text(key) != Some(value)) {
            let detail = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
            e.invalid_value(&p.child("nodeSelector"), &selector, detail);
        }
        put(munged, "nodeSelector", before.at("nodeSelector"));
    }
    let old = before.at("affinity").at("nodeAffinity");
    let new = munged.at("affinity").at("nodeAffinity").clone();
    if same(old, &new) {
        return;
    }
    affinity_mutation(e, schema, &new, old, &p.child("affinity.nodeAffinity"));
    let others = ["podAffinity", "podAntiAffinity"].into_iter().any(|k| munged.at("affinity").has(k));
    if munged.has("affinity") && !before.has("affinity") && !others {
        put(munged, "affinity", &Value::Null);
    } else if !old.is_null() || munged.has("affinity") {
        put(crate::manifest::default::child(munged, "affinity"), "nodeAffinity", old);
    }
}

// pkg/apis/core/validation/validation.go validateNodeAffinityMutation
fn affinity_mutation(e: &mut Errors, schema: &Schema, new: &Value, old: &Value, p: &Path) {
    if !old.has(REQUIRED) {
        return;
    }
    let terms = |affinity: &Value| affinity.at(REQUIRED).items("nodeSelectorTerms").to_vec();
    let (new, old, p) = (terms(new), terms(old), p.child(REQUIRED).child("nodeSelectorTerms"));
    if !old.is_empty() && old.len() != new.len() {
        let printed = if new.is_empty() { "null".to_owned() } else { dump_list(schema, "NodeSelectorTerm", &new) };
        let detail = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
        return e.invalid_printed(&p, printed, detail);
    }
    for (i, (new, old)) in new.iter().zip(&old).enumerate() {
        if !only_additions(new, old) {
            let printed = dump(schema, "NodeSelectorTerm", new);
            e.invalid_printed(&p.index(i), printed, "only additions are allowed (no mutations or deletions)");
        }
    }
}

// pkg/apis/core/validation/validation.go validateNodeSelectorTermHasOnlyAdditions
fn only_additions(new: &Value, old: &Value) -> bool {
    let lists = ["matchExpressions", "matchFields"];
    let size = |term: &Value| lists.into_iter().map(|l| term.items(l).len()).sum::<usize>();
    if size(old) == 0 && size(new) > 0 {
        return false;
    }
    lists.into_iter().all(|list| {
        let (new, old) = (new.items(list), old.items(list));
        new.len() >= old.len() && old.iter().zip(new).all(|(a, b)| same(a, b))
    })
}
