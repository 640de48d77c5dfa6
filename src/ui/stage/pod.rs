//! One Pod's tile.

use crate::api::Kind;
use crate::i18n::Lang;
use crate::ui::page::{object_key, use_page};
use crate::view::layout::{Plan, Spot, TileSize};
use crate::view::names::beside;
use crate::view::scene::{Look, Place, PodTile, Scene, glyph};
use std::rc::Rc;
use yew::prelude::*;

/// The width of a letter of a tile's name, in tenths of a pixel.
const LETTER_WIDTH_TENTHS: i32 = 63;

#[derive(Properties)]
pub struct PodProps {
    pub scene: Rc<Scene>,
    pub plan: Rc<Plan>,
    pub at: usize,
    pub selected: bool,
    /// Whether Tab leads here.
    pub entry: bool,
    /// Whether it is gone and only fades.
    pub leaving: bool,
}

impl PodProps {
    fn parts(&self) -> Option<(&PodTile, &Spot)> {
        Some((self.scene.pods.get(self.at)?, self.plan.pods.get(self.at)?))
    }
}

// A new scene is a new allocation each time; what counts is whether this tile differs.
impl PartialEq for PodProps {
    fn eq(&self, other: &PodProps) -> bool {
        (self.selected, self.entry, self.leaving) == (other.selected, other.entry, other.leaving)
            && self.parts() == other.parts()
    }
}

/// One Pod's tile.
#[component]
pub fn PodView(props: &PodProps) -> Html {
    let page = use_page();
    let Some((tile, spot)) = props.parts() else { return Html::default() };
    let size = match spot.size {
        TileSize::Full => "full",
        TileSize::Compact => "compact",
        TileSize::Mini => "mini",
        TileSize::Dot => "dot",
        TileSize::Shelf => "shelf",
    };
    let class = classes!(
        "pod",
        size,
        tile.look.class(),
        props.selected.then_some("selected"),
        spot.hidden.then_some("hidden"),
        props.leaving.then_some("leaving"),
    );
    let r = spot.rect;
    let style = format!(
        "--x:{}px;--y:{}px;--fx:{}px;--fy:{}px;width:{}px;height:{}px",
        r.x, r.y, spot.from.0, spot.from.1, r.w, r.h
    );
    let label = pod_label(page.lang, tile, &props.scene);
    let bar = tile.run.and_then(|(from, to)| Some((page.millis(from), page.millis(to?))));
    html! {
        <button {class} {style} data-object={object_key(tile.object)} title={label.clone()}
            tabindex={if props.entry { "0" } else { "-1" }}>
            <span class="sr">{ label }</span>
            if matches!(spot.size, TileSize::Full | TileSize::Compact) {
                <span class="pod-kind" aria-hidden="true">{ owner_glyph(tile) }</span>
            }
            if spot.size == TileSize::Full {
                { corner(tile, &page) }
                <span class="pod-name" aria-hidden="true">{ short_name(tile, r.w) }</span>
            } else {
                <span class="mark"></span>
            }
            if let Some((from, to)) = bar {
                <span class="pod-bar"><i data-live="bar" data-from={from} data-to={to}></i></span>
            } else if tile.look == Look::Running && spot.size == TileSize::Full {
                <span class="pod-bar steady"></span>
            }
        </button>
    }
}

/// What stands in a tile's top right corner: a countdown, the restarts, the mark of its phase.
fn corner(tile: &PodTile, page: &crate::ui::page::Page) -> Html {
    let restarts =
        (tile.restarts > 0).then(|| html! { <span class="pod-restarts">{ format!("×{}", tile.restarts) }</span> });
    let countdown = tile.countdown.map(|countdown| {
        html! { <span class="pod-rest" data-live="rest" data-to={page.millis(countdown.at)}></span> }
    });
    html! {
        <span class="pod-corner" aria-hidden="true">
            { restarts.unwrap_or_default() }
            { countdown.unwrap_or_default() }
            <span class="mark"></span>
        </span>
    }
}

fn owner_glyph(tile: &PodTile) -> &'static str {
    let kind = tile.owner.as_ref().map(|(kind, _)| Kind::parse(kind));
    kind.map_or("Pod", |kind| kind.map_or("?", glyph))
}

fn short_name(tile: &PodTile, width: i32) -> String {
    let room = ((width - 12) * 10 / LETTER_WIDTH_TENTHS).max(5) as usize;
    beside(&tile.name, tile.owner.as_ref().map_or("", |(_, name)| name), room)
}

/// The words for a look.
pub fn look_text(lang: Lang, look: Look) -> &'static str {
    match look {
        Look::Waiting => lang.look_waiting(),
        Look::Creating => lang.look_creating(),
        Look::Unready => lang.look_unready(),
        Look::Running => lang.look_running(),
        Look::BackOff => lang.look_backoff(),
        Look::Succeeded => lang.look_succeeded(),
        Look::Failed => lang.look_failed(),
        Look::Terminating => lang.look_terminating(),
        Look::Lost => lang.look_lost(),
    }
}

/// Everything a tile shows, in words.
fn pod_label(lang: Lang, tile: &PodTile, scene: &Scene) -> String {
    let node_name = |serial: u32| {
        scene.nodes.iter().find(|node| node.object.serial == serial).map_or("", |node| node.name.as_str())
    };
    let mut parts = vec![format!("Pod {}", tile.name), look_text(lang, tile.look).to_string()];
    match tile.place {
        Place::Node(node) => parts.push(lang.on_node(node_name(node))),
        Place::Shelf(node) => parts.push(lang.on_shelf(node_name(node))),
        Place::Pending | Place::Adrift => {}
    }
    if !tile.reason.is_empty() && tile.reason != "Completed" {
        let code = tile.exit_code.map(|code| format!(" ({code})")).unwrap_or_default();
        parts.push(format!("{}{code}", tile.reason));
    }
    match tile.restarts {
        0 => {}
        1 => parts.push(lang.restarts_one().to_string()),
        n => parts.push(lang.restarts(n)),
    }
    if tile.irreplaceable {
        parts.push(lang.no_controller().to_string());
    }
    parts.join(", ")
}
