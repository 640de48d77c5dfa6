//! Which nodes a DaemonSet's Pods belong on, and what its Pods look like.
//! Upstream: pkg/controller/daemon/daemon_controller.go, pkg/controller/daemon/util/daemonset_util.go.

use crate::api::apps::IntOrPercent;
use crate::api::pod_spec::Toleration;
use crate::api::selector::NodeSelector;
use crate::api::{DaemonSet, Labels, Node, PodSpec, PodTemplate, Text};
use crate::world::verbs::toleration_value;
use serde_json::Value;
use std::sync::Arc;

/// The label that names the revision a Pod was made from.
pub const CONTROLLER_REVISION_HASH: &str = "controller-revision-hash";
/// The label with the number of the template, from before there were revisions.
pub const POD_TEMPLATE_GENERATION: &str = "pod-template-generation";
/// The annotation in which the API server counts the templates of a DaemonSet.
pub const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

/// What every daemon Pod tolerates: taint key and effect.
/// Upstream: pkg/controller/daemon/util/daemonset_util.go AddOrUpdateDaemonPodTolerations.
const TOLERATED: [(&str, &str); 6] = [
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
];
/// What one on the node's network tolerates besides.
const TOLERATED_ON_HOST_NETWORK: (&str, &str) = ("node.kubernetes.io/network-unavailable", "NoSchedule");

/// What a node is to a DaemonSet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// A Pod is made there when there is none.
    pub should_run: bool,
    /// A Pod that is there may stay.
    pub should_continue_running: bool,
}

/// Everything of a DaemonSet that says where its Pods belong.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    node_name: Text,
    node_selector: Labels,
    node_required: Option<NodeSelector>,
    tolerations: Vec<Toleration>,
}

impl Rules {
    /// The rules of a DaemonSet.
    ///
    /// ```
    /// use orrery::actor::daemon_set::rules::Rules;
    /// use orrery::api::{DaemonSet, Node};
    /// let set = serde_json::json!({"spec": {"template": {"spec": {"nodeSelector": {"os": "centos"}}}}});
    /// let rules = Rules::of(&DaemonSet::from_value(&set));
    /// let node = serde_json::json!({"metadata": {"name": "n1", "labels": {"os": "ubuntu"}}});
    /// assert!(!rules.node_should_run_daemon_pod(&Node::from_value(&node)).should_run);
    /// ```
    pub fn of(set: &DaemonSet) -> Rules {
        let spec = &set.template.spec;
        Rules {
            node_name: spec.node_name.clone(),
            node_selector: spec.node_selector.clone(),
            node_required: spec.affinity.node_required.clone(),
            tolerations: daemon_pod_tolerations(spec),
        }
    }

    /// What a node is to the DaemonSet.
    // pkg/controller/daemon/daemon_controller.go NodeShouldRunDaemonPod, predicates
    pub fn node_should_run_daemon_pod(&self, node: &Node) -> Verdict {
        let elsewhere = !self.node_name.is_empty() && self.node_name != node.meta.name;
        let labels = &node.meta.labels;
        let unselected = self.node_selector.pairs().iter().any(|(key, value)| labels.get(key) != Some(value));
        let terms = self.node_required.as_ref();
        if elsewhere || unselected || terms.is_some_and(|list| !list.iter().any(|t| t.matches(&node.meta.name, labels)))
        {
            return Verdict::default();
        }
        let untolerated = |effect: &str| {
            let taints = node.taints.iter().filter(|taint| taint.effect == *effect);
            taints.into_iter().any(|taint| !self.tolerations.iter().any(|toleration| toleration.tolerates(taint)))
        };
        let evicted = untolerated("NoExecute");
        Verdict { should_run: !evicted && !untolerated("NoSchedule"), should_continue_running: !evicted }
    }
}

/// The template's tolerations and those that every daemon Pod gets.
// pkg/controller/daemon/util/daemonset_util.go AddOrUpdateDaemonPodTolerations
fn daemon_pod_tolerations(spec: &PodSpec) -> Vec<Toleration> {
    let mut list = spec.tolerations.clone();
    for (key, effect) in TOLERATED.into_iter().chain(spec.host_network.then_some(TOLERATED_ON_HOST_NETWORK)) {
        let wanted = Toleration::exists(key, effect, None);
        let same = |old: &Toleration| {
            (&old.key, &old.effect, old.exists, &old.value) == (&wanted.key, &wanted.effect, true, &wanted.value)
        };
        if list.iter().any(same) {
            list.iter_mut().filter(|old| same(old)).for_each(|old| *old = wanted.clone());
        } else {
            list.push(wanted);
        }
    }
    list
}

/// What the Pods of one revision are made from: the template with the labels of the revision and all tolerations, and
/// without the required node affinity, in whose place each Pod is pinned to its node.
// pkg/controller/daemon/util/daemonset_util.go CreatePodTemplate, ReplaceDaemonSetPodNodeNameNodeAffinity
pub fn create_pod_template(set: &DaemonSet, hash: &str) -> PodTemplate {
    let mut spec = set.template.spec.as_ref().clone();
    spec.tolerations = daemon_pod_tolerations(&spec);
    spec.affinity.node_required = None;
    let mut source = spec.source.as_ref().clone();
    if source.is_object() {
        source["tolerations"] = Value::Array(spec.tolerations.iter().map(toleration_value).collect());
    }
    if let Some(affinity) = source.pointer_mut("/affinity/nodeAffinity").and_then(Value::as_object_mut) {
        affinity.remove("requiredDuringSchedulingIgnoredDuringExecution");
    }
    spec.source = Arc::new(source);
    let mut labels = set.template.labels.clone();
    if let Some(generation) = template_generation(set) {
        labels = labels.with(POD_TEMPLATE_GENERATION, generation);
    }
    if !hash.is_empty() {
        labels = labels.with(CONTROLLER_REVISION_HASH, Text::copy(hash));
    }
    PodTemplate { labels, spec: Arc::new(spec), ..set.template.as_ref().clone() }
}

