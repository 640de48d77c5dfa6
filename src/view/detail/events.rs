//! Events as lists show them: equal ones once, with their count.

use crate::api::{Kind, Text};
use crate::sim::{EventRecord, History};
use crate::time::SimTime;
use crate::world::ObjectRef;

/// Events of one object that are listed, the newest.
const MAX_LISTED: usize = 100;
/// Records that are looked through for them, the newest.
const MAX_LOOKED_THROUGH: usize = 50_000;

/// An Event in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventLine {
    /// When it last occurred.
    pub at: SimTime,
    /// What it is about.
    pub object: ObjectRef,
    /// The kind and name of that.
    pub about: (Kind, Text),
    /// `Warning` instead of `Normal`.
    pub warning: bool,
    /// Its reason.
    pub reason: &'static str,
    /// Its message.
    pub message: Text,
    /// Who wrote it.
    pub from: &'static str,
    /// How often it has occurred.
    pub count: u32,
    /// The number of its record, which is unique.
    pub number: u32,
}

fn line(history: &History, number: usize, record: &EventRecord) -> EventLine {
    EventLine {
        at: record.at,
        object: record.object,
        about: (record.object.kind, history.birth(record.object).map(|birth| birth.name.clone()).unwrap_or_default()),
        warning: record.warning,
        reason: record.reason,
        message: history.message(record),
        from: record.source.name(),
        count: record.count,
        number: number as u32,
    }
}

/// The newest Events that satisfy a condition, newest first, each with its last count.
fn newest(history: &History, most: usize, wanted: impl Fn(&EventRecord) -> bool) -> Vec<EventLine> {
    let mut lines: Vec<EventLine> = Vec::new();
    let mut told: Vec<u32> = Vec::new();
    for (number, record) in history.events.iter().enumerate().rev().take(MAX_LOOKED_THROUGH) {
        if lines.len() >= most {
            break;
        }
        if wanted(record) && !told.contains(&record.first) {
            told.push(record.first);
            lines.push(line(history, number, record));
        }
    }
    lines
}

/// The Events about an object, oldest first.
pub(super) fn about(history: &History, object: ObjectRef) -> Vec<EventLine> {
    let mut lines = newest(history, MAX_LISTED, |record| record.object == object);
    lines.reverse();
    lines
}

impl EventLine {
    /// The newest Events about anything, newest first, at most `most`.
    pub fn newest(history: &History, most: usize) -> Vec<EventLine> {
        newest(history, most, |_| true)
    }
}
