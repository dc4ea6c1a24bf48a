//! What the containers of a pod are instrumented with, by the marks of an injection: names that it gives to containers
//! and volumes.

use super::is_marked;
use crate::config::collector::{CONTAINER, SIDECAR};
use crate::coverage::{Container, Part, Status};
use crate::k8s::pod::{self, List};
use crate::languages::{ALL, Delivery, Language, find};
use crate::value::Value;

/// An agent's language, and its images.
type Agent = (Option<&'static str>, Vec<String>);

/// The containers of a pod with their agents. An agent in a container of its own is listed with the application, or as
/// that container if the pod has several it could attach to; init containers that only bring an agent are left out.
#[must_use]
pub fn instrumented(spec: &Value) -> Vec<Part> {
    let mut parts = listed(spec);
    let is_agent =
        |part: &Part| ALL.iter().any(|one| one.recipe.delivery.is_container(List::Regular, &part.container));
    let applications = parts.iter().filter(|part| part.language.is_none()).count();
    if let (Some(agent), 1) = (parts.iter().position(is_agent), applications) {
        let Part { language, images, .. } = parts.remove(agent);
        for part in parts.iter_mut().filter(|part| part.language.is_none()) {
            (part.language, part.images) = (language, images.clone());
        }
    }
    parts
}

/// The containers of a pod without those that an injection adds.
#[must_use]
pub fn own_containers(spec: &Value) -> Vec<Container> {
    let texts = |container: &Value, key: &str| -> Vec<String> {
        pod::elements(container, key).iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut own = Vec::new();
    for list in [List::Init, List::Regular] {
        for container in pod::elements(spec, list.key()) {
            let name = pod::name(container);
            let is_added = ALL.iter().any(|language| language.recipe.delivery.brings(list, name));
            if is_added || name == CONTAINER {
                continue;
            }
            own.push(Container {
                name: name.to_owned(),
                is_init: list == List::Init,
                image: container.get("image").and_then(Value::as_str).unwrap_or_default().to_owned(),
                command: texts(container, "command"),
                args: texts(container, "args"),
            });
        }
    }
    own
}

fn listed(spec: &Value) -> Vec<Part> {
    let elements =
        |list: List| pod::elements(spec, list.key()).iter().map(move |container| (list, container));
    let containers = [List::Init, List::Regular].into_iter().flat_map(elements);
    let parts = containers.flat_map(|(list, container)| {
        let part = |(language, images)| Part {
            container: pod::name(container).to_owned(),
            language,
            images,
            status: Status::NotAsked,
        };
        agents(spec, list, container).into_iter().map(part).collect::<Vec<_>>()
    });
    parts.collect()
}

fn agents(spec: &Value, list: List, container: &Value) -> Vec<Agent> {
    let name = pod::name(container);
    if name == CONTAINER {
        return vec![(Some(SIDECAR), images(std::iter::once(container)))];
    }
    let deliveries = || ALL.iter().map(|language| (language, &language.recipe.delivery));
    if let Some((agent, delivery)) = deliveries().find(|(_, delivery)| delivery.brings(list, name)) {
        let own = || (Some(agent.id), images(std::iter::once(container)));
        return delivery.is_sidecar().then(own).into_iter().collect();
    }
    let mounts = pod::elements(container, "volumeMounts");
    let mounted = deliveries().filter(|(_, delivery)| {
        volume(delivery).is_some_and(|volume| pod::position(mounts, volume).is_some())
    });
    let agent = |(language, delivery): (&&'static Language, &Delivery)| {
        let bringing = pod::elements(spec, List::Init.key()).iter();
        let bringing = bringing.filter(|init| is_agent(delivery, pod::name(init)));
        let volumes = pod::elements(spec, "volumes").iter();
        let volumes = volumes.filter(|volume| delivery.is_image_volume(pod::name(volume)));
        let references = volumes.filter_map(|volume| volume.pointer("/image/reference")?.as_str());
        let mut images = images(bringing);
        images.extend(references.map(str::to_owned));
        (Some(language.id), images)
    };
    let agents: Vec<Agent> = mounted.map(agent).collect();
    match agents.is_empty() {
        false => agents,
        true if is_marked(container) => vec![(find("sdk").map(|sdk| sdk.id), Vec::new())],
        true if list == List::Regular => vec![(None, Vec::new())],
        true => Vec::new(),
    }
}

/// The volume that the agent's targets mount.
const fn volume(delivery: &Delivery) -> Option<&'static str> {
    match delivery {
        Delivery::Copy(copy) => Some(copy.name),
        Delivery::WebServer(server) => Some(server.agent_volume),
        Delivery::Container(_) | Delivery::None => None,
    }
}

/// Whether an init container with that name has the agent or an extension of it as its image.
fn is_agent(delivery: &Delivery, name: &str) -> bool {
    match delivery {
        Delivery::Copy(copy) => copy.name == name || copy.is_extension(name),
        Delivery::WebServer(server) => server.attach.name == name,
        Delivery::Container(_) | Delivery::None => false,
    }
}

fn images<'v>(containers: impl Iterator<Item = &'v Value>) -> Vec<String> {
    let image = |container: &Value| Some(container.get("image")?.as_str()?.to_owned());
    containers.filter_map(image).collect()
}
