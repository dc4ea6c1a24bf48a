//! Adds web server modules to a pod.

use super::env::{self, Texts};
use super::{
    Step,
    attributes::{self, App},
    container::ContainerRef,
    draft::Draft,
    exporter, pod, resources, sdk,
};
use crate::config::env_from::EnvFrom;
use crate::finding::Finding;
use crate::k8s::pod::List;
use crate::languages::Recipe;
use crate::languages::web_server::{AGENT, COPY, Facts, Location, WebServer, Which};
use crate::select::{Request, Selection, Target};
use crate::value::{Value, json};

/// Instruments the first target completely and further ones only by env. Returns the images.
pub(super) fn inject(
    cx: &Selection<'_>,
    request: &Request<'_>,
    recipe: &Recipe,
    server: &WebServer,
    draft: &mut Draft,
) -> Step<Vec<String>> {
    let image = super::image(request);
    for (index, target) in request.targets.iter().enumerate() {
        pod::refuse_init(cx, request, target)?;
        let container = pod::container(cx, draft, target);
        container.default_entries(draft, request.agent_env());
        if index == 0 {
            attach(cx, request, recipe, server, &image, &container, draft)?;
        }
        sdk::common(draft, &container, request.instrumentation);
        sdk::configure(cx, request.instrumentation, draft, &container, &container)?;
        exporter::add_volumes(cx, request.instrumentation, draft)?;
    }
    Ok(vec![image])
}

fn attach(
    cx: &Selection<'_>,
    request: &Request<'_>,
    recipe: &Recipe,
    server: &WebServer,
    image: &str,
    target: &ContainerRef,
    draft: &mut Draft,
) -> Step {
    let location = location(cx, request, server)?;
    let limit = pod::size_limit(request);
    let context = pod::init_security_context(cx, request, draft, owner_of_context(request, server));
    pod::add_volume(cx, draft, server.config_volume(limit))?;

    let application = draft.value().pointer(&target.at).cloned().unwrap_or_default();
    let clone = Draft::new(Value::Object(server.clone_of(&application, &location)));
    let mut clone = finish(cx, request, server, target, clone, context.as_ref())?;
    let mounts = draft.list(&target.at, "volumeMounts");
    let hidden = mounts.iter().position(|mount| covers(mount, &location.directory));
    if let Some(Value::Array(mounts)) = hidden.and(clone.get_mut("volumeMounts")) {
        mounts.remove(hidden.unwrap_or_default());
    }
    pod::add_container(cx, draft, List::Init, None, clone)?;
    if let Some(index) = hidden {
        // A user's mount moves with its text, including comments.
        let init = format!("{}/{}", cx.workload.pointer("/spec"), List::Init.key());
        let last = draft.list(&cx.workload.pointer("/spec"), List::Init.key()).len() - 1;
        draft.relocate(
            format!("{}/volumeMounts/{index}", target.at),
            format!("{init}/{last}/volumeMounts/{index}"),
        );
    }

    target.mount(draft, json!({"name": server.agent_volume, "mountPath": AGENT}))?;
    target.mount(draft, json!({"name": server.config_volume, "mountPath": location.directory}))?;
    env::set(cx, draft, target, recipe.env, &Texts::read(cx, request)?.with("{mount}", AGENT))?;
    let claim = pod::claim(server.agent_volume, request).filter(|_| server.is_sized);
    pod::add_volume(cx, draft, claim.unwrap_or_else(|| server.agent_volume(limit)))?;

    let mut attach = Draft::new(Value::Object(server.attach(image, &location)));
    set_env(cx, request, server, target, draft, &mut attach)?;
    let mut attach = finish(cx, request, server, target, attach, context.as_ref())?;
    if let Some(policy) = &request.instrumentation.pull_policy {
        attach["imagePullPolicy"] = json!(policy);
    }
    pod::add_container(cx, draft, List::Init, None, attach)
}

/// The location of the target's configuration.
pub(super) fn location(cx: &Selection<'_>, request: &Request<'_>, server: &WebServer) -> Step<Location> {
    let path = extra(request, server.path_key).and_then(Value::as_str);
    let settings = super::settings(request);
    server.location(path).ok_or_else(|| {
        let (pointer, path) = (cx.annotations.pointer(request.language.switch), path.unwrap_or_default());
        Finding::path_of_no_volume(pointer, settings.key, server.path_key, &request.source, path).into()
    })
}

