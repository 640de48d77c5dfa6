//! From a command line to an order.

use super::kinds::kind;
use super::words::{Words, split};
use crate::api::node::Taint;
use crate::api::quantity::parse_milli;
use crate::api::selector::LabelSelector;
use crate::api::{Kind, Labels, Text};
use crate::sim::order::{NodeOrder, Order, PatchKind, Targets};
use crate::world::{DeleteOptions, Propagation};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The commands that are understood, for messages.
const COMMANDS: &str = "kubectl label|annotate|cordon|uncordon|taint|delete|scale|patch|create job --from, \
                        node add|down|up|notready|delete NAME, pod fail NAME";

/// Reads one command.
///
/// # Errors
/// What is wrong with it, as kubectl says it where kubectl has the same command.
///
/// ```
/// use orrery::kubectl::parse;
/// assert!(parse("kubectl label node node-3 os=centos --overwrite").is_ok());
/// assert!(parse("kubectl lable node node-3 os=centos").unwrap_err().contains("label"));
/// ```
pub fn parse(line: &str) -> Result<Order, String> {
    let words = split(line)?;
    let words: Vec<&String> = words.iter().collect();
    match words.split_first() {
        Some((first, rest)) if *first == "kubectl" || *first == "k" => {
            let Some((verb, rest)) = rest.split_first() else {
                return Err(format!("error: a command is missing; known are: {COMMANDS}"));
            };
            let rest: Vec<String> = rest.iter().map(ToString::to_string).collect();
            kubectl(verb, &rest)
        }
        Some((first, rest)) if *first == "node" => {
            let rest: Vec<String> = rest.iter().map(ToString::to_string).collect();
            node(&rest)
        }
        Some((first, rest)) if *first == "pod" => {
            let rest: Vec<String> = rest.iter().map(ToString::to_string).collect();
            pod(&rest)
        }
        Some((first, _)) => Err(format!("error: unknown command \"{first}\"; known are: {COMMANDS}")),
        None => Err(format!("error: an empty command; known are: {COMMANDS}")),
    }
}

fn kubectl(verb: &str, rest: &[String]) -> Result<Order, String> {
    match verb {
        "label" => label(rest, false),
        "annotate" => label(rest, true),
        "cordon" | "uncordon" => cordon(rest, verb == "cordon"),
        "taint" => taint(rest),
        "delete" => delete(rest),
        "scale" => scale(rest),
        "patch" => patch(rest),
        "create" => create(rest),
        _ => {
            let known = ["label", "annotate", "cordon", "uncordon", "taint", "delete", "scale", "patch", "create"];
            let nearest = known.into_iter().min_by_key(|k| super::words::distance(k, verb)).unwrap_or("label");
            Err(format!("error: unknown command \"{verb}\" for \"kubectl\"; did you mean \"{nearest}\"?"))
        }
    }
}

const COMMON: [&str; 2] = ["namespace", "selector"];

/// Kind and names (`node a b`, `node/a`, `-l x=y`), and the operands behind them.
fn targets(words: &Words, takes_names: impl Fn(&str) -> bool) -> Result<(Targets, Vec<String>), String> {
    let namespace = Text::copy(words.option("namespace").unwrap_or("default"));
    let mut operands = words.operands.iter();
    let first = operands.next().ok_or("error: one or more resources must be specified as <resource> <name>")?;
    let unknown = |word: &str| format!("error: the server doesn't have a resource type \"{word}\"");
    let (found, mut names) = match first.split_once('/') {
        Some((kind_word, name)) => (kind(kind_word).ok_or_else(|| unknown(kind_word))?, vec![Text::copy(name)]),
        None => (kind(first).ok_or_else(|| unknown(first))?, Vec::new()),
    };
    let mut others = Vec::new();
    for word in operands {
        match word.split_once('/') {
            Some((kind_word, name)) if kind(kind_word) == Some(found) => names.push(Text::copy(name)),
            _ if others.is_empty() && takes_names(word) => names.push(Text::copy(word)),
            _ => others.push(word.clone()),
        }
    }
    let selector = words.option("selector").map(selector).transpose()?;
    if names.is_empty() && selector.is_none() && !words.flag("all") {
        return Err("error: resource(s) were provided, but no name was specified".to_string());
    }
    let namespace = (found.namespaced() && !words.flag("all-namespaces")).then_some(namespace);
    Ok((Targets { kind: found, namespace, names, selector }, others))
}

