//! The reduced views of objects that traces consist of: what the recordings of a real control plane show of each kind.

use crate::api::node::Taint;
use crate::api::pod_spec::Toleration;
use crate::api::service::{EndpointSlice, ServiceType};
use crate::api::{
    Condition, ContainerState, CronJob, DaemonSet, Deployment, Job, Kind, Labels, Meta, Node, Pod, ReplicaSet, Service,
    Status, Text,
};
use crate::time::SimTime;
use crate::world::{Id, ObjectRef, World};
use serde_json::{Map, Value, json};

/// The finalizer by which Job Pods are counted.
const JOB_TRACKING: &str = "batch.kubernetes.io/job-tracking";

/// The kinds that traces show.
pub const KINDS: [Kind; 9] = [
    Kind::Node,
    Kind::Pod,
    Kind::DaemonSet,
    Kind::ReplicaSet,
    Kind::Deployment,
    Kind::Job,
    Kind::CronJob,
    Kind::Service,
    Kind::EndpointSlice,
];

/// A view under construction: absent fields mean 0, false or none.
struct View {
    map: Map<String, Value>,
    start: SimTime,
}

impl View {
    fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.map.insert(key.to_string(), value.into());
    }

    fn put(&mut self, key: &str, value: impl Into<Value>) {
        crate::api::value::put(&mut self.map, key, value);
    }

    fn put_time(&mut self, key: &str, time: Option<SimTime>) {
        if let Some(time) = time {
            self.set(key, seconds_since(self.start, time));
        }
    }
}

/// Seconds from `start` to `time` with one decimal.
pub fn seconds_since(start: SimTime, time: SimTime) -> Value {
    let tenths = (time - start).nanos().div_euclid(50_000_000).saturating_add(1).div_euclid(2);
    json!(tenths as f64 / 10.0)
}

/// The status view of an object; `None` for kinds that traces do not show.
pub fn status(world: &World, object: ObjectRef, start: SimTime) -> Option<Value> {
    let mut view = View { map: Map::new(), start };
    fn row<T: crate::world::Stored>(world: &World, object: ObjectRef) -> Option<&T> {
        T::table(world).ghost(Id::new(object.slot, object.serial))
    }
    match object.kind {
        Kind::Pod => pod(&mut view, row(world, object)?),
        Kind::Node => node(&mut view, row(world, object)?),
        Kind::Job => job(&mut view, row(world, object)?),
        Kind::CronJob => cron_job(&mut view, row(world, object)?),
        Kind::DaemonSet => daemon_set(&mut view, row(world, object)?),
        Kind::ReplicaSet => replica_set(&mut view, row(world, object)?),
        Kind::Deployment => deployment(&mut view, row(world, object)?),
        Kind::Service => service(&mut view, row(world, object)?),
        Kind::EndpointSlice => endpoint_slice(&mut view, row(world, object)?),
        _ => return None,
    }
    Some(Value::Object(view.map))
}

fn conditions(list: &[Condition]) -> Value {
    let one = |c: &Condition| {
        let mut map = Map::new();
        map.insert("type".into(), json!(c.kind.as_str()));
        map.insert("status".into(), json!(c.status.name()));
        crate::api::value::put(&mut map, "reason", c.reason.as_str());
        crate::api::value::put(&mut map, "message", c.message.as_str());
        Value::Object(map)
    };
    Value::Array(list.iter().map(one).collect())
}

