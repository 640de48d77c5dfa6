//! The band of controllers at the top of the stage.
//!
//! A chain that grows and shrinks (a CronJob with its Jobs) has a line of its own; those that stay as they are share
//! lines. So nothing moves when a Job is created or removed.

use super::Rect;
use crate::api::Kind;
use crate::view::scene::{CardState, Chain, ControllerCard};
use crate::world::ObjectRef;

const CARD_HEIGHT: i32 = 52;
const LINE_GAP: i32 = 8;
const CARD_GAP: i32 = 12;
const ARROW: i32 = 26;
const ROOT_WIDTH: i32 = 190;
/// A CronJob says more: schedule, policy, next run.
const CRON_JOB_WIDTH: i32 = 232;
const LINK_WIDTH: i32 = 172;
const STUB_WIDTH: i32 = 34;
const STUB_GAP: i32 = 6;
const NOTE_WIDTH: i32 = 168;
const MORE_WIDTH: i32 = 40;
/// Growing chains above which they share lines in two columns.
const MAX_LONE_LINES: usize = 4;

/// One controller's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkPlan {
    /// The controller.
    pub object: ObjectRef,
    /// Where.
    pub rect: Rect,
    /// Only a mark: a finished Job.
    pub stub: bool,
}

/// One chain's places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainPlan {
    /// The root first, then what fits of its links.
    pub links: Vec<LinkPlan>,
    /// Arrows: each from the right edge of a card.
    pub arrows: Vec<Rect>,
    /// What it did not do.
    pub note: Option<Rect>,
    /// Links that there is no room for, and where to say so.
    pub more: Option<(Rect, usize)>,
}

const fn grows(chain: &Chain) -> bool {
    matches!(chain.root.object.kind, Kind::CronJob | Kind::Deployment)
}

const fn is_stub(card: &ControllerCard) -> bool {
    matches!(card.state, CardState::Complete | CardState::Failed)
}

/// Places for all chains in the order given, and the bottom of the band.
pub(super) fn lay_out(chains: &[Chain], band: Rect) -> (Vec<ChainPlan>, i32) {
    let mut plans: Vec<ChainPlan> = vec![ChainPlan::default(); chains.len()];
    let (mut x, mut y) = (0, band.y);
    // Those that stay as they are come first and share lines.
    for (chain, plan) in chains.iter().zip(&mut plans).filter(|(chain, _)| !grows(chain)) {
        let width = ROOT_WIDTH.min(band.w);
        if x > 0 && x + width > band.w {
            (x, y) = (0, y + CARD_HEIGHT + LINE_GAP);
        }
        *plan = place(chain, Rect { x: band.x + x, y, w: width, h: CARD_HEIGHT });
        x += width + CARD_GAP;
    }
    if x > 0 {
        y += CARD_HEIGHT + LINE_GAP;
    }
    let growing = chains.iter().filter(|chain| grows(chain)).count();
    let columns = if growing > MAX_LONE_LINES && band.w > 760 { 2 } else { 1 };
    let width = (band.w - (columns - 1) * CARD_GAP) / columns;
    let mut column = 0;
    for (chain, plan) in chains.iter().zip(&mut plans).filter(|(chain, _)| grows(chain)) {
        *plan = place(chain, Rect { x: band.x + column * (width + CARD_GAP), y, w: width, h: CARD_HEIGHT });
        column += 1;
        if column == columns {
            (column, y) = (0, y + CARD_HEIGHT + LINE_GAP);
        }
    }
    if column > 0 {
        y += CARD_HEIGHT + LINE_GAP;
    }
    (plans, y - LINE_GAP)
}

/// The places of one chain inside its line: the root, the finished Jobs as stubs, the running ones, the note.
fn place(chain: &Chain, line: Rect) -> ChainPlan {
    let mut plan = ChainPlan::default();
    let wide = if chain.root.object.kind == Kind::CronJob { CRON_JOB_WIDTH } else { ROOT_WIDTH };
    let root = Rect { w: wide.min(line.w), ..line };
    plan.links.push(LinkPlan { object: chain.root.object, rect: root, stub: false });
    let mut x = root.x + root.w;
    let end = line.x + line.w;
    let mut left_out = chain.more_links;
    let note = if chain.note.is_some() { CARD_GAP + NOTE_WIDTH } else { 0 };
    let (stubs, active): (Vec<_>, Vec<_>) = chain.links.iter().partition(|card| is_stub(card));
    let wanted_by_active = active.len() as i32 * (ARROW + LINK_WIDTH);
    let stubs_fit =
        x + CARD_GAP + stubs.len() as i32 * (STUB_WIDTH + STUB_GAP) + wanted_by_active.min(ARROW + LINK_WIDTH);
    if stubs_fit <= end {
        for card in &stubs {
            x += STUB_GAP;
            plan.links.push(LinkPlan {
                object: card.object,
                rect: Rect { x, y: line.y, w: STUB_WIDTH, h: CARD_HEIGHT },
                stub: true,
            });
            x += STUB_WIDTH;
        }
    } else {
        left_out += stubs.len();
    }
    let room = |x: i32, last: bool| if last { end - x } else { end - x - MORE_WIDTH };
    for (at, card) in active.iter().enumerate() {
        let last = at + 1 == active.len();
        let width = (room(x, last) - ARROW).min(LINK_WIDTH);
        if width < LINK_WIDTH * 2 / 3 {
            left_out += active.len() - at;
            break;
        }
        plan.arrows.push(Rect { x, y: line.y, w: ARROW, h: CARD_HEIGHT });
        let rect = Rect { x: x + ARROW, y: line.y, w: width, h: CARD_HEIGHT };
        plan.links.push(LinkPlan { object: card.object, rect, stub: false });
        x = rect.x + rect.w;
    }
    if left_out > 0 && x + MORE_WIDTH <= end {
        plan.more = Some((Rect { x: x + STUB_GAP, y: line.y, w: MORE_WIDTH - STUB_GAP, h: CARD_HEIGHT }, left_out));
        x += MORE_WIDTH;
    }
    if note > 0 && x + note <= end {
        plan.note = Some(Rect { x: end - NOTE_WIDTH, y: line.y, w: NOTE_WIDTH, h: CARD_HEIGHT });
    }
    plan
}
