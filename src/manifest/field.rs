//! Validation errors and field paths in the API server's own form.

use serde_json::Value;
use std::fmt;

/// A field path such as `spec.containers[0].ports[1].hostPort`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path(String);

impl Path {
    /// The path of a top-level field, or the empty path.
    pub fn new(name: &str) -> Self {
        Path(name.to_owned())
    }

    /// A field below; several at once joined by dots.
    pub fn child(&self, name: &str) -> Self {
        if self.0.is_empty() { Path(name.to_owned()) } else { Path(format!("{}.{name}", self.0)) }
    }

    /// A list item.
    pub fn index(&self, i: usize) -> Self {
        Path(format!("{}[{i}]", self.0))
    }

    /// A map entry.
    pub fn key(&self, key: &str) -> Self {
        Path(format!("{}[{key}]", self.0))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What kind of mistake it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Something named does not exist.
    NotFound,
    /// A value is missing.
    Required,
    /// A value appears twice.
    Duplicate,
    /// A value is malformed or out of range.
    Invalid,
    /// A value is not one of the allowed ones.
    NotSupported,
    /// A value is not allowed here.
    Forbidden,
    /// A value is too long.
    TooLong,
    /// A list is too long.
    TooMany,
    /// The server's own trouble.
    Internal,
}

impl ErrorKind {
    /// The machine-readable reason of a status cause.
    pub fn reason(self) -> &'static str {
        match self {
            ErrorKind::NotFound => "FieldValueNotFound",
            ErrorKind::Required => "FieldValueRequired",
            ErrorKind::Duplicate => "FieldValueDuplicate",
            ErrorKind::Invalid => "FieldValueInvalid",
            ErrorKind::NotSupported => "FieldValueNotSupported",
            ErrorKind::Forbidden => "FieldValueForbidden",
            ErrorKind::TooLong => "FieldValueTooLong",
            ErrorKind::TooMany => "FieldValueTooMany",
            ErrorKind::Internal => "InternalError",
        }
    }

    fn text(self) -> &'static str {
        match self {
            ErrorKind::NotFound => "Not found",
            ErrorKind::Required => "Required value",
            ErrorKind::Duplicate => "Duplicate value",
            ErrorKind::Invalid => "Invalid value",
            ErrorKind::NotSupported => "Unsupported value",
            ErrorKind::Forbidden => "Forbidden",
            ErrorKind::TooLong => "Too long",
            ErrorKind::TooMany => "Too many",
            ErrorKind::Internal => "Internal error",
        }
    }
}

/// One validation error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// What kind.
    pub kind: ErrorKind,
    /// Which field.
    pub field: String,
    /// The offending value as printed; `None` where the kind prints none.
    pub value: Option<String>,
    /// What is wrong with it.
    pub detail: String,
}

impl FieldError {
    /// The text without the field path.
    // k8s.io/apimachinery/pkg/util/validation/field/errors.go ErrorBody
    pub fn body(&self) -> String {
        let mut text = self.kind.text().to_owned();
        if let Some(value) = &self.value {
            text += ": ";
            text += value;
        }
        if !self.detail.is_empty() {
            text += ": ";
            text += &self.detail;
        }
        text
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.body())
    }
}

/// Errors in the order in which they are found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Errors(pub Vec<FieldError>);

impl Errors {
    fn push(&mut self, kind: ErrorKind, path: &Path, value: Option<String>, detail: &str) {
        self.0.push(FieldError { kind, field: path.0.clone(), value, detail: detail.to_owned() });
    }

    /// A value is missing.
    pub fn required(&mut self, path: &Path, detail: &str) {
        self.push(ErrorKind::Required, path, None, detail);
    }

    /// A text is wrong; printed in Go's quotes.
    pub fn invalid(&mut self, path: &Path, value: &str, detail: &str) {
        self.push(ErrorKind::Invalid, path, Some(quote(value)), detail);
    }

