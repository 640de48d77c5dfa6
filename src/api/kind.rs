//! The kinds of object the world holds, and their names in the API.

/// A kind of object. The order is the order in which `kubectl get all` and our own listings show kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A machine of the cluster.
    Node,
    /// A running unit.
    Pod,
    /// A stable address for Pods.
    Service,
    /// What a Service currently reaches.
    EndpointSlice,
    /// One Pod on each matching node.
    DaemonSet,
    /// Rolling versions of a ReplicaSet.
    Deployment,
    /// So many equal Pods.
    ReplicaSet,
    /// A template that a DaemonSet once had.
    ControllerRevision,
    /// Pods that run to completion.
    Job,
    /// Jobs by the clock.
    CronJob,
    /// A named Pod priority.
    PriorityClass,
    /// A bound on voluntary disruption.
    PodDisruptionBudget,
    /// A space of names.
    Namespace,
}

impl Kind {
    /// Every kind, in listing order.
    pub const ALL: [Kind; 13] = [
        Kind::Node,
        Kind::Pod,
        Kind::Service,
        Kind::EndpointSlice,
        Kind::DaemonSet,
        Kind::Deployment,
        Kind::ReplicaSet,
        Kind::ControllerRevision,
        Kind::Job,
        Kind::CronJob,
        Kind::PriorityClass,
        Kind::PodDisruptionBudget,
        Kind::Namespace,
    ];

    /// The name in manifests (`DaemonSet`).
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Node => "Node",
            Kind::Pod => "Pod",
            Kind::Service => "Service",
            Kind::EndpointSlice => "EndpointSlice",
            Kind::DaemonSet => "DaemonSet",
            Kind::Deployment => "Deployment",
            Kind::ReplicaSet => "ReplicaSet",
            Kind::ControllerRevision => "ControllerRevision",
            Kind::Job => "Job",
            Kind::CronJob => "CronJob",
            Kind::PriorityClass => "PriorityClass",
            Kind::PodDisruptionBudget => "PodDisruptionBudget",
            Kind::Namespace => "Namespace",
        }
    }

    /// The `apiVersion` of manifests (`apps/v1`).
    pub const fn api_version(self) -> &'static str {
        match self {
            Kind::Node | Kind::Pod | Kind::Service | Kind::Namespace => "v1",
            Kind::EndpointSlice => "discovery.k8s.io/v1",
            Kind::DaemonSet | Kind::Deployment | Kind::ReplicaSet | Kind::ControllerRevision => "apps/v1",
            Kind::Job | Kind::CronJob => "batch/v1",
            Kind::PriorityClass => "scheduling.k8s.io/v1",
            Kind::PodDisruptionBudget => "policy/v1",
        }
    }

    /// The API group, empty for the core group (`apps`).
    pub fn group(self) -> &'static str {
        self.api_version().split_once('/').map_or("", |(group, _)| group)
    }

    /// The lower-case plural in URLs and messages (`daemonsets`).
    pub const fn plural(self) -> &'static str {
        match self {
            Kind::Node => "nodes",
            Kind::Pod => "pods",
            Kind::Service => "services",
            Kind::EndpointSlice => "endpointslices",
            Kind::DaemonSet => "daemonsets",
            Kind::Deployment => "deployments",
            Kind::ReplicaSet => "replicasets",
            Kind::ControllerRevision => "controllerrevisions",
            Kind::Job => "jobs",
            Kind::CronJob => "cronjobs",
            Kind::PriorityClass => "priorityclasses",
            Kind::PodDisruptionBudget => "poddisruptionbudgets",
            Kind::Namespace => "namespaces",
        }
    }

    /// The plural with its group as error messages name it (`daemonsets.apps`, `pods`).
    pub fn resource(self) -> String {
        match self.group() {
            "" => self.plural().to_string(),
            group => format!("{}.{group}", self.plural()),
        }
    }

    /// The lower-case singular with its group as kubectl names one object (`daemonset.apps`, `pod`).
    pub fn singular(self) -> String {
        let name = self.name().to_lowercase();
        match self.group() {
            "" => name,
            group => format!("{name}.{group}"),
        }
    }

    /// Whether objects of this kind live in a namespace.
    pub const fn namespaced(self) -> bool {
        !matches!(self, Kind::Node | Kind::PriorityClass | Kind::Namespace)
    }

    /// The kind that a manifest's `kind` names.
    pub fn parse(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
