//! A Pod and a pod template: the order of checks, and the rules of the fields that belong to no group.

use super::containers::{self, PodContext};
use super::meta;
use super::names;
use super::pod_annotations;
use super::pod_os;
use super::resources;
use super::scheduling;
use super::security;
use super::volumes;
use crate::manifest::field::{Errors, Path};
use crate::manifest::quantity::Quantity;
use crate::manifest::schema::Schema;
use crate::manifest::view::View;
use serde_json::Value;

const MAX_DNS_NAMESERVERS: usize = 3;
const MAX_DNS_SEARCHES: usize = 32;
const MAX_DNS_SEARCH_BYTES: usize = 2048;
const MAX_HOSTNAME_OVERRIDE_BYTES: usize = 64;

/// What an update may keep although today's rules refuse it, and whether this is a Pod.
#[derive(Debug, Clone, Default)]
pub struct PodOptions {
    /// A Pod, not a template.
    pub is_pod: bool,
    /// The old selectors had invalid values.
    pub allow_invalid_label_value_in_selector: bool,
    /// The old required node affinity had invalid values.
    pub allow_invalid_node_affinity_values: bool,
    /// The old topology spread selectors were invalid.
    pub allow_invalid_spread_selector: bool,
    /// The old huge page quantities were no multiples of the page size.
    pub allow_indivisible_huge_pages: bool,
    /// The old security context had a policy, so that any policy is allowed.
    pub allow_any_selinux_policy: bool,
    /// An old init container that is no sidecar asked to be restarted on resize.
    pub allow_restart_on_resize: bool,
    /// The old deletion cost was invalid.
    pub allow_invalid_deletion_cost: bool,
    /// The old tolerations compared numbers.
    pub allow_comparison: bool,
}

impl PodOptions {
    // pkg/api/pod/util.go GetValidationOptionsFromPodTemplate
    pub fn for_template(_template: &Value, old: Option<&Value>) -> Self {
        let mut options = PodOptions::default();
        if let Some(old) = old {
            options.keep(old.at("spec"), old.at("metadata"));
        }
        options
    }

    /// The same for a Pod.
    pub fn for_pod(old: Option<&Value>) -> Self {
        PodOptions { is_pod: true, ..Self::for_template(&Value::Null, old) }
    }

    // pkg/api/pod/util.go GetValidationOptionsFromPodSpecAndMeta
    fn keep(&mut self, spec: &Value, meta_value: &Value) {
        let terms = scheduling::affinity_terms(spec);
        let selectors = terms.iter().flat_map(|t| [t.at("labelSelector"), t.at("namespaceSelector")]);
        self.allow_invalid_label_value_in_selector = selectors.into_iter().any(meta::has_invalid_values);
        let required = spec.down(&["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"]);
        let values = required
            .items("nodeSelectorTerms")
            .iter()
            .flat_map(|t| t.items("matchExpressions"))
            .flat_map(|r| r.items("values"));
        self.allow_invalid_node_affinity_values =
            values.filter_map(Value::as_str).any(|v| !names::label_value(v).is_empty());
        self.allow_invalid_spread_selector = spec.items("topologySpreadConstraints").iter().any(|c| {
            let mut errors = Errors::default();
            meta::label_selector(&mut errors, c.at("labelSelector"), false, &Path::new(""));
            !errors.0.is_empty()
        });
        self.allow_any_selinux_policy = spec.at("securityContext").has("seLinuxChangePolicy");
        self.allow_invalid_deletion_cost = pod_annotations::deletion_cost_fault(meta_value.at("annotations")).is_some();
        self.allow_comparison = spec.items("tolerations").iter().any(|t| matches!(t.text("operator"), "Lt" | "Gt"));
        self.allow_indivisible_huge_pages = resources::has_indivisible_huge_pages(spec);
        self.allow_restart_on_resize = spec.items("initContainers").iter().any(|c| {
            c.text("restartPolicy") != "Always"
                && c.items("resizePolicy").iter().any(|p| p.text("restartPolicy") == "RestartContainer")
        });
    }
}

