//! What workloads are looked up in: Instrumentations, Namespaces, Secrets and ConfigMaps.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::instrumentation::{GROUP, Instrumentation, KIND};
use super::{Settings, annotations};
use crate::finding::Finding;
use crate::k8s::{Identity, metadata_text, previous, subject};

/// Kinds of the core group of which only the existence counts.
const REFERENCES: &[&str] = &["Secret", "ConfigMap"];

/// Resources that workloads refer to. A resource of the input hides one of the context.
#[derive(Debug, Default)]
pub struct Context {
    instrumentations: Vec<Entry>,
    namespaces: Vec<NamespaceEntry>,
    references: BTreeSet<(&'static str, String, String)>,
}

/// An Instrumentation, read.
#[derive(Debug)]
pub struct Entry {
    /// Its namespace; empty where it has none.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What it says, or what is wrong with it.
    pub outcome: Result<Box<Instrumentation>, Vec<Finding>>,
    previous: Vec<(String, String)>,
    resource: Value,
    from_context: bool,
}

#[derive(Debug)]
struct NamespaceEntry {
    name: String,
    previous: Vec<String>,
    annotations: Map<String, Value>,
    from_context: bool,
}

/// The answer to a reference.
#[derive(Debug)]
pub enum Lookup<'c> {
    /// Exactly one.
    One(&'c Entry),
    /// None.
    None,
    /// More than one.
    Several(Vec<&'c Entry>),
}

impl Context {
    /// Whether a resource of this kind is looked up.
    #[must_use]
    pub fn wants(identity: &Identity) -> bool {
        match identity.group() {
            GROUP => identity.kind() == KIND,
            "" => identity.kind() == "Namespace" || REFERENCES.contains(&identity.kind()),
            _ => false,
        }
    }

    /// Reads a resource; what it is not wanted for is ignored. Findings are about the resource, their
    /// pointers relative to it.
    pub fn add(
        &mut self,
        resource: &Value,
        identity: &Identity,
        from_context: bool,
        settings: &Settings,
    ) -> Vec<Finding> {
        if !Self::wants(identity) {
            return Vec::new();
        }
        let name = metadata_text(resource, "name").unwrap_or_default().to_owned();
        match identity.kind() {
            KIND => return self.add_instrumentation(resource, identity, name, from_context, settings),
            "Namespace" => return self.add_namespace(resource, identity, name, from_context),
            kind => {
                if let Some(kind) = REFERENCES.iter().find(|known| **known == kind) {
                    self.references.insert((kind, namespace_of(resource, settings), name));
                }
            }
        }
        Vec::new()
    }

    fn add_instrumentation(
        &mut self,
        resource: &Value,
        identity: &Identity,
        name: String,
        from_context: bool,
        settings: &Settings,
    ) -> Vec<Finding> {
        let namespace = namespace_of(resource, settings);
        let (outcome, findings) = match Instrumentation::read(resource, identity) {
            Ok((read, warnings)) => match settings.errors(&warnings) {
                errors if errors.is_empty() => (Ok(Box::new(read)), warnings),
                errors => (Err(errors), warnings),
            },
            Err(findings) => (Err(findings.clone()), findings),
        };
        let says = |entry: &Entry| {
            entry.resource.get("spec") == resource.get("spec")
                && entry.resource.get("apiVersion") == resource.get("apiVersion")
        };
        let is_same = |entry: &Entry| entry.namespace == namespace && entry.name == name;
        let mut is_hidden = false;
        self.instrumentations.retain(|entry| {
            if !is_same(entry) {
                return true;
            }
            is_hidden |=
                (from_context && !entry.from_context) || (from_context == entry.from_context && says(entry));
            from_context || !entry.from_context
        });
        if is_hidden && from_context {
            return Vec::new();
        }
        if !is_hidden {
            let previous = previous(resource);
            let previous =
                previous.into_iter().map(|(namespace, name)| (namespace.to_owned(), name.to_owned()));
            self.instrumentations.push(Entry {
                namespace,
                name,
                outcome,
                previous: previous.collect(),
                resource: resource.clone(),
                from_context,
            });
        }
        findings
    }

    fn add_namespace(
        &mut self,
        resource: &Value,
        identity: &Identity,
        name: String,
        from_context: bool,
    ) -> Vec<Finding> {
        let same = self.namespaces.iter().position(|entry| entry.name == name);
        let annotations = resource.get("metadata").and_then(|metadata| metadata.get("annotations"));
        let entry = NamespaceEntry {
            name,
            previous: previous(resource).into_iter().map(|(_, name)| name.to_owned()).collect(),
            annotations: annotations.and_then(Value::as_object).cloned().unwrap_or_default(),
            from_context,
        };
        match same.map(|index| &mut self.namespaces[index]) {
            None => self.namespaces.push(entry),
            Some(there) if there.from_context && !from_context => *there = entry,
            Some(_) => {}
        }
        let unknown = annotations
            .and_then(Value::as_object)
            .map_or_else(Vec::new, |annotations| annotations::unknown(annotations, "/metadata/annotations"));
        unknown.into_iter().map(|finding| finding.about(subject(resource, identity))).collect()
    }

    /// Every Instrumentation, in the order of the input.
    #[must_use]
    pub fn instrumentations(&self) -> &[Entry] {
        &self.instrumentations
    }

    /// The annotations of the Namespace called `name`.
    #[must_use]
    pub fn namespace_annotations(&self, name: &str) -> Option<&Map<String, Value>> {
        if name.is_empty() {
            return None;
        }
        let now = self.namespaces.iter().find(|entry| entry.name == name);
        let before = || self.namespaces.iter().find(|entry| entry.previous.iter().any(|old| old == name));
        now.or_else(before).map(|entry| &entry.annotations)
    }

    /// The Instrumentations of a namespace.
    #[must_use]
    pub fn only_one(&self, namespace: &str) -> Lookup<'_> {
        self.lookup(|entry| entry.namespace == namespace)
    }

    /// The Instrumentation called `name`: first by what it is called now, then by what kustomize has renamed.
    #[must_use]
    pub fn named(&self, namespace: &str, name: &str) -> Lookup<'_> {
        let before = |old_namespace: &str, entry: &Entry| {
            entry.previous.iter().any(|(former, old)| former == old_namespace && old == name)
        };
        let now = self.lookup(|entry| entry.namespace == namespace && entry.name == name);
        if !matches!(now, Lookup::None) {
            return now;
        }
        let renamed = self.lookup(|entry| {
            entry.namespace == namespace && entry.previous.iter().any(|(_, old)| old == name)
        });
        if !matches!(renamed, Lookup::None) {
            return renamed;
        }
        let former = if namespace == "default" { "" } else { namespace };
        self.lookup(|entry| before(former, entry))
    }

