//! Resources by name, including their names before kustomize renamed them.

use std::collections::BTreeMap;

use crate::k8s::{metadata_text, previous};
use crate::value::Value;

/// Named things of one kind.
#[derive(Debug)]
pub(super) struct ByName<T> {
    all: Vec<T>,
    /// Every name, including former ones.
    names: BTreeMap<String, Vec<Called>>,
    namespaces: BTreeMap<String, Vec<usize>>,
}

/// A thing that has, or had, a name.
#[derive(Debug)]
struct Called {
    index: usize,
    /// Its namespace.
    namespace: String,
    /// Its namespace under a former name, or `None` for its current name.
    former: Option<String>,
}

impl<T> Default for ByName<T> {
    fn default() -> Self {
        Self { all: Vec::new(), names: BTreeMap::new(), namespaces: BTreeMap::new() }
    }
}

impl<T> ByName<T> {
    /// Adds a thing with the names of `resource`, which is in `namespace` (empty if it has none).
    pub(super) fn add(&mut self, resource: &Value, namespace: &str, thing: T) {
        let index = self.all.len();
        self.all.push(thing);
        self.namespaces.entry(namespace.to_owned()).or_default().push(index);
        let now = (metadata_text(resource, "name").unwrap_or_default(), None);
        let former = previous(resource).into_iter().map(|(namespace, name)| (name, Some(namespace)));
        for (name, former) in std::iter::once(now).chain(former) {
            let former = former.map(str::to_owned);
            let called = Called { index, namespace: namespace.to_owned(), former };
            // Most names are those of one thing.
            self.names.entry(name.to_owned()).or_insert_with(|| Vec::with_capacity(1)).push(called);
        }
    }

    /// All things, in the order they were added.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.all.iter()
    }

    /// The things in a namespace.
    pub(super) fn in_namespace(&self, namespace: &str) -> Vec<&T> {
        let indices = self.namespaces.get(namespace).into_iter().flatten();
        indices.map(|index| &self.all[*index]).collect()
    }

    /// The things with that current name.
    pub(super) fn now(&self, namespace: &str, name: &str) -> Vec<&T> {
        self.called(name, |called| called.former.is_none() && called.namespace == namespace)
    }

    /// The things that a reference can mean: those with that current name, otherwise those renamed in that namespace,
    /// otherwise those that came from it.
    pub(super) fn named(&self, namespace: &str, name: &str) -> Vec<&T> {
        let now = self.now(namespace, name);
        if !now.is_empty() {
            return now;
        }
        let renamed = self.called(name, |called| called.former.is_some() && called.namespace == namespace);
        if !renamed.is_empty() {
            return renamed;
        }
        let from = if namespace == "default" { "" } else { namespace };
        self.called(name, |called| called.former.as_deref() == Some(from))
    }

    fn called(&self, name: &str, is_meant: impl Fn(&Called) -> bool) -> Vec<&T> {
        let all = self.names.get(name).into_iter().flatten();
        let mut indices: Vec<usize> =
            all.filter(|called| is_meant(called)).map(|called| called.index).collect();
        // kustomize repeats a name for every layer that did not change it.
        indices.dedup();
        indices.into_iter().map(|index| &self.all[index]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::json;

    #[test]
    fn former_names_count_where_nothing_has_the_name_now() {
        let renamed = json!({"metadata": {"name": "dev-ca-h4sh", "annotations": {
            "internal.config.kubernetes.io/previousNames": "ca,ca,dev-ca",
            "internal.config.kubernetes.io/previousNamespaces": "default,shop,shop",
        }}});
        let mut all = ByName::default();
        all.add(&renamed, "shop", "renamed");
        for (namespace, name) in
            [("shop", "ca"), ("shop", "dev-ca"), ("shop", "dev-ca-h4sh"), ("", "ca"), ("default", "ca")]
        {
            assert_eq!(all.named(namespace, name), [&"renamed"], "{namespace}/{name}");
        }
        for (namespace, name) in [("other", "ca"), ("shop", "dev"), ("", "dev-ca-h4sh"), ("", "dev-ca")] {
            assert!(all.named(namespace, name).is_empty(), "{namespace}/{name}");
        }
        all.add(&json!({"metadata": {"name": "ca"}}), "shop", "own");
        assert_eq!(all.named("shop", "ca"), [&"own"]);
        assert_eq!(all.in_namespace("shop"), [&"renamed", &"own"]);
    }
}
