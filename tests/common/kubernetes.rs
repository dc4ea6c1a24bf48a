//! Resources as the types of the Kubernetes API read them, and variables as a kubelet expands them.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::{Pod, PodTemplate, PodTemplateSpec, ReplicationController};
use otel_inject::k8s::{Identity, Kind};
use otel_inject::value::Value;
use serde::de::DeserializeOwned;

/// What the resource's type does not know of it, or why it cannot be read; of kinds that are not Kubernetes' own the
/// pod template alone is read.
pub(crate) fn faults(resource: &Value) -> Vec<String> {
    let Some(identity) = Identity::read(resource, None) else { return Vec::new() };
    match identity.kind() {
        "Deployment" => read::<Deployment>(resource).1,
        "ReplicaSet" => read::<ReplicaSet>(resource).1,
        "StatefulSet" => read::<StatefulSet>(resource).1,
        "DaemonSet" => read::<DaemonSet>(resource).1,
        "Job" => read::<Job>(resource).1,
        "CronJob" => read::<CronJob>(resource).1,
        "ReplicationController" => read::<ReplicationController>(resource).1,
        "Pod" => pod(resource).1,
        "PodTemplate" => read::<PodTemplate>(resource).1,
        _ => {
            let kind = Kind::find(identity.group(), identity.kind());
            let template = kind.and_then(|kind| resource.pointer(&kind.template));
            template.map(|template| read::<PodTemplateSpec>(template).1).unwrap_or_default()
        }
    }
}

/// A pod, and what its type does not know of it or cannot read.
pub(crate) fn pod(resource: &Value) -> (Option<Pod>, Vec<String>) {
    read::<Pod>(resource)
}

fn read<T: DeserializeOwned>(value: &Value) -> (Option<T>, Vec<String>) {
    let mut faults = Vec::new();
    match serde_ignored::deserialize(serde_json::Value::from(value), |path| faults.push(path.to_string())) {
        Ok(read) => (Some(read), faults),
        Err(error) => (None, vec![error.to_string()]),
    }
}

/// Expands `$(NAME)` and `$$` as Kubernetes does. An unknown name stays as it is.
pub(crate) fn expanded(text: &str, env: &BTreeMap<String, String>) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        result.push_str(before);
        rest = after;
        if let Some(after) = rest.strip_prefix('$') {
            result.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
            match env.get(name) {
                Some(value) => result.push_str(value),
                None => result.push_str(&format!("$({name})")),
            }
            rest = after;
        } else {
            result.push('$');
        }
    }
    result + rest
}
