//! From a field path in an error message to a place in the text.

use super::diagnostic::Span;
use super::tree::{Content, Entry, Node};

/// Paths under which the API server reports fields that stand elsewhere in the manifest.
const ODD_PATHS: &[(&str, &str)] = &[
    ("metadata.taints", "spec.taints"),
    ("spec.template.labels", "spec.template.metadata.labels"),
    ("spec.template.annotations", "spec.template.metadata.annotations"),
    ("spec.jobTemplate.spec.template.labels", "spec.jobTemplate.spec.template.metadata.labels"),
    ("spec.jobTemplate.spec.template.annotations", "spec.jobTemplate.spec.template.metadata.annotations"),
    ("spec.clusterIPs[0]", "spec.clusterIP"),
];

/// The span of a field: the value if it is simple, its key if it is a map or list, and the nearest thing above if it is
/// not written.
pub fn locate_node(root: &Node, path: &str) -> Span {
    let odd = ODD_PATHS
        .iter()
        .find(|(odd, _)| path.strip_prefix(odd).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '['])));
    let path = match odd {
        Some((odd, real)) => format!("{real}{}", &path[odd.len()..]),
        None => path.to_owned(),
    };
    let mut node = root;
    let mut span = root.span;
    for step in steps(&path) {
        let next: Option<(&Node, Span)> = match (&node.content, step) {
            (Content::List(items), Step::Index(i)) => items.get(i).map(|n| (n, n.span)),
            (Content::Map(entries), Step::Name(name)) => find(entries, name),
            _ => None,
        };
        let Some((found, place)) = next else { break };
        node = found;
        span = place;
    }
    if matches!(node.content, Content::Map(_) | Content::List(_)) { span } else { node.span }
}

fn find<'a>(entries: &'a [Entry], name: &str) -> Option<(&'a Node, Span)> {
    entries.iter().find(|e| e.key == name).map(|e| (&e.value, e.key_span))
}

enum Step<'a> {
    Name(&'a str),
    Index(usize),
}

/// `a.b[0].c[some.key]` as steps.
fn steps(path: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (key, after) = inner.split_once(']').unwrap_or((inner, ""));
            steps.push(key.parse().map_or(Step::Name(key), Step::Index));
            rest = after.strip_prefix('.').unwrap_or(after);
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            steps.push(Step::Name(&rest[..end]));
            rest = rest[end..].strip_prefix('.').unwrap_or(&rest[end..]);
        }
    }
    steps
}

/// The field path at the start of a warning such as `spec.x[0]: text`, or nothing.
pub fn message_path(message: &str) -> &str {
    let head = message.split(": ").next().unwrap_or("");
    let looks = !head.is_empty() && !head.contains(' ') && (head.starts_with("spec") || head.starts_with("metadata"));
    if looks { head } else { "" }
}
