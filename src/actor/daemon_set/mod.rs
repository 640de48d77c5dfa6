//! The DaemonSet controller.

use super::{Actor, Cx, Key, Sight};
use crate::world::Change;

/// The DaemonSet controller.
#[derive(Clone, Debug, Default)]
pub struct DaemonSets {}

impl Actor for DaemonSets {
    fn observe(&mut self, _change: &Change, _sight: &mut Sight) {}

    fn ring(&mut self, _key: Key, _cx: &mut Cx) {}

    fn work(&mut self, _cx: &mut Cx) -> bool {
        false
    }
}
