//! Decides what each workload gets, or why it gets nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::annotations::{CONTAINERS, DELIVERY, PREFIX};
use crate::config::collector::{self as of_collector, CONTAINER};
use crate::config::context::{Context, namespace_of};
use crate::config::effective::Annotations;
use crate::config::instrumentation::{Instrumentation, KIND};
use crate::config::{FilesBy, Settings};
use crate::finding::Finding;
use crate::k8s::pod::{self, List};
use crate::k8s::{Identity, Workload};
use crate::languages::{ALL, Language};
use crate::metadata::Facts;
use crate::value::Value;

pub mod collector;
mod instrumented;
mod libc;
mod missing;
mod reference;
mod wish;

pub use instrumented::{instrumented, own_containers};
use wish::Wish;

/// A workload with everything that decides about its injection.
pub struct Selection<'a> {
    /// The workload.
    pub workload: Workload<'a>,
    /// Its annotations, with those of rules and of its namespace.
    pub annotations: Annotations<'a>,
    /// Its namespace; empty if nothing says it.
    pub namespace: String,
    /// What is looked up.
    pub context: &'a Context,
    /// The settings of the run.
    pub settings: &'a Settings,
    /// The languages that it requests.
    wishes: Vec<Wish<'a>>,
    /// The collector that it requests.
    collector: Option<collector::Found<'a>>,
}

impl<'a> Selection<'a> {
    /// The workload that `resource` is, if it is one.
    #[must_use]
    pub fn read(
        resource: &'a Value,
        identity: &Identity,
        context: &'a Context,
        settings: &'a Settings,
    ) -> Option<Self> {
        let mut workload = Workload::read(resource, identity, &settings.kinds)?;
        let namespace = namespace_of(resource, settings);
        workload.rollout = context.rollout_of(&workload, &namespace);
        Some(Self::new(workload, namespace, context, settings))
    }

    fn new(workload: Workload<'a>, namespace: String, context: &'a Context, settings: &'a Settings) -> Self {
        let annotations = Annotations::new(&workload, &namespace, context, settings);
        let mut selection =
            Self { workload, annotations, namespace, context, settings, wishes: Vec::new(), collector: None };
        selection.wishes = ALL.iter().filter_map(|language| Wish::read(language, &selection)).collect();
        selection.collector = collector::find(&selection);
        selection
    }

    /// The same workload as `resource` has it.
    #[must_use]
    pub fn with<'b>(&'b self, resource: &'b Value) -> Selection<'b> {
        Selection::new(self.workload.with(resource), self.namespace.clone(), self.context, self.settings)
    }
}

/// The decision about a workload's instrumentation.
#[derive(Debug)]
pub enum Decision<'c> {
    /// Nothing is requested.
    Nothing,
    /// Something is requested, but the workload is left unchanged.
    Skip(Box<Finding>),
    /// The request cannot be fulfilled.
    Refuse(Vec<Finding>),
    /// Inject these, in this order.
    Inject(Vec<Request<'c>>),
}

/// A language for some of the containers.
#[derive(Debug)]
pub struct Request<'c> {
    /// The language.
    pub language: &'static Language,
    /// The settings.
    pub instrumentation: &'c Instrumentation,
    /// The Instrumentation's name, for messages.
    pub source: String,
    /// The agent's image; empty if the language has none.
    pub image: String,
    /// How the agent's files get into the pod, if the language is one whose files targets mount.
    pub files: FilesBy,
    /// The containers, init containers first.
    pub targets: Vec<Target>,
    /// The annotation that lists them, without the prefix.
    pub list_key: &'static str,
    /// Other options of the language: non-empty annotation values, by key without the prefix.
    pub options: BTreeMap<&'static str, String>,
}

impl<'c> Request<'c> {
    /// Every variable in the Instrumentation that applies to the language: its own first, then those of all languages.
    pub fn env(&self) -> impl Iterator<Item = &'c Value> + use<'c> {
        self.agent_env().iter().chain(&self.instrumentation.env)
    }

