//! One chain of controllers: its cards, the arrows between them, and what did not happen.

use crate::i18n::Lang;
use crate::ui::icons::{Icon, icon};
use crate::ui::page::{Page, object_key, use_page};
use crate::view::layout::{ChainPlan, LinkPlan, Plan, Rect};
use crate::view::names::{beside, tail};
use crate::view::scene::{CardState, Chain, ControllerCard, Line, NoteKind, Scene, glyph};
use crate::world::ObjectRef;
use std::rc::Rc;
use yew::prelude::*;

/// The width of a letter of a card's name, in tenths of a pixel.
const LETTER_WIDTH_TENTHS: i32 = 78;

#[derive(Properties)]
pub struct ChainProps {
    pub scene: Rc<Scene>,
    pub plan: Rc<Plan>,
    pub at: usize,
    pub selected: Option<ObjectRef>,
}

impl ChainProps {
    fn parts(&self) -> Option<(&Chain, &ChainPlan)> {
        Some((self.scene.chains.get(self.at)?, self.plan.chains.get(self.at)?))
    }

    fn selected_here(&self) -> Option<ObjectRef> {
        let links = &self.plan.chains.get(self.at)?.links;
        self.selected.filter(|selected| links.iter().any(|link| link.object == *selected))
    }
}

impl PartialEq for ChainProps {
    fn eq(&self, other: &ChainProps) -> bool {
        self.selected_here() == other.selected_here() && self.parts() == other.parts()
    }
}

/// One chain.
#[component]
pub fn ChainView(props: &ChainProps) -> Html {
    let page = use_page();
    let Some((chain, plan)) = props.parts() else { return Html::default() };
    let card_of =
        |link: &LinkPlan| std::iter::once(&chain.root).chain(&chain.links).find(|card| card.object == link.object);
    html! {
        <>
            { for plan.links.iter().filter_map(|link| card_of(link).map(|card| {
                controller(card, link, &chain.root, props.selected, &page)
            })) }
            { for plan.arrows.iter().enumerate().map(|(at, r)| html! {
                <span key={format!("arrow-{at}")} class="arrow" style={placed(*r)} aria-hidden="true"></span>
            }) }
            if let Some((r, n)) = plan.more {
                <span key="more" class="chain-more" style={placed(r)}>{ page.lang.more(n) }</span>
            }
            if let (Some(note), Some(r)) = (chain.note, plan.note) {
                { note_view(note.kind, note.slot.clock_text().get(..5).unwrap_or(""), r, page.lang) }
            }
        </>
    }
}

fn placed(r: Rect) -> String {
    format!("--x:{}px;--y:{}px;width:{}px;height:{}px", r.x, r.y, r.w, r.h)
}

fn note_view(kind: NoteKind, at: &str, r: Rect, lang: Lang) -> Html {
    let (what, why, class) = match kind {
        NoteKind::HeldBack => (lang.held_back(at), lang.held_back_why(), "held"),
        NoteKind::Replaced => (lang.replaced(at), lang.replaced_why(), "swapped"),
        NoteKind::Missed => (lang.missed(at), lang.missed_why(), "missed"),
    };
    html! {
        <div key="note" class={classes!("chain-note", class)} style={placed(r)}>
            <b>{ what }</b><span>{ why }</span>
        </div>
    }
}

