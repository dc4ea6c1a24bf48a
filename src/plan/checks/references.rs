//! Secrets and ConfigMaps that an injection mounts and that are not in the input.

use super::{Check, Planned};
use crate::config::annotations::SIDECAR;
use crate::finding::{Code, Finding};
use crate::plan::exporter;

pub(super) const CHECK: Check = Check { codes: &[Code::MissingReference], run };

fn run(planned: &Planned<'_>) -> Vec<Finding> {
    let cx = planned.cx;
    let is_missing = |kind: &str, name: &str| !cx.context.has_reference(kind, &cx.namespace, name);
    let mut findings = Vec::new();
    let mut seen = Vec::new();
    for request in planned.languages {
        for (kind, name) in exporter::references(request.instrumentation) {
            if !seen.contains(&(kind, name)) && is_missing(kind, name) {
                seen.push((kind, name));
                let pointer = cx.annotations.pointer(request.language.switch);
                let user = format!("Instrumentation {}", request.source);
                findings.push(Finding::reference_not_in_input(pointer, &user, kind, name));
            }
        }
    }
    if let Some(request) = planned.sidecar {
        let pointer = cx.annotations.pointer(SIDECAR);
        let user = format!("OpenTelemetryCollector {}", request.called());
        let missing = request.collector.config_maps.iter().filter(|name| is_missing("ConfigMap", name));
        findings
            .extend(missing.map(|name| Finding::reference_not_in_input(&pointer, &user, "ConfigMap", name)));
    }
    findings
}
