//! How fast the core is: CPU seconds, simulated speed and counts, one line a measurement.
//!
//! `cargo bench` runs all; `cargo bench -- scale` adds Kubernetes' own limits (150,000 Pods), which take a while.
//! Figures are CPU time of this process, so that a busy machine changes them little; the fastest of three runs counts.

use cpu_time::ProcessTime;
use orrery::scenario;
use orrery::sim::{Order, Progress, Timeline};
use orrery::time::SimDuration;
use std::fmt::Write;
use std::sync::Arc;

const STEPS: u64 = 2_000_000_000;

fn nodes(count: usize) -> String {
    let mut text = String::new();
    for n in 0..count {
        let zone = n % 3;
        let _ = write!(
            text,
            "apiVersion: v1\nkind: Node\nmetadata: {{name: node-{n}, labels: {{zone: z{zone}}}}}\n\
             status: {{capacity: {{cpu: \"64\", memory: 256Gi, pods: \"250\"}}}}\n---\n"
        );
    }
    text
}

fn daemon_set(name: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: {name}}}\nspec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  \
         template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec: {{containers: [{{name: c, image: x:1}}]}}\n---\n"
    )
}

fn deployment(replicas: usize) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  replicas: {replicas}\n  \
         selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    \
         spec: {{containers: [{{name: c, image: x:1, resources: {{requests: {{cpu: 100m, memory: 64Mi}}}}}}]}}\n---\n"
    )
}

fn cron_jobs(count: usize) -> String {
    let mut text = String::new();
    for n in 0..count {
        let _ = write!(
            text,
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: cj-{n}}}\nspec:\n  schedule: \"*/1 * * * *\"\n  \
             jobTemplate:\n    spec:\n      template:\n        metadata: {{annotations: {{sim/run-seconds: \"20\"}}}}\n        \
             spec: {{restartPolicy: Never, containers: [{{name: c, image: x:1}}]}}\n---\n"
        );
    }
    text
}

fn load(text: &str) -> Timeline {
    let scenario = scenario::load(text);
    assert!(!scenario.has_errors(), "{:?}", scenario.diagnostics.first());
    let (timeline, refused) = scenario.timeline();
    assert!(refused.is_empty(), "{refused:?}");
    timeline
}

fn running(timeline: &Timeline) -> usize {
    timeline.state().world.pods.iter().filter(|(_, pod)| pod.is_ready()).count()
}

/// Plays for a span and answers CPU seconds and progress.
fn play(timeline: &mut Timeline, span: SimDuration) -> (f64, Progress) {
    let clock = ProcessTime::now();
    let until = timeline.now() + span;
    let progress = timeline.play_to(until, STEPS);
    (clock.elapsed().as_secs_f64(), progress)
}

/// The fastest of some runs from the apply of `text` to all Pods running, on nodes that are there already.
fn to_running(name: &str, node_count: usize, text: &str, pods: usize, runs: usize) -> f64 {
    let mut best = (f64::MAX, 0);
    let objects: Vec<_> = scenario::load(text).objects;
    let order = Order::Apply { objects: Arc::new(objects), prune: false };
    let ready = load(&nodes(node_count));
    for _ in 0..runs {
        let mut timeline = ready.clone();
        let clock = ProcessTime::now();
        timeline.input(order.clone(), false);
        let until = timeline.now() + SimDuration::from_secs(5);
        let progress = timeline.play_to(until, STEPS);
        let seconds = clock.elapsed().as_secs_f64();
        assert_eq!(running(&timeline), pods, "{name}: not all Pods are running");
        if seconds < best.0 {
            best = (seconds, progress.steps);
        }
    }
    println!("{name:<58} {:>9.4} CPU-s  {:>10} steps", best.0, best.1);
    best.0
}

fn at_rest() {
    let mut timeline = load(&format!("{}{}", nodes(10), deployment(100)));
    play(&mut timeline, SimDuration::from_secs(60));
    let days = 30;
    let (seconds, progress) = play(&mut timeline, SimDuration::from_secs(days * 86_400));
    let speed = days as f64 * 86_400.0 / seconds.max(1e-9);
    println!("{:<58} {speed:>9.2e} times real time  {} steps", "100 Pods at rest for 30 days", progress.steps);
}

