//! Changing an object that exists: strategic merge patches, and the server's answer to an update.

use super::answer::Answer;
use super::decode;
use super::default::{self, set};
use super::diagnostic::Span;
use super::schema::{Schema, Type};
use super::tree::{Content, Entry, Node};
use super::validate;
use super::view::View;
use serde_json::{Map, Value};

/// Merges a strategic merge patch into an object, decodes and defaults the result. The error is the server's text for a
/// patch that does not decode.
///
/// ```
/// use serde_json::json;
/// let old = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"},
///     "spec": {"containers": [{"name": "c", "image": "a"}]}});
/// let patch = json!({"spec": {"containers": [{"name": "c", "image": "b"}]}});
/// let new = orrery::manifest::patch::strategic_merge("v1", "Pod", &old, &patch).unwrap();
/// assert_eq!(new["spec"]["containers"][0]["image"], "b");
/// ```
// k8s.io/apimachinery/pkg/util/strategicpatch/patch.go StrategicMergePatch
pub fn strategic_merge(api_version: &str, kind: &str, old: &Value, patch: &Value) -> Result<Value, String> {
    let schema = Schema::new();
    let Some(known) = schema.kind(api_version, kind) else {
        return Err(format!("no matches for kind {kind:?} in version {api_version:?}"));
    };
    let merged = merge(&schema, Some(&Type::Struct(known.kind)), old, patch, 0);
    let node = node_of(&merged);
    let decoded = decode::decode(&schema, &node, known.kind);
    if let Some(problem) = decoded.message() {
        return Err(format!(
            "{0} in version \"{1}\" cannot be handled as a {0}: {problem}",
            known.kind,
            known.version()
        ));
    }
    let mut value = decoded.value;
    decode::prune(&schema, known.kind, &mut value);
    if let Some(status) = merged.get("status") {
        set(&mut value, "status", status.clone());
    }
    default::apply(kind, &mut value);
    Ok(value)
}

/// Merges a strategic merge patch into an object and leaves it at that: nothing is decoded or defaulted.
///
/// ```
/// use serde_json::json;
/// let node = json!({"apiVersion": "v1", "kind": "Node", "spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]}});
/// let patch = json!({"spec": {"taints": [{"key": "b", "effect": "NoSchedule"}]}});
/// // The taints of a node are one list, not named things.
/// let taints = orrery::manifest::patch::patched(&node, &patch)["spec"]["taints"].clone();
/// assert_eq!(taints, json!([{"key": "b", "effect": "NoSchedule"}]));
/// ```
pub fn patched(object: &Value, patch: &Value) -> Value {
    let schema = Schema::new();
    merge(&schema, type_of(&schema, object).as_ref(), object, patch, 0)
}

/// `live` as `kubectl apply` leaves it: what `wanted` says is set, what `last` said and `wanted` no longer does is
/// removed, everything else stays. All three as written by people, without defaults.
// k8s.io/apimachinery/pkg/util/strategicpatch/patch.go CreateThreeWayMergePatch
pub fn three_way(live: &Value, last: &Value, wanted: &Value) -> Value {
    let schema = Schema::new();
    let mut result = live.clone();
    three_way_at(&schema, type_of(&schema, live).as_ref(), &mut result, last, wanted, 0);
    result
}

fn type_of(schema: &Schema, object: &Value) -> Option<Type> {
    schema.kind(object.text("apiVersion"), object.text("kind")).map(|known| Type::Struct(known.kind))
}

/// The type of a field, and the key by which a list of named things merges; an empty key is that of a set of scalars.
fn field_of<'a>(schema: &'a Schema, ty: Option<&'a Type>, key: &str) -> (Option<&'a Type>, Option<&'a str>) {
    let field = match ty {
        Some(Type::Struct(name)) => schema.field(name, key),
        _ => None,
    };
    let inner = field.map(|field| &field.ty).or(match ty {
        Some(Type::Map(inner, _)) => Some(inner.as_ref()),
        _ => None,
    });
    (inner, field.and_then(|field| field.merge_key))
}

fn three_way_at(schema: &Schema, ty: Option<&Type>, live: &mut Value, last: &Value, wanted: &Value, depth: usize) {
    let Value::Object(fields) = wanted else {
        *live = wanted.clone();
        return;
    };
    if depth > MAX_PATCH_DEPTH || !live.is_object() {
        *live = Value::Object(Map::new());
    }
    let Value::Object(map) = live else { return };
    for key in last.as_object().into_iter().flat_map(Map::keys).filter(|key| !fields.contains_key(*key)) {
        map.remove(key);
    }
    for (key, field) in fields {
        if field.is_null() {
            map.remove(key);
            continue;
        }
        let (inner, merge_key) = field_of(schema, ty, key);
        let before = last.get(key).unwrap_or(&Value::Null);
        let live = map.entry(key.clone()).or_insert(Value::Null);
        match (field, &*live, merge_key.filter(|key| !key.is_empty())) {
            (Value::Array(items), Value::Array(list), Some(merge_key)) => {
                let inner = inner.and_then(items_of);
                let by_key = |list: &[Value], item: &Value| {
                    list.iter().find(|old| old.get(merge_key) == item.get(merge_key)).cloned()
                };
                let old_items = before.as_array().map_or(&[][..], Vec::as_slice);
                let merged = items.iter().map(|item| {
                    let mut one = by_key(list, item).unwrap_or(Value::Null);
                    let old = by_key(old_items, item).unwrap_or(Value::Null);
                    three_way_at(schema, inner, &mut one, &old, item, depth + 1);
                    one
                });
                let foreign = |item: &&Value| by_key(items, item).is_none() && by_key(old_items, item).is_none();
                let merged: Vec<Value> = merged.chain(list.iter().filter(foreign).cloned()).collect();
                *live = Value::Array(merged);
            }
            _ => three_way_at(schema, inner, live, before, field, depth + 1),
        }
    }
}

