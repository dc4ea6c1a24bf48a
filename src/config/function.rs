//! The function config: three resource forms with one table of keys.

use crate::config::instrumentation::Instrumentation;
use crate::config::{Settings, nearest};
use crate::finding::{Code, Finding, Severity};
use crate::k8s::{Identity, subject};
use crate::value::{Map, Value, escape, unescape};

mod check;
mod config_map;
mod keys;
mod read;
mod reference;

pub use reference::{reference, schema};

/// The settings with warnings, or all errors.
pub type Parsed = Result<(Settings, Vec<Finding>), Vec<Finding>>;

/// Returns how the scalar at a pointer is written in the config.
pub type Written<'w> = &'w dyn Fn(&str) -> Option<String>;

/// A resource form of the config.
struct Form {
    kind: &'static str,
    api_versions: &'static [&'static str],
    /// Allowed top-level keys besides apiVersion, kind and metadata, or `None` if the reader checks them.
    keys: Option<&'static [&'static str]>,
    read: fn(&Value, Written<'_>) -> Parsed,
}

static FORMS: &[Form] = &[
    Form {
        kind: "OtelInject",
        api_versions: &["otel-inject.dev/v1alpha1"],
        // A legacy kustomize plugin has two of kustomize's own keys in its config.
        keys: Some(&["spec", "argsOneLiner", "argsFromFile"]),
        read: |config, _| {
            let value = config.get("spec").cloned().unwrap_or_default();
            validate(&Spec { value, origins: Vec::new(), base: "/spec" })
        },
    },
    Form {
        kind: "ConfigMap",
        api_versions: &["v1"],
        keys: Some(&["data", "immutable"]),
        read: |config, written| {
            let data = config.get("data").unwrap_or(&Value::Null);
            config_map::spec(data, written).and_then(|spec| validate(&spec))
        },
    },
    Form {
        kind: "Instrumentation",
        api_versions: &["opentelemetry.io/v1alpha1", "opentelemetry.io/v1beta1"],
        keys: None,
        read: |config, _| {
            let identity = Identity::read(config, None).expect("impossible: the form was found by the kind");
            let parsed =
                Instrumentation::read(config, &identity).map_err(|faults| of_config(faults, &str::to_owned));
            parsed.map(|(instrumentation, warnings)| {
                (Settings { instrumentation: Some(instrumentation), ..Settings::default() }, warnings)
            })
        },
    },
];

/// A config's keys in the form of the table, and their origins.
struct Spec {
    value: Value,
    /// Pointers into `value` with the pointers of those parts in the config. The first matching one applies.
    origins: Vec<(String, String)>,
    /// The origin of everything else.
    base: &'static str,
}

impl Spec {
    /// Whether the config has all keys in a single mapping.
    fn is_flat(&self) -> bool {
        self.base == config_map::BASE
    }

    /// The pointer in the config for `pointer` in the value.
    fn origin(&self, pointer: &str) -> String {
        let covers =
            |from: &str| pointer.strip_prefix(from).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let found = self.origins.iter().find_map(|(from, to)| covers(from).map(|rest| format!("{to}{rest}")));
        let nested = if self.is_flat() { "" } else { pointer };
        found.unwrap_or_else(|| format!("{}{nested}", self.base))
    }
}

/// The settings in `config`, and warnings.
///
/// # Errors
/// Every problem, as `invalid-config`, with pointers into `config`.
pub fn parse(config: &Value) -> Parsed {
    parse_written(config, &|_| None)
}

/// As [`parse`], with a `ConfigMap`'s scalars as written, so `1.10` is not read as a number.
///
/// # Errors
/// As [`parse`].
pub fn parse_written(config: &Value, written: Written<'_>) -> Parsed {
    let subject = Identity::read(config, None).map(|identity| subject(config, &identity));
    located(read(config, written), &|finding| Finding { subject: subject.clone(), ..finding })
}

/// The same with every finding relocated by `place`, including those that the settings keep for later.
///
/// # Errors
/// As `parsed`.
pub fn located(parsed: Parsed, place: &dyn Fn(Finding) -> Finding) -> Parsed {
    let all = |findings: Vec<Finding>| findings.into_iter().map(place).collect();
    let (mut settings, warnings) = parsed.map_err(all)?;
    for rule in &mut settings.rules {
        rule.unused = rule.unused.take().map(place);
    }
    Ok((settings, all(warnings)))
}

