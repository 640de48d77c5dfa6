//! Which Pods to create and delete so that every node has what it should.
//! Upstream: pkg/controller/daemon/daemon_controller.go manage, syncNodes.

use super::ledger::Slot;
use super::places::Place;
use super::standing::{sort_oldest_first, with_counted_pods};
use super::{DaemonSetId, DaemonSets, Keeping};
use crate::actor::outcome::{Halt, Outcome, slow_start_batch};
use crate::actor::pod_control::{NewPod, create_pod, delete_pod};
use crate::actor::{ActorKind, Cx};
use crate::api::{Phase, Pod, Text};
use crate::world::{ObjectRef, PodId, Source};
use std::collections::VecDeque;

/// Pods that one sync creates, and deletes, at most.
/// Upstream: pkg/controller/daemon/daemon_controller.go BurstReplicas.
pub const BURST_REPLICAS_PODS: usize = 250;

/// What a sync is to do, and what of it went wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Places to create a Pod for, in order.
    pub creates: VecDeque<Place>,
    /// Pods to delete, in order.
    pub deletes: VecDeque<PodId>,
    /// The first request that failed.
    pub error: Option<Text>,
}

impl Plan {
    /// Whether there is nothing to do and nothing went wrong.
    pub fn is_empty(&self) -> bool {
        self.creates.is_empty() && self.deletes.is_empty() && self.error.is_none()
    }

    /// Keeps what one sync may do.
    pub fn limited(mut self) -> Plan {
        self.creates.truncate(BURST_REPLICAS_PODS);
        self.deletes.truncate(BURST_REPLICAS_PODS);
        self
    }
}

impl DaemonSets {
    /// What the main loop of a sync wants done.
    // pkg/controller/daemon/daemon_controller.go manage
    pub(super) fn manage(&mut self, keeping: &mut Keeping, id: DaemonSetId, cx: &mut Cx) -> Plan {
        let mut plan = Plan::default();
        let busy: Vec<Place> = keeping.ledger.iter().flat_map(|ledger| ledger.busy.iter().copied()).collect();
        for place in busy {
            self.pods_should_be_on_node(keeping, id, place, &mut plan, cx);
        }
        plan.limited()
    }

    // pkg/controller/daemon/daemon_controller.go podsShouldBeOnNode, getUnscheduledPodsWithoutNode
    fn pods_should_be_on_node(
        &mut self,
        keeping: &mut Keeping,
        id: DaemonSetId,
        place: Place,
        plan: &mut Plan,
        cx: &mut Cx,
    ) {
        let Some(slot) = keeping.ledger.as_ref().and_then(|ledger| ledger.slot(place)).cloned() else { return };
        let Some(verdict) = slot.verdict else {
            with_counted_pods(&slot, cx.world, |pods| {
                let unscheduled = pods.iter().filter(|(_, pod)| pod.node_name.is_empty());
                plan.deletes.extend(unscheduled.map(|(id, _)| *id));
            });
            return;
        };
        let nobody = with_counted_pods(&slot, cx.world, |pods| pods.is_empty());
        if verdict.should_run && nobody {
            plan.creates.push_back(place);
        } else if verdict.should_continue_running {
            let running = self.reap_ended(keeping, id, &slot, place, plan, cx);
            prune_running(keeping, place, verdict.should_run, running, plan, cx);
        } else {
            with_counted_pods(&slot, cx.world, |pods| {
                plan.deletes.extend(pods.iter().filter(|(_, pod)| !pod.meta.deleting()).map(|(id, _)| *id));
            });
        }
    }

