//! What becomes of nodes that fall silent, and of their Pods, by the recordings' clock.

use super::super::fixture::*;
use crate::api::{Kind, Node};
use crate::sim::Sim;
use crate::time::SimDuration;
use crate::world::{DeleteOptions, Machine};
use serde_json::json;

fn tolerating(seconds: i64) -> serde_json::Value {
    let toleration = |key: &str| {
        json!({"key": format!("node.kubernetes.io/{key}"), "operator": "Exists",
                                        "effect": "NoExecute", "tolerationSeconds": seconds})
    };
    json!({"spec": {"tolerations": [toleration("not-ready"), toleration("unreachable")]}})
}

/// A cluster whose Leases are renewed at 0, 10, 20 … seconds, with a Pod `p<n>` on each node.
fn populated(nodes: usize, seconds: i64) -> Sim {
    let mut sim = cluster(nodes);
    sim.state.world.settings.lease_phase = Some(SimDuration::ZERO);
    for number in 1..=nodes {
        create(&mut sim, Kind::Pod, &pod(&format!("p{number}"), &format!("n{number}"), tolerating(seconds)));
    }
    sim
}

fn silence(sim: &mut Sim, name: &str) {
    let machine = Machine { silent_since: Some(sim.state.now), ..Machine::default() };
    sim.state.world.set_machine(name, machine);
}

fn revive(sim: &mut Sim, name: &str) {
    sim.state.world.set_machine(name, Machine { up_since: sim.state.now, ..Machine::default() });
}

/// Ready's status and reason, and the taints as `key:effect` without the common prefix.
fn look_at_node(sim: &Sim, name: &str) -> String {
    let node = sim.state.world.node(name).unwrap();
    let ready = crate::api::Condition::find(&node.conditions, "Ready").unwrap();
    let short = |key: &str| key.trim_start_matches("node.kubernetes.io/").to_string();
    let taints: Vec<String> = node.taints.iter().map(|t| format!(" {}:{}", short(&t.key), t.effect)).collect();
    format!("{}/{}{}", ready.status.name(), ready.reason, taints.concat())
}

