//! What must hold of a world after every step. Tests ask; the page never does.

use super::change::ObjectRef;

use super::{Stored, Table, World};
use crate::api::{Kind, Resources};

impl World {
    /// Everything that is wrong, as sentences; empty for a sound world.
    pub fn violations(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        self.check_seats(&mut wrong);
        self.check_pods(&mut wrong);
        for kind in Kind::ALL {
            for_kind!(kind, T => check_names::<T>(self, &mut wrong));
        }
        wrong
    }

    /// What each node is used for is what its Pods use.
    fn check_seats(&self, wrong: &mut Vec<String>) {
        for seat in self.index.seats() {
            let mut used = Resources::default();
            let mut scored = (0, 0);
            let mut ports = 0;
            for id in &seat.pods {
                let Some(pod) = self.pods.get(*id) else {
                    wrong.push(format!("{}: a Pod that is gone still sits there", seat.node_name));
                    continue;
                };
                if pod.node_name != seat.node_name {
                    wrong.push(format!(
                        "{} sits on {} but is bound to {}",
                        pod.meta.name, seat.node_name, pod.node_name
                    ));
                }
                if pod.occupies_node() {
                    used.accumulate(&pod.spec.requests, 1);
                    let (cpu, memory) = pod.spec.scored;
                    scored = (scored.0 + cpu, scored.1 + memory);
                    ports += pod.spec.host_ports.len();
                }
            }
            used.extended.retain(|(_, amount)| *amount != 0);
            let mut counted = seat.used.clone();
            counted.extended.retain(|(_, amount)| *amount != 0);
            if used != counted || scored != seat.scored || ports != seat.ports.len() {
                wrong.push(format!("{}: counted use {counted:?} is not {used:?}", seat.node_name));
            }
        }
    }

    /// Bound Pods sit somewhere, and a Pod that has ended holds no time it has not lived through.
    fn check_pods(&self, wrong: &mut Vec<String>) {
        for (id, pod) in self.pods.iter() {
            let seated = self.index.seat(&pod.node_name).is_some_and(|seat| seat.pods.contains(&id));
            if !pod.node_name.is_empty() && !seated {
                wrong.push(format!("{} is bound to {} but does not sit there", pod.meta.name, pod.node_name));
            }
            if pod.status.containers.iter().any(|container| container.restart_count < 0) {
                wrong.push(format!("{} has a negative restart count", pod.meta.name));
            }
            // The Pod garbage collector writes the phase alone of Pods that it removes at once.
            let removed = pod.meta.deletion.is_some_and(|deletion| deletion.grace_seconds == 0);
            if pod.status.phase.is_terminal() && pod.is_ready() && !removed {
                wrong.push(format!("{} has ended and is ready", pod.meta.name));
            }
        }
    }
}

/// Every object is found under its name and under each of its owners.
fn check_names<T: Stored>(world: &World, wrong: &mut Vec<String>) {
    let table: &Table<T> = T::table(world);
    for (id, row) in table.iter() {
        let (meta, object) = (row.meta(), ObjectRef::from(id));
        if world.find(T::KIND, &meta.namespace, &meta.name) != Some(object) {
            wrong.push(format!("{} {} is not found under its name", T::KIND.name(), meta.name));
        }
        for owner in meta.owners() {
            if !world.index.dependents(owner.uid).any(|dependent| dependent == object) {
                wrong.push(format!("{} {} is not found under its owner {}", T::KIND.name(), meta.name, owner.name));
            }
        }
    }
    if world.index.sorted(T::KIND).count() != table.len() {
        wrong.push(format!("the names of {} are not as many as the objects", T::KIND.plural()));
    }
}
