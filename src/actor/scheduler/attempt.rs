//! One attempt to schedule one Pod, and what it writes.
//! Upstream: pkg/scheduler/schedule_one.go.

use super::crowd::{Crowd, Standing};
use super::cycle::{Cycle, Found};
use super::explain::failure_message;
use super::failure::{Failure, NO_NODES_AVAILABLE, truncate_message};
use super::plugin::Plugins;
use super::preemption::{Candidate, Preemption};
use super::queue::Failed;
use super::score::Scores;
use super::{DEFAULT_SCHEDULER, Scheduler};
use crate::actor::{ActorKind, Cx, Sight};
use crate::api::pod_status::Flag;
use crate::api::{Condition, Pod, Resources, Status, Text};
use crate::time::SimTime;
use crate::world::{Aspects, DeleteOptions, Message, PodId, Source, World};

/// Attempts that are made between the changes of one instant, in attempts.
const MAX_ATTEMPTS_BETWEEN_CHANGES: u32 = 256;

/// Memory that is used again from one attempt to the next; copies start empty.
#[derive(Debug, Default)]
pub struct Scratch {
    found: Found,
    scores: Scores,
}

impl Clone for Scratch {
    fn clone(&self) -> Scratch {
        Scratch::default()
    }
}

/// What an attempt came to.
enum Outcome {
    /// This node.
    Bind(Text),
    /// None; perhaps room is made on one.
    Fail(Failure, Option<Candidate>),
}

impl Scheduler {
    /// Schedules one Pod.
    /// Upstream: pkg/scheduler/schedule_one.go scheduleOnePod.
    ///
    /// # Errors
    /// The time of the next free call to the API server; the Pod stays where it is in the queue.
    pub(super) fn schedule_one(&mut self, id: PodId, crowd: Option<u32>, cx: &mut Cx) -> Result<(), SimTime> {
        let Some(pod) = cx.world.pods.get(id).filter(|pod| pod.node_name.is_empty()) else {
            self.queue.remove(id);
            return Ok(());
        };
        if pod.meta.deleting() {
            let note = format!("skip schedule deleting pod: {}/{}", pod.meta.namespace, pod.meta.name);
            self.queue.remove(id);
            let note = Text::from(note);
            cx.world.event_in_series(id, Source::Scheduler, true, "FailedScheduling", note, Some(1));
            return Ok(());
        }
        match self.schedule_pod(cx.world, id, cx.now) {
            Outcome::Bind(node_name) => {
                cx.call(ActorKind::Scheduler)?;
                self.queue.remove(id);
                bind(cx.world, id, node_name, cx.now);
                Ok(())
            }
            Outcome::Fail(failure, candidate) => self.handle_scheduling_failure(id, crowd, failure, candidate, cx),
        }
    }

    // pkg/scheduler/schedule_one.go schedulingAlgorithm
    fn schedule_pod(&mut self, world: &World, id: PodId, now: SimTime) -> Outcome {
        let Scheduler { snapshot, profiles, kins, scratch, next_start_node_index, .. } = self;
        let generation = snapshot.generation;
        let Some(pod) = world.pods.get(id) else { return Outcome::Bind(Text::EMPTY) };
        if snapshot.nodes.is_empty() {
            let message = Text::Static(NO_NODES_AVAILABLE);
            let nominate = Some(Text::EMPTY);
            return Outcome::Fail(Failure { generation, message, plugins: Plugins::NONE, nominate }, None);
        }
        let (pinned, nominated) = (!pod.pinned_to.is_empty(), !pod.status.nominated_node.is_empty());
        let kin = kins.of(world, snapshot, pod);
        let alike = !pinned && !nominated;
        if alike && let Some(failure) = kin.failure.as_ref().filter(|failure| failure.generation == generation) {
            return Outcome::Fail(failure.clone(), None);
        }
        let profile = if pinned { None } else { Some(&*profiles.of(&pod.spec, world, &snapshot.nodes)) };
        let cycle = Cycle { world, snapshot, pod, id: Some(id), profile, kin, nothing: Resources::default() };
        let name = |slot: u32| snapshot.nodes.get(slot).map(|node| node.name.clone()).unwrap_or_default();
        if nominated && let Some(slot) = cycle.nominated_node_fits() {
            return Outcome::Bind(name(slot));
        }
        let scope = cycle.scope();
        let examined = cycle.find_nodes_that_fit(&scope, *next_start_node_index, &mut scratch.found);
        *next_start_node_index = (*next_start_node_index + examined) % snapshot.nodes.len();
        if let [only] = scratch.found.feasible.as_slice() {
            return Outcome::Bind(name(*only));
        }
        if let (Some(profile), [_, ..]) = (profile, scratch.found.feasible.as_slice()) {
            scratch.scores.compute(&cycle, profile, &scratch.found.feasible);
            let best = cycle.best(&scratch.scores, &scratch.found.feasible);
            return Outcome::Bind(best.map_or(Text::EMPTY, name));
        }
        let (message, preemption) = failure_message(&cycle, &scope, &scratch.found, now);
        let plugins = scratch.found.plugins;
        let (nominate, candidate) = match preemption {
            Preemption::Evict(candidate) => (Some(name(candidate.slot)), Some(candidate)),
            Preemption::NoHelp { clear, .. } => (clear.then_some(Text::EMPTY), None),
        };
        let failure = Failure { generation, message, plugins, nominate };
        if alike && candidate.is_none() {
            kin.failure = Some(failure.clone());
        }
        Outcome::Fail(failure, candidate)
    }

