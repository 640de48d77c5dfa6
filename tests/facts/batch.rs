//! Jobs and CronJobs.

use crate::told::*;
use serde_json::json;

/// The machine on which Jobs run.
fn worker() -> serde_json::Value {
    nodes(&[("w1", "4")])
}

const SUCCESS: &str = "SuccessCriteriaMet=True/CompletionsReached Complete=True/CompletionsReached";

#[test]
fn a_deadline_ends_a_job_between_two_pods() {
    let more = json!({"completions": 6, "parallelism": 1, "activeDeadlineSeconds": 11});
    let told =
        tell(21.0, vec![worker(), job(2.0, "six", json!({"sim/run-seconds": "5", "sim/term-seconds": "1.5"}), more)]);
    // The second Pod is deleted when the deadline is reached; the Job has failed when it is gone.
    told.lives("Pod/six-~", &["six-~1 2.0-", "six-~2 9.0-14.5"])
        .goes("Job/six", "failed", &["2.0 none", "13.0 1"])
        .goes(
            "Job/six",
            "conditions",
            &[
                "2.0 none",
                "13.0 FailureTarget=True/DeadlineExceeded",
                "15.5 FailureTarget=True/DeadlineExceeded Failed=True/DeadlineExceeded",
            ],
        )
        .says(
            "Job/six",
            &["2.0 SuccessfulCreate", "9.0 SuccessfulCreate", "13.0 SuccessfulDelete", "15.5 DeadlineExceeded"],
        );
}

#[test]
fn a_work_queue_makes_no_more_pods_once_one_has_succeeded() {
    let told = tell(12.0, vec![worker(), job(2.0, "q", json!({"sim/run-seconds": "5"}), json!({"parallelism": 3}))]);
    told.lives("Pod/q-~", &["q-~1 2.0-", "q-~2 2.0-", "q-~3 2.0-"])
        .goes("Job/q", "succeeded", &["2.0 none", "9.0 3"])
        .goes("Job/q", "conditions", &["2.0 none", &format!("9.0 {SUCCESS}")]);
}

#[test]
fn a_pod_deleted_by_hand_is_a_failure_and_replaced_after_the_back_off() {
    // (seconds a Pod takes to stop, the policy, when it is counted, when it is gone, when its successor comes)
    for (term, policy, counted, gone, replaced) in [
        // The back-off counts from the end of the containers, if the controller sees it in time, else from the deletion.
        ("0.5", "TerminatingOrFailed", "6.0", "6.0", "15.0"),
        ("15", "TerminatingOrFailed", "6.0", "20.0", "15.0"),
        // Only what has ended is replaced.
        ("5", "Failed", "11.0", "11.0", "20.0"),
    ] {
        let annotations = json!({"sim/run-seconds": "40", "sim/term-seconds": term});
        let more = json!({"podReplacementPolicy": policy});
        let told = tell(30.0, vec![worker(), job(1.0, "one", annotations, more), delete(5.0, "Pod/one-~1", json!({}))]);
        told.lives("Pod/one-~", &[&format!("one-~1 1.0-{gone}"), &format!("one-~2 {replaced}-")]).goes(
            "Job/one",
            "failed",
            &["1.0 none", &format!("{counted} 1")],
        );
        if policy == "Failed" {
            told.goes("Job/one", "terminating", &["1.0 none", "6.0 1", "11.0 none"]);
        }
    }
}

#[test]
fn while_a_back_off_runs_a_job_with_ready_pods_is_not_heard_of() {
    // The controller writes 0 active Pods then, which the API server refuses with a ready one; so nothing is counted.
    let annotations = json!({"sim/run-seconds": "40", "sim/term-seconds": "0.5"});
    let more = json!({"completions": 2, "parallelism": 2});
    let told = tell(30.0, vec![worker(), job(1.0, "two", annotations, more), delete(5.0, "Pod/two-~1", json!({}))]);
    told.lives("Pod/two-~", &["two-~1 1.0-15.0", "two-~2 1.0-", "two-~3 15.0-"])
        .goes("Job/two", "active", &["1.0 2"])
        .goes("Job/two", "ready", &["1.0 none", "3.0 2", "15.0 1", "17.0 2"])
        .goes("Job/two", "failed", &["1.0 none", "15.0 1"]);
}

#[test]
fn a_success_of_another_pod_ends_the_back_off() {
    let more = json!({"completions": 2, "parallelism": 2});
    let told = tell(
        30.0,
        vec![worker(), job(1.0, "two", json!({"sim/run-seconds": "10"}), more), delete(5.0, "Pod/two-~1", json!({}))],
    );
    told.lives("Pod/two-~", &["two-~1 1.0-13.0", "two-~2 1.0-", "two-~3 13.0-"]).goes(
        "Job/two",
        "conditions",
        &["1.0 none", &format!("25.0 {SUCCESS}")],
    );
}

