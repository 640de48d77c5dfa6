//! Patches on dynamic objects: merge patches and JSON patches; what needs the schema is in `manifest::patch`.

use super::order::PatchKind;
use crate::manifest::patch::patched;
use serde_json::{Map, Value};

/// The deepest nesting a patch is followed to, in levels; below it values are replaced whole.
const MAX_DEPTH_LEVELS: usize = 64;

/// Applies a patch.
///
/// # Errors
/// What is wrong with a JSON patch.
pub fn apply(object: &Value, patch: &Value, kind: PatchKind) -> Result<Value, String> {
    let mut result = object.clone();
    match kind {
        PatchKind::Merge => merge(&mut result, patch, MAX_DEPTH_LEVELS),
        PatchKind::Strategic => return Ok(patched(object, patch)),
        PatchKind::Json => json_patch(&mut result, patch)?,
    }
    Ok(result)
}

/// RFC 7396.
fn merge(target: &mut Value, patch: &Value, depth: usize) {
    let (Value::Object(changes), true) = (patch, depth > 0) else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(map) = target else { return };
    for (key, change) in changes {
        if change.is_null() {
            map.remove(key);
        } else {
            merge(map.entry(key.clone()).or_insert(Value::Null), change, depth - 1);
        }
    }
}

/// The merge patch (RFC 7396) that makes `new` of `old`.
///
/// ```
/// use orrery::sim::patch::merge_patch;
/// use serde_json::json;
/// let patch = merge_patch(&json!({"a": 1, "b": {"c": 2, "d": 3}}), &json!({"b": {"c": 2, "d": 4}}));
/// assert_eq!(patch, json!({"a": null, "b": {"d": 4}}));
/// ```
pub fn merge_patch(old: &Value, new: &Value) -> Value {
    let (Value::Object(before), Value::Object(after)) = (old, new) else { return new.clone() };
    let removed = before.keys().filter(|key| !after.contains_key(*key)).map(|key| (key.clone(), Value::Null));
    let changed = after.iter().filter(|(key, value)| before.get(*key) != Some(value)).map(|(key, value)| {
        let change =
            before.get(key).filter(|_| value.is_object()).map_or_else(|| value.clone(), |was| merge_patch(was, value));
        (key.clone(), change)
    });
    Value::Object(removed.chain(changed).collect())
}

/// RFC 6902.
fn json_patch(target: &mut Value, patch: &Value) -> Result<(), String> {
    let operations = patch.as_array().ok_or("a JSON patch is a list of operations")?;
    for operation in operations {
        let text = |key: &str| operation.get(key).and_then(Value::as_str).unwrap_or("");
        let (path, value) = (text("path"), operation.get("value").cloned());
        let taken = |target: &Value, from: &str| {
            target.pointer(from).cloned().ok_or_else(|| format!("{from}: there is nothing at this path"))
        };
        match text("op") {
            "add" => put(target, path, value.ok_or_else(|| format!("{path}: add needs a value"))?, false)?,
            "replace" => put(target, path, value.ok_or_else(|| format!("{path}: replace needs a value"))?, true)?,
            "remove" => drop(take(target, path)?),
            "copy" => put(target, path, taken(target, text("from"))?, false)?,
            "move" => {
                let moved = take(target, text("from"))?;
                put(target, path, moved, false)?;
            }
            "test" if target.pointer(path) == value.as_ref() => {}
            "test" => return Err(format!("testing value {path} failed")),
            other => return Err(format!("Unexpected kind: {other}")),
        }
    }
    Ok(())
}

/// A pointer's parent and its last, unescaped token.
fn split_pointer(path: &str) -> Option<(&str, String)> {
    let (parent, last) = path.rsplit_once('/')?;
    Some((parent, last.replace("~1", "/").replace("~0", "~")))
}

fn put(target: &mut Value, path: &str, value: Value, must_exist: bool) -> Result<(), String> {
    let missing = || format!("{path}: there is nothing at this path");
    let Some((parent, key)) = split_pointer(path) else {
        *target = value;
        return Ok(());
    };
    match target.pointer_mut(parent).ok_or_else(missing)? {
        Value::Object(map) if !must_exist || map.contains_key(&key) => {
            map.insert(key, value);
            Ok(())
        }
        Value::Array(list) if key == "-" && !must_exist => {
            list.push(value);
            Ok(())
        }
        Value::Array(list) => {
            let at: usize = key.parse().map_err(|_| missing())?;
            if must_exist && at < list.len() {
                list[at] = value;
            } else if !must_exist && at <= list.len() {
                list.insert(at, value);
            } else {
                return Err(missing());
            }
            Ok(())
        }
        _ => Err(missing()),
    }
}

fn take(target: &mut Value, path: &str) -> Result<Value, String> {
    let missing = || format!("{path}: there is nothing at this path");
    let (parent, key) = split_pointer(path).ok_or_else(missing)?;
    match target.pointer_mut(parent).ok_or_else(missing)? {
        Value::Object(map) => map.remove(&key).ok_or_else(missing),
        Value::Array(list) => {
            let at: usize = key.parse().ok().filter(|at| *at < list.len()).ok_or_else(missing)?;
            Ok(list.remove(at))
        }
        _ => Err(missing()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_strategic_patch_merges_named_lists_and_replaces_others() {
        let object = json!({"apiVersion": "v1", "kind": "Pod", "spec": {"tolerations": [{"key": "a"}],
                "containers": [{"name": "c", "image": "x:1", "args": ["1"], "ports": [{"containerPort": 1}]}]}});
        let patch = json!({"spec": {"tolerations": [{"key": "b"}], "containers": [
            {"name": "c", "image": "x:2", "ports": [{"containerPort": 2}]}, {"name": "d"}]}});
        let ports = json!([{"containerPort": 1}, {"containerPort": 2}]);
        let expected = json!({"tolerations": [{"key": "b"}],
            "containers": [{"name": "c", "image": "x:2", "args": ["1"], "ports": ports}, {"name": "d"}]});
        let spec =
            |patch: &Value| apply(&object, patch, PatchKind::Strategic).map(|mut patched| patched["spec"].take());
        assert_eq!(spec(&patch), Ok(expected));
        let gone = json!({"spec": {"tolerations": null, "containers": [{"name": "c", "$patch": "delete"}]}});
        assert_eq!(spec(&gone), Ok(json!({"containers": []})));
        let only = json!({"spec": {"nodeName": "n", "$retainKeys": ["nodeName"]}});
        assert_eq!(spec(&only), Ok(json!({"nodeName": "n"})));
    }

    #[test]
    fn a_json_patch_says_which_path_is_wrong() {
        let object = json!({"a": [1, 2]});
        let patch = json!([{"op": "add", "path": "/a/1", "value": 9}, {"op": "remove", "path": "/a/0"}]);
        assert_eq!(apply(&object, &patch, PatchKind::Json), Ok(json!({"a": [9, 2]})));
        let bad = json!([{"op": "replace", "path": "/b/c", "value": 1}]);
        assert_eq!(apply(&object, &bad, PatchKind::Json), Err("/b/c: there is nothing at this path".into()));
    }
}
