//! Rules for metadata, labels, annotations and label selectors.

use super::names;
use crate::manifest::field::{Errors, Path, quote};
use crate::manifest::internal::dump;
use crate::manifest::schema::Schema;
use crate::manifest::view::{View, pairs, same};
use serde_json::Value;

/// Which rule an object's name follows.
pub type NameRule = fn(&str) -> Vec<String>;

const MAX_ANNOTATIONS_BYTES: usize = 256 * 1024;

// pkg/apis/core/validation/validation.go ValidateObjectMeta
pub fn object_meta(e: &mut Errors, object: &Value, namespaced: bool, rule: NameRule) {
    accessor(e, object, namespaced, rule);
    kube_finalizers(e, object.at("metadata"), &Path::new("metadata"));
}

/// What every kind has in common; of the name only that it can stand in a URL.
// k8s.io/apiserver/pkg/registry/rest/create.go BeforeCreate; update.go validateCommonFields
pub fn common(e: &mut Errors, object: &Value, old: Option<&Value>, namespaced: bool) {
    accessor(e, object, namespaced, names::path_segment);
    if let Some(old) = old {
        accessor_update(e, object, old);
    }
}

// k8s.io/apimachinery/pkg/api/validation/objectmeta.go ValidateObjectMetaAccessor
fn accessor(e: &mut Errors, object: &Value, namespaced: bool, rule: NameRule) {
    let (meta, p) = (object.at("metadata"), Path::new("metadata"));
    let generate = meta.text("generateName");
    if !generate.is_empty() {
        e.invalid_each(&p.child("generateName"), generate, &rule(&names::mask_trailing_dash(generate)));
    }
    let name = meta.text("name");
    if name.is_empty() {
        e.required(&p.child("name"), "name or generateName is required");
    } else {
        e.invalid_each(&p.child("name"), name, &rule(name));
    }
    let namespace = meta.text("namespace");
    if namespaced && namespace.is_empty() {
        e.required(&p.child("namespace"), "");
    } else if namespaced {
        e.invalid_each(&p.child("namespace"), namespace, &names::dns_label(namespace));
    } else if !namespace.is_empty() {
        e.forbidden(&p.child("namespace"), "not allowed on this type");
    }
    e.nonnegative(meta.int("generation"), &p.child("generation"));
    labels(e, meta.at("labels"), &p.child("labels"));
    annotations(e, meta.at("annotations"), &p.child("annotations"));
    owner_references(e, meta, &p.child("ownerReferences"));
    finalizers(e, meta, &p.child("finalizers"));
    managed_fields(e, meta, &p.child("managedFields"));
}

// k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go ValidateManagedFields
fn managed_fields(e: &mut Errors, meta: &Value, p: &Path) {
    for (i, entry) in meta.items("managedFields").iter().enumerate() {
        let (p, operation, kind) = (p.index(i), entry.text("operation"), entry.text("fieldsType"));
        if !matches!(operation, "Apply" | "Update") {
            e.invalid(&p.child("operation"), operation, "must be `Apply` or `Update`");
        }
        if !matches!(kind, "" | "FieldsV1") {
            e.invalid(&p.child("fieldsType"), kind, "must be `FieldsV1`");
        }
    }
}

// k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go ValidateLabels
pub fn labels(e: &mut Errors, labels: &Value, p: &Path) {
    for (key, value) in pairs(labels) {
        label_name(e, key, p);
        e.invalid_each(p, value, &names::label_value(value));
    }
}

// k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go ValidateLabelName
pub fn label_name(e: &mut Errors, name: &str, p: &Path) {
    e.invalid_each(p, name, &names::qualified_name(name));
}

// k8s.io/apimachinery/pkg/api/validation/objectmeta.go ValidateAnnotations
pub fn annotations(e: &mut Errors, annotations: &Value, p: &Path) {
    let mut size = 0;
    for (key, value) in pairs(annotations) {
        e.invalid_each(p, key, &names::qualified_name(&key.to_lowercase()));
        size += key.len() + value.len();
    }
    if size > MAX_ANNOTATIONS_BYTES {
        e.too_long(p, MAX_ANNOTATIONS_BYTES);
    }
}

