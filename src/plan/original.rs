//! What an injected workload was before: the way back, found by trying.
//!
//! Whatever inject might have written is taken out, the rest is injected again, and what then differs tells which
//! of it was the user's after all. When nothing differs any more, that is the proof.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde_json::Value;

use super::collector::{LABEL, Sidecar, add};
use super::draft::Draft;
use super::{Scene, annotate, carry_out, sdk};
use crate::change::{Change, look_up};
use crate::config::Settings;
use crate::config::annotations::Annotations;
use crate::config::context::{Context, namespace_of};
use crate::k8s::pod::{elements, position};
use crate::k8s::{Identity, Workload};
use crate::languages::Delivery;
use crate::select::{self, Request};

mod candidates;
mod collector;
mod earlier;
mod keys;
mod part;

use candidates::Candidates;

/// An original of an injected workload.
#[derive(Debug)]
pub struct Original {
    /// What leads from the workload to its original.
    pub back: Vec<Change>,
    /// The original.
    pub value: Value,
    /// What leads from the original to the workload again.
    pub again: Vec<Change>,
}

/// Why there is no original: how the workload differs from everything that an injection could have written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign(pub String);

/// The original of an injected workload: one whose injection gives the very same value, with what it asks for now,
/// or else with what an earlier Instrumentation must have said. Where several do, the one in which whatever inject
/// would add is absent.
///
/// Where a string was there that is extended, its style tells: `is_new` says whether the text at a pointer is
/// written as an injection writes a new one.
///
/// # Errors
/// Where no original is found, what differs.
pub fn original(
    wanted: Wanted,
    resource: &Value,
    is_new: &dyn Fn(&str) -> bool,
    identity: &Identity,
    context: &Context,
    settings: &Settings,
) -> Result<Original, Foreign> {
    let nothing = || Foreign("it is no workload".into());
    let workload = Workload::of(resource, identity, &settings.kinds).ok_or_else(nothing)?;
    let namespace = namespace_of(resource, settings);
    let annotations = Annotations::new(&workload, &namespace, context, settings);
    let asked = select::asked(&workload, &annotations, context, settings);
    let scene = Scene { workload: &workload, annotations: &annotations, context, namespace };
    let search = Search { scene: &scene, is_new, identity, settings };
    let mut of_sidecar = None;
    if wanted == Wanted::All && select::collector::position(&workload).is_some() {
        let asked_one = select::collector::asked(&workload, &annotations, context, settings);
        let asked_one = asked_one.map(|request| Sidecar::of(&request, settings));
        let earlier = collector::Earlier::guesses(&scene);
        let sidecars = asked_one.into_iter().chain(earlier.iter().map(collector::Earlier::sidecar));
        let sidecars: Vec<Sidecar<'_>> = sidecars.collect();
        // With the instrumentation on top of it, or alone.
        for sidecar in &sidecars {
            match search.best(&asked, Some(sidecar)) {
                Ok(original) => return Ok(original),
                Err(difference) => of_sidecar = Some(difference),
            }
        }
        for sidecar in &sidecars {
            if let Ok(original) = search.of(&[], Some(sidecar)) {
                return Ok(original);
            }
        }
    }
    search
        .best(&asked, None)
        .map_err(|difference| of_sidecar.filter(|_| asked.is_empty()).unwrap_or(difference))
}

/// Whether a text may hold a workload that an injection of ours has written into.
#[must_use]
pub fn is_mentioned(text: &str) -> bool {
    static MARKS: LazyLock<[Finder<'static>; 2]> = LazyLock::new(|| [sdk::POD_NAME, LABEL].map(Finder::new));
    MARKS.iter().any(|mark| mark.find(text.as_bytes()).is_some())
}

/// Whether something in the pod looks as if an injection had written it.
#[must_use]
pub fn has_traces(workload: &Workload<'_>) -> bool {
    workload.pod().is_some_and(earlier::has_traces) || has_sidecar(workload)
}

/// Whether the pod has a collector and its label.
#[must_use]
pub fn has_sidecar(workload: &Workload<'_>) -> bool {
    let has_label = || workload.metadata("labels").is_some_and(|labels| labels.contains_key(LABEL));
    select::collector::position(workload).is_some() && has_label()
}

/// What of an injection is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Sidecar and instrumentation.
    All,
    /// The instrumentation.
    Instrumentation,
}

/// A search for the original of one workload.
struct Search<'s> {
    scene: &'s Scene<'s>,
    is_new: &'s dyn Fn(&str) -> bool,
    identity: &'s Identity,
    settings: &'s Settings,
}

