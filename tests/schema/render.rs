//! Turns parsed Go declarations into `schema.txt` and `schema-docs.txt`: all types reachable from the supported kinds.

use super::go_types::{Field, Package, read};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Supported kinds: apiVersion, kind, plural, scope (`n` namespaced, `c` cluster), Go package.
pub const KINDS: &[(&str, &str, &str, char, &str)] = &[
    ("v1", "ConfigMap", "configmaps", 'n', "core"),
    ("v1", "Namespace", "namespaces", 'c', "core"),
    ("v1", "Node", "nodes", 'c', "core"),
    ("v1", "PersistentVolumeClaim", "persistentvolumeclaims", 'n', "core"),
    ("v1", "Pod", "pods", 'n', "core"),
    ("v1", "Secret", "secrets", 'n', "core"),
    ("v1", "Service", "services", 'n', "core"),
    ("v1", "ServiceAccount", "serviceaccounts", 'n', "core"),
    ("apps/v1", "ControllerRevision", "controllerrevisions", 'n', "apps"),
    ("apps/v1", "DaemonSet", "daemonsets", 'n', "apps"),
    ("apps/v1", "Deployment", "deployments", 'n', "apps"),
    ("apps/v1", "ReplicaSet", "replicasets", 'n', "apps"),
    ("batch/v1", "CronJob", "cronjobs", 'n', "batch"),
    ("batch/v1", "Job", "jobs", 'n', "batch"),
    ("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", 'n', "discovery"),
    ("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", 'n', "policy"),
    ("scheduling.k8s.io/v1", "PriorityClass", "priorityclasses", 'c', "scheduling"),
];

/// Internal types whose values the API server prints in error messages; everything below them is emitted too.
const PRINTED_INTERNALS: &[&str] = &[
    "PodSpec",
    "PodTemplateSpec",
    "PodFailurePolicy",
    "SuccessPolicy",
    "DaemonSetUpdateStrategy",
    "DeploymentStrategy",
    "Taint",
    "PodDisruptionBudgetSpec",
    "ServicePort",
    "NodeAddress",
];

const PACKAGES: &[&str] = &["core", "batch", "apps", "policy", "scheduling", "discovery"];

/// The scenario document is ours, so its lines are written here and not read from anywhere.
const SCENARIO: &[&str] = &[
    "T Scenario >=TypeMeta!+ metadata:ObjectMeta=ObjectMeta spec=ScenarioSpec",
    "T ScenarioSpec startTime=*t seed=*l duration=s steps=[ScenarioStep",
    "T ScenarioStep at=s!+ run=s apply=s",
];

const SCENARIO_DOCS: &[(&str, &str)] = &[
    ("Scenario", "Scenario says when a simulation starts and what the user does while it runs."),
    ("Scenario.spec", "What happens when."),
    ("ScenarioSpec.startTime", "Simulated clock at the start, 2026-01-05T09:00:00Z by default."),
    ("ScenarioSpec.seed", "Seed of everything random, 1 by default."),
    ("ScenarioSpec.duration", "How long the scenario runs, such as 10m."),
    ("ScenarioSpec.steps", "What the user does, in order."),
    ("ScenarioStep.at", "When, as time since the start, such as 30s."),
    ("ScenarioStep.run", "A command, such as kubectl scale deployment/web --replicas=3 or node down node-1."),
    ("ScenarioStep.apply", "YAML that is applied."),
];

fn find(root: &Path, candidates: &[String]) -> PathBuf {
    candidates
        .iter()
        .map(|c| root.join(c))
        .find(|p| p.exists())
        .unwrap_or_else(|| panic!("none of {candidates:?} in {}", root.display()))
}

struct World {
    versioned: BTreeMap<&'static str, Package>,
    internal: BTreeMap<&'static str, Package>,
    meta: Package,
}

/// Reads the packages from a Kubernetes checkout, or from a module that vendors it.
fn load(root: &Path) -> World {
    let versioned = PACKAGES.iter().map(|p| {
        let file = find(
            root,
            &[format!("staging/src/k8s.io/api/{p}/v1/types.go"), format!("vendor/k8s.io/api/{p}/v1/types.go")],
        );
        (*p, read(&file))
    });
    let internal = PACKAGES.iter().map(|p| {
        let file =
            find(root, &[format!("pkg/apis/{p}/types.go"), format!("vendor/k8s.io/kubernetes/pkg/apis/{p}/types.go")]);
        (*p, read(&file))
    });
    let meta = find(
        root,
        &[
            "staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go".to_owned(),
            "vendor/k8s.io/apimachinery/pkg/apis/meta/v1/types.go".to_owned(),
        ],
    );
    World { versioned: versioned.collect(), internal: internal.collect(), meta: read(&meta) }
}

