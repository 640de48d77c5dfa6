//! What a scene promises.

use super::*;
use crate::view::fixture::{ARTICLE, command, pass, scene, timeline};

fn card<'a>(scene: &'a Scene, name: &str) -> &'a NodeCard {
    scene.nodes.iter().find(|node| node.name == name).expect(name)
}

fn looks(scene: &Scene, owner: &str) -> Vec<(Look, Place)> {
    let of = |tile: &&PodTile| tile.owner.as_ref().is_some_and(|(_, name)| name == owner);
    scene.pods.iter().filter(of).map(|tile| (tile.look, tile.place)).collect()
}

#[test]
fn the_article_shows_one_daemon_on_each_centos_node_and_says_what_keeps_it_off_ubuntu() {
    let scene = scene(&mut timeline(ARTICLE, 5));
    assert_eq!(scene.nodes.iter().map(|node| node.name.as_str()).collect::<Vec<_>>(), ["node-1", "node-2", "node-3"]);
    let ready = |node: &str| (Look::Running, Place::Node(card(&scene, node).object.serial));
    assert_eq!(looks(&scene, "daemonset-1"), [ready("node-1"), ready("node-2")]);
    let unmatched = &card(&scene, "node-3").unmatched;
    assert_eq!((unmatched[0].daemon_set.as_str(), unmatched[0].because.as_str()), ("daemonset-1", "os≠centos"));
    assert!(card(&scene, "node-1").unmatched.is_empty());
    assert_eq!(card(&scene, "node-1").host_ports, [(18_080, 8_080)]);
}

#[test]
fn a_run_knows_its_end_and_finished_pods_stand_on_the_shelf_using_nothing() {
    let mut timeline = timeline(ARTICLE, 10);
    let running = scene(&mut timeline);
    let job =
        running.pods.iter().find(|tile| tile.owner.as_ref().is_some_and(|(kind, _)| kind == "Job")).expect("a Pod");
    let (from, to) = job.run.expect("a run");
    assert_eq!((to.expect("an end") - from).seconds(), 20);
    let slots: i64 = running.nodes.iter().map(|node| node.slots.used).sum();
    pass(&mut timeline, 14);
    let done = scene(&mut timeline);
    let shelved = done.pods.iter().filter(|tile| matches!(tile.place, Place::Shelf(_))).count();
    assert_eq!(shelved, 2);
    assert_eq!(done.nodes.iter().map(|node| node.finished).sum::<usize>(), 2);
    assert_eq!(done.nodes.iter().map(|node| node.slots.used).sum::<i64>(), slots, "two ended and two took their place");
}

#[test]
fn a_chain_shows_wanted_and_actual_and_what_comes_next() {
    let scene = scene(&mut timeline(ARTICLE, 70));
    let root = |name: &str| scene.chains.iter().find(|chain| chain.root.name == name).expect(name);
    let Line::CronJob { next, .. } = &root("cron-job").root.line else { panic!("a CronJob") };
    assert_eq!(next.map(|at| at.clock_text()).as_deref(), Some("09:02:00"));
    assert_eq!(root("cron-job").links.len(), 1);
    assert_eq!(root("daemonset-1").root.line, Line::DaemonSet { ready: 2, desired: 2, nodes: 3 });
    let Line::Job { succeeded, wanted, failed, deadline, .. } = &root("job-1").root.line else { panic!("a Job") };
    assert_eq!((*succeeded, *wanted, *failed, *deadline), (2, Some(6), 2, None));
    assert_eq!(root("job-1").root.state, CardState::Failed);
}

#[test]
fn a_run_that_forbid_holds_back_is_noted_until_the_run_before_it_ends() {
    let text = ARTICLE.replace("concurrencyPolicy: Allow", "concurrencyPolicy: Forbid").replace(
        "        spec:\n          restartPolicy: Never\n          containers:\n          - name: container",
        "        metadata:\n          annotations: {sim/run-seconds: \"100\"}\n        \
         spec:\n          restartPolicy: Never\n          containers:\n          - name: container",
    );
    let mut timeline = timeline(&text, 130);
    let note = |timeline: &mut _| {
        let scene = scene(timeline);
        scene.chains.iter().find(|chain| chain.root.name == "cron-job").and_then(|chain| chain.note)
    };
    let held = note(&mut timeline).expect("a note");
    assert_eq!((held.kind, held.slot.clock_text().as_str()), (NoteKind::HeldBack, "09:02:00"));
    pass(&mut timeline, 36);
    assert_eq!(note(&mut timeline), None, "the late run has started");
}

#[test]
fn a_silent_node_is_told_from_a_ready_one_and_its_pods_count_down_to_their_eviction() {
    let text =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: alone}\nspec:\n  containers:\n  - {name: c, image: nginx}\n";
    let mut timeline = timeline(text, 5);
    let first = scene(&mut timeline);
    let Place::Node(home) = first.pods[0].place else { panic!("it runs") };
    let name = first.nodes.iter().find(|node| node.object.serial == home).expect("its node").name.clone();
    command(&mut timeline, &format!("node down {name}"));
    pass(&mut timeline, 5);
    let silent = scene(&mut timeline);
    assert!(matches!(card(&silent, &name).machinery, Machinery::Silent(_)));
    assert_eq!(silent.pods[0].look, Look::Running, "nobody has noticed yet");
    pass(&mut timeline, 60);
    let lost = scene(&mut timeline);
    assert!(matches!(card(&lost, &name).machinery, Machinery::NotReady(_)));
    let tile = &lost.pods[0];
    assert_eq!((tile.look, tile.irreplaceable), (Look::Lost, true));
    let countdown = tile.countdown.expect("a countdown");
    assert_eq!(countdown.kind, CountdownKind::Doomed);
    assert!((270..=300).contains(&(countdown.at - lost.now).seconds()), "{:?}", countdown.at - lost.now);
}

#[test]
fn a_pod_that_nothing_fits_waits_with_its_reason() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: huge}\nspec:\n  containers:\n  - name: c\n    image: nginx\n    \
                resources: {requests: {cpu: \"64\"}}\n";
    let scene = scene(&mut timeline(text, 3));
    let tile = &scene.pods[0];
    assert_eq!((tile.look, tile.place, scene.waiting), (Look::Waiting, Place::Pending, 1));
    assert_eq!(tile.reason.as_str(), "Unschedulable");
}

#[test]
fn of_too_many_pods_some_are_counted_instead_of_drawn() {
    let text = "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: web}\nspec:\n  replicas: 1000\n  \
                selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n    \
                spec: {containers: [{name: c, image: nginx}]}\n";
    let scene = scene(&mut timeline(text, 3));
    assert_eq!((scene.pods.len(), scene.more_pods), (MAX_TILES, 200));
    assert!(scene.pods.windows(2).all(|pair| pair[0].object < pair[1].object), "in order of creation");
}
