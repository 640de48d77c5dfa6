//! What holds for Jobs whatever happens to them.

use super::TRACKING_FINALIZER;
use super::timeline::{Watched, job};
use crate::api::{Kind, Pod};
use crate::sim::{EventRecord, Listener};
use crate::time::{SimDuration, SimTime};
use crate::world::{Change, DeleteOptions, World};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What a user does to a Job, and when.
#[derive(Clone, Debug)]
enum Deed {
    Parallelism(i64),
    Suspend(bool),
    DeletePod(usize),
    Wait,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        (0i64..5).prop_map(Deed::Parallelism),
        any::<bool>().prop_map(Deed::Suspend),
        (0usize..8).prop_map(Deed::DeletePod),
        Just(Deed::Wait),
    ]
}

prop_compose! {
    fn spec()(completions in 1i64..7, parallelism in 0i64..5, indexed in any::<bool>(), backoff in 0i64..5,
              per_index in prop::option::of(0i64..3), failed_only in any::<bool>(), ignore in any::<bool>(),
              deadline in prop::option::of(5i64..60), on_failure in any::<bool>()) -> Value {
        let mut spec = json!({"completions": completions, "parallelism": parallelism, "backoffLimit": backoff,
                              "activeDeadlineSeconds": deadline});
        if indexed {
            spec["completionMode"] = json!("Indexed");
            spec["backoffLimitPerIndex"] = json!(per_index);
        }
        if failed_only {
            spec["podReplacementPolicy"] = json!("Failed");
        }
        if ignore && !on_failure {
            spec["podReplacementPolicy"] = json!("Failed");
            spec["podFailurePolicy"] =
                json!({"rules": [{"action": "Ignore", "onExitCodes": {"operator": "In", "values": [3]}}]});
        }
        if on_failure && !(indexed && per_index.is_some()) {
            spec["template"] = json!({"spec": {"restartPolicy": "OnFailure"}});
        }
        spec
    }
}

prop_compose! {
    fn run()(seconds in 0i64..15, code in prop::sample::select(vec![0, 1, 3]), first in 0i64..4) -> Value {
        json!({"sim/run-seconds": seconds.to_string(), "sim/exit-code": code.to_string(),
               "sim/fail-first": first.to_string()})
    }
}

/// Looks at the Job after every write of it or of its Pods.
#[derive(Default)]
struct Watchman {
    succeeded: i64,
    failed: i64,
    ended: Option<String>,
    broken: Vec<String>,
}

impl Watchman {
    fn look(&mut self, now: SimTime, world: &World) {
        let Some((_, job)) = world.jobs.iter().next() else { return };
        let status = &job.status;
        let mut expect = |holds: bool, what: &str| {
            if !holds {
                self.broken.push(format!("{now}: {what}: {status:?}"));
            }
        };
        expect(status.succeeded >= self.succeeded, "succeeded dropped");
        expect(status.failed >= self.failed, "failed dropped");
        expect(status.ready.unwrap_or(0) <= status.active, "more ready than active");
        let parallelism = job.spec.parallelism.unwrap_or(1);
        // After a change of the spec the status is that of the spec before until the next sync.
        let changed = job.meta.generation > 1;
        expect(status.active <= parallelism.max(0) || changed, "more active than parallelism");
        let ended = job.finished().map(|condition| condition.kind.to_string());
        expect(self.ended.is_none() || self.ended == ended, "an ended Job is not what it was");
        if ended.is_some() {
            expect(status.active == 0 && status.terminating == Some(0), "an ended Job has Pods");
            expect(status.uncounted_succeeded.is_empty() && status.uncounted_failed.is_empty(), "an ended Job counts");
            expect(status.completion_time.is_some() == (ended.as_deref() == Some("Complete")), "completionTime");
        }
        (self.succeeded, self.failed, self.ended) = (status.succeeded, status.failed, ended);
    }
}

impl Listener for Watchman {
    fn change(&mut self, now: SimTime, change: &Change, world: &World) {
        if matches!(change.object.kind, Kind::Job | Kind::Pod) {
            self.look(now, world);
        }
    }

    fn event(&mut self, _now: SimTime, _event: &EventRecord, _world: &World) {}
}

/// Active Pods and their indexes at rest, when every controller has done its work.
fn check_at_rest(watched: &Watched) -> Result<(), TestCaseError> {
    let world = &watched.sim.state.world;
    let Some((_, job)) = world.jobs.iter().next() else { return Ok(()) };
    let active: Vec<&Pod> = world.pods.iter().map(|(_, pod)| pod).filter(|pod| pod.is_active()).collect();
    let room = if job.spec.suspend || job.finished().is_some() { 0 } else { job.spec.parallelism.unwrap_or(1) };
    prop_assert!(active.len() as i64 <= room, "{} active Pods, room for {room}", active.len());
    if job.spec.indexed {
        let indexes: BTreeSet<_> = active.iter().filter_map(|pod| super::indexed::completion_index(pod)).collect();
        prop_assert_eq!(indexes.len(), active.len(), "two active Pods of one index");
        let completed = super::indexed::Intervals::parse(&job.status.completed_indexes, i64::MAX);
        prop_assert_eq!(completed.total(), job.status.succeeded);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn counts_never_drop_pods_never_exceed_parallelism_and_an_end_is_an_end(
        spec in spec(), run in run(), deeds in prop::collection::vec((deed(), 0i64..30_000), 0..8)) {
        let (mut watched, mut watchman) = (Watched::new(), Watchman::default());
        watched.create(job(run, spec));
        for (deed, millis) in deeds {
            let until = watched.sim.state.now + SimDuration::from_millis(millis);
            prop_assert!(watched.sim.advance_with(until, 1_000_000, &mut watchman).reached);
            check_at_rest(&watched)?;
            match deed {
                Deed::Parallelism(n) => drop(watched.patch(Kind::Job, "work", json!({"spec": {"parallelism": n}}))),
                Deed::Suspend(on) => drop(watched.patch(Kind::Job, "work", json!({"spec": {"suspend": on}}))),
                Deed::DeletePod(n) => {
                    let pods = watched.pods();
                    if let Some(name) = pods.get(n) {
                        let name = name.clone();
                        watched.delete(Kind::Pod, &name, DeleteOptions::default());
                    }
                }
                Deed::Wait => {}
            }
        }
        let until = watched.sim.state.now + SimDuration::from_secs(4_000);
        prop_assert!(watched.sim.advance_with(until, 1_000_000, &mut watchman).reached);
        check_at_rest(&watched)?;
        prop_assert!(watchman.broken.is_empty(), "{}", watchman.broken.join("\n"));
        let world = &watched.sim.state.world;
        let (_, job) = world.jobs.iter().next().expect("nobody deleted it");
        let paused = job.spec.suspend || job.spec.parallelism == Some(0);
        // A policy that ignores every failure lets a Job try for ever.
        let endless = job.spec.pod_failure_policy.is_some();
        prop_assert!(job.finished().is_some() || paused || endless, "after an hour: {:?}", job.status);
        let kept = world.pods.iter().filter(|(_, pod)| pod.meta.has_finalizer(TRACKING_FINALIZER)).count();
        prop_assert!(job.finished().is_none() || kept == 0, "Pods of an ended Job keep the finalizer");
    }
}
