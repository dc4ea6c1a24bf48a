//! A listing for programs.

use super::{Entry, Listing};
use crate::coverage::{Coverage, Part, Status};
use crate::report::{pretty, resource, visible};
use crate::value::{Map, Value, json};
use crate::yaml::emit_document;

pub(super) fn json(listing: &Listing) -> String {
    pretty(&value(listing))
}

pub(super) fn yaml(listing: &Listing) -> String {
    emit_document(&shown(value(listing)))
}

/// JSON escapes what is invisible; in YAML it is replaced.
fn shown(value: Value) -> Value {
    match value {
        Value::String(text) => text.chars().map(visible).collect::<String>().into(),
        Value::Array(items) => items.into_iter().map(shown).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (key, shown(value))).collect(),
        other => other,
    }
}

fn value(listing: &Listing) -> Value {
    let Coverage { workloads, instrumented, stale, refused } = listing.coverage;
    json!({
        "workloads": listing.entries.iter().map(workload).collect::<Vec<_>>(),
        "totals": {
            "workloads": workloads,
            "instrumented": instrumented,
            "stale": stale,
            "refused": refused,
            "percent": listing.coverage.percent(),
        },
    })
}

fn workload(entry: &Entry) -> Value {
    let mut value = Map::from_iter([
        ("resource".to_owned(), resource(&entry.workload.subject)),
        ("status".to_owned(), entry.workload.status.word().into()),
    ]);
    if let Some(code) = entry.workload.status.code() {
        value.insert("code".to_owned(), code.id().into());
        value.insert("reason".to_owned(), entry.reason().into());
    }
    if let Some(file) = &entry.file {
        value.insert("file".to_owned(), file.as_str().into());
    }
    if entry.workload.origin.is_none() {
        value.insert("line".to_owned(), entry.workload.lines.0.into());
    }
    value.insert("containers".to_owned(), containers(entry));
    Value::Object(value)
}

/// Each container once, with everything that instruments it.
fn containers(entry: &Entry) -> Value {
    let mut containers: Vec<(&str, Status, Vec<Value>)> = Vec::new();
    for part in &entry.workload.parts {
        let Part { container, language, images, status } = part;
        if containers.last().is_none_or(|(name, ..)| *name != container.as_str()) {
            containers.push((container, *status, Vec::new()));
        }
        let agent = language
            .map(|language| json!({"language": language, "from": entry.from(part), "images": images}));
        if let Some((.., agents)) = containers.last_mut() {
            agents.extend(agent);
        }
    }
    let value = |(name, status, agents): (&str, Status, Vec<Value>)| json!({"name": name, "status": status.word(), "instrumentation": agents});
    containers.into_iter().map(value).collect()
}
