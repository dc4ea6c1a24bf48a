//! The parts of a pod that an injection reads, and checks of their shape.

use std::collections::BTreeMap;

use crate::finding::Finding;
use crate::value::Value;

/// One of a pod's lists of containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum List {
    /// `initContainers`.
    Init,
    /// `containers`.
    Regular,
}

impl List {
    /// The list's key in a pod's spec.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Init => "initContainers",
            Self::Regular => "containers",
        }
    }
}

/// The elements of a list in `value`; empty if it is missing or not a list.
#[must_use]
pub fn elements<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).unwrap_or_default()
}

/// The `name` of a list element; empty if it has none.
#[must_use]
pub fn name(element: &Value) -> &str {
    element.get("name").and_then(Value::as_str).unwrap_or_default()
}

/// The identity of an element of the list under `key`: the path for a mount, otherwise the name.
#[must_use]
pub fn identify<'v>(key: &str, element: &'v Value) -> Option<&'v str> {
    let by = if key == "volumeMounts" { "mountPath" } else { "name" };
    element.get(by).and_then(Value::as_str)
}

/// The index of the first element called `wanted`.
#[must_use]
pub fn position(elements: &[Value], wanted: &str) -> Option<usize> {
    elements.iter().position(|element| name(element) == wanted)
}

/// The index of the first element with each name.
#[must_use]
pub fn positions(elements: &[Value]) -> BTreeMap<&str, usize> {
    elements.iter().enumerate().rev().map(|(index, element)| (name(element), index)).collect()
}

/// Whether an env entry takes its value from a reference.
#[must_use]
pub fn is_from_elsewhere(entry: &Value) -> bool {
    entry.get("valueFrom").is_some_and(|value| !value.is_null())
}

/// The literal value of an env entry; empty if it has none.
#[must_use]
pub fn text(entry: &Value) -> &str {
    entry.get("value").and_then(Value::as_str).unwrap_or_default()
}

/// The keys of a list element that must be strings.
type Keys = &'static [&'static str];

/// Checks all parts of the pod spec at `pointer` that a plan reads or appends to.
///
/// # Errors
/// `containers-required` if there are none, `cannot-edit` if something has the wrong type.
pub fn check(spec: Option<&Value>, pointer: &str) -> Result<(), Box<Finding>> {
    let containers = spec.and_then(|spec| spec.get("containers")).filter(|value| !value.is_null());
    let Some((spec, containers)) = spec.zip(containers) else {
        return Err(no_containers(pointer).into());
    };
    if containers.as_array().is_some_and(<[Value]>::is_empty) {
        return Err(no_containers(pointer).into());
    }
    check_list(spec, "volumes", &["name"], pointer)?;
    for list in [List::Init, List::Regular] {
        check_list(spec, list.key(), &["name"], pointer)?;
        for (index, container) in elements(spec, list.key()).iter().enumerate() {
            let pointer = format!("{pointer}/{}/{index}", list.key());
            check_list(container, "env", &["name"], &pointer)?;
            check_list(container, "volumeMounts", &["name", "mountPath"], &pointer)?;
        }
    }
    Ok(())
}

/// The finding for a pod without containers.
#[must_use]
pub fn no_containers(pointer: &str) -> Finding {
    Finding::pod_without_containers(pointer)
}

fn check_list(parent: &Value, key: &str, texts: Keys, pointer: &str) -> Result<(), Box<Finding>> {
    let list = match parent.get(key) {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Array(list)) => list,
        Some(other) => return Err(misshapen(&format!("{pointer}/{key}"), "a list", other).into()),
    };
    for (index, element) in list.iter().enumerate() {
        let pointer = || format!("{pointer}/{key}/{index}");
        if !element.is_object() {
            return Err(misshapen(&pointer(), "a mapping", element).into());
        }
        for text in texts {
            let value = element.get(text).unwrap_or(&Value::Null);
            if !value.is_string() {
                return Err(misshapen(&format!("{}/{text}", pointer()), "a string", value).into());
            }
        }
    }
    Ok(())
}

/// The finding for a value of the wrong type in a pod.
#[must_use]
pub fn misshapen(pointer: &str, wanted: &str, found: &Value) -> Finding {
    Finding::value_of_wrong_type(pointer, pointer, wanted, type_of(found))
}

/// The type of a value, in words.
#[must_use]
pub const fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}
