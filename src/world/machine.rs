//! The machines behind the nodes: what no API object says.
//!
//! A Node object is only what the control plane knows of a machine. Whether the machine is up, and whether its kubelet
//! talks, is kept here; the kubelet acts by it and the node lifecycle controller notices only what falls silent.

use super::World;
use super::change::{Aspects, ChangeVerb};
use crate::api::{Kind, Text};
use crate::time::SimTime;

/// A machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// Since when its kubelet has been silent (power or network lost); `None` while it talks. Containers keep running.
    pub silent_since: Option<SimTime>,
    /// Whether its kubelet reports that it is not ready (runtime or network down).
    pub reports_not_ready: bool,
    /// When it joined or came back.
    pub up_since: SimTime,
    /// How often it was rebooted; its containers are lost each time.
    pub reboots: u32,
}

impl World {
    /// The machine behind a node; a node that was never said to be otherwise is up.
    pub fn machine(&self, node_name: &str) -> Machine {
        self.machines.get(node_name).copied().unwrap_or_default()
    }

    /// Whether the node's kubelet talks to the API server.
    pub fn kubelet_talks(&self, node_name: &str) -> bool {
        self.machine(node_name).silent_since.is_none()
    }

    /// Changes a machine and tells everybody by a change of its Node with aspect `MACHINE`.
    pub fn set_machine(&mut self, node_name: &str, machine: Machine) {
        if self.machine(node_name) == machine {
            return;
        }
        self.machines.insert(Text::copy(node_name), machine);
        if let Some(node) = self.find(Kind::Node, "", node_name) {
            self.push_change(ChangeVerb::Modified, node, Aspects::MACHINE, None);
        }
    }
}