    /// The value of the option's annotation; empty if not set.
    #[must_use]
    pub fn option(&self, annotation: &str) -> &str {
        self.options.get(annotation).map_or("", String::as_str)
    }

    /// The Instrumentation's variables of this language.
    #[must_use]
    pub fn agent_env(&self) -> &'c [Value] {
        self.instrumentation.agent(self.language).map_or(&[], |agent| &agent.env)
    }
}

/// A container to instrument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The list that contains it.
    pub list: List,
    /// Its index in the list.
    pub index: usize,
    /// Its name.
    pub name: String,
}

impl Target {
    /// Pointer to the container in the resource.
    #[must_use]
    pub fn pointer(&self, selection: &Selection<'_>) -> String {
        selection.workload.pointer(&format!("/spec/{}/{}", self.list.key(), self.index))
    }

    /// The container in the spec of its pod.
    #[must_use]
    pub fn container<'s>(&self, spec: &'s Value) -> Option<&'s Value> {
        pod::elements(spec, self.list.key()).get(self.index)
    }

    /// What is known about its image, with the reference.
    #[must_use]
    pub fn image<'s>(&self, selection: &Selection<'s>) -> Option<(&'s str, Facts<'s>)> {
        let image = self.container(selection.workload.pod()?)?.get("image")?.as_str()?;
        Some((image, selection.settings.metadata.of(image)?))
    }
}

/// Decides about the instrumentation of a workload.
#[must_use]
pub fn decide<'c>(selection: &Selection<'c>) -> Decision<'c> {
    let Selection { workload, annotations, wishes, .. } = selection;
    if !wishes.is_empty()
        && let Some(mark) = earlier_injection(workload)
    {
        return Decision::Skip(Box::new(mark));
    }
    let misshapen = annotations.misshapen();
    if !misshapen.is_empty() {
        return Decision::Refuse(misshapen);
    }
    if wishes.is_empty() {
        return Decision::Nothing;
    }
    match requests(selection) {
        Ok(requests) => Decision::Inject(requests),
        Err(findings) => Decision::Refuse(findings),
    }
}

/// The kinds and names of the Instrumentations and the collector that a workload requests, if the input has them.
#[must_use]
pub fn sources(selection: &Selection<'_>) -> Vec<(&'static str, String)> {
    let found = selection.wishes.iter().filter_map(|wish| wish.found.as_ref().ok());
    let instrumentations = found.map(|(_, called)| (KIND, called.clone()));
    let collector = collector::source(selection);
    let collector = collector.map(|called| (of_collector::KIND, called));
    instrumentations.chain(collector).collect()
}

/// The variable that every injection of a language adds to a container, unless the node's name is known.
const NODE_NAME: &str = "OTEL_RESOURCE_ATTRIBUTES_NODE_NAME";

/// Whether a container has the variables that an injection adds to an application.
#[must_use]
pub fn is_marked(container: &Value) -> bool {
    pod::name(container) != CONTAINER && pod::position(pod::elements(container, "env"), NODE_NAME).is_some()
}

/// The finding if the pod is already instrumented.
#[must_use]
pub fn earlier_injection(workload: &Workload<'_>) -> Option<Finding> {
    let spec = workload.pod()?;
    for list in [List::Init, List::Regular] {
        for (index, container) in pod::elements(spec, list.key()).iter().enumerate() {
            let name = pod::name(container);
            let is_agent = ALL.iter().any(|language| language.recipe.delivery.is_container(list, name));
            let pointer = || workload.pointer(&format!("/spec/{}/{index}", list.key()));
            if is_agent {
                return Some(Finding::container_without_record(pointer(), name));
            }
            if is_marked(container) {
                return Some(Finding::variable_without_record(pointer(), name, NODE_NAME));
            }
        }
    }
    let volumes = pod::elements(spec, "volumes").iter().enumerate();
    let mut volumes = volumes.filter(|(_, volume)| volume.get("image").is_some());
    volumes.find_map(|(index, volume)| {
        let name = pod::name(volume);
        let is_agent = ALL.iter().any(|language| language.recipe.delivery.is_image_volume(name));
        let pointer = workload.pointer(&format!("/spec/volumes/{index}"));
        is_agent.then(|| Finding::volume_without_record(pointer, name))
    })
}

