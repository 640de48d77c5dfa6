//! The templates that a DaemonSet has had, as ControllerRevisions.
//! Upstream: pkg/controller/daemon/update.go.

use super::rules::CONTROLLER_REVISION_HASH;
use super::{DaemonSetId, Keeping};
use crate::actor::controller_ref::{Claim, adopt, claim_object, release};
use crate::actor::outcome::{Halt, Outcome};
use crate::actor::{ActorKind, Cx};
use crate::api::apps::ControllerRevision;
use crate::api::{DaemonSet, Kind, Meta, OwnerReference, Pod, Text};
use crate::world::{ApiError, Aspects, DeleteOptions, Id, PodId, World};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The id of a ControllerRevision.
type RevisionId = Id<ControllerRevision>;

/// Old templates that are kept when the DaemonSet does not say how many.
/// Upstream: pkg/apis/apps/v1/defaults.go.
const DEFAULT_REVISIONS_KEPT: i64 = 10;

/// The revisions of a DaemonSet, as last found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The hash of the current one.
    pub hash: Text,
    /// The others.
    old: Vec<RevisionId>,
    generation: i64,
}

/// The hash of the DaemonSet's template. Creates, renumbers and deduplicates revisions as needed.
///
/// # Errors
/// When the client limit is used up, or a revision's name is taken by another template.
// pkg/controller/daemon/update.go constructHistory
pub(super) fn construct_history(keeping: &mut Keeping, id: DaemonSetId, cx: &mut Cx) -> Result<Text, Halt> {
    let Some(set) = cx.world.daemon_sets.get(id) else { return Ok(Text::EMPTY) };
    let generation = set.meta.generation;
    if let Some(history) = keeping.history.as_ref().filter(|history| history.generation == generation) {
        return Ok(history.hash.clone());
    }
    let patch = get_patch(set);
    let (mut current, mut old) = (Vec::new(), Vec::new());
    for revision in controlled_histories(id, cx)? {
        label_with_name(revision, cx)?;
        let same = cx.world.controller_revisions.get(revision).is_some_and(|found| matches(&patch, &found.data));
        if same { &mut current } else { &mut old }.push(revision);
    }
    let number = |world: &World, id: &RevisionId| world.controller_revisions.get(*id).map_or(0, |row| row.revision);
    let next = old.iter().map(|id| number(cx.world, id)).max().unwrap_or(0).max(0) + 1;
    let newest = if current.is_empty() {
        snapshot(id, next, patch, cx)?
    } else {
        let newest = dedup_cur_histories(id, current, cx)?;
        if number(cx.world, &newest) < next {
            cx.call(ActorKind::DaemonSet)?;
            cx.world.modify(newest, |row| {
                row.revision = next;
                Aspects::STATUS
            });
        }
        newest
    };
    let hash = cx.world.controller_revisions.get(newest).and_then(|row| row.hash().cloned()).unwrap_or_default();
    keeping.history = Some(History { hash: hash.clone(), old, generation });
    Ok(hash)
}

/// Adopts and releases revisions; answers those that are the DaemonSet's.
// pkg/controller/daemon/update.go controlledHistories
fn controlled_histories(id: DaemonSetId, cx: &mut Cx) -> Result<Vec<RevisionId>, Halt> {
    let Some(set) = cx.world.daemon_sets.get(id) else { return Ok(Vec::new()) };
    let owner = OwnerReference::controller(Kind::DaemonSet, &set.meta);
    let strays = cx.world.index.uncontrolled(Kind::ControllerRevision, &set.meta.namespace);
    let all = cx.world.index.dependents(set.meta.uid).chain(strays);
    let mut claims: Vec<(RevisionId, Claim)> = Vec::new();
    for revision in all.filter_map(|object| object.id::<ControllerRevision>()) {
        let Some(row) = cx.world.controller_revisions.get(revision) else { continue };
        claims.push((revision, claim_object(&set.meta, &row.meta, set.selector.matches(&row.meta.labels))));
    }
    let mut ours = Vec::new();
    for (revision, claim) in claims {
        match claim {
            Claim::Foreign => continue,
            Claim::Ours => {}
            Claim::Adopt => {
                cx.call(ActorKind::DaemonSet)?;
                adopt(cx.world, revision, owner.clone());
            }
            Claim::Release => {
                cx.call(ActorKind::DaemonSet)?;
                release(cx.world, revision, owner.uid);
                continue;
            }
        }
        ours.push(revision);
    }
    Ok(ours)
}

/// A revision without a hash label gets its own name for one.
fn label_with_name(id: RevisionId, cx: &mut Cx) -> Outcome {
    if cx.world.controller_revisions.get(id).is_none_or(|row| row.hash().is_some()) {
        return Ok(());
    }
    cx.call(ActorKind::DaemonSet)?;
    cx.world.modify(id, |row| {
        row.meta.labels = row.meta.labels.with(CONTROLLER_REVISION_HASH, row.meta.name.clone());
        Aspects::LABELS
    });
    Ok(())
}

/// What a revision stores: a patch that puts the template back.
// pkg/controller/daemon/update.go getPatch
fn get_patch(set: &DaemonSet) -> Value {
    let mut template = set.template.source.as_ref().clone();
    if template.is_object() {
        template["$patch"] = json!("replace");
    }
    json!({"spec": {"template": template}})
}

/// Whether a revision stores this patch. Nulls do not count: revisions written by older versions have them.
// pkg/controller/daemon/update.go Match
fn matches(patch: &Value, stored: &Value) -> bool {
    stored == patch || without_nulls(stored) == without_nulls(patch)
}

