//! The grid of node cards: how dense, how many columns, what stands where inside a card.

use super::{Rect, Seating, TileSize};
use crate::view::scene::Scene;

/// How densely nodes are drawn, from roomy to dense.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Labels, bars with numbers, Pods by name.
    #[default]
    Full,
    /// Labels, bars, Pods by kind.
    Compact,
    /// Bars, Pods by phase.
    Mini,
    /// Pods as dots.
    Dots,
}

/// The measures of a level, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measures {
    /// The level.
    pub level: Level,
    /// The least width of a card.
    pub min_card: i32,
    /// Space around the card's content.
    pub padding: i32,
    /// From the card's top to its Pods.
    pub head: i32,
    /// From the end of its Pods to the card's bottom.
    pub foot: i32,
    /// A tile on a node: the least width, the height.
    pub tile: (i32, i32),
    /// A tile in the pending lane.
    pub lane_tile: (i32, i32),
    /// A mark on the shelf.
    pub shelf: i32,
    /// Between tiles.
    pub gap: i32,
}

const LEVELS: [Measures; 4] = [
    Measures {
        level: Level::Full,
        min_card: 212,
        padding: 12,
        head: 118,
        foot: 60,
        tile: (62, 52),
        lane_tile: (72, 40),
        shelf: 22,
        gap: 8,
    },
    Measures {
        level: Level::Compact,
        min_card: 150,
        padding: 10,
        head: 72,
        foot: 38,
        tile: (34, 30),
        lane_tile: (44, 34),
        shelf: 16,
        gap: 6,
    },
    Measures {
        level: Level::Mini,
        min_card: 104,
        padding: 8,
        head: 44,
        foot: 24,
        tile: (16, 16),
        lane_tile: (20, 20),
        shelf: 12,
        gap: 4,
    },
    Measures {
        level: Level::Dots,
        min_card: 84,
        padding: 8,
        head: 36,
        foot: 16,
        tile: (8, 8),
        lane_tile: (10, 10),
        shelf: 8,
        gap: 3,
    },
];

const CARD_GAP: i32 = 14;
/// A tile on a node grows to this much of its least width, in percent.
const MAX_TILE_STRETCH_PERCENT: i32 = 150;
/// Rows of tiles that a card has room for even when nobody needs them, so that newcomers change nothing.
const SPARE_ROWS: usize = 2;
/// Rows up to which a card grows into free space.
const MAX_IDLE_ROWS: usize = 4;
/// Nodes above which a row of full cards stops being readable.
const MAX_COLUMNS: i32 = 12;

impl Measures {
    /// How Pods on nodes are drawn.
    pub const fn tile_size(&self) -> TileSize {
        match self.level {
            Level::Full => TileSize::Full,
            Level::Compact => TileSize::Compact,
            Level::Mini => TileSize::Mini,
            Level::Dots => TileSize::Dot,
        }
    }

    const fn per_row(&self, card_width: i32) -> i32 {
        let inner = card_width - 2 * self.padding;
        let count = (inner + self.gap) / (self.tile.0 + self.gap);
        if count < 1 { 1 } else { count }
    }

    /// The seat of that number on a card.
    pub(super) fn seat(&self, card: Rect, seat: usize) -> Option<Rect> {
        let per_row = self.per_row(card.w);
        let inner = card.w - 2 * self.padding;
        let most = self.tile.0 * MAX_TILE_STRETCH_PERCENT / 100;
        let width = ((inner - (per_row - 1) * self.gap) / per_row).min(most);
        let (column, row) = (seat as i32 % per_row, seat as i32 / per_row);
        let (x, y) =
            (card.x + self.padding + column * (width + self.gap), card.y + self.head + row * (self.tile.1 + self.gap));
        (y + self.tile.1 <= card.y + card.h - self.foot + self.gap).then_some(Rect { x, y, w: width, h: self.tile.1 })
    }

    /// The place on the shelf for the `place`-th of `of` ended Pods; the newest ones fit.
    pub(super) fn shelf(&self, card: Rect, place: usize, of: usize) -> Option<Rect> {
        let step = self.shelf + if self.level == Level::Full { 5 } else { 3 };
        let label = if self.level == Level::Full { 62 } else { 0 };
        let more = 26;
        let room = ((card.w - 2 * self.padding - label - more) / step).max(0) as usize;
        let place = place.checked_sub(of.saturating_sub(room))?;
        let x = card.x + self.padding + label + place as i32 * step;
        let y = card.y + card.h - self.foot + 8;
        Some(Rect { x, y, w: self.shelf, h: self.shelf })
    }
}

/// A chosen grid.
pub(super) struct Grid {
    pub measures: Measures,
    columns: i32,
    card: (i32, i32),
}

impl Grid {
    fn new(measures: Measures, nodes: usize, seats: usize, width: i32, left: i32) -> Grid {
        let nodes = nodes.max(1) as i32;
        let fitting = ((width + CARD_GAP) / (measures.min_card + CARD_GAP)).clamp(1, MAX_COLUMNS);
        // The same number of lines with as even columns as possible: 4 nodes on 3 columns become 2 and 2.
        let lines = (nodes + fitting - 1) / fitting;
        let columns = (nodes + lines - 1) / lines;
        let card_width = ((width - (columns - 1) * CARD_GAP) / columns).min(measures.min_card * 5 / 2);
        let per_row = measures.per_row(card_width);
        let needed = seats.div_ceil(per_row as usize);
        let height = |rows: usize| measures.head + measures.foot + rows as i32 * (measures.tile.1 + measures.gap);
        let mut rows = needed.max(SPARE_ROWS);
        while rows < MAX_IDLE_ROWS && lines * (height(rows + 1) + CARD_GAP) - CARD_GAP <= left {
            rows += 1;
        }
        Grid { measures, columns, card: (card_width, height(rows)) }
    }

    fn height(&self, nodes: usize) -> i32 {
        let lines = (nodes.max(1) as i32 + self.columns - 1) / self.columns;
        lines * (self.card.1 + CARD_GAP) - CARD_GAP
    }

    pub(super) fn cards(&self, nodes: usize, x: i32, y: i32) -> Vec<Rect> {
        let place = |at: i32| Rect {
            x: x + at % self.columns * (self.card.0 + CARD_GAP),
            y: y + at / self.columns * (self.card.1 + CARD_GAP),
            w: self.card.0,
            h: self.card.1,
        };
        (0..nodes as i32).map(place).collect()
    }
}

/// The roomiest grid that is visible without scrolling; the level in use is left only when it no longer fits, or when the
/// roomier one leaves space to spare.
pub(super) fn choose(scene: &Scene, seating: &mut Seating, width: i32, left: impl Fn(i32) -> i32) -> Grid {
    let (nodes, seats) = (scene.nodes.len(), seating.most_seats());
    let grid = |measures: &Measures| {
        let left = left(measures.lane_tile.1 + 12);
        let grid = Grid::new(*measures, nodes, seats, width, left);
        let spare = left - grid.height(nodes);
        (grid, spare)
    };
    // A card's worth of pixels may be scrolled to before names are given up: names matter more than a short scroll.
    const WORTH_SCROLLING: i32 = 220;
    let mut chosen = None;
    for measures in &LEVELS {
        let roomier = seating.level.is_some_and(|level| measures.level < level);
        let (candidate, spare) = grid(measures);
        if spare >= if roomier { 0 } else { -WORTH_SCROLLING } {
            chosen = Some(candidate);
            break;
        }
    }
    let chosen = chosen.unwrap_or_else(|| grid(&LEVELS[LEVELS.len() - 1]).0);
    seating.level = Some(chosen.measures.level);
    chosen
}
