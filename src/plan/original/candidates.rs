//! Everything in a workload that given requests may have written.

use std::ops::Range;

use serde_json::Value;

use super::keys::{Key, out_of_order};
use super::list;
use super::part::{Doubt, Fate, Owner, Part};
use crate::change::look_up;
use crate::config::Settings;
use crate::config::annotations::{Annotations, ours};
use crate::config::collector::CONTAINER;
use crate::k8s::Workload;
use crate::k8s::pod::{self, List, is_from_elsewhere, position, text};
use crate::languages::web_server::{AGENT, COPY};
use crate::languages::{Delivery, Env};
use crate::plan::collector::{LABEL, Sidecar};
use crate::plan::env::Texts;
use crate::plan::{Scene, exporter, sdk, sidecar, web_server};
use crate::select::{Request, Target};

const NAME: &str = "name";
const MOUNT: &str = "mountPath";
const SPEC: Owner = Owner::Template("/spec");

/// What may be the injection's.
pub(super) struct Candidates<'c> {
    /// Whether what stands at a pointer is written as an injection writes something new.
    is_new: &'c dyn Fn(&str) -> bool,
    /// Where the pod template stands.
    template: String,
    /// Lists, those in containers ahead of those of containers.
    parts: Vec<Part>,
    keys: Vec<Key>,
}

