//! `src/manifest/schema.txt` is generated, never typed: this test regenerates it from a Kubernetes checkout when one is
//! given (`KUBERNETES_SOURCE=<directory> UPDATE=1 cargo test --test schema`), and always compares it with `k8s-openapi`,
//! an independent reading of the same API.

#[path = "schema/go_types.rs"]
mod go_types;
#[path = "schema/published.rs"]
mod published;
#[path = "schema/render.rs"]
mod render;

use orrery::manifest::schema::{Schema, Type};

/// Kubernetes' version here is that of the checkout; k8s-openapi's is the feature in Cargo.toml (v1_36).
const HEADER: &str =
    "# Fields of the supported kinds. Generated from Kubernetes v1.36.2; do not edit. How: docs of tests/schema.rs.\n";
const DOCS_HEADER: &str =
    "# First sentence of each field's documentation, Kubernetes v1.36.2 (Apache-2.0). Generated; do not edit.\n";

#[test]
fn the_schema_is_what_the_generator_makes_of_the_kubernetes_sources() {
    let Ok(root) = std::env::var("KUBERNETES_SOURCE") else {
        println!("KUBERNETES_SOURCE is not set: nothing to regenerate from");
        return;
    };
    let (schema, docs) = render::render(std::path::Path::new(&root));
    let files = [("src/manifest/schema.txt", schema), ("static/schema-docs.txt", docs)];
    for (file, text) in files {
        if std::env::var("UPDATE").is_ok() {
            std::fs::write(file, &text).expect("write");
        }
        assert_eq!(std::fs::read_to_string(file).unwrap_or_default(), text, "{file} differs: run again with UPDATE=1");
    }
}

/// The letters of `schema.txt` for a type; named strings are plain strings to OpenAPI.
fn letters(ty: &Type) -> String {
    match ty {
        Type::Text(_) => "s".to_owned(),
        Type::Bool => "b".to_owned(),
        Type::Int32 => "i".to_owned(),
        Type::Int64 => "l".to_owned(),
        Type::Bytes => "y".to_owned(),
        Type::Quantity => "q".to_owned(),
        Type::Time(micro) => if *micro { "T" } else { "t" }.to_owned(),
        Type::IntOrText => "x".to_owned(),
        Type::Raw => "r".to_owned(),
        Type::Struct(name) => (*name).to_owned(),
        Type::List(inner) => format!("[{}", letters(inner)),
        Type::Map(inner, _) => format!("{{{}", letters(inner)),
    }
}

/// Fields that k8s-openapi calls required although Kubernetes' declarations call them optional: it says so of every
/// field that the server always prints.
fn is_printed_always(schema: &Schema, structure: &str, field: &str) -> bool {
    let reference = "LocalObjectReference";
    field == "metadata"
        || field == "name" && (structure == reference || schema.embedding(structure, field) == Some(reference))
}

#[test]
fn the_schema_is_what_k8s_openapi_publishes() {
    let (schema, published) = (Schema::new(), published::Published::new());
    let structs = published.structs();
    assert!(structs.len() > 200, "only {} structs published", structs.len());
    let mut differences = Vec::new();
    for (name, fields) in &structs {
        let ours: Vec<_> = schema.fields(name);
        if ours.is_empty() && !fields.is_empty() {
            differences.push(format!("{name}: not in schema.txt"));
        }
        for field in &ours {
            match fields.get(field.name) {
                None => differences.push(format!("{name}.{}: not published", field.name)),
                Some((ty, _)) if *ty != letters(&field.ty) => {
                    differences.push(format!("{name}.{}: {} but published as {ty}", field.name, letters(&field.ty)));
                }
                Some((_, required)) if *required != field.required && !is_printed_always(&schema, name, field.name) => {
                    differences.push(format!(
                        "{name}.{}: required {} but published as {required}",
                        field.name, field.required
                    ));
                }
                Some(_) => {}
            }
        }
        for field in fields.keys().filter(|f| ours.iter().all(|o| o.name != **f)) {
            differences.push(format!("{name}.{field}: not in schema.txt"));
        }
    }
    assert_eq!(differences, [""; 0]);
}
