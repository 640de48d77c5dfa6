//! How long a DaemonSet waits before it deletes a failed Pod on a node again.
//! Upstream: k8s.io/client-go/util/flowcontrol/backoff.go; bounds from cmd/kube-controller-manager/app/apps.go.

use crate::time::{SimDuration, SimTime};
use std::collections::BTreeMap;

const FIRST: SimDuration = SimDuration::from_secs(1);
const LONGEST: SimDuration = SimDuration::from_secs(15 * 60);
/// A node that was quiet for twice the longest wait starts afresh.
const FORGOTTEN_AFTER: SimDuration = SimDuration::from_secs(2 * 15 * 60);

/// The generation that the status spoke of, and the place.
pub type BackoffKey = (i64, u32);

#[derive(Clone, Copy, Debug)]
struct Entry {
    wait: SimDuration,
    since: SimTime,
}

/// The waits of one DaemonSet.
#[derive(Clone, Debug, Default)]
pub struct Backoff {
    entries: BTreeMap<BackoffKey, Entry>,
}

impl Backoff {
    /// The wait, if the last deletion was not long enough ago.
    // k8s.io/client-go/util/flowcontrol/backoff.go IsInBackOffSinceUpdate, Get
    pub fn in_backoff(&self, key: BackoffKey, now: SimTime) -> Option<SimDuration> {
        let entry = self.entries.get(&key).filter(|entry| now - entry.since <= FORGOTTEN_AFTER)?;
        (now - entry.since < entry.wait).then_some(entry.wait)
    }

    /// A Pod is deleted now: the next wait is twice as long.
    // k8s.io/client-go/util/flowcontrol/backoff.go Next, GC
    pub fn next(&mut self, key: BackoffKey, now: SimTime) {
        self.entries.retain(|_, entry| now - entry.since <= FORGOTTEN_AFTER);
        let double = |wait: SimDuration| SimDuration::from_nanos(wait.nanos() * 2).min(LONGEST);
        let wait = self.entries.get(&key).map_or(FIRST, |entry| double(entry.wait));
        self.entries.insert(key, Entry { wait, since: now });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour_and_are_forgotten_after_half_an_hour() {
        let (mut backoff, key) = (Backoff::default(), (1, 7));
        let mut now = SimTime::from_unix_seconds(1_000_000);
        assert_eq!(backoff.in_backoff(key, now), None);
        let mut waits = Vec::new();
        for _ in 0..12 {
            backoff.next(key, now);
            let wait = backoff.in_backoff(key, now).unwrap();
            waits.push(wait.seconds());
            now += wait;
            assert_eq!(backoff.in_backoff(key, now), None, "over after {wait}");
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
        assert_eq!(backoff.in_backoff((2, 7), now), None, "a new generation starts afresh");
        now += SimDuration::from_secs(1_801);
        backoff.next(key, now);
        assert_eq!(backoff.in_backoff(key, now), Some(FIRST));
    }
}