fn seek() {
    let text = include_str!("../static/scenarios/article.yaml");
    let mut timeline = load(text);
    let start = timeline.now();
    play(&mut timeline, SimDuration::from_secs(86_400));
    let mut worst: f64 = 0.0;
    let mut sum = 0.0;
    for n in 0..24 {
        let clock = ProcessTime::now();
        timeline.seek(start + SimDuration::from_secs(86_400 - n * 3_599));
        let seconds = clock.elapsed().as_secs_f64();
        worst = worst.max(seconds);
        sum += seconds;
    }
    let (mean, worst) = (sum / 24.0 * 1e3, worst * 1e3);
    println!("{:<58} {mean:>9.3} ms mean  {worst:.3} ms worst of 24", "seek back through a day of the article");
}

fn resident_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
}

fn scale() {
    let sets: String = (0..30).map(|n| daemon_set(&format!("ds-{n}"))).collect();
    let mut costs = Vec::new();
    for count in [500, 1_000, 2_000, 5_000] {
        let name = format!("(a) {count} nodes, 30 DaemonSets: {} Pods to Running", count * 30);
        costs.push((count as f64, to_running(&name, count, &sets, count * 30, 1)));
    }
    let (first, last) = (costs[0], costs[costs.len() - 1]);
    println!("(a) grows with exponent {:.2}", (last.1 / first.1).ln() / (last.0 / first.0).ln());
    let text = format!("{}{sets}", nodes(5_000));
    let before = resident_bytes().unwrap_or(0);
    let scenario = scenario::load(&text);
    let (mut timeline, _) = scenario.timeline();
    timeline.play_to(scenario.start + SimDuration::from_secs(5), STEPS);
    let used = resident_bytes().unwrap_or(0).saturating_sub(before) / 1_000_000;
    println!("(e) resident memory of (a), checkpoints and history included {used:>9} MB");
    let clock = ProcessTime::now();
    let checkpoint = timeline.state().clone();
    println!("(d) a checkpoint of (a) {:>44.1} ms", clock.elapsed().as_secs_f64() * 1e3);
    drop(checkpoint);
    let clock = ProcessTime::now();
    timeline.seek(scenario.start + SimDuration::from_millis(500));
    println!("(d) a seek in (a) {:>50.1} ms", clock.elapsed().as_secs_f64() * 1e3);
    timeline.play_to(scenario.start + SimDuration::from_secs(5), STEPS);
    for n in 0..500 {
        let order = orrery::kubectl::parse(&format!("node down node-{n}")).expect("a good command");
        timeline.input(order, true);
    }
    let (seconds, progress) = play(&mut timeline, SimDuration::from_secs(900));
    println!("{:<58} {seconds:>9.4} CPU-s  {:>10} steps", "(c) 500 of 5,000 nodes fail, 15 minutes", progress.steps);
}

fn day_of_cron_jobs() {
    let text = format!("{}{}", nodes(50), cron_jobs(1_000));
    let mut timeline = load(&text);
    let (seconds, progress) = play(&mut timeline, SimDuration::from_secs(86_400));
    println!(
        "{:<58} {seconds:>9.4} CPU-s  {:>10} steps",
        "(b) 1,000 CronJobs every minute for 24 hours", progress.steps
    );
}

fn main() {
    let all = std::env::args().any(|argument| argument == "scale");
    to_running("a Deployment of 1,000 Pods to Running on 20 nodes", 20, &deployment(1_000), 1_000, 3);
    to_running("a Deployment of 5,000 Pods to Running on 50 nodes", 50, &deployment(5_000), 5_000, 3);
    to_running("a DaemonSet of 1,000 Pods to Running", 1_000, &daemon_set("ds"), 1_000, 3);
    to_running("a DaemonSet of 5,000 Pods to Running", 5_000, &daemon_set("ds"), 5_000, 3);
    at_rest();
    seek();
    if all {
        scale();
        day_of_cron_jobs();
    }
}
