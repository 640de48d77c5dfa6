//! A node as it would be if some Pods came or went.

use super::affinity::Counts;
use super::cycle::{Cycle, Occupied};
use super::nodes::NodeInfo;
use super::spread::Sums;
use crate::api::pod_spec::HostPort;
use crate::api::{Pod, Resources};
use crate::world::PodId;

/// What would be on a node.
#[derive(Debug)]
pub struct Trial {
    slot: u32,
    used: Resources,
    ports: Vec<(HostPort, PodId)>,
    sums: Option<Sums>,
    counts: Option<Counts>,
}

impl Trial {
    /// The node as it is.
    pub fn new(cycle: &Cycle, slot: u32, node: &NodeInfo) -> Trial {
        let now = cycle.occupied(node);
        Trial {
            slot,
            used: now.used.clone(),
            ports: now.ports.to_vec(),
            sums: now.sums.cloned(),
            counts: now.counts.cloned(),
        }
    }

    /// The node (or `base`) with the Pods that are nominated for it and no less important than the Pod in question;
    /// `None` when there are none. Upstream: pkg/scheduler/framework/runtime/framework.go addGENominatedPods.
    pub fn with_nominated(cycle: &Cycle, slot: u32, node: &NodeInfo, base: Option<&Trial>) -> Option<Trial> {
        let mut trial: Option<Trial> = None;
        for id in cycle.snapshot.nominated.on(&node.name) {
            let Some(other) = cycle.world.pods.get(*id) else { continue };
            if other.priority >= cycle.pod.priority && cycle.id != Some(*id) {
                let fresh = || base.map_or_else(|| Trial::new(cycle, slot, node), Trial::copy);
                trial.get_or_insert_with(fresh).update(cycle, node, *id, other, 1);
            }
        }
        trial
    }

    fn copy(&self) -> Trial {
        Trial {
            slot: self.slot,
            used: self.used.clone(),
            ports: self.ports.clone(),
            sums: self.sums.clone(),
            counts: self.counts.clone(),
        }
    }

    /// Lets a Pod come (`sign` 1) or go (-1).
    pub fn update(&mut self, cycle: &Cycle, node: &NodeInfo, id: PodId, pod: &Pod, sign: i64) {
        self.used.accumulate(&pod.spec.requests, sign);
        if sign > 0 {
            self.ports.extend(pod.spec.host_ports.iter().map(|port| (port.clone(), id)));
        } else {
            self.ports.retain(|(_, holder)| *holder != id);
        }
        if let (Some(hard), Some(sums)) = (&cycle.kin.hard, &mut self.sums) {
            hard.update_with_pod(sums, self.slot, pod, cycle.pod, sign);
        }
        if let (Some(affinity), Some(counts)) = (&cycle.kin.affinity, &mut self.counts) {
            affinity.update_with_pod(cycle.world, counts, node, pod, cycle.pod, sign);
        }
    }

    /// What would be there.
    pub fn occupied(&self) -> Occupied<'_> {
        Occupied { used: &self.used, ports: &self.ports, sums: self.sums.as_ref(), counts: self.counts.as_ref() }
    }

    /// Whether the Pod of the cycle would fit, also when Pods nominated for the node have come.
    pub fn reason(&self, cycle: &Cycle, node: &NodeInfo) -> Option<super::plugin::Reason> {
        let nominated = Trial::with_nominated(cycle, self.slot, node, Some(self));
        nominated
            .and_then(|trial| cycle.run_filter_plugins(self.slot, node, trial.occupied()))
            .or_else(|| cycle.run_filter_plugins(self.slot, node, self.occupied()))
    }
}
