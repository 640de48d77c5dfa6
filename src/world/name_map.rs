//! Numbers by name, for the lookups that happen for every single Pod.
//!
//! Names of one cluster are much alike, so comparing them as texts is slow. Here they are ordered by their hash, and only
//! the one that is found is compared; the order means nothing and is never shown.

use crate::api::Text;
use crate::dice::{FNV_OFFSET, fnv1a};
use std::collections::BTreeMap;

/// A map from names to numbers.
///
/// ```
/// use orrery::world::NameMap;
/// let mut map = NameMap::default();
/// assert_eq!(map.insert(&"node-1".into(), 7), None);
/// assert_eq!((map.get("node-1"), map.get("node-2")), (Some(7), None));
/// assert_eq!((map.remove("node-1"), map.get("node-1")), (Some(7), None));
/// ```
#[derive(Clone, Debug, Default)]
pub struct NameMap(BTreeMap<u64, Vec<(Text, u32)>>);

impl NameMap {
    fn hash(name: &str) -> u64 {
        fnv1a(FNV_OFFSET, name.as_bytes())
    }

    /// The number of a name.
    pub fn get(&self, name: &str) -> Option<u32> {
        let same = self.0.get(&NameMap::hash(name))?;
        same.iter().find(|(known, _)| known == name).map(|(_, number)| *number)
    }

    /// Gives a name a number; answers the one it had.
    pub fn insert(&mut self, name: &Text, number: u32) -> Option<u32> {
        let same = self.0.entry(NameMap::hash(name)).or_default();
        match same.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => Some(std::mem::replace(old, number)),
            None => {
                same.push((name.clone(), number));
                None
            }
        }
    }

    /// Forgets a name; answers the number it had.
    pub fn remove(&mut self, name: &str) -> Option<u32> {
        let hash = NameMap::hash(name);
        let same = self.0.get_mut(&hash)?;
        let place = same.iter().position(|(known, _)| known == name)?;
        let (_, number) = same.swap_remove(place);
        if same.is_empty() {
            self.0.remove(&hash);
        }
        Some(number)
    }
}
