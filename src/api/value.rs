//! Reading fields out of dynamic objects.
//!
//! Values that reach the typed decoders have passed strict decoding, so a missing or mistyped field simply means its
//! zero here; that keeps the decoders short and free of errors nobody can see.

use super::text::Text;
use crate::time::SimTime;
use serde_json::{Map, Value};
use std::sync::Arc;

static NULL: Value = Value::Null;

/// The value at a path of keys; `null` where any of them is missing.
pub fn at<'a>(value: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().fold(value, |value, key| value.get(key).unwrap_or(&NULL))
}

/// The text field `key`, empty when absent.
pub fn text(value: &Value, key: &str) -> Text {
    value.get(key).and_then(Value::as_str).map_or(Text::EMPTY, Text::copy)
}

/// The text field `key`; `None` when absent or null.
pub fn opt_text(value: &Value, key: &str) -> Option<Text> {
    value.get(key).and_then(Value::as_str).map(Text::copy)
}

/// The whole number `key`; `None` when absent, null or not a whole number.
pub fn opt_int(value: &Value, key: &str) -> Option<i64> {
    let found = value.get(key)?;
    found.as_i64().or_else(|| found.as_f64().filter(|n| n.fract() == 0.0 && n.abs() < 9.0e15).map(|n| n as i64))
}

/// The whole number `key`, 0 when absent.
pub fn int(value: &Value, key: &str) -> i64 {
    opt_int(value, key).unwrap_or(0)
}

/// The 32-bit number `key`, clamped to its range; `None` when absent.
pub fn opt_i32(value: &Value, key: &str) -> Option<i32> {
    opt_int(value, key).map(|n| n.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32)
}

/// The 32-bit number `key`, 0 when absent.
pub fn i32(value: &Value, key: &str) -> i32 {
    opt_i32(value, key).unwrap_or(0)
}

/// The truth value `key`, false when absent.
pub fn boolean(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}

/// The list `key`, empty when absent.
pub fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The list of texts `key`, empty when absent.
pub fn texts(value: &Value, key: &str) -> Vec<Text> {
    list(value, key).iter().filter_map(Value::as_str).map(Text::copy).collect()
}

/// The RFC 3339 time `key`.
pub fn time(value: &Value, key: &str) -> Option<SimTime> {
    value.get(key).and_then(Value::as_str).and_then(SimTime::parse)
}

/// The map of texts `key` in key order, empty when absent.
pub fn text_map(value: &Value, key: &str) -> Vec<(Text, Text)> {
    let Some(map) = value.get(key).and_then(Value::as_object) else { return Vec::new() };
    map.iter().map(|(k, v)| (Text::copy(k), Text::copy(v.as_str().unwrap_or("")))).collect()
}

/// A shared copy of the sub-object `key` (`null` when absent).
pub fn shared(value: &Value, key: &str) -> Arc<Value> {
    Arc::new(value.get(key).cloned().unwrap_or(Value::Null))
}

/// Sets `key` in a map unless the value is the zero of its type, as Go's `omitempty` leaves it out.
pub fn put(map: &mut Map<String, Value>, key: &str, value: impl Into<Value>) {
    let value = value.into();
    let zero = match &value {
        Value::Null => true,
        Value::Bool(b) => !b,
        Value::Number(n) => n.as_i64() == Some(0),
        Value::String(s) => s.is_empty(),
        Value::Array(a) => a.is_empty(),
        Value::Object(o) => o.is_empty(),
    };
    if !zero {
        map.insert(key.to_string(), value);
    }
}

/// Sets `key` to an API time when there is one.
pub fn put_time(map: &mut Map<String, Value>, key: &str, time: Option<SimTime>) {
    if let Some(time) = time {
        map.insert(key.to_string(), Value::String(time.to_string()));
    }
}
