//! Resources of one kind that workloads refer to.

use super::names::ByName;
use super::namespace_of;
use crate::config::Settings;
use crate::finding::Finding;
use crate::k8s::metadata_text;
use crate::value::Value;

/// A parsed resource that workloads refer to.
#[derive(Debug)]
pub struct Entry<T> {
    /// Its namespace; empty if it has none.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The parsed resource, or its errors.
    pub outcome: Result<Box<T>, Vec<Finding>>,
    resource: Value,
    from_context: bool,
}

impl<T> Entry<T> {
    /// The whole resource.
    #[must_use]
    pub const fn resource(&self) -> &Value {
        &self.resource
    }

    /// The string at a pointer in the resource.
    #[must_use]
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.resource.pointer(pointer)?.as_str()
    }
}

/// The result of a lookup.
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
pub struct Entries<T>(ByName<Entry<T>>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(ByName::default())
    }
}

impl<T> Entries<T> {
    /// Adds the result of reading `resource` and returns the findings about it. Skips it if it was added before or is
    /// hidden. Resources of the context must be added after those of the input.
    pub(super) fn add(
        &mut self,
        resource: &Value,
        read: Result<(T, Vec<Finding>), Vec<Finding>>,
        from_context: bool,
        settings: &Settings,
    ) -> Vec<Finding> {
        let namespace = namespace_of(resource, settings);
        let name = metadata_text(resource, "name").unwrap_or_default().to_owned();
        let says = |entry: &&Entry<T>| {
            entry.resource.get("spec") == resource.get("spec")
                && entry.resource.get("apiVersion") == resource.get("apiVersion")
        };
        let same = self.0.now(&namespace, &name);
        if from_context && same.iter().any(|entry| !entry.from_context || says(entry)) {
            return Vec::new();
        }
        let is_repeated = same.iter().any(says);
        let (outcome, findings) = match read {
            Ok((read, warnings)) => match settings.errors(&warnings) {
                errors if errors.is_empty() => (Ok(Box::new(read)), warnings),
                errors => (Err(errors), warnings),
            },
            Err(findings) => (Err(findings.clone()), findings),
        };
        if !is_repeated {
            let in_namespace = namespace.clone();
            let entry = Entry { namespace, name, outcome, resource: resource.clone(), from_context };
            self.0.add(resource, &in_namespace, entry);
        }
        findings
    }

    /// All entries, in input order.
    pub fn iter(&self) -> impl Iterator<Item = &Entry<T>> {
        self.0.iter()
    }

    /// The valid entries.
    pub fn valid(&self) -> impl Iterator<Item = &T> {
        self.0.iter().filter_map(|entry| entry.outcome.as_deref().ok())
    }

    /// The entry called `name`: by its current name first, then by its name before kustomize renamed it.
    #[must_use]
    pub fn named(&self, namespace: &str, name: &str) -> Lookup<'_, T> {
        lookup(self.0.named(namespace, name))
    }

    /// The entry that is called `name` now.
    #[must_use]
    pub fn now(&self, namespace: &str, name: &str) -> Lookup<'_, T> {
        lookup(self.0.now(namespace, name))
    }

    /// The entry in the namespace that matches `is_meant`.
    pub fn in_namespace(&self, namespace: &str, is_meant: impl Fn(&T) -> bool) -> Lookup<'_, T> {
        let mut found = self.0.in_namespace(namespace);
        found.retain(|entry| entry.outcome.as_deref().map_or(true, &is_meant));
        lookup(found)
    }
}

fn lookup<T>(found: Vec<&Entry<T>>) -> Lookup<'_, T> {
    match found.as_slice() {
        [] => Lookup::None,
        [one] => Lookup::One(one),
        _ => Lookup::Several(found),
    }
}
