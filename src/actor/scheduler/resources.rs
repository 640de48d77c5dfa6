//! Whether there is room on a node, and which node has the most of it: the resource plugins.

use super::plugin::{Lacks, Reason};
use crate::api::pod_spec::HostPort;
use crate::api::{PodSpec, Resources};
use crate::world::PodId;

/// Whether an extended resource is one that the scheduler counts.
/// Upstream: pkg/scheduler/util/utils.go IsScalarResourceName.
fn is_scalar_resource_name(name: &str) -> bool {
    name.contains('/') || name.starts_with("hugepages-") || name.starts_with("attachable-volumes-")
}

/// Why a Pod's requests do not fit on a node with `used` of it taken.
/// Upstream: pkg/scheduler/framework/plugins/noderesources/fit.go fitsRequest.
pub fn fits_request(spec: &PodSpec, allocatable: &Resources, used: &Resources) -> Option<Reason> {
    let requests = &spec.requests;
    let (mut lacks, mut resolvable) = (Lacks::default(), true);
    if used.pods + 1 > allocatable.pods {
        lacks.add(Lacks::PODS);
    }
    let mut check = |lack: Lacks, asked: i64, whole: i64, taken: i64| {
        if asked > 0 && asked > whole.saturating_sub(taken) {
            lacks.add(lack);
            resolvable &= asked <= whole;
        }
    };
    check(Lacks::CPU, requests.cpu_milli, allocatable.cpu_milli, used.cpu_milli);
    check(Lacks::MEMORY, requests.memory_bytes, allocatable.memory_bytes, used.memory_bytes);
    check(Lacks::EPHEMERAL, requests.ephemeral_bytes, allocatable.ephemeral_bytes, used.ephemeral_bytes);
    for (number, (name, asked)) in requests.extended.iter().enumerate() {
        if is_scalar_resource_name(name) {
            check(Lacks::extended(number), *asked, allocatable.extended(name), used.extended(name));
        }
    }
    (!lacks.is_empty()).then_some(Reason::Resources { lacks, resolvable })
}

/// Whether none of the wanted ports is taken.
/// Upstream: pkg/scheduler/framework/plugins/nodeports/node_ports.go fitsPorts.
pub fn fits_ports(wanted: &[HostPort], taken: &[(HostPort, PodId)]) -> bool {
    !wanted.iter().any(|port| taken.iter().any(|(other, _)| conflicts(port, other)))
}

/// Whether two ports cannot be on one node: an empty address means all.
/// Upstream: k8s.io/kube-scheduler/framework/types.go HostPortInfo.CheckConflict.
pub fn conflicts(one: &HostPort, other: &HostPort) -> bool {
    one.port == other.port
        && one.protocol == other.protocol
        && (one.ip.is_empty() || other.ip.is_empty() || one.ip == other.ip)
}

/// The emptier a node would be, the higher: 0 to 100. `scored` is what Pods there count for.
/// Upstream: pkg/scheduler/framework/plugins/noderesources/least_allocated.go leastResourceScorer.
pub fn least_resource_score(spec: &PodSpec, allocatable: &Resources, scored: (i64, i64)) -> i64 {
    let one = |whole: i64, asked: i64| match whole {
        whole if whole <= 0 => (0, 0),
        whole if asked > whole => (0, 1),
        whole => match (whole - asked).checked_mul(100) {
            Some(share) => (share / whole, 1),
            None => ((i128::from(whole - asked) * 100 / i128::from(whole)) as i64, 1),
        },
    };
    let cpu = one(allocatable.cpu_milli, scored.0 + spec.scored.0);
    let memory = one(allocatable.memory_bytes, scored.1 + spec.scored.1);
    if cpu.1 + memory.1 == 0 { 0 } else { (cpu.0 + memory.0) / (cpu.1 + memory.1) }
}

/// Whether the Pod asks for neither cpu nor memory, so that balance does not matter.
/// Upstream: pkg/scheduler/framework/plugins/noderesources/resource_allocation.go isBestEffortPod.
pub const fn is_best_effort_pod(spec: &PodSpec) -> bool {
    spec.requests.cpu_milli == 0 && spec.requests.memory_bytes == 0
}