    // pkg/scheduler/schedule_one.go handleSchedulingFailure
    fn handle_scheduling_failure(
        &mut self,
        id: PodId,
        crowd: Option<u32>,
        failure: Failure,
        candidate: Option<Candidate>,
        cx: &mut Cx,
    ) -> Result<(), SimTime> {
        if candidate.is_none() && self.failed_without_trace(id, crowd, &failure, cx.now) {
            self.arm(cx.now, cx.alarms);
            return Ok(());
        }
        if let Some(candidate) = &candidate {
            self.prepare_candidate(id, candidate, cx)?;
        }
        let changes = cx.world.pods.get(id).is_some_and(|pod| is_status_changed(pod, &failure));
        if changes {
            cx.call(ActorKind::Scheduler)?;
        }
        let mut standing = self.standing(crowd);
        if let Some((note, count)) = standing.next_event(&truncate_message(&failure.message)) {
            cx.world.event_in_series(id, Source::Scheduler, true, "FailedScheduling", note, Some(count));
        }
        if changes {
            update_pod(cx.world, id, &failure, cx.now);
            (standing.touched, self.yielding) = (true, Some(cx.now));
        }
        let Some(pod) = cx.world.pods.get(id) else { return Ok(()) };
        self.written = Some((id, pod.meta.resource_version));
        self.take_down(id, pod, crowd, standing, failure, cx.now);
        self.arm(cx.now, cx.alarms);
        Ok(())
    }

    /// Attempts the Pods that a change has just woken before the next change comes, as far as they fail without a write;
    /// the others wait for their turn.
    ///
    /// In a cluster simultaneous changes come one after the other, and the scheduler is quick enough to try in between.
    pub(super) fn attempt_between_changes(&mut self, sight: &mut Sight) {
        if self.between_changes.0 != sight.now {
            self.between_changes = (sight.now, MAX_ATTEMPTS_BETWEEN_CHANGES);
        }
        while self.between_changes.1 > 0 && sight.now >= self.stalled_until && self.yielding != Some(sight.now) {
            let Some((id, Some(crowd))) = self.queue.next() else { return };
            let Some(pod) = sight.world.pods.get(id).filter(|pod| pod.node_name.is_empty()) else { return };
            if pod.meta.deleting() {
                return;
            }
            self.between_changes.1 -= 1;
            let Outcome::Fail(failure, None) = self.schedule_pod(sight.world, id, sight.now) else { return };
            if is_status_changed(pod, &failure) {
                return;
            }
            if !self.failed_without_trace(id, Some(crowd), &failure, sight.now) {
                let mut standing = self.standing(Some(crowd));
                if let Some((note, count)) = standing.next_event(&truncate_message(&failure.message)) {
                    self.notes.push((id, note, count));
                }
                self.take_down(id, pod, Some(crowd), standing, failure, sight.now);
            }
            self.arm(sight.now, sight.alarms);
        }
    }

    /// Whether a whole crowd has failed again in a way that leaves no trace; it then waits again.
    fn failed_without_trace(&mut self, id: PodId, crowd: Option<u32>, failure: &Failure, now: SimTime) -> bool {
        let Some((number, crowd)) = crowd.and_then(|number| Some((number, self.queue.crowd(number)?))) else {
            return false;
        };
        let quiet = crowd.standing.is_quiet(&failure.message) && crowd.standing.plugins == failure.plugins;
        let together = crowd.open || crowd.members.len() == 1;
        if quiet && together && !self.snapshot.nominated.has(id) {
            self.queue.fail_again(number, now, failure.generation);
            return true;
        }
        false
    }

    /// What earlier attempts of a Pod left behind.
    fn standing(&self, crowd: Option<u32>) -> Standing {
        crowd.and_then(|number| self.queue.crowd(number)).map_or_else(Standing::default, |crowd| crowd.standing.clone())
    }

