//! The kubelets of all nodes.

use super::{Actor, Cx, Key, Sight};
use crate::world::Change;

/// The kubelets of all nodes.
#[derive(Clone, Debug, Default)]
pub struct Kubelet {}

impl Actor for Kubelet {
    fn observe(&mut self, _change: &Change, _sight: &mut Sight) {}

    fn ring(&mut self, _key: Key, _cx: &mut Cx) {}

    fn work(&mut self, _cx: &mut Cx) -> bool {
        false
    }
}
