//! From what a user wrote to what the API server stores: defaulting, validation, generated fields.

use crate::api::{Kind, Text};
use crate::world::World;
use serde_json::{Value, json};

/// What names an object: kind, namespace, name.
pub type ObjectKey = (Kind, Text, Text);

/// The key of an object as written; `default` is the namespace of those that name none.
pub fn key(raw: &Value) -> Option<ObjectKey> {
    let kind = Kind::parse(raw.get("kind")?.as_str()?)?;
    let name = raw.pointer("/metadata/name").and_then(Value::as_str)?;
    let namespace = match kind.namespaced() {
        true => raw.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or("default"),
        false => "",
    };
    Some((kind, Text::copy(namespace), Text::copy(name)))
}

/// Defaults and validates an object, as a creation or (with `old`) as an update, and adds what the server generates.
///
/// # Errors
/// The API server's message as kubectl prints it.
pub fn admit(world: &World, raw: &Value, old: Option<&Value>) -> Result<(Kind, Value), String> {
    let kind_name = raw.get("kind").and_then(Value::as_str).unwrap_or("");
    let kind = Kind::parse(kind_name).ok_or_else(|| format!("error: no matches for kind \"{kind_name}\""))?;
    let mut value = raw.clone();
    if kind.namespaced() && value.pointer("/metadata/namespace").is_none() {
        value["metadata"]["namespace"] = json!("default");
    }
    if old.is_none() && kind == Kind::Job {
        crate::world::replace::generate_selector(&mut value, world.next_uid());
    }
    Ok((kind, value))
}
