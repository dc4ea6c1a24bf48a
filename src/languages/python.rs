//! Python: an agent that the interpreter finds first on `PYTHONPATH`.

use super::otlp::{Protocol, Signal, Spoken};
use super::{Choice, Copy, DefaultImage, Delivery, Effect, Env, Language, Mount, Recipe, Settings};
use crate::metadata::Libc;

const MOUNT: &str = "/otel-auto-instrumentation-python";

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
        architectures: None,
        fields: &[],
    }),
    options: &[Choice {
        annotation: "otel-python-platform",
        key: "pythonPlatform",
        effect: Effect::OneOf {
            placeholder: "{agent}",
            words: &[("glibc", "/autoinstrumentation"), ("musl", "/autoinstrumentation-musl")],
            libcs: &[(Libc::Glibc, "glibc"), (Libc::Musl, "musl")],
        },
    }],
    recipe: Recipe {
        delivery: Delivery::Copy(Copy {
            name: "opentelemetry-auto-instrumentation-python",
            folder: "{agent}",
            command: &["cp", "-r", "{agent}/.", MOUNT],
            mount: Mount::Shared(MOUNT),
            extensions: None,
        }),
        early_env: &[Env::Wrap {
            name: "PYTHONPATH",
            before: "{mount}/opentelemetry/instrumentation/auto_instrumentation",
            separator: ":",
            after: "{mount}",
        }],
        env: &[
            Env::Default { name: "OTEL_EXPORTER_OTLP_PROTOCOL", value: "http/protobuf" },
            Env::Default { name: "OTEL_TRACES_EXPORTER", value: "otlp" },
            Env::Default { name: "OTEL_METRICS_EXPORTER", value: "otlp" },
            Env::Default { name: "OTEL_LOGS_EXPORTER", value: "otlp" },
        ],
        reserved: &[],
        // The SDK's own default is gRPC; `env` sets a protocol that the image supports.
        protocols: &[Spoken {
            since: "0.0",
            default: Protocol::HttpProtobuf,
            can: &[Protocol::HttpProtobuf],
            otherwise: "its image has no exporter for it, so the agent's configuration fails and nothing arrives",
            signals: Signal::ALL,
            source: "opentelemetry-operator, autoinstrumentation/python/requirements.txt and issues 862 and 1148; \
                     opentelemetry-sdk 1.43.0 and opentelemetry-exporter-otlp-proto-http 1.43.0",
        }],
    },
};
