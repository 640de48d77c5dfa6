//! The timeline: a lane for each controller, bars for Jobs and Pods, marks for what a schedule did.
//!
//! A [`Gantt`] is built from the log, entry by entry, and never looks back. Because the simulation is deterministic, a
//! clone of it that goes on with the log of a forecast is past and future in one: what is drawn before *now* is what
//! happened, what is drawn after is what will.

mod cron;
mod lane;
#[cfg(test)]
mod tests;
mod window;

pub use lane::{Bar, BarLook, Lane, LaneKey, LaneKind, Mark, MarkKind};
pub use window::{BarView, LaneView, MarkView, Window, ticks};

use super::scene::{Note, NoteKind};
use crate::api::{Kind, Phase, Text};
use crate::sim::{Birth, EventRecord, History, LogEntry};
use crate::time::SimTime;
use crate::world::{ChangeVerb, ObjectRef, World};
use cron::Slots;
use std::collections::BTreeMap;

/// Bars and marks that one lane keeps; the oldest go first.
pub const MAX_PIECES_OF_LANE: usize = 20_000;
/// Steps from a Pod up to the controller that nothing controls.
const MAX_OWNERS_UP: usize = 4;

type Name = (Kind, Text, Text);

/// The timeline's lanes, as far as the log has been read.
#[derive(Clone, Debug, Default)]
pub struct Gantt {
    lanes: BTreeMap<LaneKey, Lane>,
    /// Where the open bar of an object is.
    homes: BTreeMap<u32, LaneKey>,
    last: BTreeMap<u32, LogEntry>,
    names: BTreeMap<Name, ObjectRef>,
    owners: BTreeMap<u32, Name>,
    slots: BTreeMap<u32, Slots>,
    read_entries: usize,
    read_events: usize,
    /// Up to where the log has been read.
    pub read_until: SimTime,
}

impl Gantt {
    /// Reads what a history has gained. The same history must be given each time, unless [`Gantt::turn_page`] was called.
    pub fn read(&mut self, history: &History, world: &World, until: SimTime) {
        let entries = history.entries.get(self.read_entries..).unwrap_or(&[]);
        let events = history.events.get(self.read_events..).unwrap_or(&[]);
        let mut events = events.iter().peekable();
        for entry in entries {
            // An Event is recorded after the write it is about; marks need that write to have been seen.
            while let Some(event) = events.next_if(|event| event.at < entry.at) {
                self.event(event, history, world);
            }
            self.entry(entry, history);
        }
        events.for_each(|event| self.event(event, history, world));
        self.read_entries = history.entries.len();
        self.read_events = history.events.len();
        self.read_until = self.read_until.max(until);
        self.suspend_slots(world, until);
    }

    /// Goes on with another history that continues this one (a forecast's).
    pub fn turn_page(&mut self) {
        self.read_entries = 0;
        self.read_events = 0;
    }

    /// The lanes in order.
    pub fn lanes(&self) -> impl Iterator<Item = &Lane> {
        self.lanes.values()
    }

    /// For each CronJob, by serial number, what it last did otherwise than start a run on time, up to `now`.
    pub fn notes(&self, now: SimTime) -> BTreeMap<u32, Note> {
        let ticks = self.lanes.values().filter(|lane| lane.kind == LaneKind::Ticks);
        let note = |lane: &Lane| {
            let last = lane.marks.iter().rev().find(|mark| mark.at <= now)?;
            let kind = match last.kind {
                MarkKind::HeldBack => NoteKind::HeldBack,
                MarkKind::Replaced => NoteKind::Replaced,
                MarkKind::Missed => NoteKind::Missed,
                _ => return None,
            };
            Some((lane.root.serial, Note { kind, slot: last.slot }))
        };
        ticks.filter_map(note).collect()
    }

    fn entry(&mut self, entry: &LogEntry, history: &History) {
        let serial = entry.object.serial;
        let Some(birth) = history.birth(entry.object) else { return };
        if entry.verb == ChangeVerb::Added {
            self.learn(entry.object, birth);
        }
        let before = self.last.get(&serial).copied();
        match entry.object.kind {
            Kind::Pod => self.pod(entry, before, birth),
            Kind::Job => self.job(entry, before, birth),
            Kind::Node => self.node(entry, before, birth),
            Kind::CronJob => self.cron_job(entry, before, birth),
            Kind::DaemonSet | Kind::Deployment | Kind::ReplicaSet => {}
            _ => return,
        }
        if entry.verb == ChangeVerb::Deleted {
            self.last.remove(&serial);
            self.homes.remove(&serial);
        } else {
            self.last.insert(serial, *entry);
        }
    }

    fn learn(&mut self, object: ObjectRef, birth: &Birth) {
        self.names.insert((object.kind, birth.namespace.clone(), birth.name.clone()), object);
        if let Some(kind) = Kind::parse(&birth.owner.0) {
            self.owners.insert(object.serial, (kind, birth.namespace.clone(), birth.owner.1.clone()));
        }
    }

