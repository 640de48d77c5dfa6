//! What a timeline promises.

use super::*;
use crate::time::SimDuration;
use crate::view::fixture::{ARTICLE, command, gantt, pass, timeline};

fn lane<'a>(gantt: &'a Gantt, kind: LaneKind, title: &str) -> &'a Lane {
    gantt.lanes().find(|lane| lane.kind == kind && lane.title == title).expect(title)
}

fn marks(gantt: &Gantt, cron_job: &str) -> Vec<(MarkKind, String)> {
    let clock = |mark: &Mark| mark.slot.clock_text();
    lane(gantt, LaneKind::Ticks, cron_job).marks.iter().map(|mark| (mark.kind, clock(mark))).collect()
}

fn cron_job(policy: &str, seconds: i64) -> String {
    format!(
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: cj}}\nspec:\n  schedule: \"*/1 * * * *\"\n  \
         concurrencyPolicy: {policy}\n  jobTemplate:\n    spec:\n      template:\n        metadata:\n          \
         annotations: {{sim/run-seconds: \"{seconds}\"}}\n        spec:\n          restartPolicy: Never\n          \
         containers: [{{name: c, image: busybox}}]\n"
    )
}

#[test]
fn lanes_go_from_schedules_to_pods_and_nodes_come_last() {
    let gantt = gantt(&timeline(ARTICLE, 90));
    let order: Vec<(LaneKind, &str)> = gantt.lanes().map(|lane| (lane.kind, lane.title.as_str())).collect();
    let expected = [
        (LaneKind::Ticks, "cron-job"),
        (LaneKind::Jobs, "cron-job"),
        (LaneKind::Pods, "cron-job"),
        (LaneKind::Jobs, "job-1"),
        (LaneKind::Pods, "job-1"),
        (LaneKind::Pods, "daemonset-1"),
        (LaneKind::Nodes, ""),
    ];
    assert_eq!(order, expected);
}

#[test]
fn every_slot_of_a_schedule_has_its_mark() {
    let fired = gantt(&timeline(&cron_job("Allow", 20), 200));
    let each = |kind| [(kind, "09:01:00".into()), (kind, "09:02:00".into()), (kind, "09:03:00".into())];
    assert_eq!(marks(&fired, "cj"), each(MarkKind::Fired));
    let held = gantt(&timeline(&cron_job("Forbid", 90), 200));
    let expected = [(MarkKind::Fired, "09:01:00"), (MarkKind::HeldBack, "09:02:00"), (MarkKind::Late, "09:02:00")];
    assert_eq!(marks(&held, "cj")[..3], expected.map(|(kind, slot)| (kind, slot.to_string())));
    let replaced = gantt(&timeline(&cron_job("Replace", 90), 150));
    assert_eq!(marks(&replaced, "cj").iter().map(|m| m.0).collect::<Vec<_>>(), [MarkKind::Fired, MarkKind::Replaced]);
}

#[test]
fn slots_that_pass_while_suspended_are_marked_once() {
    let mut timeline = timeline(&cron_job("Allow", 5), 70);
    command(&mut timeline, "kubectl patch cronjob cj -p '{\"spec\":{\"suspend\":true}}'");
    let mut gantt = gantt(&timeline);
    for _ in 0..30 {
        pass(&mut timeline, 4);
        gantt.read(timeline.history(), &timeline.state().world, timeline.now());
    }
    let suspended: Vec<String> =
        marks(&gantt, "cj").into_iter().filter(|m| m.0 == MarkKind::Suspended).map(|m| m.1).collect();
    assert_eq!(suspended, ["09:02:00", "09:03:00"]);
}

#[test]
fn a_forecast_continues_the_past_and_time_makes_it_true() {
    let mut timeline = timeline(ARTICLE, 100);
    let ahead = SimDuration::from_secs(400);
    let mut foreseen = gantt(&timeline);
    foreseen.turn_page();
    let until = timeline.now() + ahead;
    let forecast = timeline.forecast(until, 1_000_000);
    foreseen.read(forecast.history(), &forecast.state().world, until);
    timeline.play_to(until, 1_000_000);
    let happened = gantt(&timeline);
    for (a, b) in foreseen.lanes().zip(happened.lanes()) {
        assert_eq!((&a.bars, &a.marks), (&b.bars, &b.marks), "lane {:?} {}", a.kind, a.title);
    }
}

