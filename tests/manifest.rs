//! Reading manifests: the article's three, both validation tables, and what any text must survive.

#[path = "manifest/again.rs"]
mod again;
#[path = "manifest/answers.rs"]
mod answers;
#[path = "conformance/validation.rs"]
mod validation;
#[path = "manifest/yaml.rs"]
mod yaml;

use orrery::manifest::{LoadOptions, load};
use serde_json::Value;

const ARTICLE: &str = r#"
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: daemonset-1
spec:
  selector:
    matchLabels:
      type: app
  template:
    metadata:
      labels:
        type: app
    spec:
      nodeSelector:
        os: centos
      containers:
      - name: container
        image: kubetm/app
        ports:
        - containerPort: 8080
          hostPort: 18080
---
apiVersion: batch/v1
kind: Job
metadata:
  name: job-1
spec:
  completions: 6
  parallelism: 2
  activeDeadlineSeconds: 30
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: container
        image: kubetm/init
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: cron-job
spec:
  schedule: "*/1 * * * *"
  concurrencyPolicy: Allow
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
          - name: container
            image: kubetm/init
---
apiVersion: orrery/v1
kind: Scenario
metadata: {name: node-dies}
spec:
  duration: 10m
  steps:
  - {at: 60s, run: node down node-1}
"#;

#[test]
fn the_articles_three_manifests_load_with_their_defaults() {
    let loaded = load(ARTICLE, &LoadOptions::default());
    assert!(!loaded.has_errors(), "{:?}", loaded.diagnostics);
    let names: Vec<&str> = loaded.accepted().map(|d| d.name.as_str()).collect();
    assert_eq!(names, ["daemonset-1", "job-1", "cron-job"]);
    let daemon_set = loaded.documents[0].value.as_ref().expect("accepted");
    assert_eq!(daemon_set["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"], 1);
    assert_eq!(daemon_set["spec"]["template"]["spec"]["containers"][0]["ports"][0]["protocol"], "TCP");
    assert_eq!(loaded.documents[1].value.as_ref().expect("accepted")["spec"]["backoffLimit"], 6);
    let line_of = |text: &str| ARTICLE.lines().position(|l| l.contains(text)).map(|i| i as u32 + 1);
    assert_eq!(Some(loaded.documents[1].span.line + 1), line_of("kind: Job"));
    assert_eq!(Some(loaded.documents[1].locate("spec.completions").line), line_of("completions: 6"));
    assert_eq!(loaded.scenario.as_ref().map(|s| s.name.as_str()), Some("node-dies"));
}

fn run_table(file: &str) -> (usize, Vec<String>) {
    let text = std::fs::read_to_string(format!("tests/conformance/{file}")).expect("table");
    let cases: Vec<Value> = serde_json::from_str(&text).expect("json");
    assert!(!cases.is_empty(), "{file} has no cases");
    let mut failed = Vec::new();
    for case in &cases {
        let name =
            case.get("name").map_or_else(|| format!("{} | {}", case["group"], case["case"]), ToString::to_string);
        let differences = validation::run_case(case);
        if !differences.is_empty() {
            failed.push(format!("{name}\n    {}", differences.join("\n    ")));
        }
    }
    (cases.len(), failed)
}

fn table_passes(file: &str) {
    let (total, failed) = run_table(file);
    println!("{file}: {} of {total} pass", total - failed.len());
    assert!(failed.is_empty(), "{} of {total} cases of {file} fail:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn validation_agrees_with_upstreams_code() {
    table_passes("validation.json");
}

#[test]
fn validation_agrees_with_a_real_api_server() {
    table_passes("apiserver_validation.json");
}
