//! The nodes that machines register as: what a kubelet fills in about the machine it runs on.

use crate::time::SimTime;
use serde_json::{Value, json};

/// The version every simulated kubelet reports.
pub const KUBELET_VERSION: &str = "v1.36.2";

/// A plain machine's node, as somebody would write it.
pub fn node(name: &str, cpu: &str, memory: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name},
           "status": {"capacity": {"cpu": cpu, "memory": memory, "pods": "110"}}})
}

/// A node as its kubelet registers it: hostname and platform labels, capacity, allocatable, addresses, node info.
/// With `ready` it has been there for long; otherwise it joins now and is not ready yet.
/// Upstream: pkg/kubelet/kubelet_node_status.go initialNode.
pub fn registered(raw: &Value, ready: bool, now: SimTime) -> Value {
    let mut node = raw.clone();
    node["apiVersion"] = json!("v1");
    node["kind"] = json!("Node");
    let name = node.pointer("/metadata/name").and_then(Value::as_str).unwrap_or("").to_string();
    for (key, value) in [
        ("kubernetes.io/hostname", name.as_str()),
        ("kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", "amd64"),
        ("beta.kubernetes.io/os", "linux"),
        ("beta.kubernetes.io/arch", "amd64"),
    ] {
        fill(&mut node["metadata"]["labels"], key, json!(value));
    }
    let status = &mut node["status"];
    for (resource, amount) in [("cpu", "4"), ("memory", "8Gi"), ("pods", "110")] {
        fill(&mut status["capacity"], resource, json!(amount));
    }
    let capacity = status["capacity"].clone();
    for (resource, amount) in capacity.as_object().into_iter().flatten() {
        fill(&mut status["allocatable"], resource, amount.clone());
    }
    let info = json!({"kubeletVersion": KUBELET_VERSION, "osImage": "Kube Orrery", "kernelVersion": "6.12.0",
                      "containerRuntimeVersion": "containerd://2.1.0", "operatingSystem": "linux",
                      "architecture": "amd64"});
    fill(status, "nodeInfo", info);
    fill(status, "addresses", json!([{"type": "Hostname", "address": name}]));
    if status["conditions"].is_null() {
        status["conditions"] = conditions(ready, now);
        if !ready {
            let taint = json!({"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"});
            match node["spec"]["taints"].as_array_mut() {
                Some(taints) => taints.push(taint),
                None => node["spec"]["taints"] = json!([taint]),
            }
        }
    }
    node
}

fn fill(object: &mut Value, key: &str, value: Value) {
    if object[key].is_null() {
        object[key] = value;
    }
}

fn conditions(ready: bool, now: SimTime) -> Value {
    let healthy = [
        ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ];
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        json!({"type": kind, "status": status, "reason": reason, "message": message,
               "lastTransitionTime": now.to_string()})
    };
    let mut list: Vec<Value> =
        healthy.iter().map(|(kind, reason, text)| condition(kind, "False", reason, text)).collect();
    list.push(match ready {
        true => condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
        false => {
            let message = "container runtime status check may not have completed yet";
            condition("Ready", "False", "KubeletNotReady", message)
        }
    });
    Value::Array(list)
}
