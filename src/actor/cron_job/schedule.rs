//! When a CronJob is due: the slots that have passed, and the next time to look.
//! Upstream: pkg/controller/cronjob/utils.go.

use crate::api::CronJob;
use crate::api::batch::{CronJobSpec, JobSpec};
use crate::api::{Kind, OwnerReference};
use crate::cron::{Schedule, Zone, parse_standard};
use crate::time::{SimDuration, SimTime};
use std::sync::Arc;

/// How long after a slot the controller looks (upstream: nextScheduleDelta).
pub const WAKE_UP_DELAY: SimDuration = SimDuration::from_millis(100);
/// More missed slots than this are told in an Event.
const MANY_MISSED_SLOTS: i64 = 100;
/// The most slots that are walked through to find the latest one, in slots. A minute schedule of one month a year, the
/// worst that the estimate of missed slots leaves to walk, has 44,640.
const MAX_SLOTS_WALKED: u32 = 200_000;
/// How many answers of the schedule are remembered.
const REMEMBERED_ANSWERS: usize = 4;
const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// What was worked out from a CronJob's spec, kept for as long as the spec stays.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// The spec it was made from.
    pub spec: Arc<CronJobSpec>,
    /// Its zone, or why there is none.
    pub zone: Result<Zone, String>,
    /// Its schedule, or what is wrong with the text.
    pub schedule: Result<Schedule, String>,
    /// The spec of its Jobs, with defaults.
    pub job_spec: Arc<JobSpec>,
    /// The owner list of its Jobs.
    pub owners: Arc<[OwnerReference]>,
    /// Until when a sync finds nothing to do, unless the CronJob changes, one of its Jobs ends or a stranger appears.
    pub quiet_until: Option<SimTime>,
    /// The version of the CronJob that its last sync wrote.
    pub written: u64,
    answers: [Option<(i64, Option<i64>)>; REMEMBERED_ANSWERS],
    next_answer: usize,
}

/// The most recent slot that has not been run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Recent {
    /// The slot; `None` when none has passed.
    pub slot: Option<SimTime>,
    /// How many slots have passed, estimated as upstream does.
    pub missed: i64,
    /// From when on slots were looked for.
    pub earliest: SimTime,
}

impl Recent {
    pub const fn too_many_missed(&self) -> bool {
        self.missed > MANY_MISSED_SLOTS
    }
}

/// A schedule that never runs, or only once in five years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Senseless;

/// The text of upstream's error for a schedule that never runs.
pub(super) const SENSELESS: &str = "time difference between two schedules is less than 1 second";

impl Plan {
    pub fn new(cron_job: &CronJob) -> Plan {
        let spec = cron_job.spec.clone();
        let zone = Zone::load_or_cause(spec.time_zone.as_deref().unwrap_or(""));
        let mut job_spec = JobSpec::from_value(&spec.job_source);
        job_spec.set_defaults();
        Plan {
            schedule: parse_standard(&spec.schedule),
            zone,
            spec,
            job_spec: Arc::new(job_spec),
            owners: Arc::from([OwnerReference::controller(Kind::CronJob, &cron_job.meta)]),
            quiet_until: None,
            written: 0,
            answers: [None; REMEMBERED_ANSWERS],
            next_answer: 0,
        }
    }

    /// Whether the schedule names its zone itself, which works but is not supported.
    // pkg/controller/cronjob/cronjob_controllerv2.go formatSchedule
    pub fn zone_in_schedule(&self) -> bool {
        self.spec.schedule.contains("TZ")
    }

    /// The first slot after a time.
    fn next(&mut self, after: SimTime) -> Option<SimTime> {
        let nanos = after.unix_nanos();
        if let Some((_, answer)) = self.answers.iter().flatten().find(|(known, _)| *known == nanos) {
            return answer.map(SimTime::from_unix_nanos);
        }
        let utc = Zone::utc();
        let zone = self.zone.as_ref().ok().filter(|_| !self.zone_in_schedule()).unwrap_or(&utc);
        let answer = self.schedule.as_ref().ok()?.next(nanos, zone);
        self.answers[self.next_answer % REMEMBERED_ANSWERS] = Some((nanos, answer));
        self.next_answer = (self.next_answer + 1) % REMEMBERED_ANSWERS;
        answer.map(SimTime::from_unix_nanos)
    }

    /// The latest slot that has passed since the last run (or the creation).
    // pkg/controller/cronjob/utils.go mostRecentScheduleTime
    pub fn most_recent(&mut self, cron_job: &CronJob, now: SimTime, by_deadline: bool) -> Result<Recent, Senseless> {
        let mut earliest = cron_job.status.last_schedule_time.unwrap_or(cron_job.meta.created);
        if let Some(seconds) = self.spec.starting_deadline_seconds.filter(|_| by_deadline) {
            earliest = earliest.max(now - SimDuration::from_secs(seconds));
        }
        let first = self.next(earliest).ok_or(Senseless)?;
        if now < first {
            return Ok(Recent { slot: None, missed: 0, earliest });
        }
        let second = self.next(first).ok_or(Senseless)?;
        if now < second {
            return Ok(Recent { slot: Some(first), missed: 0, earliest });
        }
        let between = (second - first).seconds();
        if between < 1 {
            return Err(Senseless);
        }
        // The number is estimated from the first distance; the search starts one distance before where it leads.
        let missed = (now - first).seconds() / between + 1;
        let start = first + SimDuration::from_secs((missed - 2).saturating_mul(between));
        Ok(Recent { slot: self.latest_until(start, now), missed, earliest })
    }

