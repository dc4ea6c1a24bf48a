//! What annotations that ask for an injection are called.

use serde_json::{Map, Value};

use super::{nearest, nearest_within};
use crate::change::escape;
use crate::finding::{Code, Finding};
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
