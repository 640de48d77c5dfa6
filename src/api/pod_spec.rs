//! The part of a Pod's spec that some actor reads.

use super::meta::Labels;
use super::pod_requests;
use super::quantity::Resources;
use super::selector::{LabelSelector, NodeSelector, NodeSelectorTerm, node_selector};
use super::text::Text;
use super::value;
use serde_json::Value;
use std::sync::Arc;

/// What happens when a container ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RestartPolicy {
    /// It is started again.
    #[default]
    Always,
    /// It is started again after a non-zero exit.
    OnFailure,
    /// It stays ended.
    Never,
}

impl RestartPolicy {
    /// The policy that `text` names, `Always` by default.
    pub fn parse(text: &str) -> RestartPolicy {
        match text {
            "OnFailure" => RestartPolicy::OnFailure,
            "Never" => RestartPolicy::Never,
            _ => RestartPolicy::Always,
        }
    }

    /// As the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            RestartPolicy::Always => "Always",
            RestartPolicy::OnFailure => "OnFailure",
            RestartPolicy::Never => "Never",
        }
    }
}

/// A port on the node that a container claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    /// The node's port.
    pub port: i32,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: Text,
    /// The node's address it binds; empty means all.
    pub ip: Text,
    /// The container's port behind it.
    pub container_port: i32,
}

/// When a probe runs and how many answers count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Seconds before the first probe.
    pub initial_delay_seconds: i64,
    /// Seconds between probes.
    pub period_seconds: i64,
    /// Seconds a probe may take.
    pub timeout_seconds: i64,
    /// Successes in a row that make it pass.
    pub success_threshold: i64,
    /// Failures in a row that make it fail.
    pub failure_threshold: i64,
    /// The probe as written.
    pub source: Arc<Value>,
}

impl Probe {
    fn from_value(probe: &Value) -> Option<Probe> {
        probe.as_object()?;
        let or = |key: &str, default: i64| value::opt_int(probe, key).filter(|n| *n > 0).unwrap_or(default);
        Some(Probe {
            initial_delay_seconds: value::int(probe, "initialDelaySeconds").max(0),
            period_seconds: or("periodSeconds", 10),
            timeout_seconds: or("timeoutSeconds", 1),
            success_threshold: or("successThreshold", 1),
            failure_threshold: or("failureThreshold", 3),
            source: Arc::new(probe.clone()),
        })
    }
}

/// An environment variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvVar {
    /// Its name.
    pub name: Text,
    /// Where its value comes from.
    pub source: EnvSource,
}

/// Where the value of an environment variable comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvSource {
    /// This text.
    Text(Text),
    /// The field of the Pod at this path.
    Field(Text),
    /// A ConfigMap, a Secret, a resource of the container.
    Elsewhere,
}

impl EnvVar {
    /// The variable in a value.
    pub fn from_value(item: &Value) -> EnvVar {
        let path = value::text(value::at(item, &["valueFrom", "fieldRef"]), "fieldPath");
        let source = match (path.is_empty(), item.get("valueFrom").is_some_and(|from| !from.is_null())) {
            (false, _) => EnvSource::Field(path),
            (true, true) => EnvSource::Elsewhere,
            (true, false) => EnvSource::Text(value::text(item, "value")),
        };
        EnvVar { name: value::text(item, "name"), source }
    }
}

/// A container of a Pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Its name, unique in the Pod.
    pub name: Text,
    /// The image as written.
    pub image: Text,
    /// `command`, replacing the image's entrypoint.
    pub command: Vec<Text>,
    /// `args`, replacing the image's arguments.
    pub args: Vec<Text>,
    /// Its environment variables.
    pub env: Vec<EnvVar>,
    /// (name, container port, protocol) of its ports.
    pub ports: Vec<(Text, i32, Text)>,
    /// What it asks the scheduler for.
    pub requests: Resources,
    /// Whether it names (cpu, memory) among its requests at all, be it 0.
    pub requests_given: (bool, bool),
    /// `Always` on an init container makes it a sidecar; else the Pod's policy rules.
    pub restart_policy: Option<RestartPolicy>,
    /// `imagePullPolicy`.
    pub image_pull_policy: Text,
    /// Readiness probe.
    pub readiness: Option<Probe>,
    /// Liveness probe.
    pub liveness: Option<Probe>,
    /// Startup probe.
    pub startup: Option<Probe>,
    /// The `lifecycle` part, as written (`null` when absent).
    pub lifecycle: Arc<Value>,
}

