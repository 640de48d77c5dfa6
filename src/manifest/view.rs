//! Reading a decoded object without ceremony: absent, null and the zero value are one and the same, as in Go.

use serde_json::{Map, Value};

static NULL: Value = Value::Null;

/// Read access to a JSON value by key; missing keys give null, empty text, nothing.
pub trait View {
    /// The value of a key, null if absent.
    fn at(&self, key: &str) -> &Value;

    /// The value of a path of keys.
    fn down(&self, keys: &[&str]) -> &Value;

    /// The text of a key, empty if absent.
    fn text(&self, key: &str) -> &str;

    /// The text of a key if present.
    fn opt_text(&self, key: &str) -> Option<&str>;

    /// The whole number of a key if present.
    fn int(&self, key: &str) -> Option<i64>;

    /// The boolean of a key, false if absent.
    fn flag(&self, key: &str) -> bool;

    /// The items of a key, none if absent.
    fn items(&self, key: &str) -> &[Value];

    /// The map of a key if present.
    fn map(&self, key: &str) -> Option<&Map<String, Value>>;

    /// Whether the key holds anything but null.
    fn has(&self, key: &str) -> bool;
}

impl View for Value {
    fn at(&self, key: &str) -> &Value {
        self.get(key).unwrap_or(&NULL)
    }

    fn down(&self, keys: &[&str]) -> &Value {
        keys.iter().fold(self, |value, key| value.at(key))
    }

    fn text(&self, key: &str) -> &str {
        self.at(key).as_str().unwrap_or("")
    }

    fn opt_text(&self, key: &str) -> Option<&str> {
        self.at(key).as_str()
    }

    fn int(&self, key: &str) -> Option<i64> {
        self.at(key).as_i64()
    }

    fn flag(&self, key: &str) -> bool {
        self.at(key).as_bool().unwrap_or(false)
    }

    fn items(&self, key: &str) -> &[Value] {
        self.at(key).as_array().map_or(&[], Vec::as_slice)
    }

    fn map(&self, key: &str) -> Option<&Map<String, Value>> {
        self.at(key).as_object()
    }

    fn has(&self, key: &str) -> bool {
        !self.at(key).is_null()
    }
}

/// Pairs of a string map, in the order of their keys.
pub fn pairs(value: &Value) -> impl Iterator<Item = (&str, &str)> {
    value.as_object().into_iter().flatten().map(|(k, v)| (k.as_str(), v.as_str().unwrap_or("")))
}

/// Equality as the API server's semantic comparison has it: null, absent, empty lists and empty maps are equal, quantities
/// by value is not needed because decoding writes them canonically.
// k8s.io/apimachinery/pkg/api/equality Semantic.DeepEqual
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            let keys = x.keys().chain(y.keys().filter(|k| !x.contains_key(*k)));
            keys.into_iter().all(|k| same(x.get(k).unwrap_or(&NULL), y.get(k).unwrap_or(&NULL)))
        }
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(a, b)| same(a, b)),
        (Value::Null, other) | (other, Value::Null) => is_empty(other),
        _ => a == b,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.values().all(|v| v.is_null()),
        _ => false,
    }
}
