//! A fluent way to tell what a scenario should come to: play to a second, then state what must be true.

use orrery::actor::traffic::{self, From, Request, To, Verdict};
use orrery::api::{Kind, Phase, Pod, Text};
use orrery::scenario;
use orrery::sim::Timeline;
use orrery::time::{SimDuration, SimTime};
use orrery::world::{ObjectRef, World};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

const STEPS: u64 = 10_000_000;

/// A scenario being played and checked.
pub struct Story {
    name: String,
    timeline: Timeline,
}

impl Story {
    /// The scenario of that name in `static/scenarios/`.
    pub fn of(name: &str) -> Story {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("static/scenarios/{name}.yaml"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let scenario = scenario::load(&text);
        assert!(!scenario.has_errors(), "{name}: {:?}", scenario.diagnostics);
        assert_eq!(scenario.name, name, "a scenario is called like its file");
        assert_eq!(scenario.titles.len(), 2, "{name} has a title in English and one in Korean");
        let (timeline, refused) = scenario.timeline();
        assert!(refused.is_empty(), "{name}: {refused:?}");
        Story { name: name.to_string(), timeline }
    }

    /// Plays to a second from the start.
    pub fn at(&mut self, second: i64) -> &mut Story {
        let until = self.timeline.start() + SimDuration::from_secs(second);
        assert!(self.timeline.play_to(until, STEPS).reached, "{}: still busy at {second} s", self.name);
        self
    }

    fn world(&self) -> &World {
        &self.timeline.state().world
    }

    fn moment(&self) -> String {
        format!("{} at {}", self.name, self.timeline.now() - self.timeline.start())
    }

    /// Pods whose name is `name` or begins with `name-`.
    fn family(&self, name: &str) -> Vec<&Pod> {
        let prefix = format!("{name}-");
        let pods = self.world().pods.iter().map(|(_, pod)| pod);
        pods.filter(|pod| pod.meta.name == *name || pod.meta.name.starts_with(&prefix)).collect()
    }

    fn count(&self, name: &str, what: &str, wanted: usize, matches: impl Fn(&Pod) -> bool) -> &Story {
        let found = self.family(name);
        let count = found.iter().filter(|pod| matches(pod)).count();
        let listed: Vec<String> =
            found.iter().map(|pod| format!("{} {}", pod.meta.name, pod.status.phase.name())).collect();
        assert_eq!(count, wanted, "{}: {name} should have {wanted} {what}: {listed:?}", self.moment());
        self
    }

    /// So many Pods in all.
    pub fn pods(&self, name: &str, wanted: usize) -> &Story {
        self.count(name, "Pods", wanted, |_| true)
    }

    /// So many ready Pods that are not being deleted.
    pub fn running(&self, name: &str, wanted: usize) -> &Story {
        self.count(name, "running Pods", wanted, |pod| pod.is_ready() && !pod.meta.deleting())
    }

    /// So many Pods that ended well.
    pub fn succeeded(&self, name: &str, wanted: usize) -> &Story {
        self.count(name, "succeeded Pods", wanted, |pod| pod.status.phase == Phase::Succeeded)
    }

    /// So many Pods with a controller.
    pub fn owned(&self, name: &str, wanted: usize) -> &Story {
        self.count(name, "owned Pods", wanted, |pod| pod.meta.controller().is_some())
    }

    /// No more active Pods than that.
    pub fn at_most_active(&self, name: &str, limit: usize) -> &Story {
        let active = self.family(name).iter().filter(|pod| pod.is_active()).count();
        assert!(active <= limit, "{}: {active} Pods of {name} are active", self.moment());
        self
    }

    /// The Pods that are not being deleted, by node.
    pub fn pods_by_node(&self, name: &str, wanted: &[(&str, usize)]) -> &Story {
        let mut found: BTreeMap<String, usize> = BTreeMap::new();
        for pod in self.family(name).iter().filter(|pod| !pod.meta.deleting()) {
            *found.entry(pod.node_name.to_string()).or_default() += 1;
        }
        let wanted = wanted.iter().map(|(node, count)| (node.to_string(), *count)).collect();
        assert_eq!(found, wanted, "{}: Pods of {name} by node", self.moment());
        self
    }

    /// Exactly one Pod is meant to live, and not on that node.
    pub fn lives_elsewhere(&self, name: &str, node: &str) -> &Story {
        self.count(name, "running Pods elsewhere", 1, |pod| {
            pod.is_ready() && !pod.meta.deleting() && pod.node_name != *node
        })
    }

    /// Nothing of that name runs anywhere.
    pub fn has_no_replacement(&self, name: &str) -> &Story {
        self.count(name, "ready Pods", 0, Pod::is_ready)
    }

    /// Name and address of the one live Pod of each family.
    pub fn names_and_addresses(&self, names: &[&str]) -> Vec<(String, String)> {
        let one = |name: &&str| {
            let live: Vec<&Pod> = self.family(name).into_iter().filter(|pod| !pod.meta.deleting()).collect();
            assert_eq!(live.len(), 1, "{}: {name} has one live Pod", self.moment());
            (live[0].meta.name.to_string(), live[0].status.ip.map(|ip| ip.to_string()).unwrap_or_default())
        };
        names.iter().map(one).collect()
    }

    /// So many restarts of its one Pod.
    pub fn restarts(&self, name: &str, wanted: i64) -> &Story {
        let total: i64 = self.family(name).iter().map(|pod| pod.status.total_restarts()).sum();
        assert_eq!(total, wanted, "{}: restarts of {name}", self.moment());
        self
    }

    /// Milli-CPUs in use on all nodes.
    pub fn used_cpu_milli(&self, wanted: i64) -> &Story {
        let used: i64 = self.world().index.seats().iter().map(|seat| seat.used.cpu_milli).sum();
        assert_eq!(used, wanted, "{}: milli-CPUs in use", self.moment());
        self
    }

    /// The log of its one Pod.
    pub fn log(&self, name: &str, wanted: &[&str]) -> &Story {
        let world = self.world();
        let prefix = format!("{name}-");
        let (id, _) = world.pods.iter().find(|(_, pod)| pod.meta.name.starts_with(&prefix)).expect("a Pod");
        let kubelet = &self.timeline.state().actors.kubelet;
        let lines = kubelet.logs(world, id, "container", false, self.timeline.now()).expect("a log");
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, wanted, "{}: the log of {name}", self.moment());
        self
    }

