//! Controllers and node agents: everything that acts on the world.
