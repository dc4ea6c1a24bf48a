//! Collectors with an unknown namespace: the pod's label does not include it.

use super::{Check, Planned};
use crate::config::annotations::SIDECAR;
use crate::finding::{Code, Finding};

pub(super) const CHECK: Check = Check { codes: &[Code::UnknownNamespace], run };

fn run(planned: &Planned<'_>) -> Vec<Finding> {
    let nowhere = planned.sidecar.filter(|request| request.namespace.is_empty());
    let pointer = planned.cx.annotations.pointer(SIDECAR);
    let finding = nowhere.map(|request| Finding::collector_without_namespace(pointer, &request.called()));
    finding.into_iter().collect()
}
