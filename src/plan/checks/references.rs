//! Secrets and ConfigMaps that an injection mounts and that are not in the input.

use super::{Check, Planned};
use crate::config::annotations::SIDECAR;
use crate::finding::{Code, Finding};
use crate::plan::exporter;

pub(super) const CHECK: Check = Check { codes: &[Code::MissingReference], run };

fn run(planned: &Planned<'_>) -> Vec<Finding> {
    let cx = planned.cx;
    let is_missing = |kind: &str, name: &str| !cx.context.has_reference(kind, &cx.namespace, name);
    let finding = |pointer: String, who: &str, kind: &str, name: &str| {
        Finding::new(
            Code::MissingReference,
            pointer,
            format!("{who} refers to {kind} {name}, which is not in the input"),
        )
    };
    let mut findings = Vec::new();
    let mut seen = Vec::new();
    for request in planned.languages {
        for (kind, name) in exporter::references(request.instrumentation) {
            if !seen.contains(&(kind, name)) && is_missing(kind, name) {
                seen.push((kind, name));
                let pointer = cx.annotations.pointer(request.language.switch);
                findings.push(finding(pointer, &format!("Instrumentation {}", request.source), kind, name));
            }
        }
    }
    if let Some(request) = planned.sidecar {
        let who = format!("OpenTelemetryCollector {}", request.called());
        let missing = request.collector.config_maps.iter().filter(|name| is_missing("ConfigMap", name));
        findings
            .extend(missing.map(|name| finding(cx.annotations.pointer(SIDECAR), &who, "ConfigMap", name)));
    }
    findings
}
