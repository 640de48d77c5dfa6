//! One case of `job.json`: a Job and its Pods as one sync of the Job controller leaves them.
//!
//! Included by the harness with `#[path]`, so that the table and its meaning stay together.

use orrery::actor::job::backoff::BackoffRecord;
use orrery::actor::job::indexed::{COMPLETION_INDEX, INDEX_FAILURE_COUNT, INDEX_IGNORED_FAILURE_COUNT};
use orrery::actor::job::{Jobs, TRACKING_FINALIZER};
use orrery::actor::{Actor, Alarms, CallLimits, Cx, Sight};
use orrery::api::{Job, Kind, Pod, Text};
use orrery::time::SimTime;
use orrery::world::{Aspects, Change, ChangeVerb, Denial, JobId, Outgoing, PodId, World};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Events of Pod control, which the table leaves out.
const POD_EVENTS: [&str; 3] = ["SuccessfulCreate", "SuccessfulDelete", "FailedCreate"];

/// Runs one case and describes every field of `expect` that came out differently. An empty list is a pass.
pub fn run_case(case: &Value) -> Vec<String> {
    let mut run = Run::start(&case["given"]);
    let actual = run.sync();
    compare(&case["expect"], &actual)
}

struct Run {
    world: World,
    now: SimTime,
    jobs: Jobs,
    job: JobId,
    leaving: BTreeSet<PodId>,
}

impl Run {
    fn start(given: &Value) -> Run {
        let now = SimTime::parse(given["now"].as_str().unwrap_or_default()).unwrap_or_default();
        let mut world = World::default();
        let job = world.create(Job::from_value(&given["job"]), now).expect("an empty world takes a Job");
        let owner = json!([{"apiVersion": "batch/v1", "kind": "Job", "controller": true, "blockOwnerDeletion": true,
                            "name": given["job"]["metadata"]["name"], "uid": given["job"]["metadata"]["uid"]}]);
        for pod in given["pods"].as_array().into_iter().flatten() {
            let mut pod = pod.clone();
            // The table's Pods are all the Job's; some were written down without saying so.
            if pod["metadata"]["ownerReferences"].is_null() {
                pod["metadata"]["ownerReferences"] = owner.clone();
            }
            // No creation time means the beginning of time.
            if pod["metadata"]["creationTimestamp"].is_null() {
                pod["metadata"]["creationTimestamp"] = json!("1970-01-01T00:00:01Z");
            }
            world.create(Pod::from_value(&pod), now).expect("the names of a case differ");
        }
        let mut jobs = Jobs::default();
        jobs.validates_status = false;
        if let Some(failures) = given["podFailuresSinceLastSuccess"].as_u64() {
            let last_failure = given["lastPodFailureTime"].as_str().and_then(SimTime::parse);
            jobs.set_backoff_record(job, BackoffRecord { failures: failures as u32, last_failure });
        }
        // Of an API that fails for Pods altogether, this much can be had: it takes none.
        let fails = given["podApiError"].is_string().then_some(0);
        if let Some(grants) = given["podCreateLimit"].as_u64().or(fails) {
            let namespace = Text::copy(given["job"]["metadata"]["namespace"].as_str().unwrap_or_default());
            let message = Text::from("fake error");
            world.denials.push(Denial { kind: Kind::Pod, namespace, grants: grants as u32, message });
        }
        world.take_outbox();
        let leaving = world.pods.iter().filter(|(_, pod)| pod.meta.deleting()).map(|(id, _)| id).collect();
        Run { world, now, jobs, job, leaving }
    }

    fn sync(&mut self) -> Value {
        let (mut alarms, mut calls) = (Alarms::default(), CallLimits::default());
        let added =
            Change { verb: ChangeVerb::Added, object: self.job.into(), aspects: Aspects::NONE, prior_controller: None };
        self.jobs.observe(&added, &mut Sight { now: self.now, world: &self.world, alarms: &mut alarms });
        let mut outgoing = Vec::new();
        let mut first_conditions = None;
        loop {
            let mut cx = Cx { now: self.now, world: &mut self.world, alarms: &mut alarms, calls: &mut calls };
            if !self.jobs.work(&mut cx) {
                break;
            }
            let step = self.world.take_outbox();
            if first_conditions.is_none() && step.iter().any(|out| self.is_status_write(out)) {
                first_conditions = Some(self.conditions(|c| json!(format!("{}={}", c.kind, c.status.name()))));
            }
            outgoing.extend(step);
        }
        let requeue_after: Vec<Value> = std::iter::from_fn(|| alarms.pop_due(SimTime::FAR_FUTURE))
            .map(|alarm| json!((alarm.at - self.now).to_string()))
            .collect();
        let failed = self.jobs.failures(self.job) > 0;
        let writes = outgoing.iter().filter(|out| self.is_status_write(out)).count();
        let mut actual = json!({
            "error": failed,
            "requeueAfter": if failed { Vec::new() } else { requeue_after },
            "statusWrites": writes,
            "status": if writes > 0 { self.status() } else { Value::Null },
            "createdPods": self.created(&outgoing),
            "events": events(&outgoing),
        });
        if writes > 1 {
            actual["conditionsAtFirstWrite"] = first_conditions.unwrap_or_default();
        }
        let deleted = self.names(&outgoing, |id, change| {
            let gone = change.verb == ChangeVerb::Deleted || change.aspects.any(Aspects::DELETION);
            gone && !self.leaving.contains(&id)
        });
        actual["deletedCount"] = json!(deleted.len());
        actual["deletedPods"] = json!(deleted);
        actual["finalizersRemoved"] = json!(self.names(&outgoing, |id, change| {
            let tracked = self.world.pods.ghost(id).is_some_and(|pod| pod.meta.has_finalizer(TRACKING_FINALIZER));
            change.aspects.any(Aspects::FINALIZERS) && !tracked
        }));
        actual
    }

