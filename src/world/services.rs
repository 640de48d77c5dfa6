//! Addresses and ports that the API server hands out to Services.
//! Upstream: pkg/registry/core/service/storage/alloc.go, pkg/registry/core/service/portallocator/allocator.go.

use super::{ObjectRef, World};
use crate::api::value;
use crate::dice::{Dice, Stream};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// `--service-node-port-range`.
pub const NODE_PORTS: std::ops::RangeInclusive<i64> = 30_000..=32_767;
/// Ports from here on are drawn first; those below are left for people to pick. Upstream: calculateRangeOffset.
pub const FIRST_DRAWN_NODE_PORT: i64 = 30_086;
/// `--service-cluster-ip-range` is 10.96.0.0/16: so many addresses, the first and the last unusable.
const CLUSTER_IPS: u64 = 65_536;
/// Addresses from here on are drawn first. Upstream: ipallocator calculateRangeOffset.
const FIRST_DRAWN_CLUSTER_IP: u64 = 256;

/// What other Services hold.
#[derive(Default)]
struct Taken {
    ports: BTreeSet<i64>,
    addresses: BTreeSet<u64>,
}

impl World {
    /// Gives the spec of a Service that is about to be stored what it lacks: a cluster address, node ports, a health
    /// check port. `stored` is the Service whose new version this is. What the spec brings is taken if nobody has it.
    ///
    /// ```
    /// use orrery::world::World;
    /// let mut spec = serde_json::json!({"type": "NodePort", "ports": [{"port": 80, "protocol": "TCP"}]});
    /// World::default().allocate_service(&mut spec, None).unwrap();
    /// assert!(spec["clusterIP"].as_str().unwrap().starts_with("10.96."));
    /// assert!((30_086..=32_767).contains(&spec["ports"][0]["nodePort"].as_i64().unwrap()));
    /// ```
    ///
    /// # Errors
    /// The field and what is wrong with it, as the API server words it.
    pub fn allocate_service(&self, spec: &mut Value, stored: Option<ObjectRef>) -> Result<(), String> {
        let kind = value::text(spec, "type");
        let mut taken = self.taken_by_services(stored);
        // Draws of one Service differ from those of all others, and those of an update from those before it.
        let seed = u64::from(self.next_serial) << 32 | self.revision() & 0xffff_ffff;
        if kind != "ExternalName" {
            self.allocate_cluster_ip(spec, &mut taken, seed)?;
        }
        let balancer = kind == "LoadBalancer";
        let wanted = !balancer || spec.get("allocateLoadBalancerNodePorts") != Some(&json!(false));
        if balancer || kind == "NodePort" {
            self.allocate_node_ports(spec, &mut taken, wanted, seed)?;
        }
        if balancer && value::text(spec, "externalTrafficPolicy") == "Local" {
            let given = value::int(spec, "healthCheckNodePort");
            let port = match given {
                0 => self.draw_node_port(&taken, seed, u64::MAX).ok_or("failed to allocate a HealthCheck NodePort")?,
                given if taken.ports.contains(&given) => {
                    let why = "provided port is already allocated";
                    return Err(format!("failed to allocate requested HealthCheck NodePort {given}: {why}"));
                }
                given => given,
            };
            spec["healthCheckNodePort"] = json!(port);
        }
        Ok(())
    }

    fn taken_by_services(&self, except: Option<ObjectRef>) -> Taken {
        let mut taken = Taken::default();
        for (_, service) in self.services.iter().filter(|(id, _)| Some(ObjectRef::from(*id)) != except) {
            taken.ports.extend(service.ports.iter().map(|port| i64::from(port.node_port)).filter(|port| *port > 0));
            taken.ports.extend(Some(value::int(&service.source, "healthCheckNodePort")).filter(|port| *port > 0));
            taken.addresses.extend(cluster_ip_number(&service.cluster_ip));
        }
        taken
    }

