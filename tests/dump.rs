//! Loading a cluster's state: a world printed as `kubectl get -o yaml` prints it goes on as if nothing had happened.

use orrery::api::{Kind, Phase};
use orrery::manifest::Severity;
use orrery::scenario::{self, Scenario};
use orrery::sim::Timeline;
use orrery::time::SimDuration;
use orrery::view::yaml::to_yaml;
use orrery::world::World;
use serde_json::{Value, json};

const STEPS: u64 = 10_000_000;

/// Kinds that `kubectl get nodes,pods,jobs,cronjobs,ds,rs,deploy` prints.
const PRINTED: &[Kind] =
    &[Kind::Node, Kind::Pod, Kind::Job, Kind::CronJob, Kind::DaemonSet, Kind::ReplicaSet, Kind::Deployment];

/// The world as one list, sorted by kind and name as kubectl does.
fn dump(world: &World, kinds: &[Kind]) -> String {
    let objects = kinds.iter().flat_map(|kind| world.index.sorted(*kind));
    let items: Vec<Value> = objects.filter_map(|object| world.value(object)).collect();
    to_yaml(&json!({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": items}))
}

fn load(text: &str) -> Scenario {
    let scenario = scenario::load(text);
    let errors: Vec<_> = scenario.diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:?}");
    scenario
}

fn play(scenario: &Scenario, seconds: i64) -> Timeline {
    let (mut timeline, refused) = scenario.timeline();
    assert!(refused.is_empty(), "{refused:?}");
    let until = timeline.start() + SimDuration::from_secs(seconds);
    assert!(timeline.play_to(until, STEPS).reached);
    timeline
}

/// What counts of a world: each object with its state, times cut to the second.
fn picture(world: &World) -> Vec<String> {
    let mut lines = Vec::new();
    for kind in PRINTED {
        for object in world.index.sorted(*kind) {
            let Some(value) = world.value(object) else { continue };
            let at = |pointer: &str| value.pointer(pointer).cloned().unwrap_or(Value::Null);
            let name = at("/metadata/name");
            let told = match kind {
                Kind::Node => format!("{} {}", at("/spec/taints"), at("/spec/unschedulable")),
                Kind::Pod => {
                    let restarts = at("/status/containerStatuses/0/restartCount");
                    format!(
                        "{} {} {} {restarts} {}",
                        at("/metadata/uid"),
                        at("/status/phase"),
                        at("/spec/nodeName"),
                        at("/status/podIP")
                    )
                }
                Kind::Job => {
                    let (active, done, failed) = (at("/status/active"), at("/status/succeeded"), at("/status/failed"));
                    format!("{} {active} {done} {failed}", at("/metadata/uid"))
                }
                Kind::CronJob => at("/status/lastScheduleTime").to_string(),
                _ => {
                    let ready =
                        [at("/status/numberReady"), at("/status/readyReplicas"), at("/status/updatedNumberScheduled")];
                    format!("{} {ready:?}", at("/status/replicas"))
                }
            };
            lines.push(format!("{} {name}: {told}", kind.name()));
        }
    }
    lines
}

/// Seconds at which Jobs completed, by name.
fn completions(world: &World) -> Vec<(String, i64)> {
    let done = world
        .jobs
        .iter()
        .filter_map(|(_, job)| Some((job.meta.name.to_string(), job.status.completion_time?.unix_seconds())));
    let mut list: Vec<_> = done.collect();
    list.sort();
    list
}

/// Runs a text to a second, dumps, loads, runs both on, and compares what is there at some seconds after that.
fn goes_on(text: &str, at: i64, later: &[i64]) {
    let scenario = load(text);
    let mut undisturbed = play(&scenario, at);
    let printed = dump(&undisturbed.state().world, PRINTED);
    let copy = load(&printed);
    // The newest time in the dump may be some seconds old; a Scenario document says when it was taken.
    let taken = undisturbed.now().to_string();
    let clock = format!("---\napiVersion: orrery/v1\nkind: Scenario\nspec: {{startTime: {taken}}}\n");
    assert!(copy.start <= undisturbed.now() && !copy.objects.is_empty());
    let copy = load(&format!("{printed}{clock}"));
    assert_eq!(copy.start.to_string(), taken);
    let (mut again, refused) = copy.timeline();
    assert!(refused.is_empty(), "{refused:?}");
    for second in later {
        let until = scenario.start + SimDuration::from_secs(*second);
        assert!(undisturbed.play_to(until, STEPS).reached && again.play_to(until, STEPS).reached);
        // Names and uids of what is born later are drawn from other dice.
        let mask = |lines: Vec<String>| -> Vec<String> {
            let mut lines: Vec<String> = lines.iter().map(|line| masked(line, &printed)).collect();
            lines.sort();
            lines
        };
        let (a, b) = (mask(picture(&undisturbed.state().world)), mask(picture(&again.state().world)));
        let differ: Vec<_> = a
            .iter()
            .filter(|l| !b.contains(l))
            .map(|l| format!("- {l}"))
            .chain(b.iter().filter(|l| !a.contains(l)).map(|l| format!("+ {l}")))
            .collect();
        assert!(a == b, "{second} s, dumped at {at} s:\n{}", differ.join("\n"));
        // Times in a dump are cut to the second.
        for (a, b) in completions(&undisturbed.state().world).iter().zip(completions(&again.state().world)) {
            assert!(a.0 == b.0 && (a.1 - b.1).abs() <= 1, "{a:?} {b:?} at {second} s, dumped at {at} s");
        }
    }
    let violations = again.state().world.violations();
    assert!(violations.is_empty(), "{violations:?}");
}

/// A line without what only dice decide: the uid and random name of an object that the dump does not have.
fn masked(line: &str, dump: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let uid = words.get(2).map_or("", |w| w.trim_matches('"'));
    if uid.len() < 30 || dump.contains(uid) {
        return line.to_owned();
    }
    let name = words[1].trim_matches([':', '"']);
    let stem = if words[0] == "Pod" { name.rsplit_once('-').map_or(name, |(stem, _)| stem) } else { name };
    // Its address is whichever was free.
    let rest: Vec<&str> = words[3..].iter().map(|w| if w.contains("\"10.") { "ip" } else { w }).collect();
    format!("{} {stem}~ new {}", words[0], rest.join(" "))
}

const CRON_JOB: &str = "\
apiVersion: batch/v1
kind: CronJob
metadata: {name: c}
spec:
  schedule: '*/1 * * * *'
  concurrencyPolicy: POLICY
  successfulJobsHistoryLimit: 2
  jobTemplate:
    spec:
      template:
        metadata: {annotations: {sim/run-seconds: \"SECONDS\"}}
        spec: {restartPolicy: Never, containers: [{name: c, image: busybox}]}
";

#[test]
fn cron_jobs_fire_next_at_their_minute_and_running_jobs_end_in_time() {
    for (policy, seconds) in [("Allow", "20"), ("Forbid", "90"), ("Replace", "90"), ("Allow", "90")] {
        let text = CRON_JOB.replace("POLICY", policy).replace("SECONDS", seconds);
        for at in [50, 75, 100, 250] {
            goes_on(&text, at, &[at + 4, at + 8, 270, 310, 400, 500]);
        }
    }
}

#[test]
fn jobs_go_on_counting_where_they_were() {
    let job = |more: &str, annotations: &str| {
        format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: j}}\n\
              spec:\n  {more}\n  template:\n    metadata: {{annotations: {{{annotations}}}}}\n    \
             spec: {{restartPolicy: Never, containers: [{{name: c, image: busybox}}]}}\n"
        )
    };
    for text in [
        job("completions: 6\n  parallelism: 2", "sim/run-seconds: '10'"),
        job("completions: 4\n  parallelism: 2\n  completionMode: Indexed", "sim/run-seconds: '15'"),
        job("activeDeadlineSeconds: 40", "sim/run-seconds: '100'"),
        job("ttlSecondsAfterFinished: 30", "sim/run-seconds: '10'"),
        job("suspend: true", "sim/run-seconds: '10'"),
    ] {
        for at in [8, 14, 35] {
            goes_on(&text, at, &[at + 3, 44, 64, 100]);
        }
    }
}

#[test]
fn workloads_keep_their_pods_and_start_no_rollout() {
    let templates = ["daemon-set", "deployment", "replica-set", "pod"];
    let texts = orrery::assist::TEMPLATES.iter().filter(|t| templates.contains(&t.id)).map(|t| t.text.to_owned());
    let all = texts.collect::<Vec<_>>().join("---\n");
    goes_on(&all, 30, &[31, 60, 120]);
    goes_on(&all, 2, &[3, 10, 60]);
}

#[test]
fn crash_loops_and_restart_counts_go_on() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, annotations: {sim/run-seconds: '3', sim/exit-code: '1'}}\n\
      spec: {containers: [{name: c, image: busybox}]}\n";
    for at in [10, 30, 45] {
        goes_on(text, at, &[at + 1, 80, 200]);
    }
}

