//! Pods that failed alike.
//!
//! Ten thousand replicas that fit nowhere wait as one: they are woken together, and when the first of them fails in the
//! same way again and that leaves no trace, none of the others needs a look.

use super::kin::Likeness;
use super::plugin::Plugins;
use crate::api::Text;
use crate::time::{SimDuration, SimTime};
use crate::world::PodId;
use std::collections::BTreeSet;

/// The first back-off. Upstream: pkg/scheduler/backend/queue/scheduling_queue.go DefaultPodInitialBackoffDuration.
const INITIAL_BACKOFF: SimDuration = SimDuration::from_secs(1);
/// The longest back-off (DefaultPodMaxBackoffDuration).
const MAX_BACKOFF: SimDuration = SimDuration::from_secs(10);
/// Failures after which the back-off does not grow any more, in failures.
const MAX_COUNTED_FAILURES: u8 = 5;
/// Back-offs end on whole seconds (pkg/scheduler/backend/queue/backoff_queue.go backoffQOrderingWindowDuration).
const WINDOW: SimDuration = SimDuration::from_secs(1);
/// How long a Pod may stay without a retry (DefaultPodMaxInUnschedulablePodsDuration).
const MAX_IN_UNSCHEDULABLE: SimDuration = SimDuration::from_secs(300);
/// How often that is looked at (flushUnschedulablePodsLeftover).
const FLUSH_PERIOD: SimDuration = SimDuration::from_secs(30);

/// Where a crowd waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// For something to change.
    Unschedulable,
    /// For its back-off to end.
    Backoff(SimTime),
    /// For its turn; the key it is queued under.
    Active(u64),
}

/// What an attempt has left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The plugins that rejected nodes; none when there was no node.
    pub plugins: Plugins,
    /// The message of condition PodScheduled.
    pub message: Text,
    /// The note of the current series of Events.
    pub note: Text,
    /// How many Events of the series have been written, at most 2: later ones are only counted in memory.
    /// Upstream: k8s.io/client-go/tools/events/event_broadcaster.go recordToSink.
    // DIFFERENCE: a real scheduler writes the count of a long series of equal FailedScheduling Events every 30 minutes; here
    // it stays at what it was when the series began to repeat.
    pub series: u8,
    /// Whether the Pod has been written since; an Event about a Pod of another version begins a new series.
    pub touched: bool,
}

impl Standing {
    /// Whether failing in the same way again would leave no trace.
    pub fn is_quiet(&self, message: &Text) -> bool {
        self.series >= 2 && !self.touched && self.message == *message
    }

    /// The Event to write about one more failure: its note and count; `None` when it is only counted in memory.
    pub fn next_event(&mut self, note: &Text) -> Option<(Text, u32)> {
        if self.touched || self.series == 0 {
            (self.series, self.touched, self.note) = (1, false, note.clone());
        } else if self.series == 1 {
            self.series = 2;
        } else {
            return None;
        }
        Some((self.note.clone(), u32::from(self.series)))
    }
}

/// Pods that are alike, failed alike at the same time, and wait for the same.
#[derive(Clone, Debug)]
pub struct Crowd {
    /// What makes them alike.
    pub likeness: Likeness,
    /// What their last attempt left behind.
    pub standing: Standing,
    /// How often in a row they were unschedulable, as far as that matters.
    pub failures: u8,
    /// How often in a row there was no node at all, as far as that matters.
    pub errors: u8,
    /// When they were attempted last.
    pub attempted: SimTime,
    /// The snapshot's generation then.
    pub generation: u64,
    /// The Pods with their places in the queue.
    pub members: BTreeSet<(u64, PodId)>,
    /// Where they wait.
    pub place: Place,
    /// None of them comes before this place in the queue.
    pub order: u64,
    /// Whether others that fail alike may join.
    pub open: bool,
}

impl Crowd {
    /// Counts one more failure.
    pub fn count(failures: u8, errors: u8, is_error: bool) -> (u8, u8) {
        let more = |count: u8| (count + 1).min(MAX_COUNTED_FAILURES);
        if is_error { (failures, more(errors)) } else { (more(failures), 0) }
    }

    /// The first of them and its place in the queue.
    pub fn first(&self) -> Option<(u64, PodId)> {
        self.members.first().map(|(seq, id)| ((*seq).max(self.order), *id))
    }

