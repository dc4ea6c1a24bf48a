//! The resources that workloads refer to: Instrumentations, collectors, Namespaces, Secrets and ConfigMaps.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecow::EcoString;

use super::collector::{self, Collector};
use super::env_from::{EnvFrom, Source, Variables};
use super::instrumentation::{GROUP, Instrumentation, KIND};
use super::{Settings, annotations};
use crate::finding::Finding;
use crate::k8s::pod::elements;
use crate::k8s::{Identity, Workload, is_local, metadata_text, previous, subject};
use crate::value::{Map, Value};

mod entries;
mod names;
mod others;

pub use entries::{Entries, Entry, Lookup};
use names::ByName;
use others::Others;

/// Core kinds of which only the existence and the variables matter.
const REFERENCES: &[&str] = &["Secret", "ConfigMap"];
/// The field of an element of `envFrom` that names a resource of each kind in [`REFERENCES`].
const REFERENCE_FIELDS: [&str; REFERENCES.len()] = ["secretRef", "configMapRef"];

/// The group whose Rollouts can run another workload's pods.
const ARGO: &str = "argoproj.io";
const ROLLOUT: &str = "Rollout";

/// Resources that workloads refer to. A resource in the input hides the same one in the context; the input is added
/// first.
#[derive(Debug, Default)]
pub struct Context {
    /// Instrumentations.
    pub instrumentations: Entries<Instrumentation>,
    /// Collectors; `None` for those not in mode `sidecar`.
    pub collectors: Entries<Option<Collector>>,
    /// The annotations of Namespaces.
    namespaces: ByName<Map>,
    /// The labels of Namespaces.
    namespace_labels: BTreeMap<String, Map>,
    /// Resources that only checks look up.
    others: Others,
    /// The existing resources of each kind in [`REFERENCES`].
    references: [ByName<Reference>; REFERENCES.len()],
    /// Rollouts by the namespace, kind and name of the workload they refer to.
    rollouts: BTreeMap<[String; 3], String>,
}

/// A Secret or ConfigMap.
#[derive(Debug)]
struct Reference {
    from_context: bool,
    /// `None` if the resource does not get into a cluster.
    variables: Option<Arc<Variables>>,
}

impl Context {
    /// Whether the resource with this kind and this name in messages is there, valid or not.
    #[must_use]
    pub fn has_source(&self, source: &str) -> bool {
        let (kind, called) = source.split_once(' ').unwrap_or_default();
        let (namespace, name) = called.split_once('/').unwrap_or(("", called));
        match kind {
            KIND => !matches!(self.instrumentations.named(namespace, name), Lookup::None),
            collector::KIND => !matches!(self.collectors.named(namespace, name), Lookup::None),
            _ => false,
        }
    }

    /// Whether resources of this kind are looked up.
    #[must_use]
    pub fn wants(identity: &Identity) -> bool {
        if Self::is_for_checks(identity) {
            return true;
        }
        match identity.group() {
            GROUP => Self::wants_whole(identity),
            "" => identity.kind() == "Namespace" || REFERENCES.contains(&identity.kind()),
            ARGO => identity.kind() == ROLLOUT,
            _ => false,
        }
    }

    /// Whether a looked-up resource is needed as a whole, not only its metadata and references.
    #[must_use]
    pub fn wants_whole(identity: &Identity) -> bool {
        let is_source = identity.group() == GROUP && [KIND, collector::KIND].contains(&identity.kind());
        is_source || Self::is_for_checks(identity)
    }

