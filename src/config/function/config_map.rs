//! The `ConfigMap` form: dotted paths and strings.

use super::keys::{Key, KeyShape, SPEC};
use super::{Spec, Written, list, unknown_key, what};
use crate::config::instrumentation;
use crate::finding::Finding;
use crate::value::{Map, Value, escape, json};

/// Keys of `data` for parts of one rule, and their pointers in the spec. A key that ends in a dot has keys below it.
pub(super) const RULE: &[(&str, &str)] = &[
    ("delivery", "/rules/0/delivery"),
    ("inject", "/rules/0/inject"),
    ("inject.", "/rules/0/inject"),
    ("instrumentation", "/rules/0/instrumentation"),
    ("kinds", "/rules/0/select/kinds"),
    ("labels", "/rules/0/select/labels"),
    ("names", "/rules/0/select/names"),
    ("namespaces", "/rules/0/select/namespaces"),
    ("options.", "/rules/0/options"),
    ("sidecar", "/rules/0/sidecar"),
];
/// Pointers to the rule and its parts that have no key themselves.
const OF_RULE: &[&str] = &["/rules/0", "/rules/0/select"];
/// Keys of the spec that have no string form.
const UNSAYABLE: &[&str] = &["kinds", "rules"];

/// The pointer to a `ConfigMap`'s keys.
pub(super) const BASE: &str = "/data";

/// The keys of `data` that set the value at `pointer` in the spec, or parts of it.
pub(super) fn keys_at(pointer: &str) -> Vec<String> {
    let is_at =
        |at: &str| at.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let keys = RULE.iter().filter(|(_, at)| is_at(at)).flat_map(|(key, at)| {
        if !key.ends_with('.') {
            return vec![(*key).to_owned()];
        }
        let shape = at.split('/').skip(1).try_fold(&TOP, child);
        let words = shape.map(KeyShape::words).unwrap_or_default();
        words.into_iter().map(|word| format!("{key}{word}")).collect()
    });
    let keys: Vec<_> = keys.collect();
    if keys.is_empty() { vec![pointer.trim_start_matches('/').replace('/', ".")] } else { keys }
}

/// The help if keys for the value at `pointer` in the spec are missing.
pub(super) fn help(pointer: &str) -> String {
    let select =
        RULE.iter().any(|(_, at)| at.strip_prefix(pointer).is_some_and(|rest| rest.starts_with('/')));
    if select {
        "Say which workloads the rule is for, such as names=web-*; names=* is for all.".to_owned()
    } else {
        format!("Known keys: {}.", list(names()))
    }
}

