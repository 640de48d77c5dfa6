//! The inspector: why the selected object is as it is, what it wrote, its Events, its YAML.

mod why;

use super::icons::{Icon, icon};
use super::menu::deed_text;
use super::page::{object_key, use_page};
use super::state::{Action, Tab};
use crate::i18n::Lang;
use crate::view::deeds::Deed;
use crate::view::detail::{Detail, EventLine};
use crate::view::scene::glyph;
use std::rc::Rc;
use why::Why;
use yew::prelude::*;

/// Deeds that have a button of their own; the rest are in the menu.
const MAX_DEED_BUTTONS: usize = 3;

#[derive(Properties, PartialEq)]
pub struct InspectorProps {
    pub detail: Option<Rc<Detail>>,
    pub deeds: Rc<Vec<Deed>>,
    pub tab: Tab,
    /// What the Pod wrote, oldest first.
    pub logs: Rc<Vec<String>>,
}

/// The inspector.
#[component]
pub fn Inspector(props: &InspectorProps) -> Html {
    let page = use_page();
    let lang = page.lang;
    let Some(detail) = &props.detail else {
        return html! { <aside class="inspector" aria-label={lang.inspector()}><Legend /></aside> };
    };
    let Some((kind, name)) = &detail.title else {
        return html! { <aside class="inspector" aria-label={lang.inspector()} /> };
    };
    html! {
        <aside class="inspector" aria-label={lang.inspector()}>
            <header class="inspector-head">
                <div class="inspector-title">
                    <h2><b class="kind">{ glyph(*kind) }</b><span>{ name.as_str() }</span></h2>
                    <button class="button square quiet" onclick={page.on(Action::Select(None))} aria-label={lang.close()}
                        title={lang.close()}>{ icon(Icon::Cross) }</button>
                </div>
                <p class="subtitle">{ if detail.gone { lang.inspect_gone() } else { detail.subtitle.as_str() } }</p>
                <div class="deeds">
                    { for props.deeds.iter().take(MAX_DEED_BUTTONS).map(|deed| html! {
                        <button class={classes!("button", "small", deed.kind.is_grave().then_some("grave"))}
                            title={deed.command.clone()} onclick={page.on(Action::Command(deed.command.clone()))}>
                            { deed_text(lang, &deed.kind) }
                        </button>
                    }) }
                </div>
            </header>
            <Tabs tab={props.tab} />
            <div class="inspector-body" role="tabpanel" id="inspector-panel" aria-label={tab_text(lang, props.tab)} tabindex="0">
                { body(props, detail, lang) }
            </div>
        </aside>
    }
}

fn tab_text(lang: Lang, tab: Tab) -> &'static str {
    match tab {
        Tab::Why => lang.tab_why(),
        Tab::Logs => lang.tab_logs(),
        Tab::Events => lang.tab_events(),
        Tab::Yaml => lang.tab_yaml(),
    }
}

fn body(props: &InspectorProps, detail: &Rc<Detail>, lang: Lang) -> Html {
    match props.tab {
        Tab::Why => html! { <Why detail={detail.clone()} /> },
        Tab::Logs if props.logs.is_empty() => html! { <p class="hint">{ lang.no_logs() }</p> },
        Tab::Logs => html! { <pre class="log">{ props.logs.join("\n") }</pre> },
        Tab::Events if detail.events.is_empty() => html! { <p class="hint">{ lang.events_none() }</p> },
        Tab::Events => {
            html! { <ol class="event-lines">{ for detail.events.iter().map(|line| event_line(line, lang, false)) }</ol> }
        }
        Tab::Yaml => html! { <pre class="yaml">{ &detail.yaml }</pre> },
    }
}

/// One Event in a list.
pub fn event_line(line: &EventLine, lang: Lang, with_object: bool) -> Html {
    html! {
        <li key={line.number} class={classes!("event-line", line.warning.then_some("warning"))}>
            <time>{ line.at.clock_text() }</time>
            <span>
                if with_object {
                    <button class="link" data-object={object_key(line.object)}>
                        <b class="kind">{ glyph(line.about.0) }</b>{ line.about.1.as_str() }
                    </button>
                }
                <b class="reason">{ line.reason }</b>
                if line.count > 1 {
                    <span class="count">{ lang.times(line.count) }</span>
                }
                { " " }<span class="message" lang="en">{ line.message.as_str() }</span>
            </span>
        </li>
    }
}

#[derive(Properties, PartialEq)]
struct TabsProps {
    tab: Tab,
}

#[component]
fn Tabs(props: &TabsProps) -> Html {
    let page = use_page();
    let current = Tab::ALL.iter().position(|tab| *tab == props.tab).unwrap_or(0);
    let onkeydown = {
        let send = page.send.clone();
        Callback::from(move |event: KeyboardEvent| {
            let to = match event.key().as_str() {
                "ArrowRight" => (current + 1) % Tab::ALL.len(),
                "ArrowLeft" => (current + Tab::ALL.len() - 1) % Tab::ALL.len(),
                _ => return,
            };
            event.prevent_default();
            event.stop_propagation();
            send.emit(Action::ShowTab(Tab::ALL[to]));
        })
    };
    html! {
        <div class="segmented tabs" role="tablist" {onkeydown}>
            { for Tab::ALL.iter().map(|tab| html! {
                <button role="tab" aria-selected={(*tab == props.tab).to_string()} aria-controls="inspector-panel"
                    tabindex={if *tab == props.tab { "0" } else { "-1" }} onclick={page.on(Action::ShowTab(*tab))}>
                    { tab_text(page.lang, *tab) }
                </button>
            }) }
        </div>
    }
}

/// What the marks mean, shown while nothing is selected.
#[component]
fn Legend() -> Html {
    use crate::ui::stage::look_text;
    use crate::view::scene::Look;
    let lang = use_page().lang;
    html! {
        <div class="legend">
            <p class="hint">{ lang.inspect_nothing() }</p>
            <h2>{ lang.legend() }</h2>
            <ul>
                { for Look::ALL.iter().map(|look| html! {
                    <li>
                        <span class={classes!("pod", "sample", look.class())}><span class="mark"></span></span>
                        { look_text(lang, *look) }
                    </li>
                }) }
            </ul>
        </div>
    }
}
