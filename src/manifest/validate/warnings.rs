//! The API server's warnings about pods, pod templates and Services.

use super::containers::all;
use super::ip;
use super::names;
use super::pod::quantity;
use super::pod_annotations::APP_ARMOR;
use super::service::headless;
use super::volume_paths;
use crate::manifest::field::{Path, quote};
use crate::manifest::view::{View, pairs};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Node labels that had another name once.
const DEPRECATED_LABELS: &[(&str, &str)] = &[
    ("beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead"),
    ("beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead"),
    (
        "failure-domain.beta.kubernetes.io/region",
        "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
    ),
    ("failure-domain.beta.kubernetes.io/zone", "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead"),
    ("beta.kubernetes.io/instance-type", "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead"),
    ("app.kubernetes.io/created-by", "deprecated since v1.9"),
    ("scheduler.alpha.kubernetes.io/preferAvoidPods", "deprecated since v1.22; use Taints and Tolerations instead"),
    ("node-role.kubernetes.io/master", "use \"node-role.kubernetes.io/control-plane\" instead"),
];

/// Annotations that do nothing any more.
const DEPRECATED_ANNOTATIONS: &[(&str, &str)] = &[
    (
        "scheduler.alpha.kubernetes.io/critical-pod",
        "non-functional in v1.16+; use the \"priorityClassName\" field instead",
    ),
    ("security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
    ("security.alpha.kubernetes.io/unsafe-sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
];

/// Volume sources on their way out, with the path that names them.
const DEPRECATED_VOLUMES: &[(&str, &str, &str)] = &[
    ("photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
    ("gitRepo", "gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
    ("scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("flocker", "flocker", "deprecated in v1.22, non-functional in v1.25+"),
    ("storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"),
    ("quobyte", "quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"),
];

fn deprecated(label: &str) -> Option<&'static str> {
    DEPRECATED_LABELS.iter().find(|(l, _)| *l == label).map(|(_, text)| *text)
}

/// About a name that ends up in hostnames.
pub fn hostname(name: &str, use_: &str) -> Option<String> {
    let faults = names::dns_label(name);
    let text = "which can result in surprising behavior; a DNS label is recommended";
    (!faults.is_empty()).then(|| format!("metadata.name: this is used in {use_}, {text}: [{}]", faults.join(" ")))
}

/// About a Pod (`template` empty) or the template at that path.
// pkg/api/pod/warnings.go warningsForPodSpecAndMeta
pub fn pod(spec: &Value, meta: &Value, template: &Path) -> Vec<String> {
    let (sp, mut w) = (template.child("spec"), Vec::new());
    for (key, _) in pairs(spec.at("nodeSelector")) {
        if let Some(text) = deprecated(key) {
            w.push(format!("{}: {text}", sp.child("nodeSelector").key(key)));
        }
    }
    node_affinity(&mut w, spec, &sp);
    topology(&mut w, spec, &sp);
    for (key, text) in DEPRECATED_ANNOTATIONS.iter().filter(|(k, _)| meta.at("annotations").has(k)) {
        w.push(format!("{}: {text}", template.child("metadata.annotations").key(key)));
    }
    for (i, volume) in spec.items("volumes").iter().enumerate() {
        for (_, path, text) in DEPRECATED_VOLUMES.iter().filter(|(k, ..)| volume.has(k)) {
            w.push(format!("{}: {text}", sp.child("volumes").index(i).child(path)));
        }
    }
    w.extend(volume_paths::overlaps(spec.items("volumes")));
    aliases_and_secrets(&mut w, spec, &sp);
    fractions(&mut w, spec.at("overhead"), &sp.child("overhead"));
    let pod_seccomp = "seccomp.security.alpha.kubernetes.io/pod";
    if !spec.at("securityContext").has("seccompProfile") && meta.at("annotations").has(pod_seccomp) {
        let p = template.child("metadata.annotations").key(pod_seccomp);
        w.push(format!("{p}: non-functional in v1.27+; use the \"seccompProfile\" field instead"));
    }
    for (container, p) in all(spec, &sp) {
        container_warnings(&mut w, spec, meta, container, &p, template);
    }
    ports(&mut w, spec, &sp);
    if spec.int("terminationGracePeriodSeconds").is_some_and(|s| s < 0) {
        let p = sp.child("terminationGracePeriodSeconds");
        w.push(format!("{p}: must be >= 0; negative values are invalid and will be treated as 1"));
    }
    pod_affinity(&mut w, spec, &sp);
    for (i, server) in spec.at("dnsConfig").items("nameservers").iter().filter_map(Value::as_str).enumerate() {
        w.extend(ip::address_warnings(server, &sp.child("dnsConfig.nameservers").index(i)));
    }
    for (i, alias) in spec.items("hostAliases").iter().enumerate() {
        w.extend(ip::address_warnings(alias.text("ip"), &sp.child("hostAliases").index(i).child("ip")));
    }
    w
}

// pkg/api/node/util.go GetWarningsForNodeSelectorTerm
fn node_affinity(w: &mut Vec<String>, spec: &Value, sp: &Path) {
    let (affinity, p) = (spec.at("affinity").at("nodeAffinity"), sp.child("affinity.nodeAffinity"));
    let (required, preferred) =
        ("requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution");
    let mut term = |term: &Value, p: &Path, check_values: bool| {
        for (i, expression) in term.items("matchExpressions").iter().enumerate() {
            let (key, p) = (expression.text("key"), p.child("matchExpressions").index(i));
            if let Some(text) = deprecated(key) {
                w.push(format!("{}: {key} is {text}", p.child("key")));
            }
            for (j, value) in expression.items("values").iter().filter_map(Value::as_str).enumerate() {
                for fault in names::label_value(value).into_iter().filter(|_| check_values) {
                    w.push(format!("{}: {value} is invalid, {fault}", p.child("values").index(j)));
                }
            }
        }
    };
    let p_required = p.child(required).child("nodeSelectorTerms");
    for (i, t) in affinity.at(required).items("nodeSelectorTerms").iter().enumerate() {
        term(t, &p_required.index(i), false);
    }
    for (i, t) in affinity.items(preferred).iter().enumerate() {
        term(t.at("preference"), &p.child(preferred).index(i).child("preference"), true);
    }
}

fn topology(w: &mut Vec<String>, spec: &Value, sp: &Path) {
    for (i, constraint) in spec.items("topologySpreadConstraints").iter().enumerate() {
        let (key, p) = (constraint.text("topologyKey"), sp.child("topologySpreadConstraints").index(i));
        if let Some(text) = deprecated(key) {
            w.push(format!("{}: {key} is {text}", p.child("topologyKey")));
        }
        if !constraint.has("labelSelector") {
            w.push(format!("{}: a null labelSelector results in matching no pod", p.child("labelSelector")));
        }
    }
}

fn aliases_and_secrets(w: &mut Vec<String>, spec: &Value, sp: &Path) {
    let lists = [("hostAliases", "ip", "ip"), ("imagePullSecrets", "name", "name")];
    for (list, key, word) in lists {
        let mut seen = BTreeSet::new();
        for (i, item) in spec.items(list).iter().enumerate() {
            if !seen.insert(item.text(key)) {
                let p = sp.child(list).index(i).child(key);
                w.push(format!("{p}: duplicate {word} {}", quote(item.text(key))));
            }
        }
    }
    for (i, _) in spec.items("imagePullSecrets").iter().enumerate().filter(|(_, s)| s.text("name").is_empty()) {
        let p = sp.child("imagePullSecrets").index(i).child("name");
        w.push(format!("{p}: invalid empty name \"\""));
    }
}

/// Bytes come whole.
fn fractions(w: &mut Vec<String>, list: &Value, p: &Path) {
    for name in ["memory", "ephemeral-storage"] {
        fraction(w, list, name, p);
    }
}

fn fraction(w: &mut Vec<String>, list: &Value, name: &str, p: &Path) {
    let value = quantity(list.at(name));
    if list.has(name) && value.milli_value() % 1000 != 0 {
        let shown = quote(&value.to_string());
        w.push(format!("{}: fractional byte value {shown} is invalid, must be an integer", p.key(name)));
    }
}

fn container_warnings(w: &mut Vec<String>, spec: &Value, meta: &Value, container: &Value, p: &Path, template: &Path) {
    let (annotations, context) = (meta.at("annotations"), container.at("securityContext"));
    let key = format!("container.seccomp.security.alpha.kubernetes.io/{}", container.text("name"));
    let ap = template.child("metadata.annotations");
    if !context.has("seccompProfile") && annotations.has(&key) {
        w.push(format!("{}: non-functional in v1.27+; use the \"seccompProfile\" field instead", ap.key(&key)));
    }
    let key = format!("{APP_ARMOR}{}", container.text("name"));
    if !context.has("appArmorProfile") && annotations.has(&key) && !spec.at("securityContext").has("appArmorProfile") {
        w.push(format!("{}: deprecated since v1.30; use the \"appArmorProfile\" field instead", ap.key(&key)));
    }
    let resources = p.child("resources");
    for name in ["memory", "ephemeral-storage"] {
        for list in ["limits", "requests"] {
            fraction(w, container.at("resources").at(list), name, &resources.child(list));
        }
    }
    let mut seen = BTreeSet::new();
    for (i, variable) in container.items("env").iter().enumerate() {
        let (name, value) = (variable.text("name"), variable.text("value"));
        if seen.insert(name) {
            continue;
        }
        let reference = format!("$({name})");
        if variable.has("valueFrom") || value == reference || !value.contains(&reference) {
            let p = p.child("env").index(i);
            let name = quote(name);
            w.push(format!("{p}: hides previous definition of {name}, which may be dropped when using apply"));
        }
    }
}

fn ports(w: &mut Vec<String>, spec: &Value, sp: &Path) {
    let mut seen: BTreeMap<(i64, &str), Vec<(Path, &Value)>> = BTreeMap::new();
    let containers = all(spec, sp);
    let host = |port: &Value| port.int("hostPort").unwrap_or(0);
    for (container, p) in &containers {
        for (i, port) in container.items("ports").iter().enumerate() {
            let p = p.child("ports").index(i);
            if !port.text("hostIP").is_empty() && host(port) == 0 {
                let (name, number, protocol) =
                    (port.text("name"), port.int("containerPort").unwrap_or(0), port.text("protocol"));
                let ip = port.text("hostIP");
                let shown =
                    format!("{{Name:{name} HostPort:0 ContainerPort:{number} Protocol:{protocol} HostIP:{ip}}}");
                w.push(format!("{p}: hostIP set without hostPort: {shown}"));
            }
            let key = (port.int("containerPort").unwrap_or(0), port.text("protocol"));
            let others = seen.entry(key).or_default();
            for (other_path, other) in others.iter() {
                let same_ip = port.text("hostIP") == other.text("hostIP");
                let one_bare = port.text("hostIP").is_empty() != other.text("hostIP").is_empty();
                let what = if same_ip && host(port) == host(other) {
                    "duplicate"
                } else if host(port) == 0 || host(other) == 0 {
                    "overlapping"
                } else if host(port) == host(other) && one_bare {
                    "dangerously ambiguous"
                } else {
                    continue;
                };
                w.push(format!("{p}: {what} port definition with {other_path}"));
            }
            others.push((p, port));
        }
    }
    let mut named: BTreeMap<&str, Path> = BTreeMap::new();
    for (container, p) in &containers {
        for (i, port) in container.items("ports").iter().enumerate().filter(|(_, port)| !port.text("name").is_empty()) {
            let (name, p) = (port.text("name"), p.child("ports").index(i));
            match named.get(name) {
                Some(other) => {
                    let shown = quote(name);
                    let text = format!("duplicate port name {shown} with {other}");
                    w.push(format!("{p}: {text}, services and probes that select ports by name will use {other}"));
                }
                None => {
                    named.insert(name, p);
                }
            }
        }
    }
}

fn pod_affinity(w: &mut Vec<String>, spec: &Value, sp: &Path) {
    let text = "a null labelSelector results in matching no pod";
    for kind in ["podAffinity", "podAntiAffinity"] {
        let (affinity, p) = (spec.at("affinity").at(kind), sp.child("affinity").child(kind));
        for (list, inner) in [
            ("requiredDuringSchedulingIgnoredDuringExecution", ""),
            ("preferredDuringSchedulingIgnoredDuringExecution", "podAffinityTerm"),
        ] {
            for (i, term) in affinity.items(list).iter().enumerate() {
                let (term, p) = (if inner.is_empty() { term } else { term.at(inner) }, p.child(list).index(i));
                let p = if inner.is_empty() { p } else { p.child(inner) };
                if !term.has("labelSelector") {
                    w.push(format!("{}: {text}", p.child("labelSelector")));
                }
            }
        }
    }
}

/// About a Job's spec, or a CronJob's job template.
// pkg/api/job/warnings.go WarningsForJobSpec
pub fn job_spec(spec: &Value, p: &Path) -> Vec<String> {
    let mut w = Vec::new();
    let many = spec.int("completions").unwrap_or(0) > 100_000 && spec.int("parallelism").unwrap_or(0) > 10_000;
    if spec.text("completionMode") == "Indexed" && many {
        let text = "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, \
                    Kubernetes might not be able to track completedIndexes when a big number of indexes fail";
        w.push(format!("{p}: {text}"));
    }
    let template = spec.at("template");
    w.extend(pod(template.at("spec"), template.at("metadata"), &p.child("template")));
    w
}

// pkg/api/service/warnings.go GetWarningsForService
pub fn service(object: &Value) -> Vec<String> {
    let (spec, p, mut w) = (object.at("spec"), Path::new("spec"), Vec::new());
    let mut say = |text: &str| w.push(text.to_owned());
    let hints = "service.kubernetes.io/topology-aware-hints";
    if object.at("metadata").at("annotations").has(hints) {
        say(&format!("annotation {hints} is deprecated, please use service.kubernetes.io/topology-mode instead"));
    }
    let texts = |key: &str| -> Vec<&str> { spec.items(key).iter().filter_map(Value::as_str).collect() };
    let bare = spec.text("type") == "ClusterIP" && (spec.text("clusterIP") == "None" || headless(spec));
    if !matches!(spec.text("clusterIP"), "" | "None") {
        for (i, address) in texts("clusterIPs").iter().enumerate() {
            ip::address_warnings(address, &p.child("clusterIPs").index(i)).iter().for_each(|t| say(t));
        }
    }
    let external = texts("externalIPs");
    if bare {
        if !spec.text("loadBalancerIP").is_empty() {
            say("spec.loadBalancerIP is ignored for headless services");
        }
        if !external.is_empty() {
            say("spec.externalIPs is ignored for headless services");
        }
        if spec.text("sessionAffinity") != "None" {
            say("spec.SessionAffinity is ignored for headless services");
        }
    }
    for (i, address) in external.iter().enumerate() {
        ip::address_warnings(address, &p.child("externalIPs").index(i)).iter().for_each(|t| say(t));
    }
    let by_name = spec.text("type") == "ExternalName";
    if !external.is_empty() && !bare && !by_name {
        say("spec.externalIPs is deprecated and may no longer be implemented in some clusters");
    }
    let balancer = spec.text("loadBalancerIP");
    if !balancer.is_empty() {
        ip::address_warnings(balancer, &p.child("loadBalancerIP")).iter().for_each(|t| say(t));
    }
    for (i, range) in texts("loadBalancerSourceRanges").iter().enumerate() {
        ip::cidr_warnings(range, &p.child("loadBalancerSourceRanges").index(i)).iter().for_each(|t| say(t));
    }
    if by_name && !external.is_empty() {
        say("spec.externalIPs is ignored when spec.type is \"ExternalName\"");
    }
    if !by_name && !spec.text("externalName").is_empty() {
        say("spec.externalName is ignored when spec.type is not \"ExternalName\"");
    }
    if spec.text("trafficDistribution") == "PreferClose" {
        say("spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"");
    }
    w
}
