//! The cells of `kubectl get`: what the server answers to a request for a table.
//! Upstream: pkg/printers/internalversion/printers.go.
//!
//! Cells are made from objects as the API prints them, so that what is shown is what `-o yaml` shows.

mod pod;
mod workload;

use super::duration::human_duration;
use crate::api::selector::LabelSelector;
use crate::api::value;
use crate::time::SimTime;
use serde_json::Value;

/// One row with the names of its columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Column names in capitals.
    pub columns: Vec<&'static str>,
    /// Their cells.
    pub cells: Vec<String>,
}

impl Row {
    fn push(&mut self, column: &'static str, cell: impl Into<String>) {
        self.columns.push(column);
        self.cells.push(cell.into());
    }
}

/// The row of an object at a time; `wide` as with `-o wide`. `None` for kinds without a table of their own.
///
/// ```
/// use orrery::time::SimTime;
/// let now = SimTime::parse("2026-01-01T12:00:00Z").unwrap();
/// let namespace = serde_json::json!({"kind": "Namespace", "metadata": {"name": "a"}, "status": {"phase": "Active"}});
/// let row = orrery::kubectl::cells::row(&namespace, now, false).unwrap();
/// assert_eq!(row.cells, ["a", "Active", "<unknown>"]);
/// ```
pub fn row(object: &Value, now: SimTime, wide: bool) -> Option<Row> {
    let mut row = Row::default();
    match object.get("kind")?.as_str()? {
        "Pod" => pod::cells(&mut row, object, now, wide),
        "Job" => workload::job(&mut row, object, now, wide),
        "CronJob" => workload::cron_job(&mut row, object, now, wide),
        "DaemonSet" => workload::daemon_set(&mut row, object, now, wide),
        "ReplicaSet" => workload::replica_set(&mut row, object, now, wide),
        "Deployment" => workload::deployment(&mut row, object, now, wide),
        "Service" => service(&mut row, object, now, wide),
        "Node" => node(&mut row, object, now, wide),
        "Event" => event(&mut row, object, now, wide),
        "Namespace" => {
            row.push("NAME", name(object));
            row.push("STATUS", text(object, &["status", "phase"]));
            row.push("AGE", age(object, now));
        }
        "EndpointSlice" => endpoint_slice(&mut row, object, now),
        "ControllerRevision" => {
            row.push("NAME", name(object));
            row.push("CONTROLLER", controller(object));
            row.push("REVISION", value::int(object, "revision").to_string());
            row.push("AGE", age(object, now));
        }
        _ => return None,
    }
    Some(row)
}

fn name(object: &Value) -> String {
    text(object, &["metadata", "name"])
}

fn text(object: &Value, path: &[&str]) -> String {
    value::at(object, path).as_str().unwrap_or("").to_string()
}

fn number(object: &Value, path: &[&str]) -> i64 {
    value::at(object, path).as_i64().unwrap_or(0)
}

fn or_none(text: String) -> String {
    if text.is_empty() { "<none>".to_string() } else { text }
}

/// Time since an RFC 3339 time, `<unknown>` without one.
fn since(text: &Value, now: SimTime) -> String {
    let time = text.as_str().and_then(SimTime::parse);
    time.map_or("<unknown>".to_string(), |time| human_duration(now - time))
}

fn age(object: &Value, now: SimTime) -> String {
    since(value::at(object, &["metadata", "creationTimestamp"]), now)
}

/// (names, images) of the containers of a Pod spec, joined by commas.
fn containers(spec: &Value) -> (String, String) {
    let join = |key: &str| {
        let all = value::list(spec, "containers").iter().map(|container| value::text(container, key).to_string());
        all.collect::<Vec<_>>().join(",")
    };
    (join("name"), join("image"))
}

fn selector(selector: &Value) -> String {
    LabelSelector::from_value(selector).map_or("<none>".to_string(), |selector| selector.text())
}

fn labels_text(map: &Value) -> String {
    let pairs = map.as_object().into_iter().flatten();
    or_none(pairs.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or(""))).collect::<Vec<_>>().join(","))
}

fn controller(object: &Value) -> String {
    let owners = value::list(value::at(object, &["metadata"]), "ownerReferences");
    let owner = owners.iter().find(|owner| value::boolean(owner, "controller"));
    owner.map_or("<none>".to_string(), |owner| {
        let version = text(owner, &["apiVersion"]);
        let group = version.split_once('/').map_or("", |(group, _)| group);
        let kind = text(owner, &["kind"]).to_lowercase();
        let dot = if group.is_empty() { "" } else { "." };
        format!("{kind}{dot}{group}/{}", text(owner, &["name"]))
    })
}

// printService
fn service(row: &mut Row, object: &Value, now: SimTime, wide: bool) {
    let spec = value::at(object, &["spec"]);
    let type_name = text(spec, &["type"]);
    row.push("NAME", name(object));
    row.push("TYPE", type_name.clone());
    row.push("CLUSTER-IP", or_none(text(spec, &["clusterIP"])));
    row.push("EXTERNAL-IP", external_ip(object, &type_name));
    let ports = value::list(spec, "ports").iter().map(|port| {
        let protocol = value::opt_text(port, "protocol").map_or("TCP".to_string(), |p| p.to_string());
        match value::int(port, "nodePort") {
            0 => format!("{}/{protocol}", value::int(port, "port")),
            node_port => format!("{}:{node_port}/{protocol}", value::int(port, "port")),
        }
    });
    row.push("PORT(S)", or_none(ports.collect::<Vec<_>>().join(",")));
    row.push("AGE", age(object, now));
    if wide {
        row.push("SELECTOR", labels_text(value::at(spec, &["selector"])));
    }
}

