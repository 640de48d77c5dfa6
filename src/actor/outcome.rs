//! How a sync ends: well, waiting for the client limit, or with an error that is tried again later.

use super::{Cx, WorkQueue};
use crate::api::Text;
use crate::time::SimTime;
use crate::world::{ApiError, ObjectRef};

/// Pods of the first batch of a slow start.
/// Upstream: pkg/controller/controller_utils.go SlowStartInitialBatchSize.
const SLOW_START_PODS: i64 = 1;

/// Why a sync stopped before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    /// The client limit is used up until then; the sync goes on from where it is.
    Wait(SimTime),
    /// A request failed; the sync is tried again with the queue's back-off.
    Failed(Text),
}

impl From<SimTime> for Halt {
    fn from(at: SimTime) -> Halt {
        Halt::Wait(at)
    }
}

impl From<ApiError> for Halt {
    fn from(error: ApiError) -> Halt {
        Halt::Failed(Text::from(error.to_string()))
    }
}

/// What a sync answers.
pub type Outcome = Result<(), Halt>;

/// Puts the key back into its queue as the outcome of its sync demands.
// processNextWorkItem of each controller
pub fn conclude(queue: &mut WorkQueue, key: ObjectRef, outcome: Outcome, cx: &mut Cx) {
    match outcome {
        Ok(()) => queue.forget(key),
        Err(Halt::Wait(at)) => queue.add_at(key, at, cx.alarms),
        Err(Halt::Failed(_)) => queue.add_rate_limited(key, cx.now, cx.alarms),
    }
}

/// Calls `create` up to `count` times in batches of 1, 2, 4 …; a batch with a failure is the last. Answers how often it
/// succeeded and the first failure. A wait ends it at once.
// pkg/controller/replicaset/replica_set.go slowStartBatch
pub fn slow_start_batch(count: i64, mut create: impl FnMut(i64) -> Outcome) -> (i64, Outcome) {
    let (mut tried, mut successes, mut size) = (0, 0, SLOW_START_PODS);
    while tried < count {
        let mut failure = Ok(());
        for _ in 0..size.min(count - tried) {
            match create(tried) {
                Ok(()) => successes += 1,
                Err(Halt::Wait(at)) => return (successes, Err(Halt::Wait(at))),
                Err(error) if failure.is_ok() => failure = Err(error),
                Err(_) => {}
            }
            tried += 1;
        }
        if failure.is_err() {
            return (successes, failure);
        }
        size *= 2;
    }
    (successes, Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_start_doubles_and_ends_with_the_batch_that_fails() {
        for (count, fails_from, tries, successes) in
            [(10, 99, 10, 10), (10, 0, 1, 0), (10, 2, 3, 2), (10, 5, 7, 5), (0, 0, 0, 0)]
        {
            let mut tried = 0;
            let (done, outcome) = slow_start_batch(count, |number| {
                tried += 1;
                if number < fails_from { Ok(()) } else { Err(Halt::Failed(Text::Static("full"))) }
            });
            assert_eq!((tried, done, outcome.is_ok()), (tries, successes, fails_from > count || count == 0));
        }
    }

    #[test]
    fn a_slow_start_stops_at_once_when_the_client_limit_is_used_up() {
        let later = SimTime::from_unix_seconds(9);
        let (done, outcome) = slow_start_batch(10, |number| if number < 4 { Ok(()) } else { Err(Halt::Wait(later)) });
        assert_eq!((done, outcome), (4, Err(Halt::Wait(later))));
    }
}
