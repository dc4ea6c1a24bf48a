//! Resources of one kind by namespace and name.

use serde_json::Value;

use super::namespace_of;
use crate::config::Settings;
use crate::finding::Finding;
use crate::k8s::{metadata_text, previous};

/// A resource that workloads ask for, read.
#[derive(Debug)]
pub struct Entry<T> {
    /// Its namespace; empty where it has none.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What it says, or what is wrong with it.
    pub outcome: Result<Box<T>, Vec<Finding>>,
    previous: Vec<(String, String)>,
    resource: Value,
    from_context: bool,
}

/// The answer to a reference.
#[derive(Debug)]
pub enum Lookup<'c, T> {
    /// Exactly one.
    One(&'c Entry<T>),
    /// None.
    None,
    /// More than one.
    Several(Vec<&'c Entry<T>>),
}

/// All resources of a kind.
#[derive(Debug)]
pub struct Entries<T>(Vec<Entry<T>>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Entries<T> {
    /// Adds what was read of `resource`, in place of what it hides; gives back the findings about it unless it is
    /// hidden itself.
    pub(super) fn add(
        &mut self,
        resource: &Value,
        read: Result<(T, Vec<Finding>), Vec<Finding>>,
        from_context: bool,
        settings: &Settings,
    ) -> Vec<Finding> {
        let namespace = namespace_of(resource, settings);
        let name = metadata_text(resource, "name").unwrap_or_default().to_owned();
        let (outcome, findings) = match read {
            Ok((read, warnings)) => match settings.errors(&warnings) {
                errors if errors.is_empty() => (Ok(Box::new(read)), warnings),
                errors => (Err(errors), warnings),
            },
            Err(findings) => (Err(findings.clone()), findings),
        };
        let says = |entry: &Entry<T>| {
            entry.resource.get("spec") == resource.get("spec")
                && entry.resource.get("apiVersion") == resource.get("apiVersion")
        };
        let is_same = |entry: &Entry<T>| entry.namespace == namespace && entry.name == name;
        let mut is_hidden = false;
        self.0.retain(|entry| {
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
            self.0.push(Entry {
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

    /// Every one, in the order of the input.
    pub fn iter(&self) -> impl Iterator<Item = &Entry<T>> {
        self.0.iter()
    }

    /// Those that are valid.
    pub fn valid(&self) -> impl Iterator<Item = &T> {
        self.0.iter().filter_map(|entry| entry.outcome.as_deref().ok())
    }

    /// The one called `name`: first by what it is called now, then by what kustomize has renamed.
    #[must_use]
    pub fn named(&self, namespace: &str, name: &str) -> Lookup<'_, T> {
        let before = |old_namespace: &str, entry: &Entry<T>| {
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

    /// Those that are meant.
    pub fn lookup(&self, is_meant: impl Fn(&Entry<T>) -> bool) -> Lookup<'_, T> {
        let mut found = self.0.iter().filter(|entry| is_meant(entry));
        match (found.next(), found.next()) {
            (None, _) => Lookup::None,
            (Some(one), None) => Lookup::One(one),
            (Some(first), Some(second)) => {
                Lookup::Several([first, second].into_iter().chain(found).collect())
            }
        }
    }
}
