//! The rules that no compiler knows: layers, names that the core must not use, lengths, justified panics, and files
//! that would betray the machine they were written on. `bad.rs` proves that each rule can fail.

mod bad;
mod layers;
mod rules;
mod source;
mod tree;
mod uses;

use source::Source;

/// One breach: where, and which rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub path: String,
    /// Counted from 1.
    pub line: usize,
    pub what: String,
}

impl Finding {
    pub fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

/// Everything that the rules have to say about one Rust file.
pub fn check_rust(source: &Source) -> Vec<Finding> {
    let mut found = rules::opening(source);
    found.extend(rules::line_length(source));
    if source.path.starts_with("src/") {
        found.extend(rules::file_length(source));
        found.extend(rules::function_length(source));
        found.extend(layers::check(source));
        if source.is_core() {
            found.extend(rules::banned_names(source));
            found.extend(rules::justified_panics(source));
        }
    }
    found
}

#[test]
fn every_file_keeps_the_rules() {
    let files = tree::project_files();
    let sources = tree::rust_sources(&files);
    assert!(sources.iter().any(|s| s.path == "src/lib.rs"), "the walk finds the crate");
    let mut found: Vec<Finding> = sources.iter().flat_map(check_rust).collect();
    for file in &files {
        found.extend(rules::betrayals(&file.path, &file.text));
        found.extend(rules::lock_files(&file.path, &file.text));
    }
    found.sort();
    let lines: Vec<String> = found.iter().map(|f| format!("{}:{}: {}", f.path, f.line, f.what)).collect();
    assert!(found.is_empty(), "{} breaches:\n{}", found.len(), lines.join("\n"));
}

/// What stands between `before` and the next quote.
fn named<'a>(text: &'a str, before: &str) -> Option<&'a str> {
    let (_, behind) = text.split_once(before)?;
    Some(behind.split_once('"')?.0)
}

#[test]
fn tools_have_the_versions_that_the_code_needs() {
    let files = tree::project_files();
    let text = |path: &str| files.iter().find(|f| f.path == path).map_or("", |f| &f.text);
    let library = named(text("Cargo.toml"), "\nwasm-bindgen = \"=").expect("an exact pin");
    assert_eq!(named(text("Trunk.toml"), "\nwasm_bindgen = \""), Some(library), "Trunk.toml and Cargo.toml differ");
    let package = named(text("package.json"), "\"binaryen\": \"").expect("an exact pin");
    let release = package.split('.').next().unwrap_or_default();
    let wanted = format!("version_{release}");
    assert_eq!(
        named(text("Trunk.toml"), "\nwasm_opt = \""),
        Some(wanted.as_str()),
        "Trunk.toml and package.json differ"
    );
}
