//! What a collector that runs on its own receives.

use super::component::port_in;
use super::config;
use super::ports::{self, listening};
use super::{Code, Notes, Version, defaults, given};
use crate::components::type_of;
use crate::config::shapes::Faults;
use crate::languages::otlp::Protocol;
use crate::value::Value;

/// The receiver of OTLP, and its protocols.
const OTLP: (&str, [(&str, Protocol); 2]) =
    ("otlp", [("grpc", Protocol::Grpc), ("http", Protocol::HttpProtobuf)]);

/// The ports of a collector's Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// Every port.
    pub ports: Vec<u32>,
    /// The ports that take OTLP, with the protocol.
    pub otlp: Vec<(u32, Protocol)>,
}

impl Served {
    /// Reads a whole resource of any mode but `sidecar`. `None` if its ports are not known.
    #[must_use]
    pub fn read(resource: &Value) -> Option<Self> {
        let version = match resource.get("apiVersion")?.as_str()?.rsplit_once('/')?.1 {
            "v1alpha1" => Version::V1Alpha1,
            "v1beta1" => Version::V1Beta1,
            _ => return None,
        };
        let spec = resource.get("spec")?;
        let mut notes = Notes { faults: Faults::new(Code::InvalidCollector), warnings: Vec::new() };
        let given = given(spec, version, &mut notes)?;
        let mut config = config::effective(&given, version, &mut notes)?;
        if has_unknown_port(config.value.get("receivers")?) {
            return None;
        }
        defaults::fill_in(&mut config, &mut notes);
        let found = ports::find(spec, &config, &mut notes);
        if !notes.faults.found.is_empty() {
            return None;
        }
        let mut otlp = Vec::new();
        for name in config.receivers.iter().filter(|name| type_of(name) == OTLP.0) {
            let protocols = config.component("receivers", name).and_then(|own| own.get("protocols"));
            for (key, protocol) in OTLP.1 {
                let own = protocols.and_then(|protocols| protocols.get(key));
                let port = own.and_then(|own| listening(own, Some(u32::from(protocol.port()))));
                otlp.extend(port.map(|port| (port, protocol)));
            }
        }
        let declared = found.declared.iter().filter_map(|port| port.get("containerPort")?.as_u64());
        let declared = declared.filter_map(|port| u32::try_from(port).ok());
        let ports = declared.chain(found.listens_on.iter().map(|(port, _)| *port)).collect();
        Some(Self { ports, otlp })
    }
}

/// Whether a receiver takes its port from a variable.
fn has_unknown_port(receivers: &Value) -> bool {
    match receivers {
        Value::Object(entries) => entries.iter().any(|(key, value)| {
            let is_address = ["endpoint", "listen_address"].contains(&key.as_str());
            let is_open = |text: &str| text.contains("${") && port_in(text).is_none();
            is_address && value.as_str().is_some_and(is_open) || has_unknown_port(value)
        }),
        Value::Array(items) => items.iter().any(has_unknown_port),
        _ => false,
    }
}
