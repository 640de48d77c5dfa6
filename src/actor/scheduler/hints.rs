//! Which changes may help which waiting Pod: the queueing hints of the plugins.
//!
//! Only the plugins that rejected a Pod are asked, each only about the kinds of change it has registered for.

use super::affinity::{AffinityTerm, pod_matches_all_affinity_terms};
use super::crowd::Crowd;
use super::nodes::NodeInfo;
use super::plugin::Plugin;
use super::profile::{has_untolerated_taint, matches_node_affinity};
use super::resources::{conflicts, fits_request};
use super::spread::{Constraint, own_constraints};
use crate::api::node::Taint;
use crate::api::{Labels, Pod, PodSpec, Resources};
use crate::world::World;

/// A change as the plugins are asked about it.
#[derive(Clone, Copy)]
pub enum Event<'a> {
    /// A node joined.
    NodeAdd(&'a NodeInfo),
    /// A node left.
    NodeDelete(&'a NodeInfo),
    /// What Pods may use of a node changed; before and after.
    NodeAllocatable(&'a NodeInfo, &'a NodeInfo),
    /// A node's labels changed; before and after.
    NodeLabel(&'a NodeInfo, &'a NodeInfo),
    /// A node's taints changed, or it is no longer cordoned; before and after.
    NodeTaint(&'a NodeInfo, &'a NodeInfo),
    /// A Pod came to a node.
    PodAdd(&'a Pod),
    /// A Pod left its node, or a nomination became free.
    PodDelete(&'a Pod),
    /// The labels of a Pod on a node changed; the Pod and its labels before.
    PodLabel(&'a Pod, &'a Labels),
    /// The waiting Pod's own labels changed; the labels before.
    OwnLabel(&'a Labels),
    /// The waiting Pod tolerates more than before.
    OwnToleration,
    /// The waiting Pod asks for less than before.
    OwnScaleDown,
}

impl Event<'_> {
    /// The plugins that have registered for it. Upstream: the plugins' EventsToRegister, and
    /// pkg/scheduler/scheduler.go buildQueueingHintMap, which adds changes of taints for all that asked for new nodes.
    pub const fn interested(&self) -> &'static [Plugin] {
        use Plugin::*;
        match self {
            Event::NodeAdd(_) | Event::NodeTaint(..) => &[
                NodeUnschedulable,
                NodeName,
                TaintToleration,
                NodeAffinity,
                NodePorts,
                NodeResourcesFit,
                PodTopologySpread,
                InterPodAffinity,
            ],
            Event::NodeDelete(_) => &[PodTopologySpread],
            Event::NodeAllocatable(..) | Event::OwnScaleDown => &[NodeResourcesFit],
            Event::NodeLabel(..) => &[NodeAffinity, PodTopologySpread, InterPodAffinity],
            Event::PodAdd(_) | Event::PodLabel(..) | Event::OwnLabel(_) => &[PodTopologySpread, InterPodAffinity],
            Event::PodDelete(_) => &[NodePorts, NodeResourcesFit, PodTopologySpread, InterPodAffinity],
            Event::OwnToleration => &[NodeUnschedulable, TaintToleration, PodTopologySpread],
        }
    }
}

/// Whether a change might help the Pods of a crowd, for which `pod` stands.
/// Upstream: pkg/scheduler/backend/queue/scheduling_queue.go isPodWorthRequeuing.
pub fn is_pod_worth_requeuing(world: &World, crowd: &Crowd, pod: &Pod, event: Event) -> bool {
    let rejectors = event.interested().iter().filter(|plugin| crowd.standing.plugins.has(**plugin));
    rejectors.into_iter().any(|plugin| match plugin {
        Plugin::NodeUnschedulable => node_unschedulable(pod, event),
        Plugin::TaintToleration => taint_toleration(pod, event),
        Plugin::NodeAffinity => node_affinity(pod, event),
        Plugin::NodePorts => node_ports(pod, event),
        Plugin::NodeResourcesFit => node_resources_fit(pod, event),
        Plugin::PodTopologySpread => pod_topology_spread(pod, event),
        Plugin::InterPodAffinity => inter_pod_affinity(world, pod, event),
        _ => true,
    })
}

// pkg/scheduler/framework/plugins/nodeunschedulable/node_unschedulable.go isSchedulableAfterNodeChange
fn node_unschedulable(pod: &Pod, event: Event) -> bool {
    const CORDON: Taint = Taint::new("node.kubernetes.io/unschedulable", "NoSchedule", None);
    match event {
        Event::NodeAdd(node) => !node.unschedulable,
        Event::NodeTaint(old, new) => old.unschedulable && !new.unschedulable,
        Event::OwnToleration => pod.spec.tolerates(&CORDON),
        _ => false,
    }
}

// pkg/scheduler/framework/plugins/tainttoleration/taint_toleration.go isSchedulableAfterNodeChange
fn taint_toleration(pod: &Pod, event: Event) -> bool {
    let untolerated = |node: &NodeInfo| has_untolerated_taint(&pod.spec, &node.taints);
    match event {
        Event::NodeAdd(node) => !untolerated(node),
        Event::NodeTaint(old, new) => untolerated(old) && !untolerated(new),
        _ => true,
    }
}

// pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go isSchedulableAfterNodeChange
fn node_affinity(pod: &Pod, event: Event) -> bool {
    let matches = |node: &NodeInfo| matches_node_affinity(&pod.spec, &pod.pinned_to, node);
    match event {
        Event::NodeAdd(node) => matches(node),
        Event::NodeLabel(old, new) => !matches(old) && matches(new),
        _ => true,
    }
}

// pkg/scheduler/framework/plugins/nodeports/node_ports.go isSchedulableAfterPodDeleted
fn node_ports(pod: &Pod, event: Event) -> bool {
    let Event::PodDelete(gone) = event else { return true };
    let freed = &gone.spec.host_ports;
    pod.spec.host_ports.iter().any(|wanted| freed.iter().any(|port| conflicts(wanted, port)))
}

// pkg/scheduler/framework/plugins/noderesources/fit.go isSchedulableAfterNodeChange
fn node_resources_fit(pod: &Pod, event: Event) -> bool {
    let fits = |node: &NodeInfo| fits_request(&pod.spec, &node.allocatable, &Resources::default()).is_none();
    match event {
        Event::NodeAdd(node) => fits(node),
        Event::NodeAllocatable(old, new) => {
            fits(new) && requested_resources_increased(&pod.spec, &old.allocatable, &new.allocatable)
        }
        _ => true,
    }
}

// pkg/scheduler/framework/plugins/noderesources/fit.go haveAnyRequestedResourcesIncreased
fn requested_resources_increased(spec: &PodSpec, old: &Resources, new: &Resources) -> bool {
    let asked = &spec.requests;
    new.pods > old.pods
        || (asked.cpu_milli > 0 && new.cpu_milli > old.cpu_milli)
        || (asked.memory_bytes > 0 && new.memory_bytes > old.memory_bytes)
        || (asked.ephemeral_bytes > 0 && new.ephemeral_bytes > old.ephemeral_bytes)
        || asked.extended.iter().any(|(name, amount)| *amount > 0 && new.extended(name) > old.extended(name))
}

// pkg/scheduler/framework/plugins/podtopologyspread/plugin.go isSchedulableAfterPodChange, isSchedulableAfterNodeChange
fn pod_topology_spread(pod: &Pod, event: Event) -> bool {
    let constraints = own_constraints(&pod.spec, &pod.meta.labels, true);
    let selected = |labels: &Labels| constraints.iter().any(|constraint| constraint.selects(labels));
    let near = |other: &Pod| other.meta.namespace == pod.meta.namespace;
    let crossed = |old: &Labels, new: &Labels| constraints.iter().any(|c| c.selects(old) != c.selects(new));
    let has_all = |node: &NodeInfo| constraints.iter().all(|c| node.labels.get(&c.key).is_some());
    match event {
        Event::PodAdd(other) | Event::PodDelete(other) => near(other) && selected(&other.meta.labels),
        Event::PodLabel(other, old) => near(other) && crossed(old, &other.meta.labels),
        Event::OwnLabel(old) => crossed(old, &pod.meta.labels),
        Event::OwnToleration => constraints.iter().any(Constraint::honors_taints),
        Event::NodeAdd(node) | Event::NodeDelete(node) => has_all(node),
        Event::NodeLabel(old, new) | Event::NodeTaint(old, new) => {
            let moved = constraints.iter().any(|c| old.labels.get(&c.key) != new.labels.get(&c.key));
            has_all(old) != has_all(new) || (has_all(new) && (moved || old.taints != new.taints))
        }
        _ => true,
    }
}

// pkg/scheduler/framework/plugins/interpodaffinity/plugin.go isSchedulableAfterPodChange
fn inter_pod_affinity(world: &World, pod: &Pod, event: Event) -> bool {
    let terms = AffinityTerm::all(&pod.spec.affinity.pod_required, pod);
    let anti_terms = AffinityTerm::all(&pod.spec.affinity.anti_required, pod);
    let all = |terms: &[AffinityTerm], other: &Pod| pod_matches_all_affinity_terms(world, terms, other);
    match event {
        Event::OwnLabel(_) => true,
        Event::PodAdd(other) => all(&terms, other),
        Event::PodLabel(other, old) => {
            let mut before = other.clone();
            before.meta.labels = old.clone();
            (!all(&terms, &before) && all(&terms, other)) || (all(&anti_terms, &before) && !all(&anti_terms, other))
        }
        Event::PodDelete(other) => {
            all(&anti_terms, other) || all(&AffinityTerm::all(&other.spec.affinity.anti_required, other), pod)
        }
        Event::NodeAdd(node) => {
            !anti_terms.is_empty() || terms.iter().any(|term| node.labels.get(&term.topology_key).is_some())
        }
        Event::NodeLabel(old, new) => node_moved(&terms, &anti_terms, old, new),
        _ => true,
    }
}

// pkg/scheduler/framework/plugins/interpodaffinity/plugin.go isSchedulableAfterNodeChange
fn node_moved(terms: &[AffinityTerm], anti_terms: &[AffinityTerm], old: &NodeInfo, new: &NodeInfo) -> bool {
    let values = |term: &AffinityTerm| (old.labels.get(&term.topology_key), new.labels.get(&term.topology_key));
    terms.iter().map(values).any(|(old, new)| new.is_some() && old != new)
        || anti_terms.iter().map(values).any(|(old, new)| old.is_some() && old != new)
}
