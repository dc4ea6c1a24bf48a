//! Resource attributes, and the service names and versions derived from them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::config::instrumentation::Instrumentation;
use crate::k8s::OwnerName;
use crate::k8s::image::Image;
use crate::select::Selection;

/// The variable with the namespace, used if the manifest has none.
pub(super) const NAMESPACE_NAME: &str = "OTEL_RESOURCE_ATTRIBUTES_NAMESPACE_NAME";
const POD_NAME: &str = "$(OTEL_RESOURCE_ATTRIBUTES_POD_NAME)";

/// Attributes that can name a service, in order of precedence.
const SERVICE_NAMES: &[&str] = &[
    "k8s.deployment.name",
    "k8s.replicaset.name",
    "k8s.statefulset.name",
    "k8s.daemonset.name",
    "k8s.cronjob.name",
    "k8s.job.name",
];

/// Attributes that name an owner and are set for a collector.
pub(super) const OWNER_ATTRIBUTES: &[&str] = &["k8s.deployment.name", "k8s.replicaset.name"];

/// A container described by attributes.
#[derive(Debug)]
pub(super) struct App {
    /// Its name.
    pub(super) name: String,
    /// Its image; empty if it has none.
    pub(super) image: String,
    /// Its resource attributes; empty if it has none or they come from a reference.
    pub(super) attributes: String,
}

/// The keys set by a value of `OTEL_RESOURCE_ATTRIBUTES`.
pub(super) fn keys(value: &str) -> BTreeSet<&str> {
    let pairs = value.split(',').filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(_, value)| !value.contains('=')).map(|(key, _)| key).collect()
}

/// An attribute's value as it is written to the list, percent-encoded where SDKs would not read it back. References to
/// variables stay.
/// <https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable>
fn encoded(value: &str) -> Cow<'_, str> {
    let inner = value.trim();
    let is_plain = |byte: u8| byte.is_ascii() && !matches!(byte, b',' | b'=' | b'%');
    if inner.len() == value.len() && value.bytes().all(is_plain) {
        return Cow::Borrowed(value);
    }
    let start = value.len() - value.trim_start().len();
    let mut encoded = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(character) = rest.chars().next() {
        let at = value.len() - rest.len();
        let is_outside = at < start || at >= start + inner.len();
        let length = reference(rest).unwrap_or(character.len_utf8());
        let (part, after) = rest.split_at(length);
        if is_outside || !character.is_ascii() || matches!(part, "," | "=" | "%") {
            part.bytes().for_each(|byte| encoded.push_str(&format!("%{byte:02X}")));
        } else {
            encoded.push_str(part);
        }
        rest = after;
    }
    Cow::Owned(encoded)
}

/// The length of the `$(NAME)` that a text starts with.
fn reference(text: &str) -> Option<usize> {
    let (name, _) = text.strip_prefix("$(")?.split_once(')')?;
    let is_name =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    is_name.then_some(name.len() + "$()".len())
}

/// The attributes of an application.
pub(super) struct Attributes {
    values: BTreeMap<String, String>,
    /// Attributes whose value changes with each rollout or run.
    generated: BTreeSet<&'static str>,
}

impl Attributes {
    /// All known attributes of `app`, except those set by its container.
    pub(super) fn describe(cx: &Selection<'_>, instrumentation: &Instrumentation, app: &App) -> Self {
        let set_already = keys(&app.attributes);
        let mut attributes = Self { values: BTreeMap::new(), generated: BTreeSet::new() };
        let mut put = |key: &str, value: String| {
            if !set_already.contains(key) {
                attributes.values.insert(key.to_owned(), value);
            }
        };
        for (key, value) in &instrumentation.attributes {
            put(key, value.clone());
        }
        let workload = &cx.workload;
        let namespace = namespace(cx);
        let mut generated = BTreeSet::new();
        let node = node_name(cx);
        let facts = [
            ("k8s.namespace.name", namespace.as_str()),
            ("k8s.container.name", &app.name),
            ("k8s.node.name", node),
        ];
        for (key, value) in facts.into_iter().filter(|(_, value)| !value.is_empty()) {
            put(key, value.to_owned());
        }
        let own = workload.owner_name();
        for owner in workload.owners() {
            let name = match owner.name {
                OwnerName::Own | OwnerName::Generated { after_own: true, .. } if own.is_empty() => continue,
                OwnerName::Own => own.to_owned(),
                OwnerName::Generated { after_own, variable, .. } => {
                    generated.insert(owner.attribute);
                    let prefix = if after_own { format!("{own}-") } else { String::new() };
                    format!("{prefix}$({variable})")
                }
            };
            put(owner.attribute, name);
        }
        let instance = match cx.annotations.attribute("service.instance.id") {
            "" => format!("{namespace}.{POD_NAME}.{}", app.name),
            instance => instance.to_owned(),
        };
        put("service.instance.id", instance);
        let own = cx.annotations.attributes().filter(|(key, _)| !key.is_empty() && *key != "service.name");
        for (key, value) in own {
            put(key, value.to_owned());
        }
        let service_namespace = match cx.annotations.attribute("service.namespace") {
            "" => namespace,
            service_namespace => service_namespace.to_owned(),
        };
        put("service.namespace", service_namespace);
        attributes.generated = generated;
        attributes
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.values.get(key).is_some_and(|value| !value.is_empty())
    }

