//! One sync of one DaemonSet.
//! Upstream: pkg/controller/daemon/daemon_controller.go syncDaemonSet.

use super::ledger::{Basis, Ledger};
use super::manage::Plan;
use super::revisions::{cleanup_history, construct_history};
use super::rules::template_generation;
use super::update::rolling_update;
use super::{DaemonSetId, DaemonSets, Keeping};
use crate::actor::controller_ref::{Claim, adopt, claim_object, release};
use crate::actor::outcome::{Halt, Outcome};
use crate::actor::{ActorKind, Cx};
use crate::api::apps::DaemonSetStatus;
use crate::api::{Kind, OwnerReference, Text};
use crate::time::SimDuration;
use crate::world::{Aspects, PodId, Source};

impl DaemonSets {
    /// Brings a DaemonSet's Pods, revisions and status in line with its spec and the nodes.
    ///
    /// # Errors
    /// When the client limit is used up or a request fails.
    // pkg/controller/daemon/daemon_controller.go syncDaemonSet
    pub fn sync_daemon_set(&mut self, id: DaemonSetId, cx: &mut Cx) -> Outcome {
        let Some(set) = cx.world.daemon_sets.get(id) else { return Ok(()) };
        let deleting = set.meta.deleting();
        if set.selector.is_empty() {
            let message = "This daemon set is selecting all pods. A non-empty selector is required.";
            cx.world.event(id, Source::DaemonSet, true, "SelectingAll", message);
            return Ok(());
        }
        if deleting {
            return Ok(());
        }
        let mut keeping = self.keeping.remove(&id).unwrap_or_default();
        let outcome = self.sync(&mut keeping, id, cx);
        self.keeping.insert(id, keeping);
        outcome
    }

    fn sync(&mut self, keeping: &mut Keeping, id: DaemonSetId, cx: &mut Cx) -> Outcome {
        let hash = construct_history(keeping, id, cx)?;
        self.open_ledger(keeping, id, hash, cx);
        claim_pods(self, keeping, id, cx)?;
        if let Some(ledger) = &mut keeping.ledger {
            ledger.refresh(cx.world, cx.now);
        }
        let resumed = keeping.plan.is_some();
        if !resumed {
            keeping.plan = Some(self.update_daemon_set(keeping, id, cx));
        }
        let acts = keeping.plan.as_ref().is_some_and(|plan| !plan.creates.is_empty() || !plan.deletes.is_empty());
        self.sync_nodes(keeping, id, cx)?;
        let error = keeping.plan.as_ref().and_then(|plan| plan.error.clone());
        if error.is_none() {
            cleanup_history(keeping, id, cx)?;
        }
        self.update_daemon_set_status(keeping, id, cx)?;
        keeping.plan = None;
        if acts {
            self.queue.forget_later(id);
        }
        if resumed {
            // What happened while the plan waited for the client limit has not been looked at yet.
            self.queue.add(id);
        }
        error.map_or(Ok(()), |error| Err(Halt::Failed(error)))
    }

    /// What is to be done: by the main loop, or when that has nothing to do by a rolling update.
    // pkg/controller/daemon/daemon_controller.go updateDaemonSet
    fn update_daemon_set(&mut self, keeping: &mut Keeping, id: DaemonSetId, cx: &mut Cx) -> Plan {
        let plan = self.manage(keeping, id, cx);
        let (Some(ledger), Some(set)) = (&keeping.ledger, cx.world.daemon_sets.get(id)) else { return plan };
        if !plan.is_empty() || set.on_delete {
            return plan;
        }
        let failed = |error| Plan { error: Some(error), ..Plan::default() };
        rolling_update(ledger, set, &self.places, cx.world, cx.now).unwrap_or_else(failed)
    }