    /// The last slot after `start` that is not after `now`.
    fn latest_until(&self, start: SimTime, now: SimTime) -> Option<SimTime> {
        let utc = Zone::utc();
        let zone = self.zone.as_ref().ok().filter(|_| !self.zone_in_schedule()).unwrap_or(&utc);
        let schedule = self.schedule.as_ref().ok()?;
        let (mut latest, mut at) = (None, start.unix_nanos());
        for _ in 0..MAX_SLOTS_WALKED {
            match schedule.next(at, zone).filter(|next| *next <= now.unix_nanos()) {
                Some(next) => (latest, at) = (Some(SimTime::from_unix_nanos(next)), next),
                None => break,
            }
        }
        latest
    }

    /// When to look again: shortly after the next slot.
    // pkg/controller/cronjob/utils.go nextScheduleTimeDuration
    pub fn next_look(&mut self, cron_job: &CronJob, now: SimTime) -> SimTime {
        let base = match self.most_recent(cron_job, now, false) {
            Ok(Recent { slot: Some(slot), .. }) => slot,
            Ok(Recent { slot: None, missed: 0, earliest }) => earliest,
            Ok(Recent { slot: None, .. }) | Err(Senseless) => now,
        };
        self.next(base).map_or(now, |slot| slot + WAKE_UP_DELAY)
    }
}

/// The number in the name of the Job of a slot: minutes since 1970.
// pkg/controller/cronjob/utils.go getTimeHashInMinutes
pub(super) fn minutes_since_1970(slot: SimTime) -> i64 {
    slot.unix_nanos() / NANOS_PER_SECOND / 60
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(text: &str) -> SimTime {
        SimTime::parse(text).expect(text)
    }

    fn cron_job(schedule: &str, created: &str) -> CronJob {
        CronJob::from_value(&json!({"metadata": {"name": "c", "creationTimestamp": created},
            "spec": {"schedule": schedule, "jobTemplate": {"spec": {}}}}))
    }

    #[test]
    fn the_latest_slot_is_found_and_the_missed_ones_are_estimated() {
        for (schedule, created, now, slot, missed) in [
            ("*/5 * * * *", "2026-01-01T00:05:00Z", "2026-01-01T00:09:59Z", None, 0),
            ("*/5 * * * *", "2026-01-01T00:05:00Z", "2026-01-01T00:10:00Z", Some("2026-01-01T00:10:00Z"), 0),
            ("*/5 * * * *", "2026-01-01T00:00:00Z", "2026-01-01T02:02:00Z", Some("2026-01-01T02:00:00Z"), 24),
            ("@every 1h", "2026-01-01T00:17:00Z", "2026-01-01T05:20:00Z", Some("2026-01-01T05:17:00Z"), 5),
            // 8:59 to 8:00 the next day is the first distance: a poor measure, but the slot found is right.
            ("* 8 * * *", "2026-01-01T08:58:30Z", "2026-01-05T08:30:10Z", Some("2026-01-05T08:30:00Z"), 5),
        ] {
            let cron_job = cron_job(schedule, created);
            let recent = Plan::new(&cron_job).most_recent(&cron_job, at(now), true).unwrap();
            assert_eq!((recent.slot, recent.missed), (slot.map(at), missed), "{schedule} {now}");
        }
    }

    #[test]
    fn a_schedule_that_never_runs_is_senseless() {
        let never = cron_job("0 0 31 2 *", "2026-01-01T00:00:00Z");
        let now = at("2026-06-01T00:00:00Z");
        assert_eq!(Plan::new(&never).most_recent(&never, now, true), Err(Senseless));
    }

    #[test]
    fn a_deadline_moves_the_start_of_the_search() {
        let mut job = cron_job("0 * * * *", "2026-01-01T00:30:00Z");
        Arc::make_mut(&mut job.spec).starting_deadline_seconds = Some(60);
        let mut plan = Plan::new(&job);
        let mut slot = |now| plan.most_recent(&job, at(now), true).unwrap().slot;
        assert_eq!(slot("2026-01-01T03:00:59Z"), Some(at("2026-01-01T03:00:00Z")));
        assert_eq!(slot("2026-01-01T03:01:00Z"), None);
        assert_eq!(plan.next_look(&job, at("2026-01-01T03:01:00Z")), at("2026-01-01T04:00:00.1Z"));
    }

    #[test]
    fn the_zone_of_the_spec_counts_unless_the_schedule_names_one() {
        let mut job = cron_job("0 9 * * *", "2026-01-01T00:30:00Z");
        Arc::make_mut(&mut job.spec).time_zone = Some("Asia/Seoul".into());
        assert_eq!(Plan::new(&job).next_look(&job, job.meta.created), at("2026-01-02T00:00:00.1Z"));
        Arc::make_mut(&mut job.spec).schedule = "TZ=Asia/Tokyo 0 10 * * *".into();
        assert_eq!(Plan::new(&job).next_look(&job, job.meta.created), at("2026-01-01T01:00:00.1Z"));
    }
}