#[test]
fn a_dead_node_stays_dead_and_its_pods_are_evicted_in_time() {
    let steps = "---\napiVersion: orrery/v1\nkind: Scenario\nspec:\n  steps:\n  - {at: 20s, run: node down node-1}\n";
    let deployment = orrery::assist::TEMPLATES.iter().find(|t| t.id == "deployment").map(|t| t.text).unwrap_or("");
    let text = format!("{deployment}{steps}");
    let scenario = load(&text);
    let timeline = play(&scenario, 100);
    let printed = dump(&timeline.state().world, PRINTED);
    let copy = play(&load(&printed), 400);
    let world = &copy.state().world;
    let on_dead = world.pods.iter().filter(|(_, pod)| pod.node_name == "node-1" && !pod.meta.deleting()).count();
    let ready = world.pods.iter().filter(|(_, pod)| pod.is_ready()).count();
    assert_eq!((on_dead, ready), (0, 3));
}

#[test]
fn a_paste_of_pods_alone_gets_its_nodes_and_loses_no_pod() {
    let scenario = load(orrery::assist::TEMPLATES.iter().find(|t| t.id == "deployment").map(|t| t.text).unwrap_or(""));
    let timeline = play(&scenario, 30);
    let copy = load(&dump(&timeline.state().world, &[Kind::Pod]));
    assert!(copy.nodes.iter().all(|node| node["metadata"]["name"].as_str().is_some_and(|n| n.starts_with("node-"))));
    let told =
        copy.diagnostics.iter().any(|d| d.severity == Severity::Info && d.message.contains("belong to a ReplicaSet"));
    assert!(told, "{:?}", copy.diagnostics);
    let world = &play(&copy, 120).state().world.clone();
    let running = world.pods.iter().filter(|(_, pod)| pod.status.phase == Phase::Running).count();
    assert_eq!((world.pods.len(), running), (3, 3));
}