/// A new Pod.
// pkg/apis/core/validation/validation.go ValidatePodCreate
pub fn pod(e: &mut Errors, schema: &Schema, object: &Value) {
    let spec = object.at("spec");
    metadata_and_spec(e, schema, object, &PodOptions::for_pod(None));
    let p = Path::new("spec");
    if !spec.items("ephemeralContainers").is_empty() {
        e.forbidden(&p.child("ephemeralContainers"), "cannot be set on create");
    }
    if !spec.text("nodeName").is_empty() && !spec.items("schedulingGates").is_empty() {
        e.forbidden(&p.child("nodeName"), "cannot be set until all schedulingGates have been cleared");
    }
    pod_annotations::match_fields(e, object.at("metadata").at("annotations"), spec, &p);
}

// pkg/apis/core/validation/validation.go validatePodMetadataAndSpec
pub fn metadata_and_spec(e: &mut Errors, schema: &Schema, object: &Value, options: &PodOptions) {
    let (meta_value, spec, p) = (object.at("metadata"), object.at("spec"), Path::new("spec"));
    meta::object_meta(e, object, true, names::dns_subdomain);
    pod_annotations::check(e, meta_value.at("annotations"), spec, &Path::new("metadata.annotations"), options);
    pod_spec(e, schema, spec, Some(meta_value), &p, options);
    if spec.text("serviceAccountName").is_empty() {
        for (i, volume) in spec.items("volumes").iter().enumerate() {
            for (j, source) in volume.at("projected").items("sources").iter().enumerate() {
                if source.has("serviceAccountToken") {
                    let p =
                        p.child("volumes").index(i).child("projected.sources").index(j).child("serviceAccountToken");
                    e.forbidden(&p, "must not be specified when serviceAccountName is not set");
                }
            }
        }
    }
    for list in ["containers", "initContainers"] {
        for (i, container) in spec.items(list).iter().enumerate() {
            image_without_blanks(e, container.text("image"), &p.child(list).index(i).child("image"));
        }
    }
}

/// Surrounding blanks are refused for Pods only.
// pkg/apis/core/validation/validation.go validateContainerOnlyForPod
pub fn image_without_blanks(e: &mut Errors, image: &str, p: &Path) {
    if image.trim() != image {
        e.invalid(p, image, "must not have leading or trailing whitespace");
    }
}

/// A workload's template.
// pkg/apis/core/validation/validation.go ValidatePodTemplateSpec
pub fn template(e: &mut Errors, schema: &Schema, template: &Value, p: &Path, options: &PodOptions) {
    let (meta_value, spec, sp) = (template.at("metadata"), template.at("spec"), p.child("spec"));
    let annotations = meta_value.at("annotations");
    meta::labels(e, meta_value.at("labels"), &p.child("labels"));
    meta::annotations(e, annotations, &p.child("annotations"));
    pod_annotations::check(e, annotations, spec, &p.child("annotations"), options);
    pod_spec(e, schema, spec, None, &sp, options);
    pod_annotations::match_fields(e, annotations, spec, &sp);
    if !spec.items("ephemeralContainers").is_empty() {
        e.forbidden(&sp.child("ephemeralContainers"), "ephemeral containers not allowed in pod template");
    }
}

// pkg/apis/core/validation/validation.go ValidatePodSpec
fn pod_spec(e: &mut Errors, schema: &Schema, spec: &Value, meta_value: Option<&Value>, p: &Path, options: &PodOptions) {
    if !spec.has("terminationGracePeriodSeconds") {
        e.required(&p.child("terminationGracePeriodSeconds"), "");
    }
    let volumes = volumes::volumes(e, schema, spec, meta_value, p, options);
    let claims = resources::pod_claims(e, schema, spec, meta_value, &p.child("resourceClaims"));
    let context = PodContext::new(schema, spec, &volumes, &claims, options);
    containers::containers(e, &context, &p.child("containers"));
    containers::init_containers(e, &context, &p.child("initContainers"));
    containers::ephemeral_containers(e, &context, &p.child("ephemeralContainers"));
    resources::pod_level(e, spec, p, options);
    host_network_ports(e, spec, p, options);
    restart_policy(e, spec, p);
    dns_policy(e, spec, p);
    meta::labels(e, spec.at("nodeSelector"), &p.child("nodeSelector"));
    security::pod_context(e, schema, spec, &p.child("securityContext"), options);
    scheduling::affinity(e, spec.at("affinity"), options, &p.child("affinity"));
    dns_config(e, spec, &p.child("dnsConfig"));
    gates(e, spec, p);
    scheduling::topology_spread(
        e,
        spec.items("topologySpreadConstraints"),
        &p.child("topologySpreadConstraints"),
        options,
    );
    pod_os::host_process(e, spec, p);
    host_users(e, spec, p);
    hostname_override(e, spec, p);
    names_of_others(e, spec, p, options);
    pod_os::check(e, spec, p);
    volumes::file_key_references(e, spec, p);
}

