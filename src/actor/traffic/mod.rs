//! Where a connection goes: what kube-proxy and the hosts' port mappings make of a request.
//! Upstream: pkg/proxy/topology.go CategorizeEndpoints, pkg/proxy/iptables/proxier.go.
//!
//! A pure function of the world; nothing is stored and nothing happens.

#[cfg(test)]
mod tests;

use crate::api::service::{Endpoint, EndpointSlice, Service, ServicePort};
use crate::api::{Kind, Pod, Text, value};
use crate::dice::{Dice, Stream, fnv1a};
use crate::world::{Id, PodId, World};
use std::net::{IpAddr, Ipv4Addr};

/// The address of whoever calls from outside (one of those reserved for examples).
pub const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));

/// Who connects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// Somebody outside the cluster.
    Outside,
    /// A process on a node.
    Node(Text),
    /// A Pod.
    Pod(PodId),
}

/// What is connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// A node's address and a Service's node port.
    NodePort {
        /// The node.
        node: Text,
        /// The port.
        port: i32,
    },
    /// A Service's cluster address.
    ClusterIp {
        /// The address.
        address: Text,
        /// The Service's port.
        port: i32,
    },
    /// A node's address and a port that a container claims there.
    HostPort {
        /// The node.
        node: Text,
        /// The port.
        port: i32,
    },
}

/// A connection to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who connects.
    pub from: From,
    /// To what.
    pub to: To,
    /// `TCP` or `UDP`.
    pub protocol: Text,
    /// The how-manieth connection it is: each draws its endpoint anew.
    pub number: u64,
}

impl Request {
    /// A TCP connection.
    pub fn tcp(from: From, to: To, number: u64) -> Request {
        Request { from, to, protocol: Text::Static("TCP"), number }
    }
}

/// A place a connection passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hop {
    /// A node.
    Node(Text),
    /// A Service.
    Service(Id<Service>),
    /// A Pod.
    Pod(PodId),
}

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A Pod gets it.
    Delivered {
        /// The Pod.
        pod: PodId,
        /// Whom the Pod sees.
        source_ip_seen: IpAddr,
    },
    /// Its packets are thrown away; the client waits in vain.
    Dropped,
    /// The client hears at once that nobody listens.
    Refused,
    /// Nothing ever answers.
    Timeout,
}

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// There is no such node.
    NoSuchNode,
    /// The node cannot be reached.
    NodeUnreachable,
    /// No Service has this port or address.
    NoService,
    /// Cluster addresses mean nothing outside the cluster.
    ClusterAddressFromOutside,
    /// The Service has no endpoint at all.
    NoEndpoints,
    /// The policy is Local and no endpoint is on this node.
    NoLocalEndpoint,
    /// No container on this node claims the port.
    NoHostPort,
    /// An endpoint on a node that is dead, but not known to be.
    EndpointUnreachable,
    /// Any endpoint of the cluster, the policy being Cluster.
    AnyEndpoint,
    /// An endpoint on this node, the policy being Local.
    LocalEndpoint,
    /// The policy is Local, but a connection from inside the cluster goes to any endpoint.
    LocalPolicyFromInside,
    /// No endpoint is ready; one that is stopping still serves.
    TerminatingEndpoint,
    /// The container that claims the port on this node.
    HostPort,
}

/// The way of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// What it passes, in order.
    pub hops: Vec<Hop>,
    /// What becomes of it.
    pub verdict: Verdict,
    /// Why.
    pub why: Why,
}

impl Route {
    fn end(hops: Vec<Hop>, verdict: Verdict, why: Why) -> Route {
        Route { hops, verdict, why }
    }
}

/// Where a connection goes now.
///
/// ```
/// use orrery::actor::traffic::{From, Request, To, Verdict, route};
/// use orrery::world::World;
/// let to = To::ClusterIp { address: "10.96.1.2".into(), port: 80 };
/// assert_eq!(route(&World::default(), &Request::tcp(From::Outside, to, 0)).verdict, Verdict::Timeout);
/// ```
pub fn route(world: &World, request: &Request) -> Route {
    match &request.to {
        To::NodePort { node, port } => match entry(world, node) {
            Err(why) => Route::end(Vec::new(), Verdict::Timeout, why),
            Ok(()) => node_port(world, request, node, *port),
        },
        To::HostPort { node, port } => match entry(world, node) {
            Err(why) => Route::end(Vec::new(), Verdict::Timeout, why),
            Ok(()) => host_port(world, request, node, *port),
        },
        To::ClusterIp { address, port } => cluster_ip(world, request, address, *port),
    }
}

