//! Hover.

use super::marked;
use orrery::assist::{Docs, hover};
use orrery::manifest::schema::Schema;

/// Text with the mark; path, type, default, and whether it is simulated.
const PLACES: &[(&str, &str, &str, &str, bool)] = &[
    (
        "apiVersion: batch/v1\nkind: CronJob\nspec:\n  con‸currencyPolicy: Forbid\n",
        "spec.concurrencyPolicy",
        "ConcurrencyPolicy",
        "\"Allow\"",
        true,
    ),
    ("apiVersion: batch/v1\nkind: Job\nspec:\n  back‸offLimit: 2\n", "spec.backoffLimit", "integer", "6", true),
    ("apiVersion: batch/v1\nkind: Job\nspec:\n  backoffLimit: 2‸\n", "spec.backoffLimit", "integer", "6", true),
    ("apiVersion: batch/v1\nkind: Job\nspec:\n  manag‸edBy: a/b\n", "spec.managedBy", "string", "", true),
    ("apiVersion: apps/v1\nkind: Deployment\nspec:\n  repl‸icas: 3\n", "spec.replicas", "integer", "1", true),
    (
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - {name: c, im‸age: nginx}\n",
        "spec.containers[0].image",
        "string",
        "",
        true,
    ),
    (
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: c\n    image: nginx:1\n    imagePull‸Policy: Never\n",
        "spec.containers[0].imagePullPolicy",
        "PullPolicy",
        "\"IfNotPresent\"",
        true,
    ),
    (
        "apiVersion: v1\nkind: Pod\nspec:\n  termination‸GracePeriodSeconds: 5\n",
        "spec.terminationGracePeriodSeconds",
        "integer",
        "30",
        true,
    ),
    (
        "apiVersion: v1\nkind: Pod\nspec:\n  broken: [\n  dns‸Policy: None\n",
        "spec.dnsPolicy",
        "DNSPolicy",
        "\"ClusterFirst\"",
        false,
    ),
    (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  annotations:\n    sim/run-sec‸onds: \"5\"\n",
        "metadata.annotations.sim/run-seconds",
        "string",
        "",
        true,
    ),
];

#[test]
fn every_field_says_what_it_is() {
    for (text, path, ty, default, simulated) in PLACES {
        let (text, at) = marked(text);
        let shown = hover(&Schema::new(), &text, at, None).unwrap_or_else(|| panic!("nothing at {path}"));
        assert_eq!((shown.path.as_str(), shown.ty.as_str()), (*path, *ty));
        assert_eq!(shown.default.as_deref().unwrap_or(""), *default, "{path}");
        assert_eq!(!shown.not_simulated, *simulated, "{path}");
    }
}

#[test]
fn a_description_is_upstreams_first_sentence_when_the_file_is_there() {
    let docs = Docs::read(&std::fs::read_to_string("static/schema-docs.txt").expect("descriptions"));
    let (text, at) = marked("apiVersion: batch/v1\nkind: CronJob\nspec:\n  sche‸dule: '@daily'\n");
    let shown = hover(&Schema::new(), &text, at, Some(&docs)).expect("a field");
    assert_eq!(shown.description, "The schedule in Cron format, see https://en.wikipedia.org/wiki/Cron.");
    assert!(shown.required);
    let (text, at) = marked("apiVersion: batch/v1\nki‸nd: CronJob\n");
    let shown = hover(&Schema::new(), &text, at, Some(&docs)).expect("a kind");
    assert_eq!(shown.description, "CronJob represents the configuration of a single cron job.");
}

#[test]
fn nothing_is_said_where_there_is_nothing() {
    for text in [
        "‸",
        "# com‸ment\n",
        "apiVersion: v1\nkind: Pod\nspec:\n  non‸sense: 1\n",
        "apiVersion: v1\nkind: Pod\n  ‸  \n",
    ] {
        let (text, at) = marked(text);
        assert_eq!(hover(&Schema::new(), &text, at, None), None, "{text:?}");
    }
}
