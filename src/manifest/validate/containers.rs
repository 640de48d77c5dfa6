//! Containers, init containers, ephemeral containers.

use super::env;
use super::names;
use super::pod::{PodOptions, image_without_blanks, one_of_or_required};
use super::probes;
use super::resources;
use super::security;
use super::volume_mounts;
use super::volumes::Volumes;
use crate::manifest::field::{Errors, Path};
use crate::manifest::schema::Schema;
use crate::manifest::view::View;
use serde_json::Value;
use std::collections::BTreeSet;

const MAX_RESTART_RULES: usize = 20;
const MAX_RESTART_EXIT_CODES: usize = 255;

/// What the checks of a container need to know of its Pod.
pub struct PodContext<'a> {
    /// The schema, to print structs.
    pub schema: &'a Schema,
    /// The Pod's spec.
    pub spec: &'a Value,
    /// Its valid volumes.
    pub volumes: &'a Volumes<'a>,
    /// Names of its resource claims.
    pub claims: &'a BTreeSet<String>,
    /// What may be kept.
    pub options: &'a PodOptions,
    /// Grace period, if any.
    pub grace: Option<i64>,
    /// Whether the Pod runs in the host's user namespace.
    pub host_users: bool,
}

impl<'a> PodContext<'a> {
    /// Collects it.
    pub fn new(
        schema: &'a Schema,
        spec: &'a Value,
        volumes: &'a Volumes<'a>,
        claims: &'a BTreeSet<String>,
        options: &'a PodOptions,
    ) -> Self {
        PodContext {
            schema,
            spec,
            volumes,
            claims,
            options,
            grace: spec.int("terminationGracePeriodSeconds"),
            host_users: spec.at("hostUsers").as_bool() != Some(false),
        }
    }
}

/// All containers with their paths, in the order of `VisitContainersWithPath`.
pub fn all<'a>(spec: &'a Value, p: &Path) -> Vec<(&'a Value, Path)> {
    let mut result = Vec::new();
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        let p = p.child(list);
        result.extend(spec.items(list).iter().enumerate().map(|(i, c)| (c, p.index(i))));
    }
    result
}

// pkg/apis/core/validation/validation.go validateContainers
pub fn containers(e: &mut Errors, pod: &PodContext, p: &Path) {
    let list = pod.spec.items("containers");
    if list.is_empty() {
        return e.required(p, "");
    }
    let mut seen = BTreeSet::new();
    for (i, container) in list.iter().enumerate() {
        let p = p.index(i);
        common(e, pod, container, &p);
        if !seen.insert(container.text("name")) {
            e.duplicate(&p.child("name"), container.text("name"));
        }
        if container.has("lifecycle") {
            probes::lifecycle(e, pod, container.at("lifecycle"), &p.child("lifecycle"));
        }
        probes::probes(e, pod, container, &p);
        let (policy, rules) = (container.at("restartPolicy"), container.items("restartPolicyRules"));
        restart_policy(e, policy, rules, &p);
    }
    host_port_conflicts(e, list, p);
}

// pkg/apis/core/validation/validation.go validateInitContainers
pub fn init_containers(e: &mut Errors, pod: &PodContext, p: &Path) {
    let mut seen: BTreeSet<&str> = pod.spec.items("containers").iter().map(|c| c.text("name")).collect();
    for (i, container) in pod.spec.items("initContainers").iter().enumerate() {
        let cp = p.index(i);
        let name = container.text("name");
        common(e, pod, container, &cp);
        let (policy, rules) = (container.at("restartPolicy"), container.items("restartPolicyRules"));
        if policy.is_null() {
            if !rules.is_empty() {
                e.required(&cp.child("restartPolicy"), "must specify restartPolicy when restart rules are used");
            }
        } else {
            restart_policy(e, policy, rules, &cp);
        }
        let sidecar = policy.as_str() == Some("Always");
        if seen.contains(name) {
            e.duplicate(&cp.child("name"), name);
        } else if !name.is_empty() {
            seen.insert(name);
        }
        host_port_conflicts(e, std::slice::from_ref(container), p);
        if sidecar {
            if container.has("lifecycle") {
                probes::lifecycle(e, pod, container.at("lifecycle"), &cp.child("lifecycle"));
            }
            probes::probes(e, pod, container, &cp);
        } else {
            for key in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
                if container.has(key) {
                    e.forbidden(&cp.child(key), "may not be set for init containers without restartPolicy=Always");
                }
            }
        }
        if !sidecar && !pod.options.allow_restart_on_resize {
            for (j, resize) in container.items("resizePolicy").iter().enumerate() {
                if resize.text("restartPolicy") == "RestartContainer" {
                    let p = cp.child("resizePolicy").index(j).child("restartPolicy");
                    let detail = "must not be set to 'RestartContainer' for non-sidecar initContainers";
                    e.invalid_value(&p, resize.at("restartPolicy"), detail);
                }
            }
        }
    }
}

