//! Explains why a resource that a workload requests is not in the input.

use std::collections::BTreeSet;

use super::{called, listed};
use crate::config::context::{Entries, Entry};

/// A failed lookup.
pub(super) struct Missing<'m> {
    /// The kind that was looked up.
    pub(super) kind: &'static str,
    /// Namespaces and names of this kind's resources in the input, each with a note.
    current: Vec<(&'m str, &'m str, String)>,
    /// Whether the reason is that the workload has no namespace.
    pub(super) is_homeless: bool,
    /// The name that was looked up, or `None` if any resource of the namespace would do.
    name: Option<&'m str>,
}

impl<'m> Missing<'m> {
    /// `own` is the namespace of the workload, and `reference` the requested resource, or `None` if any in its namespace
    /// would do. `note` is added to the resources in the input.
    pub(super) fn new<T>(
        kind: &'static str,
        entries: &'m Entries<T>,
        own: &str,
        reference: Option<&'m str>,
        note: impl Fn(&Entry<T>) -> String,
    ) -> Self {
        let current = entries.iter().map(|entry| (&*entry.namespace, &*entry.name, note(entry)));
        let current: Vec<_> = current.collect();
        let is_homeless = own.is_empty()
            && reference.is_none_or(|reference| !reference.contains('/'))
            && current.iter().any(|(namespace, ..)| !namespace.is_empty());
        Self { kind, current, is_homeless, name: reference }
    }

    /// Lists the resources in the input.
    pub(super) fn there_is(&self) -> String {
        if self.current.is_empty() {
            return format!("the input has no {} at all", self.kind);
        }
        let names =
            self.current.iter().map(|(namespace, name, note)| format!("{}{note}", called(namespace, name)));
        format!("there is {}", listed(names))
    }

    /// The namespace that has what was looked up, or a placeholder for it.
    pub(super) fn namespace(&self) -> &'m str {
        let named = |wanted: Option<&str>| -> BTreeSet<&'m str> {
            let fits = |name: &str| wanted.is_none_or(|wanted| wanted == name);
            let fitting =
                self.current.iter().filter(|(namespace, name, _)| !namespace.is_empty() && fits(name));
            fitting.map(|(namespace, ..)| *namespace).collect()
        };
        let namespaces = Some(named(self.name)).filter(|found| !found.is_empty());
        let namespaces = namespaces.unwrap_or_else(|| named(None));
        match namespaces.first() {
            Some(only) if namespaces.len() == 1 => only,
            _ => "NAMESPACE",
        }
    }
}
