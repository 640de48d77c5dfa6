//! Values worth offering at a place: those that are legal, those that stand elsewhere in the text, those that are known.

use super::complete::{Choice, MAX_CHOICES};
use super::context::{Context, Meaning};
use super::docs::Docs;
use super::outline::{Path, Step};
use crate::cron;
use crate::i18n::Lang;
use crate::manifest::schema::Type;
use crate::shell::images;

/// Annotations that tell a simulated container what to do, with an example and what it does.
pub const ANNOTATIONS: &[(&str, &str, &str)] = &[
    ("sim/run-seconds", "\"30\"", "seconds that the container runs before it exits"),
    ("sim/exit-code", "\"1\"", "its exit code, 0 if not set"),
    ("sim/exit-codes", "\"1,1,0\"", "its exit codes by restart; the last one stays"),
    ("sim/start-seconds", "\"1\"", "seconds that it takes to start"),
    ("sim/term-seconds", "\"1\"", "seconds that it takes to stop after SIGTERM, capped by the grace period"),
    ("sim/fail-first", "\"2\"", "so many first exits of the Job's containers fail"),
    ("sim/fail-indexes", "\"1,3\"", "completion indexes of an Indexed Job whose containers fail"),
    ("sim/run-seconds-by-index", "\"5,9,5\"", "seconds that it runs by completion index"),
    ("sim/image-missing", "\"true\"", "its image cannot be pulled"),
    ("sim/started-after-seconds", "\"5\"", "seconds after the start from which its startup probe succeeds"),
    ("sim/ready-after-seconds", "\"5\"", "seconds after the start from which its readiness probe succeeds"),
    ("sim/ready-until-seconds", "\"60\"", "seconds after the start at which its readiness probe fails again"),
    ("sim/unhealthy-after-seconds", "\"60\"", "seconds after the start at which its liveness probe fails"),
];

/// Node labels that every cluster has.
const NODE_LABELS: &[&str] = &[
    "kubernetes.io/hostname",
    "kubernetes.io/os",
    "kubernetes.io/arch",
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
];

/// Taints that the node lifecycle sets.
const TAINT_KEYS: &[&str] = &[
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
    "node.kubernetes.io/unschedulable",
    "node.kubernetes.io/out-of-service",
    "node-role.kubernetes.io/control-plane",
];

/// Schedules to start from.
const SCHEDULES: &[&str] =
    &["*/1 * * * *", "*/5 * * * *", "0 * * * *", "30 2 * * *", "0 9 * * 1-5", "0 0 1 * *", "@hourly", "@daily"];

/// Zones that come first in the list of all.
const ZONES: &[&str] = &[
    "Asia/Seoul",
    "Etc/UTC",
    "Asia/Tokyo",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Los_Angeles",
];

const COMMANDS: &[&str] = &[
    "kubectl label node node-1 os=centos --overwrite",
    "kubectl cordon node-1",
    "kubectl drain node-1",
    "kubectl scale deployment web --replicas=3",
    "kubectl delete pod web",
    "kubectl create job manual-1 --from=cronjob/cron-job",
    "node down node-1",
    "node up node-1",
    "node add node-4",
    "node delete node-1",
];

fn plain(label: impl Into<String>, detail: &str) -> Choice {
    let label = label.into();
    Choice { insert: quoted(&label), label, detail: detail.to_owned(), ..Choice::default() }
}

/// A value as it has to be written to be read back as this text.
pub(super) fn quoted(text: &str) -> String {
    use crate::manifest::scalar::{Scalar, resolve};
    let odd = text.starts_with(['*', '&', '!', '|', '>', '@', '`', '%', '{', '[', '#', '"', '\'', '-', '?', ' '])
        || text.contains(": ")
        || text.contains(" #")
        || text.ends_with(':');
    if odd || !matches!(resolve(text), Scalar::Text(_)) {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        text.to_owned()
    }
}

fn distinct(values: impl IntoIterator<Item = String>, detail: &str) -> Vec<Choice> {
    let mut seen: Vec<String> = Vec::new();
    for value in values {
        if !value.is_empty() && !seen.contains(&value) && seen.len() < MAX_CHOICES {
            seen.push(value);
        }
    }
    seen.into_iter().map(|value| plain(value, detail)).collect()
}

