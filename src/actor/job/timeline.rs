//! Timelines for tests: what becomes of Jobs and CronJobs, as short lines.

use crate::actor::fixture::{cluster, run_to, start};
use crate::api::batch::{CronJobStatus, JobStatus};
use crate::api::{Kind, Status, Text};
use crate::sim::order::{Order, PatchKind, Targets};
use crate::sim::{EventRecord, Listener, Sim};
use crate::time::{SimDuration, SimTime};
use crate::world::{Change, DeleteOptions, ObjectRef, World};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Steps that a test may take.
const MAX_TEST_STEPS: u64 = 5_000_000;

/// A simulation with three nodes, watched by a [`Recorder`].
pub struct Watched {
    pub sim: Sim,
    recorder: Recorder,
}

/// Writes down each new status of Jobs and CronJobs and their Events, at seconds since the start.
#[derive(Default)]
struct Recorder {
    lines: Vec<String>,
    last: BTreeMap<ObjectRef, String>,
}

fn seconds(now: SimTime) -> String {
    let millis = (now - start()).millis();
    if millis % 1_000 == 0 { format!("{}", millis / 1_000) } else { format!("{}", millis as f64 / 1_000.0) }
}

/// A Job's status in one line, without what is zero.
pub fn job_line(status: &JobStatus) -> String {
    let mut parts = Vec::new();
    let mut number = |name: &str, value: i64| {
        if value != 0 {
            parts.push(format!("{name}={value}"));
        }
    };
    number("active", status.active);
    number("ready", status.ready.unwrap_or(0));
    number("terminating", status.terminating.unwrap_or(0));
    number("succeeded", status.succeeded);
    number("failed", status.failed);
    number("+succeeded", status.uncounted_succeeded.len() as i64);
    number("+failed", status.uncounted_failed.len() as i64);
    let mut text = |name: &str, value: &str| {
        if !value.is_empty() {
            parts.push(format!("{name}={value}"));
        }
    };
    text("indexes", &status.completed_indexes);
    text("bad", status.failed_indexes.as_deref().unwrap_or(""));
    for condition in &status.conditions {
        let not = if condition.status == Status::True { "" } else { "not" };
        parts.push(format!("{not}{}", condition.kind));
    }
    if status.start_time.is_none() {
        parts.push("unstarted".into());
    }
    parts.join(" ")
}

/// A CronJob's status in one line.
fn cron_job_line(status: &CronJobStatus) -> String {
    let active: Vec<&str> = status.active.iter().map(|(name, _)| name.as_str()).collect();
    let time = |name: &str, time: Option<SimTime>| time.map_or(String::new(), |t| format!(" {name}={}", seconds(t)));
    let (slot, success) = (time("slot", status.last_schedule_time), time("success", status.last_successful_time));
    format!("active=[{}]{slot}{success}", active.join(" "))
}

impl Listener for Recorder {
    fn change(&mut self, now: SimTime, change: &Change, world: &World) {
        let object = change.object;
        let name = world.meta(object).map_or(Text::EMPTY, |meta| meta.name.clone());
        let job = object.id().and_then(|id| world.jobs.ghost(id)).map(|job| job_line(&job.status));
        let cron = object.id().and_then(|id| world.cron_jobs.ghost(id)).map(|job| cron_job_line(&job.status));
        let Some(mut line) = job.or(cron) else { return };
        if !world.exists(object) {
            line = "gone".into();
        }
        if self.last.insert(object, line.clone()).as_ref() != Some(&line) {
            self.lines.push(format!("{} {name}: {line}", seconds(now)));
        }
    }

    fn event(&mut self, now: SimTime, event: &EventRecord, world: &World) {
        if !matches!(event.object.kind, Kind::Job | Kind::CronJob) {
            return;
        }
        let name = world.meta(event.object).map_or(Text::EMPTY, |meta| meta.name.clone());
        let message = event.message.render("", "");
        // Names of Pods are chance.
        let message = message.split_once(" pod: ").map_or(message.to_string(), |(what, _)| what.to_string());
        let times = if event.count > 1 { format!(" x{}", event.count) } else { String::new() };
        self.lines.push(format!("{} {name}! {}: {message}{times}", seconds(now), event.reason));
    }
}

