//! Timelines of Jobs. Where a recording of a real control plane exists it is named; its clock is a second ahead of ours.

use super::timeline::{Watched, job, timeline};
use crate::api::{Kind, Phase};
use crate::world::{Aspects, DeleteOptions, PodId, Propagation};
use serde_json::{Value, json};

/// Compares what happened from the first time the Job has Pods on.
#[track_caller]
fn check(run: Value, spec: Value, expected: &[&str]) {
    compare(&timeline(run, spec, 200.0), expected);
}

#[track_caller]
fn compare(lines: &[impl AsRef<str>], expected: &[&str]) {
    let created = |line: &&str| line.contains("! SuccessfulCreate: Created");
    let lines: Vec<&str> = lines.iter().map(AsRef::as_ref).filter(|line| !created(line)).collect();
    assert_eq!(lines.join("\n"), expected.join("\n"));
}

// 04a-job-c6-p1
#[test]
fn pods_follow_one_another_a_second_after_each_end() {
    check(
        json!({"sim/run-seconds": "5"}),
        json!({"completions": 2, "parallelism": 1}),
        &[
            "0 work: unstarted",
            "0 work: active=1",
            "2 work: active=1 ready=1",
            "7 work: active=1 +succeeded=1",
            "7 work: active=1 succeeded=1",
            "9 work: active=1 ready=1 succeeded=1",
            "14 work: succeeded=1 +succeeded=1 SuccessCriteriaMet",
            "14 work: succeeded=2 SuccessCriteriaMet Complete",
            "14 work! Completed: Job completed",
        ],
    );
}

// 04c-job-c6-p2-deadline12
#[test]
fn a_deadline_deletes_what_runs_and_the_job_fails_when_it_is_gone() {
    check(
        json!({"sim/run-seconds": "5"}),
        json!({"completions": 6, "parallelism": 2, "activeDeadlineSeconds": 11}),
        &[
            "0 work: unstarted",
            "0 work: active=2",
            "2 work: active=2 ready=2",
            "7 work: active=2 +succeeded=2",
            "7 work: active=2 succeeded=2",
            "9 work: active=2 ready=2 succeeded=2",
            "11 work! SuccessfulDelete: Deleted",
            "11 work! SuccessfulDelete: Deleted",
            "11 work: terminating=2 succeeded=2 +failed=2 FailureTarget",
            "11 work: terminating=2 succeeded=2 failed=2 FailureTarget",
            "13 work: succeeded=2 failed=2 FailureTarget",
            "13 work: succeeded=2 failed=2 FailureTarget Failed",
            "13 work! DeadlineExceeded: Job was active longer than specified deadline",
        ],
    );
}

// 05a-job-never-backoff3
#[test]
fn failed_pods_are_replaced_after_10_20_40_seconds_until_the_limit_is_exceeded() {
    check(
        json!({"sim/run-seconds": "2", "sim/exit-code": "1"}),
        json!({"backoffLimit": 2}),
        &[
            "0 work: unstarted",
            "0 work: active=1",
            "2 work: active=1 ready=1",
            "3 work: +failed=1",
            "3 work: failed=1",
            "13 work: active=1 failed=1",
            "15 work: active=1 ready=1 failed=1",
            "16 work: failed=1 +failed=1",
            "16 work: failed=2",
            "36 work: active=1 failed=2",
            "38 work: active=1 ready=1 failed=2",
            "39 work: failed=2 +failed=1 FailureTarget",
            "39 work: failed=3 FailureTarget Failed",
            "39 work! BackoffLimitExceeded: Job has reached the specified backoff limit",
        ],
    );
}

// 05b-job-onfailure-backoff3
#[test]
fn restarts_fail_a_job_whose_pods_restart_their_containers() {
    let spec = json!({"backoffLimit": 3, "template": {"spec": {"restartPolicy": "OnFailure"}}});
    check(
        json!({"sim/run-seconds": "2", "sim/exit-code": "1"}),
        spec,
        &[
            "0 work: unstarted",
            "0 work: active=1",
            "2 work: active=1 ready=1",
            "3 work: active=1",
            "4 work: active=1 ready=1",
            "6.3 work: active=1",
            "16.3 work: active=1 ready=1",
            "17.3 work: active=1",
            "38.3 work! SuccessfulDelete: Deleted",
            "38.3 work: terminating=1 +failed=1 FailureTarget",
            "38.3 work: terminating=1 failed=1 FailureTarget",
            "39.3 work: failed=1 FailureTarget",
            "39.3 work: failed=1 FailureTarget Failed",
            "39.3 work! BackoffLimitExceeded: Job has reached the specified backoff limit",
        ],
    );
}

