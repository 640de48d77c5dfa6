//! The objects of a text, one a tab: where they are, and how they come, go and are copied without touching anything else.

use super::Edit;
use super::context::Context;
use super::outline::{Path, Step};
use crate::manifest::schema::Schema;
use crate::manifest::{Diagnostic, Severity};

/// An object and its place.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ObjectSpan {
    /// As written, empty while it is not.
    pub kind: String,
    /// As written, empty while it is not.
    pub api_version: String,
    /// As written, empty while it is not.
    pub name: String,
    /// As written; empty means the default namespace.
    pub namespace: String,
    /// Byte offset of its first line, comments above it included.
    pub from: usize,
    /// Byte offset after its last line; the separator behind it is not part of it.
    pub to: usize,
    /// It is an item of a `kind: List`.
    pub in_list: bool,
    /// Nothing in it is refused; see [`ObjectSpan::judge`].
    pub ok: bool,
}

impl ObjectSpan {
    /// Sets `ok` of all objects by the remarks on the text.
    pub fn judge(objects: &mut [ObjectSpan], diagnostics: &[Diagnostic]) {
        for object in objects {
            let inside = |d: &&Diagnostic| {
                let at = d.span.start as usize;
                at >= object.from && at < object.to.max(object.from + 1) || at == object.to
            };
            object.ok = !diagnostics.iter().filter(inside).any(|d| d.severity == Severity::Error);
        }
    }
}

/// The objects of a text in its order. Empty documents are none.
///
/// ```
/// use orrery::{assist::objects::objects, manifest::schema::Schema};
/// let text = "kind: Pod\nmetadata: {name: a}\n---\n# next\nkind: Job\nmetadata:\n  name: b\n";
/// let found = objects(&Schema::new(), text);
/// assert_eq!((found[1].kind.as_str(), found[1].name.as_str(), &text[found[1].from..][..6]), ("Job", "b", "# next"));
/// ```
pub fn objects(schema: &Schema, text: &str) -> Vec<ObjectSpan> {
    let mut found = Vec::new();
    for context in Context::all(schema, text) {
        let section = &context.section;
        let body = text.get(section.start..section.end).unwrap_or("");
        if body.lines().all(|l| l.trim().is_empty() || l.trim_start().starts_with('#')) {
            continue;
        }
        let items: Vec<&super::outline::Entry> = section
            .entries
            .iter()
            .filter(|e| matches!(e.path.as_slice(), [Step::Key(k), Step::Item(_)] if k == "items"))
            .collect();
        let is_list = section.value(text, &[], &["kind"]).is_some_and(|k| k.ends_with("List"));
        if is_list && !items.is_empty() && items.iter().all(|i| !i.in_brackets) {
            for item in items {
                let from = line_start(text, item.key.0);
                found.push(span(&context, &item.path, from, end_of_lines(text, item.end), true));
            }
        } else {
            found.push(span(&context, &Path::new(), section.start, section.end, false));
        }
    }
    found
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |i| i + 1)
}

fn end_of_lines(text: &str, at: usize) -> usize {
    if at >= text.len() { text.len() } else { line_start(text, at) }
}

fn span(context: &Context, path: &[Step], from: usize, to: usize, in_list: bool) -> ObjectSpan {
    let value = |keys: &[&str]| context.section.value(context.text, path, keys).unwrap_or("").to_owned();
    ObjectSpan {
        kind: value(&["kind"]),
        api_version: value(&["apiVersion"]),
        name: value(&["metadata", "name"]),
        namespace: value(&["metadata", "namespace"]),
        from,
        to,
        in_list,
        ok: true,
    }
}

/// Adds an object (a YAML text without separators) after the one at a place in the list of [`objects`], or at the end.
pub fn insert_object(schema: &Schema, text: &str, after: Option<usize>, object: &str) -> Vec<Edit> {
    let all = objects(schema, text);
    let object = format!("{}\n", object.trim_matches('\n'));
    let place = after.and_then(|i| all.get(i)).filter(|o| !o.in_list).map(|o| o.to);
    match place.filter(|at| *at < text.len()) {
        // There is a separator behind it, which now stands behind the new one.
        Some(at) => vec![Edit::insert(at, format!("---\n{object}"))],
        None if all.is_empty() && text.trim().is_empty() => vec![Edit::replace(0, text.len(), object)],
        None => {
            let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            let open = text.lines().next_back().is_some_and(|l| l.trim_end() == "---");
            let separator = if open { "" } else { "---\n" };
            vec![Edit::insert(text.len(), format!("{end}{separator}{object}"))]
        }
    }
}

/// Takes an object out, with its comments and one separator.
pub fn remove_object(schema: &Schema, text: &str, index: usize) -> Vec<Edit> {
    let all = objects(schema, text);
    let Some(object) = all.get(index) else { return Vec::new() };
    let (mut from, mut to) = (object.from, object.to);
    if !object.in_list {
        if to < text.len() {
            let rest = &text[to..];
            to += rest.find('\n').map_or(rest.len(), |i| i + 1);
        } else if from > 0 {
            from = line_start(text, from - 1);
        }
    }
    vec![Edit::replace(from, to, "")]
}

/// Copies an object, under a name that no other of its kind has, behind itself.
pub fn duplicate_object(schema: &Schema, text: &str, index: usize) -> Vec<Edit> {
    let all = objects(schema, text);
    let Some(object) = all.get(index) else { return Vec::new() };
    let Some(body) = text.get(object.from..object.to) else { return Vec::new() };
    let taken =
        |name: &str| all.iter().any(|o| o.kind == object.kind && o.namespace == object.namespace && o.name == name);
    let name = copy_name(&object.name, &taken);
    let contexts = Context::all(schema, text);
    let context = contexts.iter().find(|c| c.section.start <= object.from && object.from <= c.section.end);
    let place = context.and_then(|c| {
        let named = |e: &&super::outline::Entry| {
            let base = c.object_path(&e.path).len();
            e.key.0 >= object.from
                && e.key.0 < object.to
                && matches!(&e.path[base..], [Step::Key(a), Step::Key(b)] if a == "metadata" && b == "name")
        };
        c.section.entries.iter().find(named).map(|e| e.value)
    });
    let mut copy = body.to_owned();
    if let Some((from, to)) = place.filter(|(from, to)| from < to) {
        copy.replace_range(from - object.from..to - object.from, &name);
    }
    if object.in_list {
        let end = if copy.ends_with('\n') { "" } else { "\n" };
        return vec![Edit::insert(object.to, format!("{copy}{end}"))];
    }
    insert_object(schema, text, Some(index), &copy)
}

/// Most tries to find a free name.
const MAX_COPIES: usize = 1000;

fn copy_name(name: &str, taken: &dyn Fn(&str) -> bool) -> String {
    let digits = name.len() - name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (stem, number) = name.split_at(name.len() - digits);
    let (stem, first) = match (stem.ends_with('-'), number.parse::<usize>()) {
        (true, Ok(n)) => (stem.to_owned(), n.saturating_add(1)),
        _ => (format!("{name}-"), 2),
    };
    let free = (first..first.saturating_add(MAX_COPIES)).map(|n| format!("{stem}{n}")).find(|name| !taken(name));
    free.unwrap_or_else(|| format!("{stem}copy"))
}
