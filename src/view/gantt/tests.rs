//! What a gantt promises.
