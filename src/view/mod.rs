//! What there is to see, as plain data: the page draws it, tests read it.
//!
//! A [`Scene`](scene::Scene) is the cluster at a moment, a `Plan` says where everything stands, a
//! `Gantt` is the timeline. Nothing here knows of a browser.

pub mod deeds;
pub mod detail;
pub mod fate;
#[cfg(test)]
mod fixture;
pub mod gantt;
pub mod layout;
pub mod names;
pub mod narrate;
pub mod palette;
pub mod scene;
pub mod yaml;
