//! Carrying out orders: what kubectl and the API server do between a user's wish and the world's verbs.

use super::order::{Answer, NodeOrder, Order, PatchKind, Targets};
use super::{State, admit, machines, patch};
use crate::actor::Cx;
use crate::api::node::Taint;
use crate::api::quantity::Resources;
use crate::api::{Kind, Node, Pod, Text};
use crate::manifest::schema::Schema;
use crate::world::{Aspects, DeleteOptions, Machine, ObjectRef};
use serde_json::{Map, Value, json};
use std::sync::Arc;

impl State {
    /// Carries out one order and answers a line for each object it touched, as kubectl prints it.
    /// Whoever calls it lets the simulation settle afterwards.
    pub fn carry_out(&mut self, order: &Order) -> Vec<Answer> {
        match order {
            Order::Apply { objects, prune } => self.apply(objects, *prune),
            Order::Create(objects) => {
                let schema = Schema::new();
                objects.iter().map(|object| self.create(&schema, object)).collect()
            }
            Order::CreateJobFrom { namespace, cron_job, job } => {
                vec![self.create_job_from(namespace, cron_job, job)]
            }
            Order::Delete { targets, options, ignore_not_found } => {
                self.on_each(targets, *ignore_not_found, |state, object| state.delete(object, *options))
            }
            Order::Patch { targets, patch, kind } => {
                self.on_each(targets, false, |state, object| state.patch(object, patch, *kind))
            }
            Order::Label { targets, annotations, set, remove, overwrite } => {
                let field = if *annotations { "annotations" } else { "labels" };
                self.on_each(targets, false, |state, object| state.label(object, field, set, remove, *overwrite))
            }
            Order::Taint { targets, add, remove, overwrite } => {
                self.on_each(targets, false, |state, object| state.taint(object, add, remove, *overwrite))
            }
            Order::Cordon { targets, on } => self.on_each(targets, false, |state, object| state.cordon(object, *on)),
            Order::Scale { targets, replicas } => self.on_each(targets, false, |state, object| {
                let field = if object.kind == Kind::Job { "parallelism" } else { "replicas" };
                let change = json!({"spec": {field: replicas}});
                state.write(object, |value| patch::apply(value, &change, PatchKind::Merge), "scaled")
            }),
            Order::NodeAdd(node) => vec![self.add_node(node)],
            Order::NodeResize(node) => vec![self.resize_node(node)],
            Order::Node { name, order } => vec![self.order_node(name, *order)],
            Order::FailPod { namespace, name, exit_code } => vec![self.fail_pod(namespace, name, *exit_code)],
            Order::Configure(settings) => {
                self.world.settings = *settings;
                Vec::new()
            }
        }
    }

    /// The objects that targets mean now, in order of name; the error is kubectl's.
    ///
    /// # Errors
    /// One text for each name that is not there.
    pub fn resolve(&self, targets: &Targets) -> Vec<Result<ObjectRef, String>> {
        let world = &self.world;
        if !targets.names.is_empty() {
            let namespace = targets.namespace.clone().unwrap_or_default();
            let missing =
                |name: &Text| format!("Error from server (NotFound): {} \"{name}\" not found", targets.kind.resource());
            let find = |name: &Text| world.find(targets.kind, &namespace, name).ok_or_else(|| missing(name));
            return targets.names.iter().map(find).collect();
        }
        let wanted = |object: &ObjectRef| {
            let Some(meta) = world.meta(*object) else { return false };
            targets.namespace.as_ref().is_none_or(|namespace| *namespace == meta.namespace)
                && targets.selector.as_ref().is_none_or(|selector| selector.matches(&meta.labels))
        };
        world.index.sorted(targets.kind).filter(wanted).map(Ok).collect()
    }

    fn on_each(
        &mut self,
        targets: &Targets,
        ignore_not_found: bool,
        act: impl Fn(&mut State, ObjectRef) -> Answer,
    ) -> Vec<Answer> {
        let mut answers = Vec::new();
        for target in self.resolve(targets) {
            match target {
                Ok(object) => answers.push(act(self, object)),
                Err(_) if ignore_not_found => {}
                Err(missing) => answers.push(Err(missing)),
            }
        }
        answers
    }

