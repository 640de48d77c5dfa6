//! What a user can ask of the cluster, as data: the inputs of a simulation.
//!
//! An order names its objects the way kubectl does and is resolved when it is carried out, so that a recorded order means
//! the same in every replay.

use crate::api::node::Taint;
use crate::api::selector::LabelSelector;
use crate::api::{Kind, Text};
use crate::world::{DeleteOptions, Settings};
use serde_json::Value;
use std::sync::Arc;

/// Objects of one kind, by name or by label.
#[derive(Clone, Debug, PartialEq)]
pub struct Targets {
    /// Their kind.
    pub kind: Kind,
    /// Their namespace; `None` for kinds without one and for all namespaces.
    pub namespace: Option<Text>,
    /// Their names; empty when the selector says which.
    pub names: Vec<Text>,
    /// Their labels; with no names, `None` means all.
    pub selector: Option<LabelSelector>,
}

impl Targets {
    /// One object.
    pub fn one(kind: Kind, namespace: impl Into<Text>, name: impl Into<Text>) -> Targets {
        let namespace = kind.namespaced().then(|| namespace.into());
        Targets { kind, namespace, names: vec![name.into()], selector: None }
    }
}

/// How a patch is merged into an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PatchKind {
    /// Lists of named things merge by their key.
    #[default]
    Strategic,
    /// RFC 7396: lists are replaced.
    Merge,
    /// RFC 6902: a list of operations.
    Json,
}

/// What can be done to a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeOrder {
    /// Its kubelet falls silent.
    Down,
    /// It comes back and reports ready.
    Up,
    /// Its kubelet reports that it is not ready.
    NotReady,
    /// The machine and its Node object go.
    Delete,
}

/// One thing asked of the cluster.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// Create or patch defaulted objects, in order, as `kubectl apply` does. With `prune`, objects of the last apply
    /// that are not among them are deleted.
    Apply {
        /// The objects.
        objects: Arc<Vec<Value>>,
        /// Whether to delete what left the text.
        prune: bool,
    },
    /// Create objects; refuse those that exist.
    Create(Arc<Vec<Value>>),
    /// Make a Job from a CronJob's template.
    CreateJobFrom {
        /// The namespace of both.
        namespace: Text,
        /// The CronJob.
        cron_job: Text,
        /// The new Job.
        job: Text,
    },
    /// Delete objects.
    Delete {
        /// Which.
        targets: Targets,
        /// How.
        options: DeleteOptions,
        /// Do not complain about missing ones.
        ignore_not_found: bool,
    },
    /// Patch objects.
    Patch {
        /// Which.
        targets: Targets,
        /// With what.
        patch: Arc<Value>,
        /// How.
        kind: PatchKind,
    },
    /// Set and remove labels or annotations.
    Label {
        /// Whose.
        targets: Targets,
        /// Annotations instead of labels.
        annotations: bool,
        /// What to set.
        set: Vec<(Text, Text)>,
        /// What to remove.
        remove: Vec<Text>,
        /// Whether other values may be overwritten.
        overwrite: bool,
    },
    /// Set and remove taints.
    Taint {
        /// Whose.
        targets: Targets,
        /// What to set.
        add: Vec<Taint>,
        /// (key, effect) to remove; an empty effect means all of that key.
        remove: Vec<(Text, Text)>,
        /// Whether other values may be overwritten.
        overwrite: bool,
    },
    /// Cordon (true) or uncordon nodes.
    Cordon {
        /// Which.
        targets: Targets,
        /// Whether to.
        on: bool,
    },
    /// Change the number of replicas.
    Scale {
        /// Whose.
        targets: Targets,
        /// To how many.
        replicas: i64,
    },
    /// Add a machine that joins as a node.
    NodeAdd(Arc<Value>),
    /// Give a machine other resources (a node as somebody would write it): its kubelet reports them from now on.
    NodeResize(Arc<Value>),
    /// Do something to a machine.
    Node {
        /// The node.
        name: Text,
        /// What.
        order: NodeOrder,
    },
    /// Let the containers of a Pod exit with a code, as if they crashed.
    FailPod {
        /// Its namespace.
        namespace: Text,
        /// Its name.
        name: Text,
        /// The code.
        exit_code: i32,
    },
    /// Change the configuration of the cluster.
    Configure(Settings),
}

/// What an order answers for one object, as kubectl prints it.
pub type Answer = Result<String, String>;