/// Whether an injection of the workload is requested.
#[must_use]
pub fn asks(annotations: &Annotations<'_>) -> bool {
    collector::wanted(annotations).is_some()
        || ALL.iter().any(|language| wish::switch(language, annotations).is_some())
}

fn requests<'c>(selection: &Selection<'c>) -> Result<Vec<Request<'c>>, Vec<Finding>> {
    let Selection { workload, annotations, settings, wishes: wanted, .. } = selection;
    let mut sources = Vec::new();
    let mut troubles = Vec::new();
    for wish in wanted {
        match &wish.found {
            Ok((instrumentation, called)) => sources.push((*instrumentation, called.clone())),
            Err(finding) => troubles.push((**finding).clone()),
        }
    }
    none_of(troubles)?;
    pod::check(workload.pod(), &workload.pointer("/spec")).map_err(|finding| vec![*finding])?;
    let spec = workload.pod().unwrap_or(&Value::Null);
    let lists = container_lists(annotations, wanted)?;
    check_lists(annotations, wanted, &lists)?;
    let requested = requested_delivery(annotations, wanted)?;
    let mut requests = Vec::new();
    let mut troubles = Vec::new();
    for ((wish, names), (instrumentation, source)) in wanted.iter().zip(lists).zip(sources) {
        match targets(spec, &names) {
            Ok(all) if all.is_empty() => {
                let pointer = workload.pointer("/spec/containers");
                troubles.push(pod::no_containers(&pointer));
            }
            Ok(all) => {
                // A sidecar serves one container: the first one named.
                let is_sidecar = wish.language.recipe.delivery.is_sidecar();
                let first = names.first().filter(|_| is_sidecar);
                let targets: Vec<Target> =
                    all.into_iter().filter(|target| first.is_none_or(|name| target.name == *name)).collect();
                let language = wish.language;
                let own = instrumentation.agent(language).and_then(|agent| agent.image.clone());
                let image = own.or_else(|| settings.default_image(language));
                let pinned = image.map(|image| settings.pinned(image, &annotations.pointer(language.switch)));
                let image = match pinned.transpose() {
                    Ok(image) => image.unwrap_or_default(),
                    Err(finding) => {
                        troubles.push(*finding);
                        continue;
                    }
                };
                let files = match delivery(selection, language, requested) {
                    Ok(files) => files,
                    Err(finding) => {
                        troubles.push(*finding);
                        continue;
                    }
                };
                let (key, list) = own_list(annotations, language);
                let list_key = if list.is_empty() { CONTAINERS } else { key };
                let options = language.options.iter().map(|option| option.annotation);
                let options = options.map(|key| (key, annotations.effective(key).to_owned()));
                let mut options: BTreeMap<_, _> = options.filter(|(_, chosen)| !chosen.is_empty()).collect();
                match libc::choose(selection, language, &targets, &options) {
                    Ok(chosen) => options.extend(chosen),
                    Err(finding) => {
                        troubles.push(*finding);
                        continue;
                    }
                }
                requests.push(Request {
                    language,
                    instrumentation,
                    source,
                    image,
                    files,
                    targets,
                    list_key,
                    options,
                });
            }
            Err(missing) => {
                let finding = unknown_container(annotations, wish.language, &missing, spec);
                let containers = selection.workload.pointer("/spec/containers");
                troubles.push(finding.beside(containers, "the pod's containers"));
            }
        }
    }
    none_of(troubles)?;
    Ok(requests)
}

