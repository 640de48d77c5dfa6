//! The garbage collector: what becomes of objects whose owners go.
//! Upstream: pkg/controller/garbagecollector/garbagecollector.go, graph_builder.go.
//!
//! The world's index by owner is upstream's dependency graph; it is never stale, so there are no virtual nodes.

#[cfg(test)]
mod tests;

use super::{Actor, ActorKind, Cx, Key, Sight, WorkQueue};
use crate::api::{Kind, Meta, OwnerReference, Text, Uid};
use crate::time::SimTime;
use crate::world::delete::{FOREGROUND_FINALIZER, ORPHAN_FINALIZER};
use crate::world::{Aspects, Change, ChangeVerb, DeleteOptions, ObjectRef, Propagation, World};
use std::collections::BTreeSet;

/// The garbage collector.
#[derive(Clone, Debug)]
pub struct Garbage {
    to_delete: WorkQueue,
    to_orphan: WorkQueue,
    /// Objects that wait for their dependents to go.
    waiting: BTreeSet<ObjectRef>,
    /// Names of namespaces that are gone.
    namespaces: Vec<Text>,
}

impl Default for Garbage {
    fn default() -> Garbage {
        let queue = || WorkQueue::new(ActorKind::Garbage);
        Garbage { to_delete: queue(), to_orphan: queue(), waiting: BTreeSet::new(), namespaces: Vec::new() }
    }
}

/// Whether the object goes as soon as its dependents have. Upstream: hasDeleteDependentsFinalizer.
fn is_deleting_dependents(meta: &Meta) -> bool {
    meta.deleting() && meta.has_finalizer(FOREGROUND_FINALIZER)
}

/// What is left of an owner.
enum OwnerState {
    /// It is there.
    Solid,
    /// It is not.
    Dangling,
    /// It waits for its dependents to go.
    Waiting,
}

/// Upstream: classifyReferences, isDangling.
fn classify(world: &World, namespace: &str, owner: &OwnerReference) -> OwnerState {
    let Some(kind) = Kind::parse(&owner.kind) else {
        // Of a kind that this world does not know: nobody can say that it is gone.
        return OwnerState::Solid;
    };
    let namespace = if kind.namespaced() { namespace } else { "" };
    let found = world.find(kind, namespace, &owner.name).and_then(|object| world.meta(object));
    match found.filter(|meta| meta.uid == owner.uid) {
        None => OwnerState::Dangling,
        Some(meta) if is_deleting_dependents(meta) => OwnerState::Waiting,
        Some(_) => OwnerState::Solid,
    }
}

impl Garbage {
    /// Upstream: attemptToDeleteItem.
    fn attempt_to_delete_item(&mut self, item: ObjectRef, cx: &mut Cx) -> Result<(), SimTime> {
        let Some(meta) = cx.world.meta(item).filter(|_| cx.world.exists(item)).cloned() else { return Ok(()) };
        if is_deleting_dependents(&meta) {
            return self.process_deleting_dependents_item(item, meta.uid, cx);
        }
        if meta.deleting() || meta.owners().is_empty() {
            return Ok(());
        }
        let (mut solid, mut gone, mut waiting) = (0, Vec::new(), false);
        for owner in meta.owners() {
            match classify(cx.world, &meta.namespace, owner) {
                OwnerState::Solid => solid += 1,
                OwnerState::Dangling => gone.push(owner.uid),
                OwnerState::Waiting => {
                    gone.push(owner.uid);
                    waiting = true;
                }
            }
        }
        if solid > 0 {
            if !gone.is_empty() {
                cx.call(ActorKind::Garbage)?;
                remove_owners(cx.world, item, &gone);
            }
            return Ok(());
        }
        cx.call(ActorKind::Garbage)?;
        let has_dependents = cx.world.index.has_dependents(meta.uid);
        let propagation = if waiting && has_dependents {
            self.unblock_circles(item, meta.uid, cx.world);
            Propagation::Foreground
        } else if meta.has_finalizer(ORPHAN_FINALIZER) {
            Propagation::Orphan
        } else if meta.has_finalizer(FOREGROUND_FINALIZER) {
            Propagation::Foreground
        } else {
            Propagation::Background
        };
        // It was there a moment ago and nobody else acts meanwhile.
        let _ = cx.world.delete(item, DeleteOptions { grace_seconds: None, propagation }, cx.now);
        Ok(())
    }

    /// When a dependent waits for its own dependents too, waiting for each other could never end.
    fn unblock_circles(&mut self, item: ObjectRef, uid: Uid, world: &mut World) {
        let circle = world.index.dependents(uid).any(|object| world.meta(object).is_some_and(is_deleting_dependents));
        if circle {
            write_owners(world, item, |owner| {
                owner.block_owner_deletion = false;
                true
            });
        }
    }

    /// Upstream: processDeletingDependentsItem.
    fn process_deleting_dependents_item(&mut self, item: ObjectRef, uid: Uid, cx: &mut Cx) -> Result<(), SimTime> {
        let blocking: Vec<ObjectRef> = cx
            .world
            .index
            .dependents(uid)
            .filter(|object| {
                let owners = cx.world.meta(*object).map_or(&[][..], Meta::owners);
                owners.iter().any(|owner| owner.uid == uid && owner.block_owner_deletion)
            })
            .collect();
        if blocking.is_empty() {
            cx.call(ActorKind::Garbage)?;
            cx.world.remove_finalizer(item, FOREGROUND_FINALIZER);
            return Ok(());
        }
        for object in blocking {
            if !cx.world.meta(object).is_some_and(is_deleting_dependents) {
                self.to_delete.add(object);
            }
        }
        Ok(())
    }

