//! New machines: the Node objects that their kubelets register.
//! Upstream: pkg/kubelet/kubelet_node_status.go initialNode.

use super::nodes::posted_conditions;
use crate::actor::node_lifecycle::taints;
use crate::api::node::Taint;
use crate::api::{Labels, Meta, Node, Resources, Text};
use crate::time::SimTime;
use serde_json::json;
use std::sync::Arc;

/// The version that kubelets report.
pub const KUBELET_VERSION: &str = "v1.36.2";
/// How many Pods a node takes. Upstream: pkg/kubelet/apis/config/v1beta1/defaults.go.
pub const MAX_PODS: i64 = 110;

/// A node that has been there for long: ready and known. `cpu` and `memory` are quantities (`4`, `8Gi`); `labels` come
/// besides host name, operating system and architecture.
///
/// ```
/// use orrery::actor::kubelet::new_node;
/// use orrery::time::SimTime;
/// let node = new_node("node-1", "4", "8Gi", &[("os".into(), "centos".into())], SimTime::default());
/// assert!(node.is_ready() && node.allocatable.cpu_milli == 4_000);
/// assert_eq!(node.meta.labels.get("kubernetes.io/hostname").unwrap(), "node-1");
/// ```
pub fn new_node(name: &str, cpu: &str, memory: &str, labels: &[(Text, Text)], now: SimTime) -> Node {
    node(name, cpu, memory, labels, true, now)
}

/// A node that joins now: it will be ready in a second.
pub fn joining_node(name: &str, cpu: &str, memory: &str, labels: &[(Text, Text)], now: SimTime) -> Node {
    node(name, cpu, memory, labels, false, now)
}

fn node(name: &str, cpu: &str, memory: &str, labels: &[(Text, Text)], ready: bool, now: SimTime) -> Node {
    let own = [
        ("beta.kubernetes.io/arch", "amd64"),
        ("beta.kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", "amd64"),
        ("kubernetes.io/os", "linux"),
    ];
    let mut pairs: Vec<(Text, Text)> = own.map(|(key, value)| (key.into(), value.into())).to_vec();
    pairs.push(("kubernetes.io/hostname".into(), Text::copy(name)));
    pairs.extend(labels.iter().cloned());
    let capacity = json!({"cpu": cpu, "memory": memory, "ephemeral-storage": "100Gi", "pods": MAX_PODS.to_string()});
    let taints = if ready { Vec::new() } else { vec![Taint::new(taints::NOT_READY, "NoSchedule", None)] };
    Node {
        meta: Meta { name: Text::copy(name), labels: Labels::new(pairs), ..Meta::default() },
        taints,
        allocatable: Resources::from_value(&capacity),
        conditions: posted_conditions(ready, now),
        spec_source: Arc::new(json!({})),
        status_source: Arc::new(json!({
            "capacity": capacity, "allocatable": capacity,
            "addresses": [{"type": "Hostname", "address": name}],
            "nodeInfo": node_info(),
        })),
        ..Node::default()
    }
}

/// What a kubelet says about its machine.
pub(super) fn node_info() -> serde_json::Value {
    json!({
        "kubeletVersion": KUBELET_VERSION, "kubeProxyVersion": "", "operatingSystem": "linux", "architecture": "amd64",
        "osImage": "Kube Orrery", "kernelVersion": "6.12.0", "containerRuntimeVersion": "containerd://2.1.0",
    })
}
