//! Completion: at a place for a key the keys that are legal there and not written yet, at a place for a value the values that
//! make sense.

use super::context::{Context, type_words};
use super::docs::Docs;
use super::outline::{At, Cursor, Step};
use super::values;
use crate::manifest::schema::{Field, Schema, Type};

/// One thing that can be written.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Choice {
    /// What is shown and compared with what is typed.
    pub label: String,
    /// Its type, or what kind of value it is.
    pub detail: String,
    /// One line about it, empty if there is none.
    pub info: String,
    /// What is written.
    pub insert: String,
    /// The key is required.
    pub required: bool,
    /// The simulation does nothing with it.
    pub ignored: bool,
}

/// What can be written between two byte offsets.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Completion {
    /// First byte of the word that is completed.
    pub from: usize,
    /// Byte after it.
    pub to: usize,
    /// The choices, the most likely ones first.
    pub choices: Vec<Choice>,
}

/// Most choices of one place.
pub(super) const MAX_CHOICES: usize = 700;

/// What can be written at a byte offset. Choices are all that is legal there, not only those that begin like the word: a
/// matcher of the editor's own narrows them down.
///
/// ```
/// use orrery::assist::complete;
/// use orrery::manifest::schema::Schema;
/// let text = "apiVersion: batch/v1\nkind: CronJob\nspec:\n  concurrencyPolicy: \n";
/// let at = text.find("Policy: ").unwrap() + 8;
/// let labels: Vec<String> =
///     complete(&Schema::new(), text, at, None).choices.into_iter().map(|choice| choice.label).collect();
/// assert_eq!(labels, ["Allow", "Forbid", "Replace"]);
/// ```
pub fn complete(schema: &Schema, text: &str, offset: usize, docs: Option<&Docs>) -> Completion {
    let (context, cursor) = Context::at(schema, text, offset);
    let Some(cursor) = cursor else { return Completion { from: offset, to: offset, choices: Vec::new() } };
    let mut choices = match &cursor.at {
        At::Key { column, in_brackets } => keys(&context, &cursor, *column, *in_brackets, docs),
        At::Value => values::of(&context, &cursor.path, docs),
    };
    choices.truncate(MAX_CHOICES);
    Completion { from: cursor.word.0, to: cursor.word.1, choices }
}

fn keys(context: &Context, cursor: &Cursor, column: usize, in_brackets: bool, docs: Option<&Docs>) -> Vec<Choice> {
    let object = context.object_path(&cursor.path);
    let written = |path: &[Step]| -> Vec<String> {
        let word = cursor.word;
        context
            .section
            .children(path)
            .filter(|e| e.key.0 != word.0 || e.in_brackets != in_brackets)
            .map(|e| e.name().to_owned())
            .collect()
    };
    let style = Style { column, in_brackets, colon: has_colon(context, cursor) };
    if cursor.path == object && context.kind(&object).is_none() {
        return head(&written(&cursor.path));
    }
    let Some(meaning) = context.meaning(&cursor.path) else { return Vec::new() };
    match &meaning.ty {
        Type::Struct(name) => fields(context, name, &written(&cursor.path), style, docs),
        Type::Map(inner, _) => {
            let mut choices = values::map_keys(context, &cursor.path, inner);
            let present = written(&cursor.path);
            choices.retain(|choice| !present.contains(&choice.label));
            choices.iter_mut().for_each(|choice| choice.insert = style.scalar(&choice.insert));
            choices
        }
        // A list whose dash is not written yet.
        Type::List(inner) => {
            let mut choices = match inner.as_ref() {
                Type::Struct(name) => fields(context, name, &[], Style { column: column + 2, ..style }, docs),
                _ => values::of(context, &item(&cursor.path), docs),
            };
            for choice in &mut choices {
                choice.insert = format!("- {}", choice.insert);
                choice.label = format!("- {}", choice.label);
            }
            choices
        }
        // The item of a list of simple values, after its dash.
        _ => values::of(context, &cursor.path, docs),
    }
}

fn item(path: &[Step]) -> Vec<Step> {
    path.iter().cloned().chain([Step::Item(0)]).collect()
}

/// Whether the word is followed by a colon already.
fn has_colon(context: &Context, cursor: &Cursor) -> bool {
    context.text.get(cursor.word.1..).is_some_and(|rest| rest.trim_start_matches(' ').starts_with(':'))
}

/// How a key is written out.
#[derive(Clone, Copy)]
struct Style {
    column: usize,
    in_brackets: bool,
    colon: bool,
}

impl Style {
    fn scalar(self, key: &str) -> String {
        if self.colon { key.to_owned() } else { format!("{key}: ") }
    }

    fn key(self, field: &Field) -> String {
        if self.colon {
            return field.name.to_owned();
        }
        let pad = " ".repeat(self.column);
        match &field.ty {
            Type::Struct(_) | Type::Map(..) if self.in_brackets => format!("{}: {{}}", field.name),
            Type::List(_) if self.in_brackets => format!("{}: []", field.name),
            Type::Struct(_) | Type::Map(..) => format!("{}:\n{pad}  ", field.name),
            Type::List(_) => format!("{}:\n{pad}- ", field.name),
            _ => format!("{}: ", field.name),
        }
    }
}

/// The fields of a struct that are not written yet: required ones first, the status, which nobody writes, last.
fn fields(context: &Context, name: &'static str, written: &[String], style: Style, docs: Option<&Docs>) -> Vec<Choice> {
    let schema = context.schema;
    let mut all: Vec<&Field> = schema.fields(name);
    all.retain(|field| !written.iter().any(|w| w == field.name));
    all.sort_by_key(|field| {
        let head = ["apiVersion", "kind", "metadata", "spec"].iter().position(|h| *h == field.name).unwrap_or(4);
        (head, field.name == "status", !field.required)
    });
    let choice = |field: &&Field| {
        let owner = schema.embedding(name, field.name).unwrap_or(name);
        Choice {
            label: field.name.to_owned(),
            detail: type_words(&field.ty),
            info: docs.and_then(|d| d.field(owner, field.name)).unwrap_or("").to_owned(),
            insert: style.key(field),
            required: field.required,
            ignored: !schema.registry().honours(owner, field.name) && !schema.registry().honours(name, field.name),
        }
    };
    all.iter().map(choice).collect()
}

/// The keys that every object starts with.
fn head(written: &[String]) -> Vec<Choice> {
    let keys = [
        ("apiVersion", "string", ": "),
        ("kind", "string", ": "),
        ("metadata", "ObjectMeta", ":\n  "),
        ("spec", "", ":\n  "),
    ];
    let missing = keys.into_iter().filter(|(key, ..)| !written.iter().any(|w| w == key));
    let choice = |(key, detail, after): (&str, &str, &str)| Choice {
        label: key.to_owned(),
        detail: detail.to_owned(),
        insert: format!("{key}{after}"),
        required: key != "spec",
        ..Choice::default()
    };
    missing.map(choice).collect()
}
