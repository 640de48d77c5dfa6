//! Who gets which node, who waits for what, who has to go.

use crate::told::*;
use serde_json::{Value, json};

fn pod(at: f64, name: &str, more: Value) -> Value {
    let mut spec = json!({"containers": [{"name": "c", "image": "b"}]});
    for (key, value) in more.as_object().into_iter().flatten() {
        spec[key] = value.clone();
    }
    let mut created = create(at, "Pod", name, spec);
    created["manifest"]["metadata"]["labels"] = json!({"app": name.trim_end_matches(|c: char| c.is_ascii_digit())});
    created
}

fn cpu(amount: &str) -> Value {
    json!({"containers": [{"name": "c", "image": "b", "resources": {"requests": {"cpu": amount}}}]})
}

fn with(mut spec: Value, more: Value) -> Value {
    for (key, value) in more.as_object().into_iter().flatten() {
        spec[key] = value.clone();
    }
    spec
}

/// What the scheduler says of nodes that do not fit, when nobody could make room.
fn no_help(nodes: usize, reasons: &str) -> String {
    format!(
        "0/{nodes} nodes are available: {reasons}. no new claims to deallocate, preemption: 0/{nodes} nodes are available: \
         {nodes} Preemption is not helpful for scheduling."
    )
}

fn class(name: &str, value: i64) -> Value {
    let manifest = json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name},
                          "value": value});
    json!({"t": 1.5, "action": "create", "object": format!("PriorityClass/{name}"), "manifest": manifest})
}

#[test]
fn a_pod_says_why_no_node_fits_and_is_tried_again_when_that_changes() {
    let ssd = json!({"nodeSelector": {"disk": "ssd"}});
    let told = tell(
        60.0,
        vec![
            nodes(&[("n1", "2"), ("n2", "2")]),
            pod(4.0, "picky", ssd),
            // A change that cannot help wakes nobody; one that can does, after the back-off of a second at the latest.
            patch(20.0, "Node/n1", json!({"metadata": {"labels": {"zone": "a"}}})),
            patch(30.0, "Node/n1", json!({"metadata": {"labels": {"disk": "ssd"}}})),
        ],
    );
    let why = no_help(2, "2 node(s) didn't match Pod's node affinity/selector");
    told.says_that("Pod/picky", "FailedScheduling", &[&format!("4.0 FailedScheduling {why}")]).goes(
        "Pod/picky",
        "nodeName",
        &["4.0 none", "30.0 n1"],
    );
}

#[test]
fn pods_that_wait_are_served_by_priority_and_then_by_time() {
    let told = tell(
        60.0,
        vec![
            nodes(&[("n1", "1")]),
            class("high", 100),
            json!({"t": 1.5, "action": "create", "object": "PriorityClass/polite", "manifest": {
            "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "polite"}, "value": 100,
            "preemptionPolicy": "Never"}}),
            pod(4.0, "holder", cpu("1")),
            pod(6.0, "early", cpu("1")),
            pod(8.0, "late", cpu("1")),
            pod(10.0, "polite", with(cpu("1"), json!({"priorityClassName": "polite"}))),
            delete(20.0, "Pod/holder", json!({})),
            delete(30.0, "Pod/polite", json!({})),
            delete(40.0, "Pod/early", json!({})),
        ],
    );
    told.goes("Pod/polite", "nodeName", &["10.0 none", "21.0 n1"])
        .goes("Pod/early", "nodeName", &["6.0 none", "31.0 n1"])
        .goes("Pod/late", "nodeName", &["8.0 none", "41.0 n1"]);
}

#[test]
fn a_pod_of_higher_priority_makes_room_for_itself() {
    let told = tell(
        40.0,
        vec![
            nodes(&[("n1", "2"), ("n2", "2")]),
            class("low", 10),
            class("high", 100),
            pod(4.0, "big1", with(cpu("2"), json!({"priorityClassName": "low"}))),
            pod(5.0, "small1", with(cpu("1"), json!({"priorityClassName": "low"}))),
            pod(6.0, "small2", with(cpu("1"), json!({}))),
            // It needs one CPU: the Pod of priority 0 goes rather than any of those of priority 10.
            pod(10.0, "vip", with(cpu("1"), json!({"priorityClassName": "high"}))),
        ],
    );
    told.lives("Pod/small2", &["small2 6.0-11.0"])
        .lives("Pod/small1", &["small1 5.0-"])
        .lives("Pod/big1", &["big1 4.0-"])
        .goes("Pod/small2", "conditions", &["6.0 none", "10.0 DisruptionTarget=True/PreemptionByScheduler"])
        .goes("Pod/vip", "nodeName", &["10.0 none", "11.0 n2"])
        .says("Pod/small2", &["6.0 Scheduled", "10.0 Preempted", "10.0 Killing"]);
}

#[test]
fn a_disruption_budget_turns_preemption_to_others() {
    let budget = json!({"t": 5.0, "action": "create", "object": "PodDisruptionBudget/web", "manifest": {
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "guarded"}}}}});
    let told = tell(
        40.0,
        vec![
            nodes(&[("n1", "1"), ("n2", "1")]),
            class("high", 100),
            pod(4.0, "guarded1", cpu("1")),
            budget,
            pod(6.0, "other1", cpu("1")),
            pod(10.0, "vip", with(cpu("1"), json!({"priorityClassName": "high"}))),
        ],
    );
    told.lives("Pod/guarded1", &["guarded1 4.0-"]).lives("Pod/other1", &["other1 6.0-11.0"]);
}

