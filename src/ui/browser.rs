//! The browser's side of the page: storage, preferences, clock, and the bindings to `glue.js`.

use super::state::{MAX_STORED_TEXT_BYTES, State, Theme};
use crate::i18n::Lang;
use wasm_bindgen::prelude::*;
use web_sys::{Document, HtmlElement, Storage, Window};

const TEXT_KEY: &str = "orrery.text";
const LANG_KEY: &str = "orrery.lang";
const THEME_KEY: &str = "orrery.theme";

#[wasm_bindgen(module = "/src/ui/glue.js")]
extern "C" {
    /// Calls back before every repaint.
    #[wasm_bindgen(js_name = everyFrame)]
    pub fn every_frame(frame: &Closure<dyn FnMut(f64)>);

    /// Calls back for every key that nothing on the page has stopped, wherever the focus is.
    #[wasm_bindgen(js_name = everyKey)]
    pub fn every_key(key: &Closure<dyn FnMut(web_sys::KeyboardEvent)>);

    /// Calls back with the size of an element whenever it changes; answers what stops that.
    #[wasm_bindgen(js_name = watchSize)]
    pub fn watch_size(element: &web_sys::Element, changed: &Closure<dyn FnMut(f64, f64)>) -> js_sys::Function;

    /// Puts an editor into an element.
    #[wasm_bindgen(js_name = mountEditor, catch)]
    pub async fn mount_editor(
        parent: &web_sys::Element,
        doc: &str,
        label: &str,
        dark: bool,
        on_change: &Closure<dyn FnMut(String)>,
    ) -> Result<EditorHandle, JsValue>;

    /// The text of a file of the page.
    #[wasm_bindgen(js_name = fetchText, catch)]
    pub async fn fetch_text(path: &str) -> Result<JsValue, JsValue>;

    /// Marks problems: from, to, whether an error, message; and so on.
    #[wasm_bindgen(js_name = markProblems)]
    pub fn mark_problems(editor: &EditorHandle, list: js_sys::Array);
}

#[wasm_bindgen]
extern "C" {
    /// The editor's handle, as `editor.js` describes it.
    #[derive(Clone)]
    pub type EditorHandle;

    /// Replaces the text.
    #[wasm_bindgen(method, js_name = setDoc)]
    pub fn set_doc(this: &EditorHandle, text: &str);

    /// Follows the theme.
    #[wasm_bindgen(method, js_name = setDark)]
    pub fn set_dark(this: &EditorHandle, dark: bool);

    /// Puts the cursor at a line, from 1.
    #[wasm_bindgen(method, js_name = gotoLine)]
    pub fn goto_line(this: &EditorHandle, line: u32);
}

/// The window.
pub fn window() -> Option<Window> {
    web_sys::window()
}

/// The document.
pub fn document() -> Option<Document> {
    window()?.document()
}

/// Milliseconds on a clock that only goes forward.
pub fn clock_ms() -> f64 {
    window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now())
}

fn storage() -> Option<Storage> {
    window()?.local_storage().ok()?
}

fn stored(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

/// Keeps text and preferences over a reload. Answers whether the text was kept.
pub fn keep(state: &State) -> bool {
    let Some(storage) = storage() else { return false };
    let preferences = [(LANG_KEY, state.lang.tag()), (THEME_KEY, state.theme.name())];
    preferences.iter().for_each(|(key, value)| drop(storage.set_item(key, value)));
    state.text.len() <= MAX_STORED_TEXT_BYTES && storage.set_item(TEXT_KEY, &state.text).is_ok()
}

/// The text that was kept, unless it is the one that a new page opens with anyway.
pub fn kept_text() -> Option<String> {
    stored(TEXT_KEY).filter(|text| !text.trim().is_empty())
}

/// The language: chosen before, asked for in the address, or the browser's.
pub fn language() -> Lang {
    let asked = window().and_then(|window| window.location().search().ok()).and_then(|search| {
        search.trim_start_matches('?').split('&').find_map(|pair| pair.strip_prefix("lang=").map(str::to_string))
    });
    let browsers = || window().and_then(|window| window.navigator().language());
    Lang::of_tag(&asked.or_else(|| stored(LANG_KEY)).or_else(browsers).unwrap_or_default())
}

/// The theme: chosen before, or the browser's.
pub fn theme() -> Theme {
    match stored(THEME_KEY).as_deref() {
        Some("light") => Theme::Light,
        Some("dark") => Theme::Dark,
        _ => {
            let light = window().and_then(|w| w.match_media("(prefers-color-scheme: light)").ok().flatten());
            if light.is_some_and(|query| query.matches()) { Theme::Light } else { Theme::Dark }
        }
    }
}

/// Puts theme and language on the document.
pub fn dress(state: &State) {
    let Some(root) = document().and_then(|document| document.document_element()) else { return };
    drop(root.set_attribute("data-theme", state.theme.name()));
    drop(root.set_attribute("lang", state.lang.tag()));
}

/// Sets a style property.
pub fn style(element: &HtmlElement, property: &str, value: &str) {
    drop(element.style().set_property(property, value));
}

/// The element that has the focus.
pub fn focused() -> Option<HtmlElement> {
    document()?.active_element()?.dyn_into().ok()
}
