//! Timelines of CronJobs. Where a recording of a real control plane exists it is named. The clock begins at 09:00:00.

use crate::actor::job::timeline::{Watched, cron_job, job};
use crate::api::{CronJob, Kind, Text};
use crate::kubectl;
use crate::sim::order::Order;
use crate::time::SimDuration;
use crate::world::{Aspects, DeleteOptions};
use serde_json::{Value, json};

const EVERY_MINUTE: &str = "*/1 * * * *";

/// What happens to a CronJob, and, with `jobs`, to its Jobs, from one second on to another.
fn happened(watched: &Watched, jobs: bool, from: f64, to: f64) -> Vec<String> {
    let about = |line: &&str| {
        let second: f64 = line.split(' ').next().and_then(|t| t.parse().ok()).unwrap_or(0.0);
        let of_job = line.split(' ').nth(1).is_some_and(|name| name.starts_with("cj-"));
        (jobs || !of_job) && second >= from && second < to
    };
    watched.lines("cj").into_iter().filter(about).map(String::from).collect()
}

#[track_caller]
fn compare(lines: &[String], expected: &[&str]) {
    assert_eq!(lines.join("\n"), expected.join("\n"));
}

fn run(seconds: &str) -> Value {
    json!({"sim/run-seconds": seconds})
}

// 06b-cronjob-forbid-90s
#[test]
fn forbid_holds_a_run_back_and_starts_it_when_the_running_job_has_ended() {
    let mut watched = Watched::new();
    watched.create(cron_job(EVERY_MINUTE, run("90"), json!({"concurrencyPolicy": "Forbid"}))).to(190.0);
    compare(
        &happened(&watched, true, 60.0, 190.0),
        &[
            "60.1 cj-29460061: unstarted",
            "60.1 cj! SuccessfulCreate: Created job cj-29460061",
            "60.1 cj: active=[cj-29460061] slot=60",
            "60.1 cj-29460061! SuccessfulCreate: Created",
            "60.1 cj-29460061: active=1",
            "62.1 cj-29460061: active=1 ready=1",
            "120.1 cj! JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is \
             Forbid",
            "152.1 cj-29460061: +succeeded=1 SuccessCriteriaMet",
            "152.1 cj! JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is \
             Forbid x2",
            "152.1 cj-29460061: succeeded=1 SuccessCriteriaMet Complete",
            "152.1 cj-29460061! Completed: Job completed",
            "152.1 cj! SawCompletedJob: Saw completed job: cj-29460061, condition: Complete",
            "152.1 cj-29460062: unstarted",
            "152.1 cj! SuccessfulCreate: Created job cj-29460062",
            "152.1 cj: active=[cj-29460062] slot=120 success=152",
            "152.1 cj-29460062! SuccessfulCreate: Created",
            "152.1 cj-29460062: active=1",
            "154.1 cj-29460062: active=1 ready=1",
            "180.1 cj! JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is \
             Forbid x3",
        ],
    );
}

// 06c-cronjob-replace-90s
#[test]
fn replace_deletes_the_running_job_and_starts_the_next() {
    let mut watched = Watched::new();
    watched.create(cron_job(EVERY_MINUTE, run("90"), json!({"concurrencyPolicy": "Replace"}))).to(130.0);
    compare(
        &happened(&watched, true, 120.0, 130.0),
        &[
            "120.1 cj-29460061: gone",
            "120.1 cj! SuccessfulDelete: Deleted job cj-29460061",
            "120.1 cj-29460062: unstarted",
            "120.1 cj! SuccessfulCreate: Created job cj-29460062",
            "120.1 cj: active=[cj-29460062] slot=120",
            "120.1 cj-29460062! SuccessfulCreate: Created",
            "120.1 cj-29460062: active=1",
            "122.1 cj-29460062: active=1 ready=1",
        ],
    );
    assert_eq!(watched.pods().len(), 1, "the Pod of the first Job is gone");
}