// k8s.io/apimachinery/pkg/api/validation/objectmeta.go ValidateOwnerReferences
fn owner_references(e: &mut Errors, meta: &Value, p: &Path) {
    let mut controller: Option<String> = None;
    for reference in meta.items("ownerReferences") {
        if reference.text("apiVersion").rsplit('/').next().unwrap_or("").is_empty() {
            e.invalid(&p.child("apiVersion"), reference.text("apiVersion"), "version must not be empty");
        }
        for key in ["kind", "name"] {
            if reference.text(key).is_empty() {
                e.invalid(&p.child(key), "", "must not be empty");
            }
        }
        if reference.text("uid").is_empty() {
            e.invalid_printed(&p.child("uid"), quote(""), "must not be empty");
        }
        if reference.flag("controller") {
            let name = format!("{}/{}", reference.text("kind"), reference.text("name"));
            match &controller {
                Some(first) => {
                    let detail = format!(
                        "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {name}"
                    );
                    e.invalid_value(p, meta.at("ownerReferences"), &detail);
                }
                None => controller = Some(name),
            }
        }
    }
}

// k8s.io/apimachinery/pkg/api/validation/objectmeta.go ValidateFinalizers
fn finalizers(e: &mut Errors, meta: &Value, p: &Path) {
    let names: Vec<&str> = meta.items("finalizers").iter().filter_map(Value::as_str).collect();
    for name in &names {
        e.invalid_each(p, name, &names::qualified_name(name));
    }
    if names.contains(&"foregroundDeletion") && names.contains(&"orphan") {
        e.invalid_value(p, meta.at("finalizers"), "finalizer orphan and foregroundDeletion cannot be both set");
    }
}

// pkg/apis/core/validation/validation.go validateKubeFinalizerName
fn kube_finalizers(e: &mut Errors, meta: &Value, p: &Path) {
    for (i, name) in meta.items("finalizers").iter().filter_map(Value::as_str).enumerate() {
        if !name.contains('/') && !matches!(name, "kubernetes" | "orphan" | "foregroundDeletion") {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            e.invalid(&p.child("finalizers").index(i), name, detail);
        }
    }
}

/// Metadata of an update.
// pkg/apis/core/validation/validation.go ValidateObjectMetaUpdate
pub fn object_meta_update(e: &mut Errors, new: &Value, old: &Value) {
    accessor_update(e, new, old);
    kube_finalizers(e, new.at("metadata"), &Path::new("metadata"));
}

// k8s.io/apimachinery/pkg/api/validation/objectmeta.go ValidateObjectMetaAccessorUpdate
fn accessor_update(e: &mut Errors, new: &Value, old: &Value) {
    let (new, old, p) = (new.at("metadata"), old.at("metadata"), Path::new("metadata"));
    if old.has("deletionTimestamp") {
        let before = old.items("finalizers");
        let mut added: Vec<&str> =
            new.items("finalizers").iter().filter(|f| !before.contains(f)).filter_map(Value::as_str).collect();
        added.sort_unstable();
        if !added.is_empty() {
            let list: Vec<String> = added.iter().map(|f| quote(f)).collect();
            let detail = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                list.join(", ")
            );
            e.forbidden(&p.child("finalizers"), &detail);
        }
    }
    if new.text("resourceVersion").is_empty() {
        e.invalid_value(&p.child("resourceVersion"), &Value::from(""), "must be specified for an update");
    }
    if new.int("generation").unwrap_or(0) < old.int("generation").unwrap_or(0) {
        let value = new.int("generation").unwrap_or(0).to_string();
        e.invalid_printed(&p.child("generation"), value, "must not be decremented");
    }
    for key in ["name", "namespace", "uid"] {
        if new.text(key) != old.text(key) {
            e.invalid(&p.child(key), new.text(key), "field is immutable");
        }
    }
    for key in ["creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] {
        immutable(e, new.at(key), old.at(key), &p.child(key));
    }
    labels(e, new.at("labels"), &p.child("labels"));
    annotations(e, new.at("annotations"), &p.child("annotations"));
    owner_references(e, new, &p.child("ownerReferences"));
    managed_fields(e, new, &p.child("managedFields"));
}

