//! `orrery run -o timeline` and `-o events`: what happened, for people.

use crate::api::{Kind, Phase};
use crate::sim::{EventRecord, Listener};
use crate::time::{SimDuration, SimTime};
use crate::world::{Aspects, Change, ChangeVerb, ObjectRef, World};

/// The most lines that are kept; then the story says how many are missing.
pub const MAX_STORY_LINES: usize = 200_000;

/// Listens to a run and tells it in lines.
pub struct Story {
    start: SimTime,
    events_only: bool,
    lines: Vec<String>,
    missing: usize,
}

impl Story {
    /// The story of a run that began at `start`; with `events_only`, only its Events.
    pub fn new(start: SimTime, events_only: bool) -> Story {
        Story { start, events_only, lines: Vec::new(), missing: 0 }
    }

    /// The lines.
    pub fn text(mut self) -> String {
        if self.lines.is_empty() {
            self.lines.push("nothing happened".to_string());
        }
        if self.missing > 0 {
            self.lines.push(format!("… and {} more lines", self.missing));
        }
        self.lines.join("\n") + "\n"
    }

    fn tell(&mut self, now: SimTime, object: ObjectRef, world: &World, what: &str) {
        if self.lines.len() >= MAX_STORY_LINES {
            self.missing += 1;
            return;
        }
        let name = world.meta(object).map_or(String::new(), |meta| format!("{}/{}", object.kind.name(), meta.name));
        let offset = offset_text(now - self.start);
        self.lines.push(format!("{} {offset:>12}  {name:<40} {what}", now.clock_text()));
    }
}

/// `+1m30.5s` with tenths when there are any.
fn offset_text(span: SimDuration) -> String {
    let tenths = span.millis() / 100;
    let (minutes, seconds, tenth) = (tenths / 600, tenths / 10 % 60, tenths % 10);
    let tail = if tenth == 0 { String::new() } else { format!(".{tenth}") };
    if minutes == 0 { format!("+{seconds}{tail}s") } else { format!("+{minutes}m{seconds:02}{tail}s") }
}

/// What a change of a Pod, node or controller means; `None` when it is not worth a line.
fn meaning(change: &Change, world: &World) -> Option<String> {
    let object = change.object;
    match change.verb {
        ChangeVerb::Added => {
            let owner = world.meta(object)?.controller().map(|owner| format!(" by {}/{}", owner.kind, owner.name));
            Some(format!("created{}", owner.unwrap_or_default()))
        }
        ChangeVerb::Deleted => Some("gone".to_string()),
        ChangeVerb::Modified => match object.kind {
            Kind::Pod => pod_meaning(change, world),
            Kind::Node if change.aspects.any(Aspects::READY) => {
                let node = world.nodes.ghost(object.id()?)?;
                Some(if node.is_ready() { "Ready".to_string() } else { "NotReady".to_string() })
            }
            Kind::Job if change.aspects.any(Aspects::STATUS) => {
                let job = world.jobs.ghost(object.id()?)?;
                let done = job.status.succeeded + job.status.failed;
                job.finished().filter(|_| done >= 0).map(|condition| {
                    format!("{}: {} succeeded, {} failed", condition.kind, job.status.succeeded, job.status.failed)
                })
            }
            _ => None,
        },
    }
}

fn pod_meaning(change: &Change, world: &World) -> Option<String> {
    let pod = world.pods.ghost(change.object.id()?)?;
    if change.aspects.any(Aspects::DELETION) {
        return Some("Terminating".to_string());
    }
    if change.aspects.any(Aspects::BOUND) {
        return Some(format!("to {}", pod.node_name));
    }
    if !change.aspects.any(Aspects::PHASE) {
        return None;
    }
    let place = if pod.node_name.is_empty() { String::new() } else { format!(" on {}", pod.node_name) };
    let address = pod.status.ip.map_or(String::new(), |ip| format!(" at {ip}"));
    Some(match pod.status.phase {
        Phase::Running => format!("Running{place}{address}"),
        phase => format!("{}{place}", phase.name()),
    })
}

impl Listener for Story {
    fn change(&mut self, now: SimTime, change: &Change, world: &World) {
        let shown = !matches!(change.object.kind, Kind::EndpointSlice | Kind::ControllerRevision);
        if self.events_only || !shown {
            return;
        }
        if let Some(what) = meaning(change, world) {
            self.tell(now, change.object, world, &what);
        }
    }

    fn event(&mut self, now: SimTime, event: &EventRecord, world: &World) {
        let meta = world.meta(event.object);
        let (namespace, name) = meta.map_or(("", ""), |meta| (meta.namespace.as_str(), meta.name.as_str()));
        let message = event.message.render(namespace, name);
        let kind = if event.warning { "Warning" } else { "Normal" };
        let count = if event.count > 1 { format!(" (x{})", event.count) } else { String::new() };
        let folded = if event.combined { "(combined from similar events): " } else { "" };
        let what = match self.events_only {
            true => format!("{kind:<8}{:<24}{folded}{message}{count}  [{}]", event.reason, event.source.name()),
            false if event.warning => format!("! {}: {folded}{message}{count}", event.reason),
            false => format!("· {}: {folded}{message}{count}", event.reason),
        };
        self.tell(now, event.object, world, &what);
    }
}