#[test]
fn by_annotation_replace_keeps_the_job_and_a_new_pod_joins_it() {
    let mut watched = Watched::new();
    let mut object = cron_job(EVERY_MINUTE, run("70"), json!({"concurrencyPolicy": "Replace"}));
    object["metadata"]["annotations"] = json!({"orrery.sim/replace": "keep-job"});
    watched.create(object).to(119.0);
    let first = watched.pods();
    watched.to(125.0);
    let second = watched.pods();
    assert!(first.len() == 1 && second.len() == 1 && first != second, "{first:?} {second:?}");
    compare(
        &happened(&watched, true, 100.0, 130.0),
        &[
            "120.1 cj-29460061! SuccessfulDelete: Deleted",
            "120.1 cj-29460061! SuccessfulCreate: Created",
            "120.1 cj! ReplacedPods: Replaced the running pods of job cj-29460061",
            "120.1 cj: active=[cj-29460061] slot=120",
            "121.1 cj-29460061: active=1 terminating=1",
            "122.1 cj-29460061: active=1 ready=1",
        ],
    );
    assert_eq!(watched.sim.state.world.jobs.len(), 1);
}

#[test]
fn by_annotation_a_job_whose_pod_has_ended_is_followed_by_a_new_one() {
    let mut watched = Watched::new();
    let mut object = cron_job(EVERY_MINUTE, run("58.5"), json!({"concurrencyPolicy": "Replace"}));
    object["metadata"]["annotations"] = json!({"orrery.sim/replace": "keep-job"});
    // At 119.6 the Pod has ended, at 120.1 the Job has not been told yet.
    watched.create(object).to(125.0);
    let jobs = happened(&watched, false, 120.0, 125.0);
    assert!(jobs.contains(&"120.1 cj! SuccessfulCreate: Created job cj-29460062".to_string()), "{jobs:?}");
    let first = watched.sim.state.world.find_id("default", "cj-29460061").and_then(|id| {
        let job: &crate::api::Job = watched.sim.state.world.jobs.get(id)?;
        job.finished().map(|condition| condition.kind.clone())
    });
    assert_eq!(first.as_deref(), Some("Complete"));
}

// 06a-cronjob-allow-90s, 06d-cronjob-history2
#[test]
fn allow_lets_jobs_overlap_and_old_ones_go() {
    let mut watched = Watched::new();
    let spec = json!({"concurrencyPolicy": "Allow", "successfulJobsHistoryLimit": 1});
    watched.create(cron_job(EVERY_MINUTE, run("90"), spec)).to(220.0);
    compare(
        &happened(&watched, false, 150.0, 220.0),
        &[
            "152.1 cj! SawCompletedJob: Saw completed job: cj-29460061, condition: Complete",
            "152.1 cj: active=[cj-29460062] slot=120 success=152",
            "180.1 cj! SuccessfulCreate: Created job cj-29460063",
            "180.1 cj: active=[cj-29460062 cj-29460063] slot=180 success=152",
            "212.1 cj! SuccessfulDelete: Deleted job cj-29460061",
            "212.1 cj! SawCompletedJob: Saw completed job: cj-29460062, condition: Complete",
            "212.1 cj: active=[cj-29460063] slot=180 success=212",
        ],
    );
}

// 06h-cronjob-failing
#[test]
fn one_failed_job_is_kept() {
    let mut watched = Watched::new();
    let failing = json!({"sim/run-seconds": "5", "sim/exit-code": "1"});
    let mut object = cron_job(EVERY_MINUTE, failing, json!({}));
    object["spec"]["jobTemplate"]["spec"]["backoffLimit"] = json!(0);
    watched.create(object).to(170.0);
    compare(
        &happened(&watched, false, 60.0, 170.0),
        &[
            "60.1 cj! SuccessfulCreate: Created job cj-29460061",
            "60.1 cj: active=[cj-29460061] slot=60",
            "67.1 cj! SawCompletedJob: Saw completed job: cj-29460061, condition: Failed",
            "67.1 cj: active=[] slot=60",
            "120.1 cj! SuccessfulCreate: Created job cj-29460062",
            "120.1 cj: active=[cj-29460062] slot=120",
            "127.1 cj! SuccessfulDelete: Deleted job cj-29460061",
            "127.1 cj! SawCompletedJob: Saw completed job: cj-29460062, condition: Failed",
            "127.1 cj: active=[] slot=120",
        ],
    );
}

