//! Creating and writing objects: what the API server does with a request that passed validation.

use super::change::{Aspects, Change, ChangeVerb, Emitted, Message, ObjectRef, Outgoing, Source};
use super::table::Id;
use super::{Stored, World};
use crate::api::pod_spec::Toleration;
use crate::api::policy::PriorityClass;
use crate::api::{Condition, Kind, Pod, PodSpec, Status, Text, Uid};
use crate::dice::Dice;
use crate::time::SimTime;
use std::sync::Arc;

/// The most objects that one world creates in its life.
pub const MAX_OBJECTS_CREATED: u32 = u32::MAX - 1;
/// How often a generated name is drawn anew when it is taken, in draws.
/// Upstream: k8s.io/apiserver/pkg/registry/generic/registry/store.go maxNameGenerationCreateAttempts.
const MAX_NAME_DRAWS: u64 = 8;

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiError {
    /// An object of that name is there already.
    AlreadyExists(Kind, Text),
    /// There is no such object.
    NotFound(Kind, Text),
    /// Admission or validation refused it.
    Forbidden(Text),
    /// The namespace (the last text) is being deleted.
    NamespaceTerminating(Kind, Text, Text),
    /// The world is full.
    Full,
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ApiError::AlreadyExists(kind, name) => write!(f, "{} \"{name}\" already exists", kind.resource()),
            ApiError::NotFound(kind, name) => write!(f, "{} \"{name}\" not found", kind.resource()),
            ApiError::Forbidden(why) => write!(f, "{why}"),
            ApiError::NamespaceTerminating(kind, name, namespace) => write!(
                f,
                "{} \"{name}\" is forbidden: unable to create new content in namespace {namespace} because it is being \
                 terminated",
                kind.resource()
            ),
            ApiError::Full => write!(f, "this world has created as many objects as it can hold"),
        }
    }
}

impl World {
    /// Stores a new object: gives it a UID, a creation time and generation 1 unless it brings its own, and enters it
    /// everywhere. Pods go through [`World::create_pod`].
    ///
    /// # Errors
    /// `AlreadyExists` when the name is taken, `Full` after [`MAX_OBJECTS_CREATED`] creations.
    pub fn create<T: Stored>(&mut self, mut object: T, now: SimTime) -> Result<Id<T>, ApiError> {
        if self.next_serial >= MAX_OBJECTS_CREATED {
            return Err(ApiError::Full);
        }
        let meta = object.meta();
        if self.index.by_name(T::KIND, &meta.namespace, &meta.name).is_some() {
            return Err(ApiError::AlreadyExists(T::KIND, meta.name.clone()));
        }
        self.admit_creation(T::KIND, meta)?;
        let uid = self.next_uid();
        let serial = self.next_serial;
        self.next_serial += 1;
        self.revision += 1;
        let revision = self.revision;
        let meta = object.meta_mut();
        if meta.uid.is_empty() {
            meta.uid = uid;
        }
        if meta.created == SimTime::default() {
            meta.created = now.api();
        }
        if meta.generation == 0 {
            meta.generation = 1;
        }
        meta.resource_version = revision;
        let id = T::table_mut(self).insert(serial, object);
        if let Some(row) = T::table(self).get(id) {
            let meta = row.meta().clone();
            self.index.insert(id.into(), &meta);
        }
        self.push_change(ChangeVerb::Added, id.into(), Aspects::NONE, None);
        Ok(id)
    }

    /// Admits and stores a Pod. An empty name is generated from `generate_name`.
    ///
    /// Admission adds the default tolerations and resolves the priority.
    /// Upstream: plugin/pkg/admission/defaulttolerationseconds, plugin/pkg/admission/priority.
    ///
    /// # Errors
    /// `AlreadyExists`, `Full`, and `Forbidden` for an unknown priority class.
    pub fn create_pod(&mut self, mut pod: Pod, generate_name: &str, now: SimTime) -> Result<Id<Pod>, ApiError> {
        let (spec, priority) = self.admit(&pod.spec, &pod.meta.name)?;
        pod.spec = spec;
        pod.priority = priority;
        if pod.node_name.is_empty() {
            pod.node_name = pod.spec.node_name.clone();
        }
        if pod.meta.name.is_empty() {
            pod.meta.name = self.generate_name(Kind::Pod, &pod.meta.namespace, generate_name)?;
        }
        hold_back_gated(&mut pod, now);
        let node_name = pod.node_name.clone();
        let id = self.create(pod, now)?;
        if !node_name.is_empty() {
            self.take_seat(id);
        }
        Ok(id)
    }

