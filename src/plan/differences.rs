//! Describes the differences between two states of a workload.

use crate::k8s::pod::{elements, identify, name, text};
use crate::value::{Map, Value};

/// The maximum number of differences listed.
const MOST: usize = 10;

/// The differences between two states of a workload whose pod template is at `template`.
#[must_use]
pub fn between(before: &Value, after: &Value, template: &str) -> String {
    let part =
        |value: &Value, key: &str| value.pointer(&format!("{template}/{key}")).cloned().unwrap_or_default();
    let (old, new) = (part(before, "spec"), part(after, "spec"));
    let mut found = Vec::new();
    for key in ["initContainers", "containers"] {
        elements_of(key, &old, &new, |name, pair| match pair {
            [Some(before), Some(after)] => container(name, before, after, &mut found),
            [None, _] => found.push(format!("container \"{name}\" added")),
            [_, None] => found.push(format!("container \"{name}\" removed")),
        });
    }
    elements_of("volumes", &old, &new, |name, pair| {
        found.push(format!("volume \"{name}\" {}", became(pair)));
    });
    let lists = ["initContainers", "containers", "volumes"];
    fields(&old, &new, &lists, |key, pair| found.push(format!("{key} {}", became(pair))));
    let (old, new) = (part(before, "metadata"), part(after, "metadata"));
    for key in ["labels", "annotations"] {
        let map = |value: &Value| value.get(key).cloned().unwrap_or_default();
        fields(&map(&old), &map(&new), &[crate::plan::record::ANNOTATION], |name, pair| {
            found.push(format!("{} {name} {}", &key[..key.len() - 1], became(pair)));
        });
    }
    let more = found.len().saturating_sub(MOST);
    found.truncate(MOST);
    if more > 0 {
        found.push(format!("and {more} more"));
    }
    if found.is_empty() { "the record changed".to_owned() } else { found.join("; ") }
}

fn container(called: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
    fields(before, after, &["env", "volumeMounts"], |key, pair| {
        let texts = pair.map(|value| value.and_then(Value::as_str));
        found.push(format!("{called}: {key} {}", changed(pair, texts)));
    });
    elements_of("env", before, after, |name, pair| {
        // Attributes are long, and headers can contain tokens.
        let is_shown = name.starts_with("OTEL_") && !name.contains("ATTRIBUTES") && !name.contains("HEADERS");
        let texts = pair.map(|entry| entry.map(text).filter(|text| is_shown && !text.is_empty()));
        found.push(format!("{called}: {name} {}", changed(pair, texts)));
    });
    elements_of("volumeMounts", before, after, |path, pair| {
        found.push(format!("{called}: mount {path} {}", became(pair)));
    });
}

fn changed(pair: [Option<&Value>; 2], texts: [Option<&str>; 2]) -> String {
    const LONGEST: usize = 300;
    match texts {
        [Some(before), Some(after)] if before.len().max(after.len()) <= LONGEST => {
            format!("changed from \"{before}\" to \"{after}\"")
        }
        _ => became(pair).to_owned(),
    }
}

const fn became(pair: [Option<&Value>; 2]) -> &'static str {
    match pair {
        [None, _] => "added",
        [_, None] => "removed",
        _ => "changed",
    }
}

/// Calls `show` for every key with different values in the mappings, except those in `apart`.
fn fields(before: &Value, after: &Value, apart: &[&str], mut show: impl FnMut(&str, [Option<&Value>; 2])) {
    static NONE: Map = Map::new();
    let (before, after) = (before.as_object().unwrap_or(&NONE), after.as_object().unwrap_or(&NONE));
    let is_apart = |key: &str| apart.contains(&key);
    let mut current = after.seek();
    for (key, was) in before.iter().filter(|(key, _)| !is_apart(key)) {
        let now = current.get(key);
        if now != Some(was) {
            show(key, [Some(was), now]);
        }
    }
    let mut earlier = before.seek();
    for (key, now) in after.iter().filter(|(key, _)| !is_apart(key)) {
        if earlier.get(key).is_none() {
            show(key, [None, Some(now)]);
        }
    }
}

/// Calls `show` for every element that differs between the two lists.
fn elements_of(key: &str, before: &Value, after: &Value, mut show: impl FnMut(&str, [Option<&Value>; 2])) {
    let (before, after) = (elements(before, key), elements(after, key));
    let origins = crate::change::origins(key, before, after, identify);
    let called = |element| identify(key, element).unwrap_or_else(|| name(element)).to_owned();
    let mut stays = vec![false; before.len()];
    origins.iter().flatten().for_each(|origin| stays[*origin] = true);
    for (element, _) in before.iter().zip(&stays).filter(|(_, stays)| !**stays) {
        show(&called(element), [Some(element), None]);
    }
    for (element, origin) in after.iter().zip(origins) {
        let was = origin.map(|origin| &before[origin]);
        if was != Some(element) {
            show(&called(element), [was, Some(element)]);
        }
    }
}
