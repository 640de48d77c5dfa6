//! DaemonSets and ReplicaSets.

use crate::told::*;
use serde_json::json;

const THREE: [(&str, &str); 3] = [("n1", "4"), ("n2", "4"), ("n3", "4")];

#[test]
fn orphaned_pods_stay_and_are_adopted_by_a_daemon_set_of_the_same_name() {
    let told = tell(
        30.0,
        vec![
            nodes(&THREE),
            set(4.0, "DaemonSet", "web", json!({}), json!({})),
            delete(8.0, "DaemonSet/web", json!({"propagationPolicy": "Orphan"})),
            json!({"t": 12.0, "action": "add-nodes", "nodes": [{"name": "n4"}]}),
            set(16.0, "DaemonSet", "web", json!({}), json!({})),
            delete(24.0, "DaemonSet/web", json!({"propagationPolicy": "Foreground"})),
        ],
    );
    told.lives("DaemonSet/web", &["web 4.0-8.0", "web 16.0-25.0"])
        .lives("Pod/web-~", &["web-~1 4.0-25.0", "web-~2 4.0-25.0", "web-~3 4.0-25.0", "web-~4 16.0-25.0"])
        .goes("DaemonSet/web", "current", &["4.0 3", "16.0 4"])
        .goes("DaemonSet/web", "generation", &["4.0 1", "8.0 2", "16.0 1", "24.0 2"]);
}

#[test]
fn pods_without_requests_are_spread_evenly_and_those_with_requests_by_what_is_left() {
    let request = |cpu: &str, memory: &str| {
        let requests = json!({"cpu": cpu, "memory": memory});
        json!({"containers": [{"name": "c", "image": "b", "resources": {"requests": requests}}]})
    };
    let unequal = nodes(&[("big", "4"), ("mid", "2"), ("small", "1")]);
    let spread = |replicas: i64, pod: serde_json::Value| {
        tell(10.0, vec![unequal.clone(), set(4.0, "ReplicaSet", "rs", json!({"replicas": replicas}), pod)])
    };
    spread(9, json!({})).lands("Pod/rs-~", &[("big", 3), ("mid", 3), ("small", 3)]);
    spread(6, request("250m", "256Mi")).lands("Pod/rs-~", &[("big", 2), ("mid", 2), ("small", 2)]);
    spread(6, request("1", "0")).lands("Pod/rs-~", &[("big", 3), ("mid", 2), ("small", 1)]);
    spread(6, request("500m", "0")).lands("Pod/rs-~", &[("big", 3), ("mid", 2), ("small", 1)]);
}

#[test]
fn a_replica_set_replaces_releases_and_adopts() {
    let labelled = |at: f64, app: &str| patch(at, "Pod/web-~2", json!({"metadata": {"labels": {"app": app}}}));
    let stray = json!({"t": 32.0, "action": "create", "object": "Pod/extra", "manifest": {"apiVersion": "v1",
        "kind": "Pod", "metadata": {"name": "extra", "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "c", "image": "busybox:1.36"}]}}});
    let told = tell(
        40.0,
        vec![
            nodes(&[("n1", "4"), ("n2", "4")]),
            set(4.0, "ReplicaSet", "web", json!({"replicas": 2}), json!({})),
            delete(10.0, "Pod/web-~1", json!({})),
            labelled(16.0, "stray"),
            labelled(24.0, "web"),
            stray,
        ],
    );
    // A deleted Pod is replaced before it is gone; a released one lives on; when it comes back, whoever has been ready for
    // the shortest time goes; one that is too many from the start goes at once.
    told.lives("Pod/web-~", &["web-~1 4.0-11.0", "web-~2 4.0-", "web-~3 10.0-", "web-~4 16.0-25.0"])
        .lives("Pod/extra", &["extra 32.0-32.0"])
        .goes("ReplicaSet/web", "replicas", &["4.0 2"])
        .says_that(
            "ReplicaSet/web",
            "SuccessfulDelete",
            &["24.0 SuccessfulDelete Deleted pod: web-~4", "32.0 SuccessfulDelete Deleted pod: extra"],
        );
}

#[test]
fn containers_of_a_replica_set_are_restarted_in_their_pod_whatever_their_code() {
    for code in ["0", "1"] {
        let mut rs = set(4.0, "ReplicaSet", "rs", json!({"replicas": 1}), json!({}));
        rs["manifest"]["spec"]["template"]["metadata"]["annotations"] =
            json!({"sim/run-seconds": "3", "sim/exit-code": code});
        let told = tell(60.0, vec![nodes(&[("n1", "4")]), rs]);
        told.lives("Pod/rs-~", &["rs-~1 4.0-"]).goes(
            "Pod/rs-~",
            "restartCount",
            &["4.0 none", "8.3 1", "21.3 2", "44.3 3"],
        );
        told.says("Pod/rs-~", &["4.0 Scheduled", "11.3 BackOff", "24.3 BackOff x2", "47.3 BackOff x3"]);
    }
}

#[test]
fn of_pods_that_are_too_many_the_one_that_was_ready_last_goes_first() {
    let scale = |at: f64, replicas: i64| patch(at, "ReplicaSet/web", json!({"spec": {"replicas": replicas}}));
    let told = tell(
        80.0,
        vec![
            nodes(&[("n1", "4")]),
            set(4.0, "ReplicaSet", "web", json!({"replicas": 1}), json!({})),
            scale(40.0, 2),
            scale(60.0, 3),
            // Ready for 60, 22 and 4 s: three different powers of two.
            scale(65.0, 2),
            scale(66.0, 1),
        ],
    );
    told.lives("Pod/web-~", &["web-~1 4.0-", "web-~2 40.0-67.0", "web-~3 60.0-66.0"]).goes(
        "ReplicaSet/web",
        "terminating",
        &["4.0 0", "65.0 1", "67.0 0"],
    );
}
