//! Pieces of the Kubernetes API that are passed on as values. Their types only check them.

use k8s_openapi::api::core::v1::{
    Container, EnvFromSource, EnvVar, Lifecycle, PersistentVolumeClaimTemplate, ResourceRequirements,
    SecurityContext, Volume, VolumeMount,
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
pub const SECURITY_CONTEXT: Shape = Shape::Fragment(security_context);
/// `envFrom` entries.
pub const ENV_FROM: Shape = Shape::List(&Shape::Fragment(typed::<EnvFromSource>));
/// A container's `lifecycle`.
pub const LIFECYCLE: Shape = Shape::Fragment(typed::<Lifecycle>);
/// `volumeMounts` of a container.
pub const MOUNTS: Shape = Shape::List(&Shape::Fragment(named::<VolumeMount>));
/// Volumes of a pod.
pub const VOLUMES: Shape = Shape::List(&Shape::Fragment(named::<Volume>));
/// Containers of a pod.
pub const CONTAINERS: Shape = Shape::List(&Shape::Fragment(named::<Container>));
/// The claim of an ephemeral volume.
pub const CLAIM: Shape = Shape::Fragment(claim);

fn fault<T>(pointer: impl Into<String>, message: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { pointer: pointer.into(), message: message.into() })
}

fn env(value: &Value) -> Result<(), Fault> {
    if pod::name(value).is_empty() && value.is_object() {
        return fault("", "needs a name");
    }
    if pod::is_from_elsewhere(value) && !pod::text(value).is_empty() {
        return fault("", "has both value and valueFrom");
    }
    typed::<EnvVar>(value)?;
    let name = pod::name(value);
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if !name.bytes().all(inner) || name.starts_with(|first: char| first.is_ascii_digit()) {
        return fault("/name", "is no name for a variable: use letters, digits and -._, no digit first");
    }
    let Some(source) = value.get("valueFrom").and_then(Value::as_object) else { return Ok(()) };
    if source.values().filter(|value| !value.is_null()).count() != 1 {
        return fault("/valueFrom", "must have exactly one source");
    }
    match value.pointer("/valueFrom/fieldRef/fieldPath").and_then(Value::as_str) {
        Some(path) if !is_pod_field(path) => {
            fault("/valueFrom/fieldRef/fieldPath", "is no field that a variable can hold")
        }
        _ => Ok(()),
    }
}

/// Whether the downward API has that field for variables.
fn is_pod_field(path: &str) -> bool {
    const FIELDS: &[&str] = &[
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "spec.nodeName",
        "spec.serviceAccountName",
        "status.hostIP",
        "status.hostIPs",
        "status.podIP",
        "status.podIPs",
    ];
    let maps = ["metadata.labels['", "metadata.annotations['"];
    let is_entry = |map: &str| path.strip_prefix(map).is_some_and(|rest| rest.ends_with("']"));
    FIELDS.contains(&path) || maps.into_iter().any(is_entry)
}

fn security_context(value: &Value) -> Result<(), Fault> {
    typed::<SecurityContext>(value)?;
    for key in ["runAsUser", "runAsGroup"] {
        let id = value.get(key).and_then(Value::as_i64);
        if id.is_some_and(|id| !(0..=i64::from(i32::MAX)).contains(&id)) {
            return fault(format!("/{key}"), "must be from 0 to 2147483647");
        }
    }
    let says = |key: &str| value.get(key).and_then(Value::as_bool);
    if says("privileged") == Some(true) && says("allowPrivilegeEscalation") == Some(false) {
        return fault("/allowPrivilegeEscalation", "cannot be false where privileged is true");
    }
    Ok(())
}

fn resources(value: &Value) -> Result<(), Fault> {
    let value = with_quantities(value)?;
    typed::<ResourceRequirements>(&value)?;
    for part in ["limits", "requests"] {
        let names = value.get(part).and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name);
        if let Some(name) = names.into_iter().find(|name| !is_resource(name)) {
            return fault(format!("/{part}/{}", escape(name)), "is no resource that a container can have");
        }
    }
    Ok(())
}

fn is_resource(name: &str) -> bool {
    ["cpu", "memory", "ephemeral-storage"].contains(&name)
        || name.starts_with("hugepages-")
        || name.contains('/')
}

