//! How agents send telemetry: the OTLP protocols of a language's images, by version.

use super::{DefaultImage, Language};
use crate::k8s::image::Image;

/// An OTLP protocol, as named in `OTEL_EXPORTER_OTLP_PROTOCOL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// `grpc`.
    Grpc,
    /// `http/protobuf`.
    HttpProtobuf,
    /// `http/json`.
    HttpJson,
}

impl Protocol {
    /// Every protocol.
    pub const ALL: &'static [Self] = &[Self::Grpc, Self::HttpProtobuf, Self::HttpJson];

    /// Its value in the variable.
    #[must_use]
    pub const fn value(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::HttpProtobuf => "http/protobuf",
            Self::HttpJson => "http/json",
        }
    }

    /// The protocol with this value in the variable.
    #[must_use]
    pub fn named(value: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|protocol| protocol.value() == value)
    }

    /// The transport it uses.
    #[must_use]
    pub const fn transport(self) -> &'static str {
        match self {
            Self::Grpc => "gRPC",
            Self::HttpProtobuf | Self::HttpJson => "HTTP",
        }
    }

    /// Its default port in the OTLP specification.
    #[must_use]
    pub const fn port(self) -> u16 {
        match self {
            Self::Grpc => 4317,
            Self::HttpProtobuf | Self::HttpJson => 4318,
        }
    }
}

/// A kind of telemetry with its own exporter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Traces.
    Traces,
    /// Metrics.
    Metrics,
    /// Logs.
    Logs,
}

impl Signal {
    /// Every signal.
    pub const ALL: &'static [Self] = &[Self::Traces, Self::Metrics, Self::Logs];

    /// The variable that names its exporter.
    #[must_use]
    pub const fn exporter(self) -> &'static str {
        match self {
            Self::Traces => "OTEL_TRACES_EXPORTER",
            Self::Metrics => "OTEL_METRICS_EXPORTER",
            Self::Logs => "OTEL_LOGS_EXPORTER",
        }
    }

    /// The variables that set its OTLP exporter.
    #[must_use]
    pub const fn variables(self) -> Variables {
        match self {
            Self::Traces => Variables {
                protocol: "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
                endpoint: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            },
            Self::Metrics => Variables {
                protocol: "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
                endpoint: "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
            },
            Self::Logs => Variables {
                protocol: "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
                endpoint: "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
            },
        }
    }

    /// What is lost if none of it arrives.
    #[must_use]
    pub const fn lost(self) -> &'static str {
        match self {
            Self::Traces => "no traces arrive",
            Self::Metrics => "no metrics arrive",
            Self::Logs => "no logs arrive",
        }
    }
}

/// The variables that set an OTLP exporter.
/// <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>
#[derive(Debug, Clone, Copy)]
pub struct Variables {
    /// The protocol.
    pub protocol: &'static str,
    /// The endpoint.
    pub endpoint: &'static str,
}

/// The variables for every signal that has none of its own.
pub const ALL_SIGNALS: Variables =
    Variables { protocol: "OTEL_EXPORTER_OTLP_PROTOCOL", endpoint: "OTEL_EXPORTER_OTLP_ENDPOINT" };

/// How a language's agent images speak OTLP, from a version on.
#[derive(Debug)]
pub struct Spoken {
    /// The first version of the image.
    pub since: &'static str,
    /// The protocol of an injected agent if the user sets none.
    pub default: Protocol,
    /// Every protocol that the agent supports.
    pub can: &'static [Protocol],
    /// What happens if another protocol is configured.
    pub otherwise: &'static str,
    /// The signals it exports by OTLP by default.
    pub signals: &'static [Signal],
    /// The source of these facts.
    pub source: &'static str,
}

/// The agent in an image.
#[derive(Debug, Clone, Copy)]
pub struct Agent {
    /// How it speaks OTLP.
    pub spoken: &'static Spoken,
    /// Whether the version is known from the image; otherwise the facts of the default image are used.
    pub is_known: bool,
}

impl Language {
    /// The agent in `image`, or `None` if the application brings its own SDK. The version is known only from a tag of
    /// the known repository, not from a digest alone, another repository or a tag like `latest`.
    #[must_use]
    pub fn agent(&self, image: &str) -> Option<Agent> {
        let DefaultImage { repository, tag } = self.settings.as_ref()?.image;
        let known = Image::parse(image).filter(|image| image.repository == repository);
        let known = known.and_then(|image| self.spoken(image.tag?));
        let agent = |spoken| Agent { spoken, is_known: known.is_some() };
        known.or_else(|| self.spoken(tag)).map(agent)
    }

