//! Tells a replay which of equal choices the recorded cluster took.
//!
//! Which of equally good nodes a Pod got, which of equal Pods was deleted, which node was looked at first, which of two
//! things within some tenths of a second came first is chance in a real cluster. The guide knows which recorded Pod a
//! simulated one stands for and sets the simulation's leanings accordingly. Leanings decide between equals only, so what
//! the rules do not leave open stays the simulation's own doing, and the comparison can be strict about names of nodes.

use super::recorded::{LateLook, Recorded, late_looks, late_taints, recorded_pods};
use super::track::family;
use orrery::api::{Kind, Text};
use orrery::sim::{EventRecord, Listener};
use orrery::time::{SimDuration, SimTime};
use orrery::world::{Aspects, Change, ChangeVerb, Lag, ObjectRef, PodId, World};
use serde_json::Value;
use std::collections::BTreeMap;

/// A simulated Pod stands for a recorded one that was created at most so long before or after it, in seconds.
const SAME_BIRTH_SECONDS: f64 = 4.0;
/// The longest that the scheduler hears of a Pod late: what the recorded control plane was slower than ours, in seconds.
const MOST_HEARD_LAG_SECONDS: f64 = 1.2;
/// How late the kubelet is with an end that a Job just missed: less than the recordings tell apart.
const LATE_END: SimDuration = SimDuration::from_millis(60);
/// How late the taint of a node is when DaemonSets looked before it: less than the recordings tell apart.
const LATE_TAINT: SimDuration = SimDuration::from_millis(60);
/// How long after a scheduled time a CronJob is looked at.
const LOOK_AFTER: SimDuration = SimDuration::from_millis(100);
/// How long a Pod steps back for others that wait at the same time.
const STEP_BACK: SimDuration = SimDuration::from_millis(20);
/// The longest that a Pod steps back: what the recordings' scheduler took for as many Pods as came together.
const MOST_STEP_BACK: SimDuration = SimDuration::from_millis(300);

/// A Pod's start was late for reasons of its own if its lag differs from the others' by more than this, in seconds.
const OWN_LAG_SECONDS: f64 = 0.12;

/// A simulated Pod of which is not known yet for which recorded one it stands.
#[derive(Debug)]
struct Open {
    family: String,
    pinned: String,
    /// Seconds since the recording began.
    born: f64,
    /// How long it has stepped back for others.
    stepped_back: SimDuration,
    /// Until when it does.
    until: SimTime,
}

/// Who stands for whom.
#[derive(Debug, Default)]
pub struct Guide {
    start: SimTime,
    recorded: Vec<Recorded>,
    taken: Vec<bool>,
    /// Simulated Pods that stand for a recorded one, by its place.
    matched: BTreeMap<ObjectRef, usize>,
    open: BTreeMap<ObjectRef, Open>,
    /// All simulated Pods with generated names, by family, in order of creation.
    families: BTreeMap<String, Vec<ObjectRef>>,
    /// Turns of nodes, by name.
    nodes: BTreeMap<String, u32>,
    /// Nodes whose taint came after DaemonSets had looked.
    late_taints: Vec<String>,
    /// Looks at CronJobs that came late.
    late_looks: Vec<LateLook>,
    /// The recording's own nodes.
    own_nodes: Vec<String>,
    /// How late containers typically start, in seconds.
    start_lag: f64,
    touched: bool,
}

fn span(seconds: f64) -> SimDuration {
    SimDuration::from_nanos((seconds * 1e9) as i64)
}

