//! Which fields the simulation honours. Everything else in the schema is accepted and stored, and the page says so.

use super::schema::{Schema, Type};
use super::tree::{Content, Node};
use std::collections::BTreeMap;

/// Honoured fields: one line a struct, its fields by name, `*` for all of them. A field that is not listed is noted where it
/// is written and not looked into. Keep this next to the code that honours a field: a line added there is added here.
const HONOURED: &str = "
TypeMeta *
ObjectMeta *
OwnerReference *
LabelSelector *
LabelSelectorRequirement *
Scenario *
ScenarioSpec *
ScenarioStep *
Pod *
PodSpec containers initContainers restartPolicy terminationGracePeriodSeconds activeDeadlineSeconds nodeSelector nodeName
PodSpec hostNetwork affinity tolerations priorityClassName priority preemptionPolicy schedulerName schedulingGates
PodSpec topologySpreadConstraints readinessGates overhead resources hostname
PodSchedulingGate *
PodReadinessGate *
Container name image command args env ports resources readinessProbe livenessProbe startupProbe restartPolicy
Container lifecycle imagePullPolicy
Lifecycle preStop
LifecycleHandler sleep exec
SleepAction *
EnvVar name value
ContainerPort *
ResourceRequirements limits requests
Probe exec httpGet tcpSocket grpc initialDelaySeconds periodSeconds timeoutSeconds successThreshold failureThreshold
Probe terminationGracePeriodSeconds
ExecAction *
HTTPGetAction *
TCPSocketAction *
GRPCAction *
Affinity *
NodeAffinity *
NodeSelector *
NodeSelectorTerm *
NodeSelectorRequirement *
PreferredSchedulingTerm *
PodAffinity *
PodAntiAffinity *
PodAffinityTerm *
WeightedPodAffinityTerm *
Toleration *
TopologySpreadConstraint *
PodTemplateSpec *
DaemonSet *
DaemonSetSpec *
DaemonSetUpdateStrategy *
RollingUpdateDaemonSet *
Deployment *
DeploymentSpec *
DeploymentStrategy *
RollingUpdateDeployment *
ReplicaSet *
ReplicaSetSpec *
Job *
JobSpec parallelism completions activeDeadlineSeconds backoffLimit selector manualSelector template ttlSecondsAfterFinished
JobSpec completionMode suspend podFailurePolicy successPolicy backoffLimitPerIndex maxFailedIndexes podReplacementPolicy
JobSpec managedBy
PodFailurePolicy *
PodFailurePolicyRule *
PodFailurePolicyOnExitCodesRequirement *
PodFailurePolicyOnPodConditionsPattern *
SuccessPolicy *
SuccessPolicyRule *
CronJob *
CronJobSpec *
JobTemplateSpec *
Node *
NodeSpec unschedulable taints
Taint *
NodeStatus capacity allocatable conditions addresses
NodeCondition *
NodeAddress *
Service *
ServiceSpec ports selector clusterIP clusterIPs type externalTrafficPolicy internalTrafficPolicy publishNotReadyAddresses
ServicePort name protocol port targetPort nodePort
EndpointSlice *
Endpoint *
EndpointPort *
EndpointConditions *
PriorityClass *
PodDisruptionBudget *
PodDisruptionBudgetSpec *
Namespace *
ControllerRevision *
";

/// Most notes about one object.
const MAX_NOTES: usize = 50;

/// The table, read once with the schema.
#[derive(Debug, Clone)]
pub struct Registry {
    structs: BTreeMap<&'static str, Vec<&'static str>>,
}

impl Registry {
    /// Reads the table.
    pub(super) fn new() -> Self {
        let mut structs: BTreeMap<&'static str, Vec<&'static str>> = BTreeMap::new();
        for line in HONOURED.lines() {
            let mut words = line.split(' ');
            structs.entry(words.next().unwrap_or("")).or_default().extend(words);
        }
        Registry { structs }
    }

    /// Whether the simulation honours a field of a struct.
    ///
    /// ```
    /// let schema = orrery::manifest::schema::Schema::new();
    /// assert!(schema.registry().honours("PodSpec", "nodeName") && !schema.registry().honours("PodSpec", "dnsPolicy"));
    /// ```
    pub fn honours(&self, structure: &str, field: &str) -> bool {
        self.structs.get(structure).is_some_and(|fields| fields.iter().any(|f| *f == "*" || *f == field))
    }

    /// Every struct of which something is honoured, with the fields by name (`*` for all).
    pub fn structs(&self) -> impl Iterator<Item = (&'static str, &[&'static str])> {
        self.structs.iter().map(|(name, fields)| (*name, fields.as_slice()))
    }
}

/// Path and text for every written field that the simulation does not honour. The status is not looked into.
pub fn notes(schema: &Schema, kind: &'static str, source: &Node) -> Vec<(String, String)> {
    let mut notes = Vec::new();
    walk(schema, &Type::Struct(kind), source, "", &mut notes);
    notes
}

fn walk(schema: &Schema, ty: &Type, node: &Node, path: &str, notes: &mut Vec<(String, String)>) {
    match (ty, &node.content) {
        (Type::Struct(name), Content::Map(entries)) => {
            for entry in entries {
                let Some(field) = schema.field(name, &entry.key) else {
                    continue;
                };
                let owner = schema.embedding(name, &entry.key).unwrap_or(name);
                let child = if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
                let registry = schema.registry();
                if !registry.honours(owner, &entry.key) && !registry.honours(name, &entry.key) {
                    if notes.len() < MAX_NOTES {
                        notes.push((child, format!("{owner}.{} is accepted, not simulated", entry.key)));
                    }
                } else if child != "status" {
                    walk(schema, &field.ty, &entry.value, &child, notes);
                }
            }
        }
        (Type::List(inner), Content::List(items)) => {
            for (i, item) in items.iter().enumerate() {
                walk(schema, inner, item, &format!("{path}[{i}]"), notes);
            }
        }
        _ => {}
    }
}
