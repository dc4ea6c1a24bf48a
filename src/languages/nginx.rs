//! nginx: known, not injected yet.

use super::{DefaultImage, Language, Settings};
use crate::k8s::fragment::ENV;
use crate::k8s::shape::{Field, Shape, field};

/// nginx.
pub(super) static NGINX: Language = Language {
    id: "nginx",
    switch: "inject-nginx",
    containers: &["inject-nginx-container-names", "nginx-container-names"],
    settings: Some(Settings {
        key: "nginx",
        resources_key: "resourceRequirements",
        image: DefaultImage {
            repository: "ghcr.io/open-telemetry/opentelemetry-operator/autoinstrumentation-apache-httpd",
            tag: "1.0.4",
        },
        limits: ["500m", "256Mi"],
        requests: ["1m", "128Mi"],
        fields: &[
            Field { name: "attrs", shape: ENV, only_v1alpha1: true },
            field("configFile", Shape::ConfigPath),
        ],
    }),
    init_marks: &["otel-agent-source-container-clone"],
    marks: &[],
    recipe: None,
};