/// `a=b,c!=d,e,!f,g in (h,i)`; only equality and existence are common, the rest is read through expressions.
fn selector(text: &str) -> Result<LabelSelector, String> {
    let mut labels = Vec::new();
    let mut expressions = Vec::new();
    for part in split_outside_parentheses(text) {
        let part = part.trim();
        let expression = |key: &str, operator: &str, values: Vec<&str>| json!({"key": key.trim(), "operator": operator, "values": values});
        let listed = |word: &str| {
            let (key, list) = part.split_once(word)?;
            let values = list.trim().strip_prefix('(')?.strip_suffix(')')?;
            Some((key, values.split(',').map(str::trim).collect::<Vec<_>>()))
        };
        if let Some((key, values)) = listed(" notin ") {
            expressions.push(expression(key, "NotIn", values));
        } else if let Some((key, values)) = listed(" in ") {
            expressions.push(expression(key, "In", values));
        } else if let Some((key, value)) = part.split_once("!=") {
            expressions.push(expression(key, "NotIn", vec![value.trim()]));
        } else if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
            labels.push((Text::copy(key.trim()), Text::copy(value.trim())));
        } else if let Some(key) = part.strip_prefix('!') {
            expressions.push(expression(key, "DoesNotExist", Vec::new()));
        } else if !part.is_empty() {
            expressions.push(expression(part, "Exists", Vec::new()));
        } else {
            return Err(format!("error: unable to parse the selector \"{text}\""));
        }
    }
    let selector = LabelSelector::from_value(&json!({ "matchExpressions": expressions })).unwrap_or_default();
    Ok(LabelSelector { match_labels: Labels::new(labels), ..selector })
}

