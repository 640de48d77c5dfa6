//! Stateless seeded randomness.
