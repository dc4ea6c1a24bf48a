//! The exporter's settings: endpoint, protocol and certificates.

use super::{Step, container::ContainerRef, draft::Draft, pod};
use crate::config::instrumentation::{Instrumentation, Tls};
use crate::select::Selection;
use crate::value::{Value, json};

/// The variable with the endpoint.
pub(super) const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// The variable with the OTLP protocol.
pub(super) const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
/// The variable with the path of the CA certificate.
pub(super) const CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_CERTIFICATE";
/// The variable with the path of the client certificate.
pub(super) const CLIENT_CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE";
/// The variable with the path of the client key.
pub(super) const CLIENT_KEY: &str = "OTEL_EXPORTER_OTLP_CLIENT_KEY";

/// A Secret or ConfigMap with certificates.
#[derive(Debug, Clone, Copy)]
struct Holder {
    kind: &'static str,
    directory: &'static str,
    volume: &'static str,
    source: &'static str,
    name_key: &'static str,
}

const SECRET: Holder = Holder {
    kind: "Secret",
    directory: "/otel-auto-instrumentation-secret-",
    volume: "otel-auto-secret-",
    source: "secret",
    name_key: "secretName",
};
const CONFIG_MAP: Holder = Holder {
    kind: "ConfigMap",
    directory: "/otel-auto-instrumentation-configmap-",
    volume: "otel-auto-configmap-",
    source: "configMap",
    name_key: "name",
};

impl Holder {
    fn directory(&self, name: &str) -> String {
        format!("{}{name}", self.directory)
    }

    /// The volume's name: at most 63 characters, alphanumeric at both ends.
    fn volume_name(&self, name: &str) -> String {
        const MAX: usize = 63;
        let kept: String = name.chars().take(MAX - self.volume.len()).collect();
        let whole = format!("{}{kept}", self.volume);
        whole.trim_matches(|character: char| !character.is_ascii_alphanumeric()).to_owned()
    }

    fn volume(&self, name: &str) -> Value {
        let mut volume = json!({"name": self.volume_name(name)});
        volume[self.source] = json!({});
        volume[self.source][self.name_key] = json!(name);
        volume
    }

    fn mount(&self, name: &str) -> Value {
        json!({"name": self.volume_name(name), "readOnly": true, "mountPath": self.directory(name)})
    }
}

/// The Secret and ConfigMap with an Instrumentation's certificates.
fn holders(instrumentation: &Instrumentation) -> impl Iterator<Item = (Holder, &str)> {
    let tls = instrumentation.tls.as_ref();
    let secret = tls.and_then(|tls| tls.secret.as_deref()).map(|name| (SECRET, name));
    let config_map = tls.and_then(|tls| tls.config_map.as_deref()).map(|name| (CONFIG_MAP, name));
    secret.into_iter().chain(config_map)
}

/// The kinds and names of resources that must be in the workload's namespace.
pub(super) fn references(instrumentation: &Instrumentation) -> impl Iterator<Item = (&'static str, &str)> {
    holders(instrumentation).map(|(holder, name)| (holder.kind, name))
}

/// A volume and a mount for each Secret and ConfigMap with certificates.
pub(super) fn volumes(instrumentation: &Instrumentation) -> impl Iterator<Item = (Value, Value)> {
    holders(instrumentation).map(|(holder, name)| (holder.volume(name), holder.mount(name)))
}

/// Sets the variables and mounts of one container.
pub(super) fn configure(
    instrumentation: &Instrumentation,
    draft: &mut Draft,
    container: &ContainerRef,
) -> Step {
    if let Some(endpoint) = &instrumentation.endpoint {
        container.default(draft, ENDPOINT, endpoint);
    }
    if let Some(protocol) = &instrumentation.protocol {
        container.default(draft, PROTOCOL, protocol);
    }
    let Some(tls) = &instrumentation.tls else { return Ok(()) };
    for (name, file) in files(tls) {
        container.default(draft, name, &file);
    }
    volumes(instrumentation).try_for_each(|(_, mount)| container.mount(draft, mount))
}

fn files(tls: &Tls) -> impl Iterator<Item = (&'static str, String)> {
    let secret = SECRET.directory(tls.secret.as_deref().unwrap_or_default());
    let authority =
        tls.config_map.as_deref().map_or_else(|| secret.clone(), |name| CONFIG_MAP.directory(name));
    let path = |directory: String, file: &String| {
        if file.starts_with('/') { file.clone() } else { format!("{directory}/{file}") }
    };
    let rows = [
        (CERTIFICATE, tls.ca_file.as_ref(), authority),
        (CLIENT_CERTIFICATE, tls.cert_file.as_ref(), secret.clone()),
        (CLIENT_KEY, tls.key_file.as_ref(), secret),
    ];
    rows.into_iter().filter_map(move |(name, file, directory)| Some((name, path(directory, file?))))
}

/// Adds the pod's volumes for the mounts.
pub(super) fn add_volumes(cx: &Selection<'_>, instrumentation: &Instrumentation, draft: &mut Draft) -> Step {
    volumes(instrumentation).try_for_each(|(volume, _)| pod::add_volume(cx, draft, volume))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volume_names_are_dns_labels() {
        assert_eq!(SECRET.volume_name("a"), "otel-auto-secret-a");
        let long = SECRET.volume_name(&"s".repeat(80));
        assert_eq!(long.len(), 63);
        let name = format!("{}-b", "a".repeat(45));
        assert_eq!(SECRET.volume_name(&name), format!("otel-auto-secret-{}", "a".repeat(45)));
    }
}