// 05c-job-indexed-c4-p2
#[test]
fn indexes_are_filled_from_the_lowest_and_written_as_ranges() {
    check(
        json!({"sim/run-seconds": "4"}),
        json!({"completions": 4, "parallelism": 2, "completionMode": "Indexed"}),
        &[
            "0 work: unstarted",
            "0 work: active=2",
            "2 work: active=2 ready=2",
            "6 work: active=2 succeeded=2 indexes=0,1",
            "8 work: active=2 ready=2 succeeded=2 indexes=0,1",
            "12 work: succeeded=4 indexes=0-3 SuccessCriteriaMet",
            "12 work: succeeded=4 indexes=0-3 SuccessCriteriaMet Complete",
            "12 work! Completed: Job completed",
        ],
    );
}

// 05g-job-backofflimitperindex
#[test]
fn each_index_has_failures_and_a_back_off_of_its_own() {
    check(
        json!({"sim/run-seconds": "2", "sim/exit-code": "1", "sim/fail-indexes": "1,3"}),
        json!({"completions": 5, "parallelism": 3, "completionMode": "Indexed", "backoffLimitPerIndex": 1}),
        &[
            "0 work: unstarted",
            "0 work: active=3",
            "2 work: active=3 ready=3",
            "3 work: active=2 succeeded=2 indexes=0,2",
            "4 work: succeeded=2 indexes=0,2",
            "6 work: succeeded=3 indexes=0,2,4",
            "13 work: active=1 succeeded=3 indexes=0,2,4",
            "14 work: succeeded=3 +failed=1 indexes=0,2,4",
            "14 work: succeeded=3 failed=1 indexes=0,2,4",
            "16 work: active=2 ready=1 succeeded=3 failed=1 indexes=0,2,4",
            "17 work: active=1 succeeded=3 failed=1 +failed=2 indexes=0,2,4 bad=1",
            "17 work: active=1 succeeded=3 failed=3 indexes=0,2,4 bad=1",
            "18 work: active=1 ready=1 succeeded=3 failed=3 indexes=0,2,4 bad=1",
            "19 work: succeeded=3 failed=3 +failed=1 indexes=0,2,4 bad=1,3 FailureTarget",
            "19 work: succeeded=3 failed=4 indexes=0,2,4 bad=1,3 FailureTarget Failed",
            "19 work! FailedIndexes: Job has failed indexes",
        ],
    );
}

// 05h-job-successpolicy
#[test]
fn a_success_policy_ends_a_job_whose_leader_is_done() {
    let policy = json!({"rules": [{"succeededIndexes": "0"}]});
    check(
        json!({"sim/run-seconds-by-index": "4,20,20"}),
        json!({"completions": 3, "parallelism": 3, "completionMode": "Indexed", "successPolicy": policy}),
        &[
            "0 work: unstarted",
            "0 work: active=3",
            "2 work: active=3 ready=3",
            "6 work! SuccessfulDelete: Deleted",
            "6 work! SuccessfulDelete: Deleted",
            "6 work: terminating=2 succeeded=1 indexes=0 SuccessCriteriaMet",
            "8 work: succeeded=1 indexes=0 SuccessCriteriaMet",
            "8 work: succeeded=1 indexes=0 SuccessCriteriaMet Complete",
            "8 work! Completed: Job completed",
        ],
    );
}

// 05j-job-fail-twice-then-ok
#[test]
fn a_success_ends_the_back_off() {
    check(
        json!({"sim/run-seconds": "2", "sim/exit-code": "1", "sim/fail-first": "2"}),
        json!({"completions": 2}),
        &[
            "0 work: unstarted",
            "0 work: active=1",
            "2 work: active=1 ready=1",
            "3 work: +failed=1",
            "3 work: failed=1",
            "13 work: active=1 failed=1",
            "15 work: active=1 ready=1 failed=1",
            "16 work: failed=1 +failed=1",
            "16 work: failed=2",
            "36 work: active=1 failed=2",
            "38 work: active=1 ready=1 failed=2",
            "39 work: active=1 failed=2 +succeeded=1",
            "39 work: active=1 succeeded=1 failed=2",
            "41 work: active=1 ready=1 succeeded=1 failed=2",
            "42 work: succeeded=1 failed=2 +succeeded=1 SuccessCriteriaMet",
            "42 work: succeeded=2 failed=2 SuccessCriteriaMet Complete",
            "42 work! Completed: Job completed",
        ],
    );
}