#[test]
fn reading_in_pieces_gives_what_reading_at_once_gives() {
    let mut timeline = timeline(ARTICLE, 0);
    let mut pieces = Gantt::default();
    for _ in 0..90 {
        pass(&mut timeline, 3);
        pieces.read(timeline.history(), &timeline.state().world, timeline.now());
    }
    let once = gantt(&timeline);
    for (a, b) in pieces.lanes().zip(once.lanes()) {
        assert_eq!((&a.bars, &a.marks), (&b.bars, &b.marks), "lane {:?} {}", a.kind, a.title);
    }
}

#[test]
fn a_node_that_goes_down_has_a_bar_from_when_it_was_noticed() {
    let mut timeline = timeline(ARTICLE, 5);
    command(&mut timeline, "node down node-2");
    pass(&mut timeline, 120);
    command(&mut timeline, "node up node-2");
    pass(&mut timeline, 30);
    let gantt = gantt(&timeline);
    let bars = &lane(&gantt, LaneKind::Nodes, "").bars;
    assert_eq!(bars.len(), 1);
    assert_eq!((bars[0].name.as_str(), bars[0].look), ("node-2", BarLook::Lost));
    let lasted = bars[0].to.map(|to| (to - bars[0].from).seconds());
    assert!(lasted.is_some_and(|seconds| (55..=75).contains(&seconds)), "{lasted:?}");
}

#[test]
fn a_day_in_a_window_is_a_bounded_number_of_pieces() {
    let mut timeline = timeline(&cron_job("Allow", 20), 0);
    pass(&mut timeline, 86_400);
    let gantt = gantt(&timeline);
    let window = Window { from: timeline.start(), to: timeline.now(), scale: 1_000.0 / 86_400.0 };
    let views = gantt.view(window, timeline.now());
    assert!(views.iter().all(|lane| lane.bars.len() <= 600 && lane.marks.len() <= 250), "merged to pixels");
    assert!(views.iter().any(|lane| lane.bars.len() > 50), "but not to nothing");
}

#[test]
fn what_runs_now_looks_as_if_it_runs_even_when_its_end_is_known() {
    let mut timeline = timeline(ARTICLE, 10);
    let mut foreseen = gantt(&timeline);
    foreseen.turn_page();
    let (now, until) = (timeline.now(), timeline.now() + SimDuration::from_secs(60));
    let forecast = timeline.forecast(until, 1_000_000);
    foreseen.read(forecast.history(), &forecast.state().world, until);
    let window = Window { from: now - SimDuration::from_secs(60), to: until, scale: 1.0 };
    let views = foreseen.view(window, now);
    let pods = views.iter().find(|lane| lane.kind == LaneKind::Pods && lane.title == "job-1").expect("the lane");
    let running: Vec<&BarView> =
        pods.bars.iter().filter(|bar| bar.from <= now && bar.to.is_some_and(|to| to > now)).collect();
    assert_eq!(running.len(), 2);
    assert!(running.iter().all(|bar| bar.look == BarLook::Running));
}

#[test]
fn the_axis_is_labelled_on_round_times_and_not_too_densely() {
    let from = crate::time::SimTime::parse("2026-01-05T09:00:00Z").expect("a time");
    for (scale, seconds, first) in [(1.6, 800, "09:00"), (20.0, 60, "09:00:00"), (0.0016, 600_000, "01-06")] {
        let labels = ticks(Window { from, to: from + SimDuration::from_secs(seconds), scale });
        assert_eq!(labels[0].2, first, "scale {scale}");
        assert!(labels.windows(2).all(|pair| pair[1].1 - pair[0].1 >= 74.0));
    }
}
