//! One sync of a CronJob: what has become of its Jobs, whether a slot is due, the next Job.
//! Upstream: pkg/controller/cronjob/cronjob_controllerv2.go syncCronJob.

use super::schedule::{Plan, SENSELESS, WAKE_UP_DELAY, minutes_since_1970};
use super::{CronJobId, KEEP_JOB, REPLACE_ANNOTATION};
use crate::actor::{ActorKind, Cx, job};
use crate::api::batch::{ConcurrencyPolicy, CronJobStatus};
use crate::api::{CronJob, Job, Kind, Meta, Text, Uid};
use crate::time::SimTime;
use crate::world::{ApiError, Aspects, DeleteOptions, JobId, Message, Source};

/// Annotation of a CronJob's Job with the time it was scheduled for.
const SCHEDULED_TIMESTAMP: &str = "batch.kubernetes.io/cronjob-scheduled-timestamp";

/// How a sync ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Synced {
    /// When to look again, if that is known.
    pub look_again: Option<SimTime>,
    /// Whether it had a status to write (also one that changed nothing).
    pub status_written: bool,
    /// The error that puts the CronJob back into the queue.
    pub error: Option<Text>,
    /// The client limit is used up until then.
    pub wait: Option<SimTime>,
    /// Whether the same sync, run again at once, would do something again (tell an Event, ask for a name).
    pub repeats: bool,
}

/// What a sync needs to know of one of the CronJob's Jobs, as it was when the sync began.
struct Child {
    id: JobId,
    uid: Uid,
    name: Text,
    /// `Complete` or `Failed`.
    finished: Option<&'static str>,
    start: Option<SimTime>,
    completion: Option<SimTime>,
}

/// A sync at work.
pub(super) struct CronJobSync<'a, 'w> {
    id: CronJobId,
    plan: &'a mut Plan,
    cx: &'a mut Cx<'w>,
    /// The CronJob with the status to be written.
    cron_job: CronJob,
    children: Vec<Child>,
    synced: Synced,
}

/// Why a sync goes no further.
enum Stop {
    /// Nothing more to do until something changes.
    Idle,
    /// Nothing more to do until the next slot.
    UntilSlot,
    /// The API server refused something.
    Refused(ApiError),
    /// The client limit is used up until then.
    Wait(SimTime),
}

impl From<SimTime> for Stop {
    fn from(at: SimTime) -> Stop {
        Stop::Wait(at)
    }
}

impl<'a, 'w> CronJobSync<'a, 'w> {
    pub fn new(id: CronJobId, cron_job: &CronJob, plan: &'a mut Plan, cx: &'a mut Cx<'w>) -> CronJobSync<'a, 'w> {
        let cron_job = cron_job.clone();
        let children = children(&cron_job, cx);
        CronJobSync { id, plan, cx, cron_job, children, synced: Synced::default() }
    }

    // pkg/controller/cronjob/cronjob_controllerv2.go sync
    pub fn run(mut self) -> Synced {
        match self.clean_up().and_then(|()| self.sync()) {
            Ok(()) | Err(Stop::UntilSlot) => {
                self.synced.look_again = Some(self.plan.next_look(&self.cron_job, self.cx.now));
            }
            Err(Stop::Idle) => {}
            Err(Stop::Refused(error)) => self.synced.error = Some(Text::from(error.to_string())),
            Err(Stop::Wait(at)) => self.synced.wait = Some(at),
        }
        let status = std::mem::take(&mut self.cron_job.status);
        if self.synced.status_written {
            self.cx.world.modify(self.id, |row| {
                let changed = row.status != status;
                row.status = status;
                Aspects::STATUS.when(changed)
            });
            self.plan.written = self.cx.world.cron_jobs.get(self.id).map_or(0, |row| row.meta.resource_version);
        }
        self.plan.quiet_until = match (&self.synced.error, self.synced.wait, self.synced.repeats) {
            (None, None, false) => Some(self.synced.look_again.map_or(SimTime::FAR_FUTURE, |at| at - WAKE_UP_DELAY)),
            _ => None,
        };
        self.synced
    }

