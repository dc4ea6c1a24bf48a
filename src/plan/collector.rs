//! Adds a pod's collector.

use super::attributes;
use super::checks::Planned;
use super::container::{ContainerRef, from_field};
use super::draft::Draft;
use super::{Done, Outcome, Step, in_brackets, metadata, pod, sdk};
use crate::config::Settings;
use crate::config::annotations::SIDECAR;
use crate::config::collector::{CONFIG, CONTAINER, Collector, KIND, stripped};
use crate::finding::{Finding, Injection};
use crate::k8s::OwnerName;
use crate::k8s::pod::{List, name, position};
use crate::select::Selection;
use crate::select::collector::{Decision, Request, decide};
use crate::value::{Map, Value, json};

/// The collector's name in findings, in place of a language id.
const COLLECTOR: &str = "collector";
/// The label of a pod with a collector.
pub(super) const LABEL: &str = "sidecar.opentelemetry.io/injected";
/// The maximum length of a label value.
const LONGEST_LABEL: usize = 63;
/// Linux' maximum length of a variable (`MAX_ARG_STRLEN`), without `OTEL_CONFIG=` and the terminator.
const LONGEST_CONFIG: usize = 131_059;

/// The variable with the pod's name, and its downward API field.
const OWN_NAME: (&str, &str) = ("POD_NAME", "metadata.name");
/// The same for the node's name, for receivers that query its kubelet.
const OWN_NODE: (&str, &str) = ("K8S_NODE_NAME", "spec.nodeName");

/// Container limits passed to the Go runtime.
const LIMITS: [(&str, &str); 2] = [("GOMEMLIMIT", "limits.memory"), ("GOMAXPROCS", "limits.cpu")];

fn from_limit(variable: &str, resource: &str) -> Value {
    let source = json!({"resourceFieldRef": {"containerName": CONTAINER, "resource": resource}});
    json!({"name": variable, "valueFrom": source})
}

/// A collector as added to a pod.
#[derive(Debug, Clone)]
pub(super) struct CollectorContainer<'c> {
    pub(super) collector: &'c Collector,
    /// Its name in messages.
    pub(super) called: String,
    /// The label's value.
    pub(super) label: String,
    pub(super) image: String,
    pub(super) init_containers: Vec<Value>,
    /// It is a regular container, not a native sidecar.
    pub(super) is_plain: bool,
}

impl<'c> CollectorContainer<'c> {
    /// Pins its images. `pointer` leads to what requests it.
    pub(super) fn new(request: &Request<'c>, settings: &Settings, pointer: &str) -> Step<Self> {
        let Request { collector, .. } = request;
        let image = collector.image.clone().unwrap_or_else(|| settings.default_collector_image());
        let pinned = |container: &Value| {
            let mut container = container.clone();
            if let Some(image) = container.get("image").and_then(Value::as_str) {
                container["image"] = settings.pinned(image.to_owned(), pointer)?.into();
            }
            Ok(container)
        };
        Ok(Self {
            collector,
            called: request.called(),
            label: label(request),
            image: settings.pinned(image, pointer)?,
            init_containers: collector.init_containers.iter().map(pinned).collect::<Step<_>>()?,
            is_plain: settings.plain_sidecars,
        })
    }

    /// Every image it uses.
    fn images(&self) -> impl Iterator<Item = &str> {
        let of_init = self.init_containers.iter().filter_map(|container| container.get("image")?.as_str());
        std::iter::once(self.image.as_str()).chain(of_init)
    }

    /// The list that its container is in.
    pub(super) const fn list(&self) -> List {
        if self.is_plain { List::Regular } else { List::Init }
    }
}

