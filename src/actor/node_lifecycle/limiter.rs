//! The queue of nodes that wait for a NoExecute taint, and the bucket that says when the next one gets it.
//! Upstream: pkg/controller/nodelifecycle/scheduler/rate_limited_queue.go RateLimitedTimedQueue.

use crate::time::{SimDuration, SimTime};
use crate::world::NodeId;
use std::collections::{BTreeMap, BTreeSet};

/// How fast nodes of a zone may be tainted; `None` is never.
pub(super) type Rate = Option<SimDuration>;

/// Nodes waiting for their taint, first come first served.
#[derive(Clone, Debug, Default)]
pub(super) struct TaintQueue {
    waiting: BTreeSet<(SimTime, u32, NodeId)>,
    /// Nodes in the queue or served from it, and where they wait.
    known: BTreeMap<NodeId, Option<(SimTime, u32)>>,
    order: u32,
    rate: Rate,
    /// When the bucket, which holds one token, is full again.
    full_at: SimTime,
}

impl TaintQueue {
    pub fn new(rate: Rate) -> TaintQueue {
        TaintQueue { rate, ..TaintQueue::default() }
    }

    /// Puts a node at the end unless it is known. Upstream: Add.
    pub fn add(&mut self, node: NodeId, now: SimTime) {
        if self.known.contains_key(&node) {
            return;
        }
        self.order = self.order.wrapping_add(1);
        self.waiting.insert((now, self.order, node));
        self.known.insert(node, Some((now, self.order)));
    }

    /// Forgets a node. Upstream: Remove.
    pub fn remove(&mut self, node: NodeId) {
        if let Some(Some((at, order))) = self.known.remove(&node) {
            self.waiting.remove(&(at, order, node));
        }
    }

    /// When the next node can be served; `None` when none waits or none is served at this rate.
    pub fn next_at(&self, now: SimTime) -> Option<SimTime> {
        self.rate?;
        (!self.waiting.is_empty()).then_some(self.full_at.max(now))
    }

    fn try_accept(&mut self, now: SimTime) -> bool {
        match self.rate {
            Some(period) if self.full_at <= now => {
                self.full_at = now + period;
                true
            }
            _ => false,
        }
    }

    /// Takes the first node if the rate allows; it stays known. Upstream: Try.
    pub fn take(&mut self, now: SimTime) -> Option<NodeId> {
        let first = *self.waiting.first()?;
        if !self.try_accept(now) {
            return None;
        }
        self.waiting.remove(&first);
        self.known.insert(first.2, None);
        Some(first.2)
    }

    /// Changes the rate; a bucket that was empty stays empty. Upstream: SwapLimiter.
    pub fn swap_limiter(&mut self, rate: Rate, now: SimTime) {
        if self.rate == rate {
            return;
        }
        let accepted = self.try_accept(now);
        self.rate = rate;
        self.full_at = match rate {
            Some(period) if !accepted => now + period,
            _ => now,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_node_is_served_at_once_and_others_in_turn() {
        let at = SimTime::from_unix_seconds;
        let node = |n| NodeId::new(n, n);
        let mut queue = TaintQueue::new(Some(SimDuration::from_secs(10)));
        queue.add(node(1), at(0));
        queue.add(node(2), at(0));
        queue.add(node(1), at(0));
        assert_eq!((queue.take(at(0)), queue.take(at(0))), (Some(node(1)), None));
        assert_eq!(queue.next_at(at(5)), Some(at(10)));
        assert_eq!(queue.take(at(10)), Some(node(2)));
        queue.add(node(1), at(11));
        assert_eq!(queue.next_at(at(11)), None, "a node that was served is known until it is removed");
    }

    #[test]
    fn a_bucket_that_was_emptied_by_never_begins_empty() {
        let at = SimTime::from_unix_seconds;
        let mut queue = TaintQueue::new(None);
        queue.add(NodeId::new(1, 1), at(0));
        assert_eq!(queue.next_at(at(0)), None);
        queue.swap_limiter(Some(SimDuration::from_secs(10)), at(100));
        assert_eq!(queue.next_at(at(100)), Some(at(110)));
    }
}
