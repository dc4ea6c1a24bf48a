//! Fields of a resource against a table of shapes: what is not known and what has the wrong type, with its path.

use serde_json::Value;

use super::nearest;
use crate::change::escape;
use crate::finding::{Code, Finding};
use crate::k8s::pod::type_of;
use crate::k8s::quantity;
use crate::k8s::shape::{Field, Shape};

/// The keys of a resource.
const RESOURCE: &[&str] = &["apiVersion", "kind", "metadata", "spec", "status"];

/// What is wrong with a resource of a kind.
#[derive(Debug)]
pub(super) struct Faults {
    code: Code,
    /// One finding for each fault.
    pub(super) found: Vec<Finding>,
}

impl Faults {
    pub(super) const fn new(code: Code) -> Self {
        Self { code, found: Vec::new() }
    }

    /// A field that is wrong; `message` goes on after its path.
    pub(super) fn field(&mut self, pointer: impl Into<String>, message: &str) {
        let pointer = pointer.into();
        let message = format!("{} {message}", dotted(&pointer));
        self.found.push(Finding::new(self.code, pointer, message));
    }

    /// A field that must be something else.
    pub(super) fn wrong(&mut self, pointer: &str, wanted: &str, value: &Value) {
        let found = match value {
            Value::String(text) if text.len() <= 80 => format!("{text:?}"),
            other => type_of(other).to_owned(),
        };
        self.field(pointer, &format!("must be {wanted}, but is {found}"));
    }

    /// A key that the mapping at `pointer` does not have.
    pub(super) fn unknown<'a>(&mut self, pointer: &str, key: &str, known: impl IntoIterator<Item = &'a str>) {
        let known: Vec<&str> = known.into_iter().collect();
        let message = match nearest(key, known.iter().copied()) {
            Some(name) => format!("is not a known field; the nearest is {name}"),
            None => format!("is not a known field; known are {}", known.join(", ")),
        };
        self.field(format!("{pointer}/{}", escape(key)), &message);
    }

    /// Checks the keys of a whole resource.
    pub(super) fn top_level(&mut self, resource: &Value) {
        for key in resource.as_object().into_iter().flatten().map(|(key, _)| key) {
            if !RESOURCE.contains(&key.as_str()) {
                self.unknown("", key, RESOURCE.iter().copied());
            }
        }
    }

    /// Checks a mapping of `known` fields.
    pub(super) fn object(&mut self, value: &Value, known: &[Field], pointer: &str) {
        let map = match value {
            Value::Null => return,
            Value::Object(map) => map,
            other => return self.wrong(pointer, "a mapping", other),
        };
        for (key, value) in map {
            match known.iter().find(|field| field.name == key) {
                Some(field) => self.check(value, field.shape, &format!("{pointer}/{}", escape(key))),
                None => self.unknown(pointer, key, known.iter().map(|field| field.name)),
            }
        }
        for field in known.iter().filter(|field| matches!(field.shape, Shape::Filled | Shape::Image)) {
            if map.get(field.name).is_none_or(Value::is_null) {
                self.field(format!("{pointer}/{}", field.name), "is missing");
            }
        }
    }

    /// Checks a value of that shape.
    pub(super) fn check(&mut self, value: &Value, shape: Shape, pointer: &str) {
        if value.is_null() {
            return;
        }
        match shape {
            Shape::Anything => {}
            Shape::Integer if !(value.is_i64() || value.is_u64()) => self.wrong(pointer, "an integer", value),
            Shape::Mapping if !value.is_object() => self.wrong(pointer, "a mapping", value),
            Shape::Integer | Shape::Mapping => {}
            Shape::Text if !value.is_string() => self.wrong(pointer, "a string", value),
            Shape::Flag if !value.is_boolean() => self.wrong(pointer, "true or false", value),
            Shape::Text | Shape::Flag => {}
            Shape::Filled | Shape::Image => {
                if value.as_str().is_none_or(str::is_empty) {
                    self.wrong(pointer, "a string that is not empty", value);
                }
            }
            Shape::OneOf(words) => {
                if !value.as_str().is_some_and(|text| text.is_empty() || words.contains(&text)) {
                    self.wrong(pointer, &format!("one of {}", words.join(", ")), value);
                }
            }
            Shape::ConfigPath => {
                const MAX: usize = 256;
                let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._/-".contains(&byte);
                if !value.as_str().is_some_and(|text| text.len() <= MAX && text.bytes().all(allowed)) {
                    self.wrong(pointer, "a path of at most 256 letters, digits and ._/-", value);
                }
            }
            Shape::Quantity => {
                let is_quantity =
                    |text: String| text.is_empty() || quantity::nanos(&text).is_some_and(|nanos| nanos >= 0);
                if !quantity::text(value).is_some_and(is_quantity) {
                    self.wrong(pointer, "a quantity such as 200Mi", value);
                }
            }
            Shape::TextMap => {
                let Some(map) = value.as_object() else {
                    return self.wrong(pointer, "a mapping", value);
                };
                for (key, value) in map.iter().filter(|(_, value)| !value.is_string()) {
                    self.wrong(&format!("{pointer}/{}", escape(key)), "a string", value);
                }
            }
            Shape::List(element) => {
                let Some(list) = value.as_array() else {
                    return self.wrong(pointer, "a list", value);
                };
                for (index, value) in list.iter().enumerate() {
                    let pointer = format!("{pointer}/{index}");
                    if value.is_null() {
                        self.wrong(&pointer, "set", value);
                    }
                    self.check(value, *element, &pointer);
                }
            }
            Shape::Object(known) => self.object(value, known, pointer),
            Shape::Fragment(check) => {
                if !value.is_object() {
                    self.wrong(pointer, "a mapping", value);
                } else if let Err(fault) = check(value) {
                    self.field(format!("{pointer}{}", fault.pointer), &fault.message);
                }
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