/// A value that JSON prints as it is may not change.
// k8s.io/apimachinery/pkg/api/validation/objectmeta.go ValidateImmutableField
pub fn immutable(e: &mut Errors, new: &Value, old: &Value, p: &Path) {
    if !same(new, old) {
        e.invalid_value(p, new, "field is immutable");
    }
}

/// A struct that is printed in its internal form may not change.
pub fn immutable_struct(e: &mut Errors, schema: &Schema, structure: &str, new: &Value, old: &Value, p: &Path) {
    if !same(new, old) {
        let printed = if new.is_null() { "null".to_owned() } else { dump(schema, structure, new) };
        e.invalid_printed(p, printed, "field is immutable");
    }
}

// k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go ValidateLabelSelector
pub fn label_selector(e: &mut Errors, selector: &Value, allow_invalid_values: bool, p: &Path) {
    labels(e, selector.at("matchLabels"), &p.child("matchLabels"));
    for (i, requirement) in selector.items("matchExpressions").iter().enumerate() {
        let p = p.child("matchExpressions").index(i);
        let values = requirement.items("values");
        match requirement.text("operator") {
            "In" | "NotIn" if values.is_empty() => {
                e.required(&p.child("values"), "must be specified when `operator` is 'In' or 'NotIn'");
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                e.forbidden(&p.child("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            _ => e.invalid_value(&p.child("operator"), &operator(requirement), "not a valid selector operator"),
        }
        label_name(e, requirement.text("key"), &p.child("key"));
        if !allow_invalid_values {
            for (j, value) in values.iter().filter_map(Value::as_str).enumerate() {
                e.invalid_each(&p.child("values").index(j), value, &names::label_value(value));
            }
        }
    }
}

/// The operator as a named string prints.
pub fn operator(requirement: &Value) -> Value {
    Value::from(requirement.text("operator"))
}

/// Whether an old selector has values that today's rules refuse; then an update may keep them.
// k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go LabelSelectorHasInvalidLabelValue
pub fn has_invalid_values(selector: &Value) -> bool {
    let values = selector.items("matchExpressions").iter().flat_map(|r| r.items("values"));
    values.filter_map(Value::as_str).any(|v| !names::label_value(v).is_empty())
}

/// Whether a selector matches labels; `None` if it is malformed. A null selector matches nothing, an empty one everything.
// k8s.io/apimachinery/pkg/apis/meta/v1/helpers.go LabelSelectorAsSelector
pub fn selects(selector: &Value, labels: &Value) -> Option<bool> {
    if selector.is_null() {
        return Some(false);
    }
    let mut matches = true;
    for (key, value) in pairs(selector.at("matchLabels")) {
        if !names::qualified_name(key).is_empty() || !names::label_value(value).is_empty() {
            return None;
        }
        matches &= labels.opt_text(key) == Some(value);
    }
    for requirement in selector.items("matchExpressions") {
        let key = requirement.text("key");
        let values: Vec<&str> = requirement.items("values").iter().filter_map(Value::as_str).collect();
        let bad_values = values.iter().any(|v| !names::label_value(v).is_empty());
        if !names::qualified_name(key).is_empty() || bad_values {
            return None;
        }
        let has = labels.opt_text(key);
        matches &= match requirement.text("operator") {
            "In" if !values.is_empty() => has.is_some_and(|v| values.contains(&v)),
            "NotIn" if !values.is_empty() => has.is_none_or(|v| !values.contains(&v)),
            "Exists" if values.is_empty() => has.is_some(),
            "DoesNotExist" if values.is_empty() => has.is_none(),
            _ => return None,
        };
    }
    Some(matches)
}

/// A selector without any requirement.
pub fn is_empty_selector(selector: &Value) -> bool {
    !selector.is_null()
        && selector.map("matchLabels").is_none_or(serde_json::Map::is_empty)
        && selector.items("matchExpressions").is_empty()
}

/// A selector as error messages print it.
pub fn selector_text(schema: &Schema, selector: &Value) -> String {
    if selector.is_null() { "null".to_owned() } else { dump(schema, "LabelSelector", selector) }
}

/// `selector` does not match template `labels`.
pub fn template_labels_error(e: &mut Errors, template: &Value, p: &Path) {
    let labels = template.at("metadata").at("labels");
    e.invalid_value(&p.child("metadata.labels"), labels, "`selector` does not match template `labels`");
}
