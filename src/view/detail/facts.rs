//! Facts about an object, as pairs of a name and a value.

use super::Source;
use crate::api::{Container, Kind, Labels, Node, Pod, Text};
use crate::time::SimTime;
use crate::view::names::{bytes, cpu};
use crate::world::ObjectRef;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactValue {
    /// Words.
    Text(String),
    /// A name or another text of the API.
    Code(String),
    /// A moment.
    At(SimTime),
    /// Several texts of the API.
    Chips(Vec<String>),
}

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: FactValue,
}

fn pairs(labels: &Labels) -> Vec<String> {
    labels.pairs().iter().map(|(key, value)| format!("{key}={value}")).collect()
}

struct Facts(Vec<Fact>);

impl Facts {
    fn put(&mut self, name: &'static str, value: FactValue) {
        let empty = match &value {
            FactValue::Text(text) | FactValue::Code(text) => text.is_empty(),
            FactValue::Chips(chips) => chips.is_empty(),
            FactValue::At(_) => false,
        };
        if !empty {
            self.0.push(Fact { name, value });
        }
    }
}

pub(super) fn facts(source: &Source, object: ObjectRef) -> Vec<Fact> {
    let (world, lang) = (source.world, source.lang);
    let mut facts = Facts(Vec::new());
    match object.kind {
        Kind::Pod => {
            if let Some(pod) = object.id().and_then(|id| world.pods.get(id)) {
                pod_facts(source, pod, &mut facts);
            }
        }
        Kind::Node => {
            if let Some(node) = object.id().and_then(|id| world.nodes.get(id)) {
                node_facts(source, node, &mut facts);
            }
        }
        Kind::CronJob => {
            if let Some(row) = object.id().and_then(|id| world.cron_jobs.get(id)) {
                facts.put(lang.fact_schedule(), FactValue::Code(row.spec.schedule.to_string()));
                if let Some(last) = row.status.last_schedule_time {
                    facts.put(lang.fact_last_run(), FactValue::At(last));
                }
            }
        }
        Kind::Job => {
            if let Some(row) = object.id().and_then(|id| world.jobs.get(id)) {
                facts.put(lang.fact_selector(), FactValue::Chips(pairs(&row.spec.selector.match_labels)));
                if let Some(start) = row.status.start_time {
                    facts.put(lang.fact_started(), FactValue::At(start));
                }
            }
        }
        Kind::DaemonSet => {
            if let Some(row) = object.id().and_then(|id| world.daemon_sets.get(id)) {
                facts.put(lang.fact_selector(), FactValue::Chips(pairs(&row.selector.match_labels)));
                facts.put(lang.fact_node_selector(), FactValue::Chips(pairs(&row.template.spec.node_selector)));
            }
        }
        Kind::ReplicaSet => {
            if let Some(row) = object.id().and_then(|id| world.replica_sets.get(id)) {
                facts.put(lang.fact_selector(), FactValue::Chips(pairs(&row.selector.match_labels)));
            }
        }
        Kind::Deployment => {
            if let Some(row) = object.id().and_then(|id| world.deployments.get(id)) {
                facts.put(lang.fact_selector(), FactValue::Chips(pairs(&row.selector.match_labels)));
            }
        }
        Kind::Service => {
            if let Some(row) = object.id().and_then(|id| world.services.get(id)) {
                facts.put(lang.fact_ip(), FactValue::Code(row.cluster_ip.to_string()));
                facts.put(lang.fact_selector(), FactValue::Chips(row.selector.as_ref().map(pairs).unwrap_or_default()));
            }
        }
        _ => {}
    }
    if let Some(meta) = world.meta(object) {
        facts.put(lang.fact_created(), FactValue::At(meta.created));
        if object.kind != Kind::Pod {
            facts.put(lang.fact_labels(), FactValue::Chips(pairs(&meta.labels)));
        }
    }
    facts.0
}

fn pod_facts(source: &Source, pod: &Pod, facts: &mut Facts) {
    let lang = source.lang;
    facts.put(lang.fact_node(), FactValue::Code(pod.node_name.to_string()));
    facts.put(lang.fact_ip(), FactValue::Code(pod.status.ip.map(|ip| ip.to_string()).unwrap_or_default()));
    let images = pod.spec.containers.iter().map(|container| container.image.to_string()).collect();
    facts.put(lang.fact_image(), FactValue::Chips(images));
    let command = pod.spec.containers.first().map(command_line).unwrap_or_default();
    facts.put(lang.fact_command(), FactValue::Code(command));
    facts.put(lang.fact_restart_policy(), FactValue::Code(pod.spec.restart_policy.name().to_string()));
    let wanted = &pod.spec.requests;
    if wanted.cpu_milli > 0 || wanted.memory_bytes > 0 {
        let text = format!("cpu {} · mem {}", cpu(wanted.cpu_milli), bytes(wanted.memory_bytes));
        facts.put(lang.fact_requests(), FactValue::Text(text));
    }
    let ports = pod.spec.host_ports.iter().map(|port| lang.host_port(port.port, port.container_port)).collect();
    facts.put(lang.fact_ports(), FactValue::Chips(ports));
    facts.put(lang.fact_labels(), FactValue::Chips(pairs(&pod.meta.labels)));
}

fn command_line(container: &Container) -> String {
    let words: Vec<&str> = container.command.iter().chain(&container.args).map(Text::as_str).collect();
    words.join(" ")
}

fn node_facts(source: &Source, node: &Node, facts: &mut Facts) {
    let lang = source.lang;
    let has = &node.allocatable;
    let capacity =
        format!("cpu {} · mem {} · {} {}", cpu(has.cpu_milli), bytes(has.memory_bytes), has.pods, lang.pods());
    facts.put(lang.fact_capacity(), FactValue::Text(capacity));
    let taints = node.taints.iter().map(|taint| format!("{}:{}", taint.key, taint.effect)).collect();
    facts.put(lang.fact_taints(), FactValue::Chips(taints));
}

/// Where and how an object is, in a few words.
pub(super) fn subtitle(source: &Source, object: ObjectRef) -> String {
    let world = source.world;
    match object.kind {
        Kind::Pod => {
            let Some(pod) = object.id().and_then(|id| world.pods.get(id)) else { return String::new() };
            let node = if pod.node_name.is_empty() { String::new() } else { format!(" · {}", pod.node_name) };
            let ip = pod.status.ip.map(|ip| format!(" · {ip}")).unwrap_or_default();
            format!("Pod · {}{node}{ip}", pod.status.phase.name())
        }
        kind => {
            let namespace = world.meta(object).map_or("", |meta| meta.namespace.as_str());
            if namespace.is_empty() { kind.name().to_string() } else { format!("{} · {namespace}", kind.name()) }
        }
    }
}
