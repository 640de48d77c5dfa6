//! From what a user wrote to what the API server stores: defaulting, validation, generated fields.

use crate::api::{Kind, Text};
use crate::manifest::load::{LoadOptions, load_value};
use crate::manifest::schema::Schema;
use crate::manifest::{decode, default, patch, validate};
use crate::world::World;
use serde_json::{Value, json};

/// What names an object: kind, namespace, name.
pub type ObjectKey = (Kind, Text, Text);

/// The key of an object as written; without a namespace it is in `default`.
pub fn key(raw: &Value) -> Option<ObjectKey> {
    let kind = Kind::parse(raw.get("kind")?.as_str()?)?;
    let name = raw.pointer("/metadata/name").and_then(Value::as_str)?;
    let namespace = match kind.namespaced() {
        true => raw.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or("default"),
        false => "",
    };
    Some((kind, Text::copy(namespace), Text::copy(name)))
}

fn known_kind(raw: &Value) -> Result<Kind, String> {
    let name = raw.get("kind").and_then(Value::as_str).unwrap_or("");
    Kind::parse(name).ok_or_else(|| format!("error: no matches for kind \"{name}\""))
}

/// Defaults and validates a new object and adds what the server generates.
///
/// # Errors
/// What kubectl prints when the server refuses it.
pub fn create(schema: &Schema, world: &World, raw: &Value) -> Result<(Kind, Value), String> {
    let kind = known_kind(raw)?;
    // The world admits Pods itself, those of controllers included.
    let uid = world.next_uid().to_string();
    let options = LoadOptions { admission: false, uid: uid.clone(), ..LoadOptions::default() };
    let document = load_value(schema, raw, &options);
    let Some(mut value) = document.value.filter(|_| document.answer.accepted) else {
        return Err(document.answer.kubectl);
    };
    if !document.live {
        let prefix = value.pointer("/metadata/generateName").and_then(Value::as_str).unwrap_or("").to_string();
        if document.name.is_empty() && !prefix.is_empty() {
            let name = world.generate_name(kind, &document.namespace, &prefix).map_err(|error| error.to_string())?;
            value["metadata"]["name"] = json!(name.as_str());
        }
        validate::prepare_create(kind.name(), &mut value, &uid);
    }
    Ok((kind, value))
}

/// Decodes, defaults and validates a new version of a stored object.
///
/// # Errors
/// What kubectl prints when the server refuses it.
pub fn update(schema: &Schema, old: &Value, new: &Value) -> Result<Value, String> {
    let kind = known_kind(new)?;
    let decoded = decode::decode(schema, &patch::node_of(new), kind.name());
    if let Some(problem) = decoded.message() {
        return Err(format!("Error from server (BadRequest): {problem}"));
    }
    let mut value = decoded.value;
    decode::prune(schema, kind.name(), &mut value);
    default::apply(kind.name(), &mut value);
    // A Pod made from a template lacks the defaults that only Pods have; both sides get them.
    let mut old = old.clone();
    default::apply(kind.name(), &mut old);
    let answer = patch::update(kind.api_version(), kind.name(), &old, &value);
    if !answer.accepted {
        return Err(answer.kubectl);
    }
    if kind == Kind::Service {
        // Addresses and ports are kept, or given up with the type that needs them.
        value["spec"] = validate::prepare_update(kind.name(), &old, &value)["spec"].take();
    }
    Ok(value)
}
