//! What a recording was made in, read off the recording: where the control plane's periodic loops lay, what neighbours in a
//! shared cluster did, and what users did by kubectl without its being listed as an action. None of it is anybody's
//! behaviour; all of it is input that the recordings do not list.

use orrery::time::{SimDuration, SimTime};
use orrery::world::Settings;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How long the nodes of a shared cluster have been there when a recording begins, in seconds.
pub const LEAD_SECONDS: i64 = 30;
/// `--node-eviction-rate`: one node of a zone gets its NoExecute taint in so many seconds.
const SECONDS_PER_TAINT: f64 = 10.0;
/// A taint that comes later than this after the silence was noticed has waited for its turn, in seconds.
const PROMPT_TAINT_SECONDS: f64 = 1.0;
/// How long before its taint a neighbour reports that it is not ready: any moment since the look before, in seconds.
const NEIGHBOUR_LEAD_SECONDS: f64 = 2.5;
/// The agent of the recordings renews Leases so long after a node joined, give or take ten seconds, in milliseconds.
const FIRST_RENEWAL_MILLIS: i64 = 300;
/// How often a Lease is renewed, in seconds.
const RENEWAL: i64 = 10;
/// How often nodes are looked at, in seconds.
const LOOK: i64 = 5;
/// How long a node may be silent, in seconds.
const GRACE: i64 = 50;

fn list<'a>(recording: &'a Value, key: &str) -> &'a [Value] {
    recording[key].as_array().map_or(&[][..], Vec::as_slice)
}

fn time(entry: &Value) -> f64 {
    entry["t"].as_f64().unwrap_or(0.0)
}

/// Where the periodic loops lay.
pub fn settings(recording: &Value, start: SimTime) -> Settings {
    let at = |entry: &Value| start + SimDuration::from_millis((time(entry) * 1_000.0).round() as i64);
    let event = |reason: &str| list(recording, "events").iter().find(|event| event["reason"] == reason).map(at);
    let look = event("RemovingNode").or_else(|| event("NodeNotReady")).or_else(|| event("RegisteredNode"));
    // Only the Pod garbage collector lets a Pod fail whose container still seems to run.
    let lost = |entry: &&Value| entry["status"]["phase"] == "Failed" && entry["status"]["container"] == "running";
    let collected = list(recording, "watch").iter().find(lost).map(at);
    let within = |time: SimTime, period: i64| {
        SimDuration::from_nanos(time.unix_nanos().rem_euclid(SimDuration::from_secs(period).nanos()))
    };
    let joined = list(recording, "actions").iter().find(|action| action["action"] == "add-nodes").map(at);
    let guess = joined.map(|time| within(time + SimDuration::from_millis(FIRST_RENEWAL_MILLIS), RENEWAL));
    Settings {
        monitor_offset: look.map_or(SimDuration::ZERO, |time| within(time, LOOK)),
        pod_gc_offset: collected.map_or(SimDuration::ZERO, |time| within(time, 20)),
        lease_phase: guess.map(|guess| lease_phase(recording, start, guess)),
        ..Settings::default()
    }
}

/// When, within ten seconds, Leases were renewed: at the guess if it explains when the silence of the first node that died
/// was noticed, else in the middle of the time that does.
fn lease_phase(recording: &Value, start: SimTime, guess: SimDuration) -> SimDuration {
    let millis = |seconds: f64| start.unix_nanos() / 1_000_000 + (seconds * 1_000.0).round() as i64;
    let kill = list(recording, "actions").iter().find(|action| action["action"] == "node-kill");
    let Some(killed) = kill.map(|kill| millis(time(kill))) else { return guess };
    let noticed = list(recording, "events").iter().find(|event| event["reason"] == "NodeNotReady").map(time);
    let Some(noticed) = noticed.map(millis) else { return guess };
    // The look that saw the last renewal was exactly the grace period before; the renewal came since the look before it.
    let (from, to) = (noticed - (GRACE + LOOK) * 1_000, (noticed - GRACE * 1_000).min(killed));
    let period = RENEWAL * 1_000;
    let renewed = killed - (killed - guess.millis()).rem_euclid(period);
    let phase = if (from..to).contains(&renewed) { renewed } else { i64::midpoint(from.max(killed - period), to) };
    SimDuration::from_millis(phase.rem_euclid(period))
}

/// When neighbours in a shared cluster must have reported that they were not ready, in seconds: one node of a zone is tainted
/// in ten seconds, so when the first node of a recording waits for its taint, another one was tainted ten seconds before.
pub fn neighbours(recording: &Value) -> Vec<f64> {
    let (mut unknown, mut tainted): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
    let mut seen: BTreeMap<&str, (bool, bool)> = BTreeMap::new();
    for entry in list(recording, "watch").iter().filter(|entry| entry["kind"] == "Node") {
        let (was_unknown, was_tainted) = seen.entry(entry["name"].as_str().unwrap_or("")).or_default();
        let ready = entry["status"]["conditions"]["Ready"].as_str().unwrap_or("");
        if ready.starts_with("Unknown") && !std::mem::replace(was_unknown, true) {
            unknown.push(time(entry));
        }
        let taints = entry["status"]["taints"].to_string();
        if taints.contains("unreachable:NoExecute") && !std::mem::replace(was_tainted, true) {
            tainted.push(time(entry));
        }
    }
    let (Some(noticed), Some(mut turn)) = (unknown.first(), tainted.first().copied()) else { return Vec::new() };
    let mut reports = Vec::new();
    while turn - noticed > PROMPT_TAINT_SECONDS && turn - noticed <= SECONDS_PER_TAINT {
        turn -= SECONDS_PER_TAINT;
        reports.push(turn - NEIGHBOUR_LEAD_SECONDS);
    }
    reports
}

/// What only a user does and the recording shows without an action for it: nodes cordoned and uncordoned, Pods evicted
/// (`kubectl drain`). As actions.
pub fn user_commands(recording: &Value) -> Vec<Value> {
    let mut commands = Vec::new();
    let mut cordoned: BTreeMap<&str, bool> = BTreeMap::new();
    let mut evicted: Vec<(&str, &str)> = Vec::new();
    for entry in list(recording, "watch") {
        let name = entry["name"].as_str().unwrap_or("");
        if entry["kind"] == "Node" {
            let now = entry["status"]["unschedulable"] == true;
            let before = cordoned.insert(name, now).unwrap_or(false);
            let listed = |action: &&Value| {
                action["object"].as_str() == Some(&format!("Node/{name}")) && (time(action) - time(entry)).abs() < 1.0
            };
            if now != before && list(recording, "actions").iter().find(listed).is_none() {
                let patch = json!({"spec": {"unschedulable": if now { json!(true) } else { Value::Null }}});
                commands.push(
                    json!({"t": time(entry), "action": "patch", "object": format!("Node/{name}"), "patch": patch}),
                );
            }
        }
        let namespace = entry["ns"].as_str().unwrap_or("");
        let marked = entry["status"]["conditions"].to_string().contains("EvictionByEvictionAPI");
        if entry["kind"] == "Pod" && marked && !evicted.contains(&(namespace, name)) {
            evicted.push((namespace, name));
            let mut command = json!({"t": time(entry), "action": "evict", "object": format!("Pod/{name}")});
            if !namespace.is_empty() {
                command["ns"] = json!(namespace);
            }
            commands.push(command);
        }
    }
    commands
}