fn pod(view: &mut View, pod: &Pod) {
    view.set("phase", pod.status.phase.name());
    view.put("nodeName", pod.node_name.as_str());
    view.put("podIP", pod.status.ip.is_some());
    view.put("ready", pod.is_ready());
    view.put("restartCount", pod.status.containers.iter().map(|c| c.restart_count).sum::<i32>());
    let state = pod.status.containers.first().map(|container| match &container.state {
        ContainerState::Running { .. } => "running".to_string(),
        // Of a back-off the recordings keep how long it is: `back-off 10s`.
        ContainerState::Waiting { reason, message } if reason == "CrashLoopBackOff" => {
            let length: Vec<&str> = message.split(' ').take(2).collect();
            format!("waiting:{reason} {}", length.join(" ")).trim_end().to_string()
        }
        ContainerState::Waiting { reason, .. } => format!("waiting:{reason}"),
        ContainerState::Terminated(end) => format!("terminated:{}({})", end.reason, end.exit_code),
    });
    view.put("container", state);
    view.put("conditions", conditions(&pod.status.conditions));
    view.put("jobFinalizer", pod.meta.has_finalizer(JOB_TRACKING));
    if let Some(deletion) = pod.meta.deletion {
        view.put_time("deletionTimestamp", Some(deletion.at));
        view.set("grace", deletion.grace_seconds.to_string());
    }
    view.put("reason", pod.status.reason.as_str());
    view.put("message", pod.status.message.as_str());
}

fn taint(taint: &Taint) -> Value {
    let pair = if taint.value.is_empty() { taint.key.to_string() } else { format!("{}={}", taint.key, taint.value) };
    json!(format!("{pair}:{}", taint.effect))
}

fn node(view: &mut View, node: &Node) {
    view.put("taints", Value::Array(node.taints.iter().map(taint).collect()));
    view.put("unschedulable", node.unschedulable);
    let mut shown = Map::new();
    for condition in &node.conditions {
        if condition.kind == "Ready" || condition.status != Status::False {
            let text = format!("{}/{}", condition.status.name(), condition.reason);
            shown.insert(condition.kind.to_string(), json!(text));
        }
    }
    view.put("conditions", Value::Object(shown));
    if let Some(ready) = Condition::find(&node.conditions, "Ready").filter(|ready| ready.status != Status::True) {
        view.put("readyMessage", ready.message.as_str());
    }
    let own = |key: &str| !key.contains("kubernetes.io/");
    let labels = node.meta.labels.pairs().iter().filter(|(key, _)| own(key)).cloned().collect();
    view.put("labels", Labels::new(labels).to_value());
}

fn job(view: &mut View, job: &Job) {
    let status = &job.status;
    view.put("active", status.active);
    view.put("ready", status.ready);
    view.put("terminating", status.terminating);
    view.put("succeeded", status.succeeded);
    view.put("failed", status.failed);
    view.put("completedIndexes", status.completed_indexes.as_str());
    view.put("failedIndexes", status.failed_indexes.as_ref().map(Text::as_str));
    let mut uncounted = Map::new();
    crate::api::value::put(&mut uncounted, "succeeded", status.uncounted_succeeded.len());
    crate::api::value::put(&mut uncounted, "failed", status.uncounted_failed.len());
    view.put("uncounted", Value::Object(uncounted));
    view.put_time("startTime", status.start_time);
    view.put_time("completionTime", status.completion_time);
    view.put("conditions", conditions(&status.conditions));
    view.put("parallelism", job.spec.parallelism);
    view.put("completions", job.spec.completions);
    view.put("suspend", job.spec.suspend);
}

fn cron_job(view: &mut View, cron_job: &CronJob) {
    view.put_time("lastScheduleTime", cron_job.status.last_schedule_time);
    view.put_time("lastSuccessfulTime", cron_job.status.last_successful_time);
    let active: Vec<Value> = cron_job.status.active.iter().map(|(name, _)| json!(name.as_str())).collect();
    view.put("active", Value::Array(active));
    view.put("suspend", cron_job.spec.suspend);
    view.put("schedule", cron_job.spec.schedule.as_str());
}

fn daemon_set(view: &mut View, set: &DaemonSet) {
    let status = &set.status;
    for (key, value) in [
        ("desired", status.desired_number_scheduled),
        ("current", status.current_number_scheduled),
        ("ready", status.number_ready),
        ("updated", status.updated_number_scheduled),
        ("available", status.number_available),
        ("unavailable", status.number_unavailable),
        ("misscheduled", status.number_misscheduled),
        ("generation", set.meta.generation),
        ("observedGeneration", status.observed_generation),
    ] {
        view.set(key, value);
    }
}

