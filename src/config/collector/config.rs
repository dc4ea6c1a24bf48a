//! The configuration: its shape, its telemetry, its defaults.

use std::collections::BTreeSet;

use super::component::AT;
use super::{Notes, Version, is_empty};
use crate::components::{ASK_KUBELET, METRICS, type_of};
use crate::finding::Finding;
use crate::value::{Map, Value, escape, json};

/// Required sections.
const REQUIRED: &[&str] = &["receivers", "exporters"];
/// Optional sections.
const OPTIONAL: &[&str] = &["processors", "connectors", "extensions"];
const SERVICE: &str = "service";
const OF_SERVICE: &[&str] = &["extensions", "telemetry", "pipelines"];

/// A configuration as passed to the collector.
pub(super) struct Config {
    /// The whole configuration.
    pub(super) value: Value,
    /// Receivers used in a pipeline.
    pub(super) receivers: BTreeSet<String>,
    /// Exporters used in a pipeline.
    pub(super) exporters: BTreeSet<String>,
    /// Extensions used by the service.
    pub(super) extensions: BTreeSet<String>,
}

impl Config {
    /// A component's configuration, or `None` if it is missing or null.
    pub(super) fn component(&self, section: &str, name: &str) -> Option<&Value> {
        self.value.get(section)?.get(name).filter(|value| !value.is_null())
    }

    /// Whether a receiver queries the kubelet of its own node.
    pub(super) fn asks_kubelet(&self) -> bool {
        self.receivers.iter().any(|name| ASK_KUBELET.contains(&type_of(name)))
    }
}

/// The configuration with all of the operator's additions. `None` if its shape is wrong.
pub(super) fn effective(given: &Map, version: Version, notes: &mut Notes) -> Option<Config> {
    let before = notes.faults.found.len();
    let mut value = Map::new();
    for (key, section) in given {
        let at = format!("{AT}/{}", escape(key));
        let is_section = REQUIRED.contains(&key.as_str()) || OPTIONAL.contains(&key.as_str());
        match section {
            _ if !is_section && key != SERVICE => {
                let known = REQUIRED.iter().chain(OPTIONAL).copied().chain([SERVICE]);
                notes.faults.unknown(AT, key, known);
            }
            Value::Null => {}
            Value::Object(mapping) if key == SERVICE => {
                value.insert(key.clone(), Value::Object(service(mapping, notes)));
            }
            Value::Object(_) => drop(value.insert(key.clone(), section.clone())),
            other => notes.faults.wrong(&at, "a mapping", other),
        }
    }
    if version == Version::V1Alpha1 {
        for key in REQUIRED.iter().copied().chain([SERVICE]) {
            value.get_or_insert_with(key, || json!({}));
        }
        if let Some(Value::Object(service)) = value.get_mut(SERVICE) {
            service.get_or_insert_with("pipelines", || json!({}));
        }
    }
    let is_missing = |key: &&str| !value.contains_key(key) && given.get(key).is_none_or(Value::is_null);
    for key in REQUIRED.iter().copied().chain([SERVICE]).filter(is_missing) {
        notes.faults.missing(format!("{AT}/{key}"));
    }
    if notes.faults.found.len() == before && value.get(SERVICE)?.get("pipelines").is_none() {
        notes.faults.missing(format!("{AT}/{SERVICE}/pipelines"));
    }
    if notes.faults.found.len() > before {
        return None;
    }
    telemetry(&mut value, notes);
    let value = Value::Object(value);
    let of_pipelines = |key: &str| -> BTreeSet<String> {
        let pipelines = value[SERVICE]["pipelines"].as_object().into_iter().flatten();
        pipelines.flat_map(|(_, pipeline)| texts(pipeline.get(key))).collect()
    };
    let config = Config {
        receivers: of_pipelines("receivers"),
        exporters: of_pipelines("exporters"),
        extensions: texts(value[SERVICE].get("extensions")).collect(),
        value,
    };
    Some(config)
}

fn texts(list: Option<&Value>) -> impl Iterator<Item = String> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|value| value.as_str().map(str::to_owned))
}

