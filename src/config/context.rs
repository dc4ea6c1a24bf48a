//! What workloads are looked up in: Instrumentations, collectors, Namespaces, Secrets and ConfigMaps.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::collector::{self, Collector};
use super::instrumentation::{GROUP, Instrumentation, KIND};
use super::{Settings, annotations};
use crate::finding::Finding;
use crate::k8s::{Identity, metadata_text, previous, subject};

mod entries;

pub use entries::{Entries, Entry, Lookup};

/// Kinds of the core group of which only the existence counts.
const REFERENCES: &[&str] = &["Secret", "ConfigMap"];

/// Resources that workloads refer to. A resource of the input hides one of the context.
#[derive(Debug, Default)]
pub struct Context {
    /// Instrumentations.
    pub instrumentations: Entries<Instrumentation>,
    /// Collectors; those that are not for pods hold nothing.
    pub collectors: Entries<Option<Collector>>,
    namespaces: Vec<NamespaceEntry>,
    references: BTreeSet<(&'static str, String, String)>,
}

#[derive(Debug)]
struct NamespaceEntry {
    name: String,
    previous: Vec<String>,
    annotations: Map<String, Value>,
    from_context: bool,
}

impl Context {
    /// Whether a resource of this kind is looked up.
    #[must_use]
    pub fn wants(identity: &Identity) -> bool {
        match identity.group() {
            GROUP => Self::wants_whole(identity),
            "" => identity.kind() == "Namespace" || REFERENCES.contains(&identity.kind()),
            _ => false,
        }
    }

    /// Whether more than the metadata of a resource that is looked up counts.
    #[must_use]
    pub fn wants_whole(identity: &Identity) -> bool {
        identity.group() == GROUP && [KIND, collector::KIND].contains(&identity.kind())
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
        match identity.kind() {
            KIND => {
                let read = Instrumentation::read(resource, identity);
                return self.instrumentations.add(resource, read, from_context, settings);
            }
            collector::KIND => {
                let read = if collector::is_sidecar(resource) {
                    Collector::read(resource, identity).map(|(read, remarks)| (Some(read), remarks))
                } else {
                    Ok((None, Vec::new()))
                };
                return self.collectors.add(resource, read, from_context, settings);
            }
            "Namespace" => return self.add_namespace(resource, identity, from_context),
            kind => {
                if let Some(kind) = REFERENCES.iter().find(|known| **known == kind) {
                    let name = metadata_text(resource, "name").unwrap_or_default().to_owned();
                    self.references.insert((kind, namespace_of(resource, settings), name));
                }
            }
        }
        Vec::new()
    }

    fn add_namespace(&mut self, resource: &Value, identity: &Identity, from_context: bool) -> Vec<Finding> {
        let name = metadata_text(resource, "name").unwrap_or_default().to_owned();
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

    /// Whether the Namespace called `name` asks for an injection of its workloads; where the name is not known,
    /// whether any does.
    #[must_use]
    pub fn may_ask(&self, name: Option<&str>) -> bool {
        let asks = |annotations: &Map<String, Value>| {
            annotations.keys().any(|key| key.starts_with(annotations::PREFIX) || key == annotations::SIDECAR)
        };
        match name {
            Some(name) => self.namespace_annotations(name).is_some_and(asks),
            None => self.namespaces.iter().any(|entry| asks(&entry.annotations)),
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

    /// Whether a resource names a Secret or ConfigMap, so that their existence counts.
    #[must_use]
    pub fn needs_references(&self) -> bool {
        self.instrumentations.valid().any(Instrumentation::names_references)
            || self.collectors.valid().flatten().any(|collector| !collector.config_maps.is_empty())
    }
}

/// The namespace that a resource is in; empty where nothing says it.
#[must_use]
pub fn namespace_of(resource: &Value, settings: &Settings) -> String {
    let own = metadata_text(resource, "namespace").map(str::to_owned);
    own.or_else(|| settings.namespace.clone()).unwrap_or_default()
}
