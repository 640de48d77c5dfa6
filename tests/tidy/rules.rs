//! The rules for one file at a time, each a function from the file to its breaches.

use crate::Finding;
use crate::source::{Source, closing, line_at, occurrences};
use crate::uses::paths_from;

const MAX_LINE_CHARS: usize = 140;
const MAX_FILE_LINES: usize = 500;
const MAX_FUNCTION_LINES: usize = 100;

/// What the core must not name: the browser, clocks, unordered maps, threads, the machine, hidden state, foreign dice.
const BANNED_NAMES: &[&str] = &[
    "yew",
    "web_sys",
    "js_sys",
    "wasm_bindgen",
    "wasm_bindgen_futures",
    "gloo",
    "gloo_timers",
    "gloo_events",
    "Instant",
    "SystemTime",
    "HashMap",
    "HashSet",
    "RandomState",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "thread_local!",
    "lazy_static!",
    "static mut",
    "LazyLock",
    "OnceLock",
    "println!",
    "print!",
    "eprintln!",
    "eprint!",
    "dbg!",
];

/// Paths that the core must not name, also through a `use` tree.
const BANNED_PATHS: &[&[&str]] = &[
    &["std", "thread"],
    &["std", "fs"],
    &["std", "env"],
    &["std", "process"],
    &["rand"],
    &["fastrand"],
    &["getrandom"],
];

/// Calls that end the program.
const PANICS: &[&str] = &[".unwrap()", ".expect(", "panic!", "unreachable!", "todo!", "unimplemented!"];

/// What justifies one, on its line or in the comment right above it.
const JUSTIFIED: &str = "// unwrap: ";

/// Places of one machine. Written in halves, as the hosts are, so that this file keeps the rule itself.
const PLACES: &[&str] = &[
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("/tm", "p/wt"),
];

/// Hosts of package registries: which one is used is the machine's choice.
const HOSTS: &[&str] = &[
    concat!("registry.", "npmjs"),
    concat!("registry.", "yarnpkg"),
    concat!("static.", "crates.io"),
    concat!("index.", "crates.io"),
    concat!("proxy.", "golang"),
    concat!("deb.", "debian.org"),
    concat!("arti", "factory"),
];

const CRATES_IO: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";

pub fn opening(source: &Source) -> Vec<Finding> {
    if source.raw.starts_with("//!") {
        return Vec::new();
    }
    vec![Finding::new(&source.path, 1, "opens without a `//!` line on why it exists")]
}

pub fn line_length(source: &Source) -> Vec<Finding> {
    let lines = source.raw.lines().enumerate();
    let long = lines.map(|(n, line)| (n + 1, line.chars().count())).filter(|&(_, chars)| chars > MAX_LINE_CHARS);
    long.map(|(n, chars)| Finding::new(&source.path, n, format!("{chars} characters (at most {MAX_LINE_CHARS})")))
        .collect()
}

pub fn file_length(source: &Source) -> Vec<Finding> {
    let lines = source.raw.lines().count();
    if lines <= MAX_FILE_LINES {
        return Vec::new();
    }
    vec![Finding::new(&source.path, lines, format!("{lines} lines (at most {MAX_FILE_LINES}): split it"))]
}

pub fn function_length(source: &Source) -> Vec<Finding> {
    let code = &source.shipped;
    let long = occurrences(code, "fn").filter_map(|at| {
        let body = body_of(code, at)?;
        let (first, last) = (line_at(code, at), line_at(code, closing(code, body)));
        let lines = last - first + 1;
        let what = format!("a function of {lines} lines (at most {MAX_FUNCTION_LINES})");
        (lines > MAX_FUNCTION_LINES).then(|| Finding::new(&source.path, first, what))
    });
    long.collect()
}

/// Where the body of the function at `at` opens; none for a type or a declaration without one.
fn body_of(code: &str, at: usize) -> Option<usize> {
    if code[at + 2..].trim_start().starts_with('(') {
        return None;
    }
    let mut here = at;
    while here < code.len() {
        let c = code[here..].chars().next()?;
        match c {
            '(' | '[' => here = closing(code, here),
            '{' => return Some(here),
            ';' => return None,
            _ => here += c.len_utf8(),
        }
    }
    None
}

pub fn banned_names(source: &Source) -> Vec<Finding> {
    let code = &source.shipped;
    let breach = |line, name: &str| Finding::new(&source.path, line, format!("the core must not name `{name}`"));
    let mut found = Vec::new();
    for name in BANNED_NAMES {
        found.extend(occurrences(code, name).map(|at| breach(line_at(code, at), name)));
    }
    let roots: Vec<&str> = BANNED_PATHS.iter().map(|path| path[0]).collect();
    for named in paths_from(code, &roots) {
        for banned in BANNED_PATHS {
            if named.names.iter().zip(*banned).filter(|(name, wanted)| name == *wanted).count() == banned.len() {
                found.push(breach(named.line, &banned.join("::")));
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

pub fn justified_panics(source: &Source) -> Vec<Finding> {
    let raw: Vec<&str> = source.raw.lines().collect();
    let code = &source.shipped;
    let calls = PANICS.iter().flat_map(|call| code.match_indices(call).map(|(at, _)| (line_at(code, at), *call)));
    let bare = calls.filter(|&(line, _)| !is_justified(&raw, line));
    bare.map(|(line, call)| Finding::new(&source.path, line, format!("`{call}` without a `{JUSTIFIED}` comment")))
        .collect()
}

fn is_justified(raw: &[&str], line: usize) -> bool {
    let own = raw.get(line - 1).is_some_and(|text| text.contains(JUSTIFIED));
    let above = raw[..line - 1].iter().rev().take_while(|text| text.trim_start().starts_with("//"));
    own || above.into_iter().any(|text| text.trim_start().starts_with(JUSTIFIED))
}

/// Host names of package registries and paths of a machine, in any text of the project.
pub fn betrayals(path: &str, text: &str) -> Vec<Finding> {
    let found = text.lines().enumerate().flat_map(|(n, line)| {
        let places = PLACES.iter().filter(|place| stands_alone(line, place));
        let hosts = HOSTS.iter().filter(|host| line.contains(**host));
        let what = |hint| format!("names `{hint}`, which is one machine's business");
        places.chain(hosts).map(move |hint| Finding::new(path, n + 1, what(hint)))
    });
    found.collect()
}

/// Whether `place` is in the line other than as the tail of a longer path, such as that of a URL.
fn stands_alone(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-}/".contains(c))
    })
}

/// Lock files name the public registries only: Cargo's by its usual name, npm's not at all.
pub fn lock_files(path: &str, text: &str) -> Vec<Finding> {
    let lines = text.lines().enumerate().map(|(n, line)| (n + 1, line.trim()));
    match path {
        "Cargo.lock" => {
            let odd = lines.filter(|(_, line)| line.starts_with("source = ") && *line != CRATES_IO);
            odd.map(|(n, line)| Finding::new(path, n, format!("not the crates.io registry: {line}"))).collect()
        }
        "package-lock.json" => {
            let resolved = lines.filter(|(_, line)| line.starts_with("\"resolved\""));
            resolved.map(|(n, _)| Finding::new(path, n, "a `resolved` address: .npmrc omits them")).collect()
        }
        _ => Vec::new(),
    }
}
