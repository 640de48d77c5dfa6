//! How long things take: as in the recordings, or spread as on real machines.

use super::stop::STOP;
use super::task::{START, Site};
use crate::api::Uid;
use crate::dice::Stream;
use crate::time::SimDuration;
use crate::world::KubeletProfile;

/// A draw between `from` and `to` milliseconds that is the same for the same Pod, container and `n`.
fn spread(site: Site, uid: Uid, n: u64, from: i64, to: i64) -> SimDuration {
    let width = (to - from).max(0) as u64;
    SimDuration::from_millis(from + site.dice.below(Stream::Kubelet, uid.low_bits(), n, width + 1) as i64)
}

/// How long a container takes to start once its image is there.
pub(super) fn start_time(site: Site, uid: Uid, number: usize) -> SimDuration {
    match site.profile {
        KubeletProfile::Plain => START,
        KubeletProfile::Realistic => spread(site, uid, number as u64 * 4, 600, 2_400),
    }
}

/// How long a container takes to stop after SIGTERM.
pub(super) fn stop_time(site: Site, uid: Uid, number: usize) -> SimDuration {
    match site.profile {
        KubeletProfile::Plain => STOP,
        KubeletProfile::Realistic => spread(site, uid, number as u64 * 4 + 1, 200, 3_000),
    }
}

/// What a node downloads in a second, in bytes.
const BYTES_PER_SECOND: i64 = 40_000_000;
/// How long a registry takes to say that nothing is new, in milliseconds.
const MANIFEST_MILLIS: (i64, i64) = (350, 1_300);

/// How long it takes to pull an image of so many bytes, or to learn that it is present (0 bytes).
pub(super) fn pull_time(site: Site, uid: Uid, number: usize, bytes: i64) -> SimDuration {
    let (from, to) = MANIFEST_MILLIS;
    let download = SimDuration::from_millis(bytes.saturating_mul(1_000) / BYTES_PER_SECOND);
    download + spread(site, uid, number as u64 * 4 + 2, from, to)
}
