//! Quick fixes: a text, the title of a fix, and the text after it.

use orrery::assist::{apply_edits, quick_fixes};
use orrery::manifest::schema::Schema;
use orrery::manifest::{LoadOptions, Severity, load};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n";
const JOB: &str = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: work\nspec:\n";
const CRON: &str = "apiVersion: batch/v1\nkind: CronJob\nmetadata:\n  name: c\nspec:\n";
const RUN: &str = "  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: Never\n          container\
  s: [{name: c, image: busybox}]\n";
const SET: &str = "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata:\n  name: web\nspec:\n";
const TEMPLATE: &str = "  template:\n    metadata:\n      labels:\n        app: web\n    spec:\n      containers: [{name: c, imag\
  e: nginx}]\n";

/// Head and rest; title; what the rest becomes, and whether all errors are gone then.
const FIXES: &[(&str, &str, &str, &str)] = &[
    (
        POD,
        "  continers:\n  - {name: c, image: nginx}\n",
        "Change to `containers`",
        "  containers:\n  - {name: c, image: nginx}\n",
    ),
    (
        POD,
        "  containers:\n  - name: c\n    image: nginx\n    foo:\n      bar: 1\n    # note\n",
        "Remove `foo`",
        "  containers:\n  - name: c\n    image: nginx\n    # note\n",
    ),
    (
        POD,
        "  containers:\n  - foo: 1\n    name: c\n    image: nginx\n",
        "Remove `foo`",
        "  containers:\n  - name: c\n    image: nginx\n",
    ),
    (
        POD,
        "  containers: [{name: c, image: nginx, foo: 1}]\n",
        "Remove `foo`",
        "  containers: [{name: c, image: nginx}]\n",
    ),
    (
        POD,
        "  containers: [{foo: 1, name: c, image: nginx}]\n",
        "Remove `foo`",
        "  containers: [{name: c, image: nginx}]\n",
    ),
    (
        POD,
        "  containers:\n  - name: c\n  image: nginx\n",
        "Indent it under item 1",
        "  containers:\n  - name: c\n    image: nginx\n",
    ),
    (
        POD,
        "  containers:\n  - name: c\n    image: nginx\n    volumes: []\n",
        "Indent it under `spec`",
        "  containers:\n  - name: c\n    image: nginx\n  volumes: []\n",
    ),
    (
        POD,
        "  nodeName: a\n  nodeName: b\n  containers: [{name: c, image: nginx}]\n",
        "Remove the second one",
        "  nodeName: a\n  containers: [{name: c, image: nginx}]\n",
    ),
    (
        POD,
        "  nodeSelector: {a: yes}\n  containers: [{name: c, image: nginx}]\n",
        "Put it in quotes",
        "  nodeSelector: {a: \"yes\"}\n  containers: [{name: c, image: nginx}]\n",
    ),
    (
        POD,
        "  priority: \"5\"\n  containers: [{name: c, image: nginx}]\n",
        "Remove the quotes",
        "  priority: 5\n  containers: [{name: c, image: nginx}]\n",
    ),
    (
        POD,
        "  hostNetwork: \"true\"\n  containers: [{name: c, image: nginx}]\n",
        "Write true",
        "  hostNetwork: true\n  containers: [{name: c, image: nginx}]\n",
    ),
    (
        POD,
        "  containers:\n    name: c\n    image: nginx\n",
        "Make it a list of one item",
        "  containers:\n    - name: c\n      image: nginx\n",
    ),
    (
        POD,
        "  containers:\n  - {name: c, image: nginx, command: ls}\n",
        "Make it a list",
        "  containers:\n  - {name: c, image: nginx, command: [ls]}\n",
    ),
    (
        POD,
        "  containers:\n  - {name: My_Name, image: nginx}\n",
        "Change to `my-name`",
        "  containers:\n  - {name: my-name, image: nginx}\n",
    ),
    (
        POD,
        "  dnsPolicy: clusterfirst\n  containers: [{name: c, image: nginx}]\n",
        "Change to `ClusterFirst`",
        "  dnsPolicy: ClusterFirst\n  containers: [{name: c, image: nginx}]\n",
    ),
    (POD, "  containers:\n  - image: nginx\n", "Add `name: name`", "  containers:\n  - name: name\n    image: nginx\n"),
    (
        JOB,
        "  template:\n    spec:\n      containers: [{name: c, image: i}]\n",
        "Add `restartPolicy: Never`",
        "  template:\n    spec:\n      restartPolicy: Never\n      containers: [{name: c, image: i}]\n",
    ),
    (
        JOB,
        "  template:\n    spec:\n      restartPolicy: Always\n      containers: [{name: c, image: i}]\n",
        "Change to `OnFailure`",
        "  template:\n    spec:\n      restartPolicy: OnFailure\n      containers: [{name: c, image: i}]\n",
    ),
    (
        JOB,
        "  selector: {matchLabels: {a: b}}\n  template:\n    spec:\n      restartPolicy: Never\n      containers: [{name: c, imag\
          e: i}]\n",
        "Remove the selector",
        "  template:\n    spec:\n      restartPolicy: Never\n      containers: [{name: c, image: i}]\n",
    ),
    (
        SET,
        TEMPLATE,
        "Add a selector with the labels of the template",
        "  selector:\n    matchLabels:\n      app: web\n  template:\n    metadata:\n      labels:\n        app: web\n    spec\
          :\n      containers: [{name: c, image: nginx}]\n",
    ),
    (
        SET,
        "  selector:\n    matchLabels:\n      app: site\n  template:\n    metadata:\n      labels:\n        app: web\n    spec\
          :\n      containers: [{name: c, image: nginx}]\n",
        "Give the template the labels of the selector",
        "  selector:\n    matchLabels:\n      app: site\n  template:\n    metadata:\n      labels:\n        app: site\n    spec\
          :\n      containers: [{name: c, image: nginx}]\n",
    ),
    (
        SET,
        "  selector:\n    matchLabels:\n      app: site\n  template:\n    metadata:\n      labels:\n        app: web\n    spec\
          :\n      containers: [{name: c, image: nginx}]\n",
        "Select the labels of the template",
        "  selector:\n    matchLabels:\n      app: web\n  template:\n    metadata:\n      labels:\n        app: web\n    spec\
          :\n      containers: [{name: c, image: nginx}]\n",
    ),
    (
        SET,
        "  selector: {matchLabels: {app: site}}\n  template:\n    spec:\n      containers: [{name: c, image: nginx}]\n",
        "Give the template the labels of the selector",
        "  selector: {matchLabels: {app: site}}\n  template:\n    metadata:\n      labels:\n        app: site\n    spec:\n      c\
          ontainers: [{name: c, image: nginx}]\n",
    ),
    (CRON, "  schedule: */5 * * * *\nRUN", "Put it in quotes", "  schedule: \"*/5 * * * *\"\nRUN"),
    (CRON, "  schedule: 0 9 * * 7\nRUN", "Write Sunday as 0", "  schedule: \"0 9 * * 0\"\nRUN"),
    (CRON, "  schedule: 0 0 9 * * 1\nRUN", "Leave out the seconds", "  schedule: \"0 9 * * 1\"\nRUN"),
    (CRON, "  schedule: 0 9 * * MONDAY\nRUN", "Use three-letter names", "  schedule: \"0 9 * * MON\"\nRUN"),
    (
        CRON,
        "  schedule: TZ=Asia/Seoul 0 9 * * *\nRUN",
        "Use `timeZone: Asia/Seoul`",
        "  timeZone: Asia/Seoul\n  schedule: \"0 9 * * *\"\nRUN",
    ),
    (
        CRON,
        "  schedule: '@daily'\n  timeZone: KST\nRUN",
        "Change to `Asia/Seoul`",
        "  schedule: '@daily'\n  timeZone: Asia/Seoul\nRUN",
    ),
    (
        CRON,
        "  schedule: '@daily'\n  timeZone: asia/seoul\nRUN",
        "Change to `Asia/Seoul`",
        "  schedule: '@daily'\n  timeZone: Asia/Seoul\nRUN",
    ),
    (
        CRON,
        "  schedule: '@daily'\n  concurrencyPolicy: forbid\nRUN",
        "Change to `Forbid`",
        "  schedule: '@daily'\n  concurrencyPolicy: Forbid\nRUN",
    ),
    (
        "",
        "apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: c}\nspec:\n  schedule: '@daily'\nRUN",
        "Change to `batch/v1`",
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec:\n  schedule: '@daily'\nRUN",
    ),
    (
        "",
        "apiVersion: v1\nkind: Pood\nmetadata: {name: c}\nspec: {containers: [{name: c, image: i}]}\n",
        "Change to `Pod`",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: c}\nspec: {containers: [{name: c, image: i}]}\n",
    ),
    (
        "",
        "# a Pod\nkind: Pod\nmetadata: {name: c}\nspec: {containers: [{name: c, image: i}]}\n",
        "Add `apiVersion: v1`",
        "# a Pod\napiVersion: v1\nkind: Pod\nmetadata: {name: c}\nspec: {containers: [{name: c, image: i}]}\n",
    ),
    (POD, "\tcontainers: []\n", "Replace tabs by blanks", "  containers: []\n"),
    (POD, "  containers: [{name: c, image: nginx}\n", "Close it with `]`", "  containers: [{name: c, image: nginx}]\n"),
    (
        POD,
        "  containers: [{name: c, image: nginx}]\n  hostname: \"web\n",
        "Close the quote",
        "  containers: [{name: c, image: nginx}]\n  hostname: \"web\"\n",
    ),
    (
        POD,
        "  containers:\n  - name: c\n    image: nginx\n     command: [ls]\n",
        "Repair the indentation of this line",
        "  containers:\n  - name: c\n    image: nginx\n    command: [ls]\n",
    ),
    (
        POD,
        "  containers:\n  - name: c\n   image: nginx\n",
        "Repair the indentation of this line",
        "  containers:\n  - name: c\n    image: nginx\n",
    ),
];