    /// The controller at the top, and its name; the object itself when nothing controls it.
    fn root(&self, object: ObjectRef, birth: &Birth) -> (ObjectRef, Text) {
        let mut top = (object, birth.name.clone());
        for _ in 0..MAX_OWNERS_UP {
            let Some(owner) = self.owners.get(&top.0.serial) else { break };
            let Some(above) = self.names.get(owner) else { break };
            top = (*above, owner.2.clone());
        }
        top
    }

    fn lane(&mut self, kind: LaneKind, root: ObjectRef, title: &Text) -> &mut Lane {
        let key = LaneKey::of(kind, root);
        self.lanes.entry(key).or_insert_with(|| Lane::new(kind, root, title.clone()))
    }

    fn pod(&mut self, entry: &LogEntry, before: Option<LogEntry>, birth: &Birth) {
        let look = pod_look(entry);
        if before.is_some_and(|old| pod_look(&old) == look) && entry.verb != ChangeVerb::Deleted {
            return;
        }
        let (root, title) = self.root(entry.object, birth);
        let kind = if root == entry.object { LaneKind::Bare } else { LaneKind::Pods };
        let lane = self.lane(kind, root, &title);
        if entry.verb == ChangeVerb::Deleted {
            lane.end(entry.object, entry.at, None);
        } else if entry.phase.is_terminal() {
            lane.end(entry.object, entry.at, Some(look));
        } else {
            lane.go_on(entry.object, entry.at, look, &birth.name);
        }
    }

    fn job(&mut self, entry: &LogEntry, before: Option<LogEntry>, birth: &Birth) {
        let look = match (entry.deleting, entry.phase) {
            (_, Phase::Succeeded) => BarLook::Finished,
            (_, Phase::Failed) => BarLook::Failed,
            (true, _) => BarLook::Terminating,
            (_, Phase::Running) => BarLook::Running,
            _ => BarLook::Suspended,
        };
        let (root, title) = self.root(entry.object, birth);
        let lane = self.lane(LaneKind::Jobs, root, &title);
        if entry.verb == ChangeVerb::Deleted {
            lane.end(entry.object, entry.at, None);
        } else if matches!(look, BarLook::Finished | BarLook::Failed) {
            lane.end(entry.object, entry.at, Some(look));
        } else if before.is_none_or(|old| (old.phase, old.deleting) != (entry.phase, entry.deleting)) {
            lane.go_on(entry.object, entry.at, look, &birth.name);
        }
    }

    fn node(&mut self, entry: &LogEntry, before: Option<LogEntry>, birth: &Birth) {
        let lane = self.lane(LaneKind::Nodes, ObjectRef { serial: u32::MAX, slot: 0, kind: Kind::Node }, &Text::EMPTY);
        let was_ready = before.is_some_and(|old| old.ready);
        match (entry.verb, was_ready, entry.ready) {
            (ChangeVerb::Deleted, ..) => lane.end(entry.object, entry.at, None),
            (_, true, false) => lane.go_on(entry.object, entry.at, BarLook::Lost, &birth.name),
            (_, false, true) => lane.end(entry.object, entry.at, None),
            _ => {}
        }
    }

    fn cron_job(&mut self, entry: &LogEntry, before: Option<LogEntry>, birth: &Birth) {
        let (root, title) = (entry.object, birth.name.clone());
        for kind in [LaneKind::Ticks, LaneKind::Jobs, LaneKind::Pods] {
            self.lane(kind, root, &title);
        }
        let suspended = entry.phase == Phase::Pending && entry.verb != ChangeVerb::Deleted;
        let was = before.is_some_and(|old| old.phase == Phase::Pending);
        if suspended != was {
            self.slots.entry(root.serial).or_default().suspend(suspended, entry.at);
        }
        if entry.verb == ChangeVerb::Deleted {
            self.slots.remove(&root.serial);
        }
    }

    fn event(&mut self, event: &EventRecord, history: &History, world: &World) {
        if event.object.kind == Kind::CronJob {
            self.cron_event(event, history, world);
            return;
        }
        if !event.warning || event.count > 1 {
            return;
        }
        let Some(birth) = history.birth(event.object) else { return };
        let kind = match event.object.kind {
            Kind::Pod if self.owners.contains_key(&event.object.serial) => LaneKind::Pods,
            Kind::Pod => LaneKind::Bare,
            Kind::Job => LaneKind::Jobs,
            _ => return,
        };
        let (root, title) = self.root(event.object, birth);
        let mark =
            Mark { at: event.at, slot: event.at, kind: MarkKind::Warning, object: event.object, reason: event.reason };
        self.lane(kind, root, &title).mark(mark);
    }
}

fn pod_look(entry: &LogEntry) -> BarLook {
    match (entry.phase, entry.deleting) {
        (Phase::Succeeded, _) => BarLook::Finished,
        (Phase::Failed, _) => BarLook::Failed,
        (_, true) => BarLook::Terminating,
        (Phase::Pending, _) if !entry.bound => BarLook::Waiting,
        (Phase::Pending, _) => BarLook::Creating,
        (Phase::Unknown, _) => BarLook::Lost,
        (Phase::Running, _) if entry.ready => BarLook::Running,
        (Phase::Running, _) => BarLook::Unready,
    }
}
