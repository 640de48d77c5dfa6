//! The ReplicaSet of the present template: found, renumbered, or made.
//! Upstream: pkg/controller/deployment/sync.go getAllReplicaSetsAndSyncRevision, getNewReplicaSet.

use super::conditions::{PROGRESSING, get, new_condition, set};
use super::scale::with_replicas_annotations;
use super::util::{
    DESIRED_REPLICAS, MAX_REPLICAS, OwnSet, OwnSets, POD_TEMPLATE_HASH, REVISION, REVISION_HISTORY, max_surge,
    new_replicas, progress_deadline, sort_by_creation, wanted_replicas,
};
use super::{Compared, DeploymentId, Deployments};
use crate::actor::outcome::Halt;
use crate::actor::{ActorKind, Cx};
use crate::api::selector::LabelSelector;
use crate::api::{Deployment, Kind, Labels, Meta, OwnerReference, PodTemplate, ReplicaSet, Status, Text};
use crate::world::{ApiError, Aspects, Id, Source};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The longest list of old revisions that a ReplicaSet carries, in characters.
/// Upstream: pkg/controller/deployment/sync.go maxRevHistoryLengthInChars.
const MAX_REVISION_HISTORY_CHARS: usize = 2000;
/// The longest name of an object, in characters.
const MAX_NAME_CHARS: usize = 253;
/// Annotations that are the Deployment's own affair.
/// Upstream: pkg/controller/deployment/util/deployment_util.go annotationsToSkip.
const NOT_COPIED: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    REVISION_HISTORY,
    DESIRED_REPLICAS,
    MAX_REPLICAS,
    "deprecated.deployment.rollback.to",
];

impl Deployments {
    /// Sorts the ReplicaSets into new and old, brings the new one's annotations up to date and makes it if `create`.
    ///
    /// # Errors
    /// When the client limit is used up or a request fails.
    // pkg/controller/deployment/sync.go getAllReplicaSetsAndSyncRevision, getNewReplicaSet
    pub(super) fn sync_revision(
        &mut self,
        id: DeploymentId,
        deployment: &mut Deployment,
        sets: &[OwnSet],
        create: bool,
        cx: &mut Cx,
    ) -> Result<OwnSets, Halt> {
        let mut sorted = sets.to_vec();
        sort_by_creation(&mut sorted);
        let place = sorted.iter().position(|own| self.has_template(deployment, own));
        let new = place.map(|place| sorted.remove(place));
        let mut own = OwnSets { new, old: sorted };
        let next = own.old.iter().filter_map(OwnSet::revision).max().unwrap_or(0).max(0) + 1;
        match own.new.take() {
            Some(found) => own.new = Some(update_found(id, deployment, found, next, cx)?),
            None if create => own.new = Some(create_new(id, deployment, &own, next, cx)?),
            None => {}
        }
        Ok(own)
    }

    /// Whether a ReplicaSet has the Deployment's template.
    // pkg/controller/deployment/util/deployment_util.go FindNewReplicaSet
    fn has_template(&mut self, deployment: &Deployment, own: &OwnSet) -> bool {
        let (wanted, found) = (&deployment.template, &own.set.template);
        if let Some(known) = self.compared.get(&own.id)
            && Arc::ptr_eq(&known.wanted, wanted)
            && Arc::ptr_eq(&known.found, found)
        {
            return known.same;
        }
        let same = wanted.equal_ignore_hash(found);
        self.compared.insert(own.id, Compared { wanted: wanted.clone(), found: found.clone(), same });
        same
    }
}

