//! The record of an injection: an annotation on the workload's own metadata that lists what was written.
//!
//! A record is computed from the workload before and after its injection. It has names, checksums and the text of
//! values that created lists replaced. Of the user's values, it has only labels and annotations under our own prefixes
//! that the injection overwrote. [`Record::undo`] reverts the injection.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ecow::EcoString;
use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::k8s::pod;
use crate::value::{Value, escape};

mod between;
mod checksum;
mod undo;

pub use undo::{Invalid, Undone};

use checksum::checksum;

/// The annotation with the record.
pub const ANNOTATION: &str = crate::config::annotations::RECORD;

/// The supported format version.
const VERSION: u64 = 1;

/// What an injection wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    v: u64,
    /// The resources it was injected from: kind and name, for people and reports.
    pub from: Vec<String>,
    #[serde(rename = "in")]
    root: Node,
    /// The head of the block scalar that ended the text, if the text had no final line break.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
}

/// Our parts of a mapping (by key) or list (by element identity).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Node {
    /// Values that are entirely ours, with their checksums.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    ours: BTreeMap<EcoString, EcoString>,
    /// The exact text that our value replaced; null for nothing.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    was: BTreeMap<EcoString, Option<String>>,
    /// Strings that are partly ours.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    part: BTreeMap<EcoString, Part>,
    /// User elements that moved within their list, with the elements that followed them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    moved: BTreeMap<EcoString, Vec<EcoString>>,
    /// User elements that moved into one of our containers.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    taken: BTreeMap<EcoString, Taken>,
    /// Nested nodes.
    #[serde(rename = "in", skip_serializing_if = "BTreeMap::is_empty")]
    inside: BTreeMap<EcoString, Self>,
}

/// Our part of a string: length in bytes and checksum for each end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Part {
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<(usize, EcoString)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<(usize, EcoString)>,
    /// The user's string was unquoted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    plain: bool,
}

/// Where an element moved, and which elements followed it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Taken {
    to: Vec<EcoString>,
    before: Vec<EcoString>,
}

impl Node {
    fn is_empty(&self) -> bool {
        let Self { ours, was, part, moved, taken, inside } = self;
        (ours.is_empty() && was.is_empty() && part.is_empty())
            && (moved.is_empty() && taken.is_empty() && inside.is_empty())
    }
}

impl Record {
    /// The record of a resource, or `None` if it has none.
    ///
    /// # Errors
    /// Why it is not a valid record.
    #[must_use]
    pub fn read(resource: &Value) -> Option<Result<Self, String>> {
        let annotation = resource.get("metadata")?.get("annotations")?.get(ANNOTATION)?;
        let Some(text) = annotation.as_str() else { return Some(Err("it is not a string".to_owned())) };
        Some(Self::parse(text))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let value: serde_json::Value =
            serde_json::from_str(text).map_err(|error| format!("it is not JSON ({error})"))?;
        match value.get("v").and_then(serde_json::Value::as_u64) {
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

    /// The changes that add the record to the metadata of `resource`. `None` if metadata or its annotations are not a
    /// mapping.
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

/// The identity of each element of the list under a key: its name, or its number among those without a name.
fn tokens<'v>(key: &str, elements: &'v [Value]) -> Vec<Cow<'v, str>> {
    let mut nameless = 0;
    let token = |element: &'v Value| match pod::identify(key, element) {
        Some(name) => Cow::Borrowed(name),
        None => {
            nameless += 1;
            Cow::Owned(format!("#{}", nameless - 1))
        }
    };
    elements.iter().map(token).collect()
}

/// Whether a mapping or list is empty.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(entries) => entries.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}