#[test]
fn unknown_kinds_and_fields_of_other_versions_are_told_and_left_out() {
    let text = "\
apiVersion: v1
kind: List
items:
- apiVersion: apps/v1
  kind: StatefulSet
  metadata: {name: db, namespace: default, uid: 5f0c0a52-7f1e-4d5a-9c3b-0d8a1e6f2b01}
- apiVersion: example.com/v1
  kind: Widget
  metadata: {name: w, namespace: default, uid: 5f0c0a52-7f1e-4d5a-9c3b-0d8a1e6f2b02}
- apiVersion: v1
  kind: Pod
  metadata:
    name: db-0
    namespace: default
    uid: 5f0c0a52-7f1e-4d5a-9c3b-0d8a1e6f2b03
    creationTimestamp: \"2026-03-01T10:00:00Z\"
    ownerReferences:
    - {apiVersion: apps/v1, kind: StatefulSet, name: db, uid: 5f0c0a52-7f1e-4d5a-9c3b-0d8a1e6f2b01, controller: true}
  spec:
    nodeName: worker-a
    fieldOfTheFuture: 1
    containers: [{name: db, image: redis}]
  status:
    phase: Running
    startTime: \"2026-03-01T10:00:01Z\"
    podIP: 10.244.1.7
    containerStatuses:
    - {name: db, image: redis, ready: true, restartCount: 2, state: {running: {startedAt: \"2026-03-01T10:05:00Z\"}}}
";
    let scenario = load(text);
    assert_eq!(scenario.start.to_string(), "2026-03-01T10:05:00Z");
    let told: Vec<&str> = scenario.diagnostics.iter().map(|d| d.message.as_str()).collect();
    for part in [
        "StatefulSet in apps/v1 is not simulated",
        "Widget in example.com/v1",
        "fieldOfTheFuture",
        "belong to a StatefulSet",
    ] {
        assert!(told.iter().any(|message| message.contains(part)), "{part}: {told:?}");
    }
    let world = &play(&scenario, 60).state().world.clone();
    let pod = world.pods.iter().next().map(|(_, pod)| pod.clone()).expect("the Pod is kept");
    assert_eq!(
        (pod.status.phase, pod.node_name.as_str(), pod.status.containers[0].restart_count),
        (Phase::Running, "worker-a", 2)
    );
}

/// The hash that a label has in a text.
fn hash_of<'a>(text: &'a str, label: &str) -> &'a str {
    let rest = text.split(label).nth(1).expect("the label is there");
    rest.split('\n').next().unwrap_or("").trim_matches([':', ' ', '"'])
}

#[test]
fn hashes_of_the_real_cluster_are_kept_and_no_pod_is_replaced() {
    let templates = ["daemon-set", "deployment", "replica-set"];
    let texts = orrery::assist::TEMPLATES.iter().filter(|t| templates.contains(&t.id)).map(|t| t.text.to_owned());
    let timeline = play(&load(&texts.collect::<Vec<_>>().join("---\n")), 30);
    let printed = dump(&timeline.state().world, PRINTED);
    let (template, revision) = (hash_of(&printed, "pod-template-hash"), hash_of(&printed, "controller-revision-hash"));
    // Another cluster, whose API server fills in more, has come to other hashes.
    let foreign = printed.replace(template, "5b8f6d7c9d").replace(revision, "79c5658b7f");
    assert!(foreign.contains("web-5b8f6d7c9d") && foreign.contains("79c5658b7f"));
    let copy = load(&foreign);
    let before: Vec<String> =
        copy.objects.iter().filter(|o| o["kind"] == "Pod").map(|o| o["metadata"]["uid"].to_string()).collect();
    let copy = play(&copy, 300);
    let world = &copy.state().world;
    let mut after: Vec<String> =
        world.pods.iter().map(|(_, pod)| json!(pod.meta.uid.to_string()).to_string()).collect();
    let mut before = before;
    before.sort();
    after.sort();
    assert_eq!(before, after, "every Pod is still the same one");
    assert_eq!((world.replica_sets.len(), world.controller_revisions.len()), (2, 1));
    let events: Vec<&str> = copy.history().events.iter().map(|event| event.reason).collect();
    assert!(!events.contains(&"SuccessfulCreate") && !events.contains(&"ScalingReplicaSet"), "{events:?}");
}
