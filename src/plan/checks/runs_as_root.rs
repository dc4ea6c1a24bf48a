//! Added containers that would run as root in a pod that forbids it: the kubelet never starts them.

use super::{Check, Planned};
use crate::finding::{Code, Finding};
use crate::k8s::image::Image;
use crate::k8s::pod::{List, elements, name, positions};
use crate::languages::{ALL, Delivery};
use crate::metadata::{Facts, Metadata, User};
use crate::select::Selection;
use crate::value::Value;

pub(super) const CHECK: Check = Check { codes: &[Code::RunsAsRoot], run };

fn run(planned: &Planned<'_>) -> Vec<Finding> {
    let [before, spec] = planned.pods;
    let mut findings = Vec::new();
    for list in [List::Init, List::Regular] {
        let current = positions(elements(before, list.key()));
        for container in elements(spec, list.key()) {
            let called = name(container);
            if current.contains_key(called) {
                continue;
            }
            if let Some(why) = root(spec, container, &planned.cx.settings.metadata) {
                let place = place(planned.cx, before);
                findings.push(if needs_root(list, called) {
                    Finding::agent_needs_root(place, called, &why)
                } else if list == List::Init {
                    Finding::init_container_runs_as_root(place, called, &why)
                } else {
                    Finding::container_runs_as_root(place, called, &why)
                });
            }
        }
    }
    findings
}

/// Why a container would run as root although it must not.
fn root(spec: &Value, container: &Value, metadata: &Metadata) -> Option<String> {
    let of = |key: &str| {
        let field = |of: &'_ Value| -> Option<Value> {
            of.get("securityContext")?.get(key).filter(|value| !value.is_null()).cloned()
        };
        field(container).or_else(|| field(spec))
    };
    if of("runAsNonRoot")? != Value::Bool(true) {
        return None;
    }
    match of("runAsUser") {
        Some(user) => (user.as_i64() == Some(0)).then(|| "runAsUser is 0".to_owned()),
        None => {
            let image = container.get("image")?.as_str()?;
            let user = metadata.of(image).and_then(Facts::user);
            match user {
                Some(User::Number) => None,
                // The kubelet does not look the name up in the image.
                Some(User::Name(name)) => Some(format!(
                    "the user of image \"{image}\" is the name \"{name}\", which may be root's, and runAsUser is not set"
                )),
                None if !is_of_root(image) => None,
                Some(User::Root) | None => {
                    Some(format!("image \"{image}\" has no other user, and runAsUser is not set"))
                }
            }
        }
    }
}

/// Whether an image is one of the operator's, by name and in any registry: none of their Dockerfiles has a `USER`.
fn is_of_root(image: &str) -> bool {
    let Some(image) = Image::parse(image) else { return false };
    let mut ours = ALL.iter().filter_map(|language| Some(language.settings.as_ref()?.image.repository));
    ours.any(|ours| ours.rsplit('/').next() == Some(image.name()))
}

/// Pointer to the pod's setting, or to the pod.
fn place(cx: &Selection<'_>, before: &Value) -> String {
    const AT: &str = "/securityContext/runAsNonRoot";
    let inside = if before.pointer(AT).is_some() { format!("/spec{AT}") } else { String::new() };
    cx.workload.pointer(&inside)
}

/// Whether a container is an agent that only works as root.
fn needs_root(list: List, container: &str) -> bool {
    ALL.iter().map(|language| &language.recipe.delivery).any(|delivery| {
        let is_root = matches!(delivery, Delivery::Container(agent) if agent.security.0 == 0);
        is_root && delivery.is_container(list, container)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::json;

    #[test]
    fn a_container_overrides_its_pod() {
        let java = "mirror.example.com/x/autoinstrumentation-java:2.1.0";
        let cases = [
            (json!({}), json!({}), java, false),
            (json!({"runAsNonRoot": true}), json!({}), java, true),
            (json!({"runAsNonRoot": true}), json!({}), "acme/agent:1", false),
            (json!({"runAsNonRoot": true, "runAsUser": 1000}), json!({}), java, false),
            (json!({"runAsNonRoot": true, "runAsUser": 1000}), json!({"runAsUser": 0}), "acme/agent:1", true),
            (json!({"runAsNonRoot": true}), json!({"runAsUser": 7}), java, false),
            (json!({"runAsNonRoot": true}), json!({"runAsNonRoot": false, "runAsUser": 0}), java, false),
            (json!({"runAsUser": 0}), json!({"runAsNonRoot": true}), "acme/agent:1", true),
            (json!({"runAsNonRoot": null}), json!({"runAsUser": null}), java, false),
        ];
        for (pod, own, image, expected) in cases {
            let container = json!({"name": "a", "image": image, "securityContext": own});
            let found = root(&json!({ "securityContext": pod }), &container, &Metadata::default());
            assert_eq!(found.is_some(), expected, "{pod} {own} {image}");
        }
    }
}
