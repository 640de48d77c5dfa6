//! `orrery run -o trace`: everything that happened, in the format of the recordings of a real control plane.
//!
//! A [`Tracer`] listens to a run and keeps the reduced view of each write; the harness that compares runs with recordings
//! reads the same value.

use super::reduced;
use crate::api::{Kind, Text};
use crate::sim::{EventRecord, Listener};
use crate::time::SimTime;
use crate::world::{Change, ChangeVerb, ObjectRef, World};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The most entries a trace holds; a longer run says so in `notes`.
pub const MAX_TRACE_ENTRIES: usize = 1_000_000;

/// Listens to a run and writes it down.
pub struct Tracer {
    start: SimTime,
    watch: Vec<Value>,
    events: Vec<Value>,
    last: BTreeMap<ObjectRef, Value>,
    names: BTreeMap<ObjectRef, String>,
    numbers: BTreeMap<String, u32>,
    titles: BTreeMap<String, String>,
    namespaces: bool,
    cut: bool,
}

impl Tracer {
    /// A tracer of a run that began at `start`; with `namespaces`, each entry names its own.
    pub fn new(start: SimTime, namespaces: bool) -> Tracer {
        Tracer {
            start,
            watch: Vec::new(),
            events: Vec::new(),
            last: BTreeMap::new(),
            names: BTreeMap::new(),
            numbers: BTreeMap::new(),
            titles: BTreeMap::new(),
            namespaces,
            cut: false,
        }
    }

    /// The trace; `head` holds what the caller knows of it (scenario, title, actions …).
    pub fn finish(self, mut head: Map<String, Value>) -> Value {
        head.insert("t0".into(), json!(self.start.to_rfc3339_millis()));
        if self.cut {
            head.insert("notes".into(), json!([format!("cut after {MAX_TRACE_ENTRIES} entries")]));
        }
        head.insert("watch".into(), Value::Array(self.watch));
        head.insert("events".into(), Value::Array(self.events));
        Value::Object(head)
    }

    /// The name of an object as recordings write it: generated suffixes are numbered in order of first appearance.
    fn name(&mut self, object: ObjectRef, world: &World) -> String {
        if let Some(name) = self.names.get(&object) {
            return name.clone();
        }
        let Some(meta) = world.meta(object) else { return format!("#{}", object.serial) };
        let generated = match object.kind {
            Kind::Pod => meta.controller().is_some(),
            Kind::EndpointSlice => true,
            _ => false,
        };
        let name = match meta.name.rsplit_once('-') {
            Some((prefix, _)) if generated => {
                let number = self.numbers.entry(prefix.to_string()).or_insert(0);
                *number += 1;
                format!("{prefix}-~{number}")
            }
            _ => meta.name.to_string(),
        };
        self.titles.insert(meta.name.to_string(), name.clone());
        self.names.insert(object, name.clone());
        name
    }

    /// A message with generated names as recordings write them.
    fn message(&self, text: &str) -> String {
        let word = |word: &str| {
            // `pod_namespace(uid)`, as kubelets name Pods.
            if let Some(((pod, rest), true)) = word.split_once('_').map(|parts| (parts, word.ends_with(')'))) {
                let title = self.titles.get(pod).map_or(pod, String::as_str);
                let namespace = rest.split('(').next().unwrap_or(rest);
                return format!("{title}_{namespace}(<uid>)");
            }
            let core = word.trim_end_matches([':', ',', '.']);
            let (place, name) = core.rsplit_once('/').map_or(("", core), |(place, name)| (place, name));
            match self.titles.get(name) {
                Some(title) if place.is_empty() => format!("{title}{}", &word[core.len()..]),
                Some(title) => format!("{place}/{title}{}", &word[core.len()..]),
                None => word.to_string(),
            }
        };
        text.split(' ').map(word).collect::<Vec<_>>().join(" ")
    }

    fn entry(&mut self, now: SimTime, object: ObjectRef, world: &World) -> Map<String, Value> {
        let mut map = Map::new();
        map.insert("t".into(), reduced::seconds_since(self.start, now));
        map.insert("kind".into(), json!(object.kind.name()));
        map.insert("name".into(), json!(self.name(object, world)));
        let namespace = world.meta(object).map_or(Text::EMPTY, |meta| meta.namespace.clone());
        if self.namespaces && !namespace.is_empty() {
            map.insert("ns".into(), json!(namespace.as_str()));
        }
        map
    }

    fn named_conditions(&self, status: &mut Value) {
        for condition in status.get_mut("conditions").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(message) = condition["message"].as_str() {
                condition["message"] = json!(self.message(message));
            }
        }
    }

    fn named_endpoints(&self, status: &mut Value) {
        for endpoint in status.get_mut("endpoints").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(title) = endpoint["pod"].as_str().and_then(|name| self.titles.get(name)) {
                endpoint["pod"] = json!(title);
            }
        }
    }
}

impl Listener for Tracer {
    fn change(&mut self, now: SimTime, change: &Change, world: &World) {
        let object = change.object;
        if !reduced::KINDS.contains(&object.kind) {
            return;
        }
        if self.watch.len() >= MAX_TRACE_ENTRIES {
            self.cut = true;
            return;
        }
        let Some(mut status) = reduced::status(world, object, self.start) else { return };
        self.named_endpoints(&mut status);
        self.named_conditions(&mut status);
        if change.verb == ChangeVerb::Modified && self.last.get(&object) == Some(&status) {
            return;
        }
        let mut entry = self.entry(now, object, world);
        let verb = match change.verb {
            ChangeVerb::Added => "ADDED",
            ChangeVerb::Modified => "MODIFIED",
            ChangeVerb::Deleted => "DELETED",
        };
        entry.insert("type".into(), json!(verb));
        if change.verb == ChangeVerb::Added {
            entry.extend(reduced::facts(world, object));
        }
        entry.insert("status".into(), status.clone());
        self.watch.push(Value::Object(entry));
        match change.verb {
            ChangeVerb::Deleted => drop(self.last.remove(&object)),
            _ => drop(self.last.insert(object, status)),
        }
    }

    fn event(&mut self, now: SimTime, event: &EventRecord, world: &World) {
        if self.events.len() >= MAX_TRACE_ENTRIES {
            self.cut = true;
            return;
        }
        let mut entry = self.entry(now, event.object, world);
        let meta = world.meta(event.object);
        let (namespace, name) = meta.map_or(("", ""), |meta| (meta.namespace.as_str(), meta.name.as_str()));
        let message = self.message(&event.message.render(namespace, name));
        let message = if event.combined { format!("(combined from similar events): {message}") } else { message };
        entry.insert("type".into(), json!(if event.warning { "Warning" } else { "Normal" }));
        entry.insert("reason".into(), json!(event.reason));
        entry.insert("message".into(), json!(message));
        if event.count > 1 {
            entry.insert("count".into(), json!(event.count));
        }
        entry.insert("from".into(), json!(event.source.name()));
        self.events.push(Value::Object(entry));
    }
}

/// A trace as text: the arrays one entry a line, as the recordings are.
pub fn to_text(trace: &Value) -> String {
    let Some(map) = trace.as_object() else { return trace.to_string() };
    let mut parts = Vec::new();
    for (key, value) in map {
        let text = match value {
            Value::Array(items) if items.iter().any(Value::is_object) => {
                let lines: Vec<String> = items.iter().map(|item| format!("  {item}")).collect();
                format!("[\n{}\n ]", lines.join(",\n"))
            }
            other => other.to_string(),
        };
        parts.push(format!(" {}: {text}", json!(key)));
    }
    format!("{{\n{}\n}}\n", parts.join(",\n"))
}
