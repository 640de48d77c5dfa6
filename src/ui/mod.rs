//! The page: the only part of the crate that knows there is a browser.

use yew::prelude::*;

/// The whole page.
#[component]
pub fn App() -> Html {
    html! { <main><h1>{ "Kube Orrery" }</h1></main> }
}

/// Mounts [`App`] into the document's body.
pub fn mount() {
    yew::Renderer::<App>::new().render();
}