/// Values for a path.
pub(super) fn of(context: &Context, path: &[Step], docs: Option<&Docs>) -> Vec<Choice> {
    let object = context.object_path(path);
    let below = &path[object.len().min(path.len())..];
    if let [Step::Key(key)] = below {
        match key.as_str() {
            "kind" => return kinds(context, &object, docs),
            "apiVersion" => return versions(context, &object),
            _ => {}
        }
    }
    let Some(meaning) = context.meaning(path) else { return Vec::new() };
    let special = by_field(context, path, &meaning);
    if !special.is_empty() {
        return special;
    }
    by_type(context, path, &meaning)
}

fn kinds(context: &Context, object: &[Step], docs: Option<&Docs>) -> Vec<Choice> {
    let (_, version) = context.names(object);
    let all = context.schema.kinds();
    let known = all.iter().any(|k| k.api_version == version);
    let fitting = all.iter().filter(|k| !known || k.api_version == version);
    let choice = |k: &crate::manifest::schema::Kind| Choice {
        info: docs.and_then(|d| d.structure(k.kind)).unwrap_or("").to_owned(),
        ..plain(k.kind, k.api_version)
    };
    let mut choices: Vec<Choice> = fitting.map(choice).collect();
    // The kinds that people come for, first.
    let rank = |label: &str| FIRST_KINDS.iter().position(|k| *k == label).unwrap_or(FIRST_KINDS.len());
    choices.sort_by_key(|choice| rank(&choice.label));
    choices
}

const FIRST_KINDS: &[&str] =
    &["DaemonSet", "Job", "CronJob", "Deployment", "ReplicaSet", "Pod", "Service", "Node", "Scenario"];

fn versions(context: &Context, object: &[Step]) -> Vec<Choice> {
    let (kind, _) = context.names(object);
    let all = context.schema.kinds();
    let known = all.iter().any(|k| k.kind == kind);
    let fitting = all.iter().filter(|k| !known || k.kind == kind);
    distinct(fitting.map(|k| k.api_version.to_owned()), "")
}

fn by_type(context: &Context, path: &[Step], meaning: &Meaning) -> Vec<Choice> {
    match &meaning.ty {
        Type::Bool => vec![raw("true"), raw("false")],
        Type::Text(Some(name)) => {
            let default = super::hover::default_of(context, path);
            let mark = |value: &&'static str| {
                let detail = if default.as_deref() == Some(*value) { "default" } else { "" };
                plain(*value, detail)
            };
            context.schema.values(name).iter().map(mark).collect()
        }
        _ => Vec::new(),
    }
}

fn raw(word: &str) -> Choice {
    Choice { label: word.to_owned(), insert: word.to_owned(), ..Choice::default() }
}

/// The keys of a path without the items.
fn keys_of(path: &[Step]) -> Vec<&str> {
    path.iter().filter_map(|s| if let Step::Key(key) = s { Some(key.as_str()) } else { None }).collect()
}

