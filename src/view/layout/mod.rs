//! Where everything stands, in whole CSS pixels from the top left of the stage.
//!
//! A layout must not jump: a Pod keeps its seat on its node while others come and go ([`Seating`]), all node cards have
//! one height, and a chain of controllers that grows and shrinks has a line of its own.

mod chains;
mod grid;
mod seating;
#[cfg(test)]
mod tests;

pub use chains::{ChainPlan, LinkPlan};
pub use grid::{Level, Measures};
pub use seating::Seating;

use super::scene::{Place, Scene};
use std::collections::BTreeMap;

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rect {
    /// Left.
    pub x: i32,
    /// Top.
    pub y: i32,
    /// Width.
    pub w: i32,
    /// Height.
    pub h: i32,
}

impl Rect {
    /// The middle.
    pub const fn centre(self) -> (i32, i32) {
        (self.x + self.w / 2, self.y + self.h / 2)
    }
}

/// How a Pod's tile is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TileSize {
    /// With name, mark and progress.
    Full,
    /// With kind and mark.
    Compact,
    /// With a mark.
    Mini,
    /// A coloured shape.
    Dot,
    /// On the shelf: a mark.
    Shelf,
}

/// The spot of one Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Where.
    pub rect: Rect,
    /// How it is drawn.
    pub size: TileSize,
    /// Where it flies in from when it is new.
    pub from: (i32, i32),
    /// There is no room for it; the count beside stands for it.
    pub hidden: bool,
}

/// A whole layout. Nodes and Pods are in the order of the scene.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
    /// How densely nodes are drawn.
    pub level: Level,
    /// The controllers.
    pub chains: Vec<ChainPlan>,
    /// The lane of Pods without a node.
    pub lane: Rect,
    /// Pods in the lane that there is no room for.
    pub lane_more: usize,
    /// The node cards.
    pub nodes: Vec<Rect>,
    /// Ended Pods for which a shelf has no room, by the node's serial number.
    pub shelf_more: BTreeMap<u32, usize>,
    /// The Pods.
    pub pods: Vec<Spot>,
}

/// The space there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// The width of the stage.
    pub width: i32,
    /// The height that is visible without scrolling.
    pub height: i32,
}

/// The distance from the stage's edges, and between its bands.
pub const MARGIN: i32 = 16;
const BAND_GAP: i32 = 12;
const LANE_LABEL_WIDTH: i32 = 118;
/// Room at the end of the lane for the count of those left out and the button that adds a node.
const LANE_END_WIDTH: i32 = 172;
const LANE_PADDING: i32 = 6;

impl Plan {
    /// Lays out a scene, keeping to the seats that `seating` remembers.
    pub fn of(scene: &Scene, space: Space, seating: &mut Seating) -> Plan {
        seating.update(scene);
        let width = space.width.max(200);
        let inner = width - 2 * MARGIN;
        let (chains, chains_bottom) = chains::lay_out(&scene.chains, Rect { x: MARGIN, y: MARGIN, w: inner, h: 0 });
        let lane_y = if scene.chains.is_empty() { MARGIN } else { chains_bottom + BAND_GAP };
        let bottom = MARGIN;
        let left = |lane_h: i32| space.height - lane_y - lane_h - BAND_GAP - bottom;
        let grid = grid::choose(scene, seating, inner, left);
        let m = grid.measures;
        let lane = Rect { x: MARGIN, y: lane_y, w: inner, h: m.lane_tile.1 + 2 * LANE_PADDING };
        let nodes_y = lane.y + lane.h + BAND_GAP;
        let nodes = grid.cards(scene.nodes.len(), MARGIN, nodes_y);
        let nodes_bottom = nodes.last().map_or(nodes_y, |card| card.y + card.h);
        let mut plan =
            Plan { width, height: nodes_bottom + bottom, level: m.level, chains, lane, nodes, ..Plan::default() };
        plan.place_pods(scene, seating, m);
        plan
    }

    fn place_pods(&mut self, scene: &Scene, seating: &Seating, m: Measures) {
        let cards: BTreeMap<u32, Rect> =
            scene.nodes.iter().zip(&self.nodes).map(|(node, rect)| (node.object.serial, *rect)).collect();
        let mut births: BTreeMap<u32, (i32, i32)> = BTreeMap::new();
        for link in self.chains.iter().flat_map(|chain| &chain.links) {
            births.insert(link.object.serial, link.rect.centre());
        }
        let nowhere = (-80, self.lane.y + self.lane.h / 2);
        let tile = (m.lane_tile.0, m.lane_tile.1);
        for pod in &scene.pods {
            let serial = pod.object.serial;
            let from = pod.parent.and_then(|parent| births.get(&parent.serial)).copied();
            let (rect, size) = match pod.place {
                Place::Node(node) => {
                    let seat = seating.seat(node, serial);
                    (cards.get(&node).zip(seat).and_then(|(card, seat)| m.seat(*card, seat)), m.tile_size())
                }
                Place::Shelf(node) => {
                    let seat = cards.get(&node).zip(seating.shelf_place(node, serial));
                    let rect = seat.and_then(|(card, (place, of))| m.shelf(*card, place, of));
                    if rect.is_none() {
                        *self.shelf_more.entry(node).or_default() += 1;
                    }
                    (rect, TileSize::Shelf)
                }
                Place::Pending | Place::Adrift => {
                    let rect = seating.lane_place(serial).and_then(|place| lane_seat(self.lane, tile, m.gap, place));
                    self.lane_more += usize::from(rect.is_none());
                    (rect, m.tile_size())
                }
            };
            let from = from.unwrap_or(nowhere);
            let hidden = rect.is_none();
            let rect = rect.unwrap_or(match pod.place {
                Place::Node(node) | Place::Shelf(node) => cards.get(&node).copied().unwrap_or_default(),
                Place::Pending | Place::Adrift => self.lane,
            });
            self.pods.push(Spot { rect, size, from: (from.0 - rect.w / 2, from.1 - rect.h / 2), hidden });
        }
    }

    /// The Pod next to that one in a direction (unit steps right and down), by the distance of centres; for arrow keys.
    pub fn neighbour(&self, of: usize, right: i32, down: i32) -> Option<usize> {
        let (x, y) = self.pods.get(of)?.rect.centre();
        let reach = |spot: &Spot| {
            let (to_x, to_y) = spot.rect.centre();
            let (dx, dy) = (to_x - x, to_y - y);
            let (along, across) = (dx * right + dy * down, (dx * down).abs() + (dy * right).abs());
            // Straight ahead counts for more than near: a row is walked along before it is left.
            (along > 0).then_some(along + 3 * across)
        };
        let spots = self.pods.iter().enumerate().filter(|(at, spot)| *at != of && !spot.hidden);
        spots.filter_map(|(at, spot)| reach(spot).map(|cost| (cost, at))).min().map(|(_, at)| at)
    }
}

fn lane_seat(lane: Rect, tile: (i32, i32), gap: i32, place: usize) -> Option<Rect> {
    let x = lane.x + LANE_LABEL_WIDTH + place as i32 * (tile.0 + gap);
    let fits = x + tile.0 <= lane.x + lane.w - LANE_END_WIDTH;
    fits.then_some(Rect { x, y: lane.y + LANE_PADDING, w: tile.0, h: tile.1 })
}
