//! What has happened: the change log, the Events, and the names of everything that ever was.
//!
//! The history only grows. Travelling back cuts it to the lengths a checkpoint remembers ([`History::mark`],
//! [`History::cut`]). Its hash is the proof that two runs were the same.

use crate::api::{Phase, Text};
use crate::dice::{FNV_OFFSET, fnv1a};
use crate::time::{SimDuration, SimTime};
use crate::world::{Change, ChangeVerb, Emitted, Message, ObjectRef, Source, World};

/// Events of one object that are looked back through for an equal one, in Events.
const MAX_LOOKED_BACK_EVENTS: usize = 64;
/// So many different messages of one kind are folded into one Event.
/// Upstream: k8s.io/client-go/tools/record/events_cache.go defaultAggregateMaxEvents.
const FOLDED_FROM_MESSAGES: u8 = 10;
/// A writer may emit so many Events about one object at once …
/// Upstream: k8s.io/client-go/tools/record/events_cache.go defaultSpamBurst.
const SPAM_BURST_EVENTS: i64 = 25;
/// … and one in so many seconds after that (defaultSpamQPS).
const SPAM_SECONDS_PER_EVENT: i64 = 300;
/// …when they come within this time of each other (defaultAggregateIntervalInSeconds).
const FOLDED_WITHIN: SimDuration = SimDuration::from_secs(600);

/// One write, in 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// When.
    pub at: SimTime,
    /// Which object.
    pub object: ObjectRef,
    /// What became of it.
    pub verb: ChangeVerb,
    /// For a Pod: its phase afterwards. For a Job: Running, Succeeded or Failed, Pending while suspended. For a CronJob:
    /// Running, Pending while suspended.
    pub phase: Phase,
    /// For a Pod or node: whether it is ready afterwards.
    pub ready: bool,
    /// Whether its deletion has been requested.
    pub deleting: bool,
    /// For a Pod: whether it is bound to a node.
    pub bound: bool,
}

/// What is remembered of every object that ever was.
#[derive(Clone, Debug)]
pub struct Birth {
    /// The object.
    pub object: ObjectRef,
    /// Its namespace.
    pub namespace: Text,
    /// Its name.
    pub name: Text,
    /// The name of its controller, with the controller's kind; empty without one.
    pub owner: (Text, Text),
    /// When it was created.
    pub at: SimTime,
    last_event: u32,
}

/// A recorded Event. Equal Events are counted: each recurrence is a record with a higher count.
#[derive(Clone, Debug)]
pub struct EventRecord {
    /// When it was emitted.
    pub at: SimTime,
    /// What it is about.
    pub object: ObjectRef,
    /// `Warning` instead of `Normal`.
    pub warning: bool,
    /// Its reason.
    pub reason: &'static str,
    /// Its message.
    pub message: Message,
    /// Whether it stands for several similar ones.
    pub combined: bool,
    /// Who wrote it.
    pub source: Source,
    /// How often it has occurred by now.
    pub count: u32,
    /// The number of the first record of this Event.
    pub first: u32,
    similar: u8,
    previous: u32,
    /// The writer's bucket for this object, as the time at which it was or will be empty of debt.
    bucket: SimTime,
}

const NO_EVENT: u32 = u32::MAX;

/// Lengths of a history at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    entries: usize,
    births: usize,
    events: usize,
    hash: u64,
}

/// Everything that has happened.
#[derive(Clone, Debug)]
pub struct History {
    /// Every write in order.
    pub entries: Vec<LogEntry>,
    /// Every object that ever was; its place is the object's serial number less `first_serial`.
    pub births: Vec<Birth>,
    /// Every Event in order.
    pub events: Vec<EventRecord>,
    first_serial: u32,
    hash: u64,
}

impl Default for History {
    fn default() -> History {
        History { entries: Vec::new(), births: Vec::new(), events: Vec::new(), first_serial: 0, hash: FNV_OFFSET }
    }
}

impl History {
    /// The hash of everything that has happened, equal on every machine for equal runs.
    pub const fn hash(&self) -> u64 {
        self.hash
    }

    /// What is remembered of an object.
    pub fn birth(&self, object: ObjectRef) -> Option<&Birth> {
        self.births.get(object.serial.checked_sub(self.first_serial)? as usize)
    }