/// Where a type lives: a versioned package, the meta package, or nowhere (built in).
fn resolve<'a>(world: &'a World, home: &str, ty: &str, internal: bool) -> Option<(&'a Package, String, bool)> {
    let packages = if internal { &world.internal } else { &world.versioned };
    let (package, name) = ty.split_once('.').unwrap_or((home, ty));
    let has = |p: &Package| p.structs.contains_key(name) || p.named.contains_key(name);
    match package {
        "metav1" => has(&world.meta).then(|| (&world.meta, "meta".to_owned(), true)),
        "v1" | "apiv1" | "corev1" | "api" | "core" => {
            has(&packages["core"]).then(|| (&packages["core"], "core".to_owned(), false))
        }
        "meta" => has(&world.meta).then(|| (&world.meta, "meta".to_owned(), true)),
        other => packages.get(other).filter(|p| has(p)).map(|p| (p, other.to_owned(), false)),
    }
}

/// The code of a Go type, and the struct and named types that it mentions.
fn code(world: &World, home: &str, ty: &str, internal: bool, seen: &mut BTreeSet<(String, String)>) -> String {
    if let Some(rest) = ty.strip_prefix('*') {
        return format!("*{}", code(world, home, rest, internal, seen));
    }
    if ty == "[]byte" {
        return "y".to_owned();
    }
    if let Some(rest) = ty.strip_prefix("[]") {
        return format!("[{}", code(world, home, rest, internal, seen));
    }
    if let Some(rest) = ty.strip_prefix("map[") {
        let (_, value) = rest.split_once(']').expect("map type");
        return format!("{{{}", code(world, home, value, internal, seen));
    }
    let builtin = match ty {
        "string" => "s",
        "bool" => "b",
        "int32" => "i",
        "int64" | "int" => "l",
        "metav1.Time" | "Time" => "t",
        "metav1.MicroTime" | "MicroTime" => "T",
        "resource.Quantity" => "q",
        "intstr.IntOrString" => "x",
        "runtime.RawExtension" | "runtime.Object" | "*FieldsV1" | "FieldsV1" => "r",
        "types.UID" => "UID",
        "types.NodeName" => "NodeName",
        _ => "",
    };
    if !builtin.is_empty() {
        return builtin.to_owned();
    }
    let name = ty.rsplit('.').next().unwrap_or(ty);
    let (_, package, _) =
        resolve(world, home, ty, internal).unwrap_or_else(|| panic!("type {ty} used in {home} not found"));
    seen.insert((package, name.to_owned()));
    name.to_owned()
}

