//! `src/manifest/schema.txt` is generated, never typed: this test regenerates it from a Kubernetes checkout when one is
//! given, and always compares it with `k8s-openapi`, an independent reading of the same API.

#[path = "schema/go_types.rs"]
mod go_types;
#[path = "schema/render.rs"]
mod render;

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
