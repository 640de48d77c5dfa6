//! Probes, in a declared simple form: annotations say from when until when a program answers.
//!
//! `sim/started-after-seconds`, `sim/ready-after-seconds`, `sim/ready-until-seconds` and `sim/unhealthy-after-seconds` count
//! from the start of each run of the container. They matter only to a container that has the probe: as in a real cluster,
//! nobody asks otherwise. A program that has not started yet answers no probe at all. Successes in a row are skipped over;
//! each failure is an Event. Upstream: pkg/kubelet/prober/worker.go doProbe.

use super::program::annotated_time;
use super::task::Task;
use super::worker::{Doing, Mode};
use crate::api::pod_spec::Probe;
use crate::api::{Text, value};
use crate::time::{SimDuration, SimTime};

/// One of the three kinds of probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Startup,
    Liveness,
    Readiness,
}

impl Asked {
    const ALL: [Asked; 3] = [Asked::Startup, Asked::Liveness, Asked::Readiness];

    const fn name(self) -> &'static str {
        match self {
            Asked::Startup => "Startup",
            Asked::Liveness => "Liveness",
            Asked::Readiness => "Readiness",
        }
    }
}

/// Where one probe stands.
#[derive(Clone, Copy, Debug, Default)]
struct Track {
    /// When it is asked next.
    next: SimTime,
    /// Equal answers in a row.
    streak: i64,
    /// The last answer.
    passed: bool,
}

/// The probes of a running container.
#[derive(Clone, Debug)]
pub(super) struct Probes {
    tracks: [Track; 3],
    /// Since when the container counts as started, which is when the other probes begin.
    started: Option<SimTime>,
    /// From when until when it answers, from the start of the run.
    started_after: SimDuration,
    ready_after: SimDuration,
    ready_until: Option<SimDuration>,
    unhealthy_after: Option<SimDuration>,
}

/// Which probes hold a container back when it starts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Probed {
    pub startup: bool,
    pub readiness: bool,
}

impl Probes {
    /// When something will change.
    pub fn next_at(&self) -> SimTime {
        self.tracks.iter().map(|track| track.next).min().unwrap_or(SimTime::FAR_FUTURE)
    }

    /// The container is stopping: liveness and startup are not asked any more.
    pub fn hold(&mut self) {
        self.tracks[Asked::Startup as usize].next = SimTime::FAR_FUTURE;
        self.tracks[Asked::Liveness as usize].next = SimTime::FAR_FUTURE;
    }

    /// Whether the program answers, `since` its start.
    fn answers(&self, asked: Asked, since: SimDuration) -> bool {
        let started = since >= self.started_after;
        started
            && match asked {
                Asked::Startup => true,
                Asked::Liveness => self.unhealthy_after.is_none_or(|end| since < end),
                Asked::Readiness => since >= self.ready_after && self.ready_until.is_none_or(|end| since < end),
            }
    }

    /// When a probe that passes now will not pass any more, from the start.
    fn ends(&self, asked: Asked) -> Option<SimDuration> {
        match asked {
            Asked::Startup => None,
            Asked::Liveness => self.unhealthy_after,
            Asked::Readiness => self.ready_until,
        }
    }
}

/// The first moment of a probe's rhythm, begun at `base`, that is not before `from`.
fn tick(probe: &Probe, base: SimTime, from: SimTime) -> SimTime {
    let period = SimDuration::from_secs(probe.period_seconds);
    if from <= base { base } else { from.next_multiple(period, base) }
}

/// What a failed probe says.
fn failure(probe: &Probe, ip: &str) -> String {
    let port = |part: &serde_json::Value| match part.get("port") {
        Some(serde_json::Value::String(name)) => name.clone(),
        Some(number) => number.to_string(),
        None => String::new(),
    };
    let source = &probe.source;
    if source.get("httpGet").is_some() {
        "HTTP probe failed with statuscode: 503".into()
    } else if let Some(socket) = source.get("tcpSocket") {
        format!("dial tcp {ip}:{}: connect: connection refused", port(socket))
    } else if source.get("grpc").is_some() {
        "service unhealthy (responded with \"NOT_SERVING\")".into()
    } else {
        String::new()
    }
}

