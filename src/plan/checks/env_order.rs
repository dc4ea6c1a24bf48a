//! Variables that refer to later ones: the kubelet does not expand such a reference.

use std::collections::BTreeSet;

use super::{Check, Planned};
use crate::config::annotations::SIDECAR;
use crate::config::collector::CONTAINER;
use crate::config::env_from::EnvFrom;
use crate::finding::{Code, Finding};
use crate::k8s::expansion::{Part, parts};
use crate::k8s::pod::{List, elements, name, positions, text};
use crate::plan::container::pointer_to;
use crate::value::Value;

pub(super) const CHECK: Check = Check { codes: &[Code::EnvOrder], run };

fn run(planned: &Planned<'_>) -> Vec<Finding> {
    let mut findings = misplaced(planned);
    if planned.sidecar.is_some() {
        findings.extend(misplaced_of_sidecar(planned));
    }
    findings
}

/// References in instrumented containers to later variables.
fn misplaced(planned: &Planned<'_>) -> Vec<Finding> {
    let Planned { cx, languages, containers, .. } = planned;
    let mut seen: BTreeSet<(List, &str)> = BTreeSet::new();
    let mut findings = Vec::new();
    for target in languages.iter().flat_map(|request| &request.targets) {
        let found = containers.find(target.list, &target.name);
        let Some((_, container)) = found.filter(|_| seen.insert((target.list, &target.name))) else {
            continue;
        };
        let env_from = cx.context.env_from(container, &cx.namespace);
        for (early, late) in early_references(elements(container, "env"), &env_from) {
            let pointer = pointer_to(cx, &target.pointer(cx), early);
            findings.push(Finding::refers_to_later_variable(pointer, early, &target.name, late));
        }
    }
    findings
}

/// References in the sidecar to later variables.
fn misplaced_of_sidecar(planned: &Planned<'_>) -> Vec<Finding> {
    let Planned { cx, containers, .. } = planned;
    let of_one = |sidecar: &Value| {
        let env_from = cx.context.env_from(sidecar, &cx.namespace);
        let early = early_references(elements(sidecar, "env"), &env_from).into_iter();
        let pointer = cx.annotations.pointer(SIDECAR);
        let finding = |(early, late)| Finding::refers_to_later_variable(&pointer, early, CONTAINER, late);
        early.map(finding).collect::<Vec<_>>()
    };
    containers.sidecars().flat_map(of_one).collect()
}

/// Variables and the later ones that they refer to. One that `envFrom` is known to bring is there from the start.
fn early_references<'e>(env: &'e [Value], env_from: &EnvFrom) -> Vec<(&'e str, &'e str)> {
    let first = positions(env);
    let mut found = Vec::new();
    for (index, entry) in env.iter().enumerate() {
        for referred in references(text(entry)) {
            let is_later = first.get(referred).is_some_and(|first| *first > index);
            if is_later && !env_from.brings(referred) {
                found.push((name(entry), referred));
            }
        }
    }
    found
}

/// The names in a value's references.
fn references(value: &str) -> impl Iterator<Item = &str> {
    let name = |part| match part {
        Part::Reference(name) => Some(name),
        Part::Text(_) | Part::Dollar => None,
    };
    parts(value).filter_map(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::json;

    #[test]
    fn references_are_what_a_kubelet_expands() {
        assert!(references("a $(B) $$(C) $(D)$(E) $F $(G").eq(["B", "D", "E"]));
    }

    #[test]
    fn only_what_stands_before_its_variable_is_early() {
        let env = [
            json!({"name": "A", "value": "$(B) $(A)"}),
            json!({"name": "B", "value": "$(A)"}),
            json!({"name": "C", "value": "$$(D)"}),
            json!({"name": "D", "valueFrom": {}}),
        ];
        assert_eq!(early_references(&env, &EnvFrom::default()), [("A", "B")]);
    }
}
