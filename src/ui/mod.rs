//! The page: the only part of the crate that knows there is a browser.

use yew::prelude::*;

/// The whole page.
#[component]
pub fn App() -> Html {
    html! { <main><h1>{ "Kube Orrery" }</h1></main> }
}

/// Mounts [`App`] into the document's body, in place of what is there.
pub fn mount() {
    yew::Renderer::<App>::new().render();
}

/// Mounts [`App`] into one element, in place of what is there.
pub fn mount_in(root: web_sys::Element) {
    yew::Renderer::<App>::with_root(root).render();
}
