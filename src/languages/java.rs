//! Java: an agent that `JAVA_TOOL_OPTIONS` loads into the JVM, with optional extensions.

use super::otlp::{Protocol, Signal, Spoken};
use super::{Copy, DefaultImage, Delivery, Env, Extensions, Language, Mount, Recipe, Settings};
use crate::k8s::shape::{Shape, field};

const OPTIONS: &str = "JAVA_TOOL_OPTIONS";
const FAILS: &str = "the agent fails to start, and nothing arrives";

/// Java.
pub(super) static JAVA: Language = Language {
    id: "java",
    switch: "inject-java",
    containers: &["java-container-names"],
    settings: Some(Settings {
        key: "java",
        resources_key: "resources",
        image: DefaultImage {
            repository: "ghcr.io/open-telemetry/opentelemetry-operator/autoinstrumentation-java",
            tag: "2.30.0",
        },
        limits: ["500m", "256Mi"],
        requests: ["50m", "64Mi"],
        architectures: None,
        fields: &[field(
            "extensions",
            Shape::List(&Shape::Object(&[field("image", Shape::Image), field("dir", Shape::Filled)])),
        )],
    }),
    options: &[],
    recipe: Recipe {
        delivery: Delivery::Copy(Copy {
            name: "opentelemetry-auto-instrumentation-java",
            folder: "/",
            command: &["cp", "/javaagent.jar", "/otel-auto-instrumentation-java/javaagent.jar"],
            mount: Mount::PerContainer("/otel-auto-instrumentation-java"),
            extensions: Some(Extensions {
                key: "extensions",
                name: "opentelemetry-auto-instrumentation-extension",
                directory: "extensions",
                env: &[Env::Append {
                    name: OPTIONS,
                    separator: "",
                    value: " -Dotel.javaagent.extensions={extensions}",
                }],
            }),
        }),
        early_env: &[],
        env: &[Env::Append { name: OPTIONS, separator: "", value: " -javaagent:{mount}/javaagent.jar" }],
        reserved: &[],
        protocols: &[
            Spoken {
                since: "1.0",
                default: Protocol::Grpc,
                can: &[Protocol::Grpc, Protocol::HttpProtobuf],
                otherwise: FAILS,
                signals: &[Signal::Traces, Signal::Metrics],
                source: "opentelemetry-java-instrumentation, release notes of 2.0.0; the agent 1.33.6",
            },
            Spoken {
                since: "2.0",
                default: Protocol::HttpProtobuf,
                can: &[Protocol::Grpc, Protocol::HttpProtobuf],
                otherwise: FAILS,
                signals: Signal::ALL,
                source: "opentelemetry-java-instrumentation, release notes of 2.0.0; the agents 2.0.0 and 2.30.0",
            },
        ],
    },
};