// 04i2-job-pod-deleted-long: the API server refuses 0 active Pods of which one is ready, so the status waits with the Pod.
#[test]
fn a_deleted_pod_is_a_failure_and_during_its_back_off_the_status_stands_still() {
    let mut watched = Watched::new();
    watched.create(job(json!({"sim/run-seconds": "40"}), json!({"completions": 2, "parallelism": 2}))).to(4.0);
    let first = watched.pods()[0].clone();
    watched.delete(Kind::Pod, &first, DeleteOptions::default()).to(100.0);
    compare(
        &watched.lines("work"),
        &[
            "0 work: unstarted",
            "0 work: active=2",
            "2 work: active=2 ready=2",
            "15 work: active=2 ready=1 +failed=1",
            "15 work: active=2 ready=1 failed=1",
            "17 work: active=2 ready=2 failed=1",
            "42 work: active=1 ready=1 failed=1 +succeeded=1",
            "42 work: active=1 ready=1 succeeded=1 failed=1",
            "57 work: succeeded=1 failed=1 +succeeded=1 SuccessCriteriaMet",
            "57 work: succeeded=2 failed=1 SuccessCriteriaMet Complete",
            "57 work! Completed: Job completed",
        ],
    );
}

#[test]
fn with_replacement_policy_failed_a_deleted_pod_is_replaced_when_it_has_ended() {
    let mut watched = Watched::new();
    let spec = json!({"podReplacementPolicy": "Failed", "template": {"spec": {"terminationGracePeriodSeconds": 60}}});
    watched.create(job(json!({"sim/run-seconds": "100", "sim/term-seconds": "20"}), spec)).to(5.0);
    let first = watched.pods()[0].clone();
    watched.delete(Kind::Pod, &first, DeleteOptions::default()).to(50.0);
    compare(
        &watched.lines("work"),
        &[
            "0 work: unstarted",
            "0 work: active=1",
            "2 work: active=1 ready=1",
            "6 work: terminating=1",
            "26 work: +failed=1",
            "26 work: failed=1",
            "35 work: active=1 failed=1",
            "37 work: active=1 ready=1 failed=1",
        ],
    );
}

// 04h-job-parallelism-changed
#[test]
fn pods_that_are_too_many_go_uncounted() {
    let mut watched = Watched::new();
    let parallelism = |n: i64| json!({"spec": {"parallelism": n}});
    watched.create(job(json!({"sim/run-seconds": "50"}), json!({"completions": 8, "parallelism": 2}))).to(5.5);
    watched.patch(Kind::Job, "work", parallelism(4)).to(10.5);
    watched.patch(Kind::Job, "work", parallelism(1)).to(15.5);
    watched.patch(Kind::Job, "work", parallelism(0)).to(20.5);
    watched.patch(Kind::Job, "work", parallelism(3)).to(25.5);
    let deleted = "! SuccessfulDelete: Deleted";
    let lines: Vec<&str> = watched.lines("work").into_iter().filter(|line| !line.contains(deleted)).collect();
    compare(
        &lines,
        &[
            "0 work: unstarted",
            "0 work: active=2",
            "2 work: active=2 ready=2",
            "5.5 work: active=4 ready=2",
            "7.5 work: active=4 ready=4",
            "10.5 work: active=1 ready=1 terminating=3",
            "12.5 work: active=1 ready=1",
            "15.5 work: terminating=1",
            "17.5 work: ",
            "20.5 work: active=3",
            "22.5 work: active=3 ready=3",
        ],
    );
}

