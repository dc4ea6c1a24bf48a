//! Added containers that break a LimitRange of the namespace: no pod of the workload is created.
//! <https://kubernetes.io/docs/concepts/policy/limit-range/>

use super::amounts::{Added, Amounts, Ranges, Resources, added, amounts, shown};
use super::{Check, Planned};
use crate::finding::{Code, Finding};
use crate::k8s::pod::{List, elements, name};
use crate::value::Value;

pub(super) const CHECK: Check =
    Check { codes: &[Code::LimitRange], run: |planned| run(planned).unwrap_or_default() };

/// `None` if an amount is not known.
fn run(planned: &Planned<'_>) -> Option<Vec<Finding>> {
    let ranges = planned.ranges()?;
    if ranges.is_empty() {
        return Some(Vec::new());
    }
    let added = added(planned);
    let mut findings = Vec::new();
    for one in &added {
        let resources = ranges.resources(one.container)?;
        for (range, item) in ranges.items("Container") {
            findings.extend(of_container(one, &resources, range, item)?);
        }
    }
    let Some(first) = added.first() else { return Some(findings) };
    let [before, after] = planned.pods;
    // Resources of the pod as a whole count instead of the sums.
    if after.get("resources").is_some() || ranges.items("Pod").next().is_none() {
        return Some(findings);
    }
    let (before, after) = (sums(ranges, before)?, sums(ranges, after)?);
    for (range, item) in ranges.items("Pod") {
        findings.extend(of_pod(first, &before, &after, range, item)?);
    }
    Some(findings)
}

/// What a container breaks of an item of a LimitRange.
fn of_container(
    one: &Added<'_>,
    resources: &Resources<'_>,
    range: &str,
    item: &Value,
) -> Option<Vec<Finding>> {
    let container = name(one.container);
    let mut findings = Vec::new();
    let parts = [("limit", "limits", &resources.limits), ("request", "requests", &resources.requests)];
    for (bound, is_max) in [("max", true), ("min", false)] {
        for (resource, bound) in known(resources, amounts(item, bound)?) {
            let breaks = |amount: &i128| if is_max { *amount > bound } else { *amount < bound };
            let breaking = parts.iter().find(|(.., all)| all.get(resource).is_some_and(breaks));
            let Some((part, key, all)) = breaking else { continue };
            let (amount, bound) = (shown(resource, all[resource]), shown(resource, bound));
            let (at, what) = (&one.pointer, format!("{resource} {part}"));
            let field = one.field(&format!(".{key}.{resource}"));
            findings.push(one.blamed(if is_max {
                Finding::above_max(at, container, &what, &amount, range, &bound, &field)
            } else {
                Finding::below_min(at, container, &what, &amount, range, &bound, &field)
            }));
        }
    }
    for (resource, most) in known(resources, amounts(item, "maxLimitRequestRatio")?) {
        let pair = resources.limits.get(resource).zip(resources.requests.get(resource));
        let field = one.field("");
        match pair.filter(|(limit, request)| **limit > 0 && **request > 0) {
            Some((limit, request)) if is_above(*limit, *request, most) => {
                let (limit, request) = (shown(resource, *limit), shown(resource, *request));
                let (amounts, most) = (format!("{limit} for a request of {request}"), ratio(most));
                let finding =
                    Finding::above_ratio(&one.pointer, container, resource, &amounts, range, &most, &field);
                findings.push(one.blamed(finding));
            }
            Some(_) => {}
            None => {
                let finding = Finding::without_ratio(&one.pointer, container, resource, range, &field);
                findings.push(one.blamed(finding));
            }
        }
    }
    Some(findings)
}

/// The amounts of an item for resources whose default is known.
fn known<'v>(resources: &Resources<'_>, amounts: Amounts<'v>) -> impl Iterator<Item = (&'v str, i128)> {
    amounts.into_iter().filter(|(resource, _)| !resources.unknown.contains(resource))
}