// 06e-cronjob-suspend-nodeadline, 06f-cronjob-suspend-deadline20
#[test]
fn after_a_suspension_the_latest_missed_run_starts_at_once_unless_its_deadline_has_passed() {
    for (deadline, expected) in [(Value::Null, 280.5), (json!(20), 300.1), (json!(60), 280.5)] {
        let mut watched = Watched::new();
        let spec = json!({"startingDeadlineSeconds": deadline, "suspend": true});
        watched.create(cron_job(EVERY_MINUTE, run("5"), spec)).to(280.5);
        watched.patch(Kind::CronJob, "cj", json!({"spec": {"suspend": false}})).to(310.0);
        let lines = happened(&watched, false, 1.0, 310.0);
        assert!(lines[0].starts_with(&format!("{expected} cj! SuccessfulCreate")), "{deadline}: {lines:?}");
    }
}

#[test]
fn a_deadline_of_zero_seconds_starts_nothing() {
    let mut watched = Watched::new();
    watched.create(cron_job(EVERY_MINUTE, run("5"), json!({"startingDeadlineSeconds": 0}))).to(300.0);
    compare(&happened(&watched, true, 0.0, 300.0), &["0 cj: active=[]"]);
}

// 06i-cronjob-missed-180
#[test]
fn more_than_a_hundred_missed_runs_are_told_and_the_latest_is_run() {
    let mut watched = Watched::new();
    watched.create(cron_job(EVERY_MINUTE, run("5"), json!({"suspend": true}))).to(5.0);
    let world = &mut watched.sim.state.world;
    let id = world.find_id::<CronJob>("default", "cj").expect("it was created");
    world.modify(id, |cron_job| {
        cron_job.status.last_schedule_time = Some(cron_job.meta.created - SimDuration::from_secs(3 * 3_600));
        Aspects::STATUS
    });
    watched.to(6.0).patch(Kind::CronJob, "cj", json!({"spec": {"suspend": false}})).to(7.0);
    compare(
        &happened(&watched, false, 6.0, 7.0),
        &[
            "6 cj! TooManyMissedTimes: too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check \
             clock skew",
            "6 cj! SuccessfulCreate: Created job cj-29460060",
            "6 cj: active=[cj-29460060] slot=0",
        ],
    );
}

// 06g-cronjob-manual
#[test]
fn a_job_made_by_hand_is_unexpected_blocks_nothing_and_counts_in_the_history() {
    let mut watched = Watched::new();
    let spec = json!({"concurrencyPolicy": "Forbid", "successfulJobsHistoryLimit": 1});
    watched.create(cron_job(EVERY_MINUTE, run("20"), spec)).to(75.0);
    let by_hand =
        Order::CreateJobFrom { namespace: "default".into(), cron_job: "cj".into(), job: Text::from("manual-1") };
    watched.order(&by_hand).to(119.0);
    let unexpected = "cj! UnexpectedJob: Saw a job that the controller did not create or forgot: manual-1";
    compare(
        &happened(&watched, false, 75.0, 119.0),
        &[
            &format!("75 {unexpected}"),
            &format!("75 {unexpected} x2"),
            &format!("77 {unexpected} x3"),
            &format!("82.1 {unexpected} x4"),
            "82.1 cj! SawCompletedJob: Saw completed job: cj-29460061, condition: Complete",
            &format!("82.1 {unexpected} x5"),
            "82.1 cj: active=[] slot=60 success=82",
            &format!("82.1 {unexpected} x6"),
            &format!("97 {unexpected} x7"),
            "97 cj! SuccessfulDelete: Deleted job cj-29460061",
            "97 cj: active=[] slot=60 success=97",
        ],
    );
}

