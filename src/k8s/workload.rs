//! A resource that holds a pod template.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::kind::{GENERATED_JOB, ROLLOUT};
use super::{Identity, Kind, Owner, metadata_text, subject};
use crate::change::look_up;
use crate::finding::Subject;

/// A view on a resource and its pod template.
#[derive(Debug, Clone)]
pub struct Workload<'v> {
    /// The resource.
    pub resource: &'v Value,
    /// What it is.
    pub identity: Identity,
    /// The row of its kind.
    pub kind: &'v Kind,
    /// The Rollout that runs its pods, where one refers to it.
    pub rollout: Option<&'v str>,
}

impl<'v> Workload<'v> {
    /// The workload that `resource` is, if it is one: of a known kind, or of a `declared` one.
    #[must_use]
    pub fn read(resource: &'v Value, identity: &Identity, declared: &'v [Kind]) -> Option<Self> {
        let kind = Kind::among(declared, identity.group(), identity.kind())?;
        let is_elsewhere = kind
            .elsewhere
            .and_then(|pointer| resource.pointer(pointer))
            .is_some_and(|value| !value.is_null());
        (!is_elsewhere).then(|| Self { resource, identity: identity.clone(), kind, rollout: None })
    }

    /// `metadata.name`; empty where there is none.
    #[must_use]
    pub fn name(&self) -> &'v str {
        metadata_text(self.resource, "name").unwrap_or_default()
    }

    /// The name of what runs its pods: its own, or the Rollout's; empty where it is made in the cluster.
    #[must_use]
    pub fn owner_name(&self) -> &'v str {
        self.rollout.unwrap_or_else(|| self.name())
    }

    /// What stands in `metadata.generateName` before what the cluster adds; empty where there is none, or a name.
    #[must_use]
    pub fn name_prefix(&self) -> &'v str {
        let prefix = metadata_text(self.resource, "generateName").filter(|_| self.name().is_empty());
        prefix.unwrap_or_default().trim_end_matches('-')
    }

    /// The resource attributes that name the workload and what it makes on the way to a pod.
    #[must_use]
    pub fn owners(&self) -> &'static [Owner] {
        let is_job = self.identity.group() == "batch" && self.identity.kind() == "Job";
        match self.rollout {
            Some(_) => ROLLOUT,
            None if is_job && !self.name_prefix().is_empty() => &[GENERATED_JOB],
            None => self.kind.owners,
        }
    }

    /// Whether the name of what runs the pods is a service name although no attribute holds it.
    #[must_use]
    pub fn names_service(&self) -> bool {
        self.rollout.is_some() || self.kind.names_service
    }

    /// `metadata.namespace`, where it is set.
    #[must_use]
    pub fn namespace(&self) -> Option<&'v str> {
        metadata_text(self.resource, "namespace")
    }

    /// The workload as findings name it.
    #[must_use]
    pub fn subject(&self) -> Subject {
        subject(self.resource, &self.identity)
    }

    /// Pointer to something in the pod template.
    #[must_use]
    pub fn pointer(&self, inside: &str) -> String {
        format!("{}{inside}", self.kind.template)
    }

    /// A mapping of the pod template's metadata: `annotations`, `labels`.
    #[must_use]
    pub fn metadata(&self, key: &str) -> Option<&'v Map<String, Value>> {
        look_up(self.resource, &self.pointer("/metadata"))?.get(key)?.as_object()
    }

    /// A label of the pod template that is not empty.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&'v str> {
        self.metadata("labels")?.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    /// The labels by which the workload is selected: its own, or its pod template's where it has none.
    #[must_use]
    pub fn labels(&self) -> BTreeMap<String, String> {
        let own = self.resource.pointer("/metadata/labels").and_then(Value::as_object);
        let labels = own.filter(|labels| !labels.is_empty()).or_else(|| self.metadata("labels"));
        let texts = labels.into_iter().flatten();
        texts.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
    }

    /// The pod's spec.
    #[must_use]
    pub fn pod(&self) -> Option<&'v Value> {
        look_up(self.resource, &self.pointer("/spec"))
    }
}