    /// Tells an Event that every sync tells again as long as things are as they are.
    fn standing_event(&mut self, warning: bool, reason: &'static str, message: impl Into<Message>) {
        self.synced.repeats = true;
        self.event(warning, reason, message);
    }

    fn event(&mut self, warning: bool, reason: &'static str, message: impl Into<Message>) {
        self.cx.world.event(self.id, Source::CronJob, warning, reason, message);
    }

    fn forget(&mut self, uid: Uid) {
        self.cron_job.status.active.retain(|(_, known)| *known != uid);
    }

    fn is_active(&self, uid: Uid) -> bool {
        self.cron_job.status.active.iter().any(|(_, known)| *known == uid)
    }

    /// Deletes finished Jobs beyond the history limits.
    // pkg/controller/cronjob/cronjob_controllerv2.go cleanupFinishedJobs, removeOldestJobs
    fn clean_up(&mut self) -> Result<(), Stop> {
        let spec = self.cron_job.spec.clone();
        for (kind, limit) in
            [("Complete", spec.successful_jobs_history_limit), ("Failed", spec.failed_jobs_history_limit)]
        {
            let Some(limit) = limit else { continue };
            let mut ended: Vec<&Child> = self.children.iter().filter(|child| child.finished == Some(kind)).collect();
            let surplus = ended.len().saturating_sub(limit.max(0) as usize);
            if surplus == 0 {
                continue;
            }
            ended.sort_by(|a, b| (a.start.is_none(), a.start, &a.name).cmp(&(b.start.is_none(), b.start, &b.name)));
            let oldest: Vec<(JobId, Uid, Text)> =
                ended.iter().take(surplus).map(|child| (child.id, child.uid, child.name.clone())).collect();
            for (id, uid, name) in oldest {
                self.delete_job(id, uid, &name)?;
            }
        }
        Ok(())
    }

    // pkg/controller/cronjob/cronjob_controllerv2.go deleteJob
    fn delete_job(&mut self, id: JobId, uid: Uid, name: &Text) -> Result<(), Stop> {
        self.cx.call(ActorKind::CronJob)?;
        if let Err(error) = self.cx.world.delete(id, DeleteOptions::default(), self.cx.now) {
            self.event(true, "FailedDelete", format!("Deleted job: {error}"));
            return Ok(());
        }
        self.forget(uid);
        self.event(false, "SuccessfulDelete", format!("Deleted job {name}"));
        self.synced.status_written = true;
        Ok(())
    }

    // pkg/controller/cronjob/cronjob_controllerv2.go syncCronJob
    fn sync(&mut self) -> Result<(), Stop> {
        self.look_at_jobs();
        self.look_for_missing_jobs();
        if self.cron_job.meta.deleting() {
            return Err(Stop::Idle);
        }
        let slot = self.due_slot()?;
        let name = Text::from(format!("{}-{}", self.cron_job.meta.name, minutes_since_1970(slot)));
        let started = self.cron_job.status.active.iter().any(|(known, _)| *known == name);
        if started || self.cron_job.status.last_schedule_time == Some(slot) {
            return Err(Stop::UntilSlot);
        }
        let busy = !self.cron_job.status.active.is_empty();
        match self.cron_job.spec.concurrency_policy {
            ConcurrencyPolicy::Forbid if busy => {
                let message = "Not starting job because prior execution is running and concurrency policy is Forbid";
                self.standing_event(false, "JobAlreadyActive", message);
                return Err(Stop::UntilSlot);
            }
            ConcurrencyPolicy::Replace if busy => self.replace(slot)?,
            _ => {}
        }
        self.start(slot, name)
    }

    /// Notes which Jobs have ended and which are there unexpectedly.
    fn look_at_jobs(&mut self) {
        for at in 0..self.children.len() {
            let Some(child) = self.children.get(at) else { return };
            let (uid, completion, finished) = (child.uid, child.completion, child.finished);
            let known = self.is_active(uid);
            match finished {
                None if known => {}
                None => {
                    let text = format!("Saw a job that the controller did not create or forgot: {}", child.name);
                    self.standing_event(true, "UnexpectedJob", text);
                }
                Some(condition) => {
                    if known {
                        let text = format!("Saw completed job: {}, condition: {condition}", child.name);
                        self.forget(uid);
                        self.event(false, "SawCompletedJob", text);
                        self.synced.status_written = true;
                    }
                    if condition == "Complete" {
                        self.note_success(completion);
                    }
                }
            }
        }
    }