fn replica_set(view: &mut View, set: &ReplicaSet) {
    view.set("specReplicas", set.replicas);
    view.set("replicas", set.status.replicas);
    view.set("ready", set.status.ready_replicas);
    view.set("available", set.status.available_replicas);
    if let Some(terminating) = set.status.terminating_replicas {
        view.set("terminating", terminating);
    }
    view.put("observedGeneration", set.status.observed_generation);
    view.set("conditions", conditions(&set.status.conditions));
}

fn deployment(view: &mut View, deployment: &Deployment) {
    let status = &deployment.status;
    view.set("specReplicas", deployment.replicas);
    view.put("replicas", status.replicas);
    view.put("updated", status.updated_replicas);
    view.put("ready", status.ready_replicas);
    view.put("available", status.available_replicas);
    view.put("unavailable", status.unavailable_replicas);
    view.put("observedGeneration", status.observed_generation);
    let list: Vec<Condition> = status.conditions.iter().map(|c| c.condition.clone()).collect();
    view.put("conditions", conditions(&list));
}

fn service(view: &mut View, service: &Service) {
    let type_name = match service.service_type {
        ServiceType::ClusterIP => "ClusterIP",
        ServiceType::NodePort => "NodePort",
        ServiceType::LoadBalancer => "LoadBalancer",
        ServiceType::ExternalName => "ExternalName",
    };
    view.set("type", type_name);
    let port = |port: &crate::api::service::ServicePort| {
        let mut map = Map::new();
        crate::api::value::put(&mut map, "name", port.name.as_str());
        map.insert("port".into(), json!(port.port));
        let target = port.target_port.parse::<i32>().map_or_else(|_| json!(port.target_port.as_str()), |n| json!(n));
        map.insert("targetPort".into(), target);
        crate::api::value::put(&mut map, "nodePort", port.node_port);
        map.insert("protocol".into(), json!(port.protocol.as_str()));
        Value::Object(map)
    };
    view.put("ports", Value::Array(service.ports.iter().map(port).collect()));
    let policy = |local: bool| if local { "Local" } else { "Cluster" };
    if matches!(service.service_type, ServiceType::NodePort | ServiceType::LoadBalancer) {
        view.set("externalTrafficPolicy", policy(service.external_local));
    }
    view.set("internalTrafficPolicy", policy(service.internal_local));
    view.put("clusterIP", !service.cluster_ip.is_empty());
    let affinity = service.source.get("sessionAffinity").and_then(Value::as_str).unwrap_or("None");
    view.set("sessionAffinity", affinity);
    view.put("healthCheckNodePort", service.source.get("healthCheckNodePort").cloned().unwrap_or(Value::Null));
}

fn endpoint_slice(view: &mut View, slice: &EndpointSlice) {
    view.set("addressType", "IPv4");
    view.set("managedBy", "endpointslice-controller.k8s.io");
    let word = |flag: bool| if flag { "True" } else { "False" };
    let endpoint = |e: &crate::api::service::Endpoint| {
        json!({"nodeName": e.node_name.as_str(), "pod": e.pod_name.as_str(), "ready": word(e.ready),
               "serving": word(e.serving), "terminating": word(e.terminating)})
    };
    let port = |(name, port, protocol): &(Text, i32, Text)| {
        let mut map = Map::new();
        crate::api::value::put(&mut map, "name", name.as_str());
        crate::api::value::put(&mut map, "port", *port);
        map.insert("protocol".into(), json!(protocol.as_str()));
        Value::Object(map)
    };
    view.put("ports", Value::Array(slice.ports.iter().map(port).collect()));
    view.put("endpoints", Value::Array(slice.endpoints.iter().map(endpoint).collect()));
}