    fn jobs_of(&self, owner: &str) -> Vec<(ObjectRef, &orrery::api::Job)> {
        let owned =
            |job: &orrery::api::Job| job.meta.controller().is_some_and(|o| o.kind == "CronJob" && o.name == *owner);
        self.world().jobs.iter().filter(|(_, job)| owned(job)).map(|(id, job)| (id.into(), job)).collect()
    }

    /// Succeeded, failed and final condition of a Job.
    pub fn job(&self, name: &str, succeeded: i64, failed: i64, condition: &str) -> &Story {
        let id = self.world().find_id::<orrery::api::Job>("default", name).expect("the Job exists");
        let job = self.world().jobs.get(id).expect("the Job exists");
        let found = (job.status.succeeded, job.status.failed, job.finished().map(|c| c.kind.to_string()));
        assert_eq!(found, (succeeded, failed, Some(condition.to_string())), "{}: Job {name}", self.moment());
        self
    }

    /// So many Jobs of a CronJob exist.
    pub fn jobs(&self, cron_job: &str, wanted: usize) -> &Story {
        assert_eq!(self.jobs_of(cron_job).len(), wanted, "{}: Jobs of {cron_job}", self.moment());
        self
    }

    /// So many Jobs of a CronJob run.
    pub fn active_jobs(&self, cron_job: &str, wanted: usize) -> &Story {
        let active =
            self.jobs_of(cron_job).iter().filter(|(_, job)| job.finished().is_none() && !job.meta.deleting()).count();
        assert_eq!(active, wanted, "{}: running Jobs of {cron_job}", self.moment());
        self
    }

    /// So many Jobs of a CronJob have ever been made by its schedule.
    pub fn jobs_started(&self, cron_job: &str, wanted: usize) -> &Story {
        let prefix = format!("{cron_job}-");
        let births = self.timeline.history().births.iter();
        let made = births.filter(|birth| birth.object.kind == Kind::Job && birth.name.starts_with(&prefix)).count();
        assert_eq!(made, wanted, "{}: Jobs that {cron_job} has started", self.moment());
        self
    }

    /// The names of the Jobs of a CronJob that are not being deleted.
    pub fn job_names(&self, cron_job: &str) -> Vec<String> {
        let jobs = self.jobs_of(cron_job);
        jobs.iter().filter(|(_, job)| !job.meta.deleting()).map(|(_, job)| job.meta.name.to_string()).collect()
    }

