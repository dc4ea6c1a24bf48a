//! Variables that a sidecar's configuration needs and that its `envFrom` is known not to bring. A collector without
//! `envFrom` is checked when it is read.

use super::{Check, Planned};
use crate::config::annotations::SIDECAR;
use crate::config::collector::KIND;
use crate::config::env_from::Brought;
use crate::finding::{Code, Finding};

pub(super) const CHECK: Check = Check { codes: &[Code::UnsetVariable], run };

fn run(planned: &Planned<'_>) -> Vec<Finding> {
    let cx = planned.cx;
    let Some(request) = planned.sidecar.filter(|request| !request.collector.needs.is_empty()) else {
        return Vec::new();
    };
    let Some(sidecar) = planned.containers.sidecars().next() else { return Vec::new() };
    let env_from = cx.context.env_from(sidecar, &cx.namespace);
    let unset = request.collector.needs.iter().filter(|(_, name)| env_from.find(name) == Brought::Absent);
    let pointer = cx.annotations.pointer(SIDECAR);
    let finding = |(at, name): &(String, String)| {
        let called = request.called();
        Finding::collector_variable_not_set(&pointer, &called, name).due_to(KIND, &called, at)
    };
    unset.map(finding).collect()
}
