//! The function config: three resources that say the same, one table of keys.

use serde_json::{Map, Value};

use crate::change::escape;
use crate::config::instrumentation::Instrumentation;
use crate::config::{OnError, Settings, is_namespace, nearest};
use crate::finding::{Code, Finding, Severity};
use crate::k8s::{Identity, subject};

/// The settings with remarks, or everything that is wrong.
pub type Parsed = Result<(Settings, Vec<Finding>), Vec<Finding>>;

/// One key of the config's `spec`.
#[derive(Debug)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// What it decides, for the documentation.
    pub about: &'static str,
    /// What holds where the key is absent; none where nothing does.
    pub default: Option<&'static str>,
    /// What it takes, and where that goes.
    shape: Shape,
}

/// What a key takes.
#[derive(Debug)]
enum Shape {
    /// One of some words.
    Choice { words: &'static [&'static str], set: fn(&mut Settings, &str) },
    /// A string that passes a test; `format` completes "must be …".
    Text { format: &'static str, accepts: fn(&str) -> bool, set: fn(&mut Settings, String) },
    /// The spec of an Instrumentation.
    Instrumentation,
}

/// Every key of `spec`, in the order of the documentation.
pub static KEYS: &[Key] = &[
    Key {
        name: "instrumentation",
        about: "An Instrumentation spec, used where the switch is \"true\" and the namespace has none.",
        default: None,
        shape: Shape::Instrumentation,
    },
    Key {
        name: "namespace",
        about: "The namespace of every namespaced resource that names none.",
        default: None,
        shape: Shape::Text {
            format: "a namespace: lower-case letters, digits and `-`, at most 63",
            accepts: is_namespace,
            set: |settings, name| settings.namespace = Some(name),
        },
    },
    Key {
        name: "onError",
        about: "What happens to a workload that is refused: the run fails, or the workload is left out.",
        default: Some(OnError::Fail.as_str()),
        shape: Shape::Choice {
            words: &[OnError::Fail.as_str(), OnError::Skip.as_str()],
            set: |settings, word| {
                let chosen = OnError::ALL.iter().find(|choice| choice.as_str() == word);
                settings.on_error = chosen.copied().unwrap_or_default();
            },
        },
    },
];

/// Paths of `spec` that hold a list: a `ConfigMap` writes it with commas.
const LISTS: &[&str] = &["instrumentation.propagators"];

/// A resource that can be a config.
struct Form {
    kind: &'static str,
    api_versions: &'static [&'static str],
    /// Top-level keys beside apiVersion, kind and metadata; none where the reader looks at them.
    keys: Option<&'static [&'static str]>,
    read: fn(&Value) -> Parsed,
}

static FORMS: &[Form] = &[
    Form {
        kind: "OtelInject",
        api_versions: &["otel-inject.dev/v1alpha1"],
        // A legacy kustomize plugin finds kustomize's own two keys in its config.
        keys: Some(&["spec", "argsOneLiner", "argsFromFile"]),
        read: |config| {
            let value = config.get("spec").cloned().unwrap_or_default();
            validate(&Spec { value, origins: Vec::new(), base: "/spec" })
        },
    },
    Form {
        kind: "ConfigMap",
        api_versions: &["v1"],
        keys: Some(&["data", "immutable"]),
        read: |config| {
            from_config_map(config.get("data").unwrap_or(&Value::Null)).and_then(|spec| validate(&spec))
        },
    },
    Form {
        kind: "Instrumentation",
        api_versions: &["opentelemetry.io/v1alpha1", "opentelemetry.io/v1beta1"],
        keys: None,
        read: |config| {
            let identity = Identity::of(config, None).expect("impossible: the form was found by the kind");
            let parsed =
                Instrumentation::read(config, &identity).map_err(|faults| of_config(faults, &str::to_owned));
            parsed.map(|(instrumentation, remarks)| {
                (Settings { instrumentation: Some(instrumentation), ..Settings::default() }, remarks)
            })
        },
    },
];

