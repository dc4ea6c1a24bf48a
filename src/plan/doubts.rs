//! What is doubtful about a plan: a file each, or a few lines.

use super::draft::Draft;
use super::{Scene, exporter, web_server};
use crate::config::Settings;
use crate::finding::{Code, Finding};
use crate::languages::Delivery;
use crate::select::{self, Request};

mod attribute_values;
mod collector;
mod knative;
mod mounts;
mod order;
mod otlp;
mod pod_security;
mod proxy;
mod root;

/// Warnings and infos about the instrumentation that was planned.
pub(super) fn all(
    scene: &Scene<'_>,
    requests: &[Request<'_>],
    settings: &Settings,
    draft: &Draft,
) -> Vec<Finding> {
    let mut findings = references(scene, requests);
    for request in requests {
        findings.extend(proxy::doubt(scene, request));
        findings.extend(mounts::gone(scene, request, draft));
        findings.extend(otlp::doubts(scene, request, draft));
    }
    findings.extend(attribute_values::doubts(scene, requests));
    findings.extend(order::misplaced(scene, requests, draft));
    findings.extend(root::doubts(scene, draft));
    findings.extend(knative::features(scene, draft));
    findings.extend(pod_security::lost(scene, settings, draft));
    findings
}

/// Warnings and infos about the sidecar that was planned.
pub(super) fn of_sidecar(
    scene: &Scene<'_>,
    request: &select::collector::Request<'_>,
    settings: &Settings,
    draft: &Draft,
) -> Vec<Finding> {
    let mut findings = collector::doubts(scene, request, settings);
    findings.extend(order::misplaced_of_sidecar(scene, draft));
    findings.extend(root::doubts(scene, draft));
    findings.extend(knative::features(scene, draft));
    findings.extend(pod_security::lost(scene, settings, draft));
    findings
}

fn references(scene: &Scene<'_>, requests: &[Request<'_>]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut seen = Vec::new();
    for request in requests {
        let pointer = scene.annotations.pointer(request.language.switch);
        for (kind, name) in exporter::references(request.instrumentation) {
            if seen.contains(&(kind, name)) || scene.context.has_reference(kind, &scene.namespace, name) {
                continue;
            }
            seen.push((kind, name));
            let message =
                format!("Instrumentation {} names {kind} {name}, which is not in the input", request.source);
            findings.push(Finding::new(Code::MissingReference, pointer.clone(), message));
        }
        if matches!(request.language.recipe.delivery, Delivery::WebServer(_)) {
            findings.extend(web_server::environment_only(scene, request));
        }
        let is_said = findings.iter().any(|finding| finding.code == Code::UnknowableAttribute);
        if request.instrumentation.uid_attributes && !is_said {
            let message = format!(
                "Instrumentation {} asks for UIDs; those of the pod's owners are known only in a cluster",
                request.source
            );
            findings.push(Finding::new(Code::UnknowableAttribute, pointer, message));
        }
    }
    findings
}
