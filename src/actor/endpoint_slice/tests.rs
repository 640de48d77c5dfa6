//! EndpointSlices over the lives of Pods and Services.

use super::super::fixture::*;
use crate::api::Kind;
use crate::sim::Sim;
use crate::world::DeleteOptions;
use serde_json::{Value, json};

fn web(name: &str, node: &str, more: Value) -> Value {
    let mut value = pod(name, node, more);
    value["metadata"]["labels"] = json!({"app": "web"});
    value["spec"]["containers"][0]["ports"] = json!([{"name": "http", "containerPort": 8080, "protocol": "TCP"}]);
    value
}

fn service(more: Value) -> Value {
    let mut spec = json!({"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]});
    more.as_object().unwrap().iter().for_each(|(key, value)| spec[key] = value.clone());
    json!({"metadata": {"name": "svc", "namespace": "default", "labels": {"tier": "front"}}, "spec": spec})
}

/// Each slice: its ports and its endpoints with r(eady), s(erving), t(erminating).
fn slices(sim: &Sim) -> Vec<String> {
    let flag = |on: bool, letter: &str| if on { letter.to_string() } else { "-".to_string() };
    let show = |slice: &crate::api::service::EndpointSlice| {
        let ports: Vec<String> = slice.ports.iter().map(|(_, port, _)| port.to_string()).collect();
        let ends = slice.endpoints.iter().map(|e| {
            format!(" {}:{}{}{}", e.pod_name, flag(e.ready, "r"), flag(e.serving, "s"), flag(e.terminating, "t"))
        });
        format!("[{}]{}", ports.join(","), ends.collect::<String>())
    };
    sim.state.world.endpoint_slices.iter().map(|(_, slice)| show(slice)).collect()
}

#[test]
fn endpoints_follow_their_pods() {
    let mut sim = cluster(2);
    create(&mut sim, Kind::Service, &service(json!({})));
    run_for(&mut sim, 0.0);
    assert_eq!(slices(&sim), ["[]"], "a Service without endpoints has an empty slice");
    create(&mut sim, Kind::Pod, &web("b", "n1", json!({})));
    create(&mut sim, Kind::Pod, &web("a", "n2", json!({})));
    run_to(&mut sim, 0.9);
    assert_eq!(slices(&sim), ["[]"]);
    run_to(&mut sim, 1.0);
    assert_eq!(slices(&sim), ["[8080] a:rs- b:rs-"]);
    delete(&mut sim, Kind::Pod, "b", DeleteOptions::default());
    run_to(&mut sim, 1.0);
    assert_eq!(slices(&sim), ["[8080] a:rs- b:-st"]);
    run_to(&mut sim, 2.0);
    assert_eq!(slices(&sim), ["[8080] a:rs-"]);
    delete(&mut sim, Kind::Pod, "a", DeleteOptions::FORCE);
    run_to(&mut sim, 2.1);
    assert_eq!(slices(&sim), ["[]"]);
    delete(&mut sim, Kind::Service, "svc", DeleteOptions::default());
    run_to(&mut sim, 2.2);
    assert!(slices(&sim).is_empty());
}

#[test]
fn finished_pods_are_not_endpoints_and_unready_ones_are_not_ready() {
    let mut sim = cluster(1);
    create(&mut sim, Kind::Service, &service(json!({})));
    let run = json!({"metadata": {"annotations": {"sim/run-seconds": "5"}}, "spec": {"restartPolicy": "Never"}});
    create(&mut sim, Kind::Pod, &web("done", "n1", run));
    let mut unready = web("unready", "n1", json!({"metadata": {"annotations": {"sim/ready-after-seconds": "60"}}}));
    unready["spec"]["containers"][0]["readinessProbe"] = json!({"tcpSocket": {"port": 80}});
    create(&mut sim, Kind::Pod, &unready);
    run_to(&mut sim, 2.0);
    assert_eq!(slices(&sim), ["[8080] done:rs- unready:---"]);
    run_to(&mut sim, 10.0);
    assert_eq!(slices(&sim), ["[8080] unready:---"]);
    run_to(&mut sim, 80.0);
    assert_eq!(slices(&sim), ["[8080] unready:rs-"]);
}

#[test]
fn a_slice_holds_a_hundred_endpoints_and_a_change_touches_one_slice() {
    let mut sim = cluster(3);
    create(&mut sim, Kind::Service, &service(json!({})));
    for number in 0..250 {
        let node = format!("n{}", number % 3 + 1);
        create(&mut sim, Kind::Pod, &web(&format!("p{number:03}"), &node, json!({})));
    }
    run_to(&mut sim, 2.0);
    let sizes = |sim: &Sim| sim.state.world.endpoint_slices.iter().map(|(_, s)| s.endpoints.len()).collect::<Vec<_>>();
    assert_eq!(sizes(&sim), [100, 100, 50]);
    delete(&mut sim, Kind::Pod, "p000", DeleteOptions::FORCE);
    run_to(&mut sim, 2.1);
    assert_eq!(sizes(&sim), [99, 100, 50]);
}

#[test]
fn slices_carry_the_labels_of_their_service_and_say_who_keeps_them() {
    let mut sim = cluster(1);
    create(&mut sim, Kind::Service, &service(json!({"clusterIP": "None"})));
    run_for(&mut sim, 0.0);
    let (_, slice) = sim.state.world.endpoint_slices.iter().next().unwrap();
    let labels: Vec<String> = slice.meta.labels.pairs().iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(
        labels,
        [
            "endpointslice.kubernetes.io/managed-by=endpointslice-controller.k8s.io",
            "kubernetes.io/service-name=svc",
            "service.kubernetes.io/headless=",
            "tier=front",
        ]
    );
    assert!(slice.meta.name.starts_with("svc-") && slice.meta.controller().unwrap().kind == "Service");
}

#[test]
fn a_service_without_selector_keeps_no_slices() {
    let mut sim = cluster(1);
    create(&mut sim, Kind::Service, &service(json!({"selector": null})));
    run_for(&mut sim, 0.0);
    assert!(slices(&sim).is_empty());
}
