//! Pieces of the Kubernetes API that are passed on as values. Their types only check them.

use k8s_openapi::api::core::v1::{
    EnvVar, PersistentVolumeClaimTemplate, ResourceRequirements, SecurityContext,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::shape::{Fault, Shape};
use super::{pod, quantity};
use crate::change::escape;

/// `env` entries.
pub const ENV: Shape = Shape::List(&Shape::Fragment(env));
/// `resources` of a container.
pub const RESOURCES: Shape = Shape::Fragment(resources);
/// A container's `securityContext`.
pub const SECURITY_CONTEXT: Shape = Shape::Fragment(typed::<SecurityContext>);
/// The claim of an ephemeral volume.
pub const CLAIM: Shape = Shape::Fragment(claim);

fn env(value: &Value) -> Result<(), Fault> {
    if pod::name(value).is_empty() && value.is_object() {
        return Err(Fault { pointer: String::new(), message: "needs a name".into() });
    }
    if pod::is_from_elsewhere(value) && !pod::text(value).is_empty() {
        return Err(Fault { pointer: String::new(), message: "has both value and valueFrom".into() });
    }
    typed::<EnvVar>(value)
}

fn resources(value: &Value) -> Result<(), Fault> {
    let value = with_quantities(value)?;
    typed::<ResourceRequirements>(&value)
}

fn claim(value: &Value) -> Result<(), Fault> {
    let mut value = value.clone();
    if let Some(resources) = value.pointer_mut("/spec/resources") {
        let checked = with_quantities(resources).map_err(|fault| Fault {
            pointer: format!("/spec/resources{}", fault.pointer),
            message: fault.message,
        })?;
        *resources = checked;
    }
    typed::<PersistentVolumeClaimTemplate>(&value)
}

/// `limits` and `requests` with every quantity as a string, which is how they are passed on.
///
/// # Errors
/// Where something in them is no quantity.
pub fn with_quantities(resources: &Value) -> Result<Value, Fault> {
    let mut result = resources.clone();
    for part in ["limits", "requests"] {
        let Some(Value::Object(map)) = result.get_mut(part) else { continue };
        for (key, value) in map {
            let text = quantity::text(value).filter(|text| quantity::nanos(text).is_some());
            let Some(text) = text else {
                return Err(Fault {
                    pointer: format!("/{part}/{}", escape(key)),
                    message: "is no quantity such as 500m or 256Mi".into(),
                });
            };
            *value = Value::String(text);
        }
    }
    Ok(result)
}

/// Reads the value as a `T`, writes it again and looks for what was lost on the way.
fn typed<T: DeserializeOwned + Serialize>(value: &Value) -> Result<(), Fault> {
    let typed: T = serde_path_to_error::deserialize(value).map_err(|error| Fault {
        pointer: pointer_of(error.path()),
        message: format!("has the wrong type: {}", error.inner()),
    })?;
    let known = serde_json::to_value(&typed)
        .map_err(|error| Fault { pointer: String::new(), message: error.to_string() })?;
    match lost(value, &known) {
        Some(pointer) => Err(Fault { pointer, message: "is not a known field".into() }),
        None => Ok(()),
    }
}

fn pointer_of(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let token = |segment: &Segment| match segment {
        Segment::Seq { index } => Some(format!("/{index}")),
        Segment::Map { key } => Some(format!("/{}", escape(key))),
        Segment::Enum { .. } | Segment::Unknown => None,
    };
    path.iter().filter_map(token).collect()
}

/// The first key of `value` that `known` does not have.
fn lost(value: &Value, known: &Value) -> Option<String> {
    match (value, known) {
        (Value::Object(map), Value::Object(known)) => map.iter().find_map(|(key, inner)| {
            let pointer = match known.get(key) {
                None if inner.is_null() || is_empty(inner) => return None,
                None => String::new(),
                Some(known) => lost(inner, known)?,
            };
            Some(format!("/{}{pointer}", escape(key)))
        }),
        (Value::Array(list), Value::Array(known)) => {
            let mut pairs = list.iter().zip(known).enumerate();
            pairs.find_map(|(index, (inner, known))| Some(format!("/{index}{}", lost(inner, known)?)))
        }
        _ => None,
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fault(check: fn(&Value) -> Result<(), Fault>, value: &Value) -> String {
        check(value).map_or_else(|fault| format!("{} {}", fault.pointer, fault.message), |()| String::new())
    }

    #[test]
    fn fragments_are_checked_against_the_api() {
        assert_eq!(fault(env, &json!({"name": "A", "value": "1"})), "");
        assert_eq!(fault(env, &json!({"name": "A", "value": null})), "");
        assert!(fault(env, &json!({"name": "A", "value": 1})).starts_with("/value has the wrong type"));
        assert_eq!(fault(env, &json!({"name": "A", "vlaue": "1"})), "/vlaue is not a known field");
        assert_eq!(fault(env, &json!({"value": "1"})), " needs a name");
        assert_eq!(fault(resources, &json!({"limits": {"cpu": 1, "memory": "1Gi"}})), "");
        let wrong = fault(resources, &json!({"limits": {"cpu": "lots"}}));
        assert!(wrong.starts_with("/limits/cpu is no quantity"), "{wrong}");
        assert_eq!(fault(claim, &json!({"spec": {"resources": {"requests": {"storage": 5}}}})), "");
        assert_eq!(
            fault(claim, &json!({"spec": {"acessModes": ["a"]}})),
            "/spec/acessModes is not a known field"
        );
        assert_eq!(fault(typed::<SecurityContext>, &json!({"capabilities": {"add": []}})), "");
    }
}
