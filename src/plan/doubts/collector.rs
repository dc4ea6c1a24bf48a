//! What is doubtful about a sidecar beside what its pod has.

use serde_json::Value;

use crate::config::Settings;
use crate::config::annotations::SIDECAR;
use crate::finding::{Code, Finding};
use crate::k8s::pod::{List, elements, name};
use crate::plan::Scene;
use crate::plan::collector::NAMED;
use crate::select::collector::Request;

/// Workloads that are done when their containers are.
const JOBS: &[&str] = &["Job", "CronJob"];

/// Warnings and infos about a sidecar.
pub(super) fn doubts(scene: &Scene<'_>, request: &Request<'_>, settings: &Settings) -> Vec<Finding> {
    let pointer = scene.annotations.pointer(SIDECAR);
    let called = request.called();
    let mut findings = Vec::new();
    let mut say = |code: Code, message: String| findings.push(Finding::new(code, pointer.clone(), message));
    if request.namespace.is_empty() {
        say(Code::UnknownNamespace, format!("nothing says the namespace of OpenTelemetryCollector {called}"));
    }
    let kind = scene.workload.identity.kind();
    if settings.plain_sidecars && JOBS.contains(&kind) && scene.workload.identity.group() == "batch" {
        say(Code::SidecarBlocksJob, format!("a {kind} never completes beside a sidecar that is not native"));
    }
    let missing =
        |config_map: &&String| !scene.context.has_reference("ConfigMap", &scene.namespace, config_map);
    for config_map in request.collector.config_maps.iter().filter(missing) {
        let message = format!(
            "OpenTelemetryCollector {called} names ConfigMap {config_map}, which is not in the input"
        );
        say(Code::MissingReference, message);
    }
    if scene.workload.owners().iter().any(|owner| NAMED.contains(&owner.attribute)) {
        let message = "the UIDs of the pod's owners are known only in a cluster, and not among the attributes of \
                       the sidecar";
        say(Code::UnknowableAttribute, message.to_owned());
    }
    findings.extend(clashes(scene, request));
    findings
}

/// Ports of the pod's own containers that the sidecar listens on, too.
fn clashes(scene: &Scene<'_>, request: &Request<'_>) -> Vec<Finding> {
    let none = Value::Null;
    let spec = scene.workload.pod().unwrap_or(&none);
    let mut findings = Vec::new();
    for list in [List::Init, List::Regular] {
        for (index, container) in elements(spec, list.key()).iter().enumerate() {
            let restarts = container.get("restartPolicy").and_then(Value::as_str) == Some("Always");
            if list == List::Init && !restarts {
                continue;
            }
            for (at, port) in elements(container, "ports").iter().enumerate() {
                let protocol = port.get("protocol").and_then(Value::as_str).filter(|text| !text.is_empty());
                let number = port.get("containerPort").and_then(Value::as_u64);
                let is_same = |(listens, speaks): &&(u32, String)| {
                    Some(u64::from(*listens)) == number && speaks == protocol.unwrap_or("TCP")
                };
                if let Some((number, _)) = request.collector.listens_on.iter().find(is_same) {
                    let message =
                        format!("container {} has port {number}, where the sidecar listens", name(container));
                    let pointer = format!("/spec/{}/{index}/ports/{at}", list.key());
                    findings.push(Finding::new(Code::PortClash, scene.workload.pointer(&pointer), message));
                }
            }
        }
    }
    findings
}
