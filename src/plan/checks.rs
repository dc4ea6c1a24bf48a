//! Checks of planned injections. Each check is a file in this module and a row of [`CHECKS`].

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::draft::Draft;
use crate::config::collector::CONTAINER;
use crate::finding::{Code, Finding};
use crate::k8s::pod::{List, elements, positions};
use crate::select::{Request, Selection, collector};
use crate::value::Value;

mod amounts;
mod architecture;
mod attribute_values;
mod cluster_facts;
mod egress_blocked;
mod endpoint_unserved;
mod env_order;
mod environment_only;
mod image_env;
mod image_language;
mod image_volumes;
mod knative;
mod libc;
mod limit_range;
mod otlp;
mod pod_security;
mod port_clash;
mod proxy;
mod quota;
mod references;
mod removed_mounts;
mod runs_as_root;
mod service;
mod shadowed_env;
mod sidecar_blocks_job;
mod unknown_namespace;
mod unset_variables;

/// Every check, in the order of its findings.
const CHECKS: &[Check] = &[
    unknown_namespace::CHECK,
    sidecar_blocks_job::CHECK,
    references::CHECK,
    environment_only::CHECK,
    cluster_facts::CHECK,
    port_clash::CHECK,
    proxy::CHECK,
    removed_mounts::CHECK,
    otlp::CHECK,
    attribute_values::CHECK,
    env_order::CHECK,
    shadowed_env::CHECK,
    unset_variables::CHECK,
    image_env::CHECK,
    libc::CHECK,
    architecture::CHECK,
    image_language::CHECK,
    runs_as_root::CHECK,
    image_volumes::CHECK,
    knative::CHECK,
    pod_security::CHECK,
    limit_range::CHECK,
    quota::CHECK,
    endpoint_unserved::CHECK,
    egress_blocked::CHECK,
];

/// A check of a planned workload.
struct Check {
    /// The codes it can report.
    codes: &'static [Code],
    /// Returns its findings, with pointers relative to the workload.
    run: fn(&Planned<'_>) -> Vec<Finding>,
}

/// A planned workload: either its languages or its sidecar.
pub(super) struct Planned<'p> {
    pub(super) cx: &'p Selection<'p>,
    /// The workload after the plan.
    pub(super) draft: &'p Draft,
    /// The languages; empty for a sidecar.
    pub(super) languages: &'p [Request<'p>],
    pub(super) sidecar: Option<&'p collector::Request<'p>>,
    /// The pod before and after the plan; null if the workload has none.
    pods: [&'p Value; 2],
    /// Its containers after the plan.
    containers: Containers<'p>,
    /// The exporters of its languages.
    exporters: OnceCell<otlp::Exporters>,
    /// The LimitRanges that count for it, if they are known.
    ranges: OnceCell<Option<amounts::Ranges<'p>>>,
}

impl<'p> Planned<'p> {
    pub(super) fn new(
        cx: &'p Selection<'p>,
        draft: &'p Draft,
        languages: &'p [Request<'p>],
        sidecar: Option<&'p collector::Request<'p>>,
    ) -> Self {
        let after = draft.value().pointer(&cx.workload.pointer("/spec")).unwrap_or(&Value::Null);
        Self {
            cx,
            draft,
            languages,
            sidecar,
            pods: [cx.workload.pod().unwrap_or(&Value::Null), after],
            containers: Containers::of(after),
            exporters: OnceCell::new(),
            ranges: OnceCell::new(),
        }
    }

    fn exporters(&self) -> &otlp::Exporters {
        self.exporters.get_or_init(|| otlp::Exporters::of(self))
    }

    fn ranges(&self) -> Option<&amounts::Ranges<'p>> {
        self.ranges.get_or_init(|| amounts::Ranges::of(self.cx)).as_ref()
    }

    /// The findings of all checks.
    pub(super) fn check(&self) -> Vec<Finding> {
        let run = |check: &Check| {
            let findings = (check.run)(self);
            debug_assert!(findings.iter().all(|finding| check.codes.contains(&finding.code)), "{findings:?}");
            findings
        };
        CHECKS.iter().flat_map(run).collect()
    }
}

/// The containers of a planned pod, by name.
struct Containers<'d>([(&'d [Value], BTreeMap<&'d str, usize>); 2]);

impl<'d> Containers<'d> {
    fn of(pod: &'d Value) -> Self {
        Self([List::Init, List::Regular].map(|list| {
            let all = elements(pod, list.key());
            (all, positions(all))
        }))
    }

    /// The container with that name and its index in the list.
    fn find(&self, list: List, name: &str) -> Option<(usize, &'d Value)> {
        let [init, regular] = &self.0;
        let (all, at) = if list == List::Init { init } else { regular };
        let index = *at.get(name)?;
        Some((index, &all[index]))
    }

    /// The collector's container.
    fn sidecars(&self) -> impl Iterator<Item = &'d Value> {
        [List::Init, List::Regular].into_iter().filter_map(|list| Some(self.find(list, CONTAINER)?.1))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::finding::Severity;

    #[test]
    fn a_code_is_one_checks_and_no_error_by_default() {
        let mut seen = BTreeSet::new();
        for code in CHECKS.iter().flat_map(|check| check.codes) {
            assert!(seen.insert(code), "{code}");
            assert_ne!(
                code.page().severity,
                Severity::Error,
                "{code}: what cannot be injected is refused by the plan"
            );
        }
    }
}
