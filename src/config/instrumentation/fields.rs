//! The fields of an Instrumentation's spec, as data.

use super::Version;
use crate::k8s::fragment::{CLAIM, ENV, RESOURCES, SECURITY_CONTEXT};
use crate::k8s::shape::{Field, Shape, field};
use crate::languages::{Language, Settings};

const TLS: Field = field(
    "tls",
    Shape::Object(&[
        field("secretName", Shape::Text),
        field("configMapName", Shape::Text),
        field("ca_file", Shape::Text),
        field("cert_file", Shape::Text),
        field("key_file", Shape::Text),
    ]),
);
const ENDPOINT: Field = field("endpoint", Shape::Text);
const PROPAGATORS: Field = field("propagators", Shape::List(&Shape::Text));
const SAMPLER: Field =
    field("sampler", Shape::Object(&[field("type", Shape::Text), field("argument", Shape::Text)]));
const DEFAULTS: Field =
    field("defaults", Shape::Object(&[field("useLabelsForResourceAttributes", Shape::Flag)]));
const PULL_POLICY: Field = field("imagePullPolicy", Shape::OneOf(&["Always", "IfNotPresent", "Never"]));
const INIT_CONTEXT: Field = field("initContainerSecurityContext", SECURITY_CONTEXT);
const SPEC_ENV: Field = field("env", ENV);

const V1ALPHA1: &[Field] = &[
    field("exporter", Shape::Object(&[ENDPOINT, TLS])),
    field(
        "resource",
        Shape::Object(&[
            field("resourceAttributes", Shape::TextMap),
            field("addK8sUIDAttributes", Shape::Flag),
        ]),
    ),
    PROPAGATORS,
    SAMPLER,
    DEFAULTS,
    SPEC_ENV,
    PULL_POLICY,
    INIT_CONTEXT,
];

const V1BETA1: &[Field] = &[
    field(
        "envConfig",
        Shape::Object(&[
            field("exporter", Shape::Object(&[ENDPOINT, field("protocol", Shape::Text), TLS])),
            PROPAGATORS,
            SAMPLER,
            SPEC_ENV,
        ]),
    ),
    field(
        "resource",
        Shape::Object(&[
            field("attributes", Shape::TextMap),
            field(
                "k8sMetadata",
                Shape::Object(&[field("enabled", Shape::Flag), field("includeUIDs", Shape::Flag)]),
            ),
            field("serviceMetadata", Shape::Object(&[field("enabled", Shape::Flag)])),
        ]),
    ),
    DEFAULTS,
    SPEC_ENV,
    PULL_POLICY,
    INIT_CONTEXT,
];

const AGENT: &[Field] = &[
    field("image", Shape::Text),
    field("volumeClaimTemplate", CLAIM),
    Field { name: "volumeLimitSize", shape: Shape::Quantity, only_v1alpha1: true },
    field("env", ENV),
];

/// The fields of the spec, without those of languages.
pub(super) const fn spec(version: Version) -> &'static [Field] {
    match version {
        Version::V1Alpha1 => V1ALPHA1,
        Version::V1Beta1 => V1BETA1,
    }
}

/// The fields of a language.
pub(super) fn agent(language: &Language, settings: &Settings, version: Version) -> Vec<Field> {
    let resources = field(super::resources_key(language, version), RESOURCES);
    let all = AGENT.iter().chain([&resources]).chain(settings.fields);
    all.filter(|field| version == Version::V1Alpha1 || !field.only_v1alpha1).copied().collect()
}
