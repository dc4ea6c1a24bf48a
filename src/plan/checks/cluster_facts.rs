//! Attributes that only a cluster knows and no variable can provide.

use super::{Check, Planned};
use crate::config::annotations::SIDECAR;
use crate::finding::{Code, Finding};
use crate::plan::attributes::OWNER_ATTRIBUTES;

pub(super) const CHECK: Check = Check { codes: &[Code::UnknowableAttribute], run };

fn run(planned: &Planned<'_>) -> Vec<Finding> {
    let cx = planned.cx;
    let asking = planned.languages.iter().find(|request| request.instrumentation.uid_attributes);
    let of_language = asking.map(|request| {
        let message = format!(
            "Instrumentation {} asks for UIDs; those of the pod's owners are known only in a cluster",
            request.source
        );
        Finding::new(Code::UnknowableAttribute, cx.annotations.pointer(request.language.switch), message)
    });
    let has_owner = cx.workload.owners().iter().any(|owner| OWNER_ATTRIBUTES.contains(&owner.attribute));
    let of_sidecar = planned.sidecar.filter(|_| has_owner).map(|_| {
        let message =
            "the sidecar's attributes lack the UIDs of the pod's owners, which are known only in a cluster";
        Finding::new(Code::UnknowableAttribute, cx.annotations.pointer(SIDECAR), message)
    });
    of_language.into_iter().chain(of_sidecar).collect()
}
