//! The Pod garbage collector.

use super::{Actor, Cx, Key, Sight};
use crate::world::Change;

/// The Pod garbage collector.
#[derive(Clone, Debug, Default)]
pub struct PodGc {}

impl Actor for PodGc {
    fn observe(&mut self, _change: &Change, _sight: &mut Sight) {}

    fn ring(&mut self, _key: Key, _cx: &mut Cx) {}

    fn work(&mut self, _cx: &mut Cx) -> bool {
        false
    }
}
