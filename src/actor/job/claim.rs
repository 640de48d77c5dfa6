//! Which Pods are a Job's: adoption, release, and Pods that nobody will count any more.
//! Upstream: pkg/controller/controller_ref_manager.go, pkg/controller/job/job_controller.go.

use super::{Jobs, TRACKING_FINALIZER};
use crate::actor::controller_ref::{self, Claim, claim_object};
use crate::actor::outcome::Halt;
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

/// Whether a Job's selector matches a Pod. An empty selector, which only a damaged dump can have, matches what is the
/// Job's already and nothing else.
fn selects(job: &Job, pod: &Pod) -> bool {
    let selector = &job.spec.selector;
    if selector.is_empty() { pod.meta.controller().is_some() } else { selector.matches(&pod.meta.labels) }
}

/// The Pods of a Job in order of creation, after adopting those that match and have no controller and releasing those
/// that match no longer.
// pkg/controller/job/job_controller.go getPodsForJob
pub(super) fn claim_pods(id: JobId, cx: &mut Cx) -> Result<Vec<PodId>, Halt> {
    let Some(job) = cx.world.jobs.get(id) else { return Ok(Vec::new()) };
    let owned = cx.world.index.dependents(job.meta.uid);
    let free = cx.world.index.uncontrolled(Kind::Pod, &job.meta.namespace);
    let (mut claimed, mut released, mut adopted) = (Vec::new(), Vec::new(), Vec::new());
    for pod_id in owned.chain(free).filter_map(|object| object.id::<Pod>()) {
        let Some(pod) = cx.world.pods.get(pod_id) else { continue };
        match claim_object(&job.meta, &pod.meta, selects(job, pod)) {
            Claim::Ours => claimed.push(pod_id),
            Claim::Adopt => adopted.push(pod_id),
            Claim::Release => released.push(pod_id),
            Claim::Foreign => {}
        }
    }
    let (uid, reference) = (job.meta.uid, OwnerReference::controller(Kind::Job, &job.meta));
    for pod_id in released {
        cx.call(ActorKind::Job)?;
        controller_ref::release(cx.world, pod_id, uid);
        cx.world.remove_finalizer(pod_id, TRACKING_FINALIZER);
    }
    for pod_id in adopted {
        cx.call(ActorKind::Job)?;
        controller_ref::adopt(cx.world, pod_id, reference.clone());
        track(pod_id, cx);
        claimed.push(pod_id);
    }
    Ok(claimed)
}

/// Puts the finalizer on an adopted Pod.
fn track(pod: PodId, cx: &mut Cx) {
    cx.world.modify(pod, |pod| {
        if pod.meta.has_finalizer(TRACKING_FINALIZER) {
            return Aspects::NONE;
        }
        let mut finalizers = pod.meta.finalizers().to_vec();
        finalizers.push(Text::Static(TRACKING_FINALIZER));
        pod.meta.finalizers = Some(Arc::from(finalizers));
        Aspects::FINALIZERS
    });
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
            let job = self.controllers.by_uid(owner.uid).and_then(|job| cx.world.jobs.get(job));
            if job.is_some_and(|job| !job.spec.managed_by.is_empty() || job.finished().is_none()) {
                return;
            }
        }
        // Calls are not counted here: upstream has a queue of its own for this, with time to spare.
        cx.world.remove_finalizer(id, TRACKING_FINALIZER);
    }
}