/// Converts a `ConfigMap`'s data to a spec.
///
/// # Errors
/// A key is unknown, or two keys set the same value.
pub(super) fn spec(data: &Value, written: Written<'_>) -> Result<Spec, Vec<Finding>> {
    let mut spec = Spec { value: Value::Object(Map::new()), origins: Vec::new(), base: BASE };
    let data = match data {
        Value::Null => return Ok(spec),
        Value::Object(data) => data,
        other => {
            return Err(vec![Finding::key_has_wrong_value("/data", "data", "a mapping", &what(other))]);
        }
    };
    let mut faults = Vec::new();
    for (key, value) in data.iter().filter(|(_, value)| !value.is_null()) {
        let origin = format!("/data/{}", escape(key));
        let Some((tokens, leaf)) = place(key) else {
            faults.push(unknown_key(&origin, key, &names()));
            continue;
        };
        let value = match value {
            // Hosts turn strings into numbers and booleans, so these are read as written.
            Value::Bool(flag) if matches!(leaf, Leaf::Flag | Leaf::FlagOrText) => Value::Bool(*flag),
            Value::Bool(_) | Value::Number(_) => {
                leaf.read(&written(&origin).unwrap_or_else(|| value.to_string()))
            }
            Value::String(text) => leaf.read(text),
            other => other.clone(),
        };
        let pointer: String = tokens.iter().map(|token| format!("/{}", escape(token))).collect();
        match insert(&mut spec.value, &tokens, value) {
            Some(()) => spec.origins.push((pointer, origin)),
            None => faults.push(Finding::key_sets_value_twice(origin, key)),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    if let Some(rule) = spec.value.pointer_mut("/rules") {
        let only = rule.get_mut("0").map(Value::take);
        *rule = only.into_iter().collect();
    }
    spec.origins.extend(OF_RULE.iter().map(|pointer| ((*pointer).to_owned(), "/data".to_owned())));
    Ok(spec)
}

/// The keys that `data` can have; of dotted keys, only the first part.
fn names() -> Vec<&'static str> {
    let of_rule = RULE.iter().map(|(key, _)| key.trim_end_matches('.'));
    let mut names: Vec<_> =
        SPEC.names().into_iter().filter(|name| !UNSAYABLE.contains(name)).chain(of_rule).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// How the string of a key is converted.
#[derive(PartialEq, Eq)]
enum Leaf {
    Text,
    Flag,
    /// A list of strings.
    List,
    /// A string, or a list of strings if it has commas.
    OneOrMore,
    /// `true`, `false` or another string.
    FlagOrText,
}

impl Leaf {
    fn reading(shape: &KeyShape) -> Self {
        match shape {
            KeyShape::Flag => Self::Flag,
            KeyShape::List(_) => Self::List,
            KeyShape::Either { shapes: [KeyShape::Flag, ..], .. } => Self::FlagOrText,
            KeyShape::Either { .. } => Self::OneOrMore,
            _ => Self::Text,
        }
    }

    fn read(&self, text: &str) -> Value {
        let parts = || text.split(',').map(str::trim).filter(|part| !part.is_empty());
        match self {
            Self::Flag | Self::FlagOrText if text.trim() == "true" => Value::Bool(true),
            Self::Flag | Self::FlagOrText if text.trim() == "false" => Value::Bool(false),
            Self::List => parts().map(Value::from).collect(),
            Self::OneOrMore if text.contains(',') => parts().map(Value::from).collect(),
            Self::OneOrMore | Self::FlagOrText => Value::from(text.trim()),
            Self::Text | Self::Flag => Value::from(text),
        }
    }
}

/// The path of a key of `data` in the spec, and how to convert its string. `None` if the key is unknown.
fn place(key: &str) -> Option<(Vec<String>, Leaf)> {
    let (head, below) = key.split_once('.').map_or((key, None), |(head, below)| (head, Some(below)));
    let of_rule = RULE.iter().find_map(|(name, pointer)| match below {
        None => (*name == key).then_some((*pointer, None)),
        Some(below) => (name.strip_suffix('.') == Some(head)).then_some((*pointer, Some(below))),
    });
    if let Some((pointer, below)) = of_rule {
        let mut tokens: Vec<String> = pointer.split('/').skip(1).map(str::to_owned).collect();
        tokens.extend(below.into_iter().flat_map(|below| below.split('.')).map(str::to_owned));
        let shape = tokens.iter().map(String::as_str).try_fold(&TOP, child);
        return Some((tokens, shape.map_or(Leaf::Text, Leaf::reading)));
    }
    if UNSAYABLE.contains(&head) {
        return None;
    }
    let Key { shape, .. } = SPEC.key(head)?;
    let mut tokens = vec![head.to_owned()];
    let leaf = match (shape, below) {
        (KeyShape::Instrumentation, Some(below)) => {
            let (inside, takes) = instrumentation::place(below);
            tokens.extend(inside);
            match takes {
                instrumentation::Takes::Text => Leaf::Text,
                instrumentation::Takes::Flag => Leaf::Flag,
                instrumentation::Takes::List => Leaf::List,
            }
        }
        (KeyShape::Map { .. }, Some(below)) => {
            tokens.push(below.to_owned());
            Leaf::Text
        }
        (shape @ KeyShape::Object(_), Some(below)) => {
            tokens.push(below.to_owned());
            Leaf::reading(child(shape, below)?)
        }
        (_, Some(_)) => return None,
        (shape, None) => Leaf::reading(shape),
    };
    Some((tokens, leaf))
}

const TOP: KeyShape = KeyShape::Object(&SPEC);

/// The shape below another one at `token`. Of several shapes, the mapping is used.
fn child(shape: &'static KeyShape, token: &str) -> Option<&'static KeyShape> {
    match shape {
        KeyShape::Object(object) => object.key(token).map(|key| &key.shape),
        KeyShape::List(of) => Some(of),
        KeyShape::Either { shapes, .. } => shapes.iter().find_map(|shape| match shape {
            KeyShape::Object(_) => child(shape, token),
            _ => None,
        }),
        _ => None,
    }
}

/// Sets the value at the tokens. `None` if there is already a value there or on the way.
fn insert(spec: &mut Value, tokens: &[String], value: Value) -> Option<()> {
    let (leaf, parents) = tokens.split_last()?;
    let mut at = spec;
    for part in parents {
        at = at.as_object_mut()?.get_or_insert_with(part, || json!({}));
    }
    let mapping = at.as_object_mut()?;
    let is_new = !mapping.contains_key(leaf);
    mapping.insert(leaf.clone(), value);
    is_new.then_some(())
}

/// The keys of `data`, for the documentation.
pub(super) fn reference() -> String {
    let own: Vec<String> = RULE.iter().map(|(key, _)| format!("`{}`", key.replace('.', ".…"))).collect();
    let rest: Vec<&str> = SPEC.names().into_iter().filter(|name| !UNSAYABLE.contains(name)).collect();
    format!(
        "One rule: {}. The rest: {} and dotted paths below them.",
        list(own.iter().map(String::as_str)),
        list(rest)
    )
}
