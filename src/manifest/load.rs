//! From a text to documents: every object decoded, defaulted, admitted and validated, with the answers of kubectl and the
//! API server, and a diagnostic for everything that somebody should know.

use super::admission::{self, Cluster};
use super::answer::{Answer, Reason};
use super::decode::{self, ProblemKind};
use super::diagnostic::{Diagnostic, Severity, Span, nearest};
pub use super::document::{Document, LoadOptions, Loaded};
use super::document::{is_list, list_items};
use super::field::Errors;
use super::locate::message_path;
use super::registry;
use super::schema::{Kind, Schema};
use super::tree::{self, Content, Node};
use super::view::View;
use super::{default, validate};
use serde_json::Value;

/// API version of a scenario document.
pub const SCENARIO_VERSION: &str = "orrery/v1";

/// Reads a text. Never fails: what is wrong is in the answers and diagnostics.
///
/// ```
/// use orrery::manifest::load::{load, LoadOptions};
/// let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  continers: []\n";
/// let loaded = load(text, &LoadOptions::default());
/// assert!(!loaded.documents[0].answer.accepted);
/// assert_eq!(loaded.diagnostics[0].span.line, 5);
/// assert_eq!(loaded.diagnostics[0].hint.as_deref(), Some("did you mean `containers`?"));
/// ```
pub fn load(text: &str, options: &LoadOptions) -> Loaded {
    super::reader::Reader::new(options.clone()).read(text, false)
}

/// Answers one document of a text.
pub(super) fn load_document(
    schema: &Schema,
    options: &LoadOptions,
    document: tree::Document,
    cluster: &Cluster,
) -> Loaded {
    let mut loader = Loader { schema, options, loaded: Loaded::default() };
    loader.document(document, cluster);
    loader.loaded
}

/// Answers one object that is a value already (a patched one, one made by a command), as [`load`] answers text.
///
/// ```
/// use orrery::manifest::load::{load_value, LoadOptions};
/// use orrery::manifest::schema::Schema;
/// let pod = serde_json::json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spc": {}});
/// assert!(load_value(&Schema::new(), &pod, &LoadOptions::default()).answer.message.unwrap().contains("unknown field \"spc\""));
/// ```
pub fn load_value(schema: &Schema, value: &Value, options: &LoadOptions) -> Document {
    let mut loader = Loader { schema, options, loaded: Loaded::default() };
    let document = Document { source: None, ..Document::unread(Span::default()) };
    loader.object(document, super::patch::node_of(value), &[], &options.cluster);
    let Loaded { mut documents, scenario, .. } = loader.loaded;
    documents.pop().or(scenario).unwrap_or_else(|| Document::unread(Span::default()))
}

/// The remark on a Scenario that is not the first.
pub(super) fn second_scenario(document: &Document) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        span: document.locate("kind"),
        object: document.label(),
        path: "kind".to_owned(),
        message: "a text can hold only one Scenario".to_owned(),
        hint: None,
    }
}

struct Loader<'a> {
    schema: &'a Schema,
    options: &'a LoadOptions,
    loaded: Loaded,
}

