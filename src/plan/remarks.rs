//! What is remarkable about a workload whether or not anything is injected into it.

use serde_json::{Map, Value};

use crate::change::escape;
use crate::config::Settings;
use crate::config::annotations::{Annotations, PREFIX, is_known, ours, unknown};
use crate::config::context::{Context, namespace_of};
use crate::finding::{Code, Finding};
use crate::k8s::{Identity, Kind, Workload, subject};
use crate::select;

/// What there is to say about a workload, and the resources that it asks for.
#[derive(Debug, Default)]
pub struct Remarks {
    /// Annotations that nobody reads.
    pub findings: Vec<Finding>,
    /// Kinds, and what messages call them.
    pub asks_for: Vec<(&'static str, String)>,
    /// The rules that select the workload, by their positions.
    pub rules: Vec<usize>,
}

/// Remarks about `resource`; pointers are relative to it.
#[must_use]
pub fn remarks(resource: &Value, identity: &Identity, context: &Context, settings: &Settings) -> Remarks {
    let Some(workload) = Workload::of(resource, identity, &settings.kinds) else {
        let findings = of_elsewhere(resource, identity);
        return Remarks { findings, ..Remarks::default() };
    };
    let namespace = namespace_of(resource, settings);
    let annotations = Annotations::new(&workload, &namespace, context, settings);
    let of_template = workload.metadata("annotations");
    let mut findings =
        of_template.map_or_else(Vec::new, |map| unknown(map, &workload.pointer("/metadata/annotations")));
    // A pod's own metadata is its template's.
    let own = resource.get("metadata").and_then(|metadata| metadata.get("annotations"));
    if let (false, Some(own)) = (workload.pointer("").is_empty(), own.and_then(Value::as_object)) {
        findings.extend(misplaced(own, &annotations));
        findings.extend(unknown(own, "/metadata/annotations"));
    }
    let findings = findings.into_iter().map(|finding| finding.about(workload.subject())).collect();
    let rules = settings.rules.iter().enumerate();
    let rules = rules.filter(|(_, rule)| rule.matches(&workload, &namespace));
    Remarks {
        findings,
        asks_for: select::sources(&workload, &annotations, context, settings),
        rules: rules.map(|(index, _)| index).collect(),
    }
}

/// Annotations on a pod template that is not used, since another resource's is.
fn of_elsewhere(resource: &Value, identity: &Identity) -> Vec<Finding> {
    let kind = Kind::find(identity.group(), identity.kind());
    let Some((kind, elsewhere)) = kind.and_then(|kind| Some((kind, kind.elsewhere?))) else {
        return Vec::new();
    };
    let at = format!("{}/metadata/annotations", kind.template);
    let annotations = resource.pointer(&at).and_then(Value::as_object).into_iter().flatten();
    let asks = |key: &str| ours(key).is_some_and(|(prefix, short)| is_known(prefix, short));
    let finding = |(key, _): (&String, &Value)| {
        let named = elsewhere.trim_start_matches('/').replace('/', ".");
        let message = format!("annotation {key} asks for nothing here: {named} names the pod template");
        let finding = Finding::new(Code::MisplacedAnnotation, format!("{at}/{}", escape(key)), message);
        finding
            .about(subject(resource, identity))
            .help("Move it to the pod template of the workload that is named.")
    };
    annotations.filter(|(key, _)| asks(key)).map(finding).collect()
}

/// Annotations on a workload that count only on its pod template.
fn misplaced(own: &Map<String, Value>, annotations: &Annotations<'_>) -> Vec<Finding> {
    let misplaced = own.iter().filter(|(key, value)| {
        ours(key).is_some_and(|(prefix, short)| {
            let read = if prefix == PREFIX { short } else { key.as_str() };
            // What the template says as well is a habit, and no mistake.
            is_known(prefix, short)
                && annotations.effective(read).is_empty()
                && value.as_str() != Some("false")
        })
    });
    let finding = |(key, _): (&String, &Value)| {
        let pointer = format!("/metadata/annotations/{}", escape(key));
        let message = format!("annotation {key} stands on the workload, where nobody reads it");
        Finding::new(Code::MisplacedAnnotation, pointer, message)
    };
    misplaced.map(finding).collect()
}