fn split_outside_parentheses(text: &str) -> Vec<&str> {
    let (mut parts, mut from, mut depth) = (Vec::new(), 0, 0_i32);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

fn label(rest: &[String], annotations: bool) -> Result<Order, String> {
    let words = Words::sort(rest, &["overwrite", "all", "all-namespaces"], &COMMON)?;
    let is_name = |word: &str| !word.contains('=') && !word.ends_with('-');
    let (targets, changes) = targets(&words, is_name)?;
    let (mut set, mut remove) = (Vec::new(), Vec::new());
    for change in &changes {
        match change.split_once('=') {
            Some((key, value)) => set.push((Text::copy(key), Text::copy(value))),
            None => match change.strip_suffix('-') {
                Some(key) => remove.push(Text::copy(key)),
                None => return Err(format!("error: unexpected argument \"{change}\": want KEY=VALUE or KEY-")),
            },
        }
    }
    if set.is_empty() && remove.is_empty() {
        let what = if annotations { "annotation" } else { "label" };
        return Err(format!("error: at least one {what} update is required"));
    }
    Ok(Order::Label { targets, annotations, set, remove, overwrite: words.flag("overwrite") || annotations })
}

fn cordon(rest: &[String], on: bool) -> Result<Order, String> {
    let mut words = Words::sort(rest, &["all"], &["selector"])?;
    if words.operands.first().and_then(|word| kind(word)) != Some(Kind::Node) {
        words.operands.insert(0, "node".to_string());
    }
    let (targets, _) = targets(&words, |_| true)?;
    Ok(Order::Cordon { targets, on })
}

fn taint(rest: &[String]) -> Result<Order, String> {
    let words = Words::sort(rest, &["overwrite", "all"], &["selector"])?;
    let (targets, changes) = targets(&words, |word| !word.contains([':', '=']) && !word.ends_with('-'))?;
    if targets.kind != Kind::Node {
        return Err("error: only nodes have taints".to_string());
    }
    let (mut add, mut remove) = (Vec::new(), Vec::new());
    for change in &changes {
        let bad = || format!("error: invalid taint spec: {change}");
        match change.strip_suffix('-') {
            Some(spec) => {
                let (key, effect) = spec.split_once(':').unwrap_or((spec, ""));
                let key = key.split('=').next().unwrap_or(key);
                remove.push((Text::copy(key), Text::copy(effect)));
            }
            None => {
                let (pair, effect) = change.rsplit_once(':').ok_or_else(bad)?;
                let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                if !["NoSchedule", "PreferNoSchedule", "NoExecute"].contains(&effect) {
                    let text = format!("{} effect \"{effect}\", unsupported taint effect", bad());
                    return Err(text);
                }
                add.push(Taint {
                    key: Text::copy(key),
                    value: Text::copy(value),
                    effect: Text::copy(effect),
                    added: None,
                });
            }
        }
    }
    if add.is_empty() && remove.is_empty() {
        return Err("error: at least one taint update is required".to_string());
    }
    Ok(Order::Taint { targets, add, remove, overwrite: words.flag("overwrite") })
}

fn delete(rest: &[String]) -> Result<Order, String> {
    let flags = ["all", "all-namespaces", "force", "now", "ignore-not-found", "wait"];
    let words = Words::sort(rest, &flags, &["namespace", "selector", "grace-period", "cascade"])?;
    let (targets, _) = targets(&words, |_| true)?;
    let propagation = match words.option("cascade").unwrap_or("background") {
        "background" | "true" => Propagation::Background,
        "foreground" => Propagation::Foreground,
        "orphan" | "false" => Propagation::Orphan,
        other => {
            return Err(format!(
                "error: invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""
            ));
        }
    };
    let grace = words.option("grace-period").map(|text| text.parse::<i64>().map_err(|_| text.to_string()));
    let grace =
        grace.transpose().map_err(|text| format!("error: invalid argument \"{text}\" for \"--grace-period\""))?;
    let grace_seconds = match grace {
        Some(seconds) if seconds >= 0 => Some(seconds),
        _ if words.flag("now") => Some(1),
        _ if words.flag("force") => Some(0),
        _ => None,
    };
    let options = DeleteOptions { grace_seconds, propagation };
    Ok(Order::Delete { targets, options, ignore_not_found: words.flag("ignore-not-found") })
}

fn scale(rest: &[String]) -> Result<Order, String> {
    let words = Words::sort(rest, &["all"], &["namespace", "selector", "replicas"])?;
    let (targets, _) = targets(&words, |_| true)?;
    let text = words.option("replicas").ok_or("error: required flag(s) \"replicas\" not set")?;
    let replicas = text.parse::<i64>().ok().filter(|n| (0..=i64::from(i32::MAX)).contains(n));
    let replicas = replicas.ok_or_else(|| format!("error: invalid argument \"{text}\" for \"--replicas\""))?;
    match targets.kind {
        Kind::Deployment | Kind::ReplicaSet => Ok(Order::Scale { targets, replicas }),
        kind => Err(format!("error: {} cannot be scaled", kind.plural())),
    }
}

fn patch(rest: &[String]) -> Result<Order, String> {
    let words = Words::sort(rest, &[], &["namespace", "selector", "patch", "type"])?;
    let (targets, _) = targets(&words, |_| true)?;
    let text = words
        .option("patch")
        .ok_or("error: must specify --patch or --patch-file containing the contents of the patch")?;
    let kind = match words.option("type").unwrap_or("strategic") {
        "strategic" => PatchKind::Strategic,
        "merge" => PatchKind::Merge,
        "json" => PatchKind::Json,
        other => return Err(format!("error: --type must be one of [json merge strategic], not \"{other}\"")),
    };
    let patch: Value =
        serde_json::from_str(text).map_err(|error| format!("error: unable to parse the patch: {error}"))?;
    Ok(Order::Patch { targets, patch: Arc::new(patch), kind })
}

fn create(rest: &[String]) -> Result<Order, String> {
    let words = Words::sort(rest, &[], &["namespace", "from"])?;
    let [what, name] = words.operands.as_slice() else {
        return Err("error: want: create job NAME --from=cronjob/NAME".to_string());
    };
    let from = words.option("from").and_then(|from| from.split_once('/'));
    match (what.as_str(), from) {
        ("job", Some((word, cron_job))) if kind(word) == Some(Kind::CronJob) => Ok(Order::CreateJobFrom {
            namespace: Text::copy(words.option("namespace").unwrap_or("default")),
            cron_job: Text::copy(cron_job),
            job: Text::copy(name),
        }),
        _ => Err("error: want: create job NAME --from=cronjob/NAME".to_string()),
    }
}

fn node(rest: &[String]) -> Result<Order, String> {
    let words = Words::sort(rest, &[], &["cpu", "memory", "pods", "labels"])?;
    let [verb, name] = words.operands.as_slice() else {
        return Err("error: want: node add|down|up|notready|delete NAME".to_string());
    };
    let order = match verb.as_str() {
        "down" => NodeOrder::Down,
        "up" => NodeOrder::Up,
        "notready" => NodeOrder::NotReady,
        "delete" => NodeOrder::Delete,
        "add" => return node_add(&words, name),
        other => {
            return Err(format!("error: unknown node command \"{other}\"; known are add, down, up, notready, delete"));
        }
    };
    Ok(Order::Node { name: Text::copy(name), order })
}

fn node_add(words: &Words, name: &str) -> Result<Order, String> {
    let mut capacity = Map::new();
    for (option, resource, default) in [("cpu", "cpu", "4"), ("memory", "memory", "8Gi"), ("pods", "pods", "110")] {
        let text = words.option(option).unwrap_or(default);
        if parse_milli(text).is_none() {
            return Err(format!("error: --{option} {text} is not a quantity"));
        }
        capacity.insert(resource.into(), json!(text));
    }
    let mut labels = Map::new();
    for pair in words.option("labels").unwrap_or("").split(',').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or_else(|| format!("error: --labels: {pair} is not KEY=VALUE"))?;
        labels.insert(key.to_string(), json!(value));
    }
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels},
                      "status": {"capacity": capacity, "allocatable": capacity}});
    Ok(Order::NodeAdd(Arc::new(node)))
}

