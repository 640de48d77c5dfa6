//! What the scheduler makes of the changes it hears of.
//! Upstream: pkg/scheduler/eventhandlers.go.

use super::hints::{Event, is_pod_worth_requeuing};
use super::nodes::NodeInfo;
use super::queue::Spot;
use super::{DEFAULT_SCHEDULER, Scheduler, Sight};
use crate::api::{Kind, Pod, PodSpec, Text};
use crate::time::SimTime;
use crate::world::{Aspects, Change, ChangeVerb, NodeId, PodId, World};
use std::sync::Arc;

impl Scheduler {
    /// Takes a change in.
    pub(super) fn notice(&mut self, change: &Change, sight: &mut Sight) {
        match change.object.kind {
            Kind::Pod => {
                if let Some(id) = change.object.id::<Pod>() {
                    self.notice_pod(id, change, sight);
                }
            }
            Kind::Node => {
                if let Some(id) = change.object.id() {
                    self.notice_node(id, change, sight);
                }
            }
            Kind::Service | Kind::ReplicaSet => {
                let selects_otherwise = change.verb != ChangeVerb::Modified || change.aspects.any(Aspects::SPEC);
                self.snapshot.selector_generation += u64::from(selects_otherwise);
            }
            Kind::Namespace => {
                self.snapshot.namespace_generation += 1;
                self.snapshot.generation += 1;
            }
            Kind::PodDisruptionBudget => self.snapshot.generation += 1,
            _ => {}
        }
    }

    /// Wakes whoever a change might help.
    /// Upstream: pkg/scheduler/backend/queue/scheduling_queue.go MoveAllToActiveOrBackoffQueue.
    fn move_all(&mut self, world: &World, event: Event, most_important: i32, now: SimTime) {
        if !self.queue.any_rejected_by(event.interested()) {
            return;
        }
        self.woken |= self.queue.wake(now, &|crowd| {
            let pod = crowd.members.first().and_then(|(_, id)| world.pods.get(*id));
            crowd.likeness.priority <= most_important
                && pod.is_some_and(|pod| is_pod_worth_requeuing(world, crowd, pod, event))
        });
    }

    fn notice_node(&mut self, id: NodeId, change: &Change, sight: &mut Sight) {
        const SEEN: Aspects = Aspects::LABELS;
        let world = sight.world;
        let snapshot = &mut self.snapshot;
        match change.verb {
            ChangeVerb::Added => {
                if snapshot.nodes.is_empty() {
                    self.queue.sleep_errors_until(sight.now);
                }
                let Some(slot) = snapshot.nodes.insert(world, id) else { return };
                snapshot.generation += 1;
                if let Some(node) = snapshot.nodes.get(slot).cloned() {
                    self.move_all(world, Event::NodeAdd(&node), i32::MAX, sight.now);
                }
                self.arm_backoff(sight.alarms);
            }
            ChangeVerb::Modified => {
                let touched = SEEN
                    | Aspects::TAINTS
                    | Aspects::UNSCHEDULABLE
                    | Aspects::ALLOCATABLE
                    | Aspects::SPEC
                    | Aspects::STATUS;
                if !change.aspects.any(touched) {
                    return;
                }
                let Some((slot, old)) = snapshot.nodes.update(world, id) else { return };
                let Some(new) = snapshot.nodes.get(slot).cloned() else { return };
                snapshot.generation += 1;
                self.node_scheduling_properties_change(world, &old, &new, sight.now);
            }
            ChangeVerb::Deleted => {
                let Some(name) = world.nodes.ghost(id).map(|node| node.meta.name.clone()) else { return };
                let Some(old) = snapshot.nodes.remove(&name) else { return };
                snapshot.generation += 1;
                self.move_all(world, Event::NodeDelete(&old), i32::MAX, sight.now);
            }
        }
    }

    // pkg/scheduler/framework/events.go NodeSchedulingPropertiesChange
    fn node_scheduling_properties_change(&mut self, world: &World, old: &NodeInfo, new: &NodeInfo, now: SimTime) {
        for (changed, event) in [
            (old.unschedulable && !new.unschedulable, Event::NodeTaint(old, new)),
            (old.allocatable != new.allocatable, Event::NodeAllocatable(old, new)),
            (old.labels != new.labels, Event::NodeLabel(old, new)),
            (old.taints != new.taints, Event::NodeTaint(old, new)),
        ] {
            if changed {
                self.move_all(world, event, i32::MAX, now);
            }
        }
    }

    fn notice_pod(&mut self, id: PodId, change: &Change, sight: &mut Sight) {
        let Some(pod) = sight.world.pods.ghost(id) else { return };
        let assigned = !pod.node_name.is_empty();
        match change.verb {
            ChangeVerb::Added if pod.is_ended() => {}
            ChangeVerb::Added if assigned => self.add_assigned_pod(id, pod, sight),
            ChangeVerb::Added => self.add_pod_to_scheduling_queue(id, pod),
            ChangeVerb::Modified if assigned => {
                if change.aspects.any(Aspects::BOUND) {
                    self.add_assigned_pod(id, pod, sight);
                } else if change.aspects.any(Aspects::PHASE) && pod.is_ended() {
                    self.delete_assigned_pod(id, pod, sight);
                } else if change.aspects.any(Aspects::LABELS | Aspects::DELETION) && !pod.is_ended() {
                    self.update_assigned_pod(id, pod, change, sight);
                }
            }
            ChangeVerb::Modified if pod.is_ended() => self.delete_pod_from_scheduling_queue(id, pod, sight),
            ChangeVerb::Modified => self.update_pod_in_scheduling_queue(id, pod, change, sight),
            ChangeVerb::Deleted if assigned => {
                if !pod.is_ended() {
                    self.delete_assigned_pod(id, pod, sight);
                }
            }
            ChangeVerb::Deleted => self.delete_pod_from_scheduling_queue(id, pod, sight),
        }
    }

