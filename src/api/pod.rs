//! Pods.

use super::condition::Status;
use super::meta::Meta;
use super::pod_spec::PodSpec;
use super::pod_status::{Phase, PodStatus};
use super::text::Text;
use super::value;
use crate::time::{SimDuration, SimTime};
use serde_json::{Value, json};
use std::sync::Arc;

/// A Pod. Its spec is shared with all Pods of the same template; what differs from Pod to Pod is in fields of its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pod {
    /// Metadata.
    pub meta: Meta,
    /// The shared spec.
    pub spec: Arc<PodSpec>,
    /// The node it is bound to; empty while it is not. The node need not exist.
    pub node_name: Text,
    /// The only node a DaemonSet's Pod may run on (its `metadata.name` affinity); empty for other Pods.
    pub pinned_to: Text,
    /// Its priority, resolved at admission.
    pub priority: i32,
    /// Status.
    pub status: PodStatus,
}

/// The host name of a Pod when that is not its own name: as written, or `<job>-<index>` for a Pod of an Indexed Job.
/// Upstream: pkg/controller/job/job_controller.go manageJob.
pub fn host_name(meta: &Meta, spec: &PodSpec) -> Text {
    let owner = meta.controller().filter(|owner| owner.kind == "Job");
    match (owner, meta.annotations.get("batch.kubernetes.io/job-completion-index")) {
        (Some(job), Some(index)) => Text::from(format!("{}-{index}", job.name)),
        _ => spec.hostname.clone(),
    }
}

impl Pod {
    /// The Pod in a value.
    pub fn from_value(object: &Value) -> Pod {
        let spec = PodSpec::from_value(value::at(object, &["spec"]));
        Pod {
            meta: Meta::from_value(object),
            node_name: spec.node_name.clone(),
            pinned_to: pinned_to(&spec),
            priority: spec.priority,
            status: PodStatus::from_value(value::at(object, &["status"])),
            spec: Arc::new(spec),
        }
    }

    /// As the API prints it.
    pub fn to_value(&self) -> Value {
        let mut spec = self.spec.source.as_ref().clone();
        if !self.node_name.is_empty() {
            spec["nodeName"] = json!(self.node_name.as_str());
        }
        let hostname = self.hostname();
        if !hostname.is_empty() && spec.is_object() {
            spec["hostname"] = json!(hostname.as_str());
        }
        if !self.pinned_to.is_empty() && pinned_to(&self.spec).is_empty() {
            let term = json!({"matchFields": [
                {"key": "metadata.name", "operator": "In", "values": [self.pinned_to.as_str()]}]});
            spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"] =
                json!({ "nodeSelectorTerms": [term] });
        }
        let images = |containers: &[super::Container]| containers.iter().map(|c| c.image.clone()).collect::<Vec<_>>();
        let status = self.status.to_value(&images(&self.spec.init_containers), &images(&self.spec.containers));
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": self.meta.to_value(), "spec": spec, "status": status})
    }

    /// Its host name when that is not the Pod's own name.
    pub fn hostname(&self) -> Text {
        host_name(&self.meta, &self.spec)
    }

    /// Neither ended nor being deleted. Upstream: pkg/controller/controller_utils.go IsPodActive.
    pub const fn is_active(&self) -> bool {
        !self.status.phase.is_terminal() && !self.meta.deleting()
    }

    /// Being deleted and not ended. Upstream: pkg/controller/controller_utils.go IsPodTerminating.
    pub const fn is_terminating(&self) -> bool {
        !self.status.phase.is_terminal() && self.meta.deleting()
    }

    /// Condition Ready. Upstream: pkg/api/v1/pod/util.go IsPodReady.
    pub fn is_ready(&self) -> bool {
        self.status.ready.is_true()
    }

    /// Ready for at least `min_ready_seconds`. Upstream: pkg/api/v1/pod/util.go IsPodAvailable.
    pub fn is_available(&self, min_ready_seconds: i64, now: SimTime) -> bool {
        self.is_ready()
            && (min_ready_seconds == 0 || self.status.ready.since + SimDuration::from_secs(min_ready_seconds) <= now)
    }

    /// Whether it uses its node's resources (bound and not ended).
    pub fn occupies_node(&self) -> bool {
        !self.node_name.is_empty() && !self.status.phase.is_terminal()
    }

    /// Whether condition DisruptionTarget holds.
    pub fn is_disrupted(&self) -> bool {
        self.status.condition("DisruptionTarget") == Some(Status::True)
    }

    /// Whether its phase is final.
    pub fn is_ended(&self) -> bool {
        matches!(self.status.phase, Phase::Succeeded | Phase::Failed)
    }
}

/// The one node that a required `metadata.name` affinity names, as DaemonSet Pods carry it; empty if there is none.
/// Upstream: pkg/controller/daemon/util/daemonset_util.go GetTargetNodeName.
fn pinned_to(spec: &PodSpec) -> Text {
    let term = match spec.affinity.node_required.as_deref() {
        Some([term]) if term.match_expressions.is_empty() => term,
        _ => return Text::EMPTY,
    };
    match term.match_fields.as_slice() {
        [field] if field.key == "metadata.name" && field.values.len() == 1 => field.values[0].clone(),
        _ => Text::EMPTY,
    }
}
