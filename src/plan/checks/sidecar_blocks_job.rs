//! Jobs that never complete because of a regular sidecar container.

use super::{Check, Planned};
use crate::config::annotations::SIDECAR;
use crate::finding::{Code, Finding};

pub(super) const CHECK: Check = Check { codes: &[Code::SidecarBlocksJob], run };

/// Workloads that complete when their containers exit.
const JOBS: &[&str] = &["Job", "CronJob"];

fn run(planned: &Planned<'_>) -> Vec<Finding> {
    let identity = &planned.cx.workload.identity;
    let is_job = identity.group() == "batch" && JOBS.contains(&identity.kind());
    if planned.sidecar.is_none() || !planned.cx.settings.plain_sidecars || !is_job {
        return Vec::new();
    }
    vec![Finding::job_never_completes(planned.cx.annotations.pointer(SIDECAR), identity.kind())]
}
