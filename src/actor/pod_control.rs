//! Creating and deleting Pods on behalf of a controller, with the Events that say so.
//! Upstream: pkg/controller/controller_utils.go RealPodControl.

use super::Cx;
use crate::api::{Kind, Meta, OwnerReference, Pod, PodSpec, PodTemplate, Text};
use crate::world::{ApiError, DeleteOptions, Message, ObjectRef, PodId, Source};
use std::sync::Arc;

/// What names and describes a Pod that a controller makes.
pub struct NewPod<'a> {
    /// The controller.
    pub owner: ObjectRef,
    /// What it is made from.
    pub template: &'a PodTemplate,
    /// The spec to use instead of the template's, when the controller adds to it. Give the same `Arc` for all Pods of one
    /// template, so that they share it.
    pub spec: Option<Arc<PodSpec>>,
    /// Name prefix instead of `<owner>-`.
    pub generate_name: Option<String>,
    /// Changes to the Pod before it is stored (labels, annotations, finalizers, the node it is pinned to).
    pub adjust: &'a dyn Fn(&mut Pod),
}

/// The name prefix of an owner's Pods. Upstream: pkg/controller/controller_utils.go getPodsPrefix.
pub fn get_pods_prefix(owner: &str) -> String {
    format!("{owner}-")
}

/// Makes a Pod and emits `SuccessfulCreate` or `FailedCreate` on its owner.
/// Upstream: pkg/controller/controller_utils.go createPods.
///
/// # Errors
/// What the API server answered.
pub fn create_pod(cx: &mut Cx, new: &NewPod, source: Source) -> Result<PodId, ApiError> {
    let Some(owner) = cx.world.meta(new.owner).cloned() else {
        return Err(ApiError::NotFound(new.owner.kind, Text::EMPTY));
    };
    let mut pod = Pod {
        meta: Meta {
            namespace: owner.namespace.clone(),
            labels: new.template.labels.clone(),
            annotations: new.template.annotations.clone(),
            owners: Some(controller_refs(cx, new.owner, &owner)),
            ..Meta::default()
        },
        spec: new.spec.clone().unwrap_or_else(|| new.template.spec.clone()),
        ..Pod::default()
    };
    (new.adjust)(&mut pod);
    let prefix = new.generate_name.clone().unwrap_or_else(|| get_pods_prefix(&owner.name));
    let created = cx.world.create_pod(pod, &prefix, cx.now);
    match &created {
        Ok(id) => {
            let name = cx.world.pods.get(*id).map_or(Text::EMPTY, |pod| pod.meta.name.clone());
            cx.world.event(new.owner, source, false, "SuccessfulCreate", Message::CreatedPod(name));
        }
        Err(error) => {
            let message = Text::from(format!("Error creating: {error}"));
            cx.world.event(new.owner, source, true, "FailedCreate", message);
        }
    }
    created
}

/// The owner list of an owner's Pods, shared with the Pods it has already.
fn controller_refs(cx: &Cx, owner: ObjectRef, meta: &Meta) -> Arc<[OwnerReference]> {
    let sibling = cx.world.index.dependents(meta.uid).find(|object| object.kind == Kind::Pod);
    let shared = sibling.and_then(|object| cx.world.meta(object)).and_then(|meta| meta.owners.clone());
    let wanted = OwnerReference::controller(owner.kind, meta);
    shared.filter(|owners| owners.len() == 1 && owners[0] == wanted).unwrap_or_else(|| Arc::from([wanted]))
}

/// Deletes a Pod gracefully and emits `SuccessfulDelete` on its owner.
/// Upstream: pkg/controller/controller_utils.go DeletePod.
///
/// # Errors
/// `NotFound` when it is gone already.
pub fn delete_pod(cx: &mut Cx, pod: PodId, owner: ObjectRef, source: Source) -> Result<(), ApiError> {
    let name = cx.world.pods.get(pod).map_or(Text::EMPTY, |pod| pod.meta.name.clone());
    cx.world.delete(pod, DeleteOptions::default(), cx.now)?;
    cx.world.event(owner, source, false, "SuccessfulDelete", Message::DeletedPod(name));
    Ok(())
}
