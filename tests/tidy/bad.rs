//! Every rule, shown something that breaks it and something that only looks as if it did.

use crate::source::Source;
use crate::{check_rust, rules};

/// The lines at which `text`, as the file `path`, breaks a rule that says `what`.
fn lines(path: &str, text: &str, what: &str) -> Vec<usize> {
    let found = check_rust(&Source::new(path, &format!("//! Why.\n{text}")));
    found.into_iter().filter(|f| f.what.contains(what)).map(|f| f.line - 1).collect()
}

#[test]
fn a_part_that_names_one_above_or_beside_it_is_found() {
    let layer = |path: &str, text: &str| lines(path, text, "layer:");
    assert_eq!(layer("src/api/pod.rs", "use crate::world::World;"), [1]);
    assert_eq!(layer("src/api/pod.rs", "fn f() -> crate::sim::Sim { todo() }"), [1]);
    assert_eq!(layer("src/time.rs", "use crate::dice::Dice;"), [1], "beside is not below");
    assert_eq!(layer("src/world/table.rs", "use crate::{\n    api::Pod,\n    actor::{Job, Queue},\n};").len(), 2);
    assert_eq!(layer("src/world/table.rs", "use super::super::sim::Sim;"), [1]);
    assert_eq!(layer("src/world/mod.rs", "use super::sim::Sim;"), [1]);
    assert_eq!(layer("src/sim/mod.rs", "use orrery::ui::App;"), [1]);
}

#[test]
fn a_part_may_name_those_below_it_and_itself() {
    let layer = |path: &str, text: &str| lines(path, text, "layer:");
    assert!(layer("src/world/table.rs", "use super::index::Index;\nuse crate::world::change::Change;").is_empty());
    assert!(layer("src/world/table.rs", "use crate::{api::Pod, time::SimTime};").is_empty());
    assert!(layer("src/api/pod.rs", "// use crate::world::World;\nconst A: &str = \"crate::world\";").is_empty());
    assert!(layer("src/api/pod.rs", "#[cfg(test)]\nmod tests {\n    use crate::world::World;\n}").is_empty());
    assert!(layer("src/lib.rs", "pub use crate::ui::App;").is_empty());
    assert_eq!(lines("src/novel/mod.rs", "", "has no layer"), [0]);
}

#[test]
fn a_name_that_the_core_must_not_use_is_found_however_it_is_imported() {
    let banned = |path: &str, text: &str| lines(path, text, "must not name");
    for text in [
        "use std::collections::HashMap;",
        "use std::collections::{BTreeMap, HashSet};",
        "use std::{fmt, fs};",
        "fn f() { let _ = std::env::args(); }",
        "fn f() { std::thread::sleep(d); }",
        "use std::time::Instant;",
        "use yew::prelude::*;",
        "fn f() { web_sys::window(); }",
        "fn f() { println!(\"{}\", 1); }",
        "use rand::Rng;",
        "static mut COUNT: u32 = 0;",
    ] {
        assert_eq!(banned("src/sim/mod.rs", text), [1], "{text}");
        assert!(banned("src/ui/mod.rs", text).is_empty(), "only the core: {text}");
    }
}

#[test]
fn a_name_that_only_resembles_a_banned_one_is_none() {
    for text in [
        "fn instant() -> operand::Rand { brand::new() }",
        "// HashMap\n/* yew /* nested */ HashMap */ /// std::fs",
        "const A: &str = \"HashMap \\\" yew\"; const B: &str = r#\"std::fs \" HashMap\"#; const C: char = '\"';",
        "fn life<'a>(x: &'a str) -> &'a str { x } const Q: char = '\\''; // println!",
        "fn f() { writeln!(out).ok(); let threads = 1; }",
        "#[cfg(test)]\nuse std::collections::HashMap;",
        "#[cfg(test)]\nmod tests {\n    fn f() { println!(\"}\"); let c = '{'; }\n}",
    ] {
        assert!(lines("src/sim/mod.rs", text, "must not name").is_empty(), "{text}");
    }
    let after_tests = "#[cfg(test)]\nmod tests {\n    fn f() {}\n}\nuse std::fs;";
    assert_eq!(lines("src/sim/mod.rs", after_tests, "must not name"), [5], "the code behind the tests counts");
}

