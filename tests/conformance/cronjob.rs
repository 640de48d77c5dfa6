//! One case of `cronjob.json`: a CronJob and its Jobs as one sync of the CronJob controller leaves them.
//!
//! Included by the harness with `#[path]`, so that the table and its meaning stay together.

use orrery::actor::cron_job::{CronJobs, Synced};
use orrery::actor::{Alarms, CallLimits, Cx};
use orrery::api::policy::Namespace;
use orrery::api::{CronJob, Job, Kind, Labels, Text};
use orrery::time::SimTime;
use orrery::world::{Aspects, Change, ChangeVerb, Denial, Id, Outgoing, World};
use serde_json::{Value, json};

/// Runs one case and describes every field of `expect` that came out differently. An empty list is a pass.
pub fn run_case(case: &Value) -> Vec<String> {
    let given = within_our_years(&case["given"]);
    let now = SimTime::parse(given["now"].as_str().unwrap_or_default()).unwrap_or_default();
    let (mut world, id) = build(&given, now);
    let (mut alarms, mut calls) = (Alarms::default(), CallLimits::default());
    let mut cx = Cx { now, world: &mut world, alarms: &mut alarms, calls: &mut calls };
    let synced = CronJobs::default().sync_cron_job(id, &mut cx);
    let outgoing = world.take_outbox();
    let mut actual = actual(&world, id, now, &synced, &outgoing);
    if !synced.status_written {
        // What the controller had in its hands before is what the table shows, also where its cache lagged behind.
        let active = given["cronJob"]["status"]["active"].as_array().into_iter().flatten();
        actual["status"]["active"] = active.map(|job| job["name"].clone()).collect();
    }
    compare(&within_our_years(&case["expect"]), &actual)
}

/// Simulated time begins in 1678; some cases are set in the year 1. Their times are moved to 1700, which keeps their order
/// and what of their spans Go can hold.
fn within_our_years(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(moved(text).unwrap_or_else(|| text.clone())),
        Value::Array(items) => items.iter().map(within_our_years).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), within_our_years(value))).collect(),
        other => other.clone(),
    }
}

fn moved(text: &str) -> Option<String> {
    let [first, from, to]: [jiff::Timestamp; 3] =
        ["1678-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1700-01-01T00:00:00Z"].map(|text| text.parse().unwrap());
    let time: jiff::Timestamp = text.parse().ok().filter(|time| *time < first)?;
    Some((time + (to - from)).to_string())
}

fn build(given: &Value, now: SimTime) -> (World, Id<CronJob>) {
    let mut world = World::default();
    let meta = &given["cronJob"]["metadata"];
    let id = world.create(CronJob::from_value(&given["cronJob"]), now).expect("an empty world takes a CronJob");
    let owner = json!([{"apiVersion": "batch/v1", "kind": "CronJob", "controller": true, "blockOwnerDeletion": true,
                        "name": meta["name"], "uid": meta["uid"]}]);
    for job in given["jobs"].as_array().into_iter().flatten() {
        let mut job = job.clone();
        // The table's Jobs are all the CronJob's; some were written down without saying so.
        if job["metadata"]["ownerReferences"].is_null() {
            job["metadata"]["ownerReferences"] = owner.clone();
        }
        world.create(Job::from_value(&job), now).expect("the names of a case differ");
    }
    // A status that the controller's cache does not have yet is there all the same.
    if let Some(active) = given["liveStatusActive"].as_array() {
        let mut live = given["cronJob"].clone();
        live["status"]["active"] = json!(active);
        world.modify(id, |cron_job| {
            cron_job.status = CronJob::from_value(&live).status;
            Aspects::STATUS
        });
    }
    // So is a Job.
    for job in given["jobsNotYetInCache"].as_array().into_iter().flatten() {
        world.create(Job::from_value(job), now).expect("the names of a case differ");
    }
    let namespace = Text::copy(meta["namespace"].as_str().unwrap_or_default());
    match given["createError"].as_str() {
        None => {}
        Some("NamespaceTerminating") => {
            let terminating = json!({"metadata": {"name": namespace.as_str(), "deletionTimestamp": now.to_string()}});
            world.create(Namespace::from_value(&terminating), now).expect("there is no namespace yet");
        }
        Some(error) => {
            let message = Text::copy(error);
            world.denials.push(Denial { kind: Kind::Job, namespace, grants: 0, message });
        }
    }
    world.take_outbox();
    (world, id)
}

