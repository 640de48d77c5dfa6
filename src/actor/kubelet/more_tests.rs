//! Init containers, sidecars, images, refusals, deadlines, reboots: the rarer sides of a Pod's life.

use super::super::fixture::*;
use crate::api::Kind;
use crate::sim::Sim;
use crate::world::{DeleteOptions, KubeletProfile, Machine};
use serde_json::{Value, json};

/// Looks at Pod `p` over time.
fn follow(sim: &mut Sim, what: &str, moments: &[(f64, &str)]) {
    for (second, state) in moments {
        run_to(sim, *second);
        assert_eq!(look(sim, "p"), *state, "{what} at {second}");
    }
}

/// A life: what, spec and annotations merged into a Pod, and what is seen when.
type Life<'a> = (&'a str, Value, &'a [(f64, &'a str)]);

#[test]
fn init_containers_run_one_after_the_other_and_sidecars_beside() {
    let init = |name: &str| json!({"name": name, "image": "busybox"});
    let sidecar = json!({"name": "s", "image": "busybox", "restartPolicy": "Always"});
    let annotated = |annotations: Value, spec: Value| json!({"metadata": {"annotations": annotations}, "spec": spec});
    let table: &[Life] = &[
        (
            "two init containers",
            annotated(json!({}), json!({"initContainers": [init("i1"), init("i2")]})),
            &[
                (0.5, "Pending waiting:PodInitializing waiting:PodInitializing waiting:PodInitializing"),
                (1.0, "Pending running waiting:PodInitializing waiting:PodInitializing"),
                (2.0, "Pending terminated:Completed(0) waiting:PodInitializing waiting:PodInitializing"),
                (3.0, "Pending terminated:Completed(0) running waiting:PodInitializing"),
                (5.0, "Running ready terminated:Completed(0) terminated:Completed(0) running"),
            ],
        ),
        (
            "a failing init container is restarted, with back-off",
            annotated(json!({"sim/exit-codes.i1": "1,1,0"}), json!({"initContainers": [init("i1")]})),
            &[
                (2.1, "Pending terminated:Error(1) waiting:PodInitializing"),
                (3.3, "Pending restarts=1 waiting:CrashLoopBackOff waiting:PodInitializing"),
                (13.3, "Pending restarts=2 running waiting:PodInitializing"),
                (15.3, "Running ready restarts=2 terminated:Completed(0) running"),
            ],
        ),
        (
            "a failing init container ends a Pod that never restarts",
            annotated(
                json!({"sim/exit-code.i1": "3"}),
                json!({"initContainers": [init("i1")], "restartPolicy": "Never"}),
            ),
            &[(2.0, "Failed terminated:Error(3) waiting:PodInitializing")],
        ),
        (
            "a sidecar starts first, runs beside and is stopped when the work is done",
            annotated(json!({"sim/run-seconds": "5"}), json!({"initContainers": [sidecar], "restartPolicy": "Never"})),
            &[
                (1.0, "Pending running waiting:PodInitializing"),
                (2.0, "Running ready running running"),
                (7.0, "Running running terminated:Completed(0)"),
                (8.0, "Succeeded terminated:Error(143) terminated:Completed(0)"),
            ],
        ),
        (
            "a sidecar that crashes is restarted, whatever the Pod's policy",
            annotated(
                json!({"sim/run-seconds.s": "3", "sim/exit-code.s": "1"}),
                json!({"initContainers": [sidecar], "restartPolicy": "Never"}),
            ),
            &[(4.1, "Running terminated:Error(1) running"), (4.3, "Running ready restarts=1 running running")],
        ),
    ];
    for (what, more, moments) in table {
        let mut sim = cluster(1);
        create(&mut sim, Kind::Pod, &pod("p", "n1", more.clone()));
        follow(&mut sim, what, moments);
    }
}

#[test]
fn a_deleted_pod_stops_its_sidecars_last() {
    let mut sim = cluster(1);
    let sidecar = |name: &str| json!({"name": name, "image": "busybox", "restartPolicy": "Always"});
    let more = json!({"metadata": {"finalizers": ["example.com/hold"]},
                      "spec": {"initContainers": [sidecar("s1"), sidecar("s2")]}});
    create(&mut sim, Kind::Pod, &pod("p", "n1", more));
    run_to(&mut sim, 5.0);
    delete(&mut sim, Kind::Pod, "p", DeleteOptions::default());
    run_to(&mut sim, 9.0);
    let killing: Vec<String> = events(&sim, "p").into_iter().filter(|event| event.contains("Killing")).collect();
    assert_eq!(
        killing,
        ["5.0 Killing Stopping container c", "6.0 Killing Stopping container s2", "7.0 Killing Stopping container s1",]
    );
    assert_eq!(look(&sim, "p"), "Failed deleting terminated:Error(143) terminated:Error(143) terminated:Error(143)");
}

