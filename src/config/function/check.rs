//! Unknown keys and wrong values, with their paths.

use serde_json::{Map, Value};

use super::keys::{KeyShape, Object};
use super::{Spec, config_map, invalid, list, path, unknown_key, what};
use crate::change::escape;
use crate::finding::Finding;

/// Checks `value`, which is at `pointer` in the spec.
pub(super) fn check(shape: &KeyShape, value: &Value, pointer: &str, spec: &Spec, faults: &mut Vec<Finding>) {
    if value.is_null() {
        return;
    }
    let origin = spec.origin(pointer);
    let mut refuse = |wanted: &str, help: Option<String>| {
        let message = format!("{} must be {wanted}, not {}", path(&origin), what(value));
        let finding = invalid(origin.clone(), message);
        faults.push(match help {
            Some(help) => finding.help(help),
            None => finding,
        });
    };
    match (shape, value) {
        (KeyShape::Flag, Value::Bool(_)) | (KeyShape::Instrumentation, _) => {}
        (KeyShape::Flag, _) => refuse("true or false", None),
        (KeyShape::Choice(_) | KeyShape::Words(_), _) => {
            let words = shape.words();
            let word = value.as_str();
            if word.is_none_or(|word| !words.contains(&word)) {
                let near = word.and_then(|word| crate::config::nearest(word, words.iter().copied()));
                let help = near.map(|near| format!("Did you mean {near}?"));
                let wanted = if words.len() > 1 { "one of " } else { "" };
                refuse(&format!("{wanted}{}", list(words)), help);
            }
        }
        (KeyShape::Text(format), Value::String(text)) => match (format.check)(text) {
            Ok(()) => {}
            Err(why) if why.is_empty() => refuse(format.what, None),
            Err(why) => refuse(format.what, Some(format!("It {why}."))),
        },
        (KeyShape::Text(format), _) => refuse(format.what, None),
        (KeyShape::List(_), Value::Array(elements)) if elements.is_empty() => {
            refuse("a list with an element", None);
        }
        (KeyShape::List(of), Value::Array(elements)) => {
            for (index, element) in elements.iter().enumerate() {
                let pointer = format!("{pointer}/{index}");
                if element.is_null() {
                    let origin = spec.origin(&pointer);
                    faults.push(invalid(origin.clone(), format!("{} must not be null", path(&origin))));
                }
                check(of, element, &pointer, spec, faults);
            }
        }
        (KeyShape::List(_), _) => refuse("a list", None),
        (KeyShape::Object(object), Value::Object(mapping)) => {
            self::object(object, mapping, pointer, spec, faults);
        }
        (KeyShape::Map { of, filled, .. }, Value::Object(mapping)) => {
            let words = shape.words();
            if *filled && mapping.values().all(Value::is_null) {
                refuse(&format!("a mapping with one of {}", list(words.iter().copied())), None);
            }
            for (key, value) in mapping {
                let pointer = format!("{pointer}/{}", escape(key));
                if words.contains(&key.as_str()) {
                    check(&of(key), value, &pointer, spec, faults);
                } else {
                    faults.push(unknown_key(&spec.origin(&pointer), key, &words));
                }
            }
        }
        (KeyShape::Object(_) | KeyShape::Map { .. }, _) => refuse("a mapping", None),
        (KeyShape::Either { what, shapes }, _) => match shapes.iter().find(|shape| takes(shape, value)) {
            Some(shape) => check(shape, value, pointer, spec, faults),
            None => refuse(what, None),
        },
    }
}

/// Whether a value has the type of the shape.
fn takes(shape: &KeyShape, value: &Value) -> bool {
    match shape {
        KeyShape::Flag => value.is_boolean(),
        KeyShape::Choice(_) | KeyShape::Words(_) | KeyShape::Text(_) => value.is_string(),
        KeyShape::List(_) => value.is_array(),
        KeyShape::Object(_) | KeyShape::Map { .. } | KeyShape::Instrumentation => value.is_object(),
        KeyShape::Either { shapes, .. } => shapes.iter().any(|shape| takes(shape, value)),
    }
}

fn object(
    object: &Object,
    mapping: &Map<String, Value>,
    pointer: &str,
    spec: &Spec,
    faults: &mut Vec<Finding>,
) {
    let is_there = |key: &&&str| mapping.get(**key).is_some_and(|value| !value.is_null());
    for (key, value) in mapping {
        let pointer = format!("{pointer}/{}", escape(key));
        match object.key(key) {
            Some(known) => check(&known.shape, value, &pointer, spec, faults),
            None => faults.push(unknown_key(&spec.origin(&pointer), key, &object.names())),
        }
    }
    let origin = spec.origin(pointer);
    let at = |key: &str| format!("{pointer}/{key}");
    let mut refuse = |message: String, key: &str| {
        let finding = invalid(origin.clone(), format!("{} {message}", path(&origin)));
        faults.push(finding.help(if spec.is_flat() {
            config_map::help(&at(key))
        } else {
            format!("Its keys are {}.", list(object.names()))
        }));
    };
    let must_have = |keys: &[&str]| {
        let keys: Vec<String> = if spec.is_flat() {
            keys.iter().flat_map(|key| config_map::keys_at(&at(key))).collect()
        } else {
            keys.iter().map(|key| (*key).to_owned()).collect()
        };
        let one_of = if keys.len() > 1 { "one of " } else { "" };
        format!("must have {one_of}{}", list(keys.iter().map(String::as_str)))
    };
    for missing in object.required.iter().filter(|key| !is_there(key)) {
        refuse(must_have(&[missing]), missing);
    }
    if !object.any_of.is_empty() && !object.any_of.iter().any(|key| is_there(&key)) {
        refuse(must_have(object.any_of), "");
    }
    for (key, needed) in object.needs.iter().filter(|(key, _)| is_there(&key)) {
        if !is_there(&needed) {
            refuse(format!("has {key}, which needs {needed}"), needed);
        }
    }
}
