//! What one can do to an object right now, each as a command of the command language.

use crate::api::Kind;
use crate::view::scene::{CardState, Chain, ControllerCard, Line, Machinery, Scene};
use crate::world::{ObjectRef, World};

/// A kind of deed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeedKind {
    /// The machine falls silent.
    NodeDown,
    /// Its kubelet reports that it is not ready.
    NodeNotReady,
    /// It comes back.
    NodeUp,
    /// No new Pods.
    Cordon,
    /// New Pods again.
    Uncordon,
    /// Machine and Node object go.
    NodeDelete,
    /// A machine joins, with this label.
    NodeAdd(Option<String>),
    /// Its containers crash.
    FailPod,
    /// Deleted with its grace period.
    DeletePod,
    /// Deleted without one.
    DeletePodNow,
    /// A Job from a CronJob's template, now.
    Trigger,
    /// No further runs or Pods.
    Suspend,
    /// Runs or Pods again.
    Resume,
    /// One more replica.
    ScaleUp,
    /// One replica less.
    ScaleDown,
    /// Deleted.
    Delete(Kind),
}

impl DeedKind {
    /// Whether something is lost by it.
    pub const fn is_grave(&self) -> bool {
        matches!(
            self,
            DeedKind::NodeDown
                | DeedKind::NodeDelete
                | DeedKind::FailPod
                | DeedKind::DeletePod
                | DeedKind::DeletePodNow
                | DeedKind::Delete(_)
        )
    }
}

/// A deed and the command that does it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// What.
    pub kind: DeedKind,
    /// The command.
    pub command: String,
}

/// What can be done to an object; `None` is the cluster itself.
pub fn deeds(world: &World, scene: &Scene, object: Option<ObjectRef>) -> Vec<Deed> {
    let Some(object) = object else { return cluster(scene) };
    let Some(meta) = world.meta(object).filter(|_| world.exists(object)) else { return Vec::new() };
    let name = meta.name.as_str();
    let namespace = if meta.namespace.is_empty() || meta.namespace == "default" {
        String::new()
    } else {
        format!(" -n {}", meta.namespace)
    };
    let list = match object.kind {
        Kind::Node => node(scene, object, name),
        Kind::Pod => vec![
            (DeedKind::FailPod, format!("pod fail {name}{namespace}")),
            (DeedKind::DeletePod, format!("kubectl delete pod {name}{namespace}")),
            (DeedKind::DeletePodNow, format!("kubectl delete pod {name} --grace-period=0 --force{namespace}")),
        ],
        kind => controller(world, scene, object, kind, name, &namespace),
    };
    list.into_iter().map(|(kind, command)| Deed { kind, command }).collect()
}

fn cluster(scene: &Scene) -> Vec<Deed> {
    let names: Vec<&str> = scene.nodes.iter().map(|node| node.name.as_str()).collect();
    let mut number = names.len() + 1;
    while names.contains(&format!("node-{number}").as_str()) {
        number += 1;
    }
    let mut labels: Vec<String> = scene.nodes.iter().flat_map(|node| node.labels.clone()).collect();
    labels.sort();
    labels.dedup();
    let plain = Deed { kind: DeedKind::NodeAdd(None), command: format!("node add node-{number}") };
    let labelled = labels.into_iter().filter(|label| label.contains('=')).take(6).map(|label| Deed {
        command: format!("node add node-{number} --labels {label}"),
        kind: DeedKind::NodeAdd(Some(label)),
    });
    std::iter::once(plain).chain(labelled).collect()
}

fn node(scene: &Scene, object: ObjectRef, name: &str) -> Vec<(DeedKind, String)> {
    let Some(card) = scene.nodes.iter().find(|node| node.object == object) else { return Vec::new() };
    let mut list = Vec::new();
    if card.machinery == Machinery::Ready {
        list.push((DeedKind::NodeDown, format!("node down {name}")));
        list.push((DeedKind::NodeNotReady, format!("node notready {name}")));
    } else {
        list.push((DeedKind::NodeUp, format!("node up {name}")));
    }
    if card.cordoned {
        list.push((DeedKind::Uncordon, format!("kubectl uncordon {name}")));
    } else {
        list.push((DeedKind::Cordon, format!("kubectl cordon {name}")));
    }
    list.push((DeedKind::NodeDelete, format!("node delete {name}")));
    list
}

fn find(scene: &Scene, object: ObjectRef) -> Option<&ControllerCard> {
    let cards = scene.chains.iter().flat_map(|Chain { root, links, .. }| std::iter::once(root).chain(links));
    cards.into_iter().find(|card| card.object == object)
}

fn controller(
    world: &World,
    scene: &Scene,
    object: ObjectRef,
    kind: Kind,
    name: &str,
    namespace: &str,
) -> Vec<(DeedKind, String)> {
    let mut list = Vec::new();
    let lower = kind.name().to_lowercase();
    let card = find(scene, object);
    if kind == Kind::CronJob {
        let mut number = 1;
        let space = world.meta(object).map(|meta| meta.namespace.clone()).unwrap_or_default();
        while world.find(Kind::Job, &space, &format!("{name}-manual-{number}")).is_some() {
            number += 1;
        }
        let command = format!("kubectl create job {name}-manual-{number} --from=cronjob/{name}{namespace}");
        list.push((DeedKind::Trigger, command));
    }
    let finished = card.is_some_and(|card| matches!(card.state, CardState::Complete | CardState::Failed));
    if matches!(kind, Kind::CronJob | Kind::Job) && !finished {
        let suspended = card.is_some_and(|card| card.state == CardState::Suspended);
        let deed = if suspended { DeedKind::Resume } else { DeedKind::Suspend };
        let patch = format!("{{\"spec\":{{\"suspend\":{}}}}}", !suspended);
        list.push((deed, format!("kubectl patch {lower} {name} -p '{patch}'{namespace}")));
    }
    if let (Kind::Deployment | Kind::ReplicaSet, Some(Line::Replicas { wanted, .. })) =
        (kind, card.map(|card| &card.line))
    {
        let scale = |to: i64| format!("kubectl scale {lower} {name} --replicas={to}{namespace}");
        list.push((DeedKind::ScaleUp, scale(wanted + 1)));
        if *wanted > 0 {
            list.push((DeedKind::ScaleDown, scale(wanted - 1)));
        }
    }
    list.push((DeedKind::Delete(kind), format!("kubectl delete {lower} {name}{namespace}")));
    list
}
