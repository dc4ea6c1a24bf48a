//! Go: an eBPF agent in a privileged sidecar that attaches to the application's executable.

use super::{Choice, DefaultImage, Delivery, Effect, Language, Protocol, Recipe, Settings, Sidecar};
use crate::finding::Code;
use crate::k8s::fragment::SECURITY_CONTEXT;
use crate::k8s::shape::field;

const EXECUTABLE: &str = "OTEL_GO_AUTO_TARGET_EXE";

/// Go.
pub(super) static GO: Language = Language {
    id: "go",
    switch: "inject-go",
    containers: &["go-container-names"],
    settings: Some(Settings {
        key: "go",
        resources_key: "resourceRequirements",
        image: DefaultImage {
            repository: "ghcr.io/open-telemetry/opentelemetry-go-instrumentation/autoinstrumentation-go",
            tag: "v0.24.0",
        },
        limits: ["500m", "256Mi"],
        requests: ["50m", "64Mi"],
        fields: &[field("securityContext", SECURITY_CONTEXT)],
    }),
    options: &[Choice {
        annotation: "otel-go-auto-target-exe",
        key: "goTargetExe",
        effect: Effect::Variable(EXECUTABLE),
    }],
    recipe: Recipe {
        delivery: Delivery::Sidecar(Sidecar {
            name: "opentelemetry-auto-instrumentation",
            security: (0, true),
            host_path: ("kernel-debug", "/sys/kernel/debug"),
            executable: EXECUTABLE,
            missing: Code::GoTargetMissing,
            apart: Code::GoSharedProcessNamespace,
            several: Code::GoMultipleContainers,
        }),
        early_env: &[],
        env: &[],
        reserved: &[],
        protocol: Some(Protocol::Http),
    },
};
