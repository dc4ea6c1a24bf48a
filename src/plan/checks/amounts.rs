//! What the containers of a pod request and may use, after the defaults of the API server and of LimitRanges.

use std::collections::{BTreeMap, BTreeSet};

use super::Planned;
use crate::config::annotations::SIDECAR;
use crate::config::collector::{self, CONTAINER};
use crate::config::instrumentation;
use crate::finding::Finding;
use crate::k8s::metadata_text;
use crate::k8s::pod::{List, elements, name, position};
use crate::k8s::quantity::{nanos, text};
use crate::select::{Request, Selection};
use crate::value::Value;

/// Amounts by resource, in billionths.
pub(super) type Amounts<'v> = BTreeMap<&'v str, i128>;

/// What a container requests and may use.
#[derive(Debug, Default)]
pub(super) struct Resources<'v> {
    pub(super) requests: Amounts<'v>,
    pub(super) limits: Amounts<'v>,
    /// Resources whose default is not known.
    pub(super) unknown: BTreeSet<&'v str>,
}

/// The LimitRanges of a namespace.
pub(super) struct Ranges<'c> {
    /// Their names and items.
    all: Vec<(&'c str, &'c [Value])>,
    /// The defaults for containers: requests and limits. `None` if an amount is not readable.
    defaults: Option<[Defaults<'c>; 2]>,
}

/// Amounts by resource; `None` if there are several.
type Defaults<'v> = BTreeMap<&'v str, Option<i128>>;

impl<'c> Ranges<'c> {
    /// The LimitRanges that count for a workload. `None` if they are not known.
    pub(super) fn of(cx: &Selection<'c>) -> Option<Self> {
        let all = cx.context.others("LimitRange", &cx.namespace)?;
        let range = |one: &'c Value| {
            let limits = one.get("spec").map_or(&[][..], |spec| elements(spec, "limits"));
            (metadata_text(one, "name").unwrap_or_default(), limits)
        };
        let mut ranges = Self { all: all.into_iter().map(range).collect(), defaults: None };
        ranges.defaults = ranges.defaults();
        Some(ranges)
    }

    /// Whether the namespace has none.
    pub(super) const fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The items of a type, each with the name of its LimitRange.
    pub(super) fn items(&self, of_type: &'static str) -> impl Iterator<Item = (&'c str, &'c Value)> {
        let items = self.all.iter().flat_map(|(name, items)| items.iter().map(move |item| (*name, item)));
        items.filter(move |(_, item)| item.get("type").and_then(Value::as_str) == Some(of_type))
    }

    fn defaults(&self) -> Option<[Defaults<'c>; 2]> {
        let mut defaults = [BTreeMap::new(), BTreeMap::new()];
        for (_, item) in self.items("Container") {
            let mut limits = amounts(item, "default")?;
            for (resource, amount) in amounts(item, "max")? {
                limits.entry(resource).or_insert(amount);
            }
            let mut requests = amounts(item, "defaultRequest")?;
            for (resource, amount) in limits.clone().into_iter().chain(amounts(item, "min")?) {
                requests.entry(resource).or_insert(amount);
            }
            for (all, own) in defaults.iter_mut().zip([requests, limits]) {
                for (resource, amount) in own {
                    let known = all.entry(resource).or_insert(Some(amount));
                    if *known != Some(amount) {
                        *known = None;
                    }
                }
            }
        }
        Some(defaults)
    }

    /// What a container requests and may use. `None` if an amount is not readable.
    pub(super) fn resources<'v>(&'v self, container: &'v Value) -> Option<Resources<'v>> {
        let own = container.get("resources").unwrap_or(&Value::Null);
        let mut resources = Resources {
            requests: amounts(own, "requests")?,
            limits: amounts(own, "limits")?,
            ..Resources::default()
        };
        for (resource, limit) in &resources.limits {
            resources.requests.entry(resource).or_insert(*limit);
        }
        let [requests, limits] = self.defaults.as_ref()?;
        for (into, defaults) in [(&mut resources.requests, requests), (&mut resources.limits, limits)] {
            for (resource, default) in defaults {
                match default {
                    _ if into.contains_key(resource) => {}
                    Some(amount) => drop(into.insert(resource, *amount)),
                    None => drop(resources.unknown.insert(resource)),
                }
            }
        }
        Some(resources)
    }
}

