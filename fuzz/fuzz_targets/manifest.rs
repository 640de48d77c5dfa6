//! Decoding, defaults, admission and validation: any text gets an answer, and what is accepted is accepted again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use orrery::manifest::{LoadOptions, load};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let loaded = load(text, &LoadOptions::default());
    for diagnostic in &loaded.diagnostics {
        assert!(diagnostic.span.start <= diagnostic.span.end && diagnostic.span.end as usize <= text.len());
        assert!(text.is_char_boundary(diagnostic.span.start as usize) && text.is_char_boundary(diagnostic.span.end as usize));
    }
    for document in loaded.accepted() {
        let Some(value) = &document.value else { continue };
        let again = load(&value.to_string(), &LoadOptions::default());
        let answer = again.documents.first().or(again.scenario.as_ref()).map(|d| &d.answer);
        assert!(document.live || answer.is_some_and(|a| a.accepted), "{value} is refused: {answer:?}");
    }
});
