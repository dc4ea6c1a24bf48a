//! A pod template as the controls see it.

use crate::value::Value;

use crate::k8s::pod::{elements, name, positions};

/// A pod template, and the version of the standards.
pub(super) struct Pod<'p> {
    pub(super) template: &'p Value,
    /// The minor version.
    pub(super) version: u32,
    /// Its containers, from all lists.
    pub(super) containers: Vec<At<'p>>,
    pub(super) volumes: Vec<At<'p>>,
}

/// A value in a pod and its place.
pub(super) struct At<'p> {
    pub(super) path: String,
    pub(super) value: &'p Value,
}

impl<'p> At<'p> {
    /// The value below at `keys`, or `None` if it is not set.
    pub(super) fn get(&self, keys: &str) -> Option<At<'p>> {
        let value = keys.split('.').try_fold(self.value, |value, key| value.get(key))?;
        (!value.is_null()).then(|| At { path: format!("{}.{keys}", self.path), value })
    }

    /// The elements of a list below, by name or number.
    pub(super) fn list(&self, key: &str) -> Vec<At<'p>> {
        let element = |(index, value): (usize, &'p Value)| {
            let id = Some(name(value))
                .filter(|name| !name.is_empty())
                .map_or_else(|| index.to_string(), str::to_owned);
            At { path: format!("{}.{key}[{id}]", self.path), value }
        };
        elements(self.value, key).iter().enumerate().map(element).collect()
    }

    pub(super) fn is(&self, wanted: bool) -> bool {
        self.value.as_bool() == Some(wanted)
    }

    pub(super) fn text(&self) -> &'p str {
        self.value.as_str().unwrap_or_default()
    }

    /// Describes a problem with the field.
    pub(super) fn says(&self, what: &str) -> String {
        format!("{} {what}", self.path)
    }
}

impl<'p> Pod<'p> {
    /// A template's pod. If `before` is given, it has only the containers and volumes that are not in `before`.
    pub(super) fn new(template: &'p Value, version: u32, before: Option<&Value>) -> Self {
        let mut pod = Self { template, version, containers: Vec::new(), volumes: Vec::new() };
        let current = before.and_then(|before| before.get("spec"));
        let added = |key: &str| {
            let mut list = pod.spec().list(key);
            if let Some(current) = current {
                let current = positions(elements(current, key));
                list.retain(|at| !current.contains_key(name(at.value)));
            }
            list
        };
        let containers =
            ["initContainers", "containers", "ephemeralContainers"].iter().flat_map(|key| added(key));
        (pod.containers, pod.volumes) = (containers.collect(), added("volumes"));
        pod
    }

    pub(super) fn spec(&self) -> At<'p> {
        At { path: "spec".to_owned(), value: self.template.get("spec").unwrap_or(&Value::Null) }
    }

    pub(super) fn metadata(&self) -> At<'p> {
        At { path: "metadata".to_owned(), value: self.template.get("metadata").unwrap_or(&Value::Null) }
    }

    /// A field of the security contexts of the pod and all containers.
    pub(super) fn contexts(&self, keys: &str) -> Vec<At<'p>> {
        let field = format!("securityContext.{keys}");
        let of_pod = self.spec().get(&field);
        of_pod
            .into_iter()
            .chain(self.containers.iter().filter_map(|container| container.get(&field)))
            .collect()
    }

    /// Whether the pod runs on Windows, which exempts it from some controls (since v1.25).
    pub(super) fn is_windows(&self) -> bool {
        const SINCE: u32 = 25;
        self.version >= SINCE && self.spec().get("os.name").is_some_and(|os| os.text() == "windows")
    }
}