// 05d-job-suspend
#[test]
fn a_suspended_job_gives_up_its_pods_and_starts_afresh_when_it_is_resumed() {
    let mut watched = Watched::new();
    let suspend = |on: bool| json!({"spec": {"suspend": on}});
    let spec = json!({"completions": 4, "parallelism": 2, "suspend": true, "activeDeadlineSeconds": 10});
    watched.create(job(json!({"sim/run-seconds": "30"}), spec)).to(5.0);
    watched.patch(Kind::Job, "work", suspend(false)).to(12.0);
    watched.patch(Kind::Job, "work", suspend(true)).to(20.0);
    watched.patch(Kind::Job, "work", suspend(false)).to(40.0);
    compare(
        &watched.lines("work"),
        &[
            "0 work: unstarted",
            "0 work! Suspended: Job suspended",
            "0 work: Suspended unstarted",
            "5 work! Resumed: Job resumed",
            "5 work: active=2 notSuspended",
            "7 work: active=2 ready=2 notSuspended",
            "12 work! SuccessfulDelete: Deleted",
            "12 work! SuccessfulDelete: Deleted",
            "12 work! Suspended: Job suspended x2",
            "12 work: terminating=2 Suspended unstarted",
            "14 work: Suspended unstarted",
            "20 work! Resumed: Job resumed x2",
            "20 work: active=2 notSuspended",
            "22 work: active=2 ready=2 notSuspended",
            "30 work! SuccessfulDelete: Deleted",
            "30 work! SuccessfulDelete: Deleted",
            "30 work: terminating=2 +failed=2 notSuspended FailureTarget",
            "30 work: terminating=2 failed=2 notSuspended FailureTarget",
            "32 work: failed=2 notSuspended FailureTarget",
            "32 work: failed=2 notSuspended FailureTarget Failed",
            "32 work! DeadlineExceeded: Job was active longer than specified deadline",
        ],
    );
}

// 05e-job-podfailurepolicy-failjob42
#[test]
fn a_failure_policy_ends_the_job_at_the_first_pod_that_it_names() {
    let policy = json!({"rules": [{"action": "FailJob", "onExitCodes":
        {"containerName": "c", "operator": "In", "values": [42]}}]});
    let lines = timeline(
        json!({"sim/run-seconds": "3", "sim/exit-code": "42"}),
        json!({"completions": 4, "parallelism": 2, "podFailurePolicy": policy}),
        20.0,
    );
    assert!(lines.contains(&"5 work: +failed=2 FailureTarget".to_string()), "{lines:?}");
    let last = lines.last().expect("something happened");
    assert!(last.starts_with("5 work! PodFailurePolicy: Container c for pod default/work-"), "{last}");
    assert!(last.ends_with("failed with exit code 42 matching FailJob rule at index 0"), "{last}");
}

// 05e3-job-podfailurepolicy-ignore
#[test]
fn an_ignored_failure_does_not_count_but_is_waited_for_all_the_same() {
    let policy = json!({"rules": [{"action": "Ignore", "onExitCodes": {"operator": "In", "values": [7]}}]});
    check(
        json!({"sim/run-seconds": "2", "sim/exit-code": "7", "sim/fail-first": "2"}),
        json!({"backoffLimit": 0, "podFailurePolicy": policy}),
        &[
            "0 work: unstarted",
            "0 work: active=1",
            "2 work: active=1 ready=1",
            "3 work: ",
            "13 work: active=1",
            "15 work: active=1 ready=1",
            "16 work: ",
            "36 work: active=1",
            "38 work: active=1 ready=1",
            "39 work: +succeeded=1 SuccessCriteriaMet",
            "39 work: succeeded=1 SuccessCriteriaMet Complete",
            "39 work! Completed: Job completed",
        ],
    );
}

#[test]
fn a_work_queue_makes_no_more_pods_once_one_has_succeeded() {
    check(
        json!({"sim/run-seconds": "5", "sim/exit-code": "1", "sim/fail-first": "1"}),
        json!({"completions": null, "parallelism": 2}),
        &[
            "0 work: unstarted",
            "0 work: active=2",
            "2 work: active=2 ready=2",
            "7 work: +succeeded=1 +failed=1 SuccessCriteriaMet",
            "7 work: succeeded=1 failed=1 SuccessCriteriaMet Complete",
            "7 work! Completed: Job completed",
        ],
    );
}

#[test]
fn a_job_managed_by_somebody_else_is_left_alone() {
    check(json!({}), json!({"managedBy": "queue.example/controller"}), &["0 work: unstarted"]);
}

