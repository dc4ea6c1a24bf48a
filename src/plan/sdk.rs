//! The SDK's configuration: common variables, exporter, resource attributes, propagators, sampler.

use super::attributes::{self, App, Attributes};
use super::{Step, container::ContainerRef, draft::Draft, exporter};
use crate::config::instrumentation::Instrumentation;
use crate::k8s::OwnerName;
use crate::k8s::expansion::expand;
use crate::k8s::pod::{elements, is_from_elsewhere, position, text};
use crate::select::Selection;
use crate::value::Value;

/// The variable with the resource attributes.
pub(super) const ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
const NODE: &str = "k8s.node.name";
/// The variable with the node's address.
pub(super) const NODE_IP: &str = "OTEL_NODE_IP";
/// The variable with the pod's address.
pub(super) const POD_IP: &str = "OTEL_POD_IP";
/// The variable with the service's name.
pub(super) const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";
/// The variable with the pod's name, set wherever the SDK is configured.
pub(super) const POD_NAME: &str = "OTEL_RESOURCE_ATTRIBUTES_POD_NAME";
/// The variable with the pod's UID, set if UIDs are requested.
pub(super) const POD_UID: &str = "OTEL_RESOURCE_ATTRIBUTES_POD_UID";
/// The variable with the node's name.
pub(super) const NODE_NAME: &str = "OTEL_RESOURCE_ATTRIBUTES_NODE_NAME";
/// The variable with the propagators.
pub(super) const PROPAGATORS: &str = "OTEL_PROPAGATORS";
/// The variable with the sampler.
pub(super) const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
/// The variable with the sampler's argument.
pub(super) const SAMPLER_ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";

/// Facts about every pod that only the cluster knows, with their downward API fields.
pub(super) const OF_POD: [(&str, &str); 3] =
    [(POD_NAME, "metadata.name"), (POD_UID, "metadata.uid"), (NODE_NAME, "spec.nodeName")];

/// The container as described by its attributes.
pub(super) fn app(cx: &Selection<'_>, draft: &Draft, container: &ContainerRef) -> App {
    let image = draft.value().pointer(&container.at).and_then(|value| value.get("image"));
    App {
        name: container.name.clone(),
        image: image.and_then(Value::as_str).unwrap_or_default().to_owned(),
        attributes: plain(cx, container, draft),
    }
}

/// What is known of a container's own resource attributes; empty if they come from a reference.
fn plain(cx: &Selection<'_>, container: &ContainerRef, draft: &Draft) -> String {
    attributes_in(container.env(draft), cx, container, draft)
}

/// The resource attributes that a container's variables set, with what is known of `envFrom` and the image in their place.
fn attributes_in(env: &[Value], cx: &Selection<'_>, container: &ContainerRef, draft: &Draft) -> String {
    let env_from = &container.env_from;
    let own = format!("$({ATTRIBUTES})");
    let brought = env_from.brings(ATTRIBUTES).then(|| env_from.value(ATTRIBUTES).unwrap_or(&own));
    let entry = position(env, ATTRIBUTES).map(|index| &env[index]);
    match (entry, brought) {
        (Some(entry), _) if is_from_elsewhere(entry) => String::new(),
        (Some(entry), Some(brought)) => expand(text(entry), |name| (name == ATTRIBUTES).then_some(brought)),
        (Some(entry), None) => text(entry).to_owned(),
        (None, Some(brought)) => brought.to_owned(),
        (None, None) => container.of_image(cx, draft, ATTRIBUTES).unwrap_or_default(),
    }
}

/// Adds the variables of every container, before those of its language.
pub(super) fn common(draft: &mut Draft, container: &ContainerRef, instrumentation: &Instrumentation) {
    container.prepend_field(draft, POD_IP, "status.podIP");
    container.prepend_field(draft, NODE_IP, "status.hostIP");
    container.default_entries(draft, &instrumentation.env);
}

/// The service name of `app`.
pub(super) fn service_name(cx: &Selection<'_>, instrumentation: &Instrumentation, app: &App) -> String {
    Attributes::describe(cx, instrumentation, app).service_name(cx, instrumentation, app)
}

/// Configures the SDK in `container`, which is described by `app`.
pub(super) fn configure(
    cx: &Selection<'_>,
    instrumentation: &Instrumentation,
    draft: &mut Draft,
    container: &ContainerRef,
    app: &ContainerRef,
) -> Step {
    let app = self::app(cx, draft, app);
    configure_for(cx, instrumentation, draft, container, &app)
}

