//! Strict decoding: a tree against the schema, with the API server's own texts for unknown and duplicate fields and wrong
//! types. The result is the object as the server would write it back: zero values that it omits are gone.

use super::diagnostic::{Span, nearest};
use super::quantity::Quantity;
use super::rfc3339;
use super::scalar::json_float;
use super::schema::{Field, Schema, Type};
use super::syntax::base64_bytes;
use super::tree::{Content, Entry, Node};
use serde_json::{Map, Value};

/// How serious a problem is for the message as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// A type's own decoder failed (quantity, time, int-or-string): the server stops there.
    Fatal,
    /// Wrong JSON type: the server reports the first one.
    Type,
    /// Unknown field: the server reports up to 100.
    Strict,
}

/// One thing that does not fit the schema.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// How serious.
    pub kind: ProblemKind,
    /// Field path, with indexes.
    pub path: String,
    /// The server's text for this problem alone.
    pub message: String,
    /// Where.
    pub span: Span,
    /// Our help.
    pub hint: Option<String>,
}

/// What came out of decoding.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// The object, as far as it fits.
    pub value: Value,
    /// Everything that does not fit, in the server's order (keys sorted).
    pub problems: Vec<Problem>,
}

impl Decoded {
    /// The server's message for the whole object (after `cannot be handled as a Kind: `), if decoding failed.
    // sigs.k8s.io/json UnmarshalStrict, k8s.io/apimachinery/pkg/runtime/error.go strictDecodingError
    pub fn message(&self) -> Option<String> {
        let first = |kind| self.problems.iter().find(|p| p.kind == kind).map(|p| p.message.clone());
        first(ProblemKind::Fatal).or_else(|| first(ProblemKind::Type)).or_else(|| {
            let strict: Vec<&str> = self.strict().collect();
            (!strict.is_empty()).then(|| format!("strict decoding error: {}", strict.join(", ")))
        })
    }

    /// Texts of the strict problems.
    pub fn strict(&self) -> impl Iterator<Item = &str> {
        self.problems
            .iter()
            .filter(|p| p.kind == ProblemKind::Strict)
            .take(MAX_STRICT_ERRORS)
            .map(|p| p.message.as_str())
    }
}

/// The server collects no more strict errors than this.
const MAX_STRICT_ERRORS: usize = 100;

/// Decodes a tree as the struct `name`.
pub fn decode(schema: &Schema, node: &Node, name: &'static str) -> Decoded {
    let mut decoder = Decoder { schema, problems: Vec::new(), structure: "", fields: Vec::new() };
    let value = decoder.value(node, &Type::Struct(name), "");
    Decoded { value: value.unwrap_or_else(|| Value::Object(Map::new())), problems: decoder.problems }
}

/// A tree as plain JSON, without a schema.
pub fn plain(node: &Node) -> Value {
    match &node.content {
        Content::Null => Value::Null,
        Content::Bool(value) => Value::Bool(*value),
        Content::Int(value) => integer(*value),
        Content::Float(value) => serde_json::Number::from_f64(*value).map_or(Value::Null, Value::Number),
        Content::Text(text) => Value::String(text.clone()),
        Content::List(items) => Value::Array(items.iter().map(plain).collect()),
        Content::Map(entries) => Value::Object(entries.iter().map(|e| (e.key.clone(), plain(&e.value))).collect()),
    }
}

fn integer(value: i128) -> Value {
    i64::try_from(value).map(Value::from).or_else(|_| u64::try_from(value).map(Value::from)).unwrap_or(Value::Null)
}

struct Decoder<'a> {
    schema: &'a Schema,
    problems: Vec<Problem>,
    /// Go's error context: the struct whose field is being decoded and the JSON names from the root.
    structure: &'static str,
    fields: Vec<&'a str>,
}

impl<'a> Decoder<'a> {
    fn problem(&mut self, kind: ProblemKind, path: &str, message: String, span: Span, hint: Option<String>) {
        self.problems.push(Problem { kind, path: path.to_owned(), message, span, hint });
    }