/// The same value without fields that are null, and without objects that are empty then.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.iter().map(|(key, value)| (key.clone(), without_nulls(value)));
            Value::Object(kept.filter(|(_, value)| !value.is_null() && *value != json!({})).collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(without_nulls).collect()),
        other => other.clone(),
    }
}

/// Stores the present template as a revision.
// pkg/controller/daemon/update.go snapshot
fn snapshot(id: DaemonSetId, number: i64, patch: Value, cx: &mut Cx) -> Result<RevisionId, Halt> {
    cx.call(ActorKind::DaemonSet)?;
    let Some(set) = cx.world.daemon_sets.get(id) else { return Err(Halt::Failed(Text::EMPTY)) };
    let hash = Text::from(set.template.hash(set.status.collision_count));
    let revision = ControllerRevision {
        meta: Meta {
            name: Text::from(format!("{}-{hash}", set.meta.name)),
            namespace: set.meta.namespace.clone(),
            labels: set.template.labels.with(CONTROLLER_REVISION_HASH, hash),
            annotations: set.meta.annotations.clone(),
            owners: Some(Arc::from([OwnerReference::controller(Kind::DaemonSet, &set.meta)])),
            ..Meta::default()
        },
        revision: number,
        data: Arc::new(patch.clone()),
    };
    let (namespace, name) = (revision.meta.namespace.clone(), revision.meta.name.clone());
    let error = match cx.world.create(revision, cx.now) {
        Ok(created) => return Ok(created),
        Err(error @ ApiError::AlreadyExists(..)) => error,
        Err(error) => return Err(error.into()),
    };
    let existing = cx.world.find_id::<ControllerRevision>(&namespace, &name);
    let stored = existing.and_then(|id| cx.world.controller_revisions.get(id));
    if let (Some(existing), true) = (existing, stored.is_some_and(|row| matches(&patch, &row.data))) {
        return Ok(existing);
    }
    // Another template has this name: the next try hashes with a higher count of collisions.
    cx.world.modify(id, |set| {
        set.status.collision_count = Some(set.status.collision_count.unwrap_or(0).saturating_add(1));
        Aspects::STATUS
    });
    Err(error.into())
}

/// Of several revisions of the present template keeps the newest, and gives all Pods its hash.
// pkg/controller/daemon/update.go dedupCurHistories
fn dedup_cur_histories(id: DaemonSetId, current: Vec<RevisionId>, cx: &mut Cx) -> Result<RevisionId, Halt> {
    let number = |id: &RevisionId| cx.world.controller_revisions.get(*id).map_or(0, |row| row.revision);
    let Some(newest) = current.iter().copied().max_by_key(number) else { return Err(Halt::Failed(Text::EMPTY)) };
    if current.len() == 1 {
        return Ok(newest);
    }
    let hash = cx.world.controller_revisions.get(newest).and_then(|row| row.hash().cloned()).unwrap_or_default();
    let uid = cx.world.daemon_sets.get(id).map(|set| set.meta.uid).unwrap_or_default();
    let pods: Vec<PodId> = cx.world.index.dependents(uid).filter_map(|object| object.id()).collect();
    for pod in pods {
        let outdated = |row: &Pod| row.meta.labels.get(CONTROLLER_REVISION_HASH) != Some(&hash);
        if cx.world.pods.get(pod).is_some_and(outdated) {
            cx.call(ActorKind::DaemonSet)?;
            cx.world.modify(pod, |row| {
                row.meta.labels = row.meta.labels.with(CONTROLLER_REVISION_HASH, hash.clone());
                Aspects::LABELS
            });
        }
    }
    for duplicate in current.into_iter().filter(|id| *id != newest) {
        cx.call(ActorKind::DaemonSet)?;
        cx.world.delete(duplicate, DeleteOptions::default(), cx.now)?;
    }
    Ok(newest)
}

/// Deletes the oldest revisions above the limit, except those that still have Pods.
// pkg/controller/daemon/update.go cleanupHistory
pub(super) fn cleanup_history(keeping: &Keeping, id: DaemonSetId, cx: &mut Cx) -> Outcome {
    let (Some(history), Some(set)) = (&keeping.history, cx.world.daemon_sets.get(id)) else { return Ok(()) };
    let kept = set.revision_history_limit.unwrap_or(DEFAULT_REVISIONS_KEPT);
    let mut surplus = history.old.len() as i64 - kept;
    if surplus <= 0 {
        return Ok(());
    }
    let pods = cx.world.index.dependents(set.meta.uid).filter_map(|object| object.id::<Pod>());
    let hashes = pods.filter_map(|id| cx.world.pods.get(id)?.meta.labels.get(CONTROLLER_REVISION_HASH).cloned());
    let live: BTreeSet<Text> = hashes.collect();
    let rows =
        history.old.iter().filter_map(|id| cx.world.controller_revisions.get(*id).map(|row| (row.revision, *id)));
    let mut oldest_first: Vec<(i64, RevisionId)> = rows.collect();
    oldest_first.sort();
    for (_, revision) in oldest_first {
        let hash = cx.world.controller_revisions.get(revision).and_then(|row| row.hash().cloned());
        if surplus <= 0 || hash.is_some_and(|hash| live.contains(&hash)) {
            continue;
        }
        cx.call(ActorKind::DaemonSet)?;
        cx.world.delete(revision, DeleteOptions::default(), cx.now)?;
        surplus -= 1;
    }
    Ok(())
}
