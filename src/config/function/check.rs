//! Unknown keys and wrong values, with their paths.

use std::borrow::Borrow;

use super::keys::{KeyShape, Object};
use super::{Spec, config_map, list, path, unknown_key, what};
use crate::finding::Finding;
use crate::value::{Map, Value, escape};

/// Checks `value`, which is at `pointer` in the spec.
pub(super) fn check(shape: &KeyShape, value: &Value, pointer: &str, spec: &Spec, faults: &mut Vec<Finding>) {
    if value.is_null() {
        return;
    }
    let origin = spec.origin(pointer);
    let (name, found) = (path(&origin), what(value));
    let wrong = |wanted: &str| Finding::key_has_wrong_value(&origin, &name, wanted, &found);
    match (shape, value) {
        (KeyShape::Flag, Value::Bool(_)) | (KeyShape::Instrumentation, _) => {}
        (KeyShape::Flag, _) => faults.push(wrong("true or false")),
        (KeyShape::Choice(_) | KeyShape::Words(_), _) => {
            let words = shape.words();
            let word = value.as_str();
            if word.is_none_or(|word| !words.contains(&word)) {
                let near = word.and_then(|word| crate::config::nearest(word, words.iter().copied()));
                let wanted = one_of(&words);
                faults.push(match near {
                    Some(near) => Finding::key_has_wrong_value_near(&origin, &name, &wanted, &found, near),
                    None => wrong(&wanted),
                });
            }
        }
        (KeyShape::Text(format), Value::String(text)) => match (format.check)(text) {
            Ok(()) => {}
            Err(why) if why.is_empty() => faults.push(wrong(format.what)),
            Err(why) => faults.push(Finding::key_has_wrong_text(&origin, &name, format.what, &found, &why)),
        },
        (KeyShape::Text(format), _) => faults.push(wrong(format.what)),
        (KeyShape::List(_), Value::Array(elements)) if elements.is_empty() => {
            faults.push(wrong("a list with an element"));
        }
        (KeyShape::List(of), Value::Array(elements)) => {
            for (index, element) in elements.iter().enumerate() {
                let pointer = format!("{pointer}/{index}");
                if element.is_null() {
                    let origin = spec.origin(&pointer);
                    faults.push(Finding::element_is_null(&origin, &path(&origin)));
                }
                check(of, element, &pointer, spec, faults);
            }
        }
        (KeyShape::List(_), _) => faults.push(wrong("a list")),
        (KeyShape::Object(object), Value::Object(mapping)) => {
            self::object(object, mapping, pointer, spec, faults);
        }
        (KeyShape::Map { of, filled, .. }, Value::Object(mapping)) => {
            let words = shape.words();
            if *filled && mapping.values().all(Value::is_null) {
                faults.push(wrong(&format!("a mapping with one of {}", words.join(", "))));
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
        (KeyShape::Object(_) | KeyShape::Map { .. }, _) => faults.push(wrong("a mapping")),
        (KeyShape::Either { what, shapes }, _) => match shapes.iter().find(|shape| takes(shape, value)) {
            Some(shape) => check(shape, value, pointer, spec, faults),
            None => faults.push(wrong(what)),
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

fn object(object: &Object, mapping: &Map, pointer: &str, spec: &Spec, faults: &mut Vec<Finding>) {
    let is_there = |key: &&&str| mapping.get(key).is_some_and(|value| !value.is_null());
    for (key, value) in mapping {
        let pointer = format!("{pointer}/{}", escape(key));
        match object.key(key) {
            Some(known) => check(&known.shape, value, &pointer, spec, faults),
            None => faults.push(unknown_key(&spec.origin(&pointer), key, &object.names())),
        }
    }
    let origin = spec.origin(pointer);
    let at = |key: &str| format!("{pointer}/{key}");
    let name = path(&origin);
    let help = |key: &str| {
        if spec.is_flat() {
            config_map::help(&at(key))
        } else {
            format!("Its keys are {}.", list(object.names()))
        }
    };
    let must_have = |keys: &[&str], key: &str| {
        let keys = if spec.is_flat() {
            one_of(&keys.iter().flat_map(|key| config_map::keys_at(&at(key))).collect::<Vec<_>>())
        } else {
            one_of(keys)
        };
        Finding::keys_missing(&origin, &name, &keys, &help(key))
    };
    for missing in object.required.iter().filter(|key| !is_there(key)) {
        faults.push(must_have(&[missing], missing));
    }
    if !object.any_of.is_empty() && !object.any_of.iter().any(|key| is_there(&key)) {
        faults.push(must_have(object.any_of, ""));
    }
    for (key, needed) in object.needs.iter().filter(|(key, _)| is_there(&key)) {
        if !is_there(&needed) {
            faults.push(Finding::key_needs_another(&origin, &name, key, needed, &help(needed)));
        }
    }
}

/// These words, for "must be …" and "must have …".
fn one_of<S: Borrow<str>>(words: &[S]) -> String {
    let one_of = if words.len() > 1 { "one of " } else { "" };
    format!("{one_of}{}", words.join(", "))
}
