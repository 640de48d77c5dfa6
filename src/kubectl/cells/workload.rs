//! The cells of controllers.
//! Upstream: pkg/printers/internalversion/printers.go.

use super::{Row, age, containers, labels_text, name, number, selector, since, text};
use crate::api::value;
use crate::kubectl::duration::human_duration;
use crate::time::SimTime;
use serde_json::Value;

/// CONTAINERS, IMAGES and SELECTOR of `-o wide`.
fn wide_cells(row: &mut Row, pod_spec: &Value, selected: String) {
    let (names, images) = containers(pod_spec);
    row.push("CONTAINERS", names);
    row.push("IMAGES", images);
    row.push("SELECTOR", selected);
}

// printJob
pub(super) fn job(row: &mut Row, job: &Value, now: SimTime, wide: bool) {
    let (spec, status) = (value::at(job, &["spec"]), value::at(job, &["status"]));
    row.push("NAME", name(job));
    row.push("STATUS", job_status(job));
    row.push("COMPLETIONS", job_completions(spec, number(status, &["succeeded"])));
    let start = value::time(status, "startTime");
    let end = value::time(status, "completionTime").unwrap_or(now);
    row.push("DURATION", start.map_or(String::new(), |start| human_duration(end - start)));
    row.push("AGE", age(job, now));
    if wide {
        wide_cells(row, value::at(spec, &["template", "spec"]), selector(value::at(spec, &["selector"])));
    }
}

fn job_status(job: &Value) -> &'static str {
    let conditions = value::list(value::at(job, &["status"]), "conditions");
    let holds = |kind: &str| conditions.iter().any(|c| c["type"] == kind && c["status"] == "True");
    let deleting = !value::at(job, &["metadata", "deletionTimestamp"]).is_null();
    match () {
        () if holds("Complete") => "Complete",
        () if holds("Failed") => "Failed",
        () if deleting => "Terminating",
        () if holds("Suspended") => "Suspended",
        () if holds("FailureTarget") => "FailureTarget",
        () if holds("SuccessCriteriaMet") => "SuccessCriteriaMet",
        () => "Running",
    }
}

fn job_completions(spec: &Value, succeeded: i64) -> String {
    if let Some(completions) = value::opt_int(spec, "completions") {
        return format!("{succeeded}/{completions}");
    }
    match value::int(spec, "parallelism") {
        parallelism if parallelism > 1 => format!("{succeeded}/1 of {parallelism}"),
        _ => format!("{succeeded}/1"),
    }
}

// printCronJob
pub(super) fn cron_job(row: &mut Row, cron_job: &Value, now: SimTime, wide: bool) {
    let (spec, status) = (value::at(cron_job, &["spec"]), value::at(cron_job, &["status"]));
    let last = value::at(status, &["lastScheduleTime"]);
    row.push("NAME", name(cron_job));
    row.push("SCHEDULE", text(spec, &["schedule"]));
    row.push("TIMEZONE", value::opt_text(spec, "timeZone").map_or("<none>".to_string(), |zone| zone.to_string()));
    row.push("SUSPEND", if value::boolean(spec, "suspend") { "True" } else { "False" });
    row.push("ACTIVE", value::list(status, "active").len().to_string());
    row.push("LAST SCHEDULE", if last.is_null() { "<none>".to_string() } else { since(last, now) });
    row.push("AGE", age(cron_job, now));
    if wide {
        let job = value::at(spec, &["jobTemplate", "spec"]);
        wide_cells(row, value::at(job, &["template", "spec"]), selector(value::at(job, &["selector"])));
    }
}

// printDaemonSet
pub(super) fn daemon_set(row: &mut Row, set: &Value, now: SimTime, wide: bool) {
    let (spec, status) = (value::at(set, &["spec"]), value::at(set, &["status"]));
    row.push("NAME", name(set));
    for (column, field) in [
        ("DESIRED", "desiredNumberScheduled"),
        ("CURRENT", "currentNumberScheduled"),
        ("READY", "numberReady"),
        ("UP-TO-DATE", "updatedNumberScheduled"),
        ("AVAILABLE", "numberAvailable"),
    ] {
        row.push(column, number(status, &[field]).to_string());
    }
    row.push("NODE SELECTOR", labels_text(value::at(spec, &["template", "spec", "nodeSelector"])));
    row.push("AGE", age(set, now));
    if wide {
        wide_cells(row, value::at(spec, &["template", "spec"]), selector(value::at(spec, &["selector"])));
    }
}

// printReplicaSet
pub(super) fn replica_set(row: &mut Row, set: &Value, now: SimTime, wide: bool) {
    let (spec, status) = (value::at(set, &["spec"]), value::at(set, &["status"]));
    row.push("NAME", name(set));
    row.push("DESIRED", number(spec, &["replicas"]).to_string());
    row.push("CURRENT", number(status, &["replicas"]).to_string());
    row.push("READY", number(status, &["readyReplicas"]).to_string());
    row.push("AGE", age(set, now));
    if wide {
        wide_cells(row, value::at(spec, &["template", "spec"]), selector(value::at(spec, &["selector"])));
    }
}

// printDeployment
pub(super) fn deployment(row: &mut Row, deployment: &Value, now: SimTime, wide: bool) {
    let (spec, status) = (value::at(deployment, &["spec"]), value::at(deployment, &["status"]));
    row.push("NAME", name(deployment));
    row.push("READY", format!("{}/{}", number(status, &["readyReplicas"]), number(spec, &["replicas"])));
    row.push("UP-TO-DATE", number(status, &["updatedReplicas"]).to_string());
    row.push("AVAILABLE", number(status, &["availableReplicas"]).to_string());
    row.push("AGE", age(deployment, now));
    if wide {
        wide_cells(row, value::at(spec, &["template", "spec"]), selector(value::at(spec, &["selector"])));
    }
}