/// Fields that an ephemeral container may have.
const EPHEMERAL_FIELDS: &[&str] = &[
    "name",
    "image",
    "command",
    "args",
    "workingDir",
    "envFrom",
    "env",
    "volumeMounts",
    "volumeDevices",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "imagePullPolicy",
    "securityContext",
    "stdin",
    "stdinOnce",
    "tty",
    "targetContainerName",
];

// pkg/apis/core/validation/validation.go validateEphemeralContainers
pub fn ephemeral_containers(e: &mut Errors, pod: &PodContext, p: &Path) {
    let lists = ["containers", "initContainers"];
    let others: BTreeSet<&str> = lists.iter().flat_map(|l| pod.spec.items(l)).map(|c| c.text("name")).collect();
    let mut seen = others.clone();
    let order: Vec<&str> = pod.schema.fields("EphemeralContainerCommon").iter().map(|f| f.name).collect();
    for (i, container) in pod.spec.items("ephemeralContainers").iter().enumerate() {
        let p = p.index(i);
        common(e, pod, container, &p);
        image_without_blanks(e, container.text("image"), &p.child("image"));
        if !seen.insert(container.text("name")) {
            e.duplicate(&p.child("name"), container.text("name"));
        }
        let target = container.text("targetContainerName");
        if !target.is_empty() && !others.contains(target) {
            e.not_found(&p.child("targetContainerName"), target, "");
        }
        for field in order.iter().filter(|f| !EPHEMERAL_FIELDS.contains(f)) {
            let value = container.at(field);
            if !value.is_null() && value.as_object().is_none_or(|m| !m.is_empty()) {
                e.forbidden(&p.child(field), "cannot be set for an Ephemeral Container");
            }
        }
        for (j, mount) in container.items("volumeMounts").iter().enumerate() {
            for key in ["subPath", "subPathExpr"] {
                if !mount.text(key).is_empty() {
                    e.forbidden(
                        &p.child("volumeMounts").index(j).child(key),
                        "cannot be set for an Ephemeral Container",
                    );
                }
            }
        }
    }
}

// pkg/apis/core/validation/validation.go validateContainerCommon
fn common(e: &mut Errors, pod: &PodContext, container: &Value, p: &Path) {
    let name = container.text("name");
    if name.is_empty() {
        e.required(&p.child("name"), "");
    } else {
        e.invalid_each(&p.child("name"), name, &names::dns_label(name));
    }
    if container.text("image").is_empty() {
        e.required(&p.child("image"), "");
    }
    let message_policy = container.at("terminationMessagePolicy");
    one_of_or_required(e, message_policy, &p.child("terminationMessagePolicy"), &["File", "FallbackToLogsOnError"]);
    ports(e, container.items("ports"), &p.child("ports"));
    env::variables(e, container.items("env"), &p.child("env"));
    env::sources(e, container.items("envFrom"), &p.child("envFrom"));
    volume_mounts::mounts(e, pod.volumes, container, &p.child("volumeMounts"));
    volume_mounts::devices(e, pod.volumes, container, &p.child("volumeDevices"));
    let pull = container.at("imagePullPolicy");
    one_of_or_required(e, pull, &p.child("imagePullPolicy"), &["Always", "IfNotPresent", "Never"]);
    resources::requirements(e, container.at("resources"), Some(pod.claims), &p.child("resources"), pod.options);
    resize_policy(e, pod, container.items("resizePolicy"), &p.child("resizePolicy"));
    security::container_context(
        e,
        pod.schema,
        container.at("securityContext"),
        &p.child("securityContext"),
        pod.host_users,
    );
}

