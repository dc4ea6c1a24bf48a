//! What image volumes need of a cluster, and settings without effect on them.

use std::collections::BTreeSet;

use super::{Check, Planned};
use crate::config::FilesBy;
use crate::config::annotations::DELIVERY;
use crate::config::instrumentation::KIND;
use crate::finding::{Code, Finding, Severity};
use crate::k8s::pod::{List, elements, name};
use crate::k8s::security::Version;
use crate::languages::Delivery;
use crate::plan;
use crate::select::Request;
use crate::value::Value;

pub(super) const CHECK: Check = Check {
    codes: &[Code::NeedsKubernetes, Code::IgnoredField],
    run: |planned| needs(planned).into_iter().chain(ignored(planned)).collect(),
};

/// The version that turns the feature gate on by default (`kube_features.go` of Kubernetes 1.35).
const ON_BY_DEFAULT: Version = Version::minor(35);

/// What a mount of an image needs: Kubernetes with the feature gate, containerd, CRI-O.
struct Needs {
    kubernetes: u32,
    containerd: &'static str,
    crio: &'static str,
}

/// KEP-4639; pull requests 10579 of containerd and 8317 of CRI-O.
const OF_ROOT: Needs = Needs { kubernetes: 31, containerd: "2.1", crio: "1.31" };
/// KEP-4639; pull request 11578 of containerd, which ignores `subPath` before.
const OF_FOLDER: Needs = Needs { kubernetes: 33, containerd: "2.2", crio: "1.33" };

/// What the pod's new image volumes need of the cluster.
fn needs(planned: &Planned<'_>) -> Option<Finding> {
    let cx = planned.cx;
    let [before, after] = planned.pods;
    let of_image = |spec: &'_ Value| -> BTreeSet<String> {
        let volumes = elements(spec, "volumes").iter().filter(|volume| volume.get("image").is_some());
        volumes.map(|volume| name(volume).to_owned()).collect()
    };
    let volumes: BTreeSet<String> = of_image(after).difference(&of_image(before)).cloned().collect();
    if volumes.is_empty() {
        return None;
    }
    let containers = [List::Init, List::Regular].map(|list| elements(after, list.key()));
    let mut mounts = containers.into_iter().flatten().flat_map(|one| elements(one, "volumeMounts"));
    let has_folder = mounts.any(|mount| volumes.contains(name(mount)) && mount.get("subPath").is_some());
    let Needs { kubernetes, containerd, crio } = if has_folder { OF_FOLDER } else { OF_ROOT };
    let pointer = cx.annotations.pointer(DELIVERY);
    let since = format!("1.{kubernetes}");
    Some(match cx.settings.kubernetes.filter(|version| *version < ON_BY_DEFAULT) {
        None => Finding::image_volumes_need(pointer, &since, containerd, crio),
        Some(version) => {
            let shown = version.to_string();
            let finding = if version < Version::minor(kubernetes) {
                Finding::image_volumes_need_newer(pointer, &shown, &since)
            } else {
                Finding::image_volumes_need_gate(pointer, &shown, containerd, crio)
            };
            Finding { severity: Severity::Warning, ..finding }
        }
    })
}

/// Settings of Instrumentations that are about init containers and their volumes.
fn ignored(planned: &Planned<'_>) -> Vec<Finding> {
    planned.languages.iter().filter_map(|request| ignored_by(planned, request)).collect()
}

fn ignored_by(planned: &Planned<'_>, request: &Request<'_>) -> Option<Finding> {
    let Delivery::Copy(_) = &request.language.recipe.delivery else { return None };
    if request.files != FilesBy::ImageVolume {
        return None;
    }
    let settings = plan::settings(request);
    let agent = request.instrumentation.agent(request.language);
    let of_agent = agent.into_iter().flat_map(|agent| {
        [
            (agent.claim.is_some(), "volumeClaimTemplate"),
            (agent.size_limit.is_some(), "volumeLimitSize"),
            (!agent.resources.is_empty(), settings.resources_key),
        ]
    });
    let mut fields: Vec<String> = of_agent
        .filter(|(is_set, _)| *is_set)
        .map(|(_, field)| format!("spec.{}.{field}", settings.key))
        .collect();
    // Another language may have init containers.
    let makes_init = |other: &Request<'_>| {
        other.source == request.source
            && other.files == FilesBy::Init
            && !matches!(other.language.recipe.delivery, Delivery::None | Delivery::Container(_))
    };
    if request.instrumentation.init_security_context.is_some() && !planned.languages.iter().any(makes_init) {
        fields.push("spec.initContainerSecurityContext".to_owned());
    }
    let first = fields.first().map(|field| format!("/{}", field.replace('.', "/")))?;
    let pointer = planned.cx.annotations.pointer(request.language.switch);
    let finding = Finding::fields_ignored_for_image_volumes(
        pointer,
        &fields.join(", "),
        &request.source,
        request.language.id,
    );
    Some(finding.due_to(KIND, &request.source, first))
}
