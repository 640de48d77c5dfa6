//! Formatting: known texts, and that it never changes what a text means.

use orrery::assist::format;
use orrery::manifest::{decode, tree};
use proptest::prelude::*;
use serde_json::Value;

/// Before and after.
const TEXTS: &[(&str, &str)] = &[
    ("a:\n    b:\n        c: 1\n", "a:\n  b:\n    c: 1\n"),
    ("a:\n  - b: 1\n    c: 2\n  - d\n", "a:\n- b: 1\n  c: 2\n- d\n"),
    ("a:\n-   b: 1\n    c: 2\n", "a:\n- b: 1\n  c: 2\n"),
    ("a: 1   \nb: 2", "a: 1\nb: 2\n"),
    ("# top\na:\n    # about b\n    b: 1\n    # end\n# last\n", "# top\na:\n  # about b\n  b: 1\n  # end\n# last\n"),
    ("a: |\n      x\n        y\n\n      z\nb: 1\n", "a: |\n  x\n    y\n\n  z\nb: 1\n"),
    ("a:\n    b: >-\n        folded\n        text\n", "a:\n  b: >-\n    folded\n    text\n"),
    ("a: {b: 1,\n     c: 2}\nd: [x,\n  y]\n", "a: {b: 1,\n     c: 2}\nd: [x,\n  y]\n"),
    ("a:\n    - - 1\n      - 2\n    - - 3\n", "a:\n- - 1\n  - 2\n- - 3\n"),
    ("a: 1\n---\nb:\n    c: 1\n--- # next\nd: 1\n", "a: 1\n---\nb:\n  c: 1\n--- # next\nd: 1\n"),
    ("a:\n\tb: 1\n", "a:\n  b: 1\n"),
    ("a:\n    b: \"one\n      two\"\n    c: 3\n", "a:\n  b: \"one\n    two\"\n  c: 3\n"),
    ("a: [\n", "a: [\n"),
    ("", ""),
];

#[test]
fn texts_come_out_in_their_usual_form() {
    for (before, after) in TEXTS {
        assert_eq!(format(before), *after, "{before:?}");
        assert_eq!(format(after), *after, "again {before:?}");
    }
}

#[test]
fn the_scenarios_and_templates_of_the_page_are_formatted() {
    for file in std::fs::read_dir("static/scenarios").expect("scenarios") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("text");
        assert_eq!(meaning(&format(&text)), meaning(&text));
        assert_eq!(format(&format(&text)), format(&text));
    }
    for template in orrery::assist::TEMPLATES {
        assert_eq!(format(template.text), template.text, "{}", template.id);
    }
}

fn meaning(text: &str) -> Vec<Option<Value>> {
    tree::read(text)
        .into_iter()
        .map(|d| d.error.is_none().then(|| d.root.as_ref().map_or(Value::Null, decode::plain)))
        .collect()
}

/// A random value as YAML, indented in odd but legal ways.
fn yaml(depth: u32) -> BoxedStrategy<Vec<String>> {
    let leaf = prop_oneof![
        "[a-z]{1,6}".prop_map(|s| vec![s]),
        "[0-9]{1,3}".prop_map(|s| vec![s]),
        "[a-z ]{1,8}".prop_map(|s| vec![format!("\"{s}\"")]),
        Just(vec!["|".to_owned(), "  text: here".to_owned(), "    - more".to_owned()]),
        Just(vec!["{a: 1, b: [x, y]}".to_owned()]),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    let indent = 1_usize..5;
    let map = (prop::collection::vec(("[a-z]{1,5}", yaml(depth - 1), "( # note)?"), 1..4), indent.clone());
    let map = map.prop_map(|(entries, pad)| {
        let mut lines = vec![String::new()];
        for (i, (key, value, note)) in entries.into_iter().enumerate() {
            let key = format!("{key}{i}");
            lines.extend(nested(&format!("{key}:"), value, pad, &note, true));
        }
        lines
    });
    let list = (prop::collection::vec((yaml(depth - 1), "( # note)?"), 1..4), indent).prop_map(|(items, pad)| {
        let mut lines = vec![String::new()];
        for (value, note) in items {
            lines.extend(nested("-", value, pad, &note, false));
        }
        lines
    });
    prop_oneof![leaf, map, list].boxed()
}

/// `head` with a value behind or below it. A value's first line is what may stand behind; a block has an empty one.
fn nested(head: &str, value: Vec<String>, pad: usize, note: &str, _key: bool) -> Vec<String> {
    let (first, rest) = value.split_first().map(|(f, r)| (f.clone(), r.to_vec())).unwrap_or_default();
    let note = if first == "|" { "" } else { note };
    let line = if first.is_empty() { format!("{head}{note}") } else { format!("{head} {first}{note}") };
    let rest = rest.into_iter().map(|l| format!("{}{l}", " ".repeat(pad)));
    std::iter::once(line).chain(rest).collect()
}

proptest! {
    #[test]
    fn formatting_keeps_the_meaning_and_twice_is_once(lines in yaml(3)) {
        let text = lines.into_iter().filter(|l| !l.is_empty()).map(|l| l + "\n").collect::<String>();
        let once = format(&text);
        prop_assert_eq!(meaning(&once), meaning(&text), "{}\n=>\n{}", text, once);
        prop_assert_eq!(format(&once), once.clone());
        let comments = |t: &str| t.matches(" # note").count();
        prop_assert_eq!(comments(&once), comments(&text));
    }
}