// pkg/apis/core/validation/validation.go validateContainerPorts
fn ports(e: &mut Errors, ports: &[Value], p: &Path) {
    let mut seen = BTreeSet::new();
    for (i, port) in ports.iter().enumerate() {
        let (name, pp) = (port.text("name"), p.index(i));
        if !name.is_empty() {
            let faults = names::port_name(name);
            if faults.is_empty() {
                if !seen.insert(name) {
                    e.duplicate(&pp.child("name"), name);
                }
            } else {
                e.invalid_each(&pp.child("name"), name, &faults);
            }
        }
        let number = port.int("containerPort").unwrap_or(0);
        if number == 0 {
            e.required(&pp.child("containerPort"), "");
        } else {
            port_in_range(e, number, &pp.child("containerPort"));
        }
        let host = port.int("hostPort").unwrap_or(0);
        if host != 0 {
            port_in_range(e, host, &pp.child("hostPort"));
        }
        one_of_or_required(e, port.at("protocol"), &pp.child("protocol"), &["SCTP", "TCP", "UDP"]);
    }
}

/// A port number.
pub fn port_in_range(e: &mut Errors, number: i64, p: &Path) {
    for message in names::port_number(number) {
        e.invalid_printed(p, number.to_string(), &message);
    }
}

// pkg/apis/core/validation/validation.go AccumulateUniqueHostPorts
fn host_port_conflicts(e: &mut Errors, containers: &[Value], p: &Path) {
    let mut seen = BTreeSet::new();
    for (i, container) in containers.iter().enumerate() {
        for (j, port) in container.items("ports").iter().enumerate() {
            let number = port.int("hostPort").unwrap_or(0);
            let text = format!("{}/{}/{number}", port.text("protocol"), port.text("hostIP"));
            if number != 0 && !seen.insert(text.clone()) {
                e.duplicate(&p.index(i).child("ports").index(j).child("hostPort"), &text);
            }
        }
    }
}

// pkg/apis/core/validation/validation.go validateResizePolicy
fn resize_policy(e: &mut Errors, pod: &PodContext, policies: &[Value], p: &Path) {
    let mut seen = BTreeSet::new();
    for (i, policy) in policies.iter().enumerate() {
        if !seen.insert(policy.text("resourceName")) {
            e.duplicate(&p.index(i), policy.text("resourceName"));
        }
        one_of_or_required(e, policy.at("resourceName"), p, &["cpu", "memory"]);
        one_of_or_required(e, policy.at("restartPolicy"), p, &["NotRequired", "RestartContainer"]);
        if pod.spec.text("restartPolicy") == "Never" && policy.text("restartPolicy") != "NotRequired" {
            let detail = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
            e.invalid_value(p, &Value::from(policy.text("restartPolicy")), detail);
        }
    }
}

// pkg/apis/core/validation/validation.go validateContainerRestartPolicy
fn restart_policy(e: &mut Errors, policy: &Value, rules: &[Value], p: &Path) {
    if policy.is_null() {
        if rules.is_empty() {
            return;
        }
        e.required(&p.child("restartPolicy"), "must specify restartPolicy when restart rules are used");
    } else if !matches!(policy.as_str(), Some("Always" | "Never" | "OnFailure")) {
        e.not_supported(&p.child("restartPolicy"), policy, &["Always", "Never", "OnFailure"]);
    }
    let rp = p.child("restartPolicyRules");
    if rules.len() > MAX_RESTART_RULES {
        e.too_many(&rp, rules.len(), MAX_RESTART_RULES);
    }
    for (i, rule) in rules.iter().enumerate() {
        let p = rp.index(i);
        if !matches!(rule.text("action"), "Restart" | "RestartAllContainers") {
            let allowed = ["Restart", "RestartAllContainers"];
            e.not_supported(&p.child("action"), &Value::from(rule.text("action")), &allowed);
        }
        let (codes, cp) = (rule.at("exitCodes"), p.child("exitCodes"));
        if codes.is_null() {
            e.required(&cp, "must be specified");
            continue;
        }
        if !matches!(codes.text("operator"), "In" | "NotIn") {
            e.not_supported(&cp.child("operator"), &Value::from(codes.text("operator")), &["In", "NotIn"]);
        }
        let count = codes.items("values").len();
        if count > MAX_RESTART_EXIT_CODES {
            e.too_many(&cp.child("values"), count, MAX_RESTART_EXIT_CODES);
        }
    }
}