#[test]
fn an_image_that_is_not_to_be_had_is_tried_again_and_again() {
    let mut sim = cluster(1);
    create(&mut sim, Kind::Pod, &pod("p", "n1", json!({"metadata": {"annotations": {"sim/image-missing": "true"}}})));
    follow(
        &mut sim,
        "missing",
        &[
            (1.0, "Pending waiting:ErrImagePull"),
            (2.0, "Pending waiting:ImagePullBackOff"),
            (11.0, "Pending waiting:ErrImagePull"),
            (12.0, "Pending waiting:ImagePullBackOff"),
            (31.0, "Pending waiting:ErrImagePull"),
            (71.0, "Pending waiting:ErrImagePull"),
        ],
    );
    let error = "failed to pull and unpack image \"docker.io/library/busybox:1.36\": failed to resolve reference \
                 \"docker.io/library/busybox:1.36\": docker.io/library/busybox:1.36: not found";
    assert_eq!(
        events(&sim, "p")[..5],
        [
            "1.0 Pulling Pulling image \"busybox:1.36\"".to_string(),
            format!("1.0 Failed Failed to pull image \"busybox:1.36\": {error}"),
            "1.0 Failed Error: ErrImagePull".to_string(),
            "2.0 BackOff Back-off pulling image \"busybox:1.36\"".to_string(),
            "2.0 Failed Error: ImagePullBackOff".to_string(),
        ]
    );
    for (image, policy, reason) in [
        ("registry.invalid/app:1", "IfNotPresent", "ErrImagePull"),
        ("app:nonexistent", "Always", "ErrImagePull"),
        ("app:missing", "Never", "ErrImageNeverPull"),
    ] {
        let mut sim = cluster(1);
        let containers = json!([{"name": "c", "image": image, "imagePullPolicy": policy}]);
        create(&mut sim, Kind::Pod, &pod("p", "n1", json!({"spec": {"containers": containers}})));
        follow(&mut sim, image, &[(1.0, &format!("Pending waiting:{reason}"))]);
    }
}

#[test]
fn a_node_refuses_what_it_cannot_take() {
    let wants = |requests: Value| json!([{"name": "c", "image": "x", "resources": {"requests": requests}}]);
    let ports = json!([{"name": "c", "image": "x", "ports": [{"containerPort": 80, "hostPort": 80}]}]);
    for (first, spec, reason, message) in [
        (
            wants(json!({"cpu": "3"})),
            json!({"containers": wants(json!({"cpu": "1500m"}))}),
            "OutOfcpu",
            "Node didn't have enough resource: cpu, requested: 1500, used: 3000, capacity: 4000",
        ),
        (
            wants(json!({"memory": "10Gi"})),
            json!({"containers": wants(json!({"memory": "8Gi"}))}),
            "OutOfmemory",
            "Node didn't have enough resource: memory, requested: 8589934592, used: 10737418240, capacity: 17179869184",
        ),
        (
            wants(json!({})),
            json!({"nodeSelector": {"disk": "ssd"}}),
            "NodeAffinity",
            "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
        ),
        (
            ports.clone(),
            json!({"containers": ports}),
            "NodePorts",
            "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
        ),
    ] {
        let mut sim = cluster(1);
        create(&mut sim, Kind::Pod, &pod("first", "n1", json!({"spec": {"containers": first}})));
        create(&mut sim, Kind::Pod, &pod("p", "n1", json!({"spec": spec})));
        run_to(&mut sim, 2.0);
        assert_eq!((look(&sim, "first").as_str(), look(&sim, "p").as_str()), ("Running ready running", "Failed "));
        let status = &get(&sim, "p").status;
        assert_eq!(
            (status.reason.as_str(), status.message.as_str()),
            (reason, format!("Pod was rejected: {message}").as_str())
        );
        assert_eq!(events(&sim, "p"), [format!("0.0 {reason} {message}")]);
    }
}

#[test]
fn the_111th_pod_of_a_node_is_refused() {
    let mut sim = cluster(1);
    for number in 0..=110 {
        create(&mut sim, Kind::Pod, &pod(&format!("p{number}"), "n1", json!({})));
    }
    run_to(&mut sim, 2.0);
    assert_eq!(get(&sim, "p110").status.reason.as_str(), "OutOfpods");
    assert_eq!(look(&sim, "p109"), "Running ready running");
}

