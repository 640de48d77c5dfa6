//! What kubelets report about their nodes, and how they return from silence.
//! Upstream: pkg/kubelet/kubelet_node_status.go, pkg/kubelet/nodestatus/setters.go.

use super::{ActorKind, Cx, Key, Kubelet, NODE_CODE, Sight};
use crate::api::{Condition, Node, Status, Text, Uid};
use crate::dice::{Dice, Stream};
use crate::time::{SimDuration, SimTime};
use crate::world::{Aspects, Change, ChangeVerb, KubeletProfile, NodeId, PodId, Source};
use serde_json::json;

/// How long after joining a kubelet reports that its node is ready.
pub const JOIN: SimDuration = SimDuration::from_secs(1);

/// The message of a node that is not ready yet or whose runtime is down.
pub const NOT_READY: &str = "container runtime status check may not have completed yet";

/// (type, healthy status, reason, message) of the conditions that a kubelet posts.
const HEALTHY: [(&str, Status, &str, &str); 4] = [
    ("MemoryPressure", Status::False, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", Status::False, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", Status::False, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", Status::True, "KubeletReady", "kubelet is posting ready status"),
];

/// The conditions of a node whose kubelet posts at `now`.
pub fn posted_conditions(ready: bool, now: SimTime) -> Vec<Condition> {
    let post = |(kind, status, reason, message): (&'static str, Status, &'static str, &'static str)| {
        if kind == "Ready" && !ready {
            return Condition::new(kind, Status::False, "KubeletNotReady", NOT_READY, now);
        }
        Condition::new(kind, status, reason, message, now)
    };
    HEALTHY.map(post).to_vec()
}

impl Kubelet {
    pub(super) fn observe_node(&mut self, change: &Change, sight: &mut Sight) {
        let Some(id) = change.object.id::<Node>() else { return };
        let Some(node) = sight.world.nodes.ghost(id) else { return };
        let number = self.agents.number(&node.meta.name);
        let Some(agent) = self.agents.get_mut(number) else { return };
        match change.verb {
            ChangeVerb::Deleted => {
                if agent.node == Some(id) {
                    (agent.node, agent.silent, agent.machine_lost) = (None, true, true);
                }
            }
            ChangeVerb::Added => {
                agent.node = Some(id);
                agent.joined = if node.is_ready() { SimTime::default() } else { sight.now };
                self.nodes.push_back(id);
                if !node.is_ready() {
                    sight.alarms.set(sight.now + JOIN, ActorKind::Kubelet, Key::object(id, NODE_CODE, 0));
                }
            }
            ChangeVerb::Modified => self.nodes.push_back(id),
        }
    }

    /// A kubelet posts its node's status, and if it was silent until now, all that happened meanwhile.
    pub(super) fn sync_node(&mut self, id: NodeId, cx: &mut Cx) {
        let Some(node) = cx.world.nodes.get(id) else { return };
        let name = node.meta.name.clone();
        let machine = cx.world.machine(&name);
        let number = self.agents.number(&name);
        let Some(agent) = self.agents.get_mut(number) else { return };
        let was_silent = agent.silent;
        agent.silent = machine.silent_since.is_some();
        if agent.silent {
            return;
        }
        let rebooted = agent.reboots != machine.reboots;
        agent.reboots = machine.reboots;
        let cordoned = std::mem::replace(&mut agent.cordoned, node.unschedulable) != node.unschedulable;
        let lost = agent.machine_lost;
        agent.machine_lost = false;
        let joined = agent.joined;
        if was_silent {
            agent.images.extend(node.images.iter().map(|(name, _)| name.clone()));
        }
        if was_silent {
            give_address(id, number, cx);
        }
        if cx.world.settings.kubelet == KubeletProfile::Realistic {
            say_what_recordings_leave_out(id, was_silent, cordoned, cx);
        }
        if rebooted {
            let boot = Dice::new(cx.world.settings.seed).draw(Stream::Uid, id.serial.into(), machine.reboots.into());
            let message = format!("Node {name} has been rebooted, boot id: {}", Uid::from_bits(boot, !boot));
            cx.world.event(id, Source::Kubelet, true, "Rebooted", message);
        }
        if joined + JOIN <= cx.now {
            post_status(id, machine.reports_not_ready, cx);
        }
        if rebooted || lost {
            self.lose_containers(&name, cx);
        }
        if was_silent {
            let pods: Vec<PodId> =
                cx.world.index.seat(&name).map(|seat| seat.pods.iter().copied().collect()).unwrap_or_default();
            for pod in pods {
                self.report(pod, cx);
                self.sync_pod(pod, cx);
            }
        } else {
            let waiting = cx.world.index.seat(&name).map(|seat| seat.pods.iter().copied());
            let new: Vec<PodId> =
                waiting.into_iter().flatten().filter(|pod| self.workers.get(*pod).is_none()).collect();
            self.pods.extend(new);
        }
    }

    /// The containers of a node are gone: its machine was rebooted, or is another one.
    fn lose_containers(&mut self, node_name: &str, cx: &mut Cx) {
        let pods = cx.world.index.seat(node_name).map(|seat| seat.pods.iter().copied().collect::<Vec<_>>());
        for id in pods.unwrap_or_default() {
            if let Some((worker, pod)) = self.workers.get_mut(id).zip(cx.world.pods.get(id)) {
                let number = worker.agent;
                worker.ip = self.agents.take_address(number, pod, cx.world).or(worker.ip);
            }
            self.with_task(id, cx, |task| task.lose_containers());
        }
    }

    /// Reports what a silent kubelet could not.
    fn report(&mut self, id: PodId, cx: &mut Cx) {
        let Some(worker) = self.workers.get_mut(id) else { return };
        let Some(shadow) = worker.shadow.take() else { return };
        let crate::actor::kubelet::worker::Shadow { status, notes } = *shadow;
        let conditions = cx.world.pods.get(id).map(|pod| pod.status.conditions.clone());
        cx.world.modify(id, |pod| {
            let before = (pod.status.phase, pod.status.ready.status);
            // Conditions that others wrote meanwhile (DisruptionTarget) stay.
            pod.status = crate::api::PodStatus { conditions: conditions.unwrap_or_default(), ..status };
            Aspects::STATUS
                | Aspects::PHASE.when(before.0 != pod.status.phase)
                | Aspects::READY.when(before.1 != pod.status.ready.status)
        });
        for note in notes {
            cx.world.event(id, Source::Kubelet, note.warning, note.reason, note.message);
        }
    }
}

/// A kubelet reports its machine's address, unless the Node says one.
fn give_address(id: NodeId, number: u32, cx: &mut Cx) {
    let known = cx.world.nodes.get(id).is_none_or(|node| super::internal_ip(node).is_some());
    if known {
        return;
    }
    let address = format!("192.168.{}.{}", number / 250 % 256, number % 250 + 2);
    cx.world.modify(id, |node: &mut Node| {
        let mut status = node.status_source.as_ref().clone();
        if !status.is_object() {
            status = json!({});
        }
        let own = json!({"type": "InternalIP", "address": address});
        match status.get_mut("addresses").and_then(serde_json::Value::as_array_mut) {
            Some(addresses) => addresses.insert(0, own),
            None => status["addresses"] = json!([own]),
        }
        node.status_source = std::sync::Arc::new(status);
        Aspects::STATUS
    });
}

/// Events of real kubelets that those of the recordings did not send.
fn say_what_recordings_leave_out(id: NodeId, starts: bool, cordoned: bool, cx: &mut Cx) {
    let Some(node) = cx.world.nodes.get(id) else { return };
    let (name, unschedulable) = (node.meta.name.clone(), node.unschedulable);
    let mut say = |reason: &'static str, message: String| {
        cx.world.event(id, Source::Kubelet, false, reason, message);
    };
    if starts {
        say("Starting", "Starting kubelet.".into());
        for reason in ["NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID"] {
            say(reason, format!("Node {name} status is now: {reason}"));
        }
        say("NodeAllocatableEnforced", "Updated Node Allocatable limit across pods".into());
    }
    if cordoned {
        let reason = if unschedulable { "NodeNotSchedulable" } else { "NodeSchedulable" };
        say(reason, format!("Node {name} status is now: {reason}"));
    }
}

