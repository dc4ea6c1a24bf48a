//! The collector's own telemetry.

use super::super::Notes;
use super::super::ports::split;
use super::{SERVICE, Start};
use crate::components::METRICS;
use crate::finding::Finding;
use crate::value::{Value, escape};

impl Start<'_> {
    /// The collector's own telemetry.
    pub(super) fn telemetry(&self, notes: &mut Notes) {
        let at = format!("{SERVICE}/telemetry");
        let none = Value::Null;
        let telemetry = self.config.value.pointer("/service/telemetry").unwrap_or(&none);
        self.fields_of_telemetry(telemetry, notes);
        let metrics = telemetry.get("metrics").and_then(Value::as_object);
        let metric = |key: &str| metrics.and_then(|metrics| metrics.get(key));
        // From then on the address does not count; current releases refuse it.
        const READERS: u32 = 123;
        if let Some(address) = metric("address").filter(|_| self.can_be(READERS)) {
            let (host, port) = reader(address.as_str().unwrap_or_default());
            let at = format!("{at}/metrics/address");
            notes.warnings.push(Finding::metrics_address_removed(at, &host, &port));
        }
        let level = metric("level").and_then(Value::as_str).unwrap_or("normal");
        if metric("views").is_some_and(|views| !views.is_null()) && level.to_lowercase() != "detailed" {
            notes.warnings.push(Finding::metrics_views_need_detailed(format!("{at}/metrics/views")));
        }
        let readers =
            metric("readers").and_then(Value::as_array).filter(|_| !level.eq_ignore_ascii_case("none"));
        for (index, reader) in readers.into_iter().flatten().enumerate() {
            let at = format!("{at}/metrics/readers/{index}");
            let exporter = |kinds: &[&str]| {
                kinds.iter().any(|kind| reader.pointer(kind).is_some_and(|exporter| !exporter.is_null()))
            };
            if !exporter(&[
                "/pull/exporter/prometheus",
                "/periodic/exporter/otlp",
                "/periodic/exporter/console",
            ]) {
                notes.warnings.push(Finding::reader_without_exporter(at));
                continue;
            }
            let Some(exporter) = reader.pointer("/pull/exporter/prometheus") else { continue };
            let at = format!("{at}/pull/exporter/prometheus");
            for key in ["host", "port"] {
                if exporter.get(key).is_none_or(Value::is_null) {
                    notes.warnings.push(Finding::reader_needs_field(&at, key));
                }
            }
            if let Some(port) =
                exporter.get("port").and_then(Value::as_str).filter(|port| !port.contains('$'))
            {
                notes.warnings.push(Finding::reader_port_is_text(format!("{at}/port"), port));
            }
        }
        self.resource(telemetry.get("resource"), &format!("{at}/resource"), notes);
    }

    fn resource(&self, resource: Option<&Value>, at: &str, notes: &mut Notes) {
        const OTHERS: &[&str] =
            &["attributes", "attributes_list", "schema_url", "detectors", "detection/development"];
        let Some(resource) = resource.and_then(Value::as_object) else { return };
        let mut is_legacy = false;
        for (key, value) in resource.iter().filter(|(key, _)| !OTHERS.contains(&key.as_str())) {
            is_legacy = true;
            if !value.is_string() && !value.is_null() {
                let at = format!("{at}/{}", escape(key));
                notes.warnings.push(Finding::legacy_attribute_not_text(at, key, &value.to_string()));
            }
        }
        match resource.get("attributes") {
            None | Some(Value::Null) => {}
            Some(Value::Array(list)) if list.is_empty() || !is_legacy => {}
            Some(Value::Array(_)) => {
                notes.warnings.push(Finding::legacy_attributes_beside_list(format!("{at}/attributes")));
            }
            Some(_) => notes.warnings.push(Finding::attributes_not_a_list(format!("{at}/attributes"))),
        }
        if resource.get("attributes_list").is_some_and(|list| !list.is_null()) {
            notes.warnings.push(Finding::attributes_list_unsupported(format!("{at}/attributes_list")));
        }
    }
}

/// Host and port of a reader in place of `address`.
fn reader(address: &str) -> (String, String) {
    let (host, port) = split(address).unwrap_or((address, ""));
    let host = if host.is_empty() { "0.0.0.0" } else { host.trim_matches(['[', ']']) };
    let port = if port.is_empty() { METRICS.to_string() } else { port.to_owned() };
    (host.to_owned(), port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_listens_where_the_address_did() {
        for (address, host, port) in [
            ("0.0.0.0:8888", "0.0.0.0", "8888"),
            (":9", "0.0.0.0", "9"),
            ("[::]:9", "::", "9"),
            ("localhost:${env:PORT}", "localhost", "${env:PORT}"),
        ] {
            assert_eq!(reader(address), (host.to_owned(), port.to_owned()), "{address}");
        }
    }
}