    /// Plans the deletion of Pods that have ended; answers those that have not.
    fn reap_ended(
        &mut self,
        keeping: &mut Keeping,
        id: DaemonSetId,
        slot: &Slot,
        place: Place,
        plan: &mut Plan,
        cx: &mut Cx,
    ) -> Vec<PodId> {
        let live = |pods: &[(PodId, &Pod)]| {
            let live = pods.iter().filter(|(_, pod)| !pod.meta.deleting());
            live.map(|(id, pod)| (*id, pod.status.phase)).collect::<Vec<_>>()
        };
        let observed = cx.world.daemon_sets.get(id).map_or(0, |set| set.status.observed_generation);
        let mut running = Vec::new();
        for (pod_id, phase) in with_counted_pods(slot, cx.world, live) {
            let (what, warning, reason, end) = match phase {
                Phase::Failed => ("failed", true, "FailedDaemonPod", "try to kill it"),
                Phase::Succeeded => ("succeeded", false, "SucceededDaemonPod", "try to delete it"),
                _ => {
                    running.push(pod_id);
                    continue;
                }
            };
            if phase == Phase::Failed {
                let key = (observed, place);
                if let Some(wait) = keeping.backoff.in_backoff(key, cx.now) {
                    self.queue.add_at(id, cx.now + wait, cx.alarms);
                    continue;
                }
                keeping.backoff.next(key, cx.now);
            }
            let Some(pod) = cx.world.pods.get(pod_id) else { continue };
            let (namespace, name) = (&pod.meta.namespace, &pod.meta.name);
            let node = self.places.name(place);
            let message = format!("Found {what} daemon pod {namespace}/{name} on node {node}, will {end}");
            cx.world.event(id, Source::DaemonSet, warning, reason, Text::from(message));
            plan.deletes.push_back(pod_id);
        }
        running
    }

    /// Does what is planned; what is left stays in the plan when the client limit is used up.
    // pkg/controller/daemon/daemon_controller.go syncNodes
    pub(super) fn sync_nodes(&mut self, keeping: &mut Keeping, id: DaemonSetId, cx: &mut Cx) -> Outcome {
        let (Some(plan), Some(ledger)) = (&mut keeping.plan, &keeping.ledger) else { return Ok(()) };
        let owner = ObjectRef::from(id);
        let places = &mut self.places;
        let creates = &mut plan.creates;
        let (_, outcome) = slow_start_batch(creates.len() as i64, |_| {
            cx.call(ActorKind::DaemonSet)?;
            let Some(place) = creates.pop_front() else { return Ok(()) };
            let name = places.name(place);
            let new = NewPod {
                owner,
                template: &ledger.template,
                spec: None,
                generate_name: None,
                adjust: &|pod| pod.pinned_to = name.clone(),
            };
            let pod = create_pod(cx, &new, Source::DaemonSet)?;
            places.guess(pod, place);
            Ok(())
        });
        match outcome {
            Err(Halt::Failed(error)) => {
                plan.creates.clear();
                plan.error.get_or_insert(error);
            }
            other => other?,
        }
        while let Some(pod) = plan.deletes.front().copied() {
            cx.call(ActorKind::DaemonSet)?;
            plan.deletes.pop_front();
            // A Pod that is gone already is as good as deleted.
            let _ = delete_pod(cx, pod, owner, Source::DaemonSet);
        }
        Ok(())
    }
}

/// Plans the deletion of surplus Pods, and with surge the creation of one beside those being deleted.
fn prune_running(keeping: &Keeping, place: Place, should_run: bool, running: Vec<PodId>, plan: &mut Plan, cx: &Cx) {
    let Some(judge) = keeping.ledger.as_ref().map(super::ledger::Ledger::judge) else { return };
    if running.len() <= 1 {
        if judge.allows_surge && running.is_empty() && should_run {
            plan.creates.push_back(place);
        }
        return;
    }
    let mut pods: Vec<(PodId, &Pod)> =
        running.iter().filter_map(|id| cx.world.pods.get(*id).map(|pod| (*id, pod))).collect();
    sort_oldest_first(&mut pods);
    if !judge.allows_surge {
        plan.deletes.extend(pods.iter().skip(1).map(|(id, _)| *id));
        return;
    }
    let (mut oldest_new, mut oldest_old) = (None, None);
    for (id, pod) in pods {
        let oldest = if judge.has_current_hash(pod) { &mut oldest_new } else { &mut oldest_old };
        if oldest.is_some() {
            plan.deletes.push_back(id);
        } else {
            *oldest = Some((id, pod));
        }
    }
    if let (Some((_, new)), Some((id, old))) = (oldest_new, oldest_old)
        && (!old.is_ready() || judge.is_available(new, cx.now))
    {
        plan.deletes.push_back(id);
    }
}
