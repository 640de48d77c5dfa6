//! Scenarios: one YAML stream of objects, nodes and timed steps, and the timeline that plays it.
//!
//! The page, the `orrery` command and the tests all load text here, so that one text means one thing.

mod dump;
mod load;

pub use load::{Scenario, load, load_with};

use crate::api::Text;
use crate::sim::{NodeOrder, Order, Timeline, machines};
use serde_json::Value;
use std::sync::Arc;

impl Scenario {
    /// The timeline at its start: nodes are there, objects applied, steps recorded for their times.
    ///
    /// Answers of the first orders that refuse something are kept: they belong beside the diagnostics.
    pub fn timeline(&self) -> (Timeline, Vec<String>) {
        let mut timeline = Timeline::new(self.start, self.settings);
        let mut refused = Vec::new();
        for order in self.start_orders() {
            refused.extend(timeline.input(order, false).into_iter().filter_map(Result::err));
        }
        for step in &self.steps {
            timeline.schedule(self.start + step.at, step.order.clone());
        }
        (timeline, refused)
    }

    /// What is carried out at the start: the nodes are there, live objects (of a dump) are stored as they are, all others
    /// are applied in order.
    pub fn start_orders(&self) -> Vec<Order> {
        let nodes: Vec<Value> = self.nodes.iter().map(|node| machines::registered(node, true, self.start)).collect();
        let state = |status, order| {
            let nodes = self.nodes.iter().filter_map(move |node| name_if_ready_is(node, status));
            nodes.map(move |name| Order::Node { name: Text::copy(name), order })
        };
        let silent = state("Unknown", NodeOrder::Down).chain(state("False", NodeOrder::NotReady));
        let live = self.objects.iter().filter(|object| is_live(object)).cloned().collect::<Vec<Value>>();
        let written = self.objects.iter().filter(|object| !is_live(object)).cloned().collect::<Vec<Value>>();
        let live = (!live.is_empty()).then(|| Order::Create(Arc::new(live)));
        let written = (!written.is_empty()).then(|| Order::Apply { objects: Arc::new(written), prune: true });
        let nodes = std::iter::once(Order::Create(Arc::new(nodes)));
        nodes.chain(silent).chain(live).chain(written).collect()
    }
}

/// The name of a dumped node whose condition Ready has this status: Unknown when its kubelet has fallen silent.
fn name_if_ready_is<'a>(node: &'a Value, status: &str) -> Option<&'a str> {
    let conditions = node.pointer("/status/conditions")?.as_array()?;
    let is = conditions.iter().any(|c| c["type"] == "Ready" && c["status"] == status);
    node.pointer("/metadata/name").and_then(Value::as_str).filter(|_| is && is_live(node))
}

/// Whether an object came from a cluster.
pub fn is_live(object: &Value) -> bool {
    object.pointer("/metadata/uid").is_some_and(Value::is_string)
}

/// The three nodes of a text that defines none: 4 CPUs, 8 GiB, 110 Pods each.
fn default_nodes() -> Vec<Value> {
    (1..=3).map(|n| machines::node(&format!("node-{n}"), "4", "8Gi")).collect()
}
