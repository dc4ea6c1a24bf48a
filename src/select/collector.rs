//! Decides which collector a pod gets as a sidecar.

use super::reference::Reference;
use super::{Selection, called, first};
use crate::config::annotations::SIDECAR;
use crate::config::collector::{CONTAINER, Collector, KIND};
use crate::config::context::Entry;
use crate::config::effective::Annotations;
use crate::finding::{Code, Finding};
use crate::k8s::Workload;
use crate::k8s::pod::{self, List};

/// The decision about a workload's sidecar.
#[derive(Debug)]
pub enum Decision<'c> {
    /// No sidecar is requested.
    Nothing,
    /// The annotation turns it off: remove an existing one.
    Remove,
    /// A sidecar is requested, and the pod already has one.
    Skip(Box<Finding>),
    /// The requested sidecar is not available.
    Refuse(Vec<Finding>),
    /// Add this one.
    Add(Request<'c>),
}

/// A collector for a pod.
#[derive(Debug, Clone, Copy)]
pub struct Request<'c> {
    /// The collector.
    pub collector: &'c Collector,
    /// Its namespace; empty if unknown.
    pub namespace: &'c str,
    /// Its name.
    pub name: &'c str,
}

impl Request<'_> {
    /// Its name in messages.
    #[must_use]
    pub fn called(&self) -> String {
        called(self.namespace, self.name)
    }
}

/// The collector that a switch refers to, of any mode.
pub(super) type Found<'c> = Result<&'c Entry<Option<Collector>>, Box<Finding>>;

/// Decides about the sidecar of a workload.
#[must_use]
pub fn decide<'c>(selection: &Selection<'c>) -> Decision<'c> {
    let Selection { workload, annotations, .. } = selection;
    let misshapen = annotations.misshapen_sidecar();
    if !misshapen.is_empty() {
        return Decision::Refuse(misshapen);
    }
    let Some(found) = &selection.collector else {
        let is_off = !annotations.effective(SIDECAR).is_empty();
        let is_there = position(workload).is_some();
        return if is_off && is_there { Decision::Remove } else { Decision::Nothing };
    };
    if let Some(mark) = earlier_injection(workload) {
        return Decision::Skip(Box::new(mark));
    }
    let checked = pod::check(workload.pod(), &workload.pointer("/spec"));
    match (valid(found, selection), checked) {
        (Ok(request), Ok(())) => Decision::Add(request),
        (Err(finding), _) | (Ok(_), Err(finding)) => Decision::Refuse(vec![*finding]),
    }
}

/// The name of the collector that a workload requests, if the input has it, valid or not.
#[must_use]
pub fn source(selection: &Selection<'_>) -> Option<String> {
    let entry = selection.collector.as_ref()?.as_ref().ok()?;
    Some(called(&entry.namespace, &entry.name))
}

/// The switch's value, if it requests a collector.
pub(super) fn wanted<'a>(annotations: &Annotations<'a>) -> Option<&'a str> {
    let switch = annotations.effective(SIDECAR);
    (!switch.is_empty() && !switch.eq_ignore_ascii_case("false")).then_some(switch)
}

/// The finding if the pod already has a collector.
#[must_use]
pub fn earlier_injection(workload: &Workload<'_>) -> Option<Finding> {
    let (list, index) = position(workload)?;
    let pointer = workload.pointer(&format!("/spec/{}/{index}", list.key()));
    Some(Finding::container_without_record(pointer, CONTAINER))
}

/// The list and index of the pod's collector.
fn position(workload: &Workload<'_>) -> Option<(List, usize)> {
    let spec = workload.pod()?;
    [List::Init, List::Regular]
        .into_iter()
        .find_map(|list| Some((list, pod::position(pod::elements(spec, list.key()), CONTAINER)?)))
}

/// The collector, if it is valid.
fn valid<'c>(found: &Found<'c>, selection: &Selection<'_>) -> Result<Request<'c>, Box<Finding>> {
    let entry = found.clone()?;
    let reference = reference(selection, selection.annotations.effective(SIDECAR));
    let (pointer, called) = (reference.pointer(), called(&entry.namespace, &entry.name));
    match entry.outcome.as_deref() {
        Ok(Some(collector)) => Ok(Request { collector, namespace: &entry.namespace, name: &entry.name }),
        Ok(None) => {
            let finding = Finding::collector_of_other_mode(pointer, &called, mode(entry));
            Err(with_service(reference.refuse(finding), entry))
        }
        Err(findings) => {
            let (message, field) = first(findings);
            let finding = Finding::collector_not_valid(pointer, &called, message);
            Err(reference.refuse(finding.due_to(KIND, &called, field)))
        }
    }
}

/// The annotation as a reference to a collector.
fn reference<'a>(selection: &'a Selection<'a>, switch: &'a str) -> Reference<'a> {
    Reference {
        selection,
        user: "the sidecar",
        key: SIDECAR,
        switch,
        kind: KIND,
        none: Code::NoCollector,
        not_found: Code::CollectorNotFound,
        ambiguous: Code::AmbiguousCollector,
    }
}

/// Whether a collector is not in mode `sidecar`.
fn is_other(entry: &Entry<Option<Collector>>) -> bool {
    matches!(entry.outcome.as_deref(), Ok(None))
}

/// The mode of a collector, or the operator's default.
fn mode<T>(entry: &Entry<T>) -> &str {
    entry.text("/spec/mode").unwrap_or("deployment")
}

/// Adds help for a collector that runs separately: the operator creates a Service for it.
fn with_service<T>(finding: Box<Finding>, entry: &Entry<T>) -> Box<Finding> {
    let Entry { namespace, name, .. } = entry;
    let namespace = if namespace.is_empty() { String::new() } else { format!(".{namespace}") };
    Box::new(finding.help(format!(
        "Ask for a collector with mode: sidecar. This one needs no sidecar: remove the annotation, and send to its \
         Service {name}-collector{namespace}, with exporter.endpoint of the Instrumentation."
    )))
}

/// The collector that a workload requests. `None` if it requests none.
pub(super) fn find<'c>(selection: &Selection<'c>) -> Option<Found<'c>> {
    let reference = reference(selection, wanted(&selection.annotations)?);
    let collectors = &selection.context.collectors;
    let note = |entry: &Entry<_>| {
        if is_other(entry) { format!(" (mode {})", mode(entry)) } else { String::new() }
    };
    Some(reference.find(collectors, Option::is_some, note).map_err(|finding| {
        let own = &selection.namespace;
        let mut others = collectors.iter().filter(|entry| entry.namespace == *own && is_other(entry));
        match others.next().filter(|_| finding.code == Code::NoCollector) {
            Some(other) => with_service(finding, other),
            None => finding,
        }
    }))
}