fn items_of(ty: &Type) -> Option<&Type> {
    match ty {
        Type::List(inner) => Some(inner.as_ref()),
        _ => None,
    }
}

/// Deepest nesting of a patch.
const MAX_PATCH_DEPTH: usize = 200;

fn merge(schema: &Schema, ty: Option<&Type>, old: &Value, patch: &Value, depth: usize) -> Value {
    let (Value::Object(old), Value::Object(patch)) = (old, patch) else {
        return patch.clone();
    };
    if depth > MAX_PATCH_DEPTH || patch.get("$patch").and_then(Value::as_str) == Some("replace") {
        return Value::Object(
            patch.iter().filter(|(k, _)| *k != "$patch").map(|(k, v)| (k.clone(), v.clone())).collect(),
        );
    }
    let mut result = old.clone();
    for (key, change) in patch {
        if key.starts_with("$setElementOrder/") || key == "$patch" || key == "$retainKeys" {
            continue;
        }
        if let Some(list) = key.strip_prefix("$deleteFromPrimitiveList/") {
            if let (Some(Value::Array(items)), Value::Array(gone)) = (result.get_mut(list), change) {
                items.retain(|item| !gone.contains(item));
            }
            continue;
        }
        if change.is_null() || change.text("$patch") == "delete" {
            result.remove(key);
            continue;
        }
        let (inner, merge_key) = field_of(schema, ty, key);
        let before = result.get(key).unwrap_or(&Value::Null);
        let after = match (before, change, merge_key) {
            (Value::Array(old), Value::Array(new), Some(merge_key)) => {
                merge_list(schema, inner, old, new, merge_key, depth)
            }
            (Value::Null, Value::Object(_), _) => merge(schema, inner, &Value::Object(Map::new()), change, depth + 1),
            _ => merge(schema, inner, before, change, depth + 1),
        };
        result.insert(key.clone(), after);
    }
    if let Some(Value::Array(kept)) = patch.get("$retainKeys") {
        result.retain(|key, _| kept.iter().any(|k| k.as_str() == Some(key)));
    }
    Value::Object(result)
}

/// Merges a list by its merge key; a list of scalars (no key) becomes the union.
fn merge_list(
    schema: &Schema,
    ty: Option<&Type>,
    old: &[Value],
    new: &[Value],
    merge_key: &str,
    depth: usize,
) -> Value {
    let inner = ty.and_then(items_of);
    let mut result = old.to_vec();
    if merge_key.is_empty() {
        result.extend(new.iter().filter(|item| !old.contains(item)).cloned());
        return Value::Array(result);
    }
    if new.iter().any(|item| item.text("$patch") == "replace") {
        return Value::Array(new.iter().filter(|item| !item.has("$patch")).cloned().collect());
    }
    for item in new {
        let position = result.iter().position(|o| o.at(merge_key) == item.at(merge_key));
        match (position, item.text("$patch")) {
            (Some(i), "delete") => {
                result.remove(i);
            }
            (None, "delete") => {}
            (Some(i), _) => result[i] = merge(schema, inner, &result[i], item, depth + 1),
            (None, _) => result.push(item.clone()),
        }
    }
    Value::Array(result)
}

/// A JSON value as a tree without places.
pub fn node_of(value: &Value) -> Node {
    let content = match value {
        Value::Null => Content::Null,
        Value::Bool(value) => Content::Bool(*value),
        Value::Number(number) => match number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from)) {
            Some(value) => Content::Int(value),
            None => Content::Float(number.as_f64().unwrap_or(0.0)),
        },
        Value::String(text) => Content::Text(text.clone()),
        Value::Array(items) => Content::List(items.iter().map(node_of).collect()),
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| Entry {
                key: key.clone(),
                key_span: Span::default(),
                value: node_of(value),
            };
            Content::Map(map.iter().map(entry).collect())
        }
    };
    Node { content, span: Span::default() }
}

/// The server's answer to an update of a stored object.
pub fn update(api_version: &str, kind: &str, old: &Value, new: &Value) -> Answer {
    let schema = Schema::new();
    let Some(known) = schema.kind(api_version, kind) else {
        return Answer::client_error(&format!("no kind {kind}"));
    };
    let (prepared, errors, warnings) = validate::update(&schema, known.kind, old, new);
    let name = prepared.at("metadata").text("name").to_owned();
    if errors.0.is_empty() {
        Answer::accepted(&known, &name, "configured", warnings)
    } else {
        Answer::invalid(&known, &name, errors, Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn apply_sets_what_is_written_removes_what_left_the_text_and_keeps_the_rest() {
        let live = json!({"apiVersion": "v1", "kind": "Pod", "spec": {"replicas": 5, "paused": true, "nodeName": "n1",
            "containers": [{"name": "c", "image": "x:1", "imagePullPolicy": "Always"}, {"name": "injected"}]}});
        let last = json!({"spec": {"replicas": 3, "paused": true, "containers": [{"name": "c", "image": "x:1"}]}});
        let wanted = json!({"spec": {"replicas": 3, "containers": [{"name": "c", "image": "x:2"}]}});
        let expected = json!({"spec": {"replicas": 3, "nodeName": "n1",
            "containers": [{"name": "c", "image": "x:2", "imagePullPolicy": "Always"}, {"name": "injected"}]}});
        assert_eq!(three_way(&live, &last, &wanted)["spec"], expected["spec"]);
    }
}
