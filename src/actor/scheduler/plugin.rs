//! The names of the scheduler's plugins, and the reasons for which they reject a node.

use crate::api::{PodSpec, Text};

/// A plugin of the default profile that rejects or scores nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Plugin {
    /// Rejects cordoned nodes.
    NodeUnschedulable,
    /// Rejects all nodes but the one the Pod names.
    NodeName,
    /// Rejects nodes with untolerated taints; scores PreferNoSchedule.
    TaintToleration,
    /// Node selector and node affinity.
    NodeAffinity,
    /// Ports on the node.
    NodePorts,
    /// Room; scores the emptier node.
    NodeResourcesFit,
    /// Even spreading over a topology.
    PodTopologySpread,
    /// Affinity and anti-affinity to other Pods.
    InterPodAffinity,
    /// Resource claims, which nothing here has.
    DynamicResources,
    /// Scores nodes on which cpu and memory stay in balance.
    NodeResourcesBalancedAllocation,
    /// Scores nodes that have the images.
    ImageLocality,
}

impl Plugin {
    /// Upstream's name.
    pub const fn name(self) -> &'static str {
        match self {
            Plugin::NodeUnschedulable => "NodeUnschedulable",
            Plugin::NodeName => "NodeName",
            Plugin::TaintToleration => "TaintToleration",
            Plugin::NodeAffinity => "NodeAffinity",
            Plugin::NodePorts => "NodePorts",
            Plugin::NodeResourcesFit => "NodeResourcesFit",
            Plugin::PodTopologySpread => "PodTopologySpread",
            Plugin::InterPodAffinity => "InterPodAffinity",
            Plugin::DynamicResources => "DynamicResources",
            Plugin::NodeResourcesBalancedAllocation => "NodeResourcesBalancedAllocation",
            Plugin::ImageLocality => "ImageLocality",
        }
    }
}

/// A set of plugins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plugins(pub(super) u16);

impl Plugins {
    /// No plugin.
    pub const NONE: Plugins = Plugins(0);

    /// Adds one.
    pub const fn insert(&mut self, plugin: Plugin) {
        self.0 |= 1 << plugin as u16;
    }

