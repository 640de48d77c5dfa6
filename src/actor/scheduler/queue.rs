//! The Pods that wait for a node: whose turn it is, who waits out a back-off, who waits for a change.
//! Upstream: pkg/scheduler/backend/queue/scheduling_queue.go.

use super::crowd::{Crowd, Place, Standing};
use super::kin::Likeness;
use super::plugin::{Plugin, Plugins};
use crate::api::Pod;
use crate::time::SimTime;
use crate::world::PodId;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// So many crowds that were joined last are looked through for one to join.
const MAX_CROWDS_SEARCHED: usize = 64;

/// Where a waiting Pod is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// Never attempted, waiting for its turn.
    Fresh {
        /// Its priority.
        priority: i32,
        /// Its place in the queue.
        seq: u64,
    },
    /// Attempted, with others that failed alike.
    Crowd {
        /// With whom.
        crowd: u32,
        /// Its place in the queue.
        seq: u64,
    },
    /// Held back by scheduling gates.
    Gated,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Pod(PodId),
    Crowd(u32),
}

/// Higher priority first, then who has waited longer.
/// Upstream: pkg/scheduler/framework/plugins/queuesort/priority_sort.go Less.
type Turn = (Reverse<i32>, u64, Who);

/// The queue.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    active: BTreeSet<Turn>,
    backoff: BTreeSet<(SimTime, Reverse<i32>, u64, u32)>,
    /// Pods that found no node at all; these are never taken early.
    error_backoff: BTreeSet<(SimTime, u32)>,
    crowds: BTreeMap<u32, Crowd>,
    spots: BTreeMap<PodId, Spot>,
    recent: Vec<u32>,
    unschedulable: [u32; 16],
    next_seq: u64,
    next_crowd: u32,
}

/// A failed attempt of one Pod, as the queue takes it down.
pub struct Failed {
    /// What it left behind.
    pub standing: Standing,
    /// How often in a row it was unschedulable.
    pub failures: u8,
    /// How often in a row there was no node.
    pub errors: u8,
    /// When.
    pub now: SimTime,
    /// The snapshot's generation.
    pub generation: u64,
    /// Whether it is nominated for a node, which sets it apart from its likes.
    pub nominated: bool,
}

impl Queue {
    fn seq(&mut self) -> u64 {
        self.next_seq += 1;
        self.next_seq
    }

    /// Where a Pod is.
    pub fn spot(&self, id: PodId) -> Option<Spot> {
        self.spots.get(&id).copied()
    }

    /// The crowd with that number.
    pub fn crowd(&self, number: u32) -> Option<&Crowd> {
        self.crowds.get(&number)
    }

    /// How many Pods wait.
    pub fn len(&self) -> usize {
        self.spots.len()
    }

    /// Queues a Pod that has not been attempted yet.
    pub fn add(&mut self, id: PodId, pod: &Pod) {
        self.remove(id);
        let (priority, seq) = (pod.priority, self.seq());
        self.active.insert((Reverse(priority), seq, Who::Pod(id)));
        self.spots.insert(id, Spot::Fresh { priority, seq });
    }

    /// Holds a Pod back.
    pub fn gate(&mut self, id: PodId) {
        self.remove(id);
        self.spots.insert(id, Spot::Gated);
    }

    /// Forgets a Pod.
    pub fn remove(&mut self, id: PodId) {
        match self.spots.remove(&id) {
            Some(Spot::Fresh { priority, seq }) => {
                self.active.remove(&(Reverse(priority), seq, Who::Pod(id)));
            }
            Some(Spot::Crowd { crowd, seq }) => {
                let place = self.lift(crowd);
                let empty = self.crowds.get_mut(&crowd).is_none_or(|crowd| {
                    crowd.members.remove(&(seq, id));
                    crowd.members.is_empty()
                });
                if empty {
                    self.crowds.remove(&crowd);
                    self.recent.retain(|one| *one != crowd);
                } else if let Some(place) = place {
                    self.settle(crowd, place);
                }
            }
            Some(Spot::Gated) | None => {}
        }
    }

    /// Whose turn it is, with the crowd it belongs to. When nobody is due, a Pod is taken from its back-off early.
    /// Upstream: pkg/scheduler/backend/queue/active_queue.go unlockedPop.
    pub fn next(&mut self) -> Option<(PodId, Option<u32>)> {
        if self.active.is_empty() {
            let &(.., crowd) = self.backoff.first()?;
            self.lift(crowd);
            self.settle(crowd, Place::Active(0));
        }
        match self.active.first()?.2 {
            Who::Pod(id) => Some((id, None)),
            Who::Crowd(crowd) => self.crowds.get(&crowd)?.first().map(|(_, id)| (id, Some(crowd))),
        }
    }

