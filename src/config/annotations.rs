//! Annotations that ask for an injection.

use serde_json::{Map, Value};

use crate::change::escape;
use crate::finding::{Code, Finding};
use crate::k8s::Workload;
use crate::k8s::pod::type_of;

/// What every annotation of ours begins with.
pub const PREFIX: &str = "instrumentation.opentelemetry.io/";
/// What every annotation that is a resource attribute begins with.
pub const ATTRIBUTE_PREFIX: &str = "resource.opentelemetry.io/";
/// The containers of every wanted language, without the prefix.
pub const CONTAINERS: &str = "container-names";

/// The annotations of a pod template and of its namespace.
#[derive(Debug, Clone, Copy)]
pub struct Annotations<'a> {
    workload: &'a Workload<'a>,
    pod: Option<&'a Map<String, Value>>,
    namespace: Option<&'a Map<String, Value>>,
}

impl<'a> Annotations<'a> {
    /// Those of `workload`'s pod template, and those of its namespace.
    #[must_use]
    pub fn new(workload: &'a Workload<'a>, namespace: Option<&'a Map<String, Value>>) -> Self {
        Self { workload, pod: workload.metadata("annotations"), namespace }
    }

    /// The pod's own value; empty where there is none.
    #[must_use]
    pub fn own(&self, key: &str) -> &'a str {
        text(self.pod, &format!("{PREFIX}{key}"))
    }

    /// The value that counts; empty where there is none.
    #[must_use]
    pub fn effective(&self, key: &str) -> &'a str {
        let key = format!("{PREFIX}{key}");
        effective(text(self.pod, &key), text(self.namespace, &key))
    }

    /// A resource attribute that the pod sets itself; empty where there is none.
    #[must_use]
    pub fn attribute(&self, name: &str) -> &'a str {
        text(self.pod, &format!("{ATTRIBUTE_PREFIX}{name}"))
    }

    /// Every resource attribute that the pod sets itself.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let entries = self.pod.into_iter().flatten();
        entries.filter_map(|(key, value)| Some((key.strip_prefix(ATTRIBUTE_PREFIX)?.trim(), value.as_str()?)))
    }

    /// Pointer to the annotation in the workload; to the pod template where the namespace has it.
    #[must_use]
    pub fn pointer(&self, key: &str) -> String {
        let key = format!("{PREFIX}{key}");
        if self.pod.is_some_and(|map| map.contains_key(&key)) {
            self.workload.pointer(&format!("/metadata/annotations/{}", escape(&key)))
        } else {
            self.workload.pointer("")
        }
    }

    /// Annotations of ours that are not strings, in the order of the pod, then of the namespace.
    #[must_use]
    pub fn misshapen(&self) -> Vec<Finding> {
        let is_ours = |key: &str| key.starts_with(PREFIX) || key.starts_with(ATTRIBUTE_PREFIX);
        let of_pod = self.pod.into_iter().flatten().filter(|(key, value)| is_ours(key) && !value.is_string());
        let of_pod = of_pod.map(|(key, value)| {
            let pointer = self.workload.pointer(&format!("/metadata/annotations/{}", escape(key)));
            let message = format!("annotation {key} must be a string, but is {}", type_of(value));
            Finding::new(Code::InvalidAnnotation, pointer, message)
        });
        let of_namespace = self.namespace.into_iter().flatten();
        let of_namespace = of_namespace.filter(|(key, value)| key.starts_with(PREFIX) && !value.is_string());
        let of_namespace = of_namespace.map(|(key, value)| {
            let message =
                format!("annotation {key} of the Namespace must be a string, but is {}", type_of(value));
            Finding::new(Code::InvalidAnnotation, self.workload.pointer(""), message)
        });
        of_pod.chain(of_namespace).collect()
    }
}

fn text<'a>(map: Option<&'a Map<String, Value>>, key: &str) -> &'a str {
    map.and_then(|map| map.get(key)).and_then(Value::as_str).unwrap_or_default()
}

/// The value that counts, from the pod's and the namespace's.
#[must_use]
pub fn effective<'a>(pod: &'a str, namespace: &'a str) -> &'a str {
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
