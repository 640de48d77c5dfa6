//! Scaling ReplicaSets: one, or all of a Deployment in proportion to their size.
//! Upstream: pkg/controller/deployment/sync.go scale, scaleReplicaSet, cleanupDeployment.

use super::DeploymentId;
use super::revision::replicas_annotations;
use super::util::{DESIRED_REPLICAS, MAX_REPLICAS, OwnSet, OwnSets, max_surge, wanted_replicas};
use crate::actor::outcome::{Halt, Outcome};
use crate::actor::{ActorKind, Cx};
use crate::api::{Deployment, Labels, Text};
use crate::world::{Aspects, DeleteOptions, Source};

/// The annotations with what the Deployment wants of all its ReplicaSets.
// pkg/controller/deployment/util/deployment_util.go SetReplicasAnnotations
pub(super) fn with_replicas_annotations(annotations: &Labels, deployment: &Deployment) -> Labels {
    let (desired, most) = replicas_annotations(deployment);
    annotations.with(DESIRED_REPLICAS, desired.to_string()).with(MAX_REPLICAS, most.to_string())
}

/// Gives a ReplicaSet another size, and says so. Answers its state after that, if it was scaled.
///
/// # Errors
/// When the client limit is used up.
// pkg/controller/deployment/sync.go scaleReplicaSet
pub(super) fn scale_replica_set(
    id: DeploymentId,
    deployment: &Deployment,
    own: &OwnSet,
    size: i64,
    force: bool,
    cx: &mut Cx,
) -> Result<Option<OwnSet>, Halt> {
    let before = own.set.replicas;
    if !force && before == size {
        return Ok(None);
    }
    let annotations = with_replicas_annotations(&own.set.meta.annotations, deployment);
    if before == size && annotations == own.set.meta.annotations {
        return Ok(None);
    }
    cx.call(ActorKind::Deployment)?;
    cx.world.modify(own.id, |set| {
        let annotated = set.meta.annotations != annotations;
        let resized = set.replicas != size;
        set.meta.annotations = annotations;
        set.replicas = size;
        Aspects::ANNOTATIONS.when(annotated) | Aspects::SPEC.when(resized)
    });
    if before == size {
        return Ok(None);
    }
    let direction = if before < size { "up" } else { "down" };
    let message = format!("Scaled {direction} replica set {} from {before} to {size}", own.set.meta.name);
    cx.world.event(id, Source::Deployment, false, "ScalingReplicaSet", Text::from(message));
    Ok(cx.world.replica_sets.get(own.id).map(|set| OwnSet { id: own.id, set: set.clone() }))
}

/// Spreads the replicas of a Deployment that was scaled, or is paused, over its ReplicaSets.
///
/// # Errors
/// When the client limit is used up.
// pkg/controller/deployment/sync.go scale
pub(super) fn scale(id: DeploymentId, deployment: &Deployment, own: &OwnSets, cx: &mut Cx) -> Outcome {
    if let Some(only) = find_active_or_latest(own) {
        scale_replica_set(id, deployment, only, deployment.replicas, false, cx)?;
        return Ok(());
    }
    if own.new.as_ref().is_some_and(|new| is_saturated(deployment, new)) {
        for old in own.old.iter().rev().filter(|old| old.set.replicas > 0) {
            scale_replica_set(id, deployment, old, 0, false, cx)?;
        }
        return Ok(());
    }
    if deployment.recreate {
        return Ok(());
    }
    for (own, size) in proportional_sizes(deployment, own) {
        scale_replica_set(id, deployment, own, size, true, cx)?;
    }
    Ok(())
}

/// The new size of each active ReplicaSet, largest first.
fn proportional_sizes<'a>(deployment: &Deployment, own: &'a OwnSets) -> Vec<(&'a OwnSet, i64)> {
    let mut active: Vec<&OwnSet> = own.active().collect();
    let allowed = if deployment.replicas > 0 { deployment.replicas + max_surge(deployment) } else { 0 };
    let to_add = allowed - wanted_replicas(active.iter().copied());
    // Of equal sizes the newer grows first and the older shrinks first.
    let age = |own: &OwnSet| (own.set.meta.created, own.set.meta.name.clone());
    let larger_first = |a: &&OwnSet, b: &&OwnSet| b.set.replicas.cmp(&a.set.replicas);
    match to_add.cmp(&0) {
        std::cmp::Ordering::Greater => active.sort_by(|a, b| larger_first(a, b).then(age(b).cmp(&age(a)))),
        std::cmp::Ordering::Less => active.sort_by(|a, b| larger_first(a, b).then(age(a).cmp(&age(b)))),
        std::cmp::Ordering::Equal => {}
    }
    let mut added = 0;
    let mut sizes = Vec::with_capacity(active.len());
    for own in active {
        let share = proportion(deployment, own, to_add, added);
        sizes.push((own, own.set.replicas + share));
        added += share;
    }
    if let (Some((_, first)), true) = (sizes.first_mut(), to_add != 0) {
        *first = (*first + to_add - added).max(0);
    }
    sizes
}

