//! Variables that `envFrom` brings and that an injection sets to something else.

use super::{Check, Planned};
use crate::config::annotations::SIDECAR;
use crate::config::collector::{CONTAINER, KIND};
use crate::config::env_from::Brought;
use crate::finding::{Code, Finding};
use crate::k8s::expansion::{Part, parts};
use crate::k8s::pod::{elements, is_from_elsewhere, name, positions, text};
use crate::value::Value;

pub(super) const CHECK: Check = Check { codes: &[Code::ShadowedEnv], run };

fn run(planned: &Planned<'_>) -> Vec<Finding> {
    let Planned { cx, containers, .. } = planned;
    let mut seen = Vec::new();
    let mut findings = Vec::new();
    for target in planned.languages.iter().flat_map(|request| &request.targets) {
        if seen.contains(&target) {
            continue;
        }
        seen.push(target);
        let found = containers.find(target.list, &target.name);
        let Some((_, container)) = found.filter(|(_, container)| !elements(container, "envFrom").is_empty())
        else {
            continue;
        };
        let origin = target.pointer(cx);
        let before = cx.workload.resource.pointer(&origin).map_or(&[][..], |before| elements(before, "env"));
        for shadowed in shadowed(planned, container, before) {
            let pointer = format!("{origin}/envFrom/{}", shadowed.source);
            let Shadowed { variable, called, .. } = shadowed;
            findings.push(Finding::variable_shadowed(pointer, &target.name, variable, &called));
        }
    }
    if let Some(request) = planned.sidecar {
        let of_sidecar = |sidecar| shadowed(planned, sidecar, &request.collector.env);
        for shadowed in containers.sidecars().next().map(of_sidecar).into_iter().flatten() {
            let at = format!("/spec/envFrom/{}", shadowed.source);
            let Shadowed { variable, called, .. } = shadowed;
            let pointer = cx.annotations.pointer(SIDECAR);
            let finding = Finding::variable_shadowed(pointer, CONTAINER, variable, &called);
            findings.push(finding.due_to(KIND, &request.called(), at));
        }
    }
    findings
}

/// A variable with a known value that an injection replaces.
struct Shadowed<'d> {
    variable: &'d str,
    /// The index in `envFrom` of the source.
    source: usize,
    /// The ConfigMap that brings it, by kind and name.
    called: String,
}

/// The variables of a container, in addition to those `before`, that hide known ones.
fn shadowed<'d>(planned: &Planned<'_>, container: &'d Value, before: &[Value]) -> Vec<Shadowed<'d>> {
    let env_from = planned.cx.context.env_from(container, &planned.cx.namespace);
    let own = positions(before);
    let added = elements(container, "env").iter().filter(|entry| !own.contains_key(name(entry)));
    let hides = |entry: &'d Value| {
        let variable = name(entry);
        let Brought::Set { value: Some(value), source } = env_from.find(variable) else { return None };
        let is_same = !is_from_elsewhere(entry) && text(entry) == value;
        let is_kept = parts(text(entry)).any(|part| part == Part::Reference(variable));
        let called = env_from.source(source)?.called();
        (!is_same && !is_kept).then_some(Shadowed { variable, source, called })
    };
    added.filter_map(hides).collect()
}
