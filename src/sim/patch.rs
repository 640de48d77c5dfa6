//! Patches on dynamic objects: merge, strategic merge, JSON patch, and the three-way patch of `kubectl apply`.

use super::order::PatchKind;
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
        PatchKind::Strategic => strategic(&mut result, patch, "", MAX_DEPTH_LEVELS),
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

/// The key by which a list of named things merges; `None` for lists that are replaced.
/// Upstream: the `patchMergeKey` tags of k8s.io/api.
fn merge_key(list: &str) -> Option<&'static str> {
    Some(match list {
        "containers"
        | "initContainers"
        | "ephemeralContainers"
        | "env"
        | "volumes"
        | "imagePullSecrets"
        | "schedulingGates"
        | "resourceClaims" => "name",
        "volumeMounts" => "mountPath",
        "volumeDevices" => "devicePath",
        "hostAliases" => "ip",
        "topologySpreadConstraints" => "topologyKey",
        "ownerReferences" => "uid",
        "conditions" => "type",
        _ => return None,
    })
}

/// Upstream: k8s.io/apimachinery/pkg/util/strategicpatch/patch.go StrategicMergePatch.
fn strategic(target: &mut Value, patch: &Value, name: &str, depth: usize) {
    match patch {
        Value::Object(changes) if depth > 0 => strategic_map(target, changes, depth),
        Value::Array(items) if depth > 0 => {
            // The ports of containers merge by another key than those of a Service.
            let key = match name {
                "ports" => items
                    .iter()
                    .find_map(|item| ["containerPort", "port"].into_iter().find(|key| item.get(*key).is_some())),
                _ => merge_key(name),
            };
            match key {
                Some(key) => strategic_list(target, items, key, depth),
                None if name == "finalizers" => union(target, items),
                None => *target = patch.clone(),
            }
        }
        _ => *target = patch.clone(),
    }
}

fn strategic_map(target: &mut Value, changes: &Map<String, Value>, depth: usize) {
    let directive = changes.get("$patch").and_then(Value::as_str);
    if !target.is_object() || directive == Some("replace") {
        *target = Value::Object(Map::new());
    }
    let Value::Object(map) = target else { return };
    for (key, change) in changes.iter().filter(|(key, _)| !key.starts_with('$')) {
        if change.is_null() || change.get("$patch").and_then(Value::as_str) == Some("delete") {
            map.remove(key);
        } else {
            strategic(map.entry(key.clone()).or_insert(Value::Null), change, key, depth - 1);
        }
    }
    if let Some(Value::Array(kept)) = changes.get("$retainKeys") {
        map.retain(|key, _| kept.iter().any(|k| k.as_str() == Some(key)));
    }
}

fn strategic_list(target: &mut Value, items: &[Value], key: &str, depth: usize) {
    if !target.is_array() || items.iter().any(|item| item.get("$patch").and_then(Value::as_str) == Some("replace")) {
        *target = Value::Array(Vec::new());
    }
    let Value::Array(list) = target else { return };
    for item in items.iter().filter(|item| item.get("$patch").and_then(Value::as_str) != Some("replace")) {
        let place = list.iter().position(|old| old.get(key).is_some() && old.get(key) == item.get(key));
        match (place, item.get("$patch").and_then(Value::as_str) == Some("delete")) {
            (Some(at), true) => {
                list.remove(at);
            }
            (Some(at), false) => strategic(&mut list[at], item, "", depth - 1),
            (None, true) => {}
            (None, false) => list.push(item.clone()),
        }
    }
}

