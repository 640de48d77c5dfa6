//! Tells a replay which of equal choices the recorded cluster took.
//!
//! Which of equally good nodes a Pod got, which of equal Pods was deleted, which node was looked at first, which of two
//! things within a tenth of a second came first is chance in a real cluster. The guide knows which recorded Pod a simulated one stands for and sets the simulation's leanings
//! accordingly. Leanings decide between equals only, so what the rules do not leave open stays the simulation's own doing,
//! and the comparison can be strict about names of nodes.

use super::track::{family, namespace};
use orrery::api::{Kind, Text};
use orrery::sim::{EventRecord, Listener};
use orrery::time::{SimDuration, SimTime};
use orrery::world::{Aspects, Change, ChangeVerb, Lag, ObjectRef, PodId, World};
use serde_json::Value;
use std::collections::BTreeMap;

/// A simulated Pod stands for a recorded one that was created at most so long before or after it, in seconds.
const SAME_BIRTH_SECONDS: f64 = 4.0;

/// A Job that counts a Pod so long after its end did not see the end when it looked at about the same time, in seconds.
const MISSED_SECONDS: (f64, f64) = (0.7, 1.4);
/// How late the kubelet is with such an end, in milliseconds: less than the recordings tell apart.
const LATE_END_MILLIS: i64 = 60;
/// A Pod that is bound so soon was bound at the first attempt, in seconds.
const PROMPT_BINDING_SECONDS: f64 = 0.5;
/// A container takes so long to start, in seconds.
const START_SECONDS: f64 = 1.0;
/// What control plane and agent add to that at most, in seconds; longer starts have another reason.
const MOST_START_LAG_SECONDS: f64 = 0.35;

/// A recorded Pod.
#[derive(Debug, Default)]
struct Recorded {
    name: String,
    namespace: String,
    family: String,
    born: f64,
    /// The node it is pinned to.
    pinned: String,
    /// The node it was bound to, its place among all bindings, and when.
    node: Option<(String, usize, f64)>,
    /// Its place among all deletions.
    deletion: Option<u32>,
    /// When it ran, ended and was counted by its Job.
    ran: Option<f64>,
    ended: Option<f64>,
    counted: Option<f64>,
    taken: bool,
}

impl Recorded {
    /// Takes down what an entry says of when what happened.
    fn note_times(&mut self, at: f64, status: &Value) {
        let container = status["container"].as_str().unwrap_or("");
        let note = |time: &mut Option<f64>, happened: bool| {
            if happened {
                time.get_or_insert(at);
            }
        };
        note(&mut self.ran, container == "running");
        note(&mut self.ended, container.starts_with("terminated"));
        let done = self.ended.is_some() && status["jobFinalizer"] != true;
        note(&mut self.counted, done);
    }

    /// When it was bound, with its place among all bindings, if that was as soon as the scheduler heard of it.
    fn prompt_binding(&self) -> Option<(f64, usize)> {
        let (_, place, bound) = self.node.as_ref()?;
        (bound - self.born <= PROMPT_BINDING_SECONDS).then_some((*bound, *place))
    }

    /// Whether its Job, which looks once in a second, looked just before it ended.
    fn was_just_missed(&self) -> bool {
        let waited = self.counted.zip(self.ended).map(|(counted, ended)| counted - ended);
        waited.is_some_and(|waited| (MISSED_SECONDS.0..=MISSED_SECONDS.1).contains(&waited))
    }
}

/// Who stands for whom.
#[derive(Debug, Default)]
pub struct Guide {
    start: SimTime,
    recorded: Vec<Recorded>,
    /// Simulated Pods that stand for a recorded one, by its place.
    matched: BTreeMap<ObjectRef, usize>,
    /// Simulated Pods whose equal is not known yet, with their family, the node they are pinned to and their birth.
    open: BTreeMap<ObjectRef, (String, String, f64)>,
    /// Turns of nodes, by name.
    nodes: BTreeMap<String, u32>,
    /// How late containers start.
    start_lag: SimDuration,
    touched: bool,
}

