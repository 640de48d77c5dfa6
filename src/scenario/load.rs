//! Reading a scenario out of a text.

use super::{default_nodes, dump};
use crate::kubectl;
use crate::manifest::{self, Diagnostic, Document, LoadOptions, Loaded, Reader, Severity};
use crate::sim::Order;
use crate::time::{SimDuration, SimTime};
use crate::world::Settings;
use serde_json::Value;
use std::sync::Arc;

/// When scenarios start that do not say so.
pub const DEFAULT_START: &str = "2026-01-05T09:00:00Z";
/// How long scenarios run that do not say so.
const DEFAULT_DURATION: SimDuration = SimDuration::from_secs(600);
/// The longest duration of a scenario.
const MAX_DURATION: SimDuration = SimDuration::from_secs(400 * 86_400);
/// The most steps of a scenario.
const MAX_STEPS: usize = 10_000;

/// An order at an offset from the start.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// When, from the start.
    pub at: SimDuration,
    /// What.
    pub order: Order,
}

/// Everything a text asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Its name, empty without a Scenario document.
    pub name: String,
    /// Titles by language (`en`, `ko`).
    pub titles: Vec<(String, String)>,
    /// The clock at the start.
    pub start: SimTime,
    /// How long it runs when nobody says otherwise.
    pub duration: SimDuration,
    /// How the cluster is configured.
    pub settings: Settings,
    /// The nodes, as they stand at the start.
    pub nodes: Vec<Value>,
    /// All other objects as written (without defaults), in order.
    pub objects: Vec<Value>,
    /// What happens later.
    pub steps: Vec<Step>,
    /// Everything somebody should know about the text.
    pub diagnostics: Vec<Diagnostic>,
    /// Each document with kubectl's answer to it.
    pub documents: Vec<Document>,
}

/// Reads a scenario. Never fails: what is wrong is in the diagnostics, and everything else is loaded.
///
/// ```
/// let text = "apiVersion: orrery/v1\nkind: Scenario\nspec:\n  steps:\n  - {at: 30s, run: node down node-1}\n";
/// let scenario = orrery::scenario::load(text);
/// assert_eq!((scenario.nodes.len(), scenario.steps.len()), (3, 1));
/// ```
pub fn load(text: &str) -> Scenario {
    from_loaded(manifest::load(text, &LoadOptions::default()))
}

/// The same with a reader that remembers the documents of the last text: for a text that somebody edits.
///
/// ```
/// use orrery::{manifest::{LoadOptions, Reader}, scenario};
/// let mut reader = Reader::new(LoadOptions::default());
/// assert_eq!(scenario::load_with(&mut reader, "kind: Pod\n").diagnostics, scenario::load("kind: Pod\n").diagnostics);
/// ```
pub fn load_with(reader: &mut Reader, text: &str) -> Scenario {
    from_loaded(reader.load(text))
}

fn from_loaded(loaded: Loaded) -> Scenario {
    let start = SimTime::parse(DEFAULT_START).unwrap_or_default();
    let mut scenario = Scenario {
        name: String::new(),
        titles: Vec::new(),
        start,
        duration: DEFAULT_DURATION,
        settings: Settings::default(),
        nodes: Vec::new(),
        objects: Vec::new(),
        steps: Vec::new(),
        diagnostics: loaded.diagnostics,
        documents: Vec::new(),
    };
    if let Some(document) = &loaded.scenario {
        scenario.read_head(document);
    }
    for document in &loaded.documents {
        let raw = document.raw();
        if !document.answer.accepted || document.skipped || document.value.is_none() {
            continue;
        }
        let list = if document.kind == "Node" { &mut scenario.nodes } else { &mut scenario.objects };
        list.push(raw);
    }
    scenario.documents = loaded.documents;
    scenario.complete_dump(loaded.scenario.is_some_and(|head| head.raw().pointer("/spec/startTime").is_some()));
    if scenario.nodes.is_empty() {
        scenario.nodes = default_nodes();
    }
    scenario
}

