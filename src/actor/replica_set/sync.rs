//! One sync of one ReplicaSet.
//! Upstream: pkg/controller/replicaset/replica_set.go.

use super::rank::get_pods_to_delete;
use super::status::{Batch, Counts, calculate_status};
use super::{ReplicaSetId, ReplicaSets};
use crate::actor::controller_ref::{Claim, adopt, claim_object, release};
use crate::actor::outcome::{Halt, Outcome, slow_start_batch};
use crate::actor::pod_control::{NewPod, create_pod, delete_pod};
use crate::actor::{ActorKind, Cx};
use crate::api::{Kind, OwnerReference, Pod, ReplicaSet};
use crate::time::SimDuration;
use crate::world::{Aspects, ObjectRef, PodId, Source};

/// Pods that one sync creates or deletes at most.
/// Upstream: pkg/controller/replicaset/replica_set.go BurstReplicas.
pub const BURST_REPLICAS_PODS: i64 = 500;

impl ReplicaSets {
    /// Brings a ReplicaSet's Pods and status in line with its spec.
    ///
    /// # Errors
    /// When the client limit is used up or a request fails.
    // pkg/controller/replicaset/replica_set.go syncReplicaSet
    pub fn sync_replica_set(&mut self, id: ReplicaSetId, cx: &mut Cx) -> Outcome {
        if cx.world.replica_sets.get(id).is_none() {
            return Ok(());
        }
        claim_pods(id, cx)?;
        let counts = count_pods(id, cx);
        let fresh = Batch { left: BURST_REPLICAS_PODS, counts, error: None };
        let resumed = self.unfinished.remove(&id);
        let again = resumed.is_some();
        let mut batch = resumed.unwrap_or(fresh);
        let outcome = self.finish(id, counts, &mut batch, cx);
        if matches!(outcome, Err(Halt::Wait(_))) {
            self.unfinished.insert(id, batch);
        } else if again {
            // What happened while the batch waited for the client limit has not been looked at yet.
            self.queue.add(id);
        }
        outcome
    }

    fn finish(&mut self, id: ReplicaSetId, counts: Counts, batch: &mut Batch, cx: &mut Cx) -> Outcome {
        match manage_replicas(id, counts.active, batch, cx) {
            Err(Halt::Failed(error)) => {
                batch.error = Some(error);
                batch.left = 0;
            }
            other => other?,
        }
        update_replica_set_status(id, batch, cx)?;
        if let Some(error) = &batch.error {
            return Err(Halt::Failed(error.clone()));
        }
        let Some(set) = cx.world.replica_sets.get(id) else { return Ok(()) };
        if set.min_ready_seconds > 0 && set.status.ready_replicas != set.status.available_replicas {
            let fallback = cx.now + SimDuration::from_secs(set.min_ready_seconds);
            self.queue.add_at(id, batch.counts.next_available.unwrap_or(fallback), cx.alarms);
        }
        Ok(())
    }
}

/// Adopts and releases active Pods.
// pkg/controller/replicaset/replica_set.go claimPods
fn claim_pods(id: ReplicaSetId, cx: &mut Cx) -> Outcome {
    let mut claims: Vec<(PodId, Claim)> = Vec::new();
    if let Some(set) = cx.world.replica_sets.get(id) {
        let usual = set.selector.matches(&set.template.labels);
        let strays = cx.world.index.uncontrolled(Kind::Pod, &set.meta.namespace);
        for object in cx.world.index.dependents(set.meta.uid).chain(strays) {
            let Some(pod_id) = object.id::<Pod>() else { continue };
            let Some(pod) = cx.world.pods.get(pod_id).filter(|pod| pod.is_active()) else { continue };
            let matches =
                if pod.meta.labels == set.template.labels { usual } else { set.selector.matches(&pod.meta.labels) };
            let claim = claim_object(&set.meta, &pod.meta, matches);
            if matches!(claim, Claim::Adopt | Claim::Release) {
                claims.push((pod_id, claim));
            }
        }
    }
    for (pod, claim) in claims {
        cx.call(ActorKind::ReplicaSet)?;
        let Some(set) = cx.world.replica_sets.get(id) else { return Ok(()) };
        let owner = OwnerReference::controller(Kind::ReplicaSet, &set.meta);
        if claim == Claim::Adopt {
            adopt(cx.world, pod, owner);
        } else {
            release(cx.world, pod, owner.uid);
        }
    }
    Ok(())
}

