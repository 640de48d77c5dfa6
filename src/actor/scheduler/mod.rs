//! The scheduler.

use super::{Actor, Cx, Key, Sight};
use crate::world::Change;

/// The scheduler.
#[derive(Clone, Debug, Default)]
pub struct Scheduler {}

impl Actor for Scheduler {
    fn observe(&mut self, _change: &Change, _sight: &mut Sight) {}

    fn ring(&mut self, _key: Key, _cx: &mut Cx) {}

    fn work(&mut self, _cx: &mut Cx) -> bool {
        false
    }
}