#[test]
fn a_finished_job_does_not_miss_a_pod_and_takes_the_others_with_it() {
    let told = tell(
        20.0,
        vec![
            worker(),
            job(1.0, "two", json!({"sim/run-seconds": "5"}), json!({"completions": 2, "parallelism": 2})),
            delete(12.0, "Pod/two-~1", json!({})),
            delete(16.0, "Job/two", json!({"propagationPolicy": "Background"})),
        ],
    );
    told.lives("Pod/two-~", &["two-~1 1.0-12.0", "two-~2 1.0-16.0"]).lives("Job/two", &["two 1.0-16.0"]).goes(
        "Job/two",
        "succeeded",
        &["1.0 none", "8.0 2"],
    );
}

#[test]
fn restarts_in_place_count_against_the_limit_and_the_pod_goes_while_it_runs() {
    let fails = json!({"sim/run-seconds": "2", "sim/exit-code": "1"});
    let more = json!({"restartPolicy": "OnFailure", "backoffLimit": 3});
    let told = tell(50.0, vec![worker(), job(1.0, "of", fails, more)]);
    told.goes("Pod/of-~1", "restartCount", &["1.0 none", "4.3 1", "16.3 2", "38.3 3"])
        // Seen a second after its third restart; its program ends by itself a second later.
        .lives("Pod/of-~", &["of-~1 1.0-40.3"])
        .goes("Job/of", "failed", &["1.0 none", "39.3 1"])
        .says("Job/of", &["1.0 SuccessfulCreate", "39.3 SuccessfulDelete", "40.3 BackoffLimitExceeded"]);
    let codes = json!({"sim/run-seconds": "2", "sim/exit-codes": "1,1,0"});
    let told = tell(25.0, vec![worker(), job(1.0, "rec", codes, json!({"restartPolicy": "OnFailure"}))]);
    told.goes("Pod/rec-~1", "phase", &["1.0 Pending", "2.0 Running", "18.3 Succeeded"])
        .goes("Job/rec", "failed", &["1.0 none"])
        .goes("Job/rec", "conditions", &["1.0 none", &format!("18.3 {SUCCESS}")]);
}

#[test]
fn pods_that_fail_together_double_the_delay_for_each_of_them() {
    let fails = json!({"sim/run-seconds": "2", "sim/exit-code": "1"});
    let more = json!({"completions": 6, "parallelism": 3, "backoffLimit": 4});
    let told = tell(52.0, vec![worker(), job(1.0, "pf", fails, more)]);
    let lives: Vec<String> = (1..=6).map(|n| format!("pf-~{n} {}-", if n < 4 { "1.0" } else { "44.0" })).collect();
    told.lives("Pod/pf-~", &lives.iter().map(String::as_str).collect::<Vec<_>>())
        .goes("Job/pf", "failed", &["1.0 none", "4.0 3", "47.0 6"])
        .says_that(
            "Job/pf",
            "BackoffLimitExceeded",
            &["47.0 BackoffLimitExceeded Job has reached the specified backoff limit"],
        );
}

#[test]
fn one_index_that_breaks_the_policy_ends_the_others() {
    let annotations = json!({"sim/run-seconds-by-index": "4,20,6,20", "sim/fail-indexes": "2", "sim/exit-code": "42"});
    let rule = json!({"action": "FailJob", "onExitCodes": {"operator": "In", "values": [42]}});
    let more =
        json!({"completions": 4, "parallelism": 4, "completionMode": "Indexed", "podFailurePolicy": {"rules": [rule]}});
    let told = tell(15.0, vec![worker(), job(1.0, "pfp", annotations, more)]);
    let text = "Container c for pod ns/pfp-2-~1 failed with exit code 42 matching FailJob rule at index 0";
    told.goes("Job/pfp", "completedIndexes", &["1.0 none", "7.0 0"])
        // Its own failure and the two Pods that are deleted.
        .goes("Job/pfp", "failed", &["1.0 none", "8.0 3"])
        .goes(
            "Job/pfp",
            "conditions",
            &[
                "1.0 none",
                "8.0 FailureTarget=True/PodFailurePolicy",
                "10.0 FailureTarget=True/PodFailurePolicy Failed=True/PodFailurePolicy",
            ],
        )
        .lives("Pod/pfp-1-~", &["pfp-1-~1 1.0-9.0"])
        .lives("Pod/pfp-2-~", &["pfp-2-~1 1.0-"])
        .says_that("Job/pfp", "PodFailurePolicy", &[&format!("10.0 PodFailurePolicy {text}")]);
}