    /// Upstream: attemptToOrphanWorker, orphanDependents.
    fn attempt_to_orphan(&mut self, owner: ObjectRef, cx: &mut Cx) -> Result<(), SimTime> {
        let Some(uid) = cx.world.meta(owner).map(|meta| meta.uid) else { return Ok(()) };
        let dependents: Vec<ObjectRef> = cx.world.index.dependents(uid).collect();
        for dependent in dependents {
            cx.call(ActorKind::Garbage)?;
            remove_owners(cx.world, dependent, &[uid]);
        }
        cx.call(ActorKind::Garbage)?;
        cx.world.remove_finalizer(owner, ORPHAN_FINALIZER);
        Ok(())
    }

    /// An object is gone: its dependents have an owner less, and an owner may have waited for it.
    fn object_gone(&mut self, object: ObjectRef, meta: &Meta, world: &World) {
        self.to_delete.drop_object(object);
        self.to_orphan.drop_object(object);
        self.waiting.remove(&object);
        for dependent in world.index.dependents(meta.uid) {
            self.to_delete.add(dependent);
        }
        if !meta.owners().is_empty() {
            self.tell_waiting();
        }
    }

    /// An object that is being deleted may have to wait until its dependents are orphaned or gone.
    fn wait_for_dependents(&mut self, object: ObjectRef, meta: &Meta, world: &World) {
        if meta.deleting() && meta.has_finalizer(ORPHAN_FINALIZER) {
            self.to_orphan.add(object);
        } else if is_deleting_dependents(meta) {
            self.waiting.insert(object);
            world.index.dependents(meta.uid).for_each(|dependent| self.to_delete.add(dependent));
            self.to_delete.add(object);
        }
    }

    /// Objects that wait for their dependents are told that something changed.
    fn tell_waiting(&mut self) {
        for owner in &self.waiting {
            self.to_delete.add(*owner);
        }
    }

    /// Everything in a deleted namespace goes too.
    // DIFFERENCE: a Namespace object goes at once and its contents after it; a real one stays Terminating until they are gone.
    fn empty_namespace(&mut self, namespace: &str, cx: &mut Cx) {
        let inside = |kind: &Kind| {
            let objects: Vec<ObjectRef> = cx.world.index.sorted(*kind).collect();
            let in_it = |object: &ObjectRef| cx.world.meta(*object).is_some_and(|meta| meta.namespace == *namespace);
            objects.into_iter().filter(in_it).collect::<Vec<_>>()
        };
        let doomed: Vec<ObjectRef> = Kind::ALL.iter().filter(|kind| kind.namespaced()).flat_map(inside).collect();
        for object in doomed {
            // What went with its owner is gone already.
            let _ = cx.world.delete(object, DeleteOptions::default(), cx.now);
        }
    }
}

/// Takes references to owners off an object.
fn remove_owners(world: &mut World, object: ObjectRef, gone: &[Uid]) {
    write_owners(world, object, |owner| !gone.contains(&owner.uid));
}

/// Rewrites the owners of an object; those for which `keep` answers false go.
fn write_owners(world: &mut World, object: ObjectRef, mut keep: impl FnMut(&mut OwnerReference) -> bool) {
    world.modify_meta(object, |meta| {
        let mut owners = meta.owners().to_vec();
        owners.retain_mut(&mut keep);
        if owners == meta.owners() {
            return Aspects::NONE;
        }
        meta.owners = (!owners.is_empty()).then(|| std::sync::Arc::from(owners));
        Aspects::OWNERS
    });
}

impl Actor for Garbage {
    fn observe(&mut self, change: &Change, sight: &mut Sight) {
        let object = change.object;
        let asked = Aspects::OWNERS | Aspects::DELETION | Aspects::FINALIZERS;
        if change.verb == ChangeVerb::Modified && !change.aspects.any(asked) {
            return;
        }
        let Some(meta) = sight.world.meta(object) else { return };
        match change.verb {
            ChangeVerb::Deleted => {
                if object.kind == Kind::Namespace {
                    self.namespaces.push(meta.name.clone());
                }
                self.object_gone(object, meta, sight.world);
            }
            ChangeVerb::Added => {
                self.wait_for_dependents(object, meta, sight.world);
                let absent = |owner: &OwnerReference| {
                    !matches!(classify(sight.world, &meta.namespace, owner), OwnerState::Solid)
                };
                if meta.owners().iter().any(absent) {
                    self.to_delete.add(object);
                }
            }
            ChangeVerb::Modified => {
                self.wait_for_dependents(object, meta, sight.world);
                if change.aspects.any(Aspects::OWNERS) {
                    self.to_delete.add(object);
                    self.tell_waiting();
                }
            }
        }
    }

    fn ring(&mut self, key: Key, cx: &mut Cx) {
        self.to_delete.ring(key, cx.now);
        self.to_orphan.ring(key, cx.now);
    }

    fn work(&mut self, cx: &mut Cx) -> bool {
        if let Some(namespace) = self.namespaces.pop() {
            self.empty_namespace(&namespace, cx);
            return true;
        }
        if let Some(owner) = self.to_orphan.pop() {
            if let Err(at) = self.attempt_to_orphan(owner, cx) {
                self.to_orphan.add_at(owner, at, cx.alarms);
            }
            return true;
        }
        let Some(item) = self.to_delete.pop() else { return false };
        if let Err(at) = self.attempt_to_delete_item(item, cx) {
            self.to_delete.add_at(item, at, cx.alarms);
        }
        true
    }
}
