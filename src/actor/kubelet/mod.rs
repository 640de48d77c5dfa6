//! The kubelets of all nodes.

use super::{Actor, Cx, Key, Sight};
use crate::world::{Change, PodId};

/// The kubelets of all nodes.
#[derive(Clone, Debug, Default)]
pub struct Kubelet {}

impl Kubelet {
    /// Lets the running containers of a Pod exit with a code now, as if they crashed; false when none runs.
    pub fn crash(&mut self, _pod: PodId, _exit_code: i32, _cx: &mut Cx) -> bool {
        false
    }
}

impl Actor for Kubelet {
    fn observe(&mut self, _change: &Change, _sight: &mut Sight) {}

    fn ring(&mut self, _key: Key, _cx: &mut Cx) {}

    fn work(&mut self, _cx: &mut Cx) -> bool {
        false
    }
}
