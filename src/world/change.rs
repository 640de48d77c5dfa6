//! What verbs leave behind: changes of objects, and Kubernetes Events.

use super::table::Id;
use crate::api::{Kind, Text, Uid};

/// An object of any kind. References sort by creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectRef {
    /// The serial number of its creation.
    pub serial: u32,
    /// Its place in its table.
    pub slot: u32,
    /// Its kind.
    pub kind: Kind,
}

impl ObjectRef {
    /// The typed id, for the kind that `T` is.
    pub fn id<T: super::Stored>(self) -> Option<Id<T>> {
        (self.kind == T::KIND).then(|| Id::new(self.slot, self.serial))
    }
}

impl<T: super::Stored> From<Id<T>> for ObjectRef {
    fn from(id: Id<T>) -> ObjectRef {
        ObjectRef { serial: id.serial, slot: id.slot, kind: T::KIND }
    }
}

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ChangeVerb {
    /// It was created.
    Added,
    /// It was written.
    Modified,
    /// It is gone.
    Deleted,
}

/// Which sides of an object a change touched, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Aspects(u16);

impl Aspects {
    /// Nothing.
    pub const NONE: Aspects = Aspects(0);
    /// Labels.
    pub const LABELS: Aspects = Aspects(1);
    /// Annotations.
    pub const ANNOTATIONS: Aspects = Aspects(1 << 1);
    /// Owners.
    pub const OWNERS: Aspects = Aspects(1 << 2);
    /// Finalizers.
    pub const FINALIZERS: Aspects = Aspects(1 << 3);
    /// A deletion was requested or its grace period changed.
    pub const DELETION: Aspects = Aspects(1 << 4);
    /// The spec (what raises `generation`).
    pub const SPEC: Aspects = Aspects(1 << 5);
    /// The status, in any way.
    pub const STATUS: Aspects = Aspects(1 << 6);
    /// A Pod was bound to a node.
    pub const BOUND: Aspects = Aspects(1 << 7);
    /// A Pod's phase.
    pub const PHASE: Aspects = Aspects(1 << 8);
    /// Condition Ready of a Pod or node.
    pub const READY: Aspects = Aspects(1 << 9);
    /// A node's taints.
    pub const TAINTS: Aspects = Aspects(1 << 10);
    /// A node's cordon.
    pub const UNSCHEDULABLE: Aspects = Aspects(1 << 11);
    /// A node's allocatable resources.
    pub const ALLOCATABLE: Aspects = Aspects(1 << 12);

    /// The machine behind a node (nothing in the object itself).
    pub const MACHINE: Aspects = Aspects(1 << 13);

    /// Whether nothing is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the two sets share anything.
    pub const fn any(self, other: Aspects) -> bool {
        self.0 & other.0 != 0
    }

    /// The bits, for digests.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// The set when `condition` holds, nothing otherwise.
    pub const fn when(self, condition: bool) -> Aspects {
        if condition { self } else { Aspects::NONE }
    }
}

impl std::ops::BitOr for Aspects {
    type Output = Aspects;
    fn bitor(self, other: Aspects) -> Aspects {
        Aspects(self.0 | other.0)
    }
}

impl std::ops::BitOrAssign for Aspects {
    fn bitor_assign(&mut self, other: Aspects) {
        self.0 |= other.0;
    }
}

/// The record of one write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// What became of the object.
    pub verb: ChangeVerb,
    /// The object. When it was deleted, its last state is a ghost in its table until the step ends.
    pub object: ObjectRef,
    /// Which sides were touched (for `Modified`).
    pub aspects: Aspects,
    /// The controller it had before, when its owners changed.
    pub prior_controller: Option<Uid>,
}

/// Who wrote an Event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Source {
    /// `cronjob-controller`
    CronJob,
    /// `job-controller`
    Job,
    /// `daemonset-controller`
    DaemonSet,
    /// `replicaset-controller`
    ReplicaSet,
    /// `deployment-controller`
    Deployment,
    /// `default-scheduler`
    Scheduler,
    /// `kubelet`
    Kubelet,
    /// `node-controller`
    Node,
    /// `taint-eviction-controller`
    TaintEviction,
    /// `endpoint-slice-controller`
    EndpointSlice,
    /// `service-controller`
    Service,
}

impl Source {
    /// The component's name in Events.
    pub const fn name(self) -> &'static str {
        match self {
            Source::CronJob => "cronjob-controller",
            Source::Job => "job-controller",
            Source::DaemonSet => "daemonset-controller",
            Source::ReplicaSet => "replicaset-controller",
            Source::Deployment => "deployment-controller",
            Source::Scheduler => "default-scheduler",
            Source::Kubelet => "kubelet",
            Source::Node => "node-controller",
            Source::TaintEviction => "taint-eviction-controller",
            Source::EndpointSlice => "endpoint-slice-controller",
            Source::Service => "service-controller",
        }
    }
}

/// A message of an Event, rendered only when somebody reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Text as it is.
    Text(Text),
    /// `Created pod: <name>`
    CreatedPod(Text),
    /// `Deleted pod: <name>`
    DeletedPod(Text),
    /// `Successfully assigned <namespace>/<the object's name> to <node>`
    Assigned(Text),
}

impl Message {
    /// The text; `namespace` and `name` are those of the object that the Event is about.
    pub fn render(&self, namespace: &str, name: &str) -> Text {
        match self {
            Message::Text(text) => text.clone(),
            Message::CreatedPod(pod) => Text::from(format!("Created pod: {pod}")),
            Message::DeletedPod(pod) => Text::from(format!("Deleted pod: {pod}")),
            Message::Assigned(node) => Text::from(format!("Successfully assigned {namespace}/{name} to {node}")),
        }
    }
}

impl<T: Into<Text>> From<T> for Message {
    fn from(text: T) -> Message {
        Message::Text(text.into())
    }
}

/// An Event as an actor emits it, before equal ones are counted together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emitted {
    /// What it is about.
    pub object: ObjectRef,
    /// `Warning` instead of `Normal`.
    pub warning: bool,
    /// Its reason.
    pub reason: &'static str,
    /// Its message.
    pub message: Message,
    /// Who wrote it.
    pub source: Source,
    /// The how-manieth of its series it is, when its writer counts repetitions itself (k8s.io/client-go/tools/events, which
    /// the scheduler uses); `None` when equal and similar ones are to be counted together (k8s.io/client-go/tools/record).
    pub count: Option<u32>,
}

/// One entry of the world's outbox, in the order of writing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// An object was written.
    Change(Change),
    /// An Event was emitted.
    Event(Emitted),
}
