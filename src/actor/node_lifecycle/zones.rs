//! Zones: how many of their nodes are ready, and how fast unready ones may lose their Pods.
//! Upstream: pkg/controller/nodelifecycle/node_lifecycle_controller.go handleDisruption.

use super::limiter::{Rate, TaintQueue};
use super::{NodeLifecycle, TAINT_PASS, grace, grid};
use crate::actor::Cx;
use crate::api::Node;
use crate::time::{SimDuration, SimTime};
use crate::world::NodeId;
use std::collections::BTreeSet;

/// `--node-eviction-rate` 0.1: one node in ten seconds.
pub const EVICTION: Rate = Some(SimDuration::from_secs(10));
/// `--secondary-node-eviction-rate` 0.01: one node in a hundred seconds.
pub const SECONDARY_EVICTION: Rate = Some(SimDuration::from_secs(100));
/// `--large-cluster-size-threshold`: up to so many nodes, a partly disrupted zone loses none.
pub const LARGE_ZONE_NODES: i64 = 50;
/// `--unhealthy-zone-threshold`, in hundredths.
pub const UNHEALTHY_PERCENT: i64 = 55;
/// Fewer unready nodes do not disrupt a zone.
const DISRUPTING_NODES: i64 = 3;
/// The label that keeps a node out of these counts.
const EXCLUDED: &str = "node.kubernetes.io/exclude-disruption";

/// How a zone is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ZoneState {
    /// Never looked at.
    #[default]
    Initial,
    /// Enough nodes are ready.
    Normal,
    /// No node is ready.
    FullDisruption,
    /// At least 55 % and three nodes are not ready.
    PartialDisruption,
}

/// A zone.
#[derive(Clone, Debug)]
pub(super) struct Zone {
    pub ready: i64,
    pub not_ready: i64,
    pub state: ZoneState,
    pub queue: TaintQueue,
}

/// What a look found out about zones, to take effect when the look is over.
#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    /// (state, nodes) of each zone.
    states: Vec<(ZoneState, i64)>,
    /// The nodes that had a NoExecute taint of ours when the look began.
    tainted: BTreeSet<NodeId>,
}

/// Upstream: k8s.io/component-helpers/node/topology/helpers.go GetZoneKey.
pub(super) fn key(node: &Node) -> String {
    let label =
        |names: [&str; 2]| names.iter().find_map(|name| node.meta.labels.get(name)).cloned().unwrap_or_default();
    let zone = label(["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"]);
    let region = label(["topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"]);
    if zone.is_empty() && region.is_empty() { String::new() } else { format!("{region}:\0:{zone}") }
}

pub(super) fn is_excluded(node: &Node) -> bool {
    node.meta.labels.get(EXCLUDED).is_some()
}

/// Upstream: ComputeZoneState.
pub fn compute_zone_state(ready: i64, not_ready: i64) -> ZoneState {
    if ready == 0 && not_ready > 0 {
        ZoneState::FullDisruption
    } else if not_ready >= DISRUPTING_NODES && not_ready * 100 >= UNHEALTHY_PERCENT * (ready + not_ready) {
        ZoneState::PartialDisruption
    } else {
        ZoneState::Normal
    }
}

/// Upstream: setLimiterInZone, ReducedQPSFunc, HealthyQPSFunc.
fn rate(state: ZoneState, nodes: i64) -> Rate {
    match state {
        ZoneState::PartialDisruption if nodes > LARGE_ZONE_NODES => SECONDARY_EVICTION,
        ZoneState::PartialDisruption => None,
        _ => EVICTION,
    }
}

impl NodeLifecycle {
    /// The number of a zone; a new zone begins with the normal rate.
    pub(super) fn zone_number(&mut self, key: String, now: SimTime) -> usize {
        let next = self.zones.len();
        let number = *self.zone_numbers.entry(key).or_insert(next);
        if number == next {
            let mut queue = TaintQueue::new(EVICTION);
            queue.swap_limiter(EVICTION, now);
            self.zones.push(Zone { ready: 0, not_ready: 0, state: ZoneState::Initial, queue });
        }
        number
    }

    pub(super) fn count(&mut self, zone: usize, ready: bool, excluded: bool, by: i64) {
        if excluded {
            return;
        }
        if let Some(zone) = self.zones.get_mut(zone) {
            *(if ready { &mut zone.ready } else { &mut zone.not_ready }) += by;
        }
    }

    /// What the look found, if any zone's state is another than before.
    pub(super) fn compute_zone_states(&self, tainted: BTreeSet<NodeId>) -> Option<Snapshot> {
        let state = |zone: &Zone| (compute_zone_state(zone.ready, zone.not_ready), zone.ready + zone.not_ready);
        let states: Vec<_> = self.zones.iter().map(state).collect();
        let changed = states.iter().zip(&self.zones).any(|((state, _), zone)| *state != zone.state);
        changed.then_some(Snapshot { states, tainted })
    }

    /// Sets the rates of zones whose state has changed; when no node of any zone is ready, evictions stop altogether.
    pub(super) fn handle_disruption(&mut self, snapshot: Snapshot, cx: &mut Cx) {
        let now = cx.now;
        let inhabited = |(_, nodes): &(ZoneState, i64)| *nodes > 0;
        let full = |state: ZoneState| state == ZoneState::FullDisruption;
        let all_are = snapshot.states.iter().filter(|zone| inhabited(zone)).all(|(state, _)| full(*state));
        let zones = self.zones.iter().zip(&snapshot.states).filter(|(_, new)| inhabited(new));
        let all_were = zones.clone().all(|(zone, _)| full(zone.state));
        if all_are && all_were {
            return;
        }
        if all_are {
            // Perhaps it is the control plane that is cut off: leave everything where it is.
            for id in self.known.keys().copied().collect::<Vec<_>>() {
                self.mark_node_as_reachable(id, snapshot.tainted.contains(&id), cx);
            }
            for zone in &mut self.zones {
                zone.queue.swap_limiter(None, now);
                zone.state = ZoneState::FullDisruption;
            }
            return;
        }
        if all_were {
            self.look_anew(cx);
        }
        for (zone, (state, nodes)) in self.zones.iter_mut().zip(&snapshot.states) {
            if all_were || zone.state != *state {
                zone.queue.swap_limiter(rate(*state, *nodes), now);
                zone.state = *state;
            }
        }
        self.set_pass(now + TAINT_PASS, cx);
    }

    /// After a disruption of everything, every node gets its full grace period again.
    fn look_anew(&mut self, cx: &mut Cx) {
        let now = cx.now;
        let mut due = Vec::new();
        for (id, health) in &mut self.known {
            health.probed = now;
            if health.silent && health.ready {
                due.extend(cx.world.nodes.get(*id).map(|node| now + grace(cx.world, node)));
            }
        }
        for at in due {
            let at = grid(cx.world, at);
            self.want_look_at(at, cx);
        }
    }
}
