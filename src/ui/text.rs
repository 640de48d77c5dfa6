//! From the text in the editor to what is wrong with it and what has to be done to the cluster.

use super::state::Problem;
use crate::api::Kind;
use crate::assist::{Utf16, orders_between};
use crate::cron::{Zone, pitfalls};
use crate::i18n::Lang;
use crate::manifest::{Diagnostic, Document, Severity, Span};
use crate::scenario::{self, Scenario};
use crate::sim::{Order, Timeline};
use crate::time::SimTime;
use serde_json::Value;

/// The longest text that is read, in bytes.
pub const MAX_TEXT_BYTES: usize = 4 * 1024 * 1024;
/// Problems that are told.
const MAX_PROBLEMS: usize = 200;

/// A text that has been read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// What it asks for.
    pub scenario: Scenario,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

impl Reading {
    /// Reads a text.
    pub fn of(text: &str, lang: Lang) -> Reading {
        if text.len() > MAX_TEXT_BYTES {
            let message = format!("the text has {} bytes; at most {MAX_TEXT_BYTES} are read", text.len());
            let problem = Problem { line: 1, column: 1, span: (0, 0), error: true, message };
            return Reading { scenario: scenario::load(""), problems: vec![problem] };
        }
        let scenario = scenario::load(text);
        let places = Utf16::of(text);
        let told = scenario.diagnostics.iter().filter(|d| d.severity != Severity::Info).take(MAX_PROBLEMS);
        let mut problems: Vec<Problem> = told.map(|diagnostic| problem(diagnostic, &places)).collect();
        let pitfalls =
            scenario.documents.iter().flat_map(|document| pitfalls_of(document, scenario.start, &places, lang));
        problems.extend(pitfalls.take(MAX_PROBLEMS - problems.len()));
        problems.sort_by_key(|problem| problem.span);
        Reading { scenario, problems }
    }

    /// Whether it can be applied.
    pub fn is_sound(&self) -> bool {
        !self.problems.iter().any(|problem| problem.error)
    }

    /// Its timeline at the start, and what the cluster refused.
    pub fn begin(&self) -> (Timeline, Vec<String>) {
        self.scenario.timeline()
    }

    /// What has to be done to a cluster that runs `old` so that it runs this.
    pub fn orders_after(&self, old: &Scenario, now: SimTime) -> Vec<Order> {
        orders_between(old, &self.scenario, now)
    }
}

/// What a CronJob's schedule seems to get wrong, at its place in the text.
fn pitfalls_of(document: &Document, start: SimTime, places: &Utf16, lang: Lang) -> Vec<Problem> {
    let raw = document.raw();
    let text = |path: &str| raw.pointer(path).and_then(Value::as_str);
    let Some(schedule) = text("/spec/schedule").filter(|_| document.kind == Kind::CronJob.name()) else {
        return Vec::new();
    };
    let zone = text("/spec/timeZone").and_then(Zone::load);
    let found = pitfalls(schedule, zone.as_ref(), start.unix_nanos().div_euclid(1_000_000_000));
    let place = document.locate("spec.schedule");
    let told = found.iter().map(|pitfall| placed(place, places, false, pitfall.text(lang)));
    told.collect()
}

fn problem(diagnostic: &Diagnostic, places: &Utf16) -> Problem {
    let mut message = diagnostic.message.clone();
    if let Some(hint) = &diagnostic.hint {
        message = format!("{message} ({hint})");
    }
    placed(diagnostic.span, places, diagnostic.severity == Severity::Error, message)
}

fn placed(span: Span, places: &Utf16, error: bool, message: String) -> Problem {
    let (line, column) = ((span.line as usize).max(1), (span.column as usize).max(1));
    Problem { line, column, span: (places.units(span.start as usize), places.units(span.end as usize)), error, message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::NodeOrder;

    fn read(text: &str) -> Reading {
        Reading::of(text, Lang::En)
    }

    #[test]
    fn problems_are_placed_in_utf16_units() {
        let reading = read("# 한국어 😀\napiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  continers: []\n");
        let error = reading.problems.iter().find(|problem| problem.error).expect("an error");
        assert_eq!(error.line, 6);
        let text: Vec<u16> = "# 한국어 😀\napiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  continers: []\n"
            .encode_utf16()
            .collect();
        let marked = String::from_utf16_lossy(&text[error.span.0..error.span.1]);
        assert!(marked.starts_with("continers"), "{marked:?}");
    }

    #[test]
    fn an_edit_of_an_object_is_applied_and_an_edit_of_nodes_moves_machines() {
        let node = |name: &str, label: &str| {
            format!("apiVersion: v1\nkind: Node\nmetadata: {{name: {name}, labels: {{os: {label}}}}}\n---\n")
        };
        let old = read(&format!("{}{}", node("a", "centos"), node("b", "centos")));
        let new = read(&format!("{}{}", node("a", "ubuntu"), node("c", "centos")));
        let orders = new.orders_after(&old.scenario, SimTime::default());
        let what: Vec<&str> = orders
            .iter()
            .map(|order| match order {
                Order::Node { order: NodeOrder::Delete, .. } => "delete",
                Order::Patch { .. } => "change",
                Order::NodeAdd(_) => "add",
                _ => "other",
            })
            .collect();
        assert_eq!(what, ["delete", "change", "add"]);
        assert!(new.orders_after(&new.scenario, SimTime::default()).is_empty());
    }

    #[test]
    fn a_text_that_no_longer_defines_nodes_leaves_the_three_of_every_text_without_their_labels() {
        let node = |n: u32| {
            format!(
                "apiVersion: v1\nkind: Node\nmetadata: {{name: node-{n}, labels: {{os: centos}}}}\n\
                 status: {{capacity: {{cpu: '2', memory: 4Gi, pods: '110'}}}}\n---\n"
            )
        };
        let old = read(&format!("{}{}{}{}", node(1), node(2), node(3), node(4)));
        let (mut timeline, _) = old.begin();
        let new = read("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: x}]}\n");
        for order in new.orders_after(&old.scenario, timeline.now()) {
            let answers = timeline.input(order, false);
            assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        }
        let nodes = timeline.state().world.nodes.iter();
        let found: Vec<(String, bool, i64)> = nodes
            .map(|(_, node)| {
                let labelled = node.meta.labels.get("os").is_some();
                (node.meta.name.to_string(), labelled, node.allocatable.cpu_milli)
            })
            .collect();
        let wanted: Vec<(String, bool, i64)> = (1..=3).map(|n| (format!("node-{n}"), false, 4_000)).collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn hopeless_texts_are_problems_and_nothing_else() {
        for text in
            ["{", "a: &a [*a]", "\u{0}", "kind: Pod\napiVersion: v1\nmetadata: {name: x}\nspec: {containers: 7}\n"]
        {
            let reading = read(text);
            assert!(!reading.is_sound(), "{text:?}");
        }
        assert!(read("").is_sound());
        assert!(!read(&"a".repeat(MAX_TEXT_BYTES + 1)).is_sound());
    }

    #[test]
    fn a_schedule_that_never_comes_to_pass_is_marked_where_it_is_written() {
        let text = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: never}\nspec:\n  schedule: 0 0 31 2 *\n  \
                    jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}\n";
        let reading = read(text);
        assert!(reading.is_sound());
        let told: Vec<(usize, &str)> = reading.problems.iter().map(|p| (p.line, p.message.as_str())).collect();
        assert_eq!(told, [(5, "It never runs: no such day or time exists. Kubernetes accepts it all the same.")]);
    }
}