/// A config's keys as the table has them, and where they came from.
struct Spec {
    value: Value,
    /// Pointers into `value` and where that part stands in the config.
    origins: Vec<(String, String)>,
    /// Where everything else stands.
    base: &'static str,
}

impl Spec {
    /// Where `pointer` into the value leads in the config.
    fn origin(&self, pointer: &str) -> String {
        let covers =
            |from: &str| pointer.strip_prefix(from).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let found = self.origins.iter().find_map(|(from, to)| covers(from).map(|rest| format!("{to}{rest}")));
        found.unwrap_or_else(|| format!("{}{pointer}", self.base))
    }
}

/// The settings that `config` asks for, and what is worth a remark.
///
/// # Errors
/// Everything that is wrong with it, as `invalid-config`; pointers lead into `config`.
pub fn parse(config: &Value) -> Parsed {
    let about = |findings: Vec<Finding>| -> Vec<Finding> {
        let subject = Identity::of(config, None).map(|identity| subject(config, &identity));
        let named = |finding: Finding| Finding { subject: subject.clone(), ..finding };
        findings.into_iter().map(named).collect()
    };
    read(config).map(|(settings, remarks)| (settings, about(remarks))).map_err(about)
}

fn read(config: &Value) -> Parsed {
    let Some(mapping) = config.as_object() else {
        return Err(vec![invalid("", format!("the config must be a mapping, not {}", what(config)))]);
    };
    let form = form_of(mapping)?;
    let mut faults = Vec::new();
    if let Some(keys) = form.keys {
        let top_level = ["apiVersion", "kind", "metadata"].iter().chain(keys).copied();
        faults = unknown_keys(mapping, "", "", &top_level.collect::<Vec<_>>());
    }
    match (form.read)(config) {
        Ok(parsed) if faults.is_empty() => Ok(parsed),
        Ok(_) => Err(faults),
        Err(more) => {
            faults.extend(more);
            Err(faults)
        }
    }
}

fn form_of(config: &Map<String, Value>) -> Result<&'static Form, Vec<Finding>> {
    let text = |key: &str| config.get(key).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let kinds = FORMS.iter().map(|form| form.kind);
    let Some(form) = FORMS.iter().find(|form| form.kind == kind) else {
        let message = match nearest(kind, kinds.clone()) {
            Some(near) => format!("unknown kind {kind:?}; did you mean {near}?"),
            None => format!("unknown kind {kind:?}"),
        };
        return Err(vec![invalid("/kind", message).help(format!("A config is one of {}.", list(kinds)))]);
    };
    if form.api_versions.contains(&api_version) {
        return Ok(form);
    }
    let known = form.api_versions.iter().copied();
    let message = format!("unknown apiVersion {api_version:?} of {kind}");
    Err(vec![invalid("/apiVersion", message).help(format!("Use {}.", list(known)))])
}

/// A `ConfigMap`'s data: dotted paths of `spec`, values as text.
fn from_config_map(data: &Value) -> Result<Spec, Vec<Finding>> {
    let mut spec = Spec { value: Value::Object(Map::new()), origins: Vec::new(), base: "/data" };
    let data = match data {
        Value::Null => return Ok(spec),
        Value::Object(data) => data,
        other => return Err(vec![invalid("/data", format!("data must be a mapping, not {}", what(other)))]),
    };
    let mut findings = Vec::new();
    for (key, value) in data.iter().filter(|(_, value)| !value.is_null()) {
        let value = as_written(value, LISTS.contains(&key.as_str()));
        let origin = format!("/data/{}", escape(key));
        let pointer: String = key.split('.').map(|part| format!("/{}", escape(part))).collect();
        match insert(&mut spec.value, key, value) {
            Some(()) => spec.origins.push((pointer, origin)),
            None => findings.push(invalid(
                origin,
                format!("data.{key} sets what another key of data sets, or a part of it"),
            )),
        }
    }
    if findings.is_empty() { Ok(spec) } else { Err(findings) }
}

