//! Checks of a collector that only warn.

use super::component::AT;
use super::{CONFIG, Collector, Notes};
use crate::finding::Finding;
use crate::k8s::pod::name;
use crate::value::{Value, escape};

/// Variables set before [`CONFIG`], in addition to the user's.
const EARLIER: &[&str] = &["POD_NAME", "GOMEMLIMIT", "GOMAXPROCS", "K8S_NODE_NAME"];

/// Checks a collector as a whole. Returns the variables that its configuration needs from `envFrom`, with pointers to
/// where they are needed.
pub(super) fn run(
    collector: &Collector,
    spec: &Value,
    config: &Value,
    notes: &mut Notes,
) -> Vec<(String, String)> {
    if let Some(image) = collector.unpinned_image() {
        let own = spec.get("image").and_then(Value::as_str);
        let at = if own == Some(image) { "/spec/image" } else { "/spec/initContainers" };
        notes.warnings.push(Finding::image_without_version(at, image));
    }
    let is_earlier = |wanted: &str| is_earlier(&collector.env, wanted);
    let expanded = expanded(&collector.config, is_earlier);
    if !expanded.is_empty() {
        let mut place = None;
        each_text(config, &mut AT.to_owned(), &mut |at, text| {
            if place.is_none() && expanded.iter().any(|part| text.contains(part.as_str())) {
                place = Some(at.to_owned());
            }
        });
        // A key may have it, too.
        let place = place.unwrap_or_else(|| AT.to_owned());
        notes.warnings.push(Finding::config_expanded(place, &expanded.join(", ")));
    }
    let has_env_from = collector.fields.contains_key("envFrom");
    each_text(config, &mut AT.to_owned(), &mut |at, text| {
        let is_meant = |name: &&str| is_earlier(name) || has_env_from && is_named_like_a_variable(name);
        if let Some(name) = bare_names(text).into_iter().find(is_meant) {
            notes.warnings.push(Finding::config_not_expanded(at, name));
        }
    });
    let is_set = |wanted: &str| is_earlier(wanted) || is_always_set(wanted);
    let mut unset: Vec<(String, String)> = Vec::new();
    each_text(config, &mut AT.to_owned(), &mut |at, text| {
        for variable in variables(text).into_iter().filter(|variable| !is_set(variable)) {
            if !unset.iter().any(|(_, seen)| *seen == variable) {
                unset.push((at.to_owned(), variable));
            }
        }
    });
    if has_env_from {
        return unset;
    }
    let finding = |(at, variable): (String, String)| Finding::config_variable_not_set(at, &variable);
    notes.warnings.extend(unset.into_iter().map(finding));
    Vec::new()
}

/// Whether the variable is set before [`CONFIG`], so that the kubelet replaces references to it.
pub(super) fn is_earlier(env: &[Value], wanted: &str) -> bool {
    EARLIER.contains(&wanted) || env.iter().any(|entry| name(entry) == wanted)
}

/// Whether a name is in capital letters, as those of variables usually are.
fn is_named_like_a_variable(name: &str) -> bool {
    name.len() > 1
        && name.starts_with(|first: char| first.is_ascii_uppercase() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Whether a process always has the variable: from every container, the runtime, the kubelet's Service links, or set
/// together with the configuration.
fn is_always_set(name: &str) -> bool {
    const NAMES: [&str; 4] = ["PATH", "HOME", "HOSTNAME", CONFIG];
    let is_of_service = ["_SERVICE_HOST", "_SERVICE_PORT", "_PORT"].iter().any(|end| name.ends_with(end))
        || name.contains("_PORT_")
        || name.contains("_SERVICE_PORT_");
    NAMES.contains(&name) || name.starts_with("OTEL_RESOURCE_ATTRIBUTES") || is_of_service
}

/// Calls `show` with every string in a value and its pointer.
pub(super) fn each_text(value: &Value, at: &mut String, show: &mut dyn FnMut(&str, &str)) {
    let mut inside = |token: &str, value: &Value, at: &mut String| {
        let length = at.len();
        at.push('/');
        at.push_str(&escape(token));
        each_text(value, at, show);
        at.truncate(length);
    };
    match value {
        Value::String(text) => show(at, text),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| inside(&index.to_string(), item, at));
        }
        Value::Object(entries) => entries.iter().for_each(|(key, value)| inside(key, value, at)),
        _ => {}
    }
}

/// The variables without a default that `${NAME}` and `${env:NAME}` refer to after the kubelet has expanded the text.
/// <https://opentelemetry.io/docs/collector/configuration/#environment-variables>
fn variables(text: &str) -> Vec<String> {
    let text = text.replace("$$", "$");
    let mut found = Vec::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find('$') {
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            // The collector's escape for a dollar sign.
            rest = after;
        } else if let Some((inside, after)) = rest.strip_prefix('{').and_then(|inside| inside.split_once('}'))
        {
            let name = inside.strip_prefix("env:").unwrap_or(inside);
            let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if is_name {
                found.push(name.to_owned());
            }
            rest = after;
        }
    }
    found
}

/// The names in the form `$NAME`, which collectors expanded before release 0.104.
fn bare_names(text: &str) -> Vec<&str> {
    let parts = text.split('$').collect::<Vec<_>>();
    let is_inner = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    // An empty part stands between two dollars.
    let after_one = parts.windows(2).filter(|pair| !pair[0].is_empty() || pair[0].as_ptr() == text.as_ptr());
    let names = after_one.map(|pair| &pair[1][..pair[1].bytes().take_while(is_inner).count()]);
    names.filter(|name| !name.is_empty()).collect()
}

/// The parts of a variable's value that the kubelet changes, without duplicates.
fn expanded(value: &str, is_known: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = value;
    while let Some(at) = rest.find('$') {
        rest = &rest[at + 1..];
        let part = if let Some(after) = rest.strip_prefix('$') {
            rest = after;
            "$$".to_owned()
        } else if let Some((inside, after)) = rest.strip_prefix('(').and_then(|inside| inside.split_once(')'))
        {
            if !is_known(inside) {
                continue;
            }
            rest = after;
            format!("$({inside})")
        } else {
            continue;
        };
        if !found.contains(&part) {
            found.push(part);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_what_the_collector_expands() {
        let text = "${env:A} ${B} $C ${env:D:-d} ${E:-e} ${file:/x} $$${F} $$$${env:G} ${env:A";
        assert_eq!(variables(text), ["A", "B"]);
    }

    #[test]
    fn bare_names_follow_a_single_dollar() {
        assert_eq!(bare_names("$A:$B_1-$$C ${D} $(E) $ $1"), ["A", "B_1", "1"]);
        assert_eq!(bare_names("$$A"), [""; 0]);
        assert_eq!(bare_names("x"), [""; 0]);
    }

    #[test]
    fn every_form_that_a_kubelet_replaces_is_named_once() {
        let text = "$$ $(POD_NAME) $$ $(OTHER) $(GOMEMLIMIT) ${env:X}";
        assert_eq!(expanded(text, |name| EARLIER.contains(&name)), ["$$", "$(POD_NAME)", "$(GOMEMLIMIT)"]);
    }
}
