//! What applying a text would do to the cluster, before it is done: for the strip that says "CronJob cron-job:
//! concurrencyPolicy Forbid → Replace".

use crate::api::{Kind, Text};
use crate::manifest::patch::three_way;
use crate::manifest::schema::Schema;
use crate::sim::admit::{self, ObjectKey};
use crate::sim::{Order, State, Targets};
use crate::world::DeleteOptions;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// What happens to one object.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// It is new.
    Created,
    /// It left the text and is deleted.
    Pruned,
    /// A field changes; `None` where it was not, or no longer is, written.
    Field {
        /// Path of the field, `spec.` left out.
        path: String,
        /// What was applied before.
        from: Option<String>,
        /// What is applied now.
        to: Option<String>,
    },
    /// The API server refuses the change.
    Refused {
        /// Its message.
        message: String,
        /// What deletes the object and creates it again as it is wanted; empty when that would be refused as well.
        recreate: Vec<Order>,
    },
}

/// One change of one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Kind, namespace, name.
    pub object: ObjectKey,
    /// What happens.
    pub what: What,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, _, name) = &self.object;
        write!(f, "{} {name}: ", kind.name())?;
        match &self.what {
            What::Created => f.write_str("created"),
            What::Pruned => f.write_str("deleted"),
            What::Field { path, from: Some(from), to: Some(to) } => write!(f, "{path} {from} → {to}"),
            What::Field { path, from: None, to } => write!(f, "{path} + {}", to.as_deref().unwrap_or("")),
            What::Field { path, from, to: None } => write!(f, "{path} − {}", from.as_deref().unwrap_or("")),
            What::Refused { message, .. } => f.write_str(message),
        }
    }
}

/// Most fields of one object that are told one by one.
const MAX_FIELDS: usize = 50;
/// Longest value that is shown, in characters.
const MAX_VALUE_CHARS: usize = 60;

/// What `kubectl apply --prune` of these objects, as written, would change. Nothing is written.
///
/// ```
/// use orrery::{assist::changes, scenario, sim::Order};
/// let cron_job = |policy: &str| format!(
///     "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: cron-job}}\nspec:\n  schedule: '@hourly'\n  concurrencyPolicy: {policy}\n\
///      \x20 jobTemplate: {{spec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: c, image: busybox}}]}}}}}}}}\n"
/// );
/// let (timeline, _) = scenario::load(&cron_job("Forbid")).timeline();
/// let new = scenario::load(&cron_job("Replace"));
/// let told: Vec<String> = changes(timeline.state(), &new.objects).iter().map(ToString::to_string).collect();
/// assert_eq!(told, ["CronJob cron-job: concurrencyPolicy Forbid → Replace"]);
/// ```
pub fn changes(state: &State, objects: &[Value]) -> Vec<Change> {
    let schema = Schema::new();
    let mut found = Vec::new();
    let mut named = BTreeSet::new();
    for raw in objects {
        let Some(key) = admit::key(raw) else { continue };
        named.insert(key.clone());
        let Some(object) = state.world.find(key.0, &key.1, &key.2) else {
            found.push(Change { object: key, what: What::Created });
            continue;
        };
        let last = state.applied.get(&key).cloned().unwrap_or(Value::Null);
        if last == *raw {
            continue;
        }
        let mut fields = Vec::new();
        differ(&body(&last), &body(raw), "", &mut fields);
        found.extend(fields.into_iter().map(|what| Change { object: key.clone(), what }));
        let live = state.world.value(object).unwrap_or(Value::Null);
        let wanted = three_way(&live, &body(&last), &body(raw));
        if let Err(message) = admit::update(&schema, &live, &wanted) {
            let recreate = recreate(&schema, state, &key, raw);
            found.push(Change { object: key, what: What::Refused { message, recreate } });
        }
    }
    let gone = state.applied.keys().filter(|key| key.0 != Kind::Node && !named.contains(*key));
    let alive = gone.filter(|key| state.world.find(key.0, &key.1, &key.2).is_some());
    found.extend(alive.map(|key| Change { object: key.clone(), what: What::Pruned }));
    found
}

