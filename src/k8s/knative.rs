//! Knative Services: their containers need no names, because Knative's webhook sets them.

use super::Identity;
use super::pod::name;
use crate::value::Value;

/// Knative's name for an unnamed container, or its prefix if there are several (unless `container-name-template` in the
/// ConfigMap `config-defaults` sets another one).
const NAME: &str = "user-container";
const CONTAINERS: &str = "/spec/template/spec/containers";

/// `resource` with the container names it gets in the cluster. `None` if it is not a Knative Service or every container
/// has a name. If `are_several`, each name ends in the container's number.
#[must_use]
pub fn named(resource: &Value, identity: &Identity, are_several: bool) -> Option<Value> {
    let is_service = identity.group() == "serving.knative.dev" && identity.kind() == "Service";
    let containers = resource.pointer(CONTAINERS).filter(|_| is_service)?.as_array()?;
    containers.iter().any(is_nameless).then(|| {
        let mut named = resource.clone();
        for (index, container) in containers_of(&mut named).iter_mut().enumerate() {
            if is_nameless(container) {
                let name = if are_several { format!("{NAME}-{index}") } else { NAME.to_owned() };
                container["name"] = Value::from(name);
            }
        }
        named
    })
}

/// Whether a Knative Service has more than one container.
#[must_use]
pub fn are_several(resource: &Value) -> bool {
    resource.pointer(CONTAINERS).and_then(Value::as_array).is_some_and(|containers| containers.len() > 1)
}

/// Removes names from `value` that containers have in `named` but not in `resource`.
pub fn take_names(value: &mut Value, named: &Value, resource: &Value) {
    let list = |of: &Value| of.pointer(CONTAINERS).and_then(Value::as_array).unwrap_or_default().to_vec();
    for (with, without) in list(named).iter().zip(list(resource)) {
        let given = name(with);
        let same = containers_of(value).iter_mut().find(|container| name(container) == given);
        if let Some(container) = same.and_then(Value::as_object_mut).filter(|_| is_nameless(&without)) {
            match without.get("name") {
                Some(current) => drop(container.insert("name", current.clone())),
                None => drop(container.remove("name")),
            }
        }
    }
}

fn is_nameless(container: &Value) -> bool {
    let name = container.get("name");
    container.is_object() && name.is_none_or(|name| name.is_null() || name.as_str() == Some(""))
}

fn containers_of(resource: &mut Value) -> &mut [Value] {
    resource
        .pointer_mut(CONTAINERS)
        .and_then(Value::as_array_mut)
        .map_or(&mut [], |containers| &mut containers[..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::json;

    fn service(containers: &Value) -> Value {
        json!({"apiVersion": "serving.knative.dev/v1", "kind": "Service",
               "spec": {"template": {"spec": {"containers": containers}}}})
    }

    #[test]
    fn names_come_and_go() {
        let cases = [
            (json!([{"image": "a"}]), json!(["user-container"])),
            (
                json!([{"name": "a"}, {"name": null}, {}]),
                json!(["a", "user-container-1", "user-container-2"]),
            ),
        ];
        for (containers, expected) in cases {
            let resource = service(&containers);
            let identity = Identity::read(&resource, None).expect("a kind");
            let mut named = named(&resource, &identity, are_several(&resource)).expect("names");
            let names: Vec<&str> = containers_of(&mut named).iter().map(name).collect();
            assert_eq!(json!(names), expected);
            let mut value = named.clone();
            take_names(&mut value, &named, &resource);
            assert_eq!(value, resource);
        }
        let whole = service(&json!([{"name": "a"}]));
        let identity = Identity::read(&whole, None).expect("a kind");
        assert_eq!(named(&whole, &identity, false), None);
    }
}