    /// `kind.group/name`, as kubectl names an object.
    fn title(&self, object: ObjectRef) -> String {
        let name = self.world.meta(object).map_or("", |meta| meta.name.as_str());
        format!("{}/{name}", object.kind.singular())
    }

    fn create(&mut self, schema: &Schema, raw: &Value) -> Answer {
        let (kind, mut value) = admit::create(schema, &self.world, raw)?;
        if raw.pointer("/metadata/uid").is_none() {
            self.allocate(kind, &mut value, None)?;
        }
        let object = self.world.create_value(kind, &value, self.now).map_err(|error| {
            let name = raw.pointer("/metadata/name").and_then(Value::as_str).unwrap_or("");
            format!("Error from server (AlreadyExists): error when creating \"{name}\": {error}")
        })?;
        Ok(format!("{} created", self.title(object)))
    }

    /// Gives a Service addresses and ports. Those of a dump stay as they are.
    fn allocate(&self, kind: Kind, value: &mut Value, stored: Option<ObjectRef>) -> Result<(), String> {
        if kind != Kind::Service {
            return Ok(());
        }
        let name = value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or("").to_string();
        let refuse = |why: String| format!("The Service \"{name}\" is invalid: {why}");
        self.world.allocate_service(&mut value["spec"], stored).map_err(refuse)
    }

    /// Upstream: k8s.io/kubectl/pkg/cmd/apply/apply.go, patcher.go.
    fn apply(&mut self, objects: &[Value], prune: bool) -> Vec<Answer> {
        let schema = Schema::new();
        let mut answers = Vec::new();
        let mut named = std::collections::BTreeSet::new();
        for raw in objects {
            let Some(key) = admit::key(raw) else {
                answers.push(Err("error: an object needs apiVersion, kind and metadata.name".to_string()));
                continue;
            };
            named.insert(key.clone());
            let (kind, namespace, name) = &key;
            let answer = match self.world.find(*kind, namespace, name) {
                None => self.create(&schema, raw),
                Some(object) => {
                    let last = self.applied.get(&key).cloned().unwrap_or(Value::Null);
                    self.write(object, |live| Ok(patch::three_way(live, &body(&last), &body(raw))), "configured")
                }
            };
            if answer.is_ok() {
                self.applied.insert(key, raw.clone());
            }
            answers.push(answer);
        }
        if prune {
            // Nodes are machines: they are never pruned, as kubectl's own list of kinds to prune does without them.
            let gone = self.applied.keys().filter(|key| key.0 != Kind::Node && !named.contains(*key));
            let gone: Vec<_> = gone.cloned().collect();
            for key in gone {
                self.applied.remove(&key);
                if let Some(object) = self.world.find(key.0, &key.1, &key.2) {
                    let answer = self.delete(object, DeleteOptions::default());
                    answers.push(answer.map(|text| text.replace(" deleted", " pruned")));
                }
            }
        }
        answers
    }

    /// Writes a new version of an object, validated as an update.
    fn write(&mut self, object: ObjectRef, change: impl Fn(&Value) -> Result<Value, String>, done: &str) -> Answer {
        let title = self.title(object);
        let Some(live) = self.world.value(object) else { return Err(format!("{title} is gone")) };
        let wanted = change(&live)?;
        let mut value = admit::update(&Schema::new(), &live, &wanted)?;
        self.allocate(object.kind, &mut value, Some(object))?;
        let touched = self.world.replace_value(object, &value);
        let verb = match (touched.is_empty(), done) {
            (true, "configured") => "unchanged",
            (true, "patched") => "patched (no change)",
            _ => done,
        };
        Ok(format!("{title} {verb}"))
    }

    fn patch(&mut self, object: ObjectRef, change: &Value, kind: PatchKind) -> Answer {
        self.write(object, |value| patch::apply(value, change, kind), "patched")
    }

    fn delete(&mut self, object: ObjectRef, options: DeleteOptions) -> Answer {
        let meta = self.world.meta(object).cloned().unwrap_or_default();
        self.world.delete(object, options, self.now).map_err(|error| format!("Error from server: {error}"))?;
        let place =
            if meta.namespace.is_empty() { String::new() } else { format!(" from {} namespace", meta.namespace) };
        let force = if options.grace_seconds == Some(0) { "force " } else { "" };
        Ok(format!("{} \"{}\" {force}deleted{place}", object.kind.singular(), meta.name))
    }

