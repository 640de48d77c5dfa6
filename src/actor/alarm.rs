//! The heap of future events.
//!
//! Total order: time, then the order in which alarms were set. Alarms are never cancelled; whoever set one checks when it
//! rings whether it still means anything.

use super::ActorKind;
use crate::time::SimTime;
use crate::world::ObjectRef;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What an alarm is about: an object, a code of the actor's own, and an epoch to tell a stale alarm by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The object; `None` for an actor's own round.
    pub object: Option<ObjectRef>,
    /// The actor's code for what is due.
    pub code: u16,
    /// The actor's number for the state in which the alarm was set.
    pub epoch: u32,
}

impl Key {
    /// An alarm about an object.
    pub fn object(object: impl Into<ObjectRef>, code: u16, epoch: u32) -> Key {
        Key { object: Some(object.into()), code, epoch }
    }

    /// An alarm for an actor's own round.
    pub const fn round(code: u16, epoch: u32) -> Key {
        Key { object: None, code, epoch }
    }
}

/// A future event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alarm {
    /// When.
    pub at: SimTime,
    /// The how-manieth alarm of the simulation it is.
    pub sequence: u64,
    /// Whose.
    pub actor: ActorKind,
    /// What about.
    pub key: Key,
}

/// The heap.
///
/// ```
/// use orrery::actor::{ActorKind, Alarms, Key};
/// use orrery::time::SimTime;
/// let mut alarms = Alarms::default();
/// alarms.set(SimTime::from_unix_seconds(2), ActorKind::Job, Key::round(2, 0));
/// alarms.set(SimTime::from_unix_seconds(1), ActorKind::Job, Key::round(1, 0));
/// assert_eq!(alarms.next_at(), Some(SimTime::from_unix_seconds(1)));
/// assert_eq!(alarms.pop_due(SimTime::from_unix_seconds(1)).unwrap().key.code, 1);
/// assert!(alarms.pop_due(SimTime::from_unix_seconds(1)).is_none());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Alarms {
    heap: BinaryHeap<Reverse<Alarm>>,
    sequence: u64,
}

impl Alarms {
    /// Sets an alarm. One in the past rings at once; one at [`SimTime::FAR_FUTURE`] is not kept.
    pub fn set(&mut self, at: SimTime, actor: ActorKind, key: Key) {
        if at == SimTime::FAR_FUTURE {
            return;
        }
        self.sequence += 1;
        self.heap.push(Reverse(Alarm { at, sequence: self.sequence, actor, key }));
    }

    /// When the next alarm rings.
    pub fn next_at(&self) -> Option<SimTime> {
        self.heap.peek().map(|Reverse(alarm)| alarm.at)
    }

    /// Takes the next alarm if it is due at `now`.
    pub fn pop_due(&mut self, now: SimTime) -> Option<Alarm> {
        if self.next_at()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse(alarm)| alarm)
    }

    /// How many alarms are set.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
}