    /// `json: cannot unmarshal … into Go struct field … of type …`.
    // encoding/json UnmarshalTypeError.Error
    fn mismatch(&mut self, kind: ProblemKind, node: &Node, what: &str, go_type: &str, path: &str) {
        let place = if self.structure.is_empty() && self.fields.is_empty() {
            format!("Go value of type {go_type}")
        } else {
            format!("Go struct field {}.{} of type {go_type}", self.structure, self.fields.join("."))
        };
        let hint = type_hint(&node.content, go_type);
        self.problem(kind, path, format!("json: cannot unmarshal {what} into {place}"), node.span, hint);
    }

    /// Decodes one value; `None` stands for null or for what does not fit.
    fn value(&mut self, node: &'a Node, ty: &Type, path: &str) -> Option<Value> {
        if node.content == Content::Null {
            return None;
        }
        match ty {
            Type::Struct(name) => self.structure(node, name, path),
            Type::List(inner) => self.list(node, inner, path),
            Type::Map(inner, _) => self.map(node, ty, inner, path),
            Type::Quantity => self.quantity(node, path),
            Type::Time(micro) => self.time(node, *micro, path),
            Type::IntOrText => match &node.content {
                Content::Text(text) => Some(Value::String(text.clone())),
                _ => self.number(node, ProblemKind::Fatal, true, path),
            },
            Type::Int32 => self.number(node, ProblemKind::Type, true, path),
            Type::Int64 => self.number(node, ProblemKind::Type, false, path),
            Type::Raw => Some(plain(node)),
            Type::Text(_) | Type::Bool | Type::Bytes => self.simple(node, ty, path),
        }
    }

    fn simple(&mut self, node: &'a Node, ty: &Type, path: &str) -> Option<Value> {
        match (&node.content, ty) {
            (Content::Text(text), Type::Text(_)) => Some(Value::String(text.clone())),
            (Content::Bool(value), Type::Bool) => Some(Value::Bool(*value)),
            (Content::Text(text), Type::Bytes) => {
                if base64_bytes(text.as_bytes()).is_none() {
                    let good =
                        text.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')).count();
                    self.problem(
                        ProblemKind::Type,
                        path,
                        format!("illegal base64 data at input byte {good}"),
                        node.span,
                        None,
                    );
                }
                Some(Value::String(text.clone()))
            }
            _ => {
                let go_type = self.schema.go_type(ty);
                self.mismatch(ProblemKind::Type, node, json_kind(&node.content), &go_type, path);
                None
            }
        }
    }

    fn number(&mut self, node: &'a Node, kind: ProblemKind, short: bool, path: &str) -> Option<Value> {
        let text = match &node.content {
            Content::Int(value) => value.to_string(),
            Content::Float(value) => json_float(*value),
            other => {
                let what = json_kind(other).to_owned();
                self.mismatch(kind, node, &what, if short { "int32" } else { "int64" }, path);
                return None;
            }
        };
        match text.parse::<i64>() {
            Ok(value) if !short || i32::try_from(value).is_ok() => Some(Value::from(value)),
            _ => {
                self.mismatch(kind, node, &format!("number {text}"), if short { "int32" } else { "int64" }, path);
                None
            }
        }
    }

    // k8s.io/apimachinery/pkg/api/resource/quantity.go UnmarshalJSON
    fn quantity(&mut self, node: &'a Node, path: &str) -> Option<Value> {
        let text = match &node.content {
            Content::Text(text) => text.clone(),
            Content::Int(value) => value.to_string(),
            Content::Float(value) => json_float(*value),
            _ => "?".to_owned(),
        };
        match Quantity::parse(text.trim()) {
            Ok(quantity) => Some(Value::String(quantity.to_string())),
            Err(message) => {
                let hint = "write a quantity such as 500m, 2, 128Mi or 1Gi";
                self.problem(ProblemKind::Fatal, path, message.to_owned(), node.span, Some(hint.to_owned()));
                None
            }
        }
    }

