//! Converts a checked config to settings.

use ecow::EcoString;
use globset::{Glob, GlobMatcher};

use super::{Spec, keys, path};
use crate::config::rules::{Annotation, Rule, Select};
use crate::config::{
    Delivery, FailOn, FilesBy, Images, Keep, Mode, OnError, PodSecurity, Recording, Settings, Stale, labels,
    nearest,
};
use crate::finding::{Code, Finding, Severity};
use crate::k8s::Kind;
use crate::k8s::security::{Level, Version};
use crate::languages::{self, Language};
use crate::metadata::Metadata;
use crate::value::Value;

/// The settings of a spec whose single values are valid, and warnings about them.
///
/// # Errors
/// Values that contradict each other.
pub(super) fn settings(spec: &Spec) -> Result<(Settings, Vec<Finding>), Vec<Finding>> {
    let value = &spec.value;
    let mut faults = Vec::new();
    let mut warnings = Vec::new();
    let kinds = kinds(spec, &mut faults);
    let settings = Settings {
        mode: text(value, "mode").and_then(Mode::named).unwrap_or_default(),
        on_error: text(value, "onError").and_then(OnError::named).unwrap_or_default(),
        fail_on: text(value, "failOn").and_then(FailOn::named).unwrap_or_default(),
        record: text(value, "record").and_then(Recording::named).unwrap_or_default(),
        stale: text(value, "stale").and_then(Stale::named).unwrap_or_default(),
        namespace: text(value, "namespace").map(str::to_owned),
        instrumentation: None,
        rules: elements(value, "rules")
            .iter()
            .enumerate()
            .map(|(index, value)| rule(spec, index, value, &kinds, &mut warnings, &mut faults))
            .collect(),
        annotate: flag(value, "annotate"),
        instrumentation_resources: text(value, "instrumentationResources")
            .and_then(Keep::named)
            .unwrap_or_default(),
        images: images(value),
        lock: None,
        plain_sidecars: value.get("nativeSidecars") == Some(&Value::Bool(false)),
        kinds,
        require_references: flag(value, "requireReferences"),
        delivery: delivery(value),
        kubernetes: text(value, "kubernetes").and_then(Version::parse),
        pod_security: value.get("podSecurity").and_then(pod_security),
        metadata: Metadata::default(),
        severities: severities(value),
    };
    if faults.is_empty() { Ok((settings, warnings)) } else { Err(faults) }
}

fn pod_security(value: &Value) -> Option<PodSecurity> {
    let enforce = text(value, "enforce")?;
    Some(PodSecurity {
        enforce: Level::ALL.into_iter().find(|level| level.as_str() == enforce)?,
        version: text(value, "version").and_then(Version::parse).unwrap_or(Version::LATEST),
    })
}

fn rule(
    spec: &Spec,
    index: usize,
    value: &Value,
    declared: &[Kind],
    warnings: &mut Vec<Finding>,
    faults: &mut Vec<Finding>,
) -> Rule {
    let select = value.get("select").unwrap_or(&Value::Null);
    let pointer = format!("/rules/{index}");
    let instrumentation = text(value, "instrumentation");
    let mut sets: Vec<Annotation> = Vec::new();
    for (language, containers) in inject(value) {
        let switch = Annotation::switch(language, instrumentation);
        if sets.contains(&switch) {
            let origin = spec.origin(&format!("{pointer}/inject"));
            faults.push(Finding::rule_has_language_twice(&origin, &path(&origin), language.id));
        }
        sets.push(switch);
        if !containers.is_empty() {
            sets.push(Annotation::containers(language, &containers));
        }
    }
    let option = |option: &'static languages::Choice| {
        let value = text(value.get("options")?, option.key)?.to_owned();
        Some(Annotation { key: option.annotation, aliases: &[], value })
    };
    sets.extend(keys::options().filter_map(option));
    sets.extend(text(value, "delivery").and_then(FilesBy::named).map(Annotation::delivery));
    sets.extend(value.get("sidecar").and_then(Annotation::sidecar));
    let select = Select {
        kinds: globs(select, "kinds"),
        names: globs(select, "names"),
        namespaces: globs(select, "namespaces"),
        labels: text(select, "labels").and_then(|text| labels::parse(text).ok()),
    };
    let unknown = unknown_kinds(spec, &pointer, value, declared);
    let is_futile = select.kinds.as_ref().is_some_and(|kinds| kinds.len() == unknown.len());
    warnings.extend(unknown);
    let place = format!("{} of the function config", path(&spec.origin(&pointer)));
    let unused = (!is_futile).then(|| Finding::rule_selects_nothing(spec.origin(&pointer)));
    Rule { place, select, sets, unused }
}