/// The number of the template, when the DaemonSet says it.
// pkg/controller/daemon/util/daemonset_util.go GetTemplateGeneration
pub fn template_generation(set: &DaemonSet) -> Option<Text> {
    let number: i64 = set.meta.annotations.get(TEMPLATE_GENERATION)?.parse().ok()?;
    Some(Text::from(number.to_string()))
}

/// How many nodes may have two Pods, of `desired`.
// pkg/controller/daemon/util/daemonset_util.go SurgeCount
pub fn surge_count(set: &DaemonSet, desired: i64) -> i64 {
    if set.on_delete { 0 } else { set.max_surge.map_or(0, |surge: IntOrPercent| surge.scaled(desired, true)) }
}

/// How many nodes may be without an available Pod, of `desired`.
// pkg/controller/daemon/util/daemonset_util.go UnavailableCount
pub fn unavailable_count(set: &DaemonSet, desired: i64) -> i64 {
    if set.on_delete { 0 } else { set.max_unavailable.map_or(0, |bound: IntOrPercent| bound.scaled(desired, true)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn verdict(spec: Value, node: Value) -> (bool, bool) {
        let set = DaemonSet::from_value(&json!({"spec": {"template": {"spec": spec}}}));
        let found = Rules::of(&set).node_should_run_daemon_pod(&Node::from_value(&node));
        (found.should_run, found.should_continue_running)
    }

    #[test]
    fn a_node_is_chosen_by_name_labels_and_affinity() {
        let node = json!({"metadata": {"name": "n1", "labels": {"os": "centos", "size": "3"}}});
        let required = |terms: Value| {
            let rule = "requiredDuringSchedulingIgnoredDuringExecution";
            let mut spec = json!({});
            spec["affinity"]["nodeAffinity"][rule]["nodeSelectorTerms"] = terms;
            spec
        };
        let term = |key: &str, operator: &str, value: &str| {
            let expression = json!({"key": key, "operator": operator, "values": [value]});
            json!({"matchExpressions": [expression]})
        };
        for (spec, chosen) in [
            (json!({}), true),
            (json!({"nodeName": "n1"}), true),
            (json!({"nodeName": "n2"}), false),
            (json!({"nodeSelector": {"os": "centos"}}), true),
            (json!({"nodeSelector": {"os": "ubuntu"}}), false),
            (required(json!([term("os", "In", "centos")])), true),
            (required(json!([term("os", "NotIn", "centos")])), false),
            (required(json!([term("os", "In", "ubuntu"), term("size", "Gt", "2")])), true),
            (required(json!([{}])), false),
            (required(json!([])), false),
            (required(json!([{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}])), true),
        ] {
            assert_eq!(verdict(spec.clone(), node.clone()), (chosen, chosen), "{spec}");
        }
    }

    #[test]
    fn taints_keep_pods_off_and_only_no_execute_drives_them_away() {
        let tainted = |key: &str, effect: &str| json!({"metadata": {"name": "n1"}, "spec": {"taints": [{"key": key, "effect": effect}]}});
        for (key, effect, expected) in [
            ("gpu", "NoSchedule", (false, true)),
            ("gpu", "NoExecute", (false, false)),
            ("gpu", "PreferNoSchedule", (true, true)),
            ("node.kubernetes.io/unschedulable", "NoSchedule", (true, true)),
            ("node.kubernetes.io/not-ready", "NoExecute", (true, true)),
            ("node.kubernetes.io/not-ready", "NoSchedule", (false, true)),
            ("node.kubernetes.io/unreachable", "NoSchedule", (false, true)),
            ("node.kubernetes.io/network-unavailable", "NoSchedule", (false, true)),
        ] {
            assert_eq!(verdict(json!({}), tainted(key, effect)), expected, "{key}:{effect}");
        }
        let host = json!({"hostNetwork": true});
        assert_eq!(verdict(host, tainted("node.kubernetes.io/network-unavailable", "NoSchedule")), (true, true));
        let tolerant = json!({"tolerations": [{"key": "gpu", "operator": "Exists"}]});
        assert_eq!(verdict(tolerant, tainted("gpu", "NoExecute")), (true, true));
    }

    #[test]
    fn a_daemon_pods_own_toleration_of_a_lost_node_loses_its_time_limit() {
        let key = "node.kubernetes.io/not-ready";
        let own = json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5});
        let spec = json!({"tolerations": [own, {"operator": "Exists", "effect": "NoSchedule"}]});
        let set = DaemonSet::from_value(&json!({
            "metadata": {"annotations": {TEMPLATE_GENERATION: "3"}},
            "spec": {"template": {"metadata": {"labels": {"app": "a"}}, "spec": spec}}}));
        let template = create_pod_template(&set, "abc");
        assert_eq!(template.spec.tolerations.len(), 7);
        assert_eq!((template.spec.tolerations[0].key.as_str(), template.spec.tolerations[0].seconds), (key, None));
        assert_eq!(
            template.spec.source["tolerations"][0],
            json!({"key": key, "operator": "Exists", "effect": "NoExecute"})
        );
        let labels: Vec<_> = template.labels.pairs().iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(labels, ["app=a", "controller-revision-hash=abc", "pod-template-generation=3"]);
    }
}
