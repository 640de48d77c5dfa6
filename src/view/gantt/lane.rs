//! One lane of the timeline: bars packed into rows, and marks.

use super::MAX_PIECES_OF_LANE;
use crate::api::{Kind, Text};
use crate::time::SimTime;
use crate::world::ObjectRef;
use std::collections::BTreeMap;

/// Rows that a lane packs its bars into; further ones share the last.
pub const MAX_ROWS: usize = 24;

/// How a bar looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BarLook {
    /// A Pod without a node.
    Waiting,
    /// A Pod whose containers have not started.
    Creating,
    /// Running and ready; a Job that is not suspended.
    Running,
    /// Running, not ready.
    Unready,
    /// Ended well.
    Finished,
    /// Ended badly.
    Failed,
    /// Being deleted.
    Terminating,
    /// A Job that is suspended.
    Suspended,
    /// A node that does not answer, or a Pod on it.
    Lost,
}

impl BarLook {
    /// The name in style sheets.
    pub const fn class(self) -> &'static str {
        match self {
            BarLook::Waiting => "waiting",
            BarLook::Creating => "creating",
            BarLook::Running => "running",
            BarLook::Unready => "unready",
            BarLook::Finished => "finished",
            BarLook::Failed => "failed",
            BarLook::Terminating => "terminating",
            BarLook::Suspended => "suspended",
            BarLook::Lost => "lost",
        }
    }
}

impl BarLook {
    /// Of two that share a pixel the one that is shown: trouble before routine.
    pub(super) const fn more_telling(self, other: BarLook) -> BarLook {
        match (self, other) {
            (BarLook::Failed | BarLook::Lost, _) => self,
            (_, BarLook::Failed | BarLook::Lost) => other,
            (BarLook::Creating | BarLook::Terminating, _) => other,
            _ => self,
        }
    }
}

/// A stretch of time in which an object looked one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// The object.
    pub object: ObjectRef,
    /// Its name.
    pub name: Text,
    /// From when.
    pub from: SimTime,
    /// Until when; `None` while it goes on.
    pub to: Option<SimTime>,
    /// How it looks: once it has ended, how it ended.
    pub look: BarLook,
    /// The row.
    pub row: u16,
}

/// What a mark says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkKind {
    /// A run was started on time.
    Fired,
    /// A run was started later than its slot.
    Late,
    /// A slot passed while the last run was still going (Forbid).
    HeldBack,
    /// The last run was deleted for this slot (Replace).
    Replaced,
    /// A slot was missed.
    Missed,
    /// A slot passed while the CronJob was suspended.
    Suspended,
    /// A Warning Event.
    Warning,
}

impl MarkKind {
    /// The name in style sheets.
    pub const fn class(self) -> &'static str {
        match self {
            MarkKind::Fired => "fired",
            MarkKind::Late => "late",
            MarkKind::HeldBack => "heldback",
            MarkKind::Replaced => "replaced",
            MarkKind::Missed => "missed",
            MarkKind::Suspended => "suspended",
            MarkKind::Warning => "warning",
        }
    }
}

/// A moment that is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at: SimTime,
    /// For a CronJob: the slot it is about.
    pub slot: SimTime,
    /// What it says.
    pub kind: MarkKind,
    /// What it is about: the Job that was started, or the object of a Warning.
    pub object: ObjectRef,
    /// The reason of the Event behind it.
    pub reason: &'static str,
}

/// What a lane shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LaneKind {
    /// The slots of a CronJob.
    Ticks,
    /// Jobs.
    Jobs,
    /// Pods of a controller.
    Pods,
    /// A Pod without controller.
    Bare,
    /// Nodes that are not ready.
    Nodes,
}

/// The place of a lane among all: by kind of controller, then by age, then from schedule to Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LaneKey {
    group: u8,
    root: u32,
    kind: LaneKind,
}

