//! Plans changes without side effects: takes a workload and returns a list of changes, or why there is none.

use crate::change::Change;
use crate::config::Settings;
use crate::config::annotations::SIDECAR;
use crate::config::context::Context;
use crate::config::instrumentation::KIND;
use crate::finding::{Code, Finding, Injection};
use crate::k8s::Identity;
use crate::k8s::pod::misshapen;
use crate::languages::{self, Delivery};
use crate::select::{Decision, Request, Selection, decide};
use crate::value::{Value, json};

mod agent_container;
mod attributes;
mod checks;
mod collector;
mod container;
mod copy;
pub mod differences;
mod draft;
mod env;
mod exporter;
mod pod;
pub mod record;
pub mod requested;
mod resources;
mod sdk;
mod web_server;

use checks::Planned;
use draft::Draft;

/// The result for a resource.
#[derive(Debug)]
pub enum Verdict {
    /// It is not a workload, or requests nothing.
    Nothing,
    /// It requests something but is left unchanged; infos give the reason.
    Skipped(Vec<Finding>),
    /// The request cannot be fulfilled; the findings give the reasons.
    Refused(Vec<Finding>),
    /// It is changed.
    Planned(Plan),
}

/// The changes of one workload.
#[derive(Debug)]
pub struct Plan {
    /// The changes, in order.
    pub changes: Vec<Change>,
    /// The resource after the changes.
    pub value: Value,
    /// Findings about what was injected, doubtful settings, and a request that was skipped.
    pub findings: Vec<Finding>,
    /// The workload before the injection, if an unwanted collector was removed first.
    pub base: Option<Box<Value>>,
    /// The resources it was injected from: kinds and names; empty if only a collector was removed.
    pub sources: Vec<String>,
    /// Why one of the two requests was refused.
    pub refused: Vec<Code>,
}

/// The result of a step, or why the workload is refused.
type Step<T = ()> = Result<T, Box<Finding>>;

/// A fulfilled request, including earlier ones.
struct Done {
    draft: Draft,
    injections: Vec<Injection>,
    /// The resources it came from: kinds and names.
    sources: Vec<String>,
    /// What was injected, in words.
    parts: Vec<String>,
    /// Doubtful settings.
    findings: Vec<Finding>,
}

/// The result of a request: nothing to do, done, or the reasons why the workload is left unchanged.
type Outcome = Result<Option<Done>, Vec<Finding>>;

/// Plans the changes of `resource`, as [`planned`] does.
#[must_use]
pub fn plan(resource: &Value, identity: &Identity, context: &Context, settings: &Settings) -> Verdict {
    let selection = Selection::read(resource, identity, context, settings);
    selection.map_or(Verdict::Nothing, |selection| planned(&selection))
}

/// Plans the changes of a workload. Pointers of findings are relative to it. Sidecar and instrumentation are two
/// requests, each carried out whole or not at all.
#[must_use]
pub fn planned(cx: &Selection<'_>) -> Verdict {
    let Selection { workload, settings, .. } = cx;
    let about = |findings: Vec<Finding>| -> Vec<Finding> {
        findings.into_iter().map(|finding| finding.about(workload.subject())).collect()
    };
    let mut left = Vec::new();
    let sidecar = collector::carry_out(cx).unwrap_or_else(|findings| {
        left.extend(findings);
        None
    });
    let is_refused = |left: &[Finding]| left.iter().any(|finding| is_refusal(finding.code));
    let refused_sidecar = is_refused(&left);
    let of_sidecar = left.len();
    // Languages are planned for the pod with the sidecar.
    let instrumented = match &sidecar {
        None => instrument(cx, None),
        Some(done) => instrument(&cx.with(done.draft.value()), Some(done)),
    };
    let removal = sidecar.as_ref().filter(|done| done.injections.is_empty());
    let base = removal.map(|done| Box::new(done.draft.value().clone()));
    let instrumented = instrumented.unwrap_or_else(|findings| {
        left.extend(findings);
        None
    });
    let refused = is_refused(&left[of_sidecar..]);
    let done = instrumented.or(sidecar);
    let Some(Done { mut draft, injections, sources, parts, findings }) = done else {
        return match left.is_empty() {
            true => Verdict::Nothing,
            false if is_refused(&left) => Verdict::Refused(about(left)),
            false => Verdict::Skipped(about(left)),
        };
    };
    let is_carried_out = |key: &str| if key == SIDECAR { !refused_sidecar } else { !refused };
    if settings.annotate
        && let Err(finding) = annotate(cx, &mut draft, is_carried_out)
    {
        return Verdict::Refused(about(vec![*finding]));
    }
    let injected = (!injections.is_empty())
        .then(|| Finding { injections, ..Finding::injected(workload.pointer(""), &parts.join("; ")) });
    let refused = left.iter().map(|finding| finding.code).collect();
    let findings = injected.into_iter().chain(findings).chain(left).collect();
    let (changes, value) = draft.finish();
    Verdict::Planned(Plan { changes, value, findings: about(findings), base, sources, refused })
}

