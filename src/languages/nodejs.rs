//! Node.js: an agent that `NODE_OPTIONS` requires.

use super::otlp::{Protocol, Signal, Spoken};
use super::{Copy, DefaultImage, Delivery, Env, Language, Mount, Recipe, Settings};

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
        architectures: None,
        fields: &[],
    }),
    options: &[],
    recipe: Recipe {
        delivery: Delivery::Copy(Copy {
            name: "opentelemetry-auto-instrumentation-nodejs",
            folder: "/autoinstrumentation",
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
        protocols: &[
            Spoken {
                since: "0.0",
                default: Protocol::Grpc,
                can: &[Protocol::Grpc],
                otherwise: "its metrics go over gRPC whatever the variable says",
                signals: &[Signal::Traces, Signal::Metrics],
                source: "opentelemetry-operator, autoinstrumentation/nodejs/src/autoinstrumentation.ts before its \
                         pull request 3570",
            },
            // From this version on, the image's `autoinstrumentation.js` is the package's `register.js`.
            Spoken {
                since: "0.54",
                default: Protocol::HttpProtobuf,
                can: Protocol::ALL,
                otherwise: "the agent uses http/protobuf instead",
                signals: Signal::ALL,
                source: "opentelemetry-operator, pull request 3570 and issue 3753; @opentelemetry/sdk-node 0.220.0 \
                         of @opentelemetry/auto-instrumentations-node 0.78.0",
            },
        ],
    },
};
