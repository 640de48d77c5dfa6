//! The node lifecycle controller: notices nodes that fall silent, sets their conditions and taints.
//! Upstream: pkg/controller/nodelifecycle/node_lifecycle_controller.go.
//!
//! Upstream looks at every node every five seconds. Here a look is taken only at those moments of that five-second grid at
//! which it changes something: a node is new, gone, said something else, or has been silent for long enough. A look at a
//! moment in between would find nothing, but for the order in which unready nodes queue for their taint; it is made up
//! for before the next look.

mod limiter;
mod monitor;
pub mod taints;
#[cfg(test)]
mod tests;
mod zones;

use super::{Actor, ActorKind, Cx, Key, Sight};
use crate::api::{Kind, Node, Status, Text};
use crate::dice::{Dice, Stream};
use crate::time::{SimDuration, SimTime};
use crate::world::{Aspects, Change, ChangeVerb, NodeId, ObjectRef, PodId, World};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use zones::Zone;

/// `--node-monitor-period`: how often nodes are looked at.
pub const MONITOR_PERIOD: SimDuration = SimDuration::from_secs(5);
/// `--node-startup-grace-period`: how long a node may take to say something for the first time.
pub const STARTUP_GRACE: SimDuration = SimDuration::from_secs(60);
/// How often a kubelet renews its Lease. Upstream: pkg/kubelet/apis/config/v1beta1/defaults.go.
pub const LEASE_RENEWAL: SimDuration = SimDuration::from_secs(10);
/// How long after a look the queue for NoExecute taints is served. Upstream: NodeEvictionPeriod.
const TAINT_PASS: SimDuration = SimDuration::from_millis(100);
/// How long after a look that finds nodes lost its verdict on zones takes effect.
const LOOK_TAKES: SimDuration = SimDuration::from_millis(200);

/// Alarm codes.
const LOOK: u16 = 1;
const PASS: u16 = 2;
const VERDICT: u16 = 3;
const CONTINUE: u16 = 4;
const LATE_TAINT: u16 = 5;

/// What the controller remembers of a node.
#[derive(Clone, Debug)]
struct Health {
    /// Its zone, by number.
    zone: usize,
    /// When a look last found a sign of life.
    probed: SimTime,
    /// Whether it falls silent, that is, whether `probed` stays.
    silent: bool,
    /// Whether it is left out of the count of its zone.
    excluded: bool,
    /// Whether the last look found it ready.
    ready: bool,
}

/// Writes that follow from events, not from looks.
#[derive(Clone, Copy, Debug)]
enum Task {
    NoSchedule(NodeId),
    PodNotReady(PodId),
}

/// The node lifecycle controller.
#[derive(Clone, Debug, Default)]
pub struct NodeLifecycle {
    known: BTreeMap<NodeId, Health>,
    names: BTreeMap<NodeId, Text>,
    zones: Vec<Zone>,
    zone_numbers: BTreeMap<String, usize>,
    /// Nodes that the next look has a reason to look at.
    dirty: BTreeSet<NodeId>,
    /// Nodes that are not ready or carry a NoExecute taint of ours.
    troubled: BTreeSet<NodeId>,
    removed: Vec<ObjectRef>,
    /// The look that is set, and the last one that was taken.
    look_at: Option<SimTime>,
    last_look: Option<SimTime>,
    verdict: Option<zones::Snapshot>,
    /// Whether the present look found nodes lost.
    lost_nodes: bool,
    tasks: VecDeque<Task>,
    /// Until when the client's limit lets nothing through.
    held_until: SimTime,
}

/// The next moment of the five-second grid at or after `from`.
fn grid(world: &World, from: SimTime) -> SimTime {
    from.next_multiple(MONITOR_PERIOD, SimTime::default() + world.settings.monitor_offset)
}

/// When the node's kubelet last renewed its Lease, at or before `silent_since`.
fn last_renewal(world: &World, node: &Node, silent_since: SimTime) -> SimTime {
    let dice = Dice::new(world.settings.seed);
    let drawn = dice.below(Stream::Lease, node.meta.uid.low_bits(), 0, LEASE_RENEWAL.nanos().unsigned_abs());
    let phase = world.settings.lease_phase.map_or(drawn as i64, SimDuration::nanos);
    let past = (silent_since.unix_nanos() - phase).rem_euclid(LEASE_RENEWAL.nanos());
    let renewed = silent_since - SimDuration::from_nanos(past);
    renewed.max(node.meta.created).max(world.machine(&node.meta.name).up_since)
}

impl NodeLifecycle {
    /// Sets a look at the first moment of the grid at or after `from`.
    fn want_look(&mut self, from: SimTime, sight: &mut Sight) {
        let mut at = grid(sight.world, from);
        if self.last_look == Some(at) {
            // What a look writes is seen by the next one.
            at += MONITOR_PERIOD;
        }
        sight.alarms.set(at, ActorKind::NodeLifecycle, Key::round(LOOK, 0));
        self.look_at = Some(self.look_at.map_or(at, |set| set.min(at)));
    }

