//! Timelines for the tests of views, from YAML.

use super::fate::Fates;
use super::gantt::Gantt;
use super::scene::{Scene, Sight};
use crate::sim::Timeline;
use crate::time::SimDuration;

/// The article's three manifests on three nodes.
pub const ARTICLE: &str = include_str!("../../static/scenarios/article.yaml");
/// Steps that a test may take.
const MAX_TEST_STEPS: u64 = 5_000_000;

/// The timeline of a text, so many seconds after its start.
pub fn timeline(text: &str, seconds: i64) -> Timeline {
    let scenario = crate::scenario::load(text);
    assert!(!scenario.has_errors(), "{:?}", scenario.diagnostics);
    let (mut timeline, refused) = scenario.timeline();
    assert_eq!(refused, [""; 0]);
    pass(&mut timeline, seconds);
    timeline
}

/// Lets time pass.
pub fn pass(timeline: &mut Timeline, seconds: i64) {
    let until = timeline.now() + SimDuration::from_secs(seconds);
    assert!(timeline.play_to(until, MAX_TEST_STEPS).reached, "too many steps");
}

/// Carries out a command.
pub fn command(timeline: &mut Timeline, line: &str) {
    let order = crate::kubectl::parse(line).expect(line);
    for answer in timeline.input(order, false) {
        answer.expect(line);
    }
}

/// The timeline's lanes up to the present.
pub fn gantt(timeline: &Timeline) -> Gantt {
    let mut gantt = Gantt::default();
    gantt.read(timeline.history(), &timeline.state().world, timeline.now());
    gantt
}

/// The scene, with the next quarter of an hour foreseen.
pub fn scene(timeline: &mut Timeline) -> Scene {
    let now = timeline.now();
    let mut fates = Fates::default();
    fates.read(timeline.forecast(now + SimDuration::from_secs(900), MAX_TEST_STEPS));
    let notes = gantt(timeline).notes(now);
    let state = timeline.state();
    let (world, kubelet) = (&state.world, &state.actors.kubelet);
    Scene::of(&Sight { world, kubelet, now, fates: &fates, notes: &notes })
}