/// Findings for kinds in a rule that no workload can have.
fn unknown_kinds(spec: &Spec, pointer: &str, rule: &Value, declared: &[Kind]) -> Vec<Finding> {
    let known = || Kind::ALL.iter().chain(declared).map(|row| &*row.kind);
    let texts = texts(rule.get("select").unwrap_or(&Value::Null), "kinds");
    let unknown = texts.into_iter().enumerate().filter(|(_, text)| {
        let glob = Glob::new(text).map(|glob| glob.compile_matcher());
        glob.is_ok_and(|glob| !known().any(|kind| glob.is_match(kind)))
    });
    let finding = |(index, text): (usize, &str)| {
        let origin = spec.origin(&format!("{pointer}/select/kinds/{index}"));
        match nearest(text, known()) {
            Some(near) => Finding::rule_of_unknown_kind_near(origin, text, near),
            None => Finding::rule_of_unknown_kind(origin, text),
        }
    };
    unknown.map(finding).collect()
}

/// A rule's languages and their containers.
fn inject(rule: &Value) -> Vec<(&'static Language, Vec<&str>)> {
    let wanted = match rule.get("inject") {
        Some(Value::Array(list)) => list.iter().collect(),
        other => other.into_iter().collect::<Vec<_>>(),
    };
    let read = |value: &'_ Value| -> Option<&'static Language> {
        languages::find(value.as_str().or_else(|| text(value, "language"))?)
    };
    wanted.into_iter().filter_map(|value| Some((read(value)?, texts(value, "containers")))).collect()
}

fn images(spec: &Value) -> Images {
    let entries = spec.get("images").and_then(Value::as_object).into_iter().flatten();
    let entries = entries.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?.to_owned())));
    let mut images = Images::default();
    for (key, image) in entries {
        match languages::find(key) {
            Some(language) => drop(images.languages.insert(language.id, image)),
            None if key == keys::COLLECTOR => images.collector = Some(image),
            None => images.registry = Some(image),
        }
    }
    images
}

fn delivery(spec: &Value) -> Delivery {
    let entries = spec.get("delivery").and_then(Value::as_object).into_iter().flatten();
    let entries = entries.filter_map(|(key, value)| Some((key.as_str(), FilesBy::named(value.as_str()?)?)));
    let mut delivery = Delivery::default();
    for (key, by) in entries {
        match languages::find(key) {
            Some(language) => drop(delivery.languages.insert(language.id, by)),
            None => delivery.default = by,
        }
    }
    delivery
}

fn kinds(spec: &Spec, faults: &mut Vec<Finding>) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = Vec::new();
    for (index, value) in elements(&spec.value, "kinds").iter().enumerate() {
        let part = |key| text(value, key).unwrap_or_default();
        let (group, kind) = (part("group"), part("kind"));
        if Kind::among(&kinds, group, kind).is_some() {
            let origin = spec.origin(&format!("/kinds/{index}"));
            faults.push(Finding::kind_known_already(&origin, &path(&origin), kind));
        }
        let template = format!("/{}", part("podTemplate").replace('.', "/"));
        kinds.push(Kind::declared(group, kind, template));
    }
    kinds
}

fn severities(spec: &Value) -> std::collections::BTreeMap<Code, Option<Severity>> {
    let entries = spec.get("severity").and_then(Value::as_object).into_iter().flatten();
    let read = |(key, value): (&EcoString, &Value)| {
        let code = Code::ALL.iter().copied().find(|code| code.id() == key)?;
        let all = [Severity::Error, Severity::Warning, Severity::Info];
        let severity = all.into_iter().find(|severity| Some(severity.as_str()) == value.as_str());
        value.is_string().then_some((code, severity))
    };
    entries.filter_map(read).collect()
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str)
}

fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or_default()
}

fn elements<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).unwrap_or_default()
}

fn texts<'v>(value: &'v Value, key: &str) -> Vec<&'v str> {
    elements(value, key).iter().filter_map(Value::as_str).collect()
}

fn globs(select: &Value, key: &str) -> Option<Vec<GlobMatcher>> {
    select.get(key).filter(|value| !value.is_null())?;
    Some(
        texts(select, key)
            .into_iter()
            .filter_map(|text| Some(Glob::new(text).ok()?.compile_matcher()))
            .collect(),
    )
}
