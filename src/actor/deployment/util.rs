//! Sums and bounds over a Deployment's ReplicaSets.
//! Upstream: pkg/controller/deployment/util/deployment_util.go.

use crate::api::apps::IntOrPercent;
use crate::api::{Deployment, ReplicaSet};
use crate::world::Id;

/// The annotation with the number of a rollout.
pub const REVISION: &str = "deployment.kubernetes.io/revision";
/// The annotation with the numbers that a ReplicaSet had before.
pub const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
/// The annotation with the replicas that the Deployment wanted when it scaled the ReplicaSet.
pub const DESIRED_REPLICAS: &str = "deployment.kubernetes.io/desired-replicas";
/// The same with the surge.
pub const MAX_REPLICAS: &str = "deployment.kubernetes.io/max-replicas";
/// The label that tells the ReplicaSets of a Deployment apart.
pub const POD_TEMPLATE_HASH: &str = "pod-template-hash";

/// A ReplicaSet of a Deployment as it was when the sync began.
#[derive(Clone, Debug)]
pub struct OwnSet {
    /// Its id.
    pub id: Id<ReplicaSet>,
    /// Its state.
    pub set: ReplicaSet,
}

impl OwnSet {
    /// The number of its rollout; `None` when the annotation is no number, 0 when there is none.
    // pkg/controller/deployment/util/deployment_util.go Revision
    pub fn revision(&self) -> Option<i64> {
        self.set.meta.annotations.get(REVISION).map_or(Some(0), |text| text.parse().ok())
    }

    /// A number of replicas in an annotation.
    // pkg/controller/deployment/util/deployment_util.go getNonNegativeInt32FromAnnotation
    pub fn replicas_annotation(&self, key: &str) -> Option<i64> {
        self.set.meta.annotations.get(key)?.parse::<u32>().ok().and_then(|n| i32::try_from(n).ok()).map(i64::from)
    }
}

/// The ReplicaSets of a Deployment.
#[derive(Clone, Debug, Default)]
pub struct OwnSets {
    /// The one with the present template.
    pub new: Option<OwnSet>,
    /// All others, oldest first.
    pub old: Vec<OwnSet>,
}

impl OwnSets {
    /// All of them, the new one last.
    pub fn all(&self) -> impl Iterator<Item = &OwnSet> + Clone {
        self.old.iter().chain(&self.new)
    }

    /// Those that ought to have Pods.
    // pkg/controller/controller_utils.go FilterActiveReplicaSets
    pub fn active(&self) -> impl Iterator<Item = &OwnSet> + Clone {
        self.all().filter(|own| own.set.replicas > 0)
    }
}

/// Sorts by creation, then by name.
// pkg/controller/controller_utils.go ReplicaSetsByCreationTimestamp
pub fn sort_by_creation(sets: &mut [OwnSet]) {
    sets.sort_by(|a, b| (a.set.meta.created, &a.set.meta.name).cmp(&(b.set.meta.created, &b.set.meta.name)));
}

/// The sum of wanted replicas.
// pkg/controller/deployment/util/deployment_util.go GetReplicaCountForReplicaSets
pub fn wanted_replicas<'a>(sets: impl Iterator<Item = &'a OwnSet>) -> i64 {
    sets.map(|own| own.set.replicas).sum()
}

/// The sum of available replicas.
// pkg/controller/deployment/util/deployment_util.go GetAvailableReplicaCountForReplicaSets
pub fn available_replicas<'a>(sets: impl Iterator<Item = &'a OwnSet>) -> i64 {
    sets.map(|own| own.set.status.available_replicas).sum()
}

/// (Pods above `replicas`, Pods below) for `desired` replicas.
///
/// ```
/// use orrery::actor::deployment::util::resolve_fenceposts;
/// use orrery::api::apps::IntOrPercent::{Int, Percent};
/// assert_eq!(resolve_fenceposts(Some(Percent(25)), Some(Percent(25)), 10), (3, 2));
/// assert_eq!(resolve_fenceposts(Some(Int(0)), Some(Percent(1)), 10), (0, 1));
/// ```
// pkg/controller/deployment/util/deployment_util.go ResolveFenceposts
pub fn resolve_fenceposts(surge: Option<IntOrPercent>, unavailable: Option<IntOrPercent>, desired: i64) -> (i64, i64) {
    let surge = surge.map_or(0, |surge| surge.scaled(desired, true));
    let unavailable = unavailable.map_or(0, |unavailable| unavailable.scaled(desired, false));
    if surge == 0 && unavailable == 0 { (0, 1) } else { (surge, unavailable) }
}

/// Pods above `replicas` during an update.
// pkg/controller/deployment/util/deployment_util.go MaxSurge
pub fn max_surge(deployment: &Deployment) -> i64 {
    if deployment.recreate {
        return 0;
    }
    resolve_fenceposts(deployment.max_surge, deployment.max_unavailable, deployment.replicas).0
}

/// Pods below `replicas` during an update.
// pkg/controller/deployment/util/deployment_util.go MaxUnavailable
pub fn max_unavailable(deployment: &Deployment) -> i64 {
    if deployment.recreate || deployment.replicas == 0 {
        return 0;
    }
    let (_, bound) = resolve_fenceposts(deployment.max_surge, deployment.max_unavailable, deployment.replicas);
    bound.min(deployment.replicas)
}

/// How many replicas the new ReplicaSet may have now; `total` is what all ReplicaSets want.
// pkg/controller/deployment/util/deployment_util.go NewRSNewReplicas
pub fn new_replicas(deployment: &Deployment, total: i64, present: i64) -> i64 {
    if deployment.recreate {
        return deployment.replicas;
    }
    let surge = deployment.max_surge.map_or(0, |surge| surge.scaled(deployment.replicas, true));
    let room = deployment.replicas + surge - total;
    if room <= 0 { present } else { present + room.min(deployment.replicas - present) }
}

/// Seconds without progress after which the Deployment says so; `None` when it never does.
// pkg/controller/deployment/util/deployment_util.go HasProgressDeadline
pub fn progress_deadline(deployment: &Deployment) -> Option<i64> {
    deployment.progress_deadline_seconds.filter(|seconds| *seconds != i64::from(i32::MAX))
}
