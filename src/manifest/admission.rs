//! What the default admission plugins do to a new Pod: tolerations for failed nodes, priority, service account.

use super::default::{child, set};
use super::tree::Node;
use super::view::View;
use serde_json::{Value, json};

/// A priority class that Pods may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriorityClass {
    /// Its name.
    pub name: String,
    /// The priority that Pods get.
    pub value: i64,
    /// Whether such Pods preempt others.
    pub preemption_policy: String,
    /// The one for Pods that name none.
    pub global_default: bool,
}

/// What admission knows of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// Existing priority classes, the two built-in ones included.
    pub priority_classes: Vec<PriorityClass>,
    /// Existing service accounts; `None` if any name may be used.
    pub service_accounts: Option<Vec<String>>,
}

impl Default for Cluster {
    fn default() -> Self {
        let built_in = |name: &str, value| PriorityClass {
            name: name.to_owned(),
            value,
            preemption_policy: "PreemptLowerPriority".to_owned(),
            global_default: false,
        };
        let classes =
            vec![built_in("system-cluster-critical", 2_000_000_000), built_in("system-node-critical", 2_000_001_000)];
        Cluster { priority_classes: classes, service_accounts: None }
    }
}

impl Cluster {
    /// Takes in a PriorityClass that stands in the same text, wherever it stands.
    pub fn learn(&mut self, root: &Node) {
        let kind = root.get("kind").and_then(Node::text).unwrap_or("");
        if kind != "PriorityClass" && !kind.ends_with("List") {
            return;
        }
        let value = super::decode::plain(root);
        let items = value.items("items");
        for object in if items.is_empty() { std::slice::from_ref(&value) } else { items } {
            if object.text("kind") == "PriorityClass" && object.text("apiVersion") == "scheduling.k8s.io/v1" {
                let policy = object.opt_text("preemptionPolicy").unwrap_or("PreemptLowerPriority");
                self.priority_classes.push(PriorityClass {
                    name: object.at("metadata").text("name").to_owned(),
                    value: object.int("value").unwrap_or(0),
                    preemption_policy: policy.to_owned(),
                    global_default: object.flag("globalDefault"),
                });
            }
        }
    }
}

/// Admits a new Pod; the error is the message of a 403.
pub fn admit_pod(pod: &mut Value, name: &str, cluster: &Cluster) -> Result<(), String> {
    let name = if name.is_empty() { pod.at("metadata").text("generateName").to_owned() } else { name.to_owned() };
    let namespace = pod.at("metadata").text("namespace").to_owned();
    let forbidden = |why: String| Err(format!("pods {name:?} is forbidden: {why}"));
    let spec = child(pod, "spec");
    let account = match spec.text("serviceAccountName") {
        "" => "default".to_owned(),
        given => given.to_owned(),
    };
    if let Some(known) = &cluster.service_accounts
        && !known.contains(&account)
    {
        return forbidden(format!(
            "error looking up service account {namespace}/{account}: serviceaccount {account:?} not found"
        ));
    }
    priority(spec, cluster).or_else(forbidden)?;
    // DIFFERENCE: the token volume that every real Pod gets is left out: it would only clutter what the page shows.
    set(spec, "serviceAccountName", json!(account));
    set(spec, "serviceAccount", json!(account));
    tolerations(spec);
    Ok(())
}

// plugin/pkg/admission/priority/admission.go admitPod
fn priority(spec: &mut Value, cluster: &Cluster) -> Result<(), String> {
    let name = spec.text("priorityClassName").to_owned();
    let class = if name.is_empty() {
        cluster.priority_classes.iter().find(|c| c.global_default)
    } else {
        let found = cluster.priority_classes.iter().find(|c| c.name == name);
        Some(found.ok_or_else(|| format!("no PriorityClass with name {name} was found"))?)
    };
    let value = class.map_or(0, |c| c.value);
    let policy = class.map_or("PreemptLowerPriority", |c| c.preemption_policy.as_str()).to_owned();
    if let Some(given) = spec.int("priority").filter(|p| *p != value) {
        return Err(format!(
            "the integer value of priority ({given}) must not be provided in pod spec; \
             priority admission controller computed {value} from the given PriorityClass name"
        ));
    }
    if let Some(given) = spec.opt_text("preemptionPolicy").filter(|p| *p != policy) {
        return Err(format!(
            "the string value of PreemptionPolicy ({given}) must not be provided in pod spec; \
             priority admission controller computed {policy} from the given PriorityClass name"
        ));
    }
    if let Some(class) = class {
        set(spec, "priorityClassName", json!(class.name));
    }
    set(spec, "priority", json!(value));
    set(spec, "preemptionPolicy", json!(policy));
    Ok(())
}

// plugin/pkg/admission/defaulttolerationseconds/admission.go Admit
fn tolerations(spec: &mut Value) {
    let mut list = spec.items("tolerations").to_vec();
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let tolerated = spec.items("tolerations").iter().any(|t| {
            (t.text("key").is_empty() || t.text("key") == key) && matches!(t.text("effect"), "NoExecute" | "")
        });
        if !tolerated {
            list.push(json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}));
        }
    }
    set(spec, "tolerations", Value::Array(list));
}
