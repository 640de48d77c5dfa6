//! Menus: what one can do to an object. Every entry is a command, shown beside it: the menu teaches the console.

use super::browser;
use super::focus::{circle, use_borrowed_focus};
use super::page::use_page;
use super::state::{Action, Menu};
use crate::i18n::Lang;
use crate::view::deeds::{Deed, DeedKind};
use std::rc::Rc;
use yew::prelude::*;

/// The width that a menu is given, for keeping it inside the window.
const MENU_WIDTH: i32 = 320;

#[derive(Properties, PartialEq)]
pub struct MenuProps {
    pub menu: Menu,
    pub deeds: Rc<Vec<Deed>>,
}

/// An open menu.
#[component]
pub fn MenuView(props: &MenuProps) -> Html {
    let page = use_page();
    let root = use_node_ref();
    use_borrowed_focus(props.menu, &root);
    let (x, y) = props.menu.at;
    let width = browser::window().and_then(|w| w.inner_width().ok()?.as_f64()).unwrap_or(1_000.0) as i32;
    let style = format!("left:{}px;top:{y}px", x.min(width - MENU_WIDTH - 8).max(8));
    html! {
        <>
            <div class="veil" onclick={page.on(Action::Close)}></div>
            <div class="menu" role="menu" {style} onkeydown={circle(&root)} ref={root.clone()} aria-label={page.lang.actions()}>
                { for props.deeds.iter().map(|deed| html! {
                    <button role="menuitem" class={classes!(deed.kind.is_grave().then_some("grave"))}
                        onclick={page.on(Action::Command(deed.command.clone()))}>
                        <span>{ deed_text(page.lang, &deed.kind) }</span>
                        <code>{ &deed.command }</code>
                    </button>
                }) }
            </div>
        </>
    }
}

/// What a deed is called.
pub fn deed_text(lang: Lang, kind: &DeedKind) -> String {
    match kind {
        DeedKind::NodeDown => lang.node_down().to_string(),
        DeedKind::NodeNotReady => lang.node_not_ready().to_string(),
        DeedKind::NodeUp => lang.node_up().to_string(),
        DeedKind::Cordon => lang.cordon().to_string(),
        DeedKind::Uncordon => lang.uncordon().to_string(),
        DeedKind::NodeDelete => lang.delete_node().to_string(),
        DeedKind::NodeAdd(None) => lang.add_node_plain().to_string(),
        DeedKind::NodeAdd(Some(label)) => lang.add_node_labelled(label),
        DeedKind::FailPod => lang.fail_pod().to_string(),
        DeedKind::DeletePod => lang.delete_pod().to_string(),
        DeedKind::DeletePodNow => lang.delete_pod_now().to_string(),
        DeedKind::Trigger => lang.trigger().to_string(),
        DeedKind::Suspend => lang.suspend().to_string(),
        DeedKind::Resume => lang.resume().to_string(),
        DeedKind::ScaleUp => lang.scale_up().to_string(),
        DeedKind::ScaleDown => lang.scale_down().to_string(),
        DeedKind::Delete(kind) => lang.delete_object(kind.name()),
    }
}
