//! Small YAML texts, and what Kubernetes' YAML reader says to them: an error, or the value as JSON. The answers were computed with
//! sigs.k8s.io/yaml as of Kubernetes 1.36.2.

use orrery::manifest::{decode, tree};
use serde_json::Value;

/// Text and answer.
const TEXTS: &[(&str, &str)] = &[
    ("a: v1\n\tb: 1\n", "yaml: line 2: found a tab character that violates indentation"),
    ("a: v1\nb:\n\tc: 1\n", "yaml: line 3: found character that cannot start any token"),
    ("a: v1\nb:\n  c: x\n\td: 1\n", "yaml: line 4: found a tab character that violates indentation"),
    ("a: v1\nb:\n  c: x\n  \td: 1\n", "yaml: line 4: found a tab character that violates indentation"),
    ("a: v1\nb:\n  - x\n\t- y\n", "yaml: line 4: found a tab character that violates indentation"),
    ("a: 'v1'\n\tb: 1\n", "yaml: line 2: found character that cannot start any token"),
    ("a: v1 # c\n\tb: 1\n", "yaml: line 2: found character that cannot start any token"),
    ("a: {b: 1}\n\tb: 1\n", "yaml: line 2: found character that cannot start any token"),
    ("a: v1\nb:\n\t\tc: 1\n", "yaml: line 3: found character that cannot start any token"),
    ("a:\tx\n", "{\"a\":\"x\"}"),
    ("a: x\t\nb: y\n", "{\"a\":\"x\",\"b\":true}"),
    ("a:\n  b: {os:\n\n centos}\nc: 1\n", "{\"a\":{\"b\":{\"os\":\"centos\"}},\"c\":1}"),
    ("a: 1\nb: [x, \ny, {c: d}]\n", "{\"a\":1,\"b\":[\"x\",true,{\"c\":\"d\"}]}"),
    ("a:\n  b: {\n  c: 1, # x\n  }\nd: e\n", "{\"a\":{\"b\":{\"c\":1}},\"d\":\"e\"}"),
    ("a: 'x\nb: 1\n", "yaml: line 3: found unexpected end of stream"),
    ("a: \"x\nb: 1\n", "yaml: line 3: found unexpected end of stream"),
    ("a: x'\n", "{\"a\":\"x'\"}"),
    ("a: [1, 2\nb: 1\n", "yaml: line 1: did not find expected ',' or ']'"),
    ("a: {b: 1\nc: 2\n", "yaml: line 1: did not find expected ',' or '}'"),
    ("a: b: c\n", "yaml: mapping values are not allowed in this context"),
    ("a: @x\n", "yaml: found character that cannot start any token"),
    ("a: `x`\n", "yaml: found character that cannot start any token"),
    ("a: %x\n", "yaml: found character that cannot start any token"),
    ("a: *\n", "yaml: did not find expected alphabetic or numeric character"),
    ("a: *x\n", "yaml: unknown anchor 'x' referenced"),
    ("a: */5 * * * *\n", "yaml: did not find expected alphabetic or numeric character"),
    ("a: &\n", "yaml: did not find expected alphabetic or numeric character"),
    ("a: !\n", "{\"a\":\"\"}"),
    ("- a\nb: c\n", "yaml: line 1: did not find expected '-' indicator"),
    ("a: b\n- c\n", "yaml: line 1: did not find expected key"),
    ("a:\n- b\n  c: d\n", "yaml: line 3: mapping values are not allowed in this context"),
    ("a:\n  - b\n - c\n", "yaml: line 2: did not find expected key"),
    ("a: |x\n  y\n", "yaml: did not find expected comment or line break"),
    ("a: >\nb\n", "yaml: line 3: could not find expected ':'"),
    ("a\n", "\"a\""),
    ("a\nb: c\n", "yaml: line 2: mapping values are not allowed in this context"),
    ("a: b\n c: d\n", "yaml: line 2: mapping values are not allowed in this context"),
    ("  a: b\nc: d\n", "{\"a\":\"b\"}"),
    ("a: [b}]\n", "yaml: did not find expected ',' or ']'"),
    ("a: b]\n", "{\"a\":\"b]\"}"),
    ("a: ]\n", "yaml: did not find expected node content"),
    ("a: }\n", "yaml: did not find expected node content"),
    ("a: ,\n", "yaml: did not find expected node content"),
    ("{a b}\n", "{\"a b\":null}"),
    ("[a\n", "yaml: line 1: did not find expected ',' or ']'"),
    ("a: 'it's'\n", "yaml: did not find expected key"),
    ("a: \"x\"y\n", "yaml: did not find expected key"),
    ("a: \"\\q\"\n", "yaml: found unknown escape character"),
    ("a: ? b\n", "yaml: mapping keys are not allowed in this context"),
    ("? a\n", "{\"a\":null}"),
    ("a: - b\n", "yaml: block sequence entries are not allowed in this context"),
    ("a: b # c: d\n", "{\"a\":\"b\"}"),
    ("a:b\n", "\"a:b\""),
    ("a :b\n", "\"a :b\""),
    ("a : b\n", "{\"a\":\"b\"}"),
    ("a: #b\n", "{\"a\":null}"),
    ("#only\n", "null"),
    ("a: 'b'c: d\n", "yaml: did not find expected key"),
    ("a: !!int x\n", "yaml: cannot decode !!str `x` as a !!int"),
    ("a: !!bool yes\n", "{\"a\":true}"),
    ("<<: 1\n", "yaml: map merge requires map or sequence of maps as the value"),
    ("a: 1\na: 2\n", "{\"a\":2}"),
    ("a:\n  b: 1\n  b: 2\n", "{\"a\":{\"b\":2}}"),
    ("image: nginx:1.27\nx: {image: nginx:1.27}\n", "{\"image\":\"nginx:1.27\",\"x\":{\"image\":\"nginx:1.27\"}}"),
    ("x: {a:1}\n", "{\"x\":{\"a:1\":null}}"),
    ("x: [a:1]\n", "{\"x\":[\"a:1\"]}"),
    ("x: {\"a\":1}\n", "{\"x\":{\"a\":1}}"),
    ("x: -\n", "yaml: block sequence entries are not allowed in this context"),
    ("x: --\n", "{\"x\":\"--\"}"),
    ("x: ---\n", "{\"x\":\"---\"}"),
    ("x: ...\n", "{\"x\":\"...\"}"),
    ("a: 1\n...\nb: 2\n", "{\"a\":1}"),
];

#[test]
fn yaml_is_read_as_kubernetes_reads_it() {
    let mut failed = Vec::new();
    for (text, expected) in TEXTS {
        let documents = tree::read(text);
        let first = documents.first();
        let actual = match first.map(|d| (&d.error, &d.root)) {
            Some((Some(error), _)) => error.message.replace("error converting YAML to JSON: ", ""),
            Some((None, Some(root))) => decode::plain(root).to_string(),
            _ => "null".to_owned(),
        };
        let same = match serde_json::from_str::<Value>(expected) {
            Ok(value) => serde_json::from_str::<Value>(&actual).is_ok_and(|a| a == value),
            Err(_) => actual == *expected,
        };
        if !same {
            failed.push(format!("{text:?}: expected {expected}, got {actual}"));
        }
    }
    assert!(failed.is_empty(), "{} of {} fail:\n{}", failed.len(), TEXTS.len(), failed.join("\n"));
}
