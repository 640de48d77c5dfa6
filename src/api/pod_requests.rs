//! What a Pod asks for as a whole: the sum over its containers, raised by init containers, overridden by the Pod's own
//! `resources`, plus overhead.

use super::pod_spec::Container;
use super::quantity::Resources;
use super::value;
use serde_json::Value;

/// What a container without a cpu request counts for when nodes are scored, in milli-CPU.
/// Upstream: pkg/scheduler/util/pod_resources.go DefaultMilliCPURequest.
pub const UNREQUESTED_CPU_MILLI: i64 = 100;
/// The same for memory, in bytes.
pub const UNREQUESTED_MEMORY_BYTES: i64 = 200 * 1024 * 1024;

/// What the scheduler reckons with when it looks for room. `pods` is 1.
/// Upstream: k8s.io/component-helpers/resource/helpers.go PodRequests.
pub fn pod_requests(spec: &Value, containers: &[Container], init_containers: &[Container]) -> Resources {
    total(spec, containers, init_containers, &|container| container.requests.clone())
}

/// (milli-CPU, bytes) that the Pod counts for when nodes are scored.
/// Upstream: pkg/scheduler/framework/plugins/noderesources/resource_allocation.go calculatePodResourceRequest.
pub fn scored_requests(spec: &Value, containers: &[Container], init_containers: &[Container]) -> (i64, i64) {
    let sum = total(spec, containers, init_containers, &|container| {
        let (cpu, memory) = container.requests_given;
        Resources {
            cpu_milli: if cpu { container.requests.cpu_milli } else { UNREQUESTED_CPU_MILLI },
            memory_bytes: if memory { container.requests.memory_bytes } else { UNREQUESTED_MEMORY_BYTES },
            ..Resources::default()
        }
    });
    (sum.cpu_milli, sum.memory_bytes)
}

fn total(
    spec: &Value,
    containers: &[Container],
    init_containers: &[Container],
    asked: &dyn Fn(&Container) -> Resources,
) -> Resources {
    let mut sum = Resources::default();
    containers.iter().for_each(|container| sum.accumulate(&asked(container), 1));
    let mut sidecars = Resources::default();
    let mut peak = Resources::default();
    for container in init_containers {
        if container.is_sidecar() {
            sum.accumulate(&asked(container), 1);
            sidecars.accumulate(&asked(container), 1);
            peak.raise_to(&sidecars);
        } else {
            let mut step = sidecars.clone();
            step.accumulate(&asked(container), 1);
            peak.raise_to(&step);
        }
    }
    sum.raise_to(&peak);
    override_by_pod(&mut sum, value::at(spec, &["resources", "requests"]));
    sum.accumulate(&Resources::from_value(value::at(spec, &["overhead"])), 1);
    sum.pods = 1;
    sum
}

/// Requests of the Pod as a whole take the place of the sum.
fn override_by_pod(sum: &mut Resources, requests: &Value) {
    let Some(given) = requests.as_object() else { return };
    let whole = Resources::from_value(requests);
    if given.contains_key("cpu") {
        sum.cpu_milli = whole.cpu_milli;
    }
    if given.contains_key("memory") {
        sum.memory_bytes = whole.memory_bytes;
    }
    for (name, amount) in whole.extended.iter().filter(|(name, _)| name.starts_with("hugepages-")) {
        match sum.extended.binary_search_by(|(n, _)| n.cmp(name)) {
            Ok(at) => sum.extended[at].1 = *amount,
            Err(at) => sum.extended.insert(at, (name.clone(), *amount)),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::api::PodSpec;
    use serde_json::json;

    #[test]
    fn requests_are_summed_as_the_scheduler_does() {
        let cpu = |amount: &str| json!({"resources": {"requests": {"cpu": amount}}});
        let mut sidecar = cpu("200m");
        sidecar["restartPolicy"] = json!("Always");
        let mib = 1024 * 1024;
        for (why, spec, requested, scored) in [
            ("a sum", json!({"containers": [cpu("1"), cpu("500m")]}), 1_500, (1_500, 400 * mib)),
            ("no request counts 100m and 200Mi", json!({"containers": [{}]}), 0, (100, 200 * mib)),
            ("a request of 0 counts 0", json!({"containers": [cpu("0")]}), 0, (0, 200 * mib)),
            (
                "a larger init container",
                json!({"containers": [{}], "initContainers": [cpu("2")]}),
                2_000,
                (2_000, 200 * mib),
            ),
            (
                "a sidecar before it",
                json!({"containers": [{}], "initContainers": [sidecar, cpu("1")]}),
                1_200,
                (1_200, 400 * mib),
            ),
            ("overhead", json!({"containers": [cpu("1")], "overhead": {"cpu": "250m"}}), 1_250, (1_250, 200 * mib)),
            (
                "the Pod's own",
                json!({"containers": [cpu("1")], "resources": {"requests": {"cpu": "3"}}}),
                3_000,
                (3_000, 200 * mib),
            ),
        ] {
            let spec = PodSpec::from_value(&spec);
            assert_eq!((spec.requests.cpu_milli, spec.scored), (requested, scored), "{why}");
        }
    }
}
