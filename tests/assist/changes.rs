//! What applying a text would change.

use orrery::assist::{What, changes, node_changes};
use orrery::scenario;
use orrery::time::SimDuration;

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n\
  spec:\n  replicas: 2\n  selector: {matchLabels: {app: web}}\n  \
     template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: c, image: nginx:1.26}]}\n";
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: nginx}]}\n";

/// What changes from one text to another, one line each.
fn told(old: &str, new: &str) -> Vec<String> {
    let (timeline, refused) = scenario::load(old).timeline();
    assert!(refused.is_empty(), "{refused:?}");
    changes(timeline.state(), &scenario::load(new).objects).iter().map(ToString::to_string).collect()
}

#[test]
fn created_pruned_and_changed_are_told() {
    let both = format!("{DEPLOYMENT}---\n{POD}");
    assert_eq!(told(DEPLOYMENT, DEPLOYMENT), Vec::<String>::new());
    assert_eq!(told(DEPLOYMENT, &both), ["Pod p: created"]);
    assert_eq!(told(&both, DEPLOYMENT), ["Pod p: deleted"]);
    let scaled = DEPLOYMENT.replace("replicas: 2", "replicas: 5").replace("nginx:1.26", "nginx:1.27");
    assert_eq!(
        told(DEPLOYMENT, &scaled),
        ["Deployment web: replicas 2 → 5", "Deployment web: template.spec.containers[c].image nginx:1.26 → nginx:1.27"]
    );
    assert_eq!(told(DEPLOYMENT, &DEPLOYMENT.replace("  replicas: 2\n", "")), ["Deployment web: replicas − 2"]);
    assert_eq!(
        told(DEPLOYMENT, &DEPLOYMENT.replace("spec:\n", "spec:\n  paused: true\n")),
        ["Deployment web: paused + true"]
    );
}

#[test]
fn nodes_that_join_change_and_go_are_told() {
    let node = |name: &str, cpu: &str| {
        format!("apiVersion: v1\nkind: Node\nmetadata: {{name: {name}}}\nstatus: {{capacity: {{cpu: '{cpu}'}}}}\n---\n")
    };
    let (old, new) =
        (scenario::load(&(node("a", "4") + &node("b", "4"))), scenario::load(&(node("b", "8") + &node("c", "4"))));
    let told: Vec<String> = node_changes(&old.nodes, &new.nodes).iter().map(ToString::to_string).collect();
    assert_eq!(told, ["Node a: deleted", "Node b: status.capacity.cpu 4 → 8", "Node c: created"]);
}

#[test]
fn a_change_of_an_immutable_field_offers_to_delete_and_create_again() {
    let moved = DEPLOYMENT.replace("app: web", "app: site");
    let (mut timeline, _) = scenario::load(DEPLOYMENT).timeline();
    let found = changes(timeline.state(), &scenario::load(&moved).objects);
    let refused = found.iter().find_map(|c| match &c.what {
        What::Refused { message, recreate } => Some((message.clone(), recreate.clone())),
        _ => None,
    });
    let (message, recreate) = refused.expect("the selector is immutable");
    assert!(message.contains("spec.selector") && message.contains("field is immutable"), "{message}");
    assert_eq!(recreate.len(), 2);
    for order in recreate {
        assert!(timeline.input(order, false).iter().all(Result::is_ok));
    }
    let end = timeline.now() + SimDuration::from_secs(60);
    timeline.play_to(end, 1_000_000);
    let labels: Vec<_> = timeline
        .state()
        .world
        .pods
        .iter()
        .filter(|(_, p)| p.is_ready())
        .map(|(_, p)| p.meta.labels.get("app").cloned())
        .collect();
    assert_eq!(labels, [Some("site".into()), Some("site".into())]);
    assert_eq!(changes(timeline.state(), &scenario::load(&moved).objects), []);
}

#[test]
fn what_would_be_refused_anyway_is_not_offered_again() {
    let wrong = POD.replace("image: nginx", "image: ''");
    let (timeline, _) = scenario::load(POD).timeline();
    let objects = vec![
        orrery::manifest::tree::read(&wrong)
            .remove(0)
            .root
            .map(|r| orrery::manifest::decode::plain(&r))
            .unwrap_or_default(),
    ];
    let found = changes(timeline.state(), &objects);
    assert!(
        found.iter().any(|c| matches!(&c.what, What::Refused { recreate, .. } if recreate.is_empty())),
        "{found:?}"
    );
}
