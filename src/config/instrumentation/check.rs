//! Unknown fields and wrong types, with their path.

use serde_json::Value;

use super::{Version, fields};
use crate::change::escape;
use crate::config::nearest;
use crate::finding::{Code, Finding};
use crate::k8s::pod::type_of;
use crate::k8s::quantity;
use crate::k8s::shape::{Field, Shape};
use crate::languages::ALL;

/// Checks the keys of a whole resource.
pub(super) fn top_level(resource: &Value, faults: &mut Vec<Finding>) {
    for key in resource.as_object().into_iter().flatten().map(|(key, _)| key) {
        if !fields::RESOURCE.contains(&key.as_str()) {
            faults.push(unknown("", key, fields::RESOURCE.iter().copied()));
        }
    }
}

/// Checks every field of a spec.
pub(super) fn spec(value: &Value, version: Version, faults: &mut Vec<Finding>) {
    let map = match value {
        Value::Null => return,
        Value::Object(map) => map,
        other => return faults.push(wrong("", "a mapping", other)),
    };
    let known = fields::spec(version);
    for (key, value) in map {
        let pointer = format!("/{}", escape(key));
        let with_key = ALL.iter().find_map(|language| {
            let settings = language.settings.as_ref().filter(|settings| settings.key == key)?;
            Some((language, settings))
        });
        if let Some(field) = known.iter().find(|field| field.name == key) {
            check(value, field.shape, &pointer, faults);
        } else if let Some((language, settings)) = with_key {
            object(value, &fields::agent(language, settings, version), &pointer, faults);
        } else {
            let languages = ALL.iter().filter_map(|language| Some(language.settings.as_ref()?.key));
            faults.push(unknown("", key, known.iter().map(|field| field.name).chain(languages)));
        }
    }
}

fn object(value: &Value, known: &[Field], pointer: &str, faults: &mut Vec<Finding>) {
    let map = match value {
        Value::Null => return,
        Value::Object(map) => map,
        other => return faults.push(wrong(pointer, "a mapping", other)),
    };
    for (key, value) in map {
        match known.iter().find(|field| field.name == key) {
            Some(field) => check(value, field.shape, &format!("{pointer}/{}", escape(key)), faults),
            None => faults.push(unknown(pointer, key, known.iter().map(|field| field.name))),
        }
    }
    for field in known.iter().filter(|field| matches!(field.shape, Shape::Filled | Shape::Image)) {
        if map.get(field.name).is_none_or(Value::is_null) {
            let pointer = format!("{pointer}/{}", field.name);
            let message = format!("{} is missing", dotted(&pointer));
            faults.push(Finding::new(Code::InvalidInstrumentation, pointer, message));
        }
    }
}

fn check(value: &Value, shape: Shape, pointer: &str, faults: &mut Vec<Finding>) {
    if value.is_null() {
        return;
    }
    match shape {
        Shape::Text if !value.is_string() => faults.push(wrong(pointer, "a string", value)),
        Shape::Flag if !value.is_boolean() => faults.push(wrong(pointer, "true or false", value)),
        Shape::Text | Shape::Flag => {}
        Shape::Filled | Shape::Image => {
            if value.as_str().is_none_or(str::is_empty) {
                faults.push(wrong(pointer, "a string that is not empty", value));
            }
        }
        Shape::OneOf(words) => {
            if !value.as_str().is_some_and(|text| text.is_empty() || words.contains(&text)) {
                faults.push(wrong(pointer, &format!("one of {}", words.join(", ")), value));
            }
        }
        Shape::ConfigPath => {
            const MAX: usize = 256;
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._/-".contains(&byte);
            if !value.as_str().is_some_and(|text| text.len() <= MAX && text.bytes().all(allowed)) {
                faults.push(wrong(pointer, "a path of at most 256 letters, digits and ._/-", value));
            }
        }
        Shape::Quantity => {
            let is_quantity =
                |text: String| text.is_empty() || quantity::nanos(&text).is_some_and(|nanos| nanos >= 0);
            if !quantity::text(value).is_some_and(is_quantity) {
                faults.push(wrong(pointer, "a quantity such as 200Mi", value));
            }
        }
        Shape::TextMap => {
            let Some(map) = value.as_object() else {
                return faults.push(wrong(pointer, "a mapping", value));
            };
            for (key, value) in map.iter().filter(|(_, value)| !value.is_string()) {
                faults.push(wrong(&format!("{pointer}/{}", escape(key)), "a string", value));
            }
        }
        Shape::List(element) => {
            let Some(list) = value.as_array() else {
                return faults.push(wrong(pointer, "a list", value));
            };
            for (index, value) in list.iter().enumerate() {
                let pointer = format!("{pointer}/{index}");
                if value.is_null() {
                    faults.push(wrong(&pointer, "set", value));
                }
                check(value, *element, &pointer, faults);
            }
        }
        Shape::Object(known) => object(value, known, pointer, faults),
        Shape::Fragment(check) => {
            if !value.is_object() {
                faults.push(wrong(pointer, "a mapping", value));
            } else if let Err(fault) = check(value) {
                let pointer = format!("{pointer}{}", fault.pointer);
                let message = format!("{} {}", dotted(&pointer), fault.message);
                faults.push(Finding::new(Code::InvalidInstrumentation, pointer, message));
            }
        }
    }
}

/// A pointer as people write paths.
pub(super) fn dotted(pointer: &str) -> String {
    let mut path = String::new();
    for token in pointer.split('/').skip(1) {
        if token.bytes().all(|byte| byte.is_ascii_digit()) {
            path.push_str(&format!("[{token}]"));
        } else {
            path.push_str(if path.is_empty() { "" } else { "." });
            path.push_str(&crate::change::unescape(token));
        }
    }
    if path.is_empty() { "spec".to_owned() } else { path }
}

fn wrong(pointer: &str, wanted: &str, value: &Value) -> Finding {
    let found = match value {
        Value::String(text) if text.len() <= 80 => format!("{text:?}"),
        other => type_of(other).to_owned(),
    };
    let message = format!("{} must be {wanted}, but is {found}", dotted(pointer));
    Finding::new(Code::InvalidInstrumentation, pointer, message)
}

fn unknown<'a>(pointer: &str, key: &str, known: impl IntoIterator<Item = &'a str>) -> Finding {
    let known: Vec<&str> = known.into_iter().collect();
    let pointer = format!("{pointer}/{}", escape(key));
    let message = match nearest(key, known.iter().copied()) {
        Some(name) => format!("{} is not a known field; the nearest is {name}", dotted(&pointer)),
        None => format!("{} is not a known field; known are {}", dotted(&pointer), known.join(", ")),
    };
    Finding::new(Code::InvalidInstrumentation, pointer, message)
}
