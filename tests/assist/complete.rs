//! Completion.

use super::{RICH, marked};
use orrery::assist::context::Context;
use orrery::assist::{Docs, Edit, apply_edits, complete};
use orrery::manifest::schema::{Schema, Type};

fn labels(text: &str) -> Vec<String> {
    let (text, at) = marked(text);
    complete(&Schema::new(), &text, at, None).choices.into_iter().map(|choice| choice.label).collect()
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n";
const JOB: &str = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: work\nspec:\n";
const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n\
  spec:\n  template:\n    metadata:\n      labels:\n        app: web\n        tier: front\n";

/// Head, rest with the mark, and what is offered: exactly this (`=`), or among others this (`+`) and not that (`-`).
const PLACES: &[(&str, &str, &str)] = &[
    // The start of an object.
    ("", "‸", "= apiVersion kind metadata spec"),
    ("", "api‸", "= apiVersion kind metadata spec"),
    ("", "apiVersion: v1\n‸", "= kind metadata spec"),
    ("", "apiVersion: v1\nkind: ‸", "+ Pod Service Node Namespace ConfigMap - CronJob Deployment"),
    ("", "apiVersion: batch/v1\nkind: C‸", "= Job CronJob"),
    ("", "kind: ‸", "+ DaemonSet Job CronJob Scenario Pod"),
    ("", "apiVersion: ‸\nkind: DaemonSet", "= apps/v1"),
    ("", "apiVersion: ‸", "+ v1 apps/v1 batch/v1 orrery/v1"),
    ("", "a: 1\n---\n‸", "= apiVersion kind metadata spec"),
    // Keys of maps, with and without something typed.
    (POD, "‸", "= status"),
    (POD, "  ‸", "+ containers restartPolicy nodeSelector volumes affinity - selector replicas"),
    (POD, "  cont‸\n", "+ containers"),
    (POD, "  containers:\n  - name: c\n    ‸", "+ image command env ports resources - name restartPolicies"),
    (POD, "  containers:\n  - ‸", "+ name image"),
    (POD, "  containers:\n  - na‸", "+ name image"),
    (POD, "  containers:\n    ‸", "+ -␣name -␣image"),
    (POD, "  containers:\n  - name: c\n  ‸", "+ restartPolicy volumes - image"),
    (
        POD,
        "  containers:\n  - name: c\n    image: nginx\n    ports:\n    - ‸",
        "= containerPort hostIP hostPort name protocol",
    ),
    (POD, "  containers:\n  - name: c\n    resources:\n      ‸", "= claims limits requests"),
    (POD, "  containers:\n  - name: c\n    resources:\n      requests:\n        ‸", "= cpu memory ephemeral-storage"),
    (
        POD,
        "  containers:\n  - name: c\n    resources:\n      requests:\n        cpu: 1\n        ‸",
        "= memory ephemeral-storage",
    ),
    (POD, "  tolerations:\n  - key: a\n    ‸\n    effect: NoExecute\n", "= operator tolerationSeconds value"),
    (POD, "  tolerations:\n  - {key: a, ‸", "= effect operator tolerationSeconds value"),
    (POD, "  tolerations: [{key: a, op‸}]\n", "= effect operator tolerationSeconds value"),
    (POD, "  securityContext: {‸}\n", "+ runAsUser fsGroup - privileged"),
    (
        JOB,
        "  podFailurePolicy:\n    rules:\n    - action: FailJob\n      onExitCodes:\n        ‸",
        "= containerName operator values",
    ),
    (JOB, "  ‸", "+ completions parallelism template backoffLimit - schedule replicas"),
    ("apiVersion: orrery/v1\nkind: Scenario\nspec:\n", "  ‸", "+ startTime seed duration steps"),
    ("apiVersion: orrery/v1\nkind: Scenario\nspec:\n", "  steps:\n  - {at: 5s, ‸}", "= apply run"),
    // Values.
    (POD, "  restartPolicy: ‸", "= Always OnFailure Never"),
    (JOB, "  template:\n    spec:\n      restartPolicy: ‸", "= Never OnFailure"),
    (DEPLOYMENT, "    spec:\n      restartPolicy: A‸", "= Always"),
    (POD, "  hostNetwork: ‸", "= true false"),
    (POD, "  containers:\n  - {name: c, imagePullPolicy: ‸}", "= Always Never IfNotPresent"),
    (POD, "  containers:\n  - name: c\n    image: ‸", "+ nginx busybox"),
    (POD, "  tolerations:\n  - operator: ‸", "= Exists Equal Lt Gt"),
    (POD, "  tolerations:\n  - effect: No‸ # comment\n", "= NoSchedule PreferNoSchedule NoExecute"),
    (
        POD,
        "  volumes:\n  - name: data\n  - name: conf\n  containers:\n  - name: c\n    volumeMounts:\n    - name: ‸",
        "= data conf",
    ),
    (POD, "  priorityClassName: ‸", "= system-cluster-critical system-node-critical"),
    (POD, "  nodeName: ‸\n---\nkind: Node\napiVersion: v1\nmetadata: {name: big}\n", "= big"),
    (JOB, "  completionMode: ‸", "= NonIndexed Indexed"),
    (JOB, "  podFailurePolicy:\n    rules:\n    - action: ‸", "= FailJob FailIndex Ignore Count"),
    (
        JOB,
        "  template:\n    spec:\n      containers:\n      - name: main\n  podFailurePolicy:\n    rules:\n    - onExitCodes\
          :\n        containerName: ‸",
        "= main",
    ),
    ("apiVersion: batch/v1\nkind: CronJob\nspec:\n", "  concurrencyPolicy: ‸", "= Allow Forbid Replace"),
    ("apiVersion: batch/v1\nkind: CronJob\nspec:\n", "  timeZone: As‸", "+ Asia/Seoul Etc/UTC Europe/Berlin"),
    ("apiVersion: batch/v1\nkind: CronJob\nspec:\n", "  schedule: \"‸\"", "+ */5␣*␣*␣*␣* @daily"),
    ("apiVersion: v1\nkind: Service\nspec:\n", "  type: ‸", "= ClusterIP NodePort LoadBalancer ExternalName"),
    ("apiVersion: v1\nkind: Service\nspec:\n", "  ports:\n  - protocol: ‸", "= TCP UDP SCTP"),
    (
        "apiVersion: v1\nkind: Node\nspec:\n",
        "  taints:\n  - {key: a, effect: ‸}",
        "= NoSchedule PreferNoSchedule NoExecute",
    ),
    // Labels used elsewhere in the text.
    (DEPLOYMENT, "  selector:\n    matchLabels:\n      ‸", "= app tier"),
    (DEPLOYMENT, "  selector:\n    matchLabels:\n      app: ‸", "= web"),
    (DEPLOYMENT, "  selector:\n    matchLabels: {app: web, ‸}", "= tier"),
    (DEPLOYMENT, "---\napiVersion: v1\nkind: Service\nspec:\n  selector:\n    tier: ‸", "= front"),
    (
        POD,
        "  nodeSelector:\n    ‸\n---\nkind: Node\napiVersion: v1\nmetadata:\n  name: n\n  labels: {os: centos}\n",
        "+ os kubernetes.io/hostname",
    ),
    (
        POD,
        "  nodeSelector:\n    os: ‸\n---\nkind: Node\napiVersion: v1\nmetadata:\n  name: n\n  labels: {os: centos}\n",
        "= centos",
    ),
    (POD, "  topologySpreadConstraints:\n  - topologyKey: ‸", "+ kubernetes.io/hostname topology.kubernetes.io/zone"),
    // Annotations that tell containers what to do.
    (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  annotations:\n",
        "    ‸",
        "+ sim/run-seconds sim/exit-code sim/fail-first",
    ),
    ("apiVersion: v1\nkind: Pod\nmetadata:\n  annotations:\n", "    sim/exit-code: ‸", "= 1"),
    // Broken around it.
    (POD, "  containers: [\n  restartPolicy: ‸", "= Always OnFailure Never"),
    (POD, "  containers:\n  - name: \"c\n    image: x\n  restartPolicy: ‸", "= Always OnFailure Never"),
    (
        POD,
        "  containers:\n  - name: c\n   image: x\n  dnsPolicy: ‸",
        "= ClusterFirstWithHostNet ClusterFirst Default None",
    ),
    // Nothing to say.
    (POD, "  # rest‸", "="),
    (POD, "  nonsense:\n    ‸", "="),
    (POD, "  containers:\n  - name: c\n    command:\n    - ‸", "="),
    ("apiVersion: v1\nkind: ConfigMap\ndata:\n", "  a: |\n    kind: ‸\n", "="),
    // Lists of objects.
    (
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: batch/v1\n  kind: Job\n",
        "  spec:\n    ‸",
        "+ completions template - schedule",
    ),
    ("apiVersion: v1\nkind: List\nitems:\n- apiVersion: batch/v1\n", "  kind: ‸", "= Job CronJob"),
];

#[test]
fn every_place_offers_what_is_legal_there() {
    assert!(PLACES.len() >= 60);
    let mut failed = Vec::new();
    for (head, rest, expected) in PLACES {
        let text = format!("{head}{rest}");
        let offered = labels(&text);
        let mut words = expected.split(' ').map(|w| w.replace('␣', " "));
        let exact = words.next().as_deref() == Some("=");
        let words: Vec<String> = words.collect();
        let (wanted, unwanted) = match words.iter().position(|w| w == "-") {
            Some(i) => (words[..i].to_vec(), words[i + 1..].to_vec()),
            None => (words.clone(), Vec::new()),
        };
        let fine = if exact {
            let (mut a, mut b) = (wanted.clone(), offered.clone());
            a.sort();
            b.sort();
            a == b
        } else {
            wanted.iter().all(|w| offered.contains(w)) && !unwanted.iter().any(|w| offered.contains(w))
        };
        if !fine {
            failed.push(format!(
                "{rest:?} after {head:?}\n    wants {expected}\n    got {:?}",
                &offered[..offered.len().min(40)]
            ));
        }
    }
    assert!(failed.is_empty(), "{} of {} fail:\n{}", failed.len(), PLACES.len(), failed.join("\n"));
}

#[test]
fn a_new_line_in_any_map_offers_exactly_the_fields_that_are_not_written() {
    let schema = Schema::new();
    let context = Context::all(&schema, RICH).remove(0);
    let mut places = 0;
    for entry in &context.section.entries {
        let Some(Type::Struct(structure)) = context.meaning(&entry.path).map(|m| m.ty) else { continue };
        let children: Vec<_> = context.section.children(&entry.path).collect();
        let Some(last) = children.last() else { continue };
        let line_end = last.end.min(RICH.len());
        let line_start = RICH[..line_end].rfind('\n').map_or(0, |i| i + 1);
        let pad = " ".repeat(last.column);
        let text = apply_edits(RICH, &[Edit::insert(line_start, format!("{pad}\n"))]);
        let mut offered: Vec<String> =
            complete(&schema, &text, line_start + pad.len(), None).choices.into_iter().map(|c| c.label).collect();
        let written: Vec<&str> = children.iter().map(|c| c.name()).collect();
        let mut legal: Vec<String> = schema.fields(structure).iter().map(|f| f.name.to_owned()).collect();
        legal.retain(|name| !written.contains(&name.as_str()));
        offered.sort();
        legal.sort();
        assert_eq!(offered, legal, "in {structure} at {:?}", entry.path);
        places += 1;
    }
    assert!(places >= 14, "{places} maps");
}

#[test]
fn a_choice_carries_its_type_its_description_and_what_is_written() {
    let docs = Docs::read(&std::fs::read_to_string("static/schema-docs.txt").expect("descriptions"));
    let (text, at) = marked("apiVersion: batch/v1\nkind: Job\nspec:\n  ‸");
    let found = complete(&Schema::new(), &text, at, Some(&docs));
    assert_eq!((found.from, found.to), (at, at));
    let of = |label: &str| found.choices.iter().find(|c| c.label == label).expect("offered").clone();
    let template = of("template");
    assert!(template.required && template.insert == "template:\n    " && template.detail == "PodTemplateSpec");
    assert_eq!(of("completions").insert, "completions: ");
    assert!(of("completions").info.contains("number of successfully finished pods"), "{}", of("completions").info);
    let (text, at) = marked("apiVersion: v1\nkind: Pod\nspec:\n  ‸");
    let pod = complete(&Schema::new(), &text, at, None).choices;
    let ignored = |label: &str| pod.iter().any(|c| c.label == label && c.ignored);
    assert!(ignored("dnsPolicy") && !ignored("nodeSelector"));
}

#[test]
fn a_word_is_completed_in_its_place_and_a_colon_is_not_written_twice() {
    let (text, at) = marked("apiVersion: v1\nkind: Pod\nspec:\n  host‸Net: true\n");
    let found = complete(&Schema::new(), &text, at, None);
    assert_eq!(&text[found.from..found.to], "hostNet");
    let choice = found.choices.iter().find(|c| c.label == "hostNetwork").expect("offered");
    assert_eq!(choice.insert, "hostNetwork");
}

#[test]
fn no_offset_of_any_broken_text_is_too_much() {
    let schema = Schema::new();
    let texts = [
        "{",
        "a: [",
        "- - -\n  - {a: [b",
        "한국어: 값\n  - 값",
        "a:\t- b",
        "\"",
        "a: \"\n'b",
        "kind: Pod\n]]}}",
        "---\n---\n- ",
    ];
    for text in texts.iter().map(|t| (*t).to_owned()).chain([
        RICH.to_owned(),
        RICH.replace(": ", ":"),
        RICH.replace("  ", "\t"),
    ]) {
        for at in 0..=text.len() + 1 {
            complete(&schema, &text, at, None);
        }
    }
}
