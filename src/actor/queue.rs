//! Work queues as controllers have them: a key is queued once, however often it is added.
//! Upstream: k8s.io/client-go/util/workqueue/{queue,delaying_queue,default_rate_limiters}.go.

use super::ActorKind;
use super::alarm::{Alarms, Key};
use crate::time::{SimDuration, SimTime};
use crate::world::ObjectRef;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The alarm code by which a queue wakes itself; actors use other codes for their own alarms.
pub const QUEUE_CODE: u16 = 0;

/// A controller's queue of objects to sync.
#[derive(Clone, Debug)]
pub struct WorkQueue {
    actor: ActorKind,
    ready: VecDeque<ObjectRef>,
    queued: BTreeSet<ObjectRef>,
    later: BTreeMap<ObjectRef, SimTime>,
    failures: BTreeMap<ObjectRef, u32>,
    first_retry: SimDuration,
    last_retry: SimDuration,
}

impl WorkQueue {
    /// An actor's queue with the default retry back-off (5 ms doubling up to 1,000 s).
    pub fn new(actor: ActorKind) -> WorkQueue {
        WorkQueue::with_backoff(actor, SimDuration::from_millis(5), SimDuration::from_secs(1_000))
    }

    /// An actor's queue with its own retry back-off.
    pub fn with_backoff(actor: ActorKind, first_retry: SimDuration, last_retry: SimDuration) -> WorkQueue {
        WorkQueue {
            actor,
            ready: VecDeque::new(),
            queued: BTreeSet::new(),
            later: BTreeMap::new(),
            failures: BTreeMap::new(),
            first_retry,
            last_retry,
        }
    }

    /// Queues an object now, unless it is queued already.
    pub fn add(&mut self, object: impl Into<ObjectRef>) {
        let object = object.into();
        if self.queued.insert(object) {
            self.ready.push_back(object);
        }
    }

    /// Queues an object at `at`; of several such wishes for one object the earliest counts.
    pub fn add_at(&mut self, object: impl Into<ObjectRef>, at: SimTime, alarms: &mut Alarms) {
        let object = object.into();
        if self.later.get(&object).is_some_and(|set| *set <= at) {
            return;
        }
        self.later.insert(object, at);
        alarms.set(at, self.actor, Key::object(object, QUEUE_CODE, 0));
    }

    /// Forgets that an object is to be queued later.
    ///
    /// A sync that follows at once on one that has written is turned away upstream, because the caches do not show those
    /// writes yet; it is queued anew for a few milliseconds later, and that takes the place of any later time.
    /// Upstream: pkg/controller/util/consistency/store.go EnsureReady.
    pub fn forget_later(&mut self, object: impl Into<ObjectRef>) {
        self.later.remove(&object.into());
    }

    /// Queues an object again after a failure, later with each failure in a row.
    pub fn add_rate_limited(&mut self, object: impl Into<ObjectRef>, now: SimTime, alarms: &mut Alarms) {
        let object = object.into();
        let failures = self.failures.entry(object).or_insert(0);
        let doubled = self.first_retry.nanos().checked_shl(*failures).filter(|n| *n > 0 && *failures < 40);
        let wait = doubled.map_or(self.last_retry, |nanos| SimDuration::from_nanos(nanos).min(self.last_retry));
        *failures += 1;
        self.add_at(object, now + wait, alarms);
    }

    /// How often in a row the object failed.
    pub fn failures(&self, object: impl Into<ObjectRef>) -> u32 {
        self.failures.get(&object.into()).copied().unwrap_or(0)
    }

    /// Forgets an object's failures.
    pub fn forget(&mut self, object: impl Into<ObjectRef>) {
        self.failures.remove(&object.into());
    }

    /// An alarm with [`QUEUE_CODE`] rang.
    pub fn ring(&mut self, key: Key, now: SimTime) {
        let Some(object) = key.object else { return };
        if self.later.get(&object).is_some_and(|at| *at <= now) {
            self.later.remove(&object);
            self.add(object);
        }
    }

    /// An alarm with [`QUEUE_CODE`] rang: like [`WorkQueue::ring`], but hands the object out to be worked on at once,
    /// ahead of what is queued; `None` when the alarm is stale or the object is queued anyway.
    pub fn due(&mut self, key: Key, now: SimTime) -> Option<ObjectRef> {
        let object = key.object.filter(|object| self.later.get(object).is_some_and(|at| *at <= now))?;
        self.later.remove(&object);
        (!self.queued.contains(&object)).then_some(object)
    }

    /// Takes the next object.
    pub fn pop(&mut self) -> Option<ObjectRef> {
        let object = self.ready.pop_front()?;
        self.queued.remove(&object);
        Some(object)
    }

    /// Drops what is known of an object that is gone.
    pub fn drop_object(&mut self, object: impl Into<ObjectRef>) {
        let object = object.into();
        self.failures.remove(&object);
        self.later.remove(&object);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Kind;

    fn object(serial: u32) -> ObjectRef {
        ObjectRef { serial, slot: serial, kind: Kind::Job }
    }

    #[test]
    fn a_key_is_queued_once_and_in_order() {
        let mut queue = WorkQueue::new(ActorKind::Job);
        for serial in [2, 1, 2, 2] {
            queue.add(object(serial));
        }
        assert_eq!([queue.pop(), queue.pop(), queue.pop()], [Some(object(2)), Some(object(1)), None]);
    }

    #[test]
    fn of_several_later_times_the_earliest_counts() {
        let (mut queue, mut alarms) = (WorkQueue::new(ActorKind::Job), Alarms::default());
        let at = SimTime::from_unix_seconds;
        for second in [9, 5, 7] {
            queue.add_at(object(1), at(second), &mut alarms);
        }
        let mut rung = Vec::new();
        while let Some(alarm) = alarms.pop_due(at(10)) {
            queue.ring(alarm.key, alarm.at);
            rung.extend(queue.pop().map(|_| alarm.at));
        }
        assert_eq!(rung, [at(5)]);
    }

    #[test]
    fn retries_double_up_to_their_limit() {
        let second = SimDuration::from_secs(1);
        let mut queue = WorkQueue::with_backoff(ActorKind::Job, second, SimDuration::from_secs(60));
        let mut waits = Vec::new();
        for _ in 0..8 {
            let mut alarms = Alarms::default();
            queue.add_rate_limited(object(1), SimTime::default(), &mut alarms);
            waits.push(alarms.next_at().unwrap().unix_seconds());
            queue.later.clear();
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    }
}