    fn is_status_write(&self, out: &Outgoing) -> bool {
        matches!(out, Outgoing::Change(change) if change.object == self.job.into() && change.aspects.any(Aspects::STATUS))
    }

    fn conditions(&self, show: impl Fn(&orrery::api::Condition) -> Value) -> Value {
        let job = self.world.jobs.get(self.job);
        job.map_or(Value::Null, |job| job.status.conditions.iter().map(show).collect())
    }

    fn status(&self) -> Value {
        let Some(job) = self.world.jobs.get(self.job) else { return Value::Null };
        let status = &job.status;
        let time = |time: Option<SimTime>| time.map_or(Value::Null, |time| json!(time.to_string()));
        let uids = |uids: &[orrery::api::Uid]| uids.iter().map(|uid| json!(uid.to_string())).collect::<Vec<_>>();
        let mut actual = json!({
            "active": status.active, "ready": status.ready, "terminating": status.terminating,
            "succeeded": status.succeeded, "failed": status.failed,
            "startTime": time(status.start_time), "completionTime": time(status.completion_time),
            "conditions": self.conditions(|c| json!({"type": c.kind.as_str(), "status": c.status.name(),
                "reason": c.reason.as_str(), "message": c.message.as_str()})),
        });
        if job.spec.indexed {
            actual["completedIndexes"] = json!(status.completed_indexes.as_str());
        }
        if let Some(failed) = &status.failed_indexes {
            actual["failedIndexes"] = json!(failed.as_str());
        }
        for (key, list) in [("succeeded", &status.uncounted_succeeded), ("failed", &status.uncounted_failed)] {
            if !list.is_empty() {
                actual["uncountedTerminatedPods"][key] = json!(uids(list));
            }
        }
        actual
    }

    fn created(&self, outgoing: &[Outgoing]) -> Value {
        let ids = changes(outgoing).filter(|change| change.verb == ChangeVerb::Added);
        let pods = ids.filter_map(|change| self.world.pods.get(change.object.id()?));
        pods.map(|pod| {
            let name = pod.meta.name.as_str();
            let mut actual = json!({"generateName": name[..name.len() - 5]});
            for (key, annotation) in [
                ("completionIndex", COMPLETION_INDEX),
                ("indexFailureCount", INDEX_FAILURE_COUNT),
                ("indexIgnoredFailureCount", INDEX_IGNORED_FAILURE_COUNT),
            ] {
                if let Some(value) = pod.meta.annotations.get(annotation) {
                    actual[key] = json!(value.as_str());
                }
            }
            if !pod.hostname().is_empty() {
                actual["hostname"] = json!(pod.hostname().as_str());
            }
            assert!(pod.meta.has_finalizer(TRACKING_FINALIZER));
            actual
        })
        .collect()
    }

    /// The names, in order, of the Pods with a change that fits.
    fn names(&self, outgoing: &[Outgoing], fits: impl Fn(PodId, &Change) -> bool) -> Vec<String> {
        let hit = |change: &Change| change.object.id::<Pod>().filter(|id| fits(*id, change));
        let names: BTreeSet<String> = changes(outgoing)
            .filter_map(hit)
            .filter_map(|id| self.world.pods.ghost(id))
            .map(|pod| pod.meta.name.to_string())
            .collect();
        names.into_iter().collect()
    }
}

fn changes(outgoing: &[Outgoing]) -> impl Iterator<Item = &Change> {
    outgoing.iter().filter_map(|out| match out {
        Outgoing::Change(change) => Some(change),
        Outgoing::Event(_) => None,
    })
}

fn events(outgoing: &[Outgoing]) -> Value {
    let shown = outgoing.iter().filter_map(|out| match out {
        Outgoing::Event(event) if !POD_EVENTS.contains(&event.reason) => Some(event),
        _ => None,
    });
    shown
        .map(|event| {
            json!({"type": if event.warning { "Warning" } else { "Normal" }, "reason": event.reason,
                   "message": event.message.render("", "").as_str()})
        })
        .collect()
}

/// Every field of `expect` that differs, with both values.
fn compare(expect: &Value, actual: &Value) -> Vec<String> {
    // Which of equal Pods go is chance; the table says so by a flag and names none.
    let named = json!(expect.get("deletedPods").is_some());
    let got = |field: &str| if field == "deletedPodsExact" { &named } else { &actual[field] };
    let fields = expect.as_object().into_iter().flatten();
    fields
        .filter(|(field, wanted)| got(field) != *wanted)
        .map(|(field, wanted)| format!("{field}: {} instead of {wanted}", got(field)))
        .collect()
}
