//! Python: known, not injected yet.

use super::{DefaultImage, Language, Settings};

/// Python.
pub(super) static PYTHON: Language = Language {
    id: "python",
    switch: "inject-python",
    containers: &["python-container-names"],
    settings: Some(Settings {
        key: "python",
        resources_key: "resourceRequirements",
        image: DefaultImage {
            repository: "ghcr.io/open-telemetry/opentelemetry-operator/autoinstrumentation-python",
            tag: "0.64b0",
        },
        limits: ["500m", "256Mi"],
        requests: ["50m", "64Mi"],
        fields: &[],
    }),
    init_marks: &["opentelemetry-auto-instrumentation-python"],
    marks: &[],
    recipe: None,
};
