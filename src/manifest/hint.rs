//! Our own advice on the API server's errors: what to do, in one sentence. Never part of the official text.

use super::field::{ErrorKind, FieldError};
use serde_json::Value;

/// Advice on an error, if there is any worth giving.
pub fn for_error(error: &FieldError, _object: &Value) -> Option<String> {
    let (field, detail) = (error.field.as_str(), error.detail.as_str());
    let text = if detail.contains("`selector` does not match template `labels`") {
        "give the template the labels that the selector asks for"
    } else if field.ends_with("restartPolicy") && error.kind == ErrorKind::Required {
        "add `restartPolicy: Never` or `restartPolicy: OnFailure` to the pod template"
    } else if field.ends_with("restartPolicy") && detail.ends_with("\"Always\"") {
        "remove restartPolicy: these Pods always restart; for work that ends use a Job"
    } else if field == "spec.selector" && error.kind == ErrorKind::Required {
        "add a selector with the labels of the template"
    } else if detail.contains("`selector` not auto-generated") || detail.contains("`selector` will be auto-generated") {
        "remove the selector: a Job makes its own"
    } else if field == "spec.schedule" {
        "five fields: minute, hour, day of month, month, day of week, such as \"*/5 * * * *\""
    } else if field == "spec.timeZone" {
        "use a name such as Asia/Seoul or Etc/UTC"
    } else if detail == "field is immutable" {
        "delete the object and create it again"
    } else if detail.contains("lowercase RFC 1123") {
        "use lower-case letters, digits and dashes"
    } else {
        return None;
    };
    Some(text.to_owned())
}
