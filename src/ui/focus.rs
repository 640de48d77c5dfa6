//! The focus of what lies over the page: a menu or a dialog borrows it, keeps it while it is open, and gives it back.

use super::browser::focused;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, NodeList};
use yew::prelude::*;

/// Everything in `root` that takes the focus, in order.
fn stops(root: &NodeRef) -> Vec<HtmlElement> {
    let found =
        root.cast::<HtmlElement>().and_then(|root| root.query_selector_all("button, a[href], input, select").ok());
    let all = |list: NodeList| (0..list.length()).filter_map(|at| list.get(at)?.dyn_into().ok()).collect();
    found.map(all).unwrap_or_default()
}

/// Puts the focus on the first stop of `root` when it opens, or opens anew for another `what`; afterwards whatever had it
/// before has it again.
#[hook]
pub fn use_borrowed_focus<T: PartialEq + 'static>(what: T, root: &NodeRef) {
    let root = root.clone();
    use_effect_with(what, move |_| {
        let before = focused();
        if let Some(first) = stops(&root).first() {
            drop(first.focus());
        }
        move || {
            if let Some(before) = before {
                drop(before.focus());
            }
        }
    });
}

/// Arrows, Home, End and Tab go from stop to stop of `root` and never out of it.
pub fn circle(root: &NodeRef) -> Callback<KeyboardEvent> {
    let root = root.clone();
    Callback::from(move |event: KeyboardEvent| {
        let stops = stops(&root);
        let count = stops.len();
        let at = stops.iter().position(|stop| focused().as_ref() == Some(stop));
        let after = |by: usize| at.map_or(0, |at| (at + by) % count.max(1));
        let to = match (event.key().as_str(), event.shift_key()) {
            ("ArrowDown", _) | ("Tab", false) => after(1),
            ("ArrowUp", _) | ("Tab", true) => after(count.saturating_sub(1)),
            ("Home", _) => 0,
            ("End", _) => count.saturating_sub(1),
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        if let Some(stop) = stops.get(to) {
            drop(stop.focus());
        }
    })
}