/// Configures the SDK in `container` for an application that may be in another one.
pub(super) fn configure_for(
    cx: &Selection<'_>,
    instrumentation: &Instrumentation,
    draft: &mut Draft,
    container: &ContainerRef,
    app: &App,
) -> Step {
    container.check_extendable(cx, draft, ATTRIBUTES)?;
    let own = plain(cx, container, draft);
    let own_keys = attributes::keys(&own);
    let mut attributes = Attributes::describe(cx, instrumentation, app);
    let service = attributes.service_name(cx, instrumentation, app);
    container.default(draft, SERVICE_NAME, &service);
    exporter::configure(instrumentation, draft, container)?;

    attributes.set("k8s.pod.name", format!("$({POD_NAME})"));
    if instrumentation.uid_attributes {
        attributes.set("k8s.pod.uid", format!("$({POD_UID})"));
    }
    if !own.contains("service.version")
        && let Some(version) = attributes::service_version(cx, instrumentation, app)
    {
        attributes.set("service.version", version);
    }
    let is_node_known = attributes.has(NODE)
        || own_keys.contains(NODE)
            && (attributes::has_node_name(cx, instrumentation) || wrote_node_name(cx, container, draft));
    if !is_node_known {
        attributes.set(NODE, format!("$({NODE_NAME})"));
    }
    let added = attributes.joined(&own_keys);

    add_helpers(cx, draft, container, &added, POD_NAME)?;
    container.helper(cx, draft, POD_NAME, "metadata.name", None)?;
    if instrumentation.uid_attributes {
        container.helper(cx, draft, POD_UID, "metadata.uid", None)?;
    }
    if !is_node_known {
        container.helper(cx, draft, NODE_NAME, "spec.nodeName", None)?;
    }
    if !added.is_empty() {
        container.extend(cx, draft, ATTRIBUTES, |current| {
            let current = current.unwrap_or_default();
            let comma = if own.is_empty() || own.ends_with(',') { "" } else { "," };
            format!("{current}{comma}{added}")
        })?;
    }
    if !instrumentation.propagators.is_empty() {
        container.default(draft, PROPAGATORS, &instrumentation.propagators.join(","));
    }
    sample(instrumentation, draft, container);
    container.move_variable_to_end(draft, ATTRIBUTES);
    Ok(())
}

/// Adds the helper variables that `text` refers to, before the variable `before` if that exists.
pub(super) fn add_helpers(
    cx: &Selection<'_>,
    draft: &mut Draft,
    container: &ContainerRef,
    text: &str,
    before: &str,
) -> Step {
    for (name, field) in helpers(cx) {
        if text.contains(&format!("$({name})")) {
            container.helper(cx, draft, name, field, Some(before))?;
        }
    }
    Ok(())
}

/// Variables for names that only the cluster knows, in order.
pub(super) fn helpers(cx: &Selection<'_>) -> Vec<(&'static str, &'static str)> {
    let generated = cx.workload.owners().iter().filter_map(|owner| match owner.name {
        OwnerName::Own => None,
        OwnerName::Generated { variable, field, .. } => Some((variable, field)),
    });
    let namespace = cx.namespace.is_empty().then_some((attributes::NAMESPACE_NAME, "metadata.namespace"));
    generated.chain(namespace).collect()
}

/// Whether an earlier language added the node's name to the container: the input does not have it.
fn wrote_node_name(cx: &Selection<'_>, container: &ContainerRef, draft: &Draft) -> bool {
    let input = cx.workload.resource.pointer(&container.origin);
    let env = input.map_or(&[][..], |container| elements(container, "env"));
    !attributes::keys(&attributes_in(env, cx, container, draft)).contains(NODE)
}

fn sample(instrumentation: &Instrumentation, draft: &mut Draft, container: &ContainerRef) {
    let Some(sampler) = &instrumentation.sampler else { return };
    if container.is_set(draft, SAMPLER) || container.is_set(draft, SAMPLER_ARGUMENT) {
        return;
    }
    container.default(draft, SAMPLER, sampler);
    if let Some(argument) = &instrumentation.sampler_argument {
        container.default(draft, SAMPLER_ARGUMENT, argument);
    }
}
