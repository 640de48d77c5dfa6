//! The DaemonSet controller: one Pod on every node that should have one.
//! Upstream: pkg/controller/daemon/daemon_controller.go.

mod backoff;
mod ledger;
mod manage;
mod observe;
mod places;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod properties;
mod revisions;
pub mod rules;
mod standing;
mod sync;
#[cfg(test)]
mod tests;
mod update;

use super::controller_ref::Controllers;
use super::outcome::conclude;
use super::{Actor, ActorKind, Cx, Key, Sight, WorkQueue};
use crate::api::{DaemonSet, Kind};
use crate::world::{Change, Id, NodeId, PodId};
use backoff::Backoff;
use ledger::Ledger;
use manage::Plan;
use places::Places;
use revisions::History;
use std::collections::{BTreeMap, BTreeSet};

/// The id of a DaemonSet.
pub type DaemonSetId = Id<DaemonSet>;

/// The DaemonSet controller.
#[derive(Clone, Debug)]
pub struct DaemonSets {
    queue: WorkQueue,
    sets: Controllers<DaemonSet>,
    places: Places,
    keeping: BTreeMap<DaemonSetId, Box<Keeping>>,
    /// Nodes that came or whose labels or taints changed.
    node_updates: BTreeSet<NodeId>,
}

/// What is kept of one DaemonSet between syncs.
#[derive(Clone, Debug, Default)]
struct Keeping {
    history: Option<History>,
    ledger: Option<Ledger>,
    /// What the sync under way still has to do; set only while it waits for the client limit.
    plan: Option<Plan>,
    backoff: Backoff,
    /// Whether there may be Pods to adopt.
    strays: bool,
    /// Pods whose labels changed.
    relabelled: BTreeSet<PodId>,
}

impl Default for DaemonSets {
    fn default() -> DaemonSets {
        DaemonSets {
            queue: WorkQueue::new(ActorKind::DaemonSet),
            sets: Controllers::default(),
            places: Places::default(),
            keeping: BTreeMap::new(),
            node_updates: BTreeSet::new(),
        }
    }
}

impl Actor for DaemonSets {
    fn observe(&mut self, change: &Change, sight: &mut Sight) {
        let object = change.object;
        match object.kind {
            Kind::Pod => {
                if let Some(id) = object.id() {
                    self.observe_pod(id, change, sight);
                }
            }
            Kind::Node => {
                if let Some(id) = object.id() {
                    self.observe_node(id, change, sight);
                }
            }
            Kind::DaemonSet => {
                if let Some(id) = object.id() {
                    self.observe_set(id, change, sight);
                }
            }
            Kind::ControllerRevision => {
                if let Some(id) = object.id() {
                    self.observe_revision(id, change, sight);
                }
            }
            _ => {}
        }
    }

    fn ring(&mut self, key: Key, cx: &mut Cx) {
        self.queue.ring(key, cx.now);
    }

    fn work(&mut self, cx: &mut Cx) -> bool {
        if !self.node_updates.is_empty() {
            for node in std::mem::take(&mut self.node_updates) {
                self.sync_node_update(node, cx);
            }
            return true;
        }
        let Some(key) = self.queue.pop() else { return false };
        if let Some(id) = key.id() {
            let outcome = self.sync_daemon_set(id, cx);
            conclude(&mut self.queue, key, outcome, cx);
        }
        true
    }
}
