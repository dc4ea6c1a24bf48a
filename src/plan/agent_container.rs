//! Agents that run as a sidecar for one target.

use super::{Step, container::ContainerRef, draft::Draft, exporter, pod, resources, sdk};
use crate::config::env_from::EnvFrom;
use crate::finding::Finding;
use crate::k8s::pod::{List, misshapen};
use crate::languages::{AgentContainer, Effect};
use crate::select::{Request, Selection};
use crate::value::{Value, json};

/// Lets the containers of a pod see each other's processes.
pub(super) const SHARE: &str = "shareProcessNamespace";

/// Adds the sidecar, its volume and the pod fields it needs. Returns the images.
pub(super) fn inject(
    cx: &Selection<'_>,
    request: &Request<'_>,
    agent: &AgentContainer,
    draft: &mut Draft,
) -> Step<Vec<String>> {
    const INVARIANT: &str = "impossible: a language with a sidecar has a target";
    let first = request.targets.first().expect(INVARIANT);
    pod::refuse_init(cx, request, first)?;
    let target = pod::container(cx, draft, first);
    check(cx, request, agent)?;
    let (volume, path) = agent.host_path;
    let image = super::image(request);
    let mut container = json!({
        "name": agent.name,
        "image": image,
        "resources": resources::complete(cx, request)?,
        "volumeMounts": [{"name": volume, "mountPath": path}],
        "securityContext": security_context(request, agent),
    });
    if let Some(policy) = &request.instrumentation.pull_policy {
        container["imagePullPolicy"] = json!(policy);
    }
    let mut own = Draft::new(container);
    let place = ContainerRef {
        at: String::new(),
        origin: target.origin.clone(),
        name: agent.name.to_owned(),
        env_from: EnvFrom::default(),
    };
    for option in request.language.options {
        let chosen = request.option(option.annotation);
        if let (Effect::Variable(variable), false) = (&option.effect, chosen.is_empty()) {
            place.default(&mut own, variable, chosen);
        }
    }
    place.default_entries(&mut own, request.agent_env());
    sdk::common(&mut own, &place, request.instrumentation);
    let app = sdk::app(cx, draft, &target);
    sdk::configure_for(cx, request.instrumentation, &mut own, &place, &app)?;
    if !place.has(&own, agent.executable) {
        let pointer = cx.annotations.pointer(request.language.switch);
        return Err(Finding::executable_not_set(agent.missing, pointer, &target.name).into());
    }
    draft.set(&cx.workload.pointer("/spec"), SHARE, json!(true));
    let (_, container) = own.finish();
    pod::add_container(cx, draft, List::Regular, None, container)?;
    let host_path = json!({"name": volume, "hostPath": {"path": path}});
    pod::add_volume(cx, draft, host_path)?;
    exporter::add_volumes(cx, request.instrumentation, draft)?;
    Ok(vec![image])
}

fn check(cx: &Selection<'_>, request: &Request<'_>, agent: &AgentContainer) -> Step {
    let language = request.language;
    let pointer = || cx.workload.pointer(&format!("/spec/{SHARE}"));
    if cx.workload.pod().and_then(|spec| spec.get("hostPID")).and_then(Value::as_bool) == Some(true) {
        let pointer = cx.workload.pointer("/spec/hostPID");
        return Err(Finding::field_beside_host_pid(agent.apart, pointer, language.id, SHARE).into());
    }
    match cx.workload.pod().and_then(|spec| spec.get(SHARE)) {
        None | Some(Value::Null | Value::Bool(true)) => {}
        Some(Value::Bool(false)) => {
            return Err(Finding::field_is_false(agent.apart, pointer(), language.id, SHARE).into());
        }
        Some(other) => return Err(misshapen(&pointer(), "true or false", other).into()),
    }
    let lists = language.containers.iter().map(|key| (key, cx.annotations.own(key)));
    match lists.into_iter().find(|(_, list)| list.contains(',')) {
        None => Ok(()),
        Some((key, list)) => {
            let pointer = cx.annotations.pointer(key);
            Err(Finding::several_containers_listed(agent.several, pointer, language.id, list).into())
        }
    }
}

fn security_context(request: &Request<'_>, container: &AgentContainer) -> Value {
    let agent = request.instrumentation.agent(request.language);
    let own = agent.and_then(|agent| agent.extra.get("securityContext"));
    let (user, privileged) = container.security;
    own.cloned().unwrap_or_else(|| json!({"runAsUser": user, "privileged": privileged}))
}
