//! What keeps a collector from starting, or its container from becoming ready.

use std::collections::BTreeSet;

use ecow::EcoString;
use fields::Part;

use super::component::{AT, pointer};
use super::config::Config;
use super::ports::Address;
use super::{Collector, Notes};
use crate::components::releases::{
    self, FLAGS, NO_PIPELINES_GATE, PROFILES, PROFILES_GATE, SECTIONS, SIGNALS,
};
use crate::components::type_of;
use crate::config::nearest;
use crate::finding::Finding;
use crate::k8s::image::Image;
use crate::value::{Map, Value, escape};

mod addresses;
mod connectors;
mod fields;
mod references;
mod telemetry;

const SERVICE: &str = "/spec/config/service";

/// A collector whose start is judged.
pub(super) struct Start<'c> {
    pub(super) spec: &'c Value,
    pub(super) config: &'c Config,
    /// The addresses that it listens on.
    pub(super) listeners: &'c [Address],
    pub(super) collector: &'c Collector,
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

    fn args(&self) -> Option<&Map> {
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
        self.collector.image.as_deref().and_then(release).is_none_or(|release| release >= minor)
    }

    fn section(&self, section: &str) -> Option<&Map> {
        self.config.value.get(section)?.as_object()
    }

    fn pipelines(&self) -> impl Iterator<Item = Pipeline<'_>> {
        let pipelines = self.config.value.pointer("/service/pipelines").and_then(Value::as_object);
        pipelines.into_iter().flatten().map(|(name, value)| Pipeline { name, value })
    }

    /// A second configuration, and arguments that do not exist.
    fn arguments(&self, notes: &mut Notes) {
        for flag in self.args().into_iter().flat_map(Map::keys) {
            if !FLAGS.contains(&flag.as_str()) {
                let near = nearest(flag, FLAGS.iter().copied()).map(|near| format!("Did you mean {near}?"));
                let help = near.unwrap_or_else(|| format!("Known are {}.", FLAGS.join(", ")));
                let at = format!("/spec/args/{}", escape(flag));
                notes.warnings.push(Finding::argument_unknown(at, flag, &help));
            }
        }
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
                let called = format!("{word} {name}");
                let is_used = self.is_used(section, name);
                self.fields(&Part { section, called: &called, name, value, is_used }, notes);
                if let Some((new, since)) = releases::new_name(section, name).filter(|row| self.can_be(row.1))
                {
                    notes.warnings.push(Finding::component_renamed(&at, word, name, new, since));
                }
                if !self.is_extended() && !is_used {
                    notes.warnings.push(Finding::component_not_used(at, word, name));
                }
            }
        }
    }

    fn is_used(&self, section: &str, name: &str) -> bool {
        if section == "extensions" {
            return self.config.extensions.iter().any(|used| canonical(used) == canonical(name));
        }
        let keys: &[&str] = if section == "connectors" { &["receivers", "exporters"] } else { &[section] };
        let is_this = |used: &str| canonical(used) == canonical(name);
        self.pipelines().any(|pipeline| keys.iter().any(|key| pipeline.names(key).any(is_this)))
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
        let is_this = |defined: &EcoString| canonical(defined) == canonical(name);
        self.section(section).into_iter().flat_map(Map::keys).any(is_this)
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
            if key == "exporters" {
                seen.iter().for_each(|name| self.endpoint_of_signal(name, pipeline, notes));
            }
            if seen.is_empty() && key != "processors" && !self.is_extended() {
                notes.warnings.push(Finding::pipeline_without(&at, name, word));
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
        type_of(self.name).trim()
    }

    fn names(&self, key: &str) -> impl Iterator<Item = &'c str> + use<'c> {
        let names = self.value.get(key).and_then(Value::as_array);
        names.into_iter().flatten().filter_map(Value::as_str)
    }
}

/// Whether a component's identifier is a type and, after a `/`, a name.
fn is_identifier(name: &str) -> bool {
    const LONGEST: usize = 63;
    let kind = type_of(name).trim();
    let is_type = kind.starts_with(|first: char| first.is_ascii_alphabetic())
        && kind.len() <= LONGEST
        && kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_type && has_suffix(name)
}

/// Whether a name is after the first `/`, if there is one. It has no spaces, control characters and symbols.
fn has_suffix(name: &str) -> bool {
    let is_refused =
        |letter: char| letter.is_whitespace() || letter.is_control() || "$+<=>^`|~".contains(letter);
    name.split_once('/').is_none_or(|(_, rest)| !rest.trim().is_empty() && !rest.trim().contains(is_refused))
}

/// A component's name as the collector reads it: without spaces around its type and around the rest.
fn canonical(name: &str) -> (&str, Option<&str>) {
    name.split_once('/').map_or((name.trim(), None), |(kind, rest)| (kind.trim(), Some(rest.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_type_and_a_name() {
        for (name, is_one) in [
            ("otlp", true),
            ("otlp/a b", false),
            ("otlp/a.b:c_\u{e9}", true),
            ("otlp/a=b", false),
            (" otlp / a ", true),
            ("otlp/", false),
            ("Otlp_2", true),
            ("a-b", false),
            ("", false),
        ] {
            assert_eq!(is_identifier(name), is_one, "{name}");
        }
    }
}