    fn lookup(&self, is_meant: impl Fn(&Entry) -> bool) -> Lookup<'_> {
        let mut found = self.instrumentations.iter().filter(|entry| is_meant(entry));
        match (found.next(), found.next()) {
            (None, _) => Lookup::None,
            (Some(one), None) => Lookup::One(one),
            (Some(first), Some(second)) => {
                Lookup::Several([first, second].into_iter().chain(found).collect())
            }
        }
    }

    /// Whether the input holds that Secret or ConfigMap.
    #[must_use]
    pub fn has_reference(&self, kind: &str, namespace: &str, name: &str) -> bool {
        let is_wanted = |(known, there, called): &(&str, String, String)| {
            *known == kind && there == namespace && called == name
        };
        self.references.iter().any(is_wanted)
    }

    /// Whether an Instrumentation names a Secret or ConfigMap, so that their existence counts.
    #[must_use]
    pub fn needs_references(&self) -> bool {
        let valid = self.instrumentations.iter().filter_map(|entry| entry.outcome.as_deref().ok());
        valid.into_iter().any(Instrumentation::names_references)
    }
}

/// The namespace that a resource is in; empty where nothing says it.
#[must_use]
pub fn namespace_of(resource: &Value, settings: &Settings) -> String {
    let own = metadata_text(resource, "namespace").map(str::to_owned);
    own.or_else(|| settings.namespace.clone()).unwrap_or_default()
}
