//! What a scene promises.
