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
        Finding::owner_uids_asked(cx.annotations.pointer(request.language.switch), &request.source)
    });
    let has_owner = cx.workload.owners().iter().any(|owner| OWNER_ATTRIBUTES.contains(&owner.attribute));
    let sidecar = planned.sidecar.filter(|_| has_owner);
    let of_sidecar = sidecar.map(|_| Finding::owner_uids_lacking(cx.annotations.pointer(SIDECAR)));
    of_language.into_iter().chain(of_sidecar).collect()
}