impl LaneKey {
    pub(super) const fn of(kind: LaneKind, root: ObjectRef) -> LaneKey {
        let group = match (kind, root.kind) {
            (LaneKind::Nodes, _) => 6,
            (LaneKind::Bare, _) => 5,
            (_, Kind::CronJob) => 0,
            (_, Kind::Job) => 1,
            (_, Kind::DaemonSet) => 2,
            (_, Kind::Deployment) => 3,
            _ => 4,
        };
        // All bare Pods share one lane.
        let root = if matches!(kind, LaneKind::Bare) { 0 } else { root.serial };
        LaneKey { group, root, kind }
    }
}

/// A lane.
#[derive(Clone, Debug)]
pub struct Lane {
    /// What it shows.
    pub kind: LaneKind,
    /// The controller it belongs to.
    pub root: ObjectRef,
    /// The controller's name.
    pub title: Text,
    /// Bars in order of beginning.
    pub bars: Vec<Bar>,
    /// Marks in order of time.
    pub marks: Vec<Mark>,
    /// Until when each row is taken.
    rows: Vec<SimTime>,
    /// The open bar of each object, by its serial number.
    open: BTreeMap<u32, usize>,
}

impl Lane {
    pub(super) const fn new(kind: LaneKind, root: ObjectRef, title: Text) -> Lane {
        Lane { kind, root, title, bars: Vec::new(), marks: Vec::new(), rows: Vec::new(), open: BTreeMap::new() }
    }

    /// Its place among all lanes.
    pub const fn key(&self) -> LaneKey {
        LaneKey::of(self.kind, self.root)
    }

    /// How many rows it has needed.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// The object looks that way from now on.
    pub(super) fn go_on(&mut self, object: ObjectRef, at: SimTime, look: BarLook, name: &Text) {
        let open = self.open.get(&object.serial).and_then(|at| self.bars.get_mut(*at));
        let row = match open {
            Some(bar) => {
                if bar.from == at {
                    bar.look = look;
                    return;
                }
                bar.to = Some(at);
                bar.row
            }
            None => self.take_row(at),
        };
        self.make_room();
        self.open.insert(object.serial, self.bars.len());
        self.bars.push(Bar { object, name: name.clone(), from: at, to: None, look, row });
    }

    /// The object has ended, or is gone; `outcome` colours its last stretch.
    pub(super) fn end(&mut self, object: ObjectRef, at: SimTime, outcome: Option<BarLook>) {
        let Some(bar) = self.open.remove(&object.serial).and_then(|at| self.bars.get_mut(at)) else { return };
        bar.to = Some(at);
        if let Some(outcome) = outcome
            && matches!(bar.look, BarLook::Running | BarLook::Unready)
        {
            bar.look = outcome;
        }
        let row = usize::from(bar.row);
        if let Some(taken) = self.rows.get_mut(row) {
            *taken = at;
        }
    }

    /// Forgets the oldest bars when there are too many.
    fn make_room(&mut self) {
        if self.bars.len() < MAX_PIECES_OF_LANE {
            return;
        }
        self.bars.drain(..MAX_PIECES_OF_LANE / 4);
        let open = self.bars.iter().enumerate().filter(|(_, bar)| bar.to.is_none());
        self.open = open.map(|(at, bar)| (bar.object.serial, at)).collect();
    }

    fn take_row(&mut self, at: SimTime) -> u16 {
        let free = self.rows.iter().position(|until| *until <= at);
        let row = match free {
            Some(row) => row,
            None if self.rows.len() < MAX_ROWS => {
                self.rows.push(SimTime::FAR_FUTURE);
                self.rows.len() - 1
            }
            None => MAX_ROWS - 1,
        };
        if let Some(until) = self.rows.get_mut(row) {
            *until = SimTime::FAR_FUTURE;
        }
        row as u16
    }

    /// Adds a mark. They come in order of time but for slots that are reckoned afterwards.
    pub(super) fn mark(&mut self, mark: Mark) {
        if self.marks.len() >= MAX_PIECES_OF_LANE {
            self.marks.drain(..MAX_PIECES_OF_LANE / 4);
        }
        let place = self.marks.partition_point(|old| old.at <= mark.at);
        self.marks.insert(place, mark);
    }
}
