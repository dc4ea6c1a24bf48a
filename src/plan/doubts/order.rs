//! Variables that refer to later ones: a kubelet leaves such a reference as it is written.

use serde_json::Value;

use crate::config::annotations::SIDECAR;
use crate::config::collector::CONTAINER;
use crate::finding::{Code, Finding};
use crate::k8s::pod::{List, elements, name, position, text};
use crate::plan::Scene;
use crate::plan::container::Place;
use crate::plan::draft::Draft;
use crate::select::Request;

/// References of instrumented containers that stand before what they name.
pub(super) fn misplaced(scene: &Scene<'_>, requests: &[Request<'_>], draft: &Draft) -> Vec<Finding> {
    let spec = scene.workload.pointer("/spec");
    let mut seen: Vec<(List, &str)> = Vec::new();
    let mut findings = Vec::new();
    for target in requests.iter().flat_map(|request| &request.targets) {
        let list = draft.list(&spec, target.list.key());
        let Some(index) = position(list, &target.name) else { continue };
        if seen.contains(&(target.list, &target.name)) {
            continue;
        }
        seen.push((target.list, &target.name));
        let input = scene.workload.pod().map_or(&[][..], |pod| elements(pod, target.list.key()));
        let origin = position(input, &target.name).unwrap_or_default();
        let place = Place {
            at: format!("{spec}/{}/{index}", target.list.key()),
            origin: format!("{spec}/{}/{origin}", target.list.key()),
            name: target.name.clone(),
        };
        for (early, late) in early_references(elements(&list[index], "env")) {
            let message = message(early, late, &target.name);
            findings.push(Finding::new(Code::EnvOrder, place.pointer_to(scene, early), message));
        }
    }
    findings
}

/// References of the sidecar that stand before what they name.
pub(super) fn misplaced_of_sidecar(scene: &Scene<'_>, draft: &Draft) -> Vec<Finding> {
    let spec = scene.workload.pointer("/spec");
    let lists = [List::Init, List::Regular].map(|list| draft.list(&spec, list.key()));
    let sidecars = lists.into_iter().filter_map(|list| position(list, CONTAINER).map(|index| &list[index]));
    let early = sidecars.flat_map(|sidecar| early_references(elements(sidecar, "env")));
    let finding = |(early, late)| {
        let pointer = scene.annotations.pointer(SIDECAR);
        Finding::new(Code::EnvOrder, pointer, message(early, late, CONTAINER))
    };
    early.map(finding).collect()
}

fn message(early: &str, late: &str, container: &str) -> String {
    format!(
        "{early} of container {container} refers to {late}, which stands after it and is not expanded there"
    )
}

/// Variables and the later ones that they refer to.
fn early_references(env: &[Value]) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for (index, entry) in env.iter().enumerate() {
        for referred in references(text(entry)) {
            let is_before = position(&env[..index], referred).is_some();
            let later = env[index + 1..].iter().map(name).find(|later| *later == referred);
            if let Some(later) = later.filter(|later| !is_before && *later != name(entry)) {
                found.push((name(entry), later));
            }
        }
    }
    found
}

/// What `$(…)` names in a value; `$$` stands for a dollar.
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