    /// Lets a Pod that failed wait.
    fn take_down(
        &mut self,
        id: PodId,
        pod: &Pod,
        crowd: Option<u32>,
        mut standing: Standing,
        failure: Failure,
        now: SimTime,
    ) {
        let before = crowd.and_then(|number| self.queue.crowd(number));
        let (failures, errors) = before.map_or((0, 0), |crowd| (crowd.failures, crowd.errors));
        let (failures, errors) = Crowd::count(failures, errors, failure.plugins.is_empty());
        (standing.message, standing.plugins) = (failure.message, failure.plugins);
        let nominated = !pod.status.nominated_node.is_empty();
        let failed = Failed { standing, failures, errors, now, generation: failure.generation, nominated };
        self.queue.fail(id, pod, failed);
    }

    /// Emits the Events of attempts between changes; false when there are none.
    pub(super) fn emit_notes(&mut self, world: &mut World) -> bool {
        let any = !self.notes.is_empty();
        for (id, note, count) in self.notes.drain(..) {
            world.event_in_series(id, Source::Scheduler, true, "FailedScheduling", note, Some(count));
        }
        any
    }

    /// Evicts the victims. Upstream: pkg/scheduler/framework/preemption/executor.go prepareCandidateAsync.
    fn prepare_candidate(&mut self, id: PodId, candidate: &Candidate, cx: &mut Cx) -> Result<(), SimTime> {
        let Some(preemptor) = cx.world.pods.get(id) else { return Ok(()) };
        let (uid, priority) = (preemptor.meta.uid, preemptor.priority);
        let node_name = self.snapshot.nodes.get(candidate.slot).map(|node| node.name.clone()).unwrap_or_default();
        for lesser in self.snapshot.nominated.on(&node_name).to_vec() {
            if cx.world.pods.get(lesser).is_some_and(|pod| pod.priority < priority) {
                cx.call(ActorKind::Scheduler)?;
                cx.world.modify(lesser, |pod| {
                    pod.status.nominated_node = Text::EMPTY;
                    Aspects::STATUS
                });
            }
        }
        let note = Text::from(format!("Preempted by pod {uid} on node {node_name}"));
        for &victim in &candidate.victims {
            if cx.world.pods.get(victim).is_none_or(|pod| pod.meta.deleting()) {
                continue;
            }
            cx.call(ActorKind::Scheduler)?;
            let message = format!("{DEFAULT_SCHEDULER}: preempting to accommodate a higher priority pod");
            let now = cx.now;
            cx.world.modify(victim, |pod| {
                let condition = Condition::new("DisruptionTarget", Status::True, "PreemptionByScheduler", message, now);
                Condition::set(&mut pod.status.conditions, condition);
                Aspects::STATUS
            });
            cx.call(ActorKind::Scheduler)?;
            if cx.world.delete(victim, DeleteOptions::default(), now).is_ok() {
                let note = note.clone();
                cx.world.event_in_series(victim, Source::Scheduler, false, "Preempted", note, Some(1));
            }
        }
        Ok(())
    }
}

/// Binds a Pod to a node. Upstream: pkg/registry/core/pod/storage/storage.go BindingREST.assignPod.
fn bind(world: &mut World, id: PodId, node_name: Text, now: SimTime) {
    let name = node_name.clone();
    world.modify(id, |pod| {
        pod.node_name = name;
        pod.status.nominated_node = Text::EMPTY;
        pod.status.conditions.retain(|condition| condition.kind != "PodScheduled");
        pod.status.scheduled = Flag::new(true, now);
        Aspects::BOUND | Aspects::STATUS
    });
    world.event_in_series(id, Source::Scheduler, false, "Scheduled", Message::Assigned(node_name), Some(1));
}

/// Whether a failure has to be written into the Pod's status.
fn is_status_changed(pod: &Pod, failure: &Failure) -> bool {
    let known = Condition::find(&pod.status.conditions, "PodScheduled").is_some_and(|condition| {
        condition.status == Status::False && condition.reason == "Unschedulable" && condition.message == failure.message
    });
    !known || failure.nominate.as_ref().is_some_and(|node_name| *node_name != pod.status.nominated_node)
}

// pkg/scheduler/schedule_one.go updatePod
fn update_pod(world: &mut World, id: PodId, failure: &Failure, now: SimTime) {
    world.modify(id, |pod| {
        let condition = Condition::new("PodScheduled", Status::False, "Unschedulable", failure.message.clone(), now);
        Condition::set(&mut pod.status.conditions, condition);
        if let Some(node_name) = &failure.nominate {
            pod.status.nominated_node = node_name.clone();
        }
        Aspects::STATUS
    });
}