    // k8s.io/apimachinery/pkg/apis/meta/v1/time.go UnmarshalJSON
    fn time(&mut self, node: &'a Node, micro: bool, path: &str) -> Option<Value> {
        let Content::Text(text) = &node.content else {
            let what = json_kind(&node.content).to_owned();
            self.mismatch(ProblemKind::Fatal, node, &what, "string", path);
            return None;
        };
        match rfc3339::check(text, micro) {
            Ok(()) => Some(Value::String(text.clone())),
            Err(message) => {
                let hint = "write a time such as 2026-01-05T09:00:00Z";
                self.problem(ProblemKind::Fatal, path, message, node.span, Some(hint.to_owned()));
                None
            }
        }
    }

    fn list(&mut self, node: &'a Node, inner: &Type, path: &str) -> Option<Value> {
        let Content::List(items) = &node.content else {
            let go_type = format!("[]{}", self.schema.go_type(inner));
            self.mismatch(ProblemKind::Type, node, json_kind(&node.content), &go_type, path);
            return None;
        };
        let mut values = Vec::with_capacity(items.len());
        for (i, item) in items.iter().enumerate() {
            let path = format!("{path}[{i}]");
            values.push(self.value(item, inner, &path).unwrap_or_else(|| self.zero(inner)));
        }
        Some(Value::Array(values))
    }

    fn map(&mut self, node: &'a Node, ty: &Type, inner: &Type, path: &str) -> Option<Value> {
        let Content::Map(entries) = &node.content else {
            let go_type = self.schema.go_type(ty);
            self.mismatch(ProblemKind::Type, node, json_kind(&node.content), &go_type, path);
            return None;
        };
        let mut map = Map::new();
        for entry in sorted(entries) {
            let path = format!("{path}.{}", entry.key);
            let value = self.value(&entry.value, inner, &path).unwrap_or_else(|| self.zero(inner));
            map.insert(entry.key.clone(), value);
        }
        Some(Value::Object(map))
    }

    fn structure(&mut self, node: &'a Node, name: &'static str, path: &str) -> Option<Value> {
        let Content::Map(entries) = &node.content else {
            let what = json_kind(&node.content).to_owned();
            let go_type = format!("v1.{name}");
            self.mismatch(ProblemKind::Type, node, &what, &go_type, path);
            return None;
        };
        let mut map = Map::new();
        for entry in sorted(entries) {
            let child = if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
            let schema = self.schema;
            let Some(field) = schema.field(name, &entry.key) else {
                let hint = self.unknown_hint(name, &entry.key);
                self.problem(ProblemKind::Strict, &child, format!("unknown field \"{child}\""), entry.key_span, hint);
                continue;
            };
            let keep = Keep::of(field);
            let outer = self.structure;
            let depth = self.fields.len();
            if let Some(embedded) = self.schema.embedding(name, &entry.key) {
                self.fields.push(embedded);
            }
            self.structure = name;
            self.fields.push(&entry.key);
            if let Some(value) = self.value(&entry.value, &field.ty, &child)
                && keep.keeps(&value)
            {
                map.insert(entry.key.clone(), value);
            }
            self.fields.truncate(depth);
            self.structure = outer;
        }
        self.materialise(name, path.is_empty(), &mut map);
        Some(Value::Object(map))
    }

    /// Structs that Go holds by value are written even when empty; an object's status is left to whoever sets it.
    fn materialise(&self, name: &str, root: bool, map: &mut Map<String, Value>) {
        for field in self.schema.structure(name).map_or(&[][..], |s| s.fields.as_slice()) {
            let Type::Struct(inner) = &field.ty else { continue };
            if field.name.is_empty() {
                self.materialise(inner, root, map);
            } else if !(field.pointer
                || field.omit_zero
                || root && field.name == "status"
                || map.contains_key(field.name))
            {
                let mut empty = Map::new();
                self.materialise(inner, false, &mut empty);
                map.insert(field.name.to_owned(), Value::Object(empty));
            }
        }
    }