    fn allocate_cluster_ip(&self, spec: &mut Value, taken: &mut Taken, seed: u64) -> Result<(), String> {
        let given = value::text(spec, "clusterIP");
        if given == "None" {
            return Ok(());
        }
        if given.is_empty() {
            let number = self.draw_cluster_ip(taken, seed).ok_or("failed to allocate a serviceIP: range is full")?;
            let address = format!("10.96.{}.{}", number / 256, number % 256);
            spec["clusterIP"] = json!(address);
            spec["clusterIPs"] = json!([address]);
            return Ok(());
        }
        let refuse = |why: String| {
            Err(format!("spec.clusterIPs: Invalid value: [\"{given}\"]: failed to allocate IP {given}: {why}"))
        };
        match cluster_ip_number(&given) {
            None => refuse(format!(
                "the provided IP ({given}) is not in the valid range. The range of valid IPs is 10.96.0.0/16"
            )),
            Some(number) if taken.addresses.contains(&number) => refuse("provided IP is already allocated".into()),
            Some(_) => Ok(()),
        }
    }

    /// Upstream: initNodePorts.
    fn allocate_node_ports(&self, spec: &mut Value, taken: &mut Taken, draw: bool, seed: u64) -> Result<(), String> {
        let Some(ports) = spec.get_mut("ports").and_then(Value::as_array_mut) else { return Ok(()) };
        // One number serves the same port of several protocols.
        let mut by_port: Vec<(i64, i64)> = Vec::new();
        for (n, port) in ports.iter_mut().enumerate() {
            let (number, given) = (value::int(port, "port"), value::int(port, "nodePort"));
            let shared = by_port.iter().find(|(known, _)| *known == number).map(|(_, node_port)| *node_port);
            let refuse = |why: &str| Err(format!("spec.ports[{n}].nodePort: Invalid value: {given}: {why}"));
            let chosen = match (given, shared) {
                (0, Some(shared)) => shared,
                (0, None) if !draw => continue,
                (0, None) => {
                    self.draw_node_port(taken, seed, n as u64).ok_or("failed to allocate a nodePort: range is full")?
                }
                (given, _) if !NODE_PORTS.contains(&given) => {
                    return refuse("provided port is not in the valid range. The range of valid ports is 30000-32767");
                }
                (given, Some(shared)) if given == shared => given,
                (given, _) if taken.ports.contains(&given) => return refuse("provided port is already allocated"),
                (given, _) => given,
            };
            taken.ports.insert(chosen);
            by_port.push((number, chosen));
            port["nodePort"] = json!(chosen);
        }
        Ok(())
    }

    /// A free port: at random from the upper part of the range, from the lower part when that is full.
    fn draw_node_port(&self, taken: &Taken, seed: u64, n: u64) -> Option<i64> {
        let dice = Dice::new(self.settings.seed);
        let scan = |from: i64, to: i64| {
            let width = to - from + 1;
            let start = dice.below(Stream::NodePort, seed, n, width.unsigned_abs()) as i64;
            (0..width).map(|step| from + (start + step) % width).find(|port| !taken.ports.contains(port))
        };
        let (first, last) = (*NODE_PORTS.start(), *NODE_PORTS.end());
        scan(FIRST_DRAWN_NODE_PORT, last).or_else(|| scan(first, FIRST_DRAWN_NODE_PORT - 1))
    }

    /// A free address, as a number in the range.
    fn draw_cluster_ip(&self, taken: &Taken, seed: u64) -> Option<u64> {
        let dice = Dice::new(self.settings.seed);
        let scan = |from: u64, to: u64| {
            let width = to - from;
            let start = dice.below(Stream::ClusterIp, seed, 0, width);
            (0..width).map(|step| from + (start + step) % width).find(|number| !taken.addresses.contains(number))
        };
        // 10.96.0.1 belongs to the API server.
        scan(FIRST_DRAWN_CLUSTER_IP, CLUSTER_IPS - 1).or_else(|| scan(2, FIRST_DRAWN_CLUSTER_IP))
    }
}

