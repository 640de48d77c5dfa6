//! The Kubernetes objects as the simulation sees them.
