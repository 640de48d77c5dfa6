//! What a container does: its command, run in simulated time.
//!
//! The same YAML should work here and on a real cluster with busybox, so a container's own command decides how long it
//! runs, what it logs and how it ends. A bounded subset of `sh` is enough for what people teach with. Nothing is run
//! ahead: a [`Program`] answers when it ends, and gives its log at any moment, however long the simulation has run.
//!
//! Layer: beside `api`; it imports `dice` and nothing else of the crate. Instants are plain Unix nanoseconds.

mod arith;
mod calls;
mod code;
mod commands;
mod date;
mod expand;
pub mod images;
mod limits;
mod log;
mod machine;
mod parse;
mod parse_compound;
mod parse_word;
mod pi;
mod process;
mod program;
mod step;
mod streams;
mod text;
mod variables;

pub use limits::{MAX_LOG_LINE_BYTES, MAX_LOG_LINES};
pub use log::LogLine;
pub use program::{Launch, Note, Outcome, Playback, Program, Rule, Termination};
pub use variables::expand_variables;

#[cfg(test)]
mod program_tests;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod script_tests;
