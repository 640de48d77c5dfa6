//! The page: the only part of the crate that knows there is a browser.
//!
//! [`state`], [`engine`] and [`text`] are pure and tested natively; the rest is thin: components that draw a
//! [`Picture`](engine::Picture), and the loop that lets time pass.

pub mod engine;
pub mod scenarios;
pub mod state;
pub mod text;

#[cfg(target_arch = "wasm32")]
mod app;
#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
mod editor_pane;
#[cfg(target_arch = "wasm32")]
mod events;
#[cfg(target_arch = "wasm32")]
mod focus;
#[cfg(target_arch = "wasm32")]
mod header;
#[cfg(target_arch = "wasm32")]
mod icons;
#[cfg(target_arch = "wasm32")]
mod inspector;
#[cfg(target_arch = "wasm32")]
mod keys;
#[cfg(target_arch = "wasm32")]
mod live;
#[cfg(target_arch = "wasm32")]
mod menu;
#[cfg(target_arch = "wasm32")]
mod overlays;
#[cfg(target_arch = "wasm32")]
mod page;
#[cfg(target_arch = "wasm32")]
mod shell;
#[cfg(target_arch = "wasm32")]
mod stage;
#[cfg(target_arch = "wasm32")]
mod timeline;
#[cfg(target_arch = "wasm32")]
mod transport;

#[cfg(target_arch = "wasm32")]
pub use mounting::{mount, mount_in};

#[cfg(target_arch = "wasm32")]
mod mounting {
    use super::app::App;

    /// Mounts the page into the document's body, in place of what is there.
    pub fn mount() {
        yew::Renderer::<App>::new().render();
    }

    /// Mounts the page into one element, in place of what is there.
    pub fn mount_in(root: web_sys::Element) {
        yew::Renderer::<App>::with_root(root).render();
    }
}