fn read(config: &Value, written: Written<'_>) -> Parsed {
    let Some(mapping) = config.as_object() else {
        return Err(vec![Finding::key_has_wrong_value("", "the config", "a mapping", &what(config))]);
    };
    let form = form_of(mapping)?;
    let mut faults = Vec::new();
    if let Some(keys) = form.keys {
        let known: Vec<&str> = ["apiVersion", "kind", "metadata"].iter().chain(keys).copied().collect();
        let unknown = mapping.keys().filter(|key| !known.contains(&key.as_str()));
        faults.extend(unknown.map(|key| unknown_key(&format!("/{}", escape(key)), key, &known)));
    }
    match (form.read)(config, written) {
        Ok(parsed) if faults.is_empty() => Ok(parsed),
        Ok(_) => Err(faults),
        Err(more) => {
            faults.extend(more);
            Err(faults)
        }
    }
}

fn form_of(config: &Map) -> Result<&'static Form, Vec<Finding>> {
    let text = |key: &str| config.get(key).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let kinds = FORMS.iter().map(|form| form.kind);
    let Some(form) = FORMS.iter().find(|form| form.kind == kind) else {
        let known = list(kinds.clone());
        return Err(vec![match nearest(kind, kinds) {
            Some(near) => Finding::unknown_config_kind_near("/kind", kind, near, &known),
            None => Finding::unknown_config_kind("/kind", kind, &known),
        }]);
    };
    if form.api_versions.contains(&api_version) {
        return Ok(form);
    }
    let known = form.api_versions.join(", ");
    Err(vec![Finding::unknown_config_version("/apiVersion", api_version, kind, &known)])
}

fn validate(spec: &Spec) -> Parsed {
    let mut findings = Vec::new();
    match &spec.value {
        Value::Object(_) | Value::Null => {
            check::check(&keys::KeyShape::Object(&keys::SPEC), &spec.value, "", spec, &mut findings);
        }
        other => findings.push(Finding::key_has_wrong_value(spec.base, "spec", "a mapping", &what(other))),
    }
    let mut instrumentation = None;
    if let Some(value) = spec.value.get("instrumentation").filter(|value| !value.is_null()) {
        let warnings = match Instrumentation::parse(value) {
            Ok((parsed, warnings)) => {
                instrumentation = Some(parsed);
                warnings
            }
            Err(faults) => faults,
        };
        let origin = |pointer: &str| spec.origin(&format!("/instrumentation{pointer}"));
        findings.extend(of_config(warnings, &origin));
    }
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(findings);
    }
    let (settings, warnings) = read::settings(spec)?;
    findings.extend(warnings);
    Ok((Settings { instrumentation, ..settings }, findings))
}

/// Treats a problem of the Instrumentation as a config problem: there is no workload to skip.
fn of_config(warnings: Vec<Finding>, origin: &dyn Fn(&str) -> String) -> Vec<Finding> {
    let moved = |remark: Finding| Finding {
        pointer: origin(&remark.pointer),
        code: if remark.severity == Severity::Error { Code::InvalidConfig } else { remark.code },
        ..remark
    };
    warnings.into_iter().map(moved).collect()
}

/// The finding for an unknown key at `origin` in the config.
fn unknown_key(origin: &str, key: &str, known: &[&str]) -> Finding {
    let path = path(origin);
    match nearest(key, known.iter().copied()) {
        Some(near) => Finding::unknown_key_near(origin, &path, near, &known.join(", ")),
        None => Finding::unknown_key(origin, &path, &known.join(", ")),
    }
}

/// A pointer as a readable path: `/spec/rules/0` is `spec.rules[0]`.
fn path(pointer: &str) -> String {
    let mut path = String::new();
    for token in pointer.split('/').skip(1) {
        if !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit()) {
            path.push_str(&format!("[{token}]"));
        } else {
            path.push_str(if path.is_empty() { "" } else { "." });
            path.push_str(&unescape(token));
        }
    }
    path
}

fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().collect::<Vec<_>>().join(", ")
}

/// Describes a value, for "must be …, not …".
fn what(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) if text.chars().count() <= 40 => format!("{text:?}"),
        Value::String(_) => "a longer string".to_owned(),
        Value::Array(list) if list.is_empty() => "an empty list".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
    }
}

#[cfg(test)]
mod tests;
