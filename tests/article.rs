//! The article on DaemonSet, Job and CronJob, row by row: each statement is a scenario of `static/scenarios/` and a check
//! of its timeline here, under a name that says what the article says.

mod story;

use story::Story;

#[test]
fn replicaset_fills_the_roomy_node_while_daemonset_puts_exactly_one_pod_on_every_node() {
    let mut story = Story::of("replicaset-fills-the-roomy-node");
    story.at(10).pods_by_node("replica", &[("node-1", 3), ("node-2", 2), ("node-3", 1)]);
    story.at(25).pods_by_node("agent", &[("node-1", 1), ("node-2", 1), ("node-3", 1)]);
}

#[test]
fn ten_nodes_get_ten_pods() {
    let mut story = Story::of("ten-nodes-ten-pods");
    let nodes: Vec<String> = (1..=10).map(|n| format!("node-{n}")).collect();
    let one_each: Vec<(&str, usize)> = nodes.iter().map(|node| (node.as_str(), 1)).collect();
    story.at(5).pods_by_node("prometheus", &one_each).running("prometheus", 10);
}

#[test]
fn a_node_added_gets_its_pod_and_a_node_removed_loses_it() {
    let mut story = Story::of("node-added-node-removed");
    story.at(15).running("daemonset-1", 3);
    story
        .at(25)
        .running("daemonset-1", 4)
        .pods_by_node("daemonset-1", &[("node-1", 1), ("node-2", 1), ("node-3", 1), ("node-4", 1)]);
    // The Pod of a node that is gone is removed by the Pod garbage collector 40 to 80 seconds later, and not moved.
    story.at(130).pods_by_node("daemonset-1", &[("node-2", 1), ("node-3", 1), ("node-4", 1)]);
}

#[test]
fn node_selector_keeps_pods_off_ubuntu() {
    let mut story = Story::of("node-selector-keeps-off-ubuntu");
    story.at(10).pods_by_node("daemonset-1", &[("node-1", 1), ("node-2", 1)]);
    story.at(30).pods_by_node("daemonset-1", &[("node-1", 1), ("node-2", 1), ("node-3", 1)]);
    story.at(55).pods_by_node("daemonset-1", &[("node-2", 1), ("node-3", 1)]);
}

#[test]
fn selector_and_label_link_a_controller_to_its_pods() {
    let mut story = Story::of("selector-and-labels");
    story.at(10).pods("replica", 2).owned("replica", 2);
    // Relabelled Pods are let go and live on; new ones take their places.
    story.at(30).pods("replica", 4).owned("replica", 2).running("stray", 1);
}

#[test]
fn node_port_local_reaches_only_pods_on_the_node_that_was_called_next_to_host_port() {
    let mut story = Story::of("node-port-local-next-to-host-port");
    story.at(10);
    story.node_port("node-1", 30080).reaches_pod_on("node-1");
    story.node_port("node-2", 30080).reaches_pod_on("node-2");
    story.node_port("node-3", 30080).is_dropped();
    story.host_port("node-1", 18080).reaches_pod_on("node-1");
    story.host_port("node-3", 18080).is_refused();
}

#[test]
fn when_a_node_is_down_the_bare_pod_is_lost_and_controllers_pods_come_back_elsewhere_under_new_names_and_addresses() {
    let mut story = Story::of("node-down");
    story.at(20).pods_by_node("replica", &[("node-1", 1)]).pods_by_node("job-1", &[("node-1", 1)]);
    let before = story.names_and_addresses(&["replica", "job-1"]);
    // 50 s without a heartbeat, then five minutes of toleration.
    story.at(300).pods_by_node("replica", &[("node-1", 1)]);
    story.at(500).lives_elsewhere("replica", "node-1").lives_elsewhere("job-1", "node-1").has_no_replacement("bare");
    let after = story.names_and_addresses(&["replica", "job-1"]);
    assert!(before.iter().all(|(name, address)| after.iter().all(|(n, a)| n != name && a != address)), "{after:?}");
}

#[test]
fn recreate_gives_a_new_name_and_address_and_restart_keeps_both_and_counts() {
    let mut story = Story::of("recreate-and-restart");
    story.at(30);
    let before = story.names_and_addresses(&["replica", "restarts"]);
    story.at(60).restarts("restarts", 2);
    let after = story.names_and_addresses(&["replica", "restarts"]);
    assert_ne!(before[0].0, after[0].0, "the recreated Pod has a new name");
    assert_ne!(before[0].1, after[0].1, "the recreated Pod has a new address");
    assert_eq!(before[1], after[1], "the restarted Pod is the same");
}

#[test]
fn a_finished_jobs_pod_stays_uses_nothing_and_its_log_is_readable_until_it_is_deleted_by_hand() {
    let mut story = Story::of("finished-pod-stays");
    story.at(5).used_cpu_milli(1_000);
    story.at(60).succeeded("job-1", 1).used_cpu_milli(0).log("job-1", &["backup started", "backup finished"]);
    story.at(100).pods("job-1", 0).job("job-1", 1, 0, "Complete");
}

