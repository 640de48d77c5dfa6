//! Deleting objects: grace periods, finalizers, propagation.
//! Upstream: k8s.io/apiserver/pkg/registry/generic/registry/store.go Delete, pkg/registry/core/pod/strategy.go.

use super::change::{Aspects, ChangeVerb, ObjectRef};
use super::table::Id;
use super::verbs::ApiError;
use super::{Stored, World};
use crate::api::{Deletion, Kind, Pod, Text};
use crate::time::{SimDuration, SimTime};
use std::sync::Arc;

/// The finalizer of a foreground deletion.
pub const FOREGROUND_FINALIZER: &str = "foregroundDeletion";
/// The finalizer of a deletion that leaves the dependents.
pub const ORPHAN_FINALIZER: &str = "orphan";

/// What happens to the dependents of a deleted object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Propagation {
    /// The object goes at once, its dependents after it.
    #[default]
    Background,
    /// The dependents go first.
    Foreground,
    /// The dependents stay, without owner.
    Orphan,
}

/// How to delete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeleteOptions {
    /// Seconds of grace instead of the Pod's own; 0 removes it at once.
    pub grace_seconds: Option<i64>,
    /// What happens to the dependents.
    pub propagation: Propagation,
}

impl DeleteOptions {
    /// Removal at once, as a kubelet asks for when everything has stopped.
    pub const FORCE: DeleteOptions = DeleteOptions { grace_seconds: Some(0), propagation: Propagation::Background };
}

impl World {
    /// Asks for the deletion of an object. It is gone at once unless a grace period or a finalizer holds it.
    ///
    /// # Errors
    /// `NotFound` when it is not there.
    pub fn delete(
        &mut self,
        object: impl Into<ObjectRef>,
        options: DeleteOptions,
        now: SimTime,
    ) -> Result<(), ApiError> {
        let object = object.into();
        if !self.exists(object) {
            return Err(ApiError::NotFound(object.kind, self.name_of(object)));
        }
        let finalizer = match options.propagation {
            Propagation::Background => None,
            Propagation::Foreground => Some(FOREGROUND_FINALIZER),
            Propagation::Orphan => Some(ORPHAN_FINALIZER),
        };
        if let Some(finalizer) = finalizer {
            self.add_finalizer(object, finalizer);
        }
        let grace = match object.id::<Pod>().and_then(|id| self.pods.get(id)) {
            Some(pod) => pod_grace(pod, options.grace_seconds),
            None => 0,
        };
        self.mark_deleted(object, grace, now);
        self.remove_if_free(object);
        Ok(())
    }

    fn name_of(&self, object: ObjectRef) -> Text {
        self.meta(object).map_or(Text::EMPTY, |meta| meta.name.clone())
    }

    /// Sets `deletionTimestamp`, or brings it nearer.
    fn mark_deleted(&mut self, object: ObjectRef, grace: i64, now: SimTime) {
        let held = self.meta(object).is_some_and(|meta| grace > 0 || !meta.finalizers().is_empty());
        if !held {
            self.zero_grace(object, now);
            return;
        }
        let at = now.api() + SimDuration::from_secs(grace);
        for_kind!(object.kind, T => self.modify(Id::<T>::new(object.slot, object.serial), |row| {
            let meta = row.meta_mut();
            let sooner = meta.deletion.is_none_or(|deletion| grace < deletion.grace_seconds);
            if sooner {
                if meta.deletion.is_none() {
                    meta.generation += 1;
                }
                meta.deletion = Some(Deletion { at, grace_seconds: grace });
            }
            Aspects::DELETION.when(sooner)
        }));
        // A deletion that is already under way but whose grace period is now nothing is free to finish.
        if grace == 0 {
            self.zero_grace(object, now);
        }
    }