/// The delivery that the annotation requests.
fn requested_delivery(
    annotations: &Annotations<'_>,
    wanted: &[Wish<'_>],
) -> Result<Option<FilesBy>, Vec<Finding>> {
    let word = annotations.effective(DELIVERY);
    let ids = || wanted.iter().map(|wish| wish.language.id).collect::<Vec<_>>().join(", ");
    let pointer = || annotations.pointer(DELIVERY);
    if word.is_empty() {
        return Ok(None);
    }
    let Some(files) = FilesBy::named(word) else {
        let known = FilesBy::words().join(", ");
        return Err(vec![Finding::unknown_value_of_option(pointer(), &ids(), word, DELIVERY, &known)]);
    };
    // A rule or a Namespace is for many workloads, the pod's own annotation for this one.
    let is_own = !annotations.on_pod(DELIVERY).is_empty();
    let is_futile = files == FilesBy::ImageVolume
        && !wanted.iter().any(|wish| wish.language.recipe.delivery.is_mountable());
    if is_own && is_futile {
        return Err(vec![Finding::language_not_mountable(pointer(), &ids(), &mountable())]);
    }
    Ok(Some(files))
}

/// How the files of a language get into the pod.
fn delivery(
    selection: &Selection<'_>,
    language: &'static Language,
    requested: Option<FilesBy>,
) -> Result<FilesBy, Box<Finding>> {
    let settings = &selection.settings.delivery;
    let named = settings.languages.get(language.id).copied();
    if language.recipe.delivery.is_mountable() {
        return Ok(requested.or(named).unwrap_or(settings.default));
    }
    if requested.is_none() && named == Some(FilesBy::ImageVolume) {
        let pointer = selection.annotations.pointer(language.switch);
        return Err(Finding::language_not_mountable(pointer, language.id, &mountable()).into());
    }
    Ok(FilesBy::Init)
}

/// The languages that image volumes can deliver.
fn mountable() -> String {
    let all = ALL.iter().filter(|language| language.recipe.delivery.is_mountable());
    all.map(|language| language.id).collect::<Vec<_>>().join(", ")
}

fn none_of(findings: Vec<Finding>) -> Result<(), Vec<Finding>> {
    if findings.is_empty() { Ok(()) } else { Err(findings) }
}

/// The message and the pointer of the first of a resource's findings.
fn first(findings: &[Finding]) -> (&str, &str) {
    findings.first().map_or(("", ""), |finding| (&finding.message, &finding.pointer))
}

/// An Instrumentation's name in messages.
#[must_use]
pub fn called(namespace: &str, name: &str) -> String {
    if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") }
}

fn place(namespace: &str) -> String {
    if namespace.is_empty() { "without a namespace".to_owned() } else { format!("of namespace {namespace}") }
}

fn listed(names: impl ExactSizeIterator<Item = String>) -> String {
    const MANY: usize = 10;
    let more = names.len().saturating_sub(MANY);
    let names = names.take(MANY).collect::<Vec<_>>().join(", ");
    if more == 0 { names } else { format!("{names} and {more} more") }
}

/// The annotation that names a language's containers, and its value.
fn own_list<'a>(annotations: &Annotations<'a>, language: &Language) -> (&'static str, &'a str) {
    let lists = language.containers.iter().map(|key| (*key, annotations.effective(key)));
    let first = (language.containers.first().copied().unwrap_or_default(), "");
    lists.into_iter().find(|(_, list)| !list.is_empty()).unwrap_or(first)
}

/// The container names for each requested language; empty for a language without any.
fn container_lists<'a>(
    annotations: &Annotations<'a>,
    wanted: &[Wish<'_>],
) -> Result<Vec<Vec<&'a str>>, Vec<Finding>> {
    let mut troubles = Vec::new();
    let mut split = |key: &str, list: &'a str| -> Vec<&'a str> {
        if list.is_empty() {
            return Vec::new();
        }
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b',';
        let names: Vec<&str> = list.split(',').collect();
        if !list.bytes().all(is_allowed) || names.contains(&"") {
            let annotation = format!("{PREFIX}{key}");
            troubles.push(Finding::not_container_names(annotations.pointer(key), &annotation, list));
        }
        names
    };
    let common = split(CONTAINERS, annotations.effective(CONTAINERS));
    let lists = wanted.iter().map(|wish| {
        let (key, list) = own_list(annotations, wish.language);
        common.iter().copied().chain(split(key, list)).collect()
    });
    let lists = lists.collect();
    none_of(troubles)?;
    Ok(lists)
}

