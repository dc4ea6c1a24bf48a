//! Agents whose files the targets mount: copied by init containers, or from image volumes.

use super::env::{self, Texts};
use super::{Step, container::ContainerRef, draft::Draft, exporter, pod, resources, sdk};
use crate::config::FilesBy;
use crate::config::instrumentation::KIND;
use crate::finding::Finding;
use crate::k8s::image::Image;
use crate::k8s::pod::List;
use crate::languages::{Copy, Extensions, Recipe};
use crate::select::{Request, Selection};
use crate::value::{Value, json};

/// An image with files for the targets: the agent's, or an extension's.
struct Part {
    /// The name of its init container, or of its image volume.
    name: String,
    image: String,
    pull_policy: Option<String>,
    /// What its init container runs.
    command: Vec<String>,
    /// The folder of the image that has the files; empty for the root.
    folder: String,
}

/// Instruments the targets, then adds what brings the files. Returns the images.
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
        let texts = Texts::read(cx, request)?.with("{mount}", &mount);
        container.default_entries(draft, request.agent_env());
        env::set(cx, draft, &container, recipe.early_env, &texts)?;
        let folders = match request.files {
            FilesBy::Init => {
                container.mount(draft, json!({"name": copy.name, "mountPath": mount}))?;
                extensions.map_or_else(String::new, |(extensions, _)| extensions.destination(&mount))
            }
            FilesBy::ImageVolume => {
                let parts = parts(cx, request, copy, extensions)?;
                mount_images(draft, &container, &parts, &mount, copy)?
            }
        };
        sdk::common(draft, &container, request.instrumentation);
        env::set(cx, draft, &container, recipe.env, &texts)?;
        if let Some((extensions, _)) = extensions {
            env::set(cx, draft, &container, extensions.env, &texts.with("{extensions}", &folders))?;
        }
        sdk::configure(cx, request.instrumentation, draft, &container, &container)?;
        if index == 0 {
            exporter::add_volumes(cx, request.instrumentation, draft)?;
        }
    }
    let parts = parts(cx, request, copy, extensions)?;
    match request.files {
        FilesBy::Init => add_init_containers(cx, request, copy, draft, &parts)?,
        FilesBy::ImageVolume => {
            for part in &parts {
                pod::add_volume(cx, draft, image_volume(part))?;
            }
        }
    }
    Ok(parts.into_iter().map(|part| part.image).collect())
}

/// The agent's extensions, if any are requested.
fn extensions<'r>(request: &'r Request<'_>, copy: &'r Copy) -> Option<(&'r Extensions, &'r [Value])> {
    let extensions = copy.extensions.as_ref()?;
    let agent = request.instrumentation.agent(request.language)?;
    let list = agent.extra.get(extensions.key)?.as_array().filter(|list| !list.is_empty())?;
    Some((extensions, list))
}

/// The agent, then its extensions.
fn parts(
    cx: &Selection<'_>,
    request: &Request<'_>,
    copy: &Copy,
    extensions: Option<(&Extensions, &[Value])>,
) -> Step<Vec<Part>> {
    let texts = Texts::read(cx, request)?;
    let mut parts = vec![Part {
        name: copy.name.to_owned(),
        image: super::image(request),
        pull_policy: request.instrumentation.pull_policy.clone(),
        command: copy.command.iter().map(|text| texts.fill(text)).collect(),
        folder: texts.fill(copy.folder).trim_matches('/').to_owned(),
    }];
    let Some((extensions, list)) = extensions else { return Ok(parts) };
    for (index, extension) in list.iter().enumerate() {
        let text = |key: &str| extension.get(key).and_then(Value::as_str).unwrap_or_default();
        let directory = text("dir");
        let folder = match (request.files, below_root(directory)) {
            (_, Some(folder)) => folder,
            (FilesBy::Init, None) => String::new(),
            (FilesBy::ImageVolume, None) => {
                let (pointer, source) = (cx.annotations.pointer(request.language.switch), &request.source);
                let finding =
                    Finding::extension_not_mountable(pointer, request.language.id, text("image"), directory);
                let field = format!("/spec/{}/{}/{index}/dir", super::settings(request).key, extensions.key);
                return Err(finding.due_to(KIND, source, field).into());
            }
        };
        let source = format!("{directory}/.");
        let command = ["cp", "-r", &source, &extensions.destination(copy.mount.path())].map(str::to_owned);
        parts.push(Part {
            name: extensions.called(index),
            image: text("image").to_owned(),
            pull_policy: None,
            command: command.into(),
            folder,
        });
    }
    Ok(parts)
}

