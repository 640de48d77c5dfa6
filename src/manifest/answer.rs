//! What kubectl and the API server say to one object: the status message, its causes and the line that kubectl prints.

use super::field::{Errors, FieldError};
use super::schema::Kind;

/// Why the API server refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Decoding failed (400).
    BadRequest,
    /// Validation failed (422).
    Invalid,
    /// Admission refused (403).
    Forbidden,
    /// The namespace does not exist (404).
    NotFound,
}

impl Reason {
    /// The word in the status.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::BadRequest => "BadRequest",
            Reason::Invalid => "Invalid",
            Reason::Forbidden => "Forbidden",
            Reason::NotFound => "NotFound",
        }
    }
}

/// The answer to one object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// Whether it is stored.
    pub accepted: bool,
    /// The server's message, or kubectl's where the server is never asked; `None` when accepted.
    pub message: Option<String>,
    /// The server's reason, `None` when accepted or never asked.
    pub reason: Option<&'static str>,
    /// Validation errors one by one.
    pub causes: Vec<FieldError>,
    /// Warnings of the server.
    pub warnings: Vec<String>,
    /// What kubectl prints, without the final newline.
    pub kubectl: String,
}

impl Answer {
    /// Stored. `done` is `created`, `configured` and so on.
    pub fn accepted(kind: &Kind, name: &str, done: &str, warnings: Vec<String>) -> Self {
        let mut kubectl = format!("{} {done}", kind.resource_name(name));
        for warning in &warnings {
            kubectl += &format!("\nWarning: {warning}");
        }
        Answer { accepted: true, warnings, kubectl, ..Answer::default() }
    }

    /// Refused by kubectl itself.
    pub fn client_error(text: &str) -> Self {
        let message = format!("error: {text}");
        Answer { kubectl: message.clone(), message: Some(message), ..Answer::default() }
    }

    /// Refused by the server for another reason than validation.
    // k8s.io/kubectl/pkg/cmd/util/helpers.go StandardErrorMessage
    pub fn refused(reason: Reason, message: String, source: &str) -> Self {
        let kubectl = format!("Error from server ({}): error when creating {source:?}: {message}", reason.as_str());
        Answer { message: Some(message), reason: Some(reason.as_str()), kubectl, ..Answer::default() }
    }

    /// Does not decode.
    pub fn undecodable(kind: &Kind, problem: &str, source: &str) -> Self {
        let message =
            format!("{0} in version \"{1}\" cannot be handled as a {0}: {problem}", kind.kind, kind.version());
        Self::refused(Reason::BadRequest, message, source)
    }

    /// Fails validation.
    // k8s.io/apimachinery/pkg/api/errors/errors.go NewInvalid; k8s.io/kubectl/pkg/cmd/util/helpers.go checkErr
    pub fn invalid(kind: &Kind, name: &str, errors: Errors, warnings: Vec<String>) -> Self {
        let texts = distinct(errors.0.iter().map(ToString::to_string));
        let all = if let [one] = texts.as_slice() { one.clone() } else { format!("[{}]", texts.join(", ")) };
        let head = format!("The {} {:?} is invalid: ", kind.kind, name);
        let kubectl = match texts.as_slice() {
            [one] => format!("{head}{one}"),
            many => many.iter().fold(head, |text, error| format!("{text}\n* {error}")),
        };
        Answer {
            accepted: false,
            message: Some(format!("{} {:?} is invalid: {all}", kind.qualified(), name)),
            reason: Some(Reason::Invalid.as_str()),
            causes: errors.0,
            warnings,
            kubectl,
        }
    }
}

/// Each text once, in order.
fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut result: Vec<String> = Vec::new();
    for text in texts {
        if !result.contains(&text) {
            result.push(text);
        }
    }
    result
}