/// What a trace says once, when an object appears.
pub fn facts(world: &World, object: ObjectRef) -> Map<String, Value> {
    let mut map = Map::new();
    let Some(meta) = world.meta(object) else { return map };
    if let Some(owner) = meta.owners().first() {
        let role = if owner.controller { " controller" } else { "" };
        map.insert("owner".into(), json!(format!("{}/{}{role}", owner.kind, owner.name)));
    }
    if let Some(pod) = object.id().and_then(|id| world.pods.ghost(id)) {
        pod_facts(&mut map, pod);
    }
    if object.kind == Kind::Job {
        crate::api::value::put(&mut map, "annotations", meta.annotations.to_value());
    }
    if matches!(object.kind, Kind::Job | Kind::EndpointSlice | Kind::Pod) {
        crate::api::value::put(&mut map, "labels", labels_without_uids(meta));
    }
    if let Some(spec) = spec_facts(world, object) {
        map.insert("spec".into(), spec);
    }
    map
}

fn labels_without_uids(meta: &Meta) -> Value {
    let hide = |(key, value): &(Text, Text)| {
        let value = if key.ends_with("controller-uid") { Text::Static("<uid>") } else { value.clone() };
        (key.clone(), value)
    };
    Labels::new(meta.labels.pairs().iter().map(hide).collect()).to_value()
}

fn toleration(toleration: &Toleration) -> Value {
    let or_all = |text: &Text| if text.is_empty() { Text::Static("*") } else { text.clone() };
    let mut text = format!("{}:{}", or_all(&toleration.key), or_all(&toleration.effect));
    if toleration.exists {
        text.push_str(" op=Exists");
    } else if !toleration.value.is_empty() {
        text = format!("{}={}:{}", toleration.key, toleration.value, or_all(&toleration.effect));
    }
    if let Some(seconds) = toleration.seconds {
        text.push_str(&format!(" for {seconds}s"));
    }
    json!(text)
}

fn pod_facts(map: &mut Map<String, Value>, pod: &Pod) {
    map.insert("tolerations".into(), Value::Array(pod.spec.tolerations.iter().map(toleration).collect()));
    crate::api::value::put(map, "nodeAffinityMatchFields", pod.pinned_to.as_str());
    if pod.pinned_to.is_empty() {
        crate::api::value::put(map, "affinity", pod.spec.source.get("affinity").cloned().unwrap_or(Value::Null));
    }
    let image = pod.spec.containers.first().map_or("", |container| container.image.as_str());
    crate::api::value::put(map, "image", image);
    crate::api::value::put(map, "hostname", pod.hostname().as_str());
    let annotation = |key: &str| pod.meta.annotations.get(key).map(Text::as_str);
    let index = annotation("batch.kubernetes.io/job-completion-index").and_then(|text| text.parse::<i64>().ok());
    crate::api::value::put(map, "completionIndex", index);
    if let Some(count) = annotation("batch.kubernetes.io/job-index-failure-count") {
        map.insert("jobIndexFailureCount".into(), json!(count));
    }
}

fn spec_facts(world: &World, object: ObjectRef) -> Option<Value> {
    let pick = |source: &Value, keys: &[&str]| {
        let kept = keys.iter().filter_map(|key| source.get(*key).map(|value| ((*key).to_string(), value.clone())));
        Value::Object(kept.collect())
    };
    match object.kind {
        Kind::CronJob => {
            let row = object.id().and_then(|id| world.cron_jobs.ghost(id))?;
            let keys = [
                "schedule",
                "timeZone",
                "concurrencyPolicy",
                "suspend",
                "startingDeadlineSeconds",
                "successfulJobsHistoryLimit",
                "failedJobsHistoryLimit",
            ];
            Some(pick(&row.spec.source, &keys))
        }
        Kind::Job => {
            let row = object.id().and_then(|id| world.jobs.ghost(id))?;
            let keys = [
                "parallelism",
                "completions",
                "activeDeadlineSeconds",
                "backoffLimit",
                "backoffLimitPerIndex",
                "maxFailedIndexes",
                "manualSelector",
                "completionMode",
                "suspend",
                "podReplacementPolicy",
                "podFailurePolicy",
                "successPolicy",
                "ttlSecondsAfterFinished",
            ];
            Some(pick(&row.spec.source, &keys))
        }
        Kind::DaemonSet => {
            let row = object.id().and_then(|id| world.daemon_sets.ghost(id))?;
            Some(pick(&row.source, &["updateStrategy", "revisionHistoryLimit", "minReadySeconds"]))
        }
        _ => None,
    }
}