/// Calls `visit` with every Pod that the ReplicaSet manages and that matches its selector, and whether it has all labels
/// of the template.
fn each_pod(set: &ReplicaSet, cx: &Cx, mut visit: impl FnMut(PodId, &Pod, bool)) {
    let usual = set.selector.matches(&set.template.labels);
    let template = crate::api::selector::LabelSelector::exact(set.template.labels.clone());
    for object in cx.world.index.dependents(set.meta.uid) {
        let Some(id) = object.id::<Pod>() else { continue };
        let Some(pod) = cx.world.pods.get(id) else { continue };
        if pod.meta.controller().is_none_or(|owner| owner.uid != set.meta.uid) {
            continue;
        }
        // Nearly all Pods share the template's labels, which makes this comparison one of addresses.
        let same = pod.meta.labels == set.template.labels;
        if if same { usual } else { set.selector.matches(&pod.meta.labels) } {
            visit(id, pod, same || template.matches(&pod.meta.labels));
        }
    }
}

fn count_pods(id: ReplicaSetId, cx: &Cx) -> Counts {
    let mut counts = Counts::default();
    let Some(set) = cx.world.replica_sets.get(id) else { return counts };
    each_pod(set, cx, |_, pod, fully_labeled| {
        if pod.is_active() {
            counts.count(pod, fully_labeled, set, cx.now);
        } else if pod.is_terminating() {
            counts.terminating += 1;
        }
    });
    counts
}

/// Creates missing Pods or deletes surplus ones, as many as the batch has left.
// pkg/controller/replicaset/replica_set.go manageReplicas
fn manage_replicas(id: ReplicaSetId, active: i64, batch: &mut Batch, cx: &mut Cx) -> Outcome {
    let Some(set) = cx.world.replica_sets.get(id) else { return Ok(()) };
    if set.meta.deleting() {
        return Ok(());
    }
    let surplus = active - set.replicas;
    if surplus < 0 {
        return create_missing(id, (-surplus).min(batch.left), batch, cx);
    }
    let count = surplus.min(batch.left);
    if count == 0 {
        return Ok(());
    }
    let mut pods = Vec::new();
    each_pod(set, cx, |id, pod, _| {
        if pod.is_active() {
            pods.push(id);
        }
    });
    for pod in get_pods_to_delete(cx.world, set, pods, count as usize, cx.now) {
        cx.call(ActorKind::ReplicaSet)?;
        batch.left -= 1;
        // A Pod that is gone already is as good as deleted.
        let _ = delete_pod(cx, pod, id.into(), Source::ReplicaSet);
    }
    Ok(())
}

fn create_missing(id: ReplicaSetId, count: i64, batch: &mut Batch, cx: &mut Cx) -> Outcome {
    let owner = ObjectRef::from(id);
    let Some(template) = cx.world.replica_sets.get(id).map(|set| set.template.clone()) else { return Ok(()) };
    let new = NewPod { owner, template: &template, spec: None, generate_name: None, adjust: &|_| {} };
    let (created, outcome) = slow_start_batch(count, |_| {
        cx.call(ActorKind::ReplicaSet)?;
        create_pod(cx, &new, Source::ReplicaSet)?;
        Ok(())
    });
    batch.left -= created;
    outcome
}

/// Writes the status when it differs.
// pkg/controller/replicaset/replica_set_utils.go updateReplicaSetStatus
fn update_replica_set_status(id: ReplicaSetId, batch: &mut Batch, cx: &mut Cx) -> Outcome {
    let Some(set) = cx.world.replica_sets.get(id) else { return Ok(()) };
    let status = calculate_status(set, batch, cx.now);
    if status == set.status {
        return Ok(());
    }
    batch.left = 0;
    cx.call(ActorKind::ReplicaSet)?;
    cx.world.modify(id, |set| {
        set.status = status;
        Aspects::STATUS
    });
    Ok(())
}
