//! The YAML reader: any bytes give documents with places inside the text, whatever they are.

#![no_main]

use libfuzzer_sys::fuzz_target;
use orrery::manifest::tree::{self, Content, Node};

fn check(node: &Node, length: u32) {
    assert!(node.span.start <= node.span.end && node.span.end <= length, "{:?} of {length}", node.span);
    match &node.content {
        Content::List(items) => items.iter().for_each(|item| check(item, length)),
        Content::Map(entries) => entries.iter().for_each(|entry| check(&entry.value, length)),
        _ => {}
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for document in tree::read(text) {
        if let Some(root) = &document.root {
            check(root, text.len() as u32);
        }
        if let Some(error) = &document.error {
            assert!(!error.message.is_empty());
        }
    }
});
