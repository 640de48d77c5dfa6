//! From YAML text to objects and diagnostics.