    fn note_success(&mut self, completion: Option<SimTime>) {
        let last = &mut self.cron_job.status.last_successful_time;
        if last.is_none() || completion > *last {
            *last = completion;
            self.synced.status_written = true;
        }
    }

    fn look_for_missing_jobs(&mut self) {
        let missing = |(name, uid): &&(Text, Uid)| {
            let namespace = &self.cron_job.meta.namespace;
            !self.children.iter().any(|child| child.uid == *uid)
                && self.cx.world.find(Kind::Job, namespace, name).is_none()
        };
        let gone: Vec<(Text, Uid)> = self.cron_job.status.active.iter().filter(missing).cloned().collect();
        for (name, uid) in gone {
            self.event(false, "MissingJob", format!("Active job went missing: {name}"));
            self.forget(uid);
            self.synced.status_written = true;
        }
    }

    /// The slot that is due and not run yet. A slot whose deadline has passed is never found: the search starts after it.
    fn due_slot(&mut self) -> Result<SimTime, Stop> {
        if let (Some(zone), Err(cause)) = (&self.cron_job.spec.time_zone, &self.plan.zone) {
            let text = format!("invalid timeZone: {}: {cause}", crate::cron::quote(zone));
            self.standing_event(true, "UnknownTimeZone", text);
            return Err(Stop::Idle);
        }
        if self.cron_job.spec.suspend {
            return Err(Stop::Idle);
        }
        let schedule = self.cron_job.spec.schedule.clone();
        if self.plan.zone_in_schedule() {
            let quoted = crate::cron::quote(&schedule);
            let text = format!(
                "CRON_TZ or TZ used in schedule {quoted} is not officially supported, see \
                 https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details"
            );
            self.standing_event(true, "UnsupportedSchedule", text);
        }
        if let Err(cause) = &self.plan.schedule {
            let text = format!("unparseable schedule: {} : {cause}", crate::cron::quote(&schedule));
            self.standing_event(true, "UnparseableSchedule", text);
            return Err(Stop::Idle);
        }
        let Ok(recent) = self.plan.most_recent(&self.cron_job, self.cx.now, true) else {
            self.standing_event(true, "InvalidSchedule", format!("invalid schedule: {schedule} : {SENSELESS}"));
            return Err(Stop::Idle);
        };
        let slot = recent.slot.ok_or(Stop::UntilSlot)?;
        if recent.too_many_missed() {
            let text = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew";
            self.event(true, "TooManyMissedTimes", text);
        }
        Ok(slot)
    }

    /// Makes room for the next run: deletes the Jobs that are still running.
    fn replace(&mut self, slot: SimTime) -> Result<(), Stop> {
        if self.cron_job.meta.annotations.get(REPLACE_ANNOTATION).is_some_and(|way| way == KEEP_JOB) {
            return self.replace_pods(slot);
        }
        for (name, uid) in self.cron_job.status.active.clone() {
            let namespace = self.cron_job.meta.namespace.clone();
            match self.cx.world.find_id::<Job>(&namespace, &name) {
                Some(id) => self.delete_job(id, uid, &name)?,
                None => {
                    let error = ApiError::NotFound(Kind::Job, name);
                    self.event(true, "FailedGet", format!("Get job: {error}"));
                    return Err(Stop::Refused(error));
                }
            }
        }
        Ok(())
    }