fn check_lists(
    annotations: &Annotations<'_>,
    wanted: &[Wish<'_>],
    lists: &[Vec<&str>],
) -> Result<(), Vec<Finding>> {
    let pointer = |language: &Language| {
        let (key, list) = own_list(annotations, language);
        annotations.pointer(if list.is_empty() { CONTAINERS } else { key })
    };
    let mut doubled = Vec::new();
    for (wish, names) in wanted.iter().zip(lists) {
        let mut seen = BTreeSet::new();
        if let Some(name) = names.iter().find(|name| !seen.insert(**name)) {
            doubled.push(Finding::container_listed_twice(pointer(wish.language), wish.language.id, name));
        }
    }
    none_of(doubled)?;
    let without: Vec<&Wish<'_>> =
        wanted.iter().zip(lists).filter(|(_, names)| names.is_empty()).map(|(wish, _)| wish).collect();
    if wanted.len() > 1
        && let Some(first) = without.first()
    {
        let ids = |wishes: &mut dyn Iterator<Item = &Wish<'_>>| {
            wishes.map(|wish| wish.language.id).collect::<Vec<_>>().join(", ")
        };
        let (wanted, without) = (ids(&mut wanted.iter()), ids(&mut without.iter().copied()));
        let pointer = annotations.pointer(first.language.switch);
        let own = first.language.containers.first().copied().unwrap_or_default();
        let (own, common) = (format!("{PREFIX}{own}"), format!("{PREFIX}{CONTAINERS}"));
        return Err(vec![Finding::containers_not_named(pointer, &wanted, &without, &own, &common)]);
    }
    Ok(())
}

/// The containers with those names, init containers first. The error is a name that the pod does not have.
fn targets(spec: &Value, names: &[&str]) -> Result<Vec<Target>, String> {
    let [init, regular] = [List::Init, List::Regular].map(|list| pod::elements(spec, list.key()));
    if names.is_empty() {
        let mut all = regular.iter().map(pod::name).enumerate();
        let first = all.find(|(_, name)| *name != CONTAINER);
        let target = first.map(|(index, name)| Target { list: List::Regular, index, name: name.to_owned() });
        return Ok(target.into_iter().collect());
    }
    let [of_init, of_regular] = [init, regular].map(|list| {
        let mut positions = pod::positions(list);
        positions.remove(CONTAINER);
        positions
    });
    if let Some(missing) =
        names.iter().find(|name| !of_init.contains_key(*name) && !of_regular.contains_key(*name))
    {
        return Err((*missing).to_owned());
    }
    let target = |list: List, index: usize, name: &str| Target { list, index, name: name.to_owned() };
    let mut targets: Vec<Target> =
        names.iter().filter_map(|name| Some(target(List::Init, *of_init.get(name)?, name))).collect();
    targets.sort_by_key(|target| target.index);
    let others = names.iter().filter(|name| !of_init.contains_key(*name));
    targets.extend(others.filter_map(|name| Some(target(List::Regular, *of_regular.get(name)?, name))));
    Ok(targets)
}

fn unknown_container(
    annotations: &Annotations<'_>,
    language: &Language,
    missing: &str,
    spec: &Value,
) -> Finding {
    let (key, list) = own_list(annotations, language);
    let key = if list.split(',').any(|name| name == missing) { key } else { CONTAINERS };
    let names = |list: List| pod::elements(spec, list.key()).iter().map(pod::name);
    let current: Vec<&str> = names(List::Regular).chain(names(List::Init)).collect();
    let current = current.join(", ");
    Finding::container_does_not_exist(annotations.pointer(key), language.id, missing, &current)
}
