//! The effective annotations of a workload: its pod's, those of rules, and its namespace's.

use super::Settings;
use super::annotations::{ATTRIBUTE_PREFIX, DELIVERY, PREFIX, SIDECAR, full, is_full};
use super::context::Context;
use super::rules::{Annotation, Rule};
use crate::finding::Finding;
use crate::k8s::Workload;
use crate::k8s::pod::type_of;
use crate::value::{Map, escape};

/// The annotations of a pod template, with those set by rules, and of its namespace.
#[derive(Debug, Clone)]
pub struct Annotations<'a> {
    /// Pointer to the pod template.
    template: &'a str,
    pod: Option<&'a Map>,
    rules: Vec<Ruled<'a>>,
    /// The indexes of the rules that select the workload.
    selecting: Vec<usize>,
    namespace: Option<&'a Map>,
}

/// An annotation set by a rule but not by the pod.
#[derive(Debug, Clone, Copy)]
struct Ruled<'a> {
    annotation: &'a Annotation,
    rule: &'a Rule,
}

impl<'a> Annotations<'a> {
    /// The annotations of `workload`, which is in `namespace`.
    #[must_use]
    pub fn new(
        workload: &Workload<'a>,
        namespace: &str,
        context: &'a Context,
        settings: &'a Settings,
    ) -> Self {
        let pod = workload.metadata("annotations");
        let mut rules: Vec<Ruled<'_>> = Vec::new();
        let mut selecting = Vec::new();
        let all = settings.rules.iter().enumerate();
        for (index, rule) in all.filter(|(_, rule)| rule.matches(workload, namespace)) {
            selecting.push(index);
            for annotation in &rule.sets {
                let own = std::iter::once(&annotation.key).chain(annotation.aliases);
                let is_set = |key: &str| !text(pod, key).is_empty();
                let is_new = rules.iter().all(|earlier| earlier.annotation.key != annotation.key);
                if is_new && !own.into_iter().any(|key| is_set(key)) {
                    rules.push(Ruled { annotation, rule });
                }
            }
        }
        Self {
            template: &workload.kind.template,
            pod,
            rules,
            selecting,
            namespace: context.namespace_annotations(namespace),
        }
    }

