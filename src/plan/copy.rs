//! Agents that an init container copies into a volume for the targets.

use serde_json::{Value, json};

use super::env::{self, Texts};
use super::{Step, draft::Draft, exporter, pod, resources, sdk};
use crate::k8s::pod::List;
use crate::languages::{Copy, Extensions, Recipe};
use crate::select::{Request, Selection};

/// Instruments the targets, then adds the volume and the init containers. Returns the images.
pub(super) fn inject(
    cx: &Selection<'_>,
    request: &Request<'_>,
    recipe: &Recipe,
    copy: &Copy,
    draft: &mut Draft,
) -> Step<Vec<String>> {
    let extensions = extensions(request, copy);
    for (index, target) in request.targets.iter().enumerate() {
        let container = pod::container(cx, draft, target);
        let mount = copy.mount.in_target(&target.name);
        env::check(cx, request, recipe, draft, &container)?;
        let texts = Texts::read(cx, request)?.with_mount(&mount);
        container.default_entries(draft, request.agent_env());
        env::set(cx, draft, &container, recipe.early_env, &texts)?;
        container.mount(draft, json!({"name": copy.name, "mountPath": mount}))?;
        sdk::common(draft, &container, request.instrumentation);
        env::set(cx, draft, &container, recipe.env, &texts)?;
        if let Some((extensions, _)) = &extensions {
            env::set(cx, draft, &container, extensions.env, &texts)?;
        }
        sdk::configure(cx, request.instrumentation, draft, &container, &container)?;
        if index == 0 {
            exporter::add_volumes(cx, request.instrumentation, draft)?;
        }
    }
    pod::add_volume(cx, draft, pod::agent_volume(copy.name, request))?;
    let image = super::image(request);
    let command: Vec<String> = {
        let texts = Texts::read(cx, request)?;
        copy.command.iter().map(|text| texts.fill(text)).collect()
    };
    let mut agent = init_container(cx, request, copy, draft, copy.name, &image, &command)?;
    if let Some(policy) = &request.instrumentation.pull_policy {
        agent["imagePullPolicy"] = json!(policy);
    }
    let mut images = vec![image];
    let mut containers = vec![agent];
    if let Some((extensions, list)) = extensions {
        for (index, extension) in list.iter().enumerate() {
            let text = |key: &str| extension.get(key).and_then(Value::as_str).unwrap_or_default();
            let name = extensions.container(index);
            let command = [
                "cp".to_owned(),
                "-r".to_owned(),
                format!("{}/.", text("dir")),
                extensions.destination(copy.mount.path()),
            ];
            containers.push(init_container(cx, request, copy, draft, &name, text("image"), &command)?);
            images.push(text("image").to_owned());
        }
    }
    let first = request.targets.first().filter(|target| target.list == List::Init);
    for container in containers {
        pod::add_container(cx, draft, List::Init, first.map(|target| target.name.as_str()), container)?;
    }
    Ok(images)
}

/// The agent's extensions, if any are requested.
fn extensions<'r>(request: &'r Request<'_>, copy: &'r Copy) -> Option<(&'r Extensions, &'r Vec<Value>)> {
    let extensions = copy.extensions.as_ref()?;
    let agent = request.instrumentation.agent(request.language)?;
    let list = agent.extra.get(extensions.key)?.as_array().filter(|list| !list.is_empty())?;
    Some((extensions, list))
}

fn init_container(
    cx: &Selection<'_>,
    request: &Request<'_>,
    copy: &Copy,
    draft: &Draft,
    name: &str,
    image: &str,
    command: &[String],
) -> Step<Value> {
    let mut container = json!({
        "name": name,
        "image": image,
        "command": command,
        "resources": resources::complete(cx, request)?,
        "volumeMounts": [{"name": copy.name, "mountPath": copy.mount.path()}],
    });
    if let Some(context) = pod::init_security_context(cx, request, draft, request.targets.first()) {
        container["securityContext"] = context;
    }
    Ok(container)
}