/// Images that a kubelet reports, in images. Upstream: pkg/kubelet/apis/config/v1beta1/defaults.go nodeStatusMaxImages.
const MAX_REPORTED_IMAGES: usize = 50;

/// Adds pulled images to what the node's status says is on it, the largest first.
/// Upstream: pkg/kubelet/nodestatus/setters.go Images.
pub(super) fn report_images(node: Option<NodeId>, pulled: &mut Vec<(Text, i64)>, cx: &mut Cx) {
    let new = std::mem::take(pulled);
    let Some(id) = node else { return };
    cx.world.modify(id, |node: &mut Node| {
        let unknown = new.into_iter().filter(|(name, _)| !node.images.iter().any(|(known, _)| known == name));
        let unknown: Vec<(Text, i64)> = unknown.collect();
        if unknown.is_empty() {
            return Aspects::NONE;
        }
        node.images.extend(unknown);
        node.images.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        node.images.truncate(MAX_REPORTED_IMAGES);
        Aspects::STATUS
    });
}

/// Writes the conditions that the kubelet sees, if they are not there already.
fn post_status(id: NodeId, not_ready: bool, cx: &mut Cx) {
    let now = cx.now;
    let Some(node) = cx.world.nodes.get(id) else { return };
    let was_ready = node.is_ready();
    let name = node.meta.name.clone();
    let posted = posted_conditions(!not_ready, now);
    let same = posted.iter().all(|new| {
        let old = Condition::find(&node.conditions, &new.kind);
        old.is_some_and(|old| (old.status, &old.reason) == (new.status, &new.reason))
    });
    if same {
        return;
    }
    cx.world.modify(id, |node: &mut Node| {
        posted.into_iter().for_each(|new| Condition::set(&mut node.conditions, new));
        Aspects::STATUS | Aspects::READY.when(was_ready == not_ready)
    });
    if !was_ready && !not_ready {
        let message = format!("Node {name} status is now: NodeReady");
        cx.world.event(id, Source::Kubelet, false, "NodeReady", message);
    }
}
