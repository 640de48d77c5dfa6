//! Services and their EndpointSlices.

use super::meta::{Labels, Meta, Uid};
use super::text::Text;
use super::value;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// How a Service is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServiceType {
    /// By a cluster address.
    #[default]
    ClusterIP,
    /// Also by a port on every node.
    NodePort,
    /// Also by an outside address.
    LoadBalancer,
    /// By a DNS alias only.
    ExternalName,
}

/// One port of a Service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServicePort {
    /// Its name; empty for an only port.
    pub name: Text,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: Text,
    /// The port at the cluster address.
    pub port: i32,
    /// The Pods' port: a number or a port name.
    pub target_port: Text,
    /// The port on every node, 0 when there is none.
    pub node_port: i32,
}

/// A Service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Service {
    /// Metadata.
    pub meta: Meta,
    /// How it is reached.
    pub service_type: ServiceType,
    /// Which Pods it reaches; `None` means endpoints are made by hand.
    pub selector: Option<Labels>,
    /// Its ports.
    pub ports: Vec<ServicePort>,
    /// Its cluster address; `None` text for headless, empty before allocation.
    pub cluster_ip: Text,
    /// `externalTrafficPolicy: Local`.
    pub external_local: bool,
    /// `internalTrafficPolicy: Local`.
    pub internal_local: bool,
    /// `publishNotReadyAddresses`.
    pub publish_not_ready: bool,
    /// The spec as written and defaulted.
    pub source: Arc<Value>,
}

impl Service {
    /// The Service in a value.
    pub fn from_value(object: &Value) -> Service {
        let spec = value::at(object, &["spec"]);
        let port = |item: &Value| ServicePort {
            name: value::text(item, "name"),
            protocol: value::opt_text(item, "protocol").unwrap_or(Text::Static("TCP")),
            port: value::i32(item, "port"),
            target_port: match item.get("targetPort") {
                Some(Value::String(name)) => Text::copy(name),
                Some(Value::Number(number)) => Text::from(number.to_string()),
                _ => Text::from(value::i32(item, "port").to_string()),
            },
            node_port: value::i32(item, "nodePort"),
        };
        Service {
            meta: Meta::from_value(object),
            service_type: match value::text(spec, "type").as_str() {
                "NodePort" => ServiceType::NodePort,
                "LoadBalancer" => ServiceType::LoadBalancer,
                "ExternalName" => ServiceType::ExternalName,
                _ => ServiceType::ClusterIP,
            },
            selector: spec.get("selector").filter(|s| s.is_object()).map(|_| Labels::from_value(spec, "selector")),
            ports: value::list(spec, "ports").iter().map(port).collect(),
            cluster_ip: value::text(spec, "clusterIP"),
            external_local: value::text(spec, "externalTrafficPolicy") == "Local",
            internal_local: value::text(spec, "internalTrafficPolicy") == "Local",
            publish_not_ready: value::boolean(spec, "publishNotReadyAddresses"),
            source: Arc::new(spec.clone()),
        }
    }

    /// As the API prints it.
    pub fn to_value(&self) -> Value {
        let mut spec = self.source.as_object().cloned().unwrap_or_default();
        if !self.cluster_ip.is_empty() {
            spec.insert("clusterIP".into(), json!(self.cluster_ip.as_str()));
            spec.insert("clusterIPs".into(), json!([self.cluster_ip.as_str()]));
        }
        if let Some(ports) = spec.get_mut("ports").and_then(Value::as_array_mut) {
            for (item, port) in ports.iter_mut().zip(&self.ports).filter(|(_, port)| port.node_port > 0) {
                item["nodePort"] = json!(port.node_port);
            }
        }
        json!({"apiVersion": "v1", "kind": "Service", "metadata": self.meta.to_value(), "spec": spec,
               "status": {"loadBalancer": {}}})
    }
}

/// One Pod behind a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The Pod's address.
    pub address: Text,
    /// The Pod.
    pub pod_name: Text,
    /// Its identity.
    pub pod_uid: Uid,
    /// Its node.
    pub node_name: Text,
    /// Serving and not being deleted.
    pub ready: bool,
    /// The Pod is ready.
    pub serving: bool,
    /// The Pod is being deleted.
    pub terminating: bool,
}

/// What a Service reaches.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EndpointSlice {
    /// Metadata; owned by the Service.
    pub meta: Meta,
    /// (name, port, protocol).
    pub ports: Vec<(Text, i32, Text)>,
    /// Endpoints in order of Pod name.
    pub endpoints: Vec<Endpoint>,
}

impl EndpointSlice {
    /// The slice in a value.
    pub fn from_value(object: &Value) -> EndpointSlice {
        let endpoint = |e: &Value| {
            let condition = |key: &str| value::at(e, &["conditions", key]).as_bool();
            let serving = condition("serving").or(condition("ready")).unwrap_or(true);
            Endpoint {
                address: value::texts(e, "addresses").into_iter().next().unwrap_or_default(),
                pod_name: value::text(value::at(e, &["targetRef"]), "name"),
                pod_uid: Uid::parse(&value::text(value::at(e, &["targetRef"]), "uid")),
                node_name: value::text(e, "nodeName"),
                ready: condition("ready").unwrap_or(true),
                serving,
                terminating: condition("terminating").unwrap_or(false),
            }
        };
        let port = |p: &Value| (value::text(p, "name"), value::i32(p, "port"), value::text(p, "protocol"));
        EndpointSlice {
            meta: Meta::from_value(object),
            ports: value::list(object, "ports").iter().map(port).collect(),
            endpoints: value::list(object, "endpoints").iter().map(endpoint).collect(),
        }
    }

    /// As the API prints it.
    pub fn to_value(&self) -> Value {
        let endpoint = |e: &Endpoint| {
            json!({
                "addresses": [e.address.as_str()], "nodeName": e.node_name.as_str(),
                "conditions": {"ready": e.ready, "serving": e.serving, "terminating": e.terminating},
                "targetRef": {"kind": "Pod", "name": e.pod_name.as_str(), "uid": e.pod_uid.to_string(),
                              "namespace": self.meta.namespace.as_str()},
            })
        };
        let port = |(name, port, protocol): &(Text, i32, Text)| {
            let mut map = Map::new();
            map.insert("name".into(), json!(name.as_str()));
            map.insert("port".into(), json!(port));
            map.insert("protocol".into(), json!(protocol.as_str()));
            Value::Object(map)
        };
        json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": self.meta.to_value(),
               "addressType": "IPv4", "ports": self.ports.iter().map(port).collect::<Vec<_>>(),
               "endpoints": self.endpoints.iter().map(endpoint).collect::<Vec<_>>()})
    }
}