impl Container {
    fn from_value(item: &Value) -> Container {
        let resources = value::at(item, &["resources"]);
        let mut requests = resources.get("limits").cloned().unwrap_or(Value::Null);
        match (requests.as_object_mut(), resources.get("requests").and_then(Value::as_object)) {
            (Some(merged), Some(given)) => merged.extend(given.clone()),
            (None, Some(given)) => requests = Value::Object(given.clone()),
            _ => {}
        }
        Container {
            name: value::text(item, "name"),
            image: value::text(item, "image"),
            command: value::texts(item, "command"),
            args: value::texts(item, "args"),
            env: value::list(item, "env").iter().map(EnvVar::from_value).collect(),
            ports: value::list(item, "ports")
                .iter()
                .map(|p| (value::text(p, "name"), value::i32(p, "containerPort"), protocol(p)))
                .collect(),
            requests: Resources::from_value(&requests),
            requests_given: (requests.get("cpu").is_some(), requests.get("memory").is_some()),
            restart_policy: value::opt_text(item, "restartPolicy").map(|policy| RestartPolicy::parse(&policy)),
            image_pull_policy: value::text(item, "imagePullPolicy"),
            readiness: Probe::from_value(value::at(item, &["readinessProbe"])),
            liveness: Probe::from_value(value::at(item, &["livenessProbe"])),
            startup: Probe::from_value(value::at(item, &["startupProbe"])),
            lifecycle: value::shared(item, "lifecycle"),
        }
    }

    /// Whether this init container keeps running beside the main containers.
    pub fn is_sidecar(&self) -> bool {
        self.restart_policy == Some(RestartPolicy::Always)
    }
}

fn protocol(port: &Value) -> Text {
    value::opt_text(port, "protocol").filter(|p| !p.is_empty()).unwrap_or(Text::Static("TCP"))
}

/// What a Pod tolerates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toleration {
    /// The taint's key; empty (with `exists`) means any.
    pub key: Text,
    /// Operator `Exists`: any value. Otherwise the value must be equal.
    pub exists: bool,
    /// The taint's value.
    pub value: Text,
    /// The taint's effect; empty means any.
    pub effect: Text,
    /// How long a NoExecute taint is tolerated; `None` for ever.
    pub seconds: Option<i64>,
}

impl Toleration {
    /// A toleration of every value of a key.
    pub const fn exists(key: &'static str, effect: &'static str, seconds: Option<i64>) -> Toleration {
        Toleration { key: Text::Static(key), exists: true, value: Text::EMPTY, effect: Text::Static(effect), seconds }
    }

    /// The toleration in a value.
    pub fn from_value(item: &Value) -> Toleration {
        Toleration {
            key: value::text(item, "key"),
            exists: value::text(item, "operator") == "Exists",
            value: value::text(item, "value"),
            effect: value::text(item, "effect"),
            seconds: value::opt_int(item, "tolerationSeconds"),
        }
    }

    /// Whether it covers a taint. Upstream: k8s.io/api/core/v1/toleration.go ToleratesTaint.
    pub fn tolerates(&self, taint: &super::node::Taint) -> bool {
        (self.effect.is_empty() || self.effect == taint.effect)
            && (self.key.is_empty() || self.key == taint.key)
            && (self.exists || self.value == taint.value)
    }
}

/// A wish about other Pods in the same topology domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodAffinityTerm {
    /// Which Pods; `None` matches none.
    pub selector: Option<LabelSelector>,
    /// The node label that makes a domain.
    pub topology_key: Text,
    /// Namespaces besides the Pod's own; empty means the Pod's own.
    pub namespaces: Vec<Text>,
    /// Further namespaces, by their labels; empty means all, `None` means none.
    pub namespace_selector: Option<LabelSelector>,
    /// Labels whose value must be the Pod's own (`matchLabelKeys`).
    pub match_label_keys: Vec<Text>,
    /// Labels whose value must differ from the Pod's own (`mismatchLabelKeys`).
    pub mismatch_label_keys: Vec<Text>,
    /// Weight of a preferred term, 0 for a required one.
    pub weight: i64,
}

