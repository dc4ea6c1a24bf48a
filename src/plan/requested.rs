//! What a workload requests, and annotations without effect.

use ecow::EcoString;

use crate::config::annotations::{PREFIX, is_known, ours, unknown};
use crate::config::effective::Annotations;
use crate::finding::Finding;
use crate::k8s::{Identity, Kind, Workload, subject};
use crate::select::{self, Selection};
use crate::value::{Map, Value, escape};

/// What a workload requests.
#[derive(Debug, Default)]
pub struct Requested {
    /// Findings about annotations without effect.
    pub findings: Vec<Finding>,
    /// The resources it uses: kinds, and their names in messages.
    pub sources: Vec<(&'static str, String)>,
    /// The indexes of the rules that select the workload.
    pub rules: Vec<usize>,
}

/// What a workload requests, and warnings about annotations that request nothing; pointers are relative to it.
#[must_use]
pub fn requested(selection: &Selection<'_>) -> Requested {
    let Selection { workload, annotations, .. } = selection;
    let of_template = workload.metadata("annotations");
    let mut findings =
        of_template.map_or_else(Vec::new, |map| unknown(map, &workload.pointer("/metadata/annotations")));
    for (at, mapping) in wrong_places(workload) {
        findings.extend(misplaced(&at, mapping, workload, annotations));
        if at.ends_with("/metadata/annotations") {
            findings.extend(unknown(mapping, &at));
        }
    }
    let findings = findings.into_iter().map(|finding| finding.about(workload.subject())).collect();
    Requested { findings, sources: select::sources(selection), rules: annotations.selecting().to_vec() }
}

/// Findings about annotations on an unused pod template, because another resource's is used.
pub fn of_elsewhere(resource: &Value, identity: &Identity) -> Vec<Finding> {
    let kind = Kind::find(identity.group(), identity.kind());
    let Some((kind, elsewhere)) = kind.and_then(|kind| Some((kind, kind.elsewhere?))) else {
        return Vec::new();
    };
    let at = format!("{}/metadata/annotations", kind.template);
    let annotations = resource.pointer(&at).and_then(Value::as_object).into_iter().flatten();
    let asks = |key: &str| ours(key).is_some_and(|(prefix, short)| is_known(prefix, short));
    let finding = |(key, _): (&EcoString, &Value)| {
        let pointer = format!("{at}/{}", escape(key));
        Finding::annotation_beside_named_template(pointer, key, &dotted(elsewhere))
            .about(subject(resource, identity))
    };
    annotations.filter(|(key, _)| asks(key)).map(finding).collect()
}

/// Mappings above the pod's spec that get annotations by mistake: annotations of the workload or of intermediate
/// resources, labels, and fields that do not exist.
fn wrong_places<'v>(workload: &Workload<'v>) -> Vec<(String, &'v Map)> {
    let right = workload.pointer("/metadata/annotations");
    let pod = workload.pointer("/spec");
    let ends = pod.match_indices('/').map(|(at, _)| at).chain([pod.len()]);
    let above = ends.filter_map(|end| Some((&pod[..end], workload.resource.pointer(&pod[..end])?)));
    let mappings = |(above, value): (&str, &'v Value)| {
        let metadata = value.get("metadata");
        let of_metadata = |key: &str| metadata.and_then(|metadata| metadata.get(key));
        [
            ("/metadata/annotations", of_metadata("annotations")),
            ("/annotations", value.get("annotations")),
            ("/metadata/labels", of_metadata("labels")),
            ("/metadata", metadata),
        ]
        .map(|(place, value)| value?.as_object().map(|mapping| ([above, place].concat(), mapping)))
    };
    above.flat_map(mappings).flatten().filter(|(at, _)| *at != right).collect()
}

/// Findings about annotations that only work on the pod template.
fn misplaced(
    at: &str,
    mapping: &Map,
    workload: &Workload<'_>,
    annotations: &Annotations<'_>,
) -> Vec<Finding> {
    let misplaced = mapping.iter().filter(|(key, value)| {
        ours(key).is_some_and(|(prefix, short)| {
            let read = if prefix == PREFIX { short } else { key.as_str() };
            // Repeating what the template has is harmless.
            is_known(prefix, short)
                && annotations.effective(read).is_empty()
                && value.as_str() != Some("false")
        })
    });
    let finding = |(key, _): (&EcoString, &Value)| {
        let right = dotted(&workload.pointer("/metadata/annotations"));
        Finding::annotation_in_wrong_place(format!("{at}/{}", escape(key)), key, &dotted(at), &right)
    };
    misplaced.map(finding).collect()
}

/// A pointer as a dotted path.
fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}
