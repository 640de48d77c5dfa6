//! Timelines of Jobs, driven by hand.
