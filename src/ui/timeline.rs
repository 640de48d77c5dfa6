//! The timeline: what happened, now, and what will. Drawn once for a while and then only shifted: the two layers, solid
//! and dashed, are cut at the present by [`super::live`].

use super::browser::watch_size;
use super::engine::Picture;
use super::icons::{Icon, icon};
use super::page::{Page, object_key, use_page};
use super::state::Action;
use crate::i18n::Lang;
use crate::time::SimDuration;
use crate::view::gantt::{BarView, LaneKind, LaneView, MarkKind, MarkView, ticks};
use crate::view::names::{beside, tail};
use crate::view::scene::glyph;
use crate::world::ObjectRef;
use wasm_bindgen::prelude::Closure;
use web_sys::Element;
use yew::prelude::*;

/// Bars narrower than this carry no name.
const LEAST_NAMED_PX: f64 = 30.0;
/// The width of a letter of a bar's name.
const LETTER_PX: f64 = 6.4;
/// How far past the present the solid layer is drawn, so that it need not be drawn anew with every frame.
const AHEAD_PX: f64 = 24.0;

#[derive(Properties, PartialEq)]
pub struct TimelineProps {
    pub picture: Option<Picture>,
    pub selected: Option<ObjectRef>,
    pub following: bool,
    /// Told the width of the plot.
    pub sized: Callback<i32>,
    /// Told of a drag on the plot: how far from its left edge.
    pub scrub: Callback<f64>,
    /// Told of a turn of the wheel: by how many pixels to shift, or 0 and by how much to zoom.
    pub wheel: Callback<(f64, f64)>,
}

/// The timeline.
#[component]
pub fn Timeline(props: &TimelineProps) -> Html {
    let page = use_page();
    let plot = use_node_ref();
    use_width(&plot, &props.sized);
    let empty = Vec::new();
    let lanes = props.picture.as_ref().map_or(&empty, |picture| &picture.lanes);
    let shown: Vec<&LaneView> =
        lanes.iter().filter(|lane| lane.kind != LaneKind::Nodes || !lane.bars.is_empty()).collect();
    html! {
        <section class="timeline" aria-label={page.lang.timeline()}>
            <div class="timeline-tools">
                <button class="button square small" onclick={page.on(Action::Zoom(false))} aria-label={page.lang.zoom_out()}
                    title={page.lang.zoom_out()}>{ icon(Icon::Minus) }</button>
                <button class="button square small" onclick={page.on(Action::Zoom(true))} aria-label={page.lang.zoom_in()}
                    title={page.lang.zoom_in()}>{ icon(Icon::Plus) }</button>
                <button class="button square small" aria-pressed={props.following.to_string()}
                    onclick={page.on(Action::Pan(None))} aria-label={page.lang.follow()}
                    title={page.lang.follow()}>{ icon(Icon::Follow) }</button>
            </div>
            <div class="timeline-body">
                <div class="lane-labels">
                    <div class="axis-pad"></div>
                    { for shown.iter().map(|lane| label(lane, page.lang)) }
                </div>
                <Plot picture={props.picture.clone()} selected={props.selected} plot={plot} scrub={props.scrub.clone()}
                    wheel={props.wheel.clone()} />
            </div>
        </section>
    }
}

