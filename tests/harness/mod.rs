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

/// Whether a harness runs the copies in the repository.
pub fn runs_own(variable: &str) -> bool {
    std::env::var_os(variable).is_none()
}

/// The JSON files of a directory in order of name.
pub fn json_files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    files
}

/// What a harness knows that it cannot match.
#[derive(Debug, Default, PartialEq)]
pub struct Known {
    /// Case name to reason.
    pub cases: BTreeMap<String, String>,
    /// Something that cases may be given (`table.field`) to the reason why some of those cases cannot be matched.
    pub inputs: BTreeMap<String, String>,
}

/// The known differences of a harness.
pub fn known_differences(path: &str) -> Known {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    parse_known_differences(&text)
        .unwrap_or_else(|line| panic!("{}: line {line} is not `\"case\" = \"reason\"`", path.display()))
}

/// Lines of the form `"case" = "reason"`, after `[inputs]` `"table.field" = "reason"`, comments and blank lines; the error
/// is the number of a line that is none of these.
pub fn parse_known_differences(text: &str) -> Result<Known, usize> {
    let mut known = Known::default();
    let mut inputs = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        match line {
            "[inputs]" => inputs = true,
            "[cases]" => inputs = false,
            _ if line.is_empty() || line.starts_with('#') => {}
            _ => {
                let inner = line.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
                let (key, reason) = inner.and_then(|inner| inner.split_once("\" = \"")).ok_or(number + 1)?;
                let list = if inputs { &mut known.inputs } else { &mut known.cases };
                list.insert(key.replace("\\\"", "\""), reason.replace("\\\"", "\""));
            }
        }
    }
    Ok(known)
}

/// Counts and prints the outcome of cases.
#[derive(Default)]
pub struct Report {
    table: BTreeMap<String, [usize; 3]>,
    failures: Vec<String>,
    /// For each listed input that cases were given: how many of them differed.
    inputs: BTreeMap<String, usize>,
}

impl Report {
    /// Takes a case's differences down and prints its line.
    pub fn case(&mut self, file: &str, name: &str, differences: &[String], known: &Known) {
        self.case_given(file, name, &[], differences, known);
    }

    /// Likewise, for a case that was given these inputs.
    pub fn case_given(&mut self, file: &str, name: &str, given: &[&str], differences: &[String], known: &Known) {
        let full = format!("{file}/{name}");
        let mut expected = known.cases.get(&full).or_else(|| known.cases.get(name));
        for input in given.iter().map(|field| format!("{file}.{field}")) {
            if let Some(reason) = known.inputs.get(&input) {
                *self.inputs.entry(input).or_default() += usize::from(!differences.is_empty());
                expected = expected.or(Some(reason).filter(|_| !differences.is_empty()));
            }
        }
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

    /// Prints the table and fails when anything failed or nothing ran, or when an input is listed though every case of our
    /// own that was given it matches (those of another directory may be too few to tell).
    pub fn finish(mut self, own: bool) {
        for (input, _) in self.inputs.iter().filter(|(_, differing)| own && **differing == 0) {
            println!("FAIL [inputs] {input}: listed as a known difference, but all its cases match");
            self.failures.push(input.clone());
        }
        println!("\n{:<40} {:>6} {:>6} {:>6}", "file", "ok", "known", "FAIL");
        for (file, [ok, known, failed]) in &self.table {
            println!("{file:<40} {ok:>6} {known:>6} {failed:>6}");
        }
        assert!(!self.table.is_empty(), "there was no case to run");
        assert!(self.failures.is_empty(), "{} case(s) failed: {:?}", self.failures.len(), self.failures);
    }
}