// pkg/apis/core/validation/validation.go validatePodHostNetworkDeps
fn host_network_ports(e: &mut Errors, spec: &Value, p: &Path, options: &PodOptions) {
    if !spec.flag("hostNetwork") {
        return;
    }
    for (i, container) in spec.items("containers").iter().enumerate() {
        for (j, port) in container.items("ports").iter().enumerate() {
            let (host, own) = (port.int("hostPort").unwrap_or(0), port.int("containerPort").unwrap_or(0));
            if (options.is_pod || host != 0) && host != own {
                let p = p.child("containers").index(i).child("ports").index(j).child("hostPort");
                e.invalid_printed(&p, host.to_string(), "must match `containerPort` when `hostNetwork` is true");
            }
        }
    }
}

// pkg/apis/core/validation/validation.go validateRestartPolicy
fn restart_policy(e: &mut Errors, spec: &Value, p: &Path) {
    let (value, p) = (spec.at("restartPolicy"), p.child("restartPolicy"));
    one_of_or_required(e, value, &p, &["Always", "OnFailure", "Never"]);
}

/// Required if empty, unsupported if not in the list.
pub fn one_of_or_required(e: &mut Errors, value: &Value, p: &Path, allowed: &[&str]) {
    match value.as_str().unwrap_or("") {
        "" => e.required(p, ""),
        text if !allowed.contains(&text) => e.not_supported(p, value, allowed),
        _ => {}
    }
}

// pkg/apis/core/validation/validation.go validateDNSPolicy
fn dns_policy(e: &mut Errors, spec: &Value, p: &Path) {
    let allowed = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    one_of_or_required(e, spec.at("dnsPolicy"), &p.child("dnsPolicy"), &allowed);
}

// pkg/apis/core/validation/validation.go validatePodDNSConfig
fn dns_config(e: &mut Errors, spec: &Value, p: &Path) {
    let config = spec.at("dnsConfig");
    let servers = config.items("nameservers");
    if spec.text("dnsPolicy") == "None" {
        if config.is_null() {
            return e.required(p, "must provide `dnsConfig` when `dnsPolicy` is None");
        }
        if servers.is_empty() {
            let detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
            return e.required(&p.child("nameservers"), detail);
        }
    }
    if servers.len() > MAX_DNS_NAMESERVERS {
        let detail = format!("must not have more than {MAX_DNS_NAMESERVERS} nameservers");
        e.invalid_value(&p.child("nameservers"), config.at("nameservers"), &detail);
    }
    for (i, server) in servers.iter().filter_map(Value::as_str).enumerate() {
        super::ip::address(e, server, &p.child("nameservers").index(i));
    }
    let searches: Vec<&str> = config.items("searches").iter().filter_map(Value::as_str).collect();
    let sp = p.child("searches");
    if searches.len() > MAX_DNS_SEARCHES {
        let detail = format!("must not have more than {MAX_DNS_SEARCHES} search paths");
        e.invalid_value(&sp, config.at("searches"), &detail);
    }
    if searches.join(" ").len() > MAX_DNS_SEARCH_BYTES {
        let detail =
            format!("must not have more than {MAX_DNS_SEARCH_BYTES} characters (including spaces) in the search list");
        e.invalid_value(&sp, config.at("searches"), &detail);
    }
    for (i, search) in searches.iter().enumerate().filter(|(_, s)| **s != ".") {
        let search = search.strip_suffix('.').unwrap_or(search);
        e.invalid_each(&sp.index(i), search, &names::dns_subdomain_with_underscore(search));
    }
    for (i, option) in config.items("options").iter().enumerate() {
        if option.text("name").is_empty() {
            e.required(&p.child("options").index(i), "must not be empty");
        }
    }
}

