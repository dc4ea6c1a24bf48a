//! What keeps a collector from starting, or its container from becoming ready.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::Notes;
use super::checks::each_text;
use super::component::{AT, pointer};
use super::config::Config;
use super::ports::{Address, split};
use crate::change::escape;
use crate::components::releases::{
    self, FIELDS, NO_PIPELINES_GATE, PROFILES, PROFILES_GATE, REQUIRED, SECTIONS, SIGNALS,
};
use crate::components::{HEALTH_CHECK, Listener, METRICS, receiver, type_of};
use crate::config::nearest;
use crate::finding::Finding;
use crate::k8s::image::Image;

const SERVICE: &str = "/spec/config/service";

/// A collector whose start is judged.
pub(super) struct Start<'c> {
    pub(super) spec: &'c Value,
    pub(super) config: &'c Config,
    /// The addresses that it listens on.
    pub(super) listeners: &'c [Address],
    pub(super) image: Option<&'c str>,
}

impl Start<'_> {
    /// Notes what keeps it from starting.
    pub(super) fn check(&self, notes: &mut Notes) {
        self.arguments(notes);
        self.components(notes);
        self.references(notes);
        self.connectors(notes);
        self.telemetry(notes);
        self.addresses(notes);
        self.texts(notes);
    }

    fn args(&self) -> Option<&Map<String, Value>> {
        self.spec.get("args")?.as_object()
    }

    /// Whether arguments add to the configuration, so that nothing is known to be missing.
    fn is_extended(&self) -> bool {
        self.args().is_some_and(|args| args.contains_key("config") || args.contains_key("set"))
    }

    fn has_gate(&self, gate: &str) -> bool {
        let gates = self.args().and_then(|args| args.get("feature-gates")?.as_str()).unwrap_or_default();
        gates.split(',').any(|given| given.trim().trim_start_matches('+') == gate)
    }

    /// Whether the collector can be release `0.minor` or a later one.
    fn can_be(&self, minor: u32) -> bool {
        let release = |image: &str| {
            let image = Image::parse(image)?;
            let is_ours =
                image.name().contains("otelcol") || image.name().contains("opentelemetry-collector");
            let tag = image.tag.filter(|_| is_ours)?;
            let mut numbers = tag.trim_start_matches('v').strip_prefix("0.")?.split(['.', '-']);
            numbers.next()?.parse::<u32>().ok()
        };
        self.image.and_then(release).is_none_or(|release| release >= minor)
    }

    fn section(&self, section: &str) -> Option<&Map<String, Value>> {
        self.config.value.get(section)?.as_object()
    }

    fn pipelines(&self) -> impl Iterator<Item = Pipeline<'_>> {
        let pipelines = self.config.value.pointer("/service/pipelines").and_then(Value::as_object);
        pipelines.into_iter().flatten().map(|(name, value)| Pipeline { name, value })
    }

    /// A second configuration.
    fn arguments(&self, notes: &mut Notes) {
        if let Some(second) = self.args().and_then(|args| args.get("config")) {
            let second = second.as_str().unwrap_or_default();
            notes.warnings.push(Finding::second_configuration("/spec/args/config", second));
        }
    }

    /// Names, types and fields of all components, used or not.
    fn components(&self, notes: &mut Notes) {
        for (section, word) in SECTIONS {
            for (name, value) in self.section(section).into_iter().flatten() {
                let at = pointer(section, name);
                if !is_identifier(name) {
                    notes.warnings.push(Finding::component_name_not_valid(at, word, name));
                    continue;
                }
                if let Some(removed) = releases::removal(section, name).filter(|row| self.can_be(row.since)) {
                    let (since, instead) = (removed.since, removed.instead);
                    notes.warnings.push(Finding::component_removed(at, word, name, since, instead));
                    continue;
                }
                let fields = value.as_object();
                self.fields(section, word, name, fields, &at, notes);
                if let Some((new, since)) = releases::new_name(section, name).filter(|row| self.can_be(row.1))
                {
                    notes.warnings.push(Finding::component_renamed(&at, word, name, new, since));
                }
                if !self.is_extended() && !self.is_used(section, name) {
                    notes.warnings.push(Finding::component_not_used(at, word, name));
                }
            }
        }
    }

    fn is_used(&self, section: &str, name: &str) -> bool {
        if section == "extensions" {
            return self.config.extensions.contains(name);
        }
        let keys: &[&str] = if section == "connectors" { &["receivers", "exporters"] } else { &[section] };
        self.pipelines().any(|pipeline| keys.iter().any(|key| pipeline.names(key).any(|used| used == name)))
    }

    /// The fields of a component of a known type.
    fn fields(
        &self,
        section: &str,
        word: &str,
        name: &str,
        fields: Option<&Map<String, Value>>,
        at: &str,
        notes: &mut Notes,
    ) {
        let kind = type_of(name);
        let known = FIELDS.iter().find(|row| row.0 == section && row.1 == kind);
        for (key, known) in known.into_iter().flat_map(|row| {
            fields
                .into_iter()
                .flat_map(Map::keys)
                .filter(|key| !row.2.contains(&key.as_str()))
                .map(|key| (key, row.2))
        }) {
            let inside = format!("{at}/{}", escape(key));
            let near = nearest(key, known.iter().copied()).map(|near| format!("Did you mean {near}?"));
            let help = near.unwrap_or_else(|| format!("Known are {}.", known.join(", ")));
            notes.warnings.push(Finding::component_field_unknown(inside, word, name, key, &help));
        }
        if self.is_extended() {
            return;
        }
        for (_, _, any_of) in REQUIRED.iter().filter(|row| row.0 == section && row.1.contains(&kind)) {
            let is_set = |key: &&str| fields.and_then(|fields| fields.get(*key)).is_some_and(is_set);
            if !any_of.iter().any(is_set) {
                notes.warnings.push(Finding::component_needs_field(at, word, name, &any_of.join(" or ")));
            }
        }
        if section == "receivers" && matches!(receiver(name), Listener::Each(_)) {
            let protocols = fields.and_then(|fields| fields.get("protocols")?.as_object());
            if protocols.is_none_or(Map::is_empty) {
                notes.warnings.push(Finding::receiver_without_protocols(at, name));
            }
        }
    }

    /// What the service and its pipelines name.
    fn references(&self, notes: &mut Notes) {
        let pipelines: Vec<Pipeline<'_>> = self.pipelines().collect();
        if !self.is_extended() && !self.has_gate(NO_PIPELINES_GATE) {
            for section in ["receivers", "exporters"] {
                if self.section(section).is_none_or(Map::is_empty) {
                    notes.warnings.push(Finding::section_empty(format!("{AT}/{section}"), section));
                }
            }
            if pipelines.is_empty() {
                notes.warnings.push(Finding::no_pipelines(format!("{SERVICE}/pipelines")));
            }
        }
        let extensions = self.config.value.pointer("/service/extensions").and_then(Value::as_array);
        for (index, name) in extensions.into_iter().flatten().enumerate() {
            let name = name.as_str().unwrap_or_default();
            if !self.is_extended() && !self.is_defined("extensions", name) {
                let at = format!("{SERVICE}/extensions/{index}");
                notes.warnings.push(Finding::reference_not_configured(at, "the service", "extension", name));
            }
        }
        for pipeline in &pipelines {
            self.pipeline(pipeline, notes);
        }
    }

    fn is_defined(&self, section: &str, name: &str) -> bool {
        self.section(section).is_some_and(|components| components.contains_key(name))
    }

    fn pipeline(&self, pipeline: &Pipeline<'_>, notes: &mut Notes) {
        let (name, signal) = (pipeline.name, pipeline.signal());
        let at = format!("{SERVICE}/pipelines/{}", escape(name));
        let is_known = SIGNALS.contains(&signal) || signal == PROFILES;
        if !is_known || !has_suffix(name) {
            notes.warnings.push(Finding::pipeline_name_not_valid(at, name, &SIGNALS.join(", ")));
            return;
        }
        if signal == PROFILES && !self.has_gate(PROFILES_GATE) {
            notes.warnings.push(Finding::profiles_gated(&at, name, PROFILES_GATE));
        }
        let called = format!("pipeline {name}");
        for (key, word) in [("receivers", "receiver"), ("processors", "processor"), ("exporters", "exporter")]
        {
            let mut seen = BTreeSet::new();
            for (index, used) in pipeline.names(key).enumerate() {
                let at = format!("{at}/{key}/{index}");
                let is_twice = !seen.insert(used);
                let is_connector = key != "processors" && self.is_defined("connectors", used);
                if !self.is_defined(key, used) && !is_connector {
                    if !self.is_extended() {
                        notes.warnings.push(Finding::reference_not_configured(at, &called, word, used));
                    }
                } else if is_twice && key == "processors" {
                    notes.warnings.push(Finding::processor_twice(at, name, used));
                } else if let Some(takes) = releases::signals(key, used).filter(|_| !is_connector)
                    && !takes.contains(&signal)
                {
                    let takes = takes.join(" and ");
                    notes.warnings.push(Finding::signal_not_taken(at, word, used, signal, &takes));
                }
            }
            if seen.is_empty() && key != "processors" && !self.is_extended() {
                notes.warnings.push(Finding::pipeline_without(&at, name, word));
            }
        }
    }

    /// Connectors that lead nowhere, come from nowhere, or go round in a circle.
    fn connectors(&self, notes: &mut Notes) {
        let pipelines: Vec<Pipeline<'_>> = self.pipelines().collect();
        let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for name in self.section("connectors").into_iter().flat_map(Map::keys) {
            let at = pointer("connectors", name);
            for (section, word) in [("receivers", "receiver"), ("exporters", "exporter")] {
                if self.is_defined(section, name) {
                    notes.warnings.push(Finding::connector_ambiguous(&at, name, word));
                }
            }
            let sides = ["exporters", "receivers"].map(|key| {
                pipelines
                    .iter()
                    .filter(|pipeline| pipeline.names(key).any(|used| used == name))
                    .collect::<Vec<_>>()
            });
            let [from, to] = &sides;
            let leads =
                |from: &Pipeline<'_>, to: &Pipeline<'_>| releases::connects(name, from.signal(), to.signal());
            for pipeline in from.iter().filter(|from| !to.iter().any(|to| leads(from, to) != Some(false))) {
                if !self.is_extended() {
                    notes.warnings.push(Finding::connector_leads_nowhere(&at, name, pipeline.name));
                }
            }
            for pipeline in to.iter().filter(|to| !from.iter().any(|from| leads(from, to) != Some(false))) {
                if !self.is_extended() {
                    notes.warnings.push(Finding::connector_from_nowhere(&at, name, pipeline.name));
                }
            }
            for from in from {
                let next = to.iter().filter(|to| leads(from, to) == Some(true)).map(|to| to.name);
                edges.entry(from.name).or_default().extend(next);
            }
        }
        if let Some(name) = edges.keys().find(|name| is_in_circle(name, &edges)) {
            let at = format!("{SERVICE}/pipelines/{}", escape(name));
            notes.warnings.push(Finding::pipelines_in_circle(at, name));
        }
    }

    /// The collector's own telemetry.
    fn telemetry(&self, notes: &mut Notes) {
        let at = format!("{SERVICE}/telemetry");
        let none = Value::Null;
        let telemetry = self.config.value.pointer("/service/telemetry").unwrap_or(&none);
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
        if !["none", "basic", "normal", "detailed"].contains(&level.to_lowercase().as_str())
            && !level.contains("${")
        {
            notes.warnings.push(Finding::metrics_level_unknown(format!("{at}/metrics/level"), level));
        }
        if metric("views").is_some_and(|views| !views.is_null()) && level.to_lowercase() != "detailed" {
            notes.warnings.push(Finding::metrics_views_need_detailed(format!("{at}/metrics/views")));
        }
        let readers =
            metric("readers").and_then(Value::as_array).filter(|_| !level.eq_ignore_ascii_case("none"));
        for (index, reader) in readers.into_iter().flatten().enumerate() {
            let Some(exporter) = reader.pointer("/pull/exporter/prometheus") else { continue };
            for key in ["host", "port"] {
                if exporter.get(key).is_none_or(Value::is_null) {
                    let at = format!("{at}/metrics/readers/{index}/pull/exporter/prometheus");
                    notes.warnings.push(Finding::reader_needs_field(at, key));
                }
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

    /// The addresses of listeners, and the probes' way to the health check.
    fn addresses(&self, notes: &mut Notes) {
        for address in self.listeners {
            if let Some(problem) = address.problem() {
                let at = format!("{}/{}", address.at, address.field);
                notes.warnings.push(Finding::address_not_valid(at, &address.text, &problem));
            }
        }
        let checks = self.config.extensions.iter().filter(|name| type_of(name) == HEALTH_CHECK);
        // The probes ask the first.
        if let Some(name) = checks.into_iter().next()
            && let Some(address) =
                self.listeners.iter().find(|address| address.at == pointer("extensions", name))
            && address.is_loopback()
        {
            let at = format!("{}/endpoint", address.at);
            notes.warnings.push(Finding::health_check_not_reachable(at, name, &address.text));
        }
        for name in self.section("extensions").into_iter().flatten().filter_map(|(name, value)| {
            let path = value.get("path")?.as_str()?;
            let is_wrong = type_of(name) == HEALTH_CHECK && !path.is_empty() && !path.starts_with('/');
            (is_wrong && !path.starts_with("${")).then_some(name)
        }) {
            let at = format!("{}/path", pointer("extensions", name));
            notes.warnings.push(Finding::health_check_path(at, name));
        }
        for name in &self.config.receivers {
            let Some(component) = self.config.component("receivers", name) else { continue };
            let at = pointer("receivers", name);
            let refuse = |value: &Value, at: String, notes: &mut Notes| {
                let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
                if value.get("listen_address").is_some_and(|address| !address.is_null()) {
                    let at = format!("{at}/listen_address");
                    let (field, help) = ("listen_address", "Use endpoint.");
                    notes.warnings.push(Finding::component_field_unknown(at, "receiver", name, field, help));
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

    /// References to variables that the collector refuses.
    fn texts(&self, notes: &mut Notes) {
        each_text(&self.config.value, &mut AT.to_owned(), &mut |at, text| {
            if let Some((reference, help)) = refused_reference(text) {
                notes.warnings.push(Finding::reference_refused(at, &reference, help));
            }
        });
        let extensions = &self.config.extensions;
        for (section, _) in SECTIONS.iter().filter(|(section, _)| *section != "extensions") {
            for (name, value) in self.section(section).into_iter().flatten() {
                if !self.is_used(section, name) || self.is_extended() {
                    continue;
                }
                each_text(value, &mut pointer(section, name), &mut |at, text| {
                    let is_extension =
                        at.ends_with("/auth/authenticator") || at.ends_with("/sending_queue/storage");
                    if is_extension && !text.contains("${") && !extensions.contains(text) {
                        notes.warnings.push(Finding::extension_not_enabled(at, text));
                    }
                });
            }
        }
    }
}

/// A pipeline of the service.
struct Pipeline<'c> {
    name: &'c str,
    value: &'c Value,
}

impl<'c> Pipeline<'c> {
    fn signal(&self) -> &'c str {
        type_of(self.name)
    }

    fn names(&self, key: &str) -> impl Iterator<Item = &'c str> + use<'c> {
        let names = self.value.get(key).and_then(Value::as_array);
        names.into_iter().flatten().filter_map(Value::as_str)
    }
}

/// Whether a pipeline's connectors lead back to it.
fn is_in_circle(start: &str, edges: &BTreeMap<&str, BTreeSet<&str>>) -> bool {
    let mut open: Vec<&str> = edges.get(start).into_iter().flatten().copied().collect();
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        if name == start {
            return true;
        }
        if seen.insert(name) {
            open.extend(edges.get(name).into_iter().flatten());
        }
    }
    false
}

/// Whether a component's identifier is a type and, after a `/`, a name.
fn is_identifier(name: &str) -> bool {
    const LONGEST: usize = 63;
    let kind = type_of(name);
    let is_type = kind.starts_with(|first: char| first.is_ascii_alphabetic())
        && kind.len() <= LONGEST
        && kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_type && has_suffix(name)
}

/// Whether something stands after the first `/`, if there is one.
fn has_suffix(name: &str) -> bool {
    name.split_once('/').is_none_or(|(_, rest)| !rest.trim().is_empty())
}

/// Whether a required field has a value; what a variable holds is not known.
fn is_set(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty() && text != "0s" && text != "0",
        Value::Number(number) => number.as_f64().is_none_or(|number| number != 0.0),
        _ => true,
    }
}

/// Host and port of a reader in place of `address`.
fn reader(address: &str) -> (String, String) {
    let (host, port) = split(address).unwrap_or((address, ""));
    let host = if host.is_empty() { "0.0.0.0" } else { host.trim_matches(['[', ']']) };
    let port = if port.is_empty() { METRICS.to_string() } else { port.to_owned() };
    (host.to_owned(), port)
}

/// The first reference in a text that stops the collector, after the kubelet has expanded the text, and what to write.
fn refused_reference(text: &str) -> Option<(String, &'static str)> {
    let text = text.replace("$$", "$");
    let mut rest = text.as_str();
    while let Some(at) = rest.find("${") {
        let escapes = rest[..at].bytes().rev().take_while(|byte| *byte == b'$').count();
        rest = &rest[at + 2..];
        let (inside, _) = rest.split_once('}')?;
        if escapes % 2 == 1 || inside.contains("${") {
            continue;
        }
        let is_name = |name: &str| {
            name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let reference = format!("${{{inside}}}");
        match inside.split_once(':') {
            None if !is_name(inside) => return Some((reference, "A variable is written `${env:NAME}`.")),
            Some((name, default)) if default.starts_with('-') && is_name(name) && name != "env" => {
                return Some((reference, "A default needs the prefix: `${env:NAME:-value}`."));
            }
            Some(("env", name)) if !is_name(name.split(":-").next().unwrap_or_default()) => {
                return Some((reference, "The name of a variable has letters, digits and `_`."));
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_that_stop_a_collector_are_found() {
        for (text, is_refused) in [
            ("${A}", false),
            ("${env:A}", false),
            ("${env:A:-b.c}", false),
            ("${env:A:-}", false),
            ("${file:/x}", false),
            ("$A $1 $", false),
            ("${A:-b}", true),
            ("${env:A.B}", true),
            ("${1}", true),
            ("${}", true),
            ("$$$${1}", false),
            ("${A", false),
            ("${env:${B}}", false),
            ("x ${A} ${B:-c}", true),
        ] {
            assert_eq!(refused_reference(text).is_some(), is_refused, "{text}");
        }
    }

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

    #[test]
    fn a_name_is_a_type_and_a_name() {
        for (name, is_one) in [
            ("otlp", true),
            ("otlp/a b", true),
            ("otlp/", false),
            ("Otlp_2", true),
            ("a-b", false),
            ("", false),
        ] {
            assert_eq!(is_identifier(name), is_one, "{name}");
        }
    }
}
