//! The resources of containers that are added.

use serde_json::{Map, Value, json};

use super::{Scene, Step};
use crate::finding::{Code, Finding};
use crate::k8s::quantity::nanos;
use crate::languages::Settings;
use crate::select::Request;

/// What the Instrumentation says, and the defaults for `limits` and `requests` that it does not have.
pub(super) fn of(scene: &Scene<'_>, request: &Request<'_>) -> Step<Value> {
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
    check(&resources, request, settings, &scene.annotations.pointer(request.language.switch))?;
    Ok(Value::Object(resources))
}

fn check(resources: &Map<String, Value>, request: &Request<'_>, settings: &Settings, pointer: &str) -> Step {
    let part = |name: &str| resources.get(name).and_then(Value::as_object);
    let (Some(limits), Some(requests)) = (part("limits"), part("requests")) else { return Ok(()) };
    for (name, requested) in requests {
        let amount = |value: &Value| value.as_str().and_then(nanos);
        let limit = limits.get(name);
        if let Some((limit, (most, asked))) =
            limit.and_then(|limit| Some((limit, amount(limit).zip(amount(requested))?)))
            && asked > most
        {
            let message = format!(
                "{} of Instrumentation {} requests {name} {}, above its limit of {}",
                settings.key,
                request.source,
                requested.as_str().unwrap_or_default(),
                limit.as_str().unwrap_or_default()
            );
            return Err(Finding::new(Code::RequestsExceedLimits, pointer, message).into());
        }
    }
    Ok(())
}
