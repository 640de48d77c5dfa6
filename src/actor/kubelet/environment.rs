//! What a container is told about itself: its environment and its host name.
//! Upstream: pkg/kubelet/kubelet_pods.go makeEnvironmentVariables, podFieldSelectorRuntimeValue.

use crate::api::pod_spec::EnvSource;
use crate::api::{Container, Meta, Pod, PodSpec, Text, host_name};
use crate::shell::expand_variables;
use std::net::IpAddr;

/// The Pod of a container, as far as it matters to what runs in it.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The Pod's metadata.
    pub meta: &'a Meta,
    /// Its spec.
    pub spec: &'a PodSpec,
    /// The node it is on.
    pub node_name: &'a Text,
    /// Its address.
    pub ip: Option<IpAddr>,
}

impl<'a> From<&'a Pod> for Surroundings<'a> {
    fn from(pod: &'a Pod) -> Surroundings<'a> {
        Surroundings { meta: &pod.meta, spec: &pod.spec, node_name: &pod.node_name, ip: pod.status.ip }
    }
}

impl Surroundings<'_> {
    /// The host name that containers see: a Pod's own name unless it has another.
    pub fn hostname(&self) -> String {
        let given = host_name(self.meta, self.spec);
        if given.is_empty() { self.meta.name.to_string() } else { given.to_string() }
    }

    /// A container's environment, in order, with `$(NAME)` of earlier variables replaced.
    ///
    /// DIFFERENCE: environment variables from ConfigMaps, Secrets and resource fields are not set, because only the command
    /// would read them, and a manifest rarely makes that matter.
    pub fn environment(&self, container: &Container) -> Vec<(String, String)> {
        let mut env: Vec<(String, String)> = Vec::new();
        for variable in &container.env {
            let value = match &variable.source {
                EnvSource::Text(text) => expand_variables(text, &env),
                EnvSource::Field(path) => self.field(path),
                EnvSource::Elsewhere => continue,
            };
            env.push((variable.name.to_string(), value));
        }
        env
    }

    // pkg/fieldpath/fieldpath.go ExtractFieldPathAsString
    fn field(&self, path: &str) -> String {
        let subscript = |prefix: &str| path.strip_prefix(prefix)?.strip_prefix("['")?.strip_suffix("']");
        if let Some(key) = subscript("metadata.labels") {
            return self.meta.labels.get(key).map(Text::to_string).unwrap_or_default();
        }
        if let Some(key) = subscript("metadata.annotations") {
            return self.meta.annotations.get(key).map(Text::to_string).unwrap_or_default();
        }
        match path {
            "metadata.name" => self.meta.name.to_string(),
            "metadata.namespace" => self.meta.namespace.to_string(),
            "metadata.uid" => self.meta.uid.to_string(),
            "spec.nodeName" => self.node_name.to_string(),
            "spec.serviceAccountName" => {
                let name = crate::api::value::text(&self.spec.source, "serviceAccountName");
                if name.is_empty() { "default".to_string() } else { name.to_string() }
            }
            "status.podIP" | "status.podIPs" => self.ip.map(|ip| ip.to_string()).unwrap_or_default(),
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn variables_come_from_texts_and_from_the_pod() {
        let field = |name: &str, path: &str| json!({"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}});
        let env = json!([
            {"name": "WHO", "value": "world"}, {"name": "HELLO", "value": "hello $(WHO) $(LATER)"},
            {"name": "LATER", "value": "x"}, field("NAME", "metadata.name"), field("SPACE", "metadata.namespace"),
            field("APP", "metadata.labels['app']"), field("NODE", "spec.nodeName"), field("IP", "status.podIP"),
            {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
        ]);
        let pod = Pod::from_value(&json!({
            "metadata": {"name": "p", "namespace": "ns", "labels": {"app": "web"}},
            "spec": {"nodeName": "n1", "containers": [{"name": "c", "image": "i", "env": env}]},
            "status": {"podIP": "10.244.1.2"},
        }));
        let found = Surroundings::from(&pod).environment(&pod.spec.containers[0]);
        let found: Vec<String> = found.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        let wanted = "WHO=world|HELLO=hello world $(LATER)|LATER=x|NAME=p|SPACE=ns|APP=web|NODE=n1|IP=10.244.1.2";
        assert_eq!(found.join("|"), wanted);
    }

    #[test]
    fn a_host_is_called_like_its_pod_unless_it_has_a_name_of_its_own() {
        let owner = json!([{"kind": "Job", "name": "work", "uid": "u", "controller": true}]);
        let index = json!({"batch.kubernetes.io/job-completion-index": "3"});
        for (meta, spec, wanted) in [
            (json!({"name": "p"}), json!({}), "p"),
            (json!({"name": "p"}), json!({"hostname": "host"}), "host"),
            (json!({"name": "work-3-abcde", "ownerReferences": owner, "annotations": index}), json!({}), "work-3"),
        ] {
            let pod = Pod::from_value(&json!({"metadata": meta, "spec": spec}));
            assert_eq!(Surroundings::from(&pod).hostname(), wanted);
        }
    }
}
