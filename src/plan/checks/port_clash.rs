//! Ports that both the sidecar and the pod's own containers listen on.

use super::{Check, Planned};
use crate::finding::{Code, Finding};
use crate::k8s::pod::{List, elements, name};
use crate::value::Value;

pub(super) const CHECK: Check = Check { codes: &[Code::PortClash], run };

fn run(planned: &Planned<'_>) -> Vec<Finding> {
    let Some(request) = planned.sidecar else { return Vec::new() };
    let cx = planned.cx;
    let none = Value::Null;
    let spec = cx.workload.pod().unwrap_or(&none);
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
                    let pointer = cx.workload.pointer(&format!("/spec/{}/{index}/ports/{at}", list.key()));
                    findings.push(Finding::port_in_use(pointer, name(container), *number));
                }
            }
        }
    }
    findings
}
