//! The controls of time: play, step, speed, clock, and what has just happened.

use super::icons::{Icon, icon};
use super::page::use_page;
use super::state::{Action, Bottom, SPEEDS};
use crate::i18n::Lang;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct TransportProps {
    pub playing: bool,
    pub speed: usize,
    pub bottom: Bottom,
    pub events: usize,
    /// What has just happened.
    pub narration: AttrValue,
}

/// The controls of time.
#[component]
pub fn Transport(props: &TransportProps) -> Html {
    let page = use_page();
    let lang = page.lang;
    let (play_icon, play_label) = if props.playing { (Icon::Pause, lang.pause()) } else { (Icon::Play, lang.play()) };
    let tab = |bottom: Bottom, label: String| {
        html! {
            <button aria-pressed={(props.bottom == bottom).to_string()} onclick={page.on(Action::ShowBottom(bottom))}>
                { label }
            </button>
        }
    };
    html! {
        <section class="transport" aria-label={lang.time()}>
            <div class="transport-keys">
                <button class="button square" onclick={page.on(Action::Rewind)} aria-label={lang.rewind()}
                    title={lang.rewind()}>{ icon(Icon::ToStart) }</button>
                <button class="button" onclick={page.on(Action::StepEvent(false))} aria-label={lang.last_event()}
                    title={lang.last_event()}>
                    { icon(Icon::StepBack) }<span class="wide-only">{ lang.event() }</span></button>
                <button class="button play" onclick={page.on(Action::TogglePlay)} aria-label={play_label}
                    title={play_label}>{ icon(play_icon) }</button>
                <button class="button" onclick={page.on(Action::StepEvent(true))} aria-label={lang.next_event()}
                    title={lang.next_event()}>
                    <span class="wide-only">{ lang.event() }</span>{ icon(Icon::StepOn) }</button>
            </div>
            <div class="segmented speeds" role="group" aria-label={lang.speed()}>
                { for (0..SPEEDS.len()).map(|at| html! {
                    <button aria-pressed={(props.speed == at).to_string()} onclick={page.on(Action::Speed(at))}>
                        { speed_label(lang, SPEEDS[at]) }
                    </button>
                }) }
            </div>
            <div class="clock" title={lang.clock()}>
                <span class="clock-now" data-live="clock"></span>
                <span class="clock-offset" data-live="offset"></span>
            </div>
            <p class="narration" role="status" aria-live="polite">{ props.narration.clone() }</p>
            <div class="segmented bottom-tabs" role="group">
                { tab(Bottom::Timeline, lang.timeline().to_string()) }
                { tab(Bottom::Events, lang.events_count(props.events)) }
            </div>
        </section>
    }
}

fn speed_label(lang: Lang, speed: u32) -> String {
    match speed {
        0..600 => lang.speed_times(speed),
        600..3_600 => lang.speed_minutes(speed / 60),
        3_600..86_400 => lang.speed_hours(speed / 3_600),
        _ => lang.speed_days(speed / 86_400),
    }
}