/// Brings the annotations of the new ReplicaSet up to date, and with them the Deployment's.
fn update_found(
    id: DeploymentId,
    deployment: &mut Deployment,
    mut found: OwnSet,
    next: i64,
    cx: &mut Cx,
) -> Result<OwnSet, Halt> {
    let annotations = set_new_annotations(deployment, &found.set.meta.annotations, next);
    let wait = deployment.min_ready_seconds;
    if annotations != found.set.meta.annotations || wait != found.set.min_ready_seconds {
        cx.call(ActorKind::Deployment)?;
        cx.world.modify(found.id, |set| {
            let spec = set.min_ready_seconds != wait;
            if spec {
                set.min_ready_seconds = wait;
                let mut source = set.source.as_ref().clone();
                if let Some(map) = source.as_object_mut() {
                    map.insert("minReadySeconds".into(), json!(wait));
                }
                set.source = Arc::new(source);
            }
            let annotated = set.meta.annotations != annotations;
            set.meta.annotations = annotations;
            Aspects::ANNOTATIONS.when(annotated) | Aspects::SPEC.when(spec)
        });
        if let Some(set) = cx.world.replica_sets.get(found.id) {
            found.set = set.clone();
        }
        return Ok(found);
    }
    let revision = found.set.meta.annotations.get(REVISION).cloned().unwrap_or_default();
    let mut changed = set_revision(deployment, revision);
    if progress_deadline(deployment).is_some() && get(&deployment.status, PROGRESSING).is_none() {
        let message = format!("Found new replica set \"{}\"", found.set.meta.name);
        let found = new_condition(PROGRESSING, Status::True, "FoundNewReplicaSet", message, cx.now);
        set(&mut deployment.status, found);
        changed = true;
    }
    if changed {
        update_status(id, deployment, cx)?;
    }
    Ok(found)
}

/// Makes the ReplicaSet of the present template.
fn create_new(
    id: DeploymentId,
    deployment: &mut Deployment,
    own: &OwnSets,
    next: i64,
    cx: &mut Cx,
) -> Result<OwnSet, Halt> {
    let mut set_made = new_replica_set(deployment);
    set_made.replicas = new_replicas(deployment, wanted_replicas(own.old.iter()), 0);
    let annotations = set_new_annotations(deployment, &Labels::default(), next);
    set_made.meta.annotations = with_replicas_annotations(&annotations, deployment);
    let (name, replicas) = (set_made.meta.name.clone(), set_made.replicas);
    cx.call(ActorKind::Deployment)?;
    let (created, is_new) = match cx.world.create(set_made, cx.now) {
        Ok(created) => (created, true),
        Err(error @ ApiError::AlreadyExists(..)) => (resolve_collision(id, deployment, &name, error, cx)?, false),
        Err(error) => return Err(report_failure(id, deployment, &name, error, cx)),
    };
    if is_new && replicas > 0 {
        let message = format!("Scaled up replica set {name} from 0 to {replicas}");
        cx.world.event(id, Source::Deployment, false, "ScalingReplicaSet", Text::from(message));
    }
    let mut changed = set_revision(deployment, Text::from(next.to_string()));
    if is_new && progress_deadline(deployment).is_some() {
        let message = format!("Created new replica set \"{name}\"");
        let made = new_condition(PROGRESSING, Status::True, "NewReplicaSetCreated", message, cx.now);
        set(&mut deployment.status, made);
        changed = true;
    }
    if changed {
        update_status(id, deployment, cx)?;
    }
    let set = cx.world.replica_sets.get(created).cloned().unwrap_or_default();
    Ok(OwnSet { id: created, set })
}

/// The name is taken: by our own ReplicaSet of this template, or by another template with the same hash.
fn resolve_collision(
    id: DeploymentId,
    deployment: &mut Deployment,
    name: &str,
    error: ApiError,
    cx: &mut Cx,
) -> Result<Id<ReplicaSet>, Halt> {
    if let Some(existing) = cx.world.find_id::<ReplicaSet>(&deployment.meta.namespace, name)
        && let Some(set) = cx.world.replica_sets.get(existing)
        && set.meta.controller().is_some_and(|owner| owner.uid == deployment.meta.uid)
        && deployment.template.equal_ignore_hash(&set.template)
    {
        return Ok(existing);
    }
    let count = deployment.status.collision_count.unwrap_or(0);
    deployment.status.collision_count = Some(count.saturating_add(1));
    update_status(id, deployment, cx)?;
    Err(error.into())
}