    // pkg/scheduler/eventhandlers.go addAssignedPodToCache
    fn add_assigned_pod(&mut self, id: PodId, pod: &Pod, sight: &Sight) {
        self.queue.remove(id);
        self.snapshot.nominated.set(id, &Text::EMPTY);
        self.snapshot.affine.insert(id, pod);
        self.touch(pod, sight.world, Some(id));
        self.move_all(sight.world, Event::PodAdd(pod), i32::MAX, sight.now);
    }

    // pkg/scheduler/eventhandlers.go updateAssignedPodInCache
    fn update_assigned_pod(&mut self, id: PodId, pod: &Pod, change: &Change, sight: &Sight) {
        self.touch(pod, sight.world, None);
        if let Some(before) = sight.world.prior_labels(id.into()).filter(|_| change.aspects.any(Aspects::LABELS)) {
            self.move_all(sight.world, Event::PodLabel(pod, before), i32::MAX, sight.now);
        }
    }

    // pkg/scheduler/eventhandlers.go deleteAssignedPodFromCache
    fn delete_assigned_pod(&mut self, id: PodId, pod: &Pod, sight: &Sight) {
        self.snapshot.affine.remove(id, pod);
        self.touch(pod, sight.world, None);
        self.move_all(sight.world, Event::PodDelete(pod), i32::MAX, sight.now);
    }

    fn touch(&mut self, pod: &Pod, world: &World, came: Option<PodId>) {
        self.snapshot.generation += 1;
        self.snapshot.nodes.touch_pods(world, &pod.node_name, came);
    }

    // pkg/scheduler/eventhandlers.go addPodToSchedulingQueue
    fn add_pod_to_scheduling_queue(&mut self, id: PodId, pod: &Pod) {
        if pod.spec.scheduler_name != DEFAULT_SCHEDULER {
            return;
        }
        if self.snapshot.nominated.set(id, &pod.status.nominated_node) {
            self.snapshot.generation += 1;
        }
        if pod.spec.scheduling_gates.is_empty() {
            self.queue.add(id, pod);
        } else {
            self.queue.gate(id);
        }
    }

    // pkg/scheduler/eventhandlers.go updatePodInSchedulingQueue
    fn update_pod_in_scheduling_queue(&mut self, id: PodId, pod: &Pod, change: &Change, sight: &Sight) {
        if pod.spec.scheduler_name != DEFAULT_SCHEDULER {
            return;
        }
        let own = self.written == Some((id, pod.meta.resource_version));
        let nominated = self.snapshot.nominated.has(id);
        if self.snapshot.nominated.set(id, &pod.status.nominated_node) {
            self.snapshot.generation += 1;
            if nominated {
                self.move_all(sight.world, Event::PodDelete(pod), pod.priority, sight.now);
            }
        }
        if own {
            return;
        }
        match self.queue.spot(id) {
            None => self.add_pod_to_scheduling_queue(id, pod),
            Some(Spot::Fresh { .. }) => {}
            Some(Spot::Gated) => {
                if pod.spec.scheduling_gates.is_empty() {
                    self.queue.add(id, pod);
                }
            }
            Some(Spot::Crowd { crowd, .. }) => {
                let before = self.queue.crowd(crowd).map(|crowd| crowd.likeness.spec.clone());
                if let (Some(before), Some(own)) = (before, self.queue.part(id, pod)) {
                    self.pod_scheduling_properties_change(id, pod, own, &before, change, sight);
                }
            }
        }
    }

    // pkg/scheduler/framework/events.go PodSchedulingPropertiesChange
    fn pod_scheduling_properties_change(
        &mut self,
        id: PodId,
        pod: &Pod,
        own: u32,
        before: &Arc<PodSpec>,
        change: &Change,
        sight: &Sight,
    ) {
        let labels = sight.world.prior_labels(id.into()).filter(|_| change.aspects.any(Aspects::LABELS));
        let less = {
            let (old, new) = (&before.requests, &pod.spec.requests);
            new.cpu_milli < old.cpu_milli || new.memory_bytes < old.memory_bytes
        };
        let events = [
            labels.map(Event::OwnLabel),
            less.then_some(Event::OwnScaleDown),
            (before.tolerations.len() != pod.spec.tolerations.len()).then_some(Event::OwnToleration),
        ];
        let Some(crowd) = self.queue.crowd(own) else { return };
        if events.into_iter().flatten().any(|event| is_pod_worth_requeuing(sight.world, crowd, pod, event)) {
            self.queue.wake_crowd(own, sight.now);
        }
    }

    // pkg/scheduler/eventhandlers.go deletePodFromSchedulingQueue
    fn delete_pod_from_scheduling_queue(&mut self, id: PodId, pod: &Pod, sight: &Sight) {
        self.queue.remove(id);
        if self.snapshot.nominated.set(id, &Text::EMPTY) {
            self.snapshot.generation += 1;
            self.move_all(sight.world, Event::PodDelete(pod), pod.priority, sight.now);
        }
    }
}
