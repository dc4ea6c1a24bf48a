//! .NET: a profiler and startup hooks that the runtime loads through variables.

use super::otlp::{Protocol, Signal, Spoken};
use super::{Choice, Copy, DefaultImage, Delivery, Effect, Env, Language, Mount, Recipe, Settings};
use crate::metadata::Libc;

const MOUNT: &str = "/otel-auto-instrumentation-dotnet";
const HOME: &str = "OTEL_DOTNET_AUTO_HOME";

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
        architectures: None,
        fields: &[],
    }),
    options: &[Choice {
        annotation: "otel-dotnet-auto-runtime",
        key: "dotnetRuntime",
        effect: Effect::OneOf {
            placeholder: "{runtime}",
            words: &[("linux-x64", "linux"), ("linux-musl-x64", "linux-musl")],
            libcs: &[(Libc::Glibc, "linux-x64"), (Libc::Musl, "linux-musl-x64")],
        },
    }],
    recipe: Recipe {
        delivery: Delivery::Copy(Copy {
            name: "opentelemetry-auto-instrumentation-dotnet",
            folder: "/autoinstrumentation",
            command: &["cp", "-r", "/autoinstrumentation/.", MOUNT],
            mount: Mount::Shared(MOUNT),
            extensions: None,
        }),
        early_env: &[],
        env: &[
            Env::Default { name: "CORECLR_ENABLE_PROFILING", value: "1" },
            Env::Default { name: "CORECLR_PROFILER", value: "{918728DD-259F-4A6A-AC2B-B85E1B658318}" },
            Env::Default {
                name: "CORECLR_PROFILER_PATH",
                value: "{mount}/{runtime}/OpenTelemetry.AutoInstrumentation.Native.so",
            },
            Env::Append {
                name: "DOTNET_STARTUP_HOOKS",
                separator: ":",
                value: "{mount}/net/OpenTelemetry.AutoInstrumentation.StartupHook.dll",
            },
            Env::Append { name: "DOTNET_ADDITIONAL_DEPS", separator: ":", value: "{mount}/AdditionalDeps" },
            Env::Set { name: HOME, value: "{mount}" },
            Env::Append { name: "DOTNET_SHARED_STORE", separator: ":", value: "{mount}/store" },
        ],
        reserved: &[HOME],
        protocols: &[
            Spoken {
                since: "1.0",
                default: Protocol::HttpProtobuf,
                can: &[Protocol::HttpProtobuf],
                otherwise: "it speaks gRPC only in an application that references Grpc.Net.Client",
                signals: Signal::ALL,
                source: "opentelemetry-dotnet-instrumentation, docs/config.md",
            },
            Spoken {
                since: "1.11",
                default: Protocol::HttpProtobuf,
                can: &[Protocol::Grpc, Protocol::HttpProtobuf],
                otherwise: "it has no exporter for it",
                signals: Signal::ALL,
                source: "opentelemetry-dotnet-instrumentation, docs/config.md; \
                         OpenTelemetry.Exporter.OpenTelemetryProtocol, CHANGELOG.md of 1.11.0-rc.1",
            },
        ],
    },
};
