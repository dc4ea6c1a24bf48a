//! Resources that only checks look up.

use std::collections::{BTreeMap, BTreeSet};

use ecow::EcoString;

use super::names::ByName;
use crate::k8s::network_policy::{is_of_egress, required_label};
use crate::k8s::{Identity, is_local, metadata_text};
use crate::value::{Map, Value};

const NETWORK_POLICY: &str = "NetworkPolicy";

/// Their groups and kinds.
pub(super) const KINDS: [(&str, &str); 4] =
    [("", "LimitRange"), ("", "ResourceQuota"), ("", "Service"), ("networking.k8s.io", NETWORK_POLICY)];

/// The resources of these kinds.
#[derive(Debug, Default)]
pub(super) struct Others {
    /// By their place in [`KINDS`].
    kinds: [OfKind; KINDS.len()],
    /// The NetworkPolicies that limit what pods send, by namespace.
    egress: BTreeMap<String, Policies>,
}

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

/// NetworkPolicies of a namespace. There may be one for each workload; without an index, each workload would look at all
/// of them.
#[derive(Debug, Default)]
struct Policies {
    all: Vec<Value>,
    /// The indexes of those that select only pods with a label, by its key and value.
    by_label: BTreeMap<EcoString, BTreeMap<EcoString, Vec<usize>>>,
    /// The indexes of all others.
    unlabelled: Vec<usize>,
}

impl Policies {
    fn add(&mut self, policy: &Value) {
        let indexes = match required_label(policy) {
            Some((key, value)) => {
                self.by_label.entry(key.into()).or_default().entry(value.into()).or_default()
            }
            None => &mut self.unlabelled,
        };
        indexes.push(self.all.len());
        self.all.push(policy.clone());
    }

    /// Those that may select a pod, in the order they were added.
    fn of_pod(&self, labels: &Map) -> Vec<&Value> {
        let of_label = |(key, value): (&EcoString, &Value)| self.by_label.get(key)?.get(value.as_str()?);
        let labelled = labels.iter().filter_map(of_label).flatten();
        let mut indexes: Vec<usize> = self.unlabelled.iter().chain(labelled).copied().collect();
        indexes.sort_unstable();
        indexes.into_iter().map(|index| &self.all[index]).collect()
    }
}

/// The place of a kind in the table.
pub(super) fn row(identity: &Identity) -> Option<usize> {
    KINDS.iter().position(|known| *known == (identity.group(), identity.kind()))
}

impl Others {
    /// Adds a resource. Those of the context must be added after those of the input, which hide them.
    pub(super) fn add(&mut self, row: usize, resource: &Value, namespace: &str, from_context: bool) {
        let name = metadata_text(resource, "name").unwrap_or_default();
        let OfKind { all, ambiguous } = &mut self.kinds[row];
        let same = all.now(namespace, name);
        let is_hidden = from_context && same.iter().any(|other| !other.from_context);
        if !is_hidden && !is_local(resource) && same.iter().all(|other| other.resource != *resource) {
            if !same.is_empty() {
                ambiguous.insert(namespace.to_owned());
            }
            all.add(resource, namespace, Other { resource: resource.clone(), from_context });
            if KINDS[row].1 == NETWORK_POLICY && is_of_egress(resource) {
                self.egress.entry(namespace.to_owned()).or_default().add(resource);
            }
        }
    }

    /// The resources of a kind in a namespace. `None` if there are several of one name, and it is not known which one a
    /// cluster gets.
    pub(super) fn in_namespace(&self, kind: &str, namespace: &str) -> Option<Vec<&Value>> {
        let OfKind { all, ambiguous } = self.of(kind)?;
        let resources = || all.in_namespace(namespace).into_iter().map(|other| &other.resource).collect();
        (!ambiguous.contains(namespace)).then(resources)
    }

    /// The NetworkPolicies that may limit what a pod with these labels sends. `None` as above.
    pub(super) fn of_egress(&self, namespace: &str, labels: &Map) -> Option<Vec<&Value>> {
        if self.of(NETWORK_POLICY)?.ambiguous.contains(namespace) {
            return None;
        }
        Some(self.egress.get(namespace).map_or_else(Vec::new, |policies| policies.of_pod(labels)))
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
        self.kinds.get(row)
    }
}