#[test]
fn an_indexed_job_fails_for_too_many_indexes_and_succeeds_with_enough() {
    let fails = json!({"sim/run-seconds": "2", "sim/fail-indexes": "0,1,2"});
    let more = json!({"completions": 5, "parallelism": 3, "completionMode": "Indexed", "backoffLimitPerIndex": 0,
                      "maxFailedIndexes": 1});
    let told = tell(10.0, vec![worker(), job(1.0, "mfi", fails, more)]);
    told.goes("Job/mfi", "failedIndexes", &["1.0 none", "4.0 0-2"]).says_that(
        "Job/mfi",
        "MaxFailedIndexesExceeded",
        &["4.0 MaxFailedIndexesExceeded Job has exceeded the specified maximal number of failed indexes"],
    );
    let more = json!({"completions": 5, "parallelism": 2, "completionMode": "Indexed",
                      "successPolicy": {"rules": [{"succeededCount": 2}]}});
    let told = tell(12.0, vec![worker(), job(1.0, "sp", json!({"sim/run-seconds": "4"}), more)]);
    told.goes("Job/sp", "completedIndexes", &["1.0 none", "7.0 0,1"]).goes(
        "Job/sp",
        "conditions",
        &["1.0 none", "7.0 SuccessCriteriaMet=True/SuccessPolicy Complete=True/SuccessPolicy"],
    );
}

#[test]
fn with_a_deadline_nothing_is_made_up_for_when_a_cron_job_is_resumed() {
    let suspend = |at: f64, on: bool| patch(at, "CronJob/cj", json!({"spec": {"suspend": on}}));
    let told = tell(
        400.0,
        vec![
            worker(),
            cron_job(10.0, "cj", json!({"sim/run-seconds": "20"}), json!({"startingDeadlineSeconds": 20}), json!({})),
            suspend(130.0, true),
            suspend(285.0, false),
        ],
    );
    told.says(
        "CronJob/cj",
        &[
            "60.1 SuccessfulCreate",
            "82.1 SawCompletedJob",
            "120.1 SuccessfulCreate",
            "142.1 SawCompletedJob",
            "300.1 SuccessfulCreate",
            "322.1 SawCompletedJob",
            "360.1 SuccessfulCreate",
            "382.1 SuccessfulDelete",
            "382.1 SawCompletedJob",
        ],
    );
}

#[test]
fn one_failed_job_is_kept() {
    let fails = json!({"sim/run-seconds": "20", "sim/exit-code": "1"});
    let told = tell(200.0, vec![worker(), cron_job(10.0, "cj", fails, json!({}), json!({"backoffLimit": 0}))]);
    told.says_that(
        "CronJob/cj",
        "SawCompletedJob",
        &[
            "82.1 SawCompletedJob Saw completed job: cj-29460061, condition: Failed",
            "142.1 SawCompletedJob Saw completed job: cj-29460062, condition: Failed",
        ],
    )
    .says_that("CronJob/cj", "SuccessfulDelete", &["142.1 SuccessfulDelete Deleted job cj-29460061"])
    .goes("CronJob/cj", "lastSuccessfulTime", &["10.0 none"]);
}

#[test]
fn a_new_schedule_starts_nothing_and_a_new_template_touches_nothing() {
    let image = json!({"containers": [{"name": "c", "image": "busybox:1.37"}]});
    let told = tell(
        370.0,
        vec![
            worker(),
            cron_job(10.0, "cj", json!({"sim/run-seconds": "20"}), json!({}), json!({})),
            patch(130.0, "CronJob/cj", json!({"spec": {"schedule": "*/2 * * * *"}})),
            patch(310.0, "CronJob/cj", json!({"spec": {"jobTemplate": {"spec": {"template": {"spec": image}}}}})),
        ],
    );
    let made = |minute: u64| {
        let second = (minute - 29_460_060) * 60;
        format!("{second}.1 SuccessfulCreate Created job cj-{minute}")
    };
    let made: Vec<String> = [29_460_061, 29_460_062, 29_460_064, 29_460_066].map(made).into();
    told.says_that("CronJob/cj", "SuccessfulCreate", &made.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn forbid_lets_a_job_through_that_ends_just_before_the_minute_and_replace_lets_pods_overlap() {
    let forbid =
        cron_job(10.0, "cj", json!({"sim/run-seconds": "57"}), json!({"concurrencyPolicy": "Forbid"}), json!({}));
    let told = tell(190.0, vec![worker(), forbid]);
    told.says(
        "CronJob/cj",
        &[
            "60.1 SuccessfulCreate",
            "119.1 SawCompletedJob",
            "120.1 SuccessfulCreate",
            "179.1 SawCompletedJob",
            "180.1 SuccessfulCreate",
        ],
    );
    let slow = json!({"sim/run-seconds": "90", "sim/term-seconds": "20"});
    let replace = cron_job(10.0, "cj", slow, json!({"concurrencyPolicy": "Replace"}), json!({}));
    let told = tell(190.0, vec![worker(), replace]);
    told.lives("Pod/cj-29460061-~", &["cj-29460061-~1 60.1-140.1"])
        .lives("Pod/cj-29460062-~", &["cj-29460062-~1 120.1-"])
        .lives("Job/cj-29460061", &["cj-29460061 60.1-120.1"])
        .says(
            "CronJob/cj",
            &[
                "60.1 SuccessfulCreate",
                "120.1 SuccessfulDelete",
                "120.1 SuccessfulCreate",
                "180.1 SuccessfulDelete",
                "180.1 SuccessfulCreate",
            ],
        )
        .goes("CronJob/cj", "lastSuccessfulTime", &["10.0 none"]);
}
