//! Indexes over the tables: by name, by owner, by node. Verbs keep them; everybody may read them.

use super::change::ObjectRef;
use super::name_map::NameMap;
use super::table::Id;
use crate::api::pod_spec::HostPort;
use crate::api::{Kind, Meta, Pod, Resources, Text, Uid};
use std::collections::{BTreeMap, BTreeSet};

/// What is on a node (or was bound to a node that does not exist).
#[derive(Clone, Debug, Default)]
pub struct Seat {
    /// The node's name.
    pub node_name: Text,
    /// All Pods bound to it, ended ones included.
    pub pods: BTreeSet<Id<Pod>>,
    /// What Pods that have not ended request; `pods` counts them.
    pub used: Resources,
    /// (milli-CPU, bytes) for scoring: absent requests count as upstream's defaults.
    pub scored: (i64, i64),
    /// Ports of the node that are taken.
    pub ports: Vec<(HostPort, Id<Pod>)>,
}

impl Seat {
    /// Counts a Pod that uses the node in (`sign` 1) or out (-1).
    pub(super) fn count(&mut self, id: Id<Pod>, pod: &Pod, sign: i64) {
        self.used.accumulate(&pod.spec.requests, sign);
        let scored = pod.spec.scored;
        self.scored = (self.scored.0 + sign * scored.0, self.scored.1 + sign * scored.1);
        if pod.spec.host_ports.is_empty() {
            return;
        }
        if sign > 0 {
            self.ports.extend(pod.spec.host_ports.iter().map(|port| (port.clone(), id)));
        } else {
            self.ports.retain(|(_, holder)| *holder != id);
        }
    }
}

/// All indexes of a world.
#[derive(Clone, Debug, Default)]
pub struct Indexes {
    /// By kind, namespace and name; nested so that a look-up copies no text.
    names: BTreeMap<Kind, BTreeMap<Text, BTreeMap<Text, ObjectRef>>>,
    dependents: BTreeMap<Uid, BTreeSet<ObjectRef>>,
    uncontrolled: BTreeMap<(Kind, Text), BTreeSet<ObjectRef>>,
    seats: Vec<Seat>,
    seat_numbers: NameMap,
}

impl Indexes {
    /// The object of that name.
    pub fn by_name(&self, kind: Kind, namespace: &str, name: &str) -> Option<ObjectRef> {
        self.names.get(&kind)?.get(namespace)?.get(name).copied()
    }

    /// All objects of a kind, in order of namespace and name.
    pub fn sorted(&self, kind: Kind) -> impl Iterator<Item = ObjectRef> + '_ {
        self.names.get(&kind).into_iter().flat_map(BTreeMap::values).flat_map(BTreeMap::values).copied()
    }

    /// All objects of a kind in a namespace, in order of name.
    pub fn in_namespace<'a>(&'a self, kind: Kind, namespace: &'a str) -> impl Iterator<Item = ObjectRef> + 'a {
        let names = self.names.get(&kind).and_then(|namespaces| namespaces.get(namespace));
        names.into_iter().flat_map(BTreeMap::values).copied()
    }

    /// All objects that name `uid` among their owners, in order of creation.
    pub fn dependents(&self, uid: Uid) -> impl Iterator<Item = ObjectRef> + '_ {
        self.dependents.get(&uid).into_iter().flatten().copied()
    }

    /// Whether any object names `uid` among its owners.
    pub fn has_dependents(&self, uid: Uid) -> bool {
        self.dependents.contains_key(&uid)
    }

    /// All objects of a kind in a namespace that no controller manages, in order of creation.
    pub fn uncontrolled(&self, kind: Kind, namespace: &Text) -> impl Iterator<Item = ObjectRef> + '_ {
        self.uncontrolled.get(&(kind, namespace.clone())).into_iter().flatten().copied()
    }

    /// What is on the node of that name; `None` when nothing ever was.
    pub fn seat(&self, node_name: &str) -> Option<&Seat> {
        self.seat_numbers.get(node_name).and_then(|number| self.seats.get(number as usize))
    }

    /// The place of a node's seat in [`Indexes::seats`], which never changes; `None` when nothing ever was there.
    pub fn seat_number(&self, node_name: &str) -> Option<u32> {
        self.seat_numbers.get(node_name)
    }

    /// All seats, those of vanished nodes included, in order of first use.
    pub fn seats(&self) -> &[Seat] {
        &self.seats
    }

    /// The seat of a node, made when there is none.
    pub(super) fn seat_mut(&mut self, node_name: &Text) -> Option<&mut Seat> {
        let number = self.seat_numbers.get(node_name).unwrap_or_else(|| {
            let next = self.seats.len() as u32;
            self.seat_numbers.insert(node_name, next);
            self.seats.push(Seat { node_name: node_name.clone(), ..Seat::default() });
            next
        });
        self.seats.get_mut(number as usize)
    }

    pub(super) fn insert(&mut self, object: ObjectRef, meta: &Meta) {
        let namespaces = self.names.entry(object.kind).or_default();
        match namespaces.get_mut(meta.namespace.as_str()) {
            Some(names) => names.insert(meta.name.clone(), object),
            None => namespaces.entry(meta.namespace.clone()).or_default().insert(meta.name.clone(), object),
        };
        self.own(object, meta);
    }

    pub(super) fn remove(&mut self, object: ObjectRef, meta: &Meta) {
        let names = self.names.get_mut(&object.kind).and_then(|namespaces| namespaces.get_mut(meta.namespace.as_str()));
        names.map(|names| names.remove(meta.name.as_str()));
        self.disown(object, meta);
    }

    /// Enters an object under its owners.
    pub(super) fn own(&mut self, object: ObjectRef, meta: &Meta) {
        for owner in meta.owners() {
            self.dependents.entry(owner.uid).or_default().insert(object);
        }
        if meta.controller().is_none() && matches!(object.kind, Kind::Pod | Kind::ReplicaSet | Kind::ControllerRevision)
        {
            self.uncontrolled.entry((object.kind, meta.namespace.clone())).or_default().insert(object);
        }
    }

    /// Takes an object out from under its owners.
    pub(super) fn disown(&mut self, object: ObjectRef, meta: &Meta) {
        for owner in meta.owners() {
            if let Some(set) = self.dependents.get_mut(&owner.uid) {
                set.remove(&object);
                if set.is_empty() {
                    self.dependents.remove(&owner.uid);
                }
            }
        }
        let key = (object.kind, meta.namespace.clone());
        if let Some(set) = self.uncontrolled.get_mut(&key) {
            set.remove(&object);
            if set.is_empty() {
                self.uncontrolled.remove(&key);
            }
        }
    }
}
