//! `orrery validate FILE... [-o text|json]`: what the API server would answer to each object.

use super::{Files, Outcome};
use crate::kubectl::words::Words;
use crate::manifest::{Diagnostic, Severity};
use crate::scenario;
use serde_json::{Value, json};

/// How the command is called.
pub const USAGE: &str = "orrery validate FILE... [-o text|json]";

/// Runs the command: exit code 1 when anything is rejected, 2 when a file cannot be read.
pub fn validate_command(args: &[String], files: &dyn Files) -> Outcome {
    let words = match Words::sort(args, &[], &["output"]) {
        Ok(words) if !words.operands.is_empty() => words,
        Ok(_) => return Outcome::bad_input(format!("no file\nusage:\n  {USAGE}")),
        Err(error) => return Outcome::bad_input(format!("{}\nusage:\n  {USAGE}", error.trim_start_matches("error: "))),
    };
    let as_json = match words.option("output") {
        None | Some("text") => false,
        Some("json") => true,
        Some(other) => return Outcome::bad_input(format!("-o {other}: known are text, json")),
    };
    let mut rows = Vec::new();
    let mut text = String::new();
    for name in &words.operands {
        match files.read(name) {
            Ok(content) => judge(name, &content, &mut rows, &mut text),
            Err(error) => return Outcome::bad_input(format!("{name}: {error}")),
        }
    }
    let rejected = rows.iter().any(|row| row["accepted"] == false);
    let stdout = if as_json { format!("{}\n", Value::Array(rows)) } else { text };
    Outcome { stdout, stderr: String::new(), code: i32::from(rejected) }
}

/// One row for each object, and one for each mistake that belongs to none.
fn judge(file: &str, content: &str, rows: &mut Vec<Value>, text: &mut String) {
    let scenario = scenario::load(content);
    for document in &scenario.documents {
        let place = scenario.diagnostics.iter().find(|d| {
            d.severity == Severity::Error && d.span.start >= document.span.start && d.span.start <= document.span.end
        });
        let span = place.map_or(document.span, |diagnostic| diagnostic.span);
        let message = document.answer.message.clone().unwrap_or_default();
        rows.push(json!({
            "file": file, "line": span.line, "column": span.column, "object": document.label(),
            "accepted": document.answer.accepted, "message": message, "warnings": document.answer.warnings,
        }));
        if document.answer.accepted && !document.skipped {
            text.push_str(&format!("{file}:{}:{}: ok: {}\n", span.line, span.column, document.label()));
        }
    }
    let head = |d: &&Diagnostic| d.severity == Severity::Error && d.object.starts_with("Scenario/");
    for diagnostic in scenario.diagnostics.iter().filter(head) {
        rows.push(json!({
            "file": file, "line": diagnostic.span.line, "column": diagnostic.span.column, "object": diagnostic.object,
            "accepted": false, "message": diagnostic.message, "warnings": [],
        }));
    }
    for diagnostic in &scenario.diagnostics {
        let span = diagnostic.span;
        let object = if diagnostic.object.is_empty() { String::new() } else { format!("{}: ", diagnostic.object) };
        let severity = diagnostic.severity.as_str();
        text.push_str(&format!("{file}:{}:{}: {severity}: {object}{}\n", span.line, span.column, diagnostic.message));
        if let Some(hint) = &diagnostic.hint {
            text.push_str(&format!("    {hint}\n"));
        }
    }
    if scenario.documents.is_empty() && scenario.diagnostics.is_empty() {
        text.push_str(&format!("{file}: nothing to validate\n"));
    }
}
