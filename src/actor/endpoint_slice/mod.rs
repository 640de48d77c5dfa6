//! The EndpointSlice controller: which Pods a Service reaches, in slices of at most 100.
//! Upstream: pkg/controller/endpointslice/endpointslice_controller.go, k8s.io/endpointslice/reconciler.go.
//!
//! A change of one Pod touches one slice, however many Pods a Service has; only a change of the Service looks at all.

#[cfg(test)]
mod tests;

use super::{Actor, ActorKind, Cx, Key, Sight, WorkQueue};
use crate::api::meta::OwnerReference;
use crate::api::service::{Endpoint, EndpointSlice, ServicePort, ServiceType};
use crate::api::{Kind, Labels, Meta, Pod, Service, Text};
use crate::time::SimTime;
use crate::world::{Aspects, Change, ChangeVerb, DeleteOptions, Id, PodId, World};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// `--max-endpoints-per-slice`.
pub const MAX_ENDPOINTS_PER_SLICE: usize = 100;
/// The label that names a slice's Service.
pub const SERVICE_NAME: &str = "kubernetes.io/service-name";
/// The label that says who keeps a slice, and its value here.
pub const MANAGED_BY: (&str, &str) = ("endpointslice.kubernetes.io/managed-by", "endpointslice-controller.k8s.io");
/// The label of slices of Services without a cluster address.
pub const HEADLESS: &str = "service.kubernetes.io/headless";

type ServiceId = Id<Service>;
type SliceId = Id<EndpointSlice>;
type Ports = Vec<(Text, i32, Text)>;

/// What is known of a Service.
#[derive(Clone, Debug, Default)]
struct Tracked {
    slices: BTreeSet<SliceId>,
    /// In which slice a Pod is, and its name.
    places: BTreeMap<PodId, (SliceId, Text)>,
    /// Pods that have changed.
    dirty: BTreeSet<PodId>,
    /// The Service itself has changed.
    anew: bool,
}

/// The EndpointSlice controller.
#[derive(Clone, Debug)]
pub struct EndpointSlices {
    queue: WorkQueue,
    services: BTreeMap<ServiceId, Tracked>,
    /// Services with a selector, by namespace.
    by_namespace: BTreeMap<Text, BTreeSet<ServiceId>>,
}

impl Default for EndpointSlices {
    fn default() -> EndpointSlices {
        let queue = WorkQueue::new(ActorKind::EndpointSlice);
        EndpointSlices { queue, services: BTreeMap::new(), by_namespace: BTreeMap::new() }
    }
}

/// Whether this controller keeps slices for a Service.
fn is_kept(service: &Service) -> bool {
    service.selector.is_some() && service.service_type != ServiceType::ExternalName && !service.meta.deleting()
}

/// Whether a Service selects a Pod.
pub(super) fn selects(service: &Service, pod: &Pod) -> bool {
    let Some(selector) = &service.selector else { return false };
    service.meta.namespace == pod.meta.namespace
        && selector.pairs().iter().all(|(key, value)| pod.meta.labels.get(key) == Some(value))
}

/// Upstream: pkg/controller/util/endpoint/controller_utils.go ShouldPodBeInEndpoints; k8s.io/endpointslice/utils.go
/// podToEndpoint.
fn endpoint(service: &Service, pod: &Pod) -> Option<Endpoint> {
    let address = pod.status.ip.filter(|_| !pod.is_ended() && selects(service, pod))?;
    let (serving, terminating) = (pod.is_ready(), pod.meta.deleting());
    Some(Endpoint {
        address: Text::from(address.to_string()),
        pod_name: pod.meta.name.clone(),
        pod_uid: pod.meta.uid,
        node_name: pod.node_name.clone(),
        ready: service.publish_not_ready || (serving && !terminating),
        serving,
        terminating,
    })
}

/// The Pod's port behind a port of a Service. Upstream: k8s.io/endpointslice/utils.go FindPort.
pub fn find_port(pod: &Pod, port: &ServicePort) -> Option<i32> {
    if let Ok(number) = port.target_port.parse() {
        return Some(number);
    }
    let sidecars = pod.spec.init_containers.iter().filter(|container| container.is_sidecar());
    let ports = pod.spec.containers.iter().chain(sidecars).flat_map(|container| &container.ports);
    let mut named = ports.filter(|(name, _, protocol)| *name == port.target_port && *protocol == port.protocol);
    named.next().map(|(_, number, _)| *number)
}

/// Upstream: k8s.io/endpointslice/utils.go getEndpointPorts.
fn ports_of(service: &Service, pod: &Pod) -> Ports {
    let found = |port: &ServicePort| Some((port.name.clone(), find_port(pod, port)?, port.protocol.clone()));
    service.ports.iter().filter_map(found).collect()
}

/// The labels of a Service's slices. Upstream: k8s.io/endpointslice/utils.go setEndpointSliceLabels.
fn labels_of(service: &Service) -> Labels {
    let labels = service.meta.labels.with(SERVICE_NAME, service.meta.name.clone()).with(MANAGED_BY.0, MANAGED_BY.1);
    if service.cluster_ip == "None" { labels.with(HEADLESS, "") } else { labels.without(HEADLESS) }
}

