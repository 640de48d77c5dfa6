//! The API server's internal objects, as its error messages print them: Go field names, declaration order, null for what is
//! not set. Types of the meta package keep their JSON form.

use super::schema::{Field, Schema, Struct, Type};
use super::view::View;
use serde_json::{Map, Value};

/// A JSON value with the order of keys kept.
enum Ordered {
    Scalar(String),
    List(Vec<Ordered>),
    Map(Vec<(String, Ordered)>),
}

/// Deepest nesting that is printed.
const MAX_DUMP_DEPTH: usize = 100;

/// One line of JSON.
///
/// ```
/// use orrery::manifest::{internal::dump, schema::Schema};
/// let strategy = serde_json::json!({"type": "Recreate"});
/// let text = dump(&Schema::new(), "DaemonSetUpdateStrategy", &strategy);
/// assert_eq!(text, r#"{"Type":"Recreate","RollingUpdate":null}"#);
/// ```
pub fn dump(schema: &Schema, structure: &str, value: &Value) -> String {
    let mut text = String::new();
    compact(&internal(schema, structure, value, 0), &mut text);
    text
}

/// A list of such values.
pub fn dump_list(schema: &Schema, structure: &str, items: &[Value]) -> String {
    let items: Vec<String> = items.iter().map(|item| dump(schema, structure, item)).collect();
    format!("[{}]", items.join(","))
}

/// JSON in lines, indented by one blank a level, as `json.MarshalIndent` with `" "` writes it.
pub fn dump_lines(schema: &Schema, structure: &str, value: &Value) -> Vec<String> {
    let mut text = String::new();
    pretty(&internal(schema, structure, value, 0), 0, &mut text);
    text.lines().map(str::to_owned).collect()
}

fn internal(schema: &Schema, structure: &str, value: &Value, depth: usize) -> Ordered {
    let moved;
    let value = if structure == "PodSpec" {
        moved = with_host_fields(value);
        &moved
    } else {
        value
    };
    let versioned = schema.structure(structure);
    let meta = versioned.is_some_and(|s| s.meta);
    let Some(layout) = schema.internal(structure).or(versioned) else { return Ordered::Scalar("null".to_owned()) };
    let mut pairs = Vec::new();
    if depth < MAX_DUMP_DEPTH {
        for field in &layout.fields {
            add_field(schema, versioned, field, meta, value, depth, &mut pairs);
        }
    }
    Ordered::Map(pairs)
}

fn add_field(
    schema: &Schema,
    versioned: Option<&Struct>,
    field: &Field,
    meta: bool,
    value: &Value,
    depth: usize,
    pairs: &mut Vec<(String, Ordered)>,
) {
    if field.name.is_empty() {
        if let Type::Struct(inner) = &field.ty {
            // An embedded ObjectMeta has its own key in the versioned form, other embedded structs have none.
            let own = if *inner == "ObjectMeta" { value.at("metadata") } else { value };
            if let Ordered::Map(inner) = internal(schema, inner, own, depth + 1) {
                pairs.extend(inner);
            }
        }
        return;
    }
    let json_name = versioned
        .and_then(|s| s.fields.iter().find(|f| f.go == field.go))
        .map_or_else(|| uncapitalised(&field.go), |f| f.name.to_owned());
    let held = value.at(&json_name);
    if meta && field.omit_empty && is_zero(held) {
        return;
    }
    let key = if meta { field.name.to_owned() } else { field.go.clone() };
    pairs.push((key, convert(schema, &field.ty, field.pointer, held, depth + 1)));
}

fn convert(schema: &Schema, ty: &Type, pointer: bool, value: &Value, depth: usize) -> Ordered {
    if value.is_null() {
        let zero = match ty {
            Type::Struct(name) if !pointer => return internal(schema, name, &Value::Object(Map::new()), depth),
            _ if pointer => "null",
            Type::Text(_) => "\"\"",
            Type::Quantity => "\"0\"",
            Type::Bool => "false",
            Type::Int32 | Type::Int64 | Type::IntOrText => "0",
            _ => "null",
        };
        return Ordered::Scalar(zero.to_owned());
    }
    match (ty, value) {
        (Type::Struct(name), _) => internal(schema, name, value, depth),
        (Type::List(inner), Value::Array(items)) => {
            Ordered::List(items.iter().map(|item| convert(schema, inner, false, item, depth + 1)).collect())
        }
        (Type::Map(inner, _), Value::Object(map)) => {
            Ordered::Map(map.iter().map(|(k, v)| (k.clone(), convert(schema, inner, false, v, depth + 1))).collect())
        }
        _ => Ordered::Scalar(super::field::json(value)),
    }
}

/// Internally the host's namespaces are part of the security context.
// pkg/apis/core/v1/conversion.go Convert_v1_PodSpec_To_core_PodSpec
fn with_host_fields(spec: &Value) -> Value {
    let mut spec = spec.clone();
    let mut context = spec.at("securityContext").as_object().cloned().unwrap_or_default();
    let had = spec.has("securityContext");
    let mut moved = false;
    for key in ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"] {
        if spec.has(key) {
            context.insert(key.to_owned(), spec.at(key).clone());
            moved = true;
        }
    }
    if let Some(map) = spec.as_object_mut()
        && (had || moved)
    {
        map.insert("securityContext".to_owned(), Value::Object(context));
    }
    spec
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}

fn uncapitalised(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|c| c.to_ascii_lowercase().to_string() + chars.as_str()).unwrap_or_default()
}

fn key_text(key: &str) -> String {
    super::field::json(&Value::String(key.to_owned()))
}

fn compact(value: &Ordered, out: &mut String) {
    match value {
        Ordered::Scalar(text) => out.push_str(text),
        Ordered::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                compact(item, out);
            }
            out.push(']');
        }
        Ordered::Map(pairs) => {
            out.push('{');
            for (i, (key, item)) in pairs.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                out.push_str(&key_text(key));
                out.push(':');
                compact(item, out);
            }
            out.push('}');
        }
    }
}

fn pretty(value: &Ordered, level: usize, out: &mut String) {
    let line = |out: &mut String, level: usize| {
        out.push('\n');
        out.push_str(&" ".repeat(level));
    };
    match value {
        Ordered::List(items) if !items.is_empty() => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                line(out, level + 1);
                pretty(item, level + 1, out);
            }
            line(out, level);
            out.push(']');
        }
        Ordered::Map(pairs) if !pairs.is_empty() => {
            out.push('{');
            for (i, (key, item)) in pairs.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                line(out, level + 1);
                out.push_str(&key_text(key));
                out.push_str(": ");
                pretty(item, level + 1, out);
            }
            line(out, level);
            out.push('}');
        }
        other => compact(other, out),
    }
}
