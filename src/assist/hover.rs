//! What a field is: upstream's description, its type, the value that the server fills in, and whether the simulation heeds it.

use super::context::{Context, boundary, type_words};
use super::docs::Docs;
use super::outline::{Entry, Step, path_text};
use super::values::ANNOTATIONS;
use crate::manifest::load::{LoadOptions, load_value};
use crate::manifest::schema::{Schema, Type};
use crate::manifest::{decode, tree};
use serde_json::Value;

/// What to show beside a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hover {
    /// First byte of the key.
    pub from: usize,
    /// Byte after it.
    pub to: usize,
    /// Its path, as field errors write it.
    pub path: String,
    /// Its type in words.
    pub ty: String,
    /// Upstream's first sentence; empty without descriptions.
    pub description: String,
    /// What the server would fill in if it were not written, as JSON.
    pub default: Option<String>,
    /// The values that it can have, if it is one of a few.
    pub values: Vec<String>,
    /// Kubernetes calls it required.
    pub required: bool,
    /// Stored, but the simulation does nothing with it.
    pub not_simulated: bool,
}

/// What the key or value at a byte offset is; `None` where there is nothing to say.
///
/// ```
/// use orrery::assist::hover;
/// use orrery::manifest::schema::Schema;
/// let text = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec:\n  concurrencyPolicy: Forbid\n";
/// let shown = hover(&Schema::new(), text, text.find("Policy").unwrap(), None).unwrap();
/// assert_eq!((shown.path.as_str(), shown.default.as_deref()), ("spec.concurrencyPolicy", Some("\"Allow\"")));
/// ```
pub fn hover(schema: &Schema, text: &str, offset: usize, docs: Option<&Docs>) -> Option<Hover> {
    let offset = boundary(text, offset);
    let (context, _) = Context::at(schema, text, offset);
    let touches = |(from, to): (usize, usize)| from <= offset && offset <= to && from < to;
    let on = |e: &&Entry| !e.name().is_empty() && (touches(e.key) || touches(e.value));
    let entry = context.section.entries.iter().rev().find(on)?;
    let object = context.object_path(&entry.path);
    let below = &entry.path[object.len()..];
    if let (true, Some((_, example, does))) = (is_annotation(below), ANNOTATIONS.iter().find(|a| a.0 == entry.name())) {
        let (from, to) = entry.key;
        let description = format!("{does}, such as {example}");
        return Some(Hover {
            from,
            to,
            path: path_text(below),
            ty: "string".to_owned(),
            description,
            ..Hover::default()
        });
    }
    let meaning = context.meaning(&entry.path)?;
    let (owner, field) = (meaning.owner?, meaning.field?);
    let in_map = field.name != entry.name();
    let description = match below {
        [Step::Key(key)] if key == "kind" => docs.and_then(|d| d.structure(context.names(&object).0)),
        _ if in_map => None,
        _ => docs.and_then(|d| d.field(owner, field.name)),
    };
    let values = match meaning.ty {
        Type::Text(Some(name)) => schema.values(name).iter().map(|v| (*v).to_owned()).collect(),
        _ => Vec::new(),
    };
    Some(Hover {
        from: entry.key.0,
        to: entry.key.1,
        path: path_text(below),
        ty: type_words(&meaning.ty),
        description: description.unwrap_or("").to_owned(),
        default: default_json(&context, &entry.path).map(|v| v.to_string()),
        values,
        required: field.required && !in_map,
        not_simulated: !schema.registry().honours(owner, field.name),
    })
}

fn is_annotation(path: &[Step]) -> bool {
    matches!(path, [.., Step::Key(map), Step::Key(_)] if map == "annotations")
}

/// The text that the server fills in at a path.
pub(super) fn default_of(context: &Context, path: &[Step]) -> Option<String> {
    default_json(context, path)?.as_str().map(str::to_owned)
}

/// What the server fills in at a path when nothing is written there: the object without it, defaulted.
fn default_json(context: &Context, path: &[Step]) -> Option<Value> {
    let object = context.object_path(path);
    let kind = context.kind(&object)?;
    let source = context.text.get(context.section.start..context.section.end)?;
    let root = tree::read(source).into_iter().find_map(|d| d.root);
    let mut value = root.as_ref().map_or(Value::Null, decode::plain);
    for step in &object {
        value = child(&value, step)?.clone();
    }
    let below = &path[object.len()..];
    if value.is_null() {
        // The text is broken right now: what the defaults are in an object with nothing but the way there.
        value = skeleton(kind.kind, kind.api_version, below);
    }
    remove(&mut value, below);
    let options = LoadOptions { admission: false, ..LoadOptions::default() };
    let document = load_value(context.schema, &value, &options);
    let filled = document.value.or(document.refused)?;
    let found = below.iter().try_fold(&filled, |value, step| child(value, step))?;
    (!found.is_object() && !found.is_null()).then(|| found.clone())
}

fn child<'a>(value: &'a Value, step: &Step) -> Option<&'a Value> {
    match step {
        Step::Key(key) => value.get(key),
        Step::Item(i) => value.get(i),
    }
}

fn remove(value: &mut Value, path: &[Step]) {
    let Some((last, parent)) = path.split_last() else { return };
    let place = parent.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Item(i) => value.get_mut(i),
    });
    if let (Some(Value::Object(map)), Step::Key(key)) = (place, last) {
        map.remove(key);
    }
}

/// An object with the maps and lists of a path and nothing else.
fn skeleton(kind: &str, api_version: &str, path: &[Step]) -> Value {
    let mut value = Value::Object(serde_json::Map::new());
    for step in path.iter().rev().skip(1) {
        value = match step {
            Step::Key(key) => serde_json::json!({ key: value }),
            Step::Item(_) => serde_json::json!([value]),
        };
    }
    if !value.is_object() {
        return Value::Null;
    }
    value["apiVersion"] = api_version.into();
    value["kind"] = kind.into();
    value
}
