//! The whole cluster state as one value.
//!
//! A [`World`] holds the objects and nothing else: no clock, no queue, no history. Verbs write to it and leave a record
//! of each write in its outbox; the simulation empties the outbox after every step. Cloning a world is a checkpoint.

#[macro_use]
mod kinds;
pub mod admission;
pub mod change;
pub mod delete;
pub mod index;
mod invariants;
pub mod leanings;
pub mod machine;
mod name_map;
pub mod replace;
pub mod services;
pub mod settings;
pub mod table;
pub mod verbs;

pub use admission::Denial;
pub use change::{Aspects, Change, ChangeVerb, Emitted, Message, ObjectRef, Outgoing, Source};
pub use delete::{DeleteOptions, Propagation};
pub use index::{Indexes, Seat};
pub use kinds::Stored;
pub use leanings::{Lag, Leanings};
pub use machine::Machine;
pub use name_map::NameMap;
pub use settings::{KubeletProfile, Pace, Settings};
pub use table::{Id, Table};
pub use verbs::ApiError;

use crate::api::apps::ControllerRevision;
use crate::api::policy::{Namespace, PodDisruptionBudget, PriorityClass};
use crate::api::service::EndpointSlice;
use crate::api::{CronJob, DaemonSet, Deployment, Job, Kind, Labels, Meta, Node, Pod, ReplicaSet, Service, Text};
use serde_json::Value;
use std::collections::BTreeMap;

/// The id of a node.
pub type NodeId = Id<Node>;
/// The id of a Pod.
pub type PodId = Id<Pod>;
/// The id of a Job.
pub type JobId = Id<Job>;

/// The cluster.
///
/// ```
/// use orrery::api::{Node, Pod};
/// use orrery::time::SimTime;
/// use orrery::world::World;
/// let mut world = World::default();
/// let node = serde_json::json!({"metadata": {"name": "node-1"}, "status": {"allocatable": {"cpu": "4"}}});
/// let id = world.create(Node::from_value(&node), SimTime::default()).unwrap();
/// assert_eq!(world.nodes.get(id).unwrap().allocatable.cpu_milli, 4_000);
/// ```
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Nodes.
    pub nodes: Table<Node>,
    /// Pods.
    pub pods: Table<Pod>,
    /// Services.
    pub services: Table<Service>,
    /// EndpointSlices.
    pub endpoint_slices: Table<EndpointSlice>,
    /// DaemonSets.
    pub daemon_sets: Table<DaemonSet>,
    /// Deployments.
    pub deployments: Table<Deployment>,
    /// ReplicaSets.
    pub replica_sets: Table<ReplicaSet>,
    /// ControllerRevisions.
    pub controller_revisions: Table<ControllerRevision>,
    /// Jobs.
    pub jobs: Table<Job>,
    /// CronJobs.
    pub cron_jobs: Table<CronJob>,
    /// PriorityClasses.
    pub priority_classes: Table<PriorityClass>,
    /// PodDisruptionBudgets.
    pub disruption_budgets: Table<PodDisruptionBudget>,
    /// Namespaces that were declared; others exist when they are used.
    pub namespaces: Table<Namespace>,
    /// Lookups by name, owner and node.
    pub index: Indexes,
    /// What the API server and the agents are configured with.
    pub settings: Settings,
    /// Rules by which new objects are refused; usually none.
    pub denials: Vec<Denial>,
    /// What decides between equals; usually nothing but their order.
    pub leanings: Leanings,
    machines: BTreeMap<Text, Machine>,
    outbox: Vec<Outgoing>,
    prior_labels: Vec<(ObjectRef, Labels)>,
    next_serial: u32,
    revision: u64,
    admitted: admission::AdmissionCache,
}

impl World {
    /// An empty cluster with these settings.
    pub fn new(settings: Settings) -> World {
        World { settings, ..World::default() }
    }

    /// The row of any type.
    pub fn get<T: Stored>(&self, id: Id<T>) -> Option<&T> {
        T::table(self).get(id)
    }

    /// The metadata of an object of any kind; also of one that was removed in this very step.
    pub fn meta(&self, object: ObjectRef) -> Option<&Meta> {
        for_kind!(object.kind, T => T::table(self).ghost(Id::new(object.slot, object.serial)).map(T::meta))
    }

    /// Whether the object is (still) there.
    pub fn exists(&self, object: ObjectRef) -> bool {
        for_kind!(object.kind, T => T::table(self).get(Id::<T>::new(object.slot, object.serial)).is_some())
    }

    /// The object as the API prints it.
    pub fn value(&self, object: ObjectRef) -> Option<Value> {
        for_kind!(object.kind, T => T::table(self).ghost(Id::new(object.slot, object.serial)).map(<T as Stored>::to_value))
    }

    /// The object of that name.
    pub fn find(&self, kind: Kind, namespace: &str, name: &str) -> Option<ObjectRef> {
        self.index.by_name(kind, namespace, name)
    }

    /// The id of the object of that name.
    pub fn find_id<T: Stored>(&self, namespace: &str, name: &str) -> Option<Id<T>> {
        self.find(T::KIND, namespace, name).and_then(|object| object.id())
    }

    /// The node of that name.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.find_id::<Node>("", name).and_then(|id| self.nodes.get(id))
    }

    /// The labels that an object had before the last write of them in this very step; `None` when they were not written.
    pub fn prior_labels(&self, object: ObjectRef) -> Option<&Labels> {
        self.prior_labels.iter().rev().find(|(written, _)| *written == object).map(|(_, labels)| labels)
    }

    /// How often the world was written.
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// Takes what verbs left in the outbox, in order of writing.
    pub fn take_outbox(&mut self) -> Vec<Outgoing> {
        std::mem::take(&mut self.outbox)
    }

    /// Whether the outbox is empty.
    pub fn outbox_is_empty(&self) -> bool {
        self.outbox.is_empty()
    }

    /// Forgets the ghosts of removed objects; the simulation calls it when a step's changes have been told to everybody.
    pub fn bury(&mut self) {
        self.prior_labels.clear();
        for kind in Kind::ALL {
            for_kind!(kind, T => T::table_mut(self).bury());
        }
    }
}