fn extra<'r>(request: &'r Request<'_>, key: &str) -> Option<&'r Value> {
    request.instrumentation.agent(request.language)?.extra.get(key)
}

/// Whether a mount's path contains the configuration's directory.
fn covers(mount: &Value, directory: &str) -> bool {
    mount.get("mountPath").and_then(Value::as_str).is_some_and(|path| path.contains(directory))
}

/// The target whose security context the init containers use.
fn owner_of_context<'r>(request: &'r Request<'_>, server: &WebServer) -> Option<&'r Target> {
    match server.security_of {
        Which::First => request.targets.first(),
        Which::Last => request.targets.last(),
    }
}

/// Adds what both init containers have: resources, security context and the copy's mount.
fn finish(
    cx: &Selection<'_>,
    request: &Request<'_>,
    server: &WebServer,
    target: &ContainerRef,
    mut container: Draft,
    context: Option<&Value>,
) -> Step<Value> {
    place_of(target).mount(&mut container, json!({"name": server.config_volume, "mountPath": COPY}))?;
    let (_, mut container) = container.finish();
    container["resources"] = resources::complete(cx, request)?;
    if let Some(context) = context {
        container["securityContext"] = context.clone();
    }
    Ok(container)
}

/// A container created for `target`, as a separate draft. Findings about it point at the target. No variables of it
/// depend on `envFrom`.
fn place_of(target: &ContainerRef) -> ContainerRef {
    ContainerRef { at: String::new(), env_from: EnvFrom::default(), ..target.clone() }
}

/// Sets the variables of the attach container: the Instrumentation's, the addresses, the configuration.
fn set_env(
    cx: &Selection<'_>,
    request: &Request<'_>,
    server: &WebServer,
    target: &ContainerRef,
    draft: &Draft,
    attach: &mut Draft,
) -> Step {
    let place = place_of(target);
    let configuration = &server.configuration;
    place.default_entries(attach, request.agent_env());
    place.default_entries(attach, &request.instrumentation.env);
    place.append_field(attach, "OTEL_POD_IP", "status.podIP");
    place.append_field(attach, "OTEL_NODE_IP", "status.hostIP");
    if place.has(attach, configuration.variable) {
        let (pointer, source) = (target.origin.clone(), &request.source);
        return Err(
            Finding::instrumentation_sets_configuration(pointer, source, configuration.variable).into()
        );
    }
    let text = configure(cx, request, server, &sdk::app(cx, draft, target))?;
    place.default(attach, configuration.variable, &text);
    sdk::add_helpers(cx, attach, &place, &text, configuration.variable)?;
    place.helper(cx, attach, configuration.pod_name, "metadata.name", None)
}

/// The module's configuration.
fn configure(cx: &Selection<'_>, request: &Request<'_>, server: &WebServer, app: &App) -> Step<String> {
    let version = server.configuration.version.as_ref();
    let version = version.and_then(|version| extra(request, version.key)).and_then(Value::as_str);
    let facts = Facts {
        version: version.unwrap_or_default(),
        endpoint: request.instrumentation.endpoint.as_deref(),
        service: &sdk::service_name(cx, request.instrumentation, app),
        namespace: &attributes::namespace(cx),
        attrs: attrs(request),
    };
    server.configuration.text(&facts).map_err(|(name, value)| {
        let pointer = cx.annotations.pointer(request.language.switch);
        Finding::directive_breaks_configuration(pointer, name, request.language.id, value).into()
    })
}

/// The Instrumentation's directives.
fn attrs<'r>(request: &'r Request<'_>) -> Vec<(&'r str, &'r str)> {
    fn text<'a>(attr: &'a Value, key: &str) -> &'a str {
        attr.get(key).and_then(Value::as_str).unwrap_or_default()
    }
    let attrs = extra(request, "attrs").and_then(Value::as_array).into_iter().flatten();
    attrs.map(|attr| (text(attr, "name"), text(attr, "value"))).collect()
}

/// Where the module sends traces by OTLP.
pub(super) fn destination<'r>(request: &'r Request<'_>, server: &WebServer) -> Option<&'r str> {
    server.configuration.destination(request.instrumentation.endpoint.as_deref(), &attrs(request))
}