fn label(lane: &LaneView, lang: Lang) -> Html {
    let style = format!("height:{}px", lane.height);
    let (kind, title) = match lane.kind {
        LaneKind::Ticks => (glyph(lane.root.kind), lane.title.to_string()),
        LaneKind::Jobs if lane.root.kind == crate::api::Kind::Job => (glyph(lane.root.kind), lane.title.to_string()),
        LaneKind::Jobs => ("", lang.lane_jobs().to_string()),
        LaneKind::Pods if matches!(lane.root.kind, crate::api::Kind::CronJob | crate::api::Kind::Job) => {
            ("", lang.lane_pods().to_string())
        }
        LaneKind::Pods => (glyph(lane.root.kind), lane.title.to_string()),
        LaneKind::Bare => ("", lang.lane_bare().to_string()),
        LaneKind::Nodes => ("N", lang.lane_nodes().to_string()),
    };
    let sub = kind.is_empty() && lane.kind != LaneKind::Bare;
    html! {
        <div key={format!("{:?}", lane.key)} class={classes!("lane-name", sub.then_some("sub"))} {style} title={title.clone()}>
            if !kind.is_empty() {
                <b class="kind">{ kind }</b>
            }
            <span>{ tail(&title, 20) }</span>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct PlotProps {
    picture: Option<Picture>,
    selected: Option<ObjectRef>,
    plot: NodeRef,
    scrub: Callback<f64>,
    wheel: Callback<(f64, f64)>,
}

#[component]
fn Plot(props: &PlotProps) -> Html {
    let page = use_page();
    let dragging = use_mut_ref(|| false);
    let at = {
        let plot = props.plot.clone();
        move |event: &PointerEvent| {
            let left = plot.cast::<Element>().map_or(0.0, |plot| plot.get_bounding_client_rect().left());
            f64::from(event.client_x()) - left
        }
    };
    let onpointerdown = {
        let (at, scrub, dragging, plot) = (at.clone(), props.scrub.clone(), dragging.clone(), props.plot.clone());
        Callback::from(move |event: PointerEvent| {
            let target = event.target_dyn_into::<Element>();
            let on_piece = target.is_some_and(|element| element.closest("[data-object]").ok().flatten().is_some());
            if event.button() != 0 || on_piece {
                return;
            }
            if let Some(plot) = plot.cast::<Element>() {
                drop(plot.set_pointer_capture(event.pointer_id()));
            }
            *dragging.borrow_mut() = true;
            scrub.emit(at(&event));
        })
    };
    let onpointermove = {
        let (scrub, dragging) = (props.scrub.clone(), dragging.clone());
        Callback::from(move |event: PointerEvent| {
            if *dragging.borrow() {
                scrub.emit(at(&event));
            }
        })
    };
    let release = Callback::from(move |_: PointerEvent| *dragging.borrow_mut() = false);
    let onwheel = {
        let wheel = props.wheel.clone();
        Callback::from(move |event: WheelEvent| {
            if event.ctrl_key() {
                event.prevent_default();
                wheel.emit((0.0, event.delta_y()));
            } else if event.delta_x() != 0.0 || event.shift_key() {
                event.prevent_default();
                wheel.emit((event.delta_x() + if event.shift_key() { event.delta_y() } else { 0.0 }, 0.0));
            }
        })
    };
    let now = props.picture.as_ref().map(|picture| picture.now);
    html! {
        <div class="plot" ref={props.plot.clone()} {onpointerdown} {onpointermove} onpointerup={release.clone()}
            onpointercancel={release} {onwheel} role="slider" tabindex="0" aria-label={page.lang.timeline_scrub()}
            aria-valuemin="0" aria-valuemax={props.picture.as_ref().map(|p| (p.known_until - p.start).seconds().max(0).to_string())}
            aria-valuenow={props.picture.as_ref().map(|p| (p.now - p.start).seconds().to_string())}
            aria-valuetext={now.map(|now| now.clock_text())}>
            if let Some(picture) = &props.picture {
                { layers(picture, props.selected, &page) }
            }
        </div>
    }
}

fn layers(picture: &Picture, selected: Option<ObjectRef>, page: &Page) -> Html {
    let labels = ticks(picture.window);
    let lanes: Vec<&LaneView> =
        picture.lanes.iter().filter(|lane| lane.kind != LaneKind::Nodes || !lane.bars.is_empty()).collect();
    let height: i32 = lanes.iter().map(|lane| lane.height).sum();
    let now_x = picture.window.x(picture.now);
    let known_x = picture.window.x(picture.known_until);
    let layered = |lanes: &[&LaneView], range: (f64, f64), spans_before: f64| -> Vec<Html> {
        let one = |y: &mut i32, lane: &&LaneView| Some(layer(lane, y, range, spans_before, selected, page.lang));
        lanes.iter().scan(0, one).collect()
    };
    let grid = format!("height:{height}px");
    let ahead = AHEAD_PX.max(picture.window.scale * picture.pace * 0.2);
    html! {
        <>
            <div class="axis"><div class="plot-scroll">
                { for labels.iter().map(|(at, x, label)| html! {
                    <span key={at.unix_seconds()} class="tick" style={format!("left:{x:.1}px")}>{ label }</span>
                }) }
            </div></div>
            <div class="lanes" style={grid}>
                <div class="plot-scroll">
                    { for labels.iter().map(|(at, x, _)| html! {
                        <i key={at.unix_seconds()} class="grid" style={format!("left:{x:.1}px")}></i>
                    }) }
                    { for stripes(&lanes) }
                </div>
                <div class="plot-past"><div class="plot-scroll">
                    { for layered(&lanes, (f64::MIN, now_x + ahead), now_x) }
                </div></div>
                <div class="plot-future"><div class="plot-scroll">
                    <i class="unknown" style={format!("left:{known_x:.0}px")}></i>
                    { for layered(&lanes, (now_x - ahead, f64::MAX), now_x + ahead) }
                </div></div>
            </div>
            <div class="plot-now"><span class="now-label">{ page.lang.now() }</span></div>
        </>
    }
}

fn stripes(lanes: &[&LaneView]) -> Vec<Html> {
    let mut y = 0;
    let mut stripes = Vec::new();
    for lane in lanes {
        let style = format!("top:{y}px;height:{}px", lane.height);
        stripes.push(html! { <i key={format!("{:?}", lane.key)} class="stripe" {style}></i> });
        y += lane.height;
    }
    stripes
}

/// One lane's bars and marks between two places.
fn layer(
    lane: &LaneView,
    y: &mut i32,
    (from, to): (f64, f64),
    spans_before: f64,
    selected: Option<ObjectRef>,
    lang: Lang,
) -> Html {
    let top = *y;
    *y += lane.height;
    let bars = lane.bars.iter().filter(|bar| bar.x <= to && bar.x + bar.w >= from);
    let marks = lane.marks.iter().filter(|mark| mark.x <= to && mark.x >= from - 20.0);
    html! {
        <div key={format!("{:?}", lane.key)} class="layer" style={format!("top:{top}px;height:{}px", lane.height)}>
            { for bars.map(|bar| bar_view(bar, lane, bar.x < spans_before, selected)) }
            { for marks.map(|mark| mark_view(mark, lane, lang)) }
        </div>
    }
}

fn bar_view(bar: &BarView, lane: &LaneView, spans: bool, selected: Option<ObjectRef>) -> Html {
    let chosen = (Some(bar.object) == selected).then_some("selected");
    let thin = (bar.h < 12).then_some("thin");
    let style = format!("left:{:.1}px;width:{:.1}px;top:{}px;height:{}px", bar.x, bar.w, bar.y, bar.h);
    let named = bar.h >= 12 && bar.w >= LEAST_NAMED_PX;
    let class = classes!("bar", bar.look.class(), thin, chosen, spans.then_some("spans"), named.then_some("named"));
    let room = (bar.w / LETTER_PX) as usize;
    let until = bar.to.map_or(String::new(), |to| to.clock_text());
    let title = format!("{} {} {}–{until}", bar.object.kind.name(), bar.name, bar.from.clock_text());
    html! {
        <i key={format!("{}@{}", bar.object.serial, bar.from.unix_nanos())} {class} {style} {title} data-object={object_key(bar.object)}>
            if named {
                { beside(&bar.name, &lane.title, room.saturating_sub(2).clamp(4, 18)) }
            }
        </i>
    }
}

fn mark_view(mark: &MarkView, lane: &LaneView, lang: Lang) -> Html {
    let what = match mark.kind {
        MarkKind::Fired => lang.mark_fired(),
        MarkKind::Late => lang.mark_late(),
        MarkKind::HeldBack => lang.mark_held_back(),
        MarkKind::Replaced => lang.mark_replaced(),
        MarkKind::Missed => lang.mark_missed(),
        MarkKind::Suspended => lang.mark_suspended(),
        MarkKind::Warning => mark.reason,
    };
    let slot = mark.slot.clock_text();
    let title = if mark.at - mark.slot > SimDuration::from_secs(1) {
        format!("{what} ({slot} → {})", mark.at.clock_text())
    } else {
        format!("{what} ({slot})")
    };
    let style = format!("left:{:.1}px;top:{}px", mark.x, lane.height / 2);
    html! {
        <i key={format!("{:?}{}", mark.kind, mark.at.unix_nanos())} class={classes!("tl-mark", mark.kind.class())} {style} {title}
            data-object={object_key(mark.object)}></i>
    }
}

/// Tells the width of an element whenever it changes.
#[hook]
fn use_width(element: &NodeRef, sized: &Callback<i32>) {
    let (element, sized) = (element.clone(), sized.clone());
    use_effect_with((), move |()| {
        let changed = Closure::<dyn FnMut(f64, f64)>::new(move |width: f64, _: f64| sized.emit(width as i32));
        let stop = element.cast::<Element>().map(|element| watch_size(&element, &changed));
        move || {
            if let Some(stop) = stop {
                drop(stop.call0(&wasm_bindgen::JsValue::NULL));
            }
            drop(changed);
        }
    });
}
