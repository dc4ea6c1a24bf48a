//! The names of annotations that request an injection.

use std::borrow::Cow;

use super::{nearest, nearest_within};
use crate::finding::Finding;
use crate::languages::ALL;
use crate::value::{Map, escape};

/// The prefix of every annotation about instrumentation.
pub const PREFIX: &str = "instrumentation.opentelemetry.io/";
/// The prefix of every annotation that sets a resource attribute.
pub const ATTRIBUTE_PREFIX: &str = "resource.opentelemetry.io/";
/// The prefix of every annotation about a sidecar.
pub const SIDECAR_PREFIX: &str = "sidecar.opentelemetry.io/";
/// The full name of the annotation that requests a collector sidecar.
pub const SIDECAR: &str = "sidecar.opentelemetry.io/inject";
/// The prefix of our own annotations.
const OWN_PREFIX: &str = "otel-inject.dev/";
/// The full name of the annotation that selects how agents get into the pod.
pub const DELIVERY: &str = "otel-inject.dev/delivery";
/// The annotation with the record of an injection, on the workload itself.
pub const RECORD: &str = "otel-inject.dev/record";
/// The annotations with names of their own.
const WHOLE: [&str; 2] = [SIDECAR, DELIVERY];
/// The containers for all requested languages, without the prefix.
pub const CONTAINERS: &str = "container-names";

/// Every supported annotation, without the prefix.
pub fn known() -> impl Iterator<Item = &'static str> {
    let of_languages = ALL.iter().flat_map(|language| {
        let options = language.options.iter().map(|option| option.annotation);
        std::iter::once(language.switch).chain(language.containers.iter().copied()).chain(options)
    });
    std::iter::once(CONTAINERS).chain(of_languages)
}

/// Splits the key of an annotation that requests an injection, or is about one, into prefix and short name; `None` for
/// other annotations, such as the record.
#[must_use]
pub fn ours(key: &str) -> Option<(&'static str, &str)> {
    let prefixes = [PREFIX, SIDECAR_PREFIX, OWN_PREFIX].into_iter();
    prefixes.filter(|_| key != RECORD).find_map(|prefix| Some((prefix, key.strip_prefix(prefix)?)))
}

/// The full key of one of our annotations. [`SIDECAR`] and [`DELIVERY`] already are.
#[must_use]
pub fn full(key: &str) -> Cow<'_, str> {
    if WHOLE.contains(&key) { Cow::Borrowed(key) } else { Cow::Owned([PREFIX, key].concat()) }
}

/// Whether `name` is the [`full`] key.
#[must_use]
pub fn is_full(name: &str, key: &str) -> bool {
    if WHOLE.contains(&key) { name == key } else { name.strip_prefix(PREFIX) == Some(key) }
}

/// Whether an annotation with one of our prefixes is supported.
#[must_use]
pub fn is_known(prefix: &str, short: &str) -> bool {
    if prefix == PREFIX {
        known().any(|known| known == short)
    } else {
        WHOLE.iter().any(|whole| whole.strip_prefix(prefix) == Some(short))
    }
}

/// Finds unknown annotations with our prefixes or with a misspelled one. `pointer` leads to the annotations.
#[must_use]
pub fn unknown(annotations: &Map, pointer: &str) -> Vec<Finding> {
    let at = |key: &str| format!("{pointer}/{}", escape(key));
    let alike = annotations
        .keys()
        .filter_map(|key| meant(key).map(|meant| Finding::unknown_annotation_near(at(key), key, &meant)));
    let ours = annotations.keys().filter_map(|key| Some((key, ours(key)?)));
    let unknown = ours.filter(|(_, (prefix, short))| !is_known(prefix, short));
    let unknown = unknown.map(|(key, (prefix, short))| {
        let near = if prefix == PREFIX { near(short) } else { only(prefix) };
        let language = short.strip_prefix(SWITCH).filter(|_| prefix == PREFIX && near.is_none());
        match (near, language) {
            (Some(near), _) => Finding::unknown_annotation_near(at(key), key, &near),
            (None, Some(language)) => {
                let languages = ALL.iter().map(|language| language.id).collect::<Vec<_>>().join(", ");
                Finding::annotation_of_no_language(at(key), key, language, &languages)
            }
            (None, None) => Finding::unknown_annotation(at(key), key),
        }
    });
    unknown.chain(alike).collect()
}

/// The only annotation with that prefix.
fn only(prefix: &str) -> Option<String> {
    WHOLE.into_iter().find(|whole| whole.starts_with(prefix)).map(str::to_owned)
}

/// The prefix of every language's switch.
pub const SWITCH: &str = "inject-";

/// Suggests an annotation about instrumentation for a misspelled one. For a switch, only the language is compared.
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

/// Parts of the domains of our prefixes. Even with several typos, one is usually intact; most other domains have none.
pub const LOOKALIKES: &[&str] = &["open", "tele", "metry"];

/// Suggests our annotation for a key with a misspelled prefix.
fn meant(key: &str) -> Option<String> {
    const ALIKE: f64 = 0.85;
    let Some((domain, short)) = key.split_once('/') else {
        return ALL.iter().any(|language| language.switch == key).then(|| format!("{PREFIX}{key}"));
    };
    let domains = [PREFIX, SIDECAR_PREFIX, ATTRIBUTE_PREFIX].map(|prefix| prefix.trim_end_matches('/'));
    let is_near = LOOKALIKES.iter().any(|part| domain.contains(part));
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