/// What changes of the nodes as written from one text to the next; what joins, goes and changes.
pub fn node_changes(old: &[Value], new: &[Value]) -> Vec<Change> {
    let key = |node: &Value| (Kind::Node, Text::EMPTY, super::orders::name(node));
    let find = |list: &'_ [Value], node: &Value| list.iter().position(|other| key(other) == key(node));
    let mut found: Vec<Change> =
        old.iter().filter(|n| find(new, n).is_none()).map(|n| Change { object: key(n), what: What::Pruned }).collect();
    for node in new {
        match find(old, node) {
            None => found.push(Change { object: key(node), what: What::Created }),
            Some(i) => {
                let mut fields = Vec::new();
                differ(&node_body(&old[i]), &node_body(node), "", &mut fields);
                found.extend(fields.into_iter().map(|what| Change { object: key(node), what }));
            }
        }
    }
    found
}

/// A node's capacity stands in its status, so that counts as written.
fn node_body(raw: &Value) -> Value {
    let mut value = body(raw);
    if let (Some(map), Some(status)) = (value.as_object_mut(), raw.get("status")) {
        map.insert("status".to_owned(), status.clone());
    }
    value
}

/// Deleting and creating anew, unless the new object is refused by itself.
fn recreate(schema: &Schema, state: &State, key: &ObjectKey, raw: &Value) -> Vec<Order> {
    if admit::create(schema, &state.world, raw).is_err() {
        return Vec::new();
    }
    let targets = Targets::one(key.0, key.1.clone(), key.2.clone());
    let delete = Order::Delete { targets, options: DeleteOptions::default(), ignore_not_found: true };
    vec![delete, Order::Apply { objects: Arc::new(vec![raw.clone()]), prune: false }]
}

/// What apply compares: no kind, version or name.
fn body(raw: &Value) -> Value {
    let mut value = raw.clone();
    if let Some(map) = value.as_object_mut() {
        map.remove("kind");
        map.remove("apiVersion");
        map.remove("status");
    }
    value
}

fn differ(old: &Value, new: &Value, path: &str, found: &mut Vec<What>) {
    if old == new || found.len() >= MAX_FIELDS {
        return;
    }
    let join = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (old, new) {
        (Value::Object(a), Value::Object(b)) => {
            for (key, value) in a {
                differ(value, b.get(key).unwrap_or(&Value::Null), &join(key), found);
            }
            for (key, value) in b.iter().filter(|(key, _)| !a.contains_key(*key)) {
                differ(&Value::Null, value, &join(key), found);
            }
        }
        (Value::Array(a), Value::Array(b)) => items(a, b, path, found),
        _ => {
            let shown = |value: &Value| (!value.is_null()).then(|| show(value));
            let path = path.strip_prefix("spec.").unwrap_or(path).to_owned();
            found.push(What::Field { path, from: shown(old), to: shown(new) });
        }
    }
}

/// Items that have a name are compared by it, others by their place.
fn items(a: &[Value], b: &[Value], path: &str, found: &mut Vec<What>) {
    let name = |value: &Value| value.get("name").and_then(Value::as_str).map(str::to_owned);
    let named = a.iter().chain(b).all(|item| name(item).is_some());
    if named {
        for item in a {
            let other = b.iter().find(|x| name(x) == name(item)).unwrap_or(&Value::Null);
            differ(item, other, &format!("{path}[{}]", name(item).unwrap_or_default()), found);
        }
        for item in b.iter().filter(|x| !a.iter().any(|y| name(y) == name(x))) {
            differ(&Value::Null, item, &format!("{path}[{}]", name(item).unwrap_or_default()), found);
        }
    } else if a.iter().chain(b).any(|item| item.is_object()) {
        for i in 0..a.len().max(b.len()) {
            let at = |list: &[Value]| list.get(i).cloned().unwrap_or(Value::Null);
            differ(&at(a), &at(b), &format!("{path}[{i}]"), found);
        }
    } else {
        let text = |list: &[Value]| Some(show(&Value::Array(list.to_vec())));
        let path = path.strip_prefix("spec.").unwrap_or(path).to_owned();
        found.push(What::Field { path, from: text(a), to: text(b) });
    }
}

fn show(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if text.chars().count() <= MAX_VALUE_CHARS {
        return text;
    }
    text.chars().take(MAX_VALUE_CHARS - 1).chain(['…']).collect()
}