    /// Makes the ledger anew when it is missing or was made for another spec or revision.
    fn open_ledger(&mut self, keeping: &mut Keeping, id: DaemonSetId, hash: Text, cx: &Cx) {
        let Some(set) = cx.world.daemon_sets.get(id) else { return };
        let basis = Basis { generation: set.meta.generation, template_generation: template_generation(set), hash };
        if keeping.ledger.as_ref().is_some_and(|ledger| ledger.basis == basis) {
            return;
        }
        self.places.enter_all(cx.world);
        let mut ledger = Ledger::new(set, basis, &self.places, cx.world);
        keeping.relabelled.clear();
        for pod_id in cx.world.index.dependents(set.meta.uid).filter_map(|object| object.id()) {
            let Some(pod) = cx.world.pods.get(pod_id) else { continue };
            match claim_object(&set.meta, &pod.meta, set.selector.matches(&pod.meta.labels)) {
                Claim::Release => drop(keeping.relabelled.insert(pod_id)),
                Claim::Ours => {
                    if let Some(place) = self.places.of_pod(pod_id, pod) {
                        ledger.enter(place, pod_id);
                    }
                }
                _ => {}
            }
        }
        keeping.strays = true;
        keeping.ledger = Some(ledger);
    }

    /// Writes the status when it differs.
    // pkg/controller/daemon/daemon_controller.go updateDaemonSetStatus, storeDaemonSetStatus
    fn update_daemon_set_status(&mut self, keeping: &Keeping, id: DaemonSetId, cx: &mut Cx) -> Outcome {
        let (Some(ledger), Some(set)) = (&keeping.ledger, cx.world.daemon_sets.get(id)) else { return Ok(()) };
        let (totals, wait) = (ledger.totals, set.min_ready_seconds);
        let status = DaemonSetStatus {
            desired_number_scheduled: totals.desired,
            current_number_scheduled: totals.current,
            number_misscheduled: totals.misscheduled,
            number_ready: totals.ready,
            number_available: totals.available,
            number_unavailable: totals.desired - totals.available,
            updated_number_scheduled: totals.updated,
            observed_generation: set.meta.generation,
            collision_count: set.status.collision_count,
        };
        if status != set.status {
            cx.call(ActorKind::DaemonSet)?;
            cx.world.modify(id, |set| {
                set.status = status;
                Aspects::STATUS
            });
        }
        if wait > 0 && totals.ready != totals.available {
            self.queue.add_at(id, cx.now + SimDuration::from_secs(wait), cx.alarms);
        }
        Ok(())
    }
}

/// Releases Pods that no longer match the selector and adopts those that do and have no controller.
// pkg/controller/daemon/daemon_controller.go getDaemonPods
fn claim_pods(sets: &mut DaemonSets, keeping: &mut Keeping, id: DaemonSetId, cx: &mut Cx) -> Outcome {
    let Some(set) = cx.world.daemon_sets.get(id) else { return Ok(()) };
    let owner = OwnerReference::controller(Kind::DaemonSet, &set.meta);
    while let Some(pod_id) = keeping.relabelled.first().copied() {
        let claim = cx
            .world
            .daemon_sets
            .get(id)
            .zip(cx.world.pods.get(pod_id))
            .map(|(set, pod)| claim_object(&set.meta, &pod.meta, set.selector.matches(&pod.meta.labels)));
        if claim == Some(Claim::Release) {
            cx.call(ActorKind::DaemonSet)?;
            let place = cx.world.pods.get(pod_id).and_then(|pod| sets.places.of_pod(pod_id, pod));
            if let (Some(place), Some(ledger)) = (place, &mut keeping.ledger) {
                ledger.leave(place, pod_id);
            }
            release(cx.world, pod_id, owner.uid);
        }
        keeping.relabelled.remove(&pod_id);
    }
    if !keeping.strays {
        return Ok(());
    }
    let Some(set) = cx.world.daemon_sets.get(id) else { return Ok(()) };
    let strays = cx.world.index.uncontrolled(Kind::Pod, &set.meta.namespace).filter_map(|object| object.id::<_>());
    let wanted = |pod_id: &PodId| {
        cx.world.pods.get(*pod_id).is_some_and(|pod| {
            claim_object(&set.meta, &pod.meta, set.selector.matches(&pod.meta.labels)) == Claim::Adopt
        })
    };
    for pod_id in strays.filter(wanted).collect::<Vec<PodId>>() {
        cx.call(ActorKind::DaemonSet)?;
        adopt(cx.world, pod_id, owner.clone());
        let place = cx.world.pods.get(pod_id).and_then(|pod| sets.places.of_pod(pod_id, pod));
        if let (Some(place), Some(ledger)) = (place, &mut keeping.ledger) {
            ledger.enter(place, pod_id);
        }
    }
    keeping.strays = false;
    Ok(())
}
