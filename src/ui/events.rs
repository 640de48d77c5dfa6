//! The list of all Events, newest first.

use super::inspector::event_line;
use super::page::use_page;
use crate::view::detail::EventLine;
use std::rc::Rc;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct EventsProps {
    pub events: Rc<Vec<EventLine>>,
}

/// The list of all Events.
#[component]
pub fn Events(props: &EventsProps) -> Html {
    let lang = use_page().lang;
    html! {
        <section class="events" aria-label={lang.event_list()} tabindex="0">
            if props.events.is_empty() {
                <p class="hint">{ lang.no_events() }</p>
            }
            <ol class="event-lines">{ for props.events.iter().map(|line| event_line(line, lang, true)) }</ol>
        </section>
    }
}
