//! A pod in a draft, with its containers and volumes.

use super::{Step, container::ContainerRef, draft::Draft};
use crate::finding::Finding;
use crate::k8s::pod::{List, elements, name, position};
use crate::select::{Request, Selection, Target};
use crate::value::{Value, json};

/// Refuses a target that is an init container.
pub(super) fn refuse_init(cx: &Selection<'_>, request: &Request<'_>, target: &Target) -> Step {
    if target.list == List::Regular {
        return Ok(());
    }
    let pointer = cx.annotations.pointer(request.list_key);
    Err(Finding::init_container_as_target(pointer, request.language.id, &target.name).into())
}

/// The current place of a target.
pub(super) fn container(cx: &Selection<'_>, draft: &Draft, target: &Target) -> ContainerRef {
    const INVARIANT: &str = "impossible: `decide` took the target from the pod, and nothing is removed";
    let spec = cx.workload.pointer("/spec");
    let key = target.list.key();
    let before = target.index;
    let list = draft.list(&spec, key);
    let is_there = list.get(before).is_some_and(|container| name(container) == target.name);
    let now = Some(before).filter(|_| is_there).or_else(|| position(list, &target.name)).expect(INVARIANT);
    ContainerRef {
        at: [&*spec, "/", key, "/", &now.to_string()].concat(),
        origin: [&*spec, "/", key, "/", &before.to_string()].concat(),
        name: target.name.clone(),
        env_from: cx.context.env_from(&list[now], &cx.namespace),
    }
}

/// The volume for an agent's copy.
pub(super) fn agent_volume(name: &str, request: &Request<'_>) -> Value {
    match claim(name, request) {
        Some(volume) => volume,
        None => json!({"name": name, "emptyDir": {"sizeLimit": size_limit(request)}}),
    }
}

/// The volume for the Instrumentation's claim, if any.
pub(super) fn claim(name: &str, request: &Request<'_>) -> Option<Value> {
    let mut claim = request.instrumentation.agent(request.language)?.claim.clone()?;
    if let Some(claim) = claim.as_object_mut() {
        claim.get_or_insert_with("metadata", || json!({}));
    }
    Some(json!({"name": name, "ephemeral": {"volumeClaimTemplate": claim}}))
}

/// The size limit of volumes without a claim.
pub(super) fn size_limit<'r>(request: &'r Request<'_>) -> &'r str {
    let agent = request.instrumentation.agent(request.language);
    agent.and_then(|agent| agent.size_limit.as_deref()).unwrap_or("200Mi")
}

/// The Instrumentation's security context for init containers, or `target`'s.
pub(super) fn init_security_context(
    cx: &Selection<'_>,
    request: &Request<'_>,
    draft: &Draft,
    target: Option<&Target>,
) -> Option<Value> {
    if let Some(context) = &request.instrumentation.init_security_context {
        return Some(context.clone());
    }
    let container = container(cx, draft, target?);
    let context = draft.value().pointer(&container.at)?.get("securityContext")?;
    (!context.is_null()).then(|| context.clone())
}

/// Adds a volume unless the same volume exists.
pub(super) fn add_volume(cx: &Selection<'_>, draft: &mut Draft, volume: Value) -> Step {
    let spec = cx.workload.pointer("/spec");
    let volumes = draft.list(&spec, "volumes");
    match position(volumes, name(&volume)) {
        None => draft.append(&spec, "volumes", volume),
        Some(index) if volumes[index] == volume => {}
        Some(_) => {
            let name = name(&volume);
            return Err(Finding::volume_differs(named(cx, "volumes", name), name).into());
        }
    }
    Ok(())
}

/// Inserts a container before the one at `index`, or appends it.
pub(super) fn add_container(
    cx: &Selection<'_>,
    draft: &mut Draft,
    list: List,
    before: Option<&str>,
    container: Value,
) -> Step {
    let spec = cx.workload.pointer("/spec");
    let name = name(&container);
    for current in [List::Init, List::Regular] {
        if position(draft.list(&spec, current.key()), name).is_some() {
            return Err(Finding::container_differs(named(cx, current.key(), name), name).into());
        }
    }
    let containers = draft.list(&spec, list.key());
    let index = before.and_then(|before| position(containers, before)).unwrap_or(containers.len());
    draft.insert(&spec, list.key(), index, container);
    Ok(())
}

/// Pointer to the element with that name in the input, or to the list if it has none.
pub(super) fn named(cx: &Selection<'_>, key: &str, name: &str) -> String {
    let list = cx.workload.pointer(&format!("/spec/{key}"));
    let input = cx.workload.pod().map_or(&[][..], |pod| elements(pod, key));
    match position(input, name) {
        Some(index) => format!("{list}/{index}"),
        None => list,
    }
}
