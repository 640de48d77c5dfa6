//! Writing whole objects: what a create, apply or patch request leaves.

use super::admission::count_daemon_set_template;
use super::change::{Aspects, ObjectRef};
use super::table::Id;
use super::verbs::ApiError;
use super::{Stored, World};
use crate::api::{DaemonSet, Kind, Meta, Node, Pod, Uid};
use crate::dice::{Dice, Stream};
use crate::time::SimTime;
use serde_json::Value;

impl World {
    /// The UID that the next created object gets, unless it brings its own.
    pub fn next_uid(&self) -> Uid {
        let dice = Dice::new(self.settings.seed);
        let draw = |n| dice.draw(Stream::Uid, u64::from(self.next_serial), n);
        Uid::from_bits(draw(0), draw(1))
    }

    /// Stores a new object given as a defaulted value.
    ///
    /// # Errors
    /// As [`World::create`] and [`World::create_pod`].
    pub fn create_value(&mut self, kind: Kind, value: &Value, now: SimTime) -> Result<ObjectRef, ApiError> {
        if kind == Kind::Pod {
            let prefix = value.pointer("/metadata/generateName").and_then(Value::as_str).unwrap_or("");
            return self.create_pod(Pod::from_value(value), prefix, now).map(ObjectRef::from);
        }
        if kind == Kind::DaemonSet {
            let counted = count_daemon_set_template(value, None);
            return self.create(DaemonSet::from_value(&counted), now).map(ObjectRef::from);
        }
        for_kind!(kind, T => self.create(<T as Stored>::from_value(value), now).map(ObjectRef::from))
    }

    /// Puts a new version of an object in the place of the old one; its identity, owners, status and deletion stay.
    /// Answers what changed.
    pub fn replace_value(&mut self, object: ObjectRef, value: &Value) -> Aspects {
        let Some(old) = self.value(object) else { return Aspects::NONE };
        let counted = (object.kind == Kind::DaemonSet).then(|| count_daemon_set_template(value, Some(&old)));
        let value = counted.as_ref().unwrap_or(value);
        let mut touched = Aspects::NONE;
        for_kind!(object.kind, T => {
            let new = <T as Stored>::from_value(value);
            self.modify(Id::<T>::new(object.slot, object.serial), |row| {
                touched = replace_row(row, new, &old, value);
                touched
            });
        });
        touched
    }
}

/// Everything of an object but its metadata and status.
fn body(value: &Value) -> Value {
    let mut body = value.clone();
    if let Some(map) = body.as_object_mut() {
        ["metadata", "status", "apiVersion", "kind"].iter().for_each(|key| drop(map.remove(*key)));
    }
    body
}

fn replace_row<T: Stored>(row: &mut T, mut new: T, old: &Value, value: &Value) -> Aspects {
    let before = row.meta();
    let mut touched = Aspects::LABELS.when(before.labels != new.meta().labels)
        | Aspects::ANNOTATIONS.when(before.annotations != new.meta().annotations);
    let spec_changed = body(old) != body(value);
    let meta =
        Meta { labels: new.meta().labels.clone(), annotations: new.meta().annotations.clone(), ..before.clone() };
    *new.meta_mut() = meta;
    if spec_changed {
        touched |= Aspects::SPEC;
        new.keep_status_of(row);
        touched |= new.extra_aspects(row);
        *row = new;
    } else {
        let meta = new.meta().clone();
        *row.meta_mut() = meta;
    }
    touched
}

/// The sides of a node that have aspects of their own.
pub(super) fn node_aspects(new: &Node, old: &Node) -> Aspects {
    Aspects::TAINTS.when(new.taints != old.taints)
        | Aspects::UNSCHEDULABLE.when(new.unschedulable != old.unschedulable)
        | Aspects::ALLOCATABLE.when(new.allocatable != old.allocatable)
}