// getServiceExternalIP
fn external_ip(object: &Value, type_name: &str) -> String {
    let spec = value::at(object, &["spec"]);
    let given = value::texts(spec, "externalIPs").iter().map(ToString::to_string).collect::<Vec<_>>();
    match type_name {
        "ExternalName" => text(spec, &["externalName"]),
        "LoadBalancer" => {
            let ingress = value::list(value::at(object, &["status", "loadBalancer"]), "ingress");
            let mut addresses: Vec<String> = ingress
                .iter()
                .map(|i| value::opt_text(i, "ip").unwrap_or_else(|| value::text(i, "hostname")).to_string())
                .collect();
            addresses.extend(given);
            if addresses.is_empty() { "<pending>".to_string() } else { addresses.join(",") }
        }
        _ => or_none(given.join(",")),
    }
}

// printNode
fn node(row: &mut Row, object: &Value, now: SimTime, wide: bool) {
    let ready = value::list(value::at(object, &["status"]), "conditions").iter().find(|c| c["type"] == "Ready");
    let mut status = match ready {
        None => "Unknown",
        Some(condition) if condition["status"] == "True" => "Ready",
        Some(_) => "NotReady",
    }
    .to_string();
    if value::boolean(value::at(object, &["spec"]), "unschedulable") {
        status.push_str(",SchedulingDisabled");
    }
    let labels = value::at(object, &["metadata", "labels"]).as_object();
    let mut roles: Vec<String> = labels
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| match key.strip_prefix("node-role.kubernetes.io/") {
            Some(role) => (!role.is_empty()).then(|| role.to_string()),
            None if key == "kubernetes.io/role" => value.as_str().filter(|v| !v.is_empty()).map(str::to_string),
            None => None,
        })
        .collect();
    roles.sort();
    roles.dedup();
    let info = value::at(object, &["status", "nodeInfo"]);
    row.push("NAME", name(object));
    row.push("STATUS", status);
    row.push("ROLES", or_none(roles.join(",")));
    row.push("AGE", age(object, now));
    row.push("VERSION", text(info, &["kubeletVersion"]));
    if wide {
        let addresses = value::list(value::at(object, &["status"]), "addresses");
        let address = |kind: &str| {
            let found = addresses.iter().find(|a| a["type"] == kind).map(|a| value::text(a, "address").to_string());
            or_none(found.unwrap_or_default())
        };
        let or_unknown = |key: &str| Some(text(info, &[key])).filter(|t| !t.is_empty()).unwrap_or("<unknown>".into());
        row.push("INTERNAL-IP", address("InternalIP"));
        row.push("EXTERNAL-IP", address("ExternalIP"));
        row.push("OS-IMAGE", or_unknown("osImage"));
        let arch = text(info, &["architecture"]);
        let kernel = or_unknown("kernelVersion");
        let shown = if kernel == "<unknown>" || arch.is_empty() { kernel } else { format!("{kernel} ({arch})") };
        row.push("KERNEL-VERSION", shown);
        row.push("CONTAINER-RUNTIME", or_unknown("containerRuntimeVersion"));
    }
}

// printEvent
fn event(row: &mut Row, object: &Value, now: SimTime, wide: bool) {
    let involved = value::at(object, &["involvedObject"]);
    let kind = text(involved, &["kind"]).to_lowercase();
    let involved_name = text(involved, &["name"]);
    let target = if involved_name.is_empty() { kind } else { format!("{kind}/{involved_name}") };
    let first = value::at(object, &["firstTimestamp"]);
    let first = if first.is_null() { value::at(object, &["eventTime"]) } else { first };
    let last = value::at(object, &["lastTimestamp"]);
    let last = if last.is_null() { first } else { last };
    row.push("LAST SEEN", since(last, now));
    row.push("TYPE", text(object, &["type"]));
    row.push("REASON", text(object, &["reason"]));
    row.push("OBJECT", target);
    let message = text(object, &["message"]).trim().to_string();
    if !wide {
        row.push("MESSAGE", message);
        return;
    }
    let source = [text(object, &["source", "component"]), text(object, &["source", "host"])];
    row.push("SUBOBJECT", text(involved, &["fieldPath"]));
    row.push("SOURCE", source.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(", "));
    row.push("MESSAGE", message);
    row.push("FIRST SEEN", since(first, now));
    row.push("COUNT", value::opt_int(object, "count").filter(|count| *count > 0).unwrap_or(1).to_string());
    row.push("NAME", name(object));
}

// printEndpointSlice
fn endpoint_slice(row: &mut Row, object: &Value, now: SimTime) {
    const MAX_SHOWN: usize = 3;
    let shortened = |all: Vec<String>| {
        let more = all.len().saturating_sub(MAX_SHOWN);
        let shown = all.into_iter().take(MAX_SHOWN).collect::<Vec<_>>().join(",");
        if more > 0 { format!("{shown} + {more} more...") } else { shown }
    };
    let ports: Vec<String> = value::list(object, "ports").iter().map(|p| value::int(p, "port").to_string()).collect();
    let endpoints = value::list(object, "endpoints").iter().flat_map(|e| value::texts(e, "addresses"));
    let endpoints: Vec<String> = endpoints.map(|address| address.to_string()).collect();
    row.push("NAME", name(object));
    row.push("ADDRESSTYPE", text(object, &["addressType"]));
    row.push("PORTS", if ports.is_empty() { "<unset>".to_string() } else { shortened(ports) });
    row.push("ENDPOINTS", if endpoints.is_empty() { "<unset>".to_string() } else { shortened(endpoints) });
    row.push("AGE", age(object, now));
}