    /// A free name: the prefix (cut to 58 characters) and five random ones.
    /// Upstream: k8s.io/apiserver/pkg/storage/names/generate.go GenerateName.
    ///
    /// # Errors
    /// `AlreadyExists` when eight draws in a row were taken.
    pub fn generate_name(&self, kind: Kind, namespace: &str, prefix: &str) -> Result<Text, ApiError> {
        let cut = prefix.char_indices().nth(58).map_or(prefix, |(at, _)| &prefix[..at]);
        let dice = Dice::new(self.settings.seed);
        let mut name = Text::EMPTY;
        for n in 0..MAX_NAME_DRAWS {
            name = Text::from(format!("{cut}{}", dice.suffix(u64::from(self.next_serial), n)));
            if self.index.by_name(kind, namespace, &name).is_none() {
                return Ok(name);
            }
        }
        Err(ApiError::AlreadyExists(kind, name))
    }

    fn admit(&mut self, spec: &Arc<PodSpec>, name: &str) -> Result<(Arc<PodSpec>, i32), ApiError> {
        let seconds = self.settings.default_toleration_seconds;
        if let Some(known) = self.admitted.get(spec, seconds) {
            return Ok(known);
        }
        let (priority, never) = self.priority_of(spec, name)?;
        let mut admitted = spec.as_ref().clone();
        add_default_tolerations(&mut admitted, seconds);
        admitted.priority = priority;
        admitted.never_preempts |= never;
        let mut source = admitted.source.as_ref().clone();
        if source.is_object() {
            let list = admitted.tolerations.iter().map(toleration_value).collect();
            source["tolerations"] = serde_json::Value::Array(list);
            source["priority"] = serde_json::json!(priority);
            let policy = if admitted.never_preempts { "Never" } else { "PreemptLowerPriority" };
            source["preemptionPolicy"] = serde_json::json!(policy);
            if source.get("serviceAccountName").is_none() {
                source["serviceAccountName"] = serde_json::json!("default");
            }
        }
        admitted.source = Arc::new(source);
        let admitted = Arc::new(admitted);
        self.admitted.put(spec.clone(), admitted.clone(), priority);
        Ok((admitted, priority))
    }

    fn priority_of(&self, spec: &PodSpec, name: &str) -> Result<(i32, bool), ApiError> {
        let class = spec.priority_class_name.as_str();
        match class {
            "system-cluster-critical" => return Ok((2_000_000_000, false)),
            "system-node-critical" => return Ok((2_000_001_000, false)),
            _ => {}
        }
        if class.is_empty() {
            let default = self.priority_classes.iter().find(|(_, class)| class.global_default);
            return Ok(default.map_or((spec.priority, false), |(_, class)| (class.value, class.never_preempts)));
        }
        match self.find_id::<PriorityClass>("", class).and_then(|id| self.priority_classes.get(id)) {
            Some(class) => Ok((class.value, class.never_preempts)),
            None => Err(ApiError::Forbidden(Text::from(format!(
                "pods \"{name}\" is forbidden: no PriorityClass with name {class} was found"
            )))),
        }
    }

    /// Writes an object. The closure answers what it touched; for `NONE` nothing is recorded. Touching the spec raises
    /// the generation. Answers whether anything was recorded.
    pub fn modify<T: Stored>(&mut self, id: Id<T>, write: impl FnOnce(&mut T) -> Aspects) -> bool {
        if T::KIND != Kind::Pod {
            return self.write_row(id, write);
        }
        // What a Pod's node is used for follows from the Pod, so it is counted wherever a Pod is written.
        let pod_id = Id::<Pod>::new(id.slot, id.serial);
        let Some(pod) = self.pods.get(pod_id) else { return false };
        let (seated, used) = (!pod.node_name.is_empty(), pod.occupies_node());
        let changed = self.write_row(id, write);
        let Some(pod) = self.pods.get(pod_id) else { return changed };
        if !seated && !pod.node_name.is_empty() {
            self.take_seat(pod_id);
        } else if used && !pod.occupies_node() {
            let name = pod.node_name.clone();
            if let Some(seat) = self.index.seat_mut(&name) {
                seat.count(pod_id, pod, -1);
            }
        }
        changed
    }

    /// Writes the metadata of an object of any kind, like [`World::modify`].
    pub fn modify_meta(&mut self, object: ObjectRef, write: impl FnOnce(&mut crate::api::Meta) -> Aspects) -> bool {
        for_kind!(object.kind, T => {
            self.modify(Id::<T>::new(object.slot, object.serial), |row| write(row.meta_mut()))
        })
    }

