//! The clock, the heap of future events and the timeline.
