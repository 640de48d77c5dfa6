//! What the recordings of a real control plane taught, told as stories of our own: facts that hold beyond the very
//! recordings, in the order in which they were written down.

#[path = "facts/told.rs"]
mod told;

mod harness;

#[path = "facts/batch.rs"]
mod batch;
#[path = "facts/nodes.rs"]
mod nodes;
#[path = "facts/scheduling.rs"]
mod scheduling;
#[path = "facts/sets.rs"]
mod sets;
