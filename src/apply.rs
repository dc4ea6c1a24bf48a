//! What a plan means for the host that the workload came from.

use serde_json::Value;

use crate::change::{Change, escape};
use crate::plan::Plan;

/// The annotations by which kpt pairs an item with its source, to copy comments by list index.
const PAIRING: [&str; 2] = ["internal.config.kubernetes.io/id", "config.k8s.io/id"];

/// Adds to a plan what its workload needs as a `ResourceList` item: where elements have shifted, kpt would give
/// ours the comments of others, unless both of its annotations are gone.
pub fn adapt(plan: &mut Plan) {
    let annotations = plan.value.pointer("/metadata/annotations").and_then(Value::as_object);
    let Some(annotations) = annotations.filter(|_| plan.shifts) else { return };
    let removals = PAIRING
        .iter()
        .filter(|key| annotations.contains_key(**key))
        .map(|key| Change::remove(format!("/metadata/annotations/{}", escape(key))));
    for removal in removals.collect::<Vec<_>>() {
        removal.apply(&mut plan.value).expect("impossible: the annotation is there");
        plan.changes.push(removal);
    }
}
