//! The configuration of a run: the function config and the Instrumentation, parsed loosely, then validated.

use std::collections::BTreeMap;

use crate::components;
use crate::finding::{Code, Finding, Severity};
use crate::k8s::Kind;
use crate::k8s::image::Image;
use crate::k8s::security::{Level, Version};
use crate::languages::{DefaultImage, Language};
use crate::metadata::Metadata;

pub mod annotations;
pub mod collector;
pub mod context;
pub mod effective;
pub mod env_from;
pub mod function;
pub mod instrumentation;
mod labels;
mod nearest;
pub mod rules;
mod shapes;

use crate::config::instrumentation::Instrumentation;
pub use crate::config::nearest::{nearest, nearest_within};
use crate::config::rules::Rule;

/// The validated settings from the function config and the command line.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// What the run does.
    pub mode: Mode,
    /// How to handle a workload that is refused.
    pub on_error: OnError,
    /// Which findings fail a run.
    pub fail_on: FailOn,
    /// The namespace of namespaced resources without one.
    pub namespace: Option<String>,
    /// The Instrumentation for a switch `"true"` if the namespace has none.
    pub instrumentation: Option<Instrumentation>,
    /// Annotations for selected workloads. The first matching rule that sets an annotation wins.
    pub rules: Vec<Rule>,
    /// Write a rule's annotations into the pod template.
    pub annotate: bool,
    /// Where to record an injection.
    pub record: Recording,
    /// How to handle an injection that is no longer requested.
    pub stale: Stale,
    /// How to output Instrumentations and sidecar collectors.
    pub instrumentation_resources: Keep,
    /// The default images.
    pub images: Images,
    /// The digest each image is pinned to, or `None` without a lock.
    pub lock: Option<BTreeMap<String, String>>,
    /// Add collector sidecars as regular containers, for clusters before Kubernetes 1.29.
    pub plain_sidecars: bool,
    /// Declared kinds of workloads, in addition to the built-in ones.
    pub kinds: Vec<Kind>,
    /// Require named Secrets and ConfigMaps to be in the input.
    pub require_references: bool,
    /// How agents get into pods.
    pub delivery: Delivery,
    /// The oldest Kubernetes version that pods run on, if known.
    pub kubernetes: Option<Version>,
    /// The level of the Pod Security Standards that the cluster enforces.
    pub pod_security: Option<PodSecurity>,
    /// What is known about images.
    pub metadata: Metadata,
    /// The severities of findings; `None` if a code is off.
    pub severities: BTreeMap<Code, Option<Severity>>,
}

impl Settings {
    /// The severity of `finding`, or `None` if it is off.
    #[must_use]
    pub fn severity(&self, finding: &Finding) -> Option<Severity> {
        match self.severities.get(&finding.code) {
            Some(severity) => *severity,
            None if finding.code == Code::MissingReference && self.require_references => {
                Some(Severity::Error)
            }
            None => Some(finding.severity),
        }
    }

    /// The finding with its severity, or `None` if it is off.
    #[must_use]
    pub fn weighed(&self, mut finding: Finding) -> Option<Finding> {
        finding.severity = self.severity(&finding)?;
        Some(finding)
    }

    /// Those of `findings` with severity error.
    #[must_use]
    pub fn errors(&self, findings: &[Finding]) -> Vec<Finding> {
        let is_error = |finding: &&Finding| self.severity(finding) == Some(Severity::Error);
        findings.iter().filter(is_error).cloned().collect()
    }

    /// The default image of `language`.
    #[must_use]
    pub fn default_image(&self, language: &Language) -> Option<String> {
        let own = self.images.languages.get(language.id);
        Some(self.image(language.settings.as_ref()?.image, own))
    }

    /// The default image of a collector.
    #[must_use]
    pub fn default_collector_image(&self) -> String {
        self.image(components::IMAGE, self.images.collector.as_ref())
    }

    /// `image` with its digest from the lock. It is unchanged if it has a digest or there is no lock.
    ///
    /// # Errors
    /// The finding for an image that is missing in the lock. `pointer` leads to what requires the image.
    pub fn pinned(&self, image: String, pointer: &str) -> Result<String, Box<Finding>> {
        let has_digest = Image::parse(&image).is_some_and(|image| image.digest().is_some());
        match &self.lock {
            Some(lock) if !has_digest => match lock.get(&image) {
                Some(digest) => Ok(format!("{image}@{digest}")),
                None => Err(Finding::image_missing_in_lock(pointer, &image).into()),
            },
            _ => Ok(image),
        }
    }

    /// The image used for a default: the configured one, or the default one, from the configured registry if any.
    fn image(&self, DefaultImage { repository, tag }: DefaultImage, own: Option<&String>) -> String {
        if let Some(own) = own {
            return own.clone();
        }
        let name = repository.rsplit_once('/').map_or(repository, |(_, name)| name);
        match &self.images.registry {
            Some(registry) => format!("{registry}/{name}:{tag}"),
            None => format!("{repository}:{tag}"),
        }
    }
}

/// A Pod Security Standards level to enforce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PodSecurity {
    /// The level that the cluster enforces.
    pub enforce: Level,
    /// The version of the standards; defaults to the latest.
    pub version: Version,
}

