//! Injections as patches, for hosts that do not run functions.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Outcome, Output};
use crate::change::{Change, Operation};
use crate::engine::Patch;
use crate::finding::{Finding, Subject};
use crate::host::files;
use crate::host::save::{self, Batch};
use crate::value::{Map, Value, json};
use crate::yaml::{Document, LineCol, emit_document};

/// What patches are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::host) enum Form {
    /// The `patches` of a kustomization.yaml, in RFC 6902
    Json6902,
    /// A kustomize Component
    Component,
    /// The `spec.patches` of a Flux Kustomization
    Flux,
}

/// The changes as patches: on stdout, in a file, or compared with a file.
pub(in crate::host) struct Patches {
    /// Their format.
    pub(in crate::host) form: Form,
    /// The file to compare with.
    pub(in crate::host) committed: Option<PathBuf>,
    /// The file to write, instead of stdout.
    pub(in crate::host) output: Option<PathBuf>,
}

impl Output for Patches {
    fn needs_stdout(&self) -> bool {
        self.committed.is_none() && self.output.is_none()
    }

    fn file(&self) -> Option<&Path> {
        self.output.as_deref()
    }

    fn can_replace(&self, bytes: &[u8]) -> bool {
        is_replaceable(bytes)
    }

    fn prepare(&mut self, outcome: &mut Outcome<'_>, batch: &mut Batch) -> anyhow::Result<()> {
        let patches = &outcome.result.patches;
        if let Some(file) = &self.committed {
            outcome.result.findings.extend(staleness(self.form, patches, file)?);
        } else if let Some(file) = &self.output {
            batch.folder(save::parent(file))?;
            batch.file(file, document(self.form, patches).as_bytes(), None)?;
        }
        Ok(())
    }

    fn print(&mut self, outcome: &mut Outcome<'_>, out: &mut dyn Write) -> io::Result<()> {
        if self.needs_stdout() {
            out.write_all(document(self.form, &outcome.result.patches).as_bytes())?;
        }
        Ok(())
    }
}

/// The patches as a document in that format.
fn document(form: Form, patches: &[Patch]) -> String {
    let entries: Vec<Value> = patches.iter().map(entry).collect();
    emit_document(&match form {
        Form::Json6902 => json!({"patches": entries}),
        Form::Component => json!({
            "apiVersion": "kustomize.config.k8s.io/v1alpha1",
            "kind": "Component",
            "patches": entries,
        }),
        Form::Flux => json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
            "kind": "Kustomization",
            "spec": {"patches": entries},
        }),
    })
}

/// Describes how patches in a file differ from these. The file's layout does not matter.
fn staleness(form: Form, patches: &[Patch], file: &Path) -> anyhow::Result<Option<Finding>> {
    let bytes = files::bytes(file)?;
    let value = |text: &str| Document::parse(text).and_then(|document| document.value()).ok();
    let committed = std::str::from_utf8(&bytes).ok().and_then(value);
    let part = |value: Value| compared(form, value);
    let is_current = committed.is_some() && committed.map(part) == value(&document(form, patches)).map(part);
    Ok((!is_current).then(|| {
        let name = files::name(file);
        let place = LineCol { line: 1, column: 1, end_column: 1, offset: 0 };
        Finding::patches_stale("", &name).at(files::position(Some(&name), place))
    }))
}

/// The part of a file that has to be current. A Kustomization of Flux has fields of its own besides the patches.
fn compared(form: Form, value: Value) -> Value {
    match form {
        Form::Json6902 | Form::Component => value,
        Form::Flux => {
            let patches = value.pointer("/spec/patches").cloned().unwrap_or_else(|| json!([]));
            json!([value.get("apiVersion"), value.get("kind"), patches])
        }
    }
}

/// Whether replacing a file by patches would lose nothing else.
fn is_replaceable(bytes: &[u8]) -> bool {
    const KEYS: &[&str] = &["apiVersion", "kind", "patches", "spec"];
    let text = std::str::from_utf8(bytes).ok();
    let value = text.and_then(|text| Document::parse(text).and_then(|document| document.value()).ok());
    let has_only = |value: &Value, keys: &[&str]| match value {
        Value::Null => true,
        Value::Object(map) => map.keys().all(|key| keys.contains(&key.as_str())),
        _ => false,
    };
    let spec = |value: &Value| value.get("spec").is_none_or(|spec| has_only(spec, &["patches"]));
    value.is_some_and(|value| has_only(&value, KEYS) && spec(&value))
}

/// A patch with its target resource.
fn entry(patch: &Patch) -> Value {
    let Patch { subject, changes } = patch;
    let text = match changes {
        Some(changes) => {
            let operations: Vec<Value> = changes.iter().map(operation).collect();
            emit_document(&operations.into())
        }
        None => emit_document(&deletion(subject)),
    };
    json!({"target": target(subject), "patch": text.trim_end_matches('\n')})
}

/// Selects exactly one resource: kustomize treats names and namespaces as patterns that must match completely.
fn target(subject: &Subject) -> Value {
    let (group, version) = subject.api_version.split_once('/').unwrap_or(("", &subject.api_version));
    // An unset namespace would match all of them; a resource without one counts as in `default`.
    let namespace = subject.namespace.as_deref().unwrap_or("default");
    let parts = [
        ("group", Some(group.to_owned()).filter(|group| !group.is_empty())),
        ("version", Some(version.to_owned())),
        ("kind", Some(subject.kind.clone())),
        ("name", Some(pattern(&subject.name))),
        ("namespace", Some(pattern(namespace))),
    ];
    let parts = parts.into_iter().filter_map(|(key, part)| Some((key, Value::from(part?))));
    Value::Object(parts.collect::<Map>())
}

/// A pattern that matches only `name`. A dot is the only special character that a Kubernetes name can have.
fn pattern(name: &str) -> String {
    name.replace('.', "\\.")
}

fn operation(change: &Change) -> Value {
    let path = &change.pointer;
    let is_element = path.rsplit('/').next().is_some_and(|last| last.parse::<usize>().is_ok());
    match &change.operation {
        Operation::Add(value) => json!({"op": "add", "path": path, "value": value}),
        Operation::Replace(value) | Operation::Restore { value, .. } if is_element => {
            json!({"op": "replace", "path": path, "value": value})
        }
        // A key can have the value null, which some appliers treat as absent; `add` works in both cases.
        Operation::Replace(value) | Operation::Restore { value, .. } => {
            json!({"op": "add", "path": path, "value": value})
        }
        Operation::Remove => json!({"op": "remove", "path": path}),
        Operation::Move { from } => json!({"op": "move", "from": from, "path": path}),
    }
}

/// A strategic merge patch that deletes the resource.
fn deletion(subject: &Subject) -> Value {
    let mut metadata = json!({"name": subject.name});
    if let Some(namespace) = &subject.namespace {
        metadata["namespace"] = json!(namespace);
    }
    json!({
        "$patch": "delete",
        "apiVersion": subject.api_version,
        "kind": subject.kind,
        "metadata": metadata,
    })
}