/// Values that depend on which field it is.
fn by_field(context: &Context, path: &[Step], meaning: &Meaning) -> Vec<Choice> {
    let keys = keys_of(path);
    let (name, owner) = (keys.last().copied().unwrap_or(""), meaning.owner.unwrap_or(""));
    let in_map = matches!(path, [.., Step::Key(map), Step::Key(_)]
        if matches!(map.as_str(), "matchLabels" | "labels" | "nodeSelector" | "selector" | "annotations"));
    if in_map {
        return map_values(context, path, name);
    }
    match (owner, name) {
        ("PodSpec", "restartPolicy") => restart_policies(context, path),
        ("Container" | "EphemeralContainerCommon", "image") | ("ContainerImage", "names") => image_names(),
        ("PodSpec", "nodeName") => distinct(names(context, "Node"), "Node"),
        ("PodSpec", "priorityClassName") => {
            let built_in = ["system-cluster-critical", "system-node-critical"].map(str::to_owned);
            distinct(names(context, "PriorityClass").into_iter().chain(built_in), "PriorityClass")
        }
        ("PodSpec", "schedulerName") => vec![plain("default-scheduler", "default")],
        ("CronJobSpec", "schedule") => SCHEDULES.iter().map(|s| schedule(s)).collect(),
        ("CronJobSpec", "timeZone") => {
            let all = ZONES.iter().copied().chain(cron::Zone::names()).map(str::to_owned);
            distinct(all.filter(|zone| cron::known_time_zone(zone)), "")
        }
        ("VolumeMount" | "VolumeDevice", "name") => distinct(siblings(context, path, "volumes"), "volume"),
        ("PodFailurePolicyOnExitCodesRequirement", "containerName") => distinct(
            written(
                context,
                &["spec.template.spec.containers.[].name", "spec.jobTemplate.spec.template.spec.containers.[].name"],
            ),
            "container",
        ),
        ("ServicePort", "targetPort") | ("HTTPGetAction" | "TCPSocketAction", "port") => {
            let all = Context::all(context.schema, context.text);
            let ports = all.iter().flat_map(|c| c.section.entries.iter().map(move |e| (c, e)));
            let ports = ports.filter(|(_, e)| keys_of(&e.path).ends_with(&["ports", "name"]));
            distinct(ports.map(|(c, e)| c.text[e.value.0..e.value.1].to_owned()), "named port")
        }
        ("Toleration" | "Taint", "key") => TAINT_KEYS.iter().map(|k| plain(*k, "")).collect(),
        ("TopologySpreadConstraint" | "PodAffinityTerm", "topologyKey") => node_label_keys(context),
        ("NodeSelectorRequirement", "key") => node_label_keys(context),
        ("LabelSelectorRequirement", "key") => distinct(labels(context).into_iter().map(|(k, _)| k), "label"),
        ("ConfigMapVolumeSource" | "ConfigMapEnvSource" | "ConfigMapKeySelector", "name") => {
            distinct(names(context, "ConfigMap"), "ConfigMap")
        }
        ("SecretVolumeSource", "secretName") | ("SecretEnvSource" | "SecretKeySelector", "name") => {
            distinct(names(context, "Secret"), "Secret")
        }
        ("ScenarioStep", "run") => COMMANDS.iter().map(|c| plain(*c, "command")).collect(),
        ("PodSpec", "serviceAccountName") => vec![plain("default", "")],
        ("ServiceSpec", "clusterIP") => vec![plain("None", "headless")],
        ("ServiceSpec", "trafficDistribution") => {
            ["PreferSameZone", "PreferSameNode", "PreferClose"].iter().map(|v| plain(*v, "")).collect()
        }
        _ => Vec::new(),
    }
}

fn schedule(text: &str) -> Choice {
    let words = cron::parse_standard(text).map(|s| cron::describe(&s, Lang::En)).unwrap_or_default();
    Choice { detail: words, ..plain(text, "") }
}

fn image_names() -> Vec<Choice> {
    let images = images::all().iter();
    let choice = |image: &images::Image| {
        let does = if image.serves() { "serves until it is stopped" } else { "does its work and exits" };
        Some(plain(*image.repositories.first()?, does))
    };
    images.filter_map(choice).collect()
}

/// Which policies the server takes depends on who owns the Pods.
fn restart_policies(context: &Context, path: &[Step]) -> Vec<Choice> {
    let kind = context.kind(&context.object_path(path)).map_or("", |k| k.kind);
    let legal: &[&str] = match kind {
        "Job" | "CronJob" => &["Never", "OnFailure"],
        "DaemonSet" | "Deployment" | "ReplicaSet" => &["Always"],
        _ => &["Always", "OnFailure", "Never"],
    };
    legal.iter().map(|p| plain(*p, if kind == "Pod" && *p == "Always" { "default" } else { "" })).collect()
}

/// Names of the objects of a kind in the whole text.
fn names(context: &Context, kind: &str) -> Vec<String> {
    let all = super::objects::objects(context.schema, context.text);
    let mut names: Vec<String> = all.into_iter().filter(|o| o.kind == kind).map(|o| o.name).collect();
    if names.is_empty() && kind == "Node" {
        names = (1..=3).map(|n| format!("node-{n}")).collect();
    }
    names
}

/// Values at dotted paths of the object.
fn written(context: &Context, paths: &[&str]) -> Vec<String> {
    let found = paths.iter().flat_map(|p| context.find(&p.split('.').collect::<Vec<_>>()));
    found.map(|(_, value)| value.to_owned()).collect()
}