#[test]
fn a_pod_that_is_active_for_too_long_is_ended() {
    let mut sim = cluster(1);
    create(&mut sim, Kind::Pod, &pod("p", "n1", json!({"spec": {"activeDeadlineSeconds": 10}})));
    follow(&mut sim, "deadline", &[(10.9, "Running ready running"), (11.0, "Failed terminated:Error(143)")]);
    let status = &get(&sim, "p").status;
    let message = "Pod was active on the node longer than the specified deadline";
    assert_eq!((status.reason.as_str(), status.message.as_str()), ("DeadlineExceeded", message));
    assert!(events(&sim, "p").contains(&format!("10.0 DeadlineExceeded {message}")));
}

#[test]
fn a_reboot_restarts_containers_in_place() {
    for (policy, after, later) in [
        ("Always", "Running waiting:ContainerCreating", "Running ready restarts=1 running"),
        ("Never", "Failed terminated:Unknown(255)", "Failed terminated:Unknown(255)"),
    ] {
        let mut sim = cluster(1);
        create(&mut sim, Kind::Pod, &pod("p", "n1", json!({"spec": {"restartPolicy": policy}})));
        run_to(&mut sim, 20.0);
        let before = get(&sim, "p").status.ip;
        sim.state.world.set_machine("n1", Machine { silent_since: Some(sim.state.now), ..Machine::default() });
        run_to(&mut sim, 40.0);
        sim.state.world.set_machine("n1", Machine { up_since: sim.state.now, reboots: 1, ..Machine::default() });
        follow(&mut sim, policy, &[(40.0, after), (41.0, later)]);
        assert!(events(&sim, "n1").iter().any(|event| event.contains("Rebooted Node n1 has been rebooted, boot id: ")));
        assert!(policy == "Never" || get(&sim, "p").status.ip != before);
    }
}

#[test]
fn the_realistic_profile_pulls_each_image_once_per_node() {
    let mut sim = cluster(1);
    sim.state.world.settings.kubelet = KubeletProfile::Realistic;
    let containers = json!([{"name": "c", "image": "nginx:1.27"}]);
    create(&mut sim, Kind::Pod, &pod("p", "n1", json!({"spec": {"containers": containers}})));
    create(&mut sim, Kind::Pod, &pod("q", "n1", json!({"spec": {"containers": containers}})));
    run_to(&mut sim, 60.0);
    assert_eq!(look(&sim, "p"), "Running ready running");
    let of = |name: &str| -> Vec<String> {
        events(&sim, name).iter().map(|event| event.split_once(' ').unwrap().1.to_string()).collect()
    };
    assert_eq!(of("p")[0], "Pulling Pulling image \"nginx:1.27\"");
    let pulled = &of("p")[1];
    assert!(pulled.starts_with("Pulled Successfully pulled image \"nginx:1.27\" in "), "{pulled}");
    assert!(pulled.ends_with(" including waiting). Image size: 72000000 bytes."), "{pulled}");
    create(&mut sim, Kind::Pod, &pod("r", "n1", json!({"spec": {"containers": containers}})));
    run_to(&mut sim, 70.0);
    let first = events(&sim, "r").remove(0);
    assert!(
        first.ends_with(
            "Pulled Container image \"nginx:1.27\" already present on machine and can be accessed by the pod"
        )
    );
    assert_eq!(sim.state.world.node("n1").unwrap().images.len(), 1);
}

#[test]
fn a_finished_pod_keeps_its_log_and_progress_says_when_a_run_ends() {
    let mut sim = cluster(1);
    let more = json!({"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "kubetm/init"}]}});
    create(&mut sim, Kind::Pod, &pod("p", "n1", more));
    run_to(&mut sim, 0.5);
    let id = pod_id(&sim, "p").unwrap();
    let log = |sim: &Sim| sim.state.actors.kubelet.logs(&sim.state.world, id, "c", false, sim.state.now);
    let texts = |sim: &Sim| log(sim).unwrap().into_iter().map(|line| line.text).collect::<Vec<_>>();
    let waiting = "Error from server (BadRequest): container \"c\" in pod \"p\" is waiting to start: ContainerCreating";
    assert_eq!(log(&sim), Err(waiting.to_string()));
    run_to(&mut sim, 3.0);
    assert_eq!(texts(&sim), ["job start"]);
    let progress = sim.state.actors.kubelet.progress(&sim.state.world, id, "c").unwrap();
    let seconds = |at: crate::time::SimTime| (at - start()).seconds();
    assert_eq!((seconds(progress.since), progress.until.map(seconds)), (1, Some(21)));
    assert_eq!(progress.rule, super::Rule::Image);
    run_to(&mut sim, 100.0);
    assert_eq!(texts(&sim), ["job start", "job end"]);
}
