//! Annotations that ask for an injection.

use serde_json::{Map, Value};

use super::context::Context;
use super::rules::{Annotation, Rule};
use super::{Settings, nearest, nearest_within};
use crate::change::escape;
use crate::finding::{Code, Finding};
use crate::k8s::Workload;
use crate::k8s::pod::type_of;
use crate::languages::ALL;

/// What every annotation about instrumentation begins with.
pub const PREFIX: &str = "instrumentation.opentelemetry.io/";
/// What every annotation that is a resource attribute begins with.
pub const ATTRIBUTE_PREFIX: &str = "resource.opentelemetry.io/";
/// What every annotation about a sidecar begins with.
pub const SIDECAR_PREFIX: &str = "sidecar.opentelemetry.io/";
/// The annotation that asks for a collector beside the containers, whole.
pub const SIDECAR: &str = "sidecar.opentelemetry.io/inject";
/// The containers of every wanted language, without the prefix.
pub const CONTAINERS: &str = "container-names";

/// The annotations of a pod template, with those that rules set, and of its namespace.
#[derive(Debug, Clone)]
pub struct Annotations<'a> {
    workload: &'a Workload<'a>,
    pod: Option<&'a Map<String, Value>>,
    rules: Vec<Ruled<'a>>,
    namespace: Option<&'a Map<String, Value>>,
}

/// An annotation that a rule sets and the pod does not.
#[derive(Debug, Clone, Copy)]
struct Ruled<'a> {
    annotation: &'a Annotation,
    rule: &'a Rule,
}

impl<'a> Annotations<'a> {
    /// Those of `workload`, which is in `namespace`.
    #[must_use]
    pub fn new(
        workload: &'a Workload<'a>,
        namespace: &str,
        context: &'a Context,
        settings: &'a Settings,
    ) -> Self {
        let pod = workload.metadata("annotations");
        let mut rules: Vec<Ruled<'_>> = Vec::new();
        for rule in settings.rules.iter().filter(|rule| rule.matches(workload, namespace)) {
            for annotation in &rule.sets {
                let own = std::iter::once(&annotation.key).chain(annotation.aliases);
                let is_set = |key: &str| !text(pod, &prefixed(key)).is_empty();
                let is_new = rules.iter().all(|earlier| earlier.annotation.key != annotation.key);
                if is_new && !own.into_iter().any(|key| is_set(key)) {
                    rules.push(Ruled { annotation, rule });
                }
            }
        }
        Self { workload, pod, rules, namespace: context.namespace_annotations(namespace) }
    }

    /// The pod's own value, or else a rule's; empty where there is none.
    #[must_use]
    pub fn own(&self, key: &str) -> &'a str {
        match text(self.pod, &prefixed(key)) {
            "" => self.ruled(key).map(|ruled| ruled.annotation.value.as_str()).unwrap_or_default(),
            own => own,
        }
    }

    /// The value that counts; empty where there is none.
    #[must_use]
    pub fn effective(&self, key: &str) -> &'a str {
        effective(self.own(key), text(self.namespace, &prefixed(key)))
    }

    /// The rule that sets an annotation, as messages name it.
    #[must_use]
    pub fn rule(&self, key: &str) -> Option<&'a str> {
        self.ruled(key).map(|ruled| ruled.rule.place.as_str())
    }

    /// Every annotation that a rule sets: its whole key and its value.
    pub fn of_rules(&self) -> impl Iterator<Item = (String, &'a str)> {
        self.rules
            .iter()
            .map(|Ruled { annotation, .. }| (prefixed(annotation.key), annotation.value.as_str()))
    }

    fn ruled(&self, key: &str) -> Option<Ruled<'a>> {
        self.rules.iter().copied().find(|ruled| ruled.annotation.key == key)
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

    /// Pointer to the annotation in the workload; to the pod template where a rule or the namespace has it.
    #[must_use]
    pub fn pointer(&self, key: &str) -> String {
        let key = prefixed(key);
        if self.pod.is_some_and(|map| map.contains_key(&key)) {
            self.workload.pointer(&format!("/metadata/annotations/{}", escape(&key)))
        } else {
            self.workload.pointer("")
        }
    }

    /// Annotations about instrumentation that are not strings, in the order of the pod, then of the namespace.
    #[must_use]
    pub fn misshapen(&self) -> Vec<Finding> {
        self.misshapen_among(|key| key.starts_with(PREFIX) || key.starts_with(ATTRIBUTE_PREFIX))
    }

    /// The same for the annotation that asks for a sidecar.
    #[must_use]
    pub fn misshapen_sidecar(&self) -> Vec<Finding> {
        self.misshapen_among(|key| key == SIDECAR)
    }

    fn misshapen_among(&self, is_ours: impl Fn(&str) -> bool) -> Vec<Finding> {
        let of_pod = self.pod.into_iter().flatten().filter(|(key, value)| is_ours(key) && !value.is_string());
        let of_pod = of_pod.map(|(key, value)| {
            let pointer = self.workload.pointer(&format!("/metadata/annotations/{}", escape(key)));
            let message = format!("annotation {key} must be a string, but is {}", type_of(value));
            Finding::new(Code::InvalidAnnotation, pointer, message)
        });
        let of_namespace = self.namespace.into_iter().flatten();
        let is_of_namespace = |key: &str| is_ours(key) && !key.starts_with(ATTRIBUTE_PREFIX);
        let of_namespace = of_namespace.filter(|(key, value)| is_of_namespace(key) && !value.is_string());
        let of_namespace = of_namespace.map(|(key, value)| {
            let message =
                format!("annotation {key} of the Namespace must be a string, but is {}", type_of(value));
            Finding::new(Code::InvalidAnnotation, self.workload.pointer(""), message)
        });
        of_pod.chain(of_namespace).collect()
    }
}

