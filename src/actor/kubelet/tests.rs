//! What a Pod goes through on a node, by the recordings' clock.

use super::super::fixture::*;
use crate::api::Kind;
use crate::world::DeleteOptions;
use serde_json::json;

#[test]
fn a_pod_runs_one_second_after_it_was_bound() {
    let mut sim = cluster(1);
    create(&mut sim, Kind::Pod, &pod("p", "n1", json!({})));
    run_for(&mut sim, 0.0);
    assert_eq!(look(&sim, "p"), "Pending waiting:ContainerCreating");
    run_to(&mut sim, 1.0);
    assert_eq!(look(&sim, "p"), "Running ready running");
    assert_eq!(get(&sim, "p").status.ip.unwrap().to_string(), "10.244.1.2");
    let expected = [
        "1.0 Pulled Container image \"busybox:1.36\" already present on machine and can be accessed by the pod",
        "1.0 Created Container created",
        "1.0 Started Container started",
    ];
    assert_eq!(events(&sim, "p"), expected);
}

#[test]
fn a_pod_is_looked_at_over_time() {
    /// (what, annotations, restart policy, [(second, state)])
    type Life<'a> = (&'a str, serde_json::Value, &'a str, &'a [(f64, &'a str)]);
    let table: &[Life] = &[
        (
            "a run that succeeds",
            json!({"sim/run-seconds": "5"}),
            "Never",
            &[(5.9, "Running ready running"), (6.0, "Succeeded terminated:Completed(0)")],
        ),
        (
            "a run that fails",
            json!({"sim/run-seconds": "2", "sim/exit-code": "42"}),
            "Never",
            &[(3.0, "Failed terminated:Error(42)")],
        ),
        (
            "restarts of a failing run",
            json!({"sim/run-seconds": "2", "sim/exit-code": "1"}),
            "OnFailure",
            &[
                (3.1, "Running terminated:Error(1)"),
                (3.4, "Running ready restarts=1 running"),
                (5.4, "Running restarts=1 waiting:CrashLoopBackOff"),
                (15.2, "Running restarts=1 waiting:CrashLoopBackOff"),
                (15.4, "Running ready restarts=2 running"),
                (37.2, "Running restarts=2 waiting:CrashLoopBackOff"),
                (37.4, "Running ready restarts=3 running"),
                (79.4, "Running ready restarts=4 running"),
                (161.4, "Running ready restarts=5 running"),
                (323.4, "Running ready restarts=6 running"),
                (625.4, "Running ready restarts=7 running"),
                (927.4, "Running ready restarts=8 running"),
            ],
        ),
        (
            "a run that ends well is restarted with Always",
            json!({"sim/run-seconds": "2"}),
            "Always",
            &[(3.1, "Running terminated:Completed(0)"), (3.4, "Running ready restarts=1 running")],
        ),
        (
            "a long run begins the back-off anew",
            json!({"sim/run-seconds": "700"}),
            "Always",
            &[
                (701.1, "Running terminated:Completed(0)"),
                (701.4, "Running ready restarts=1 running"),
                (1401.5, "Running restarts=1 terminated:Completed(0)"),
                (1401.7, "Running ready restarts=2 running"),
            ],
        ),
        (
            "exit codes by restart",
            json!({"sim/run-seconds": "2", "sim/exit-codes": "1,1,0"}),
            "OnFailure",
            &[(15.4, "Running ready restarts=2 running"), (17.4, "Succeeded restarts=2 terminated:Completed(0)")],
        ),
        (
            "the first exits of an owner fail",
            json!({"sim/run-seconds": "2", "sim/exit-code": "7", "sim/fail-first": "1"}),
            "OnFailure",
            &[(3.1, "Running terminated:Error(7)"), (5.4, "Succeeded restarts=1 terminated:Completed(0)")],
        ),
    ];
    for (what, annotations, policy, moments) in table {
        let mut sim = cluster(1);
        let more = json!({"metadata": {"annotations": annotations}, "spec": {"restartPolicy": policy}});
        create(&mut sim, Kind::Pod, &pod("p", "n1", more));
        for (second, state) in *moments {
            run_to(&mut sim, *second);
            assert_eq!(look(&sim, "p"), *state, "{what} at {second}");
        }
    }
}

#[test]
fn a_back_off_says_which_container_waits_and_how_long() {
    let mut sim = cluster(1);
    let more = json!({"metadata": {"annotations": {"sim/run-seconds": "2", "sim/exit-code": "1"}}});
    create(&mut sim, Kind::Pod, &pod("p", "n1", more));
    run_to(&mut sim, 6.0);
    let pod = get(&sim, "p");
    let uid = pod.meta.uid;
    let crate::api::ContainerState::Waiting { message, .. } = &pod.status.containers[0].state else { panic!() };
    assert_eq!(message.as_str(), format!("back-off 10s restarting failed container=c pod=p_default({uid})"));
    assert_eq!(pod.status.containers[0].last.as_ref().unwrap().exit_code, 1);
    run_to(&mut sim, 18.0);
    let back_off = format!("Back-off restarting failed container c in pod p_default({uid})");
    let seen: Vec<String> = events(&sim, "p").into_iter().filter(|event| event.contains("BackOff")).collect();
    assert_eq!(seen, [format!("5.3 BackOff {back_off}"), format!("17.3 BackOff {back_off} x2")]);
}

#[test]
fn a_deleted_pod_stops_reports_and_goes() {
    let mut sim = cluster(1);
    create(&mut sim, Kind::Pod, &pod("p", "n1", json!({"metadata": {"finalizers": ["example.com/hold"]}})));
    run_to(&mut sim, 5.0);
    delete(&mut sim, Kind::Pod, "p", DeleteOptions::default());
    run_to(&mut sim, 5.9);
    assert_eq!(look(&sim, "p"), "Running ready deleting running");
    assert_eq!(events(&sim, "p").last().unwrap(), "5.0 Killing Stopping container c");
    run_to(&mut sim, 6.0);
    assert_eq!(look(&sim, "p"), "Failed deleting terminated:Error(143)");
    assert_eq!(get(&sim, "p").meta.deletion.unwrap().grace_seconds, 0);
    let id = pod_id(&sim, "p").unwrap();
    sim.state.world.remove_finalizer(id, "example.com/hold");
    run_to(&mut sim, 6.1);
    assert_eq!(look(&sim, "p"), "gone");
}

#[test]
fn a_stop_takes_as_long_as_annotated_but_no_longer_than_the_grace_period() {
    // (annotation, grace given, seconds until the end, exit code)
    for (term, grace, seconds, code) in
        [("1", None, 1.0, 143), ("15", None, 15.0, 143), ("60", None, 30.0, 137), ("60", Some(5), 5.0, 137)]
    {
        let mut sim = cluster(1);
        let more = json!({"metadata": {"annotations": {"sim/term-seconds": term}, "finalizers": ["example.com/hold"]}});
        create(&mut sim, Kind::Pod, &pod("p", "n1", more));
        run_to(&mut sim, 2.0);
        delete(&mut sim, Kind::Pod, "p", DeleteOptions { grace_seconds: grace, ..DeleteOptions::default() });
        run_to(&mut sim, 2.0 + seconds - 0.1);
        assert_eq!(look(&sim, "p"), "Running ready deleting running", "{term}");
        run_to(&mut sim, 2.0 + seconds);
        assert_eq!(look(&sim, "p"), format!("Failed deleting terminated:Error({code})"), "{term}");
    }
}

#[test]
fn a_pod_deleted_before_it_ran_ends_with_137() {
    let mut sim = cluster(1);
    create(&mut sim, Kind::Pod, &pod("p", "n1", json!({"metadata": {"finalizers": ["example.com/hold"]}})));
    run_to(&mut sim, 0.5);
    delete(&mut sim, Kind::Pod, "p", DeleteOptions::default());
    run_to(&mut sim, 0.6);
    assert_eq!(look(&sim, "p"), "Failed deleting terminated:ContainerStatusUnknown(137)");
    assert!(get(&sim, "p").status.ip.is_none() && events(&sim, "p").is_empty());
}

#[test]
fn a_pod_deleted_in_its_back_off_shows_its_last_end_at_once() {
    let mut sim = cluster(1);
    let more = json!({"metadata": {"annotations": {"sim/run-seconds": "2", "sim/exit-code": "1"},
                                   "finalizers": ["example.com/hold"]}});
    create(&mut sim, Kind::Pod, &pod("p", "n1", more));
    run_to(&mut sim, 8.0);
    delete(&mut sim, Kind::Pod, "p", DeleteOptions::default());
    run_to(&mut sim, 8.0);
    assert_eq!(look(&sim, "p"), "Failed restarts=1 deleting terminated:Error(1)");
}

#[test]
fn restarted_containers_keep_their_address_and_recreated_pods_get_another() {
    let mut sim = cluster(1);
    let more = json!({"metadata": {"annotations": {"sim/run-seconds": "5"}}});
    create(&mut sim, Kind::Pod, &pod("p", "n1", more.clone()));
    run_to(&mut sim, 8.0);
    assert_eq!(
        (look(&sim, "p").as_str(), get(&sim, "p").status.ip.unwrap().to_string().as_str()),
        ("Running ready restarts=1 running", "10.244.1.2")
    );
    delete(&mut sim, Kind::Pod, "p", DeleteOptions::default());
    run_to(&mut sim, 10.0);
    create(&mut sim, Kind::Pod, &pod("p", "n1", more));
    run_to(&mut sim, 12.0);
    assert_eq!(get(&sim, "p").status.ip.unwrap().to_string(), "10.244.1.3");
}

/// A Pod whose container has probes and annotations.
fn probed(probes: serde_json::Value, annotations: serde_json::Value) -> serde_json::Value {
    let mut value = pod("p", "n1", json!({"metadata": {"annotations": annotations}}));
    for (key, probe) in probes.as_object().unwrap() {
        value["spec"]["containers"][0][key] = probe.clone();
    }
    value
}

/// A life: probes, annotations, and what is seen when.
type ProbedLife<'a> = (&'a str, serde_json::Value, serde_json::Value, &'a [(f64, &'a str)]);

