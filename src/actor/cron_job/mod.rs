//! The CronJob controller.
//! Upstream: pkg/controller/cronjob/cronjob_controllerv2.go.

mod schedule;
mod sync;
#[cfg(test)]
mod tests;

use super::controller_ref::Controllers;
use super::queue::QUEUE_CODE;
use super::{Actor, ActorKind, Cx, Key, Sight, WorkQueue};
use crate::api::batch::CronJobSpec;
use crate::api::{CronJob, Job, Kind};
use crate::time::SimTime;
use crate::world::{Aspects, Change, ChangeVerb, Id, Source};
use schedule::Plan;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
pub use sync::Synced;

/// The id of a CronJob.
pub type CronJobId = Id<CronJob>;

/// Annotation of a CronJob that says how policy Replace is to work.
pub const REPLACE_ANNOTATION: &str = "orrery.sim/replace";
/// The value of it that keeps the Job and replaces its Pods.
pub const KEEP_JOB: &str = "keep-job";

/// The CronJob controller.
#[derive(Clone, Debug)]
pub struct CronJobs {
    queue: WorkQueue,
    controllers: Controllers<CronJob>,
    plans: BTreeMap<CronJobId, Plan>,
    /// CronJobs whose schedule changed.
    rescheduled: VecDeque<CronJobId>,
}

impl Default for CronJobs {
    fn default() -> CronJobs {
        CronJobs {
            queue: WorkQueue::new(ActorKind::CronJob),
            controllers: Controllers::default(),
            plans: BTreeMap::new(),
            rescheduled: VecDeque::new(),
        }
    }
}

impl CronJobs {
    /// One sync of a CronJob.
    // pkg/controller/cronjob/cronjob_controllerv2.go sync, processNextWorkItem
    pub fn sync_cron_job(&mut self, id: CronJobId, cx: &mut Cx) -> Synced {
        let Some(cron_job) = cx.world.cron_jobs.get(id).cloned() else { return Synced::default() };
        let plan = up_to_date(&mut self.plans, id, &cron_job);
        let synced = sync::CronJobSync::new(id, &cron_job, plan, cx).run();
        if synced.error.is_some() {
            self.queue.add_rate_limited(id, cx.now, cx.alarms);
        } else if let Some(at) = synced.wait {
            self.queue.add_at(id, at, cx.alarms);
        } else if let Some(at) = synced.look_again {
            self.queue.forget(id);
            self.look_at(id, at, cx);
        }
        synced
    }

    fn look_at(&mut self, id: CronJobId, at: SimTime, cx: &mut Cx) {
        let at = at + cx.world.leanings.look_lag(id, at);
        if at <= cx.now { self.queue.add(id) } else { self.queue.add_at(id, at, cx.alarms) }
    }

    /// A new schedule starts nothing; it only sets the time of the next look.
    // pkg/controller/cronjob/cronjob_controllerv2.go updateCronJob
    fn reschedule(&mut self, id: CronJobId, cx: &mut Cx) {
        let Some(cron_job) = cx.world.cron_jobs.get(id).cloned() else { return };
        let plan = up_to_date(&mut self.plans, id, &cron_job);
        if plan.schedule.is_err() {
            let text = format!("unparseable schedule for cronjob: {}", cron_job.spec.schedule);
            return cx.world.event(id, Source::CronJob, true, "UnParseableCronJobSchedule", text);
        }
        let at = plan.next_look(&cron_job, cx.now);
        self.look_at(id, at, cx);
    }

    fn observe_cron_job(&mut self, change: &Change, sight: &mut Sight) {
        let Some(id) = change.object.id::<CronJob>() else { return };
        let Some(cron_job) = sight.world.cron_jobs.ghost(id) else { return };
        match change.verb {
            ChangeVerb::Added => self.controllers.enter(cron_job.meta.uid, id),
            ChangeVerb::Modified => {
                if let Some(plan) = self.plans.get(&id) {
                    if !Arc::ptr_eq(&plan.spec, &cron_job.spec) && differs_in_schedule(&plan.spec, &cron_job.spec) {
                        return self.rescheduled.push_back(id);
                    }
                    if plan.written == cron_job.meta.resource_version && is_quiet(plan, sight.now) {
                        return;
                    }
                }
            }
            ChangeVerb::Deleted => {
                self.controllers.strike(cron_job.meta.uid);
                self.plans.remove(&id);
                return self.queue.drop_object(id);
            }
        }
        self.queue.add(id);
    }

    // pkg/controller/cronjob/cronjob_controllerv2.go addJob, updateJob, deleteJob
    fn observe_job(&mut self, change: &Change, sight: &Sight) {
        let Some(job) = change.object.id::<Job>().and_then(|id| sight.world.jobs.ghost(id)) else { return };
        if let Some(id) = change.prior_controller.and_then(|uid| self.controllers.by_uid(uid)) {
            self.queue.add(id);
        }
        let Some(id) = self.controllers.of(&job.meta) else { return };
        if !change.aspects.any(Aspects::OWNERS) && self.leaves_cold(id, job, change.verb, sight) {
            return;
        }
        self.queue.add(id);
    }

    /// Whether a change of a Job is none that a sync would do anything about. Upstream syncs all the same, to no effect.
    fn leaves_cold(&self, id: CronJobId, job: &Job, verb: ChangeVerb, sight: &Sight) -> bool {
        let (Some(plan), Some(cron_job)) = (self.plans.get(&id), sight.world.cron_jobs.get(id)) else { return false };
        let known = cron_job.status.active.iter().any(|(_, uid)| *uid == job.meta.uid);
        let expected = match verb {
            ChangeVerb::Deleted => !known,
            _ => known && job.finished().is_none(),
        };
        expected && is_quiet(plan, sight.now)
    }
}

fn is_quiet(plan: &Plan, now: SimTime) -> bool {
    plan.quiet_until.is_some_and(|until| now < until)
}

fn differs_in_schedule(one: &CronJobSpec, other: &CronJobSpec) -> bool {
    (&one.schedule, &one.time_zone) != (&other.schedule, &other.time_zone)
}

/// The plan of a CronJob, made anew when its spec is another one.
fn up_to_date<'a>(plans: &'a mut BTreeMap<CronJobId, Plan>, id: CronJobId, cron_job: &CronJob) -> &'a mut Plan {
    let plan = plans.entry(id).or_insert_with(|| Plan::new(cron_job));
    if !Arc::ptr_eq(&plan.spec, &cron_job.spec) {
        *plan = Plan::new(cron_job);
    }
    plan
}

impl Actor for CronJobs {
    fn observe(&mut self, change: &Change, sight: &mut Sight) {
        match change.object.kind {
            Kind::CronJob => self.observe_cron_job(change, sight),
            Kind::Job => self.observe_job(change, sight),
            _ => {}
        }
    }

    fn ring(&mut self, key: Key, cx: &mut Cx) {
        if key.code == QUEUE_CODE {
            self.queue.ring(key, cx.now);
        }
    }

    fn work(&mut self, cx: &mut Cx) -> bool {
        if let Some(id) = self.rescheduled.pop_front() {
            self.reschedule(id, cx);
            return true;
        }
        let Some(object) = self.queue.pop() else { return false };
        if let Some(id) = object.id::<CronJob>() {
            self.sync_cron_job(id, cx);
        }
        true
    }
}