impl PodAffinityTerm {
    fn from_value(term: &Value, weight: i64) -> PodAffinityTerm {
        PodAffinityTerm {
            selector: LabelSelector::from_value(value::at(term, &["labelSelector"])),
            topology_key: value::text(term, "topologyKey"),
            namespaces: value::texts(term, "namespaces"),
            namespace_selector: LabelSelector::from_value(value::at(term, &["namespaceSelector"])),
            match_label_keys: value::texts(term, "matchLabelKeys"),
            mismatch_label_keys: value::texts(term, "mismatchLabelKeys"),
            weight,
        }
    }

    fn lists(affinity: &Value) -> (Vec<PodAffinityTerm>, Vec<PodAffinityTerm>) {
        let required = value::list(affinity, "requiredDuringSchedulingIgnoredDuringExecution");
        let preferred = value::list(affinity, "preferredDuringSchedulingIgnoredDuringExecution");
        (
            required.iter().map(|term| PodAffinityTerm::from_value(term, 0)).collect(),
            preferred
                .iter()
                .map(|w| PodAffinityTerm::from_value(value::at(w, &["podAffinityTerm"]), value::int(w, "weight")))
                .collect(),
        )
    }
}

/// Where a Pod must or would like to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Affinity {
    /// Required node terms; `None` when there is no requirement.
    pub node_required: Option<NodeSelector>,
    /// Preferred node terms with their weights.
    pub node_preferred: Vec<(i64, NodeSelectorTerm)>,
    /// Required Pods nearby.
    pub pod_required: Vec<PodAffinityTerm>,
    /// Preferred Pods nearby.
    pub pod_preferred: Vec<PodAffinityTerm>,
    /// Pods that must not be near.
    pub anti_required: Vec<PodAffinityTerm>,
    /// Pods that should not be near.
    pub anti_preferred: Vec<PodAffinityTerm>,
}

impl Affinity {
    /// Whether it says anything about other Pods.
    pub fn names_pods(&self) -> bool {
        [&self.pod_required, &self.pod_preferred, &self.anti_required, &self.anti_preferred]
            .iter()
            .any(|terms| !terms.is_empty())
    }

    fn from_value(affinity: &Value) -> Affinity {
        let node = value::at(affinity, &["nodeAffinity"]);
        let (pod_required, pod_preferred) = PodAffinityTerm::lists(value::at(affinity, &["podAffinity"]));
        let (anti_required, anti_preferred) = PodAffinityTerm::lists(value::at(affinity, &["podAntiAffinity"]));
        Affinity {
            node_required: node_selector(value::at(node, &["requiredDuringSchedulingIgnoredDuringExecution"])),
            node_preferred: value::list(node, "preferredDuringSchedulingIgnoredDuringExecution")
                .iter()
                .map(|p| (value::int(p, "weight"), NodeSelectorTerm::from_value(value::at(p, &["preference"]))))
                .collect(),
            pod_required,
            pod_preferred,
            anti_required,
            anti_preferred,
        }
    }
}

/// How evenly Pods spread over a topology.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopologySpread {
    /// The largest allowed difference.
    pub max_skew: i64,
    /// The node label that makes a domain.
    pub topology_key: Text,
    /// `DoNotSchedule` (true) or `ScheduleAnyway`.
    pub hard: bool,
    /// Which Pods count; `None` counts none.
    pub selector: Option<LabelSelector>,
    /// The constraint as written, for its rarer fields (minDomains, policies, matchLabelKeys).
    pub source: Arc<Value>,
}

/// A Pod's spec.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodSpec {
    /// Main containers.
    pub containers: Vec<Container>,
    /// Init containers, sidecars among them.
    pub init_containers: Vec<Container>,
    /// What happens when containers end.
    pub restart_policy: RestartPolicy,
    /// Seconds from SIGTERM to SIGKILL.
    pub termination_grace_seconds: i64,
    /// Seconds the Pod may be active.
    pub active_deadline_seconds: Option<i64>,
    /// A node given by hand; empty when the scheduler chooses.
    pub node_name: Text,
    /// Labels the node must have.
    pub node_selector: Labels,
    /// Where it must or would like to run.
    pub affinity: Affinity,
    /// What it tolerates.
    pub tolerations: Vec<Toleration>,
    /// How its like spread.
    pub topology_spread: Vec<TopologySpread>,
    /// Names that keep it from being scheduled.
    pub scheduling_gates: Vec<Text>,
    /// Who schedules it.
    pub scheduler_name: Text,
    /// Its priority class.
    pub priority_class_name: Text,
    /// Its priority (resolved by admission).
    pub priority: i32,
    /// `preemptionPolicy: Never`.
    pub never_preempts: bool,
    /// Whether it uses the node's network.
    pub host_network: bool,
    /// Conditions that must hold besides the usual ones before it is ready.
    pub readiness_gates: Vec<Text>,
    /// Host name inside the Pod, when given.
    pub hostname: Text,
    /// What the scheduler reckons with: the sum over containers, raised by init containers, plus overhead.
    pub requests: Resources,
    /// (milli-CPU, bytes) that it counts for when nodes are scored: absent requests count as upstream's defaults.
    pub scored: (i64, i64),
    /// Ports on the node it claims.
    pub host_ports: Vec<HostPort>,
    /// The spec as written and defaulted.
    pub source: Arc<Value>,
}