    fn label(
        &mut self,
        object: ObjectRef,
        field: &str,
        set: &[(Text, Text)],
        remove: &[Text],
        overwrite: bool,
    ) -> Answer {
        let (title, path) = (self.title(object), format!("/metadata/{field}"));
        let live = self.world.value(object).unwrap_or(Value::Null);
        let old = live.pointer(&path).cloned().unwrap_or_else(|| json!({}));
        for (key, value) in set {
            let present = old.get(key.as_str()).and_then(Value::as_str);
            if let (Some(present), false) = (present, overwrite)
                && present != value.as_str()
            {
                return Err(format!("error: '{key}' already has a value ({present}), and --overwrite is false"));
            }
        }
        let mut changes = Map::new();
        changes.extend(set.iter().map(|(key, value)| (key.to_string(), json!(value.as_str()))));
        changes.extend(remove.iter().map(|key| (key.to_string(), Value::Null)));
        let change = json!({"metadata": {field: changes}});
        let done = match (field, set.is_empty()) {
            ("annotations", _) => "annotated",
            (_, true) => "unlabeled",
            _ => "labeled",
        };
        let before = self.world.revision();
        self.write(object, |value| patch::apply(value, &change, PatchKind::Merge), done)?;
        let unchanged = self.world.revision() == before && done != "annotated";
        Ok(if unchanged { format!("{title} not labeled") } else { format!("{title} {done}") })
    }

    /// Upstream: k8s.io/kubectl/pkg/cmd/taint/taint.go.
    fn taint(&mut self, object: ObjectRef, add: &[Taint], remove: &[(Text, Text)], overwrite: bool) -> Answer {
        let Some(node) = object.id().and_then(|id| self.world.nodes.get(id)) else {
            return Err("error: only nodes have taints".to_string());
        };
        let mut taints = node.taints.clone();
        for (key, effect) in remove {
            let before = taints.len();
            taints.retain(|taint| taint.key != *key || (!effect.is_empty() && taint.effect != *effect));
            if taints.len() == before {
                let suffix = if effect.is_empty() { String::new() } else { format!(":{effect}") };
                return Err(format!("error: taint \"{key}{suffix}\" not found"));
            }
        }
        for taint in add {
            match taints.iter_mut().find(|old| old.matches(taint)) {
                Some(old) if overwrite => *old = taint.clone(),
                Some(_) => {
                    let name = node.meta.name.clone();
                    let text = format!(
                        "node {name} already has {} taint(s) with same effect(s) and --overwrite is false",
                        taint.key
                    );
                    return Err(format!("error: {text}"));
                }
                None => taints.push(taint.clone()),
            }
        }
        let list: Vec<Value> = taints.iter().map(Taint::to_value).collect();
        let change = json!({"spec": {"taints": list}});
        let done = if add.is_empty() { "untainted" } else { "tainted" };
        self.write(object, |value| patch::apply(value, &change, PatchKind::Merge), done)
    }

    fn cordon(&mut self, object: ObjectRef, on: bool) -> Answer {
        let title = self.title(object);
        let Some(node) = object.id().and_then(|id| self.world.nodes.get(id)) else {
            return Err("error: only nodes can be cordoned".to_string());
        };
        let word = if on { "cordoned" } else { "uncordoned" };
        if node.unschedulable == on {
            return Ok(format!("{title} already {word}"));
        }
        let change = json!({"spec": {"unschedulable": if on { json!(true) } else { Value::Null }}});
        self.write(object, |value| patch::apply(value, &change, PatchKind::Merge), word)
    }

