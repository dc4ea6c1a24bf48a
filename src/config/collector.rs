//! The collector that pods get as a sidecar: parsed loosely, then validated into what its container needs.

use crate::components::HEALTH_CHECK;
use crate::config::shapes::Faults;
use crate::finding::{Code, Finding};
use crate::k8s::fragment::with_quantities;
use crate::k8s::image::Image;
use crate::k8s::{Identity, pod, subject};
use crate::value::{Map, Value, json};
use crate::yaml::{Document, emit_document};

mod checks;
mod component;
mod config;
mod defaults;
mod fields;
mod mounts;
mod ports;
mod served;
mod starts;

pub use fields::PROBES;
pub use mounts::stripped;
pub use served::Served;

/// The kind, in the same group as Instrumentations.
pub const KIND: &str = "OpenTelemetryCollector";
/// The mode of a collector that runs as a container in the pods it serves.
pub const SIDECAR: &str = "sidecar";
/// The container's name.
pub const CONTAINER: &str = "otc-container";
/// The variable with the collector's configuration.
pub const CONFIG: &str = "OTEL_CONFIG";

/// A collector as pods get it, without the parts that depend on the pod.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Collector {
    /// The image, if set.
    pub image: Option<String>,
    /// The container's fields except name, image and variables.
    pub fields: Map,
    /// Variables, as `env` entries.
    pub env: Vec<Value>,
    /// The configuration, as YAML.
    pub config: String,
    /// A receiver queries the kubelet of its own node.
    pub asks_kubelet: bool,
    /// Init containers to add to the pod.
    pub init_containers: Vec<Value>,
    /// Volumes to add to the pod.
    pub volumes: Vec<Value>,
    /// Required ConfigMaps.
    pub config_maps: Vec<String>,
    /// The port numbers and protocols that the container listens on, declared or not.
    pub listens_on: Vec<(u32, String)>,
    /// The variables that its configuration needs from `envFrom`, with pointers to where they are needed. What brings
    /// them depends on the pod's namespace.
    pub needs: Vec<(String, String)>,
}

/// The resource's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    V1Alpha1,
    V1Beta1,
}

/// Faults and warnings found so far.
struct Notes {
    faults: Faults,
    warnings: Vec<Finding>,
}

/// Whether the collector is in mode `sidecar`.
#[must_use]
pub fn is_sidecar(resource: &Value) -> bool {
    resource.pointer("/spec/mode").and_then(Value::as_str) == Some(SIDECAR)
}

impl Collector {
    /// Reads a whole resource of mode `sidecar`. Returns it with warnings and infos. Pointers are relative to the
    /// resource, and findings name it.
    ///
    /// # Errors
    /// One `invalid-collector` finding per problem.
    pub fn read(resource: &Value, identity: &Identity) -> Result<(Self, Vec<Finding>), Vec<Finding>> {
        let mut notes = Notes { faults: Faults::new(Code::InvalidCollector), warnings: Vec::new() };
        let collector = Self::read_noting(resource, identity, &mut notes);
        let subject = subject(resource, identity);
        let named = |findings: Vec<Finding>| -> Vec<Finding> {
            findings.into_iter().map(|finding| finding.about(subject.clone())).collect()
        };
        match collector {
            Some(collector) if notes.faults.found.is_empty() => Ok((collector, named(notes.warnings))),
            _ => Err(named(notes.faults.found)),
        }
    }

