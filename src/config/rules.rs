//! Rules: annotations that nobody had to write.

use globset::GlobMatcher;
use kube_core::{Selector, SelectorExt};
use serde_json::Value;

use crate::config::annotations::SIDECAR;
use crate::finding::Finding;
use crate::k8s::Workload;
use crate::languages::Language;

/// Instruments the workloads that it selects.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Where it stands in the config, for messages.
    pub place: String,
    /// Which workloads it is for.
    pub select: Select,
    /// What it says about their pods.
    pub sets: Vec<Annotation>,
    /// What to report if it selects nothing in the input, with its place in the config, or `None` if that is already
    /// reported about the config.
    pub unused: Option<Finding>,
}

/// Which workloads a rule is for: all parts that are given must match.
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
    /// The key, without the prefix where it is about instrumentation.
    pub key: &'static str,
    /// Keys that say the same on a pod, this one among them; none where there is only this one.
    pub aliases: &'static [&'static str],
    /// The value; never empty.
    pub value: String,
}

impl Rule {
    /// Whether the rule is for `workload`, which is in `namespace`.
    #[must_use]
    pub fn matches(&self, workload: &Workload<'_>, namespace: &str) -> bool {
        let labels = self.select.labels.as_ref();
        self.may_match(Some(workload.identity.kind()), Some(workload.name()), Some(namespace))
            && labels.is_none_or(|selector| selector.matches(&workload.labels()))
    }

    /// Whether the rule may be for a workload of which only so much is known.
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
    /// The switch of `language`: the Instrumentation of that name, or the one of the namespace.
    #[must_use]
    pub fn switch(language: &Language, instrumentation: Option<&str>) -> Self {
        let value = instrumentation.unwrap_or("true").to_owned();
        Self { key: language.switch, aliases: &[], value }
    }

    /// A sidecar as a rule says it: `true`, or a reference; none where it says something else.
    #[must_use]
    pub fn sidecar(wanted: &Value) -> Option<Self> {
        let value = match wanted {
            Value::Bool(wanted) => wanted.to_string(),
            Value::String(reference) => reference.clone(),
            _ => return None,
        };
        Some(Self { key: SIDECAR, aliases: &[], value })
    }

    /// The containers of `language`.
    #[must_use]
    pub fn containers(language: &Language, containers: &[&str]) -> Self {
        let key = language.containers.first().copied().unwrap_or_default();
        Self { key, aliases: language.containers, value: containers.join(",") }
    }
}
