//! Rolling updates: which Pods of old revisions may go now, and where new ones may stand beside old ones.
//! Upstream: pkg/controller/daemon/update.go rollingUpdate.

use super::ledger::Ledger;
use super::manage::Plan;
use super::places::{Place, Places};
use super::rules::{surge_count, unavailable_count};
use super::standing::{ByRevision, with_counted_pods};
use crate::api::{DaemonSet, Text};
use crate::time::SimTime;
use crate::world::{PodId, World};

/// What a step of a rolling update wants done. Where upstream takes nodes as they come, we take them in order.
// pkg/controller/daemon/update.go rollingUpdate
pub(super) fn rolling_update(
    ledger: &Ledger,
    set: &DaemonSet,
    places: &Places,
    world: &World,
    now: SimTime,
) -> Result<Plan, Text> {
    let (max_surge, max_unavailable) = updated_desired_node_counts(set, ledger.totals.desired);
    if max_surge > 0 {
        return with_surge(ledger, max_surge, places, world, now).map(Plan::limited);
    }
    let old_pod = |place: &Place| by_revision(ledger, *place, world).old;
    let budget = (max_unavailable - ledger.totals.unavailable).max(0) as usize;
    let available = ledger.old_available.iter().filter(|place| !is_paired(ledger, **place, world));
    let unavailable = ledger.old_unavailable.iter().filter(|place| !is_paired(ledger, **place, world));
    let mut plan = Plan::default();
    plan.deletes.extend(unavailable.filter_map(old_pod));
    plan.deletes
        .extend(in_turn(available.filter_map(|place| old_pod(place).map(|pod| (pod, pod))), world).take(budget));
    Ok(plan.limited())
}

/// (maxSurge, maxUnavailable); both 0 counts as one unavailable.
// pkg/controller/daemon/update.go updatedDesiredNodeCounts
fn updated_desired_node_counts(set: &DaemonSet, desired: i64) -> (i64, i64) {
    let (surge, unavailable) = (surge_count(set, desired), unavailable_count(set, desired));
    if desired > 0 && surge == 0 && unavailable == 0 { (0, 1) } else { (surge, unavailable) }
}

fn by_revision(ledger: &Ledger, place: Place, world: &World) -> ByRevision {
    let Some(slot) = ledger.slot(place) else { return ByRevision::default() };
    with_counted_pods(slot, world, |pods| ledger.judge().find_updated_pods_on_node(pods))
}

/// Whether a new Pod is there besides the old one, which is the main loop's business.
fn is_paired(ledger: &Ledger, place: Place, world: &World) -> bool {
    by_revision(ledger, place, world).new.is_some()
}

fn with_surge(ledger: &Ledger, max_surge: i64, places: &Places, world: &World, now: SimTime) -> Result<Plan, Text> {
    let available = |id: PodId| world.pods.get(id).is_some_and(|pod| ledger.judge().is_available(pod, now));
    let mut plan = Plan::default();
    let (mut unwanted, mut candidates) = (Vec::new(), Vec::new());
    for &place in ledger.old_available.union(&ledger.old_unavailable) {
        let ByRevision { new, old: Some(old), excess: false } = by_revision(ledger, place, world) else { continue };
        if let Some(new) = new {
            // While the new Pod is not available it counts as surge; then the old one has served its time.
            if available(new) {
                plan.deletes.push_back(old);
            }
            continue;
        }
        let verdict = ledger.slot(place).and_then(|slot| slot.verdict);
        let Some(verdict) = verdict else {
            let name = places.name(place);
            return Err(Text::from(format!("couldn't get node for nodeName \"{name}\": node \"{name}\" not found")));
        };
        match (available(old), verdict.should_run) {
            (false, false) => plan.deletes.push_back(old),
            (false, true) => plan.creates.push_back(place),
            (true, false) => unwanted.push(old),
            (true, true) => candidates.push((old, place)),
        }
    }
    let surplus = (ledger.totals.surge_available - ledger.totals.desired).max(0) as usize;
    plan.deletes.extend(unwanted.into_iter().take(surplus));
    let budget = (max_surge - ledger.totals.surging).max(0) as usize;
    plan.creates.extend(in_turn(candidates.into_iter(), world).take(budget));
    Ok(plan)
}

/// What goes with each of these Pods, those first whose turn it is.
fn in_turn<T>(items: impl Iterator<Item = (PodId, T)>, world: &World) -> impl Iterator<Item = T> {
    let mut items: Vec<(PodId, T)> = items.collect();
    if !world.leanings.is_empty() {
        items.sort_by_key(|(pod, _)| world.leanings.turn(*pod));
    }
    items.into_iter().map(|(_, item)| item)
}