/// Readiness and scheduling gates.
// pkg/apis/core/validation/validation.go validateReadinessGates, validateSchedulingGates
fn gates(e: &mut Errors, spec: &Value, p: &Path) {
    for (i, gate) in spec.items("readinessGates").iter().enumerate() {
        let p = p.child("readinessGates").index(i).child("conditionType");
        e.invalid_each(&p, gate.text("conditionType"), &names::qualified_name(gate.text("conditionType")));
    }
    let mut seen = std::collections::BTreeSet::new();
    for (i, gate) in spec.items("schedulingGates").iter().enumerate() {
        let (name, p) = (gate.text("name"), p.child("schedulingGates").index(i));
        e.invalid_each(&p, name, &names::qualified_name(name));
        if !seen.insert(name) {
            e.duplicate(&p, name);
        }
    }
}

// pkg/apis/core/validation/validation.go validateHostUsers
fn host_users(e: &mut Errors, spec: &Value, p: &Path) {
    if spec.at("hostUsers").as_bool() != Some(false) {
        return;
    }
    for (key, path) in [("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")] {
        if spec.flag(key) {
            e.forbidden(&p.child(path), "when `hostUsers` is false");
        }
    }
    for (container, p) in containers::all(spec, p) {
        if !container.items("volumeDevices").is_empty() {
            e.forbidden(&p.child("volumeDevices"), "when `hostUsers` is false");
        }
    }
}

// pkg/apis/core/validation/validation.go validatePodHostName
fn hostname_override(e: &mut Errors, spec: &Value, p: &Path) {
    let Some(name) = spec.opt_text("hostnameOverride") else { return };
    let p = p.child("hostnameOverride");
    if spec.flag("setHostnameAsFQDN") {
        e.forbidden(&p, "may not be specified when setHostnameAsFQDN is true");
    }
    if spec.flag("hostNetwork") {
        e.forbidden(&p, "may not be specified when hostNetwork is true");
    }
    if name.len() > MAX_HOSTNAME_OVERRIDE_BYTES {
        e.too_long(&p, MAX_HOSTNAME_OVERRIDE_BYTES);
    }
    e.invalid_each(&p, name, &names::dns_subdomain(name));
}

/// Names of other objects, and the remaining simple fields.
fn names_of_others(e: &mut Errors, spec: &Value, p: &Path, options: &PodOptions) {
    type Rule = fn(&str) -> Vec<String>;
    let checked = |e: &mut Errors, key: &str, rule: Rule| {
        let name = spec.text(key);
        if !name.is_empty() {
            e.invalid_each(&p.child(key), name, &rule(name));
        }
    };
    checked(e, "serviceAccountName", names::dns_subdomain);
    checked(e, "nodeName", names::dns_subdomain);
    if let Some(seconds) = spec.int("activeDeadlineSeconds").filter(|s| !(1..=i64::from(i32::MAX)).contains(s)) {
        let detail = names::range_error(1, i64::from(i32::MAX));
        e.invalid_printed(&p.child("activeDeadlineSeconds"), seconds.to_string(), &detail);
    }
    checked(e, "hostname", names::dns_label);
    checked(e, "subdomain", names::dns_label);
    scheduling::tolerations(e, spec.items("tolerations"), &p.child("tolerations"), options);
    for (i, alias) in spec.items("hostAliases").iter().enumerate() {
        let p = p.child("hostAliases").index(i);
        super::ip::address(e, alias.text("ip"), &p.child("ip"));
        for (j, name) in alias.items("hostnames").iter().filter_map(Value::as_str).enumerate() {
            e.invalid_each(&p.child("hostnames").index(j), name, &names::dns_subdomain(name));
        }
    }
    checked(e, "priorityClassName", names::dns_subdomain);
    if let Some(name) = spec.opt_text("runtimeClassName") {
        e.invalid_each(&p.child("runtimeClassName"), name, &names::dns_subdomain(name));
    }
    if spec.has("preemptionPolicy") {
        preemption_policy(e, spec.at("preemptionPolicy"), &p.child("preemptionPolicy"));
    }
    if spec.has("overhead") {
        resources::limits(e, spec.at("overhead"), &p.child("overhead"), options);
    }
}

// pkg/apis/core/validation/validation.go ValidatePreemptionPolicy
pub fn preemption_policy(e: &mut Errors, policy: &Value, p: &Path) {
    one_of_or_required(e, policy, p, &["PreemptLowerPriority", "Never"]);
}

/// A quantity of a decoded object.
pub fn quantity(value: &Value) -> Quantity {
    Quantity::parse(value.as_str().unwrap_or("0")).unwrap_or_else(|_| Quantity::zero())
}