impl Search<'_> {
    /// The original that leads to the workload by what is `asked` for, or else by what was asked for earlier.
    fn best(&self, asked: &[Request<'_>], sidecar: Option<&Sidecar<'_>>) -> Result<Original, Foreign> {
        let mut foreign = Foreign("nothing that an injection writes is there".into());
        if !asked.is_empty() {
            match self.of(asked, sidecar) {
                Ok(original) => return Ok(original),
                Err(difference) => foreign = difference,
            }
        }
        // Of what is read off the pod, the guess that leaves the least.
        let mut best: Option<Original> = None;
        for earlier in earlier::guesses(self.scene, asked, self.settings) {
            match self.of(&earlier.requests(), sidecar) {
                Ok(original) if earlier.is_asked => return Ok(original),
                Ok(original) => {
                    let size = |original: &Original| original.value.to_string().len();
                    let is_better = best.as_ref().is_none_or(|best| size(&original) < size(best));
                    best = if is_better { Some(original) } else { best };
                }
                Err(difference) => foreign = difference,
            }
        }
        best.ok_or(foreign)
    }

    /// The original that `sidecar` and `requests` lead from to the workload.
    fn of(&self, requests: &[Request<'_>], sidecar: Option<&Sidecar<'_>>) -> Result<Original, Foreign> {
        // A user's own attributes, and those alone, may need one round each.
        const ROUNDS: usize = 100;
        let there = self.scene.workload.resource;
        let mut candidates = Candidates::of(self.scene, self.is_new, requests, sidecar, self.settings);
        for _ in 0..ROUNDS {
            let back = candidates.changes(there);
            let mut value = there.clone();
            for change in &back {
                change.apply(&mut value).map_err(|error| Foreign(error.to_string()))?;
            }
            let (again, result) = self.inject(&value, requests, sidecar)?;
            if candidates.refute(there, &result) {
                continue;
            }
            let Some(difference) = keys::difference(there, &result, &self.scene.workload.pointer("")) else {
                return Ok(Original { back, value, again });
            };
            let has_clone = requests
                .iter()
                .any(|request| matches!(request.language.recipe.delivery, Delivery::WebServer(_)));
            if !(has_clone && candidates.refute_by_clone(there, &result)) {
                return Err(Foreign(difference));
            }
        }
        Err(Foreign("too much of it may be the user's own".into()))
    }

    /// What injecting `original` changes, and the result.
    fn inject(
        &self,
        original: &Value,
        requests: &[Request<'_>],
        sidecar: Option<&Sidecar<'_>>,
    ) -> Result<(Vec<Change>, Value), Foreign> {
        let Scene { context, namespace, .. } = self.scene;
        let workload = Workload::of(original, self.identity, &self.settings.kinds)
            .ok_or_else(|| Foreign("it is no workload without it".into()))?;
        let spec = workload.pod().unwrap_or(&Value::Null);
        let mut targets = requests.iter().flat_map(|request| &request.targets);
        let missing =
            targets.find(|target| position(elements(spec, target.list.key()), &target.name).is_none());
        if let Some(target) = missing {
            return Err(Foreign(format!(
                "container {} is an injection's, and to be injected into",
                target.name
            )));
        }
        if let Some(mark) = select::earlier_injection(&workload).filter(|_| !requests.is_empty()) {
            return Err(Foreign(mark.message));
        }
        let annotations = Annotations::new(&workload, namespace, context, self.settings);
        let scene =
            Scene { workload: &workload, annotations: &annotations, context, namespace: namespace.clone() };
        let refused = |finding: Box<crate::finding::Finding>| Foreign(finding.message);
        let mut draft = Draft::new(original.clone());
        let mut draft = match sidecar {
            None => carry_out(&scene, requests, draft).map_err(refused)?.0,
            Some(sidecar) => {
                add(&scene, sidecar, &mut draft).map_err(refused)?;
                let between = draft.value().clone();
                scene
                    .on(&between, self.settings, |scene| carry_out(scene, requests, draft))
                    .map_err(refused)?
                    .0
            }
        };
        if self.settings.annotate {
            annotate(&scene, &mut draft, |_| true).map_err(refused)?;
        }
        let (changes, value, _) = draft.finish();
        Ok((changes, value))
    }
}

/// The elements of the list `key` of the mapping at `pointer`.
fn list<'v>(resource: &'v Value, pointer: &str, key: &str) -> &'v [Value] {
    look_up(resource, pointer).map_or(&[], |owner| elements(owner, key))
}
