//! The stretch of the timeline that is looked at, in pixels.

use super::{BarLook, Gantt, Lane, LaneKey, LaneKind, MarkKind};
use crate::api::Text;
use crate::time::{SimDuration, SimTime};
use crate::world::ObjectRef;

/// Bars narrower than this are drawn this wide, and merge with what they would cover.
const LEAST_BAR_PX: f64 = 2.0;
/// Marks nearer than this to the one before of the same kind are left out.
const LEAST_MARK_DISTANCE_PX: f64 = 5.0;
/// The height of a lane with a single row.
const LANE_HEIGHT: i32 = 26;
const LANE_PADDING: i32 = 5;
/// Heights of a row of bars, by how many rows there are.
const ROW_HEIGHTS: [(usize, i32); 4] = [(1, 16), (2, 9), (4, 6), (usize::MAX, 4)];
const ROW_GAP: i32 = 2;

/// What is looked at: from when, to when, at which scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// The left edge.
    pub from: SimTime,
    /// The right edge.
    pub to: SimTime,
    /// Pixels a second.
    pub scale: f64,
}

impl Window {
    /// The place of a moment, in pixels from the left edge.
    pub fn x(&self, at: SimTime) -> f64 {
        (at - self.from).nanos() as f64 / 1e9 * self.scale
    }

    /// The moment at a place.
    pub fn at(&self, x: f64) -> SimTime {
        self.from + SimDuration::from_nanos((x / self.scale * 1e9) as i64)
    }
}

/// A bar in pixels from the window's left edge and the lane's top.
#[derive(Clone, Debug, PartialEq)]
pub struct BarView {
    /// The object; of merged bars the first.
    pub object: ObjectRef,
    /// Its name.
    pub name: Text,
    /// Left.
    pub x: f64,
    /// Width.
    pub w: f64,
    /// Top.
    pub y: i32,
    /// Height.
    pub h: i32,
    /// How it looks.
    pub look: BarLook,
    /// From when.
    pub from: SimTime,
    /// Until when; `None` while nobody knows.
    pub to: Option<SimTime>,
}

/// A mark in pixels from the window's left edge.
#[derive(Clone, Debug, PartialEq)]
pub struct MarkView {
    /// The object.
    pub object: ObjectRef,
    /// The middle.
    pub x: f64,
    /// What it says.
    pub kind: MarkKind,
    /// When.
    pub at: SimTime,
    /// The slot it is about.
    pub slot: SimTime,
    /// The reason of the Event behind it.
    pub reason: &'static str,
}

/// A lane in the window.
#[derive(Clone, Debug, PartialEq)]
pub struct LaneView {
    /// Which lane.
    pub key: LaneKey,
    /// What it shows.
    pub kind: LaneKind,
    /// Its controller.
    pub root: ObjectRef,
    /// Its controller's name.
    pub title: Text,
    /// Its height.
    pub height: i32,
    /// Its bars.
    pub bars: Vec<BarView>,
    /// Its marks.
    pub marks: Vec<MarkView>,
}

impl Gantt {
    /// The lanes as they are seen through a window. An object that has ended after `now` still looks as if it ran.
    pub fn view(&self, window: Window, now: SimTime) -> Vec<LaneView> {
        self.lanes().map(|lane| view(lane, window, now, self.read_until)).collect()
    }
}

fn view(lane: &Lane, window: Window, now: SimTime, known: SimTime) -> LaneView {
    let rows = lane.rows().max(1);
    let row_height = ROW_HEIGHTS.iter().find(|(most, _)| rows <= *most).map_or(4, |(_, height)| *height);
    let content = rows as i32 * (row_height + ROW_GAP) - ROW_GAP;
    let height = LANE_HEIGHT.max(content + 2 * LANE_PADDING);
    let top = (height - content) / 2;
    let mut bars: Vec<BarView> = Vec::new();
    let mut last_in_row = vec![usize::MAX; rows];
    for bar in &lane.bars {
        let to = bar.to.unwrap_or(known.max(now));
        if to < window.from || bar.from > window.to {
            continue;
        }
        let (x, end) = (window.x(bar.from.max(window.from)), window.x(to.min(window.to)));
        let runs_now = bar.from <= now && to > now;
        let look = if runs_now && matches!(bar.look, BarLook::Finished | BarLook::Failed) {
            BarLook::Running
        } else {
            bar.look
        };
        let row = usize::from(bar.row).min(rows - 1);
        if let Some(before) = bars.get_mut(last_in_row[row])
            && end - x < LEAST_BAR_PX
            && x - (before.x + before.w) < 1.0
            && (before.look == look || end <= before.x + before.w)
        {
            before.w = (end - before.x).max(before.w);
            before.look = before.look.more_telling(look);
            continue;
        }
        last_in_row[row] = bars.len();
        bars.push(BarView {
            object: bar.object,
            name: bar.name.clone(),
            x,
            w: (end - x).max(LEAST_BAR_PX),
            y: top + row as i32 * (row_height + ROW_GAP),
            h: row_height,
            look,
            from: bar.from,
            to: bar.to,
        });
    }
    LaneView {
        key: lane.key(),
        kind: lane.kind,
        root: lane.root,
        title: lane.title.clone(),
        height,
        bars,
        marks: marks(lane, window),
    }
}

fn marks(lane: &Lane, window: Window) -> Vec<MarkView> {
    let mut views: Vec<MarkView> = Vec::new();
    let from = lane.marks.partition_point(|mark| mark.at < window.from);
    for mark in lane.marks[from..].iter().take_while(|mark| mark.at <= window.to) {
        let x = window.x(mark.at);
        if views.last().is_some_and(|last| last.kind == mark.kind && x - last.x < LEAST_MARK_DISTANCE_PX) {
            continue;
        }
        let (object, kind) = (mark.object, mark.kind);
        views.push(MarkView { object, x, kind, at: mark.at, slot: mark.slot, reason: mark.reason });
    }
    views
}

/// Steps of the time axis, in seconds.
const TICK_STEPS: [i64; 17] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400];
/// The least distance between labels of the time axis.
const LEAST_TICK_PX: f64 = 74.0;

/// Moments that the time axis labels, on round times: (moment, its place, its label).
///
/// The label has seconds only where the axis is that fine, and a date where a day begins.
pub fn ticks(window: Window) -> Vec<(SimTime, f64, String)> {
    let step = TICK_STEPS.into_iter().find(|step| *step as f64 * window.scale >= LEAST_TICK_PX).unwrap_or(604_800);
    let period = SimDuration::from_secs(step);
    let mut at = window.from.next_multiple(period, SimTime::from_unix_seconds(0));
    let mut labels = Vec::new();
    // Bounded by the width of a screen over the least distance.
    while at <= window.to && labels.len() < 400 {
        let clock = at.clock_text();
        let label = match (step, clock.as_str()) {
            (_, "00:00:00") => at.to_string().get(5..10).unwrap_or("").to_string(),
            (1..=59, _) => clock,
            _ => clock.get(..5).unwrap_or("").to_string(),
        };
        labels.push((at, window.x(at), label));
        at += period;
    }
    labels
}
