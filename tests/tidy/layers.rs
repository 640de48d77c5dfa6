//! The layer rule: a part of the crate may name the parts below it and itself, never one above or beside it.

use crate::Finding;
use crate::source::Source;
use crate::uses::paths_from;

/// The parts of the crate from the ground up. Parts of one row do not know each other.
const LAYERS: &[&[&str]] = &[
    &["time", "dice", "i18n"],
    &["cron", "shell"],
    &["api"],
    &["manifest", "world"],
    &["actor"],
    &["sim"],
    &["kubectl"],
    &["scenario", "view"],
    &["assist"],
    &["cli", "ui"],
];

pub fn check(source: &Source) -> Vec<Finding> {
    let Some(part) = part_of(&source.path) else { return Vec::new() };
    let Some(own) = height(&part) else {
        return vec![Finding::new(
            &source.path,
            1,
            format!("`{part}` has no layer: give it one in tests/tidy/layers.rs"),
        )];
    };
    let named = paths_from(&source.shipped, &["crate", "orrery", "super"]);
    let breaches = named.iter().filter_map(|path| {
        let target = resolve(&source.path, &path.names)?;
        let allowed = target == part || height(&target).is_none_or(|height| height < own);
        let what = format!("layer: `{part}` must not name `{target}`");
        (!allowed).then(|| Finding::new(&source.path, path.line, what))
    });
    breaches.collect()
}

fn height(part: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&part))
}

/// The module of a file, from the root: `src/world/table.rs` is `[world, table]`.
fn module_of(path: &str) -> Vec<&str> {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs");
    inside.split('/').filter(|name| *name != "mod").collect()
}

/// The part that a file belongs to; none for the roots of the crate, which name everything.
fn part_of(path: &str) -> Option<String> {
    let part = *module_of(path).first()?;
    (part != "lib" && part != "main").then(|| part.to_owned())
}

/// The part of the crate that a path from `crate`, `orrery` or `super` leads to; none when it stays below its own part.
fn resolve(path: &str, names: &[String]) -> Option<String> {
    let up = names.iter().take_while(|name| *name == "super").count();
    if up == 0 {
        return names.get(1).cloned();
    }
    (up >= module_of(path).len()).then(|| names.get(up).cloned()).flatten()
}