    fn read_noting(resource: &Value, identity: &Identity, notes: &mut Notes) -> Option<Self> {
        let version = match identity.version() {
            "v1alpha1" => Version::V1Alpha1,
            "v1beta1" => Version::V1Beta1,
            other => {
                notes.faults.found.push(Finding::unknown_collector_version("/apiVersion", other));
                return None;
            }
        };
        notes.faults.top_level(resource);
        let spec = resource.get("spec").unwrap_or(&Value::Null);
        fields::check(spec, version, notes);
        if !notes.faults.found.is_empty() {
            return None;
        }
        let given = given(spec, version, notes)?;
        let mut config = config::effective(&given, version, notes)?;
        let found = notes.faults.found.len();
        defaults::fill_in(&mut config, notes);
        if notes.faults.found.len() > found {
            return None;
        }
        let ports = ports::find(spec, &config, notes);
        let volumes = mounts::Volumes::read(spec);
        let mut fields = Map::new();
        let as_given = |key: &str| filled(spec, key).map(|value| (key.to_owned(), value.clone()));
        fields.extend(["imagePullPolicy", "command"].into_iter().filter_map(as_given));
        fields.insert("args", args(spec));
        if !ports.declared.is_empty() {
            fields.insert("ports", ports.declared.into());
        }
        if let Some(resources) = filled(spec, "resources") {
            fields.insert("resources", with_quantities(resources));
        }
        if !volumes.mounts.is_empty() {
            fields.insert("volumeMounts", volumes.mounts.into());
        }
        fields.extend(probes(spec, &config));
        fields.extend(["lifecycle", "securityContext", "envFrom"].into_iter().filter_map(as_given));
        let mut collector = Self {
            image: filled(spec, "image").and_then(Value::as_str).map(str::to_owned),
            fields,
            env: pod::elements(spec, "env").to_vec(),
            // Without a trailing line break it can be written as a block scalar.
            config: emit_document(&config.value).trim_end_matches('\n').to_owned(),
            asks_kubelet: config.asks_kubelet(),
            init_containers: pod::elements(spec, "initContainers").to_vec(),
            volumes: volumes.all,
            config_maps: volumes.config_maps,
            listens_on: ports.listens_on,
            needs: Vec::new(),
        };
        collector.needs = checks::run(&collector, spec, &config.value, notes);
        let listeners = &ports.addresses;
        starts::Start { spec, config: &config, listeners, collector: &collector }.check(notes);
        Some(collector)
    }

    /// The images of its init containers.
    pub fn init_images(&self) -> impl Iterator<Item = &str> {
        self.init_containers.iter().filter_map(|container| container.get("image")?.as_str())
    }

    /// The image, if it is named without a version.
    fn unpinned_image(&self) -> Option<&str> {
        let mut images = self.image.as_deref().into_iter().chain(self.init_images());
        images.find(|image| !Image::parse(image).is_some_and(|image| image.is_pinned()))
    }
}

/// The field of a mapping, or `None` if it is empty.
fn filled<'v>(mapping: &'v Value, key: &str) -> Option<&'v Value> {
    mapping.get(key).filter(|value| !is_empty(value))
}

/// Whether the value counts as unset.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The configuration in the spec.
fn given(spec: &Value, version: Version, notes: &mut Notes) -> Option<Map> {
    let Some(config) = filled(spec, "config") else {
        notes.faults.missing(component::AT);
        return None;
    };
    if version == Version::V1Beta1 {
        return config.as_object().cloned();
    }
    let text = config.as_str().unwrap_or_default();
    // The operator parses the text itself, by other rules than kubectl's.
    match Document::parse(text).and_then(|document| document.value_without_words()) {
        Ok(Value::Object(given)) => Some(given),
        Ok(Value::Null) => Some(Map::new()),
        Ok(other) => {
            notes.faults.wrong(component::AT, "a mapping as YAML", &other);
            None
        }
        Err(problem) => {
            notes.faults.field(component::AT, |at, path| {
                Finding::collector_config_not_yaml(at, path, problem.offset, &problem.message)
            });
            None
        }
    }
}

fn args(spec: &Value) -> Value {
    let given = spec.get("args").and_then(Value::as_object).into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut args: Vec<String> = given.map(|(key, value)| format!("--{key}={}", text(value))).collect();
    args.sort_unstable();
    args.push(format!("--config=env:{CONFIG}"));
    Value::from(args)
}

/// The probes for the health check, with the spec's settings.
fn probes(spec: &Value, config: &config::Config) -> Map {
    let mut probes = Map::new();
    let Some((path, port)) = health_check(config) else { return probes };
    for name in fields::PROBES {
        let mut probe = Map::new();
        let get = json!({"path": path, "port": port});
        probe.insert("httpGet", get);
        let numbers = spec.get(*name).and_then(Value::as_object).into_iter().flatten();
        let is_set = |value: &Value| value.as_i64().is_some_and(|number| number != 0);
        probe.extend(
            numbers.filter(|(_, value)| is_set(value)).map(|(key, value)| (key.clone(), value.clone())),
        );
        probes.insert((*name).to_owned(), Value::Object(probe));
    }
    probes
}

/// The path and port of the first health check, or `None` if there is none.
fn health_check(config: &config::Config) -> Option<(String, u32)> {
    let name = config.extensions.iter().find(|name| crate::components::type_of(name) == HEALTH_CHECK)?;
    let component = config.component("extensions", name)?;
    let path = component.get("path").and_then(Value::as_str).unwrap_or_default().to_owned();
    let port = ports::listening(component, Some(u32::from(crate::components::HEALTH_CHECK_PORT)))?;
    Some((path, port))
}

#[cfg(test)]
mod tests;