impl Guide {
    /// A guide to a recording that began at `start`.
    pub fn new(recording: &Value, start: SimTime) -> Guide {
        let recorded = recorded_pods(recording);
        let lags: Vec<f64> = recorded.iter().filter_map(Recorded::start_lag).collect();
        let start_lag = lags.iter().sum::<f64>() / lags.len().max(1) as f64;
        let mut nodes = BTreeMap::new();
        for (place, entry) in recording["watch"].as_array().into_iter().flatten().enumerate() {
            if entry["kind"] == "Node" && entry["status"]["taints"].to_string().contains("NoExecute") {
                nodes.entry(entry["name"].as_str().unwrap_or("").to_string()).or_insert(place as u32);
            }
        }
        let late_taints = late_taints(recording);
        let late_looks = late_looks(recording, start.unix_nanos() as f64 / 1e9);
        let taken = vec![false; recorded.len()];
        let own = recording["nodes"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let own_nodes = own.map(str::to_string).collect();
        Guide {
            start,
            recorded,
            taken,
            nodes,
            late_taints,
            late_looks,
            own_nodes,
            start_lag,
            touched: true,
            ..Guide::default()
        }
    }

    /// The simulated Pod that stands for a recorded one. Where nothing was recorded (a story that is told in the form of a
    /// recording) `web-~2` is the second of its kind.
    pub fn stand_in(&self, namespace: &str, name: &str, world: &World) -> Option<Text> {
        if self.recorded.is_empty() {
            let number: usize = name.rsplit_once('~')?.1.parse().ok()?;
            let pod = self.families.get(&family(name))?.get(number.checked_sub(1)?)?;
            return world.meta(*pod).map(|meta| meta.name.clone());
        }
        let place = self.recorded.iter().position(|pod| pod.namespace == namespace && pod.name == name)?;
        let matched = self.matched.iter().find(|(_, other)| **other == place).map(|(pod, _)| *pod);
        let open = || self.open.iter().find(|(_, open)| self.equals(open).contains(&place)).map(|(pod, _)| *pod);
        world.meta(matched.or_else(open)?).map(|meta| meta.name.clone())
    }

    /// The recorded Pods that an open one may stand for, in order of their binding.
    fn equals(&self, open: &Open) -> Vec<usize> {
        let fits = |at: &usize| {
            let other = &self.recorded[*at];
            !self.taken[*at]
                && (&other.family, &other.pinned) == (&open.family, &open.pinned)
                && (other.born - open.born).abs() <= SAME_BIRTH_SECONDS
        };
        let mut equals: Vec<usize> = (0..self.recorded.len()).filter(fits).collect();
        equals.sort_by_key(|at| (self.recorded[*at].node.is_none(), self.recorded[*at].binding));
        equals
    }

    /// Settles whom a Pod that was bound (or is gone) stands for.
    fn settle(&mut self, pod: ObjectRef, node_name: &str) {
        let Some(open) = self.open.remove(&pod) else { return };
        let mut equals = self.equals(&open);
        let elsewhere = |at: &usize| self.recorded[*at].node.as_ref().is_none_or(|node| node != node_name);
        // Stable, so that of Pods on that node the one bound first comes first.
        equals.sort_by_key(|at| (elsewhere(at), ((self.recorded[*at].born - open.born).abs() / 2.0) as i64));
        if let Some(place) = equals.first() {
            self.taken[*place] = true;
            self.matched.insert(pod, *place);
        }
        self.touched = true;
    }

    /// Whether any Pod waits of which is not known for which recorded one it stands.
    pub fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Lets a Pod that would get another node than any of its equals got step back for Pods that wait at the same time;
    /// answers whether it did. On shared nodes Pods of other recordings may be the reason.
    pub fn step_back(&mut self, pod: ObjectRef, node_name: &str, now: SimTime) -> bool {
        let Some(open) = self.open.get(&pod) else { return false };
        let equals = self.equals(open);
        let known = equals.iter().any(|at| self.recorded[*at].node.as_deref() == Some(node_name));
        let prompt = equals.iter().any(|at| self.recorded[*at].prompt_binding().is_some());
        let shared = !self.own_nodes.iter().any(|own| own == node_name);
        if known || shared || !prompt || open.stepped_back >= MOST_STEP_BACK {
            return false;
        }
        if let Some(open) = self.open.get_mut(&pod) {
            open.stepped_back = open.stepped_back + STEP_BACK;
            open.until = now + STEP_BACK;
        }
        self.touched = true;
        true
    }

    /// Brings the leanings up to date; call it before every step.
    pub fn lead(&mut self, world: &mut World) {
        if !std::mem::take(&mut self.touched) {
            return;
        }
        let mut elders: BTreeMap<(&String, &String), usize> = BTreeMap::new();
        for (pod, open) in &self.open {
            let equals = self.equals(open);
            let nodes = equals.iter().filter_map(|at| self.recorded[*at].node.as_deref());
            world.leanings.lean(*pod, nodes.map(Text::copy).collect());
            // Of equals the oldest is bound first; what was bound in the same tenth of a second keeps its order.
            let elder = elders.entry((&open.family, &open.pinned)).or_default();
            let equal = equals.get(*elder).map(|at| &self.recorded[*at]);
            let bound =
                equal.and_then(|equal| Some((equal.prompt_binding().or(equal.gone_before_bound())?, equal.binding)));
            let late = |at: f64| at > open.born && at - open.born <= MOST_HEARD_LAG_SECONDS;
            let heard = bound.filter(|(at, _)| late(*at)).map(|(at, place)| at + place as f64 * 1e-6);
            let heard = heard.map(|at| self.start + span(at)).max(Some(open.until));
            world.leanings.set_lag(*pod, Lag { heard, ..Lag::default() });
            *elder += 1;
        }
        for (pod, place) in &self.matched {
            let recorded = &self.recorded[*place];
            // Times are written to the tenth of a second, so only more than that is a Pod's own lag.
            let own = recorded.start_lag().filter(|lag| (lag - self.start_lag).abs() > OWN_LAG_SECONDS);
            let start = span(own.unwrap_or(self.start_lag));
            let end = if recorded.was_just_missed() { LATE_END } else { SimDuration::ZERO };
            world.leanings.set_lag(*pod, Lag { heard: None, start, end });
            if let Some(turn) = recorded.deletion {
                world.leanings.set_turn(*pod, turn);
            }
        }
        for (name, turn) in &self.nodes {
            if let Some(node) = world.find(Kind::Node, "", name) {
                world.leanings.set_turn(node, *turn);
            }
        }
        for look in &self.late_looks {
            if let Some(cron_job) = world.find(Kind::CronJob, &look.namespace, &look.cron_job) {
                let due = SimTime::from_unix_seconds(look.scheduled) + LOOK_AFTER;
                world.leanings.set_look_lag(cron_job, due, span(look.lag));
            }
        }
        for name in &self.late_taints {
            if let Some(node) = world.find(Kind::Node, "", name) {
                world.leanings.set_taint_lag(node, LATE_TAINT);
            }
        }
    }
}

impl Listener for Guide {
    fn change(&mut self, now: SimTime, change: &Change, world: &World) {
        self.touched |= matches!(change.object.kind, Kind::Node | Kind::CronJob) && change.verb == ChangeVerb::Added;
        let Some(pod) = change.object.id().and_then(|id: PodId| world.pods.ghost(id)) else { return };
        if change.verb == ChangeVerb::Added {
            let family = match (pod.meta.controller(), pod.meta.name.rsplit_once('-')) {
                (Some(_), Some((head, _))) => format!("{head}-~"),
                _ => pod.meta.name.to_string(),
            };
            let born = (now - self.start).millis() as f64 / 1_000.0;
            let pinned = pod.pinned_to.to_string();
            self.families.entry(family.clone()).or_default().push(change.object);
            let open = Open { family, pinned, born, stepped_back: SimDuration::ZERO, until: now };
            self.open.insert(change.object, open);
            self.touched = true;
        }
        let bound = change.verb == ChangeVerb::Added || change.aspects.any(Aspects::BOUND);
        if (bound && !pod.node_name.is_empty()) || change.verb == ChangeVerb::Deleted {
            self.settle(change.object, &pod.node_name);
        }
    }

    fn event(&mut self, _now: SimTime, _event: &EventRecord, _world: &World) {}
}

/// Hears which Pod a step bound, and to which node.
#[derive(Debug, Default)]
pub struct Bindings(pub Vec<(ObjectRef, Text)>);

impl Listener for Bindings {
    fn change(&mut self, _now: SimTime, change: &Change, world: &World) {
        if change.verb == ChangeVerb::Modified
            && change.aspects.any(Aspects::BOUND)
            && let Some(pod) = change.object.id().and_then(|id: PodId| world.pods.ghost(id))
        {
            self.0.push((change.object, pod.node_name.clone()));
        }
    }

    fn event(&mut self, _now: SimTime, _event: &EventRecord, _world: &World) {}
}
