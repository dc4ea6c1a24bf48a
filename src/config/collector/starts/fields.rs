//! The fields of components of known types, and of the collector's own telemetry.

use super::super::Notes;
use super::super::component::pointer;
use super::{Pipeline, Start};
use crate::components::fields::{
    self, BOUNDS, CHOICES, Choice, FIELDS, Limit, REQUIRED, REQUIRED_IN_USE, TELEMETRY, WITH_SIGNALS,
};
use crate::components::releases::FACTS;
use crate::components::{Listener, receiver, type_of};
use crate::config::nearest;
use crate::finding::Finding;
use crate::value::{Map, Value, escape};

/// A component, or the telemetry of the service.
pub(super) struct Part<'c> {
    pub(super) section: &'static str,
    /// How it is called in messages.
    pub(super) called: &'c str,
    pub(super) name: &'c str,
    pub(super) value: &'c Value,
    pub(super) is_used: bool,
}

impl Start<'_> {
    /// The fields of a component.
    pub(super) fn fields(&self, part: &Part<'_>, notes: &mut Notes) {
        self.known(part, notes);
        if !self.is_extended() {
            self.required(part, notes);
        }
    }

    /// The fields of the service's telemetry.
    pub(super) fn fields_of_telemetry(&self, telemetry: &Value, notes: &mut Notes) {
        let (section, name) = TELEMETRY;
        let part = Part { section, called: "service.telemetry", name, value: telemetry, is_used: true };
        self.known(&part, notes);
    }

    /// Fields that do not exist, and values that they do not take.
    fn known(&self, part: &Part<'_>, notes: &mut Notes) {
        if !self.can_be(FACTS) {
            return;
        }
        let (kind, at) = (type_of(part.name), pointer(part.section, part.name));
        for row in fields::rows(FIELDS, part.section, kind) {
            each(part.value, row.path, &at, &mut |at, mapping| {
                let known = || row.says.iter().copied().flatten().copied();
                for key in mapping.keys().filter(|key| !known().any(|known| known == key.as_str())) {
                    let near = || nearest(key, known()).map(|near| format!("Did you mean {near}?"));
                    let help = match key.as_str() {
                        "listen_address" => "Use endpoint.".to_owned(),
                        _ => near().unwrap_or_else(|| {
                            format!("Known are {}.", known().collect::<Vec<_>>().join(", "))
                        }),
                    };
                    let at = format!("{at}/{}", escape(key));
                    notes.warnings.push(Finding::component_field_unknown(at, part.called, key, &help));
                }
            });
        }
        for row in fields::rows(CHOICES, part.section, kind) {
            each(part.value, row.path, &at, &mut |at, mapping| {
                let Choice { field, values, .. } = row.says;
                if let Some(value) = mapping.get(field).and_then(Value::as_str)
                    && !is_one_of(value, &row.says)
                {
                    let values = values.iter().copied().filter(|value| !value.is_empty());
                    let values = values.collect::<Vec<_>>().join(", ");
                    let at = format!("{at}/{field}");
                    notes.warnings.push(Finding::component_value_unknown(
                        at,
                        part.called,
                        field,
                        value,
                        &values,
                    ));
                }
            });
        }
        for row in fields::rows(BOUNDS, part.section, kind) {
            each(part.value, row.path, &at, &mut |at, mapping| {
                let number = |key: &str| mapping.get(key).and_then(Value::as_u64);
                let (low, default) = row.says.low;
                let (called, high) = match row.says.high {
                    Limit::Field(high) => (high.to_owned(), number(high).filter(|high| *high > 0)),
                    Limit::Number(high) => (high.to_string(), Some(high)),
                };
                // What a variable holds is not known.
                let low_value = if mapping.contains_key(low) { number(low) } else { default };
                let (Some(least), Some(most)) = (low_value, high) else { return };
                let is_wrong = if row.says.is_strict { least >= most } else { least > most };
                if is_wrong {
                    let than = if row.says.is_strict { "less than" } else { "at most" };
                    notes.warnings.push(Finding::number_out_of_bounds(
                        at,
                        part.called,
                        low,
                        least,
                        than,
                        &called,
                    ));
                }
            });
        }
    }

    /// Fields that are missing.
    fn required(&self, part: &Part<'_>, notes: &mut Notes) {
        let (kind, at) = (type_of(part.name), pointer(part.section, part.name));
        let fields = part.value.as_object();
        let used = fields::rows(REQUIRED_IN_USE, part.section, kind).filter(|_| part.is_used);
        for row in fields::rows(REQUIRED, part.section, kind).chain(used) {
            if !row.says.iter().any(|key| has(fields, key)) {
                let any_of = row.says.join(" or ");
                notes.warnings.push(Finding::component_needs_field(&at, part.called, &any_of));
            }
        }
        if part.section == "receivers" && matches!(receiver(part.name), Listener::Each(_)) {
            let protocols = fields.and_then(|fields| fields.get("protocols")?.as_object());
            if protocols.is_none_or(Map::is_empty) {
                notes.warnings.push(Finding::receiver_without_protocols(at, part.name));
            }
        }
    }

    /// The endpoint of a pipeline's signal, where an exporter has only those of others.
    pub(super) fn endpoint_of_signal(&self, name: &str, pipeline: &Pipeline<'_>, notes: &mut Notes) {
        if !WITH_SIGNALS.contains(&type_of(name)) || self.is_extended() {
            return;
        }
        let fields = self.config.component("exporters", name).and_then(Value::as_object);
        let is_set = |key: &str| has(fields, key);
        let of_signal = format!("{}_endpoint", pipeline.signal());
        let has_any = fields.is_some_and(|fields| {
            fields.iter().any(|(key, value)| key.ends_with("_endpoint") && is_filled(value))
        });
        if has_any && !is_set("endpoint") && !is_set(&of_signal) {
            let at = pointer("exporters", name);
            let fields = format!("endpoint or {of_signal}");
            let called = format!("exporter {name}");
            notes.warnings.push(Finding::component_needs_field(at, &called, &fields));
        }
    }
}

