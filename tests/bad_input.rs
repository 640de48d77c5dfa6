//! Input that nobody wants: every text gets a clear message with its line, and whatever else is in it still runs.

use orrery::manifest::Severity;
use orrery::scenario::{self, Scenario};
use orrery::time::SimDuration;
use std::fmt::Write;

const GOOD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: good}\nspec: {containers: [{name: c, image: nginx}]}\n";
const STEPS: u64 = 2_000_000;

/// The line and message of each error.
fn errors(scenario: &Scenario) -> Vec<(u32, String)> {
    let errors = scenario.diagnostics.iter().filter(|d| d.severity == Severity::Error);
    errors.map(|d| (d.span.line, d.message.clone())).collect()
}

#[test]
fn every_bad_document_gets_a_message_with_its_line_and_the_good_one_beside_it_runs() {
    let after = format!("---\n{GOOD}");
    for (name, text, line, part) in [
        ("not YAML", "apiVersion: v1\nkind: [oops\n", 3, ""),
        ("wrong type", "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers: 5\n", 5, "containers"),
        ("unknown kind", "apiVersion: v1\nkind: Podd\nmetadata: {name: x}\n", 2, "Podd"),
        ("unknown field", "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  continers: []\n", 5, "continers"),
        ("no kind", "metadata: {name: x}\n", 1, "kind"),
        (
            "refused by validation",
            "apiVersion: batch/v1\nkind: Job\nmetadata: {name: x}\nspec:\n  template:\n    spec:\n      \
             restartPolicy: Always\n      containers: [{name: c, image: i}]\n",
            7,
            "restartPolicy",
        ),
    ] {
        let scenario = scenario::load(&format!("{text}{after}"));
        let found = errors(&scenario);
        let near = found.iter().any(|(at, message)| at.abs_diff(line) <= 1 && message.contains(part));
        assert!(near, "{name}: expected line {line} and {part:?}, found {found:?}");
        if name != "not YAML" {
            let (mut timeline, _) = scenario.timeline();
            timeline.play_to(scenario.start + SimDuration::from_secs(10), STEPS);
            let running = timeline.state().world.pods.iter().filter(|(_, pod)| pod.is_ready()).count();
            assert_eq!(running, 1, "{name}: the good Pod runs");
        }
    }
}

#[test]
fn an_empty_text_is_an_empty_cluster() {
    for text in ["", "\n\n", "# nothing\n", "---\n---\n", "null\n"] {
        let scenario = scenario::load(text);
        assert!(!scenario.has_errors(), "{text:?}: {:?}", scenario.diagnostics);
        assert!(scenario.objects.is_empty() && scenario.nodes.len() == 3, "{text:?}");
    }
}

#[test]
fn a_megabyte_of_text_is_read_within_bounds() {
    let mut text = String::new();
    while text.len() < 1_000_000 {
        let n = text.len();
        let _ = writeln!(text, "{}---", GOOD.replace("good", &format!("p{n}")));
    }
    let scenario = scenario::load(&text);
    assert!(scenario.objects.len() > 5_000 || scenario.has_errors(), "either all is read or it says why not");
    let noise = "a: &a [x, x]\n".repeat(80_000);
    assert!(scenario::load(&noise).has_errors());
}

#[test]
fn a_bomb_of_aliases_is_defused_with_its_line() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for n in 1..12 {
        let before = format!("*a{}, ", n - 1).repeat(9);
        let _ = writeln!(bomb, "a{n}: &a{n} [{}]", before.trim_end_matches(", "));
    }
    let scenario = scenario::load(&bomb);
    let found = errors(&scenario);
    assert!(found.iter().any(|(line, _)| *line > 0), "{found:?}");
}

#[test]
fn a_cronjob_that_never_fires_costs_nothing_and_says_so() {
    let text = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: never}\nspec:\n  schedule: \"0 0 31 2 *\"\n  jobTemplate:\n    \
                spec:\n      template:\n        spec: {restartPolicy: Never, containers: [{name: c, image: i}]}\n";
    let scenario = scenario::load(text);
    assert!(!scenario.has_errors(), "{:?}", scenario.diagnostics);
    let (mut timeline, _) = scenario.timeline();
    let progress = timeline.play_to(scenario.start + SimDuration::from_secs(86_400), STEPS);
    assert!(progress.reached && progress.steps < 200, "{progress:?}");
    let reasons: Vec<&str> = timeline.history().events.iter().map(|event| event.reason).collect();
    assert!(reasons.contains(&"InvalidSchedule"), "{reasons:?}");
}

#[test]
fn ten_thousand_replicas_on_three_nodes_stay_within_bounds() {
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: many}\nspec:\n  replicas: 10000\n  \
                selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n    \
                spec: {containers: [{name: c, image: i}]}\n";
    let scenario = scenario::load(text);
    let (mut timeline, refused) = scenario.timeline();
    assert!(refused.is_empty(), "{refused:?}");
    let progress = timeline.play_to(scenario.start + SimDuration::from_secs(30), STEPS);
    assert!(progress.reached, "{progress:?}");
    let world = &timeline.state().world;
    let running = world.pods.iter().filter(|(_, pod)| pod.is_ready()).count();
    assert_eq!((world.pods.len(), running), (10_000, 330), "110 Pods fit on each node, the rest wait");
}