impl PodSpec {
    /// The spec in a value.
    pub fn from_value(spec: &Value) -> PodSpec {
        let containers: Vec<Container> = value::list(spec, "containers").iter().map(Container::from_value).collect();
        let init_containers: Vec<Container> =
            value::list(spec, "initContainers").iter().map(Container::from_value).collect();
        let gate_name = |gate: &Value, key: &str| value::text(gate, key);
        PodSpec {
            requests: pod_requests::pod_requests(spec, &containers, &init_containers),
            scored: pod_requests::scored_requests(spec, &containers, &init_containers),
            host_ports: host_ports(spec),
            containers,
            init_containers,
            restart_policy: RestartPolicy::parse(&value::text(spec, "restartPolicy")),
            termination_grace_seconds: value::opt_int(spec, "terminationGracePeriodSeconds").unwrap_or(30),
            active_deadline_seconds: value::opt_int(spec, "activeDeadlineSeconds"),
            node_name: value::text(spec, "nodeName"),
            node_selector: Labels::from_value(spec, "nodeSelector"),
            affinity: Affinity::from_value(value::at(spec, &["affinity"])),
            tolerations: value::list(spec, "tolerations").iter().map(Toleration::from_value).collect(),
            topology_spread: value::list(spec, "topologySpreadConstraints")
                .iter()
                .map(|c| TopologySpread {
                    max_skew: value::opt_int(c, "maxSkew").unwrap_or(1),
                    topology_key: value::text(c, "topologyKey"),
                    hard: value::text(c, "whenUnsatisfiable") != "ScheduleAnyway",
                    selector: LabelSelector::from_value(value::at(c, &["labelSelector"])),
                    source: Arc::new(c.clone()),
                })
                .collect(),
            scheduling_gates: value::list(spec, "schedulingGates").iter().map(|g| gate_name(g, "name")).collect(),
            scheduler_name: value::opt_text(spec, "schedulerName").unwrap_or(Text::Static("default-scheduler")),
            priority_class_name: value::text(spec, "priorityClassName"),
            priority: value::i32(spec, "priority"),
            never_preempts: value::text(spec, "preemptionPolicy") == "Never",
            host_network: value::boolean(spec, "hostNetwork"),
            readiness_gates: value::list(spec, "readinessGates")
                .iter()
                .map(|g| gate_name(g, "conditionType"))
                .collect(),
            hostname: value::text(spec, "hostname"),
            source: Arc::new(spec.clone()),
        }
    }

    /// Whether any toleration covers the taint.
    pub fn tolerates(&self, taint: &super::node::Taint) -> bool {
        self.tolerations.iter().any(|toleration| toleration.tolerates(taint))
    }
}

fn host_ports(spec: &Value) -> Vec<HostPort> {
    let host_network = value::boolean(spec, "hostNetwork");
    let sidecars = value::list(spec, "initContainers")
        .iter()
        .filter(|container| value::text(container, "restartPolicy") == "Always");
    value::list(spec, "containers")
        .iter()
        .chain(sidecars)
        .flat_map(|container| value::list(container, "ports"))
        .filter_map(|port| {
            let container_port = value::i32(port, "containerPort");
            let given = value::i32(port, "hostPort");
            let claimed = if given == 0 && host_network { container_port } else { given };
            (claimed > 0).then(|| HostPort {
                port: claimed,
                protocol: protocol(port),
                ip: value::opt_text(port, "hostIP").filter(|ip| ip != "0.0.0.0").unwrap_or_default(),
                container_port,
            })
        })
        .collect()
}
