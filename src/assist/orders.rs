//! From one text to the next: what has to be done to a cluster that runs the old one.

use crate::api::{Kind, Text};
use crate::scenario::{Scenario, is_live};
use crate::sim::order::PatchKind;
use crate::sim::patch::merge_patch;
use crate::sim::{NodeOrder, Order, Targets, machines};
use crate::time::SimTime;
use serde_json::Value;
use std::sync::Arc;

/// The orders that make a cluster that runs `old` run `new`: machines join, change or go, objects are applied and pruned.
///
/// ```
/// use orrery::{assist::orders_between, scenario, time::SimTime};
/// let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: c, image: nginx}]}\n";
/// let (old, new) = (scenario::load(""), scenario::load(pod));
/// assert_eq!(orders_between(&old, &new, SimTime::default()).len(), 1);
/// assert!(orders_between(&new, &new, SimTime::default()).is_empty());
/// ```
pub fn orders_between(old: &Scenario, new: &Scenario, now: SimTime) -> Vec<Order> {
    let mut orders = node_orders(&old.nodes, &new.nodes, now);
    if old.objects != new.objects {
        let objects = new.objects.iter().filter(|object| !is_live(object)).cloned().collect();
        orders.push(Order::Apply { objects: Arc::new(objects), prune: true });
    }
    orders
}

pub(super) fn name(object: &Value) -> Text {
    Text::copy(object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or(""))
}

/// Machines that join, change or go.
fn node_orders(old: &[Value], new: &[Value], now: SimTime) -> Vec<Order> {
    let find = |list: &[Value], wanted: &Text| list.iter().find(|node| name(node) == *wanted).cloned();
    let mut orders: Vec<Order> = Vec::new();
    for node in old.iter().map(name).filter(|node| find(new, node).is_none()) {
        orders.push(Order::Node { name: node, order: NodeOrder::Delete });
    }
    for node in new {
        match find(old, &name(node)) {
            None => orders.push(Order::NodeAdd(Arc::new(machines::registered(node, false, now)))),
            Some(before) if before != *node => {
                let mut patch = merge_patch(&before, node);
                if patch.as_object_mut().and_then(|patch| patch.remove("status")).is_some() {
                    orders.push(Order::NodeResize(Arc::new(node.clone())));
                }
                let targets = Targets::one(Kind::Node, "", name(node));
                orders.push(Order::Patch { targets, patch: Arc::new(patch), kind: PatchKind::Merge });
            }
            Some(_) => {}
        }
    }
    orders
}
