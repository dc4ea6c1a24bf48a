//! What a plan means for the host that the workload came from.

use serde_json::Value;

use crate::change::{Change, escape};
use crate::plan::Plan;

/// The annotations by which kpt pairs an item with its source, to copy comments by list index.
const PAIRING: [&str; 2] = ["internal.config.kubernetes.io/id", "config.k8s.io/id"];

/// The changes that a `ResourceList` item needs beside the plan's: where elements have shifted, kpt would
/// give ours the comments of others, unless both of its annotations are gone.
#[must_use]
pub fn host_changes(plan: &Plan) -> Vec<Change> {
    let annotations = plan.value.pointer("/metadata/annotations").and_then(Value::as_object);
    let Some(annotations) = annotations.filter(|_| plan.shifts) else { return Vec::new() };
    PAIRING
        .iter()
        .filter(|key| annotations.contains_key(**key))
        .map(|key| Change::remove(format!("/metadata/annotations/{}", escape(key))))
        .collect()
}

/// The workload as it is to be after the plan and, for a `ResourceList` item, the host's changes.
#[must_use]
pub fn hosted(plan: &Plan, is_krm_item: bool) -> Value {
    let mut value = plan.value.clone();
    if is_krm_item {
        for change in host_changes(plan) {
            change.apply(&mut value).expect("impossible: the annotation is there");
        }
    }
    value
}
