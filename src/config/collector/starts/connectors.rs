//! Connectors that join no two pipelines, or go round in a circle.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Notes;
use super::super::component::pointer;
use super::{Pipeline, SERVICE, Start};
use crate::components::releases;
use crate::finding::Finding;
use crate::value::{Map, escape};

impl Start<'_> {
    /// Connectors that lead nowhere, come from nowhere, or go round in a circle.
    pub(super) fn connectors(&self, notes: &mut Notes) {
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