    /// The message of an Event.
    pub fn message(&self, event: &EventRecord) -> Text {
        let birth = self.birth(event.object);
        let (namespace, name) = birth.map_or(("", ""), |birth| (birth.namespace.as_str(), birth.name.as_str()));
        let text = event.message.render(namespace, name);
        if event.combined { Text::from(format!("(combined from similar events): {text}")) } else { text }
    }

    /// An empty history that goes on from this one: it knows every object but none of what happened to it.
    pub fn continuing(&self) -> History {
        let births = self.births.iter().map(|birth| Birth { last_event: NO_EVENT, ..birth.clone() }).collect();
        History { births, first_serial: self.first_serial, ..History::default() }
    }

    /// The lengths now.
    pub const fn mark(&self) -> Mark {
        Mark { entries: self.entries.len(), births: self.births.len(), events: self.events.len(), hash: self.hash }
    }

    /// Forgets everything after a mark.
    pub fn cut(&mut self, mark: Mark) {
        self.entries.truncate(mark.entries);
        self.births.truncate(mark.births);
        self.events.truncate(mark.events);
        self.hash = mark.hash;
        for birth in &mut self.births {
            birth.last_event = NO_EVENT;
        }
        for number in 0..self.events.len() {
            let place = self.events[number].object.serial.saturating_sub(self.first_serial) as usize;
            if let Some(birth) = self.births.get_mut(place) {
                birth.last_event = number as u32;
            }
        }
    }

    /// Takes a change down.
    pub(super) fn change(&mut self, now: SimTime, change: &Change, world: &World) {
        let object = change.object;
        let meta = world.meta(object);
        let pod = object.id().and_then(|id| world.pods.ghost(id));
        let node = object.id().and_then(|id| world.nodes.ghost(id));
        if change.verb == ChangeVerb::Added
            && let Some(meta) = meta
        {
            if self.births.is_empty() {
                self.first_serial = object.serial;
            }
            let owner = meta.controller().map_or((Text::EMPTY, Text::EMPTY), |o| (o.kind.clone(), o.name.clone()));
            let (namespace, name) = (meta.namespace.clone(), meta.name.clone());
            self.births.push(Birth { object, namespace, name, owner, at: now, last_event: NO_EVENT });
        }
        let entry = LogEntry {
            at: now,
            object,
            verb: change.verb,
            phase: pod.map_or_else(|| run_phase(object, world), |pod| pod.status.phase),
            ready: pod.is_some_and(|pod| pod.is_ready()) || node.is_some_and(|node| node.is_ready()),
            deleting: meta.is_some_and(|meta| meta.deleting()),
            bound: pod.is_some_and(|pod| !pod.node_name.is_empty()),
        };
        self.mix(&now.unix_nanos().to_le_bytes());
        self.mix(&object.serial.to_le_bytes());
        self.mix(&[change.verb as u8, entry.phase as u8, u8::from(entry.ready), u8::from(entry.deleting)]);
        self.mix(&change.aspects.bits().to_le_bytes());
        self.mix(meta.map_or(b"", |meta| meta.name.as_bytes()));
        self.mix(pod.map_or(b"", |pod| pod.node_name.as_bytes()));
        self.entries.push(entry);
    }

    /// Takes an Event down, counting equal ones and folding similar ones; `None` when its object was never seen.
    /// Upstream: k8s.io/client-go/tools/record/events_cache.go EventCorrelate.
    pub(super) fn event(&mut self, now: SimTime, emitted: Emitted, world: &World) -> Option<&EventRecord> {
        let place = emitted.object.serial.checked_sub(self.first_serial)? as usize;
        let number = self.events.len() as u32;
        let previous = self.births.get(place)?.last_event;
        let mut record = EventRecord {
            at: now,
            object: emitted.object,
            warning: emitted.warning,
            reason: emitted.reason,
            message: emitted.message,
            combined: false,
            source: emitted.source,
            count: 1,
            first: number,
            similar: 1,
            previous,
            bucket: SimTime::default(),
        };
        if !self.spend(&mut record) {
            return None;
        }
        match emitted.count {
            Some(count) => self.continue_series(&mut record, count),
            None => self.correlate(&mut record),
        }
        self.mix(&now.unix_nanos().to_le_bytes());
        self.mix(&record.object.serial.to_le_bytes());
        self.mix(&record.count.to_le_bytes());
        self.mix(record.reason.as_bytes());
        let meta = world.meta(record.object);
        let (namespace, name) = meta.map_or(("", ""), |meta| (meta.namespace.as_str(), meta.name.as_str()));
        self.mix(record.message.render(namespace, name).as_bytes());
        if let Some(birth) = self.births.get_mut(place) {
            birth.last_event = number;
        }
        self.events.push(record);
        self.events.last()
    }