/// The amounts under a key. `None` if one is not readable.
pub(super) fn amounts<'v>(holder: &'v Value, key: &str) -> Option<Amounts<'v>> {
    match holder.get(key) {
        None | Some(Value::Null) => Some(Amounts::new()),
        Some(Value::Object(entries)) => entries
            .iter()
            .map(|(resource, amount)| Some((resource.as_str(), nanos(&text(amount)?)?)))
            .collect(),
        Some(_) => None,
    }
}

/// An amount in words, in the unit that people use for the resource.
pub(super) fn shown(resource: &str, amount: i128) -> String {
    const ONE: i128 = 1_000_000_000;
    if resource == "cpu" {
        return if amount % ONE == 0 {
            (amount / ONE).to_string()
        } else {
            format!("{}m", amount / (ONE / 1000))
        };
    }
    let whole = amount / ONE;
    let units = [(1 << 30, "Gi"), (1 << 20, "Mi"), (1 << 10, "Ki")];
    match units.iter().find(|(unit, _)| whole != 0 && whole % unit == 0) {
        Some((unit, suffix)) => format!("{}{suffix}", whole / unit),
        None => whole.to_string(),
    }
}

/// A container that an injection adds.
pub(super) struct Added<'d> {
    pub(super) container: &'d Value,
    /// Pointer to what requests it.
    pub(super) pointer: String,
    /// The kind and the name in messages of the resource that has its resources.
    pub(super) source: (&'static str, String),
    /// Pointer to them.
    pub(super) field: String,
}

impl Added<'_> {
    /// The field with a part of its resources, in words.
    pub(super) fn field(&self, inside: &str) -> String {
        let path = self.field.trim_start_matches('/').replace('/', ".");
        format!("{path}{inside} of {} {}", self.source.0, self.source.1)
    }

    /// A finding about it, with the place of its resources.
    pub(super) fn blamed(&self, finding: Finding) -> Finding {
        finding.due_to(self.source.0, &self.source.1, self.field.clone())
    }
}

/// The containers that an injection adds.
pub(super) fn added<'d>(planned: &Planned<'d>) -> Vec<Added<'d>> {
    let Planned { cx, draft, .. } = planned;
    let spec = cx.workload.pointer("/spec");
    let [before, _] = planned.pods;
    let mut added = Vec::new();
    for list in [List::Init, List::Regular] {
        let old = elements(before, list.key());
        for container in draft.list(&spec, list.key()) {
            let called = name(container);
            if position(old, called).is_some() {
                continue;
            }
            let brings = |request: &&Request<'_>| request.language.recipe.delivery.brings(list, called);
            let language = planned.languages.iter().find(brings);
            if let Some((request, settings)) =
                language.and_then(|request| Some((request, request.language.settings.as_ref()?)))
            {
                let pointer = cx.annotations.pointer(request.language.switch);
                let source = (instrumentation::KIND, request.source.clone());
                let field = format!("/spec/{}/{}", settings.key, settings.resources_key);
                added.push(Added { container, pointer, source, field });
            } else if let Some(request) = planned.sidecar {
                let pointer = cx.annotations.pointer(SIDECAR);
                let source = (collector::KIND, request.called());
                let own = position(&request.collector.init_containers, called);
                let field = match own.filter(|_| called != CONTAINER) {
                    Some(index) => format!("/spec/initContainers/{index}/resources"),
                    None => "/spec/resources".to_owned(),
                };
                added.push(Added { container, pointer, source, field });
            }
        }
    }
    added
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_in_the_usual_units() {
        let cases = [
            ("cpu", "500m", "500m"),
            ("cpu", "2", "2"),
            ("cpu", "1.5", "1500m"),
            ("memory", "256Mi", "256Mi"),
            ("memory", "1Gi", "1Gi"),
            ("memory", "1500Mi", "1500Mi"),
            ("memory", "1000", "1000"),
            ("memory", "0", "0"),
        ];
        for (resource, given, expected) in cases {
            assert_eq!(shown(resource, nanos(given).expect("an amount")), expected, "{given}");
        }
    }
}
