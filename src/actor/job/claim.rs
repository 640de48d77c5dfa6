//! Which Pods are a Job's: adoption, release, and Pods that nobody will count any more.
//! Upstream: pkg/controller/controller_ref_manager.go, pkg/controller/job/job_controller.go.

use super::{Halt, Jobs, TRACKING_FINALIZER};
use crate::actor::{ActorKind, Cx};
use crate::api::{Job, Kind, OwnerReference, Pod, Text};
use crate::world::{Aspects, JobId, PodId, World};
use std::sync::Arc;

/// The Jobs of a Pod's namespace whose selector it matches.
// k8s.io/client-go/listers/batch/v1/job_expansion.go GetPodJobs
pub(super) fn jobs_matching(world: &World, pod: &Pod) -> Vec<JobId> {
    let wants = |job: &Job| job.meta.namespace == pod.meta.namespace && selects(job, pod);
    world.jobs.iter().filter(|(_, job)| wants(job)).map(|(id, _)| id).collect()
}

/// Whether a Job's selector matches a Pod; an empty selector, which only a dump can have, matches none.
fn selects(job: &Job, pod: &Pod) -> bool {
    !job.spec.selector.is_empty() && job.spec.selector.matches(&pod.meta.labels)
}

/// The Pods of a Job in order of creation, after adopting those that match and have no controller and releasing those
/// that match no longer.
// pkg/controller/job/job_controller.go getPodsForJob
pub(super) fn claim_pods(id: JobId, cx: &mut Cx) -> Result<Vec<PodId>, Halt> {
    let Some(job) = cx.world.jobs.get(id) else { return Ok(Vec::new()) };
    let (uid, deleting) = (job.meta.uid, job.meta.deleting());
    let (mut claimed, mut released, mut adopted) = (Vec::new(), Vec::new(), Vec::new());
    for pod_id in cx.world.index.dependents(uid).filter_map(|object| object.id::<Pod>()) {
        let Some(pod) = cx.world.pods.get(pod_id) else { continue };
        if pod.meta.controller().is_none_or(|owner| owner.uid != uid) {
            continue;
        }
        match job.spec.selector.is_empty() || job.spec.selector.matches(&pod.meta.labels) {
            true => claimed.push(pod_id),
            false if !deleting => released.push(pod_id),
            false => {}
        }
    }
    if !deleting {
        for pod_id in
            cx.world.index.uncontrolled(Kind::Pod, &job.meta.namespace).filter_map(|object| object.id::<Pod>())
        {
            if cx.world.pods.get(pod_id).is_some_and(|pod| !pod.meta.deleting() && selects(job, pod)) {
                adopted.push(pod_id);
            }
        }
    }
    let reference = OwnerReference::controller(Kind::Job, &job.meta);
    for pod_id in released {
        cx.call(ActorKind::Job).map_err(Halt::Until)?;
        release(pod_id, &reference, cx);
    }
    for pod_id in adopted {
        cx.call(ActorKind::Job).map_err(Halt::Until)?;
        adopt(pod_id, &reference, cx);
        claimed.push(pod_id);
    }
    Ok(claimed)
}

// pkg/controller/controller_ref_manager.go AdoptPod
fn adopt(pod: PodId, reference: &OwnerReference, cx: &mut Cx) {
    cx.world.modify(pod, |pod| {
        let mut owners = pod.meta.owners().to_vec();
        owners.push(reference.clone());
        pod.meta.owners = Some(Arc::from(owners));
        if pod.meta.has_finalizer(TRACKING_FINALIZER) {
            return Aspects::OWNERS;
        }
        let mut finalizers = pod.meta.finalizers().to_vec();
        finalizers.push(Text::Static(TRACKING_FINALIZER));
        pod.meta.finalizers = Some(Arc::from(finalizers));
        Aspects::OWNERS | Aspects::FINALIZERS
    });
}

// pkg/controller/controller_ref_manager.go ReleasePod
fn release(pod: PodId, reference: &OwnerReference, cx: &mut Cx) {
    cx.world.modify(pod, |pod| {
        let owners: Vec<OwnerReference> =
            pod.meta.owners().iter().filter(|owner| owner.uid != reference.uid).cloned().collect();
        pod.meta.owners = (!owners.is_empty()).then(|| Arc::from(owners));
        Aspects::OWNERS
    });
    cx.world.remove_finalizer(pod, TRACKING_FINALIZER);
}

impl Jobs {
    /// Takes the finalizer off a Pod that no Job will count any more.
    // pkg/controller/job/job_controller.go handleSingleOrphanPod
    pub(super) fn release_orphan(&mut self, id: PodId, cx: &mut Cx) {
        let Some(pod) = cx.world.pods.get(id).filter(|pod| pod.meta.has_finalizer(TRACKING_FINALIZER)) else { return };
        if let Some(owner) = pod.meta.controller() {
            if owner.kind != "Job" || owner.api_version != Kind::Job.api_version() {
                return;
            }
            let job = self.by_uid.get(&owner.uid).and_then(|job| cx.world.jobs.get(*job));
            if job.is_some_and(|job| !job.spec.managed_by.is_empty() || job.finished().is_none()) {
                return;
            }
        }
        // Calls are not counted here: upstream has a queue of its own for this, with time to spare.
        cx.world.remove_finalizer(id, TRACKING_FINALIZER);
    }
}