impl Scenario {
    /// Whether anything in the text is refused.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Objects of a real cluster bring its clock, its owners, its nodes.
    fn complete_dump(&mut self, clock_is_set: bool) {
        let Some(newest) = dump::newest_time(self.objects.iter().chain(&self.nodes)) else { return };
        if !clock_is_set {
            self.start = newest;
        }
        self.settings.seed = dump::seed(self.settings.seed, self.objects.iter().chain(&self.nodes));
        let revisions = dump::revisions(&self.objects, &self.documents);
        self.objects.extend(revisions);
        let remarks = dump::drop_unknown_owners(&mut self.objects, &self.nodes, &self.documents);
        self.diagnostics.extend(remarks);
        self.nodes.extend(dump::nodes_of_pods(&self.objects, &self.nodes));
    }

    fn refuse(&mut self, document: &Document, path: &str, message: String) {
        self.diagnostics.push(Diagnostic {
            severity: Severity::Error,
            span: document.locate(path),
            object: document.label(),
            path: path.to_string(),
            message,
            hint: None,
        });
    }

    fn read_head(&mut self, document: &Document) {
        let raw = document.raw();
        let text = |path: &str| raw.pointer(path).and_then(Value::as_str).map(str::to_string);
        self.name = text("/metadata/name").unwrap_or_default();
        let annotations = raw.pointer("/metadata/annotations").and_then(Value::as_object);
        for (key, title) in annotations.into_iter().flatten() {
            if let (Some(language), Some(title)) = (key.strip_prefix("title."), title.as_str()) {
                self.titles.push((language.to_string(), title.to_string()));
            }
        }
        if let Some(start) = text("/spec/startTime") {
            match SimTime::parse(&start) {
                Some(start) => self.start = start,
                None => self.refuse(document, "spec.startTime", format!("{start:?} is not an RFC 3339 time")),
            }
        }
        if let Some(seed) = raw.pointer("/spec/seed").and_then(Value::as_u64) {
            self.settings.seed = seed;
        }
        if let Some(duration) = text("/spec/duration") {
            match SimDuration::parse(&duration).filter(|span| *span >= SimDuration::ZERO && *span <= MAX_DURATION) {
                Some(duration) => self.duration = duration,
                None => self.refuse(document, "spec.duration", not_a_duration(&duration)),
            }
        }
        let steps = raw.pointer("/spec/steps").and_then(Value::as_array).cloned().unwrap_or_default();
        if steps.len() > MAX_STEPS {
            self.refuse(document, "spec.steps", format!("{} steps; at most {MAX_STEPS} are read", steps.len()));
        }
        for (number, step) in steps.iter().take(MAX_STEPS).enumerate() {
            match read_step(step) {
                Ok(steps) => self.steps.extend(steps),
                Err((field, message)) => {
                    self.refuse(document, &format!("spec.steps[{number}].{field}"), message);
                }
            }
        }
    }
}

fn not_a_duration(text: &str) -> String {
    format!("{text:?} is not a duration such as 90s, 10m or 24h")
}

/// The order of a step; the error names its field.
fn read_step(step: &Value) -> Result<Vec<Step>, (&'static str, String)> {
    let text = |key: &str| step.get(key).and_then(Value::as_str);
    let at = match step.get("at") {
        Some(Value::Number(seconds)) => seconds.as_i64().map(SimDuration::from_secs),
        _ => text("at").and_then(SimDuration::parse),
    };
    let at = at.filter(|at| *at >= SimDuration::ZERO);
    let at = at.ok_or_else(|| ("at", not_a_duration(text("at").unwrap_or(""))))?;
    match (text("run"), text("apply")) {
        (Some(line), None) => {
            let order = kubectl::parse(line).map_err(|error| ("run", error))?;
            Ok(vec![Step { at, order }])
        }
        (None, Some(yaml)) => {
            let loaded = manifest::load(yaml, &LoadOptions::default());
            let first = loaded.diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Error);
            if let Some(error) = first {
                return Err(("apply", error.to_string()));
            }
            let objects: Vec<Value> = loaded.accepted().map(Document::raw).collect();
            Ok(vec![Step { at, order: Order::Apply { objects: Arc::new(objects), prune: false } }])
        }
        _ => Err(("run", "a step has either run: COMMAND or apply: YAML".to_string())),
    }
}
