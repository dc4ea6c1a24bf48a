//! The first pass: reads the resources to look up.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::cut::Group;
use super::mention::{may_have_key, may_hold};
use super::read::{self, Found};
use super::{Role, Source, line_col, located, position, template};
use crate::config::Settings;
use crate::config::collector;
use crate::config::context::{Context, namespace_of};
use crate::config::env_from;
use crate::config::instrumentation::{Instrumentation, KIND};
use crate::finding::{Code, Finding, Origin, Position};
use crate::k8s::{Identity, metadata_text, subject};
use crate::parallel::{any, in_order};
use crate::select::called;
use crate::value::{Builder, Map, Value, json};
use crate::yaml::{Cursor, Document, Problem, Side, shifted};

/// The lookup data of a run.
pub(super) struct Collected {
    pub(super) resources: Context,
    pub(super) findings: Vec<(usize, Finding)>,
    /// Findings about collectors, reported if they are requested.
    pub(super) of_asked: Vec<Conditional>,
    /// Findings about valid resources of the input, reported if they are not requested.
    pub(super) unused: Vec<Conditional>,
    pub(super) places: Places,
}

/// Where each Instrumentation and collector is, by kind and name in messages; the first one of a name.
#[derive(Default)]
pub(super) struct Places(BTreeMap<(&'static str, String), Place>);

/// The place of a context resource.
#[derive(Debug, Clone)]
struct Place {
    /// The index of its group.
    group: usize,
    /// The offset of its document in the group.
    offset: usize,
    /// The index of the list item that the document is read from, or `None` if it is the whole group.
    item: Option<usize>,
    /// Pointer to the resource in the document.
    base: String,
}

/// A finding that depends on whether a resource is requested.
pub(super) struct Conditional {
    /// The resource's kind and its name in messages.
    pub(super) called: (&'static str, String),
    pub(super) source: usize,
    pub(super) finding: Finding,
}

/// Kinds that are always read.
const ALWAYS: &[&str] = &["Instrumentation", "Namespace", "OpenTelemetryCollector", "Rollout"];
/// Kinds that are read only if a resource refers to them.
const REFERENCED: &[&str] = &["Secret", "ConfigMap"];

/// The field of a container that refers to Secrets and ConfigMaps.
static ENV_FROM: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("envFrom"));

/// Reads the context resources of all groups. Those of the input come before those of the context.
pub(super) fn collect(sources: &[Source<'_>], groups: &[Group<'_>], settings: &Settings) -> Collected {
    let mut collected = Collected {
        resources: Context::default(),
        findings: Vec::new(),
        of_asked: Vec::new(),
        unused: Vec::new(),
        places: Places::default(),
    };
    collected.read(sources, groups, ALWAYS, settings);
    let own = settings.instrumentation.as_ref();
    let names_some =
        own.is_some_and(Instrumentation::names_references) || collected.resources.needs_references();
    let has_source = own.is_some() || collected.resources.has_any_source();
    let is_in_env = || {
        let texts: Vec<&[u8]> = groups.iter().flat_map(Group::texts).collect();
        any(&texts, |text| may_have_key(text, &ENV_FROM))
    };
    let mut kinds = Vec::new();
    if names_some || has_source && is_in_env() {
        kinds.extend(REFERENCED);
    }
    if has_source {
        kinds.extend(Context::kinds_for_checks());
    }
    if !kinds.is_empty() {
        collected.read(sources, groups, &kinds, settings);
    }
    collected
}

/// A context resource and its place.
struct Read {
    resource: Result<Value, Problem>,
    identity: Identity,
    found: Found,
    /// The offset of its document in the group.
    offset: usize,
    /// The index of the list item that the document is read from, or `None` if it is the whole group.
    item: Option<usize>,
    /// The file it comes from, according to its annotations.
    origin: Option<Origin>,
}

impl Collected {
    fn read(&mut self, sources: &[Source<'_>], groups: &[Group<'_>], kinds: &[&str], settings: &Settings) {
        let is_wanted = |identity: &Identity| kinds.contains(&identity.kind()) && Context::wants(identity);
        let read = in_order(groups, |group| group_resources(group, kinds, &is_wanted));
        for from_context in [false, true] {
            for (index, (group, read)) in groups.iter().zip(&read).enumerate() {
                let source = &sources[group.source];
                if from_context == (source.role == Role::Context) {
                    for one in read {
                        self.add(source, (index, group), one, from_context, settings);
                    }
                }
            }
        }
    }

    fn add(
        &mut self,
        source: &Source<'_>,
        (index, group): (usize, &Group<'_>),
        read: &Read,
        from_context: bool,
        settings: &Settings,
    ) {
        let resource = match &read.resource {
            Ok(resource) => resource,
            Err(problem) => {
                let code = match read.identity.kind() {
                    collector::KIND => Code::InvalidCollector,
                    KIND | "Namespace" => Code::InvalidInstrumentation,
                    // The second pass reports other problems, if they matter.
                    _ => return,
                };
                let offset = read.offset + problem.offset;
                let finding = Finding::problem(code, "", &problem.message);
                let finding = template::part(finding, group.text, offset, source.file);
                let finding = Finding { origin: read.origin.clone(), ..finding };
                let finding = located(source, group, line_col(group, &(offset..offset)), finding);
                self.findings.push((group.source, finding));
                return;
            }
        };
        let findings = self.resources.add(resource, &read.identity, from_context, settings);
        let located = |finding: Finding| {
            let span = read.place(index).span(group, &finding.pointer, finding.side);
            let finding = Finding { origin: read.origin.clone(), ..finding };
            located(source, group, line_col(group, &span), finding)
        };
        let asked = match read.identity.kind() {
            KIND => Some((KIND, Code::UnusedInstrumentation, Code::InvalidInstrumentation)),
            collector::KIND if collector::is_sidecar(resource) => {
                Some((collector::KIND, Code::UnusedCollector, Code::InvalidCollector))
            }
            _ => None,
        };
        let source = group.source;
        let Some((kind, unused, invalid)) = asked else {
            self.findings.extend(findings.into_iter().map(|finding| (source, located(finding))));
            return;
        };
        let name = metadata_text(resource, "name").unwrap_or_default();
        let called = (kind, called(&namespace_of(resource, settings), name));
        self.places.0.entry(called.clone()).or_insert_with(|| read.place(index));
        if !from_context && !findings.iter().any(|finding| finding.code == invalid) {
            let finding = Finding::source_unused(unused, "");
            let finding = located(finding.about(subject(resource, &read.identity)));
            self.unused.push(Conditional { called: called.clone(), source, finding });
        }
        for finding in findings.into_iter().map(located) {
            if kind == collector::KIND {
                self.of_asked.push(Conditional { called: called.clone(), source, finding });
            } else {
                self.findings.push((source, finding));
            }
        }
    }
}

impl Places {
    /// Adds the positions of places in Instrumentations and collectors, each of which is looked up once.
    pub(super) fn locate<'f>(
        &self,
        findings: impl Iterator<Item = &'f mut Finding>,
        sources: &[Source<'_>],
        groups: &[Group<'_>],
    ) {
        let mut known: BTreeMap<(&'static str, String, String), Option<Position>> = BTreeMap::new();
        for related in findings.flat_map(|finding| &mut finding.related) {
            let Some(resource) = &related.resource else { continue };
            let key = (resource.0, resource.1.clone(), related.pointer.clone());
            let look_up = || {
                let place = self.0.get(resource)?;
                let group = groups.get(place.group)?;
                let span = place.span(group, &related.pointer, Side::Value);
                Some(position(&sources[group.source], line_col(group, &span)))
            };
            related.position = known.entry(key).or_insert_with(look_up).clone();
        }
    }
}

impl Read {
    fn place(&self, group: usize) -> Place {
        Place { group, offset: self.offset, item: self.item, base: self.found.base.clone() }
    }
}

impl Place {
    /// The bytes of a value in the group. Reads the document again, which is rare.
    fn span(&self, group: &Group<'_>, pointer: &str, side: Side) -> Range<usize> {
        let pointer = format!("{}{pointer}", self.base);
        let span = |document: &Document<'_>| document.span(&pointer, side);
        let span = match (&group.list, self.item) {
            (Some(list), Some(item)) => {
                read::item(&group.text[list.items[item].clone()]).as_ref().map_or(0..0, span)
            }
            _ => {
                let documents = read::documents(group.text).unwrap_or_default();
                let own = documents.iter().find(|(start, _)| *start == self.offset);
                own.map_or(0..0, |(_, document)| span(document))
            }
        };
        shifted(&span, self.offset)
    }
}

fn group_resources(
    group: &Group<'_>,
    kinds: &[&str],
    is_wanted: &(impl Fn(&Identity) -> bool + Sync),
) -> Vec<Read> {
    if let Some(list) = &group.list {
        // Items of a typed list have no kind.
        let is_typed = list.inherited.as_ref().is_some_and(|inherited| kinds.contains(&inherited.kind()));
        let items: Vec<_> = list.items.iter().enumerate().collect();
        let read = in_order(&items, |(index, range)| {
            let text = &group.text[(*range).clone()];
            if !is_typed && !may_hold(text, kinds) {
                return Some(Vec::new());
            }
            let document = read::item(text).ok()?;
            let found = read::item_resources(&document, list.inherited.as_ref(), list.is_resource_list);
            Some(wanted(&document, found, range.start, Some(*index), is_wanted))
        });
        if let Some(read) = read.into_iter().collect::<Option<Vec<_>>>() {
            return read.into_iter().flatten().collect();
        }
    } else if !may_hold(group.text, kinds) {
        return Vec::new();
    }
    // The second pass reports a text that cannot be read.
    let documents = read::documents(group.text).unwrap_or_default();
    let read = |(offset, document): &(usize, Document<'_>)| {
        wanted(document, read::resources(document), *offset, None, is_wanted)
    };
    documents.iter().flat_map(read).collect()
}

fn wanted(
    document: &Document<'_>,
    found: Vec<Found>,
    offset: usize,
    item: Option<usize>,
    is_wanted: &impl Fn(&Identity) -> bool,
) -> Vec<Read> {
    let mut result = Vec::new();
    for found in found {
        let Some(identity) = found.identity.clone().filter(is_wanted) else { continue };
        let resource = if Context::wants_whole(&identity) {
            document.value_of(found.cursor)
        } else {
            parts(document, &found)
        };
        let origin = found.origin(document);
        result.push(Read { resource, identity, found, offset, item, origin });
    }
    result
}

/// Only the metadata of a resource, its reference to a workload, and the variables that it holds. Of a Secret's values
/// it is known only whether they are strings.
fn parts(document: &Document<'_>, found: &Found) -> Result<Value, Problem> {
    let mut resource = Map::new();
    if let Some(metadata) = document.get(found.cursor, "metadata") {
        resource.insert("metadata".to_owned(), document.value_of(metadata)?);
    }
    let spec = document.get(found.cursor, "spec");
    if let Some(reference) = spec.and_then(|spec| document.get(spec, "workloadRef")) {
        resource.insert("spec".to_owned(), json!({"workloadRef": document.value_of(reference)?}));
    }
    let kind = found.identity.as_ref().map_or("", Identity::kind);
    for field in env_from::fields(kind) {
        if let Some(data) = document.get(found.cursor, field) {
            resource.insert((*field).to_owned(), variables(document, data, kind == "Secret"));
        }
    }
    Ok(Value::Object(resource))
}

/// The entries of a ConfigMap or Secret that can be variables that matter here: files are left out, and a Secret's
/// texts are empty. A value that is not a string is null; the whole is `false` if it cannot be told what it holds.
fn variables(document: &Document<'_>, data: Cursor, is_secret: bool) -> Value {
    let is_name = |key: &str| key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let Some(members) = document.members(data) else {
        return match document.value_of(data) {
            Ok(data @ Value::Null) => data,
            // Merged in by a merge key.
            Ok(data @ Value::Object(_)) if !is_secret => data,
            _ => Value::Bool(false),
        };
    };
    let mut variables = Builder::default();
    for (key, value) in members.into_iter().filter(|(key, _)| is_name(key)) {
        let value = match document.value_of(value) {
            Ok(Value::String(_)) if is_secret => "".into(),
            Ok(Value::String(text)) => Value::String(text),
            _ => Value::Null,
        };
        // Readers disagree on a key that is there twice.
        let is_repeated = variables.has(key);
        variables.insert(key, if is_repeated { Value::Null } else { value });
    }
    Value::Object(variables.finish())
}
