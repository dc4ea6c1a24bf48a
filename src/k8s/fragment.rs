//! Fragments of the Kubernetes API that are passed on as values: their types and additional API server rules.

use super::api;
use super::shape::{Fault, Shape};
use super::{pod, quantity};
use crate::finding::{Code, Finding};
use crate::value::{Map, Value, escape};

/// `env` entries.
pub const ENV: Shape = Shape::List(&Shape::Checked(&api::ENV_VAR, env));
/// `resources` of a container.
pub const RESOURCES: Shape = Shape::Checked(&api::RESOURCE_REQUIREMENTS, resources);
/// A container's `securityContext`.
pub const SECURITY_CONTEXT: Shape = Shape::Checked(&api::SECURITY_CONTEXT, security_context);
/// `envFrom` entries.
pub const ENV_FROM: Shape = Shape::List(&api::ENV_FROM_SOURCE);
/// A container's `lifecycle`.
pub const LIFECYCLE: Shape = api::LIFECYCLE;
/// `volumeMounts` of a container.
pub const MOUNTS: Shape = Shape::List(&api::VOLUME_MOUNT);
/// Volumes of a pod.
pub const VOLUMES: Shape = Shape::List(&api::VOLUME);
/// Containers of a pod.
pub const CONTAINERS: Shape = Shape::List(&api::CONTAINER);
/// The claim of an ephemeral volume.
pub const CLAIM: Shape = Shape::Checked(&api::PERSISTENT_VOLUME_CLAIM_TEMPLATE, claim);

const STORAGE: &str = "/spec/resources/requests/storage";

fn fault<T>(pointer: impl Into<String>, finding: fn(Code, String, &str) -> Finding) -> Result<T, Fault> {
    Err(Fault { pointer: pointer.into(), finding })
}

fn env(value: &Value) -> Result<(), Fault> {
    if pod::is_from_elsewhere(value) && !pod::text(value).is_empty() {
        return fault("", Finding::variable_of_two_sources);
    }
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let name = pod::name(value);
    if !name.bytes().all(inner) || name.starts_with(|first: char| first.is_ascii_digit()) {
        return fault("/name", Finding::no_variable_name);
    }
    let Some(source) = value.get("valueFrom").and_then(Value::as_object) else { return Ok(()) };
    if source.values().filter(|value| !value.is_null()).count() != 1 {
        return fault("/valueFrom", Finding::not_one_source);
    }
    match value.pointer("/valueFrom/fieldRef/fieldPath").and_then(Value::as_str) {
        Some(path) if !is_pod_field(path) => {
            fault("/valueFrom/fieldRef/fieldPath", Finding::no_field_for_variables)
        }
        _ => Ok(()),
    }
}

/// Whether the downward API offers the field to variables.
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
    for key in ["runAsUser", "runAsGroup"] {
        let id = value.get(key).and_then(Value::as_i64);
        if id.is_some_and(|id| !(0..=i64::from(i32::MAX)).contains(&id)) {
            return fault(format!("/{key}"), Finding::id_out_of_range);
        }
    }
    let says = |key: &str| value.get(key).and_then(Value::as_bool);
    if says("privileged") == Some(true) && says("allowPrivilegeEscalation") == Some(false) {
        return fault("/allowPrivilegeEscalation", Finding::privileged_without_escalation);
    }
    Ok(())
}

fn resources(value: &Value) -> Result<(), Fault> {
    for part in ["limits", "requests"] {
        let names = value.get(part).and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name);
        if let Some(name) = names.into_iter().find(|name| !is_resource(name)) {
            return fault(format!("/{part}/{}", escape(name)), Finding::no_container_resource);
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
    if value.as_object().is_some_and(Map::is_empty) {
        return Ok(());
    }
    if pod::elements(value.get("spec").unwrap_or(&Value::Null), "accessModes").is_empty() {
        return fault("/spec/accessModes", Finding::no_access_mode);
    }
    let storage = value.pointer(STORAGE).and_then(quantity::text).and_then(|text| quantity::nanos(&text));
    if storage.is_none_or(|storage| storage <= 0) {
        return fault(STORAGE, Finding::no_storage);
    }
    Ok(())
}

/// `limits` and `requests` with every quantity converted to a string.
#[must_use]
pub fn with_quantities(resources: &Value) -> Value {
    let mut result = resources.clone();
    for part in ["limits", "requests"] {
        let quantities =
            result.get_mut(part).and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut);
        for value in quantities {
            if let Some(text) = quantity::text(value) {
                *value = text.into();
            }
        }
    }
    result
}