impl Loader<'_> {
    fn remark(&mut self, severity: Severity, document: &Document, path: &str, message: &str, hint: Option<String>) {
        let span = document.locate(path);
        self.remark_at(severity, span, document, path, message, hint);
    }

    fn remark_at(
        &mut self,
        severity: Severity,
        span: Span,
        document: &Document,
        path: &str,
        message: &str,
        hint: Option<String>,
    ) {
        let (object, path, message) = (document.label(), path.to_owned(), message.to_owned());
        self.loaded.diagnostics.push(Diagnostic { severity, span, object, path, message, hint });
    }

    fn document(&mut self, parsed: tree::Document, cluster: &Cluster) {
        let mut document = Document::unread(parsed.span);
        if let Some(error) = parsed.error {
            document.answer =
                Answer::client_error(&format!("error parsing {}: {}", self.options.source, error.message));
            self.remark_at(Severity::Error, error.span, &document, "", &error.message, error.hint);
            self.loaded.documents.push(document);
            return;
        }
        let Some(root) = parsed.root.filter(|r| r.content != Content::Null) else {
            return;
        };
        let duplicates: Vec<(Span, String)> = parsed
            .duplicates
            .iter()
            .map(|d| (d.span, format!("line {}: key {:?} already set in map", d.line, d.key)))
            .collect();
        if is_list(&root) {
            for item in list_items(&root) {
                let document = Document { span: item.span, ..document.clone() };
                self.object(document, item, &duplicates, cluster);
            }
            return;
        }
        document.span = Span { end: root.span.end, ..root.span };
        self.object(document, root, &duplicates, cluster);
    }

    fn object(&mut self, mut document: Document, root: Node, duplicates: &[(Span, String)], cluster: &Cluster) {
        let text = |key: &str| root.get(key).and_then(Node::text).unwrap_or("").to_owned();
        let meta =
            |key: &str| root.get("metadata").and_then(|m| m.get(key)).and_then(Node::text).unwrap_or("").to_owned();
        document.api_version = text("apiVersion");
        document.kind = text("kind");
        document.name = meta("name");
        document.namespace = meta("namespace");
        document.live = !meta("uid").is_empty();
        document.source = Some(root);
        let scenario = document.api_version == SCENARIO_VERSION && document.kind == "Scenario";
        self.answer(&mut document, duplicates, cluster);
        if scenario {
            if self.loaded.scenario.is_some() {
                self.loaded.diagnostics.push(second_scenario(&document));
            } else {
                self.loaded.scenario = Some(document);
            }
        } else {
            self.loaded.documents.push(document);
        }
    }

    /// kubectl's own checks, then the server's.
    fn answer(&mut self, document: &mut Document, duplicates: &[(Span, String)], cluster: &Cluster) {
        let Some(kind) = self.known_kind(document) else {
            return;
        };
        if kind.namespaced {
            if document.namespace.is_empty() {
                document.namespace = self.options.namespace.clone();
            }
        } else {
            document.namespace.clear();
        }
        let Some(source) = &document.source else {
            return;
        };
        let decoded = decode::decode(self.schema, source, kind.kind);
        let mine: Vec<&(Span, String)> =
            duplicates.iter().filter(|(s, _)| s.start >= source.span.start && s.start <= source.span.end).collect();
        // A cluster of another version has fields that we do not know.
        let lenient = document.live && decoded.problems.iter().all(|p| p.kind == ProblemKind::Strict);
        for problem in &decoded.problems {
            self.remark_at(
                if lenient { Severity::Info } else { Severity::Error },
                problem.span,
                document,
                &problem.path,
                &problem.message,
                problem.hint.clone(),
            );
        }
        for (span, message) in &mine {
            let hint = Some("write each key once".to_owned());
            self.remark_at(Severity::Error, *span, document, "", message, hint);
        }
        let typed = decoded.problems.iter().any(|p| p.kind != ProblemKind::Strict);
        let problem = if lenient && mine.is_empty() {
            None
        } else if mine.is_empty() || typed {
            decoded.message()
        } else {
            let lines: Vec<&str> = mine.iter().map(|(_, m)| m.as_str()).collect();
            let yaml = format!("yaml: unmarshal errors:\n  {}", lines.join("\n  "));
            let all: Vec<&str> = std::iter::once(yaml.as_str()).chain(decoded.strict()).collect();
            Some(format!("strict decoding error: {}", all.join(", ")))
        };
        if let Some(problem) = problem {
            document.answer = Answer::undecodable(&kind, &problem, &self.options.source);
            let client =
                decoded.problems.iter().find(|p| p.kind != ProblemKind::Strict && p.path.starts_with("metadata"));
            if let Some(client) = client {
                document.answer.kubectl =
                    format!("error: unable to decode {:?}: {}", self.options.source, client.message);
            }
            return;
        }
        if self.options.namespace_is_forced && kind.namespaced && document.namespace != self.options.namespace {
            let (theirs, ours) = (&document.namespace, &self.options.namespace);
            let text = format!(
                "the namespace from the provided object {theirs:?} does not match the namespace {ours:?}. \
                 You must pass '--namespace={theirs}' to perform this operation."
            );
            document.answer = Answer::client_error(&text);
            self.remark(Severity::Error, document, "metadata.namespace", &text, None);
            return;
        }
        self.create(document, &kind, decoded.value, cluster);
    }

    /// The server's part after decoding: defaults, admission, validation.
    fn create(&mut self, document: &mut Document, kind: &Kind, mut value: Value, cluster: &Cluster) {
        if kind.namespaced {
            default::set(
                default::child(&mut value, "metadata"),
                "namespace",
                Value::String(document.namespace.clone()),
            );
        }
        default::apply(kind.kind, &mut value);
        if document.live {
            document.answer = Answer::accepted(kind, &document.name, "unchanged", Vec::new());
        } else {
            if !matches!(kind.kind, "Node" | "Namespace" | "EndpointSlice")
                && let Some(map) = value.as_object_mut()
            {
                map.remove("status");
            }
            document.answer = self.try_create(document, kind, &mut value, cluster);
        }
        decode::prune(self.schema, kind.kind, &mut value);
        let errors = document.answer.causes.clone();
        for error in &errors {
            let hint = super::hint::for_error(error, &value);
            self.remark(Severity::Error, document, &error.field, &error.to_string(), hint);
        }
        if errors.is_empty() && !document.answer.accepted {
            let message = document.answer.message.clone().unwrap_or_default();
            self.remark(Severity::Error, document, "", &message, None);
        }
        for warning in document.answer.warnings.clone() {
            let path = message_path(&warning).to_owned();
            self.remark(Severity::Warning, document, &path, &warning, None);
        }
        if document.answer.accepted {
            for (path, message) in self.notes(kind, document) {
                self.remark(Severity::Info, document, &path, &message, None);
            }
            document.value = Some(value);
        } else {
            document.refused = Some(value);
        }
    }

    fn notes(&self, kind: &Kind, document: &Document) -> Vec<(String, String)> {
        let source = document.source.as_ref().filter(|_| !document.live);
        source.map(|source| registry::notes(self.schema, kind.kind, source)).unwrap_or_default()
    }

    fn try_create(&mut self, document: &Document, kind: &Kind, value: &mut Value, cluster: &Cluster) -> Answer {
        let source = &self.options.source;
        if kind.kind == "Pod"
            && self.options.admission
            && let Err(message) = admission::admit_pod(value, &document.name, cluster)
        {
            return Answer::refused(Reason::Forbidden, message, source);
        }
        let mut allocation = Errors::default();
        if kind.kind == "Service" {
            allocation = validate::allocate_service(default::child(value, "spec"));
        }
        let mut candidate = value.clone();
        validate::prepare_create(kind.kind, &mut candidate, &self.options.uid);
        let name = candidate.at("metadata").text("name").to_owned();
        let errors = validate::create(self.schema, kind.kind, &candidate);
        let answer = if errors.0.is_empty() {
            let warnings = validate::create_warnings(kind.kind, &candidate);
            Answer::accepted(kind, &name, &self.options.done, warnings)
        } else {
            Answer::invalid(kind, &name, errors, Vec::new())
        };
        if allocation.0.is_empty() {
            return answer;
        }
        let only_ports = allocation.0.iter().all(|error| error.field.ends_with("nodePort"));
        let refused = Answer::invalid(kind, &name, allocation, Vec::new());
        if self.options.dry_run && only_ports { Answer { kubectl: answer.kubectl, ..refused } } else { refused }
    }

    /// The kind of a document, or the reason why there is none.
    fn known_kind(&mut self, document: &mut Document) -> Option<Kind> {
        let source = document.source.as_ref()?;
        let problem = |key: &str| match source.get(key).map(|n| &n.content) {
            None | Some(Content::Null) => Some(format!("{key} not set")),
            Some(Content::Text(_)) => None,
            Some(_) => Some(format!("{key} isn't string type")),
        };
        let problems: Vec<String> = if matches!(source.content, Content::Map(_)) {
            ["apiVersion", "kind"].into_iter().filter_map(problem).collect()
        } else {
            vec!["invalid object to validate".to_owned()]
        };
        if !problems.is_empty() {
            let all = if let [one] = problems.as_slice() { one.clone() } else { format!("[{}]", problems.join(", ")) };
            let text = format!(
                "error validating {:?}: error validating data: {all}; \
                 if you choose to ignore these errors, turn validation off with --validate=false",
                self.options.source
            );
            document.answer = Answer::client_error(&text);
            let hint = "an object starts with apiVersion and kind, such as `apiVersion: batch/v1` and `kind: CronJob`";
            self.remark(Severity::Error, document, "", &all, Some(hint.to_owned()));
            return None;
        }
        let kind = self.schema.kind(&document.api_version, &document.kind);
        if kind.is_none() {
            self.unknown_kind(document);
        }
        kind
    }

    fn unknown_kind(&mut self, document: &mut Document) {
        let (version, kind) = (document.api_version.clone(), document.kind.clone());
        if document.live || self.schema.is_served(&version, &kind) {
            document.skipped = true;
            document.answer.accepted = true;
            let message = format!("{kind} in {version} is not simulated; it is left out");
            self.remark(Severity::Info, document, "kind", &message, None);
            return;
        }
        let text = format!(
            "resource mapping not found for name: {:?} namespace: {:?} from {:?}: \
             no matches for kind {kind:?} in version {version:?}\nensure CRDs are installed first",
            document.name, document.namespace, self.options.source
        );
        document.answer = Answer::client_error(&text);
        let versions: Vec<&str> = self.schema.versions_of(&kind).collect();
        let (path, hint) = if versions.is_empty() {
            let names = self.schema.kinds().iter().map(|k| k.kind);
            ("kind", nearest(&kind, names).map(|near| format!("did you mean `{near}`?")))
        } else {
            ("apiVersion", Some(format!("{kind} is in {}", versions.join(" and "))))
        };
        let message = format!("no matches for kind {kind:?} in version {version:?}");
        self.remark(Severity::Error, document, path, &message, hint);
    }
}
