//! Agents whose image does not exist for the architecture of the application.

use std::collections::BTreeSet;

use super::{Check, Planned};
use crate::finding::{Code, Finding};
use crate::k8s::image::Image;
use crate::k8s::pod::elements;
use crate::select::{Request, Selection};
use crate::value::Value;

pub(super) const CHECK: Check = Check { codes: &[Code::ArchMismatch], run };

/// The node label with the architecture, and its name before Kubernetes 1.14.
const LABELS: &[&str] = &["kubernetes.io/arch", "beta.kubernetes.io/arch"];

fn run(planned: &Planned<'_>) -> Vec<Finding> {
    planned.languages.iter().filter_map(|request| lacking(planned.cx, request)).collect()
}

fn lacking(cx: &Selection<'_>, request: &Request<'_>) -> Option<Finding> {
    let agent = of_agent(cx, request)?;
    let pod = cx.workload.pod()?;
    let of_pod = of_pod(pod);
    for target in &request.targets {
        // An application for several architectures may run on any of them: one that the agent has is enough.
        let (all, why) = match &of_pod {
            Some(all) => (all.clone(), "the pod selects such nodes"),
            None => {
                let Some((_, facts)) = target.image(cx) else { continue };
                (facts.given_architectures(), "its image is for it")
            }
        };
        let Some(first) = all.first().filter(|_| all.is_disjoint(&agent)) else { continue };
        let pointer = target.pointer(cx);
        return Some(Finding::agent_lacks_architecture(pointer, &request.image, &target.name, first, why));
    }
    None
}

/// Every architecture of the agent's image, if they are known.
fn of_agent<'c>(cx: &Selection<'c>, request: &'c Request<'_>) -> Option<BTreeSet<&'c str>> {
    let known = cx.settings.metadata.of(&request.image).and_then(crate::metadata::Facts::architectures);
    known.or_else(|| {
        let settings = request.language.settings.as_ref()?;
        let is_default = Image::parse(&request.image)?.repository == settings.image.repository;
        let all = settings.architectures.filter(|_| is_default)?;
        Some(all.iter().copied().collect())
    })
}

/// The architectures that the pod's node selector or its required affinity allows, if they name some.
fn of_pod(pod: &Value) -> Option<BTreeSet<&str>> {
    let selector = pod.get("nodeSelector");
    let selected = LABELS.iter().find_map(|label| selector?.get(label)?.as_str());
    if let Some(selected) = selected {
        return Some(BTreeSet::from([selected]));
    }
    let required = pod.pointer("/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution")?;
    let terms = elements(required, "nodeSelectorTerms");
    // A node must match one term, and in it all expressions.
    let all: Option<Vec<BTreeSet<&str>>> = terms.iter().map(of_term).collect();
    all.filter(|all| !all.is_empty()).map(|all| all.into_iter().flatten().collect())
}

fn of_term(term: &Value) -> Option<BTreeSet<&str>> {
    let named = elements(term, "matchExpressions").iter().filter(|expression| {
        let text = |key: &str| expression.get(key).and_then(Value::as_str).unwrap_or_default();
        LABELS.contains(&text("key")) && text("operator") == "In"
    });
    let values = |expression| elements(expression, "values").iter().filter_map(Value::as_str).collect();
    named.map(values).next()
}
