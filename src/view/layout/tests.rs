//! What a layout promises.

use super::*;
use crate::view::fixture::{ARTICLE, pass, scene, timeline};

const DESKTOP: Space = Space { width: 740, height: 542 };

fn overlap(a: Rect, b: Rect) -> bool {
    a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}

/// Every rectangle that something solid stands in, Pods aside.
fn furniture(plan: &Plan) -> Vec<Rect> {
    let chains = plan.chains.iter().flat_map(|chain| {
        let links = chain.links.iter().map(|link| link.rect);
        links.chain(chain.note).chain(chain.more.map(|(rect, _)| rect))
    });
    chains.chain([plan.lane]).chain(plan.nodes.iter().copied()).collect()
}

fn assert_tidy(plan: &Plan) {
    let furniture = furniture(plan);
    for (at, a) in furniture.iter().enumerate() {
        assert!(a.x >= 0 && a.x + a.w <= plan.width, "{a:?} sticks out of {}", plan.width);
        assert!(a.y + a.h <= plan.height, "{a:?} is below {}", plan.height);
        furniture[at + 1..].iter().for_each(|b| assert!(!overlap(*a, *b), "{a:?} covers {b:?}"));
    }
    let shown: Vec<Rect> = plan.pods.iter().filter(|spot| !spot.hidden).map(|spot| spot.rect).collect();
    for (at, a) in shown.iter().enumerate() {
        shown[at + 1..].iter().for_each(|b| assert!(!overlap(*a, *b), "Pods {a:?} and {b:?} overlap"));
    }
}

#[test]
fn the_article_fits_a_laptop_without_scrolling_with_names_on_its_pods() {
    let mut timeline = timeline(ARTICLE, 5);
    let plan = Plan::of(&scene(&mut timeline), DESKTOP, &mut Seating::default());
    assert_tidy(&plan);
    assert_eq!(plan.level, Level::Full);
    assert!(plan.height <= DESKTOP.height, "{} of {}", plan.height, DESKTOP.height);
}

#[test]
fn nothing_that_stays_moves_while_pods_come_and_go() {
    let mut timeline = timeline(ARTICLE, 1);
    let mut seating = Seating::default();
    let mut before: Option<(Scene, Plan)> = None;
    for _ in 0..240 {
        pass(&mut timeline, 1);
        let scene = scene(&mut timeline);
        let plan = Plan::of(&scene, DESKTOP, &mut seating);
        assert_tidy(&plan);
        if let Some((old_scene, old_plan)) = &before {
            assert_eq!(old_plan.nodes, plan.nodes, "node cards stay");
            for (tile, spot) in scene.pods.iter().zip(&plan.pods) {
                let old = old_scene.pods.iter().zip(&old_plan.pods).find(|(old, _)| old.object == tile.object);
                if let Some((old, old_spot)) = old
                    && old.place == tile.place
                    && !matches!(tile.place, Place::Shelf(_))
                {
                    assert_eq!(old_spot.rect, spot.rect, "{} keeps its seat", tile.name);
                }
            }
        }
        before = Some((scene, plan));
    }
}

#[test]
fn every_pod_is_drawn_in_its_node_and_every_cluster_is_tidy() {
    for (nodes, replicas) in [(1, 3), (4, 40), (12, 100), (50, 700), (1, 0)] {
        let mut text = String::new();
        for number in 1..=nodes {
            text += &format!("apiVersion: v1\nkind: Node\nmetadata: {{name: node-{number}}}\n---\n");
        }
        text += &format!(
            "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {{name: web}}\nspec:\n  replicas: {replicas}\n  \
             selector: {{matchLabels: {{a: b}}}}\n  template:\n    metadata: {{labels: {{a: b}}}}\n    \
             spec: {{containers: [{{name: c, image: nginx}}]}}\n"
        );
        let scene = scene(&mut timeline(&text, 3));
        for width in [358, 740, 1_600] {
            let plan = Plan::of(&scene, Space { width, height: 560 }, &mut Seating::default());
            assert_tidy(&plan);
            assert_eq!(plan.pods.iter().filter(|spot| spot.hidden).count(), 0, "{nodes} nodes, {width} px");
            for (tile, spot) in scene.pods.iter().zip(&plan.pods) {
                let Place::Node(home) = tile.place else { continue };
                let at = scene.nodes.iter().position(|node| node.object.serial == home).expect("its node");
                let card = plan.nodes[at];
                assert!(
                    overlap(card, spot.rect) && spot.rect.x >= card.x && spot.rect.x + spot.rect.w <= card.x + card.w
                );
            }
        }
    }
}

#[test]
fn arrow_keys_walk_along_rows_before_they_leave_them() {
    let spot =
        |x: i32, y: i32| Spot { rect: Rect { x, y, w: 10, h: 10 }, size: TileSize::Mini, from: (0, 0), hidden: false };
    let plan = Plan { pods: vec![spot(0, 0), spot(40, 0), spot(15, 15), spot(0, 30)], ..Plan::default() };
    assert_eq!(plan.neighbour(0, 1, 0), Some(1), "straight ahead rather than nearer but off the row");
    assert_eq!(plan.neighbour(0, 0, 1), Some(3));
    assert_eq!(plan.neighbour(0, -1, 0), None);
}