    /// Every kind that only checks look up.
    pub fn kinds_for_checks() -> impl Iterator<Item = &'static str> {
        others::KINDS.iter().map(|(_, kind)| *kind)
    }

    /// Whether only checks look up resources of this kind.
    fn is_for_checks(identity: &Identity) -> bool {
        others::row(identity).is_some()
    }

    /// Reads a resource, ignoring kinds that are not looked up. Findings are about the resource, with pointers relative
    /// to it.
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
        if let Some(row) = others::row(identity) {
            self.others.add(row, resource, &namespace_of(resource, settings), from_context);
            return Vec::new();
        }
        match identity.kind() {
            KIND => {
                let read = Instrumentation::read(resource, identity);
                return self.instrumentations.add(resource, read, from_context, settings);
            }
            collector::KIND => {
                let read = if collector::is_sidecar(resource) {
                    Collector::read(resource, identity).map(|(read, warnings)| (Some(read), warnings))
                } else {
                    Ok((None, Vec::new()))
                };
                return self.collectors.add(resource, read, from_context, settings);
            }
            "Namespace" => return self.add_namespace(resource, identity),
            ROLLOUT => self.add_rollout(resource, settings),
            kind => {
                if let Some(row) = REFERENCES.iter().position(|known| *known == kind) {
                    self.add_reference(row, resource, from_context, settings);
                }
            }
        }
        Vec::new()
    }

    fn add_namespace(&mut self, resource: &Value, identity: &Identity) -> Vec<Finding> {
        let name = metadata_text(resource, "name").unwrap_or_default();
        let annotations = resource.get("metadata").and_then(|metadata| metadata.get("annotations"));
        let annotations = annotations.and_then(Value::as_object);
        if self.namespaces.now("", name).is_empty() {
            self.namespaces.add(resource, "", annotations.cloned().unwrap_or_default());
            let labels = resource.pointer("/metadata/labels").and_then(Value::as_object);
            self.namespace_labels.insert(name.to_owned(), labels.cloned().unwrap_or_default());
        }
        let unknown = annotations
            .map_or_else(Vec::new, |annotations| annotations::unknown(annotations, "/metadata/annotations"));
        unknown.into_iter().map(|finding| finding.about(subject(resource, identity))).collect()
    }

    fn add_reference(&mut self, row: usize, resource: &Value, from_context: bool, settings: &Settings) {
        let namespace = namespace_of(resource, settings);
        let name = metadata_text(resource, "name").unwrap_or_default();
        let same = self.references[row].now(&namespace, name);
        if from_context && same.iter().any(|reference| !reference.from_context) {
            return;
        }
        let variables = (!is_local(resource)).then(|| Arc::new(Variables::read(resource, REFERENCES[row])));
        self.references[row].add(resource, &namespace, Reference { from_context, variables });
    }

    /// What the `envFrom` of a container in `namespace` brings.
    #[must_use]
    pub fn env_from(&self, container: &Value, namespace: &str) -> EnvFrom {
        let source = |element: &Value| {
            let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
            let prefix = element.get("prefix").filter(|prefix| !prefix.is_null());
            let named = |row: usize| {
                let reference =
                    element.get(REFERENCE_FIELDS[row]).filter(|reference| !reference.is_null())?;
                Some((row, text(reference.get("name")).unwrap_or_default()))
            };
            let named: Vec<(usize, String)> = (0..REFERENCES.len()).filter_map(named).collect();
            match (prefix.map_or(Some(String::new()), |prefix| text(Some(prefix))), named.as_slice()) {
                (Some(prefix), [(row, name)]) => {
                    let found = self.references[*row].named(namespace, name);
                    let holders = found.into_iter().map(|reference| reference.variables.clone());
                    // One that stays out of the cluster says nothing about the one that is there.
                    let holders = holders.collect::<Option<Vec<_>>>().unwrap_or_default();
                    Source::new(REFERENCES[*row], &prefix, holders)
                }
                _ => Source::new("", "", Vec::new()),
            }
        };
        EnvFrom::new(elements(container, "envFrom").iter().map(source).collect())
    }

    fn add_rollout(&mut self, resource: &Value, settings: &Settings) {
        let Some(reference) = resource.pointer("/spec/workloadRef") else { return };
        let text = |key: &str| reference.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let what = [namespace_of(resource, settings), text("kind"), text("name")];
        let name = metadata_text(resource, "name").unwrap_or_default().to_owned();
        self.rollouts.entry(what).or_insert(name);
    }

    /// The Rollout that runs the pods of a workload in `namespace`, matched by its current name or its name before
    /// kustomize changed it.
    #[must_use]
    pub fn rollout_of(&self, workload: &Workload<'_>, namespace: &str) -> Option<&str> {
        if self.rollouts.is_empty() {
            return None;
        }
        let former = previous(workload.resource).into_iter().map(|(_, name)| name);
        let mut names = std::iter::once(workload.name()).chain(former);
        let kind = workload.identity.kind();
        names.find_map(|name| {
            self.rollouts.get(&[namespace, kind, name].map(str::to_owned)).map(String::as_str)
        })
    }

    /// The annotations of the Namespace called `name`.
    #[must_use]
    pub fn namespace_annotations(&self, name: &str) -> Option<&Map> {
        if name.is_empty() { None } else { self.namespaces.named("", name).first().copied() }
    }

    /// The labels of the Namespace called `name`, if the input has it.
    #[must_use]
    pub fn namespace_labels(&self, name: &str) -> Option<&Map> {
        self.namespace_labels.get(name)
    }

    /// The LimitRanges or ResourceQuotas in a namespace. `None` if there are several of one name.
    #[must_use]
    pub fn others(&self, kind: &str, namespace: &str) -> Option<Vec<&Value>> {
        self.others.in_namespace(kind, namespace)
    }

    /// The NetworkPolicies in a namespace that may limit what a pod with these labels sends. `None` if there are several
    /// of one name.
    #[must_use]
    pub fn egress_policies(&self, namespace: &str, labels: &Map) -> Option<Vec<&Value>> {
        self.others.of_egress(namespace, labels)
    }

    /// The only Service with that name.
    #[must_use]
    pub fn service(&self, namespace: &str, name: &str) -> Option<&Value> {
        self.others.named("Service", namespace, name)
    }

    /// Whether the Namespace called `name` requests an injection of its workloads. If the name is not known, whether
    /// any Namespace does.
    #[must_use]
    pub fn may_ask(&self, name: Option<&str>) -> bool {
        let asks = |annotations: &Map| {
            annotations.keys().any(|key| key.starts_with(annotations::PREFIX) || key == annotations::SIDECAR)
        };
        match name {
            Some(name) => self.namespace_annotations(name).is_some_and(asks),
            None => self.namespaces.iter().any(asks),
        }
    }

    /// Whether any Namespace has an annotation with one of the prefixes.
    #[must_use]
    pub fn has_annotated_namespace(&self, prefixes: &[&str]) -> bool {
        let is_one = |key: &EcoString| prefixes.iter().any(|prefix| key.starts_with(*prefix));
        self.namespaces.iter().any(|annotations| annotations.keys().any(is_one))
    }

    /// Whether the input has this Secret or ConfigMap, by its current name or its name before kustomize changed it.
    #[must_use]
    pub fn has_reference(&self, kind: &str, namespace: &str, name: &str) -> bool {
        let row = REFERENCES.iter().position(|known| *known == kind);
        row.is_some_and(|row| !self.references[row].named(namespace, name).is_empty())
    }

    /// Whether there is anything to inject from.
    #[must_use]
    pub fn has_any_source(&self) -> bool {
        self.instrumentations.iter().next().is_some() || self.collectors.iter().next().is_some()
    }

    /// Whether any resource names a Secret or ConfigMap, so that their existence must be checked.
    #[must_use]
    pub fn needs_references(&self) -> bool {
        self.instrumentations.valid().any(Instrumentation::names_references)
            || self.collectors.valid().flatten().any(|collector| !collector.config_maps.is_empty())
    }
}

/// The namespace of a resource; empty if unknown.
#[must_use]
pub fn namespace_of(resource: &Value, settings: &Settings) -> String {
    let own = metadata_text(resource, "namespace").map(str::to_owned);
    own.or_else(|| settings.namespace.clone()).unwrap_or_default()
}
