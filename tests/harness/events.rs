//! Comparing the Events of one object.

use super::track::Happening;
use std::collections::{BTreeMap, BTreeSet};

/// Events that lie closer than this in the recording may come in any order, in seconds.
const SIMULTANEOUS_SECONDS: f64 = 0.35;

/// What differs between the Events of an object: each must be there with its message and count, at its time, and in order
/// among those of its source.
pub fn compare_events(
    kind: &str,
    recorded: &[Happening],
    simulated: &[Happening],
    tolerance: f64,
    end: f64,
) -> Vec<String> {
    let (recorded, simulated) = (from_one(kind, recorded), from_one(kind, simulated));
    let recorded = without_echoes(recorded, &simulated);
    let sources: BTreeSet<&String> = recorded.iter().chain(&simulated).map(|event| &event.source).collect();
    let mut differences = Vec::new();
    for source in sources {
        let of = |events: &[Happening]| events.iter().filter(|e| e.source == *source).cloned().collect::<Vec<_>>();
        differences.extend(compare_one_source(&of(&recorded), &of(&simulated), tolerance, end));
    }
    differences
}

fn title(event: &Happening) -> String {
    format!(
        "Event {} {} {} x{} at {}: {}",
        event.source, event.kind, event.reason, event.count, event.at, event.message
    )
}

/// Counts as from one: nodes, and Pods as far as taint eviction knows them (by name, without UID), had Events before the
/// recordings began, and the recorder went on counting.
fn from_one(kind: &str, events: &[Happening]) -> Vec<Happening> {
    let mut before: BTreeMap<(String, String), u64> = BTreeMap::new();
    let shift = |event: &Happening| {
        let mut event = event.clone();
        if kind == "Node" || event.source == "taint-eviction-controller" {
            let key = (event.reason.clone(), event.message.clone());
            let before = *before.entry(key).or_insert(event.count - 1);
            event.count = event.count.saturating_sub(before);
        }
        event
    };
    events.iter().map(shift).collect()
}

/// Without what a controller said twice because its cache lagged behind its own write: the CronJob controller sees the
/// same Job complete once more when something it has done itself wakes it before its status comes back to it. That is
/// chance in a cluster (in 3 of 20 such syncs here), and controllers of the simulation have no caches.
fn without_echoes(recorded: Vec<Happening>, simulated: &[Happening]) -> Vec<Happening> {
    let echo = |event: &Happening| {
        let same = |other: &&Happening| (&other.reason, &other.message) == (&event.reason, &event.message);
        let just_before = recorded.iter().any(|other| {
            same(&other)
                && other.count + 1 == event.count
                && (0.0..SIMULTANEOUS_SECONDS).contains(&(event.at - other.at))
        });
        let said_as_often = simulated.iter().filter(same).any(|other| other.count == event.count);
        event.reason == "SawCompletedJob" && just_before && !said_as_often
    };
    recorded.iter().filter(|event| !echo(event)).cloned().collect()
}

fn compare_one_source(recorded: &[Happening], simulated: &[Happening], tolerance: f64, end: f64) -> Vec<String> {
    let mut differences = Vec::new();
    let mut taken = vec![false; simulated.len()];
    let mut places: Vec<(usize, &Happening)> = Vec::new();
    for event in recorded {
        let equal = |other: &Happening| {
            (&other.kind, &other.reason, &other.message, other.count)
                == (&event.kind, &event.reason, &event.message, event.count)
        };
        let Some(place) = (0..simulated.len()).find(|at| !taken[*at] && equal(&simulated[*at])) else {
            if event.at < end - tolerance {
                differences.push(format!("{}: not simulated", title(event)));
            }
            continue;
        };
        taken[place] = true;
        if (simulated[place].at - event.at).abs() > tolerance {
            differences.push(format!("{}: simulated at {}", title(event), simulated[place].at));
        }
        let overtaken =
            |(other, earlier): &&(usize, &Happening)| *other > place && event.at - earlier.at > SIMULTANEOUS_SECONDS;
        if let Some((_, earlier)) = places.iter().find(overtaken) {
            differences.push(format!("{}: simulated before {}", title(event), title(earlier)));
        }
        places.push((place, event));
    }
    let more = simulated.iter().zip(&taken).filter(|(event, taken)| !**taken && event.at < end - tolerance);
    differences.extend(more.map(|(event, _)| format!("{}: simulated, not recorded", title(event))));
    differences
}
