//! The kubelets of all nodes: they take the Pods bound to their node, run their containers and report.
//! Upstream: pkg/kubelet.
//!
//! A kubelet's own knowledge of a Pod is its [`worker::Worker`]; the Pod's status is what it has reported. While it is silent
//! its containers run on and what would be reported goes to a shadow status, to be written when it talks again. Nothing
//! ticks: each Pod has at most one valid alarm, for the next moment at which anything about it changes.

mod admission;
mod agent;
#[cfg(test)]
mod command_tests;
pub mod environment;
mod logs;
#[cfg(test)]
mod more_tests;
mod nodes;
mod probe;
mod profile;
pub mod program;
mod pull;
mod reboot;
mod status;
mod stop;
mod task;
#[cfg(test)]
mod tests;
mod worker;

pub use agent::internal_ip;
pub use logs::{LogLine, Progress, Stage};
pub use program::{Plan, Rule};

use super::{Actor, ActorKind, Cx, Key, Sight};
use crate::api::{Kind, Pod};
use crate::dice::Dice;
use crate::time::SimTime;
use crate::world::{Aspects, Change, ChangeVerb, DeleteOptions, NodeId, PodId, Source};
use agent::Agents;
use std::collections::VecDeque;
use task::{Memory, Site, Task};
use worker::{Doing, Mode, Shadow, Why, Worker, Workers};

/// Alarm code: something about a Pod is due.
const POD_CODE: u16 = 1;
/// Alarm code: a node reports that it is ready.
const NODE_CODE: u16 = 2;

/// The kubelets of all nodes.
#[derive(Clone, Debug, Default)]
pub struct Kubelet {
    workers: Workers,
    agents: Agents,
    memory: Memory,
    pods: VecDeque<PodId>,
    nodes: VecDeque<NodeId>,
}

impl Kubelet {
    /// Lets the running containers of a Pod exit with a code now, as if they crashed; false when none runs.
    pub fn crash(&mut self, pod: PodId, exit_code: i32, cx: &mut Cx) -> bool {
        let mut crashed = false;
        self.with_task(pod, cx, |task| {
            for number in task.init_count()..task.container_count() {
                if task.worker.run(number).doing == Doing::Running {
                    task.worker.run_mut(number).due = SimTime::FAR_FUTURE;
                    task.exit(number, exit_code);
                    crashed = true;
                }
            }
        });
        crashed
    }

    /// Brings a Pod up to date: takes it when it is new, stops it when it is being deleted, does what is due.
    /// Upstream: pkg/kubelet/pod_workers.go UpdatePod.
    fn sync_pod(&mut self, id: PodId, cx: &mut Cx) {
        let Some(pod) = cx.world.pods.get(id).filter(|pod| !pod.node_name.is_empty()) else { return };
        let agent = self.agents.number(&pod.node_name);
        let silent = self.agents.get(agent).is_none_or(|agent| agent.silent);
        if self.workers.get(id).is_none() {
            if silent || !self.take(id, agent, cx) {
                return;
            }
        } else if silent {
            return;
        }
        let deletion = cx.world.pods.get(id).and_then(|pod| pod.meta.deletion);
        self.with_task(id, cx, |task| {
            if let Some(deletion) = deletion {
                let grace = deletion.grace_seconds.max(0);
                task.stop(Why::Deleted, grace);
            }
        });
        self.remove_if_stopped(id, cx);
    }

    /// Takes a new Pod, or refuses it; false when there is nothing to take.
    fn take(&mut self, id: PodId, agent: u32, cx: &mut Cx) -> bool {
        let Some(pod) = cx.world.pods.get(id) else { return false };
        let Some(node) = cx.world.node(&pod.node_name) else { return false };
        if pod.status.phase.is_terminal() {
            return pod.meta.deleting();
        }
        let known = pod.status.start_time.is_some() && !pod.status.containers.is_empty();
        let refusal = if known { None } else { admission::admit(cx.world, &self.workers, id, pod, node) };
        let count = pod.spec.init_containers.len() + pod.spec.containers.len();
        let mut worker = Worker::new(id, agent, count, cx.now);
        if refusal.is_none() && !known {
            worker.ip = self.agents.take_address(agent, pod, cx.world);
        }
        self.workers.insert(id, worker);
        if let Some((reason, message)) = refusal {
            self.with_task(id, cx, |task| task.reject(reason, &message));
            return true;
        }
        self.with_task(id, cx, |task| if known { task.adopt() } else { task.take() });
        true
    }

