//! What a container's `envFrom` brings, where the input shows it.
//!
//! The kubelet puts these variables into the environment before it expands `env`. Later sources win, a prefix is part
//! of the name, and `binaryData` does not count.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::k8s::metadata_text;
use crate::value::{Value, json};

/// The variables that a ConfigMap or Secret holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Variables {
    /// The resource's name.
    name: String,
    keys: BTreeMap<String, Held>,
    /// Some keys are not known.
    is_partial: bool,
}

/// What is known about a key's value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Held {
    /// A ConfigMap's text.
    Text(String),
    /// A Secret's.
    Hidden,
    /// It is not a string, so that no API server takes the resource as it is.
    Doubtful,
}

/// The fields of a Secret with its keys.
const OF_SECRET: &[&str] = &["data", "stringData"];
/// The field of a ConfigMap with its keys.
const OF_CONFIG_MAP: &[&str] = &["data"];

/// The fields of a kind that hold variables; empty for other kinds.
#[must_use]
pub fn fields(kind: &str) -> &'static [&'static str] {
    match kind {
        "ConfigMap" => OF_CONFIG_MAP,
        "Secret" => OF_SECRET,
        _ => &[],
    }
}

impl Variables {
    /// Reads a ConfigMap or Secret. A Secret's values are not kept.
    pub(super) fn read(resource: &Value, kind: &str) -> Self {
        let name = metadata_text(resource, "name").unwrap_or_default().to_owned();
        let mut read = Self { name, ..Self::default() };
        for field in fields(kind) {
            match resource.get(field) {
                None | Some(Value::Null) => {}
                Some(Value::Object(entries)) => {
                    for (key, value) in entries {
                        let held = match value {
                            Value::String(_) if kind == "Secret" => Held::Hidden,
                            Value::String(text) => Held::Text(text.to_string()),
                            _ => Held::Doubtful,
                        };
                        read.keys.insert(key.to_string(), held);
                    }
                }
                Some(_) => read.is_partial = true,
            }
        }
        read
    }
}

/// What a container's `envFrom` brings.
#[derive(Debug, Clone, Default)]
pub struct EnvFrom(Vec<Source>);

/// An element of `envFrom`.
#[derive(Debug, Clone)]
pub struct Source {
    prefix: String,
    /// The resource's kind.
    kind: &'static str,
    /// Every resource of the input that it can mean.
    holders: Vec<Arc<Variables>>,
}

/// What is known about a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brought<'e> {
    /// No source brings it.
    Absent,
    /// The input does not show whether a source brings it.
    Unknown,
    /// A source brings it.
    Set {
        /// Its value; `None` if it is a Secret's, or if the input does not show which one wins.
        value: Option<&'e str>,
        /// The index in `envFrom` of the last source that is known to bring it.
        source: usize,
    },
}

impl Source {
    /// The source that is a resource of this kind. No `holders` mean that the input does not have it.
    pub(super) fn new(kind: &'static str, prefix: &str, holders: Vec<Arc<Variables>>) -> Self {
        Self { prefix: prefix.to_owned(), kind, holders }
    }

    /// The resource's kind and name, as the input has it.
    #[must_use]
    pub fn called(&self) -> String {
        let name = self.holders.first().map_or("", |holder| &holder.name);
        format!("{} {name}", self.kind)
    }

    /// What is known about a variable from this source alone.
    fn held(&self, name: &str) -> Result<Option<&Held>, Doubt> {
        let Some(key) = name.strip_prefix(&self.prefix).filter(|key| !key.is_empty()) else {
            return Ok(None);
        };
        let mut held = self.holders.iter().map(|holder| match holder.keys.get(key) {
            Some(Held::Doubtful) => Err(Doubt),
            None if holder.is_partial => Err(Doubt),
            held => Ok(held),
        });
        let first = held.next().unwrap_or(Err(Doubt))?;
        for other in held {
            match (first, other?) {
                (None, None) => {}
                (Some(one), Some(other)) if one == other => {}
                // Several resources have the name, and it is not known which one a cluster gets.
                (Some(_), Some(_)) => return Ok(Some(&Held::Hidden)),
                _ => return Err(Doubt),
            }
        }
        Ok(first)
    }
}

/// A source may bring the variable or not.
struct Doubt;

impl EnvFrom {
    /// The sources, in order.
    pub(super) const fn new(sources: Vec<Source>) -> Self {
        Self(sources)
    }

