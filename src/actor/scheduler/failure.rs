//! Why a Pod fits nowhere, as data and as the scheduler's message.

use super::plugin::{Plugins, Reason};
use crate::api::{PodSpec, Text};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The longest note of an Event, in bytes.
/// Upstream: k8s.io/kubernetes/pkg/apis/core/validation/events.go NoteLengthLimit.
pub const MAX_NOTE_BYTES: usize = 1024;

/// What the scheduler says when there is not one node. Upstream: pkg/scheduler/schedule_one.go ErrNoNodesAvailable.
pub const NO_NODES_AVAILABLE: &str = "no nodes available to schedule pods";

/// How an attempt failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The snapshot's generation in which it holds.
    pub generation: u64,
    /// The whole message.
    pub message: Text,
    /// The plugins that rejected any node; none when there was no node.
    pub plugins: Plugins,
    /// The node to nominate the Pod for: `Some` of an empty name clears it, `None` leaves it.
    pub nominate: Option<Text>,
}

/// How many nodes were rejected for which reason.
#[derive(Debug, Default)]
pub struct Histogram(BTreeMap<Text, usize>);

impl Histogram {
    /// Counts all texts of a reason for so many nodes.
    pub fn add(&mut self, reason: Reason, spec: &PodSpec, nodes: usize) {
        if nodes > 0 {
            reason.texts(spec).into_iter().for_each(|text| self.add_text(text, nodes));
        }
    }

    /// Counts a text for so many nodes.
    pub fn add_text(&mut self, text: Text, nodes: usize) {
        if nodes > 0 {
            *self.0.entry(text).or_insert(0) += nodes;
        }
    }

    /// `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.` The parts are sorted as texts.
    /// Upstream: pkg/scheduler/framework/types.go FitError.Error.
    pub fn message(&self, nodes: usize) -> String {
        let mut message = format!("0/{nodes} nodes are available:");
        let mut parts: Vec<String> = self.0.iter().map(|(text, count)| format!("{count} {text}")).collect();
        parts.sort_unstable();
        if !parts.is_empty() {
            // Writing to a String cannot fail.
            let _ = write!(message, " {}.", parts.join(", "));
        }
        message
    }
}

/// An Event's note: the message, cut when it is too long.
/// Upstream: pkg/scheduler/schedule_one.go truncateMessage.
pub fn truncate_message(message: &Text) -> Text {
    const SUFFIX: &str = " ...";
    if message.len() <= MAX_NOTE_BYTES {
        return message.clone();
    }
    let mut end = MAX_NOTE_BYTES - SUFFIX.len();
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    Text::from(format!("{}{SUFFIX}", message.get(..end).unwrap_or("")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_counted_over_nodes_and_sorted_as_texts() {
        let mut histogram = Histogram::default();
        let spec = PodSpec::default();
        assert_eq!(histogram.message(2), "0/2 nodes are available:");
        histogram.add(Reason::Unschedulable, &spec, 1);
        histogram.add(Reason::Ports, &spec, 10);
        histogram.add(Reason::Taint, &spec, 1);
        histogram.add(Reason::Taint, &spec, 1);
        histogram.add(Reason::NodeName, &spec, 0);
        assert_eq!(
            histogram.message(13),
            "0/13 nodes are available: 1 node(s) were unschedulable, \
             10 node(s) didn't have free ports for the requested pod ports, 2 node(s) had untolerated taint(s)."
        );
    }

    #[test]
    fn a_note_is_cut_at_1024_bytes() {
        let text = |bytes: usize| Text::from("x".repeat(bytes));
        assert_eq!(truncate_message(&text(1024)), text(1024));
        let cut = truncate_message(&text(1025));
        assert!(cut.len() == 1024 && cut.ends_with("x ..."));
    }
}