/// Handles the workload's sidecar request.
pub(super) fn carry_out(cx: &Selection<'_>) -> Outcome {
    let request = match decide(cx) {
        Decision::Nothing => return Ok(None),
        Decision::Skip(finding) => return Err(vec![*finding]),
        Decision::Refuse(findings) => return Err(findings),
        Decision::Remove => return Ok(Some(remove(cx))),
        Decision::Add(request) => request,
    };
    let mut draft = Draft::new(cx.workload.resource.clone());
    let sidecar = CollectorContainer::new(&request, cx.settings, &cx.annotations.pointer(SIDECAR))
        .map_err(|finding| vec![*finding])?;
    add(cx, &sidecar, &mut draft).map_err(|finding| vec![*finding])?;
    let planned = Planned::new(cx, &draft, &[], Some(&request));
    let findings = planned.check();
    let errors = cx.settings.errors(&findings);
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut images: Vec<String> = Vec::new();
    for image in sidecar.images() {
        if !images.iter().any(|known| known == image) {
            images.push(image.to_owned());
        }
    }
    let part = format!("{COLLECTOR} {} as {CONTAINER}{}", sidecar.called, in_brackets(&images));
    let injection = Injection { language: COLLECTOR, containers: vec![CONTAINER.to_owned()], images };
    let sources = vec![format!("{KIND} {}", sidecar.called)];
    Ok(Some(Done { draft, injections: vec![injection], sources, parts: vec![part], findings }))
}

/// Removes every collector from the pod.
fn remove(cx: &Selection<'_>) -> Done {
    let spec = cx.workload.pointer("/spec");
    let mut draft = Draft::new(cx.workload.resource.clone());
    for list in [List::Init, List::Regular] {
        while let Some(index) = position(draft.list(&spec, list.key()), CONTAINER) {
            if draft.list(&spec, list.key()).len() == 1 {
                draft.unset(&spec, list.key());
            } else {
                draft.remove(&spec, list.key(), index);
            }
        }
    }
    let finding = Finding::collector_removed(cx.workload.pointer(""), CONTAINER);
    Done { draft, injections: Vec::new(), sources: Vec::new(), parts: Vec::new(), findings: vec![finding] }
}

/// Adds the collector, its volumes, init containers and label.
pub(super) fn add(cx: &Selection<'_>, sidecar: &CollectorContainer<'_>, draft: &mut Draft) -> Step {
    let collector = sidecar.collector;
    let labels = metadata(cx, draft, "labels")?;
    draft.set(&labels, LABEL, json!(sidecar.label));
    for container in &sidecar.init_containers {
        pod::add_container(cx, draft, List::Init, None, container.clone())?;
    }
    let spec = cx.workload.pointer("/spec");
    for volume in &collector.volumes {
        let name = name(volume);
        if position(draft.list(&spec, "volumes"), name).is_some() {
            return Err(Finding::volume_twice(pod::named(cx, "volumes", name), name).into());
        }
        draft.append(&spec, "volumes", volume.clone());
    }
    check(cx, sidecar, draft.list(&spec, "volumes"))?;
    let container = container(cx, sidecar)?;
    let size = collector.config.len();
    if size > LONGEST_CONFIG {
        let (pointer, called) = (cx.annotations.pointer(SIDECAR), &sidecar.called);
        let finding = Finding::configuration_too_large(pointer, called, size, CONFIG, LONGEST_CONFIG);
        return Err(finding.due_to(KIND, called, "/spec/config").into());
    }
    pod::add_container(cx, draft, sidecar.list(), None, container)
}

/// The container as added to the pod.
fn container(cx: &Selection<'_>, sidecar: &CollectorContainer<'_>) -> Step<Value> {
    let collector = sidecar.collector;
    let mut container = Map::new();
    container.insert("name", json!(CONTAINER));
    container.insert("image", json!(sidecar.image));
    if !sidecar.is_plain {
        container.insert("restartPolicy", json!("Always"));
    }
    container.extend(collector.fields.clone());
    container.insert("env", json!(collector.env));
    let container = Value::Object(container);
    let pointer = cx.annotations.pointer(SIDECAR);
    let env_from = cx.context.env_from(&container, &cx.namespace);
    let mut draft = Draft::new(container);
    let place = ContainerRef { at: String::new(), origin: pointer, name: CONTAINER.to_owned(), env_from };
    place.append_field(&mut draft, OWN_NAME.0, OWN_NAME.1);
    for (variable, resource) in LIMITS {
        place.default_entry(&mut draft, &from_limit(variable, resource));
    }
    if collector.asks_kubelet {
        place.append_field(&mut draft, OWN_NODE.0, OWN_NODE.1);
    }
    define(cx, &place, &mut draft, json!({"name": CONFIG, "value": collector.config}))?;
    if !place.is_set(&draft, sdk::ATTRIBUTES) {
        let attributes = attributes(cx);
        sdk::add_helpers(cx, &mut draft, &place, &attributes, sdk::POD_NAME)?;
        for (variable, field) in sdk::OF_POD {
            define(cx, &place, &mut draft, from_field(variable, field))?;
        }
        place.default(&mut draft, sdk::ATTRIBUTES, &attributes);
    }
    let (_, container) = draft.finish();
    Ok(container)
}

