//! Workloads that cannot be read: an error if an injection may be requested, otherwise a warning.

use crate::config::Settings;
use crate::config::annotations::{ATTRIBUTE_PREFIX, PREFIX, SIDECAR_PREFIX};
use crate::config::context::Context;
use crate::finding::Code;
use crate::k8s::{Kind, mentions_workload};
use crate::yaml::{Cursor, Document, Problem, Trouble};

/// The prefixes of all our annotations and labels.
pub(super) const MARKS: [&str; 4] = [PREFIX, ATTRIBUTE_PREFIX, SIDECAR_PREFIX, "otel-inject.dev/"];

/// The code for a text that is not YAML or exceeds a limit.
pub(super) fn text(text: &[u8], problem: &Problem, context: &Context, settings: &Settings) -> Code {
    if !mentions_workload(text, &settings.kinds) {
        return Code::UnparsedDocument;
    }
    let valid = match std::str::from_utf8(text) {
        Ok(valid) => valid,
        Err(error) => std::str::from_utf8(&text[..error.valid_up_to()]).unwrap_or_default(),
    };
    let start = Document::start_of(valid);
    let facts = start.as_ref().and_then(|start| Facts::read(start, start.at("")?, false, settings));
    let is_marked = MARKS.iter().any(|mark| memchr::memmem::find(text, mark.as_bytes()).is_some())
        || start.as_ref().is_some_and(|start| start.at("").is_some_and(|root| is_marked(start, root)));
    code(is_marked, &facts.unwrap_or_default(), problem, context, settings)
}

/// The code for a workload in valid YAML that has no value because of a duplicate key.
pub(super) fn resource(
    document: &Document<'_>,
    resource: Cursor,
    problem: &Problem,
    context: &Context,
    settings: &Settings,
) -> Code {
    let facts = Facts::read(document, resource, true, settings).unwrap_or_default();
    code(is_marked(document, resource), &facts, problem, context, settings)
}

fn is_marked(document: &Document<'_>, node: Cursor) -> bool {
    document.any_text(node, &|text| MARKS.iter().any(|mark| text.contains(mark)))
}

fn code(is_marked: bool, facts: &Facts, problem: &Problem, context: &Context, settings: &Settings) -> Code {
    let Facts { kind, name, namespace } = facts;
    let is_other_kind = kind.as_ref().is_some_and(|kind| {
        let mut known = Kind::ALL.iter().chain(&settings.kinds);
        !known.any(|row| row.kind == kind.as_str())
    });
    let may_select = || {
        let [kind, name, namespace] = [kind, name, namespace].map(Option::as_deref);
        settings.rules.iter().any(|rule| rule.may_match(kind, name, namespace)) || context.may_ask(namespace)
    };
    match problem.trouble {
        _ if !is_marked && (is_other_kind || !may_select()) => Code::UnparsedDocument,
        Trouble::Limit => Code::LimitExceeded,
        Trouble::Syntax | Trouble::Uneditable => Code::InvalidYaml,
    }
}

/// The known facts about a workload. A fact is `None` if it is given twice, or could follow after the point where
/// reading stopped.
#[derive(Debug, Default)]
struct Facts {
    kind: Option<String>,
    name: Option<String>,
    namespace: Option<String>,
}

impl Facts {
    /// The facts about a resource, which is `complete` or ends where reading stopped. `None` for a list, because its
    /// items can be anything.
    fn read(document: &Document<'_>, resource: Cursor, complete: bool, settings: &Settings) -> Option<Self> {
        let text = |mapping: Option<Cursor>, key: &str| match document.values(mapping?, key).as_slice() {
            [only] => document.text(*only).map(str::to_owned),
            [] if complete => Some(String::new()),
            _ => None,
        };
        let kind = text(Some(resource), "kind").filter(|kind| !kind.is_empty());
        if kind.as_ref().is_some_and(|kind| kind.ends_with("List")) {
            return None;
        }
        let metadata = match document.values(resource, "metadata").as_slice() {
            [only] => Some(*only),
            _ => None,
        };
        let default = settings.namespace.as_deref().unwrap_or_default();
        let namespace = text(metadata, "namespace");
        let namespace = namespace.map(|own| if own.is_empty() { default.to_owned() } else { own });
        Some(Self { kind, name: text(metadata, "name"), namespace })
    }
}
