//! Where connections go on three nodes, two of which run a Pod of the Service.

use super::super::fixture::*;
use super::*;
use crate::sim::Sim;
use crate::world::{DeleteOptions, Machine};
use serde_json::{Value, json};

/// Three nodes; `a` and `b` run behind Service `svc` on n1 and n2, nothing on n3; `a` claims port 18080 of its node.
fn article(more: Value) -> Sim {
    let mut sim = cluster(3);
    let mut spec = json!({"type": "NodePort", "selector": {"app": "web"}, "clusterIP": "10.96.1.1",
        "ports": [{"port": 80, "targetPort": 8080, "nodePort": 30_080, "protocol": "TCP"}]});
    more.as_object().unwrap().iter().for_each(|(key, value)| spec[key] = value.clone());
    create(&mut sim, Kind::Service, &json!({"metadata": {"name": "svc", "namespace": "default"}, "spec": spec}));
    for (name, node) in [("a", "n1"), ("b", "n2")] {
        let mut value = pod(name, node, json!({"metadata": {"labels": {"app": "web"}}}));
        let port = json!({"containerPort": 8080, "protocol": "TCP"});
        value["spec"]["containers"][0]["ports"] = json!([port]);
        if name == "a" {
            value["spec"]["containers"][0]["ports"][0]["hostPort"] = json!(18_080);
        }
        create(&mut sim, Kind::Pod, &value);
    }
    run_to(&mut sim, 2.0);
    sim
}

fn node_port(node: &'static str) -> To {
    To::NodePort { node: node.into(), port: 30_080 }
}

/// Whom twenty connections reach: names of Pods, or verdicts, each once.
fn reached(sim: &Sim, from: &From, to: &To) -> Vec<String> {
    let one = |number| {
        let route = route(&sim.state.world, &Request::tcp(from.clone(), to.clone(), number));
        match route.verdict {
            Verdict::Delivered { pod, .. } => sim.state.world.pods.get(pod).unwrap().meta.name.to_string(),
            other => format!("{other:?} {:?}", route.why),
        }
    };
    let set: std::collections::BTreeSet<String> = (0..20).map(one).collect();
    set.into_iter().collect()
}

#[test]
fn a_node_port_reaches_any_pod_or_only_those_of_its_node() {
    for (policy, node, expected) in [
        ("Cluster", "n1", vec!["a", "b"]),
        ("Cluster", "n3", vec!["a", "b"]),
        ("Local", "n1", vec!["a"]),
        ("Local", "n2", vec!["b"]),
        ("Local", "n3", vec!["Dropped NoLocalEndpoint"]),
        ("Local", "n9", vec!["Timeout NoSuchNode"]),
    ] {
        let sim = article(json!({"externalTrafficPolicy": policy}));
        assert_eq!(reached(&sim, &From::Outside, &node_port(node)), expected, "{policy} {node}");
    }
}

#[test]
fn the_pod_sees_the_client_with_local_and_the_entry_node_with_cluster() {
    for (policy, real) in [("Cluster", false), ("Local", true)] {
        let sim = article(json!({"externalTrafficPolicy": policy}));
        let route = route(&sim.state.world, &Request::tcp(From::Outside, node_port("n1"), 0));
        let Verdict::Delivered { source_ip_seen, .. } = route.verdict else { panic!("{route:?}") };
        assert_eq!(source_ip_seen == CLIENT, real, "{policy}");
    }
}

#[test]
fn from_inside_local_counts_as_cluster() {
    let sim = article(json!({"externalTrafficPolicy": "Local"}));
    let inside = From::Pod(pod_id(&sim, "a").unwrap());
    assert_eq!(reached(&sim, &inside, &node_port("n3")), ["a", "b"]);
    let to = To::ClusterIp { address: "10.96.1.1".into(), port: 80 };
    assert_eq!(reached(&sim, &inside, &to), ["a", "b"]);
    assert_eq!(reached(&sim, &From::Outside, &to), ["Timeout ClusterAddressFromOutside"]);
}

#[test]
fn without_endpoints_a_connection_is_refused_and_a_stopping_pod_serves_as_long_as_it_is_the_last() {
    let mut sim = article(json!({}));
    delete(&mut sim, Kind::Pod, "a", DeleteOptions::default());
    run_for(&mut sim, 0.0);
    assert_eq!(reached(&sim, &From::Outside, &node_port("n1")), ["b"]);
    delete(&mut sim, Kind::Pod, "b", DeleteOptions::default());
    run_for(&mut sim, 0.0);
    assert_eq!(reached(&sim, &From::Outside, &node_port("n1")), ["a", "b"], "both are stopping");
    run_for(&mut sim, 2.0);
    assert_eq!(reached(&sim, &From::Outside, &node_port("n1")), ["Refused NoEndpoints"]);
    assert_eq!(reached(&sim, &From::Outside, &To::NodePort { node: "n1".into(), port: 31_000 }), ["Refused NoService"]);
}

#[test]
fn a_dead_node_swallows_connections_until_it_is_known_to_be_dead() {
    let mut sim = article(json!({}));
    let silent = Machine { silent_since: Some(sim.state.now), ..Machine::default() };
    sim.state.world.set_machine("n2", silent);
    assert_eq!(reached(&sim, &From::Outside, &node_port("n1")), ["Timeout EndpointUnreachable", "a"]);
    assert_eq!(reached(&sim, &From::Outside, &node_port("n2")), ["Timeout NodeUnreachable"]);
    run_for(&mut sim, 70.0);
    assert_eq!(reached(&sim, &From::Outside, &node_port("n1")), ["a"]);
}

#[test]
fn a_host_port_reaches_exactly_the_pod_of_its_node() {
    let mut sim = article(json!({}));
    let to = |node: &'static str| To::HostPort { node: node.into(), port: 18_080 };
    assert_eq!(reached(&sim, &From::Outside, &to("n1")), ["a"]);
    assert_eq!(reached(&sim, &From::Outside, &to("n2")), ["Refused NoHostPort"]);
    let route = route(&sim.state.world, &Request::tcp(From::Outside, to("n1"), 0));
    assert!(matches!(route.verdict, Verdict::Delivered { source_ip_seen: CLIENT, .. }));
    delete(&mut sim, Kind::Pod, "a", DeleteOptions::default());
    run_for(&mut sim, 2.0);
    assert_eq!(reached(&sim, &From::Outside, &to("n1")), ["Refused NoHostPort"]);
}

#[test]
fn session_affinity_keeps_a_client_with_one_pod_and_internal_local_stays_on_the_node() {
    let sim = article(json!({"sessionAffinity": "ClientIP"}));
    assert_eq!(reached(&sim, &From::Outside, &node_port("n3")).len(), 1);
    let sim = article(json!({"internalTrafficPolicy": "Local"}));
    let to = To::ClusterIp { address: "10.96.1.1".into(), port: 80 };
    assert_eq!(reached(&sim, &From::Node("n2".into()), &to), ["b"]);
    assert_eq!(reached(&sim, &From::Node("n3".into()), &to), ["Dropped NoLocalEndpoint"]);
}
