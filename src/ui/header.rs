//! The bar at the top: name, scenario, language, theme, help.

use super::icons::{Icon, icon};
use super::page::use_page;
use super::scenarios::SCENARIOS;
use super::state::{Action, Theme};
use crate::i18n::Lang;
use std::rc::Rc;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct HeaderProps {
    pub theme: Theme,
    pub scenario: Option<Rc<str>>,
}

/// The bar at the top.
#[component]
pub fn Header(props: &HeaderProps) -> Html {
    let page = use_page();
    let lang = page.lang;
    let other = if lang == Lang::En { Lang::Ko } else { Lang::En };
    let (theme_icon, theme_label) = match props.theme {
        Theme::Dark => (Icon::Sun, lang.to_light()),
        Theme::Light => (Icon::Moon, lang.to_dark()),
    };
    html! {
        <header class="header">
            <h1 class="brand">
                <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
                    <ellipse cx="16" cy="16" rx="12.5" ry="5" />
                    <ellipse cx="16" cy="16" rx="12.5" ry="5" transform="rotate(60 16 16)" />
                    <ellipse cx="16" cy="16" rx="12.5" ry="5" transform="rotate(120 16 16)" />
                    <circle class="sun" cx="16" cy="16" r="3.4" />
                    <circle class="moon" cx="28.5" cy="16" r="2.2" />
                </svg>
                { "Kube " }<span>{ "Orrery" }</span>
            </h1>
            <ScenarioPicker scenario={props.scenario.clone()} />
            <button class="button quiet" onclick={page.on(Action::Restart)} title={lang.restart_why()}>
                { icon(Icon::Restart) }<span class="wide-only">{ lang.restart() }</span>
            </button>
            <span class="spring"></span>
            <button class="button" lang={other.tag()} onclick={page.on(Action::Language(other))}>
                { other.endonym() }
            </button>
            <button class="button square" onclick={page.on(Action::ToggleTheme)} aria-label={theme_label}
                title={theme_label}>{ icon(theme_icon) }</button>
            <button class="button square" onclick={page.on(Action::ToggleHelp)} aria-label={lang.help()}
                title={lang.help()}>{ icon(Icon::Keyboard) }</button>
        </header>
    }
}

#[derive(Properties, PartialEq)]
struct PickerProps {
    scenario: Option<Rc<str>>,
}

#[component]
fn ScenarioPicker(props: &PickerProps) -> Html {
    let page = use_page();
    let lang = page.lang;
    let chosen = props.scenario.clone().unwrap_or_else(|| Rc::from(""));
    let onchange = {
        let send = page.send.clone();
        Callback::from(move |event: Event| {
            let name = event.target_dyn_into::<HtmlSelectElement>().map(|select| select.value()).unwrap_or_default();
            send.emit(Action::Fetch(Rc::from(name)));
        })
    };
    html! {
        <label class="picker">
            <span class="picker-label">{ lang.scenario() }</span>
            <select {onchange} aria-label={lang.scenario()}>
                if chosen.is_empty() {
                    <option value="" selected=true>{ lang.own_text() }</option>
                }
                { for SCENARIOS.iter().map(|entry| html! {
                    <option value={entry.name} selected={*entry.name == *chosen}>{ entry.title(lang) }</option>
                }) }
            </select>
        </label>
    }
}
