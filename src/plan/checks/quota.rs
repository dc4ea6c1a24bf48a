//! Added containers without the requests or limits that a ResourceQuota demands: no pod of the workload is created.
//! <https://kubernetes.io/docs/concepts/policy/resource-quotas/>

use super::amounts::added;
use super::{Check, Planned};
use crate::finding::{Code, Finding};
use crate::k8s::metadata_text;
use crate::k8s::pod::{elements, name};
use crate::value::Value;

/// What a quota of a resource demands of every container: the part of its resources, and the resource.
const DEMANDS: &[(&str, &str, &str)] = &[
    ("cpu", "requests", "cpu"),
    ("memory", "requests", "memory"),
    ("requests.cpu", "requests", "cpu"),
    ("requests.memory", "requests", "memory"),
    ("limits.cpu", "limits", "cpu"),
    ("limits.memory", "limits", "memory"),
];

pub(super) const CHECK: Check =
    Check { codes: &[Code::Quota], run: |planned| run(planned).unwrap_or_default() };

/// `None` if an amount is not known.
fn run(planned: &Planned<'_>) -> Option<Vec<Finding>> {
    let cx = planned.cx;
    let quotas = cx.context.others("ResourceQuota", &cx.namespace)?;
    let [_, pod] = planned.pods;
    // Requests and limits of the pod as a whole are enough.
    if quotas.is_empty() || pod.get("resources").is_some() {
        return Some(Vec::new());
    }
    let ranges = planned.ranges()?;
    let mut findings = Vec::new();
    for one in added(planned) {
        let resources = ranges.resources(one.container)?;
        for quota in quotas.iter().copied().filter(|quota| counts_every_pod(quota)) {
            let hard = quota.pointer("/spec/hard").and_then(Value::as_object);
            let is_demanded = |key: &str| hard.is_some_and(|hard| hard.contains_key(key));
            let mut missing: Vec<String> = Vec::new();
            for (_, part, resource) in DEMANDS.iter().filter(|(key, ..)| is_demanded(key)) {
                let all = if *part == "limits" { &resources.limits } else { &resources.requests };
                let what = format!("{part}.{resource}");
                let is_there = all.contains_key(*resource) || resources.unknown.contains(*resource);
                if !is_there && !missing.contains(&what) {
                    missing.push(what);
                }
            }
            if !missing.is_empty() {
                let (quota, missing) =
                    (metadata_text(quota, "name").unwrap_or_default(), missing.join(" and "));
                let field = one.field("");
                let finding =
                    Finding::quota_demands(&one.pointer, name(one.container), &missing, quota, &field);
                findings.push(one.blamed(finding));
            }
        }
    }
    Some(findings)
}

/// Whether a quota counts every pod, whatever its priority or deadline.
fn counts_every_pod(quota: &Value) -> bool {
    let spec = quota.get("spec").unwrap_or(&Value::Null);
    elements(spec, "scopes").is_empty() && spec.get("scopeSelector").is_none_or(Value::is_null)
}
