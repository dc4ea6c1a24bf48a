//! Checks a resource's fields against a table of shapes, and reports unknown fields and wrong types with their paths.

use super::nearest;
use crate::finding::{Code, Finding};
use crate::k8s::pod::type_of;
use crate::k8s::quantity;
use crate::k8s::shape::{Field, Shape};
use crate::value::{Value, escape};

/// The keys of a resource.
const RESOURCE: &[&str] = &["apiVersion", "kind", "metadata", "spec", "status"];

/// The problems of a resource.
#[derive(Debug)]
pub(super) struct Faults {
    code: Code,
    /// One finding per fault.
    pub(super) found: Vec<Finding>,
}

impl Faults {
    pub(super) const fn new(code: Code) -> Self {
        Self { code, found: Vec::new() }
    }

    /// Adds a wrong field. `finding` takes its pointer and its path.
    pub(super) fn field(
        &mut self,
        pointer: impl Into<String>,
        finding: impl FnOnce(String, &str) -> Finding,
    ) {
        let pointer = pointer.into();
        let path = dotted(&pointer);
        self.found.push(finding(pointer, &path));
    }

    /// Adds a required field that is not there.
    pub(super) fn missing(&mut self, pointer: impl Into<String>) {
        let code = self.code;
        self.field(pointer, |at, path| Finding::field_missing(code, at, path));
    }

    /// Adds a field of the wrong type.
    pub(super) fn wrong(&mut self, pointer: &str, wanted: &str, value: &Value) {
        let found = match value {
            Value::String(text) if text.len() <= 80 => format!("{text:?}"),
            other => type_of(other).to_owned(),
        };
        let code = self.code;
        self.field(pointer, |at, path| Finding::field_of_wrong_type(code, at, path, wanted, &found));
    }

    /// Adds an unknown key of the mapping at `pointer`.
    pub(super) fn unknown<'a>(&mut self, pointer: &str, key: &str, known: impl IntoIterator<Item = &'a str>) {
        let known: Vec<&str> = known.into_iter().collect();
        let code = self.code;
        let near = nearest(key, known.iter().copied());
        self.field(format!("{pointer}/{}", escape(key)), |at, path| match near {
            Some(name) => Finding::unknown_field_near(code, at, path, name),
            None => Finding::unknown_field(code, at, path, &known.join(", ")),
        });
    }

    /// Checks the top-level keys of a resource.
    pub(super) fn top_level(&mut self, resource: &Value) {
        for key in resource.as_object().into_iter().flatten().map(|(key, _)| key) {
            if !RESOURCE.contains(&key.as_str()) {
                self.unknown("", key, RESOURCE.iter().copied());
            }
        }
    }

    /// Checks a mapping with `known` fields.
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
                self.missing(format!("{pointer}/{}", field.name));
            }
        }
    }

    /// Checks a value against a shape.
    pub(super) fn check(&mut self, value: &Value, shape: Shape, pointer: &str) {
        if value.is_null() {
            return;
        }
        match shape {
            Shape::Anything => {}
            Shape::Integer if !(value.as_i64().is_some() || value.as_u64().is_some()) => {
                self.wrong(pointer, "an integer", value)
            }
            Shape::Mapping if !value.is_object() => self.wrong(pointer, "a mapping", value),
            Shape::Integer | Shape::Mapping => {}
            Shape::Int32 if !is_int32(value) => self.wrong(pointer, "an integer of 32 bits", value),
            Shape::Int32OrText if !(is_int32(value) || value.is_string()) => {
                self.wrong(pointer, "an integer of 32 bits or a string", value);
            }
            Shape::Int32 | Shape::Int32OrText => {}
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
            Shape::TextMap => self.map(value, Shape::Text, pointer),
            Shape::QuantityMap => self.map(value, Shape::Quantity, pointer),
            Shape::List(element) => {
                let Some(list) = value.as_array() else {
                    return self.wrong(pointer, "a list", value);
                };
                for (index, value) in list.iter().enumerate() {
                    self.element(value, *element, &format!("{pointer}/{index}"));
                }
            }
            Shape::Object(known) => self.object(value, known, pointer),
            Shape::Checked(shape, check) => {
                let found = self.found.len();
                self.check(value, *shape, pointer);
                if self.found.len() == found
                    && let Err(fault) = check(value)
                {
                    let code = self.code;
                    self.field(format!("{pointer}{}", fault.pointer), |at, path| {
                        (fault.finding)(code, at, path)
                    });
                }
            }
        }
    }

    /// Checks a mapping whose values all have the same shape.
    fn map(&mut self, value: &Value, inner: Shape, pointer: &str) {
        let Some(map) = value.as_object() else {
            return self.wrong(pointer, "a mapping", value);
        };
        for (key, value) in map {
            self.element(value, inner, &format!("{pointer}/{}", escape(key)));
        }
    }

    /// Checks an element of a list or mapping; it must not be null.
    fn element(&mut self, value: &Value, shape: Shape, pointer: &str) {
        if value.is_null() {
            self.wrong(pointer, "set", value);
        }
        self.check(value, shape, pointer);
    }
}

