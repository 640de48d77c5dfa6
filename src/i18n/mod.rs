//! Every text of the interface in every language. A text that lacks a language does not compile.
//!
//! Texts are methods of [`Lang`]: `lang.play()`, `lang.restarts(3)`. They are grouped by where they appear. Kubernetes'
//! own words (kinds, phases, reasons, messages) stay English everywhere, as they do in the field.

#[macro_use]
mod texts;
mod inspect;
pub mod josa;
mod narrate;
mod page;
mod stage;

pub use texts::Lang;
