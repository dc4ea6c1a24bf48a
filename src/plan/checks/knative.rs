//! Pod fields that Knative accepts only with a feature flag.

use super::{Check, Planned};
use crate::finding::{Code, Finding};
use crate::k8s::pod::{List, elements};
use crate::plan::agent_container::SHARE;
use crate::value::Value;

/// Flags of the ConfigMap `config-features` that are off by default.
/// <https://knative.dev/docs/serving/configuration/feature-flags/>
const FLAGS: &[Flag] = &[
    Flag {
        name: "kubernetes.podspec-init-containers",
        is_needed: |spec| !elements(spec, List::Init.key()).is_empty(),
    },
    Flag {
        name: "kubernetes.podspec-volumes-image",
        is_needed: |spec| elements(spec, "volumes").iter().any(|volume| volume.get("image").is_some()),
    },
    Flag {
        name: "kubernetes.podspec-fieldref",
        is_needed: |spec| {
            let containers = [List::Init, List::Regular].map(|list| elements(spec, list.key()));
            let mut env = containers.into_iter().flatten().flat_map(|container| elements(container, "env"));
            env.any(|entry| {
                ["fieldRef", "resourceFieldRef"]
                    .iter()
                    .any(|source| entry.pointer(&format!("/valueFrom/{source}")).is_some())
            })
        },
    },
    Flag {
        name: "kubernetes.podspec-shareprocessnamespace",
        is_needed: |spec| spec.get(SHARE) == Some(&Value::Bool(true)),
    },
];

struct Flag {
    name: &'static str,
    /// Whether a pod spec needs it.
    is_needed: fn(&Value) -> bool,
}

pub(super) const CHECK: Check =
    Check { codes: &[Code::KnativeFeatures], run: |planned| features(planned).into_iter().collect() };

/// The flags that the pod needs only because of the injection.
fn features(planned: &Planned<'_>) -> Option<Finding> {
    let cx = planned.cx;
    if cx.workload.identity.group() != "serving.knative.dev" {
        return None;
    }
    let [before, after] = planned.pods;
    let needed: Vec<&str> = FLAGS
        .iter()
        .filter(|flag| (flag.is_needed)(after) && !(flag.is_needed)(before))
        .map(|flag| flag.name)
        .collect();
    (!needed.is_empty()).then(|| {
        let settings: Vec<String> = needed.iter().map(|flag| format!("{flag}: enabled")).collect();
        let settings = settings.join("`, `");
        Finding::knative_features_off(cx.workload.pointer(""), &needed.join(", "), &settings)
    })
}