/// Adds a variable unless it is already there with the same value. A different value is refused.
fn define(cx: &Selection<'_>, place: &ContainerRef, draft: &mut Draft, entry: Value) -> Step {
    let same = |current: &&Value| name(current) == name(&entry);
    let current: Vec<&Value> = place.env(draft).iter().filter(same).collect();
    match current.as_slice() {
        [] => draft.append(&place.at, "env", entry),
        [only] if **only == entry => {}
        _ => {
            let pointer = cx.annotations.pointer(SIDECAR);
            return Err(Finding::collector_sets_otherwise(pointer, name(&entry)).into());
        }
    }
    Ok(())
}

/// The resource attributes of the collector's own telemetry.
fn attributes(cx: &Selection<'_>) -> String {
    let mut attributes = vec![
        ("k8s.namespace.name", attributes::namespace(cx)),
        ("k8s.node.name", format!("$({})", sdk::NODE_NAME)),
        ("k8s.pod.name", format!("$({})", sdk::POD_NAME)),
        ("k8s.pod.uid", format!("$({})", sdk::POD_UID)),
    ];
    let workload = &cx.workload;
    for owner in
        workload.owners().iter().filter(|owner| attributes::OWNER_ATTRIBUTES.contains(&owner.attribute))
    {
        let own = workload.owner_name();
        let name = match owner.name {
            _ if own.is_empty() => continue,
            OwnerName::Own => own.to_owned(),
            OwnerName::Generated { variable, .. } => format!("{own}-$({variable})"),
        };
        attributes.push((owner.attribute, name));
    }
    attributes.sort_unstable();
    let pairs: Vec<String> = attributes.iter().map(|(key, value)| format!("{key}={value}")).collect();
    pairs.join(",")
}

/// The label's value: namespace and name of the collector, truncated to fit.
fn label(request: &Request<'_>) -> String {
    let Request { namespace, name, .. } = request;
    if namespace.is_empty() {
        return stripped(first(name, LONGEST_LABEL - 1)).to_owned();
    }
    let room = (LONGEST_LABEL - 1).saturating_sub(name.chars().count());
    let namespace = first(namespace, room);
    let name = first(name, LONGEST_LABEL - 1 - namespace.chars().count());
    stripped(&format!("{namespace}.{name}")).to_owned()
}

/// The first `characters` characters of a text.
fn first(text: &str, characters: usize) -> &str {
    text.char_indices().nth(characters).map_or(text, |(end, _)| &text[..end])
}

/// Refuses what the API server would reject.
fn check(cx: &Selection<'_>, sidecar: &CollectorContainer<'_>, volumes: &[Value]) -> Step {
    let (called, pointer) = (&sidecar.called, cx.annotations.pointer(SIDECAR));
    let fields = &sidecar.collector.fields;
    let list = |key: &str| fields.get(key).and_then(Value::as_array).unwrap_or_default();
    if let Some(port) = twice(list("ports"), "name") {
        return Err(Finding::port_twice(pointer, called, port).due_to(KIND, called, "/spec/ports").into());
    }
    let mounts = list("volumeMounts");
    if let Some(path) = twice(mounts, "mountPath") {
        let finding = Finding::mount_twice(pointer, called, path);
        return Err(finding.due_to(KIND, called, "/spec/volumeMounts").into());
    }
    match mounts.iter().position(|mount| position(volumes, name(mount)).is_none()) {
        None => Ok(()),
        Some(index) => {
            let finding = Finding::mounted_volume_missing(pointer, called, name(&mounts[index]));
            Err(finding.due_to(KIND, called, format!("/spec/volumeMounts/{index}")).into())
        }
    }
}

/// The first string that two elements share at `key`.
fn twice<'v>(elements: &'v [Value], key: &str) -> Option<&'v str> {
    let text = |element: &'v Value| element.get(key).and_then(Value::as_str);
    let mut texts = elements.iter().filter_map(text).enumerate();
    texts
        .find(|(index, wanted)| elements[..*index].iter().filter_map(text).any(|other| other == *wanted))
        .map(|(_, text)| text)
}