fn report_failure(id: DeploymentId, deployment: &mut Deployment, name: &str, error: ApiError, cx: &mut Cx) -> Halt {
    if matches!(error, ApiError::NamespaceTerminating(..)) {
        return error.into();
    }
    let message = format!("Failed to create new replica set \"{name}\": {error}");
    if progress_deadline(deployment).is_some() {
        let failed = new_condition(PROGRESSING, Status::False, "ReplicaSetCreateError", message.clone(), cx.now);
        set(&mut deployment.status, failed);
        // The creation that failed is the bigger issue.
        let _ = update_status(id, deployment, cx);
    }
    cx.world.event(id, Source::Deployment, true, "ReplicaSetCreateError", Text::from(message));
    error.into()
}

/// A ReplicaSet of the present template, without replicas and annotations.
fn new_replica_set(deployment: &Deployment) -> ReplicaSet {
    let hash = Text::from(deployment.template.hash(deployment.status.collision_count));
    let labels = deployment.template.labels.with(POD_TEMPLATE_HASH, hash.clone());
    let mut source = deployment.template.source.as_ref().clone();
    if source.is_object() {
        source["metadata"]["labels"] = labels.to_value();
    }
    let template =
        PodTemplate { labels: labels.clone(), source: Arc::new(source), ..deployment.template.as_ref().clone() };
    let selector = LabelSelector {
        match_labels: deployment.selector.match_labels.with(POD_TEMPLATE_HASH, hash.clone()),
        ..deployment.selector.clone()
    };
    let mut written_selector = deployment.source.get("selector").cloned().unwrap_or_else(|| json!({}));
    written_selector["matchLabels"] = selector.match_labels.to_value();
    let mut spec = Map::new();
    spec.insert("replicas".into(), json!(0));
    crate::api::value::put(&mut spec, "minReadySeconds", deployment.min_ready_seconds);
    spec.insert("selector".into(), written_selector);
    spec.insert("template".into(), template.source.as_ref().clone());
    ReplicaSet {
        meta: Meta {
            name: generate_replica_set_name(&deployment.meta.name, &hash),
            namespace: deployment.meta.namespace.clone(),
            labels,
            owners: Some(Arc::from([OwnerReference::controller(Kind::Deployment, &deployment.meta)])),
            ..Meta::default()
        },
        min_ready_seconds: deployment.min_ready_seconds,
        selector,
        template: Arc::new(template),
        source: Arc::new(Value::Object(spec)),
        ..ReplicaSet::default()
    }
}

// pkg/controller/deployment/sync.go generateReplicaSetName
fn generate_replica_set_name(deployment: &str, hash: &str) -> Text {
    let room = MAX_NAME_CHARS.saturating_sub(hash.len() + 1);
    let kept: String = deployment.chars().take(if room == 0 { usize::MAX } else { room }).collect();
    Text::from(format!("{kept}-{hash}"))
}

/// What the annotations of the new ReplicaSet are to be: the Deployment's own, and the number of the rollout.
// pkg/controller/deployment/util/deployment_util.go SetNewReplicaSetAnnotations
fn set_new_annotations(deployment: &Deployment, present: &Labels, next: i64) -> Labels {
    let mut annotations = present.clone();
    for (key, value) in deployment.meta.annotations.pairs() {
        if !NOT_COPIED.contains(&key.as_str()) && annotations.get(key) != Some(value) {
            annotations = annotations.with(key.clone(), value.clone());
        }
    }
    let old = annotations.get(REVISION).cloned();
    let number = match old.as_deref() {
        None | Some("") => 0,
        // What is no number is left alone.
        Some(text) => text.parse().unwrap_or(i64::MAX),
    };
    if number >= next {
        return annotations;
    }
    annotations = annotations.with(REVISION, next.to_string());
    match old {
        Some(old) => remember_revision(&annotations, &old),
        None => annotations,
    }
}

