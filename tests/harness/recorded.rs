//! What a recording tells of its Pods: what the guide needs to know of them.

use super::track::{family, namespace};
use serde_json::Value;
use std::collections::BTreeMap;

/// How late the recorder hears of things, in seconds: a tenth at most, mostly much less.
pub const WATCH_SECONDS: f64 = 0.03;
/// A Job that counts a Pod so long after its end did not see the end when it looked at about the same time, in seconds.
const MISSED_SECONDS: (f64, f64) = (0.7, 1.4);
/// A Pod that is bound so soon was bound at the first attempt, in seconds.
const PROMPT_BINDING_SECONDS: f64 = 0.5;
/// A container takes so long to start, in seconds.
const START_SECONDS: f64 = 1.0;
/// What control plane and agent add to that at most, in seconds; longer starts have another reason.
const MOST_START_LAG_SECONDS: f64 = 0.35;

/// A recorded Pod. Times are seconds since the recording began.
#[derive(Debug, Default)]
pub struct Recorded {
    pub name: String,
    pub namespace: String,
    pub family: String,
    pub born: f64,
    /// The node it is pinned to.
    pub pinned: String,
    /// The node it was bound to.
    pub node: Option<String>,
    /// When it was bound.
    bound: f64,
    /// Its place among all bindings.
    pub binding: usize,
    /// Its place among all deletions.
    pub deletion: Option<u32>,
    leaving: Option<f64>,
    ran: Option<f64>,
    ended: Option<f64>,
    counted: Option<f64>,
}

/// All Pods of a recording, in order of creation.
pub fn recorded_pods(recording: &Value) -> Vec<Recorded> {
    let default_namespace = recording["namespaces"][0].as_str().unwrap_or("default");
    let mut pods: Vec<Recorded> = Vec::new();
    let mut places: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (place, entry) in recording["watch"].as_array().into_iter().flatten().enumerate() {
        if entry["kind"] != "Pod" {
            continue;
        }
        let name = entry["name"].as_str().unwrap_or("").to_string();
        let namespace = namespace(entry).unwrap_or(default_namespace).to_string();
        let at = entry["t"].as_f64().unwrap_or(0.0) - WATCH_SECONDS;
        if entry["type"] == "ADDED" {
            places.insert((namespace.clone(), name.clone()), pods.len());
            let pinned = entry["nodeAffinityMatchFields"].as_str().unwrap_or("").to_string();
            let family = family(&name);
            pods.push(Recorded { name, namespace, family, born: at, pinned, ..Recorded::default() });
        } else if let Some(pod) = places.get(&(namespace, name)).and_then(|at| pods.get_mut(*at)) {
            pod.note(at, place, entry);
        }
    }
    pods
}

