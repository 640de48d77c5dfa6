//! From YAML text to objects and diagnostics, exactly as kubectl and the API server of Kubernetes 1.36 would answer.
//! Broken input is not an error: [`load`] always returns, with what could be read and a remark on everything else.

pub mod admission;
pub mod answer;
pub mod decode;
pub mod default;
pub mod default_pod;
pub mod diagnostic;
pub mod difference;
pub mod document;
pub mod field;
pub mod hint;
pub mod image;
pub mod internal;
pub mod load;
pub mod locate;
pub mod merge;
pub mod patch;
pub mod quantity;
pub mod reader;
pub mod registry;
pub mod rfc3339;
pub mod scalar;
pub mod schema;
pub mod syntax;
pub mod tree;
pub mod validate;
pub mod view;

pub use diagnostic::{Diagnostic, Severity, Span};
pub use load::{Document, LoadOptions, Loaded, load};
pub use reader::Reader;