#[test]
fn gates_other_schedulers_and_a_node_by_hand_pass_the_scheduler_by() {
    let told = tell(
        30.0,
        vec![
            nodes(&[("n1", "2")]),
            pod(4.0, "gated", json!({"schedulingGates": [{"name": "example.com/wait"}]})),
            pod(4.0, "foreign", json!({"schedulerName": "another"})),
            patch(5.0, "Node/n1", json!({"spec": {"unschedulable": true}})),
            pod(6.0, "placed", json!({"nodeName": "n1"})),
            pod(6.0, "waiting", json!({})),
            patch(20.0, "Pod/gated", json!({"spec": {"schedulingGates": null}})),
            patch(25.0, "Node/n1", json!({"spec": {"unschedulable": null}})),
        ],
    );
    told.says("Pod/foreign", &[])
        .goes("Pod/foreign", "conditions", &["4.0 none"])
        .goes("Pod/placed", "phase", &["6.0 Pending", "7.0 Running"])
        .goes("Pod/gated", "nodeName", &["4.0 none", "25.0 n1"])
        .says_that(
            "Pod/waiting",
            "FailedScheduling",
            &[
                &format!("6.0 FailedScheduling {}", no_help(1, "1 node(s) were unschedulable")),
                // The node is schedulable a moment before its taint goes.
                &format!("25.0 FailedScheduling {}", no_help(1, "1 node(s) had untolerated taint(s)")),
            ],
        )
        .goes("Pod/waiting", "nodeName", &["6.0 none", "25.0 n1"]);
    told.goes(
        "Pod/gated",
        "conditions",
        &["4.0 PodScheduled=False/SchedulingGated", "20.0 PodScheduled=False/Unschedulable", "25.0 none"],
    );
}

#[test]
fn a_host_port_is_free_when_the_last_pod_that_has_it_is_gone() {
    let port = |protocol: &str, ip: &str| {
        json!({"containers": [{"name": "c", "image": "b", "ports": [
            {"containerPort": 80, "hostPort": 8080, "protocol": protocol, "hostIP": ip}]}]})
    };
    let told = tell(
        40.0,
        vec![
            nodes(&[("n1", "2")]),
            pod(4.0, "first", with(port("TCP", ""), json!({}))),
            pod(6.0, "udp", port("UDP", "")),
            pod(6.0, "own", port("TCP", "10.1.1.1")),
            delete(20.0, "Pod/first", json!({})),
        ],
    );
    let why = "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. no new claims to \
        deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.";
    told.goes("Pod/udp", "nodeName", &["6.0 n1"])
        .says_that("Pod/own", "FailedScheduling", &[&format!("6.0 FailedScheduling {why}")])
        // Terminating, `first` still holds the port.
        .goes("Pod/own", "nodeName", &["6.0 none", "21.0 n1"]);
}

#[test]
fn affinity_brings_pods_together_and_apart_and_constraints_spread_them() {
    let zone = |name: &str, zone: &str| json!({"name": name, "labels": {"zone": zone}, "capacity": {"cpu": "4"}});
    let zones = json!({"t": 0.0, "action": "add-nodes", "nodes": [zone("a1", "a"), zone("a2", "a"), zone("b1", "b")]});
    let term = |app: &str, key: &str| json!([{"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": key}]);
    let near =
        json!({"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term("db", "zone")}}});
    let apart = json!({"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term("solo", "zone")}}});
    let spread = json!({"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone",
        "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "even"}}}]});
    let told = tell(
        30.0,
        vec![
            zones,
            pod(4.0, "db1", json!({"nodeSelector": {"zone": "b"}})),
            pod(5.0, "near1", near),
            pod(6.0, "solo1", apart.clone()),
            pod(7.0, "solo2", apart.clone()),
            pod(8.0, "solo3", apart),
            set(10.0, "ReplicaSet", "even", json!({"replicas": 4}), spread),
        ],
    );
    told.goes("Pod/near1", "nodeName", &["5.0 b1"]).lands("Pod/even-~", &[("a1", 1), ("a2", 1), ("b1", 2)]);
    let why = "0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules. no new claims to deallocate, \
        preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.";
    told.says_that("Pod/solo3", "FailedScheduling", &[&format!("8.0 FailedScheduling {why}")]);
}

#[test]
fn without_a_node_or_room_pods_wait_for_one_to_join() {
    let join = json!({"t": 30.0, "action": "add-nodes", "nodes": [{"name": "n9", "capacity": {"pods": "1"}}]});
    let told = tell(
        60.0,
        vec![
            json!({"t": 0.0, "action": "add-nodes", "nodes": []}),
            pod(4.0, "a1", json!({})),
            pod(5.0, "b1", json!({})),
            join,
        ],
    );
    // No node at all is an error to the scheduler, and no change shortens the back-off of an error: that doubles from one
    // second to ten.
    told.goes("Pod/a1", "nodeName", &["4.0 none", "34.0 n9"]).goes("Pod/b1", "nodeName", &["5.0 none"]);
}
