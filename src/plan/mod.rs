//! What to change, decided purely: a workload goes in, a list of changes comes out, or why there is none.

use serde_json::{Value, json};

use crate::change::Change;
use crate::config::Settings;
use crate::config::annotations::Annotations;
use crate::config::context::{Context, namespace_of};
use crate::finding::{Code, Finding, Injection};
use crate::k8s::pod::misshapen;
use crate::k8s::{Identity, Workload};
use crate::languages::{self, Delivery};
use crate::select::{Decision, Request, decide};

mod attributes;
mod container;
mod copy;
mod doubts;
mod draft;
mod env;
mod exporter;
pub mod original;
mod pod;
pub mod remarks;
pub mod renewal;
mod resources;
mod sdk;
mod sidecar;
mod web_server;

use draft::Draft;

/// What comes of a resource.
#[derive(Debug)]
pub enum Verdict {
    /// It is no workload, or asks for nothing.
    Nothing,
    /// It asks, but is left alone; an info says why.
    Skipped(Finding),
    /// It asks for what cannot be done; the first finding is the reason.
    Refused(Vec<Finding>),
    /// It is to be changed.
    Planned(Plan),
}

/// The changes of one workload.
#[derive(Debug)]
pub struct Plan {
    /// What changes, in order.
    pub changes: Vec<Change>,
    /// The resource after the changes.
    pub value: Value,
    /// What was injected, and what is doubtful about it.
    pub findings: Vec<Finding>,
    /// An element that the input has stands at another index than before.
    pub shifts: bool,
}

/// What every part of a plan reads.
struct Scene<'a> {
    workload: &'a Workload<'a>,
    annotations: &'a Annotations<'a>,
    context: &'a Context,
    /// The namespace; empty where nothing says it.
    namespace: String,
}

/// The outcome of a step: done, or why the workload is refused.
type Step<T = ()> = Result<T, Box<Finding>>;

/// Plans the changes of `resource`. Pointers of findings are relative to it.
#[must_use]
pub fn plan(resource: &Value, identity: &Identity, context: &Context, settings: &Settings) -> Verdict {
    let Some(workload) = Workload::of(resource, identity, &settings.kinds) else { return Verdict::Nothing };
    let namespace = namespace_of(resource, settings);
    let annotations = Annotations::new(&workload, &namespace, context, settings);
    let about = |finding: Finding| finding.about(workload.subject());
    let requests = match decide(&workload, &annotations, context, settings) {
        Decision::Nothing => return Verdict::Nothing,
        Decision::Skip(finding) => return Verdict::Skipped(about(*finding)),
        Decision::Refuse(findings) => return Verdict::Refused(findings.into_iter().map(about).collect()),
        Decision::Inject(requests) => requests,
    };
    let scene = Scene { workload: &workload, annotations: &annotations, context, namespace };
    let (mut draft, images) = match carry_out(&scene, &requests) {
        Ok(done) => done,
        Err(finding) => return Verdict::Refused(vec![about(*finding)]),
    };
    if draft.changes().is_empty() {
        let message = "everything that is asked for is there already";
        return Verdict::Skipped(about(Finding::new(
            Code::AlreadyInstrumented,
            workload.pointer(""),
            message,
        )));
    }
    let mut findings = vec![injected(&workload, &requests, images)];
    findings.extend(doubts::all(&scene, &requests, settings, &draft));
    let errors = settings.errors(&findings);
    if !errors.is_empty() {
        return Verdict::Refused(errors.into_iter().map(about).collect());
    }
    if settings.annotate
        && let Err(finding) = annotate(&scene, &mut draft)
    {
        return Verdict::Refused(vec![about(*finding)]);
    }
    let (changes, value, shifts) = draft.finish();
    Verdict::Planned(Plan { changes, value, findings: findings.into_iter().map(about).collect(), shifts })
}

/// Carries out all languages on a copy of the resource; says which images each of them brings.
fn carry_out(scene: &Scene<'_>, requests: &[Request<'_>]) -> Step<(Draft, Vec<Vec<String>>)> {
    let mut draft = Draft::new(scene.workload.resource.clone());
    let images = requests.iter().map(|request| inject(scene, request, &mut draft));
    let images = images.collect::<Step<_>>()?;
    Ok((draft, images))
}

/// Carries out one language; says which images it brings.
fn inject(scene: &Scene<'_>, request: &Request<'_>, draft: &mut Draft) -> Step<Vec<String>> {
    let recipe = &request.language.recipe;
    match &recipe.delivery {
        Delivery::Copy(copy) => copy::inject(scene, request, recipe, copy, draft),
        Delivery::Sidecar(sidecar) => sidecar::inject(scene, request, sidecar, draft),
        Delivery::WebServer(server) => web_server::inject(scene, request, recipe, server, draft),
        Delivery::None => {
            for target in &request.targets {
                let container = pod::container(scene, draft, target);
                sdk::common(draft, &container, request.instrumentation);
                sdk::configure(scene, request.instrumentation, draft, &container, &container)?;
                exporter::add_volumes(scene, request.instrumentation, draft)?;
            }
            Ok(Vec::new())
        }
    }
}

/// The settings of a language that brings an agent.
fn settings(request: &Request<'_>) -> &'static languages::Settings {
    const INVARIANT: &str = "impossible: a test of the table asks for settings where something is delivered";
    request.language.settings.as_ref().expect(INVARIANT)
}

/// The image that a language brings.
fn image(request: &Request<'_>) -> String {
    let own = request.instrumentation.agent(request.language).and_then(|agent| agent.image.clone());
    own.or_else(|| request.default_image.clone()).unwrap_or_default()
}

/// Writes the annotations that rules set into the pod template.
fn annotate(scene: &Scene<'_>, draft: &mut Draft) -> Step {
    let mut wanted = scene.annotations.of_rules().peekable();
    if wanted.peek().is_none() {
        return Ok(());
    }
    let pointer = |inside: &str| scene.workload.pointer(inside);
    for (parent, key) in [("", "metadata"), ("/metadata", "annotations")] {
        let at = pointer(&format!("{parent}/{key}"));
        match draft.value().pointer(&at) {
            None | Some(Value::Null) => draft.set(&pointer(parent), key, json!({})),
            Some(Value::Object(_)) => {}
            Some(other) => return Err(misshapen(&at, "a mapping", other).into()),
        }
    }
    for (key, value) in wanted {
        draft.set(&pointer("/metadata/annotations"), &key, json!(value));
    }
    Ok(())
}

fn injected(workload: &Workload<'_>, requests: &[Request<'_>], images: Vec<Vec<String>>) -> Finding {
    let injection = |(request, images): (&Request<'_>, Vec<String>)| {
        let containers = request.targets.iter().map(|target| target.name.clone()).collect();
        Injection { language: request.language.id, containers, images }
    };
    let injections: Vec<Injection> = requests.iter().zip(images).map(injection).collect();
    let parts = injections.iter().map(|Injection { language, containers, images }| {
        let images = if images.is_empty() { String::new() } else { format!(" ({})", images.join(", ")) };
        format!("{language} into {}{images}", containers.join(", "))
    });
    let message = parts.collect::<Vec<_>>().join("; ");
    Finding { injections, ..Finding::new(Code::Injected, workload.pointer(""), message) }
}

#[cfg(test)]
mod tests;