#[test]
fn a_panic_needs_its_reason() {
    let bare = |text: &str| lines("src/sim/mod.rs", text, "without a");
    assert_eq!(bare("fn f() {\n    a.unwrap();\n}"), [2]);
    assert_eq!(bare("fn f() {\n    a.expect(\"b\"); panic!(); unreachable!(); todo!();\n}").len(), 4);
    assert_eq!(bare("// unwrap: far away\n\nfn f() { a.unwrap(); }"), [3]);
    assert!(bare("fn f() {\n    a.unwrap(); // unwrap: just made\n}").is_empty());
    assert!(bare("fn f() {\n    // unwrap: just made,\n    // in the line before\n    a.unwrap();\n}").is_empty());
    assert!(bare("fn f() { a.unwrap_or(1); a.expect_err(); }").is_empty());
    assert!(bare("/// a.unwrap();\n#[cfg(test)]\nmod t {\n    fn f() { a.unwrap(); }\n}").is_empty());
    assert!(lines("src/ui/mod.rs", "fn f() { a.unwrap(); }", "without a").is_empty());
}

#[test]
fn what_is_too_long_is_found() {
    let function = |lines: usize| format!("fn f(a: [u8; 2]) {{\n{}}}", "    g();\n".repeat(lines - 2));
    assert!(lines("src/ui/a.rs", &function(100), "a function of").is_empty());
    assert_eq!(lines("src/ui/a.rs", &function(101), "a function of 101 lines"), [1]);
    assert!(lines("src/api/a.rs", &"\n".repeat(499), "split it").is_empty());
    assert_eq!(lines("src/api/a.rs", &"\n".repeat(500), "split it"), [500]);
    assert!(lines("tests/a.rs", &"가".repeat(140), "characters").is_empty());
    assert_eq!(lines("tests/a.rs", &"가".repeat(141), "141 characters"), [1]);
}

#[test]
fn a_file_says_why_it_exists() {
    assert_eq!(check_rust(&Source::new("src/lib.rs", "pub mod a;")).len(), 1);
    assert!(check_rust(&Source::new("src/lib.rs", "//! The map.\npub mod a;")).is_empty());
}

#[test]
fn a_file_of_a_module_that_only_tests_declare_is_a_test() {
    let file = |path: &str, text: &str| crate::tree::File { path: path.to_owned(), text: format!("//! Why.\n{text}") };
    let files = [
        file(
            "src/cron/mod.rs",
            "#[cfg(test)]\nmod tests;\n#[cfg(test)]\n#[path = \"odd_name.rs\"]\nmod odd;\nmod real;",
        ),
        file("src/cron/tests.rs", "use std::fs;"),
        file("src/cron/odd_name.rs", "use std::fs;"),
        file("src/cron/real.rs", "use std::fs;\n#[cfg(test)]\nmod deep;"),
        file("src/cron/real/deep.rs", "use std::fs;"),
    ];
    let found: Vec<_> = crate::tree::rust_sources(&files).iter().flat_map(check_rust).map(|f| f.path).collect();
    assert_eq!(found, ["src/cron/real.rs"]);
}

#[test]
fn places_of_one_machine_and_odd_registries_are_found() {
    let home = concat!("see /ho", "me/someone/notes");
    assert_eq!(rules::betrayals("README.md", home).len(), 1);
    assert!(rules::betrayals("README.md", concat!("https://example.com/ho", "me/page")).is_empty());
    assert_eq!(rules::betrayals("a.sh", concat!("npm --registry https://registry.", "npmjs.org")).len(), 1);
    let odd = "source = \"registry+https://example.com/index\"";
    assert_eq!(rules::lock_files("Cargo.lock", odd).len(), 1);
    assert_eq!(rules::lock_files("package-lock.json", "  \"resolved\": \"https://example.com/a.tgz\"").len(), 1);
}