    /// What null means as an element of a list or map.
    fn zero(&self, ty: &Type) -> Value {
        match ty {
            Type::Struct(name) => {
                let mut map = Map::new();
                self.materialise(name, false, &mut map);
                Value::Object(map)
            }
            Type::Text(_) | Type::Bytes => Value::String(String::new()),
            Type::Bool => Value::Bool(false),
            Type::Int32 | Type::Int64 | Type::IntOrText => Value::from(0),
            Type::Quantity => Value::String("0".to_owned()),
            Type::Time(_) | Type::Raw | Type::List(_) | Type::Map(..) => Value::Null,
        }
    }

    fn unknown_hint(&self, name: &str, key: &str) -> Option<String> {
        let names: Vec<&str> = self.schema.fields(name).iter().map(|f| f.name).collect();
        nearest(key, names.iter().copied()).map(|near| format!("did you mean `{near}`?"))
    }
}

/// When the server writes a field back.
#[derive(Clone, Copy)]
struct Keep {
    zero: bool,
}

impl Keep {
    fn of(field: &Field) -> Self {
        Keep {
            zero: field.pointer
                || !field.omit_empty
                || matches!(field.ty, Type::Struct(_) | Type::IntOrText | Type::Quantity),
        }
    }

    fn keeps(self, value: &Value) -> bool {
        self.zero
            || match value {
                Value::Null => false,
                Value::Bool(value) => *value,
                Value::Number(number) => number.as_i64() != Some(0),
                Value::String(text) => !text.is_empty(),
                // Written empty is not the same as not written while errors are printed; afterwards see `prune`.
                Value::Array(_) | Value::Object(_) => true,
            }
    }
}

/// Drops empty lists and maps that the server does not write back.
pub fn prune(schema: &Schema, structure: &str, value: &mut Value) {
    let Value::Object(map) = value else { return };
    map.retain(|key, value| {
        let Some(field) = schema.field(structure, key) else { return true };
        let empty = match value {
            Value::Array(items) => items.is_empty(),
            Value::Object(map) => map.is_empty(),
            _ => return true,
        };
        if empty {
            return Keep::of(field).zero;
        }
        match (&field.ty, value) {
            (Type::Struct(inner), value) => prune(schema, inner, value),
            (Type::List(inner), Value::Array(items)) => {
                if let Type::Struct(inner) = inner.as_ref() {
                    items.iter_mut().for_each(|item| prune(schema, inner, item));
                }
            }
            _ => {}
        }
        true
    });
}

/// Keys in the order in which the server sees them: kubectl's JSON is sorted.
fn sorted(entries: &[Entry]) -> Vec<&Entry> {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by(|a, b| a.key.as_bytes().cmp(b.key.as_bytes()));
    sorted
}

/// Go's word for a JSON value.
fn json_kind(content: &Content) -> &'static str {
    match content {
        Content::Null => "null",
        Content::Bool(_) => "bool",
        Content::Int(_) | Content::Float(_) => "number",
        Content::Text(_) => "string",
        Content::List(_) => "array",
        Content::Map(_) => "object",
    }
}

fn type_hint(content: &Content, go_type: &str) -> Option<String> {
    let text = match (content, go_type) {
        (Content::Bool(_), "string") => "YAML reads y, yes, no, on, off, true as booleans: put the value in quotes",
        (Content::Int(_) | Content::Float(_), "string") => "put the number in quotes",
        (Content::Text(_), "int32" | "int64") => "write the number without quotes",
        (Content::Text(_), "bool") => "write true or false without quotes",
        (Content::Float(_), "int32" | "int64") => "only whole numbers fit here",
        (Content::Map(_), list) if list.starts_with("[]") => "this is a list: start each item with `- `",
        (Content::List(_), map) if map.starts_with("map[") => "this is a map of `key: value`, without dashes",
        (Content::List(_), _) => "remove the dash: this is one value, not a list",
        _ => return None,
    };
    Some(text.to_owned())
}