fn controller(
    card: &ControllerCard,
    link: &LinkPlan,
    root: &ControllerCard,
    selected: Option<ObjectRef>,
    page: &Page,
) -> Html {
    let state = match card.state {
        CardState::Active => "active",
        CardState::Complete => "complete",
        CardState::Failed => "failed",
        CardState::Suspended => "suspended",
        CardState::Deleting => "deleting",
        CardState::Idle => "idle",
    };
    let is_selected = selected == Some(card.object);
    let class = classes!("controller", state, link.stub.then_some("stub"), is_selected.then_some("selected"));
    let name = if card.object == root.object {
        let room = ((link.rect.w - 62) * 10 / LETTER_WIDTH_TENTHS).max(4) as usize;
        tail(&card.name, room)
    } else {
        let room = ((link.rect.w - 62) * 10 / LETTER_WIDTH_TENTHS).max(4) as usize;
        beside(&card.name, &root.name, room)
    };
    let key = object_key(card.object);
    let title = format!("{} {}", card.object.kind.name(), card.name);
    if link.stub {
        let mark = if card.state == CardState::Failed { Icon::Cross } else { Icon::Check };
        let said = format!("{title}, {}", state_text(page.lang, card.state));
        return html! {
            <button key={card.object.serial} {class} style={placed(link.rect)} data-object={key} title={said.clone()}>
                <span class="sr">{ said }</span>{ icon(mark) }
                <span class="stub-name" aria-hidden="true">{ tail(&card.name, 4) }</span>
            </button>
        };
    }
    html! {
        <div key={card.object.serial} {class} style={placed(link.rect)}>
            <button class="controller-face" data-object={key.clone()} title={title}>
                <span class="controller-name"><b class="kind">{ glyph(card.object.kind) }</b>{ name }</span>
                <span class="controller-line">{ line(card, page) }</span>
            </button>
            <button class="more" data-menu={key} aria-haspopup="menu" aria-label={page.lang.actions_of(&card.name)}>
                { icon(Icon::Dots) }
            </button>
            { meter(card) }
        </div>
    }
}

fn state_text(lang: Lang, state: CardState) -> &'static str {
    match state {
        CardState::Complete => lang.completed(),
        CardState::Failed => lang.failed(),
        CardState::Suspended => lang.suspended(),
        CardState::Deleting => lang.deleting(),
        CardState::Active | CardState::Idle => "",
    }
}

/// The facts under a controller's name.
fn line(card: &ControllerCard, page: &Page) -> Html {
    let lang = page.lang;
    match card.state {
        CardState::Deleting => return html! { { lang.deleting() } },
        CardState::Suspended => {
            let Line::CronJob { schedule, .. } = &card.line else { return html! { { lang.suspended() } } };
            return html! { { format!("{schedule} · {}", lang.suspended()) } };
        }
        _ => {}
    }
    match &card.line {
        Line::CronJob { schedule, policy, next } => {
            let next =
                next.map_or(lang.no_next_run().to_string(), |at| lang.next_run(at.clock_text().get(..5).unwrap_or("")));
            html! { { format!("{schedule} · {} · {next}", policy.name()) } }
        }
        Line::Job { succeeded, wanted, failed, ran, deadline, active, .. } => {
            let done = wanted.map_or_else(|| lang.job_progress_queue(*succeeded), |w| lang.job_progress(*succeeded, w));
            html! {
                <>
                    { done }
                    if *failed > 0 {
                        <span class="bad">{ format!(" · {}", lang.job_failed_pods(*failed)) }</span>
                    }
                    if let Some(deadline) = deadline {
                        { " · " }
                        <span class="deadline" title={lang.deadline_in()} data-live="rest" data-to={page.millis(*deadline)}></span>
                    } else if let (Some((start, None)), true) = (ran, *active > 0) {
                        { " · " }<span data-live="age" data-from={page.millis(*start)}></span>
                    }
                </>
            }
        }
        Line::DaemonSet { ready, desired, nodes } => {
            html! { { format!("{} · {}", lang.ready_of(*ready, *desired), lang.nodes_matched(*desired, *nodes)) } }
        }
        Line::Replicas { ready, wanted } => html! { { lang.ready_of(*ready, *wanted) } },
        Line::Service { node_port, port, local, endpoints } => {
            let port = if *node_port > 0 { format!(":{node_port} → {port}") } else { format!(":{port}") };
            let local = if *local { format!(" · {}", lang.local_only()) } else { String::new() };
            html! { { format!("{port}{local} · {}", lang.endpoints(*endpoints)) } }
        }
    }
}

/// How much of what is wanted is there.
fn meter(card: &ControllerCard) -> Html {
    let (done, of) = match &card.line {
        Line::Job { succeeded, wanted: Some(wanted), .. } => (*succeeded, *wanted),
        Line::DaemonSet { ready, desired, .. } => (*ready, *desired),
        Line::Replicas { ready, wanted } => (*ready, *wanted),
        _ => return Html::default(),
    };
    let part = if of > 0 { (done as f64 / of as f64).clamp(0.0, 1.0) } else { 0.0 };
    html! { <span class="meter" aria-hidden="true"><i style={format!("transform:scaleX({part:.3})")}></i></span> }
}
