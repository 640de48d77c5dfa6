//! Making a cluster's state whole: what the output of `kubectl get ... -o yaml` leaves out or takes for granted.
//!
//! A dump shows some kinds at one moment. Owners that are not in it would be taken for deleted, nodes that are not in it for
//! dead, and a DaemonSet whose revisions are not in it for one whose template changed. Here all of that is filled in.

use super::is_live;
use crate::dice::{FNV_OFFSET, fnv1a};
use crate::manifest::{Diagnostic, Document, Severity};
use crate::sim::machines;
use crate::time::SimTime;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Deepest nesting that is searched for times.
const MAX_DEPTH: usize = 40;
/// Label that names the revision of a DaemonSet's Pod.
const REVISION_HASH: &str = "controller-revision-hash";
/// Fields that hold times of the past.
const TIMES: &[&str] =
    &["creationTimestamp", "time", "startedAt", "finishedAt", "lastTransitionTime", "lastHeartbeatTime"];

/// The newest moment that live objects speak of: when the dump was taken, to the second or a little later.
pub(super) fn newest_time<'a>(objects: impl Iterator<Item = &'a Value>) -> Option<SimTime> {
    objects.filter(|object| is_live(object)).filter_map(|object| newest(object, "", 0)).max()
}

fn newest(value: &Value, key: &str, depth: usize) -> Option<SimTime> {
    match value {
        Value::String(text) if TIMES.contains(&key) || key.ends_with("Time") => SimTime::parse(text),
        Value::Object(map) if depth < MAX_DEPTH => {
            // What a user writes in a spec are no observations.
            let fields = map.iter().filter(|(key, _)| !(depth == 0 && *key == "spec"));
            fields.filter_map(|(key, value)| newest(value, key, depth + 1)).max()
        }
        Value::Array(list) if depth < MAX_DEPTH => list.iter().filter_map(|v| newest(v, key, depth + 1)).max(),
        _ => None,
    }
}

/// A seed of its own for what comes after a dump. With that of the cluster that was dumped, if it was one of ours, new objects
/// would get names and uids that are taken.
pub(super) fn seed<'a>(seed: u64, objects: impl Iterator<Item = &'a Value>) -> u64 {
    objects.fold(fnv1a(FNV_OFFSET, &seed.to_le_bytes()), |hash, object| {
        fnv1a(hash, text(object, "/metadata/uid").as_bytes())
    })
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

// DIFFERENCE: objects whose owner is not in a pasted dump are kept as if nobody owned them; without this they would be
// collected as garbage, which no real cluster would do.
/// Drops owners that are not there, and who wrote which field. Answers a remark for every kind of owner.
pub(super) fn drop_unknown_owners(objects: &mut [Value], nodes: &[Value], documents: &[Document]) -> Vec<Diagnostic> {
    let known: BTreeSet<String> = objects.iter().chain(nodes).map(|o| text(o, "/metadata/uid").to_owned()).collect();
    let mut missing: BTreeMap<String, usize> = BTreeMap::new();
    for object in objects.iter_mut().filter(|object| is_live(object)) {
        let Some(meta) = object.get_mut("metadata").and_then(Value::as_object_mut) else { continue };
        meta.remove("managedFields");
        let Some(Value::Array(owners)) = meta.get_mut("ownerReferences") else { continue };
        owners.retain(|owner| {
            let there = known.contains(text(owner, "/uid"));
            if !there {
                *missing.entry(text(owner, "/kind").to_owned()).or_default() += 1;
            }
            there
        });
    }
    let span = documents.first().map(|document| document.span).unwrap_or_default();
    let remark = |(kind, count): (String, usize)| {
        let message = format!(
            "{count} objects belong to a {kind} that is not in the text: they are treated as if nobody owned them"
        );
        Diagnostic { severity: Severity::Info, span, object: String::new(), path: String::new(), message, hint: None }
    };
    missing.into_iter().map(remark).collect()
}

/// Nodes that Pods run on and the text does not have, plain ones.
pub(super) fn nodes_of_pods(objects: &[Value], nodes: &[Value]) -> Vec<Value> {
    let known: BTreeSet<&str> = nodes.iter().map(|node| text(node, "/metadata/name")).collect();
    let pods = objects.iter().filter(|object| is_live(object) && text(object, "/kind") == "Pod");
    let named: BTreeSet<&str> = pods.map(|pod| text(pod, "/spec/nodeName")).filter(|name| !name.is_empty()).collect();
    named.difference(&known).map(|name| machines::node(name, "4", "8Gi")).collect()
}

/// Revisions of DaemonSets whose own are not in the text: one for each that its Pods name, the newest of which is the present
/// template.
pub(super) fn revisions(objects: &[Value], documents: &[Document]) -> Vec<Value> {
    let owned = |object: &Value, uid: &str| {
        let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
        owners.is_some_and(|owners| owners.iter().any(|owner| text(owner, "/uid") == uid))
    };
    let has_revision = |uid: &str| objects.iter().any(|o| text(o, "/kind") == "ControllerRevision" && owned(o, uid));
    let mut made = Vec::new();
    for document in documents.iter().filter(|document| document.live && document.kind == "DaemonSet") {
        let Some(set) = &document.value else { continue };
        let uid = text(set, "/metadata/uid");
        if uid.is_empty() || has_revision(uid) {
            continue;
        }
        let pods = objects.iter().filter(|object| text(object, "/kind") == "Pod" && owned(object, uid));
        let mut born: BTreeMap<&str, &str> = BTreeMap::new();
        for pod in pods {
            let hash = pod.pointer("/metadata/labels").and_then(|l| l.get(REVISION_HASH)).and_then(Value::as_str);
            let created = text(pod, "/metadata/creationTimestamp");
            let latest = born.entry(hash.unwrap_or("")).or_default();
            *latest = created.max(latest);
        }
        born.remove("");
        let mut by_age: Vec<(&str, &str)> = born.into_iter().map(|(hash, created)| (created, hash)).collect();
        by_age.sort_unstable();
        let count = by_age.len();
        made.extend(by_age.iter().enumerate().map(|(i, (_, hash))| revision(set, hash, i + 1, i + 1 == count)));
    }
    made
}

fn revision(set: &Value, hash: &str, number: usize, present: bool) -> Value {
    let mut template = set.pointer("/spec/template").cloned().unwrap_or_else(|| json!({}));
    let mut labels = template.pointer("/metadata/labels").cloned().unwrap_or_else(|| json!({}));
    template["$patch"] = json!("replace");
    if !present {
        // What it was is not known, only that it was another one.
        template["metadata"]["annotations"][REVISION_HASH] = json!(hash);
    }
    labels[REVISION_HASH] = json!(hash);
    let (name, uid) = (text(set, "/metadata/name"), text(set, "/metadata/uid"));
    json!({
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": format!("{name}-{hash}"),
            "namespace": text(set, "/metadata/namespace"),
            "uid": format!("{uid}-{hash}"),
            "labels": labels,
            "ownerReferences": [{
                "apiVersion": "apps/v1", "kind": "DaemonSet", "name": name, "uid": uid,
                "controller": true, "blockOwnerDeletion": true,
            }],
        },
        "revision": number,
        "data": {"spec": {"template": template}},
    })
}
