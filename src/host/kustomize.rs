//! kustomize: legacy exec plugins, the only exec method in kubectl, and sources that were not built.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::finding::Finding;
use crate::host::files::{Text, position};
use crate::value::Value;
use crate::yaml::{Document, LineCol, Side};

/// Variables that kustomize sets for a plugin. It omits the first one for a large config.
const MARKS: &[&str] = &["KUSTOMIZE_PLUGIN_CONFIG_STRING", "KUSTOMIZE_PLUGIN_CONFIG_ROOT"];

/// The config file that kustomize passes to a plugin as the first argument.
pub(super) fn plugin_config(args: &[OsString]) -> Option<PathBuf> {
    let path = PathBuf::from(args.get(1)?);
    let is_plugin = MARKS.iter().any(|name| std::env::var_os(name).is_some());
    (is_plugin && path.is_file()).then_some(path)
}

/// The file names of kustomizations.
const NAMES: &[&str] = &["kustomization.yaml", "kustomization.yml"];

/// Fields of a kustomization that can make resources request an injection, or a different one.
const BUILDING: &[&str] = &[
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
    "transformers",
    "generators",
    "components",
    "replacements",
    "commonAnnotations",
    "helmCharts",
];

/// Warnings about kustomizations among the inputs that change resources: the manifests next to them are not what a
/// cluster gets. A transformer that is also the run's function config is excluded, because it takes effect here.
pub(super) fn unbuilt(inputs: &[Text], config: Option<&Path>) -> Vec<Finding> {
    let config = config.and_then(|config| config.canonicalize().ok());
    let is_kustomization = |text: &&Text| {
        text.path.file_name().and_then(|name| name.to_str()).is_some_and(|name| NAMES.contains(&name))
    };
    let unbuilt = inputs.iter().filter(is_kustomization).filter_map(|text| {
        let document = Document::parse(std::str::from_utf8(&text.bytes).ok()?).ok()?;
        let value = document.value().ok()?;
        let is_config = |entry: &Value| {
            let path = entry.as_str().map(|entry| text.path.with_file_name(entry));
            config.is_some() && path.and_then(|path| path.canonicalize().ok()) == config
        };
        let is_filled = |key: &&&str| match value.get(**key) {
            Some(Value::Array(entries)) => !entries.iter().all(is_config),
            Some(Value::Object(entries)) => !entries.is_empty(),
            _ => false,
        };
        let keys: Vec<&str> = BUILDING.iter().filter(is_filled).copied().collect();
        let pointer = format!("/{}", keys.first()?);
        let place = LineCol::span(&text.bytes, &document.span(&pointer, Side::Value));
        let folder = match text.path.parent().map(|folder| folder.display().to_string()) {
            Some(folder) if !folder.is_empty() => folder,
            _ => ".".to_owned(),
        };
        let finding = Finding::kustomization_not_built(pointer, &keys.join(", "), &folder);
        Some(finding.at(position(text.name.as_deref(), place)))
    });
    unbuilt.collect()
}