// 06k-cronjob-job-deleted
#[test]
fn a_running_job_that_is_deleted_goes_missing_and_is_not_run_again() {
    let mut watched = Watched::new();
    watched.create(cron_job(EVERY_MINUTE, run("90"), json!({"concurrencyPolicy": "Forbid"}))).to(80.0);
    watched.delete(Kind::Job, "cj-29460061", DeleteOptions::default()).to(119.0);
    compare(
        &happened(&watched, false, 80.0, 119.0),
        &["80 cj! MissingJob: Active job went missing: cj-29460061", "80 cj: active=[] slot=60"],
    );
}

// 06j-cronjob-schedule-changed
#[test]
fn a_new_schedule_starts_nothing_by_itself_and_a_new_template_leaves_jobs_alone() {
    let mut watched = Watched::new();
    watched.create(cron_job(EVERY_MINUTE, run("5"), json!({}))).to(100.0);
    watched.patch(Kind::CronJob, "cj", json!({"spec": {"schedule": "*/2 * * * *"}})).to(110.0);
    let image = json!([{"name": "c", "image": "busybox:2"}]);
    let template = json!({"spec": {"template": {"spec": {"containers": image}}}});
    watched.patch(Kind::CronJob, "cj", json!({"spec": {"jobTemplate": template}})).to(250.0);
    let created: Vec<String> =
        happened(&watched, false, 61.0, 250.0).into_iter().filter(|line| line.contains("Created job")).collect();
    compare(
        &created,
        &["120.1 cj! SuccessfulCreate: Created job cj-29460062", "240.1 cj! SuccessfulCreate: Created job cj-29460064"],
    );
    let images: Vec<String> =
        watched.sim.state.world.pods.iter().map(|(_, pod)| pod.spec.containers[0].image.to_string()).collect();
    assert_eq!(images.iter().filter(|image| *image == "busybox:2").count(), 2, "{images:?}");
}

// 06l-cronjob-timezone
#[test]
fn a_time_zone_moves_the_schedule_and_shows_in_the_annotation() {
    let mut watched = Watched::new();
    watched.create(cron_job("2 18 * * *", run("5"), json!({"timeZone": "Asia/Seoul"}))).to(130.0);
    let (_, made) = watched.sim.state.world.jobs.iter().next().expect("18:02 in Seoul is 09:02");
    let annotation = made.meta.annotations.get("batch.kubernetes.io/cronjob-scheduled-timestamp");
    assert_eq!(annotation.map(Text::as_str), Some("2026-01-05T18:02:00+09:00"));
}

#[test]
fn what_is_wrong_with_a_schedule_is_told_and_nothing_runs() {
    for (spec, told) in [
        (
            json!({"schedule": "nonsense"}),
            "UnparseableSchedule: unparseable schedule: \"nonsense\" : expected exactly 5 fields, found 1: [nonsense]",
        ),
        (
            json!({"schedule": EVERY_MINUTE, "timeZone": "Mars/Base"}),
            "UnknownTimeZone: invalid timeZone: \"Mars/Base\": unknown time zone Mars/Base",
        ),
        (
            json!({"schedule": "0 0 31 2 *"}),
            "InvalidSchedule: invalid schedule: 0 0 31 2 * : time difference between two schedules is less than 1 second",
        ),
    ] {
        let mut watched = Watched::new();
        // Such texts come from dumps; the API server would refuse the first two.
        let object = json!({"metadata": {"name": "cj", "namespace": "default"}, "spec": spec});
        let now = watched.sim.state.now;
        watched.sim.state.world.create(CronJob::from_value(&object), now).expect("it fits");
        compare(&happened(watched.to(300.0), true, 0.0, 300.0), &["0 cj: active=[]", &format!("0 cj! {told}")]);
    }
}