fn service(given: &Map, notes: &mut Notes) -> Map {
    let at = format!("{AT}/{SERVICE}");
    let mut service = Map::new();
    for (key, value) in given {
        let inside = format!("{at}/{}", escape(key));
        match (key.as_str(), value) {
            (_, _) if !OF_SERVICE.contains(&key.as_str()) => {
                notes.faults.unknown(&at, key, OF_SERVICE.iter().copied());
            }
            (_, Value::Null) => {}
            ("extensions", _) => {
                check_names(value, &inside, notes);
                if !is_empty(value) {
                    service.insert(key.clone(), value.clone());
                }
            }
            ("pipelines", Value::Object(pipelines)) => {
                let given = pipelines.iter().filter(|(_, pipeline)| !pipeline.is_null());
                let given = given.map(|(name, value)| {
                    (name.clone(), pipeline(value, &format!("{inside}/{}", escape(name)), notes))
                });
                let pipelines = given.collect();
                service.insert(key.clone(), Value::Object(pipelines));
            }
            (_, Value::Object(_)) => drop(service.insert(key.clone(), value.clone())),
            (_, other) => notes.faults.wrong(&inside, "a mapping", other),
        }
    }
    service
}

fn pipeline(given: &Value, at: &str, notes: &mut Notes) -> Value {
    const LISTS: &[&str] = &["receivers", "processors", "exporters"];
    let Some(mapping) = given.as_object() else {
        notes.faults.wrong(at, "a mapping", given);
        return Value::Null;
    };
    let mut pipeline = Map::new();
    for (key, value) in mapping {
        let inside = format!("{at}/{}", escape(key));
        if !LISTS.contains(&key.as_str()) {
            notes.warnings.push(Finding::field_ignored_in_pipeline(inside, key));
        } else if !value.is_null() {
            check_names(value, &inside, notes);
            if key != "processors" || !is_empty(value) {
                pipeline.insert(key.clone(), value.clone());
            }
        }
    }
    for key in REQUIRED {
        pipeline.get_or_insert_with(*key, || json!([]));
    }
    Value::Object(pipeline)
}

fn check_names(list: &Value, at: &str, notes: &mut Notes) {
    match list {
        Value::Array(names) => {
            for (index, name) in names.iter().enumerate().filter(|(_, name)| !name.is_string()) {
                notes.faults.wrong(&format!("{at}/{index}"), "a string", name);
            }
        }
        other => notes.faults.wrong(at, "a list", other),
    }
}

/// Exposes the collector's own metrics unless the configuration sets `telemetry`.
fn telemetry(value: &mut Map, notes: &mut Notes) {
    let at = format!("{AT}/{SERVICE}/telemetry");
    let Some(Value::Object(service)) = value.get_mut(SERVICE) else { return };
    // The operator puts its additions first.
    if !service.contains_key("telemetry") {
        service.prepend("telemetry", json!({}));
    }
    let Some(Value::Object(telemetry)) = service.get_mut("telemetry") else { return };
    let metrics = telemetry.get_or_insert_with("metrics", || Value::Null);
    if metrics.is_null() {
        *metrics = json!({});
    }
    let at = format!("{at}/metrics");
    let metrics = match metrics {
        Value::Object(metrics) => metrics,
        other => return notes.faults.wrong(&at, "a mapping", other),
    };
    for (key, wanted) in [("address", "a string"), ("readers", "a list")] {
        let is_right = |value: &Value| if key == "address" { value.is_string() } else { value.is_array() };
        if let Some(value) = metrics.get(key).filter(|value| !value.is_null() && !is_right(value)) {
            notes.faults.wrong(&format!("{at}/{key}"), wanted, value);
        }
    }
    if ["address", "readers"].iter().all(|key| metrics.get(key).is_none_or(is_empty)) {
        let reader = json!({"pull": {"exporter": {"prometheus": {"host": "0.0.0.0", "port": METRICS}}}});
        metrics.insert("readers", json!([reader]));
    }
}
