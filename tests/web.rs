//! The page's code where it runs: in a browser, without the rest of the built page.
//! `cargo test --target wasm32-unknown-unknown --profile page-dev --test web`

#![cfg(target_arch = "wasm32")]

mod hashes;

use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// An element of its own for a test: the body belongs to the test harness, which reports through it.
fn fresh_root() -> web_sys::Element {
    let document = web_sys::window().unwrap().document().unwrap();
    let root = document.create_element("div").unwrap();
    document.body().unwrap().append_child(&root).unwrap();
    root
}

/// Looks until the text is there or patience ends: the page renders when the browser lets it.
async fn shows(root: &web_sys::Element, text: &str) -> bool {
    const PATIENCE_LOOKS: u32 = 500;
    const BETWEEN_LOOKS_MS: u32 = 10;
    for _ in 0..PATIENCE_LOOKS {
        if root.text_content().is_some_and(|t| t.contains(text)) {
            return true;
        }
        TimeoutFuture::new(BETWEEN_LOOKS_MS).await;
    }
    false
}

#[wasm_bindgen_test]
async fn the_page_mounts_and_shows_its_name() {
    let root = fresh_root();
    orrery::ui::mount_in(root.clone());
    assert!(shows(&root, "Kube Orrery").await, "shown: {:?}", root.text_content());
}

#[wasm_bindgen_test]
fn the_log_hashes_of_the_scenarios_are_those_of_the_native_run() {
    assert_eq!(hashes::computed(), hashes::TABLE);
}