impl Task<'_> {
    fn probe_spec(&self, number: usize, asked: Asked) -> Option<&Probe> {
        let container = self.container(number).filter(|_| !self.is_init(number))?;
        match asked {
            Asked::Startup => container.startup.as_ref(),
            Asked::Liveness => container.liveness.as_ref(),
            Asked::Readiness => container.readiness.as_ref(),
        }
    }

    /// Sets up the probes of a container that starts now.
    pub(super) fn arm_probes(&mut self, number: usize) -> Probed {
        let has = Asked::ALL.map(|asked| self.probe_spec(number, asked).is_some());
        let probed = Probed { startup: has[Asked::Startup as usize], readiness: has[Asked::Readiness as usize] };
        if has == [false; 3] {
            return probed;
        }
        let name = self.container(number).map_or(Text::EMPTY, |container| container.name.clone());
        let main = !self.is_sidecar(number);
        let time = |key: &str| annotated_time(self.meta, &name, main, key);
        let idle = Track { next: SimTime::FAR_FUTURE, ..Track::default() };
        let probes = Probes {
            tracks: [idle; 3],
            started: None,
            started_after: time("sim/started-after-seconds").unwrap_or_default(),
            ready_after: time("sim/ready-after-seconds").unwrap_or_default(),
            ready_until: time("sim/ready-until-seconds"),
            unhealthy_after: time("sim/unhealthy-after-seconds"),
        };
        self.worker.run_mut(number).probes = Some(Box::new(probes));
        if probed.startup {
            self.begin_probe(number, Asked::Startup);
        } else {
            self.begin_probes_of_started(number);
        }
        probed
    }

    fn begin_probes_of_started(&mut self, number: usize) {
        let now = self.now;
        if let Some(probes) = self.worker.run_mut(number).probes.as_mut() {
            probes.started = Some(now);
        }
        self.begin_probe(number, Asked::Liveness);
        self.begin_probe(number, Asked::Readiness);
    }

    /// A probe's rhythm: readiness is asked at once when a container has started; the others keep the Pod's rhythm.
    fn begin_probe(&mut self, number: usize, asked: Asked) {
        let Some(probe) = self.probe_spec(number, asked) else { return };
        let run = self.worker.run(number);
        let from = self.now.max(run.started + SimDuration::from_secs(probe.initial_delay_seconds));
        let next = tick(probe, self.probe_base(number, asked), from);
        if let Some(probes) = self.worker.run_mut(number).probes.as_mut() {
            probes.tracks[asked as usize] = Track { next, ..Track::default() };
        }
    }

    fn probe_base(&self, number: usize, asked: Asked) -> SimTime {
        let started = self.worker.run(number).probes.as_ref().and_then(|probes| probes.started);
        match asked {
            Asked::Readiness => started.unwrap_or(self.now),
            _ => self.worker.taken,
        }
    }

    /// Asks what is to be asked by now; answers whether anything was.
    pub(super) fn probe(&mut self, number: usize) -> bool {
        let mut asked_any = false;
        for asked in Asked::ALL {
            let due = |task: &Self| {
                let probes = task.worker.run(number).probes.as_ref();
                probes.is_some_and(|probes| probes.tracks[asked as usize].next <= task.now)
            };
            if due(self) {
                self.ask(number, asked);
                asked_any = true;
            }
        }
        asked_any
    }

    fn ask(&mut self, number: usize, asked: Asked) {
        let Some(probe) = self.probe_spec(number, asked).cloned() else { return };
        let base = self.probe_base(number, asked);
        let now = self.now;
        let run = self.worker.run_mut(number);
        let since = now - run.started;
        let started = run.started;
        let Some(probes) = run.probes.as_mut() else { return };
        let passed = probes.answers(asked, since);
        let ends = probes.ends(asked);
        let track = &mut probes.tracks[asked as usize];
        track.streak = if track.passed == passed { track.streak + 1 } else { 1 };
        track.passed = passed;
        let settled = track.streak >= if passed { probe.success_threshold } else { probe.failure_threshold };
        let following = now + SimDuration::from_secs(probe.period_seconds);
        track.next = match (passed && settled, ends) {
            (true, Some(end)) => tick(&probe, base, following.max(started + end)),
            (true, None) => SimTime::FAR_FUTURE,
            (false, _) => following,
        };
        if !passed {
            let ip = self.status.ip.map(|ip| ip.to_string()).unwrap_or_default();
            let message = format!("{} probe failed: {}", asked.name(), failure(&probe, &ip));
            self.note(true, "Unhealthy", Text::from(message));
        }
        if settled {
            self.verdict(number, asked, passed, &probe);
        }
    }

    /// Enough equal answers in a row.
    fn verdict(&mut self, number: usize, asked: Asked, passed: bool, probe: &Probe) {
        match (asked, passed) {
            (Asked::Startup, true) => {
                let readiness = self.probe_spec(number, Asked::Readiness).is_some();
                if let Some(probes) = self.worker.run_mut(number).probes.as_mut() {
                    probes.tracks[Asked::Startup as usize].next = SimTime::FAR_FUTURE;
                }
                if let Some(status) = self.status_of(number) {
                    (status.started, status.ready) = (true, !readiness);
                }
                self.changed = true;
                self.begin_probes_of_started(number);
            }
            (Asked::Readiness, ready) => {
                if let Some(status) = self.status_of(number).filter(|status| status.ready != ready) {
                    status.ready = ready;
                    self.changed = true;
                }
            }
            (Asked::Liveness, true) => {}
            (Asked::Startup | Asked::Liveness, false) => self.kill_unhealthy(number, asked, probe),
        }
    }

    /// A container that failed its liveness or startup probe is killed, and restarted if its policy says so.
    /// Upstream: pkg/kubelet/kuberuntime/kuberuntime_manager.go computePodActions.
    fn kill_unhealthy(&mut self, number: usize, asked: Asked, probe: &Probe) {
        if self.worker.run(number).doing != Doing::Running || self.worker.mode != Mode::Active {
            return;
        }
        let name = self.container(number).map_or(Text::EMPTY, |container| container.name.clone());
        let kind = asked.name().to_lowercase();
        let restarts = if self.should_restart(number, super::stop::SIGKILL_CODE) { ", will be restarted" } else { "" };
        self.note(false, "Killing", Text::from(format!("Container {name} failed {kind} probe{restarts}")));
        let own = value::opt_int(&probe.source, "terminationGracePeriodSeconds");
        let grace = own.unwrap_or(self.spec.termination_grace_seconds).max(0);
        self.terminate(number, self.now + SimDuration::from_secs(grace));
    }
}
