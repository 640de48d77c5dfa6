//! The TTL-after-finished controller: deletes finished Jobs when their time is over.
//! Upstream: pkg/controller/ttlafterfinished/ttlafterfinished_controller.go.

use super::queue::QUEUE_CODE;
use super::{Actor, ActorKind, Cx, Key, Sight, WorkQueue};
use crate::api::Job;
use crate::time::{SimDuration, SimTime};
use crate::world::{Change, ChangeVerb, DeleteOptions, JobId, Propagation};

/// The TTL-after-finished controller.
#[derive(Clone, Debug)]
pub struct TtlAfterFinished {
    queue: WorkQueue,
}

impl Default for TtlAfterFinished {
    fn default() -> TtlAfterFinished {
        TtlAfterFinished { queue: WorkQueue::new(ActorKind::TtlAfterFinished) }
    }
}

/// When a Job is to be deleted; `None` while it runs, when it is to stay, or when it goes already.
// pkg/controller/ttlafterfinished/ttlafterfinished_controller.go needsCleanup, getFinishAndExpireTime
fn expires_at(job: &Job) -> Option<SimTime> {
    let seconds = job.spec.ttl_seconds_after_finished.filter(|_| !job.meta.deleting())?;
    Some(job.finished()?.since + SimDuration::from_secs(seconds))
}

impl TtlAfterFinished {
    // pkg/controller/ttlafterfinished/ttlafterfinished_controller.go processJob
    fn process_job(&mut self, id: JobId, cx: &mut Cx) {
        let Some(at) = cx.world.jobs.get(id).and_then(expires_at) else { return };
        if at > cx.now {
            return self.queue.add_at(id, at, cx.alarms);
        }
        if let Err(at) = cx.call(ActorKind::TtlAfterFinished) {
            return self.queue.add_at(id, at, cx.alarms);
        }
        let options = DeleteOptions { propagation: Propagation::Foreground, ..DeleteOptions::default() };
        // Not found means that it is gone, which is what is wanted.
        let _ = cx.world.delete(id, options, cx.now);
    }
}

impl Actor for TtlAfterFinished {
    fn observe(&mut self, change: &Change, sight: &mut Sight) {
        let Some(id) = change.object.id::<Job>() else { return };
        if change.verb == ChangeVerb::Deleted {
            return self.queue.drop_object(id);
        }
        if sight.world.jobs.get(id).is_some_and(|job| expires_at(job).is_some()) {
            self.queue.add(id);
        }
    }

    fn ring(&mut self, key: Key, cx: &mut Cx) {
        if key.code == QUEUE_CODE {
            self.queue.ring(key, cx.now);
        }
    }

    fn work(&mut self, cx: &mut Cx) -> bool {
        let Some(object) = self.queue.pop() else { return false };
        if let Some(id) = object.id() {
            self.process_job(id, cx);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Sim;
    use crate::world::Settings;
    use serde_json::{Value, json};

    /// Seconds after which a Job with this `ttlSecondsAfterFinished`, finished at second 5, is asked to go.
    fn deleted_after(spec: Value, condition: Value) -> Option<i64> {
        let start = SimTime::from_unix_seconds(1_000);
        let mut sim = Sim::new(start, Settings::default());
        let job = json!({"metadata": {"name": "j", "namespace": "default", "finalizers": ["stay"]}, "spec": spec,
                         "status": {"conditions": [condition]}});
        let id = sim.state.world.create(Job::from_value(&job), start).unwrap();
        (0..100).find(|second| {
            sim.advance(start + SimDuration::from_secs(*second), u64::MAX);
            sim.state.world.jobs.get(id).is_some_and(|job| job.meta.deleting())
        })
    }

    #[test]
    fn a_finished_job_goes_when_its_time_is_over_and_no_other_does() {
        let at = SimTime::from_unix_seconds(1_005).to_string();
        let ended = |kind: &str, status: &str| json!({"type": kind, "status": status, "lastTransitionTime": at});
        // Somebody else's Job, so that nobody ends it here.
        let spec = |ttl: &Value| json!({"ttlSecondsAfterFinished": ttl, "managedBy": "me.example", "template": {}});
        for (ttl, condition, expected) in [
            (json!(10), ended("Complete", "True"), Some(15)),
            (json!(0), ended("Failed", "True"), Some(5)),
            (json!(0), ended("FailureTarget", "True"), None),
            (json!(0), ended("Complete", "False"), None),
            (Value::Null, ended("Complete", "True"), None),
        ] {
            let found = deleted_after(spec(&ttl), condition.clone());
            assert_eq!(found, expected, "{ttl} {condition}");
        }
    }

    #[test]
    fn a_time_to_live_that_comes_late_counts_from_the_end_all_the_same() {
        let start = SimTime::from_unix_seconds(1_000);
        let mut sim = Sim::new(start, Settings::default());
        let ended = json!({"type": "Complete", "status": "True", "lastTransitionTime": start.to_string()});
        let job = json!({"metadata": {"name": "j", "namespace": "default"}, "spec": {"template": {}},
                         "status": {"conditions": [ended]}});
        let id = sim.state.world.create(Job::from_value(&job), start).unwrap();
        sim.advance(start + SimDuration::from_secs(50), u64::MAX);
        sim.state.world.modify(id, |job| {
            std::sync::Arc::make_mut(&mut job.spec).ttl_seconds_after_finished = Some(20);
            crate::world::Aspects::SPEC
        });
        sim.advance(start + SimDuration::from_secs(50), u64::MAX);
        let job = sim.state.world.jobs.get(id);
        assert!(job.is_none_or(|job| job.meta.deleting()));
    }
}
