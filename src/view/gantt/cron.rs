//! What CronJobs did with their slots: from their Events, and from the schedule while they are suspended.

use super::{BarLook, Gantt, LaneKind, Mark, MarkKind};
use crate::api::{CronJob, Kind};
use crate::cron::{Schedule, Zone, parse_standard};
use crate::sim::{EventRecord, History};
use crate::time::{SimDuration, SimTime};
use crate::world::{ObjectRef, World};

/// Slots that are reckoned in one go, in slots.
const MAX_SLOTS_RECKONED: usize = 2_000;
/// A start this much after its slot counts as on time.
const ON_TIME: SimDuration = SimDuration::from_secs(2);

/// What is known about a CronJob's slots.
#[derive(Clone, Debug, Default)]
pub(super) struct Slots {
    /// Since when it has been suspended.
    suspended: Option<SimTime>,
    /// Stretches of suspension that have not been marked yet.
    unmarked: Vec<(SimTime, SimTime)>,
    /// The last slot that has a mark.
    last: Option<SimTime>,
}

impl Slots {
    pub(super) fn suspend(&mut self, on: bool, at: SimTime) {
        match (on, self.suspended.take()) {
            (true, since) => self.suspended = Some(since.unwrap_or(at)),
            (false, Some(since)) => self.unmarked.push((since, at)),
            (false, None) => {}
        }
    }
}

fn reading(row: &CronJob) -> Option<(Schedule, Zone)> {
    let zone = row.spec.time_zone.as_ref().map_or_else(|| Some(Zone::utc()), |name| Zone::load(name))?;
    Some((parse_standard(&row.spec.schedule).ok()?, zone))
}

fn next(reading: &(Schedule, Zone), after: SimTime) -> Option<SimTime> {
    reading.0.next(after.unix_nanos(), &reading.1).map(SimTime::from_unix_nanos)
}

/// The slot in a run's name: upstream puts the slot's minutes since 1970 there.
/// Upstream: pkg/controller/cronjob/utils.go getJobName.
fn slot_in_name(job: &str) -> Option<SimTime> {
    let minutes: i64 = job.rsplit_once('-')?.1.parse().ok()?;
    (minutes > 10_000_000).then(|| SimTime::from_unix_seconds(minutes.saturating_mul(60)))
}

impl Gantt {
    pub(super) fn cron_event(&mut self, event: &EventRecord, history: &History, world: &World) {
        let Some(birth) = history.birth(event.object) else { return };
        let message = history.message(event);
        let subject = message.rsplit(' ').next().unwrap_or("");
        let run = self.names.get(&(Kind::Job, birth.namespace.clone(), crate::api::Text::copy(subject))).copied();
        let row = event.object.id().and_then(|id| world.cron_jobs.get(id));
        let (kind, slot, object) = match event.reason {
            "SuccessfulCreate" => {
                let slot = slot_in_name(subject).unwrap_or(event.at);
                let late = event.at - slot > ON_TIME;
                (if late { MarkKind::Late } else { MarkKind::Fired }, slot, run.unwrap_or(event.object))
            }
            "JobAlreadyActive" => {
                let Some(slot) = self.slot_passed(event.object, row, event.at) else { return };
                (MarkKind::HeldBack, slot, event.object)
            }
            "MissSchedule" => {
                let Some(slot) = self.slot_passed(event.object, row, event.at) else { return };
                (MarkKind::Missed, slot, event.object)
            }
            "SuccessfulDelete" => {
                let unfinished = run.is_some_and(|run| self.was_running(event.object, run, event.at));
                if !unfinished {
                    return;
                }
                (MarkKind::Replaced, event.at, event.object)
            }
            _ if event.warning => (MarkKind::Warning, event.at, event.object),
            _ => return,
        };
        let at = if kind == MarkKind::Fired { slot } else { event.at };
        if kind != MarkKind::Warning {
            self.slots.entry(event.object.serial).or_default().last = Some(slot.max(event.at));
        }
        let lane = self.lane(LaneKind::Ticks, event.object, &birth.name);
        // One mark for one slot: a run that replaces another is both, and the rarer news wins.
        if kind == MarkKind::Fired
            && lane.marks.last().is_some_and(|m| m.kind == MarkKind::Replaced && event.at - m.at < ON_TIME)
        {
            return;
        }
        lane.mark(Mark { at, slot, kind, object, reason: event.reason });
    }

    /// The last slot up to `at` that has no mark yet; an Event that only repeats one answers `None`.
    fn slot_passed(&self, cron_job: ObjectRef, row: Option<&CronJob>, at: SimTime) -> Option<SimTime> {
        let known = self.slots.get(&cron_job.serial).and_then(|slots| slots.last);
        let Some(reading) = row.and_then(reading) else { return Some(at) };
        let mut slot = next(&reading, known.unwrap_or(at - SimDuration::from_secs(3_600)))?;
        if slot > at {
            return None;
        }
        for _ in 0..MAX_SLOTS_RECKONED {
            match next(&reading, slot) {
                Some(later) if later <= at => slot = later,
                _ => break,
            }
        }
        Some(slot)
    }

    /// Whether a run was still going when it was deleted.
    fn was_running(&self, cron_job: ObjectRef, run: ObjectRef, at: SimTime) -> bool {
        let jobs = self.lanes.get(&super::LaneKey::of(LaneKind::Jobs, cron_job));
        let last = jobs.and_then(|lane| lane.bars.iter().rev().find(|bar| bar.object == run));
        last.is_some_and(|bar| {
            bar.to.is_none_or(|to| to >= at) && !matches!(bar.look, BarLook::Finished | BarLook::Failed)
        })
    }

    /// Marks the slots that pass while CronJobs are suspended.
    pub(super) fn suspend_slots(&mut self, world: &World, until: SimTime) {
        let mut marks: Vec<(ObjectRef, SimTime)> = Vec::new();
        for (id, row) in world.cron_jobs.iter() {
            let Some(slots) = self.slots.get_mut(&id.serial) else { continue };
            let mut stretches = std::mem::take(&mut slots.unmarked);
            if let Some(since) = slots.suspended
                && since < until
            {
                stretches.push((since, until));
                slots.suspended = Some(until);
            }
            let Some(reading) = reading(row) else { continue };
            for (from, to) in stretches {
                let mut at = from;
                for _ in 0..MAX_SLOTS_RECKONED {
                    match next(&reading, at) {
                        Some(slot) if slot <= to => {
                            marks.push((id.into(), slot));
                            at = slot;
                        }
                        _ => break,
                    }
                }
            }
        }
        for (object, at) in marks {
            if let Some(lane) = self.lanes.get_mut(&super::LaneKey::of(LaneKind::Ticks, object)) {
                lane.mark(Mark { at, slot: at, kind: MarkKind::Suspended, object, reason: "" });
            }
        }
    }
}
