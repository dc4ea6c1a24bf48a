//! Unknown keys and wrong values, with their paths.

use serde_json::{Map, Value};

use super::keys::{Object, Shape};
use super::{Spec, config_map, invalid, list, path, unknown_key, what};
use crate::change::escape;
use crate::finding::Finding;

/// Everything that is wrong with `value`, which stands at `pointer` of the spec.
pub(super) fn check(shape: &Shape, value: &Value, pointer: &str, spec: &Spec, faults: &mut Vec<Finding>) {
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
        (Shape::Flag, Value::Bool(_)) | (Shape::Instrumentation, _) => {}
        (Shape::Flag, _) => refuse("true or false", None),
        (Shape::Choice(_) | Shape::Words(_), _) => {
            let words = shape.words();
            let word = value.as_str();
            if word.is_none_or(|word| !words.contains(&word)) {
                let near = word.and_then(|word| crate::config::nearest(word, words.iter().copied()));
                let help = near.map(|near| format!("Did you mean {near}?"));
                let wanted = if words.len() > 1 { "one of " } else { "" };
                refuse(&format!("{wanted}{}", list(words)), help);
            }
        }
        (Shape::Text(format), Value::String(text)) => match (format.check)(text) {
            Ok(()) => {}
            Err(why) if why.is_empty() => refuse(format.what, None),
            Err(why) => refuse(format.what, Some(format!("It {why}."))),
        },
        (Shape::Text(format), _) => refuse(format.what, None),
        (Shape::List(_), Value::Array(elements)) if elements.is_empty() => {
            refuse("a list with an element", None);
        }
        (Shape::List(of), Value::Array(elements)) => {
            for (index, element) in elements.iter().enumerate() {
                let pointer = format!("{pointer}/{index}");
                if element.is_null() {
                    let origin = spec.origin(&pointer);
                    faults.push(invalid(origin.clone(), format!("{} must not be null", path(&origin))));
                }
                check(of, element, &pointer, spec, faults);
            }
        }
        (Shape::List(_), _) => refuse("a list", None),
        (Shape::Object(object), Value::Object(mapping)) => {
            self::object(object, mapping, pointer, spec, faults);
        }
        (Shape::Map { of, filled, .. }, Value::Object(mapping)) => {
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
        (Shape::Object(_) | Shape::Map { .. }, _) => refuse("a mapping", None),
        (Shape::Either { what, shapes }, _) => match shapes.iter().find(|shape| takes(shape, value)) {
            Some(shape) => check(shape, value, pointer, spec, faults),
            None => refuse(what, None),
        },
    }
}

/// Whether a value has the type that the shape asks for.
fn takes(shape: &Shape, value: &Value) -> bool {
    match shape {
        Shape::Flag => value.is_boolean(),
        Shape::Choice(_) | Shape::Words(_) | Shape::Text(_) => value.is_string(),
        Shape::List(_) => value.is_array(),
        Shape::Object(_) | Shape::Map { .. } | Shape::Instrumentation => value.is_object(),
        Shape::Either { shapes, .. } => shapes.iter().any(|shape| takes(shape, value)),
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
