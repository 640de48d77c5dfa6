//! The command language of the page's console and of scenario steps: text in, orders out.
//!
//! Only the verbs that change the cluster are here so far; each becomes an [`Order`](crate::sim::Order) that the timeline
//! records.

pub mod cells;
pub mod duration;
pub mod kinds;
pub mod parse;
pub mod words;

pub use parse::parse;
