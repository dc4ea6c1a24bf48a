//! The parts of a pod that an injection reads, and whether they have the shape that Kubernetes asks for.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::change::member;
use crate::finding::{Code, Finding};

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

/// The elements of a list in `value`; none where it is missing or no list.
#[must_use]
pub fn elements<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn field<'v>(element: &'v Value, key: &str) -> Option<&'v Value> {
    member(element.as_object()?, key)
}

/// The `name` of a list's element; empty where there is none.
#[must_use]
pub fn name(element: &Value) -> &str {
    field(element, "name").and_then(Value::as_str).unwrap_or_default()
}

/// What identifies an element of the list that `key` holds: a mount's path, else the name.
#[must_use]
pub fn identify<'v>(key: &str, element: &'v Value) -> Option<&'v str> {
    let by = if key == "volumeMounts" { "mountPath" } else { "name" };
    field(element, by).and_then(Value::as_str)
}

/// Where the first element called `wanted` stands.
#[must_use]
pub fn position(elements: &[Value], wanted: &str) -> Option<usize> {
    elements.iter().position(|element| name(element) == wanted)
}

/// Where the first element of each name stands.
#[must_use]
pub fn positions(elements: &[Value]) -> BTreeMap<&str, usize> {
    elements.iter().enumerate().rev().map(|(index, element)| (name(element), index)).collect()
}

/// Whether the first env entry of that name takes its value from elsewhere.
#[must_use]
pub fn is_from_elsewhere(entry: &Value) -> bool {
    field(entry, "valueFrom").is_some_and(|value| !value.is_null())
}

/// The plain text of an env entry; empty where it has none.
#[must_use]
pub fn text(entry: &Value) -> &str {
    field(entry, "value").and_then(Value::as_str).unwrap_or_default()
}

/// What must hold for an element of a list: which keys have to be texts.
type Keys = &'static [&'static str];

/// Checks everything in the pod's spec at `pointer` that a plan reads or appends to.
///
/// # Errors
/// `containers-required` where there are none, `cannot-edit` where something has the wrong type.
pub fn check(spec: Option<&Value>, pointer: &str) -> Result<(), Box<Finding>> {
    let containers = spec.and_then(|spec| spec.get("containers")).filter(|value| !value.is_null());
    let Some((spec, containers)) = spec.zip(containers) else {
        return Err(no_containers(pointer).into());
    };
    if containers.as_array().is_some_and(Vec::is_empty) {
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

/// A refusal because there is no container to inject into.
#[must_use]
pub fn no_containers(pointer: &str) -> Finding {
    Finding::new(Code::ContainersRequired, pointer, "the pod template has no containers")
        .help("Add the container to `containers`, or remove the annotation.")
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
            let value = field(element, text).unwrap_or(&Value::Null);
            if !value.is_string() {
                return Err(misshapen(&format!("{}/{text}", pointer()), "a string", value).into());
            }
        }
    }
    Ok(())
}

/// A refusal because of a value of the wrong type in a pod.
#[must_use]
pub fn misshapen(pointer: &str, wanted: &str, found: &Value) -> Finding {
    let message = format!("{pointer} must be {wanted}, but is {}", type_of(found));
    Finding::new(Code::CannotEdit, pointer, message)
        .help("Correct the value; no API server takes such a pod either.")
}

/// What a value is, in words.
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
