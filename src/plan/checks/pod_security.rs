//! A Pod Security Standards level that the pod no longer meets.

use super::{Check, Planned};
use crate::finding::{Code, Finding};
use crate::k8s::security::{Level, Version, meets, newly_violated, violations};
use crate::value::Value;

pub(super) const CHECK: Check =
    Check { codes: &[Code::PodSecurity], run: |planned| lost(planned).into_iter().collect() };

/// The weakest level that the pod no longer meets because of the injection. If a level is enforced, stricter ones are
/// ignored.
fn lost(planned: &Planned<'_>) -> Option<Finding> {
    let Planned { cx, draft, .. } = planned;
    let (enforced, version) = match cx.settings.pod_security {
        Some(security) => (security.enforce, security.version),
        None => (Level::Restricted, Version::LATEST),
    };
    let pointer = cx.workload.pointer("");
    let none = Value::Null;
    let before = cx.workload.resource.pointer(&pointer).unwrap_or(&none);
    let after = draft.value().pointer(&pointer).unwrap_or(&none);
    // What is added violates this level, and so every stricter one.
    let violated = newly_violated(after, before, version)?;
    let is_lost = |level: &Level| (violated..=enforced).contains(level) && meets(before, *level, version);
    let lost = Level::ALL.into_iter().find(is_lost)?;
    let fields = violations(after, lost, version);
    (!fields.is_empty()).then(|| Finding::level_no_longer_met(pointer, lost.as_str(), &fields.join(", ")))
}