fn actual(world: &World, id: Id<CronJob>, now: SimTime, synced: &Synced, outgoing: &[Outgoing]) -> Value {
    let job_names = |verb: ChangeVerb| -> Vec<String> {
        let jobs =
            changes(outgoing).filter(|change| change.verb == verb).filter_map(|change| change.object.id::<Job>());
        jobs.filter_map(|id| world.jobs.ghost(id)).map(|job| job.meta.name.to_string()).collect()
    };
    let created = changes(outgoing).filter(|change| change.verb == ChangeVerb::Added);
    let created: Vec<Value> =
        created.filter_map(|change| world.jobs.get(change.object.id()?)).map(created_job).collect();
    let status = &world.cron_jobs.get(id).expect("a sync does not remove its CronJob").status;
    let time = |time: Option<SimTime>| time.map_or(Value::Null, |time| json!(time.to_string()));
    let again = synced.look_again;
    json!({
        "createdJobs": created,
        "deletedJobs": job_names(ChangeVerb::Deleted),
        "error": synced.error.as_ref().map(Text::as_str),
        "events": events(outgoing),
        "requeueAfterMillis": again.map(|at| (at - now).millis()),
        "requeueAt": again.map(|at| rfc3339_nanos(now + (at - now))),
        "statusWritten": synced.status_written,
        "status": {
            "active": status.active.iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>(),
            "lastScheduleTime": time(status.last_schedule_time),
            "lastSuccessfulTime": time(status.last_successful_time),
        },
    })
}

/// As Go prints a time: no trailing zeros in the fraction.
fn rfc3339_nanos(time: SimTime) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(time.unix_nanos())).expect("the year is one of ours").to_string()
}

fn created_job(job: &Job) -> Value {
    let map = |labels: &Labels| if labels.pairs().is_empty() { json!({}) } else { labels.to_value() };
    // Without labels of its own a Job shows those of its Pods; that is the API server's doing, not the controller's.
    let own = if job.meta.labels == job.spec.template.labels { Labels::default() } else { job.meta.labels.clone() };
    let owner = job.meta.controller().map(|owner| {
        json!({"apiVersion": owner.api_version.as_str(), "kind": owner.kind.as_str(), "name": owner.name.as_str(),
               "uid": owner.uid.to_string(), "controller": owner.controller,
               "blockOwnerDeletion": owner.block_owner_deletion})
    });
    json!({"name": job.meta.name.as_str(), "labels": map(&own), "annotations": map(&job.meta.annotations),
           "ownerReference": owner})
}

fn changes(outgoing: &[Outgoing]) -> impl Iterator<Item = &Change> {
    outgoing.iter().filter_map(|out| match out {
        Outgoing::Change(change) => Some(change),
        Outgoing::Event(_) => None,
    })
}

fn events(outgoing: &[Outgoing]) -> Value {
    let events = outgoing.iter().filter_map(|out| match out {
        Outgoing::Event(event) => Some(event),
        Outgoing::Change(_) => None,
    });
    events
        .map(|event| {
            json!({"type": if event.warning { "Warning" } else { "Normal" }, "reason": event.reason,
                   "message": event.message.render("", "").as_str()})
        })
        .collect()
}

/// Every field of `expect` that differs, with both values.
fn compare(expect: &Value, actual: &Value) -> Vec<String> {
    let fields = expect.as_object().into_iter().flatten();
    fields
        .filter(|(field, wanted)| actual[field.as_str()] != **wanted)
        .map(|(field, wanted)| format!("{field}: {} instead of {wanted}", actual[field.as_str()]))
        .collect()
}
