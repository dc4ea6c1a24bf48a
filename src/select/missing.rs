//! What to say where a workload asks for something that the input does not have.

use std::collections::BTreeSet;

use super::{called, listed};
use crate::config::context::{Entries, Entry};
use crate::finding::Finding;
use crate::k8s::Workload;

/// A look-up that finds nothing.
pub(super) struct Missing<'m> {
    /// The kind that is looked up.
    pub(super) kind: &'static str,
    /// Namespaces and names of all that the input has of it, with what is added to them.
    current: Vec<(&'m str, &'m str, String)>,
    /// The workload, where its lack of a namespace is why nothing is found.
    homeless: Option<String>,
    /// The name that is looked up; none where any of the namespace would do.
    name: Option<&'m str>,
}

impl<'m> Missing<'m> {
    /// `own` is the namespace of `workload`, and `reference` what it asks for; none where any of its namespace would do.
    /// `note` is added to what the input has.
    pub(super) fn new<T>(
        kind: &'static str,
        entries: &'m Entries<T>,
        workload: &Workload<'_>,
        own: &str,
        reference: Option<&'m str>,
        note: impl Fn(&Entry<T>) -> String,
    ) -> Self {
        let current = entries.iter().map(|entry| (&*entry.namespace, &*entry.name, note(entry)));
        let current: Vec<_> = current.collect();
        let is_homeless = own.is_empty()
            && reference.is_none_or(|reference| !reference.contains('/'))
            && current.iter().any(|(namespace, ..)| !namespace.is_empty());
        let homeless = is_homeless.then(|| workload.subject().to_string());
        Self { kind, current, homeless, name: reference }
    }

    /// Why nothing is found, for a message that goes on with "but": the workload has no namespace. None where that is
    /// not the reason.
    pub(super) fn reason(&self) -> Option<String> {
        self.homeless.as_ref().map(|workload| format!("{workload} has no namespace"))
    }

    /// What the input has.
    pub(super) fn there_is(&self) -> String {
        if self.current.is_empty() {
            return format!("the input has no {} at all", self.kind);
        }
        let names =
            self.current.iter().map(|(namespace, name, note)| format!("{}{note}", called(namespace, name)));
        format!("there is {}", listed(names))
    }

    /// The finding, with the way out where the workload lacks a namespace.
    pub(super) fn help(&self, finding: Box<Finding>) -> Box<Finding> {
        if self.homeless.is_none() {
            return finding;
        }
        let named = |wanted: Option<&str>| -> BTreeSet<&str> {
            let fits = |name: &str| wanted.is_none_or(|wanted| wanted == name);
            let fitting =
                self.current.iter().filter(|(namespace, name, _)| !namespace.is_empty() && fits(name));
            fitting.map(|(namespace, ..)| *namespace).collect()
        };
        let namespaces = Some(named(self.name)).filter(|found| !found.is_empty());
        let namespaces = namespaces.unwrap_or_else(|| named(None));
        let namespace = match namespaces.first() {
            Some(only) if namespaces.len() == 1 => only,
            _ => "NAMESPACE",
        };
        Box::new(finding.help(format!(
            "Pass --namespace {namespace} (namespace: {namespace} in the function config), or set metadata.namespace."
        )))
    }
}
