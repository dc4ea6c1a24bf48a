//! A `ResourceList` from a host: reads its config and returns the list.

use std::io::{self, Write};

use super::{Outcome, Output};
use crate::change::Change;
use crate::config::function::{self, Parsed};
use crate::finding::Finding;
use crate::host::files::position;
use crate::host::render;
use crate::k8s::origin;
use crate::report::{self, Purpose};
use crate::value::{Value, json};
use crate::yaml::{Edit, Envelope, LineCol, Problem};

const VERSION: &str = "config.kubernetes.io/v1";
/// Supported versions of the list. The printed version is always [`VERSION`].
const VERSIONS: &[&str] = &[VERSION, "config.kubernetes.io/v1beta1", "config.kubernetes.io/v1alpha1"];

/// Always returns the `ResourceList` to the host, with the findings as its results.
#[derive(Default)]
pub(in crate::host) struct Function {
    /// `None` if the list cannot be printed, or not be read again.
    list: Option<Vec<u8>>,
}

impl Output for Function {
    fn purpose(&self) -> Purpose {
        Purpose::Write
    }

    fn accepts_nothing(&self) -> bool {
        true
    }

    fn answers_failures(&self) -> bool {
        true
    }

    fn render(&mut self, outcome: &mut Outcome<'_>) {
        self.list = list(outcome);
    }

    fn print(&mut self, _outcome: &mut Outcome<'_>, out: &mut dyn Write) -> io::Result<()> {
        if let Some(list) = &self.list {
            out.write_all(list)?;
        }
        Ok(())
    }
}

/// The list with its items' edits and the findings. Adds findings for whatever fails.
fn list(outcome: &mut Outcome<'_>) -> Option<Vec<u8>> {
    if outcome.result.unreadable {
        return None;
    }
    let (envelope, text) = (outcome.envelope.as_ref()?, &outcome.texts.first()?.bytes);
    if outcome.run.purpose == Purpose::Check {
        return Some(without_items(envelope, &outcome.result.findings).into_bytes());
    }
    let results = results(envelope, &outcome.result.findings).unwrap_or_else(|problem| {
        let place = LineCol::at(text, problem.offset);
        let finding = Finding::results_not_added("", &problem.message).at(position(None, place));
        outcome.result.findings.insert(0, finding);
        Vec::new()
    });
    let has_failed = outcome.exit_code() != 0;
    let items = outcome.result.edits.first_mut().filter(|_| !has_failed).map(std::mem::take);
    match printed(envelope, text, items.unwrap_or_default(), results) {
        Ok(list) => Some(list),
        Err(finding) => {
            outcome.result.findings.insert(0, *finding);
            outcome.result.unreadable = true;
            None
        }
    }
}

/// The list's function config, or `None` if it has none.
pub(in crate::host) fn config(envelope: &Envelope<'_>) -> Option<Parsed> {
    let value = envelope.value().get("functionConfig").filter(|value| !value.is_null())?;
    let annotations = value.get("metadata").and_then(|metadata| metadata.get("annotations"));
    let annotation = |key: &str| annotations?.get(key)?.as_str();
    let origin = origin::of_annotations(annotation);
    let place = |finding: Finding| {
        let place = envelope.line_col(&format!("/functionConfig{}", finding.pointer));
        Finding { origin: origin.clone(), ..finding.at(position(None, place)) }
    };
    let written = |pointer: &str| envelope.text_at(&format!("/functionConfig{pointer}"));
    Some(function::located(function::parse_written(value, &written), &place))
}

/// The warning about a list of an unknown version.
pub(in crate::host) fn unknown_version(envelope: &Envelope<'_>) -> Option<Finding> {
    let version = envelope.value().get("apiVersion").and_then(Value::as_str);
    if version.is_some_and(|version| VERSIONS.contains(&version)) {
        return None;
    }
    let finding = match version {
        Some(version) => Finding::unknown_list_version("/apiVersion", version),
        None => Finding::list_without_version("/apiVersion"),
    };
    Some(finding.at(position(None, envelope.line_col("/apiVersion"))))
}

/// The edits that set the list's version and append `findings` to its results.
///
/// # Errors
/// The text cannot be edited without changing other bytes.
fn results(envelope: &Envelope<'_>, findings: &[Finding]) -> Result<Vec<Edit>, Problem> {
    let mut changes = Vec::new();
    match envelope.value().get("apiVersion") {
        Some(Value::String(version)) if version == VERSION => {}
        Some(_) => changes.push(Change::replace("/apiVersion", json!(VERSION))),
        None => changes.push(Change::add("/apiVersion", json!(VERSION))),
    }
    let ours: Vec<Value> = findings.iter().map(report::krm).collect();
    match envelope.value().get("results") {
        _ if ours.is_empty() => {}
        Some(Value::Array(theirs)) => {
            let appended = ours.into_iter().zip(theirs.len()..);
            changes.extend(appended.map(|(result, index)| Change::add(format!("/results/{index}"), result)));
        }
        Some(_) => changes.push(Change::replace("/results", ours.into())),
        None => changes.push(Change::add("/results", ours.into())),
    }
    if changes.is_empty() { Ok(Vec::new()) } else { envelope.edit(&changes) }
}

/// A validator's list: only results, no items. Hosts would deploy anything else.
fn without_items(envelope: &Envelope<'_>, findings: &[Finding]) -> String {
    let theirs = envelope.value().get("results").and_then(Value::as_array).unwrap_or_default().to_vec();
    let results: Vec<Value> = theirs.into_iter().chain(findings.iter().map(report::krm)).collect();
    let list = json!({"apiVersion": VERSION, "kind": "ResourceList", "items": [], "results": results});
    format!("{list:#}\n")
}

/// The list's text with its own edits and those of `items`, without surrounding text, because hosts accept exactly one
/// plain document. It is read again to verify its items.
///
/// # Errors
/// The finding about a list that would be read differently.
fn printed(
    envelope: &Envelope<'_>,
    text: &[u8],
    items: Vec<Edit>,
    own: Vec<Edit>,
) -> Result<Vec<u8>, Box<Finding>> {
    let edits = edits(envelope, text, items, own);
    let printed = render::written(text, &edits);
    let proven = match std::str::from_utf8(&printed) {
        Ok(printed) => envelope.prove(printed, &edits),
        Err(error) => Err(error.to_string()),
    };
    let Err(reason) = proven else { return Ok(printed) };
    Err(Box::new(match envelope.tag_directive() {
        Some(place) => Finding::list_with_tag_directive("").at(position(None, place)),
        None => Finding::list_read_otherwise("", &reason),
    }))
}

fn edits(envelope: &Envelope<'_>, text: &[u8], items: Vec<Edit>, own: Vec<Edit>) -> Vec<Edit> {
    let body = envelope.body();
    let removal = |range| Edit { range, text: String::new() };
    let mut edits = vec![removal(0..body.start)];
    edits.extend(items);
    edits.extend(own);
    edits[1..].sort_by_key(|edit| edit.range.start);
    edits.push(removal(body.end..text.len()));
    edits
}
