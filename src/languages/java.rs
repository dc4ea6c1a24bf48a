//! Java: known, not injected yet.

use super::{DefaultImage, Language, Settings};
use crate::k8s::shape::{Shape, field};

/// Java.
pub(super) static JAVA: Language = Language {
    id: "java",
    switch: "inject-java",
    containers: &["java-container-names"],
    settings: Some(Settings {
        key: "java",
        resources_key: "resources",
        image: DefaultImage {
            repository: "ghcr.io/open-telemetry/opentelemetry-operator/autoinstrumentation-java",
            tag: "2.30.0",
        },
        limits: ["500m", "256Mi"],
        requests: ["50m", "64Mi"],
        fields: &[field(
            "extensions",
            Shape::List(&Shape::Object(&[field("image", Shape::Text), field("dir", Shape::Text)])),
        )],
    }),
    init_marks: &["opentelemetry-auto-instrumentation-java"],
    marks: &[],
    recipe: None,
};
