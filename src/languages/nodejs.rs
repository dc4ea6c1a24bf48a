//! Node.js: an agent that `NODE_OPTIONS` requires.

use super::{Copy, DefaultImage, Delivery, Env, Language, Mount, Protocol, Recipe, Settings};

const MOUNT: &str = "/otel-auto-instrumentation-nodejs";

/// Node.js.
pub(super) static NODEJS: Language = Language {
    id: "nodejs",
    switch: "inject-nodejs",
    containers: &["nodejs-container-names"],
    settings: Some(Settings {
        key: "nodejs",
        resources_key: "resourceRequirements",
        image: DefaultImage {
            repository: "ghcr.io/open-telemetry/opentelemetry-operator/autoinstrumentation-nodejs",
            tag: "0.78.0",
        },
        limits: ["500m", "256Mi"],
        requests: ["50m", "128Mi"],
        fields: &[],
    }),
    options: &[],
    recipe: Recipe {
        delivery: Delivery::Copy(Copy {
            name: "opentelemetry-auto-instrumentation-nodejs",
            command: &["cp", "-r", "/autoinstrumentation/.", MOUNT],
            mount: Mount::Shared(MOUNT),
            extensions: None,
        }),
        early_env: &[],
        env: &[
            Env::Append {
                name: "NODE_OPTIONS",
                separator: "",
                value: " --require {mount}/autoinstrumentation.js",
            },
            Env::Default { name: "OTEL_METRICS_EXPORTER", value: "otlp" },
        ],
        reserved: &[],
        protocol: Some(Protocol::Grpc),
    },
};
