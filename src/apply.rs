//! Adapts a plan to the host that the workload came from.

use crate::change::{Change, shifts};
use crate::k8s::pod::identify;
use crate::value::{Value, escape};

/// The annotations that kpt uses to pair an item with its source when it copies comments by list index.
const PAIRING: [&str; 2] = ["internal.config.kubernetes.io/id", "config.k8s.io/id"];

/// Adapts the changes from `before` to `after` for a `ResourceList` item. If elements have shifted, it removes both of
/// kpt's annotations; otherwise kpt would attach other elements' comments to ours.
pub fn adapt(before: &Value, after: &mut Value, changes: &mut Vec<Change>) {
    let annotations = after.pointer("/metadata/annotations").and_then(Value::as_object);
    let is_paired = |key: &&&str| annotations.is_some_and(|annotations| annotations.contains_key(key));
    let paired: Vec<&str> = PAIRING.iter().filter(is_paired).copied().collect();
    if paired.is_empty() || !shifts(before, after, identify) {
        return;
    }
    for key in paired {
        let removal = Change::remove(format!("/metadata/annotations/{}", escape(key)));
        removal.apply(after).expect("impossible: the annotation is there");
        changes.push(removal);
    }
}
