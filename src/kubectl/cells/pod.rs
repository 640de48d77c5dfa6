//! The cells of a Pod, whose STATUS says more than its phase.
//! Upstream: pkg/printers/internalversion/printers.go printPod.

use super::{Row, age, name, or_none, text};
use crate::api::value;
use crate::kubectl::duration::human_duration;
use crate::time::SimTime;
use serde_json::Value;

/// What the containers of a Pod amount to.
#[derive(Default)]
struct Sum {
    status: String,
    ready: usize,
    total: usize,
    restarts: i64,
    sidecar_restarts: i64,
    last_restart: Option<SimTime>,
    last_sidecar_restart: Option<SimTime>,
}

pub(super) fn cells(row: &mut Row, pod: &Value, now: SimTime, wide: bool) {
    let sum = sum(pod);
    let (status, spec) = (value::at(pod, &["status"]), value::at(pod, &["spec"]));
    row.push("NAME", name(pod));
    row.push("READY", format!("{}/{}", sum.ready, sum.total));
    row.push("STATUS", sum.status.clone());
    let restarts = sum.restarts.to_string();
    let ago = sum.last_restart.filter(|_| sum.restarts != 0).map(|at| human_duration(now - at));
    row.push("RESTARTS", ago.map_or(restarts.clone(), |ago| format!("{restarts} ({ago} ago)")));
    row.push("AGE", age(pod, now));
    if wide {
        let first = value::list(status, "podIPs").first().map(|item| value::text(item, "ip").to_string());
        row.push("IP", or_none(first.unwrap_or_default()));
        row.push("NODE", or_none(text(spec, &["nodeName"])));
        row.push("NOMINATED NODE", or_none(text(status, &["nominatedNodeName"])));
        row.push("READINESS GATES", gates(spec, status));
    }
}

fn gates(spec: &Value, status: &Value) -> String {
    let gates = value::list(spec, "readinessGates");
    if gates.is_empty() {
        return "<none>".to_string();
    }
    let open = gates.iter().filter(|gate| condition(status, &value::text(gate, "conditionType"), "True"));
    format!("{}/{}", open.count(), gates.len())
}

fn condition(status: &Value, kind: &str, wanted: &str) -> bool {
    value::list(status, "conditions").iter().any(|c| c["type"] == kind && c["status"] == wanted)
}

/// The time at which the last run of a container ended.
fn finished(container: &Value) -> Option<SimTime> {
    value::time(value::at(container, &["lastState", "terminated"]), "finishedAt")
}

fn is_running(container: &Value) -> bool {
    !value::at(container, &["state", "running"]).is_null()
}

/// `Reason`, or what stands for a missing one; `None` when it neither waits for a reason nor has ended.
fn state_word(container: &Value) -> Option<String> {
    let waiting = text(container, &["state", "waiting", "reason"]);
    if !waiting.is_empty() {
        return Some(waiting);
    }
    let end = value::at(container, &["state", "terminated"]);
    if end.is_null() {
        return None;
    }
    let reason = text(end, &["reason"]);
    Some(match (reason.is_empty(), value::int(end, "signal")) {
        (false, _) => reason,
        (true, 0) => format!("ExitCode:{}", value::int(end, "exitCode")),
        (true, signal) => format!("Signal:{signal}"),
    })
}

fn sum(pod: &Value) -> Sum {
    let (status, spec) = (value::at(pod, &["status"]), value::at(pod, &["spec"]));
    let reason = text(status, &["reason"]);
    let mut sum = Sum {
        status: if reason.is_empty() { text(status, &["phase"]) } else { reason.clone() },
        total: value::list(spec, "containers").len(),
        ..Sum::default()
    };
    let gated = value::list(status, "conditions")
        .iter()
        .any(|c| c["type"] == "PodScheduled" && c["reason"] == "SchedulingGated");
    if gated {
        sum.status = "SchedulingGated".to_string();
    }
    let initializing = init_containers(&mut sum, spec, status);
    if !initializing || condition(status, "Initialized", "True") {
        main_containers(&mut sum, status);
    }
    let phase = text(status, &["phase"]);
    let deleting = !value::at(pod, &["metadata", "deletionTimestamp"]).is_null();
    if deleting && reason == "NodeLost" {
        sum.status = "Unknown".to_string();
    } else if deleting && !matches!(phase.as_str(), "Succeeded" | "Failed") {
        sum.status = "Terminating".to_string();
    }
    sum
}

/// Looks at the init containers; answers whether one is still to finish.
fn init_containers(sum: &mut Sum, spec: &Value, status: &Value) -> bool {
    let specs = value::list(spec, "initContainers");
    let sidecar = |name: &str| specs.iter().any(|c| c["name"] == name && c["restartPolicy"] == "Always");
    sum.total += specs.iter().filter(|c| c["restartPolicy"] == "Always").count();
    let mut initializing = false;
    for (number, container) in value::list(status, "initContainerStatuses").iter().enumerate() {
        let is_sidecar = sidecar(&value::text(container, "name"));
        let restarts = value::int(container, "restartCount");
        sum.restarts += restarts;
        sum.last_restart = sum.last_restart.max(finished(container));
        if is_sidecar {
            sum.sidecar_restarts += restarts;
            sum.last_sidecar_restart = sum.last_sidecar_restart.max(finished(container));
        }
        let end = value::at(container, &["state", "terminated"]);
        if !end.is_null() && value::int(end, "exitCode") == 0 {
            continue;
        }
        if is_sidecar && value::boolean(container, "started") {
            sum.ready += usize::from(value::boolean(container, "ready"));
            continue;
        }
        let waits_its_turn = text(container, &["state", "waiting", "reason"]) == "PodInitializing";
        sum.status = match state_word(container).filter(|_| !waits_its_turn) {
            Some(word) => format!("Init:{word}"),
            None => format!("Init:{number}/{}", specs.len()),
        };
        initializing = true;
        break;
    }
    initializing
}

fn main_containers(sum: &mut Sum, status: &Value) {
    sum.restarts = sum.sidecar_restarts;
    sum.last_restart = sum.last_sidecar_restart;
    let (mut running, mut failure) = (false, None);
    for container in value::list(status, "containerStatuses").iter().rev() {
        sum.restarts += value::int(container, "restartCount");
        sum.last_restart = sum.last_restart.max(finished(container));
        if let Some(word) = state_word(container) {
            let code = value::int(value::at(container, &["state", "terminated"]), "exitCode");
            if code != 0 {
                failure = Some(word.clone());
            }
            sum.status = word;
        } else if value::boolean(container, "ready") && is_running(container) {
            running = true;
            sum.ready += 1;
        }
    }
    if sum.status == "Completed" {
        if running && condition(status, "Ready", "True") {
            sum.status = "Running".to_string();
        } else if let Some(failure) = failure {
            sum.status = failure;
        } else if running {
            sum.status = "NotReady".to_string();
        }
    }
}
