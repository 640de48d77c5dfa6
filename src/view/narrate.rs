//! One plain sentence about what has just happened.
//!
//! Of all that happened since the last sentence the most telling is told: a run that is held back rather than a container
//! that starts. Equal ones of the same owner are told together.

use crate::api::{Kind, Phase};
use crate::i18n::Lang;
use crate::sim::{EventRecord, History, LogEntry};
use crate::time::{SimDuration, SimTime};
use crate::world::{ChangeVerb, ObjectRef, World};

/// Entries and Events that are looked through for one sentence; of more, the newest.
const MAX_LOOKED_THROUGH: usize = 2_000;
/// A run that starts this much after its slot was held back.
const LATE: SimDuration = SimDuration::from_secs(2);

/// What has been told so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    entries: usize,
    events: usize,
}

/// Something to tell, by how telling it is.
struct News {
    weight: u8,
    at: SimTime,
    text: String,
}

impl Told {
    /// Everything up to now counts as told.
    pub fn all(history: &History) -> Told {
        Told { entries: history.entries.len(), events: history.events.len() }
    }
}

/// The most telling sentence about what happened since; `None` when nothing did.
pub fn narrate(history: &History, world: &World, told: &mut Told, lang: Lang) -> Option<String> {
    let entries = newest(&history.entries, told.entries);
    let events = newest(&history.events, told.events);
    let mut best: Option<News> = None;
    let mut offer = |news: Option<News>| {
        if let Some(news) = news
            && best.as_ref().is_none_or(|old| (news.weight, news.at) >= (old.weight, old.at))
        {
            best = Some(news);
        }
    };
    for (at, event) in events.iter().enumerate() {
        offer(event_news(event, &events[..=at], history, world, lang));
    }
    for entry in entries {
        offer(entry_news(entry, history, world, lang));
    }
    *told = Told::all(history);
    best.map(|news| news.text)
}

fn newest<T>(list: &[T], from: usize) -> &[T] {
    let from = from.min(list.len()).max(list.len().saturating_sub(MAX_LOOKED_THROUGH));
    &list[from..]
}

fn name_of(history: &History, object: ObjectRef) -> Option<&str> {
    history.birth(object).map(|birth| birth.name.as_str())
}

fn event_news(
    event: &EventRecord,
    so_far: &[EventRecord],
    history: &History,
    world: &World,
    lang: Lang,
) -> Option<News> {
    let name = name_of(history, event.object)?;
    let clock = event.at.clock_text();
    let at = clock.as_str();
    let message = history.message(event);
    let last_word = message.rsplit(' ').next().unwrap_or("");
    // How many equal ones of this owner there were at this very moment: they are told in one.
    let alike =
        || so_far.iter().filter(|e| e.object == event.object && e.reason == event.reason && e.at == event.at).count();
    let (weight, text) = match (event.object.kind, event.reason) {
        (Kind::CronJob, "SuccessfulCreate") => {
            let late = slot_of(last_word).filter(|slot| event.at - *slot > LATE);
            let text = late.map_or_else(
                || lang.said_job_created(at, name, last_word),
                |slot| lang.said_job_created_late(at, slot.clock_text().get(..5).unwrap_or(""), name),
            );
            (70, text)
        }
        (Kind::CronJob, "JobAlreadyActive") if event.count == 1 || is_on_slot(event) => {
            (80, lang.said_held_back(at, name))
        }
        (Kind::CronJob, "MissSchedule") => (80, lang.said_missed(at, name)),
        (Kind::CronJob, "SuccessfulDelete") => (30, lang.said_job_deleted(at, name, last_word)),
        (Kind::Job, "Completed") => (60, lang.said_job_complete(at, name)),
        (Kind::Job, "DeadlineExceeded") => (90, lang.said_job_deadline(at, name)),
        (Kind::Job, "BackoffLimitExceeded") => (90, lang.said_job_backoff(at, name)),
        (Kind::Job, "Suspended") => (85, lang.said_job_suspended(at, name)),
        (Kind::Job, "Resumed") => (85, lang.said_job_resumed(at, name)),
        (_, "SuccessfulCreate") => match alike() {
            1 => (40, lang.said_pod_created_one(at, name, last_word)),
            n => (45, lang.said_pod_created(at, name, n)),
        },
        (_, "SuccessfulDelete") => match alike() {
            1 => (40, lang.said_pod_deleted_one(at, name, last_word)),
            n => (45, lang.said_pod_deleted(at, name, n)),
        },
        (Kind::Pod, "Scheduled") => (10, lang.said_pod_placed(at, name, last_word)),
        (Kind::Pod, "FailedScheduling") => (65, lang.said_unschedulable(at, name)),
        (Kind::Pod, "BackOff") => (50, lang.said_backoff(at, name)),
        (Kind::Pod, "Unhealthy") => (55, lang.said_unhealthy(at, name)),
        (Kind::Pod, "Preempted") => (75, lang.said_preempted(at, name)),
        (Kind::Pod, "TaintManagerEviction") if !message.starts_with("Cancelling") => (75, lang.said_evicted(at, name)),
        (Kind::Deployment, "ScalingReplicaSet") => (50, lang.said_scaled(at, name, &message)),
        (Kind::Node, "NodeNotReady") => (95, lang.said_node_not_ready(at, world.node(name).map_or(name, |_| name))),
        (kind, reason) if event.warning => (50, lang.said_other(at, kind.name(), name, reason)),
        _ => return None,
    };
    Some(News { weight, at: event.at, text })
}

/// Upstream emits this Event again whenever it looks; what is news is the slot.
const fn is_on_slot(event: &EventRecord) -> bool {
    event.at.unix_seconds() % 60 == 0
}

fn slot_of(job: &str) -> Option<SimTime> {
    let minutes: i64 = job.rsplit_once('-')?.1.parse().ok()?;
    (minutes > 10_000_000).then(|| SimTime::from_unix_seconds(minutes.saturating_mul(60)))
}

fn entry_news(entry: &LogEntry, history: &History, world: &World, lang: Lang) -> Option<News> {
    if entry.verb != ChangeVerb::Modified {
        return None;
    }
    let name = name_of(history, entry.object)?;
    let clock = entry.at.clock_text();
    let at = clock.as_str();
    let (weight, text) = match (entry.object.kind, entry.phase) {
        (Kind::Pod, Phase::Succeeded) => (35, lang.said_pod_succeeded(at, name)),
        (Kind::Pod, Phase::Failed) => (55, lang.said_pod_failed(at, name)),
        (Kind::Pod, Phase::Running) if entry.ready => {
            let node = entry.object.id().and_then(|id| world.pods.get(id)).map(|pod| pod.node_name.clone())?;
            (20, lang.said_pod_started(at, name, &node))
        }
        (Kind::Node, _) if entry.ready && came_back(entry, history) => (60, lang.said_node_ready(at, name)),
        _ => return None,
    };
    Some(News { weight, at: entry.at, text })
}

/// A node's write that follows one in which it was not ready.
fn came_back(entry: &LogEntry, history: &History) -> bool {
    let earlier = history.entries.iter().rev().filter(|old| old.object == entry.object && old.at < entry.at);
    earlier.take(1).any(|old| !old.ready)
}
