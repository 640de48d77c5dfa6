//! The stage: controllers, the pending lane, node cards, and the Pods that move between them.

mod chain;
mod node;
mod pod;

use super::browser::{document, watch_size};
use super::engine::Picture;
use super::icons::{Icon, icon};
use super::page::{object_key, use_page};
use super::state::Action;
use crate::view::layout::Space;
use crate::world::ObjectRef;
use chain::ChainView;
use node::NodeView;
use pod::PodView;
pub use pod::look_text;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct StageProps {
    pub picture: Option<Picture>,
    pub selected: Option<ObjectRef>,
    /// How long a Pod's flight takes, in milliseconds.
    pub flight: u32,
    /// Told the size of the stage.
    pub sized: Callback<Space>,
}

/// The stage.
#[component]
pub fn Stage(props: &StageProps) -> Html {
    let page = use_page();
    let root = use_node_ref();
    use_size(&root, &props.sized);
    let Some(picture) = &props.picture else {
        return html! { <section class="stage" aria-label={page.lang.stage()}><div class="stage-view" ref={root}></div></section> };
    };
    let onkeydown = arrows(picture, &page.send);
    html! {
        <section class="stage" aria-label={page.lang.stage()} style={format!("--flight:{}ms", props.flight)}>
            <div class="stage-view" ref={root} {onkeydown}>
                { canvas(picture, props.selected) }
            </div>
        </section>
    }
}

/// Everything on the stage, each thing at its place.
fn canvas(picture: &Picture, selected: Option<ObjectRef>) -> Html {
    let (scene, plan) = (&picture.scene, &picture.plan);
    // One Pod can be reached by Tab: the selected one, or else the first; arrow keys go on from there.
    let entry = scene.pods.iter().position(|tile| Some(tile.object) == selected).unwrap_or(0);
    let level = format!("canvas {:?}", plan.level).to_lowercase();
    html! {
        <div class={level} style={format!("height:{}px", plan.height)}>
            { for (0..scene.chains.len()).map(|at| html! {
                <ChainView key={scene.chains[at].root.object.serial} scene={scene.clone()} plan={plan.clone()} {at} {selected} />
            }) }
            <Lane rect={plan.lane} waiting={scene.waiting} more={plan.lane_more} />
            { for (0..scene.nodes.len()).map(|at| html! {
                <NodeView key={scene.nodes[at].object.serial} scene={scene.clone()} plan={plan.clone()} {at} {selected} />
            }) }
            { for (0..scene.pods.len()).map(|at| html! {
                <PodView key={scene.pods[at].object.serial} scene={scene.clone()} plan={plan.clone()} {at} leaving=false
                    selected={Some(scene.pods[at].object) == selected} entry={at == entry} />
            }) }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct LaneProps {
    rect: crate::view::layout::Rect,
    waiting: usize,
    more: usize,
}

/// The lane of Pods without a node.
#[component]
fn Lane(props: &LaneProps) -> Html {
    let lang = use_page().lang;
    let r = props.rect;
    let label = if props.waiting > 0 { lang.pending_count(props.waiting) } else { lang.pending().to_string() };
    html! {
        <div class={classes!("lane", (props.waiting == 0).then_some("idle"))}
            style={format!("left:{}px;top:{}px;width:{}px;height:{}px", r.x, r.y, r.w, r.h)}>
            <span class="lane-label">{ label }</span>
            if props.waiting == 0 {
                <span class="lane-idle">{ lang.nobody_waits() }</span>
            }
            <span class="spring"></span>
            if props.more > 0 {
                <span class="lane-more">{ lang.more(props.more) }</span>
            }
            <button class="button small" data-menu="cluster" aria-haspopup="menu">
                { icon(Icon::Plus) }{ lang.add_node() }
            </button>
        </div>
    }
}

/// Tells the size of the stage whenever it changes.
#[hook]
fn use_size(root: &NodeRef, sized: &Callback<Space>) {
    let (root, sized) = (root.clone(), sized.clone());
    use_effect_with((), move |()| {
        let changed = Closure::<dyn FnMut(f64, f64)>::new(move |width: f64, height: f64| {
            sized.emit(Space { width: width as i32, height: height as i32 });
        });
        let stop = root.cast::<Element>().map(|element| watch_size(&element, &changed));
        move || {
            if let Some(stop) = stop {
                drop(stop.call0(&wasm_bindgen::JsValue::NULL));
            }
            drop(changed);
        }
    });
}

/// Arrow keys go from Pod to Pod.
fn arrows(picture: &Picture, send: &Callback<Action>) -> Callback<KeyboardEvent> {
    let (scene, plan, send) = (picture.scene.clone(), picture.plan.clone(), send.clone());
    Callback::from(move |event: KeyboardEvent| {
        let (right, down) = match event.key().as_str() {
            "ArrowLeft" => (-1, 0),
            "ArrowRight" => (1, 0),
            "ArrowUp" => (0, -1),
            "ArrowDown" => (0, 1),
            _ => return,
        };
        let focused = document().and_then(|document| document.active_element());
        let key = focused.and_then(|element| element.get_attribute("data-object"));
        let from = scene.pods.iter().position(|tile| key.as_deref() == Some(&object_key(tile.object)));
        let Some(next) = from.and_then(|from| plan.neighbour(from, right, down)) else { return };
        event.prevent_default();
        event.stop_propagation();
        let object = scene.pods[next].object;
        send.emit(Action::Select(Some(object)));
        focus(object);
    })
}

/// Puts the focus on an object's element.
pub fn focus(object: ObjectRef) {
    let selector = format!("[data-object=\"{}\"]", object_key(object));
    let found = document().and_then(|document| document.query_selector(&selector).ok().flatten());
    if let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        drop(element.focus());
    }
}