fn is_int32(value: &Value) -> bool {
    value.as_i64().is_some_and(|number| i32::try_from(number).is_ok())
}

/// A pointer as a dotted path.
pub(super) fn dotted(pointer: &str) -> String {
    let mut path = String::new();
    for token in pointer.split('/').skip(1) {
        if token.bytes().all(|byte| byte.is_ascii_digit()) {
            path.push_str(&format!("[{token}]"));
        } else {
            path.push_str(if path.is_empty() { "" } else { "." });
            path.push_str(&crate::value::unescape(token));
        }
    }
    if path.is_empty() { "spec".to_owned() } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::k8s::fragment::{CLAIM, CONTAINERS, ENV, RESOURCES, SECURITY_CONTEXT, VOLUMES};
    use crate::value::json;

    /// The fault for a value of the field "here".
    fn given(shape: Shape, value: Value) -> String {
        let mut faults = Faults::new(Code::InvalidInstrumentation);
        faults.check(&value, shape, "/here");
        let messages: Vec<String> = faults.found.into_iter().map(|finding| finding.message).collect();
        messages.join("; ")
    }

    #[test]
    fn what_pods_get_is_checked_as_the_api_server_does() {
        let env = |value: Value| given(ENV, json!([value]));
        let from = |source: Value| env(json!({"name": "A", "valueFrom": source}));
        let claim = |storage: Value| {
            let storage = json!({"requests": {"storage": storage}});
            json!({"spec": {"accessModes": ["ReadWriteOnce"], "resources": storage}})
        };
        let mut named = claim(json!("1Gi"));
        named["metadata"] = json!({"name": "a"});
        for (given, wanted) in [
            (env(json!({"name": "A", "value": "1"})), ""),
            (env(json!({"name": "A", "value": null})), ""),
            (env(json!({"name": "A", "value": 1})), "here[0].value must be a string, but is a number"),
            (
                env(json!({"name": "A", "vlaue": "1"})),
                "here[0].vlaue is not a known field; the nearest is value",
            ),
            (env(json!({"value": "1"})), "here[0].name is missing"),
            (env(json!({"name": "1A", "value": "1"})), "here[0].name is no name for a variable"),
            (from(json!({"fieldRef": {"fieldPath": "metadata.labels['a/b']"}})), ""),
            (from(json!({})), "here[0].valueFrom must have exactly one source"),
            (
                from(json!({"fieldRef": {"fieldPath": "status.phase"}})),
                "here[0].valueFrom.fieldRef.fieldPath is no field",
            ),
            (given(RESOURCES, json!({"limits": {"cpu": 1, "memory": "1Gi"}})), ""),
            (given(RESOURCES, json!({"limits": {"cpu": "lots"}})), "here.limits.cpu must be a quantity"),
            (given(RESOURCES, json!({"requests": {"cpu": "-1"}})), "here.requests.cpu must be a quantity"),
            (given(RESOURCES, json!({"requests": {"disk": "1"}})), "here.requests.disk is no resource"),
            (given(CLAIM, claim(json!(5))), ""),
            (given(CLAIM, claim(json!("0"))), "here.spec.resources.requests.storage must be more than"),
            (given(CLAIM, json!({"spec": {}})), "here.spec.accessModes needs at least one mode"),
            (given(CLAIM, named), "here.metadata.name is not a known field"),
            (given(SECURITY_CONTEXT, json!({"capabilities": {"add": []}})), ""),
            (given(SECURITY_CONTEXT, json!({"runAsUser": -1})), "here.runAsUser must be from 0"),
            (
                given(VOLUMES, json!([{"name": "a", "secret": {"defaultMode": 1u64 << 40}}])),
                "here[0].secret.defaultMode must be an integer of 32 bits",
            ),
            (given(VOLUMES, json!([{"name": "a", "emptyDir": {"sizeLimit": 5}}])), ""),
            (given(VOLUMES, json!([null])), "here[0] must be set"),
            (
                given(CONTAINERS, json!([{"name": "a", "livenessProbe": {"httpGet": {"port": true}}}])),
                "here[0].livenessProbe.httpGet.port must be an integer of 32 bits or a string",
            ),
        ] {
            assert_eq!(given.is_empty(), wanted.is_empty(), "{given}");
            assert!(given.starts_with(wanted), "{given:?} is not {wanted:?}");
        }
    }
}