/// Names in a list of the pod spec that a path is in.
fn siblings(context: &Context, path: &[Step], list: &str) -> Vec<String> {
    let spec = path.iter().position(|s| matches!(s, Step::Key(k) if k == "containers" || k == "initContainers"));
    let Some(spec) = spec else { return Vec::new() };
    let mut base: Path = path[..spec].to_vec();
    base.push(Step::Key(list.to_owned()));
    let entries = context
        .section
        .entries
        .iter()
        .filter(|e| e.path.len() == base.len() + 2 && e.path.starts_with(&base) && e.name() == "name");
    entries.map(|e| super::outline::unquoted(&context.text[e.value.0..e.value.1]).to_owned()).collect()
}

/// Labels of objects and templates in the whole text, as key and value.
fn labels(context: &Context) -> Vec<(String, String)> {
    all_under(context, "labels", |kind| kind != "Node")
}

fn node_labels(context: &Context) -> Vec<(String, String)> {
    all_under(context, "labels", |kind| kind == "Node")
}

fn all_under(context: &Context, map: &str, of: fn(&str) -> bool) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for other in Context::all(context.schema, context.text) {
        for entry in &other.section.entries {
            let object = other.object_path(&entry.path);
            let under = matches!(entry.parent().last(), Some(Step::Key(key)) if key == map);
            if under && of(other.names(&object).0) {
                let value = super::outline::unquoted(&other.text[entry.value.0..entry.value.1]);
                found.push((entry.name().to_owned(), value.to_owned()));
            }
        }
    }
    found
}

fn node_label_keys(context: &Context) -> Vec<Choice> {
    let own = node_labels(context).into_iter().map(|(key, _)| key);
    distinct(own.chain(NODE_LABELS.iter().map(|l| (*l).to_owned())), "node label")
}

/// Values of a key of a map of labels.
fn map_values(context: &Context, path: &[Step], key: &str) -> Vec<Choice> {
    let on_nodes = matches!(path, [.., Step::Key(map), _] if map == "nodeSelector");
    if let Some((_, example, does)) = ANNOTATIONS.iter().find(|(name, ..)| *name == key) {
        let value = example.trim_matches('"').to_owned();
        return vec![Choice {
            label: value,
            insert: (*example).to_owned(),
            info: (*does).to_owned(),
            ..Choice::default()
        }];
    }
    let all = if on_nodes { node_labels(context) } else { labels(context) };
    let mut values: Vec<String> = all.into_iter().filter(|(k, _)| k == key).map(|(_, v)| v).collect();
    if on_nodes && key == "kubernetes.io/hostname" {
        values.extend(names(context, "Node"));
    }
    if on_nodes && key == "kubernetes.io/os" {
        values.push("linux".to_owned());
    }
    distinct(values, "label value")
}

/// Keys of a map. A key's `insert` is the bare key; the caller adds what follows.
pub(super) fn map_keys(context: &Context, path: &[Step], _inner: &Type) -> Vec<Choice> {
    let keys = keys_of(path);
    let bare = |mut choice: Choice| {
        choice.insert = choice.label.clone();
        choice
    };
    let choices = match keys.as_slice() {
        [.., "annotations"] => ANNOTATIONS
            .iter()
            .map(|(key, example, does)| Choice { info: (*does).to_owned(), ..plain(*key, example) })
            .collect(),
        [.., "nodeSelector"] => node_label_keys(context),
        [.., "matchLabels" | "selector"] => {
            let template = context.find(&["spec", "template", "metadata", "labels", "*"]);
            let own = template.into_iter().map(|(key, _)| key.to_owned());
            distinct(own.chain(labels(context).into_iter().map(|(k, _)| k)), "label")
        }
        [.., "labels"] => {
            let selected = ["matchLabels", "selector"].iter().flat_map(|map| all_under(context, map, |_| true));
            let used = labels(context).into_iter().chain(node_labels(context));
            distinct(selected.chain(used).map(|(k, _)| k), "label")
        }
        [.., "requests" | "limits"] => {
            ["cpu", "memory", "ephemeral-storage"].iter().map(|r| plain(*r, "quantity")).collect()
        }
        [.., "capacity" | "allocatable"] => {
            ["cpu", "memory", "pods", "ephemeral-storage"].iter().map(|r| plain(*r, "quantity")).collect()
        }
        _ => Vec::new(),
    };
    choices.into_iter().map(bare).collect()
}