/// How the files of agents get into pods, unless an annotation says otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery {
    /// The way of every language without one of its own.
    pub default: FilesBy,
    /// By language id.
    pub languages: BTreeMap<&'static str, FilesBy>,
}

/// The default images. An image in an Instrumentation always takes precedence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Images {
    /// Replaces everything before the last `/` of default images.
    pub registry: Option<String>,
    /// Full images, by language id.
    pub languages: BTreeMap<&'static str, String>,
    /// The full image of a collector.
    pub collector: Option<String>,
}

/// Enums with their words in the function config, the default first.
macro_rules! choice {
    ($(#[$about:meta])* $name:ident
     $($(#[$each:meta])* $variant:ident = $word:literal),+ $(,)?) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub enum $name {
            $($(#[$each])* $variant,)+
        }

        impl $name {
            /// Every variant, the default first.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its word in the function config.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// The variant for `word`.
            #[must_use]
            pub fn named(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|choice| choice.as_str() == word)
            }

            /// The words of all variants.
            #[must_use]
            pub fn words() -> Vec<&'static str> {
                Self::ALL.iter().map(|choice| choice.as_str()).collect()
            }
        }
    };
}

choice! {
    /// What a run does.
    Mode
    /// Write the injections.
    #[default]
    Inject = "inject",
    /// Output only findings.
    Validate = "validate",
}

choice! {
    /// How to handle a workload that is refused.
    OnError
    /// The run fails and prints no changes.
    #[default]
    Fail = "fail",
    /// The workload is skipped, and its finding becomes a warning.
    Skip = "skip",
}

choice! {
    /// Which findings fail a run; each choice includes the ones before it.
    FailOn
    /// Errors.
    #[default]
    Error = "error",
    /// Injections that stay out of date or are no longer requested.
    Stale = "stale",
    /// Warnings.
    Warning = "warning",
}

choice! {
    /// Where to record an injection.
    Recording
    /// In an annotation in the workload's own metadata.
    #[default]
    Annotation = "annotation",
    /// Nowhere: it can be neither updated nor removed.
    None = "none",
}

choice! {
    /// How to handle an injection that is no longer requested.
    Stale
    /// Keep it, with a warning.
    #[default]
    Keep = "keep",
    /// Remove it.
    Remove = "remove",
}

choice! {
    /// How the files of an agent get into a pod.
    FilesBy
    /// An init container copies them.
    #[default]
    Init = "init",
    /// The agent's image is mounted.
    ImageVolume = "image-volume",
}

choice! {
    /// How to output Instrumentations and sidecar collectors.
    Keep
    /// Keep them unchanged.
    #[default]
    Keep = "keep",
    /// Drop them.
    Drop = "drop",
    /// Add the annotation that makes hosts keep them out of clusters.
    LocalConfig = "local-config",
}

/// Whether `name` is a valid namespace: an RFC 1123 label.
#[must_use]
pub fn is_namespace(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&name.len())
        && name.bytes().all(inner)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_image_follows_the_registry_and_yields_to_its_own() {
        let java = crate::languages::find("java").expect("a language");
        let DefaultImage { repository, tag } = java.settings.as_ref().expect("settings").image;
        let mut settings = Settings::default();
        assert_eq!(settings.default_image(java), Some(format!("{repository}:{tag}")));
        settings.images.registry = Some("mirror.example.com:5000/otel".to_owned());
        let mirrored = format!("mirror.example.com:5000/otel/autoinstrumentation-java:{tag}");
        assert_eq!(settings.default_image(java), Some(mirrored));
        settings.images.languages.insert("java", "java:1".to_owned());
        assert_eq!(settings.default_image(java).as_deref(), Some("java:1"));
        let sdk = crate::languages::find("sdk").expect("a language");
        assert_eq!(settings.default_image(sdk), None);
        let mirrored = settings.default_collector_image();
        assert_eq!(mirrored.split_once(':').map(|(host, _)| host), Some("mirror.example.com"));
        assert!(mirrored.contains("/otel/opentelemetry-collector:"), "{mirrored}");
        settings.images.collector = Some("collector:1".to_owned());
        assert_eq!(settings.default_collector_image(), "collector:1");
    }

    #[test]
    fn a_missing_reference_is_an_error_where_references_are_required_unless_told_otherwise() {
        let finding = Finding::new(Code::MissingReference, "", "x");
        let mut settings = Settings::default();
        assert_eq!(settings.severity(&finding), Some(Severity::Warning));
        settings.require_references = true;
        assert_eq!(settings.severity(&finding), Some(Severity::Error));
        assert_eq!(settings.errors(std::slice::from_ref(&finding)).len(), 1);
        settings.severities.insert(Code::MissingReference, None);
        assert_eq!(settings.severity(&finding), None);
        assert_eq!(settings.weighed(finding), None);
    }

    #[test]
    fn a_namespace_is_a_dns_label() {
        assert!(is_namespace("shop"));
        assert!(is_namespace("0"));
        for wrong in ["", "-a", "a-", "A", "a.b", "ä", &"a".repeat(64)] {
            assert!(!is_namespace(wrong), "{wrong}");
        }
    }
}
