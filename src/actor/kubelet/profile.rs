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
