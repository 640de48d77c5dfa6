//! The cluster at a moment as one draws it: node cards, Pod tiles, chains of controllers.
//!
//! Everything is in a stable order (nodes by name, Pods and controllers by creation) and known by its [`ObjectRef`], so
//! that a drawing can follow each thing from one scene to the next.

mod chain;
mod node;
mod pod;
#[cfg(test)]
mod tests;

pub use chain::{CardState, Chain, ControllerCard, Line, Note, NoteKind};
pub use node::{Gauge, Machinery, NodeCard, Unmatched};
pub use pod::{Countdown, CountdownKind, Look, Place, PodTile};

use super::fate::Fates;
use super::names::natural;
use crate::actor::kubelet::Kubelet;
use crate::api::Kind;
use crate::time::SimTime;
use crate::world::World;
use std::collections::BTreeMap;

/// Tiles that a scene holds at most; Pods beyond are counted, finished ones first.
pub const MAX_TILES: usize = 800;
/// Chains of controllers that a scene holds at most; those beyond are counted.
pub const MAX_CHAINS: usize = 40;
/// Node cards that a scene holds at most; those beyond are counted.
pub const MAX_NODE_CARDS: usize = 200;

/// What there is to see.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// When.
    pub now: SimTime,
    /// Nodes in order of name.
    pub nodes: Vec<NodeCard>,
    /// Nodes left out.
    pub more_nodes: usize,
    /// Controllers that nothing controls, each with what it controls, in order of kind and creation.
    pub chains: Vec<Chain>,
    /// Chains left out.
    pub more_chains: usize,
    /// Pods in order of creation.
    pub pods: Vec<PodTile>,
    /// Pods left out.
    pub more_pods: usize,
    /// Pods without a node.
    pub waiting: usize,
}

/// What a scene is made from besides the world.
pub struct Sight<'a> {
    /// The cluster.
    pub world: &'a World,
    /// The agents, who know how far each run is.
    pub kubelet: &'a Kubelet,
    /// The time.
    pub now: SimTime,
    /// What is about to happen.
    pub fates: &'a Fates,
    /// The last thing that each CronJob did not do, by its serial number.
    pub notes: &'a BTreeMap<u32, Note>,
}

impl Scene {
    /// The scene of a world at a moment.
    pub fn of(sight: &Sight) -> Scene {
        let world = sight.world;
        let mut nodes: Vec<NodeCard> = world.nodes.iter().map(|(id, row)| node::card(sight, id, row)).collect();
        nodes.sort_by(|a, b| natural(&a.name, &b.name));
        let more_nodes = nodes.len().saturating_sub(MAX_NODE_CARDS);
        nodes.truncate(MAX_NODE_CARDS);
        let (chains, more_chains) = chain::chains(sight);
        let (pods, more_pods) = pod::tiles(sight);
        let waiting = world.pods.iter().filter(|(_, row)| row.node_name.is_empty() && !row.is_ended()).count();
        Scene { now: sight.now, nodes, more_nodes, chains, more_chains, pods, more_pods, waiting }
    }

    /// The tile of a Pod by its serial number.
    pub fn tile(&self, serial: u32) -> Option<&PodTile> {
        self.pods.binary_search_by_key(&serial, |tile| tile.object.serial).ok().map(|at| &self.pods[at])
    }
}

/// The two or three letters that stand for a kind (`DS`, `CJ`), as kubectl's short names have them.
pub fn glyph(kind: Kind) -> &'static str {
    match kind {
        Kind::Node => "N",
        Kind::Pod => "Pod",
        Kind::Service => "SVC",
        Kind::EndpointSlice => "EPS",
        Kind::DaemonSet => "DS",
        Kind::Deployment => "DEP",
        Kind::ReplicaSet => "RS",
        Kind::ControllerRevision => "CR",
        Kind::Job => "J",
        Kind::CronJob => "CJ",
        Kind::PriorityClass => "PC",
        Kind::PodDisruptionBudget => "PDB",
        Kind::Namespace => "NS",
    }
}