    /// Lets new Pods take the place of the running ones in the same Job. When none is running any more, the next Job is
    /// made as usual.
    // DIFFERENCE: a CronJob with the annotation `orrery.sim/replace: keep-job` shows the picture of an article, in which
    // Replace keeps the Job and lets a new Pod join it. Kubernetes deletes the Job and makes a new one.
    fn replace_pods(&mut self, slot: SimTime) -> Result<(), Stop> {
        let running: Vec<(JobId, Text)> = self
            .children
            .iter()
            .filter(|child| child.finished.is_none() && self.is_active(child.uid))
            .map(|child| (child.id, child.name.clone()))
            .collect();
        let mut replaced = false;
        for (id, name) in running {
            if job::replace_active_pods(id, self.cx) > 0 {
                self.event(false, "ReplacedPods", format!("Replaced the running pods of job {name}"));
                replaced = true;
            }
        }
        if !replaced {
            return Ok(());
        }
        self.cron_job.status.last_schedule_time = Some(slot);
        self.synced.status_written = true;
        Err(Stop::UntilSlot)
    }

    /// Makes the Job of a slot.
    // pkg/controller/cronjob/utils.go getJobFromTemplate2
    fn start(&mut self, slot: SimTime, name: Text) -> Result<(), Stop> {
        self.cx.call(ActorKind::CronJob)?;
        let spec = &self.cron_job.spec;
        let scheduled = self.plan.zone.as_ref().map_or_else(|_| slot.to_string(), |z| z.rfc3339(slot.unix_seconds()));
        let meta = Meta {
            name: name.clone(),
            namespace: self.cron_job.meta.namespace.clone(),
            labels: spec.job_labels.clone(),
            annotations: spec.job_annotations.with(SCHEDULED_TIMESTAMP, scheduled),
            owners: Some(self.plan.owners.clone()),
            ..Meta::default()
        };
        let job = Job { meta, spec: self.plan.job_spec.clone(), status: Default::default() };
        let uid = match self.cx.world.create_job(job, self.cx.now) {
            Ok(id) => {
                self.event(false, "SuccessfulCreate", format!("Created job {name}"));
                self.cx.world.jobs.get(id).map(|job| job.meta.uid).unwrap_or_default()
            }
            Err(ApiError::AlreadyExists(..)) => self.own_job_of_that_name(&name)?,
            Err(error @ ApiError::NamespaceTerminating(..)) => return Err(Stop::Refused(error)),
            Err(error) => {
                self.event(true, "FailedCreate", format!("Error creating job: {error}"));
                return Err(Stop::Refused(error));
            }
        };
        let CronJobStatus { active, last_schedule_time, .. } = &mut self.cron_job.status;
        active.push((name, uid));
        *last_schedule_time = Some(slot);
        self.synced.status_written = true;
        Ok(())
    }

    /// The Job of that name when it is this CronJob's and not known yet. Anybody else's is left alone, and the CronJob
    /// waits for something to change.
    fn own_job_of_that_name(&mut self, name: &Text) -> Result<Uid, Stop> {
        self.synced.repeats = true;
        let found = self.cx.world.find_id::<Job>(&self.cron_job.meta.namespace, name);
        let job = found.and_then(|id| self.cx.world.jobs.get(id)).ok_or(Stop::Idle)?;
        let ours = job.meta.controller().is_some_and(|owner| owner.uid == self.cron_job.meta.uid);
        if ours && !self.is_active(job.meta.uid) { Ok(job.meta.uid) } else { Err(Stop::Idle) }
    }
}

/// The Jobs that a CronJob controls, in order of creation.
// pkg/controller/cronjob/cronjob_controllerv2.go getJobsToBeReconciled
fn children(cron_job: &CronJob, cx: &Cx) -> Vec<Child> {
    let ids = cx.world.index.dependents(cron_job.meta.uid).filter_map(|object| object.id::<Job>());
    let jobs = ids.filter_map(|id| cx.world.jobs.get(id).map(|job| (id, job)));
    jobs.filter(|(_, job)| job.meta.controller().is_some_and(|owner| owner.uid == cron_job.meta.uid))
        .map(|(id, job)| Child {
            id,
            uid: job.meta.uid,
            name: job.meta.name.clone(),
            finished: job.finished().map(|c| if c.kind == "Complete" { "Complete" } else { "Failed" }),
            start: job.status.start_time,
            completion: job.status.completion_time,
        })
        .collect()
}