fn claim(value: &Value) -> Result<(), Fault> {
    const STORAGE: &str = "/spec/resources/requests/storage";
    if value.as_object().is_some_and(serde_json::Map::is_empty) {
        return Ok(());
    }
    let mut checked = value.clone();
    if let Some(resources) = checked.pointer_mut("/spec/resources") {
        *resources = with_quantities(resources).map_err(|fault| Fault {
            pointer: format!("/spec/resources{}", fault.pointer),
            message: fault.message,
        })?;
    }
    typed::<PersistentVolumeClaimTemplate>(&checked)?;
    let metadata = value.get("metadata").and_then(Value::as_object).into_iter().flatten();
    if let Some((key, _)) =
        metadata.into_iter().find(|(key, _)| !["labels", "annotations"].contains(&key.as_str()))
    {
        return fault(format!("/metadata/{}", escape(key)), "cannot be set: only labels and annotations can");
    }
    if value.is_object() && pod::elements(value.get("spec").unwrap_or(&Value::Null), "accessModes").is_empty()
    {
        return fault("/spec/accessModes", "needs at least one mode");
    }
    let storage = checked.pointer(STORAGE).and_then(Value::as_str).and_then(quantity::nanos);
    if storage.is_none_or(|storage| storage <= 0) {
        return fault(STORAGE, "must be more than nothing");
    }
    Ok(())
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
            let pointer = || format!("/{part}/{}", escape(key));
            let Some((text, nanos)) = quantity::text(value).and_then(|text| {
                let nanos = quantity::nanos(&text)?;
                Some((text, nanos))
            }) else {
                return fault(pointer(), "is no quantity such as 500m or 256Mi");
            };
            if nanos < 0 {
                return fault(pointer(), "must not be negative");
            }
            *value = Value::String(text);
        }
    }
    Ok(result)
}

/// As [`typed`], with a name, and with quantities that manifests may also write as numbers.
fn named<T: DeserializeOwned + Serialize>(value: &Value) -> Result<(), Fault> {
    if pod::name(value).is_empty() && value.is_object() {
        return fault("", "needs a name");
    }
    let mut value = value.clone();
    quantities_as_text(&mut value);
    typed::<T>(&value)
}

/// Writes every number that stands where the API has a quantity as text.
fn quantities_as_text(value: &mut Value) {
    const QUANTITIES: &[&str] = &["sizeLimit", "divisor"];
    const MAPS: &[&str] = &["limits", "requests"];
    let as_text = |value: &mut Value| {
        if let Some(text) = quantity::text(value) {
            *value = Value::String(text);
        }
    };
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::Object(quantities) if MAPS.contains(&key.as_str()) => {
                        quantities.values_mut().for_each(as_text);
                    }
                    value if QUANTITIES.contains(&key.as_str()) => as_text(value),
                    value => quantities_as_text(value),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(quantities_as_text),
        _ => {}
    }
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

    fn told(check: fn(&Value) -> Result<(), Fault>, value: &Value) -> String {
        check(value).map_or_else(|fault| format!("{} {}", fault.pointer, fault.message), |()| String::new())
    }

    #[test]
    fn fragments_are_checked_against_the_api() {
        assert_eq!(told(env, &json!({"name": "A", "value": "1"})), "");
        assert_eq!(told(env, &json!({"name": "A", "value": null})), "");
        assert!(told(env, &json!({"name": "A", "value": 1})).starts_with("/value has the wrong type"));
        assert_eq!(told(env, &json!({"name": "A", "vlaue": "1"})), "/vlaue is not a known field");
        assert_eq!(told(env, &json!({"value": "1"})), " needs a name");
        assert!(told(env, &json!({"name": "1A", "value": "1"})).starts_with("/name "));
        let from = |source: Value| told(env, &json!({"name": "A", "valueFrom": source}));
        assert_eq!(from(json!({"fieldRef": {"fieldPath": "metadata.labels['a/b']"}})), "");
        assert_eq!(from(json!({})), "/valueFrom must have exactly one source");
        let wrong = from(json!({"fieldRef": {"fieldPath": "status.phase"}}));
        assert!(wrong.starts_with("/valueFrom/fieldRef/fieldPath is no field"), "{wrong}");
        assert_eq!(told(resources, &json!({"limits": {"cpu": 1, "memory": "1Gi"}})), "");
        let wrong = told(resources, &json!({"limits": {"cpu": "lots"}}));
        assert!(wrong.starts_with("/limits/cpu is no quantity"), "{wrong}");
        let wrong = told(resources, &json!({"requests": {"cpu": "-1"}}));
        assert!(wrong.starts_with("/requests/cpu must not be negative"), "{wrong}");
        let of = |storage: Value| json!({"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": storage}}}});
        assert_eq!(told(claim, &of(json!(5))), "");
        assert!(told(claim, &of(json!("0"))).starts_with("/spec/resources/requests/storage must be more"));
        assert!(told(claim, &json!({"spec": {}})).starts_with("/spec/accessModes needs at least one"));
        let mut named = of(json!("1Gi"));
        named["metadata"] = json!({"name": "a"});
        assert!(told(claim, &named).starts_with("/metadata/name cannot be set"));
        assert_eq!(
            told(claim, &json!({"spec": {"acessModes": ["a"]}})),
            "/spec/acessModes is not a known field"
        );
        assert_eq!(told(security_context, &json!({"capabilities": {"add": []}})), "");
        assert!(told(security_context, &json!({"runAsUser": -1})).starts_with("/runAsUser must be"));
    }
}
