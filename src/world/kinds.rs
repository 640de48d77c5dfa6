//! One table for each kind, and the means to run one piece of code for whatever kind an object is of.

use super::{Aspects, Table, World};
use crate::api::{Kind, Meta};
use rows::*;
use serde_json::Value;

/// A kind of object that has a table.
pub trait Stored: Sized {
    /// Its kind.
    const KIND: Kind;
    /// Its table.
    fn table(world: &World) -> &Table<Self>;
    /// Its table, to write.
    fn table_mut(world: &mut World) -> &mut Table<Self>;
    /// Its metadata.
    fn meta(&self) -> &Meta;
    /// Its metadata, to write.
    fn meta_mut(&mut self) -> &mut Meta;
    /// As the API prints it.
    fn to_value(&self) -> Value;
    /// The object in a value.
    fn from_value(value: &Value) -> Self;
    /// Takes over what actors wrote into the version that this one replaces.
    fn keep_status_of(&mut self, old: &Self);
    /// The aspects of its own that differ from the version that this one replaces.
    fn extra_aspects(&self, _old: &Self) -> Aspects {
        Aspects::NONE
    }
}

macro_rules! stored {
    ($($type:ident $table:ident [$($kept:ident)*] $($aspects:path)?;)*) => {
        $(impl Stored for $type {
            const KIND: Kind = Kind::$type;
            fn table(world: &World) -> &Table<$type> {
                &world.$table
            }
            fn table_mut(world: &mut World) -> &mut Table<$type> {
                &mut world.$table
            }
            fn meta(&self) -> &Meta {
                &self.meta
            }
            fn meta_mut(&mut self) -> &mut Meta {
                &mut self.meta
            }
            fn to_value(&self) -> Value {
                $type::to_value(self)
            }
            fn from_value(value: &Value) -> $type {
                $type::from_value(value)
            }
            fn keep_status_of(&mut self, _old: &$type) {
                $(self.$kept = _old.$kept.clone();)*
            }
            $(fn extra_aspects(&self, old: &$type) -> Aspects {
                $aspects(self, old)
            })?
        })*

        /// Runs the body for the kind of an object, with `T` standing for its type.
        macro_rules! for_kind {
            ($kind:expr, $T:ident => $body:expr) => {
                match $kind {
                    $(crate::api::Kind::$type => { type $T = $crate::world::kinds::rows::$type; $body })*
                }
            };
        }
    };
}

stored! {
    Node nodes [conditions images status_source] super::replace::node_aspects;
    Pod pods [status node_name pinned_to priority];
    Service services [];
    EndpointSlice endpoint_slices [];
    DaemonSet daemon_sets [status];
    Deployment deployments [status];
    ReplicaSet replica_sets [status];
    ControllerRevision controller_revisions [];
    Job jobs [status];
    CronJob cron_jobs [status];
    PriorityClass priority_classes [];
    PodDisruptionBudget disruption_budgets [];
    Namespace namespaces [];
}

/// The types of all rows under the names of their kinds, for the macro above.
pub(super) mod rows {
    pub use crate::api::apps::ControllerRevision;
    pub use crate::api::policy::{Namespace, PodDisruptionBudget, PriorityClass};
    pub use crate::api::service::EndpointSlice;
    pub use crate::api::{CronJob, DaemonSet, Deployment, Job, Node, Pod, ReplicaSet, Service};
}
