//! Collectors with an unknown namespace: the pod's label does not include it.

use super::{Check, Planned};
use crate::config::annotations::SIDECAR;
use crate::finding::{Code, Finding};

pub(super) const CHECK: Check = Check { codes: &[Code::UnknownNamespace], run };

fn run(planned: &Planned<'_>) -> Vec<Finding> {
    let nowhere = planned.sidecar.filter(|request| request.namespace.is_empty());
    let finding = nowhere.map(|request| {
        let message = format!("the namespace of OpenTelemetryCollector {} is unknown", request.called());
        Finding::new(Code::UnknownNamespace, planned.cx.annotations.pointer(SIDECAR), message)
    });
    finding.into_iter().collect()
}