    fn zero_grace(&mut self, object: ObjectRef, now: SimTime) {
        let Some(id) = object.id::<Pod>() else { return };
        self.modify(id, |pod: &mut Pod| {
            let pending = pod.meta.deletion.is_some_and(|deletion| deletion.grace_seconds > 0);
            if let Some(deletion) = pod.meta.deletion.as_mut().filter(|_| pending) {
                *deletion = Deletion { at: now.api(), grace_seconds: 0 };
            }
            Aspects::DELETION.when(pending)
        });
    }

    fn add_finalizer(&mut self, object: ObjectRef, finalizer: &'static str) {
        for_kind!(object.kind, T => self.modify(Id::<T>::new(object.slot, object.serial), |row| {
            let meta = row.meta_mut();
            if meta.has_finalizer(finalizer) {
                return Aspects::NONE;
            }
            let mut list = meta.finalizers().to_vec();
            list.push(Text::Static(finalizer));
            meta.finalizers = Some(Arc::from(list));
            Aspects::FINALIZERS
        }));
    }

    /// Takes a finalizer off; the object goes if that was all that held its deletion. Answers whether it was there.
    pub fn remove_finalizer(&mut self, object: impl Into<ObjectRef>, finalizer: &str) -> bool {
        let object = object.into();
        let removed = for_kind!(object.kind, T => self.modify(Id::<T>::new(object.slot, object.serial), |row| {
            let meta = row.meta_mut();
            if !meta.has_finalizer(finalizer) {
                return Aspects::NONE;
            }
            let list: Vec<Text> = meta.finalizers().iter().filter(|f| f.as_str() != finalizer).cloned().collect();
            meta.finalizers = (!list.is_empty()).then(|| Arc::from(list));
            Aspects::FINALIZERS
        }));
        if removed && self.meta(object).is_some_and(|meta| meta.deleting()) {
            self.remove_if_free(object);
        }
        removed
    }

    /// Removes the object when its deletion was requested and nothing holds it any more.
    fn remove_if_free(&mut self, object: ObjectRef) {
        let Some(meta) = self.meta(object) else { return };
        let waits = meta.deletion.is_some_and(|deletion| deletion.grace_seconds > 0 && object.kind == Kind::Pod);
        let requested = meta.deletion.is_some() || meta.finalizers().is_empty();
        if waits || !meta.finalizers().is_empty() || !requested {
            return;
        }
        self.remove(object);
    }

    /// Takes the object out of the world.
    fn remove(&mut self, object: ObjectRef) {
        let Some(meta) = self.meta(object).cloned() else { return };
        if let Some(id) = object.id::<Pod>() {
            self.leave_seat(id);
        }
        let gone = for_kind!(object.kind, T => T::table_mut(self).remove(Id::new(object.slot, object.serial)));
        if gone {
            self.index.remove(object, &meta);
            self.push_change(ChangeVerb::Deleted, object, Aspects::NONE, None);
        }
    }
}

/// Seconds of grace for a Pod. Upstream: pkg/registry/core/pod/strategy.go CheckGracefulDelete.
fn pod_grace(pod: &Pod, given: Option<i64>) -> i64 {
    let wanted = given.unwrap_or(pod.spec.termination_grace_seconds);
    if pod.node_name.is_empty() || pod.status.phase.is_terminal() {
        return 0;
    }
    if wanted < 0 { 1 } else { wanted }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn taking_the_last_finalizer_off_removes_only_what_is_being_deleted() {
        let mut world = World::default();
        let now = SimTime::from_unix_seconds(1);
        let pod = |name: &str| Pod::from_value(&json!({"metadata": {"name": name, "finalizers": ["keep"]}}));
        let kept = world.create(pod("kept"), now).unwrap();
        let leaving = world.create(pod("leaving"), now).unwrap();
        world.delete(leaving, DeleteOptions::default(), now).unwrap();
        assert!(world.pods.get(leaving).is_some_and(|pod| pod.meta.deleting()));
        assert!(world.remove_finalizer(kept, "keep") && world.remove_finalizer(leaving, "keep"));
        assert_eq!((world.pods.get(kept).is_some(), world.pods.get(leaving).is_some()), (true, false));
    }
}
