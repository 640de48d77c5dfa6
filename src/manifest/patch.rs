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
        if change.is_null() {
            result.remove(key);
            continue;
        }
        let field = match ty {
            Some(Type::Struct(name)) => schema.field(name, key),
            _ => None,
        };
        let inner = field.map(|f| &f.ty).or(match ty {
            Some(Type::Map(inner, _)) => Some(inner.as_ref()),
            _ => None,
        });
        let before = result.get(key).unwrap_or(&Value::Null);
        let after = match (before, change, field.and_then(|f| f.merge_key)) {
            (Value::Array(old), Value::Array(new), Some(merge_key)) => {
                merge_list(schema, inner, old, new, merge_key, depth)
            }
            (Value::Null, Value::Object(_), _) => merge(schema, inner, &Value::Object(Map::new()), change, depth + 1),
            _ => merge(schema, inner, before, change, depth + 1),
        };
        result.insert(key.clone(), after);
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
    let inner = match ty {
        Some(Type::List(inner)) => Some(inner.as_ref()),
        _ => None,
    };
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