    /// A machine fell silent or spoke again.
    fn machine_changed(&mut self, id: NodeId, sight: &mut Sight) {
        let Some(node) = sight.world.nodes.get(id) else { return };
        let silent_since = sight.world.machine(&node.meta.name).silent_since;
        let renewed = silent_since.map(|since| last_renewal(sight.world, node, since));
        let Some(health) = self.known.get_mut(&id) else { return };
        match renewed {
            Some(renewed) if !health.silent => {
                health.silent = true;
                health.probed = health.probed.max(grid(sight.world, renewed));
                let due = health.probed + grace(sight.world, node);
                self.want_look(due, sight);
            }
            // What its kubelet posts now gives reason for a look, not that it posts.
            None => health.silent = false,
            Some(_) => {}
        }
    }
}

/// How long the node may be silent.
fn grace(world: &World, node: &Node) -> SimDuration {
    if node.ready().is_none() { STARTUP_GRACE } else { world.settings.node_monitor_grace }
}

impl Actor for NodeLifecycle {
    fn observe(&mut self, change: &Change, sight: &mut Sight) {
        if change.object.kind != Kind::Node {
            return;
        }
        let Some(id) = change.object.id::<Node>() else { return };
        match change.verb {
            ChangeVerb::Deleted => {
                if self.known.contains_key(&id) {
                    self.removed.push(change.object);
                }
                self.dirty.remove(&id);
                self.troubled.remove(&id);
                self.want_look(sight.now, sight);
                return;
            }
            ChangeVerb::Added => {
                self.dirty.insert(id);
                self.want_look(sight.now, sight);
            }
            ChangeVerb::Modified => {
                if change.aspects.any(Aspects::MACHINE) {
                    self.machine_changed(id, sight);
                }
                // Taints that this controller just put on need no further look.
                let looked = change.aspects.any(Aspects::READY | Aspects::LABELS)
                    || (change.aspects.any(Aspects::TAINTS) && self.taints_are_wrong(id, sight.world));
                if looked {
                    self.dirty.insert(id);
                    self.want_look(sight.now, sight);
                }
            }
        }
        let asked = Aspects::STATUS | Aspects::READY | Aspects::TAINTS | Aspects::UNSCHEDULABLE;
        if change.verb == ChangeVerb::Added || change.aspects.any(asked) {
            match sight.world.leanings.taint_lag(id) {
                SimDuration::ZERO => self.tasks.push_back(Task::NoSchedule(id)),
                lag => sight.alarms.set(sight.now + lag, ActorKind::NodeLifecycle, Key::object(id, LATE_TAINT, 0)),
            }
        }
    }

    fn ring(&mut self, key: Key, cx: &mut Cx) {
        match key.code {
            LOOK if self.look_at.is_some_and(|at| at <= cx.now) => self.monitor_node_health(cx),
            LATE_TAINT => self.tasks.extend(key.object.and_then(|object| object.id()).map(Task::NoSchedule)),
            PASS => self.do_no_execute_tainting_pass(cx),
            VERDICT => {
                if let Some(snapshot) = self.verdict.take() {
                    self.handle_disruption(snapshot, cx);
                }
            }
            _ => {}
        }
    }

    fn work(&mut self, cx: &mut Cx) -> bool {
        if cx.now < self.held_until {
            return false;
        }
        let Some(task) = self.tasks.front().copied() else { return false };
        match self.perform(task, cx) {
            Ok(()) => drop(self.tasks.pop_front()),
            Err(at) => {
                self.held_until = at;
                cx.alarms.set(at, ActorKind::NodeLifecycle, Key::round(CONTINUE, 0));
            }
        }
        true
    }
}

impl NodeLifecycle {
    /// Whether a look would change a node's NoExecute taints.
    fn taints_are_wrong(&self, id: NodeId, world: &World) -> bool {
        world.nodes.get(id).is_some_and(|node| match node.ready() {
            Some(Status::True) => taints::has_any_no_execute(node),
            Some(status) => !taints::has_no_execute(node, status),
            None => false,
        })
    }

    /// Does one write, if the client's limit allows.
    fn perform(&mut self, task: Task, cx: &mut Cx) -> Result<(), SimTime> {
        let now = cx.now;
        match task {
            Task::NoSchedule(id) => {
                let Some(node) = cx.world.nodes.get(id) else { return Ok(()) };
                let (add, remove) = taints::no_schedule_changes(node);
                if add.is_empty() && remove.is_empty() {
                    return Ok(());
                }
                // Reading the node and patching it are two calls.
                cx.call(ActorKind::NodeLifecycle)?;
                let _ = cx.call(ActorKind::NodeLifecycle);
                taints::swap_no_schedule(cx.world, id, &add, &remove, now);
            }
            Task::PodNotReady(id) => {
                if !cx.world.pods.get(id).is_some_and(|pod| pod.status.ready.is_true()) {
                    return Ok(());
                }
                cx.call(ActorKind::NodeLifecycle)?;
                monitor::mark_pod_not_ready(id, cx);
            }
        }
        Ok(())
    }
}
