//! Resources that only checks look up.

use std::collections::BTreeSet;

use super::names::ByName;
use crate::k8s::{Identity, is_local, metadata_text};
use crate::value::Value;

/// Their groups and kinds.
pub(super) const KINDS: [(&str, &str); 4] =
    [("", "LimitRange"), ("", "ResourceQuota"), ("", "Service"), ("networking.k8s.io", "NetworkPolicy")];

/// All of them, by kind.
#[derive(Debug, Default)]
pub(super) struct Others([OfKind; KINDS.len()]);

#[derive(Debug, Default)]
struct OfKind {
    all: ByName<Other>,
    /// The namespaces that have several of one name.
    ambiguous: BTreeSet<String>,
}

#[derive(Debug)]
struct Other {
    resource: Value,
    from_context: bool,
}

/// The place of a kind in the table.
pub(super) fn row(identity: &Identity) -> Option<usize> {
    KINDS.iter().position(|known| *known == (identity.group(), identity.kind()))
}

impl Others {
    /// Adds a resource. Those of the context must be added after those of the input, which hide them.
    pub(super) fn add(&mut self, row: usize, resource: &Value, namespace: &str, from_context: bool) {
        let name = metadata_text(resource, "name").unwrap_or_default();
        let OfKind { all, ambiguous } = &mut self.0[row];
        let same = all.now(namespace, name);
        let is_hidden = from_context && same.iter().any(|other| !other.from_context);
        if !is_hidden && !is_local(resource) && same.iter().all(|other| other.resource != *resource) {
            if !same.is_empty() {
                ambiguous.insert(namespace.to_owned());
            }
            all.add(resource, namespace, Other { resource: resource.clone(), from_context });
        }
    }

    /// The resources of a kind in a namespace. `None` if there are several of one name, and it is not known which one a
    /// cluster gets.
    pub(super) fn in_namespace(&self, kind: &str, namespace: &str) -> Option<Vec<&Value>> {
        let OfKind { all, ambiguous } = self.of(kind)?;
        let resources = || all.in_namespace(namespace).into_iter().map(|other| &other.resource).collect();
        (!ambiguous.contains(namespace)).then(resources)
    }

    /// The only resource of a kind with that name.
    pub(super) fn named(&self, kind: &str, namespace: &str, name: &str) -> Option<&Value> {
        match self.of(kind)?.all.now(namespace, name).as_slice() {
            [one] => Some(&one.resource),
            _ => None,
        }
    }

    fn of(&self, kind: &str) -> Option<&OfKind> {
        let row = KINDS.iter().position(|(_, known)| *known == kind)?;
        self.0.get(row)
    }
}
