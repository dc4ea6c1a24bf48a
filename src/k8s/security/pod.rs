//! A pod template as the controls see it.

use std::fmt;

use crate::k8s::pod::{elements, name, positions};
use crate::value::{Value, split};

/// A pod template, and the version of the standards.
pub(super) struct Pod<'p> {
    pub(super) template: &'p Value,
    /// The minor version.
    pub(super) version: u32,
    /// Its containers, from all lists.
    pub(super) containers: Vec<At<'p>>,
    pub(super) volumes: Vec<At<'p>>,
    /// The security context of the pod, and those of its containers, of which most have none.
    of_pod: Option<At<'p>>,
    pub(super) of_containers: Vec<At<'p>>,
}

/// A value in a pod and its place.
pub(super) struct At<'p> {
    pub(super) path: Path<'p>,
    pub(super) value: &'p Value,
}

/// A problem with a field.
pub(super) struct Violation<'p> {
    path: Path<'p>,
    what: &'static str,
    part: &'p str,
}

impl fmt::Display for Violation<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, what, part } = self;
        write!(formatter, "{path} {what}{part}")
    }
}

/// The steps to a value in a pod. Most are never shown, so they are text only when they are.
#[derive(Clone, Copy)]
pub(super) struct Path<'p>([Option<Step<'p>>; 4]);

#[derive(Clone, Copy)]
enum Step<'p> {
    /// Keys with dots between them.
    Keys(&'p str),
    /// An element of the list under a key, by number and, if it has one, by name.
    Element(&'static str, usize, &'p str),
}

impl<'p> Path<'p> {
    fn and(mut self, step: Step<'p>) -> Self {
        let end = self.0.iter_mut().find(|step| step.is_none());
        *end.expect("impossible: no control looks deeper") = Some(step);
        self
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().flatten().enumerate() {
            let dot = if place == 0 { "" } else { "." };
            match step {
                Step::Keys(keys) => write!(formatter, "{dot}{keys}")?,
                Step::Element(key, index, "") => write!(formatter, "{dot}{key}[{index}]")?,
                Step::Element(key, _, name) => write!(formatter, "{dot}{key}[{name}]")?,
            }
        }
        Ok(())
    }
}

impl<'p> At<'p> {
    /// The value at `key`, which is null if it is not there.
    fn top(template: &'p Value, key: &'static str) -> Self {
        Self { path: Path([None; 4]).and(Step::Keys(key)), value: template.get(key).unwrap_or(&Value::Null) }
    }

    /// The value below at `keys`, or `None` if it is not set.
    pub(super) fn get(&self, keys: &'static str) -> Option<Self> {
        let value = split(keys, b'.').try_fold(self.value, |value, key| value.get(key))?;
        (!value.is_null()).then(|| Self { path: self.path.and(Step::Keys(keys)), value })
    }

    /// The elements of a list below, by name or number.
    pub(super) fn list(&self, key: &'static str) -> Vec<Self> {
        let element = |(index, value): (usize, &'p Value)| Self {
            path: self.path.and(Step::Element(key, index, name(value))),
            value,
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
    pub(super) fn says(&self, what: &'static str) -> Violation<'p> {
        self.says_with(what, "")
    }

    /// Describes a problem with a part of the field.
    pub(super) fn says_with(&self, what: &'static str, part: &'p str) -> Violation<'p> {
        Violation { path: self.path, what, part }
    }

    /// Describes a problem with what is, or should be, below at `keys`.
    pub(super) fn says_of(&self, keys: &'p str, what: &'static str) -> Violation<'p> {
        Violation { path: self.path.and(Step::Keys(keys)), what, part: "" }
    }

    /// Describes a problem with an entry of the mapping below at `key`.
    pub(super) fn says_of_element(
        &self,
        key: &'static str,
        entry: &'p str,
        what: &'static str,
    ) -> Violation<'p> {
        Violation { path: self.path.and(Step::Element(key, 0, entry)), what, part: "" }
    }
}

impl<'p> Pod<'p> {
    /// A template's pod. If `before` is given, it has only the containers and volumes that are not in `before`.
    pub(super) fn new(template: &'p Value, version: u32, before: Option<&Value>) -> Self {
        const CONTEXT: &str = "securityContext";
        let spec = At::top(template, "spec");
        let current = before.and_then(|before| before.get("spec"));
        let added = |key: &'static str| {
            let mut list = spec.list(key);
            if let Some(current) = current {
                let current = positions(elements(current, key));
                list.retain(|at| !current.contains_key(name(at.value)));
            }
            list
        };
        let containers = ["initContainers", "containers", "ephemeralContainers"].into_iter().flat_map(added);
        let containers: Vec<At<'p>> = containers.collect();
        Self {
            template,
            version,
            volumes: added("volumes"),
            of_pod: spec.get(CONTEXT),
            of_containers: containers.iter().filter_map(|container| container.get(CONTEXT)).collect(),
            containers,
        }
    }

    pub(super) fn spec(&self) -> At<'p> {
        At::top(self.template, "spec")
    }

    pub(super) fn metadata(&self) -> At<'p> {
        At::top(self.template, "metadata")
    }

    /// A field of all security contexts.
    pub(super) fn contexts(&self, field: &'static str) -> Vec<At<'p>> {
        self.of_pod.iter().chain(&self.of_containers).filter_map(|context| context.get(field)).collect()
    }

    /// Whether the pod runs on Windows, which exempts it from some controls (since v1.25).
    pub(super) fn is_windows(&self) -> bool {
        const SINCE: u32 = 25;
        self.version >= SINCE && self.spec().get("os.name").is_some_and(|os| os.text() == "windows")
    }
}
