//! What an injection wrote into a workload, by name: an annotation on the workload's own metadata.
//!
//! A record is computed from two values, the workload before and after its injection. It holds names, checksums and
//! what was in place of the lists that were made, and no value of the user's but a label or annotation under our
//! own prefixes that the injection overwrote. [`Record::undo`] is the way back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::change::{Change, escape};
use crate::k8s::pod;

mod between;
mod checksum;
mod undo;

pub use undo::{Invalid, Undone};

use checksum::checksum;

/// The annotation that holds the record.
pub const ANNOTATION: &str = "otel-inject.dev/record";

/// The version of the form that is written and read.
const VERSION: u64 = 1;

/// What an injection wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    v: u64,
    /// What it was injected from: kind and name, for people and reports.
    pub from: Vec<String>,
    #[serde(rename = "in")]
    root: Node,
    /// The head of the block scalar that the text ended with, where it had no final line break.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
}

/// What is ours in a mapping (by key) or list (by what identifies an element).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Node {
    /// What is ours altogether, with its checksum.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    ours: BTreeMap<String, String>,
    /// What was in place of a value that we made, to the letter; null for nothing.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    was: BTreeMap<String, Option<String>>,
    /// Strings of which a part is ours.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    part: BTreeMap<String, Part>,
    /// Elements of the user's that went to another place of their list, with those that came after them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    moved: BTreeMap<String, Vec<String>>,
    /// Elements of the user's that went into a container of ours.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    taken: BTreeMap<String, Taken>,
    /// Where to look further.
    #[serde(rename = "in", skip_serializing_if = "BTreeMap::is_empty")]
    inside: BTreeMap<String, Self>,
}

/// What is ours of a string: the number of bytes and the checksum of each end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Part {
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<(usize, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<(usize, String)>,
    /// The user wrote it without quotes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    plain: bool,
}

/// Where an element went, and which elements came after it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Taken {
    to: Vec<String>,
    before: Vec<String>,
}

impl Node {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Record {
    /// The record that a resource has; none where it has none.
    ///
    /// # Errors
    /// Why it is none of ours.
    #[must_use]
    pub fn read(resource: &Value) -> Option<Result<Self, String>> {
        let annotation = resource.get("metadata")?.get("annotations")?.get(ANNOTATION)?;
        let Some(text) = annotation.as_str() else { return Some(Err("it is not a string".to_owned())) };
        Some(Self::parse(text))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("it is not JSON ({error})"))?;
        match value.get("v").and_then(Value::as_u64) {
            Some(VERSION) => {}
            Some(version) => {
                return Err(format!("its version is {version}, and this program reads {VERSION}"));
            }
            None => return Err("it has no version \"v\"".to_owned()),
        }
        serde_json::from_value(value).map_err(|error| error.to_string())
    }

    /// The annotation's value: one line of JSON.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("impossible: maps of strings are JSON")
    }

    /// `resource` with the record in its metadata, and the changes that put it there. None where metadata or its
    /// annotations are no mapping.
    #[must_use]
    pub fn write(&self, resource: &Value) -> Option<Vec<Change>> {
        let text = Value::from(self.text());
        let at = |pointer: &str, value: Value| match resource.pointer(pointer) {
            Some(_) => Change::replace(pointer, value),
            None => Change::add(pointer, value),
        };
        let metadata = resource.get("metadata").filter(|value| !value.is_null());
        let annotations = metadata.and_then(|metadata| metadata.get("annotations"));
        let mapping =
            |key: &str, value: Value| Value::Object([(key.to_owned(), value)].into_iter().collect());
        let change = match (metadata, annotations.filter(|value| !value.is_null())) {
            (None, _) => at("/metadata", mapping("annotations", mapping(ANNOTATION, text))),
            (Some(Value::Object(_)), None) => at("/metadata/annotations", mapping(ANNOTATION, text)),
            (Some(Value::Object(_)), Some(Value::Object(_))) => {
                at(&format!("/metadata/annotations/{}", escape(ANNOTATION)), text)
            }
            _ => return None,
        };
        Some(vec![change])
    }
}

/// What identifies each element of the list that a key holds: its name, or for those without one their number
/// among them.
fn tokens(key: &str, elements: &[Value]) -> Vec<String> {
    let mut nameless = 0;
    let token = |element: &Value| match pod::identify(key, element) {
        Some(name) => name.to_owned(),
        None => {
            nameless += 1;
            format!("#{}", nameless - 1)
        }
    };
    elements.iter().map(token).collect()
}

/// Whether a mapping or list holds nothing.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(entries) => entries.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}