    fn write_row<T: Stored>(&mut self, id: Id<T>, write: impl FnOnce(&mut T) -> Aspects) -> bool {
        let object = ObjectRef::from(id);
        let Some(row) = T::table_mut(self).get_mut(id) else { return false };
        let (owners, labels) = (row.meta().owners.clone(), row.meta().labels.clone());
        let prior = row.meta().controller().map(|owner| owner.uid);
        let aspects = write(row);
        if aspects.is_empty() {
            return false;
        }
        if aspects.any(Aspects::SPEC) {
            row.meta_mut().generation += 1;
        }
        let meta = aspects.any(Aspects::OWNERS).then(|| row.meta().clone());
        let mut prior_controller = None;
        if let Some(meta) = meta {
            let before = crate::api::Meta { owners, ..meta.clone() };
            self.index.disown(object, &before);
            self.index.own(object, &meta);
            prior_controller = prior;
        }
        if aspects.any(Aspects::LABELS) {
            self.prior_labels.push((object, labels));
        }
        self.touch(object);
        self.push_change(ChangeVerb::Modified, object, aspects, prior_controller);
        true
    }

    /// Enters a bound Pod at its node.
    fn take_seat(&mut self, id: Id<Pod>) {
        let Some(pod) = self.pods.get(id) else { return };
        if let Some(seat) = self.index.seat_mut(&pod.node_name) {
            seat.pods.insert(id);
            if pod.occupies_node() {
                seat.count(id, pod, 1);
            }
        }
    }

    /// Takes a Pod that is being removed from its node.
    pub(super) fn leave_seat(&mut self, id: Id<Pod>) {
        let Some(pod) = self.pods.get(id) else { return };
        if pod.node_name.is_empty() {
            return;
        }
        if let Some(seat) = self.index.seat_mut(&pod.node_name) {
            seat.pods.remove(&id);
            if pod.occupies_node() {
                seat.count(id, pod, -1);
            }
        }
    }

    /// Emits a Kubernetes Event.
    pub fn event(
        &mut self,
        object: impl Into<ObjectRef>,
        source: Source,
        warning: bool,
        reason: &'static str,
        message: impl Into<Message>,
    ) {
        self.event_in_series(object, source, warning, reason, message, None);
    }

    /// Emits a Kubernetes Event whose writer counts repetitions itself: `count` is the how-manieth it is.
    pub fn event_in_series(
        &mut self,
        object: impl Into<ObjectRef>,
        source: Source,
        warning: bool,
        reason: &'static str,
        message: impl Into<Message>,
        count: Option<u32>,
    ) {
        let (object, message) = (object.into(), message.into());
        self.outbox.push(Outgoing::Event(Emitted { object, warning, reason, message, source, count }));
    }

    fn touch(&mut self, object: ObjectRef) {
        self.revision += 1;
        let revision = self.revision;
        for_kind!(object.kind, T => {
            if let Some(row) = T::table_mut(self).get_mut(Id::new(object.slot, object.serial)) {
                row.meta_mut().resource_version = revision;
            }
        });
    }

    pub(super) fn push_change(
        &mut self,
        verb: ChangeVerb,
        object: ObjectRef,
        aspects: Aspects,
        prior_controller: Option<Uid>,
    ) {
        if object.kind == Kind::PriorityClass {
            self.admitted.clear();
        }
        self.outbox.push(Outgoing::Change(Change { verb, object, aspects, prior_controller }));
    }
}

/// Upstream: pkg/registry/core/pod/strategy.go applySchedulingGatedCondition.
fn hold_back_gated(pod: &mut Pod, now: SimTime) {
    if pod.spec.scheduling_gates.is_empty() || pod.status.condition("PodScheduled").is_some() {
        return;
    }
    let message = "Scheduling is blocked due to non-empty scheduling gates";
    let condition = Condition::new("PodScheduled", Status::False, "SchedulingGated", message, now);
    pod.status.conditions.push(condition);
}

/// Upstream: plugin/pkg/admission/defaulttolerationseconds/admission.go Admit.
fn add_default_tolerations(spec: &mut PodSpec, seconds: i64) {
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let covered = spec
            .tolerations
            .iter()
            .any(|t| (t.key == key || t.key.is_empty()) && (t.effect == "NoExecute" || t.effect.is_empty()));
        if !covered {
            spec.tolerations.push(Toleration::exists(key, "NoExecute", Some(seconds)));
        }
    }
}

/// A toleration as the API prints it.
pub fn toleration_value(toleration: &Toleration) -> serde_json::Value {
    let mut map = serde_json::Map::new();
    crate::api::value::put(&mut map, "key", toleration.key.as_str());
    if toleration.exists {
        map.insert("operator".into(), serde_json::json!("Exists"));
    } else {
        map.insert("operator".into(), serde_json::json!("Equal"));
        crate::api::value::put(&mut map, "value", toleration.value.as_str());
    }
    crate::api::value::put(&mut map, "effect", toleration.effect.as_str());
    if let Some(seconds) = toleration.seconds {
        map.insert("tolerationSeconds".into(), serde_json::json!(seconds));
    }
    serde_json::Value::Object(map)
}
