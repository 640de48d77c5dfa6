//! One node's card.

use crate::i18n::Lang;
use crate::ui::icons::{Icon, icon};
use crate::ui::page::{Page, object_key, use_page};
use crate::view::layout::{Level, Plan, Rect};
use crate::view::names::{bytes, cpu};
use crate::view::scene::{Gauge, Machinery, NodeCard, Scene};
use crate::world::ObjectRef;
use std::rc::Rc;
use yew::prelude::*;

/// Ports that a card names.
const MAX_PORTS_SHOWN: usize = 2;

#[derive(Properties)]
pub struct NodeProps {
    pub scene: Rc<Scene>,
    pub plan: Rc<Plan>,
    pub at: usize,
    pub selected: Option<ObjectRef>,
}

impl NodeProps {
    fn parts(&self) -> Option<(&NodeCard, Rect, Level, usize)> {
        let card = self.scene.nodes.get(self.at)?;
        let more = self.plan.shelf_more.get(&card.object.serial).copied().unwrap_or(0);
        Some((card, *self.plan.nodes.get(self.at)?, self.plan.level, more))
    }

    fn is_selected(&self) -> bool {
        self.scene.nodes.get(self.at).is_some_and(|card| Some(card.object) == self.selected)
    }
}

impl PartialEq for NodeProps {
    fn eq(&self, other: &NodeProps) -> bool {
        self.is_selected() == other.is_selected() && self.parts() == other.parts()
    }
}

/// One node's card.
#[component]
pub fn NodeView(props: &NodeProps) -> Html {
    let page = use_page();
    let Some((card, r, level, more)) = props.parts() else { return Html::default() };
    let state = match card.machinery {
        Machinery::Ready => "ready",
        Machinery::Silent(_) => "silent",
        Machinery::NotReady(_) => "notready",
    };
    let class = classes!(
        "node",
        state,
        card.cordoned.then_some("cordoned"),
        (!card.unmatched.is_empty()).then_some("unmatched"),
        props.is_selected().then_some("selected"),
    );
    let style = format!("--x:{}px;--y:{}px;width:{}px;height:{}px", r.x, r.y, r.w, r.h);
    html! {
        <section {class} {style} aria-label={card.name.to_string()}>
            <header class="node-head">
                <button class="node-name" data-object={object_key(card.object)}>{ card.name.as_str() }</button>
                { condition(card, &page) }
                <button class="more" data-menu={object_key(card.object)} aria-haspopup="menu"
                    aria-label={page.lang.actions_of(&card.name)}>{ icon(Icon::Dots) }</button>
            </header>
            if matches!(level, Level::Full | Level::Compact) {
                { chips(card, page.lang) }
            }
            { gauges(card, level, page.lang) }
            { foot(card, level, more, page.lang) }
        </section>
    }
}

fn condition(card: &NodeCard, page: &Page) -> Html {
    let (text, since) = match card.machinery {
        Machinery::Ready => (page.lang.ready(), None),
        Machinery::Silent(since) => (page.lang.silent(), Some(since)),
        Machinery::NotReady(since) => (page.lang.not_ready(), Some(since)),
    };
    html! {
        <span class="node-state">
            <span class="mark"></span><span class="node-state-text">{ text }</span>
            if let Some(since) = since {
                <span class="node-since" data-live="age" data-from={page.millis(since)}></span>
            }
        </span>
    }
}

fn chips(card: &NodeCard, lang: Lang) -> Html {
    html! {
        <div class="chips">
            if card.cordoned {
                <span class="chip cordon">{ lang.cordoned() }</span>
            }
            { for card.taints.iter().map(|taint| html! { <span class="chip taint" title={taint.clone()}>{ taint }</span> }) }
            { for card.labels.iter().map(|label| html! { <span class="chip" title={label.clone()}>{ label }</span> }) }
        </div>
    }
}

fn gauges(card: &NodeCard, level: Level, lang: Lang) -> Html {
    let numbers = level == Level::Full;
    let gauge = |class: &'static str, label: &'static str, gauge: Gauge, text: String| {
        let full = if gauge.fraction() > 0.9 { "high" } else { "" };
        html! {
            <div class={classes!("gauge", class, full)}>
                if numbers {
                    <span class="gauge-label">{ label }</span>
                }
                <span class="gauge-track"><i style={format!("transform:scaleX({:.3})", gauge.fraction())}></i></span>
                if numbers {
                    <span class="gauge-text">{ text }</span>
                }
            </div>
        }
    };
    html! {
        <div class="gauges">
            { gauge("cpu", lang.cpu(), card.cpu, format!("{} / {}", cpu(card.cpu.used), cpu(card.cpu.total))) }
            { gauge("mem", lang.memory(), card.memory, memory_text(card.memory)) }
            { gauge("slots", lang.pod_slots(), card.slots, format!("{} / {}", card.slots.used, card.slots.total)) }
        </div>
    }
}

/// `1.9 / 8 Gi`: the unit once when both have it.
fn memory_text(gauge: Gauge) -> String {
    let (used, total) = (bytes(gauge.used), bytes(gauge.total));
    let unit = total.split_once(' ').map_or("", |(_, unit)| unit);
    match used.strip_suffix(unit) {
        Some(number) if !unit.is_empty() => format!("{} / {total}", number.trim_end()),
        _ => format!("{used} / {total}"),
    }
}

fn foot(card: &NodeCard, level: Level, more: usize, lang: Lang) -> Html {
    if level != Level::Full {
        return html! { <div class="node-foot"></div> };
    }
    html! {
        <div class="node-foot">
            <div class="shelf">
                <span class="shelf-label">{ lang.finished() }</span>
                if more > 0 {
                    <span class="shelf-more">{ lang.more(more) }</span>
                }
            </div>
            <div class="node-notes">
                if let Some(unmatched) = card.unmatched.first() {
                    <span class="note-text">{ lang.not_matched_by(&unmatched.daemon_set) }</span>
                    <span class="chip" title={unmatched.because.clone()}>{ &unmatched.because }</span>
                } else {
                    { for card.host_ports.iter().take(MAX_PORTS_SHOWN).map(|(port, container)| html! {
                        <span class="port">{ lang.host_port(*port, *container) }</span>
                    }) }
                }
            </div>
        </div>
    }
}
