//! The whole cluster state as one value.