/// Upstream: k8s.io/endpointslice/utils.go newEndpointSlice.
fn new_slice(service: &Service, ports: Ports, endpoints: Vec<Endpoint>) -> EndpointSlice {
    let owner = OwnerReference::controller(Kind::Service, &service.meta);
    let meta = Meta {
        namespace: service.meta.namespace.clone(),
        labels: labels_of(service),
        owners: Some(Arc::from([owner])),
        ..Meta::default()
    };
    EndpointSlice { meta, ports, endpoints }
}

impl EndpointSlices {
    /// Upstream: syncService.
    fn sync_service(&mut self, id: ServiceId, cx: &mut Cx) -> Result<(), SimTime> {
        let Some(service) = cx.world.services.get(id).cloned() else { return Ok(()) };
        let Some(tracked) = self.services.get_mut(&id) else { return Ok(()) };
        if !is_kept(&service) {
            return Ok(());
        }
        if tracked.anew {
            tracked.look_at_all(&service, cx.world);
            tracked.relabel(&service, cx);
        }
        while let Some(pod) = tracked.dirty.first().copied() {
            tracked.place(&service, pod, cx)?;
            tracked.dirty.remove(&pod);
        }
        tracked.keep_one_slice(&service, cx)
    }

    fn watch(&mut self, id: ServiceId, service: &Service) {
        let namespace = self.by_namespace.entry(service.meta.namespace.clone()).or_default();
        if service.selector.is_some() {
            namespace.insert(id);
        } else {
            namespace.remove(&id);
        }
        self.services.entry(id).or_default().anew = true;
        self.queue.add(id);
    }

    fn forget(&mut self, id: ServiceId, namespace: &str) {
        self.services.remove(&id);
        self.queue.drop_object(id);
        if let Some(services) = self.by_namespace.get_mut(namespace) {
            services.remove(&id);
        }
    }

    /// Upstream: addPod, updatePod, deletePod.
    fn pod_changed(&mut self, id: PodId, change: &Change, world: &World) {
        let Some(pod) = world.pods.ghost(id) else { return };
        let Some(services) = self.by_namespace.get(&pod.meta.namespace) else { return };
        let gone = change.verb == ChangeVerb::Deleted;
        for service in services {
            let Some(tracked) = self.services.get_mut(service) else { continue };
            let known = tracked.places.contains_key(&id);
            let member = || world.services.get(*service).is_some_and(|service| selects(service, pod));
            if known || (!gone && pod.status.ip.is_some() && member()) {
                tracked.dirty.insert(id);
                self.queue.add(*service);
            }
        }
    }
}

impl Tracked {
    /// Everything has to be looked at anew, with the slices that are there, also those of a dump.
    fn look_at_all(&mut self, service: &Service, world: &World) {
        self.anew = false;
        let own = world.index.dependents(service.meta.uid).filter_map(|object| object.id::<EndpointSlice>());
        self.slices = own.collect();
        let by_uid = |slice: &SliceId| {
            let endpoints = world.endpoint_slices.get(*slice).map(|slice| slice.endpoints.as_slice());
            let pods = endpoints.unwrap_or_default().iter();
            let find = |name: &Text| Some((world.find_id::<Pod>(&service.meta.namespace, name)?, name.clone()));
            let found = pods.filter_map(|endpoint| find(&endpoint.pod_name));
            found.map(|(pod, name)| (pod, (*slice, name))).collect::<Vec<_>>()
        };
        self.places = self.slices.iter().flat_map(by_uid).collect();
        let pods = world.index.in_namespace(Kind::Pod, &service.meta.namespace).filter_map(|object| object.id::<Pod>());
        let members = pods.filter(|pod| world.pods.get(*pod).is_some_and(|pod| selects(service, pod)));
        self.dirty.extend(members);
        self.dirty.extend(self.places.keys().copied());
    }

    /// Slices carry their Service's labels.
    fn relabel(&mut self, service: &Service, cx: &mut Cx) {
        let labels = labels_of(service);
        for slice in &self.slices {
            cx.world.modify(*slice, |row: &mut EndpointSlice| {
                let touched = Aspects::LABELS.when(row.meta.labels != labels);
                row.meta.labels = labels.clone();
                touched
            });
        }
    }

    /// Brings one Pod's endpoint up to date.
    fn place(&mut self, service: &Service, id: PodId, cx: &mut Cx) -> Result<(), SimTime> {
        let found = cx.world.pods.get(id).and_then(|pod| Some((endpoint(service, pod)?, ports_of(service, pod))));
        let Some((new, ports)) = found else { return self.take_out(id, cx) };
        if let Some((slice, _)) = self.places.get(&id) {
            let known = cx.world.endpoint_slices.get(*slice);
            if known.is_some_and(|slice| slice.ports == ports) {
                return update(*slice, new, cx);
            }
            self.take_out(id, cx)?;
        }
        self.put_in(service, id, new, ports, cx)
    }