#[test]
fn a_schedule_that_becomes_unreadable_is_told_in_other_words() {
    let mut watched = Watched::new();
    watched.create(cron_job(EVERY_MINUTE, run("5"), json!({}))).to(30.0);
    let world = &mut watched.sim.state.world;
    let id = world.find_id::<CronJob>("default", "cj").expect("it was created");
    world.modify(id, |cron_job| {
        std::sync::Arc::make_mut(&mut cron_job.spec).schedule = "nonsense".into();
        Aspects::SPEC
    });
    compare(
        &happened(watched.to(59.0), false, 30.0, 59.0),
        &["30 cj! UnParseableCronJobSchedule: unparseable schedule for cronjob: nonsense"],
    );
}

#[test]
fn the_name_of_a_slot_that_somebody_else_has_taken_is_left_to_him() {
    let mut watched = Watched::new();
    let mut taken = job(json!({"sim/run-seconds": "500"}), json!({}));
    taken["metadata"]["name"] = json!("cj-29460061");
    watched.create(taken).create(cron_job(EVERY_MINUTE, run("5"), json!({}))).to(170.0);
    // The CronJob sleeps until something of its own changes.
    compare(&happened(&watched, false, 1.0, 170.0), &[]);
    watched.patch(Kind::CronJob, "cj", json!({"metadata": {"labels": {"a": "b"}}})).to(171.0);
    let lines = happened(&watched, false, 170.0, 171.0);
    assert!(lines[0].ends_with("Created job cj-29460062"), "{lines:?}");
}

#[test]
fn slots_within_a_minute_share_one_job() {
    let mut watched = Watched::new();
    watched.create(cron_job("@every 20s", run("3"), json!({}))).to(62.0);
    let jobs: Vec<String> = watched.sim.state.world.jobs.iter().map(|(_, job)| job.meta.name.to_string()).collect();
    assert_eq!(jobs, ["cj-29460060", "cj-29460061"]);
}

#[test]
fn deleting_a_cron_job_takes_its_jobs_and_pods_along() {
    let mut watched = Watched::new();
    watched.create(cron_job(EVERY_MINUTE, run("90"), json!({}))).to(130.0);
    assert_eq!((watched.sim.state.world.jobs.len(), watched.pods().len()), (2, 2));
    watched.delete(Kind::CronJob, "cj", DeleteOptions::default()).to(133.0);
    assert_eq!((watched.sim.state.world.jobs.len(), watched.pods().len()), (0, 0));
}

#[test]
fn in_a_namespace_that_is_going_no_job_starts_and_no_event_says_so() {
    let mut watched = Watched::new();
    watched.create(cron_job(EVERY_MINUTE, run("5"), json!({}))).to(30.0);
    let now = watched.sim.state.now;
    let namespace = json!({"metadata": {"name": "default", "deletionTimestamp": now.to_string(), "finalizers": ["x"]}});
    let namespace = crate::api::policy::Namespace::from_value(&namespace);
    watched.sim.state.world.create(namespace, now).expect("it fits");
    compare(&happened(watched.to(150.0), true, 30.0, 150.0), &[]);
}

#[test]
fn suspending_from_the_command_line_keeps_the_running_job() {
    let mut watched = Watched::new();
    watched.create(cron_job(EVERY_MINUTE, run("90"), json!({}))).to(70.0);
    let order =
        kubectl::parse("kubectl patch cronjob cj -p '{\"spec\":{\"suspend\":true}}'").expect("it is understood");
    watched.order(&order).to(300.0);
    assert_eq!(watched.sim.state.world.jobs.len(), 1);
    assert!(watched.sim.state.world.jobs.iter().all(|(_, job)| job.finished().is_some()));
}