/// An absolute path relative to the root; empty for the root. `None` for a path that no mount can have.
fn below_root(path: &str) -> Option<String> {
    let parts = || path.split('/').filter(|part| !part.is_empty() && *part != ".");
    let is_absolute = path.is_empty() || path.starts_with('/');
    (is_absolute && parts().all(|part| part != "..")).then(|| parts().collect::<Vec<_>>().join("/"))
}

/// Mounts the images in a target, the agent's at `mount`. Returns the folders of the extensions, separated by commas.
fn mount_images(
    draft: &mut Draft,
    container: &ContainerRef,
    parts: &[Part],
    mount: &str,
    copy: &Copy,
) -> Step<String> {
    let mut folders = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let path = match (index.checked_sub(1), &copy.extensions) {
            (Some(index), Some(extensions)) => {
                let path = extensions.mount(mount, index);
                folders.push(path.clone());
                path
            }
            _ => mount.to_owned(),
        };
        let mut entry = json!({"name": part.name, "mountPath": path, "readOnly": true});
        if !part.folder.is_empty() {
            entry["subPath"] = json!(part.folder);
        }
        container.mount(draft, entry)?;
    }
    Ok(folders.join(","))
}

fn image_volume(part: &Part) -> Value {
    // API servers with the feature gate off set no default, and refuse a volume without a policy.
    let default = || Image::parse(&part.image).map_or("IfNotPresent", |image| image.pull_policy());
    let policy = part.pull_policy.as_deref().unwrap_or_else(default);
    json!({"name": part.name, "image": {"reference": part.image, "pullPolicy": policy}})
}

/// Adds the volume and the init containers that copy the files into it.
fn add_init_containers(
    cx: &Selection<'_>,
    request: &Request<'_>,
    copy: &Copy,
    draft: &mut Draft,
    parts: &[Part],
) -> Step {
    pod::add_volume(cx, draft, pod::agent_volume(copy.name, request))?;
    let containers = parts.iter().map(|part| init_container(cx, request, copy, draft, part));
    let containers = containers.collect::<Step<Vec<_>>>()?;
    let first = request.targets.first().filter(|target| target.list == List::Init);
    for container in containers {
        pod::add_container(cx, draft, List::Init, first.map(|target| target.name.as_str()), container)?;
    }
    Ok(())
}

fn init_container(
    cx: &Selection<'_>,
    request: &Request<'_>,
    copy: &Copy,
    draft: &Draft,
    part: &Part,
) -> Step<Value> {
    let mut container = json!({
        "name": part.name,
        "image": part.image,
        "command": part.command,
        "resources": resources::complete(cx, request)?,
        "volumeMounts": [{"name": copy.name, "mountPath": copy.mount.path()}],
    });
    if let Some(context) = pod::init_security_context(cx, request, draft, request.targets.first()) {
        container["securityContext"] = context;
    }
    if let Some(policy) = &part.pull_policy {
        container["imagePullPolicy"] = json!(policy);
    }
    Ok(container)
}

#[cfg(test)]
mod tests {
    use super::below_root;

    #[test]
    fn a_folder_of_an_image_is_below_its_root() {
        let cases = [
            ("", Some("")),
            ("/", Some("")),
            ("/extensions", Some("extensions")),
            ("//a/./b/", Some("a/b")),
            ("/a..b/...", Some("a..b/...")),
            ("extensions", None),
            ("./extensions", None),
            ("/a/../b", None),
            ("/..", None),
        ];
        for (path, folder) in cases {
            assert_eq!(below_root(path).as_deref(), folder, "{path}");
        }
    }
}