    fn spoken(&self, tag: &str) -> Option<&'static Spoken> {
        let tag = version(tag)?;
        self.recipe.protocols.iter().rev().find(|spoken| version(spoken.since) <= Some(tag))
    }
}

/// The first three numbers of a version such as `0.78.0-5`, `0.64b0` or `v0.24.0`.
fn version(tag: &str) -> Option<[u64; 3]> {
    let tag = tag.strip_prefix('v').unwrap_or(tag);
    let end = tag.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(tag.len());
    let numbers: Option<Vec<u64>> = tag[..end].split('.').map(|number| number.parse().ok()).collect();
    match numbers?[..] {
        // A single number could be a date, a build or the start of a commit hash.
        [] | [_] => None,
        [major, minor] => Some([major, minor, 0]),
        [major, minor, patch, ..] => Some([major, minor, patch]),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ALL, find};
    use super::*;

    #[test]
    fn versions_compare_by_their_numbers() {
        let cases = [
            ("0.78.0", Some([0, 78, 0])),
            ("0.78.0-5", Some([0, 78, 0])),
            ("0.64b0", Some([0, 64, 0])),
            ("0.66b0-3", Some([0, 66, 0])),
            ("v0.24.0", Some([0, 24, 0])),
            ("v0.19.0-alpha", Some([0, 19, 0])),
            ("2.30.0_custom", Some([2, 30, 0])),
            ("1.0.4.1", Some([1, 0, 4])),
            ("latest", None),
            ("main", None),
            ("20250204", None),
            ("3f2a9c1", None),
            ("v2", None),
            ("1..2", None),
            ("2.", None),
            ("99999999999999999999.0", None),
        ];
        for (tag, expected) in cases {
            assert_eq!(version(tag), expected, "{tag}");
        }
    }

    #[test]
    fn facts_are_ordered_and_the_default_is_one_that_can_be_spoken() {
        for language in ALL {
            let facts = language.recipe.protocols;
            assert_eq!(facts.is_empty(), language.settings.is_none(), "{}", language.id);
            assert!(facts.is_sorted_by_key(|spoken| version(spoken.since)), "{}", language.id);
            for spoken in facts {
                assert!(version(spoken.since).is_some(), "{} {}", language.id, spoken.since);
                assert!(spoken.can.contains(&spoken.default), "{} {}", language.id, spoken.since);
                assert!(!spoken.signals.is_empty(), "{} {}", language.id, spoken.since);
            }
            let Some(settings) = &language.settings else { continue };
            let image = format!("{}:{}", settings.image.repository, settings.image.tag);
            assert!(language.agent(&image).is_some_and(|agent| agent.is_known), "{image}");
        }
    }

    #[test]
    fn the_tag_of_the_known_repository_tells_the_protocol() {
        let operator = "ghcr.io/open-telemetry/opentelemetry-operator/autoinstrumentation";
        let go = "ghcr.io/open-telemetry/opentelemetry-go-instrumentation/autoinstrumentation-go";
        let digest = format!("sha256:{}", "0".repeat(64));
        let (http, grpc) = (Protocol::HttpProtobuf, Protocol::Grpc);
        let cases = [
            ("java", format!("{operator}-java:1.33.6"), grpc, true),
            ("java", format!("{operator}-java:2.0.0"), http, true),
            ("java", format!("{operator}-java:1.33.6@{digest}"), grpc, true),
            ("java", format!("{operator}-java@{digest}"), http, false),
            ("java", format!("{operator}-java:latest"), http, false),
            ("java", "mirror.example.com/autoinstrumentation-java:1.33.6".to_owned(), http, false),
            ("java", "not an image".to_owned(), http, false),
            ("nodejs", format!("{operator}-nodejs:0.53.0"), grpc, true),
            ("nodejs", format!("{operator}-nodejs:0.54.0"), http, true),
            ("nodejs", format!("{operator}-nodejs:0.9.0"), grpc, true),
            ("nodejs", format!("{operator}-nodejs:0.100.0"), http, true),
            ("python", format!("{operator}-python:0.39b0"), http, true),
            ("go", format!("{go}:v0.7.0-alpha"), grpc, true),
            ("go", format!("{go}:v0.8.0-alpha"), http, true),
            ("nginx", format!("{operator}-apache-httpd:1.0.4"), grpc, true),
            // Older than the first version in the table.
            ("dotnet", format!("{operator}-dotnet:0.0.1-alpha"), http, false),
        ];
        for (language, image, protocol, is_known) in cases {
            let agent = find(language).and_then(|language| language.agent(&image)).expect("an agent");
            assert_eq!((agent.spoken.default, agent.is_known), (protocol, is_known), "{image}");
        }
        assert!(find("sdk").is_some_and(|language| language.agent("any:1.0").is_none()));
    }
}
