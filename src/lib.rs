//! Kube Orrery: a clockwork Kubernetes. This file is the map of the crate.

pub mod actor;
pub mod api;
pub mod assist;
pub mod cli;
pub mod cron;
pub mod dice;
pub mod i18n;
pub mod kubectl;
pub mod manifest;
pub mod scenario;
pub mod shell;
pub mod sim;
pub mod time;
pub mod ui;
pub mod view;
pub mod world;