/// Sets the dotted `path`; none where something stands on it.
fn insert(spec: &mut Value, path: &str, value: Value) -> Option<()> {
    let (parents, leaf) = path.rsplit_once('.').map_or((None, path), |(parents, leaf)| (Some(parents), leaf));
    let mut at = spec;
    for part in parents.into_iter().flat_map(|parents| parents.split('.')) {
        at = at.as_object_mut()?.entry(part).or_insert_with(|| Value::Object(Map::new()));
    }
    let mapping = at.as_object_mut()?;
    let is_new = !mapping.contains_key(leaf);
    mapping.insert(leaf.to_owned(), value);
    is_new.then_some(())
}

/// Hosts turn a `ConfigMap`'s strings into numbers and booleans and back, so both are read as text.
fn as_written(value: &Value, is_list: bool) -> Value {
    match value {
        Value::String(text) if is_list => {
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            parts.map(Value::from).collect()
        }
        Value::Bool(_) | Value::Number(_) => as_written(&Value::String(value.to_string()), is_list),
        other => other.clone(),
    }
}

fn validate(spec: &Spec) -> Parsed {
    let mut settings = Settings::default();
    let mapping = match &spec.value {
        Value::Null => return Ok((settings, Vec::new())),
        Value::Object(mapping) => mapping,
        other => {
            return Err(vec![invalid(spec.base, format!("spec must be a mapping, not {}", what(other)))]);
        }
    };
    let names: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
    let mut findings = unknown_keys(mapping, "", &format!("{}.", &spec.base[1..]), &names);
    for finding in &mut findings {
        // A ConfigMap's unknown key may be the beginning of a dotted one.
        let below = format!("{}/", finding.pointer);
        let dotted = spec.origins.iter().find(|(from, _)| from.starts_with(&below));
        finding.pointer = dotted.map_or_else(|| spec.origin(&finding.pointer), |(_, to)| to.clone());
    }
    for key in KEYS {
        if let Some(value) = mapping.get(key.name).filter(|value| !value.is_null()) {
            key.read(value, spec, &mut settings, &mut findings);
        }
    }
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(findings);
    }
    Ok((settings, findings))
}

impl Key {
    fn read(&self, value: &Value, spec: &Spec, settings: &mut Settings, findings: &mut Vec<Finding>) {
        let pointer = spec.origin(&format!("/{}", self.name));
        let mut refuse = |wanted: &str, help: String| {
            let message = format!("{} must be {wanted}, not {}", path(&pointer), what(value));
            findings.push(invalid(pointer.clone(), message).help(help));
        };
        match &self.shape {
            Shape::Choice { words, set } => match value.as_str() {
                Some(word) if words.contains(&word) => set(settings, word),
                Some(word) => {
                    let guess = nearest(word, words.iter().copied());
                    let help = guess.unwrap_or(words[0]);
                    refuse(
                        &format!("one of {}", list(words.iter().copied())),
                        format!("Did you mean {help}?"),
                    );
                }
                None => refuse(&format!("one of {}", list(words.iter().copied())), self.about.to_owned()),
            },
            Shape::Text { format, accepts, set } => match value.as_str() {
                Some(text) if accepts(text) => set(settings, text.to_owned()),
                _ => refuse(format, self.about.to_owned()),
            },
            Shape::Instrumentation => {
                let (parsed, remarks) = match Instrumentation::parse(value) {
                    Ok((parsed, remarks)) => (Some(parsed), remarks),
                    Err(faults) => (None, faults),
                };
                settings.instrumentation = parsed;
                let name = self.name;
                findings.extend(of_config(remarks, &|pointer| spec.origin(&format!("/{name}{pointer}"))));
            }
        }
    }
}

