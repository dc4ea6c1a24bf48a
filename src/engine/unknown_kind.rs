//! Resources of kinds without a known pod template, but with annotations that request an injection.

use ecow::EcoString;

use super::read::Found;
use super::undeployed::is_for_tools;
use crate::config::annotations::{PREFIX, SIDECAR_PREFIX, ours};
use crate::config::context::Context;
use crate::finding::Finding;
use crate::k8s::Identity;
use crate::value::{Value, escape};
use crate::yaml::Document;

/// The finding for a resource of an unknown kind, at its first annotation of ours anywhere in it.
pub(super) fn asks(document: &Document<'_>, found: &Found, identity: &Identity) -> Option<Finding> {
    let text = document.source().as_bytes();
    let is_mentioned =
        [PREFIX, SIDECAR_PREFIX].iter().any(|prefix| memchr::memmem::find(text, prefix.as_bytes()).is_some());
    if !is_mentioned || Context::wants(identity) || is_for_tools(document, found) {
        return None;
    }
    let resource = document.value_of(found.cursor).ok()?;
    let (path, key) = first(&resource, &mut Vec::new())?;
    let pointer: String = path.iter().map(|step| format!("/{}", escape(step))).collect();
    let pointer = format!("{pointer}/{}", escape(&key));
    let kind = identity.kind();
    let template = path.strip_suffix(&["metadata".to_owned(), "annotations".to_owned()]);
    let template = template.filter(|steps| steps.iter().all(|step| step.parse::<usize>().is_err()));
    Some(match template {
        Some(steps) if !steps.is_empty() => {
            Finding::unknown_kind_with_template(pointer, kind, &key, identity.group(), &steps.join("."))
        }
        _ => Finding::unknown_kind(pointer, kind, &key),
    })
}

/// The path to the first mapping with one of our keys that is not switched off, and the key.
fn first(value: &Value, path: &mut Vec<String>) -> Option<(Vec<String>, String)> {
    let inside = |step: String, value: &Value, path: &mut Vec<String>| {
        path.push(step);
        let found = first(value, path);
        path.pop();
        found
    };
    match value {
        Value::Object(entries) => {
            let asks = |(key, value): &(&EcoString, &Value)| {
                ours(key).is_some() && value.as_str() != Some("false") && !value.is_null()
            };
            let own = entries.iter().find(asks).map(|(key, _)| (path.clone(), key.to_string()));
            own.or_else(|| entries.iter().find_map(|(key, value)| inside(key.to_string(), value, path)))
        }
        Value::Array(elements) => {
            let mut elements = elements.iter().enumerate();
            elements.find_map(|(index, value)| inside(index.to_string(), value, path))
        }
        _ => None,
    }
}