/// The place of an address in the range of cluster addresses.
fn cluster_ip_number(address: &str) -> Option<u64> {
    let address: std::net::Ipv4Addr = address.parse().ok()?;
    let [10, 96, high, low] = address.octets() else { return None };
    let number = u64::from(high) * 256 + u64::from(low);
    (number > 0 && number < CLUSTER_IPS - 1).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Kind;
    use crate::time::SimTime;

    fn spec(more: Value) -> Value {
        let mut spec = json!({"type": "NodePort", "ports": [{"port": 80, "protocol": "TCP"}]});
        more.as_object().into_iter().flatten().for_each(|(key, value)| spec[key] = value.clone());
        spec
    }

    fn store(world: &mut World, name: &str, spec: &Value) -> ObjectRef {
        let object = json!({"metadata": {"name": name, "namespace": "default"}, "spec": spec});
        world.create_value(Kind::Service, &object, SimTime::default()).unwrap()
    }

    #[test]
    fn ports_by_hand_are_checked_and_refused_with_the_servers_words() {
        let mut world = World::default();
        let mut first = spec(json!({"ports": [{"port": 80, "nodePort": 30_080}]}));
        world.allocate_service(&mut first, None).unwrap();
        let stored = store(&mut world, "first", &first);
        let port = |port: i64| spec(json!({"ports": [{"port": 80, "nodePort": port}]}));
        let allocated = "spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated";
        assert_eq!(world.allocate_service(&mut port(30_080), None), Err(allocated.into()));
        let low = "spec.ports[0].nodePort: Invalid value: 8080: provided port is not in the valid range. \
                   The range of valid ports is 30000-32767";
        assert_eq!(world.allocate_service(&mut port(8_080), None), Err(low.into()));
        assert_eq!(world.allocate_service(&mut first, Some(stored)), Ok(()), "a Service may keep its own port");
    }

    #[test]
    fn drawn_ports_and_addresses_never_collide_and_leave_the_low_band_to_people() {
        let mut world = World::default();
        let mut ports = BTreeSet::new();
        let mut addresses = BTreeSet::new();
        for n in 0..600 {
            let mut spec = spec(json!({}));
            world.allocate_service(&mut spec, None).unwrap();
            ports.insert(spec["ports"][0]["nodePort"].as_i64().unwrap());
            addresses.insert(spec["clusterIP"].as_str().unwrap().to_string());
            store(&mut world, &format!("s{n}"), &spec);
        }
        assert_eq!((ports.len(), addresses.len()), (600, 600));
        assert!(ports.iter().all(|port| *port >= FIRST_DRAWN_NODE_PORT && NODE_PORTS.contains(port)));
    }

    #[test]
    fn what_a_type_does_not_need_is_not_given() {
        let world = World::default();
        for (more, address, node_port, health) in [
            (json!({"type": "ClusterIP"}), true, false, false),
            (json!({"type": "ClusterIP", "clusterIP": "None"}), false, false, false),
            (json!({"type": "ExternalName"}), false, false, false),
            (json!({"externalTrafficPolicy": "Local"}), true, true, false),
            (json!({"type": "LoadBalancer", "externalTrafficPolicy": "Local"}), true, true, true),
            (json!({"type": "LoadBalancer", "allocateLoadBalancerNodePorts": false}), true, false, false),
        ] {
            let mut spec = spec(more.clone());
            world.allocate_service(&mut spec, None).unwrap();
            let has = |pointer: &str| spec.pointer(pointer).is_some();
            let got = (
                spec["clusterIP"].as_str().is_some_and(|ip| ip.starts_with("10.96.")),
                has("/ports/0/nodePort"),
                has("/healthCheckNodePort"),
            );
            assert_eq!(got, (address, node_port, health), "{more}");
        }
    }

    #[test]
    fn a_port_of_two_protocols_gets_one_number() {
        let ports = json!([{"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}, {"port": 80}]);
        let mut spec = spec(json!({ "ports": ports }));
        World::default().allocate_service(&mut spec, None).unwrap();
        let port = |n: usize| spec["ports"][n]["nodePort"].as_i64().unwrap();
        assert!(port(0) == port(1) && port(0) != port(2));
    }

    #[test]
    fn addresses_by_hand_must_be_free_and_in_range() {
        let mut world = World::default();
        let given = |ip: &str| spec(json!({"type": "ClusterIP", "clusterIP": ip}));
        let mut first = given("10.96.0.10");
        world.allocate_service(&mut first, None).unwrap();
        store(&mut world, "dns", &first);
        for (ip, why) in [
            ("10.96.0.10", "provided IP is already allocated"),
            (
                "10.97.0.1",
                "the provided IP (10.97.0.1) is not in the valid range. The range of valid IPs is 10.96.0.0/16",
            ),
        ] {
            let text = format!("spec.clusterIPs: Invalid value: [\"{ip}\"]: failed to allocate IP {ip}: {why}");
            assert_eq!(world.allocate_service(&mut given(ip), None), Err(text));
        }
    }
}