    fn take_out(&mut self, id: PodId, cx: &mut Cx) -> Result<(), SimTime> {
        let Some((slice, name)) = self.places.get(&id).cloned() else { return Ok(()) };
        cx.call(ActorKind::EndpointSlice)?;
        let mut left = 0;
        cx.world.modify(slice, |row: &mut EndpointSlice| {
            row.endpoints.retain(|endpoint| endpoint.pod_name != name);
            left = row.endpoints.len();
            if left == 0 {
                row.ports.clear();
            }
            Aspects::SPEC
        });
        self.places.remove(&id);
        if left == 0 && self.slices.len() > 1 {
            self.slices.remove(&slice);
            let _ = cx.world.delete(slice, DeleteOptions::default(), cx.now);
        }
        Ok(())
    }

    /// Puts an endpoint into the first slice of its ports that has room, or into a new one.
    fn put_in(
        &mut self,
        service: &Service,
        id: PodId,
        new: Endpoint,
        ports: Ports,
        cx: &mut Cx,
    ) -> Result<(), SimTime> {
        cx.call(ActorKind::EndpointSlice)?;
        let name = new.pod_name.clone();
        let fits = |slice: &&SliceId| {
            let row = cx.world.endpoint_slices.get(**slice);
            row.is_some_and(|row| {
                row.endpoints.is_empty() || (row.ports == ports && row.endpoints.len() < MAX_ENDPOINTS_PER_SLICE)
            })
        };
        if let Some(slice) = self.slices.iter().find(fits).copied() {
            cx.world.modify(slice, |row: &mut EndpointSlice| {
                row.ports = ports;
                let at = row.endpoints.partition_point(|other| other.pod_name < new.pod_name);
                row.endpoints.insert(at, new);
                Aspects::SPEC
            });
            self.places.insert(id, (slice, name));
            return Ok(());
        }
        if let Some(slice) = create(service, ports, vec![new], cx) {
            self.slices.insert(slice);
            self.places.insert(id, (slice, name));
        }
        Ok(())
    }

    /// A Service without endpoints has an empty slice.
    fn keep_one_slice(&mut self, service: &Service, cx: &mut Cx) -> Result<(), SimTime> {
        if self.slices.is_empty() {
            cx.call(ActorKind::EndpointSlice)?;
            self.slices.extend(create(service, Vec::new(), Vec::new(), cx));
        }
        Ok(())
    }
}

/// Writes an endpoint that is in its slice already.
fn update(slice: SliceId, new: Endpoint, cx: &mut Cx) -> Result<(), SimTime> {
    let row = cx.world.endpoint_slices.get(slice);
    let same = row.is_some_and(|row| row.endpoints.contains(&new));
    if same {
        return Ok(());
    }
    cx.call(ActorKind::EndpointSlice)?;
    cx.world.modify(slice, |row: &mut EndpointSlice| {
        let Some(old) = row.endpoints.iter_mut().find(|old| old.pod_name == new.pod_name) else { return Aspects::NONE };
        *old = new;
        Aspects::SPEC
    });
    Ok(())
}

fn create(service: &Service, ports: Ports, endpoints: Vec<Endpoint>, cx: &mut Cx) -> Option<SliceId> {
    let mut slice = new_slice(service, ports, endpoints);
    let prefix = format!("{}-", service.meta.name);
    slice.meta.name = cx.world.generate_name(Kind::EndpointSlice, &service.meta.namespace, &prefix).ok()?;
    cx.world.create(slice, cx.now).ok()
}

impl Actor for EndpointSlices {
    fn observe(&mut self, change: &Change, sight: &mut Sight) {
        match change.object.kind {
            Kind::Service => {
                let Some(id) = change.object.id::<Service>() else { return };
                let Some(service) = sight.world.services.ghost(id) else { return };
                match change.verb {
                    ChangeVerb::Deleted => self.forget(id, &service.meta.namespace),
                    _ => self.watch(id, service),
                }
            }
            Kind::Pod => {
                let asked = Aspects::READY | Aspects::PHASE | Aspects::DELETION | Aspects::LABELS | Aspects::STATUS;
                let modified = change.verb == ChangeVerb::Modified;
                if self.by_namespace.is_empty() || (modified && !change.aspects.any(asked)) {
                    return;
                }
                if let Some(id) = change.object.id() {
                    self.pod_changed(id, change, sight.world);
                }
            }
            _ => {}
        }
    }

    fn ring(&mut self, key: Key, cx: &mut Cx) {
        self.queue.ring(key, cx.now);
    }

    fn work(&mut self, cx: &mut Cx) -> bool {
        let Some(object) = self.queue.pop() else { return false };
        let Some(id) = object.id::<Service>() else { return true };
        if let Err(at) = self.sync_service(id, cx) {
            self.queue.add_at(id, at, cx.alarms);
        }
        true
    }
}
