//! Everything the inspector says about one object.

mod events;
mod facts;
mod why;

pub use events::EventLine;
pub use facts::{Fact, FactValue};
pub use why::Paragraph;

use super::fate::Fates;
use super::yaml::to_yaml;
use crate::actor::kubelet::Kubelet;
use crate::api::{Kind, Text};
use crate::i18n::Lang;
use crate::sim::History;
use crate::time::SimTime;
use crate::world::{ObjectRef, World};

/// Objects that the list of owned ones names.
const MAX_CHILDREN: usize = 12;
/// Lines of a container's log that are shown, the newest.
const MAX_LOG_LINES: usize = 500;

/// A link to another object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The object.
    pub object: ObjectRef,
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: Text,
}

/// What the inspector shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Detail {
    /// The object's kind and name.
    pub title: Option<(Kind, Text)>,
    /// Where and how it is, in a few words.
    pub subtitle: String,
    /// Whether it is gone.
    pub gone: bool,
    /// Why it is as it is, and what comes next.
    pub why: Vec<Paragraph>,
    /// Facts.
    pub facts: Vec<Fact>,
    /// Its controller.
    pub owner: Option<Link>,
    /// What it owns, newest first, and how many more.
    pub children: (Vec<Link>, usize),
    /// Its Events, oldest first.
    pub events: Vec<EventLine>,
    /// The object as the API prints it.
    pub yaml: String,
}

/// Where details are read from.
pub struct Source<'a> {
    /// The cluster.
    pub world: &'a World,
    /// What has happened.
    pub history: &'a History,
    /// What is about to happen.
    pub fates: &'a Fates,
    /// The time.
    pub now: SimTime,
    /// The language.
    pub lang: Lang,
}

impl Detail {
    /// The details of an object; `wanted` says which of the costly parts (Events, YAML) are looked at.
    pub fn of(source: &Source, object: ObjectRef, with_events: bool, with_yaml: bool) -> Detail {
        let Some(birth) = source.history.birth(object) else { return Detail::default() };
        let world = source.world;
        let gone = !world.exists(object);
        let meta = world.meta(object).filter(|_| !gone);
        let owner = meta.and_then(|meta| meta.controller().map(|owner| (owner, &meta.namespace)));
        let owner = owner.and_then(|(owner, namespace)| {
            let kind = Kind::parse(&owner.kind)?;
            let found = world.find(kind, namespace, &owner.name)?;
            Some(Link { object: found, kind, name: owner.name.clone() })
        });
        Detail {
            title: Some((object.kind, birth.name.clone())),
            subtitle: if gone { String::new() } else { facts::subtitle(source, object) },
            gone,
            why: if gone { Vec::new() } else { why::paragraphs(source, object) },
            facts: if gone { Vec::new() } else { facts::facts(source, object) },
            owner,
            children: meta.map(|meta| children(world, meta.uid)).unwrap_or_default(),
            events: if with_events { events::about(source.history, object) } else { Vec::new() },
            yaml: if with_yaml && !gone {
                world.value(object).map(|value| to_yaml(&value)).unwrap_or_default()
            } else {
                String::new()
            },
        }
    }
}

/// What a Pod's containers have written, oldest first: a heading for each of several containers, the run before the last
/// restart first.
pub fn logs(world: &World, kubelet: &Kubelet, object: ObjectRef, now: SimTime) -> Vec<String> {
    let Some((id, pod)) = object.id().and_then(|id| Some((id, world.pods.get(id)?))) else { return Vec::new() };
    let containers: Vec<_> = pod.spec.init_containers.iter().chain(&pod.spec.containers).collect();
    let mut lines = Vec::new();
    for container in &containers {
        if containers.len() > 1 {
            lines.push(format!("── {} ──", container.name));
        }
        let answer = kubelet.logs(world, id, &container.name, false, now);
        match answer {
            Ok(written) => {
                let skipped = written.len().saturating_sub(MAX_LOG_LINES);
                lines.extend(written.into_iter().skip(skipped).map(|l| format!("{} {}", l.at.clock_text(), l.text)));
            }
            Err(why) => lines.push(why),
        }
    }
    lines
}

fn children(world: &World, uid: crate::api::Uid) -> (Vec<Link>, usize) {
    let mut all: Vec<ObjectRef> = world.index.dependents(uid).collect();
    all.sort_by(|a, b| b.cmp(a));
    let more = all.len().saturating_sub(MAX_CHILDREN);
    let link = |object: ObjectRef| {
        let name = world.meta(object)?.name.clone();
        Some(Link { object, kind: object.kind, name })
    };
    (all.into_iter().take(MAX_CHILDREN).filter_map(link).collect(), more)
}
