//! What the two data-driven harnesses share: where their cases are, how they report, which differences are known.

#![allow(dead_code)] // Each harness uses its own part.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub mod assign;
pub mod compare;
pub mod events;
pub mod guide;
pub mod mutate;
pub mod recorded;
pub mod replay;
pub mod series;
pub mod surroundings;
pub mod track;

/// The directory of a harness's cases: what the variable says, or the copies in the repository.
pub fn directory(variable: &str, default: &str) -> PathBuf {
    std::env::var_os(variable).map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(default), PathBuf::from)
}

/// The JSON files of a directory in order of name.
pub fn json_files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    files
}

/// The known differences of a harness: case name to reason.
pub fn known_differences(path: &str) -> BTreeMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    parse_known_differences(&text)
        .unwrap_or_else(|line| panic!("{}: line {line} is not `\"case\" = \"reason\"`", path.display()))
}

/// Lines of the form `"case" = "reason"`, comments and blank lines; the error is the number of a line that is neither.
pub fn parse_known_differences(text: &str) -> Result<BTreeMap<String, String>, usize> {
    let mut known = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', '[']) {
            continue;
        }
        let inner = line.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let (case, reason) = inner.and_then(|inner| inner.split_once("\" = \"")).ok_or(number + 1)?;
        known.insert(case.replace("\\\"", "\""), reason.replace("\\\"", "\""));
    }
    Ok(known)
}

/// Counts and prints the outcome of cases.
#[derive(Default)]
pub struct Report {
    table: BTreeMap<String, [usize; 3]>,
    failures: Vec<String>,
}

impl Report {
    /// Takes a case's differences down and prints its line.
    pub fn case(&mut self, file: &str, name: &str, differences: &[String], known: &BTreeMap<String, String>) {
        let full = format!("{file}/{name}");
        let expected = known.get(&full).or_else(|| known.get(name));
        let row = self.table.entry(file.to_string()).or_default();
        match (differences.is_empty(), expected) {
            (true, None) => {
                row[0] += 1;
                println!("ok {full}");
            }
            (false, Some(reason)) => {
                row[1] += 1;
                println!("ok {full} (known difference: {reason})");
            }
            (true, Some(_)) => {
                row[2] += 1;
                println!("FAIL {full}: listed as a known difference, but it matches");
                self.failures.push(full);
            }
            (false, None) => {
                row[2] += 1;
                println!("FAIL {full}");
                differences.iter().take(40).for_each(|difference| println!("     {difference}"));
                self.failures.push(full);
            }
        }
    }

    /// Prints the table and fails when anything failed or nothing ran.
    pub fn finish(self) {
        println!("\n{:<40} {:>6} {:>6} {:>6}", "file", "ok", "known", "FAIL");
        for (file, [ok, known, failed]) in &self.table {
            println!("{file:<40} {ok:>6} {known:>6} {failed:>6}");
        }
        assert!(!self.table.is_empty(), "there was no case to run");
        assert!(self.failures.is_empty(), "{} case(s) failed: {:?}", self.failures.len(), self.failures);
    }
}
