//! The keyboard: what a key does on the page as a whole.

use super::state::{Action, State};
use web_sys::{Element, HtmlElement, KeyboardEvent};
use yew::TargetCast;

/// Whether a key belongs to what has the focus: a field that is typed in, the slider's own keys.
fn is_typed(event: &KeyboardEvent) -> bool {
    let Some(element) = event.target_dyn_into::<Element>() else { return false };
    let editable = event.target_dyn_into::<HtmlElement>().is_some_and(|element| element.is_content_editable());
    editable || matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
}

/// A press of a button or a link by keyboard is its own affair.
fn presses(event: &KeyboardEvent) -> bool {
    let on_button = event.target_dyn_into::<Element>().is_some_and(|element| element.tag_name() == "BUTTON");
    on_button && matches!(event.key().as_str(), " " | "Enter")
}

/// What a key asks for; `None` leaves it to the browser.
pub fn action_of(event: &KeyboardEvent, state: &State) -> Option<Action> {
    if event.key() == "Escape" {
        let open = state.menu.is_some() || state.help;
        return if open {
            Some(Action::Close)
        } else if is_typed(event) {
            None
        } else {
            Some(Action::Select(None))
        };
    }
    if is_typed(event) || event.ctrl_key() || event.meta_key() || event.alt_key() || presses(event) {
        return None;
    }
    if state.menu.is_some() || state.help {
        return None;
    }
    Some(match event.key().as_str() {
        " " | "k" => Action::TogglePlay,
        "ArrowLeft" => Action::StepEvent(false),
        "ArrowRight" => Action::StepEvent(true),
        "[" => Action::Faster(false),
        "]" => Action::Faster(true),
        "-" => Action::Zoom(false),
        "+" | "=" => Action::Zoom(true),
        "Home" => Action::Rewind,
        "f" | "F" => Action::Pan(None),
        "t" | "T" => Action::ToggleTheme,
        "?" => Action::ToggleHelp,
        _ => return None,
    })
}