#[test]
fn every_fix_does_what_it_says() {
    let schema = Schema::new();
    let mut failed = Vec::new();
    for (head, rest, title, expected) in FIXES {
        let text = format!("{head}{}", rest.replace("RUN", RUN));
        let loaded = load(&text, &LoadOptions::default());
        let remarks = loaded.diagnostics.iter().filter(|d| d.severity == Severity::Error);
        let fixes: Vec<_> = remarks.flat_map(|remark| quick_fixes(&schema, &text, remark)).collect();
        let Some(fix) = fixes.iter().find(|fix| fix.title == *title) else {
            let titles: Vec<_> = fixes.iter().map(|f| f.title.clone()).collect();
            let said: Vec<_> = loaded.diagnostics.iter().map(|d| d.message.clone()).collect();
            failed.push(format!("{rest:?}: no {title:?} in {titles:?} for {said:?}"));
            continue;
        };
        let fixed = apply_edits(&text, &fix.edits);
        let wanted = format!("{head}{}", expected.replace("RUN", RUN));
        if fixed != wanted {
            failed.push(format!("{rest:?} {title:?}\n  wanted {wanted:?}\n  got    {fixed:?}"));
        }
    }
    assert!(failed.is_empty(), "{} of {} fail:\n{}", failed.len(), FIXES.len(), failed.join("\n"));
}

#[test]
fn every_fix_of_every_remark_fits_into_the_text() {
    let schema = Schema::new();
    let table: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string("tests/conformance/apiserver_validation.json").expect("table"))
            .expect("JSON");
    for case in table.as_array().expect("cases") {
        let text = case["manifest"].as_str().unwrap_or("");
        for remark in &load(text, &LoadOptions::default()).diagnostics {
            for fix in quick_fixes(&schema, text, remark) {
                assert!(!fix.edits.is_empty() && !fix.title.is_empty(), "{text}");
                assert!(fix.edits.iter().all(|e| text.get(e.from..e.to).is_some()), "{text} {fix:?}");
                assert_ne!(apply_edits(text, &fix.edits), text, "{text} {fix:?}");
            }
        }
    }
}
