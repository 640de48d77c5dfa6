//! What a container's own command decides: how it takes SIGTERM, what it learns of its Pod.

use super::super::fixture::*;
use crate::api::Kind;
use crate::world::DeleteOptions;
use serde_json::{Value, json};

/// A Pod that runs a script and stays as an object when everything has stopped.
fn scripted(script: &str, more: Value) -> Value {
    let container = json!({"name": "c", "image": "busybox:1.36", "command": ["sh", "-c", script]});
    let base = pod(
        "p",
        "n1",
        json!({"metadata": {"finalizers": ["example.com/keep"]},
        "spec": {"terminationGracePeriodSeconds": 30, "containers": [container]}}),
    );
    crate::sim::patch::apply(&base, &more, crate::sim::order::PatchKind::Merge).unwrap()
}

#[test]
fn sigterm_is_taken_as_the_command_takes_it() {
    // (script, seconds from the deletion to the end, how the container ended)
    for (script, seconds, end) in [
        ("sleep 1000", 1.0, "Failed deleting terminated:Error(143)"),
        ("trap 'exit 0' TERM; sleep 1000 & wait", 0.0, "Succeeded deleting terminated:Completed(0)"),
        ("trap 'exit 3' TERM; while true; do sleep 4; done", 3.0, "Failed deleting terminated:Error(3)"),
        ("trap 'sleep 5; exit 0' TERM; sleep 1000 & wait", 5.0, "Succeeded deleting terminated:Completed(0)"),
        ("trap '' TERM; sleep 1000", 30.0, "Failed deleting terminated:Error(137)"),
        ("trap 'sleep 90; exit 0' TERM; sleep 1000 & wait", 30.0, "Failed deleting terminated:Error(137)"),
    ] {
        let mut sim = cluster(1);
        create(&mut sim, Kind::Pod, &scripted(script, json!({})));
        run_to(&mut sim, 10.0);
        delete(&mut sim, Kind::Pod, "p", DeleteOptions::default());
        if seconds > 0.0 {
            run_to(&mut sim, 10.0 + seconds - 0.1);
            assert_eq!(look(&sim, "p"), "Running ready deleting running", "{script}");
        }
        run_to(&mut sim, 10.0 + seconds);
        assert_eq!(look(&sim, "p"), end, "{script}");
    }
}

#[test]
fn an_annotation_and_a_pre_stop_hook_come_before_the_trap() {
    let hook = json!({"preStop": {"sleep": {"seconds": 4}}});
    let script = "trap 'exit 0' TERM; sleep 1000 & wait";
    let container = json!({"name": "c", "image": "i", "command": ["sh", "-c", script], "lifecycle": hook});
    for (more, seconds) in [
        (json!({"metadata": {"annotations": {"sim/term-seconds": "7"}}}), 7.0),
        (json!({"spec": {"containers": [container]}}), 4.0),
    ] {
        let mut sim = cluster(1);
        create(&mut sim, Kind::Pod, &scripted(script, more));
        run_to(&mut sim, 10.0);
        delete(&mut sim, Kind::Pod, "p", DeleteOptions::default());
        run_to(&mut sim, 10.0 + seconds - 0.1);
        assert_eq!(look(&sim, "p"), "Running ready deleting running");
        run_to(&mut sim, 10.0 + seconds);
        assert!(look(&sim, "p").contains("terminated"), "{}", look(&sim, "p"));
    }
}

#[test]
fn the_log_shows_what_a_trap_prints() {
    let mut sim = cluster(1);
    let script = "trap 'echo bye; sleep 2; exit 0' TERM; echo hello; sleep 1000 & wait";
    create(&mut sim, Kind::Pod, &scripted(script, json!({})));
    run_to(&mut sim, 10.0);
    delete(&mut sim, Kind::Pod, "p", DeleteOptions::default());
    let id = pod_id(&sim, "p").unwrap();
    run_to(&mut sim, 11.0);
    let lines = sim.state.actors.kubelet.logs(&sim.state.world, id, "c", false, sim.state.now).unwrap();
    let lines: Vec<String> =
        lines.iter().map(|line| format!("{} {}", (line.at - start()).seconds(), line.text)).collect();
    assert_eq!(lines, ["1 hello", "10 bye"]);
}

#[test]
fn the_pods_of_an_indexed_job_know_their_index_and_their_host() {
    let mut sim = cluster(1);
    let script = "echo $JOB_COMPLETION_INDEX $(hostname) $NODE; exit $JOB_COMPLETION_INDEX";
    let node = json!({"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}});
    let container = json!({"name": "c", "image": "busybox", "command": ["sh", "-c", script], "env": [node]});
    let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "work", "namespace": "default"},
        "spec": {"completions": 2, "parallelism": 2, "completionMode": "Indexed", "backoffLimit": 0,
                 "template": {"spec": {"restartPolicy": "Never", "containers": [container]}}}});
    create(&mut sim, Kind::Job, &job);
    run_to(&mut sim, 1.5);
    let pods: Vec<_> = sim.state.world.pods.iter().map(|(id, _)| id).collect();
    let mut said: Vec<String> = pods
        .iter()
        .map(|id| {
            let pod = sim.state.world.pods.get(*id).unwrap();
            let log = sim.state.actors.kubelet.logs(&sim.state.world, *id, "c", false, sim.state.now).unwrap();
            let code = pod.status.containers[0].state.terminated().map(|end| end.exit_code);
            format!("{} {code:?}", log[0].text)
        })
        .collect();
    said.sort();
    assert_eq!(said, ["0 work-0 n1 Some(0)", "1 work-1 n1 Some(1)"]);
    // As upstream writes it into the Pod.
    let value = sim.state.world.pods.get(pods[0]).unwrap().to_value();
    let wanted = json!({"name": "JOB_COMPLETION_INDEX", "valueFrom": {"fieldRef": {"apiVersion": "v1",
        "fieldPath": "metadata.labels['batch.kubernetes.io/job-completion-index']"}}});
    assert_eq!(value.pointer("/spec/containers/0/env/1"), Some(&wanted));
}

#[test]
fn a_database_that_is_given_no_password_crashes_as_it_does() {
    let mut sim = cluster(1);
    let plain = json!({"spec": {"containers": [{"name": "c", "image": "postgres:16"}]}});
    let env = json!([{"name": "POSTGRES_PASSWORD", "value": "x"}]);
    let given = json!({"spec": {"containers": [{"name": "c", "image": "postgres:16", "env": env}]}});
    create(&mut sim, Kind::Pod, &pod("plain", "n1", plain));
    create(&mut sim, Kind::Pod, &pod("given", "n1", given));
    run_to(&mut sim, 5.0);
    assert_eq!(look(&sim, "plain"), "Running restarts=1 waiting:CrashLoopBackOff");
    assert_eq!(look(&sim, "given"), "Running ready running");
}