/// How much the Pod would bring cpu and memory into balance: 25 to 100, about 75 when it changes nothing.
/// Upstream: pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go balancedResourceScorer.
pub fn balanced_resource_score(spec: &PodSpec, allocatable: &Resources, used: &Resources) -> i64 {
    let score = |cpu: i64, memory: i64| {
        let fraction = |taken: i64, whole: i64| (whole != 0).then(|| (taken as f64 / whole as f64).min(1.0));
        let deviation = match (fraction(cpu, allocatable.cpu_milli), fraction(memory, allocatable.memory_bytes)) {
            (Some(cpu), Some(memory)) => ((cpu - memory) / 2.0).abs(),
            _ => 0.0,
        };
        ((1.0 - deviation) * 100.0) as i64
    };
    let with = score(used.cpu_milli + spec.requests.cpu_milli, used.memory_bytes + spec.requests.memory_bytes);
    let without = score(used.cpu_milli, used.memory_bytes);
    50 + (50 + with - without) / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Text;
    use serde_json::json;

    fn amounts(list: serde_json::Value) -> Resources {
        Resources::from_value(&list)
    }

    fn spec(requests: serde_json::Value) -> PodSpec {
        PodSpec::from_value(&json!({"containers": [{"resources": {"requests": requests}}]}))
    }

    #[test]
    fn a_node_that_lacks_several_things_names_them_all() {
        let node = amounts(json!({"cpu": "2", "memory": "1Gi", "pods": "3", "example.com/a": "2"}));
        for (requests, used, texts, resolvable) in [
            (json!({"cpu": "1"}), json!({"cpu": "1", "pods": "2"}), vec![], true),
            (json!({"cpu": "1"}), json!({"cpu": "1500m"}), vec!["Insufficient cpu"], true),
            (json!({"cpu": "3"}), json!({}), vec!["Insufficient cpu"], false),
            (json!({}), json!({"pods": "3", "cpu": "9"}), vec!["Too many pods"], true),
            (
                json!({"cpu": "2", "memory": "2Gi", "ephemeral-storage": "1", "example.com/a": "1"}),
                json!({"cpu": "1", "example.com/a": "2", "pods": "3"}),
                vec![
                    "Too many pods",
                    "Insufficient cpu",
                    "Insufficient memory",
                    "Insufficient ephemeral-storage",
                    "Insufficient example.com/a",
                ],
                false,
            ),
            (json!({"example.com/none": "1"}), json!({}), vec!["Insufficient example.com/none"], false),
            (json!({"no-domain": "1"}), json!({}), vec![], true),
        ] {
            let spec = spec(requests.clone());
            let reason = fits_request(&spec, &node, &amounts(used));
            let found: Vec<Text> = reason.map(|reason| reason.texts(&spec)).unwrap_or_default();
            assert_eq!(found, texts, "{requests}");
            assert_eq!(reason.is_none_or(Reason::resolvable), resolvable, "{requests}");
        }
    }

    #[test]
    fn ports_conflict_by_number_protocol_and_address() {
        let port = |port: i32, protocol: &'static str, ip: &'static str| HostPort {
            port,
            protocol: protocol.into(),
            ip: ip.into(),
            container_port: 80,
        };
        for (other, expected) in [
            (port(80, "TCP", ""), true),
            (port(80, "TCP", "10.0.0.1"), true),
            (port(80, "UDP", ""), false),
            (port(81, "TCP", ""), false),
        ] {
            assert_eq!(conflicts(&port(80, "TCP", ""), &other), expected, "{other:?}");
        }
        assert!(!conflicts(&port(80, "TCP", "10.0.0.1"), &port(80, "TCP", "10.0.0.2")));
    }

    #[test]
    fn balance_is_scored_by_what_the_pod_changes() {
        let node = amounts(json!({"cpu": "4", "memory": "4Gi"}));
        for (requests, used, score) in [
            (json!({"cpu": "1", "memory": "1Gi"}), json!({}), 75),
            (json!({"cpu": "2"}), json!({}), 62),
            (json!({"cpu": "2"}), json!({"memory": "2Gi"}), 87),
            (json!({"cpu": "9"}), json!({}), 50),
        ] {
            assert_eq!(balanced_resource_score(&spec(requests.clone()), &node, &amounts(used)), score, "{requests}");
        }
    }
}