// 04j-job-deleted
#[test]
fn deleting_a_job_frees_its_pods_and_they_go_with_it() {
    let mut watched = Watched::new();
    watched.create(job(json!({"sim/run-seconds": "50"}), json!({"completions": 2, "parallelism": 2}))).to(5.0);
    assert_eq!(watched.pods().len(), 2);
    watched.delete(Kind::Job, "work", DeleteOptions::default()).to(5.5);
    let free = |w: &Watched| w.sim.state.world.pods.iter().all(|(_, pod)| pod.meta.finalizers().is_empty());
    assert!(free(&watched) && watched.sim.state.world.pods.iter().all(|(_, pod)| pod.meta.deleting()));
    assert_eq!(watched.to(7.0).pods(), Vec::<String>::new());
}

#[test]
fn orphaned_pods_lose_the_finalizer_and_run_on() {
    let mut watched = Watched::new();
    watched.create(job(json!({"sim/run-seconds": "50"}), json!({}))).to(5.0);
    let orphan = DeleteOptions { propagation: Propagation::Orphan, ..DeleteOptions::default() };
    watched.delete(Kind::Job, "work", orphan).to(10.0);
    let (_, pod) = watched.sim.state.world.pods.iter().next().expect("the Pod runs on");
    assert!(pod.meta.owners().is_empty() && pod.meta.finalizers().is_empty() && !pod.meta.deleting());
}

#[test]
fn a_pod_that_matches_and_has_no_controller_is_adopted_and_counted() {
    let mut watched = Watched::new();
    let spec = json!({"manualSelector": true, "selector": {"matchLabels": {"app": "x"}},
                      "template": {"metadata": {"labels": {"app": "x"}}}});
    let stray = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "stray", "namespace": "default",
        "labels": {"app": "x"}, "annotations": {"sim/run-seconds": "3"}}, "spec": {"restartPolicy": "Never",
        "nodeName": "n1", "containers": [{"name": "c", "image": "busybox:1.36"}]}});
    watched.create(stray).to(1.0);
    watched.create(job(json!({"sim/run-seconds": "50"}), spec)).to(1.5);
    assert_eq!(watched.pods(), ["stray"], "the stray Pod is the one that the Job needs");
    compare(
        &watched.to(10.0).lines("work"),
        &[
            "1 work: unstarted",
            "1 work: active=1 ready=1",
            "5 work: +succeeded=1 SuccessCriteriaMet",
            "5 work: succeeded=1 SuccessCriteriaMet Complete",
            "5 work! Completed: Job completed",
        ],
    );
}

#[test]
fn a_finished_job_is_left_alone_whatever_becomes_of_its_pods() {
    let mut watched = Watched::new();
    watched.create(job(json!({"sim/run-seconds": "2"}), json!({}))).to(10.0);
    let (pod, before) = (watched.pods()[0].clone(), watched.lines("work").len());
    watched.delete(Kind::Pod, &pod, DeleteOptions::default()).to(30.0);
    assert_eq!((watched.pods().len(), watched.lines("work").len()), (0, before));
}

#[test]
fn one_sync_makes_and_counts_five_hundred_pods() {
    let mut watched = Watched::new();
    let spec = json!({"completions": 600, "parallelism": 600, "template": {"spec": {"nodeName": "nowhere"}}});
    watched.create(job(json!({}), spec)).to(0.5);
    assert_eq!(watched.pods().len(), 500);
    assert_eq!(watched.to(1.5).pods().len(), 600);
    let world = &mut watched.sim.state.world;
    let pods: Vec<PodId> = world.pods.iter().map(|(id, _)| id).collect();
    for pod in pods {
        world.modify(pod, |pod| {
            pod.status.phase = Phase::Succeeded;
            Aspects::STATUS | Aspects::PHASE
        });
    }
    compare(
        &watched.to(10.0).lines("work"),
        &[
            "0 work: unstarted",
            "0 work: active=500",
            "1 work: active=600",
            "2 work: +succeeded=500 SuccessCriteriaMet",
            "2 work: succeeded=500 SuccessCriteriaMet",
            "3 work: succeeded=500 +succeeded=100 SuccessCriteriaMet",
            // Its Event is lost: after 25 at once about one object a writer may emit one in 300 s.
            "3 work: succeeded=600 SuccessCriteriaMet Complete",
        ],
    );
}