fn union(target: &mut Value, items: &[Value]) {
    if !target.is_array() {
        *target = Value::Array(Vec::new());
    }
    if let Value::Array(list) = target {
        for item in items {
            if !list.contains(item) {
                list.push(item.clone());
            }
        }
    }
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

/// `live` as `kubectl apply` leaves it: what `wanted` says is set, what `last` said and `wanted` no longer does is
/// removed, everything else stays. All three as written by people, without defaults.
/// Upstream: k8s.io/apimachinery/pkg/util/strategicpatch/patch.go CreateThreeWayMergePatch.
pub fn three_way(live: &Value, last: &Value, wanted: &Value) -> Value {
    let mut result = live.clone();
    three_way_at(&mut result, last, wanted, "", MAX_DEPTH_LEVELS);
    result
}

fn three_way_at(live: &mut Value, last: &Value, wanted: &Value, name: &str, depth: usize) {
    match wanted {
        Value::Object(fields) if depth > 0 => {
            if !live.is_object() {
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
                let before = last.get(key).unwrap_or(&Value::Null);
                three_way_at(map.entry(key.clone()).or_insert(Value::Null), before, field, key, depth - 1);
            }
        }
        Value::Array(items) if depth > 0 => {
            let key = match name {
                "ports" => {
                    Some(if items.iter().any(|i| i.get("containerPort").is_some()) { "containerPort" } else { "port" })
                }
                _ => merge_key(name),
            };
            let (Some(key), Value::Array(list)) = (key, &*live) else {
                *live = wanted.clone();
                return;
            };
            let by_key = |list: &[Value], item: &Value| list.iter().find(|old| old.get(key) == item.get(key)).cloned();
            let old_items = last.as_array().map_or(&[][..], Vec::as_slice);
            let mut merged: Vec<Value> = items
                .iter()
                .map(|item| {
                    let mut one = by_key(list, item).unwrap_or(Value::Null);
                    three_way_at(&mut one, &by_key(old_items, item).unwrap_or(Value::Null), item, "", depth - 1);
                    one
                })
                .collect();
            let foreign = |item: &&Value| by_key(items, item).is_none() && by_key(old_items, item).is_none();
            merged.extend(list.iter().filter(foreign).cloned());
            *live = Value::Array(merged);
        }
        _ => *live = wanted.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_strategic_patch_merges_named_lists_and_replaces_others() {
        let object =
            json!({"spec": {"taints": [{"key": "a"}], "containers": [{"name": "c", "image": "x:1", "args": ["1"]}]}});
        let patch =
            json!({"spec": {"taints": [{"key": "b"}], "containers": [{"name": "c", "image": "x:2"}, {"name": "d"}]}});
        let expected = json!({"spec": {"taints": [{"key": "b"}],
            "containers": [{"name": "c", "image": "x:2", "args": ["1"]}, {"name": "d"}]}});
        assert_eq!(apply(&object, &patch, PatchKind::Strategic), Ok(expected));
        let gone = json!({"spec": {"taints": null, "containers": [{"name": "c", "$patch": "delete"}]}});
        assert_eq!(apply(&object, &gone, PatchKind::Strategic), Ok(json!({"spec": {"containers": []}})));
    }

    #[test]
    fn a_json_patch_says_which_path_is_wrong() {
        let object = json!({"a": [1, 2]});
        let patch = json!([{"op": "add", "path": "/a/1", "value": 9}, {"op": "remove", "path": "/a/0"}]);
        assert_eq!(apply(&object, &patch, PatchKind::Json), Ok(json!({"a": [9, 2]})));
        let bad = json!([{"op": "replace", "path": "/b/c", "value": 1}]);
        assert_eq!(apply(&object, &bad, PatchKind::Json), Err("/b/c: there is nothing at this path".into()));
    }

    #[test]
    fn apply_sets_what_is_written_removes_what_left_the_text_and_keeps_the_rest() {
        let live = json!({"spec": {"replicas": 5, "paused": true, "nodeName": "n1",
            "containers": [{"name": "c", "image": "x:1", "imagePullPolicy": "Always"}, {"name": "injected"}]}});
        let last = json!({"spec": {"replicas": 3, "paused": true, "containers": [{"name": "c", "image": "x:1"}]}});
        let wanted = json!({"spec": {"replicas": 3, "containers": [{"name": "c", "image": "x:2"}]}});
        let expected = json!({"spec": {"replicas": 3, "nodeName": "n1",
            "containers": [{"name": "c", "image": "x:2", "imagePullPolicy": "Always"}, {"name": "injected"}]}});
        assert_eq!(three_way(&live, &last, &wanted), expected);
    }
}
