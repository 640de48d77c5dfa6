//! The files of the project: what is in its folder but was not built, installed or recorded.

use crate::source::Source;
use std::fs;
use std::path::Path;

/// One text of the project.
pub struct File {
    /// From the project's root, with `/`.
    pub path: String,
    pub text: String,
}

const NOT_OURS: &[&str] = &[".git", "target", "dist", "node_modules"];
/// The fuzzer's own workspace: what it builds, learns and finds.
const NOT_OURS_IN_FUZZ: &[&str] = &["target", "corpus", "artifacts", "coverage", "Cargo.lock", "seeds"];

/// Every text of the project, in order of path, but for data of tests: recordings name what they recorded.
pub fn project_files() -> Vec<File> {
    let mut found = Vec::new();
    walk(Path::new(env!("CARGO_MANIFEST_DIR")), "", &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn walk(folder: &Path, prefix: &str, found: &mut Vec<File>) {
    for entry in fs::read_dir(folder).expect("the folder can be read").map(|entry| entry.expect("an entry")) {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().expect("a type");
        let fuzz = prefix == "fuzz/" && NOT_OURS_IN_FUZZ.contains(&name.as_str());
        if fuzz || prefix.is_empty() && NOT_OURS.contains(&name.as_str()) {
            continue;
        }
        if kind.is_dir() {
            walk(&entry.path(), &format!("{path}/"), found);
        } else if kind.is_file() && !is_test_data(&path) {
            // What is not UTF-8 is no text.
            found.extend(fs::read_to_string(entry.path()).ok().map(|text| File { path, text }));
        }
    }
}

fn is_test_data(path: &str) -> bool {
    path.starts_with("tests/") && !path.ends_with(".rs") && !path.ends_with(".mjs")
}

/// The Rust files among them. Those that only tests declare count as tests throughout.
pub fn rust_sources(files: &[File]) -> Vec<Source> {
    let rust = files.iter().filter(|file| file.path.ends_with(".rs"));
    let mut sources: Vec<Source> = rust.map(|file| Source::new(&file.path, &file.text)).collect();
    let test_stems: Vec<String> = sources
        .iter()
        .flat_map(|source| source.test_modules.iter().map(|name| format!("{}{name}", folder_of_children(&source.path))))
        .collect();
    for source in &mut sources {
        let stem = source.path.trim_end_matches(".rs");
        if test_stems.iter().any(|test| stem == test || stem.starts_with(&format!("{test}/"))) {
            source.all_test();
        }
    }
    sources
}

/// Where the modules that a file declares live: beside `mod.rs`, `lib.rs` and `main.rs`, else in a folder of its name.
pub fn folder_of_children(path: &str) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name {
        "mod.rs" | "lib.rs" | "main.rs" => format!("{folder}/"),
        _ => format!("{}/", path.trim_end_matches(".rs")),
    }
}
