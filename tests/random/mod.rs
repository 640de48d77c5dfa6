//! Random clusters and random inputs, for property tests: small enough to run thousands of, of all kinds.

#![allow(dead_code)] // Each property test uses its own part.

use orrery::api::{Kind, Text};
use orrery::kubectl;
use orrery::sim::order::Order;
use orrery::sim::{Recorded, Run, Sim};
use orrery::time::{SimDuration, SimTime};
use orrery::world::{Pace, Settings};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;

/// When every random run starts: a minute before a full hour, so that schedules fire.
pub fn start() -> SimTime {
    SimTime::parse("2026-01-05T08:59:00Z").expect("a time")
}

fn template(labels: Value, annotations: Value, restart: &str, cpu: u32) -> Value {
    json!({"metadata": {"labels": labels, "annotations": annotations},
           "spec": {"restartPolicy": restart, "terminationGracePeriodSeconds": 5,
                    "containers": [{"name": "c", "image": "x:1", "resources": {"requests": {"cpu": format!("{}m", cpu)}}}]}})
}

/// One manifest of any kind; names are few so that later ones change or replace earlier ones.
pub fn manifest() -> impl Strategy<Value = Value> {
    let run = (1_u32..40, 0_i32..3).prop_map(
        |(seconds, code)| json!({"sim/run-seconds": seconds.to_string(), "sim/exit-code": (code / 2).to_string()}),
    );
    let cpu = 0_u32..1_500;
    prop_oneof![
        (0_u32..2, 0_i64..6, cpu.clone()).prop_map(|(n, replicas, cpu)| {
            let labels = json!({"app": format!("web-{n}")});
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": format!("web-{n}"), "namespace": "default"},
                   "spec": {"replicas": replicas, "selector": {"matchLabels": labels},
                            "template": template(labels, json!({}), "Always", cpu)}})
        }),
        (0_u32..2, 0_i64..6, cpu.clone()).prop_map(|(n, replicas, cpu)| {
            let labels = json!({"app": format!("rs-{n}")});
            json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": format!("rs-{n}"), "namespace": "default"},
                   "spec": {"replicas": replicas, "selector": {"matchLabels": labels},
                            "template": template(labels, json!({}), "Always", cpu)}})
        }),
        (0_u32..2, cpu.clone(), any::<bool>()).prop_map(|(n, cpu, selective)| {
            let labels = json!({"app": format!("ds-{n}")});
            let mut template = template(labels.clone(), json!({}), "Always", cpu);
            if selective {
                template["spec"]["nodeSelector"] = json!({"os": "centos"});
            }
            json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": format!("ds-{n}"), "namespace": "default"},
                   "spec": {"selector": {"matchLabels": labels}, "template": template}})
        }),
        (0_u32..3, 1_i64..5, 1_i64..6, run.clone(), any::<bool>()).prop_map(|(n, parallelism, completions, run, never)| {
            let restart = if never { "Never" } else { "OnFailure" };
            json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": format!("job-{n}"), "namespace": "default"},
                   "spec": {"parallelism": parallelism, "completions": completions, "backoffLimit": 2,
                            "activeDeadlineSeconds": 200, "template": template(json!({}), run, restart, 100)}})
        }),
        (0_u32..2, 0_usize..3, run).prop_map(|(n, policy, run)| {
            let policy = ["Allow", "Forbid", "Replace"][policy];
            json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": format!("cj-{n}"), "namespace": "default"},
                   "spec": {"schedule": "*/1 * * * *", "concurrencyPolicy": policy,
                            "jobTemplate": {"spec": {"backoffLimit": 1, "template": template(json!({}), run, "Never", 100)}}}})
        }),
        (0_u32..3, cpu).prop_map(|(n, cpu)| {
            let body = template(json!({"app": "bare"}), json!({}), "Always", cpu);
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("bare-{n}"), "namespace": "default",
                   "labels": {"app": "bare"}}, "spec": body["spec"]})
        }),
    ]
}

/// One input.
pub fn order() -> impl Strategy<Value = Order> {
    let command = |line: String| kubectl::parse(&line).expect("the generator writes good commands");
    let node = (0_u32..4).prop_map(|n| format!("node-{n}"));
    prop_oneof![
        6 => manifest().prop_map(|object| Order::Apply { objects: Arc::new(vec![object]), prune: false }),
        2 => (node.clone(), 0_usize..4).prop_map(move |(name, what)| {
            command(format!("node {} {name}", ["down", "up", "notready", "up"][what]))
        }),
        1 => (node.clone(), any::<bool>()).prop_map(move |(name, on)| {
            command(format!("kubectl {} {name}", if on { "cordon" } else { "uncordon" }))
        }),
        1 => (node.clone(), any::<bool>()).prop_map(move |(name, centos)| {
            command(format!("kubectl label node {name} os={} --overwrite", if centos { "centos" } else { "ubuntu" }))
        }),
        1 => (node.clone(), 0_usize..3).prop_map(move |(name, what)| {
            command(format!("kubectl taint node {name} {}", ["a=b:NoExecute", "a=b:NoSchedule", "a-"][what]))
        }),
        1 => node.prop_map(move |name| command(format!("node delete {name}"))),
        1 => (0_usize..5, 0_u32..2).prop_map(move |(kind, n)| {
            let name = ["deployment web", "rs rs", "ds ds", "job job", "cronjob cj"][kind];
            command(format!("kubectl delete {name}-{n}"))
        }),
        1 => (0_u32..2).prop_map(move |n| command(format!("kubectl create job manual-{n} --from=cronjob/cj-{n}"))),
        1 => (0_u32..2, 0_i64..8).prop_map(move |(n, replicas)| {
            command(format!("kubectl scale deploy/web-{n} --replicas={replicas}"))
        }),
    ]
}

/// A run of up to `inputs` random inputs within `seconds` seconds, not yet played.
pub fn run(inputs: usize, seconds: i64) -> impl Strategy<Value = Run> {
    let input = (0..seconds * 10, order());
    (proptest::collection::vec(input, 1..=inputs), 2_u32..5, any::<u64>(), any::<bool>()).prop_map(
        |(mut inputs, nodes, seed, shipped)| {
            inputs.sort_by_key(|(at, _)| *at);
            let pace = if shipped { Pace::AsShipped } else { Pace::AtOnce };
            let mut sim = Sim::new(start(), Settings { seed, pace, ..Settings::default() });
            for n in 0..nodes {
                let os = if n % 2 == 0 { "centos" } else { "ubuntu" };
                let line = format!("node add node-{n} --cpu 2 --memory 4Gi --labels os={os}");
                let order = kubectl::parse(&line).expect("a good command");
                sim.state.carry_out(&order);
            }
            let at = |tenths: i64| start() + SimDuration::from_millis(tenths * 100);
            let recorded = inputs.into_iter().map(|(tenths, order)| Recorded { at: at(tenths), order });
            Run { sim, inputs: Arc::new(recorded.collect()), done: 0 }
        },
    )
}

/// The objects of a kind by name, for messages.
pub fn names(run: &Run, kind: Kind) -> Vec<Text> {
    let world = &run.sim.state.world;
    world.index.sorted(kind).filter_map(|object| world.meta(object).map(|meta| meta.name.clone())).collect()
}
