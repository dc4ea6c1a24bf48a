//! A resource with a pod template.

use std::collections::BTreeMap;

use super::kind::{GENERATED_JOB, ROLLOUT};
use super::{Identity, Kind, Owner, metadata_text, subject};
use crate::finding::Subject;
use crate::value::{Map, Value};

/// A view of a resource and its pod template.
#[derive(Debug, Clone)]
pub struct Workload<'v> {
    /// The resource.
    pub resource: &'v Value,
    template: Option<&'v Value>,
    /// Its identity.
    pub identity: Identity,
    /// The row of its kind.
    pub kind: &'v Kind,
    /// The Rollout that runs its pods, if one refers to it.
    pub rollout: Option<&'v str>,
}

impl<'v> Workload<'v> {
    /// Reads `resource` as a workload. `None` if its kind is neither built-in nor `declared`.
    #[must_use]
    pub fn read(resource: &'v Value, identity: &Identity, declared: &'v [Kind]) -> Option<Self> {
        let kind = Kind::among(declared, identity.group(), identity.kind())?;
        let is_elsewhere = kind
            .elsewhere
            .and_then(|pointer| resource.pointer(pointer))
            .is_some_and(|value| !value.is_null());
        let template = resource.pointer(&kind.template);
        (!is_elsewhere).then(|| Self { resource, template, identity: identity.clone(), kind, rollout: None })
    }

    /// The same workload as `resource` has it.
    #[must_use]
    pub fn with<'w>(&'w self, resource: &'w Value) -> Workload<'w> {
        Workload { resource, template: resource.pointer(&self.kind.template), ..self.clone() }
    }

    /// `metadata.name`; empty if not set.
    #[must_use]
    pub fn name(&self) -> &'v str {
        metadata_text(self.resource, "name").unwrap_or_default()
    }

    /// The name of the owner of its pods: its own or the Rollout's. Empty if it is generated in the cluster.
    #[must_use]
    pub fn owner_name(&self) -> &'v str {
        self.rollout.unwrap_or_else(|| self.name())
    }

    /// The prefix in `metadata.generateName`; empty if it is not set or there is a name.
    #[must_use]
    pub fn name_prefix(&self) -> &'v str {
        let prefix = metadata_text(self.resource, "generateName").filter(|_| self.name().is_empty());
        prefix.unwrap_or_default().trim_end_matches('-')
    }

    /// The resource attributes that name the workload and its intermediate owners of pods.
    #[must_use]
    pub fn owners(&self) -> &'static [Owner] {
        let is_job = self.identity.group() == "batch" && self.identity.kind() == "Job";
        match self.rollout {
            Some(_) => ROLLOUT,
            None if is_job && !self.name_prefix().is_empty() => &[GENERATED_JOB],
            None => self.kind.owners,
        }
    }

    /// Whether the name of the pods' owner is used as service name although no attribute has it.
    #[must_use]
    pub fn names_service(&self) -> bool {
        self.rollout.is_some() || self.kind.names_service
    }

    /// `metadata.namespace`, if set.
    #[must_use]
    pub fn namespace(&self) -> Option<&'v str> {
        metadata_text(self.resource, "namespace")
    }

    /// The workload as named in findings.
    #[must_use]
    pub fn subject(&self) -> Subject {
        subject(self.resource, &self.identity)
    }

    /// Pointer to a field of the pod template.
    #[must_use]
    pub fn pointer(&self, inside: &str) -> String {
        [&*self.kind.template, inside].concat()
    }

    /// A mapping in the pod template's metadata: `annotations`, `labels`.
    #[must_use]
    pub fn metadata(&self, key: &str) -> Option<&'v Map> {
        self.template?.get("metadata")?.get(key)?.as_object()
    }

    /// A non-empty label of the pod template.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&'v str> {
        self.metadata("labels")?.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    /// The labels that select the workload: its own, or its pod template's if it has none.
    #[must_use]
    pub fn labels(&self) -> BTreeMap<String, String> {
        let own = self.resource.pointer("/metadata/labels").and_then(Value::as_object);
        let labels = own.filter(|labels| !labels.is_empty()).or_else(|| self.metadata("labels"));
        let texts = labels.into_iter().flatten();
        texts.filter_map(|(key, value)| Some((key.to_string(), value.as_str()?.to_owned()))).collect()
    }

    /// The pod spec.
    #[must_use]
    pub fn pod(&self) -> Option<&'v Value> {
        self.template?.get("spec")
    }
}
