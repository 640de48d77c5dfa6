//! Cases of the DaemonSet controller: a cluster is given, one sync is done, everything it did is compared.

use orrery::actor::daemon_set::rules::Rules;
use orrery::actor::daemon_set::{DaemonSetId, DaemonSets};
use orrery::actor::{Alarms, CallLimits, Cx};
use orrery::api::{DaemonSet, Kind, Node, OwnerReference, Pod, Text};
use orrery::time::{SimDuration, SimTime};
use orrery::world::{ObjectRef, Outgoing, World};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Events that the recorded controller's Pods were made and deleted without.
const POD_EVENTS: [&str; 2] = ["SuccessfulCreate", "SuccessfulDelete"];

/// The fields of `expect` that differ, each with both values; empty when the case passes.
pub fn run_case(case: &Value) -> Vec<String> {
    let given = &case["given"];
    let now = SimTime::parse(given["now"].as_str().unwrap_or("")).unwrap_or_default();
    let sync = |backwards| {
        let (world, id) = build(given, now, backwards);
        run(&world, id, given, now)
    };
    let (mut found, backwards) = (sync(false), sync(true));
    // Where the controller may choose among nodes, another order of nodes leads to another choice.
    let same = ["podsCreatedForNodes", "podsDeleted"].iter().all(|field| found.get(*field) == backwards.get(*field));
    found.insert("choiceIsDeterministic".into(), json!(same));
    let mut differences = Vec::new();
    for (field, wanted) in case["expect"].as_object().into_iter().flatten() {
        let actual = found.get(field).cloned().unwrap_or(Value::Null);
        if actual != *wanted {
            differences.push(format!("{field}: {actual}, expected {wanted}"));
        }
    }
    differences
}

/// The given cluster. Pods get what the case leaves out: namespace, owner, the template's labels.
fn build(given: &Value, now: SimTime, backwards: bool) -> (World, DaemonSetId) {
    let mut world = World::default();
    let mut nodes: Vec<&Value> = given["nodes"].as_array().into_iter().flatten().collect();
    if backwards {
        nodes.reverse();
    }
    for node in nodes {
        world.create(Node::from_value(node), now).unwrap();
    }
    let set = DaemonSet::from_value(&given["daemonSet"]);
    let owner = OwnerReference::controller(Kind::DaemonSet, &set.meta);
    let (hash, template, namespace) = (set.template.hash(None), set.template.clone(), set.meta.namespace.clone());
    let id = world.create(set, now).unwrap();
    for value in given["pods"].as_array().into_iter().flatten() {
        let mut pod = Pod::from_value(value);
        let revision = match value.pointer("/metadata/labels/controller-revision-hash").and_then(Value::as_str) {
            Some("$current") => hash.clone(),
            other => other.unwrap_or("").to_string(),
        };
        for (key, value) in template.labels.pairs() {
            pod.meta.labels = pod.meta.labels.with(key.clone(), value.clone());
        }
        pod.meta.labels = pod.meta.labels.with("controller-revision-hash", revision);
        pod.meta.namespace = namespace.clone();
        pod.meta.owners = Some(Arc::from([owner.clone()]));
        pod.pinned_to = pod.meta.annotations.get("target").cloned().unwrap_or_default();
        world.create(pod, now).unwrap();
    }
    world.take_outbox();
    (world, id)
}

/// Syncs once, or at each of the given times with the cluster as it was given but the controller's memory kept.
fn run(world: &World, id: DaemonSetId, given: &Value, now: SimTime) -> Map<String, Value> {
    let times = given["syncAtSeconds"].as_array().cloned().unwrap_or_else(|| vec![json!(0)]);
    let mut controller = DaemonSets::default();
    let mut revisions = 0;
    let mut found = Map::new();
    for seconds in times {
        let mut after = world.clone();
        let at = now + SimDuration::from_millis((seconds.as_f64().unwrap_or(0.0) * 1_000.0) as i64);
        let (mut alarms, mut calls) = (Alarms::default(), CallLimits::default());
        let mut cx = Cx { now: at, world: &mut after, alarms: &mut alarms, calls: &mut calls };
        let outcome = controller.sync_daemon_set(id, &mut cx);
        revisions += after.controller_revisions.len();
        found = outcome_of(world, &mut after, id);
        found.insert("error".into(), outcome.err().map_or(Value::Null, |error| json!(format!("{error:?}"))));
    }
    found.insert("controllerRevisionsCreated".into(), json!(revisions));
    found
}

fn outcome_of(before: &World, after: &mut World, id: DaemonSetId) -> Map<String, Value> {
    let set = after.daemon_sets.get(id).unwrap().clone();
    let mut found = Map::new();
    let rules = Rules::of(&set);
    let verdicts = after.nodes.iter().map(|(_, node)| {
        let verdict = rules.node_should_run_daemon_pod(node);
        let value = json!({"shouldRun": verdict.should_run, "shouldContinueRunning": verdict.should_continue_running});
        (node.meta.name.to_string(), value)
    });
    found.insert("nodes".into(), Value::Object(verdicts.collect()));

    let created: Vec<&Pod> =
        after.pods.iter().filter(|(id, _)| before.pods.get(*id).is_none()).map(|(_, pod)| pod).collect();
    let places: BTreeSet<Text> = created.iter().map(|pod| pod.pinned_to.clone()).collect();
    found.insert("podsCreatedForNodes".into(), json!(places.iter().map(Text::as_str).collect::<Vec<_>>()));
    found.insert("podsCreatedCount".into(), json!(created.len()));
    if let Some(pod) = created.first() {
        let text = |t: &orrery::api::pod_spec::Toleration| {
            format!("{}:{} op={}", t.key, t.effect, if t.exists { "Exists" } else { "Equal" })
        };
        let tolerations: Vec<String> = pod.spec.tolerations.iter().map(text).collect();
        found.insert("createdPodTolerations".into(), json!(tolerations));
    }

    let was_live = before.pods.iter().filter(|(_, pod)| !pod.meta.deleting());
    let gone = was_live.filter(|(id, _)| after.pods.get(*id).is_none_or(|pod| pod.meta.deleting()));
    let deleted: BTreeSet<Text> = gone.map(|(_, pod)| pod.meta.name.clone()).collect();
    found.insert("podsDeleted".into(), json!(deleted.iter().map(Text::as_str).collect::<Vec<_>>()));
    found.insert("podsDeletedCount".into(), json!(deleted.len()));

    let status = &set.status;
    let counts = json!({
        "currentNumberScheduled": status.current_number_scheduled,
        "desiredNumberScheduled": status.desired_number_scheduled,
        "numberAvailable": status.number_available,
        "numberMisscheduled": status.number_misscheduled,
        "numberReady": status.number_ready,
        "numberUnavailable": status.number_unavailable,
        "observedGeneration": status.observed_generation,
        "updatedNumberScheduled": status.updated_number_scheduled,
    });
    found.insert("status".into(), counts);
    let object = ObjectRef::from(id);
    let events = after.take_outbox().into_iter().filter_map(|outgoing| match outgoing {
        Outgoing::Event(event) if event.object == object && !POD_EVENTS.contains(&event.reason) => Some(json!({
            "type": if event.warning { "Warning" } else { "Normal" },
            "reason": event.reason,
            "message": event.message.render("", "").as_str(),
        })),
        _ => None,
    });
    found.insert("events".into(), Value::Array(events.collect()));
    found
}
