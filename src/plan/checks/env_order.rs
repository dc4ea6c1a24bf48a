//! Variables that refer to later ones: the kubelet does not expand such a reference.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Check, Containers, Planned};
use crate::config::annotations::SIDECAR;
use crate::config::collector::CONTAINER;
use crate::finding::{Code, Finding};
use crate::k8s::pod::{List, elements, name, positions, text};
use crate::plan::container::ContainerRef;
use crate::plan::draft::Draft;
use crate::select::{Request, Selection};

pub(super) const CHECK: Check = Check { codes: &[Code::EnvOrder], run };

fn run(planned: &Planned<'_>) -> Vec<Finding> {
    let Planned { cx, draft, .. } = planned;
    let mut findings = misplaced(cx, planned.languages, draft);
    if planned.sidecar.is_some() {
        findings.extend(misplaced_of_sidecar(cx, draft));
    }
    findings
}

/// References in instrumented containers to later variables.
fn misplaced(cx: &Selection<'_>, requests: &[Request<'_>], draft: &Draft) -> Vec<Finding> {
    let spec = cx.workload.pointer("/spec");
    let containers = Containers::new(cx, draft);
    let mut seen: BTreeSet<(List, &str)> = BTreeSet::new();
    let mut findings = Vec::new();
    for target in requests.iter().flat_map(|request| &request.targets) {
        let found = containers.find(target.list, &target.name);
        let Some((index, container)) = found.filter(|_| seen.insert((target.list, &target.name))) else {
            continue;
        };
        let place = ContainerRef {
            at: format!("{spec}/{}/{index}", target.list.key()),
            origin: format!("{spec}/{}/{}", target.list.key(), target.index),
            name: target.name.clone(),
        };
        for (early, late) in early_references(elements(container, "env")) {
            let pointer = place.pointer_to(cx, early);
            findings.push(Finding::refers_to_later_variable(pointer, early, &target.name, late));
        }
    }
    findings
}

/// References in the sidecar to later variables.
fn misplaced_of_sidecar(cx: &Selection<'_>, draft: &Draft) -> Vec<Finding> {
    let containers = Containers::new(cx, draft);
    let sidecars =
        [List::Init, List::Regular].into_iter().filter_map(|list| containers.find(list, CONTAINER));
    let early = sidecars.flat_map(|(_, sidecar)| early_references(elements(sidecar, "env")));
    let finding = |(early, late)| {
        Finding::refers_to_later_variable(cx.annotations.pointer(SIDECAR), early, CONTAINER, late)
    };
    early.map(finding).collect()
}

/// Variables and the later ones that they refer to.
fn early_references(env: &[Value]) -> Vec<(&str, &str)> {
    let first = positions(env);
    let last: BTreeMap<&str, usize> =
        env.iter().enumerate().map(|(index, entry)| (name(entry), index)).collect();
    let mut found = Vec::new();
    for (index, entry) in env.iter().enumerate() {
        for referred in references(text(entry)) {
            let is_before = first.get(referred).is_some_and(|first| *first < index);
            let later = last.get_key_value(referred).filter(|(_, last)| **last > index);
            if let Some((later, _)) = later.filter(|(later, _)| !is_before && **later != name(entry)) {
                found.push((name(entry), *later));
            }
        }
    }
    found
}

/// The names in `$(…)` references in a value; `$$` is an escaped dollar sign.
fn references(value: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = value;
    while let Some(at) = rest.find('$') {
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            rest = after;
        } else if let Some((inside, after)) = rest.strip_prefix('(').and_then(|inside| inside.split_once(')'))
        {
            found.push(inside);
            rest = after;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_are_what_a_kubelet_expands() {
        assert_eq!(references("a $(B) $$(C) $(D)$(E) $F $(G"), ["B", "D", "E"]);
    }

    #[test]
    fn only_what_stands_before_its_variable_is_early() {
        let env = [
            json!({"name": "A", "value": "$(B) $(A)"}),
            json!({"name": "B", "value": "$(A)"}),
            json!({"name": "C", "value": "$$(D)"}),
            json!({"name": "D", "valueFrom": {}}),
        ];
        assert_eq!(early_references(&env), [("A", "B")]);
    }
}
