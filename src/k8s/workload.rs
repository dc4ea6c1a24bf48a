//! A resource that holds a pod template.

use serde_json::{Map, Value};

use super::{Identity, Kind, metadata_text, subject};
use crate::finding::Subject;

/// A view on a resource and its pod template.
#[derive(Debug, Clone)]
pub struct Workload<'v> {
    /// The resource.
    pub resource: &'v Value,
    /// What it is.
    pub identity: Identity,
    /// The row of its kind.
    pub kind: &'static Kind,
}

impl<'v> Workload<'v> {
    /// The workload that `resource` is, if it is one.
    #[must_use]
    pub fn of(resource: &'v Value, identity: &Identity) -> Option<Self> {
        let kind = Kind::find(identity.group(), identity.kind())?;
        let is_elsewhere = kind
            .elsewhere
            .and_then(|pointer| resource.pointer(pointer))
            .is_some_and(|value| !value.is_null());
        (!is_elsewhere).then(|| Self { resource, identity: identity.clone(), kind })
    }

    /// `metadata.name`; empty where there is none.
    #[must_use]
    pub fn name(&self) -> &'v str {
        metadata_text(self.resource, "name").unwrap_or_default()
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
        self.resource.pointer(&self.pointer("/metadata"))?.get(key)?.as_object()
    }

    /// A label of the pod template that is not empty.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&'v str> {
        self.metadata("labels")?.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    /// The pod's spec.
    #[must_use]
    pub fn pod(&self) -> Option<&'v Value> {
        self.resource.pointer(&self.pointer("/spec"))
    }
}

/// Whether the resource is of a kind that holds a pod template.
#[must_use]
pub fn is_workload(resource: &Value, identity: &Identity) -> bool {
    Workload::of(resource, identity).is_some()
}