/// Appends a number to the list of those that the ReplicaSet had before, dropping the first ones when it gets too long.
fn remember_revision(annotations: &Labels, old: &str) -> Labels {
    let history = annotations.get(REVISION_HISTORY).cloned().unwrap_or_default();
    if history.is_empty() {
        return annotations.with(REVISION_HISTORY, Text::copy(old));
    }
    let mut numbers: Vec<&str> = history.split(',').collect();
    let mut length = history.len() + old.len() + 1;
    while length > MAX_REVISION_HISTORY_CHARS && !numbers.is_empty() {
        length -= (numbers.remove(0).len() + 1).min(length);
    }
    if length > MAX_REVISION_HISTORY_CHARS {
        return annotations.clone();
    }
    numbers.push(old);
    annotations.with(REVISION_HISTORY, numbers.join(","))
}

// pkg/controller/deployment/util/deployment_util.go SetDeploymentRevision
fn set_revision(deployment: &mut Deployment, revision: Text) -> bool {
    if deployment.meta.annotations.get(REVISION) == Some(&revision) {
        return false;
    }
    deployment.meta.annotations = deployment.meta.annotations.with(REVISION, revision);
    true
}

/// Writes the Deployment's status, and its annotations, which travel with it.
///
/// # Errors
/// When the client limit is used up.
pub(super) fn update_status(id: DeploymentId, deployment: &Deployment, cx: &mut Cx) -> Result<(), Halt> {
    cx.call(ActorKind::Deployment)?;
    cx.world.modify(id, |row| {
        let annotated = row.meta.annotations != deployment.meta.annotations;
        let changed = row.status != deployment.status;
        row.meta.annotations = deployment.meta.annotations.clone();
        row.status = deployment.status.clone();
        Aspects::ANNOTATIONS.when(annotated) | Aspects::STATUS.when(changed)
    });
    Ok(())
}

/// How many Pods all ReplicaSets may have together, as their annotations say it: (desired, with surge).
pub(super) fn replicas_annotations(deployment: &Deployment) -> (i64, i64) {
    (deployment.replicas, deployment.replicas + max_surge(deployment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reused_replica_set_remembers_its_numbers_up_to_a_bound() {
        let deployment = Deployment::default();
        let first = set_new_annotations(&deployment, &Labels::default(), 1);
        assert_eq!(first.pairs(), [(REVISION.into(), "1".into())]);
        let third = set_new_annotations(&deployment, &first, 3);
        let fifth = set_new_annotations(&deployment, &third, 5);
        assert_eq!(
            (fifth.get(REVISION).unwrap().as_str(), fifth.get(REVISION_HISTORY).unwrap().as_str()),
            ("5", "1,3")
        );
        assert_eq!(set_new_annotations(&deployment, &fifth, 4), fifth, "a number never falls");
        let odd = fifth.with(REVISION, "five");
        assert_eq!(set_new_annotations(&deployment, &odd, 9), odd, "what is no number is left alone");
        let long = fifth.with(REVISION_HISTORY, vec!["1234"; 400].join(","));
        let shortened = set_new_annotations(&deployment, &long, 6);
        let history = shortened.get(REVISION_HISTORY).unwrap();
        assert!(history.len() <= MAX_REVISION_HISTORY_CHARS && history.ends_with(",1234,5"), "{}", history.len());
    }

    #[test]
    fn annotations_of_the_deployment_are_copied_except_its_own_affairs() {
        let pairs = [("team", "a"), (REVISION, "7"), ("kubectl.kubernetes.io/last-applied-configuration", "{}")];
        let annotations = Labels::new(pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect());
        let deployment = Deployment { meta: Meta { annotations, ..Meta::default() }, ..Deployment::default() };
        let copied = set_new_annotations(&deployment, &Labels::default(), 2);
        let shown: Vec<String> = copied.pairs().iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(shown, ["deployment.kubernetes.io/revision=2", "team=a"]);
    }

    #[test]
    fn the_name_of_a_replica_set_is_cut_so_that_it_fits() {
        assert_eq!(generate_replica_set_name("web", "abc"), "web-abc");
        assert_eq!(generate_replica_set_name(&"x".repeat(253), "abc").len(), 253);
    }
}
