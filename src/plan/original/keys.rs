//! Keys of mappings that an injection may have set, and whether two values are the same in their keys' order too.

use serde_json::{Map, Value};

use super::part::Owner;
use crate::change::{Change, escape, look_up};

/// A key that may be the injection's.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) owner: Owner,
    pub(super) name: String,
    /// It is the injection's, as far as is known.
    pub(super) is_ours: bool,
}

impl Key {
    pub(super) fn new(owner: Owner, name: impl Into<String>) -> Self {
        Self { owner, name: name.into(), is_ours: true }
    }

    /// What leads back.
    pub(super) fn change(&self, resource: &Value, template: &str) -> Option<Change> {
        let pointer = self.owner.pointer(resource, template)?;
        self.is_ours.then(|| Change::remove(format!("{pointer}/{}", escape(&self.name))))
    }

    /// Drops that it is the injection's where injecting again gives it another value.
    pub(super) fn refute(&mut self, there: &Value, again: &Value, template: &str) -> bool {
        let value = |resource: &Value| {
            let pointer = self.owner.pointer(resource, template)?;
            look_up(resource, &format!("{pointer}/{}", escape(&self.name))).cloned()
        };
        let is_refuted = self.is_ours && value(there) != value(again);
        self.is_ours &= !is_refuted;
        is_refuted
    }
}

/// The first key whose place among the others is not the same in both mappings: as the first has it, as the second.
pub(super) fn out_of_order<'v>(
    there: &'v Map<String, Value>,
    again: &'v Map<String, Value>,
) -> Option<[&'v str; 2]> {
    let pairs = there.keys().zip(again.keys());
    pairs.map(|(there, again)| [there.as_str(), again.as_str()]).find(|[there, again]| there != again)
}

/// Where two values differ first, the order of keys included, in words that quote neither.
pub(super) fn difference(there: &Value, again: &Value, template: &str) -> Option<String> {
    let pointer = differing(there, again)?;
    let shown = pointer.strip_prefix(template).unwrap_or(&pointer);
    let shown = named(there, &pointer).unwrap_or_else(|| shown.trim_start_matches('/').replace('/', "."));
    Some(format!("{shown} is not what an injection would write there"))
}

fn differing(there: &Value, again: &Value) -> Option<String> {
    match (there, again) {
        (Value::Object(left), Value::Object(right)) => {
            let inside = left.iter().find_map(|(key, value)| match right.get(key) {
                Some(other) => differing(value, other).map(|rest| format!("/{}{rest}", escape(key))),
                None => Some(format!("/{}", escape(key))),
            });
            inside.or_else(|| {
                (left.len() != right.len() || out_of_order(left, right).is_some()).then(String::new)
            })
        }
        (Value::Array(left), Value::Array(right)) => {
            let inside = left.iter().zip(right).enumerate();
            let inside = inside.filter_map(|(index, (left, right))| {
                differing(left, right).map(|rest| format!("/{index}{rest}"))
            });
            let rest = (left.len() != right.len()).then(String::new);
            inside.take(1).next().or(rest)
        }
        _ => (there != again).then(String::new),
    }
}

/// The innermost named elements on the way to `pointer`: `container app, OTEL_PROPAGATORS`.
fn named(resource: &Value, pointer: &str) -> Option<String> {
    let mut names = Vec::new();
    let mut list = "";
    let mut at = String::new();
    for token in pointer.split('/').skip(1) {
        at.push('/');
        at.push_str(token);
        if token.parse::<usize>().is_err() {
            list = token;
            continue;
        }
        let name = look_up(resource, &at)?.get("name").and_then(Value::as_str)?;
        names.push(match list {
            "containers" | "initContainers" => format!("container {name}"),
            "volumes" => format!("volume {name}"),
            "volumeMounts" => format!("mount of {name}"),
            _ => name.to_owned(),
        });
    }
    (!names.is_empty()).then(|| names.join(", "))
}