    /// Whether it is in the set.
    pub const fn has(self, plugin: Plugin) -> bool {
        self.0 & (1 << plugin as u16) != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// Which resources a node lacks, as a set: the number of Pods, cpu, memory, disk, then the Pod's extended resources in
/// order of name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lacks(u64);

/// Extended resources of one Pod that are told apart; further ones count as the last.
const MAX_EXTENDED_RESOURCES: usize = 60;

impl Lacks {
    /// Too many Pods.
    pub const PODS: Lacks = Lacks(1);
    /// Not enough cpu.
    pub const CPU: Lacks = Lacks(1 << 1);
    /// Not enough memory.
    pub const MEMORY: Lacks = Lacks(1 << 2);
    /// Not enough local disk.
    pub const EPHEMERAL: Lacks = Lacks(1 << 3);

    /// Not enough of the Pod's `number`-th extended resource.
    pub fn extended(number: usize) -> Lacks {
        Lacks(1 << (4 + number.min(MAX_EXTENDED_RESOURCES - 1)))
    }

    /// Whether nothing is lacking.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Adds what `other` lacks.
    pub const fn add(&mut self, other: Lacks) {
        self.0 |= other.0;
    }

    /// Upstream: pkg/scheduler/framework/plugins/noderesources/fit.go fitsRequest.
    fn texts(self, spec: &PodSpec, texts: &mut Vec<Text>) {
        for (lack, text) in [
            (Lacks::PODS, "Too many pods"),
            (Lacks::CPU, "Insufficient cpu"),
            (Lacks::MEMORY, "Insufficient memory"),
            (Lacks::EPHEMERAL, "Insufficient ephemeral-storage"),
        ] {
            if self.0 & lack.0 != 0 {
                texts.push(Text::Static(text));
            }
        }
        let lacking = spec.requests.extended.iter().take(MAX_EXTENDED_RESOURCES).enumerate();
        for (_, (name, _)) in lacking.filter(|(number, _)| self.0 & Lacks::extended(*number).0 != 0) {
            texts.push(Text::from(format!("Insufficient {name}")));
        }
    }
}

/// Why a node was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The node is cordoned.
    Unschedulable,
    /// The Pod names another node.
    NodeName,
    /// A taint is not tolerated.
    Taint,
    /// Selector or required node affinity do not match.
    NodeAffinity,
    /// A port is taken.
    Ports,
    /// Something is lacking; `resolvable` unless the Pod asks for more than the whole node has.
    Resources {
        /// What.
        lacks: Lacks,
        /// Whether fewer Pods on the node would help.
        resolvable: bool,
    },
    /// Spreading would become too uneven.
    Spread,
    /// The node lacks a label over which to spread.
    SpreadLabel,
    /// No Pod that the Pod wants to be near.
    PodAffinity,
    /// A Pod that the Pod wants to be away from.
    PodAntiAffinity,
    /// A Pod that wants to be away from the Pod.
    ExistingAntiAffinity,
    /// The Pod may only run on nodes given by name, and this is none of them: it was not even looked at.
    NotExamined,
    /// Preemption: nobody there has a lower priority.
    NoVictims,
}

impl Reason {
    /// The plugin that rejects; `None` for nodes that no plugin looked at.
    pub const fn plugin(self) -> Option<Plugin> {
        Some(match self {
            Reason::Unschedulable => Plugin::NodeUnschedulable,
            Reason::NodeName => Plugin::NodeName,
            Reason::Taint => Plugin::TaintToleration,
            Reason::NodeAffinity => Plugin::NodeAffinity,
            Reason::Ports => Plugin::NodePorts,
            Reason::Resources { .. } => Plugin::NodeResourcesFit,
            Reason::Spread | Reason::SpreadLabel => Plugin::PodTopologySpread,
            Reason::PodAffinity | Reason::PodAntiAffinity | Reason::ExistingAntiAffinity => Plugin::InterPodAffinity,
            Reason::NotExamined | Reason::NoVictims => return None,
        })
    }

    /// Whether evicting Pods could help (`Unschedulable`, not `UnschedulableAndUnresolvable`).
    pub const fn resolvable(self) -> bool {
        match self {
            Reason::Resources { resolvable, .. } => resolvable,
            Reason::Ports | Reason::Spread | Reason::PodAntiAffinity | Reason::ExistingAntiAffinity => true,
            _ => false,
        }
    }

    /// The texts, as the scheduler's messages count them.
    pub fn texts(self, spec: &PodSpec) -> Vec<Text> {
        let mut texts = Vec::with_capacity(1);
        let text = match self {
            Reason::Resources { lacks, .. } => {
                lacks.texts(spec, &mut texts);
                return texts;
            }
            Reason::Unschedulable => "node(s) were unschedulable",
            Reason::NodeName => "node(s) didn't match the requested node name",
            Reason::Taint => "node(s) had untolerated taint(s)",
            Reason::NodeAffinity => "node(s) didn't match Pod's node affinity/selector",
            Reason::Ports => "node(s) didn't have free ports for the requested pod ports",
            Reason::Spread => "node(s) didn't match pod topology spread constraints",
            Reason::SpreadLabel => "node(s) didn't match pod topology spread constraints (missing required label)",
            Reason::PodAffinity => "node(s) didn't match pod affinity rules",
            Reason::PodAntiAffinity => "node(s) didn't match pod anti-affinity rules",
            Reason::ExistingAntiAffinity => "node(s) didn't satisfy existing pods anti-affinity rules",
            Reason::NotExamined => "node(s) didn't satisfy plugin(s) [NodeAffinity]",
            Reason::NoVictims => "No preemption victims found for incoming pod",
        };
        texts.push(Text::Static(text));
        texts
    }
}