    /// Takes down that a Pod failed.
    /// Upstream: pkg/scheduler/backend/queue/scheduling_queue.go AddUnschedulableIfNotPresent.
    pub fn fail(&mut self, id: PodId, pod: &Pod, failed: Failed) {
        self.remove(id);
        let seq = self.seq();
        let errors = failed.errors > 0;
        // Pods with a node of their own to go to fail each for its own node.
        let open = pod.pinned_to.is_empty() && !failed.nominated;
        let alike = |crowd: &Crowd| {
            crowd.open
                && (crowd.attempted, crowd.generation) == (failed.now, failed.generation)
                && (crowd.failures, crowd.errors) == (failed.failures, failed.errors)
                && !matches!(crowd.place, Place::Active(_))
                && crowd.standing == failed.standing
                && crowd.likeness.is(pod)
        };
        let found = self.recent.iter().rev().find(|number| open && self.crowds.get(number).is_some_and(alike)).copied();
        if let Some(number) = found {
            if let Some(crowd) = self.crowds.get_mut(&number) {
                crowd.members.insert((seq, id));
            }
            self.spots.insert(id, Spot::Crowd { crowd: number, seq });
            return;
        }
        let number = self.next_crowd;
        self.next_crowd = self.next_crowd.wrapping_add(1);
        let crowd = Crowd {
            likeness: Likeness::of(pod),
            standing: failed.standing,
            failures: failed.failures,
            errors: failed.errors,
            attempted: failed.now,
            generation: failed.generation,
            members: BTreeSet::from([(seq, id)]),
            place: Place::Unschedulable,
            order: 0,
            open,
        };
        let place = if errors { Place::Backoff(crowd.backoff_until()) } else { Place::Unschedulable };
        self.crowds.insert(number, crowd);
        self.spots.insert(id, Spot::Crowd { crowd: number, seq });
        if open {
            if self.recent.len() >= MAX_CROWDS_SEARCHED {
                self.recent.remove(0);
            }
            self.recent.push(number);
        }
        self.settle(number, place);
    }

    /// Takes down that a whole crowd failed again as before.
    pub fn fail_again(&mut self, number: u32, now: SimTime, generation: u64) {
        self.lift(number);
        let order = self.seq();
        let Some(crowd) = self.crowds.get_mut(&number) else { return };
        let is_error = crowd.standing.plugins.is_empty();
        (crowd.failures, crowd.errors) = Crowd::count(crowd.failures, crowd.errors, is_error);
        (crowd.attempted, crowd.generation, crowd.order) = (now, generation, order);
        let place = if is_error { Place::Backoff(crowd.backoff_until()) } else { Place::Unschedulable };
        self.settle(number, place);
    }

    /// Takes a crowd out of wherever it waits; answers where that was.
    fn lift(&mut self, number: u32) -> Option<Place> {
        let crowd = self.crowds.get(&number)?;
        let (place, priority) = (crowd.place, Reverse(crowd.likeness.priority));
        match place {
            Place::Active(key) => {
                self.active.remove(&(priority, key, Who::Crowd(number)));
            }
            Place::Backoff(until) if crowd.errors > 0 => {
                self.error_backoff.remove(&(until, number));
            }
            Place::Backoff(until) => {
                let first = crowd.first().map_or(0, |(seq, _)| seq);
                self.backoff.remove(&(until, priority, first, number));
            }
            Place::Unschedulable => self.count_unschedulable(number, false),
        }
        Some(place)
    }

    /// Puts a lifted crowd to where it waits from now on; the key of an active place is found anew.
    fn settle(&mut self, number: u32, place: Place) {
        let Some(crowd) = self.crowds.get_mut(&number) else { return };
        let (priority, first) = (Reverse(crowd.likeness.priority), crowd.first().map_or(0, |(seq, _)| seq));
        crowd.place = match place {
            Place::Active(_) => Place::Active(first),
            other => other,
        };
        match crowd.place {
            Place::Active(key) => {
                self.active.insert((priority, key, Who::Crowd(number)));
            }
            Place::Backoff(until) if crowd.errors > 0 => {
                self.error_backoff.insert((until, number));
            }
            Place::Backoff(until) => {
                self.backoff.insert((until, priority, first, number));
            }
            Place::Unschedulable => self.count_unschedulable(number, true),
        }
    }

    fn count_unschedulable(&mut self, number: u32, more: bool) {
        let Some(crowd) = self.crowds.get(&number) else { return };
        for (place, count) in self.unschedulable.iter_mut().enumerate() {
            if crowd.standing.plugins.bits() >> place & 1 == 1 {
                *count = if more { *count + 1 } else { count.saturating_sub(1) };
            }
        }
    }

    /// Whether any Pod waits that one of these plugins rejected.
    pub fn any_rejected_by(&self, plugins: &[Plugin]) -> bool {
        plugins.iter().any(|plugin| self.unschedulable.get(*plugin as usize).is_some_and(|count| *count > 0))
    }

    /// Wakes all crowds that wait for a change and for which the change might help; answers whether there are any.
    /// Upstream: pkg/scheduler/backend/queue/scheduling_queue.go movePodsToActiveOrBackoffQueue.
    pub fn wake(&mut self, now: SimTime, helps: &dyn Fn(&Crowd) -> bool) -> bool {
        let woken: Vec<u32> = self
            .crowds
            .iter()
            .filter(|(_, crowd)| crowd.place == Place::Unschedulable && helps(crowd))
            .map(|(number, _)| *number)
            .collect();
        woken.iter().for_each(|number| self.requeue(*number, now));
        !woken.is_empty()
    }

