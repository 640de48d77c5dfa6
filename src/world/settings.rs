//! How the control plane and the nodes' agents are configured.

use crate::time::SimDuration;

/// How fast controllers may write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// As fast as they can.
    #[default]
    AtOnce,
    /// With the client limits that Kubernetes ships with: 20 calls a second and bursts of 30 for each controller, 50 and
    /// 100 for the scheduler.
    AsShipped,
}

/// How kubelets take their time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KubeletProfile {
    /// One second to start, one to stop, images present.
    #[default]
    Plain,
    /// Image pulls by size and cache, start and stop spread.
    Realistic,
}

/// The configuration of a cluster. Defaults are Kubernetes' own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How fast controllers may write.
    pub pace: Pace,
    /// How kubelets take their time.
    pub kubelet: KubeletProfile,
    /// `--node-monitor-grace-period`: silence after which a node counts as unreachable.
    pub node_monitor_grace: SimDuration,
    /// `--default-not-ready-toleration-seconds` and its unreachable twin.
    pub default_toleration_seconds: i64,
    /// Where the node monitor's five-second grid lies.
    pub monitor_offset: SimDuration,
    /// Where the Pod garbage collector's twenty-second grid lies.
    pub pod_gc_offset: SimDuration,
    /// When, within ten seconds, kubelets renew their Leases; `None`: each at a time of its own.
    pub lease_phase: Option<SimDuration>,
    /// The seed of all chance.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            pace: Pace::AtOnce,
            kubelet: KubeletProfile::Plain,
            node_monitor_grace: SimDuration::from_secs(50),
            default_toleration_seconds: 300,
            monitor_offset: SimDuration::ZERO,
            pod_gc_offset: SimDuration::ZERO,
            lease_phase: None,
            seed: 1,
        }
    }
}