    /// The names of the Pods of a family that are not being deleted.
    pub fn pod_names(&self, name: &str) -> Vec<String> {
        let live = self.family(name).into_iter().filter(|pod| pod.is_active());
        live.map(|pod| pod.meta.name.to_string()).collect()
    }

    /// Each Job of the CronJob has made Pods of its own.
    pub fn owned_by_cron_job(&self, cron_job: &str) -> &Story {
        let jobs = self.jobs_of(cron_job);
        assert!(!jobs.is_empty());
        for (_, job) in jobs {
            let pods = self.world().index.dependents(job.meta.uid).filter(|object| object.kind == Kind::Pod).count();
            assert_eq!(pods, 1, "{}: Pods of {}", self.moment(), job.meta.name);
        }
        self
    }

    /// The scheduled times of the Jobs that a CronJob has made.
    pub fn job_times(&self, cron_job: &str, wanted: &[&str]) -> &Story {
        let prefix = format!("{cron_job}-");
        let births = self.timeline.history().births.iter();
        let minutes = births
            .filter(|birth| birth.object.kind == Kind::Job)
            .filter_map(|birth| birth.name.strip_prefix(&prefix)?.parse::<i64>().ok());
        let times: Vec<String> = minutes.map(|m| SimTime::from_unix_seconds(m * 60).to_string()).collect();
        assert_eq!(times, wanted, "{}: slots of {cron_job}", self.moment());
        self
    }

    /// How many Pods of a family there have ever been.
    pub fn created(&self, name: &str) -> usize {
        let prefix = format!("{name}-");
        let births = self.timeline.history().births.iter();
        births.filter(|birth| birth.object.kind == Kind::Pod && birth.name.starts_with(&prefix)).count()
    }

    /// An Event with that reason has been written on an object of that name.
    pub fn event(&self, name: &str, reason: &str) -> &Story {
        let history = self.timeline.history();
        let on =
            |event: &&orrery::sim::EventRecord| history.birth(event.object).is_some_and(|birth| birth.name == *name);
        let reasons: Vec<&str> = history.events.iter().filter(on).map(|event| event.reason).collect();
        assert!(reasons.contains(&reason), "{}: {name} has {reasons:?}, not {reason}", self.moment());
        self
    }

    /// An object as the API prints it.
    pub fn value(&self, kind: &str, name: &str) -> Value {
        let kind = Kind::parse(kind).expect("a kind");
        let object = self.world().find(kind, "default", name).unwrap_or_else(|| panic!("{}: no {name}", self.moment()));
        self.world().value(object).expect("it was just found")
    }
}

/// What became of a request.
pub struct Called<'a> {
    story: &'a Story,
    to: To,
    verdict: Verdict,
}

impl Called<'_> {
    /// A Pod on that node got it.
    pub fn reaches_pod_on(&self, node: &str) {
        let Verdict::Delivered { pod, .. } = self.verdict else {
            panic!("{}: {:?} to {:?}", self.story.moment(), self.verdict, self.to);
        };
        let found = self.story.world().pods.get(pod).map(|pod| pod.node_name.to_string());
        assert_eq!(found.as_deref(), Some(node), "{}: {:?}", self.story.moment(), self.to);
    }

    /// Nothing answers.
    pub fn is_dropped(&self) {
        assert_eq!(self.verdict, Verdict::Dropped, "{}: {:?}", self.story.moment(), self.to);
    }

    /// Nobody listens.
    pub fn is_refused(&self) {
        assert_eq!(self.verdict, Verdict::Refused, "{}: {:?}", self.story.moment(), self.to);
    }
}

impl Story {
    /// A request from outside to a node's NodePort.
    pub fn node_port(&self, node: &str, port: i32) -> Called<'_> {
        self.call(To::NodePort { node: Text::copy(node), port })
    }

    /// A request from outside to a node's hostPort.
    pub fn host_port(&self, node: &str, port: i32) -> Called<'_> {
        self.call(To::HostPort { node: Text::copy(node), port })
    }

    fn call(&self, to: To) -> Called<'_> {
        let route = traffic::route(self.world(), &Request::tcp(From::Outside, to.clone(), 0));
        Called { story: self, to, verdict: route.verdict }
    }
}
