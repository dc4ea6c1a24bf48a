//! A pod in a draft: its containers and volumes.

use serde_json::Value;

use super::{Scene, Step, container::Place, draft::Draft};
use crate::finding::{Code, Finding};
use crate::k8s::pod::{List, elements, name, position};
use crate::select::Target;

/// The place of a target now.
pub(super) fn container(scene: &Scene<'_>, draft: &Draft, target: &Target) -> Place {
    const INVARIANT: &str = "impossible: `decide` took the target from the pod, and nothing is removed";
    let spec = scene.workload.pointer("/spec");
    let key = target.list.key();
    let now = position(draft.list(&spec, key), &target.name).expect(INVARIANT);
    let input = scene.workload.pod().map_or(&[][..], |pod| elements(pod, key));
    let before = position(input, &target.name).expect(INVARIANT);
    Place {
        at: format!("{spec}/{key}/{now}"),
        origin: format!("{spec}/{key}/{before}"),
        name: target.name.clone(),
    }
}

/// Adds a volume, unless that very volume is there.
pub(super) fn add_volume(scene: &Scene<'_>, draft: &mut Draft, volume: Value) -> Step {
    let spec = scene.workload.pointer("/spec");
    let volumes = draft.list(&spec, "volumes");
    match position(volumes, name(&volume)) {
        None => draft.append(&spec, "volumes", volume),
        Some(index) if volumes[index] == volume => {}
        Some(_) => {
            let message = format!("the pod has another volume {}", name(&volume));
            return Err(conflict(scene, "volumes", name(&volume), message).into());
        }
    }
    Ok(())
}

/// Adds a container before the one at `index`, or at the end.
pub(super) fn add_container(
    scene: &Scene<'_>,
    draft: &mut Draft,
    list: List,
    before: Option<&str>,
    container: Value,
) -> Step {
    let spec = scene.workload.pointer("/spec");
    for there in [List::Init, List::Regular] {
        if position(draft.list(&spec, there.key()), name(&container)).is_some() {
            let message = format!("the pod has another container {}", name(&container));
            return Err(conflict(scene, there.key(), name(&container), message).into());
        }
    }
    let containers = draft.list(&spec, list.key());
    let index = before.and_then(|before| position(containers, before)).unwrap_or(containers.len());
    draft.insert(&spec, list.key(), index, container);
    Ok(())
}

fn conflict(scene: &Scene<'_>, key: &str, wanted: &str, message: String) -> Finding {
    let list = scene.workload.pointer(&format!("/spec/{key}"));
    let input = scene.workload.pod().map_or(&[][..], |pod| elements(pod, key));
    let pointer = match position(input, wanted) {
        Some(index) => format!("{list}/{index}"),
        None => list,
    };
    Finding::new(Code::NameConflict, pointer, message)
}