#[test]
fn probes_decide_over_readiness_and_restarts() {
    let http = json!({"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 5});
    let startup = json!({"tcpSocket": {"port": 80}, "periodSeconds": 5, "failureThreshold": 2});
    let table: &[ProbedLife] = &[
        (
            "without annotations a probe passes at once",
            json!({"readinessProbe": http}),
            json!({}),
            &[(1.0, "Running ready running")],
        ),
        (
            "readiness comes with the first answer after it is due and goes with the third failure",
            json!({"readinessProbe": http}),
            json!({"sim/ready-after-seconds": "7", "sim/ready-until-seconds": "22"}),
            &[
                (10.9, "Running running"),
                (11.0, "Running ready running"),
                (35.9, "Running ready running"),
                (36.0, "Running running"),
                (200.0, "Running running"),
            ],
        ),
        (
            "an initial delay is waited for",
            json!({"readinessProbe": {"tcpSocket": {"port": 1}, "periodSeconds": 10, "initialDelaySeconds": 15}}),
            json!({}),
            &[(20.9, "Running running"), (21.0, "Running ready running")],
        ),
        (
            "three liveness failures kill the container, which is restarted",
            json!({"livenessProbe": http}),
            json!({"sim/unhealthy-after-seconds": "10"}),
            // Asked every 5 s from when the Pod was taken; fails at 15, 20 and 25 s.
            &[
                (25.9, "Running ready running"),
                (26.1, "Running terminated:Error(143)"),
                (26.3, "Running ready restarts=1 running"),
            ],
        ),
        (
            "a startup probe holds the others back",
            json!({"startupProbe": startup, "livenessProbe": http, "readinessProbe": http}),
            json!({"sim/started-after-seconds": "8"}),
            &[(9.9, "Running running"), (10.0, "Running ready running"), (60.0, "Running ready running")],
        ),
        (
            "a startup that takes too long is killed",
            json!({"startupProbe": startup}),
            json!({"sim/started-after-seconds": "100"}),
            &[(10.9, "Running running"), (11.1, "Running terminated:Error(143)"), (11.3, "Running restarts=1 running")],
        ),
    ];
    for (what, probes, annotations, moments) in table {
        let mut sim = cluster(1);
        create(&mut sim, Kind::Pod, &probed(probes.clone(), annotations.clone()));
        for (second, state) in *moments {
            run_to(&mut sim, *second);
            assert_eq!(look(&sim, "p"), *state, "{what} at {second}");
        }
    }
}

#[test]
fn failed_probes_are_events() {
    let mut sim = cluster(1);
    let liveness = json!({"livenessProbe": {"tcpSocket": {"port": 80}, "periodSeconds": 5}});
    create(&mut sim, Kind::Pod, &probed(liveness, json!({"sim/unhealthy-after-seconds": "10"})));
    run_to(&mut sim, 26.0);
    let ip = get(&sim, "p").status.ip.unwrap();
    let unhealthy = format!("Unhealthy Liveness probe failed: dial tcp {ip}:80: connect: connection refused");
    assert_eq!(
        events(&sim, "p")[3..],
        [
            format!("15.0 {unhealthy}"),
            format!("20.0 {unhealthy} x2"),
            format!("25.0 {unhealthy} x3"),
            "25.0 Killing Container c failed liveness probe, will be restarted".to_string(),
        ]
    );
}

#[test]
fn a_probe_that_passes_costs_nothing() {
    let mut sim = cluster(1);
    let probe = json!({"httpGet": {"port": 80}, "periodSeconds": 1});
    let probes = json!({"readinessProbe": probe, "livenessProbe": probe});
    create(&mut sim, Kind::Pod, &probed(probes, json!({})));
    run_to(&mut sim, 10.0);
    let until = sim.state.now + crate::time::SimDuration::from_secs(86_400);
    assert!(sim.advance(until, 20).reached);
}
