//! Who manages what: adopting objects that match a selector and have no controller, releasing those that no longer match.
//! Upstream: pkg/controller/controller_ref_manager.go. Used by every controller with a selector.

use crate::api::{Meta, OwnerReference, Uid};
use crate::world::{Aspects, Id, Stored, World};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a controller is to do about an object that it owns or might want.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is ours and stays so.
    Ours,
    /// It is none of our business.
    Foreign,
    /// It has no controller and matches: take it.
    Adopt,
    /// It is ours but no longer matches: let it go. It does not count any more.
    Release,
}

/// What `controller` is to do about `object`; `matches` is whether its selector accepts the object.
///
/// ```
/// use orrery::actor::controller_ref::{Claim, claim_object};
/// use orrery::api::{Meta, Uid};
/// let set = Meta { uid: Uid::parse("set"), ..Meta::default() };
/// let stray = Meta::default();
/// assert_eq!(claim_object(&set, &stray, true), Claim::Adopt);
/// assert_eq!(claim_object(&set, &stray, false), Claim::Foreign);
/// ```
// pkg/controller/controller_ref_manager.go ClaimObject
pub fn claim_object(controller: &Meta, object: &Meta, matches: bool) -> Claim {
    match object.controller() {
        Some(owner) if owner.uid != controller.uid => Claim::Foreign,
        Some(_) if matches => Claim::Ours,
        Some(_) if controller.deleting() => Claim::Foreign,
        Some(_) => Claim::Release,
        None if controller.deleting() || !matches || object.deleting() => Claim::Foreign,
        None if !controller.namespace.is_empty() && controller.namespace != object.namespace => Claim::Foreign,
        None => Claim::Adopt,
    }
}

/// Makes `owner` the controller of an object that has none.
// pkg/controller/controller_ref_manager.go AdoptPod, AdoptReplicaSet, AdoptControllerRevision
pub fn adopt<T: Stored>(world: &mut World, id: Id<T>, owner: OwnerReference) -> bool {
    world.modify(id, |row| {
        let meta = row.meta_mut();
        if meta.controller().is_some() {
            return Aspects::NONE;
        }
        let mut owners: Vec<OwnerReference> =
            meta.owners().iter().filter(|other| other.uid != owner.uid).cloned().collect();
        owners.push(owner);
        meta.owners = Some(Arc::from(owners));
        Aspects::OWNERS
    })
}

/// Takes `uid` off the owners of an object.
// pkg/controller/controller_ref_manager.go ReleasePod, ReleaseReplicaSet, ReleaseControllerRevision
pub fn release<T: Stored>(world: &mut World, id: Id<T>, uid: Uid) -> bool {
    world.modify(id, |row| {
        let meta = row.meta_mut();
        let rest: Vec<OwnerReference> = meta.owners().iter().filter(|owner| owner.uid != uid).cloned().collect();
        if rest.len() == meta.owners().len() {
            return Aspects::NONE;
        }
        meta.owners = (!rest.is_empty()).then(|| Arc::from(rest));
        Aspects::OWNERS
    })
}

/// The controllers of one kind by their identity, so that a dependent finds its controller without a look at names.
#[derive(Clone, Debug)]
pub struct Controllers<T: Stored> {
    by_uid: BTreeMap<Uid, Id<T>>,
}

impl<T: Stored> Default for Controllers<T> {
    fn default() -> Controllers<T> {
        Controllers { by_uid: BTreeMap::new() }
    }
}

impl<T: Stored> Controllers<T> {
    /// Enters a controller.
    pub fn enter(&mut self, uid: Uid, id: Id<T>) {
        self.by_uid.insert(uid, id);
    }

    /// Strikes a controller out.
    pub fn strike(&mut self, uid: Uid) {
        self.by_uid.remove(&uid);
    }

    /// The controller of that identity.
    pub fn by_uid(&self, uid: Uid) -> Option<Id<T>> {
        self.by_uid.get(&uid).copied()
    }

    /// The controller that manages an object, if it is of this kind.
    // resolveControllerRef of each controller
    pub fn of(&self, object: &Meta) -> Option<Id<T>> {
        self.by_uid(object.controller()?.uid)
    }

    /// All of them, in order of identity.
    pub fn iter(&self) -> impl Iterator<Item = Id<T>> + '_ {
        self.by_uid.values().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Deletion, Kind, Pod};
    use crate::time::SimTime;

    fn meta(uid: &str) -> Meta {
        Meta { name: "set".into(), namespace: "default".into(), uid: Uid::parse(uid), ..Meta::default() }
    }

    fn owned_by(owner: Option<&str>) -> Meta {
        let owners = owner.map(|uid| Arc::from([OwnerReference::controller(Kind::ReplicaSet, &meta(uid))]));
        Meta { name: "pod".into(), owners, ..meta("pod") }
    }

    #[test]
    fn claims_follow_owner_selector_and_deletion() {
        let gone = |mut meta: Meta, deleting: bool| {
            meta.deletion = deleting.then_some(Deletion { at: SimTime::default(), grace_seconds: 0 });
            meta
        };
        for (owner, matches, set_goes, pod_goes, expected) in [
            (Some("us"), true, false, false, Claim::Ours),
            (Some("us"), true, true, true, Claim::Ours),
            (Some("us"), false, false, false, Claim::Release),
            (Some("us"), false, true, false, Claim::Foreign),
            (Some("them"), true, false, false, Claim::Foreign),
            (None, true, false, false, Claim::Adopt),
            (None, false, false, false, Claim::Foreign),
            (None, true, true, false, Claim::Foreign),
            (None, true, false, true, Claim::Foreign),
        ] {
            let claim = claim_object(&gone(meta("us"), set_goes), &gone(owned_by(owner), pod_goes), matches);
            assert_eq!(claim, expected, "{owner:?} matches={matches} set_goes={set_goes} pod_goes={pod_goes}");
        }
        let elsewhere = Meta { namespace: "other".into(), ..owned_by(None) };
        assert_eq!(claim_object(&meta("us"), &elsewhere, true), Claim::Foreign);
    }

    #[test]
    fn adopting_adds_one_controller_and_releasing_takes_only_it_off() {
        let mut world = World::default();
        let other = OwnerReference { controller: false, ..OwnerReference::controller(Kind::Node, &meta("node")) };
        let pod = Pod { meta: Meta { owners: Some(Arc::from([other])), ..owned_by(None) }, ..Pod::default() };
        let id = world.create(pod, SimTime::default()).unwrap();
        let us = OwnerReference::controller(Kind::ReplicaSet, &meta("us"));
        assert!(adopt(&mut world, id, us.clone()) && !adopt(&mut world, id, us));
        assert_eq!(world.index.dependents(Uid::parse("us")).count(), 1);
        assert!(release(&mut world, id, Uid::parse("us")) && !release(&mut world, id, Uid::parse("us")));
        assert_eq!(world.pods.get(id).unwrap().meta.owners().len(), 1);
        assert_eq!(world.index.uncontrolled(Kind::Pod, &"default".into()).count(), 1);
    }
}