impl<'c> Candidates<'c> {
    /// What `requests` may have written into the workload of `scene`.
    pub(super) fn of(
        scene: &Scene<'_>,
        is_new: &'c dyn Fn(&str) -> bool,
        requests: &[Request<'_>],
        sidecar: Option<&Sidecar<'_>>,
        settings: &Settings,
    ) -> Self {
        let resource = scene.workload.resource;
        let template = scene.workload.pointer("");
        let mut candidates = Self { is_new, template, parts: Vec::new(), keys: Vec::new() };
        for request in requests {
            for target in &request.targets {
                candidates.target(scene, request, target, requests);
            }
        }
        for request in requests {
            candidates.pod(resource, request);
        }
        let mut metadata = Vec::new();
        if let Some(sidecar) = sidecar {
            candidates.sidecar(resource, sidecar);
            metadata.push(("labels", "/metadata/labels", vec![LABEL.to_owned()]));
        }
        if settings.annotate {
            metadata.push(("annotations", "/metadata/annotations", annotations(scene, settings)));
        }
        candidates.metadata(scene, metadata);
        candidates
    }

    fn part(&mut self, resource: &Value, owner: Owner, key: &'static str, id: &'static str) -> &mut Part {
        let known = self.parts.iter().position(|part| part.owner == owner && part.key == key);
        let index = known.unwrap_or_else(|| {
            let pointer = owner.pointer(resource, &self.template).unwrap_or_default();
            let elements = list(resource, &pointer, key);
            let is_new = elements.is_empty() || (self.is_new)(&format!("{pointer}/{key}"));
            let mut part = Part::new(owner, key, id, elements);
            part.was_empty = !is_new;
            self.parts.push(part);
            self.parts.len() - 1
        });
        &mut self.parts[index]
    }

    /// The variables and mounts of a target.
    fn target(&mut self, scene: &Scene<'_>, request: &Request<'_>, target: &Target, all: &[Request<'_>]) {
        let resource = scene.workload.resource;
        let owner = Owner::Container(target.list, target.name.clone());
        let Some(pointer) = owner.pointer(resource, &self.template) else { return };
        let env = list(resource, &pointer, "env");
        let mounts = list(resource, &pointer, "volumeMounts");
        let recipe = &request.language.recipe;
        if !recipe.delivery.is_sidecar() {
            let is_new = self.is_new;
            let part = self.part(resource, owner.clone(), "env", NAME);
            let set = recipe.early_env.iter().chain(recipe.env).filter(|env| !env.extends()).map(Env::name);
            let helpers = sdk::helpers(scene).into_iter().map(|(name, _)| name);
            let names = sdk::DEFAULTS.iter().chain(exporter::DEFAULTS).copied().chain(set).chain(helpers);
            for name in names {
                part.suspect(env, name, [Fate::Gone].into_iter());
            }
            for entry in request.env() {
                if env.contains(entry) {
                    part.suspect(env, pod::name(entry), [Fate::Gone].into_iter());
                }
            }
            let mut all_extended = extended(scene, request, target, env);
            let runs = all.iter().filter(|request| request.targets.contains(target)).count();
            if let Some(entry) = position(env, sdk::ATTRIBUTES).map(|index| &env[index])
                && !is_from_elsewhere(entry)
            {
                let is_cloned = matches!(recipe.delivery, Delivery::WebServer(_));
                all_extended.push((sdk::ATTRIBUTES, attributes(text(entry), runs, is_cloned)));
            }
            for (name, mut fates) in all_extended {
                let index = position(env, name).unwrap_or_default();
                fates.retain(|fate| *fate != Fate::Gone || is_new(&format!("{pointer}/env/{index}/value")));
                let mut of_source = all.iter().flat_map(Request::env);
                if !fates.contains(&Fate::Gone) && of_source.any(|entry| pod::name(entry) == name) {
                    fates.insert(0, Fate::Gone);
                }
                part.suspect(env, name, fates.into_iter());
            }
            let part = self.part(resource, owner.clone(), "volumeMounts", MOUNT);
            let paths = exporter::volumes(request.instrumentation).map(|(_, mount)| mount);
            let paths = paths.filter_map(|mount| Some(mount.get(MOUNT)?.as_str()?.to_owned()));
            for path in paths.chain(own_mounts(request, target)) {
                part.suspect(mounts, &path, [Fate::Gone].into_iter());
            }
            let is_first = request.targets.first() == Some(target);
            if let (true, Delivery::WebServer(server)) = (is_first, &recipe.delivery) {
                let spec = format!("{}/spec", &self.template);
                let clones = list(resource, &spec, List::Init.key());
                let clone = position(clones, server.clone.name).map(|index| &clones[index]);
                let directory = web_server::directory(request, server);
                self.part(resource, owner.clone(), "volumeMounts", MOUNT).lost =
                    clone.zip(directory).and_then(|(clone, directory)| lost_mount(clone, &directory));
                let before = clone.map_or(&[][..], |clone| pod::elements(clone, "env"));
                let ahead = before.iter().map(pod::name).take_while(|name| *name != sdk::ATTRIBUTES);
                let ahead = ahead.map(str::to_owned).collect();
                let is_there = position(before, sdk::ATTRIBUTES).is_some();
                self.part(resource, owner, "env", NAME).moved = is_there.then_some((sdk::ATTRIBUTES, ahead));
            }
        }
    }

    /// The containers and volumes of a request.
    fn pod(&mut self, resource: &Value, request: &Request<'_>) {
        let mut init = Vec::new();
        let mut regular = Vec::new();
        let mut volumes: Vec<String> = exporter::volumes(request.instrumentation)
            .map(|(volume, _)| pod::name(&volume).to_owned())
            .collect();
        match &request.language.recipe.delivery {
            Delivery::Copy(copy) => {
                init.push(copy.name.to_owned());
                volumes.push(copy.name.to_owned());
                let list = copy.extensions.as_ref().zip(request.instrumentation.agent(request.language));
                if let Some((extensions, agent)) = list {
                    let many = agent.extra.get(extensions.key).and_then(Value::as_array).map_or(0, Vec::len);
                    init.extend((0..many).map(|index| extensions.container(index)));
                }
            }
            Delivery::Sidecar(sidecar) => {
                regular.push(sidecar.name.to_owned());
                volumes.push(sidecar.host_path.0.to_owned());
                if look_up(resource, &format!("{}/spec/{}", self.template, sidecar::SHARE)).is_some() {
                    self.keys.push(Key::new(SPEC, sidecar::SHARE));
                }
            }
            Delivery::WebServer(server) => {
                init.extend([server.clone.name, server.attach.name].map(str::to_owned));
                volumes.extend([server.config_volume, server.agent_volume].map(str::to_owned));
            }
            Delivery::None => {}
        }
        let lists = [(List::Init.key(), init), (List::Regular.key(), regular), ("volumes", volumes)];
        self.suspect_in_spec(resource, lists);
    }

    /// Elements of the pod's lists that may have been added, by their names.
    fn suspect_in_spec<const N: usize>(&mut self, resource: &Value, lists: [(&'static str, Vec<String>); N]) {
        let spec = format!("{}/spec", &self.template);
        for (key, names) in lists {
            let elements = list(resource, &spec, key);
            let part = self.part(resource, SPEC, key, NAME);
            for name in names {
                part.suspect(elements, &name, [Fate::Gone].into_iter());
            }
        }
    }

    /// The containers and volumes that came with a sidecar.
    fn sidecar(&mut self, resource: &Value, sidecar: &Sidecar<'_>) {
        let of = |elements: &[Value]| elements.iter().map(pod::name).map(str::to_owned).collect::<Vec<_>>();
        let collector = sidecar.collector;
        let lists = [
            (List::Init.key(), of(&collector.init_containers)),
            (sidecar.list().key(), vec![CONTAINER.to_owned()]),
            ("volumes", of(&collector.volumes)),
        ];
        self.suspect_in_spec(resource, lists);
    }

    /// The keys of mappings in the pod template's metadata that may have been set, and the mappings where nothing
    /// else stands in them.
    fn metadata(&mut self, scene: &Scene<'_>, set: Vec<(&'static str, &'static str, Vec<String>)>) {
        const METADATA: Owner = Owner::Template("/metadata");
        let mut emptied = 0;
        for (key, pointer, names) in set {
            let Some(there) = scene.workload.metadata(key) else { continue };
            let is_all = !names.is_empty() && names.len() == there.len();
            self.keys.extend(names.into_iter().map(|name| Key::new(Owner::Template(pointer), name)));
            if is_all {
                self.keys.push(Key::new(METADATA, key));
                emptied += 1;
            }
        }
        let metadata = look_up(scene.workload.resource, &scene.workload.pointer("/metadata"));
        let many = metadata.and_then(Value::as_object).map_or(0, serde_json::Map::len);
        if emptied > 0 && many == emptied {
            self.keys.push(Key::new(Owner::Template(""), "metadata"));
        }
    }

    /// What leads back from `resource`.
    pub(super) fn changes(&self, resource: &Value) -> Vec<crate::change::Change> {
        let mut changes = Vec::new();
        for part in &self.parts {
            if let Some(pointer) = part.owner.pointer(resource, &self.template) {
                let elements = list(resource, &pointer, part.key);
                changes.extend(part.changes(elements, &format!("{pointer}/{}", part.key)));
            }
        }
        changes.extend(self.keys.iter().filter_map(|key| key.change(resource, &self.template)));
        changes
    }

    /// Drops what cannot be the injection's, since injecting the rest again gives `again`: says whether anything
    /// was dropped.
    pub(super) fn refute(&mut self, there: &Value, again: &Value) -> bool {
        if [Doubt::Text, Doubt::Element, Doubt::Order]
            .iter()
            .any(|doubt| self.refute_by(*doubt, there, again))
        {
            return true;
        }
        let mut any = false;
        for key in &mut self.keys {
            any |= key.refute(there, again, &self.template);
        }
        any || self.refute_keys(there, again)
    }

    /// As [`Self::refute`], for elements of lists.
    fn refute_by(&mut self, doubt: Doubt, there: &Value, again: &Value) -> bool {
        let mut any = false;
        for part in &mut self.parts {
            let pointers = [there, again]
                .map(|resource| part.owner.pointer(resource, &self.template).unwrap_or_default());
            let lists = [list(there, &pointers[0], part.key), list(again, &pointers[1], part.key)];
            any |= part.refute(lists[0], lists[1], doubt);
        }
        any
    }

    /// As [`Self::refute`], where everything else comes back: a web server's clone shows what its container had
    /// before later languages.
    pub(super) fn refute_by_clone(&mut self, there: &Value, again: &Value) -> bool {
        self.refute_by(Doubt::Clone, there, again)
    }

    /// As [`Self::refute`], for keys that come back at another place.
    fn refute_keys(&mut self, there: &Value, again: &Value) -> bool {
        let owners = self.parts.iter().map(|part| &part.owner).chain(self.keys.iter().map(|key| &key.owner));
        let owners: Vec<Owner> = owners.cloned().collect();
        owners.iter().any(|owner| {
            let mapping = |resource| {
                let pointer = owner.pointer(resource, &self.template)?;
                look_up(resource, &pointer)?.as_object()
            };
            let (Some(left), Some(right)) = (mapping(there), mapping(again)) else { return false };
            let Some(names) = out_of_order(left, right) else { return false };
            names.into_iter().any(|name| {
                let part = self.parts.iter_mut().find(|part| part.owner == *owner && part.key == name);
                let part = part.filter(|part| part.is_emptied() && !part.was_empty);
                let key =
                    self.keys.iter_mut().find(|key| key.owner == *owner && key.name == name && key.is_ours);
                if let Some(part) = part {
                    part.was_empty = true;
                } else if let Some(key) = key {
                    key.is_ours = false;
                } else {
                    return false;
                }
                true
            })
        })
    }
}

/// The annotations that rules may have set.
fn annotations(scene: &Scene<'_>, settings: &Settings) -> Vec<String> {
    let Some(there) = scene.workload.metadata("annotations") else { return Vec::new() };
    let mut bare = scene.workload.resource.clone();
    let pointer = scene.workload.pointer("/metadata/annotations");
    if let Some(Value::Object(annotations)) = bare.pointer_mut(&pointer) {
        annotations.retain(|key, _| ours(key).is_none());
    }
    let Some(workload) = Workload::of(&bare, &scene.workload.identity, &settings.kinds) else {
        return Vec::new();
    };
    let annotations = Annotations::new(&workload, &scene.namespace, scene.context, settings);
    let set = annotations.of_rules();
    let set = set.filter(|(key, value)| there.get(key).and_then(Value::as_str) == Some(value));
    set.map(|(key, _)| key).collect()
}

/// The mounts of a language's own volumes in a target.
fn own_mounts(request: &Request<'_>, target: &Target) -> Vec<String> {
    match &request.language.recipe.delivery {
        Delivery::Copy(copy) => vec![copy.mount.in_target(&target.name)],
        Delivery::WebServer(server) => {
            let directory = web_server::directory(request, server);
            [Some(AGENT.to_owned()), directory].into_iter().flatten().collect()
        }
        Delivery::Sidecar(_) | Delivery::None => Vec::new(),
    }
}

/// The mount that a target lost to the copy of its configuration: its clone has it still.
fn lost_mount(clone: &Value, directory: &str) -> Option<(usize, Value)> {
    let mounts = pod::elements(clone, "volumeMounts");
    let path = |mount: &Value| mount.get(MOUNT).and_then(Value::as_str).map(str::to_owned);
    let is_meant = |mount: &Value| path(mount).is_some_and(|path| path.contains(directory) && path != COPY);
    let index = mounts.iter().position(is_meant)?;
    Some((index, mounts[index].clone()))
}

/// What the variables that a language extends may have been, the likeliest first.
fn extended(
    scene: &Scene<'_>,
    request: &Request<'_>,
    target: &Target,
    env: &[Value],
) -> Vec<(&'static str, Vec<Fate>)> {
    let recipe = &request.language.recipe;
    let Ok(texts) = Texts::of(scene, request) else { return Vec::new() };
    let texts = texts.with_mount(&match &recipe.delivery {
        Delivery::Copy(copy) => copy.mount.in_target(&target.name),
        _ => AGENT.to_owned(),
    });
    let extensions = recipe.delivery.extensions().filter(|extensions| {
        let agent = request.instrumentation.agent(request.language);
        let list = agent.and_then(|agent| agent.extra.get(extensions.key)).and_then(Value::as_array);
        list.is_some_and(|list| !list.is_empty())
    });
    let extensions = extensions.map_or(&[][..], |extensions| extensions.env);
    // What was put on last comes off first.
    let rows = extensions.iter().rev().chain(recipe.env.iter().rev()).chain(recipe.early_env.iter().rev());
    let mut found: Vec<(&'static str, Range<usize>, bool)> = Vec::new();
    for row in rows.filter(|row| row.extends()) {
        let Some(entry) = position(env, row.name()).map(|index| &env[index]) else { continue };
        if is_from_elsewhere(entry) {
            continue;
        }
        let index = found.iter().position(|(name, ..)| *name == row.name()).unwrap_or_else(|| {
            found.push((row.name(), 0..text(entry).len(), false));
            found.len() - 1
        });
        let (_, rest, is_new) = &mut found[index];
        match cut(row, &texts, &text(entry)[rest.clone()]) {
            Some((inner, is_whole)) => {
                *rest = rest.start + inner.start..rest.start + inner.end;
                *is_new = is_whole;
            }
            None => {
                found.remove(index);
            }
        }
    }
    let fates = |(name, rest, is_new): (_, _, bool)| {
        let gone = is_new.then_some(Fate::Gone);
        (name, gone.into_iter().chain([Fate::Cut(rest)]).collect())
    };
    found.into_iter().map(fates).collect()
}

/// What stands within `value` beside what the row puts there, and whether it may have stood there alone.
fn cut(row: &Env, texts: &Texts, value: &str) -> Option<(Range<usize>, bool)> {
    match row {
        Env::Default { .. } => None,
        Env::Append { separator, value: ours, .. } => {
            let ours = texts.fill(ours);
            let before = value.strip_suffix(&ours)?;
            if before.is_empty() {
                return Some((0..0, true));
            }
            Some((0..before.strip_suffix(separator)?.len(), false))
        }
        Env::Wrap { before, separator, after, .. } => {
            let (before, after) = (texts.fill(before), texts.fill(after));
            if value == format!("{before}{separator}{after}") {
                return Some((0..0, true));
            }
            let start = before.len() + separator.len();
            let end = value.len().checked_sub(after.len() + separator.len())?;
            let inner = value.get(start..end)?;
            (value == format!("{before}{separator}{inner}{separator}{after}")).then_some((start..end, false))
        }
    }
}

/// What the resource attributes may have been, the likeliest first: a text ahead of what `runs` languages have
/// added, each of them in order. Whether it ended with a comma shows only where it `is_cloned`.
fn attributes(value: &str, runs: usize, is_cloned: bool) -> Vec<Fate> {
    const MOST: usize = 64;
    let commas: Vec<usize> = value.match_indices(',').map(|(at, _)| at).collect();
    let starts: Vec<usize> = std::iter::once(0).chain(commas.iter().map(|at| at + 1)).collect();
    let pieces: Vec<&str> = value.split(',').collect();
    // The rest of a name with commas has no key, or one with a colon.
    let key =
        |index: usize| pieces[index].split_once('=').map(|(key, _)| key).filter(|key| !key.contains(':'));
    let mut left = runs.max(1);
    let mut first = pieces.len().saturating_sub(1);
    let mut later = key(first);
    while first > 0 {
        let earlier = key(first - 1);
        if earlier.zip(later).is_some_and(|(earlier, later)| earlier >= later) {
            left -= 1;
            if left == 0 {
                break;
            }
        }
        later = earlier.or(later);
        first -= 1;
    }
    let cut = |index: usize| match index {
        0 => vec![Fate::Gone, Fate::Cut(0..0)],
        index if is_cloned => vec![Fate::Cut(0..starts[index] - 1), Fate::Cut(0..starts[index])],
        index => vec![Fate::Cut(0..starts[index] - 1)],
    };
    (first..pieces.len()).take(MOST).flat_map(cut).collect()
}