impl Guide {
    /// A guide to a recording that began at `start`.
    pub fn new(recording: &Value, start: SimTime) -> Guide {
        let default_namespace = recording["namespaces"][0].as_str().unwrap_or("default");
        let mut guide = Guide { start, touched: true, ..Guide::default() };
        let mut places: BTreeMap<(String, String), usize> = BTreeMap::new();
        for (place, entry) in recording["watch"].as_array().into_iter().flatten().enumerate() {
            let name = entry["name"].as_str().unwrap_or("").to_string();
            if entry["kind"] == "Node" && entry["status"]["taints"].to_string().contains("NoExecute") {
                guide.nodes.entry(name).or_insert(place as u32);
                continue;
            }
            if entry["kind"] != "Pod" {
                continue;
            }
            let namespace = namespace(entry).unwrap_or(default_namespace).to_string();
            if entry["type"] == "ADDED" {
                places.insert((namespace.clone(), name.clone()), guide.recorded.len());
                let (born, family) = (entry["t"].as_f64().unwrap_or(0.0), family(&name));
                let pinned = entry["nodeAffinityMatchFields"].as_str().unwrap_or("");
                let pinned = pinned.to_string();
                guide.recorded.push(Recorded { name, namespace, family, born, pinned, ..Recorded::default() });
            } else if let Some(pod) = places.get(&(namespace, name)).and_then(|at| guide.recorded.get_mut(*at)) {
                pod.note_times(entry["t"].as_f64().unwrap_or(0.0), &entry["status"]);
                let leaving = entry["type"] == "DELETED" || entry["status"].get("deletionTimestamp").is_some();
                if let (Some(node), None) = (entry["status"]["nodeName"].as_str(), &pod.node) {
                    pod.node = Some((node.to_string(), place, entry["t"].as_f64().unwrap_or(0.0)));
                }
                if leaving && pod.deletion.is_none() {
                    pod.deletion = Some(place as u32);
                }
            }
        }
        guide.start_lag = guide.typical_start_lag();
        guide
    }

    /// How much longer than a second it typically took from a Pod's binding to its running.
    fn typical_start_lag(&self) -> SimDuration {
        let lag = |pod: &Recorded| Some(pod.ran? - pod.node.as_ref()?.2 - START_SECONDS);
        let lags = self.recorded.iter().filter_map(lag).filter(|lag| (0.0..=MOST_START_LAG_SECONDS).contains(lag));
        let lags: Vec<f64> = lags.collect();
        let mean = lags.iter().sum::<f64>() / lags.len().max(1) as f64;
        SimDuration::from_millis((mean * 1_000.0).round() as i64)
    }

    /// The simulated Pod that stands for a recorded one.
    pub fn stand_in(&self, namespace: &str, name: &str, world: &World) -> Option<Text> {
        let place = self.recorded.iter().position(|pod| pod.namespace == namespace && pod.name == name)?;
        let matched = self.matched.iter().find(|(_, other)| **other == place).map(|(pod, _)| *pod);
        let open = || self.open.keys().copied().find(|pod| self.equals(*pod).any(|other| other == place));
        world.meta(matched.or_else(open)?).map(|meta| meta.name.clone())
    }

    /// The recorded Pods that an open one may stand for, in order of their binding.
    fn equals(&self, pod: ObjectRef) -> impl Iterator<Item = usize> {
        let known = self.open.get(&pod);
        let fits = |other: &Recorded| {
            known.is_some_and(|(family, pinned, born)| {
                !other.taken
                    && (&other.family, &other.pinned) == (family, pinned)
                    && (other.born - born).abs() <= SAME_BIRTH_SECONDS
            })
        };
        let mut equals: Vec<usize> = (0..self.recorded.len()).filter(|at| fits(&self.recorded[*at])).collect();
        equals.sort_by_key(|at| self.recorded[*at].node.as_ref().map_or(usize::MAX, |(_, place, _)| *place));
        equals.into_iter()
    }

