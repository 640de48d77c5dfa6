//! The Kubernetes objects as the simulation sees them.
//!
//! Every object exists twice: the defaulted manifest as a `serde_json::Value` (what `kubectl get -o yaml` prints, what a
//! patch edits) and the typed form below with just the fields that some actor reads. The typed form is always decoded
//! from the value, never the other way round, except for what actors themselves write (status, counts, owners), which
//! `to_value` lays over it.

pub mod apps;
pub mod batch;
pub mod condition;
pub mod failure_policy;
pub mod job_admission;
pub mod kind;
pub mod meta;
pub mod node;
pub mod pod;
pub mod pod_requests;
pub mod pod_spec;
pub mod pod_status;
pub mod policy;
pub mod quantity;
pub mod selector;
pub mod service;
pub mod template;
pub mod text;
pub mod value;

pub use apps::{DaemonSet, Deployment, ReplicaSet};
pub use batch::{CronJob, Job};
pub use condition::{Condition, Status};
pub use kind::Kind;
pub use meta::{Deletion, Labels, Meta, OwnerReference, Uid};
pub use node::Node;
pub use pod::{Pod, host_name};
pub use pod_spec::{Container, PodSpec, RestartPolicy};
pub use pod_status::{ContainerState, ContainerStatus, Phase, PodStatus, Terminated};
pub use quantity::Resources;
pub use service::Service;
pub use template::PodTemplate;
pub use text::Text;