impl Recorded {
    /// Takes down what an entry says of when what happened.
    fn note(&mut self, at: f64, place: usize, entry: &Value) {
        let status = &entry["status"];
        if let (Some(node), None) = (status["nodeName"].as_str(), &self.node) {
            (self.node, self.bound, self.binding) = (Some(node.to_string()), at, place);
        }
        if entry["type"] == "DELETED" || status.get("deletionTimestamp").is_some() {
            self.deletion.get_or_insert(place as u32);
            self.leaving.get_or_insert(at);
        }
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

    /// When it was bound, if that was as soon as the scheduler heard of it.
    pub fn prompt_binding(&self) -> Option<f64> {
        (self.node.is_some() && self.bound - self.born <= PROMPT_BINDING_SECONDS).then_some(self.bound)
    }

    /// Until when the scheduler cannot have heard of it: it was gone before it was bound.
    pub fn gone_before_bound(&self) -> Option<f64> {
        let gone = self.leaving.filter(|gone| gone - self.born <= PROMPT_BINDING_SECONDS)?;
        self.node.is_none().then_some(gone + WATCH_SECONDS)
    }

    /// How much longer than a second it took from its binding to its running.
    pub fn start_lag(&self) -> Option<f64> {
        let lag = self.node.as_ref().and(self.ran)? - self.bound - START_SECONDS;
        (-0.1..=MOST_START_LAG_SECONDS).contains(&lag).then_some(lag.max(0.0))
    }

    /// Whether its Job, which looks once in a second, looked just before it ended.
    pub fn was_just_missed(&self) -> bool {
        let waited = self.counted.zip(self.ended).map(|(counted, ended)| counted - ended);
        waited.is_some_and(|waited| (MISSED_SECONDS.0..=MISSED_SECONDS.1).contains(&waited))
    }
}

/// A DaemonSet that looks at a lost node does so within so many seconds.
const LOOK_SECONDS: f64 = 1.0;

/// Nodes that fell silent and whose taint came after DaemonSets had looked: a DaemonSet counted its Pod there as unavailable
/// and went on wanting it, which it does not on a tainted node. In which order they act is chance.
pub fn late_taints(recording: &Value) -> Vec<String> {
    let watch = || recording["watch"].as_array().into_iter().flatten();
    let at = |entry: &Value| entry["t"].as_f64().unwrap_or(0.0);
    let mut late: Vec<String> = Vec::new();
    for entry in watch().filter(|entry| entry["kind"] == "Node") {
        let ready = entry["status"]["conditions"]["Ready"].as_str().unwrap_or("");
        let name = entry["name"].as_str().unwrap_or("").to_string();
        if !ready.starts_with("Unknown") || late.contains(&name) {
            continue;
        }
        let sets: Vec<&Value> = watch().filter(|other| other["kind"] == "DaemonSet").collect();
        let number = |set: &Value, key: &str| set["status"][key].as_i64().unwrap_or(0);
        let looked = sets.iter().enumerate().any(|(place, set)| {
            let soon = (0.0..LOOK_SECONDS).contains(&(at(set) - at(entry)));
            let same = |other: &&&Value| other["name"] == set["name"];
            let before = sets[..place].iter().rfind(same);
            let lasts = sets[place + 1..].iter().find(same).is_none_or(|later| at(later) - at(set) > LOOK_SECONDS);
            let lost = |before: &&Value| {
                number(set, "ready") < number(before, "ready") && number(set, "desired") == number(before, "desired")
            };
            soon && lasts && before.is_some_and(lost)
        });
        if looked {
            late.push(name);
        }
    }
    late
}

/// A CronJob's controller looks so long after a scheduled time, in seconds.
const LOOK_AFTER_SECONDS: f64 = 0.1;
/// The longest that a busy controller is late for that, in seconds.
const MOST_LOOK_LAG_SECONDS: f64 = 1.0;

/// A look at a CronJob that came later than it was due.
#[derive(Debug)]
pub struct LateLook {
    pub namespace: String,
    pub cron_job: String,
    /// The scheduled time, in seconds of the Unix era.
    pub scheduled: i64,
    /// How late it came, in seconds.
    pub lag: f64,
}

/// How late the controller was for scheduled times: it shows when a Job was made for such a time, or was not because another
/// one ran. `t0` is when the recording began, in seconds of the Unix era.
pub fn late_looks(recording: &Value, t0: f64) -> Vec<LateLook> {
    let default_namespace = recording["namespaces"][0].as_str().unwrap_or("default");
    let list = |key: &str| recording[key].as_array().map_or(&[][..], Vec::as_slice).iter();
    let made = list("watch").filter_map(|entry| {
        let owner = entry["owner"].as_str()?.strip_prefix("CronJob/")?.split(' ').next()?;
        (entry["type"] == "ADDED" && entry["kind"] == "Job").then_some((entry, owner))
    });
    let refused = list("events").filter(|event| event["reason"] == "JobAlreadyActive");
    let refused = refused.map(|event| (event, event["name"].as_str().unwrap_or("")));
    let look = |(entry, cron_job): (&Value, &str)| {
        let at = entry["t"].as_f64()? - WATCH_SECONDS;
        let scheduled = ((t0 + at) / 60.0).floor() * 60.0;
        let lag = t0 + at - scheduled - LOOK_AFTER_SECONDS;
        let namespace = namespace(entry).unwrap_or(default_namespace).to_string();
        let late = (0.0..=MOST_LOOK_LAG_SECONDS).contains(&lag);
        late.then(|| LateLook { namespace, cron_job: cron_job.to_string(), scheduled: scheduled as i64, lag })
    };
    made.chain(refused).filter_map(look).collect()
}