/// Calls `show` with each mapping at a path, and its pointer.
fn each(value: &Value, path: &str, at: &str, show: &mut dyn FnMut(&str, &Map)) {
    let Some((token, rest)) = path.strip_prefix('/').map(|path| {
        let end = path.find('/').unwrap_or(path.len());
        path.split_at(end)
    }) else {
        if let Value::Object(mapping) = value {
            show(at, mapping);
        }
        return;
    };
    match (token, value) {
        ("*", Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                each(item, rest, &format!("{at}/{index}"), show);
            }
        }
        (key, Value::Object(mapping)) => {
            if let Some(inside) = mapping.get(key) {
                each(inside, rest, &format!("{at}/{key}"), show);
            }
        }
        _ => {}
    }
}

/// Whether a field takes a value; what a variable holds is not known.
fn is_one_of(value: &str, choice: &Choice) -> bool {
    let is_same =
        |known: &&str| if choice.is_loose { known.eq_ignore_ascii_case(value) } else { *known == value };
    value.contains('$') || choice.values.iter().any(is_same)
}

fn has(fields: Option<&Map>, key: &str) -> bool {
    fields.and_then(|fields| fields.get(key)).is_some_and(is_filled)
}

/// Whether a required field has a value; what a variable holds is not known.
fn is_filled(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty() && text != "0s" && text != "0",
        Value::Number(number) => number.as_f64().is_none_or(|number| number != 0.0),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Bool(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::json;

    #[test]
    fn a_path_leads_to_every_mapping_that_it_fits() {
        let value = json!({"a": [{"b": {"c": 1}}, {"b": 2}, {}], "d": {}});
        let found = |path: &str| {
            let mut found = Vec::new();
            each(&value, path, "/x", &mut |at, _| found.push(at.to_owned()));
            found
        };
        assert_eq!(found(""), ["/x"]);
        assert_eq!(found("/a/*"), ["/x/a/0", "/x/a/1", "/x/a/2"]);
        assert_eq!(found("/a/*/b"), ["/x/a/0/b"]);
        assert_eq!(found("/d"), ["/x/d"]);
        assert_eq!(found("/a/b"), [""; 0]);
        assert_eq!(found("/d/*"), [""; 0]);
    }
}