#[test]
fn a_silent_node_becomes_unreachable_and_its_pods_leave_after_their_toleration() {
    let mut sim = populated(2, 10);
    run_to(&mut sim, 19.0);
    silence(&mut sim, "n1");
    // The last Lease renewal was at 10 s and was seen at once; 50 s later the grace period is over.
    run_to(&mut sim, 59.9);
    assert_eq!(look_at_node(&sim, "n1"), "True/KubeletReady");
    run_to(&mut sim, 60.0);
    assert_eq!(look_at_node(&sim, "n1"), "Unknown/NodeStatusUnknown unreachable:NoSchedule");
    let kinds: Vec<String> =
        sim.state.world.node("n1").unwrap().conditions.iter().map(|c| c.kind.to_string()).collect();
    assert_eq!(kinds, ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"]);
    assert_eq!(look(&sim, "p1"), "Running running");
    assert_eq!(events(&sim, "p1").last().unwrap(), "60.0 NodeNotReady Node is not ready");
    assert_eq!(
        events(&sim, "n1"),
        [
            "0.0 RegisteredNode Node n1 event: Registered Node n1 in Controller",
            "60.0 NodeNotReady Node n1 status is now: NodeNotReady",
        ]
    );
    run_to(&mut sim, 60.1);
    assert_eq!(look_at_node(&sim, "n1"), "Unknown/NodeStatusUnknown unreachable:NoSchedule unreachable:NoExecute");
    run_to(&mut sim, 70.0);
    assert!(!get(&sim, "p1").meta.deleting());
    run_to(&mut sim, 70.1);
    assert_eq!(look(&sim, "p1"), "Running deleting running");
    assert!(get(&sim, "p1").is_disrupted());
    assert_eq!(events(&sim, "p1").last().unwrap(), "70.1 TaintManagerEviction Marking for deletion Pod default/p1");
    // It stays past its deletion time, until its node is heard of again.
    run_to(&mut sim, 202.0);
    assert_eq!(look(&sim, "p1"), "Running deleting running");
    revive(&mut sim, "n1");
    run_to(&mut sim, 202.0);
    assert_eq!(look(&sim, "p1"), "Running ready deleting running");
    assert_eq!(look_at_node(&sim, "n1"), "True/KubeletReady unreachable:NoExecute");
    run_to(&mut sim, 203.0);
    assert_eq!((look(&sim, "p1").as_str(), look(&sim, "p2").as_str()), ("gone", "Running ready running"));
    run_to(&mut sim, 205.0);
    assert_eq!(look_at_node(&sim, "n1"), "True/KubeletReady");
    assert_eq!(events(&sim, "n1").last().unwrap(), "202.0 NodeReady Node n1 status is now: NodeReady");
}

#[test]
fn a_short_outage_cancels_the_eviction() {
    let mut sim = populated(2, 300);
    run_to(&mut sim, 19.0);
    silence(&mut sim, "n1");
    run_to(&mut sim, 90.0);
    revive(&mut sim, "n1");
    run_to(&mut sim, 100.0);
    assert_eq!(look(&sim, "p1"), "Running ready running");
    assert_eq!(events(&sim, "p1").last().unwrap(), "90.0 TaintManagerEviction Cancelling deletion of Pod default/p1");
    run_to(&mut sim, 1000.0);
    assert_eq!(look(&sim, "p1"), "Running ready running");
}

#[test]
fn containers_run_on_while_their_node_is_silent_and_are_reported_afterwards() {
    let mut sim = cluster(2);
    let more = json!({"metadata": {"annotations": {"sim/run-seconds": "30"}}, "spec": {"restartPolicy": "OnFailure"}});
    create(&mut sim, Kind::Pod, &pod("done", "n1", more));
    let failing = json!({"metadata": {"annotations": {"sim/run-seconds": "30", "sim/exit-code": "1"}}});
    create(&mut sim, Kind::Pod, &pod("failing", "n1", failing));
    run_to(&mut sim, 20.0);
    silence(&mut sim, "n1");
    run_to(&mut sim, 40.0);
    assert_eq!(
        (look(&sim, "done").as_str(), look(&sim, "failing").as_str()),
        ("Running ready running", "Running ready running")
    );
    create(&mut sim, Kind::Pod, &pod("late", "n1", json!({})));
    run_to(&mut sim, 45.0);
    assert_eq!(look(&sim, "late"), "Pending ");
    revive(&mut sim, "n1");
    run_to(&mut sim, 45.0);
    assert_eq!(look(&sim, "done"), "Succeeded terminated:Completed(0)");
    assert_eq!(look(&sim, "failing"), "Running ready restarts=1 running");
    assert_eq!(look(&sim, "late"), "Pending waiting:ContainerCreating");
    run_to(&mut sim, 46.0);
    assert_eq!(look(&sim, "late"), "Running ready running");
}

#[test]
fn a_node_that_says_it_is_not_ready_loses_its_pods_properly() {
    let mut sim = populated(2, 10);
    run_to(&mut sim, 22.0);
    sim.state.world.set_machine("n1", Machine { reports_not_ready: true, ..Machine::default() });
    run_to(&mut sim, 22.0);
    assert_eq!(look_at_node(&sim, "n1"), "False/KubeletNotReady not-ready:NoSchedule");
    run_to(&mut sim, 25.1);
    assert_eq!(look_at_node(&sim, "n1"), "False/KubeletNotReady not-ready:NoSchedule not-ready:NoExecute");
    assert_eq!(look(&sim, "p1"), "Running ready running", "the controller does not mark its Pods");
    run_to(&mut sim, 35.1);
    assert_eq!(look(&sim, "p1"), "Running ready deleting running");
    run_to(&mut sim, 36.1);
    assert_eq!(look(&sim, "p1"), "gone");
    assert!(!events(&sim, "n1").iter().any(|event| event.contains("NotReady")));
    revive(&mut sim, "n1");
    run_to(&mut sim, 40.0);
    assert_eq!(look_at_node(&sim, "n1"), "True/KubeletReady");
}

#[test]
fn when_all_nodes_fall_silent_only_the_first_is_evicted() {
    let mut sim = populated(3, 10);
    run_to(&mut sim, 19.0);
    for name in ["n1", "n2", "n3"] {
        silence(&mut sim, name);
    }
    run_to(&mut sim, 110.0);
    let deleting = |sim: &Sim| ["p1", "p2", "p3"].map(|name| get(sim, name).meta.deleting());
    assert_eq!(deleting(&sim), [true, false, false]);
    let unreachable = "Unknown/NodeStatusUnknown unreachable:NoSchedule";
    assert_eq!(look_at_node(&sim, "n1"), format!("{unreachable} unreachable:NoExecute"));
    assert_eq!((look_at_node(&sim, "n2").as_str(), look_at_node(&sim, "n3").as_str()), (unreachable, unreachable));
    revive(&mut sim, "n3");
    // The bucket begins empty, and its first token is spent on the node that has its taint already.
    run_to(&mut sim, 129.9);
    assert_eq!(look_at_node(&sim, "n2"), unreachable);
    run_to(&mut sim, 130.0);
    assert_eq!(look_at_node(&sim, "n2"), format!("{unreachable} unreachable:NoExecute"));
    assert_eq!(look(&sim, "p3"), "Running ready running");
}

#[test]
fn nodes_are_tainted_one_in_ten_seconds_and_not_at_all_when_a_small_zone_is_half_down() {
    // (nodes, silent ones, nodes with the NoExecute taint 5, 15 and 25 s after they were found out)
    for (nodes, silent, tainted) in [(6, 2, [1, 2, 2]), (6, 3, [1, 2, 3]), (5, 3, [1, 1, 1]), (60, 40, [1, 1, 1])] {
        let mut sim = populated(nodes, 10);
        run_to(&mut sim, 19.0);
        for number in 1..=silent {
            silence(&mut sim, &format!("n{number}"));
        }
        for (seconds, wanted) in [65.0, 75.0, 85.0].into_iter().zip(tainted) {
            run_to(&mut sim, seconds);
            let has = |node: &Node| node.has_taint("node.kubernetes.io/unreachable", "NoExecute");
            let count = sim.state.world.nodes.iter().filter(|(_, node)| has(node)).count();
            assert_eq!(count, wanted, "{silent} of {nodes} at {seconds}");
        }
    }
}

#[test]
fn cordoning_taints_a_node_and_uncordoning_frees_it() {
    let mut sim = cluster(1);
    let id = sim.state.world.find_id::<Node>("", "n1").unwrap();
    for (on, expected) in [(true, "True/KubeletReady unschedulable:NoSchedule"), (false, "True/KubeletReady")] {
        sim.state.world.modify(id, |node: &mut Node| {
            node.unschedulable = on;
            crate::world::Aspects::SPEC | crate::world::Aspects::UNSCHEDULABLE
        });
        run_for(&mut sim, 0.0);
        assert_eq!(look_at_node(&sim, "n1"), expected);
    }
}

#[test]
fn a_joining_node_is_ready_after_a_second() {
    let mut sim = cluster(1);
    run_to(&mut sim, 7.0);
    let raw = crate::sim::machines::node("n9", "4", "16Gi");
    let node = crate::sim::machines::registered(&raw, false, sim.state.now);
    create(&mut sim, Kind::Node, &node);
    run_to(&mut sim, 7.9);
    assert_eq!(look_at_node(&sim, "n9"), "False/KubeletNotReady not-ready:NoSchedule");
    run_to(&mut sim, 8.0);
    assert_eq!(look_at_node(&sim, "n9"), "True/KubeletReady");
    run_to(&mut sim, 10.0);
    assert_eq!(
        events(&sim, "n9"),
        [
            "8.0 NodeReady Node n9 status is now: NodeReady",
            "10.0 RegisteredNode Node n9 event: Registered Node n9 in Controller",
        ]
    );
}

#[test]
fn pods_of_a_deleted_node_are_collected_between_40_and_60_seconds_later() {
    for (deleted, gone) in [(19.0, 60.0), (21.0, 80.0), (40.0, 80.0)] {
        let mut sim = populated(2, 300);
        run_to(&mut sim, deleted);
        silence(&mut sim, "n1");
        delete(&mut sim, Kind::Node, "n1", DeleteOptions::default());
        run_to(&mut sim, deleted + 5.0);
        let removing = "RemovingNode Node n1 event: Removing Node n1 from Controller";
        assert!(events(&sim, "n1").last().unwrap().ends_with(removing));
        run_to(&mut sim, gone - 0.1);
        assert_eq!(look(&sim, "p1"), "Running ready running");
        run_to(&mut sim, gone);
        assert_eq!(look(&sim, "p1"), "gone");
    }
}

#[test]
fn a_pod_bound_to_a_node_that_does_not_exist_is_collected() {
    let mut sim = cluster(1);
    run_to(&mut sim, 5.0);
    create(&mut sim, Kind::Pod, &pod("p", "nowhere", json!({})));
    run_to(&mut sim, 59.0);
    assert_eq!((look(&sim, "p").as_str(), events(&sim, "p").len()), ("Pending ", 0));
    run_to(&mut sim, 60.0);
    assert_eq!(look(&sim, "p"), "gone");
}

#[test]
fn out_of_service_frees_the_pods_of_a_dead_node_at_the_next_round() {
    let mut sim = populated(2, 10);
    run_to(&mut sim, 19.0);
    silence(&mut sim, "n1");
    run_to(&mut sim, 90.0);
    assert_eq!(look(&sim, "p1"), "Running deleting running");
    let id = sim.state.world.find_id::<Node>("", "n1").unwrap();
    sim.state.world.modify(id, |node: &mut Node| {
        node.taints.push(crate::api::node::Taint::new("node.kubernetes.io/out-of-service", "NoExecute", None));
        crate::world::Aspects::SPEC | crate::world::Aspects::TAINTS
    });
    run_to(&mut sim, 99.9);
    assert_eq!(look(&sim, "p1"), "Running deleting running");
    run_to(&mut sim, 100.0);
    assert_eq!(look(&sim, "p1"), "gone");
}

#[test]
fn a_taint_by_hand_evicts_by_toleration() {
    let mut sim = cluster(1);
    let tolerating = |more: serde_json::Value| {
        let mut toleration = json!({"key": "maintenance", "operator": "Exists"});
        more.as_object().unwrap().iter().for_each(|(key, value)| toleration[key] = value.clone());
        json!({"spec": {"tolerations": [toleration]}})
    };
    create(&mut sim, Kind::Pod, &pod("none", "n1", json!({})));
    create(&mut sim, Kind::Pod, &pod("five", "n1", tolerating(json!({"effect": "NoExecute", "tolerationSeconds": 5}))));
    create(&mut sim, Kind::Pod, &pod("ever", "n1", tolerating(json!({}))));
    run_to(&mut sim, 10.0);
    let id = sim.state.world.find_id::<Node>("", "n1").unwrap();
    sim.state.world.modify(id, |node: &mut Node| {
        node.taints.push(crate::api::node::Taint::new("maintenance", "NoExecute", None));
        crate::world::Aspects::SPEC | crate::world::Aspects::TAINTS
    });
    run_to(&mut sim, 10.0);
    let deleting = |sim: &Sim| ["none", "five", "ever"].map(|name| get(sim, name).meta.deleting());
    assert_eq!(deleting(&sim), [true, false, false]);
    run_to(&mut sim, 15.0);
    assert_eq!((look(&sim, "none").as_str(), get(&sim, "five").meta.deleting()), ("gone", true));
    run_to(&mut sim, 1000.0);
    assert_eq!(look(&sim, "ever"), "Running ready running");
}