    /// What is known about a variable.
    #[must_use]
    pub fn find(&self, name: &str) -> Brought<'_> {
        let mut found = Brought::Absent;
        for (index, one) in self.0.iter().enumerate() {
            found = match (one.held(name), found) {
                (Ok(None), found) => found,
                (Ok(Some(Held::Text(text))), _) => Brought::Set { value: Some(text), source: index },
                (Ok(Some(_)), _) => Brought::Set { value: None, source: index },
                (Err(Doubt), Brought::Set { source, .. }) => Brought::Set { value: None, source },
                (Err(Doubt), Brought::Absent | Brought::Unknown) => Brought::Unknown,
            };
        }
        found
    }

    /// Every variable that a source is known to bring and whose name begins with `prefix`, as an element of `env`. A
    /// value that is not known is `valueFrom`.
    #[must_use]
    pub fn entries(&self, prefix: &str) -> Vec<Value> {
        let keys = |one: &'_ Source| -> Vec<String> {
            let keys = one.holders.iter().flat_map(|holder| holder.keys.keys());
            let names = keys.map(|key| format!("{}{key}", one.prefix));
            names.filter(|name| name.starts_with(prefix)).collect()
        };
        let names: BTreeSet<String> = self.0.iter().flat_map(keys).collect();
        let entry = |name: String| match self.find(&name) {
            Brought::Set { value: Some(value), .. } => Some(json!({"name": name, "value": value})),
            Brought::Set { value: None, .. } => Some(json!({"name": name, "valueFrom": {}})),
            Brought::Absent | Brought::Unknown => None,
        };
        names.into_iter().filter_map(entry).collect()
    }

    /// Whether a source is known to bring the variable.
    #[must_use]
    pub fn brings(&self, name: &str) -> bool {
        matches!(self.find(name), Brought::Set { .. })
    }

    /// The variable's value, if it is known.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        match self.find(name) {
            Brought::Set { value, .. } => value,
            Brought::Absent | Brought::Unknown => None,
        }
    }

    /// The source at an index.
    #[must_use]
    pub fn source(&self, index: usize) -> Option<&Source> {
        self.0.get(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::json;

    fn source(prefix: &str, kind: &'static str, resources: &[Value]) -> Source {
        let holders = resources.iter().map(|resource| Arc::new(Variables::read(resource, kind))).collect();
        Source::new(kind, prefix, holders)
    }

    fn map(data: Value) -> Value {
        json!({"metadata": {"name": "m"}, "data": data, "binaryData": {"BINARY": "AA=="}})
    }

    const fn set(value: Option<&str>, source: usize) -> Brought<'_> {
        Brought::Set { value, source }
    }

    #[test]
    fn entries_are_what_is_known() {
        let secret = json!({"metadata": {"name": "s"}, "data": {"TOKEN": "eA=="}});
        let sources = vec![
            source("", "ConfigMap", &[map(json!({"A": "1", "B": "2", "N": 1}))]),
            source("P_", "Secret", &[secret]),
            source("", "ConfigMap", &[map(json!({"A": "3"}))]),
        ];
        let expected = [
            json!({"name": "A", "value": "3"}),
            json!({"name": "B", "value": "2"}),
            json!({"name": "P_TOKEN", "valueFrom": {}}),
        ];
        assert_eq!(EnvFrom::new(sources).entries(""), expected);
    }

    #[test]
    fn three_answers() {
        let a = || source("", "ConfigMap", &[map(json!({"A": "1", "N": 1, "E": ""}))]);
        let b = || source("", "ConfigMap", &[map(json!({"A": "2"}))]);
        let secret = json!({"metadata": {"name": "s"}, "data": {"A": "eA=="}, "stringData": {"S": "x"}});
        let secret = || source("", "Secret", std::slice::from_ref(&secret));
        let unknown = || source("", "ConfigMap", &[]);
        let prefixed = || source("P_", "ConfigMap", &[map(json!({"A": "1", "": "2"}))]);
        let other = |prefix: &str| source(prefix, "ConfigMap", &[]);
        let both = source("", "ConfigMap", &[map(json!({"A": "1", "B": "1"})), map(json!({"A": "2"}))]);
        let broken = || source("", "ConfigMap", &[json!({"data": [1]})]);
        let cases: [(Vec<Source>, &str, Brought<'_>); 23] = [
            (vec![], "A", Brought::Absent),
            (vec![a()], "A", set(Some("1"), 0)),
            (vec![a()], "E", set(Some(""), 0)),
            (vec![a()], "B", Brought::Absent),
            (vec![a()], "BINARY", Brought::Absent),
            (vec![a()], "N", Brought::Unknown),
            (vec![a(), b()], "A", set(Some("2"), 1)),
            (vec![b(), a()], "A", set(Some("1"), 1)),
            (vec![secret()], "A", set(None, 0)),
            (vec![secret()], "S", set(None, 0)),
            (vec![a(), secret()], "A", set(None, 1)),
            (vec![secret(), a()], "A", set(Some("1"), 1)),
            (vec![unknown()], "A", Brought::Unknown),
            (vec![unknown(), a()], "A", set(Some("1"), 1)),
            (vec![a(), unknown()], "A", set(None, 0)),
            (vec![a(), other("P_")], "A", set(Some("1"), 0)),
            (vec![prefixed()], "P_A", set(Some("1"), 0)),
            (vec![prefixed()], "A", Brought::Absent),
            (vec![prefixed()], "P_", Brought::Absent),
            (vec![other("P_")], "A", Brought::Absent),
            (vec![both.clone()], "A", set(None, 0)),
            (vec![both], "B", Brought::Unknown),
            (vec![broken()], "A", Brought::Unknown),
        ];
        for (index, (sources, name, expected)) in cases.into_iter().enumerate() {
            assert_eq!(EnvFrom::new(sources).find(name), expected, "case {index}: {name}");
        }
    }
}
