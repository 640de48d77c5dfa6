//! What the schedules of a text mean: in words, the next runs, and the classic mistakes.

use super::context::Context;
use super::outline::{Step, unquoted};
use crate::cron::{self, Zone};
use crate::i18n::Lang;
use crate::manifest::schema::Schema;
use crate::time::SimTime;

/// Next runs that are told.
pub const NEXT_RUNS: usize = 5;

/// One `schedule:` of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScheduleNote {
    /// Byte offsets of the value.
    pub span: (usize, usize),
    /// The CronJob's name, empty while it has none.
    pub name: String,
    /// In words, English and Korean; empty if the schedule cannot be read.
    pub words: (String, String),
    /// The time zone in which it runs.
    pub zone: String,
    /// The next runs after the given moment, at most [`NEXT_RUNS`].
    pub next: Vec<SimTime>,
    /// The same in the CronJob's zone, such as `2026-01-05T09:00:00+09:00`.
    pub local: Vec<String>,
    /// What is probably not meant, English and Korean.
    pub pitfalls: Vec<(String, String)>,
    /// Why it cannot be read, in the API server's words.
    pub error: Option<String>,
}

/// Notes on all schedules of a text, as seen at a moment.
///
/// ```
/// use orrery::{assist::schedule_notes, manifest::schema::Schema, time::SimTime};
/// let text = "kind: CronJob\napiVersion: batch/v1\nspec: {schedule: '0 9 * * *', timeZone: Asia/Seoul}\n";
/// let now = SimTime::parse("2026-01-05T09:00:00Z").unwrap();
/// let note = &schedule_notes(&Schema::new(), text, now)[0];
/// assert_eq!(note.words.0, "at 09:00 every day");
/// assert_eq!((note.next[0].to_string().as_str(), note.local[0].as_str()), ("2026-01-06T00:00:00Z", "2026-01-06T09:00:00+09:00"));
/// ```
pub fn schedule_notes(schema: &Schema, text: &str, now: SimTime) -> Vec<ScheduleNote> {
    let mut notes = Vec::new();
    for context in Context::all(schema, text) {
        for entry in context.section.entries.iter().filter(|e| e.name() == "schedule") {
            let object = context.object_path(&entry.path);
            let below = &entry.path[object.len()..];
            if context.names(&object).0 != "CronJob" || !matches!(below, [Step::Key(spec), _] if spec == "spec") {
                continue;
            }
            let zone = context.section.value(text, &object, &["spec", "timeZone"]);
            let name = context.section.value(text, &object, &["metadata", "name"]).unwrap_or("");
            let written = unquoted(&text[entry.value.0..entry.value.1]);
            notes.push(ScheduleNote { span: entry.value, name: name.to_owned(), ..note(written, zone, now) });
        }
    }
    notes
}

/// The note on one schedule.
pub fn note(schedule: &str, time_zone: Option<&str>, now: SimTime) -> ScheduleNote {
    let mut note = ScheduleNote { zone: time_zone.unwrap_or("Etc/UTC").to_owned(), ..ScheduleNote::default() };
    let known = time_zone.map_or(Some(Zone::utc()), Zone::load);
    let found = cron::pitfalls(schedule, known.as_ref(), now.unix_seconds());
    note.pitfalls = found.iter().map(|p| (p.text(Lang::En), p.text(Lang::Ko))).collect();
    note.error = cron::validate_schedule(schedule, time_zone).into_iter().next().map(|(_, message)| message);
    let Ok(parsed) = cron::parse_standard(schedule) else { return note };
    note.words = (cron::describe(&parsed, Lang::En), cron::describe(&parsed, Lang::Ko));
    let Some(zone) = known else { return note };
    let mut at = now.unix_nanos();
    while note.next.len() < NEXT_RUNS
        && let Some(next) = parsed.next(at, &zone)
    {
        note.next.push(SimTime::from_unix_nanos(next));
        note.local.push(zone.rfc3339(SimTime::from_unix_nanos(next).unix_seconds()));
        at = next;
    }
    note
}
