//! Agents that an init container copies into a volume of the targets.

use serde_json::{Value, json};

use super::{Scene, Step, container::Place, draft::Draft, exporter, pod, resources, sdk};
use crate::config::instrumentation::Agent;
use crate::k8s::pod::List;
use crate::languages::{Copy, Env, Recipe};
use crate::select::Request;

/// Instruments the targets, then adds the volume and the init container; says which image.
pub(super) fn inject(
    scene: &Scene<'_>,
    request: &Request<'_>,
    recipe: &Recipe,
    copy: &Copy,
    draft: &mut Draft,
) -> Step<String> {
    for target in &request.targets {
        let container = pod::container(scene, draft, target);
        let mount = copy.mount.in_target(&target.name);
        check(scene, recipe, draft, &container)?;
        for entry in request.instrumentation.agent(request.language).into_iter().flat_map(|agent| &agent.env)
        {
            container.default_entry(draft, entry);
        }
        set_env(scene, draft, &container, recipe.early_env, &mount)?;
        container.mount(draft, json!({"name": copy.name, "mountPath": mount}))?;
        sdk::common(draft, &container, request.instrumentation);
        set_env(scene, draft, &container, recipe.env, &mount)?;
        sdk::configure(scene, request.instrumentation, draft, &container, &container)?;
        exporter::add_volumes(scene, request.instrumentation, draft)?;
    }
    let agent = request.instrumentation.agent(request.language);
    pod::add_volume(scene, draft, volume(copy.name, agent))?;
    let (image, container) = init_container(scene, request, copy, draft)?;
    let first = request.targets.first().filter(|target| target.list == List::Init);
    pod::add_container(scene, draft, List::Init, first.map(|target| target.name.as_str()), container)?;
    Ok(image)
}

/// Refuses a target whose variables cannot be extended.
fn check(scene: &Scene<'_>, recipe: &Recipe, draft: &Draft, container: &Place) -> Step {
    let extended = recipe.early_env.iter().chain(recipe.env).filter(|env| env.extends());
    extended.map(Env::name).try_for_each(|name| container.check_extendable(scene, draft, name))
}

/// Sets the variables of a language.
fn set_env(scene: &Scene<'_>, draft: &mut Draft, container: &Place, env: &[Env], mount: &str) -> Step {
    let fill = |text: &str| text.replace("{mount}", mount);
    for env in env {
        match env {
            Env::Default { name, value } => container.default(draft, name, &fill(value)),
            Env::Append { name, separator, value } => {
                container.extend(scene, draft, name, |there| {
                    let separator = if there.is_empty() { "" } else { separator };
                    format!("{there}{separator}{}", fill(value))
                })?;
            }
            Env::Wrap { name, before, separator, after } => {
                container.extend(scene, draft, name, |there| {
                    let inner = if there.is_empty() { String::new() } else { format!("{separator}{there}") };
                    format!("{}{inner}{separator}{}", fill(before), fill(after))
                })?;
            }
        }
    }
    Ok(())
}

/// The volume that the agent is copied into.
fn volume(name: &str, agent: Option<&Agent>) -> Value {
    if let Some(claim) = agent.and_then(|agent| agent.claim.as_ref()) {
        let mut claim = claim.clone();
        if let Some(claim) = claim.as_object_mut() {
            claim.entry("metadata").or_insert_with(|| json!({}));
        }
        return json!({"name": name, "ephemeral": {"volumeClaimTemplate": claim}});
    }
    let limit = agent.and_then(|agent| agent.size_limit.as_deref()).unwrap_or("200Mi");
    json!({"name": name, "emptyDir": {"sizeLimit": limit}})
}

fn init_container(
    scene: &Scene<'_>,
    request: &Request<'_>,
    copy: &Copy,
    draft: &Draft,
) -> Step<(String, Value)> {
    const INVARIANT: &str = "impossible: a language that is copied has settings";
    let settings = request.language.settings.as_ref().expect(INVARIANT);
    let pointer = scene.annotations.pointer(request.language.switch);
    let image = super::image(request, settings);
    let mut container = json!({
        "name": copy.name,
        "image": image,
        "command": copy.command,
        "resources": resources::of(request, settings, &pointer)?,
        "volumeMounts": [{"name": copy.name, "mountPath": copy.mount.path()}],
    });
    if let Some(context) = security_context(scene, request, draft) {
        container["securityContext"] = context;
    }
    if let Some(policy) = &request.instrumentation.pull_policy {
        container["imagePullPolicy"] = json!(policy);
    }
    Ok((image, container))
}

/// The Instrumentation's security context for init containers, else the first target's.
fn security_context(scene: &Scene<'_>, request: &Request<'_>, draft: &Draft) -> Option<Value> {
    if let Some(context) = &request.instrumentation.init_security_context {
        return Some(context.clone());
    }
    let first = pod::container(scene, draft, request.targets.first()?);
    let context = draft.value().pointer(&first.at)?.get("securityContext")?;
    (!context.is_null()).then(|| context.clone())
}
