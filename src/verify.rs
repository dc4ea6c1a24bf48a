//! Verifies edits before anything is written.

use crate::change::Change;
use crate::config::Settings;
use crate::config::context::Context;
use crate::finding::{Code, Finding};
use crate::k8s::{Identity, knative};
use crate::plan::{self, Verdict};
use crate::value::{Value, json};
use crate::yaml::{Document, Edit, edited, reads_as};

/// An edited workload.
#[derive(Debug)]
pub struct Edited<'e> {
    /// Its pointer in the document.
    pub base: &'e str,
    /// Its identity.
    pub identity: &'e Identity,
    /// Its expected value.
    pub value: Value,
    /// Set if no record was written: planning the workload again must not change it. Lists why a part of its request
    /// was refused.
    pub unrecorded: Option<Vec<Code>>,
}

/// Verifies that `document` with `edits` has the planned `workloads` and then the changes of `others`. The text is read
/// again and must have that value, and planning a workload without a record again must not change it. (A record was
/// verified when it was created.) Bytes outside the edits are unchanged, because the edits are in order and do not
/// overlap.
///
/// # Errors
/// Describes the difference.
pub fn prove(
    document: &Document<'_>,
    edits: &[Edit],
    workloads: Vec<Edited<'_>>,
    others: &[Change],
    context: &Context,
    settings: &Settings,
) -> Result<(), String> {
    let text = document.source();
    let mut at = 0;
    for Edit { range, .. } in edits {
        if range.start < at || range.end < range.start || range.end > text.len() {
            return Err(format!("edits overlap at byte {}", range.start));
        }
        at = range.end;
    }
    let text = edited(text, edits);
    for workload in &workloads {
        let Some(refused) = &workload.unrecorded else { continue };
        let is_known = |finding: &Finding| {
            matches!(finding.code, Code::AlreadyInstrumented | Code::UpToDate)
                || refused.contains(&finding.code)
        };
        let Edited { value, identity, .. } = workload;
        let named = knative::named(value, identity, knative::are_several(value));
        match plan::plan(named.as_ref().unwrap_or(value), identity, context, settings) {
            Verdict::Nothing | Verdict::Skipped(_) => {}
            Verdict::Refused(findings) if findings.iter().all(is_known) => {}
            Verdict::Refused(_) | Verdict::Planned(_) => {
                return Err("planning the edited workload again would change it".into());
            }
        }
    }
    let expected = expected(document, workloads, others)?;
    if reads_as(&text, &expected) {
        return Ok(());
    }
    let reread = Document::parse(&text).map_err(|problem| format!("the edited text: {problem}"))?;
    let actual = reread.value().map_err(|problem| format!("the edited text: {problem}"))?;
    if actual == expected { Ok(()) } else { Err("the edited text has another value than was planned".into()) }
}

/// The document's expected value, with the planned workloads and the other changes.
fn expected(
    document: &Document<'_>,
    mut workloads: Vec<Edited<'_>>,
    others: &[Change],
) -> Result<Value, String> {
    if let ([Edited { base, value, .. }], []) = (workloads.as_mut_slice(), others) {
        // If the workload is the document or its only item, nothing else needs to be built.
        let items = document.at("").and_then(|root| document.elements(root));
        match (*base, items.as_deref()) {
            ("", _) => return Ok(value.take()),
            ("/0", Some([_])) => return Ok(json!([value.take()])),
            _ => {}
        }
    }
    let mut expected = document.value().map_err(|problem| problem.message)?;
    for workload in workloads {
        match expected.pointer_mut(workload.base) {
            Some(place) => *place = workload.value,
            None => return Err(format!("no workload at {}", workload.base)),
        }
    }
    for change in others {
        change.apply(&mut expected).map_err(|error| error.to_string())?;
    }
    Ok(expected)
}
