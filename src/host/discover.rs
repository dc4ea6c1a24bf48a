//! Finds the function config next to the manifests.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::finding::{Finding, Position};
use crate::host::files::{self, Text};
use crate::host::flags::Flags;
use crate::yaml::{Document, split_documents};

/// The file name of a config that is found automatically.
const NAME: &str = "otel-inject.yaml";

/// The function config in the current folder, or in the nearest parent folder of the same repository that has one.
///
/// # Errors
/// The file exists but cannot be read.
pub(super) fn config() -> Result<Option<PathBuf>> {
    let Ok(current) = env::current_dir() else { return Ok(None) };
    let mut up = PathBuf::new();
    for folder in within_repository(&current) {
        let file = up.join(NAME);
        if folder.join(NAME).is_file() && is_config(&files::bytes(&file)?) {
            return Ok(Some(file));
        }
        up.push("..");
    }
    Ok(None)
}

/// A folder and its parents up to the root of its repository, or only the folder if it is not in a repository.
fn within_repository(folder: &Path) -> impl Iterator<Item = &Path> {
    let root = folder.ancestors().position(|folder| folder.join(".git").exists());
    folder.ancestors().take(root.unwrap_or(0) + 1)
}

/// The reader of a function config.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    /// A host that calls the function named in the config.
    OfHost,
    /// No known host.
    Plain,
}

/// Whether a file of that name is a function config, or is broken before it says so: then reading it says why.
fn is_config(bytes: &[u8]) -> bool {
    let is_broken = |text: &str| {
        let kind = || Document::start_of(text).is_some_and(|start| start.text_at("/kind").is_some());
        Document::parse(text).is_err() && !kind()
    };
    let documents = || split_documents(bytes).into_iter().map(|range| std::str::from_utf8(&bytes[range]));
    kind(bytes).is_some() || documents().any(|text| text.is_ok_and(is_broken))
}

/// The reader of the function config in a text, or `None` if it is not a function config.
fn kind(bytes: &[u8]) -> Option<Kind> {
    let text = std::str::from_utf8(bytes).ok()?;
    let documents = split_documents(bytes).into_iter().filter_map(|range| {
        let text = &text[range];
        // Later syntax errors are reported when the config is read.
        Document::parse(text).ok().or_else(|| Document::start_of(text))
    });
    let mut configs = documents.filter(|document| document.text_at("/kind") == Some("OtelInject"));
    let function = "/metadata/annotations/config.kubernetes.io~1function";
    let kind = |config: Document<'_>| match config.text_at(function) {
        Some(_) => Kind::OfHost,
        None => Kind::Plain,
    };
    configs.next().map(kind)
}

/// Warnings about configs that no flag names: the one that was found, and unused ones among the inputs.
pub(super) fn warnings(flags: &Flags, inputs: &[Text]) -> Vec<Finding> {
    if !flags.is_config_found && (flags.config.is_some() || flags.no_config) {
        return Vec::new();
    }
    let at = |path: &Path, finding: Finding| {
        finding.at(Position { file: Some(files::name(path)), ..Position::default() })
    };
    let used = flags.config.as_deref();
    let found = used.map(|path| at(path, Finding::config_found("")));
    let used = used.and_then(|path| path.canonicalize().ok());
    let is_unused = |text: &&Text| {
        text.path.file_name().is_some_and(|name| name == NAME)
            && text.path.canonicalize().ok() != used
            && kind(&text.bytes) == Some(Kind::Plain)
    };
    let unused = inputs
        .iter()
        .filter(is_unused)
        .map(|text| at(&text.path, Finding::config_not_used("", &files::name(&text.path))));
    found.into_iter().chain(unused).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_is_an_otel_inject() {
        let own = "apiVersion: otel-inject.dev/v1alpha1\nkind: OtelInject\n";
        let of_host =
            "metadata: {annotations: {config.kubernetes.io/function: 'exec: {path: otel-inject}'}}\n";
        for (text, expected) in [
            (own.to_owned(), Some(Kind::Plain)),
            (format!("# c\n---\n{own}spec: {{}}\n"), Some(Kind::Plain)),
            (format!("{own}{of_host}"), Some(Kind::OfHost)),
            (format!("{own}spec: [\n"), Some(Kind::Plain)),
            ("apiVersion: v1\nkind: ConfigMap\n".to_owned(), None),
            ("# kind: OtelInject\n".to_owned(), None),
            ("spec: {kind: OtelInject}\n".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(kind(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(kind(b"\xff"), None);
    }
}
