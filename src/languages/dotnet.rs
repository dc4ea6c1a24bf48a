//! .NET: known, not injected yet.

use super::{DefaultImage, Language, Settings};

/// .NET.
pub(super) static DOTNET: Language = Language {
    id: "dotnet",
    switch: "inject-dotnet",
    containers: &["dotnet-container-names"],
    settings: Some(Settings {
        key: "dotnet",
        resources_key: "resourceRequirements",
        image: DefaultImage {
            repository: "ghcr.io/open-telemetry/opentelemetry-operator/autoinstrumentation-dotnet",
            tag: "1.16.0",
        },
        limits: ["500m", "256Mi"],
        requests: ["50m", "128Mi"],
        fields: &[],
    }),
    init_marks: &["opentelemetry-auto-instrumentation-dotnet"],
    marks: &[],
    recipe: None,
};
