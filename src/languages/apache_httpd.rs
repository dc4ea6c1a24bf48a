//! Apache httpd: known, not injected yet.

use super::{DefaultImage, Language, Settings};
use crate::k8s::fragment::ENV;
use crate::k8s::shape::{Field, Shape, field};

/// Apache httpd.
pub(super) static APACHE_HTTPD: Language = Language {
    id: "apache-httpd",
    switch: "inject-apache-httpd",
    containers: &["apache-httpd-container-names"],
    settings: Some(Settings {
        key: "apacheHttpd",
        resources_key: "resourceRequirements",
        image: DefaultImage {
            repository: "ghcr.io/open-telemetry/opentelemetry-operator/autoinstrumentation-apache-httpd",
            tag: "1.0.4",
        },
        limits: ["500m", "256Mi"],
        requests: ["1m", "128Mi"],
        fields: &[
            Field { name: "attrs", shape: ENV, only_v1alpha1: true },
            field("version", Shape::OneOf(&["2.4", "2.2"])),
            field("configPath", Shape::ConfigPath),
        ],
    }),
    init_marks: &["otel-agent-attach-apache", "otel-agent-source-container-clone"],
    marks: &[],
    recipe: None,
};
