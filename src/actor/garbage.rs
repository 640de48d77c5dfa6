//! The garbage collector.

use super::{Actor, Cx, Key, Sight};
use crate::world::Change;

/// The garbage collector.
#[derive(Clone, Debug, Default)]
pub struct Garbage {}

impl Actor for Garbage {
    fn observe(&mut self, _change: &Change, _sight: &mut Sight) {}

    fn ring(&mut self, _key: Key, _cx: &mut Cx) {}

    fn work(&mut self, _cx: &mut Cx) -> bool {
        false
    }
}
