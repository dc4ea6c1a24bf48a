//! The resources of added containers.

use super::Step;
use crate::config::instrumentation::KIND;
use crate::finding::Finding;
use crate::k8s::quantity::nanos;
use crate::languages::Settings;
use crate::select::{Request, Selection};
use crate::value::{Map, Value, json};

/// The Instrumentation's resources, with defaults for missing `limits` and `requests`.
pub(super) fn complete(cx: &Selection<'_>, request: &Request<'_>) -> Step<Value> {
    let settings = super::settings(request);
    let mut resources = request
        .instrumentation
        .agent(request.language)
        .map(|agent| agent.resources.clone())
        .unwrap_or_default();
    for (part, [cpu, memory]) in [("limits", settings.limits), ("requests", settings.requests)] {
        if resources.get(part).is_none_or(Value::is_null) {
            resources.insert(part.to_owned(), json!({"cpu": cpu, "memory": memory}));
        }
    }
    resources.retain(|_, value| !value.as_object().is_some_and(Map::is_empty) && !value.is_null());
    check(cx, &resources, request, settings)?;
    Ok(Value::Object(resources))
}

/// Resources that a container can request less of than its limit.
const OVERCOMMITTABLE: &[&str] = &["cpu", "memory", "ephemeral-storage"];

fn check(cx: &Selection<'_>, resources: &Map, request: &Request<'_>, settings: &Settings) -> Step {
    let part = |name: &str| resources.get(name).and_then(Value::as_object);
    let text = |value: &'_ Value| value.as_str().unwrap_or_default().to_owned();
    for (name, requested) in part("requests").into_iter().flatten() {
        let limit = part("limits").and_then(|limits| limits.get(name));
        let amount = |value: &Value| value.as_str().and_then(nanos);
        let is_above = match (limit.and_then(amount), amount(requested)) {
            (Some(limit), Some(requested)) if OVERCOMMITTABLE.contains(&name.as_str()) => requested > limit,
            (limit, requested) => !OVERCOMMITTABLE.contains(&name.as_str()) && limit != requested,
        };
        if is_above {
            let (requested, limit) = (text(requested), limit.map_or("not set".to_owned(), text));
            let (key, source) = (settings.key, &request.source);
            let field = format!("/spec/{key}/{}/requests/{name}", settings.resources_key);
            let pointer = cx.annotations.pointer(request.language.switch);
            let finding = Finding::request_above_limit(pointer, key, source, name, &requested, &limit);
            return Err(finding.due_to(KIND, source, field).into());
        }
    }
    Ok(())
}