    /// The pod's own value, or a rule's; empty if there is none.
    #[must_use]
    pub fn own(&self, key: &str) -> &'a str {
        match text(self.pod, key) {
            "" => self.ruled(key).map(|ruled| ruled.annotation.value.as_str()).unwrap_or_default(),
            own => own,
        }
    }

    /// The value on the pod template itself; empty if there is none.
    #[must_use]
    pub fn on_pod(&self, key: &str) -> &'a str {
        text(self.pod, key)
    }

    /// The effective value; empty if there is none.
    #[must_use]
    pub fn effective(&self, key: &str) -> &'a str {
        effective(self.own(key), text(self.namespace, key))
    }

    /// The rule that sets an annotation, as named in messages.
    #[must_use]
    pub fn rule(&self, key: &str) -> Option<&'a str> {
        self.ruled(key).map(|ruled| ruled.rule.place.as_str())
    }

    /// The indexes of the rules that select the workload.
    #[must_use]
    pub fn selecting(&self) -> &[usize] {
        &self.selecting
    }

    /// Every annotation set by a rule: its full key and value.
    pub fn of_rules(&self) -> impl Iterator<Item = (String, &'a str)> {
        self.rules
            .iter()
            .map(|Ruled { annotation, .. }| (full(annotation.key).into_owned(), annotation.value.as_str()))
    }

    fn ruled(&self, key: &str) -> Option<Ruled<'a>> {
        self.rules.iter().copied().find(|ruled| ruled.annotation.key == key)
    }

    /// A resource attribute set by the pod itself; empty if it is not set.
    #[must_use]
    pub fn attribute(&self, name: &str) -> &'a str {
        first_text(self.pod, |key| key.strip_prefix(ATTRIBUTE_PREFIX) == Some(name))
    }

    /// Every resource attribute set by the pod itself.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let entries = self.pod.into_iter().flatten();
        entries.filter_map(|(key, value)| Some((key.strip_prefix(ATTRIBUTE_PREFIX)?.trim(), value.as_str()?)))
    }

    /// Pointer to the annotation in the workload, or to the pod template if a rule or the namespace sets it.
    #[must_use]
    pub fn pointer(&self, key: &str) -> String {
        let key = full(key);
        if self.pod.is_some_and(|map| map.contains_key(&key)) {
            self.annotation(&key)
        } else {
            self.template.to_owned()
        }
    }

    fn annotation(&self, key: &str) -> String {
        [self.template, "/metadata/annotations/", &escape(key)].concat()
    }

    /// Findings for instrumentation annotations that are not strings, first the pod's, then the namespace's.
    #[must_use]
    pub fn misshapen(&self) -> Vec<Finding> {
        self.misshapen_among(|key| {
            key.starts_with(PREFIX) || key.starts_with(ATTRIBUTE_PREFIX) || key == DELIVERY
        })
    }

    /// The same for the sidecar annotation.
    #[must_use]
    pub fn misshapen_sidecar(&self) -> Vec<Finding> {
        self.misshapen_among(|key| key == SIDECAR)
    }

    fn misshapen_among(&self, is_ours: impl Fn(&str) -> bool) -> Vec<Finding> {
        let of_pod = self.pod.into_iter().flatten().filter(|(key, value)| is_ours(key) && !value.is_string());
        let of_pod = of_pod
            .map(|(key, value)| Finding::annotation_is_no_string(self.annotation(key), key, type_of(value)));
        let of_namespace = self.namespace.into_iter().flatten();
        let is_of_namespace = |key: &str| is_ours(key) && !key.starts_with(ATTRIBUTE_PREFIX);
        let of_namespace = of_namespace.filter(|(key, value)| is_of_namespace(key) && !value.is_string());
        let of_namespace = of_namespace.map(|(key, value)| {
            Finding::namespace_annotation_is_no_string(self.template, key, type_of(value))
        });
        of_pod.chain(of_namespace).collect()
    }
}

/// The value of one of our annotations; empty if there is none.
fn text<'a>(map: Option<&'a Map>, key: &str) -> &'a str {
    first_text(map, |name| is_full(name, key))
}

/// The value of the first wanted key; empty if there is none.
fn first_text(map: Option<&Map>, is_wanted: impl Fn(&str) -> bool) -> &str {
    let entry = map.and_then(|map| map.iter().find(|(key, _)| is_wanted(key)));
    entry.and_then(|(_, value)| value.as_str()).unwrap_or_default()
}

/// The effective value of the pod's and the namespace's values.
fn effective<'a>(pod: &'a str, namespace: &'a str) -> &'a str {
    if namespace.is_empty() {
        pod
    } else if pod.is_empty() {
        namespace
    } else if !pod.eq_ignore_ascii_case("true") || namespace.eq_ignore_ascii_case("false") {
        pod
    } else {
        namespace
    }
}

#[cfg(test)]
mod tests {
    use super::effective;

    #[test]
    fn the_pod_counts_unless_it_only_says_true() {
        let table = [
            // pod, namespace, effective
            ("", "", ""),
            ("", "true", "true"),
            ("", "false", "false"),
            ("", "my-inst", "my-inst"),
            ("true", "", "true"),
            ("true", "true", "true"),
            ("true", "false", "true"),
            ("true", "False", "true"),
            ("true", "my-inst", "my-inst"),
            ("True", "my-inst", "my-inst"),
            ("false", "", "false"),
            ("false", "true", "false"),
            ("false", "my-inst", "false"),
            ("own", "", "own"),
            ("own", "true", "own"),
            ("own", "false", "own"),
            ("own", "my-inst", "own"),
        ];
        for (pod, namespace, expected) in table {
            assert_eq!(effective(pod, namespace), expected, "pod {pod:?}, namespace {namespace:?}");
        }
    }
}