/// Whether a node can be connected to.
fn entry(world: &World, node: &str) -> Result<(), Why> {
    if world.node(node).is_none() {
        return Err(Why::NoSuchNode);
    }
    if world.kubelet_talks(node) { Ok(()) } else { Err(Why::NodeUnreachable) }
}

fn node_address(world: &World, node: &str) -> IpAddr {
    let known = world.node(node).and_then(super::kubelet::internal_ip);
    known.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

/// The address a caller has of its own.
fn own_address(world: &World, from: &From) -> IpAddr {
    match from {
        From::Outside => CLIENT,
        From::Node(node) => node_address(world, node),
        From::Pod(pod) => {
            let pod = world.pods.get(*pod).and_then(|pod| pod.status.ip);
            pod.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
        }
    }
}

/// The Service and its port that answer to a description.
fn find_service(
    world: &World,
    protocol: &str,
    wanted: impl Fn(&Service, &ServicePort) -> bool,
) -> Option<(Id<Service>, ServicePort)> {
    world.services.iter().find_map(|(id, service)| {
        let port = service.ports.iter().find(|port| port.protocol == *protocol && wanted(service, port))?;
        Some((id, port.clone()))
    })
}

/// The endpoints of a Service's port, with whether all are ready: those that are ready, or if there are none, those that
/// are stopping but still serve. `node` leaves only those on one node. Upstream: CategorizeEndpoints.
fn usable(world: &World, service: Id<Service>, port: &ServicePort, node: Option<&str>) -> (Vec<Endpoint>, bool) {
    let Some(service) = world.services.get(service) else { return (Vec::new(), true) };
    let slices = world.index.dependents(service.meta.uid).filter_map(|object| object.id::<EndpointSlice>());
    let rows = slices.filter_map(|id| world.endpoint_slices.get(id));
    let serving = rows.filter(|row| row.ports.iter().any(|(name, _, _)| *name == port.name));
    let here = |endpoint: &&Endpoint| node.is_none_or(|node| endpoint.node_name == *node);
    let all: Vec<&Endpoint> = serving.flat_map(|row| &row.endpoints).filter(here).collect();
    let ready: Vec<Endpoint> = all.iter().filter(|endpoint| endpoint.ready).map(|e| (*e).clone()).collect();
    if !ready.is_empty() {
        return (ready, true);
    }
    (all.into_iter().filter(|endpoint| endpoint.serving && endpoint.terminating).cloned().collect(), false)
}

/// The endpoint of this connection: each draws evenly, and with session affinity each client keeps its own.
fn pick(world: &World, service: Id<Service>, request: &Request, endpoints: &[Endpoint]) -> Option<Endpoint> {
    let affine = world
        .services
        .get(service)
        .is_some_and(|service| value::text(&service.source, "sessionAffinity") == "ClientIP");
    let client = own_address(world, &request.from).to_string();
    let number = if affine { fnv1a(crate::dice::FNV_OFFSET, client.as_bytes()) } else { request.number };
    let dice = Dice::new(world.settings.seed);
    let at = dice.below(Stream::Endpoint, u64::from(service.serial), number, endpoints.len() as u64);
    endpoints.get(at as usize).cloned()
}

/// Upstream: §"externalTrafficPolicy" of pkg/proxy/iptables/proxier.go syncProxyRules.
fn node_port(world: &World, request: &Request, node: &Text, port: i32) -> Route {
    let mut hops = vec![Hop::Node(node.clone())];
    let Some((id, service_port)) = find_service(world, &request.protocol, |_, p| p.node_port == port) else {
        return Route::end(hops, Verdict::Refused, Why::NoService);
    };
    hops.push(Hop::Service(id));
    let (all, all_ready) = usable(world, id, &service_port, None);
    if all.is_empty() {
        return Route::end(hops, Verdict::Refused, Why::NoEndpoints);
    }
    let local_policy = world.services.get(id).is_some_and(|service| service.external_local);
    if local_policy && request.from == From::Outside {
        let (local, ready) = usable(world, id, &service_port, Some(node));
        let Some(endpoint) = pick(world, id, request, &local) else {
            return Route::end(hops, Verdict::Dropped, Why::NoLocalEndpoint);
        };
        let why = if ready { Why::LocalEndpoint } else { Why::TerminatingEndpoint };
        return deliver(world, hops, Some(node), &endpoint, CLIENT, why);
    }
    let Some(endpoint) = pick(world, id, request, &all) else {
        return Route::end(hops, Verdict::Refused, Why::NoEndpoints);
    };
    let why = match (all_ready, local_policy) {
        (false, _) => Why::TerminatingEndpoint,
        (true, true) => Why::LocalPolicyFromInside,
        (true, false) => Why::AnyEndpoint,
    };
    // The entry node takes the client's place, so that the answer comes back the same way.
    deliver(world, hops, Some(node), &endpoint, node_address(world, node), why)
}

fn cluster_ip(world: &World, request: &Request, address: &Text, port: i32) -> Route {
    let node = match &request.from {
        From::Outside => return Route::end(Vec::new(), Verdict::Timeout, Why::ClusterAddressFromOutside),
        From::Node(node) => node.clone(),
        From::Pod(pod) => world.pods.get(*pod).map_or(Text::EMPTY, |pod| pod.node_name.clone()),
    };
    let mut hops = vec![Hop::Node(node.clone())];
    let wanted = |service: &Service, p: &ServicePort| service.cluster_ip == *address && p.port == port;
    let Some((id, service_port)) = find_service(world, &request.protocol, wanted) else {
        return Route::end(hops, Verdict::Timeout, Why::NoService);
    };
    hops.push(Hop::Service(id));
    let local = world.services.get(id).is_some_and(|service| service.internal_local);
    let (all, ready) = usable(world, id, &service_port, local.then_some(node.as_str()));
    let Some(endpoint) = pick(world, id, request, &all) else {
        let (anywhere, _) = usable(world, id, &service_port, None);
        return match anywhere.is_empty() {
            true => Route::end(hops, Verdict::Refused, Why::NoEndpoints),
            false => Route::end(hops, Verdict::Dropped, Why::NoLocalEndpoint),
        };
    };
    let why = match (ready, local) {
        (false, _) => Why::TerminatingEndpoint,
        (true, true) => Why::LocalEndpoint,
        (true, false) => Why::AnyEndpoint,
    };
    deliver(world, hops, Some(&node), &endpoint, own_address(world, &request.from), why)
}

/// The last step: to the endpoint's node, if it is another one, and to the Pod.
fn deliver(
    world: &World,
    mut hops: Vec<Hop>,
    entry: Option<&Text>,
    endpoint: &Endpoint,
    source_ip_seen: IpAddr,
    why: Why,
) -> Route {
    if entry != Some(&endpoint.node_name) {
        hops.push(Hop::Node(endpoint.node_name.clone()));
    }
    let by_uid = |id: &PodId| world.pods.get(*id).is_some_and(|pod| pod.meta.uid == endpoint.pod_uid);
    let on_node = world.index.seat(&endpoint.node_name).into_iter().flat_map(|seat| seat.pods.iter().copied());
    let Some(pod) = on_node.into_iter().find(by_uid).filter(|_| world.kubelet_talks(&endpoint.node_name)) else {
        return Route::end(hops, Verdict::Timeout, Why::EndpointUnreachable);
    };
    hops.push(Hop::Pod(pod));
    Route::end(hops, Verdict::Delivered { pod, source_ip_seen }, why)
}

/// The Pod on a node that claims the port there.
fn host_port(world: &World, request: &Request, node: &Text, port: i32) -> Route {
    let mut hops = vec![Hop::Node(node.clone())];
    let alive = |pod: &Pod| pod.status.ip.is_some() && pod.status.containers.iter().any(|c| c.state.is_running());
    let ports = world.index.seat(node).map_or(&[][..], |seat| seat.ports.as_slice());
    let mut claims = ports.iter().filter(|(claim, _)| claim.port == port && claim.protocol == request.protocol);
    let holder = claims.find(|(_, pod)| world.pods.get(*pod).is_some_and(alive));
    let Some((_, pod)) = holder else { return Route::end(hops, Verdict::Refused, Why::NoHostPort) };
    hops.push(Hop::Pod(*pod));
    let source_ip_seen = own_address(world, &request.from);
    Route::end(hops, Verdict::Delivered { pod: *pod, source_ip_seen }, Why::HostPort)
}

/// Every Service that a Pod is behind, for the page to draw.
pub fn services_of(world: &World, pod: &Pod) -> Vec<Id<Service>> {
    let services = world.index.in_namespace(Kind::Service, &pod.meta.namespace).filter_map(|object| object.id());
    let selects =
        |id: &Id<Service>| world.services.get(*id).is_some_and(|service| super::endpoint_slice::selects(service, pod));
    services.filter(selects).collect()
}
