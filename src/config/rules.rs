//! Rules: annotations set by the config.

use globset::GlobMatcher;
use kube_core::{Selector, SelectorExt};

use crate::config::FilesBy;
use crate::config::annotations::{DELIVERY, SIDECAR};
use crate::finding::Finding;
use crate::k8s::Workload;
use crate::languages::Language;
use crate::value::Value;

/// Instruments the workloads that it selects.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its place in the config, for messages.
    pub place: String,
    /// The workloads it applies to.
    pub select: Select,
    /// The annotations it sets on their pods.
    pub sets: Vec<Annotation>,
    /// The finding if it selects nothing in the input, with its place in the config. `None` if the config already has a
    /// finding about that.
    pub unused: Option<Finding>,
}

/// A selection of workloads. All parts that are set must match.
#[derive(Debug, Clone, Default)]
pub struct Select {
    /// Their kinds; one must match.
    pub kinds: Option<Vec<GlobMatcher>>,
    /// Their names; one must match.
    pub names: Option<Vec<GlobMatcher>>,
    /// Their namespaces; one must match.
    pub namespaces: Option<Vec<GlobMatcher>>,
    /// Their labels.
    pub labels: Option<Selector>,
}

/// An annotation that a rule sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// The key, without the prefix if it is about instrumentation.
    pub key: &'static str,
    /// Equivalent keys on a pod, including this one; empty if there is no other.
    pub aliases: &'static [&'static str],
    /// The value; never empty.
    pub value: String,
}

impl Rule {
    /// Whether the rule applies to `workload`, which is in `namespace`.
    #[must_use]
    pub fn matches(&self, workload: &Workload<'_>, namespace: &str) -> bool {
        let labels = self.select.labels.as_ref();
        self.may_match(Some(workload.identity.kind()), Some(workload.name()), Some(namespace))
            && labels.is_none_or(|selector| selector.matches(&workload.labels()))
    }

    /// Whether the rule can apply to a workload that is only partly known.
    #[must_use]
    pub fn may_match(&self, kind: Option<&str>, name: Option<&str>, namespace: Option<&str>) -> bool {
        let any = |globs: &Option<Vec<GlobMatcher>>, text: Option<&str>| match (globs, text) {
            (Some(globs), Some(text)) => globs.iter().any(|glob| glob.is_match(text)),
            _ => true,
        };
        let Select { kinds, names, namespaces, .. } = &self.select;
        any(kinds, kind) && any(names, name) && any(namespaces, namespace)
    }
}

impl Annotation {
    /// The switch of `language`, set to the named Instrumentation or the namespace's.
    #[must_use]
    pub fn switch(language: &Language, instrumentation: Option<&str>) -> Self {
        let value = instrumentation.unwrap_or("true").to_owned();
        Self { key: language.switch, aliases: &[], value }
    }

    /// The sidecar annotation for a rule's `true` or reference. `None` for other values.
    #[must_use]
    pub fn sidecar(wanted: &Value) -> Option<Self> {
        let value = match wanted {
            Value::Bool(wanted) => wanted.to_string(),
            Value::String(reference) => reference.to_string(),
            _ => return None,
        };
        Some(Self { key: SIDECAR, aliases: &[], value })
    }

    /// How agents get into the pod.
    #[must_use]
    pub fn delivery(by: FilesBy) -> Self {
        Self { key: DELIVERY, aliases: &[], value: by.as_str().to_owned() }
    }

    /// The containers of `language`.
    #[must_use]
    pub fn containers(language: &Language, containers: &[&str]) -> Self {
        let key = language.containers.first().copied().unwrap_or_default();
        Self { key, aliases: language.containers, value: containers.join(",") }
    }
}