/// What is wrong with an Instrumentation is wrong with the config: there is no workload to leave out.
fn of_config(remarks: Vec<Finding>, origin: &dyn Fn(&str) -> String) -> Vec<Finding> {
    let moved = |remark: Finding| Finding {
        pointer: origin(&remark.pointer),
        code: if remark.severity == Severity::Error { Code::InvalidConfig } else { remark.code },
        ..remark
    };
    remarks.into_iter().map(moved).collect()
}

fn unknown_keys(mapping: &Map<String, Value>, base: &str, prefix: &str, known: &[&str]) -> Vec<Finding> {
    let unknown = mapping.keys().filter(|key| !known.contains(&key.as_str()));
    let finding = |key: &String| {
        let guess = nearest(key, known.iter().copied());
        let guess = guess.map_or(String::new(), |near| format!("; did you mean {near}?"));
        invalid(format!("{base}/{}", escape(key)), format!("unknown key {prefix}{key}{guess}"))
            .help(format!("Known keys: {}.", list(known.iter().copied())))
    };
    unknown.map(finding).collect()
}

fn invalid(pointer: impl Into<String>, message: impl Into<String>) -> Finding {
    Finding::new(Code::InvalidConfig, pointer, message)
}

/// A pointer as people write it: `/spec/onError` is `spec.onError`.
fn path(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".").replace("~1", "/").replace("~0", "~")
}

fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().collect::<Vec<_>>().join(", ")
}