    /// A writer may emit a burst of Events about one object and then few; what is beyond that is lost. False: lost.
    /// Upstream: k8s.io/client-go/tools/record/events_cache.go EventSourceObjectSpamFilter.
    fn spend(&self, record: &mut EventRecord) -> bool {
        if record.source == Source::Scheduler {
            // It writes by a newer interface, which counts but does not filter.
            return true;
        }
        let mut bucket = record.at - SimDuration::from_secs(SPAM_BURST_EVENTS * SPAM_SECONDS_PER_EVENT);
        let mut at = record.previous;
        for _ in 0..MAX_LOOKED_BACK_EVENTS {
            let Some(old) = self.events.get(at as usize) else { break };
            if old.source == record.source {
                bucket = bucket.max(old.bucket);
                break;
            }
            at = old.previous;
        }
        record.bucket = bucket + SimDuration::from_secs(SPAM_SECONDS_PER_EVENT);
        record.bucket <= record.at
    }

    /// Takes over the count of a writer that counts itself, and finds the first of the series.
    /// Upstream: k8s.io/client-go/tools/events/event_broadcaster.go recordToSink.
    fn continue_series(&self, record: &mut EventRecord, count: u32) {
        record.count = count;
        let mut at = record.previous;
        for _ in 0..if count > 1 { MAX_LOOKED_BACK_EVENTS } else { 0 } {
            let Some(old) = self.events.get(at as usize) else { return };
            if (old.source, old.warning, old.reason) == (record.source, record.warning, record.reason) {
                record.first = old.first;
                return;
            }
            at = old.previous;
        }
    }

    fn correlate(&self, record: &mut EventRecord) {
        let mut group_seen = false;
        let mut at = record.previous;
        for _ in 0..MAX_LOOKED_BACK_EVENTS {
            let Some(old) = self.events.get(at as usize) else { break };
            at = old.previous;
            if (old.source, old.warning, old.reason) != (record.source, record.warning, record.reason) {
                continue;
            }
            if !group_seen {
                group_seen = true;
                let fresh = record.at - old.at > FOLDED_WITHIN;
                record.similar = if fresh { 1 } else { old.similar + 1 };
            }
            if old.message == record.message && !old.combined {
                (record.count, record.first) = (old.count + 1, old.first);
                record.similar = record.similar.saturating_sub(1).max(1);
                return;
            }
        }
        if record.similar >= FOLDED_FROM_MESSAGES {
            record.combined = true;
            record.similar = FOLDED_FROM_MESSAGES - 1;
            self.continue_combined(record);
        }
    }

    /// Counts a folded Event on from the last folded one of its group.
    fn continue_combined(&self, record: &mut EventRecord) {
        let mut at = record.previous;
        for _ in 0..MAX_LOOKED_BACK_EVENTS {
            let Some(old) = self.events.get(at as usize) else { return };
            if old.combined && (old.source, old.warning, old.reason) == (record.source, record.warning, record.reason) {
                (record.count, record.first) = (old.count + 1, old.first);
                return;
            }
            at = old.previous;
        }
    }

    fn mix(&mut self, bytes: &[u8]) {
        self.hash = fnv1a(self.hash, bytes);
        self.hash = fnv1a(self.hash, &[0xff]);
    }
}

/// What a Job or CronJob is doing, in the words of Pods; Pending for everything else.
fn run_phase(object: ObjectRef, world: &World) -> Phase {
    let running = |suspended: bool| if suspended { Phase::Pending } else { Phase::Running };
    if let Some(cron_job) = object.id().and_then(|id| world.cron_jobs.ghost(id)) {
        return running(cron_job.spec.suspend);
    }
    let Some(job) = object.id().and_then(|id| world.jobs.ghost(id)) else { return Phase::Pending };
    match job.finished() {
        Some(condition) if condition.kind == "Complete" => Phase::Succeeded,
        Some(_) => Phase::Failed,
        None => running(job.spec.suspend),
    }
}
