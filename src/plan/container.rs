//! A container in a draft, with its variables and mounts.

use super::{Step, draft::Draft};
use crate::config::env_from::EnvFrom;
use crate::finding::Finding;
use crate::k8s::pod::{self, is_from_elsewhere, position, text};
use crate::metadata::escaped;
use crate::select::Selection;
use crate::value::{Value, json};

/// A reference to a container in a draft, and the pointer for findings about it.
#[derive(Debug, Clone)]
pub(super) struct ContainerRef {
    /// Pointer in the draft.
    pub(super) at: String,
    /// Pointer in the input.
    pub(super) origin: String,
    /// The container's name.
    pub(super) name: String,
    /// What its `envFrom` brings.
    pub(super) env_from: EnvFrom,
}

impl ContainerRef {
    /// The variables.
    pub(super) fn env<'d>(&self, draft: &'d Draft) -> &'d [Value] {
        draft.list(&self.at, "env")
    }

    /// The first entry with that name.
    pub(super) fn variable<'d>(&self, draft: &'d Draft, name: &str) -> Option<&'d Value> {
        let env = self.env(draft);
        position(env, name).map(|index| &env[index])
    }

    /// Whether `env` has the variable.
    pub(super) fn has(&self, draft: &Draft, name: &str) -> bool {
        self.variable(draft, name).is_some()
    }

    /// Whether `env` has the variable, or `envFrom` is known to bring it.
    pub(super) fn is_set(&self, draft: &Draft, name: &str) -> bool {
        self.has(draft, name) || self.env_from.brings(name)
    }

    /// Inserts a variable unless it is set, as [`Self::is_set`] says.
    fn insert_unset(&self, draft: &mut Draft, index: usize, entry: Value) {
        if !self.env_from.brings(pod::name(&entry)) {
            draft.insert_new(&self.at, "env", index, entry);
        }
    }

    /// Appends `entry` unless its variable is set.
    pub(super) fn default_entry(&self, draft: &mut Draft, entry: &Value) {
        self.insert_unset(draft, usize::MAX, entry.clone());
    }

    /// Appends those of `entries` whose variables are not set.
    pub(super) fn default_entries<'e>(
        &self,
        draft: &mut Draft,
        entries: impl IntoIterator<Item = &'e Value>,
    ) {
        for entry in entries {
            self.default_entry(draft, entry);
        }
    }

    /// Appends the variable, whatever `envFrom` brings.
    pub(super) fn set(&self, draft: &mut Draft, name: &str, value: &str) {
        draft.append(&self.at, "env", json!({"name": name, "value": value}));
    }

    /// Appends the variable unless it is set.
    pub(super) fn default(&self, draft: &mut Draft, name: &str, value: &str) {
        self.insert_unset(draft, usize::MAX, json!({"name": name, "value": value}));
    }

    /// Inserts a downward API variable before all others unless it is set.
    pub(super) fn prepend_field(&self, draft: &mut Draft, name: &str, field: &str) {
        self.insert_unset(draft, 0, from_field(name, field));
    }

    /// Appends a downward API variable unless it is set.
    pub(super) fn append_field(&self, draft: &mut Draft, name: &str, field: &str) {
        self.default_entry(draft, &from_field(name, field));
    }

    /// Ensures that `env` has a helper variable, inserted before the variable `before` if that exists.
    pub(super) fn helper(
        &self,
        cx: &Selection<'_>,
        draft: &mut Draft,
        name: &str,
        field: &str,
        before: Option<&str>,
    ) -> Step {
        let env = self.env(draft);
        match position(env, name) {
            None => {
                let index = before.and_then(|before| position(env, before)).unwrap_or(env.len());
                draft.insert(&self.at, "env", index, from_field(name, field));
                Ok(())
            }
            Some(index) if is_field(&env[index], field) && count(env, name) == 1 => Ok(()),
            Some(_) => {
                let pointer = self.pointer_to(cx, name);
                Err(Finding::variable_set_otherwise(pointer, &self.name, name, field).into())
            }
        }
    }

    /// Refuses a variable whose value cannot be extended.
    pub(super) fn check_extendable(&self, cx: &Selection<'_>, draft: &Draft, name: &str) -> Step {
        let env = self.env(draft);
        let Some(current) = position(env, name).map(|index| &env[index]) else { return Ok(()) };
        let pointer = || self.pointer_to(cx, name);
        if is_from_elsewhere(current) {
            return Err(Finding::variable_from_elsewhere(pointer(), &self.name, name).into());
        }
        if count(env, name) > 1 {
            return Err(self.defined_twice(cx, name).into());
        }
        match current.get("value") {
            None | Some(Value::Null | Value::String(_)) => Ok(()),
            Some(other) => Err(pod::misshapen(&format!("{}/value", pointer()), "a string", other).into()),
        }
    }

    /// The value that a new entry in `env` extends: a reference to the variable itself if `envFrom` is known to bring it
    /// (the kubelet puts in what the ConfigMap or Secret has when the pod starts), or else the image's value. This is the
    /// kubelet's order: `env`, at which the callers look first, before `envFrom`, and the image last.
    fn inherited(&self, cx: &Selection<'_>, draft: &Draft, name: &str) -> Option<String> {
        let brought = self.env_from.brings(name).then(|| format!("$({name})"));
        brought.or_else(|| self.of_image(cx, draft, name))
    }

    /// The value that the image sets. Kubernetes expands no reference to it, so it is written out.
    pub(super) fn of_image(&self, cx: &Selection<'_>, draft: &Draft, name: &str) -> Option<String> {
        let image = draft.value().pointer(&self.at)?.get("image")?.as_str()?;
        let value = cx.settings.metadata.of(image)?.variable(name).known()?;
        (!value.is_empty()).then(|| escaped(value))
    }

    /// Sets the variable to the result of `extended` for its current value.
    pub(super) fn extend(
        &self,
        cx: &Selection<'_>,
        draft: &mut Draft,
        name: &str,
        extended: impl FnOnce(Option<&str>) -> String,
    ) -> Step {
        self.check_extendable(cx, draft, name)?;
        match position(self.env(draft), name) {
            None => {
                let value = extended(self.inherited(cx, draft, name).as_deref());
                self.set(draft, name, &value);
            }
            Some(index) => {
                let value = extended(Some(text(&self.env(draft)[index])));
                draft.set(&format!("{}/env/{index}", self.at), "value", value.into());
            }
        }
        Ok(())
    }

    pub(super) fn move_variable_to_end(&self, draft: &mut Draft, name: &str) {
        if let Some(index) = position(self.env(draft), name) {
            draft.move_to_end(&self.at, "env", index);
        }
    }

    /// Mounts a volume unless the same mount exists.
    pub(super) fn mount(&self, draft: &mut Draft, mount: Value) -> Step {
        let path = |mount: &Value| -> String {
            let path = mount.get("mountPath").and_then(Value::as_str).unwrap_or_default();
            path.trim_end_matches('/').to_owned()
        };
        let device = |device: &Value| device.get("devicePath").and_then(Value::as_str).map(str::to_owned);
        let mut devices = draft.list(&self.at, "volumeDevices").iter().map(device);
        let is_there = |device: Option<String>| {
            device.is_some_and(|device| device.trim_end_matches('/') == path(&mount))
        };
        // What is added comes last, so that indexes are those of the input.
        if let Some(index) = devices.position(is_there) {
            let pointer = format!("{}/volumeDevices/{index}", self.origin);
            return Err(Finding::device_in_place(pointer, &self.name, &path(&mount)).into());
        }
        let mounts = draft.list(&self.at, "volumeMounts");
        match mounts.iter().position(|current| path(current) == path(&mount)) {
            None => draft.append(&self.at, "volumeMounts", mount),
            Some(index) if mounts[index] == mount => {}
            Some(index) => {
                let pointer = format!("{}/volumeMounts/{index}", self.origin);
                return Err(Finding::mount_in_place(pointer, &self.name, &path(&mount)).into());
            }
        }
        Ok(())
    }

    /// The finding at the second definition of a variable, beside the first.
    fn defined_twice(&self, cx: &Selection<'_>, name: &str) -> Finding {
        let container = cx.workload.resource.pointer(&self.origin);
        let env = container.map_or(&[][..], |container| pod::elements(container, "env"));
        let mut own = env.iter().enumerate().filter(|(_, entry)| pod::name(entry) == name);
        let mut next = || own.next().map(|(index, _)| format!("{}/env/{index}", self.origin));
        let (first, second) = (next(), next());
        let pointer = second.unwrap_or_else(|| self.pointer_to(cx, name));
        let finding = Finding::variable_defined_twice(pointer, &self.name, name);
        match first {
            Some(first) => finding.beside(first, "the first one"),
            None => finding,
        }
    }

    /// Pointer to the variable in the input, or to the container if the input does not have it.
    pub(super) fn pointer_to(&self, cx: &Selection<'_>, name: &str) -> String {
        pointer_to(cx, &self.origin, name)
    }
}

/// How many entries have that name.
fn count(env: &[Value], name: &str) -> usize {
    env.iter().filter(|entry| pod::name(entry) == name).count()
}

/// Pointer to a variable of the input's container at `origin`, or to the container if it does not have the variable.
pub(super) fn pointer_to(cx: &Selection<'_>, origin: &str, name: &str) -> String {
    let container = cx.workload.resource.pointer(origin);
    let index = container.and_then(|container| position(pod::elements(container, "env"), name));
    index.map_or_else(|| origin.to_owned(), |index| format!("{origin}/env/{index}"))
}

/// A downward API variable.
pub(super) fn from_field(name: &str, field: &str) -> Value {
    json!({"name": name, "valueFrom": {"fieldRef": {"fieldPath": field}}})
}

fn is_field(entry: &Value, field: &str) -> bool {
    let source = entry.get("valueFrom").and_then(Value::as_object).filter(|source| source.len() == 1);
    let reference = source.and_then(|source| source.get("fieldRef"));
    let is_v1 = |version: &Value| version.as_str() == Some("v1");
    reference.is_some_and(|reference| {
        reference.get("fieldPath").and_then(Value::as_str) == Some(field)
            && reference.get("apiVersion").is_none_or(is_v1)
    })
}