/// What a value is, for "must be …, not …".
fn what(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) if text.chars().count() <= 40 => format!("{text:?}"),
        Value::String(_) => "a longer string".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn own(spec: Value) -> Value {
        json!({"apiVersion": "otel-inject.dev/v1alpha1", "kind": "OtelInject", "metadata": {"name": "x"}, "spec": spec})
    }

    fn config_map(data: Value) -> Value {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "function-input"}, "data": data})
    }

    fn refusal(config: &Value) -> (String, String) {
        let findings = parse(config).expect_err("a refusal");
        assert!(findings.iter().all(|finding| finding.code == Code::InvalidConfig), "{findings:?}");
        (findings[0].pointer.clone(), findings[0].message.clone())
    }

    #[test]
    fn both_forms_say_the_same() {
        for config in [
            own(json!({"onError": "skip", "namespace": "shop"})),
            config_map(json!({"onError": "skip", "namespace": "shop"})),
        ] {
            let (settings, remarks) = parse(&config).expect("valid");
            assert_eq!(settings.on_error, OnError::Skip);
            assert_eq!(settings.namespace.as_deref(), Some("shop"));
            assert!(remarks.is_empty());
        }
    }

    #[test]
    fn what_is_absent_has_its_default() {
        let bare = json!({"apiVersion": "otel-inject.dev/v1alpha1", "kind": "OtelInject"});
        for config in [
            bare,
            own(Value::Null),
            own(json!({"namespace": null})),
            config_map(json!({})),
            config_map(Value::Null),
        ] {
            let (settings, _) = parse(&config).expect("valid");
            assert_eq!(settings.on_error, OnError::Fail);
            assert_eq!(settings.namespace, None);
            assert!(settings.instrumentation.is_none());
        }
    }

    #[test]
    fn the_defaults_of_the_table_are_those_of_the_settings() {
        for key in KEYS {
            if let (Shape::Choice { words, .. }, Some(default)) = (&key.shape, key.default) {
                assert!(words.contains(&default), "{}", key.name);
            }
        }
        assert_eq!(OnError::default().as_str(), "fail");
        assert!(KEYS.is_sorted_by_key(|key| key.name));
    }

    #[test]
    fn an_unknown_key_is_named_with_the_nearest_known_one() {
        let (pointer, message) = refusal(&own(json!({"onerror": "skip"})));
        assert_eq!(pointer, "/spec/onerror");
        assert_eq!(message, "unknown key spec.onerror; did you mean onError?");
        let (pointer, message) = refusal(&config_map(json!({"namespaces.x": "shop"})));
        assert_eq!(pointer, "/data/namespaces.x");
        assert_eq!(message, "unknown key data.namespaces; did you mean namespace?");
        let mut config = own(Value::Null);
        config["spce"] = json!({});
        assert_eq!(refusal(&config).1, "unknown key spce; did you mean spec?");
    }

    #[test]
    fn wrong_types_and_words_are_refused() {
        assert_eq!(
            refusal(&own(json!({"onError": "ignore"}))).1,
            "spec.onError must be one of fail, skip, not \"ignore\""
        );
        assert_eq!(refusal(&own(json!({"onError": true}))).0, "/spec/onError");
        assert_eq!(refusal(&own(json!({"namespace": 7}))).0, "/spec/namespace");
        assert_eq!(refusal(&own(json!({"namespace": "Shop"}))).0, "/spec/namespace");
        assert_eq!(refusal(&own(json!([]))).1, "spec must be a mapping, not a list");
        assert_eq!(refusal(&config_map(json!(["a"]))).0, "/data");
        assert_eq!(refusal(&json!("a")).0, "");
    }

    #[test]
    fn an_unknown_resource_is_no_config() {
        let kind = json!({"apiVersion": "otel-inject.dev/v1alpha1", "kind": "OtelInjct"});
        assert_eq!(refusal(&kind).1, "unknown kind \"OtelInjct\"; did you mean OtelInject?");
        let version = json!({"apiVersion": "otel-inject.dev/v1", "kind": "OtelInject"});
        assert_eq!(refusal(&version).0, "/apiVersion");
        assert_eq!(refusal(&json!({})).0, "/kind");
    }

    #[test]
    fn data_that_is_no_string_is_read_as_one() {
        let (settings, _) = parse(&config_map(json!({"namespace": 12, "onError": null}))).expect("valid");
        assert_eq!(settings.namespace.as_deref(), Some("12"));
    }

    #[test]
    fn kustomizes_own_keys_are_allowed() {
        let mut config = own(json!({}));
        config["argsOneLiner"] = json!("--on-error skip");
        config["argsFromFile"] = json!("args");
        assert!(parse(&config).is_ok());
    }

    #[test]
    fn an_instrumentation_is_a_config() {
        let spec = json!({"exporter": {"endpoint": "http://collector:4318"}});
        let resource =
            json!({"apiVersion": "opentelemetry.io/v1alpha1", "kind": "Instrumentation", "spec": spec});
        let paths = config_map(json!({"instrumentation.exporter.endpoint": "http://collector:4318"}));
        for config in [resource, own(json!({"instrumentation": spec})), paths] {
            let (settings, _) = parse(&config).expect("valid");
            assert!(settings.instrumentation.is_some());
        }
    }

    #[test]
    fn a_mistake_in_the_instrumentation_is_one_of_the_config() {
        let wrong = json!({"exporter": {"endpoint": 7}});
        assert_eq!(
            refusal(&own(json!({"instrumentation": wrong}))).0,
            "/spec/instrumentation/exporter/endpoint"
        );
        let resource =
            json!({"apiVersion": "opentelemetry.io/v1alpha1", "kind": "Instrumentation", "spec": wrong});
        assert_eq!(refusal(&resource).0, "/spec/exporter/endpoint");
        let paths = config_map(json!({"instrumentation.exporter.endpoint": [7]}));
        assert_eq!(refusal(&paths).0, "/data/instrumentation.exporter.endpoint");
    }

    #[test]
    fn two_keys_do_not_set_one_thing() {
        let both =
            config_map(json!({"instrumentation": "x", "instrumentation.exporter.endpoint": "http://c:4318"}));
        assert_eq!(refusal(&both).0, "/data/instrumentation.exporter.endpoint");
    }
}
