//! Client limits: how fast each controller may call the API server.
//! Upstream: k8s.io/client-go/util/flowcontrol/throttle.go; defaults of kube-controller-manager and kube-scheduler.

use super::ActorKind;
use crate::time::{SimDuration, SimTime};
use crate::world::Pace;

/// Calls that a bucket can hold and gains a second.
#[derive(Clone, Copy)]
struct Limit {
    burst_calls: i64,
    calls_per_second: i64,
}

const CONTROLLER: Limit = Limit { burst_calls: 30, calls_per_second: 20 };
const SCHEDULER: Limit = Limit { burst_calls: 100, calls_per_second: 50 };

/// The token buckets of all actors, as the time at which each was (or will be) empty of debt.
///
/// A bucket is a point in time: full when it lies at least burst / rate in the past, empty when it is now.
#[derive(Clone, Debug, Default)]
pub struct CallLimits {
    empty_at: [SimTime; ActorKind::ALL.len()],
}

impl CallLimits {
    /// Takes leave for one call.
    ///
    /// # Errors
    /// The time of the next free call.
    pub fn take(&mut self, actor: ActorKind, pace: Pace, now: SimTime) -> Result<(), SimTime> {
        let limit = match (pace, actor) {
            (Pace::AtOnce, _) | (_, ActorKind::Kubelet) => return Ok(()),
            (_, ActorKind::Scheduler) => SCHEDULER,
            _ => CONTROLLER,
        };
        let per_call = SimDuration::from_nanos(1_000_000_000 / limit.calls_per_second);
        let full = now - SimDuration::from_nanos(per_call.nanos() * limit.burst_calls);
        let Some(bucket) = self.empty_at.get_mut(actor as usize) else { return Ok(()) };
        let after = (*bucket).max(full) + per_call;
        if after > now {
            return Err(after);
        }
        *bucket = after;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_shipped_a_controller_gets_a_burst_of_30_and_then_20_calls_a_second() {
        let mut limits = CallLimits::default();
        let mut now = SimTime::from_unix_seconds(1_000);
        let start = now;
        let mut at_start = 0;
        for _ in 0..130 {
            if let Err(next) = limits.take(ActorKind::DaemonSet, Pace::AsShipped, now) {
                now = next;
                assert!(limits.take(ActorKind::DaemonSet, Pace::AsShipped, now).is_ok());
            }
            at_start += i32::from(now == start);
        }
        assert_eq!(at_start, 30);
        assert_eq!(now - start, SimDuration::from_secs(5), "the other 100 calls take 100 / 20 s");
        assert!((0..1_000).all(|_| limits.take(ActorKind::DaemonSet, Pace::AtOnce, start).is_ok()));
    }
}
