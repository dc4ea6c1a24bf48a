//! Go: an eBPF agent in a privileged sidecar that attaches to the application's executable.

use super::otlp::{Protocol, Signal, Spoken};
use super::{AgentContainer, Choice, DefaultImage, Delivery, Effect, Language, Recipe, Settings};
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
        architectures: None,
        fields: &[field("securityContext", SECURITY_CONTEXT)],
    }),
    options: &[Choice {
        annotation: "otel-go-auto-target-exe",
        key: "goTargetExe",
        effect: Effect::Variable(EXECUTABLE),
    }],
    recipe: Recipe {
        delivery: Delivery::Container(AgentContainer {
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
        protocols: &[
            Spoken {
                since: "0.1",
                default: Protocol::Grpc,
                can: &[Protocol::Grpc],
                otherwise: "the agent does not read the variable",
                signals: &[Signal::Traces],
                source: "opentelemetry-go-instrumentation, CHANGELOG.md of v0.8.0-alpha",
            },
            Spoken {
                since: "0.8",
                default: Protocol::HttpProtobuf,
                can: &[Protocol::HttpProtobuf],
                otherwise: "the agent reads the variable only where OTEL_TRACES_EXPORTER is set too",
                signals: &[Signal::Traces],
                source: "opentelemetry-go-instrumentation, CHANGELOG.md of v0.8.0-alpha and v0.20.0",
            },
            Spoken {
                since: "0.20",
                default: Protocol::HttpProtobuf,
                can: &[Protocol::Grpc, Protocol::HttpProtobuf],
                otherwise: "the agent fails to start, and nothing arrives",
                signals: &[Signal::Traces],
                source: "opentelemetry-go-instrumentation, CHANGELOG.md of v0.20.0; \
                         go.opentelemetry.io/auto v0.24.0 and its exporters/autoexport v0.65.0",
            },
        ],
    },
};
