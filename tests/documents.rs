//! `docs/not-simulated.md` is made from the registry of fields, and the registry is held against the code that reads them.
//! After a change of it: `ORRERY_UPDATE=1 cargo test --test documents`.

use orrery::manifest::schema::{Schema, Type};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

fn up_to_date(file: &str, text: &str) {
    if std::env::var_os("ORRERY_UPDATE").is_some() {
        std::fs::write(file, text).expect("written");
    }
    let found = std::fs::read_to_string(file).unwrap_or_default();
    assert_eq!(found, text, "{file} is not what the code says: ORRERY_UPDATE=1 cargo test --test documents");
}

/// The Rust files below a folder, sorted.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            let name = path.to_string_lossy().replace('\\', "/");
            found.push((name, std::fs::read_to_string(&path).expect("text")));
        }
    }
    found
}

/// Kinds of which somebody writes the spec.
const KINDS: &[&str] = &["Pod", "Job", "CronJob", "DaemonSet", "Deployment", "ReplicaSet", "Service", "Node"];

/// Structs reachable through honoured fields, with their fields that are not honoured.
fn not_simulated(schema: &Schema) -> BTreeMap<&'static str, Vec<&'static str>> {
    let (mut seen, mut open, mut found) = (BTreeSet::new(), Vec::new(), BTreeMap::new());
    open.extend(KINDS.iter().filter_map(|kind| schema.kinds().iter().find(|k| k.kind == *kind)).map(|k| k.kind));
    while let Some(name) = open.pop() {
        if !seen.insert(name) {
            continue;
        }
        for field in schema.fields(name) {
            let owner = schema.embedding(name, field.name).unwrap_or(name);
            if schema.registry().honours(owner, field.name) || schema.registry().honours(name, field.name) {
                if field.name != "status" {
                    open.extend(inner(&field.ty));
                }
            } else {
                found.entry(name).or_insert_with(Vec::new).push(field.name);
            }
        }
    }
    found
}

fn inner(ty: &Type) -> Option<&'static str> {
    match ty {
        Type::Struct(name) => Some(name),
        Type::List(ty) | Type::Map(ty, _) => inner(ty),
        _ => None,
    }
}

#[test]
fn the_list_of_fields_without_effect_is_that_of_the_registry() {
    let schema = Schema::new();
    let docs = orrery::assist::Docs::read(&std::fs::read_to_string("static/schema-docs.txt").expect("descriptions"));
    let mut text = String::from(
        "# Fields that are accepted and have no effect\n\nThey are decoded, validated and stored as Kubernetes does, and the simulation \
         does nothing with them. The\neditor says so where one is written. Made from the registry in `src/manifest/registry.rs`; do not \
         edit.\n",
    );
    for (name, fields) in not_simulated(&schema) {
        let _ = write!(text, "\n## {name}\n");
        for field in fields {
            let owner = schema.embedding(name, field).unwrap_or(name);
            let about = docs.field(owner, field).unwrap_or("");
            let _ = writeln!(text, "- `{field}`{}{about}", if about.is_empty() { "" } else { ": " });
        }
    }
    up_to_date("docs/not-simulated.md", &text);
}

/// What the registry calls honoured is read somewhere, and names only fields that exist.
#[test]
fn every_field_that_is_called_simulated_exists_and_is_read() {
    let schema = Schema::new();
    let read: String = ["src/api", "src/world", "src/actor", "src/sim", "src/scenario", "src/kubectl"]
        .iter()
        .flat_map(|f| sources(Path::new(f)))
        .map(|(_, t)| t)
        .collect();
    let mut wrong = Vec::new();
    for (name, fields) in schema.registry().structs().filter(|(name, _)| !name.is_empty()) {
        if schema.structure(name).is_none() {
            wrong.push(format!("{name} does not exist"));
            continue;
        }
        for field in fields.iter().filter(|f| **f != "*") {
            if schema.field(name, field).is_none() {
                wrong.push(format!("{name}.{field} does not exist"));
            } else if !read.contains(&format!("\"{field}\"")) && !read.contains(&format!("/{field}")) {
                wrong.push(format!("{name}.{field} is not read"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the typed forms decode is called honoured.
#[test]
fn every_field_of_a_listed_struct_that_the_objects_decode_is_called_simulated() {
    let schema = Schema::new();
    let files = [
        ("src/api/pod_spec.rs", &["PodSpec", "Container", "Probe"][..]),
        ("src/api/batch.rs", &["JobSpec", "CronJobSpec"][..]),
    ];
    let mut wrong = Vec::new();
    for (file, structs) in files {
        let text = std::fs::read_to_string(file).expect("text");
        let decoding = text.split("#[cfg(test)]").next().unwrap_or("");
        for name in structs {
            for field in schema.fields(name) {
                let owner = schema.embedding(name, field.name).unwrap_or(name);
                let honoured =
                    schema.registry().honours(owner, field.name) || schema.registry().honours(name, field.name);
                if decoding.contains(&format!("\"{}\"", field.name)) && !honoured {
                    wrong.push(format!("{file} reads {name}.{}", field.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