/// How many of the replicas to add (or remove) fall to a ReplicaSet.
// pkg/controller/deployment/util/deployment_util.go GetReplicaSetProportion
fn proportion(deployment: &Deployment, own: &OwnSet, to_add: i64, added: i64) -> i64 {
    if own.set.replicas == 0 || to_add == 0 || to_add == added {
        return 0;
    }
    let (fraction, allowed) = (fraction(deployment, own), to_add - added);
    if to_add > 0 { fraction.min(allowed) } else { fraction.max(allowed) }
}

// pkg/controller/deployment/util/deployment_util.go getReplicaSetFraction
fn fraction(deployment: &Deployment, own: &OwnSet) -> i64 {
    let size = own.set.replicas;
    if deployment.replicas == 0 {
        return -size;
    }
    let annotated = own.replicas_annotation(MAX_REPLICAS).filter(|most| *most > 0);
    let before = annotated.unwrap_or(deployment.status.replicas);
    if before <= 0 {
        return 0;
    }
    let most = deployment.replicas + max_surge(deployment);
    // Upstream rounds a quotient of floats half up; so does this, exactly.
    (2 * size.saturating_mul(most) + before).div_euclid(2 * before) - size
}

/// The only active ReplicaSet, or when none is active the newest.
// pkg/controller/deployment/util/deployment_util.go FindActiveOrLatest
fn find_active_or_latest(own: &OwnSets) -> Option<&OwnSet> {
    let mut active = own.active();
    match (active.next(), active.next()) {
        (None, _) => own.new.as_ref().or(own.old.last()),
        (only, None) => only,
        _ => None,
    }
}

/// Whether the new ReplicaSet has all replicas, available, and both sides agree on their number.
// pkg/controller/deployment/util/deployment_util.go IsSaturated
fn is_saturated(deployment: &Deployment, new: &OwnSet) -> bool {
    let wanted = deployment.replicas;
    let desired = new.set.meta.annotations.get(DESIRED_REPLICAS).and_then(|text| text.parse::<i64>().ok());
    new.set.replicas == wanted && desired == Some(wanted) && new.set.status.available_replicas == wanted
}

/// Deletes the oldest ReplicaSets above the limit, if they are empty.
///
/// # Errors
/// When the client limit is used up.
// pkg/controller/deployment/sync.go cleanupDeployment
pub(super) fn cleanup_deployment(deployment: &Deployment, own: &OwnSets, cx: &mut Cx) -> Outcome {
    let limit = deployment.revision_history_limit.filter(|limit| *limit != i64::from(i32::MAX));
    let Some(limit) = limit else { return Ok(()) };
    let mut alive: Vec<&OwnSet> = own.old.iter().filter(|own| !own.set.meta.deleting()).collect();
    let surplus = alive.len() as i64 - limit;
    // The list is in order of creation, which decides between equal numbers.
    alive.sort_by_key(|own| own.revision().unwrap_or(0));
    for own in alive.into_iter().take(surplus.max(0) as usize) {
        let set = &own.set;
        let unseen = set.meta.generation > set.status.observed_generation;
        if set.status.replicas != 0 || set.replicas != 0 || unseen {
            continue;
        }
        cx.call(ActorKind::Deployment)?;
        // One that is gone already is as good as deleted.
        let _ = cx.world.delete(own.id, DeleteOptions::default(), cx.now);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ReplicaSet;
    use crate::api::apps::IntOrPercent;
    use crate::time::SimTime;
    use crate::world::Id;

    fn own(name: &'static str, created: i64, replicas: i64, most: i64) -> OwnSet {
        let mut set = ReplicaSet { replicas, ..ReplicaSet::default() };
        set.meta.name = name.into();
        set.meta.created = SimTime::from_unix_seconds(created);
        set.meta.annotations = Labels::default().with(MAX_REPLICAS, most.to_string());
        OwnSet { id: Id::new(created as u32, created as u32), set }
    }

    #[test]
    fn replicas_are_spread_in_proportion_to_size() {
        // (replicas of the Deployment, sizes of old and new, surge they were made with) -> sizes after scaling.
        for (replicas, surge, old, new, most, expected) in [
            (15, 3, 8, 5, 13, vec![("old", 11), ("new", 7)]),
            (20, 0, 5, 5, 10, vec![("new", 10), ("old", 10)]),
            (5, 0, 5, 5, 10, vec![("old", 2), ("new", 3)]),
            (0, 0, 3, 7, 10, vec![("new", 0), ("old", 0)]),
            (10, 0, 4, 6, 10, vec![("old", 4), ("new", 6)]),
            (11, 0, 5, 5, 10, vec![("new", 6), ("old", 5)]),
        ] {
            let deployment = Deployment {
                replicas,
                max_surge: Some(IntOrPercent::Int(surge)),
                max_unavailable: Some(IntOrPercent::Int(1)),
                ..Deployment::default()
            };
            let own = OwnSets { new: Some(own("new", 2, new, most)), old: vec![own("old", 1, old, most)] };
            let sizes = proportional_sizes(&deployment, &own);
            let shown: Vec<(&str, i64)> = sizes.iter().map(|(own, size)| (own.set.meta.name.as_str(), *size)).collect();
            assert_eq!(shown, expected, "{replicas} from {old} and {new}");
        }
    }
}
