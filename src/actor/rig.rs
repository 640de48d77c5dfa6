//! A cluster in which only chosen actors act, for tests of one controller that play all others by hand.

use super::fixture::start;
use super::{ActorKind, Actors, Alarms, CallLimits, Cx, Sight};
use crate::api::{Kind, Pod};
use crate::sim::order::PatchKind;
use crate::sim::patch;
use crate::time::{SimDuration, SimTime};
use crate::world::{Aspects, Emitted, ObjectRef, Outgoing, PodId, World};
use serde_json::Value;

/// Steps that a run may take.
const MAX_STEPS: u64 = 2_000_000;

/// A world, a clock, and some actors.
#[derive(Clone, Default)]
pub struct Rig {
    pub world: World,
    pub now: SimTime,
    pub actors: Actors,
    pub alarms: Alarms,
    pub calls: CallLimits,
    /// Every Event so far.
    pub events: Vec<(SimTime, Emitted)>,
    kinds: Vec<ActorKind>,
}

impl Rig {
    /// An empty cluster with these actors.
    pub fn new(kinds: &[ActorKind]) -> Rig {
        Rig { now: start(), kinds: kinds.to_vec(), ..Rig::default() }
    }

    /// Tells the actors what was written.
    fn settle(&mut self) {
        let Rig { world, now, actors, alarms, events, kinds, .. } = self;
        for outgoing in world.take_outbox() {
            match outgoing {
                Outgoing::Change(change) => kinds.iter().for_each(|kind| {
                    actors.get(*kind).observe(&change, &mut Sight { now: *now, world, alarms });
                }),
                Outgoing::Event(event) => events.push((*now, event)),
            }
        }
        world.bury();
    }

    /// Runs until nothing more happens now; answers how many pieces of work were done.
    pub fn run(&mut self) -> u64 {
        self.settle();
        for step in 0..MAX_STEPS {
            let Rig { world, now, actors, alarms, calls, kinds, .. } = self;
            let mut cx = Cx { now: *now, world, alarms, calls };
            if let Some(alarm) = cx.alarms.pop_due(cx.now) {
                actors.get(alarm.actor).ring(alarm.key, &mut cx);
            } else if !kinds.iter().any(|kind| actors.get(*kind).work(&mut cx)) {
                return step;
            }
            self.settle();
        }
        panic!("the actors never rest");
    }

    /// Runs for so many seconds.
    pub fn run_for(&mut self, seconds: f64) {
        let until = self.now + SimDuration::from_millis((seconds * 1_000.0).round() as i64);
        self.run();
        while let Some(at) = self.alarms.next_at().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.run();
        }
        self.now = until;
        self.run();
    }

    /// Creates an object given as a value, and runs.
    pub fn create(&mut self, kind: Kind, value: &Value) -> ObjectRef {
        let created = self.world.create_value(kind, value, self.now).unwrap();
        self.run();
        created
    }

    /// Merges a change into an object, and runs.
    pub fn patch(&mut self, object: ObjectRef, change: &Value) {
        let live = self.world.value(object).unwrap();
        let wanted = patch::apply(&live, change, PatchKind::Merge).unwrap();
        self.world.replace_value(object, &wanted);
        self.run();
    }

    /// Writes a Pod, and runs.
    pub fn modify(&mut self, pod: PodId, write: impl FnOnce(&mut Pod) -> Aspects) {
        self.world.modify(pod, write);
        self.run();
    }

    /// All Pods in order of creation.
    pub fn pods(&self) -> Vec<PodId> {
        let mut ids: Vec<PodId> = self.world.pods.iter().map(|(id, _)| id).collect();
        ids.sort();
        ids
    }

    /// The Events about an object, as `<seconds> <reason> <message>`.
    pub fn events_of(&self, object: ObjectRef) -> Vec<String> {
        let about = self.events.iter().filter(|(_, event)| event.object == object);
        let text = |(at, event): &(SimTime, Emitted)| {
            let seconds = (*at - start()).millis() as f64 / 1_000.0;
            format!("{seconds:.1} {} {}", event.reason, event.message.render("", ""))
        };
        about.map(text).collect()
    }
}
