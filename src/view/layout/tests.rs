//! What a layout promises.
