//! Resources that tools read and no cluster accepts. A stream for a cluster leaves them out.

use std::ops::Range;

use super::cut;
use super::instrumentations::{Removal, removal, removals_of};
use super::read::{self, Found};
use super::{Role, Source};
use crate::change::Change;
use crate::k8s::{Identity, LOCAL_CONFIG};
use crate::yaml::{Document, Edit};

/// Annotations that mark a resource as a function's config.
const FUNCTION: &[&str] = &["config.kubernetes.io/function", "config.k8s.io/function"];

/// Groups whose kinds are all for tools: kustomize's own, its transformers and generators, kpt's, and ours. Flux'
/// Kustomization is in another group.
const GROUPS: &[&str] = &["kustomize.config.k8s.io", "kpt.dev", "otel-inject.dev"];
/// The version of kustomize's built-in plugins, without a group.
const BUILTIN: &str = "builtin";
/// Kinds that kustomize also reads without a group.
const KINDS: &[&str] = &["Kustomization", "Component"];

/// A text without any of these has nothing to leave out.
const MARKS: &[&str] = &[
    "local-config",
    "/function",
    "Kustomization",
    "Component",
    "kustomize.",
    "kpt.dev",
    "otel-inject.dev",
    BUILTIN,
];

/// A stream for a cluster.
#[derive(Debug, Default)]
pub struct ForCluster {
    /// The edits that remove other resources.
    pub edits: Vec<Edit>,
    /// The removed resources, as named in findings.
    pub left_out: Vec<String>,
    /// Whether any resource remains. A document that cannot be read counts if it has a kind.
    pub has_resources: bool,
    /// Whether the remaining resources have names, as a cluster requires.
    pub has_names: bool,
}

/// Splits `text` into resources for a cluster and others.
#[must_use]
pub fn for_cluster(text: &[u8]) -> ForCluster {
    let begins_resource = text.starts_with(b"kind:") || memchr::memmem::find(text, b"\nkind:").is_some();
    if begins_resource && MARKS.iter().all(|mark| memchr::memmem::find(text, mark.as_bytes()).is_none()) {
        // The common case needs no further check.
        return ForCluster { has_resources: true, has_names: true, ..ForCluster::default() };
    }
    let mut result = ForCluster::default();
    let source = Source { file: None, text, role: Role::Stream };
    let groups = cut::groups(0, &source);
    for (index, group) in groups.iter().enumerate() {
        let Ok(documents) = read::documents(group.text) else {
            result.has_resources |= has_kind(group.text);
            continue;
        };
        let mut is_whole = true;
        let mut edits = Vec::new();
        let mut left_out = Vec::new();
        // Whether each remaining resource has a name.
        let mut kept = Vec::new();
        for (offset, document) in &documents {
            let found = read::resources(document);
            let (goes, stays): (Vec<&Found>, Vec<&Found>) =
                found.iter().partition(|found| is_undeployed(document, found));
            is_whole &= !found.is_empty() && stays.is_empty();
            let own = if goes.is_empty() { Some(Vec::new()) } else { edits_of(document, &found) };
            // What cannot be removed stays, because a broken stream is useless.
            let stays = if own.is_some() { stays } else { found.iter().collect() };
            if let Some(own) = own {
                left_out.extend(goes.iter().map(|found| called(document, found)));
                edits.extend(own.into_iter().map(|edit| edit.shifted(group.offset + offset)));
            }
            kept.extend(stays.into_iter().filter(|found| is_resource(document, found)).map(|found| {
                let metadata = document.get(found.cursor, "metadata");
                ["name", "generateName"]
                    .iter()
                    .any(|key| metadata.is_some_and(|metadata| document.get(metadata, key).is_some()))
            }));
        }
        if is_whole && !documents.is_empty() {
            edits = vec![removal(group, groups.get(index + 1))];
        }
        result.edits.extend(edits);
        result.left_out.extend(left_out);
        result.has_resources |= !kept.is_empty();
        result.has_names |= kept.contains(&true);
    }
    result
}

/// Whether an unreadable text has a line with a kind, as resources do.
#[must_use]
pub fn has_kind(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n').any(|line| {
        let line = line.trim_ascii_start();
        let line = line.strip_prefix(b"- ").unwrap_or(line).trim_ascii_start();
        [&b"kind:"[..], b"\"kind\":", b"{\"kind\":"].iter().any(|key| line.starts_with(key))
    })
}

/// The edits that remove resources not meant for a cluster, or `None` if the text cannot be edited that way.
fn edits_of(document: &Document<'_>, found: &[Found]) -> Option<Vec<Edit>> {
    match removals_of(found, &|found| is_undeployed(document, found)) {
        Removal::Whole => {
            let range: Range<usize> = 0..document.source().len();
            Some(vec![Edit { range, text: String::new() }])
        }
        Removal::Parts(parts) => {
            let changes: Vec<Change> = parts.into_iter().map(Change::remove).collect();
            document.splice(&changes).ok()
        }
    }
}

/// The resource's name in findings; it may have only a kind.
fn called(document: &Document<'_>, found: &Found) -> String {
    let mut subject = found.subject(document);
    if let Some(kind) = document.get(found.cursor, "kind").and_then(|node| document.text(node)) {
        kind.clone_into(&mut subject.kind);
    }
    subject.to_string()
}