    pub(super) fn set(&mut self, key: &str, value: String) {
        self.values.insert(key.to_owned(), value);
    }

    /// `key=value` pairs, sorted, without keys that are already set.
    pub(super) fn joined(&self, set_already: &BTreeSet<&str>) -> String {
        let added = self.values.iter().filter(|(key, _)| !set_already.contains(key.as_str()));
        let mut joined = String::new();
        for (key, value) in added {
            let comma = if joined.is_empty() { "" } else { "," };
            joined.extend([comma, key, "=", &encoded(value)]);
        }
        joined
    }

    /// The service's name. It never changes with a rollout or a run.
    pub(super) fn service_name(
        &self,
        cx: &Selection<'_>,
        instrumentation: &Instrumentation,
        app: &App,
    ) -> String {
        let annotation = cx.annotations.attribute("service.name");
        if !annotation.is_empty() {
            return annotation.to_owned();
        }
        let labels = ["app.kubernetes.io/instance", "app.kubernetes.io/name"];
        let labels = labels.iter().filter(|_| instrumentation.use_labels);
        if let Some(label) = labels.filter_map(|label| cx.workload.label(label)).next() {
            return label.to_owned();
        }
        let workload = &cx.workload;
        let own = Some(workload.owner_name()).filter(|name| !name.is_empty());
        let own = own.unwrap_or_else(|| workload.name_prefix());
        if let Some(key) = SERVICE_NAMES.iter().find(|key| self.has(key)) {
            let is_ours = self.generated.contains(key) && self.values[*key].contains("$(");
            return if is_ours { own.to_owned() } else { self.values[*key].clone() };
        }
        if workload.names_service() && !own.is_empty() {
            return own.to_owned();
        }
        self.values.get("k8s.pod.name").filter(|name| !name.is_empty()).unwrap_or(&app.name).clone()
    }
}

/// The node set in the pod template; empty if none is set.
fn node_name<'a>(cx: &Selection<'a>) -> &'a str {
    let name = cx.workload.pod().and_then(|spec| spec.get("nodeName"));
    name.and_then(|name| name.as_str()).unwrap_or_default()
}

/// Whether the node's name is given, so that no variable is needed for it.
pub(super) fn has_node_name(cx: &Selection<'_>, instrumentation: &Instrumentation) -> bool {
    const KEY: &str = "k8s.node.name";
    let own = instrumentation.attributes.get(KEY).map(String::as_str).unwrap_or_default();
    [node_name(cx), own, cx.annotations.attribute(KEY)].iter().any(|name| !name.is_empty())
}

/// The namespace, or a reference to its variable.
pub(super) fn namespace(cx: &Selection<'_>) -> String {
    if cx.namespace.is_empty() { format!("$({NAMESPACE_NAME})") } else { cx.namespace.clone() }
}

/// The service's version, if known.
pub(super) fn service_version(
    cx: &Selection<'_>,
    instrumentation: &Instrumentation,
    app: &App,
) -> Option<String> {
    let annotation = cx.annotations.attribute("service.version");
    if !annotation.is_empty() {
        return Some(annotation.to_owned());
    }
    let label = cx.workload.label("app.kubernetes.io/version").filter(|_| instrumentation.use_labels);
    let from_image = || Image::parse(&app.image)?.version();
    label.map(str::to_owned).or_else(from_image)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_the_operator_reads() {
        let read = keys("a=1, b=2 ,c,d=1=2,,e=");
        assert_eq!(read.into_iter().collect::<Vec<_>>(), ["a", "b", "e"]);
    }

    #[test]
    fn values_are_encoded_where_an_sdk_would_misread_them() {
        for (value, wanted) in [
            ("a b/c:d;e+\u{e9}", "a b/c:d;e+%C3%A9"),
            ("a,b=c", "a%2Cb%3Dc"),
            ("50%", "50%25"),
            ("a%2Cb", "a%252Cb"),
            (" \u{a0}a\t", "%20%C2%A0a%09"),
            ("  ", "%20%20"),
            ("$(A)-$$(B.c),$(D", "$(A)-$$(B.c)%2C$(D"),
            ("$(A,B)", "$(A%2CB)"),
            ("", ""),
        ] {
            assert_eq!(encoded(value), wanted, "{value}");
        }
    }
}