impl Watched {
    pub fn new() -> Watched {
        Watched { sim: cluster(3), recorder: Recorder::default() }
    }

    /// Creates an object as kubectl does.
    pub fn create(&mut self, object: Value) -> &mut Watched {
        self.order(&Order::Create(Arc::new(vec![object])))
    }

    /// Patches an object in namespace `default`.
    pub fn patch(&mut self, kind: Kind, name: &str, patch: Value) -> &mut Watched {
        let targets = Targets::one(kind, Text::from("default"), Text::copy(name));
        self.order(&Order::Patch { targets, patch: Arc::new(patch), kind: PatchKind::Merge })
    }

    /// Deletes an object in namespace `default`.
    pub fn delete(&mut self, kind: Kind, name: &str, options: DeleteOptions) -> &mut Watched {
        let targets = Targets::one(kind, Text::from("default"), Text::copy(name));
        self.order(&Order::Delete { targets, options, ignore_not_found: false })
    }

    /// Carries out an order.
    pub fn order(&mut self, order: &Order) -> &mut Watched {
        for answer in self.sim.state.carry_out(order) {
            answer.expect("an order of a test is carried out");
        }
        self
    }

    /// Runs to so many seconds after the start.
    pub fn to(&mut self, seconds: f64) -> &mut Watched {
        let until = start() + SimDuration::from_millis((seconds * 1_000.0).round() as i64);
        assert!(self.sim.advance_with(until, MAX_TEST_STEPS, &mut self.recorder).reached, "too many steps");
        self
    }

    /// The names of the Pods there are, in order of creation.
    pub fn pods(&self) -> Vec<String> {
        let mut pods: Vec<_> = self.sim.state.world.pods.iter().collect();
        pods.sort_by_key(|(id, _)| *id);
        pods.into_iter().map(|(_, pod)| pod.meta.name.to_string()).collect()
    }

    /// Everything written down about objects whose name begins so.
    pub fn lines(&self, name: &str) -> Vec<&str> {
        let about = |line: &&String| line.split_once(' ').is_some_and(|(_, rest)| rest.starts_with(name));
        self.recorder.lines.iter().filter(about).map(String::as_str).collect()
    }
}

/// A Job named `work` whose Pods run on node `n1`: `run` holds the Pods' annotations, `spec` is merged over the rest.
pub fn job(run: Value, spec: Value) -> Value {
    let base = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "work", "namespace": "default"},
        "spec": {"template": template(run)}});
    crate::sim::patch::apply(&base, &json!({ "spec": spec }), PatchKind::Merge).expect("a merge never fails")
}

/// A CronJob named `cj` whose Pods run on node `n1`.
pub fn cron_job(schedule: &str, run: Value, spec: Value) -> Value {
    let base = json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "cj", "namespace": "default"},
        "spec": {"schedule": schedule, "jobTemplate": {"spec": {"template": template(run)}}}});
    crate::sim::patch::apply(&base, &json!({ "spec": spec }), PatchKind::Merge).expect("a merge never fails")
}

fn template(run: Value) -> Value {
    json!({"metadata": {"annotations": run}, "spec": {"restartPolicy": "Never", "nodeName": "n1",
        "containers": [{"name": "c", "image": "busybox:1.36"}]}})
}

/// What happens to a Job in so many seconds.
pub fn timeline(run: Value, spec: Value, seconds: f64) -> Vec<String> {
    let mut watched = Watched::new();
    watched.create(job(run, spec)).to(seconds);
    watched.lines("work").into_iter().map(String::from).collect()
}

#[test]
fn the_cluster_of_timelines_begins_at_a_full_minute() {
    let mut watched = Watched::new();
    run_to(&mut watched.sim, 0.0);
    assert_eq!(watched.sim.state.now.unix_seconds() % 60, 0);
}
