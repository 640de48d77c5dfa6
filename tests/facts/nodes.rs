//! Nodes that die, return, are taken out of service, and what becomes of their Pods.

use crate::told::*;
use serde_json::{Value, json};

/// A DaemonSet, a ReplicaSet, a bare Pod and three kinds of Jobs, the last four with a Pod on `n1`, which dies at 20 s.
fn a_node_with_everything_dies(tolerance: i64, then: Vec<Value>) -> Vec<Value> {
    let pod = tolerating(tolerance);
    let near = json!({"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "preference":
        {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["n1"]}]}}]}});
    let long = |name: &str, more: Value| {
        let mut job = job(4.1, name, json!({"sim/run-seconds": "600"}), more);
        let spec = &mut job["manifest"]["spec"]["template"]["spec"];
        (spec["tolerations"], spec["affinity"]) = (pod["tolerations"].clone(), near.clone());
        job
    };
    let bare = json!({"containers": [{"name": "c", "image": "b"}], "tolerations": pod["tolerations"],
                      "nodeSelector": {"kubernetes.io/hostname": "n1"}});
    let mut actions = vec![
        nodes(&[("n1", "4"), ("n2", "4"), ("n3", "4")]),
        set(4.0, "DaemonSet", "ds", json!({}), json!({})),
        set(4.0, "ReplicaSet", "rs", json!({"replicas": 3}), pod.clone()),
        create(4.0, "Pod", "bare", bare),
        long("job", json!({})),
        long("jobf", json!({"podReplacementPolicy": "Failed"})),
        long("job0", json!({"backoffLimit": 0})),
        on_node(20.0, "node-kill", "n1"),
    ];
    actions.extend(then);
    actions
}

#[test]
fn who_is_replaced_when_a_node_dies_and_is_taken_out_of_service() {
    let taints = json!([
        {"key": "node.kubernetes.io/unreachable", "effect": "NoSchedule"},
        {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"},
        {"key": "node.kubernetes.io/out-of-service", "value": "nodeshutdown", "effect": "NoExecute"},
    ]);
    let out_of_service = patch(95.0, "Node/n1", json!({"spec": {"taints": taints}}));
    let told = tell(142.0, a_node_with_everything_dies(10, vec![out_of_service]));
    // The last Lease was renewed at 10.3 s and seen at 15 s; 50 s later the node is found silent.
    told.says("Node/n1", &["1.0 NodeReady", "65.0 NodeNotReady"])
        // The taint of 65.1 s lets everything but the DaemonSet's Pod go 10 s later; the one of 95 s also that one.
        .says_that(
            "Pod/rs-~1",
            "TaintManagerEviction",
            &[
                "75.1 TaintManagerEviction Marking for deletion Pod ns/rs-~1",
                "95.0 TaintManagerEviction Marking for deletion Pod ns/rs-~1 x2",
            ],
        )
        .says_that(
            "Pod/ds-~1",
            "TaintManagerEviction",
            &["95.0 TaintManagerEviction Marking for deletion Pod ns/ds-~1"],
        )
        // The Pod garbage collector comes by at 100 s and finds what nobody else can end.
        .lives("Pod/rs-~", &["rs-~1 4.0-100.0", "rs-~2 4.0-", "rs-~3 4.0-", "rs-~4 75.1-"])
        .lives("Pod/ds-~", &["ds-~1 4.0-100.0", "ds-~2 4.0-", "ds-~3 4.0-"])
        .lives("Pod/bare", &["bare 4.0-100.0"])
        // A Job replaces its Pod a second later, with policy Failed when the Pod has ended; one without retries fails then.
        .lives("Pod/job-~", &["job-~1 4.1-100.0", "job-~2 76.1-"])
        .lives("Pod/jobf-~", &["jobf-~1 4.1-101.0", "jobf-~2 101.0-"])
        .lives("Pod/job0-~", &["job0-~1 4.1-100.0"])
        .says("Job/job0", &["4.1 SuccessfulCreate", "101.0 BackoffLimitExceeded"])
        .goes("ReplicaSet/rs", "terminating", &["4.0 0", "75.1 1", "100.0 0"])
        .goes("DaemonSet/ds", "misscheduled", &["4.0 0", "65.0 1", "100.0 0"])
        .goes("DaemonSet/ds", "desired", &["4.0 3", "65.0 2"]);
}

#[test]
fn a_node_that_is_back_before_the_toleration_runs_out_keeps_its_pods() {
    let told = tell(110.0, a_node_with_everything_dies(300, vec![on_node(97.0, "node-revive", "n1")]));
    let taints = [
        "0.0 not-ready:NoSchedule",
        "1.0 none",
        "65.0 unreachable:NoSchedule",
        "65.1 unreachable:NoSchedule unreachable:NoExecute",
        "97.0 unreachable:NoExecute",
        "100.0 none",
    ];
    told.goes("Node/n1", "taints", &taints)
        .goes("Pod/rs-~1", "ready", &["4.0 none", "5.0 true", "65.0 none", "97.0 true"])
        .says_that(
            "Pod/rs-~1",
            "TaintManagerEviction",
            &["100.0 TaintManagerEviction Cancelling deletion of Pod ns/rs-~1"],
        )
        .lives("Pod/rs-~", &["rs-~1 4.0-", "rs-~2 4.0-", "rs-~3 4.0-"])
        .lives("Pod/job-~", &["job-~1 4.1-"])
        .goes("Pod/ds-~1", "ready", &["4.0 none", "5.0 true", "65.0 none", "97.0 true"]);
}

#[test]
fn when_every_node_is_silent_only_the_first_loses_its_pods_until_one_returns() {
    let kills = ["n1", "n2", "n3"].map(|name| on_node(20.0, "node-kill", name));
    let mut actions = vec![
        nodes(&[("n1", "4"), ("n2", "4"), ("n3", "4")]),
        set(4.0, "ReplicaSet", "rs", json!({"replicas": 3}), tolerating(10)),
    ];
    actions.extend(kills);
    actions.push(on_node(111.0, "node-revive", "n3"));
    let told = tell(150.0, actions);
    let lost = |then: &[&str]| {
        let mut taints = vec!["0.0 not-ready:NoSchedule", "1.0 none", "65.0 unreachable:NoSchedule"];
        taints.extend(then);
        taints.into_iter().map(str::to_string).collect::<Vec<_>>()
    };
    let both = "unreachable:NoSchedule unreachable:NoExecute";
    for (node, then) in [
        ("n1", vec![format!("65.1 {both}")]),
        // Evictions are resumed at the look after the return; the first token comes 10 s later and is spent on n1.
        ("n2", vec![format!("135.0 {both}")]),
        ("n3", vec!["111.0 none".to_string()]),
    ] {
        let then: Vec<&str> = then.iter().map(String::as_str).collect();
        let wanted = lost(&then);
        told.goes(&format!("Node/{node}"), "taints", &wanted.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let unschedulable = "0/3 nodes are available: 3 node(s) had untolerated taint(s). no new claims to deallocate, preemption: \
        0/3 nodes are available: 3 Preemption is not helpful for scheduling.";
    told.says_that("Pod/rs-~4", "FailedScheduling", &[&format!("75.1 FailedScheduling {unschedulable}")])
        .goes("Pod/rs-~4", "nodeName", &["75.1 none", "111.0 n3"])
        .says("Pod/rs-~3", &["4.0 Scheduled", "65.0 NodeNotReady"]);
}
