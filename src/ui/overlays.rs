//! What lies over the page now and then: the keyboard help, a notice in passing.

use super::focus::{circle, use_borrowed_focus};
use super::icons::{Icon, icon};
use super::page::use_page;
use super::state::{Action, Notice};
use yew::prelude::*;

/// The keyboard help.
#[component]
pub fn Help() -> Html {
    let page = use_page();
    let lang = page.lang;
    let root = use_node_ref();
    use_borrowed_focus((), &root);
    let rows = [
        ("Space", lang.shortcut_play()),
        ("← →", lang.shortcut_step()),
        ("[ ]", lang.shortcut_speed()),
        ("− +", lang.shortcut_zoom()),
        ("Home", lang.shortcut_home()),
        ("F", lang.shortcut_follow()),
        ("← ↑ ↓ →", lang.shortcut_pods()),
        ("Esc", lang.shortcut_close()),
        ("T", lang.shortcut_theme()),
        ("?", lang.shortcut_help()),
    ];
    html! {
        <>
            <div class="veil dark" onclick={page.on(Action::Close)}></div>
            <div class="dialog" role="dialog" aria-modal="true" aria-labelledby="help-title" ref={root.clone()}
                onkeydown={circle(&root)}>
                <header>
                    <h2 id="help-title">{ lang.help() }</h2>
                    <button class="button square" onclick={page.on(Action::Close)} aria-label={lang.close()}>
                        { icon(Icon::Cross) }
                    </button>
                </header>
                <dl class="keys">
                    { for rows.iter().map(|(keys, what)| html! {
                        <div><dt>{ for keys.split(' ').map(|key| html! { <kbd>{ key }</kbd> }) }</dt><dd>{ what }</dd></div>
                    }) }
                </dl>
            </div>
        </>
    }
}

#[derive(Properties, PartialEq)]
pub struct NoticeProps {
    pub notice: Option<Notice>,
}

/// A notice in passing. The region is always there, so that assistive technology hears what comes into it.
#[component]
pub fn NoticeView(props: &NoticeProps) -> Html {
    html! {
        <div class="notices" role="status">
            if let Some(notice) = &props.notice {
                <p key={notice.number} class={classes!("notice", notice.error.then_some("bad"))}>{ &notice.text }</p>
            }
        </div>
    }
}