    /// Settles whom a Pod that was bound (or is gone) stands for.
    fn settle(&mut self, pod: ObjectRef, node_name: &str) {
        let mut equals: Vec<usize> = self.equals(pod).collect();
        let Some((_, _, born)) = self.open.remove(&pod) else { return };
        let elsewhere = |at: &usize| self.recorded[*at].node.as_ref().is_none_or(|(node, ..)| node != node_name);
        // Stable, so that of Pods on that node the one bound first comes first.
        equals.sort_by_key(|at| (elsewhere(at), ((self.recorded[*at].born - born).abs() / 2.0) as i64));
        if let Some(place) = equals.first() {
            self.recorded[*place].taken = true;
            self.matched.insert(pod, *place);
        }
        self.touched = true;
    }

    /// Brings the leanings up to date; call it after every step.
    pub fn lead(&mut self, world: &mut World) {
        if !std::mem::take(&mut self.touched) {
            return;
        }
        let mut elders: BTreeMap<(&String, &String), usize> = BTreeMap::new();
        for (pod, (family, pinned, born)) in &self.open {
            let equals: Vec<&Recorded> = self.equals(*pod).map(|at| &self.recorded[at]).collect();
            let nodes = equals.iter().filter_map(|equal| equal.node.as_ref());
            world.leanings.lean(*pod, nodes.map(|(node, ..)| Text::copy(node)).collect());
            // Of equals the oldest is bound first.
            let elders = elders.entry((family, pinned)).or_default();
            let heard = equals.get(*elders).and_then(|equal| equal.prompt_binding()).filter(|(at, _)| at > born);
            let heard = heard.map(|(at, place)| {
                self.start
                    + SimDuration::from_millis((at * 1_000.0) as i64)
                    + SimDuration::from_nanos(place as i64 * 1_000)
            });
            world.leanings.set_lag(*pod, Lag { heard, ..Lag::default() });
            *elders += 1;
        }
        for (pod, place) in &self.matched {
            let late = if self.recorded[*place].was_just_missed() { LATE_END_MILLIS } else { 0 };
            let (start, end) = (self.start_lag, SimDuration::from_millis(late));
            world.leanings.set_lag(*pod, Lag { heard: None, start, end });
            if let Some(turn) = self.recorded[*place].deletion {
                world.leanings.set_turn(*pod, turn);
            }
        }
        for (name, turn) in &self.nodes {
            if let Some(node) = world.find(Kind::Node, "", name) {
                world.leanings.set_turn(node, *turn);
            }
        }
    }
}

impl Listener for Guide {
    fn change(&mut self, now: SimTime, change: &Change, world: &World) {
        self.touched |= change.object.kind == Kind::Node && change.verb == ChangeVerb::Added;
        let Some(pod) = change.object.id().and_then(|id: PodId| world.pods.ghost(id)) else { return };
        if change.verb == ChangeVerb::Added {
            let family = match (pod.meta.controller(), pod.meta.name.rsplit_once('-')) {
                (Some(_), Some((head, _))) => format!("{head}-~"),
                _ => pod.meta.name.to_string(),
            };
            let born = (now - self.start).millis() as f64 / 1_000.0;
            self.open.insert(change.object, (family, pod.pinned_to.to_string(), born));
            self.touched = true;
        }
        let bound = change.verb == ChangeVerb::Added || change.aspects.any(Aspects::BOUND);
        if (bound && !pod.node_name.is_empty()) || change.verb == ChangeVerb::Deleted {
            self.settle(change.object, &pod.node_name);
        }
    }

    fn event(&mut self, _now: SimTime, _event: &EventRecord, _world: &World) {}
}
