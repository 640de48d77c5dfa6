//! The page: the only part of the crate that knows there is a browser.
//!
//! [`state`] and [`engine`] are pure and tested natively; the rest is thin: components that draw a
//! [`Picture`](engine::Picture), and the loop that lets time pass.

pub mod engine;
pub mod state;
