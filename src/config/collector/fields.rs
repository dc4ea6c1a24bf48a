//! The fields of a collector's spec, as data.

use super::{Notes, SIDECAR, Version, filled};
use crate::finding::Finding;
use crate::k8s::fragment::{
    CONTAINERS, ENV, ENV_FROM, LIFECYCLE, MOUNTS, RESOURCES, SECURITY_CONTEXT, VOLUMES,
};
use crate::k8s::shape::{Field, Shape, field};
use crate::value::Value;

const PROBE: Shape = Shape::Object(&[
    field("initialDelaySeconds", Shape::Integer),
    field("timeoutSeconds", Shape::Integer),
    field("periodSeconds", Shape::Integer),
    field("successThreshold", Shape::Integer),
    field("failureThreshold", Shape::Integer),
    field("terminationGracePeriodSeconds", Shape::Integer),
]);

const PORT: Shape = Shape::Object(&[
    field("name", Shape::Filled),
    field("port", Shape::Integer),
    field("protocol", Shape::OneOf(&["TCP", "UDP", "SCTP"])),
    field("hostPort", Shape::Integer),
    field("appProtocol", Shape::Text),
    field("nodePort", Shape::Integer),
    field("targetPort", Shape::Anything),
]);

const CONFIG_MAP: Shape = Shape::Object(&[field("name", Shape::Filled), field("mountpath", Shape::Filled)]);

/// The container's probes.
pub const PROBES: &[&str] = &["livenessProbe", "readinessProbe", "startupProbe"];

/// Fields that apply to a sidecar, in every version.
const USED: &[Field] = &[
    field("mode", Shape::OneOf(&["daemonset", "deployment", SIDECAR, "statefulset"])),
    field("image", Shape::Text),
    field("imagePullPolicy", Shape::OneOf(&["Always", "IfNotPresent", "Never"])),
    field("args", Shape::TextMap),
    field("env", ENV),
    field("envFrom", ENV_FROM),
    field("resources", RESOURCES),
    field("securityContext", SECURITY_CONTEXT),
    field("lifecycle", LIFECYCLE),
    field("volumeMounts", MOUNTS),
    field("volumes", VOLUMES),
    field("configmaps", Shape::List(&CONFIG_MAP)),
    field("initContainers", CONTAINERS),
    field("ports", Shape::List(&PORT)),
    field("livenessProbe", PROBE),
];

const ONLY_V1BETA1: &[Field] = &[
    field("config", Shape::Mapping),
    field("command", Shape::List(&Shape::Text)),
    field("readinessProbe", PROBE),
    field("startupProbe", PROBE),
    field("daemonSetUpdateStrategy", Shape::Mapping),
];

const ONLY_V1ALPHA1: &[Field] = &[
    field("config", Shape::Text),
    field("updateStrategy", Shape::Mapping),
    field("minReplicas", Shape::Integer),
    field("maxReplicas", Shape::Integer),
];

/// Fields that the operator's webhook rejects for a sidecar unless they are empty.
const EMPTY: &[Field] = &[
    field("tolerations", Shape::Anything),
    field("priorityClassName", Shape::Anything),
    field("affinity", Shape::Anything),
    field("additionalContainers", Shape::Anything),
    field("volumeClaimTemplates", Shape::Anything),
    field("persistentVolumeClaimRetentionPolicy", Shape::Anything),
];

/// Fields of which the webhook rejects some values.
const CONDITIONAL: &[Field] = &[
    field("targetAllocator", Shape::Mapping),
    field("ingress", Shape::Mapping),
    field("deploymentUpdateStrategy", Shape::Mapping),
];

/// Fields about how the operator manages a collector. They have no effect on a sidecar and are ignored silently.
const OF_THE_OPERATOR: &[Field] = &[
    field("managementState", Shape::Text),
    field("upgradeStrategy", Shape::Text),
    field("replicas", Shape::Integer),
    field("configVersions", Shape::Integer),
];

/// Fields without effect on a sidecar, reported as such.
const IGNORED: &[Field] = &[
    field("autoscaler", Shape::Mapping),
    field("dnsPolicy", Shape::Text),
    field("hostAliases", Shape::List(&Shape::Anything)),
    field("hostNetwork", Shape::Flag),
    field("hostPID", Shape::Flag),
    field("hostUsers", Shape::Flag),
    field("httpRoute", Shape::Mapping),
    field("ipFamilies", Shape::List(&Shape::Text)),
    field("ipFamilyPolicy", Shape::Text),
    field("networkPolicy", Shape::Mapping),
    field("nodeSelector", Shape::TextMap),
    field("observability", Shape::Mapping),
    field("podAnnotations", Shape::TextMap),
    field("podDisruptionBudget", Shape::Mapping),
    field("podDnsConfig", Shape::Mapping),
    field("podManagementPolicy", Shape::Text),
    field("podSecurityContext", Shape::Mapping),
    field("serviceAccount", Shape::Text),
    field("serviceName", Shape::Text),
    field("sessionAffinity", Shape::Text),
    field("sessionAffinityConfig", Shape::Mapping),
    field("shareProcessNamespace", Shape::Flag),
    field("terminationGracePeriodSeconds", Shape::Integer),
    field("topologySpreadConstraints", Shape::List(&Shape::Anything)),
    field("trafficDistribution", Shape::Text),
];

/// Ignored fields that only v1alpha1 has.
const IGNORED_V1ALPHA1: &[&str] = &["minReplicas", "maxReplicas"];

/// Notes wrong fields of a spec and fields without effect.
pub(super) fn check(spec: &Value, version: Version, notes: &mut Notes) {
    const AT: &str = "/spec";
    let only = match version {
        Version::V1Alpha1 => ONLY_V1ALPHA1,
        Version::V1Beta1 => ONLY_V1BETA1,
    };
    let known = [USED, only, EMPTY, CONDITIONAL, OF_THE_OPERATOR, IGNORED].concat();
    notes.faults.object(spec, &known, AT);
    for Field { name, .. } in EMPTY.iter().filter(|field| filled(spec, field.name).is_some()) {
        notes.faults.field(format!("{AT}/{name}"), Finding::field_not_for_sidecar);
    }
    let says = |pointer: &str, value: &Value| spec.pointer(pointer) == Some(value);
    for (pointer, value) in [("/targetAllocator/enabled", true.into()), ("/ingress/type", "ingress".into())] {
        if says(pointer, &value) {
            notes.faults.field(format!("{AT}{pointer}"), |at, path| {
                Finding::value_not_for_sidecar(at, path, &value.to_string())
            });
        }
    }
    for strategy in ["daemonSetUpdateStrategy", "updateStrategy", "deploymentUpdateStrategy"] {
        if spec.get(strategy).and_then(|strategy| filled(strategy, "type")).is_some() {
            notes.faults.field(format!("{AT}/{strategy}/type"), Finding::field_not_for_sidecar);
        }
    }
    let ignored = IGNORED.iter().map(|field| field.name).chain(IGNORED_V1ALPHA1.iter().copied());
    for name in ignored.filter(|name| filled(spec, name).is_some()) {
        notes.warnings.push(Finding::field_ignored_for_sidecar(format!("{AT}/{name}"), name));
    }
}
