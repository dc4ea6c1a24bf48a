//! The addresses that a collector listens on, and the way of the probes to its health check.

use super::super::Notes;
use super::super::checks::is_earlier;
use super::super::component::pointer;
use super::super::ports::{Address, host_and_port, listening};
use super::Start;
use crate::components::fields::{self, FIELDS};
use crate::components::releases::FACTS;
use crate::components::{HEALTH_CHECK, HEALTH_CHECK_PORT, Listener, OTLP_GRPC, receiver, type_of};
use crate::finding::Finding;
use crate::value::{Value, escape};

impl Start<'_> {
    /// The addresses of listeners, and the probes' way to the health check.
    pub(super) fn addresses(&self, notes: &mut Notes) {
        let problem = |address: &Address| address.problem(|name| is_earlier(&self.collector.env, name));
        for address in self.listeners {
            if let Some(problem) = problem(address) {
                let at = format!("{}/{}", address.at, address.field);
                notes.warnings.push(Finding::address_not_valid(at, &address.text, &problem));
            }
        }
        self.health_check(problem, notes);
        self.targets(notes);
        for name in &self.config.receivers {
            let Some(component) = self.config.component("receivers", name) else { continue };
            let at = pointer("receivers", name);
            let refuse = |value: &Value, at: String, notes: &mut Notes| {
                let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
                let is_told =
                    self.can_be(FACTS) && fields::rows(FIELDS, "receivers", type_of(name)).next().is_some();
                if !is_told && value.get("listen_address").is_some_and(|address| !address.is_null()) {
                    let at = format!("{at}/listen_address");
                    let (called, field, help) =
                        (format!("receiver {name}"), "listen_address", "Use endpoint.");
                    notes.warnings.push(Finding::component_field_unknown(at, &called, field, help));
                }
                let endpoint = text("endpoint");
                if text("transport").starts_with("unix") && !endpoint.starts_with(['/', '@', '$']) {
                    let at = format!("{at}/endpoint");
                    notes.warnings.push(Finding::socket_not_valid(at, endpoint));
                }
            };
            match receiver(name) {
                Listener::One(_) => refuse(component, at, notes),
                Listener::Each(_) => {
                    let protocols = component.get("protocols").and_then(Value::as_object);
                    for (protocol, value) in protocols.into_iter().flatten() {
                        refuse(value, format!("{at}/protocols/{}", escape(protocol)), notes);
                    }
                }
                _ => {}
            }
        }
    }

    /// The way of the probes to the health check.
    fn health_check(&self, problem: impl Fn(&Address) -> Option<String>, notes: &mut Notes) {
        for name in self.section("extensions").into_iter().flatten().filter_map(|(name, value)| {
            let path = value.get("path")?.as_str()?;
            let is_wrong = type_of(name) == HEALTH_CHECK && !path.is_empty() && !path.starts_with('/');
            (is_wrong && !path.starts_with("${")).then_some(name)
        }) {
            let at = format!("{}/path", pointer("extensions", name));
            notes.warnings.push(Finding::health_check_path(at, name));
        }
        // The probes ask the first.
        let Some(name) = self.config.extensions.iter().find(|name| type_of(name) == HEALTH_CHECK) else {
            return;
        };
        let (at, own) = (pointer("extensions", name), self.config.component("extensions", name));
        if own.is_some_and(|own| own["tls"].is_object()) {
            notes.warnings.push(Finding::health_check_encrypted(format!("{at}/tls"), name));
        }
        let address = self.listeners.iter().find(|address| address.at == at);
        let Some(address) = address.filter(|address| problem(address).is_none()) else { return };
        let at = format!("{at}/endpoint");
        let probed = own.and_then(|own| listening(own, Some(u32::from(HEALTH_CHECK_PORT))));
        if address.is_loopback() {
            notes.warnings.push(Finding::health_check_not_reachable(at, name, &address.text));
        } else if let Some(port) = probed.filter(|port| address.has_other_port(*port)) {
            notes.warnings.push(Finding::health_check_elsewhere(at, name, &address.text, port));
        }
    }

    /// The addresses of gRPC exporters: a host and the number of a port.
    fn targets(&self, notes: &mut Notes) {
        for (name, value) in self.section("exporters").into_iter().flatten() {
            let endpoint = value.get("endpoint").and_then(Value::as_str).unwrap_or_default();
            let target = endpoint.strip_prefix("http://").or_else(|| endpoint.strip_prefix("https://"));
            let target = target.unwrap_or(endpoint);
            // Other resolvers have addresses of other forms, and what a variable holds is not known.
            let is_known = !target.is_empty() && !target.contains("://") && !target.starts_with("unix:");
            if !OTLP_GRPC.contains(&type_of(name)) || !is_known || target.contains('$') {
                continue;
            }
            let problem = match host_and_port(target) {
                Ok((_, port)) if port.parse::<i64>().is_ok() => continue,
                Ok((_, port)) => format!("{port:?} is no port"),
                Err(problem) => problem.to_owned(),
            };
            let at = format!("{}/endpoint", pointer("exporters", name));
            notes.warnings.push(Finding::target_not_valid(at, name, endpoint, &problem));
        }
    }
}
