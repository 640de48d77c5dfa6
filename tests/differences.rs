//! `docs/differences.md` says in one place where the simulation differs from Kubernetes on purpose. It is made of the
//! `DIFFERENCE:` marks in the code and the known differences of the harnesses, so it cannot fall behind either.
//! After a change of one of them: `ORRERY_UPDATE=1 cargo test --test differences`.

mod harness;

use std::fmt::Write;
use std::path::{Path, PathBuf};

const MARK: &str = "DIFFERENCE:";
const PAGE: &str = "docs/differences.md";

/// Where marks are found, and what a reader calls that part. The first that fits counts.
const PARTS: &[(&str, &str)] = &[
    ("src/actor/cron_job/", "CronJobs"),
    ("src/actor/job/", "Jobs"),
    ("src/actor/scheduler/", "Scheduling"),
    ("src/actor/kubelet/", "Containers"),
    ("src/shell/", "Containers"),
    ("src/cron/", "Cron schedules"),
    ("src/actor/garbage/", "Deletion"),
    ("src/manifest/", "Manifests"),
    ("src/api/", "Names"),
    ("src/", "Others"),
];

/// What the marks of a source text say, each to the end of its paragraph of comment lines.
fn marks(source: &str) -> Vec<String> {
    let comment = |line: &str| {
        let line = line.trim_start();
        let text = ["///", "//!", "//"].iter().find_map(|slashes| line.strip_prefix(slashes))?;
        Some(text.trim().to_string())
    };
    let mut found: Vec<String> = Vec::new();
    let mut reading = false;
    for text in source.lines().map(comment) {
        let text = text.unwrap_or_default();
        if let Some(reason) = text.strip_prefix(MARK) {
            found.push(reason.trim().to_string());
            reading = true;
        } else if text.is_empty() {
            reading = false;
        } else if let Some(last) = found.last_mut().filter(|_| reading) {
            last.push(' ');
            last.push_str(&text);
        }
    }
    found.into_iter().map(|reason| capitalised(&reason)).collect()
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// (part, what differs and why, file), in order of part and file.
fn all_marks() -> Vec<(&'static str, String, String)> {
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let path = file.strip_prefix(root()).expect("a file of the project").to_string_lossy().replace('\\', "/");
        let part = PARTS.iter().position(|(prefix, _)| path.starts_with(prefix)).expect("the last part takes all");
        let text = std::fs::read_to_string(&file).expect("a source can be read");
        all.extend(marks(&text).into_iter().map(|reason| (part, PARTS[part].1, reason, path.clone())));
    }
    all.sort_by_key(|(part, ..)| *part);
    all.into_iter().map(|(_, title, reason, path)| (title, reason, path)).collect()
}

fn page() -> String {
    let mut page = String::from(
        "# Where Kube Orrery differs from Kubernetes\n\n\
         Everything else is meant to be as in Kubernetes 1.36; where it is not, that is a bug. This page is made of the\n\
         `DIFFERENCE:` marks in the code and of what the harnesses list as known; see `tests/differences.rs`.\n",
    );
    let mut last = "";
    for (title, reason, path) in all_marks() {
        if title != last {
            write!(page, "\n## {title}\n").expect("a string takes all");
        }
        last = title;
        writeln!(page, "- {reason} ([`{path}`](../{path}))").expect("a string takes all");
    }
    for (title, path) in [
        ("Recordings of a real control plane", "tests/parity/known_differences.toml"),
        ("Tables computed by Kubernetes' own code", "tests/conformance/known_differences.toml"),
    ] {
        let known = harness::known_differences(path);
        write!(page, "\n## {title}\n").expect("a string takes all");
        if known.cases.is_empty() && known.inputs.is_empty() {
            page.push_str("None: all of them are matched.\n");
        }
        for (name, reason) in &known.cases {
            writeln!(page, "- `{name}`: {reason}").expect("a string takes all");
        }
        for (input, reason) in &known.inputs {
            writeln!(page, "- cases with `{input}`: {reason}").expect("a string takes all");
        }
    }
    page
}

#[test]
fn the_page_of_differences_says_what_the_code_says() {
    let (path, page) = (root().join(PAGE), page());
    if std::env::var_os("ORRERY_UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
        std::fs::write(path, page).expect("the page can be written");
        return;
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(page, written, "{PAGE} is behind the code: ORRERY_UPDATE=1 cargo test --test differences");
}

#[test]
fn every_difference_has_a_reason_in_a_sentence() {
    for (_, reason, path) in all_marks() {
        assert!(reason.len() > 40 && reason.ends_with('.'), "{path}: {MARK} {reason}");
    }
}

#[test]
fn a_mark_is_read_to_the_end_of_its_paragraph() {
    let check = |source: &str, expected: &[&str]| assert_eq!(marks(source), expected, "{source}");
    check("// DIFFERENCE: one thing\n// and why.\nfn a() {}\n// no more", &["One thing and why."]);
    check("/// What it does.\n///\n/// DIFFERENCE: one.\n///\n/// More.\n// DIFFERENCE: two.\n", &["One.", "Two."]);
    check("let mark = \"DIFFERENCE: none\";", &[]);
}
