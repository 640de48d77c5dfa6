//! Controllers and node agents: everything that acts on the world.
//!
//! An actor hears of changes ([`Actor::observe`]), is woken by alarms ([`Actor::ring`]) and does one piece of work at a
//! time ([`Actor::work`]). It reads the world directly, so it never sees stale state, and writes through the world's
//! verbs only. The simulation decides who acts when: at one instant, actors early in [`ActorKind::ALL`] work until they
//! have nothing left before later ones begin, so that a controller sees all of what happened at an instant in one sync.

pub mod alarm;
pub mod calls;
pub mod controller_ref;
pub mod cron_job;
pub mod daemon_set;
pub mod deployment;
pub mod endpoint_slice;
#[cfg(test)]
mod fixture;
pub mod garbage;
pub mod job;
pub mod kubelet;
pub mod node_lifecycle;
pub mod outcome;
pub mod pod_control;
pub mod pod_gc;
pub mod queue;
pub mod replica_set;
#[cfg(test)]
mod rig;
pub mod scheduler;
pub mod taint_eviction;
pub mod traffic;
pub mod ttl;

pub use alarm::{Alarm, Alarms, Key};
pub use calls::CallLimits;
pub use queue::WorkQueue;

use crate::time::SimTime;
use crate::world::{Change, World};

/// Who acts. The order is the order of work at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ActorKind {
    /// The kubelets of all nodes.
    Kubelet,
    /// Binds Pods to nodes.
    Scheduler,
    /// Watches nodes' heartbeats, sets conditions and taints.
    NodeLifecycle,
    /// Keeps DaemonSets; before those who evict, because both take a Pod off a tainted node, each with its Event.
    DaemonSet,
    /// Evicts Pods from nodes with NoExecute taints.
    TaintEviction,
    /// Removes Pods of vanished nodes.
    PodGc,
    /// Deletes dependents of deleted owners.
    Garbage,
    /// Deletes finished Jobs after their time.
    TtlAfterFinished,
    /// Keeps EndpointSlices.
    EndpointSlice,
    /// Keeps ReplicaSets.
    ReplicaSet,
    /// Keeps Deployments.
    Deployment,
    /// Keeps CronJobs. Before Jobs, so that it sees each of a Job's two status writes at an instant.
    CronJob,
    /// Keeps Jobs.
    Job,
}

impl ActorKind {
    /// Every actor, in order of work.
    pub const ALL: [ActorKind; 13] = [
        ActorKind::Kubelet,
        ActorKind::Scheduler,
        ActorKind::NodeLifecycle,
        ActorKind::DaemonSet,
        ActorKind::TaintEviction,
        ActorKind::PodGc,
        ActorKind::Garbage,
        ActorKind::TtlAfterFinished,
        ActorKind::EndpointSlice,
        ActorKind::ReplicaSet,
        ActorKind::Deployment,
        ActorKind::CronJob,
        ActorKind::Job,
    ];
}

/// What an actor hears a change with: it may look and set alarms, not write.
pub struct Sight<'a> {
    /// The time of the change.
    pub now: SimTime,
    /// The world after the change. A deleted object is still there as a ghost.
    pub world: &'a World,
    /// Where to set alarms.
    pub alarms: &'a mut Alarms,
}

/// What an actor works with.
pub struct Cx<'a> {
    /// The time.
    pub now: SimTime,
    /// The world.
    pub world: &'a mut World,
    /// Where to set alarms.
    pub alarms: &'a mut Alarms,
    /// How many calls each actor may still make.
    pub calls: &'a mut CallLimits,
}

impl Cx<'_> {
    /// Takes leave for one write by `actor`.
    ///
    /// # Errors
    /// The time of the next free call, when the client's limit is used up; put the key back in the queue for then and
    /// leave the sync (it will start over, and find done what it has done).
    pub fn call(&mut self, actor: ActorKind) -> Result<(), SimTime> {
        self.calls.take(actor, self.world.settings.pace, self.now)
    }
}

/// A controller or agent.
pub trait Actor {
    /// Hears of a change. Changes come in the order in which they were written.
    fn observe(&mut self, change: &Change, sight: &mut Sight);

    /// An alarm it set is due.
    fn ring(&mut self, key: Key, cx: &mut Cx);

    /// Does one piece of work; answers false when there is none.
    fn work(&mut self, cx: &mut Cx) -> bool;
}

/// All actors of a simulation, cloned with every checkpoint.
#[derive(Clone, Debug, Default)]
pub struct Actors {
    /// The kubelets of all nodes.
    pub kubelet: kubelet::Kubelet,
    /// The scheduler.
    pub scheduler: scheduler::Scheduler,
    /// The node lifecycle controller.
    pub node_lifecycle: node_lifecycle::NodeLifecycle,
    /// The taint eviction controller.
    pub taint_eviction: taint_eviction::TaintEviction,
    /// The Pod garbage collector.
    pub pod_gc: pod_gc::PodGc,
    /// The garbage collector.
    pub garbage: garbage::Garbage,
    /// The TTL-after-finished controller.
    pub ttl: ttl::TtlAfterFinished,
    /// The EndpointSlice controller.
    pub endpoint_slice: endpoint_slice::EndpointSlices,
    /// The ReplicaSet controller.
    pub replica_set: replica_set::ReplicaSets,
    /// The DaemonSet controller.
    pub daemon_set: daemon_set::DaemonSets,
    /// The Deployment controller.
    pub deployment: deployment::Deployments,
    /// The Job controller.
    pub job: job::Jobs,
    /// The CronJob controller.
    pub cron_job: cron_job::CronJobs,
}

impl Actors {
    /// The actor of a kind.
    pub fn get(&mut self, kind: ActorKind) -> &mut dyn Actor {
        match kind {
            ActorKind::Kubelet => &mut self.kubelet,
            ActorKind::Scheduler => &mut self.scheduler,
            ActorKind::NodeLifecycle => &mut self.node_lifecycle,
            ActorKind::TaintEviction => &mut self.taint_eviction,
            ActorKind::PodGc => &mut self.pod_gc,
            ActorKind::Garbage => &mut self.garbage,
            ActorKind::TtlAfterFinished => &mut self.ttl,
            ActorKind::EndpointSlice => &mut self.endpoint_slice,
            ActorKind::ReplicaSet => &mut self.replica_set,
            ActorKind::DaemonSet => &mut self.daemon_set,
            ActorKind::Deployment => &mut self.deployment,
            ActorKind::Job => &mut self.job,
            ActorKind::CronJob => &mut self.cron_job,
        }
    }
}