/// Whether a finding with the code refuses a request; others say that there is nothing to do.
#[must_use]
pub const fn is_refusal(code: Code) -> bool {
    !matches!(code, Code::AlreadyInstrumented | Code::UpToDate)
}

/// Instruments the languages after the earlier request.
fn instrument(cx: &Selection<'_>, before: Option<&Done>) -> Outcome {
    let requests = match decide(cx) {
        Decision::Nothing => return Ok(None),
        Decision::Skip(finding) => return Err(vec![*finding]),
        Decision::Refuse(findings) => return Err(findings),
        Decision::Inject(requests) => requests,
    };
    let draft = match before {
        Some(done) => done.draft.clone(),
        None => Draft::new(cx.workload.resource.clone()),
    };
    let earlier = draft.steps();
    let (draft, images) = carry_out(cx, &requests, draft).map_err(|finding| vec![*finding])?;
    if draft.steps() == earlier {
        return Err(vec![Finding::everything_is_present(cx.workload.pointer(""))]);
    }
    let planned = Planned::new(cx, &draft, &requests, None);
    let warnings = planned.check();
    let errors = cx.settings.errors(&warnings);
    if !errors.is_empty() {
        return Err(errors);
    }
    let (mut injections, mut sources, mut parts, mut findings) = before
        .map_or_else(Default::default, |done| {
            (done.injections.clone(), done.sources.clone(), done.parts.clone(), done.findings.clone())
        });
    injections.reserve_exact(requests.len());
    for (request, images) in requests.iter().zip(images) {
        let containers: Vec<String> = request.targets.iter().map(|target| target.name.clone()).collect();
        parts.push(format!("{} into {}{}", request.language.id, containers.join(", "), in_brackets(&images)));
        injections.push(Injection { language: request.language.id, containers, images });
        let source = format!("{KIND} {}", request.source);
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    findings.extend(warnings);
    Ok(Some(Done { draft, injections, sources, parts, findings }))
}

fn in_brackets(images: &[String]) -> String {
    if images.is_empty() { String::new() } else { format!(" ({})", images.join(", ")) }
}

/// Injects all languages into a draft. Returns each one's images.
fn carry_out(
    cx: &Selection<'_>,
    requests: &[Request<'_>],
    mut draft: Draft,
) -> Step<(Draft, Vec<Vec<String>>)> {
    let images = requests.iter().map(|request| inject(cx, request, &mut draft));
    let images = images.collect::<Step<_>>()?;
    Ok((draft, images))
}

/// Injects one language. Returns its images.
fn inject(cx: &Selection<'_>, request: &Request<'_>, draft: &mut Draft) -> Step<Vec<String>> {
    let recipe = &request.language.recipe;
    match &recipe.delivery {
        Delivery::Copy(copy) => copy::inject(cx, request, recipe, copy, draft),
        Delivery::Container(container) => agent_container::inject(cx, request, container, draft),
        Delivery::WebServer(server) => web_server::inject(cx, request, recipe, server, draft),
        Delivery::None => {
            for target in &request.targets {
                let container = pod::container(cx, draft, target);
                sdk::common(draft, &container, request.instrumentation);
                sdk::configure(cx, request.instrumentation, draft, &container, &container)?;
                exporter::add_volumes(cx, request.instrumentation, draft)?;
            }
            Ok(Vec::new())
        }
    }
}

/// The settings of a language with an agent.
fn settings(request: &Request<'_>) -> &'static languages::Settings {
    const INVARIANT: &str = "impossible: a test of the table asks for settings where something is delivered";
    request.language.settings.as_ref().expect(INVARIANT)
}

/// The image of a language.
fn image(request: &Request<'_>) -> String {
    request.image.clone()
}

/// Writes annotations of rules into the pod template if `is_wanted`.
fn annotate(cx: &Selection<'_>, draft: &mut Draft, is_wanted: impl Fn(&str) -> bool) -> Step {
    let mut wanted = cx.annotations.of_rules().filter(|(key, _)| is_wanted(key)).peekable();
    if wanted.peek().is_none() {
        return Ok(());
    }
    let annotations = metadata(cx, draft, "annotations")?;
    for (key, value) in wanted {
        draft.set(&annotations, &key, json!(value));
    }
    Ok(())
}

/// Pointer to a mapping in the pod template's metadata, created if it is missing or null.
fn metadata(cx: &Selection<'_>, draft: &mut Draft, key: &str) -> Step<String> {
    let pointer = |inside: &str| cx.workload.pointer(inside);
    for (parent, key) in [("", "metadata"), ("/metadata", key)] {
        let at = pointer(&format!("{parent}/{key}"));
        match draft.value().pointer(&at) {
            None | Some(Value::Null) => draft.set(&pointer(parent), key, json!({})),
            Some(Value::Object(_)) => {}
            Some(other) => return Err(misshapen(&at, "a mapping", other).into()),
        }
    }
    Ok(pointer(&format!("/metadata/{key}")))
}

#[cfg(test)]
mod tests;