    /// The second at whose end the back-off since their last attempt is over.
    /// Upstream: pkg/scheduler/backend/queue/backoff_queue.go getBackoffTime.
    pub fn backoff_until(&self) -> SimTime {
        let count = if self.errors > 0 { self.errors } else { self.failures };
        if count == 0 {
            return SimTime::default();
        }
        let doubled = SimDuration::from_nanos(INITIAL_BACKOFF.nanos() << (count - 1).min(MAX_COUNTED_FAILURES));
        (self.attempted + doubled.min(MAX_BACKOFF)).api()
    }

    /// Upstream: pkg/scheduler/backend/queue/backoff_queue.go isPodBackingoff.
    pub fn is_backing_off(&self, now: SimTime) -> bool {
        self.backoff_until() >= now.api()
    }

    /// When a back-off that ends with the second `until` is noticed.
    pub fn backoff_noticed(until: SimTime) -> SimTime {
        until + WINDOW
    }

    /// When they are tried again although nothing has happened.
    /// Upstream: pkg/scheduler/backend/queue/scheduling_queue.go flushUnschedulablePodsLeftover.
    pub fn flush_due(&self) -> SimTime {
        let after = self.attempted + MAX_IN_UNSCHEDULABLE + SimDuration::from_nanos(1);
        after.next_multiple(FLUSH_PERIOD, SimTime::default())
    }

    /// Takes retries for granted that would have left no trace, up to now.
    pub fn sleep_until(&mut self, now: SimTime) {
        let due = match self.place {
            Place::Unschedulable => self.flush_due(),
            Place::Backoff(until) if self.errors > 0 => Crowd::backoff_noticed(until),
            _ => return,
        };
        if due > now {
            return;
        }
        // From one retry on the next ones come at even intervals.
        self.attempted = due;
        let period = match self.place {
            Place::Unschedulable => self.flush_due() - due,
            _ => Crowd::backoff_noticed(self.backoff_until()) - due,
        };
        let missed = (now - due).nanos() / period.nanos().max(1);
        self.attempted = due + SimDuration::from_nanos(missed * period.nanos());
        if self.errors > 0 {
            self.place = Place::Backoff(self.backoff_until());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Pod;

    fn crowd(failures: u8, errors: u8, attempted: SimTime) -> Crowd {
        Crowd {
            likeness: Likeness::of(&Pod::default()),
            standing: Standing::default(),
            failures,
            errors,
            attempted,
            generation: 0,
            members: BTreeSet::new(),
            place: Place::Unschedulable,
            order: 0,
            open: true,
        }
    }

    #[test]
    fn the_back_off_doubles_from_one_to_ten_seconds_and_ends_on_whole_seconds() {
        let at = SimTime::from_unix_nanos(100_700_000_000);
        for (failures, errors, until) in [(1, 0, 101), (2, 0, 102), (3, 0, 104), (4, 0, 108), (5, 0, 110), (5, 1, 101)]
        {
            let crowd = crowd(failures, errors, at);
            assert_eq!(crowd.backoff_until().unix_seconds(), until, "{failures} {errors}");
            let second = SimTime::from_unix_seconds;
            assert!(crowd.is_backing_off(second(until)) && !crowd.is_backing_off(second(until + 1)));
        }
    }

    #[test]
    fn a_retry_without_cause_comes_after_five_minutes_on_the_half_minute() {
        for (attempted, due) in [(0, 330), (1, 330), (29, 330), (30, 360), (31, 360)] {
            assert_eq!(crowd(1, 0, SimTime::from_unix_seconds(attempted)).flush_due(), SimTime::from_unix_seconds(due));
        }
    }

    #[test]
    fn retries_that_leave_no_trace_are_slept_through() {
        let second = SimTime::from_unix_seconds;
        for (now, attempted) in [(329, 7), (330, 330), (659, 330), (660, 660), (100_000, 99_990)] {
            let mut crowd = crowd(5, 0, second(7));
            crowd.sleep_until(second(now));
            assert_eq!(crowd.attempted, second(attempted), "at {now}");
        }
        let mut alone = crowd(0, 5, second(7));
        alone.place = Place::Backoff(alone.backoff_until());
        alone.sleep_until(second(7 + 11 + 11 + 5));
        assert_eq!((alone.attempted, alone.place), (second(29), Place::Backoff(second(39))));
    }

    #[test]
    fn of_a_series_of_events_the_first_and_the_second_are_written() {
        let mut standing = Standing::default();
        let (one, two) = (Text::from("one"), Text::from("two"));
        assert_eq!(standing.next_event(&one), Some((one.clone(), 1)));
        assert_eq!(standing.next_event(&two), Some((one, 2)), "the second keeps the note of the first");
        assert_eq!(standing.next_event(&two), None);
        standing.touched = true;
        assert_eq!(standing.next_event(&two), Some((two, 1)));
    }
}