fn pod(rest: &[String]) -> Result<Order, String> {
    let words = Words::sort(rest, &[], &["namespace", "exit-code"])?;
    let [verb, name] = words.operands.as_slice() else {
        return Err("error: want: pod fail NAME [--exit-code N]".to_string());
    };
    let text = words.option("exit-code").unwrap_or("1");
    let exit_code = text.parse::<i32>().map_err(|_| format!("error: --exit-code {text} is not a number"))?;
    match verb.as_str() {
        "fail" => Ok(Order::FailPod {
            namespace: Text::copy(words.option("namespace").unwrap_or("default")),
            name: Text::copy(name),
            exit_code,
        }),
        other => Err(format!("error: unknown pod command \"{other}\"; known is fail")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_of_the_contract_is_understood() {
        for line in [
            "kubectl label node node-3 os=centos --overwrite",
            "kubectl label node/node-3 os-",
            "kubectl annotate cronjob cj a=b",
            "kubectl cordon node-1",
            "kubectl uncordon node node-1",
            "kubectl taint node node-1 a=b:NoExecute",
            "kubectl taint node node-1 a:NoSchedule-",
            "kubectl delete pod web-1 --grace-period=0 --force",
            "kubectl delete job -l app=x --cascade=orphan",
            "kubectl scale deploy/web --replicas=3",
            "kubectl patch cronjob cj -p '{\"spec\":{\"suspend\":true}}'",
            "kubectl create job manual-1 --from=cronjob/cj",
            "node down node-1",
            "node add node-4 --cpu 2 --memory 4Gi --labels os=centos,zone=a",
            "node delete node-1",
            "pod fail web-1 --exit-code 3",
        ] {
            assert!(parse(line).is_ok(), "{line}: {:?}", parse(line));
        }
    }

    #[test]
    fn a_bad_command_says_what_is_wrong() {
        for (line, part) in [
            ("", "empty command"),
            ("kubectl", "a command is missing"),
            ("kubectl scal deploy/x", "did you mean \"scale\""),
            ("kubectl label node", "no name was specified"),
            ("kubectl label node a", "at least one label update"),
            ("kubectl label frobs a b=c", "resource type \"frobs\""),
            ("kubectl scale deploy/x --replicas=-1", "--replicas"),
            ("kubectl delete pod x --gracee-period=1", "did you mean --grace-period"),
            ("kubectl taint node a b:Never", "unsupported taint effect"),
            ("node explode n1", "unknown node command"),
            ("kubectl patch node n -p '{'", "unable to parse the patch"),
            ("kubectl label node 'a", "never closed"),
        ] {
            let error = parse(line).expect_err(line);
            assert!(error.contains(part), "{line}: {error}");
        }
    }

    #[test]
    fn selectors_of_all_forms_are_read() {
        let labels = Labels::new(vec![("a".into(), "1".into()), ("b".into(), "2".into())]);
        for (text, expected) in [
            ("a=1", true),
            ("a==1,b!=3", true),
            ("a in (1,2),b notin (3)", true),
            ("!c,a", true),
            ("a=2", false),
            ("!a", false),
        ] {
            assert_eq!(selector(text).unwrap().matches(&labels), expected, "{text}");
        }
    }
}