    /// A text is wrong for each of these reasons.
    pub fn invalid_each(&mut self, path: &Path, value: &str, messages: &[String]) {
        for message in messages {
            self.invalid(path, value, message);
        }
    }

    /// Anything else is wrong; printed as JSON.
    pub fn invalid_value(&mut self, path: &Path, value: &Value, detail: &str) {
        self.push(ErrorKind::Invalid, path, Some(json(value)), detail);
    }

    /// Wrong, with the value already printed.
    pub fn invalid_printed(&mut self, path: &Path, value: String, detail: &str) {
        self.push(ErrorKind::Invalid, path, Some(value), detail);
    }

    /// Wrong, without printing the value.
    pub fn invalid_omitted(&mut self, path: &Path, detail: &str) {
        self.push(ErrorKind::Invalid, path, None, detail);
    }

    /// Not one of the allowed values.
    pub fn not_supported(&mut self, path: &Path, value: &Value, allowed: &[&str]) {
        self.not_supported_printed(path, json(value), allowed);
    }

    /// Not one of the allowed values, with the value already printed.
    pub fn not_supported_printed(&mut self, path: &Path, value: String, allowed: &[&str]) {
        let quoted: Vec<String> = allowed.iter().map(|v| quote(v)).collect();
        let detail = if quoted.is_empty() { String::new() } else { format!("supported values: {}", quoted.join(", ")) };
        self.push(ErrorKind::NotSupported, path, Some(value), &detail);
    }

    /// Appears twice.
    pub fn duplicate(&mut self, path: &Path, value: &str) {
        self.push(ErrorKind::Duplicate, path, Some(quote(value)), "");
    }

    /// Appears twice, with the value already printed.
    pub fn duplicate_printed(&mut self, path: &Path, value: String, detail: &str) {
        self.push(ErrorKind::Duplicate, path, Some(value), detail);
    }

    /// Not allowed here.
    pub fn forbidden(&mut self, path: &Path, detail: &str) {
        self.push(ErrorKind::Forbidden, path, None, detail);
    }

    /// Named but not there.
    pub fn not_found(&mut self, path: &Path, value: &str, detail: &str) {
        self.push(ErrorKind::NotFound, path, Some(quote(value)), detail);
    }

    /// Longer than `limit` bytes.
    // k8s.io/apimachinery/pkg/util/validation/field/errors.go TooLong
    pub fn too_long(&mut self, path: &Path, limit: usize) {
        self.push(ErrorKind::TooLong, path, None, &format!("may not be more than {limit} bytes"));
    }

    /// More than `limit` items.
    // k8s.io/apimachinery/pkg/util/validation/field/errors.go TooMany
    pub fn too_many(&mut self, path: &Path, count: usize, limit: usize) {
        let items = if limit == 1 { "item" } else { "items" };
        self.push(ErrorKind::TooMany, path, Some(count.to_string()), &format!("must have at most {limit} {items}"));
    }

    /// Negative where that makes no sense.
    // k8s.io/apimachinery/pkg/api/validation/generic.go ValidateNonnegativeField
    pub fn nonnegative(&mut self, value: Option<i64>, path: &Path) {
        if let Some(value) = value.filter(|v| *v < 0) {
            self.invalid_printed(path, value.to_string(), "must be greater than or equal to 0");
        }
    }
}

/// Text in double quotes, as Go's `%q` writes it.
// strconv.Quote
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{b}' => quoted.push_str("\\v"),
            '\u{c}' => quoted.push_str("\\f"),
            c if (c as u32) < 0x20 || c as u32 == 0x7f => quoted.push_str(&format!("\\x{:02x}", c as u32)),
            c if c.is_control() || matches!(c, '\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                quoted.push_str(&format!("\\u{:04x}", c as u32));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// JSON as Go writes it: keys sorted, `<`, `>` and `&` escaped.
// encoding/json Marshal
pub fn json(value: &Value) -> String {
    let text = value.to_string();
    if !text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        return text;
    }
    text.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}
