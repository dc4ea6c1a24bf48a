//! Kubernetes resources as ordered values: identities, workloads and pods, as small borrowed views.

mod api;
pub mod expansion;
pub mod fragment;
pub mod identity;
pub mod image;
pub mod kind;
pub mod knative;
pub mod network_policy;
pub mod origin;
pub mod pod;
pub mod quantity;
pub mod security;
pub mod shape;
pub mod workload;

pub use api::RELEASE;
pub use identity::{
    Identity, LOCAL_CONFIG, is_local, is_of_host, list_items, metadata_text, previous, subject,
};
pub use kind::{Kind, Owner, OwnerName, mentions_workload};
pub use workload::Workload;
