//! What loading gives: documents with their answers, the scenario, all remarks; and how to ask for it.

use super::admission::Cluster;
use super::answer::Answer;
use super::diagnostic::{Diagnostic, Severity, Span};
use super::locate::locate_node;
use super::tree::{Content, Node};
use serde_json::Value;

/// How to answer.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// What kubectl calls the text, `STDIN` or a file name.
    pub source: String,
    /// Namespace of objects that name none.
    pub namespace: String,
    /// kubectl was given `--namespace`: objects of another one are refused.
    pub namespace_is_forced: bool,
    /// What kubectl says after the name of an accepted object.
    pub done: String,
    /// kubectl ran with `--dry-run=server`, where the server does not look at node ports.
    pub dry_run: bool,
    /// UID that stands in error messages for the one that a new object would get.
    pub uid: String,
    /// Whether the default admission plugins change new Pods.
    pub admission: bool,
    /// What admission knows of the cluster.
    pub cluster: Cluster,
}

impl Default for LoadOptions {
    fn default() -> Self {
        LoadOptions {
            source: "STDIN".to_owned(),
            namespace: "default".to_owned(),
            namespace_is_forced: false,
            done: "created".to_owned(),
            dry_run: false,
            uid: "00000000-0000-0000-0000-000000000000".to_owned(),
            admission: true,
            cluster: Cluster::default(),
        }
    }
}

/// One object of the text, or one piece of it that is none.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// As written, empty if unreadable.
    pub api_version: String,
    /// As written, empty if unreadable.
    pub kind: String,
    /// The namespace it goes to, empty for cluster-scoped kinds.
    pub namespace: String,
    /// As written, empty with `generateName`.
    pub name: String,
    /// Where it stands.
    pub span: Span,
    /// Decoded and defaulted; present when accepted.
    pub value: Option<Value>,
    /// Decoded and defaulted, but refused by validation: what an update would be judged by.
    pub refused: Option<Value>,
    /// What kubectl and the server say.
    pub answer: Answer,
    /// Exists in Kubernetes but is not simulated: left out, and that is no mistake.
    pub skipped: bool,
    /// It came from a cluster (it has a uid) and keeps its status and server-set fields.
    pub live: bool,
    /// The tree, to find fields in the text.
    pub source: Option<Node>,
}

impl Document {
    /// A piece of text of which nothing is known yet.
    pub fn unread(span: Span) -> Document {
        Document {
            api_version: String::new(),
            kind: String::new(),
            namespace: String::new(),
            name: String::new(),
            span,
            value: None,
            refused: None,
            answer: Answer::default(),
            skipped: false,
            live: false,
            source: None,
        }
    }

    /// The object as written, without defaults; `null` if unreadable.
    pub fn raw(&self) -> Value {
        self.source.as_ref().map_or(Value::Null, super::decode::plain)
    }

    /// `Kind/name` for people, empty if unreadable.
    pub fn label(&self) -> String {
        if self.kind.is_empty() { String::new() } else { format!("{}/{}", self.kind, self.name) }
    }

    /// Place of a field path, or of the nearest thing that is there.
    pub fn locate(&self, path: &str) -> Span {
        self.source.as_ref().map_or(self.span, |node| locate_node(node, path))
    }
}

/// Everything that a text contains.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Loaded {
    /// Objects in the order of the text, lists flattened; the scenario is not among them.
    pub documents: Vec<Document>,
    /// The scenario, if there is one.
    pub scenario: Option<Document>,
    /// All remarks, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl Loaded {
    /// Accepted objects.
    pub fn accepted(&self) -> impl Iterator<Item = &Document> {
        self.documents.iter().filter(|d| d.answer.accepted && d.value.is_some())
    }

    /// Whether anything is refused or broken.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }
}

/// `kind: List`, or a typed list such as `PodList`.
pub fn is_list(root: &Node) -> bool {
    let kind = root.get("kind").and_then(Node::text).unwrap_or("");
    kind.ends_with("List") && matches!(root.get("items").map(|i| &i.content), Some(Content::List(_) | Content::Null))
}

/// Items of a list; in a typed list they may leave out kind and apiVersion.
// k8s.io/apimachinery/pkg/apis/meta/v1/unstructured/helpers.go decodeToList
pub fn list_items(root: &Node) -> Vec<Node> {
    let Some(Content::List(items)) = root.get("items").map(|i| &i.content) else {
        return Vec::new();
    };
    let mut result = items.clone();
    for item in &mut result {
        if let Content::Map(entries) = &mut item.content
            && !entries.iter().any(|e| e.key == "kind" || e.key == "apiVersion")
        {
            for key in ["apiVersion", "kind"] {
                if let Some(entry) = root.entry(key) {
                    let mut entry = entry.clone();
                    if let Content::Text(text) = &mut entry.value.content
                        && key == "kind"
                    {
                        *text = text.trim_end_matches("List").to_owned();
                    }
                    entries.push(entry);
                }
            }
        }
    }
    result
}
