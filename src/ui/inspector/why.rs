//! The tab that explains: questions and answers, facts, owner and owned.

use crate::ui::page::{Page, object_key, use_page};
use crate::view::detail::{Detail, FactValue, Link};
use crate::view::scene::glyph;
use std::rc::Rc;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct WhyProps {
    pub detail: Rc<Detail>,
}

/// Why it is as it is.
#[component]
pub fn Why(props: &WhyProps) -> Html {
    let page = use_page();
    let detail = &props.detail;
    let (children, more) = &detail.children;
    html! {
        <>
            { for detail.why.iter().map(|paragraph| html! {
                <section class="answer">
                    <h3>{ paragraph.question }</h3>
                    { for paragraph.answer.iter().map(|sentence| html! { <p>{ sentence }</p> }) }
                    if !paragraph.quote.is_empty() {
                        <blockquote lang="en">{ paragraph.quote.as_str() }</blockquote>
                    }
                </section>
            }) }
            <dl class="facts">
                if let Some(owner) = &detail.owner {
                    <div><dt>{ page.lang.fact_owner() }</dt><dd>{ link(owner) }</dd></div>
                }
                { for detail.facts.iter().map(|fact| html! {
                    <div><dt>{ fact.name }</dt><dd>{ value(&fact.value, &page) }</dd></div>
                }) }
                if !children.is_empty() {
                    <div><dt>{ page.lang.fact_children() }</dt><dd class="links">
                        { for children.iter().map(link) }
                        if *more > 0 {
                            <span>{ page.lang.more(*more) }</span>
                        }
                    </dd></div>
                }
            </dl>
        </>
    }
}

fn link(link: &Link) -> Html {
    html! {
        <button class="link" data-object={object_key(link.object)}>
            <b class="kind">{ glyph(link.kind) }</b>{ link.name.as_str() }
        </button>
    }
}

fn value(value: &FactValue, page: &Page) -> Html {
    match value {
        FactValue::Text(text) => html! { { text } },
        FactValue::Code(text) => html! { <code>{ text }</code> },
        FactValue::At(at) => html! {
            <>{ at.clock_text() }<span class="ago">{ " · " }<span data-live="age" data-from={page.millis(*at)}></span></span></>
        },
        FactValue::Chips(chips) => {
            html! { <>{ for chips.iter().map(|chip| html! { <span class="chip">{ chip }</span> }) }</> }
        }
    }
}