/// Every annotation that is read, without the prefix.
pub fn known() -> impl Iterator<Item = &'static str> {
    let of_languages = ALL.iter().flat_map(|language| {
        let options = language.options.iter().map(|option| option.annotation);
        std::iter::once(language.switch).chain(language.containers.iter().copied()).chain(options)
    });
    std::iter::once(CONTAINERS).chain(of_languages)
}

/// What an annotation is called without the prefix, and the prefix, where it is one that asks for an injection.
#[must_use]
pub fn ours(key: &str) -> Option<(&'static str, &str)> {
    [PREFIX, SIDECAR_PREFIX].into_iter().find_map(|prefix| Some((prefix, key.strip_prefix(prefix)?)))
}

/// Whether an annotation with one of our prefixes is read.
#[must_use]
pub fn is_known(prefix: &str, short: &str) -> bool {
    if prefix == PREFIX { known().any(|known| known == short) } else { [prefix, short].concat() == SIDECAR }
}

/// Unknown annotations under our prefixes, or under a misspelt one; `pointer` leads to the annotations.
#[must_use]
pub fn unknown(annotations: &Map<String, Value>, pointer: &str) -> Vec<Finding> {
    let finding = |key: &str, more: String| {
        let message = format!("unknown annotation {key}{more}");
        Finding::new(Code::UnknownAnnotation, format!("{pointer}/{}", escape(key)), message)
    };
    let did_you_mean = |name: String| format!("; did you mean {name}?");
    let alike = annotations.keys().filter_map(|key| Some(finding(key, did_you_mean(meant(key)?))));
    let ours = annotations.keys().filter_map(|key| Some((key, ours(key)?)));
    let unknown = ours.filter(|(_, (prefix, short))| !is_known(prefix, short));
    let unknown = unknown.map(|(key, (prefix, short))| {
        let near = if prefix == PREFIX { near(short) } else { Some(SIDECAR.to_owned()) };
        let language = short.strip_prefix(SWITCH).filter(|_| prefix == PREFIX && near.is_none());
        match (near, language) {
            (Some(near), _) => finding(key, did_you_mean(near)),
            (None, Some(language)) => {
                let languages = ALL.iter().map(|language| language.id).collect::<Vec<_>>().join(", ");
                finding(key, format!("; {language:?} is not a language that can be injected"))
                    .help(format!("Use one of {languages}."))
            }
            (None, None) => finding(key, String::new()),
        }
    });
    unknown.chain(alike).collect()
}

/// What the switches of languages begin with.
const SWITCH: &str = "inject-";

/// The annotation that was probably meant by one about instrumentation. A switch is compared by its language alone.
fn near(short: &str) -> Option<String> {
    let near = match short.strip_prefix(SWITCH) {
        Some(word) => {
            let languages = || ALL.iter().filter_map(|language| language.switch.strip_prefix(SWITCH));
            let part = || languages().find(|language| language.split('-').any(|part| part == word));
            format!("{SWITCH}{}", nearest(word, languages()).or_else(part)?)
        }
        None => nearest(short, known())?.to_owned(),
    };
    Some(format!("{PREFIX}{near}"))
}

/// The annotation of ours that was probably meant by one under a prefix that is none of ours.
fn meant(key: &str) -> Option<String> {
    const ALIKE: f64 = 0.85;
    let Some((domain, short)) = key.split_once('/') else {
        return ALL.iter().any(|language| language.switch == key).then(|| format!("{PREFIX}{key}"));
    };
    let domains = [PREFIX, SIDECAR_PREFIX, ATTRIBUTE_PREFIX].map(|prefix| prefix.trim_end_matches('/'));
    // Of several slips, one leaves some part as it is; most domains have none of them.
    let is_near = ["open", "tele", "metry"].iter().any(|part| domain.contains(part));
    if !is_near || domains.contains(&domain) {
        return None;
    }
    let is_ours = |prefix: &str| is_known(prefix, short);
    let prefix = match nearest_within(ALIKE, domain, domains) {
        Some(near) => format!("{near}/"),
        None if domain != "opentelemetry.io" => return None,
        None => [PREFIX, SIDECAR_PREFIX].into_iter().find(|prefix| is_ours(prefix))?.to_owned(),
    };
    Some(match prefix.as_str() {
        SIDECAR_PREFIX => SIDECAR.to_owned(),
        PREFIX => near(short).unwrap_or_else(|| format!("{prefix}{short}")),
        _ => format!("{prefix}{short}"),
    })
}

/// The whole key of an annotation of ours; [`SIDECAR`] is whole.
fn prefixed(key: &str) -> String {
    if key == SIDECAR { key.to_owned() } else { [PREFIX, key].concat() }
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