    /// Works on one Pod that was taken: `act`, then whatever is due; then reports, or keeps what is to be reported.
    fn with_task(&mut self, id: PodId, cx: &mut Cx, act: impl FnOnce(&mut Task)) {
        let Kubelet { workers, agents, memory, .. } = self;
        let Some(worker) = workers.get_mut(id) else { return };
        let now = cx.now;
        let before = worker.next_at;
        let Some(agent) = agents.get_mut(worker.agent) else { return };
        let silent = agent.silent;
        let settings = cx.world.settings;
        let lag = cx.world.leanings.lag(id);
        let site = Site { profile: settings.kubelet, dice: Dice::new(settings.seed), lag };
        if silent || worker.shadow.is_some() {
            let Some(pod) = cx.world.pods.get(id) else { return };
            let kept = worker.shadow.take();
            let mut shadow = kept.unwrap_or_else(|| Box::new(Shadow { status: pod.status.clone(), notes: Vec::new() }));
            let status = &mut shadow.status;
            let (meta, spec, node_name) = (&pod.meta, pod.spec.as_ref(), &pod.node_name);
            let mut task = Task { now, meta, spec, node_name, status, worker, memory, agent, site, changed: false };
            act(&mut task);
            task.step();
            shadow.hold_back(&mut memory.notes);
            worker.shadow = Some(shadow);
        } else {
            cx.world.modify(id, |pod: &mut Pod| {
                let (phase, ready) = (pod.status.phase, pod.status.ready.status);
                let Pod { meta, spec, node_name, status, .. } = pod;
                let mut task = Task { now, meta, spec, node_name, status, worker, memory, agent, site, changed: false };
                act(&mut task);
                task.step();
                if !task.changed {
                    return Aspects::NONE;
                }
                Aspects::STATUS
                    | Aspects::PHASE.when(phase != pod.status.phase)
                    | Aspects::READY.when(ready != pod.status.ready.status)
            });
            for note in memory.notes.drain(..) {
                cx.world.event(id, Source::Kubelet, note.warning, note.reason, note.message);
            }
        }
        if !memory.pulled.is_empty() {
            nodes::report_images(agent.node, &mut memory.pulled, cx);
        }
        if worker.next_at != before {
            cx.alarms.set(worker.next_at, ActorKind::Kubelet, Key::object(id, POD_CODE, 0));
        }
    }

    /// The last thing a kubelet does for a deleted Pod. Upstream: pkg/kubelet/status/status_manager.go syncPod.
    fn remove_if_stopped(&mut self, id: PodId, cx: &mut Cx) {
        let stopped = self.workers.get(id).is_none_or(|worker| worker.mode == Mode::Ended && worker.shadow.is_none());
        let waits = |pod: &Pod| pod.meta.deletion.is_some_and(|deletion| deletion.grace_seconds > 0);
        if stopped && cx.world.pods.get(id).is_some_and(waits) {
            // Only an object that is gone is not found; then there is nothing left to do.
            let _ = cx.world.delete(id, DeleteOptions::FORCE, cx.now);
        }
    }
}

impl Actor for Kubelet {
    fn observe(&mut self, change: &Change, sight: &mut Sight) {
        match (change.object.kind, change.verb) {
            (Kind::Pod, ChangeVerb::Deleted) => {
                if let Some(id) = change.object.id() {
                    self.workers.remove(id);
                    if let Some(pod) = sight.world.pods.ghost(id).filter(|pod| pod.meta.controller().is_none()) {
                        self.memory.exits.remove(&pod.meta.uid);
                    }
                }
            }
            (Kind::Pod, verb) => {
                let asked = Aspects::BOUND | Aspects::DELETION | Aspects::SPEC;
                if verb == ChangeVerb::Added || change.aspects.any(asked) {
                    self.pods.extend(change.object.id::<Pod>());
                }
            }
            (Kind::Node, verb) => {
                let asked = Aspects::MACHINE | Aspects::UNSCHEDULABLE | Aspects::READY;
                if verb != ChangeVerb::Modified || change.aspects.any(asked) {
                    self.observe_node(change, sight);
                }
            }
            (_, ChangeVerb::Deleted) if !self.memory.exits.is_empty() => {
                if let Some(meta) = sight.world.meta(change.object) {
                    self.memory.exits.remove(&meta.uid);
                }
            }
            _ => {}
        }
    }

    fn ring(&mut self, key: Key, cx: &mut Cx) {
        match (key.code, key.object) {
            (POD_CODE, Some(object)) => {
                let Some(id) = object.id::<Pod>() else { return };
                if self.workers.get(id).is_some_and(|worker| worker.next_at <= cx.now) {
                    self.with_task(id, cx, |_| {});
                    self.remove_if_stopped(id, cx);
                }
            }
            (NODE_CODE, Some(object)) => self.nodes.extend(object.id::<crate::api::Node>()),
            _ => {}
        }
    }

    fn work(&mut self, cx: &mut Cx) -> bool {
        if let Some(node) = self.nodes.pop_front() {
            self.sync_node(node, cx);
            return true;
        }
        if let Some(pod) = self.pods.pop_front() {
            self.sync_pod(pod, cx);
            return true;
        }
        false
    }
}