    /// Upstream: k8s.io/kubectl/pkg/cmd/create/create_job.go createJobFromCronJob.
    fn create_job_from(&mut self, namespace: &Text, cron_job: &Text, name: &Text) -> Answer {
        let missing = || format!("error: cronjobs.batch \"{cron_job}\" not found");
        let found = self.world.find(Kind::CronJob, namespace, cron_job).ok_or_else(missing)?;
        let source = self.world.value(found).ok_or_else(missing)?;
        let uid = self.world.meta(found).map(|meta| meta.uid.to_string()).unwrap_or_default();
        let template = source.pointer("/spec/jobTemplate").cloned().unwrap_or(Value::Null);
        let mut job = json!({
            "apiVersion": "batch/v1", "kind": "Job",
            "metadata": {
                "name": name.as_str(), "namespace": namespace.as_str(),
                "annotations": template.pointer("/metadata/annotations").cloned().unwrap_or_else(|| json!({})),
                "ownerReferences": [{"apiVersion": "batch/v1", "kind": "CronJob", "name": cron_job.as_str(),
                                     "uid": uid, "controller": true}],
            },
            "spec": template.get("spec").cloned().unwrap_or_else(|| json!({})),
        });
        job["metadata"]["annotations"]["cronjob.kubernetes.io/instantiate"] = json!("manual");
        if let Some(labels) = template.pointer("/metadata/labels") {
            job["metadata"]["labels"] = labels.clone();
        }
        self.create(&Schema::new(), &job)
    }

    fn add_node(&mut self, node: &Value) -> Answer {
        let name = node.pointer("/metadata/name").and_then(Value::as_str).unwrap_or("").to_string();
        self.world.set_machine(&name, Machine { up_since: self.now, ..Machine::default() });
        self.create(&Schema::new(), &machines::registered(node, false, self.now))
    }

    fn resize_node(&mut self, raw: &Value) -> Answer {
        let name = raw.pointer("/metadata/name").and_then(Value::as_str).unwrap_or("");
        let missing = || format!("Error from server (NotFound): nodes \"{name}\" not found");
        let node = self.world.find_id::<Node>("", name).ok_or_else(missing)?;
        let reported = machines::registered(raw, true, self.now);
        self.world.modify(node, |row| {
            let mut status = (*row.status_source).clone();
            for resources in ["capacity", "allocatable"] {
                status[resources] = reported["status"][resources].clone();
            }
            let allocatable = Resources::from_value(&status["allocatable"]);
            let touched = Aspects::STATUS | Aspects::ALLOCATABLE.when(allocatable != row.allocatable);
            (row.status_source, row.allocatable) = (Arc::new(status), allocatable);
            touched
        });
        Ok(format!("node/{name} resized"))
    }

    fn order_node(&mut self, name: &Text, order: NodeOrder) -> Answer {
        let missing = || format!("Error from server (NotFound): nodes \"{name}\" not found");
        let node = self.world.find(Kind::Node, "", name).ok_or_else(missing)?;
        let machine = self.world.machine(name);
        let (machine, word) = match order {
            NodeOrder::Down => {
                let silent_since = machine.silent_since.or(Some(self.now));
                (Machine { silent_since, ..machine }, "down: its kubelet has fallen silent")
            }
            NodeOrder::Up => (Machine { up_since: self.now, ..Machine::default() }, "up"),
            NodeOrder::NotReady => {
                (Machine { reports_not_ready: true, silent_since: None, ..machine }, "reports not ready")
            }
            NodeOrder::Delete => {
                let silent = Machine { silent_since: Some(self.now), ..machine };
                self.world.set_machine(name, silent);
                return self.delete(node, DeleteOptions::default());
            }
        };
        self.world.set_machine(name, machine);
        Ok(format!("node/{name} {word}"))
    }

    fn fail_pod(&mut self, namespace: &Text, name: &Text, exit_code: i32) -> Answer {
        let missing = || format!("Error from server (NotFound): pods \"{name}\" not found");
        let pod = self.world.find_id::<Pod>(namespace, name).ok_or_else(missing)?;
        let State { world, now, alarms, actors, calls, .. } = self;
        let mut cx = Cx { now: *now, world, alarms, calls };
        match actors.kubelet.crash(pod, exit_code, &mut cx) {
            true => Ok(format!("pod/{name} crashed with exit code {exit_code}")),
            false => Err(format!("error: pod {name} has no running container to crash")),
        }
    }
}

/// Everything of an object but its status, which nobody applies.
fn body(value: &Value) -> Value {
    let mut body = value.clone();
    if let Some(map) = body.as_object_mut() {
        map.remove("status");
    }
    body
}