/// Whether a limit is more than `most` (in billionths) times the request.
fn is_above(limit: i128, request: i128, most: i128) -> bool {
    const ONE: i128 = 1_000_000_000;
    match (limit.checked_mul(ONE), request.checked_mul(most)) {
        (Some(limit), Some(most)) => limit > most,
        // Larger than any cluster.
        _ => false,
    }
}

/// A ratio in words.
fn ratio(most: i128) -> String {
    shown("cpu", most)
}

/// What a pod's containers request and may use together, as the API server builds them: init containers count where they need more than the rest.
fn sums<'v>(ranges: &'v Ranges<'_>, spec: &'v Value) -> Option<Resources<'v>> {
    let mut sums = Resources::default();
    let add = |into: &mut Amounts<'v>, more: &Amounts<'v>| {
        more.iter().for_each(|(resource, amount)| {
            let sum = into.entry(resource).or_default();
            *sum = sum.saturating_add(*amount);
        });
    };
    let mut of_sidecars = [Amounts::new(), Amounts::new()];
    let mut most = [Amounts::new(), Amounts::new()];
    for list in [List::Regular, List::Init] {
        for container in elements(spec, list.key()) {
            let own = ranges.resources(container)?;
            sums.unknown.extend(&own.unknown);
            let is_sidecar = container.get("restartPolicy").and_then(Value::as_str) == Some("Always");
            for (index, (all, own)) in
                [(&mut sums.requests, &own.requests), (&mut sums.limits, &own.limits)].into_iter().enumerate()
            {
                if list == List::Regular {
                    add(all, own);
                    continue;
                }
                let mut at_once = of_sidecars[index].clone();
                add(&mut at_once, own);
                if is_sidecar {
                    add(all, own);
                    of_sidecars[index].clone_from(&at_once);
                }
                for (resource, amount) in at_once {
                    let known = most[index].entry(resource).or_default();
                    *known = (*known).max(amount);
                }
            }
        }
    }
    for (all, most) in [&mut sums.requests, &mut sums.limits].into_iter().zip(most) {
        for (resource, amount) in most {
            let known = all.entry(resource).or_default();
            *known = (*known).max(amount);
        }
    }
    Some(sums)
}

/// What a pod breaks of an item of a LimitRange, and did not break before.
fn of_pod(
    one: &Added<'_>,
    before: &Resources<'_>,
    after: &Resources<'_>,
    range: &str,
    item: &Value,
) -> Option<Vec<Finding>> {
    let mut findings = Vec::new();
    for (resource, most) in known(after, amounts(item, "max")?) {
        let parts =
            [("limit", &before.limits, &after.limits), ("request", &before.requests, &after.requests)];
        let above = parts.iter().find(|(_, before, after)| {
            let is_above = |all: &Amounts<'_>| all.get(resource).is_some_and(|amount| *amount > most);
            is_above(after) && !is_above(before)
        });
        if let Some((part, _, after)) = above {
            let (amount, most) = (shown(resource, after[resource]), shown(resource, most));
            let field = one.field("");
            let finding = Finding::pod_above_max(&one.pointer, resource, part, &amount, range, &most, &field);
            findings.push(one.blamed(finding));
        }
    }
    for (resource, most) in known(after, amounts(item, "maxLimitRequestRatio")?) {
        let breaks = |of: &Resources<'_>| {
            let pair = of.limits.get(resource).zip(of.requests.get(resource));
            pair.is_some_and(|(limit, request)| is_above(*limit, *request, most))
        };
        if breaks(after) && !breaks(before) {
            let (limit, request) =
                (shown(resource, after.limits[resource]), shown(resource, after.requests[resource]));
            let (most, field) = (ratio(most), one.field(""));
            let finding =
                Finding::pod_above_ratio(&one.pointer, resource, &limit, &request, range, &most, &field);
            findings.push(one.blamed(finding));
        }
    }
    Some(findings)
}