/// Whether the mapping is a resource. One without a kind can be anything, for example a chart's values.
fn is_resource(document: &Document<'_>, found: &Found) -> bool {
    found.identity.is_some() || document.get(found.cursor, "kind").is_some()
}

/// Whether no cluster knows the resource's kind.
pub(super) fn is_for_tools(document: &Document<'_>, found: &Found) -> bool {
    let text = |key| document.get(found.cursor, key).and_then(|node| document.text(node));
    match &found.identity {
        Some(identity) => GROUPS.contains(&identity.group()) || Identity::api_version(identity) == BUILTIN,
        None => text("apiVersion").is_none() && text("kind").is_some_and(|kind| KINDS.contains(&kind)),
    }
}

fn is_undeployed(document: &Document<'_>, found: &Found) -> bool {
    let annotations = document
        .get(found.cursor, "metadata")
        .and_then(|metadata| document.get(metadata, "annotations"))
        .filter(|annotations| document.is_mapping_at(*annotations));
    let annotation = |key: &str| document.get(annotations?, key);
    let is_local = annotation(LOCAL_CONFIG).is_some_and(|node| document.text(node) != Some("false"));
    is_for_tools(document, found) || is_local || FUNCTION.iter().any(|key| annotation(key).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::edited;

    const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

    fn printed(text: &str) -> (String, Vec<String>, bool) {
        let result = for_cluster(text.as_bytes());
        (edited(text, &result.edits), result.left_out, result.has_resources)
    }

    #[test]
    fn what_tools_read_is_left_out() {
        for (text, name) in [
            ("kind: Kustomization\n", "Kustomization (no name)"),
            ("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n", "Kustomization (no name)"),
            ("apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: p}\n", "Kptfile p"),
            ("apiVersion: otel-inject.dev/v1alpha1\nkind: OtelInject\nmetadata: {name: o}\n", "OtelInject o"),
            ("apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: t}\n", "PatchTransformer t"),
            (
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, annotations: {config.kubernetes.io/local-config: 'true'}}\n",
                "ConfigMap c",
            ),
            (
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: f, annotations: {config.kubernetes.io/function: 'exec: {path: f}'}}\n",
                "ConfigMap f",
            ),
        ] {
            assert_eq!(printed(text), (String::new(), vec![name.to_owned()], false), "{text}");
            let first = format!("{text}---\n{MAP}");
            assert_eq!(printed(&first), (format!("---\n{MAP}"), vec![name.to_owned()], true), "{text}");
            let last = format!("{MAP}---\n{text}");
            assert_eq!(printed(&last), (MAP.to_owned(), vec![name.to_owned()], true), "{text}");
        }
    }

    #[test]
    fn everything_else_stays() {
        for text in [
            MAP,
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps}\n",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, annotations: {config.kubernetes.io/local-config: 'false'}}\n",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, annotations: }\n",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {x: \"kind: Kustomization\"}\n",
            "kind: Anything\n",
            "kind: [broken\n",
        ] {
            assert_eq!(printed(text), (text.to_owned(), vec![], true), "{text}");
        }
    }

    #[test]
    fn what_has_no_kind_is_no_resource() {
        for text in
            ["", "# c\n", "replicas: 1\n", "[1, 2]\n", "Error: x: y\n", "\u{7f}ELF\u{0}", "{\"a\": 1}"]
        {
            assert_eq!(printed(text), (text.to_owned(), vec![], false), "{text}");
        }
    }

    #[test]
    fn a_list_loses_its_local_items() {
        let local = "{apiVersion: v1, kind: Secret, metadata: {name: s, annotations: {config.kubernetes.io/local-config: ''}}}";
        let other = "{apiVersion: v1, kind: Secret, metadata: {name: o}}";
        let list = |items: &[&str]| {
            let items: String = items.iter().map(|item| format!("- {item}\n")).collect();
            format!("apiVersion: v1\nkind: List\nitems:\n{items}")
        };
        let left = vec!["Secret s".to_owned()];
        assert_eq!(printed(&list(&[local, other])), (list(&[other]), left.clone(), true));
        assert_eq!(printed(&list(&[other, local])), (list(&[other]), left.clone(), true));
        assert_eq!(printed(&list(&[local])), (String::new(), left.clone(), false));
        let flow =
            |items: &str| format!("{{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [{items}]}}");
        let json = "{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"metadata\": {\"name\": \"s\", \"annotations\": {\"config.kubernetes.io/local-config\": \"true\"}}}";
        assert_eq!(
            printed(&flow(&format!("{json}, {{\"kind\": \"O\"}}"))),
            (flow("{\"kind\": \"O\"}"), left, true)
        );
    }

    #[test]
    fn names_are_noted() {
        for (text, has_names) in [
            (MAP, true),
            ("{apiVersion: v1, kind: Pod, metadata: {generateName: a-}}", true),
            ("{apiVersion: v1, kind: Pod, spec: {}}", false),
            ("{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, spec: {patches: []}}", false),
        ] {
            assert_eq!(for_cluster(text.as_bytes()).has_names, has_names, "{text}");
        }
    }
}
