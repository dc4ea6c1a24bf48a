//! Handles Instrumentations and sidecar collectors in the output: kept, removed, or kept out of clusters.

use super::cut::Group;
use super::read::Found;
use crate::change::Change;
use crate::config::collector::{self, SIDECAR};
use crate::config::instrumentation::{GROUP, KIND};
use crate::k8s::LOCAL_CONFIG;
use crate::value::{escape, json};
use crate::yaml::{Cursor, Document, Edit};

/// Whether only an injection reads the resource: an Instrumentation of any version, or a sidecar collector.
pub(super) fn is_one(document: &Document<'_>, found: &Found) -> bool {
    let Some(identity) = found.identity.as_ref().filter(|identity| identity.group() == GROUP) else {
        return false;
    };
    let mode = || document.text(document.get(document.get(found.cursor, "spec")?, "mode")?);
    identity.kind() == KIND || (identity.kind() == collector::KIND && mode() == Some(SIDECAR))
}

/// The changes that keep the resource out of clusters; empty if it already has the annotation.
pub(super) fn local_config(document: &Document<'_>, found: &Found) -> Vec<Change> {
    let change = |existing: Option<Cursor>, pointer: String, value| match existing {
        Some(_) => Change::replace(pointer, value),
        None => Change::add(pointer, value),
    };
    let pointer = |inside: &str| format!("{}/metadata{inside}", found.base);
    let metadata = document.get(found.cursor, "metadata");
    let Some(mapping) = metadata.filter(|node| document.is_mapping_at(*node)) else {
        return vec![change(metadata, pointer(""), json!({"annotations": {LOCAL_CONFIG: "true"}}))];
    };
    let annotations = document.get(mapping, "annotations");
    let Some(mapping) = annotations.filter(|node| document.is_mapping_at(*node)) else {
        return vec![change(annotations, pointer("/annotations"), json!({LOCAL_CONFIG: "true"}))];
    };
    let current = document.get(mapping, LOCAL_CONFIG);
    match current.and_then(|node| document.text(node)) {
        Some(text) if text != "false" => Vec::new(),
        _ => vec![change(current, pointer(&format!("/annotations/{}", escape(LOCAL_CONFIG))), json!("true"))],
    }
}

/// What to remove from a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Removal {
    /// The whole document.
    Whole,
    /// These resources, the last one first, and lists that would become empty.
    Parts(Vec<String>),
}

/// Removes Instrumentations and sidecar collectors from a document.
pub(super) fn removals(document: &Document<'_>, found: &[Found]) -> Removal {
    removals_of(found, &|found| is_one(document, found))
}

/// Removes the resources for which `goes` returns true.
pub(super) fn removals_of(found: &[Found], goes: &dyn Fn(&Found) -> bool) -> Removal {
    if !found.is_empty() && found.iter().all(goes) {
        return Removal::Whole;
    }
    let mut parts: Vec<String> = Vec::new();
    for one in found.iter().filter(|one| goes(one)) {
        let mut part = one.base.as_str();
        while let Some((list, _)) = part.rsplit_once("/items/") {
            let inside = format!("{list}/items/");
            if list.is_empty() || !found.iter().filter(|one| one.base.starts_with(&inside)).all(goes) {
                break;
            }
            part = list;
        }
        if parts.last().is_none_or(|last| last != part) {
            parts.push(part.to_owned());
        }
    }
    parts.reverse();
    Removal::Parts(parts)
}

/// Removes a whole group. The next one must remain a separate document.
pub(super) fn removal(group: &Group<'_>, next: Option<&Group<'_>>) -> Edit {
    let mut lines = next.map_or(&b""[..], |next| next.text).split(|byte| *byte == b'\n');
    let first = lines.find(|line| !matches!(line.trim_ascii_start(), [] | [b'#', ..]));
    let text = match first {
        // A directive belongs to what follows it, so the text before it must be closed.
        Some([b'%', ..]) => "...\n",
        Some(line) if !line.starts_with(b"---") => "---\n",
        _ => "",
    };
    Edit { range: group.offset..group.offset + group.text.len(), text: text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::read;

    fn parts(text: &str) -> Removal {
        let document = Document::parse(text).expect("YAML");
        removals(&document, &read::resources(&document))
    }

    const ONE: &str = "{apiVersion: opentelemetry.io/v1beta1, kind: Instrumentation}";

    #[test]
    fn a_list_goes_with_its_last_resource() {
        let other = "{apiVersion: v1, kind: Secret}";
        let list = |items: &[&str]| format!("{{apiVersion: v1, kind: List, items: [{}]}}", items.join(", "));
        assert_eq!(parts(ONE), Removal::Whole);
        let collector = |mode: &str| {
            parts(&format!(
                "{{apiVersion: opentelemetry.io/v1beta1, kind: OpenTelemetryCollector, spec: {{mode: {mode}}}}}"
            ))
        };
        assert_eq!(collector("sidecar"), Removal::Whole);
        assert_eq!(collector("deployment"), Removal::Parts(vec![]));
        assert_eq!(parts(other), Removal::Parts(vec![]));
        assert_eq!(parts(&list(&[ONE, &list(&[ONE])])), Removal::Whole);
        let mixed = list(&[ONE, other, &list(&[ONE, ONE]), ONE]);
        assert_eq!(
            parts(&mixed),
            Removal::Parts(["/items/3", "/items/2", "/items/0"].map(Into::into).into())
        );
        let inner = list(&[other, &list(&[other, ONE])]);
        assert_eq!(parts(&inner), Removal::Parts(vec!["/items/1/items/1".into()]));
    }

    #[test]
    fn only_false_is_not_local() {
        let changes = |metadata: &str| {
            let text = format!("{{apiVersion: opentelemetry.io/v1alpha1, kind: Instrumentation{metadata}}}");
            let document = Document::parse(&text).expect("YAML");
            local_config(&document, &read::resources(&document)[0])
        };
        let key = "/metadata/annotations/config.kubernetes.io~1local-config";
        let whole = json!({LOCAL_CONFIG: "true"});
        assert_eq!(changes(""), [Change::add("/metadata", json!({"annotations": whole}))]);
        assert_eq!(changes(", metadata: {name: a}"), [Change::add("/metadata/annotations", whole.clone())]);
        assert_eq!(
            changes(", metadata: {annotations: null}"),
            [Change::replace("/metadata/annotations", whole)]
        );
        assert_eq!(changes(", metadata: {annotations: {a: b}}"), [Change::add(key, json!("true"))]);
        for (value, is_changed) in [("'false'", true), ("false", true), ("'true'", false), ("''", false)] {
            let metadata =
                format!(", metadata: {{annotations: {{config.kubernetes.io/local-config: {value}}}}}");
            assert_eq!(changes(&metadata).len(), usize::from(is_changed), "{value}");
        }
    }
}
