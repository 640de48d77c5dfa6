//! From the text in the editor to what is wrong with it and what has to be done to the cluster.

use super::state::Problem;
use crate::assist::{Utf16, orders_between};
use crate::manifest::{Diagnostic, Severity};
use crate::scenario::{self, Scenario};
use crate::sim::{Order, Timeline};
use crate::time::SimTime;

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
    pub fn of(text: &str) -> Reading {
        if text.len() > MAX_TEXT_BYTES {
            let message = format!("the text has {} bytes; at most {MAX_TEXT_BYTES} are read", text.len());
            let problem = Problem { line: 1, column: 1, span: (0, 0), error: true, message };
            return Reading { scenario: scenario::load(""), problems: vec![problem] };
        }
        let scenario = scenario::load(text);
        let places = Utf16::of(text);
        let told = scenario.diagnostics.iter().filter(|d| d.severity != Severity::Info).take(MAX_PROBLEMS);
        let problems = told.map(|diagnostic| problem(diagnostic, &places)).collect();
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

fn problem(diagnostic: &Diagnostic, places: &Utf16) -> Problem {
    let mut message = diagnostic.message.clone();
    if let Some(hint) = &diagnostic.hint {
        message = format!("{message} ({hint})");
    }
    Problem {
        line: (diagnostic.span.line as usize).max(1),
        column: (diagnostic.span.column as usize).max(1),
        span: (places.units(diagnostic.span.start as usize), places.units(diagnostic.span.end as usize)),
        error: diagnostic.severity == Severity::Error,
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::NodeOrder;

    #[test]
    fn problems_are_placed_in_utf16_units() {
        let reading =
            Reading::of("# 한국어 😀\napiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  continers: []\n");
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
        let old = Reading::of(&format!("{}{}", node("a", "centos"), node("b", "centos")));
        let new = Reading::of(&format!("{}{}", node("a", "ubuntu"), node("c", "centos")));
        let orders = new.orders_after(&old.scenario, SimTime::default());
        let what: Vec<&str> = orders
            .iter()
            .map(|order| match order {
                Order::Node { order: NodeOrder::Delete, .. } => "delete",
                Order::Apply { prune: false, .. } => "change",
                Order::NodeAdd(_) => "add",
                _ => "other",
            })
            .collect();
        assert_eq!(what, ["delete", "change", "add"]);
        assert!(new.orders_after(&new.scenario, SimTime::default()).is_empty());
    }

    #[test]
    fn hopeless_texts_are_problems_and_nothing_else() {
        for text in
            ["{", "a: &a [*a]", "\u{0}", "kind: Pod\napiVersion: v1\nmetadata: {name: x}\nspec: {containers: 7}\n"]
        {
            let reading = Reading::of(text);
            assert!(!reading.is_sound(), "{text:?}");
        }
        assert!(Reading::of("").is_sound());
        assert!(!Reading::of(&"a".repeat(MAX_TEXT_BYTES + 1)).is_sound());
    }
}