fn capitalised(json: &str) -> String {
    let mut chars = json.chars();
    chars.next().map(|c| c.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}

fn field_token(world: &World, home: &str, field: &Field, seen: &mut BTreeSet<(String, String)>) -> String {
    let mut token = if field.json.is_empty() {
        ">".to_owned()
    } else if capitalised(&field.json) == field.go {
        field.json.clone()
    } else {
        format!("{}:{}", field.json, field.go)
    };
    token.push('=');
    token += &code(world, home, &field.ty, false, seen);
    if !field.omitempty {
        token.push('!');
    }
    if field.required {
        token.push('+');
    }
    if field.omitzero {
        token.push('0');
    }
    if let Some(key) = &field.merge_key {
        token.push('^');
        token += key;
    }
    token
}

/// Renders both files.
pub fn render(root: &Path) -> (String, String) {
    let world = load(root);
    let mut schema = super::HEADER.to_owned();
    for (version, kind, plural, scope, _) in KINDS {
        schema += &format!("K {version} {kind} {plural} {scope}\n");
    }
    schema += "K orrery/v1 Scenario scenarios c\n";
    schema += &other_kinds(root);
    let mut docs = super::DOCS_HEADER.to_owned();
    let mut todo: Vec<(String, String)> = KINDS.iter().map(|k| (k.4.to_owned(), k.1.to_owned())).collect();
    let mut lines: BTreeMap<String, String> = BTreeMap::new();
    let mut doc_lines: BTreeMap<String, String> = BTreeMap::new();
    let mut homes: BTreeMap<String, String> = BTreeMap::new();
    while let Some((home, name)) = todo.pop() {
        if homes.get(&name) == Some(&home) {
            continue;
        }
        let package = if home == "meta" { &world.meta } else { &world.versioned[home.as_str()] };
        let mut seen = BTreeSet::new();
        let line = if let Some(fields) = package.structs.get(&name) {
            for field in fields.iter().filter(|f| !f.json.is_empty()) {
                doc_lines.insert(format!("{name}.{}", field.json), field.doc.clone());
            }
            doc_lines.insert(name.clone(), package.docs[&name].clone());
            let tokens: Vec<String> = fields.iter().map(|f| field_token(&world, &home, f, &mut seen)).collect();
            format!("{} {name} {}", if home == "meta" { 'M' } else { 'T' }, tokens.join(" "))
        } else if package.named[&name] == "string" {
            let values = package.constants.get(&name).cloned().unwrap_or_default();
            format!("E {name} {}", values.join(" ")).trim_end().to_owned()
        } else {
            format!("A {name} {}", code(&world, &home, &package.named[&name], false, &mut seen))
        };
        homes.insert(name.clone(), home);
        if let Some(previous) = lines.insert(name, line.clone()) {
            assert_eq!(previous, line, "two different types of one name");
        }
        todo.extend(seen);
    }
    lines.insert("UID".to_owned(), "E UID@types".to_owned());
    lines.insert("NodeName".to_owned(), "E NodeName@types".to_owned());
    let versioned_lines = lines.clone();
    for line in lines.values() {
        schema += line;
        schema.push('\n');
    }
    for line in SCENARIO {
        schema += &format!("{line}\n");
    }
    doc_lines.extend(SCENARIO_DOCS.iter().map(|(k, d)| ((*k).to_owned(), (*d).to_owned())));
    schema += &internals(&world, &versioned_lines);
    for (key, doc) in doc_lines.iter().filter(|(_, d)| !d.is_empty()) {
        docs += &format!("{key}\t{doc}\n");
    }
    (schema, docs)
}

/// Kinds that a 1.36 API server serves and that are not simulated, one `U` line a version.
fn other_kinds(root: &Path) -> String {
    let api = find(root, &["staging/src/k8s.io/api".to_owned(), "vendor/k8s.io/api".to_owned()]);
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let list = |dir: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path()).collect()
    };
    for version in list(&api).iter().flat_map(|group| list(group)) {
        let name = version.file_name().and_then(|n| n.to_str()).unwrap_or("").to_owned();
        let stable = name.strip_prefix('v').is_some_and(|n| n.chars().all(|c| c.is_ascii_digit()));
        let register = std::fs::read_to_string(version.join("register.go")).unwrap_or_default();
        let group = register.split("const GroupName = \"").nth(1).and_then(|r| r.split('"').next());
        let (true, Some(group)) = (stable && version.join("types.go").exists(), group) else {
            continue;
        };
        let api_version = if group.is_empty() { name } else { format!("{group}/{name}") };
        let objects = read(&version.join("types.go")).structs.into_iter().filter(|(_, fields)| {
            let has = |json: &str, ty: &str| fields.iter().any(|f| f.json == json && f.ty.ends_with(ty));
            has("metadata", "ObjectMeta") && fields.iter().any(|f| f.embedded && f.go == "TypeMeta")
        });
        versions.entry(api_version).or_default().extend(objects.map(|(kind, _)| kind));
    }
    let lines = versions.into_iter().filter_map(|(version, kinds)| {
        let other: Vec<String> =
            kinds.into_iter().filter(|k| !KINDS.iter().any(|s| s.0 == version && s.1 == k)).collect();
        (!other.is_empty()).then(|| format!("U {version} {}\n", other.join(" ")))
    });
    lines.collect()
}

/// Internal structs below [`PRINTED_INTERNALS`] that cannot be derived from the versioned type of the same name.
fn internals(world: &World, versioned: &BTreeMap<String, String>) -> String {
    let mut todo: Vec<(String, String)> = Vec::new();
    for name in PRINTED_INTERNALS {
        let home = PACKAGES
            .iter()
            .find(|p| world.internal[**p].structs.contains_key(*name))
            .unwrap_or_else(|| panic!("{name}"));
        todo.push(((*home).to_owned(), (*name).to_owned()));
    }
    let mut done = BTreeMap::new();
    while let Some((home, name)) = todo.pop() {
        if home == "meta" || done.contains_key(&name) {
            continue;
        }
        let package = &world.internal[home.as_str()];
        let Some(fields) = package.structs.get(&name) else {
            done.insert(name, String::new());
            continue;
        };
        let mut seen = BTreeSet::new();
        let tokens: Vec<String> = fields
            .iter()
            .map(|f| {
                format!(
                    "{}={}",
                    if f.embedded { ">" } else { f.go.as_str() },
                    code(world, &home, &f.ty, true, &mut seen)
                )
            })
            .collect();
        todo.extend(seen);
        let derived = versioned.get(&name).map(|l| derive(l)).unwrap_or_default();
        let line = tokens.join(" ");
        done.insert(name.clone(), if line == derived { String::new() } else { format!("I {name} {line}\n") });
    }
    done.values().map(String::as_str).collect()
}

/// What the internal struct would look like if it had the versioned fields in the same order.
fn derive(line: &str) -> String {
    let tokens = line.split(' ').skip(2).map(|token| {
        let (left, right) = token.split_once('=').expect("field token");
        let go = left.split_once(':').map_or_else(|| capitalised(left), |(_, go)| go.to_owned());
        let code: String = right.chars().take_while(|c| !"!+0^".contains(*c)).collect();
        format!("{go}={code}")
    });
    tokens.collect::<Vec<_>>().join(" ")
}