#[test]
fn job_completions_6_run_one_by_one() {
    let mut story = Story::of("job-six-one-by-one");
    for second in (5..120).step_by(5) {
        story.at(second).at_most_active("job-1", 1);
    }
    story.at(200).succeeded("job-1", 6).job("job-1", 6, 0, "Complete");
}

#[test]
fn job_parallelism_2_runs_in_pairs() {
    let mut story = Story::of("job-six-in-pairs");
    story.at(5).running("job-1", 2);
    for second in (6..70).step_by(4) {
        story.at(second).at_most_active("job-1", 2);
    }
    story.at(100).succeeded("job-1", 6).job("job-1", 6, 0, "Complete");
}

#[test]
fn active_deadline_30_stops_the_job_deletes_running_pods_never_runs_the_rest_and_keeps_finished_ones() {
    let mut story = Story::of("job-active-deadline");
    story.at(29).succeeded("job-1", 2).running("job-1", 2);
    // Two had finished and stay, two were running and are deleted, two never ran.
    story.at(60).pods("job-1", 2).succeeded("job-1", 2).job("job-1", 2, 2, "Failed");
    assert_eq!(story.created("job-1"), 4);
}

#[test]
fn a_job_makes_its_own_selector() {
    let mut story = Story::of("job-makes-its-own-selector");
    let job = story.at(5).value("Job", "job-1");
    let selected = &job["spec"]["selector"]["matchLabels"]["batch.kubernetes.io/controller-uid"];
    assert_eq!(*selected, job["metadata"]["uid"], "the selector is the Job's own UID");
    story.owned("job-1", 1);
}

#[test]
fn cronjob_every_minute_creates_jobs_that_create_pods() {
    let mut story = Story::of("cronjob-every-minute");
    story.at(10).jobs("cron-job", 0);
    for minute in 1..=4 {
        story.at(minute * 60 + 10).jobs_started("cron-job", minute as usize);
    }
    story.owned_by_cron_job("cron-job");
}

#[test]
fn allow_lets_runs_overlap() {
    let mut story = Story::of("cronjob-allow");
    story.at(130).active_jobs("cron-job", 2);
    story.at(310).jobs_started("cron-job", 5);
}

#[test]
fn forbid_holds_the_run_back_and_starts_it_at_once_when_the_running_job_ends() {
    let mut story = Story::of("cronjob-forbid");
    story.at(125).active_jobs("cron-job", 1).jobs_started("cron-job", 1).event("cron-job", "JobAlreadyActive");
    // The first run began at 1:00 and takes 90 s and a little; the held-back one follows at once, not at 3:00.
    story.at(158).jobs_started("cron-job", 2).active_jobs("cron-job", 1);
}

#[test]
fn replace_deletes_the_old_job_and_creates_a_new_one() {
    let mut story = Story::of("cronjob-replace");
    story.at(90);
    let first = story.job_names("cron-job");
    story.at(125).active_jobs("cron-job", 1).event("cron-job", "SuccessfulDelete");
    let second = story.job_names("cron-job");
    assert!(first.len() == 1 && second.len() == 1 && first != second, "{first:?} was replaced by {second:?}");
}

#[test]
fn replace_as_the_article_tells_it_keeps_the_job_and_puts_a_new_pod_into_it() {
    let mut story = Story::of("cronjob-replace-two-ways");
    story.at(90);
    let kept = story.job_names("article");
    let pods = story.pod_names("article");
    story.at(130).active_jobs("article", 1).active_jobs("kubernetes", 1);
    assert_eq!(kept, story.job_names("article"), "the Job stays");
    assert_ne!(pods, story.pod_names("article"), "its Pod is new");
}

#[test]
fn suspend_stops_new_runs_until_resumed() {
    let mut story = Story::of("cronjob-suspend");
    story.at(85).jobs_started("cron-job", 1);
    story.at(245).jobs_started("cron-job", 1);
    // Resumed at 4:10, the latest missed run starts at once.
    story.at(255).jobs_started("cron-job", 2);
}

#[test]
fn a_cronjob_can_be_triggered_by_hand() {
    let mut story = Story::of("cronjob-manual-trigger");
    story.at(35).running("manual-1", 1);
    let job = story.value("Job", "manual-1");
    assert_eq!(job["metadata"]["annotations"]["cronjob.kubernetes.io/instantiate"], "manual");
    story.at(70).jobs_started("cron-job", 1);
}

#[test]
fn backup_at_dawn_update_check_and_mail_run_through_a_day() {
    let mut story = Story::of("backup-update-mail");
    // 09:00 UTC is 18:00 in Seoul: until the next 18:00 the backup (03:00) and the mail (09:00, a Tuesday) run once each.
    story.at(24 * 3_600 - 1).jobs_started("backup", 1).jobs_started("mail", 1).jobs_started("update-check", 47);
    story.job_times("backup", &["2026-01-05T18:00:00Z"]);
    story.job_times("mail", &["2026-01-06T00:00:00Z"]);
}
