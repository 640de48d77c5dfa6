//! YAML's `<<` and the arithmetic of aliases.

use super::tree::{Content, Entry, Node};
use std::collections::BTreeMap;

/// Adds an entry or replaces the one of its key.
pub fn put(entries: &mut Vec<Entry>, index: &mut BTreeMap<String, usize>, entry: Entry) {
    match index.get(&entry.key) {
        Some(i) => entries[*i] = entry,
        None => {
            index.insert(entry.key.clone(), entries.len());
            entries.push(entry);
        }
    }
}

/// The entries that a merge value contributes; of several maps the first that has a key wins.
pub fn merged(value: &Node) -> Option<Vec<Entry>> {
    match &value.content {
        Content::Map(entries) => Some(entries.clone()),
        Content::List(maps) => {
            let mut all = Vec::new();
            for map in maps.iter().rev() {
                match &map.content {
                    Content::Map(entries) => all.extend(entries.iter().cloned()),
                    _ => return None,
                }
            }
            Some(all)
        }
        _ => None,
    }
}

/// Nodes of a subtree, keys included.
pub fn count_nodes(node: &Node) -> usize {
    match &node.content {
        Content::List(items) => 1 + items.iter().map(count_nodes).sum::<usize>(),
        Content::Map(entries) => 1 + entries.iter().map(|e| 1 + count_nodes(&e.value)).sum::<usize>(),
        _ => 1,
    }
}
