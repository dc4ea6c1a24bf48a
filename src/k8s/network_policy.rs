//! What NetworkPolicies say about the pods they select.
//! <https://kubernetes.io/docs/concepts/services-networking/network-policies/>

use super::pod::elements;
use crate::value::Value;

/// Labels that controllers add to pods.
const OF_CONTROLLERS: &[&str] = &[
    "pod-template-hash",
    "pod-template-generation",
    "rollouts-pod-template-hash",
    "controller-revision-hash",
    "controller-uid",
    "job-name",
];

/// Whether a controller may add this label to the pods of a workload.
#[must_use]
pub fn is_added_to_pods(label: &str) -> bool {
    OF_CONTROLLERS.contains(&label) || label.contains("kubernetes.io/")
}

/// Whether a policy limits what pods send.
#[must_use]
pub fn is_of_egress(policy: &Value) -> bool {
    let spec = policy.get("spec").unwrap_or(&Value::Null);
    match spec.get("policyTypes").and_then(Value::as_array).filter(|types| !types.is_empty()) {
        Some(types) => types.iter().any(|one| one.as_str() == Some("Egress")),
        None => !elements(spec, "egress").is_empty(),
    }
}

/// A label, with its value, that a workload must give its pods for the policy to select them. `None` if there may be no
/// such label.
#[must_use]
pub fn required_label(policy: &Value) -> Option<(&str, &str)> {
    let labels = policy.pointer("/spec/podSelector/matchLabels")?.as_object()?;
    let label = labels.iter().find(|(key, value)| value.is_string() && !is_added_to_pods(key))?;
    Some((label.0, label.1.as_str()?))
}
