//! What a run is told: the function config and the Instrumentation, parsed loosely, then validated.

use std::collections::BTreeMap;

use crate::components;
use crate::finding::{Code, Finding, Severity};
use crate::k8s::Kind;
use crate::k8s::image::Image;
use crate::k8s::security::{Level, Version};
use crate::languages::{DefaultImage, Language};

pub mod annotations;
pub mod collector;
pub mod context;
pub mod effective;
pub mod function;
pub mod instrumentation;
mod labels;
mod nearest;
pub mod rules;
mod shapes;

use crate::config::instrumentation::Instrumentation;
pub use crate::config::nearest::{nearest, nearest_within};
use crate::config::rules::Rule;

/// What the function config and the command line say, validated.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// What a run is for.
    pub mode: Mode,
    /// What happens to a workload that is refused.
    pub on_error: OnError,
    /// Which findings fail a run.
    pub fail_on: FailOn,
    /// The namespace of every namespaced resource that names none.
    pub namespace: Option<String>,
    /// What is used where the switch says `"true"` and the namespace has no Instrumentation.
    pub instrumentation: Option<Instrumentation>,
    /// Annotations that nobody had to write; the first rule that matches and sets one counts.
    pub rules: Vec<Rule>,
    /// A rule's annotations are written into the pod template.
    pub annotate: bool,
    /// Where an injection is recorded.
    pub record: Recording,
    /// What happens to an injection that nothing asks for any more.
    pub stale: Stale,
    /// What becomes of the Instrumentations, and of collectors for pods, in the output.
    pub instrumentation_resources: Keep,
    /// Where default images come from.
    pub images: Images,
    /// The digest that each image is pinned to, or `None` without a lock.
    pub lock: Option<BTreeMap<String, String>>,
    /// Collector sidecars are ordinary containers, for clusters before Kubernetes 1.29.
    pub plain_sidecars: bool,
    /// Kinds of workloads that are known only because they are declared.
    pub kinds: Vec<Kind>,
    /// A Secret or ConfigMap that is named must be in the input.
    pub require_references: bool,
    /// The level of the Pod Security Standards that the cluster enforces.
    pub pod_security: Option<PodSecurity>,
    /// The severities of findings; none where they are off.
    pub severities: BTreeMap<Code, Option<Severity>>,
}

impl Settings {
    /// How much `finding` weighs; none where it is off.
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

    /// The finding with its severity; none where it is off.
    #[must_use]
    pub fn weighed(&self, mut finding: Finding) -> Option<Finding> {
        finding.severity = self.severity(&finding)?;
        Some(finding)
    }

    /// Those of `findings` that weigh as errors.
    #[must_use]
    pub fn errors(&self, findings: &[Finding]) -> Vec<Finding> {
        let is_error = |finding: &&Finding| self.severity(finding) == Some(Severity::Error);
        findings.iter().filter(is_error).cloned().collect()
    }

    /// The image of `language` when the Instrumentation names none.
    #[must_use]
    pub fn default_image(&self, language: &Language) -> Option<String> {
        let own = self.images.languages.get(language.id);
        Some(self.image(language.settings.as_ref()?.image, own))
    }

    /// The image of a collector that names none.
    #[must_use]
    pub fn default_collector_image(&self) -> String {
        self.image(components::IMAGE, self.images.collector.as_ref())
    }

    /// `image` with its digest of the lock. An image that has a digest, or where nothing is pinned, is as it is.
    ///
    /// # Errors
    /// The error about an image that the lock does not have; what asks for it is at `pointer`.
    pub fn pinned(&self, image: String, pointer: &str) -> Result<String, Box<Finding>> {
        let has_digest = Image::parse(&image).is_some_and(|image| image.digest().is_some());
        match &self.lock {
            Some(lock) if !has_digest => match lock.get(&image) {
                Some(digest) => Ok(format!("{image}@{digest}")),
                None => {
                    let finding =
                        Finding::new(Code::StaleLock, pointer, format!("the lock has no digest of {image}"));
                    Err(finding.help("Add it: otel-inject images --lock FILE --digests FILE.").into())
                }
            },
            _ => Ok(image),
        }
    }

    /// The image that stands for a default: its own, or the default from the registry.
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

/// A level of the Pod Security Standards, and whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PodSecurity {
    /// The level that a cluster enforces.
    pub enforce: Level,
    /// The version of the standards; the latest by default.
    pub version: Version,
}

/// Where default images come from. An image in an Instrumentation always wins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Images {
    /// Stands for everything before the last `/`.
    pub registry: Option<String>,
    /// Whole images, by the language's id.
    pub languages: BTreeMap<&'static str, String>,
    /// The whole image of a collector.
    pub collector: Option<String>,
}

/// Choices with their words in the function config, the default first.
macro_rules! choice {
    ($(#[$about:meta])* $name:ident
     $($(#[$each:meta])* $variant:ident = $word:literal),+ $(,)?) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub enum $name {
            $($(#[$each])* $variant,)+
        }

        impl $name {
            /// Every choice, the default first.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in the function config.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// The choice that `word` stands for.
            #[must_use]
            pub fn named(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|choice| choice.as_str() == word)
            }

            /// The words of all choices.
            #[must_use]
            pub fn words() -> Vec<&'static str> {
                Self::ALL.iter().map(|choice| choice.as_str()).collect()
            }
        }
    };
}

choice! {
    /// What a run is for.
    Mode
    /// What is injected is written.
    #[default]
    Inject = "inject",
    /// Only findings come out.
    Validate = "validate",
}

choice! {
    /// What happens to a workload that is refused.
    OnError
    /// The run fails and prints nothing that it changed.
    #[default]
    Fail = "fail",
    /// The workload is left out and its finding becomes a warning.
    Skip = "skip",
}

choice! {
    /// Which findings fail a run; each choice includes the ones before it.
    FailOn
    /// Errors.
    #[default]
    Error = "error",
    /// Injections that stay out of date, or that nothing asks for any more.
    Stale = "stale",
    /// Warnings.
    Warning = "warning",
}

choice! {
    /// Where an injection is recorded.
    Recording
    /// In an annotation on the workload's own metadata.
    #[default]
    Annotation = "annotation",
    /// Nowhere: it can be neither updated nor taken out.
    None = "none",
}

choice! {
    /// What happens to an injection that nothing asks for any more.
    Stale
    /// It stays, with a warning.
    #[default]
    Keep = "keep",
    /// It is taken out.
    Remove = "remove",
}

choice! {
    /// What becomes of the Instrumentations, and of collectors for pods, in the output.
    Keep
    /// They stay as they are.
    #[default]
    Keep = "keep",
    /// They are taken out.
    Drop = "drop",
    /// They get the annotation by which hosts keep them out of clusters.
    LocalConfig = "local-config",
}

/// Whether a namespace may be called `name`: an RFC 1123 label.
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
