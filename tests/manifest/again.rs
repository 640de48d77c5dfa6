//! A reader that remembers gives what a fresh one gives, whatever was typed before.

use orrery::assist::TEMPLATES;
use orrery::manifest::{LoadOptions, Reader, load};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn what_was_read_before_changes_nothing(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..6, 0_usize..13), 1..12)
    ) {
        let mut text: String = TEMPLATES.iter().take(5).map(|t| format!("{}---\n", t.text)).collect();
        let mut reader = Reader::new(LoadOptions::default());
        for (place, what, template) in edits {
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            let at: usize = lines[..place.index(lines.len().max(1)).min(lines.len())].iter().map(|l| l.len()).sum();
            let line = text[at..].split_inclusive('\n').next().unwrap_or("").len();
            match what {
                0 => text.insert_str(at, "# 한국어\n"),
                1 => text.replace_range(at..at + line, ""),
                2 => text.insert_str(at, "  foo: [1\n"),
                3 => text.insert_str(at, "---\n"),
                4 => text.push_str(&format!("---\n{}", TEMPLATES[template].text)),
                _ => text.insert_str(at, &format!("---\n{}---\n", TEMPLATES[template].text)),
            }
            let fresh = load(&text, &LoadOptions::default());
            prop_assert_eq!(reader.load(&text), fresh, "{}", text);
        }
    }
}