    /// Upstream: pkg/scheduler/backend/queue/scheduling_queue.go requeuePodWithQueueingStrategy.
    fn requeue(&mut self, number: u32, now: SimTime) {
        self.lift(number);
        let Some(crowd) = self.crowds.get(&number) else { return };
        let place = if crowd.is_backing_off(now) { Place::Backoff(crowd.backoff_until()) } else { Place::Active(0) };
        self.settle(number, place);
    }

    /// Parts a Pod that was written by somebody else from its crowd; it stays where it waits. Answers its new crowd.
    pub fn part(&mut self, id: PodId, pod: &Pod) -> Option<u32> {
        let Some(Spot::Crowd { crowd: number, seq }) = self.spot(id) else { return None };
        let mut own = self.crowds.get(&number)?.clone();
        self.remove(id);
        let place = own.place;
        own.members = BTreeSet::from([(seq, id)]);
        own.likeness = Likeness::of(pod);
        own.standing.touched = true;
        own.open = false;
        let number = self.next_crowd;
        self.next_crowd = self.next_crowd.wrapping_add(1);
        self.crowds.insert(number, own);
        self.spots.insert(id, Spot::Crowd { crowd: number, seq });
        self.settle(number, place);
        Some(number)
    }

    /// Wakes one crowd that waits for a change.
    pub fn wake_crowd(&mut self, number: u32, now: SimTime) {
        if self.crowds.get(&number).is_some_and(|crowd| crowd.place == Place::Unschedulable) {
            self.requeue(number, now);
        }
    }

    /// When the next back-off is over. One that found no node at all sleeps on while that is so and its next failure
    /// would leave no trace.
    pub fn next_backoff(&self, no_nodes: bool) -> SimTime {
        let first = self.backoff.first().map_or(SimTime::FAR_FUTURE, |(until, ..)| Crowd::backoff_noticed(*until));
        let awake = |number: &u32| {
            self.crowds.get(number).is_some_and(|crowd| !(no_nodes && crowd.standing.is_quiet(&crowd.standing.message)))
        };
        let error = self.error_backoff.iter().find(|(_, number)| awake(number));
        first.min(error.map_or(SimTime::FAR_FUTURE, |(until, _)| Crowd::backoff_noticed(*until)))
    }

    /// Gives everybody a turn whose back-off is over.
    /// Upstream: pkg/scheduler/backend/queue/scheduling_queue.go flushBackoffQCompleted.
    pub fn flush_backoff_completed(&mut self, now: SimTime) {
        let over = |until: SimTime| Crowd::backoff_noticed(until) <= now;
        let mut numbers: Vec<u32> = self.backoff.iter().take_while(|(u, ..)| over(*u)).map(|(.., n)| *n).collect();
        numbers.extend(self.error_backoff.iter().take_while(|(until, _)| over(*until)).map(|(_, number)| *number));
        for number in numbers {
            self.lift(number);
            self.settle(number, Place::Active(0));
        }
    }

    /// Takes retries for granted that would have left no trace while there was no node.
    pub fn sleep_errors_until(&mut self, now: SimTime) {
        let numbers: Vec<u32> = self.error_backoff.iter().map(|(_, number)| *number).collect();
        for number in numbers {
            self.lift(number);
            let Some(crowd) = self.crowds.get_mut(&number) else { continue };
            crowd.sleep_until(now);
            let place = crowd.place;
            self.settle(number, place);
        }
    }

    /// When somebody is tried again without cause. Those for whom nothing has changed and whose failure would leave no
    /// trace sleep on.
    pub fn next_flush(&mut self, now: SimTime, generation: u64) -> SimTime {
        let mut next = SimTime::FAR_FUTURE;
        for crowd in self.crowds.values_mut().filter(|crowd| crowd.place == Place::Unschedulable) {
            let quiet = crowd.standing.is_quiet(&crowd.standing.message);
            if quiet {
                crowd.sleep_until(now);
            }
            if !quiet || crowd.generation != generation {
                next = next.min(crowd.flush_due());
            }
        }
        next
    }

    /// Wakes everybody who has waited for too long.
    /// Upstream: pkg/scheduler/backend/queue/scheduling_queue.go flushUnschedulablePodsLeftover.
    pub fn flush_unschedulable_leftover(&mut self, now: SimTime, generation: u64) {
        self.wake(now, &|crowd| {
            let asleep = crowd.generation == generation && crowd.standing.is_quiet(&crowd.standing.message);
            !asleep && crowd.flush_due() <= now
        });
    }

    /// Whether anybody waits for a change.
    pub fn has_unschedulable(&self) -> bool {
        self.crowds.values().any(|crowd| crowd.place == Place::Unschedulable)
    }
}

impl Plugins {
    const fn bits(self) -> u16 {
        self.0
    }
}
