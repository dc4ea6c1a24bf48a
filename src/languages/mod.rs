//! The languages, one row each.
//!
//! A language is a value: its name, its settings, how its agent gets into the pod and which variables load it. All code
//! that handles languages iterates over [`ALL`].

use crate::finding::Code;
use crate::k8s::pod::List;
use crate::k8s::shape::Field;
use crate::metadata::Libc;

use otlp::Spoken;

mod apache_httpd;
mod dotnet;
mod go;
mod java;
mod nginx;
mod nodejs;
pub mod otlp;
mod python;
mod sdk;
pub mod web_server;

/// The release of the OpenTelemetry Operator that the tables of languages and collector components follow.
pub const OPERATOR: &str = "0.158.0";

/// Every language, in the order of injection.
pub static ALL: &[&Language] = &[
    &java::JAVA,
    &nodejs::NODEJS,
    &python::PYTHON,
    &dotnet::DOTNET,
    &go::GO,
    &apache_httpd::APACHE_HTTPD,
    &nginx::NGINX,
    &sdk::SDK,
];

/// A language or runtime that can be instrumented.
#[derive(Debug)]
pub struct Language {
    /// Its name on the command line, in configs and in findings.
    pub id: &'static str,
    /// The annotation that requests it, without the prefix.
    pub switch: &'static str,
    /// The annotations that name its containers, without the prefix. The first one set applies.
    pub containers: &'static [&'static str],
    /// Its settings in an Instrumentation, or `None` if it has no agent.
    pub settings: Option<Settings>,
    /// Options that a workload can set, other than its containers.
    pub options: &'static [Choice],
    /// How it is injected.
    pub recipe: Recipe,
}

/// An option of a language that a workload can set.
#[derive(Debug)]
pub struct Choice {
    /// The annotation, without the prefix.
    pub annotation: &'static str,
    /// Its key in a config.
    pub key: &'static str,
    /// What it does.
    pub effect: Effect,
}

/// What an option does.
#[derive(Debug)]
pub enum Effect {
    /// Sets this variable of the agent's container.
    Variable(&'static str),
    /// Selects one of these words; the first is the default.
    OneOf {
        /// The placeholder in the recipe's texts for the word's text.
        placeholder: &'static str,
        /// The words and their texts.
        words: &'static [(&'static str, &'static str)],
        /// The words for C libraries; empty if the option is about something else.
        libcs: &'static [(Libc, &'static str)],
    },
}

/// A language's part of an Instrumentation's spec.
#[derive(Debug)]
pub struct Settings {
    /// Its key in the spec.
    pub key: &'static str,
    /// The key of its resources in v1alpha1.
    pub resources_key: &'static str,
    /// The default image.
    pub image: DefaultImage,
    /// Default `limits`: cpu, memory.
    pub limits: [&'static str; 2],
    /// Default `requests`: cpu, memory.
    pub requests: [&'static str; 2],
    /// The architectures of the default image, if it lacks common ones. The operator's workflow
    /// publish-autoinstrumentation-apache-httpd.yaml builds the web servers' image for one.
    pub architectures: Option<&'static [&'static str]>,
    /// Fields that only this language has.
    pub fields: &'static [Field],
}

/// The agent image of a release.
#[derive(Debug, Clone, Copy)]
pub struct DefaultImage {
    /// Registry and path.
    pub repository: &'static str,
    /// The version that this release uses.
    pub tag: &'static str,
}

/// How a language is injected.
#[derive(Debug)]
pub struct Recipe {
    /// How the agent gets into the pod.
    pub delivery: Delivery,
    /// Variables set before the agent's mount.
    pub early_env: &'static [Env],
    /// Variables set after the common ones.
    pub env: &'static [Env],
    /// Variables that the user must not set.
    pub reserved: &'static [&'static str],
    /// How the agent speaks OTLP, by version in ascending order; empty if the application decides.
    pub protocols: &'static [Spoken],
}

/// How an agent gets into a pod.
#[derive(Debug)]
pub enum Delivery {
    /// The target containers mount a volume with its files: a copy that an init container makes, or the image itself.
    Copy(Copy),
    /// It is a sidecar for one target container.
    Container(AgentContainer),
    /// It is a module that init containers add to a copy of one target's configuration.
    WebServer(web_server::WebServer),
    /// The application already has it.
    None,
}

impl Delivery {
    /// Whether the agent is a sidecar.
    #[must_use]
    pub const fn is_sidecar(&self) -> bool {
        matches!(self, Self::Container(_))
    }

    /// Whether the injection adds a container with that name to that list.
    #[must_use]
    pub fn is_container(&self, list: List, name: &str) -> bool {
        match (self, list) {
            (Self::Copy(copy), List::Init) => copy.name == name,
            (Self::Container(container), List::Regular) => container.name == name,
            (Self::WebServer(server), List::Init) => [server.clone.name, server.attach.name].contains(&name),
            _ => false,
        }
    }

    /// The same with the init containers of extensions.
    #[must_use]
    pub fn brings(&self, list: List, name: &str) -> bool {
        self.is_container(list, name)
            || list == List::Init && matches!(self, Self::Copy(copy) if copy.is_extension(name))
    }

    /// Whether an image volume can bring the agent.
    #[must_use]
    pub const fn is_mountable(&self) -> bool {
        matches!(self, Self::Copy(_))
    }

    /// Whether an image volume with that name has the agent or an extension of it.
    #[must_use]
    pub fn is_image_volume(&self, name: &str) -> bool {
        matches!(self, Self::Copy(copy) if copy.name == name || copy.is_extension(name))
    }

    /// The agent's extensions, if it supports any.
    #[must_use]
    pub const fn extensions(&self) -> Option<&Extensions> {
        match self {
            Self::Copy(copy) => copy.extensions.as_ref(),
            Self::Container(_) | Self::WebServer(_) | Self::None => None,
        }
    }
}

/// An agent whose files the target containers mount.
#[derive(Debug)]
pub struct Copy {
    /// The name of the init container and of the volume.
    pub name: &'static str,
    /// The folder of the image that has its files; `/` for the root.
    pub folder: &'static str,
    /// The init container's command.
    pub command: &'static [&'static str],
    /// Where the volume is mounted.
    pub mount: Mount,
    /// The agent's extensions, if it supports any.
    pub extensions: Option<Extensions>,
}

impl Copy {
    /// Whether an extension of the agent has that name.
    #[must_use]
    pub fn is_extension(&self, name: &str) -> bool {
        self.extensions
            .as_ref()
            .and_then(|extensions| name.strip_prefix(extensions.name)?.strip_prefix('-'))
            .is_some_and(|number| number.parse::<usize>().is_ok())
    }
}

/// Images with extensions of an agent, in addition to its own.
#[derive(Debug)]
pub struct Extensions {
    /// Their key in the language's settings: a list of `image` and `dir`.
    pub key: &'static str,
    /// The prefix of the names of the init containers, or of the image volumes; a number follows.
    pub name: &'static str,
    /// The directory they are copied to, relative to the mount.
    pub directory: &'static str,
    /// Variables that load them, set after the language's own. `{extensions}` is replaced by their directories,
    /// separated by commas.
    pub env: &'static [Env],
}

impl Extensions {
    /// The name of the init container that copies the extension at `index`, or of its image volume.
    #[must_use]
    pub fn called(&self, index: usize) -> String {
        format!("{}-{index}", self.name)
    }

    /// The directory they are copied to if the agent's volume is mounted at `mount`.
    #[must_use]
    pub fn destination(&self, mount: &str) -> String {
        format!("{mount}/{}", self.directory)
    }

    /// Where the image volume of the extension at `index` is mounted if the agent's is mounted at `mount`: beside it,
    /// because nothing can be mounted below a read-only mount.
    #[must_use]
    pub fn mount(&self, mount: &str, index: usize) -> String {
        format!("{mount}-{}-{index}", self.directory)
    }
}

/// Where an agent's volume is mounted.
#[derive(Debug, Clone, Copy)]
pub enum Mount {
    /// At the same path in all containers.
    Shared(&'static str),
    /// In targets, at this path followed by a dash and the container's name; in the init container, at this path.
    PerContainer(&'static str),
}

impl Mount {
    /// The path in the init container.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Shared(path) | Self::PerContainer(path) => path,
        }
    }

    /// The path in the target called `container`.
    #[must_use]
    pub fn in_target(self, container: &str) -> String {
        match self {
            Self::Shared(path) => path.to_owned(),
            Self::PerContainer(path) => format!("{path}-{container}"),
        }
    }
}

/// An agent that runs as a sidecar.
#[derive(Debug)]
pub struct AgentContainer {
    /// The container's name.
    pub name: &'static str,
    /// Default `runAsUser` and `privileged`, used if the Instrumentation has no security context.
    pub security: (u32, bool),
    /// The host path volume and its path, which is the same on the host and in the container.
    pub host_path: (&'static str, &'static str),
    /// The variable with the path of the executable.
    pub executable: &'static str,
    /// The finding if no executable is given.
    pub missing: Code,
    /// The finding if the pod does not share its process namespace.
    pub apart: Code,
    /// The finding if the pod's own annotation names several containers.
    pub several: Code,
}

/// A variable of a language. `{mount}` is replaced by the agent's mount in the target; options and extensions have
/// their own placeholders.
#[derive(Debug)]
pub enum Env {
    /// Sets it. The user must not have it in `env`, and a value from `envFrom` does not count.
    Set {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: &'static str,
    },
    /// Sets it if it is absent.
    Default {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: &'static str,
    },
    /// Appends to an existing value, or sets it.
    Append {
        /// The variable.
        name: &'static str,
        /// Separates our value from an existing one, even an empty one.
        separator: &'static str,
        /// Our value.
        value: &'static str,
    },
    /// Wraps an existing value, or sets it.
    Wrap {
        /// The variable.
        name: &'static str,
        /// Text before the value.
        before: &'static str,
        /// Separator between the three parts.
        separator: &'static str,
        /// Text after the value.
        after: &'static str,
    },
}

impl Env {
    /// The variable's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Set { name, .. }
            | Self::Default { name, .. }
            | Self::Append { name, .. }
            | Self::Wrap { name, .. } => name,
        }
    }

    /// Every text it can write.
    #[must_use]
    pub fn texts(&self) -> Vec<&'static str> {
        match self {
            Self::Set { value, .. } | Self::Default { value, .. } | Self::Append { value, .. } => vec![value],
            Self::Wrap { before, after, .. } => vec![before, after],
        }
    }

    /// Whether it extends an existing value, which must then be known.
    #[must_use]
    pub const fn extends(&self) -> bool {
        matches!(self, Self::Append { .. } | Self::Wrap { .. })
    }
}

/// The language called `id`.
#[must_use]
pub fn find(id: &str) -> Option<&'static Language> {
    ALL.iter().copied().find(|language| language.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::k8s::image::Image;

    fn is_dns_label(name: &str) -> bool {
        (1..=63).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !name.starts_with('-')
            && !name.ends_with('-')
    }

    #[test]
    fn ids_annotations_and_keys_are_unique() {
        let mut seen = BTreeSet::new();
        for language in ALL {
            assert!(is_dns_label(language.id), "{}", language.id);
            assert!(!language.containers.is_empty(), "{}", language.id);
            let keys = language.settings.iter().map(|settings| settings.key);
            let own: BTreeSet<_> = [language.id, language.switch].into_iter().chain(keys).collect();
            for name in own.iter().chain(language.containers) {
                assert!(seen.insert(*name), "{name} is not unique");
            }
            assert_eq!(find(language.id).map(|found| found.id), Some(language.id));
        }
    }

    #[test]
    fn default_images_are_pinned() {
        for settings in ALL.iter().filter_map(|language| language.settings.as_ref()) {
            let reference = format!("{}:{}", settings.image.repository, settings.image.tag);
            assert!(Image::parse(&reference).is_some_and(|image| image.is_pinned()), "{reference}");
        }
    }

    #[test]
    fn what_is_always_set_is_reserved() {
        for recipe in ALL.iter().map(|language| &language.recipe) {
            let env = recipe.early_env.iter().chain(recipe.env);
            let set = env.filter(|env| matches!(env, Env::Set { .. })).map(Env::name);
            assert_eq!(set.collect::<Vec<_>>(), recipe.reserved);
        }
    }

    #[test]
    fn names_are_dns_labels_and_mounts_absolute() {
        for recipe in ALL.iter().map(|language| &language.recipe) {
            match &recipe.delivery {
                Delivery::Copy(copy) => {
                    assert!(is_dns_label(copy.name), "{}", copy.name);
                    assert!(copy.mount.path().starts_with('/'), "{}", copy.name);
                    // Both ways bring the same files.
                    let source = copy.command.iter().rev().nth(1).expect("a source and a destination");
                    let (folder, file) = source.rsplit_once('/').expect("an absolute path");
                    assert_eq!(folder.is_empty(), copy.folder == "/", "{}", copy.name);
                    assert!(folder.is_empty() || (folder, file) == (copy.folder, "."), "{}", copy.name);
                    if let Some(extensions) = &copy.extensions {
                        assert!(is_dns_label(&format!("{}-10000", extensions.name)), "{}", extensions.name);
                    }
                }
                Delivery::Container(container) => {
                    assert!(is_dns_label(container.name), "{}", container.name);
                    assert!(is_dns_label(container.host_path.0), "{}", container.name);
                    assert!(container.host_path.1.starts_with('/'), "{}", container.name);
                }
                Delivery::WebServer(server) => {
                    for name in
                        [server.clone.name, server.attach.name, server.agent_volume, server.config_volume]
                    {
                        assert!(is_dns_label(name), "{name}");
                    }
                    for path in [web_server::AGENT, web_server::COPY, server.default_path] {
                        assert!(path.starts_with('/') && !path.ends_with('/'), "{path}");
                    }
                }
                Delivery::None => assert!(recipe.early_env.is_empty()),
            }
        }
    }

    #[test]
    fn what_is_delivered_has_settings() {
        for language in ALL {
            let is_delivered = !matches!(language.recipe.delivery, Delivery::None);
            assert_eq!(is_delivered, language.settings.is_some(), "{}", language.id);
            let keys = language.settings.iter().flat_map(|settings| settings.fields).map(|field| field.name);
            let keys: Vec<_> = keys.collect();
            let named = match &language.recipe.delivery {
                Delivery::WebServer(server) => vec![server.path_key],
                delivery => delivery.extensions().map(|extensions| extensions.key).into_iter().collect(),
            };
            assert!(named.iter().all(|key| keys.contains(key)), "{}: {named:?}", language.id);
        }
    }

    #[test]
    fn options_are_unique_and_their_placeholders_are_used() {
        let mut seen = BTreeSet::new();
        for language in ALL {
            for option in language.options {
                assert!(is_dns_label(option.annotation), "{}", option.annotation);
                assert!(seen.insert(option.annotation) && seen.insert(option.key), "{}", option.annotation);
                let Effect::OneOf { placeholder, words, libcs } = option.effect else { continue };
                assert!(!words.is_empty(), "{}", option.annotation);
                let is_word = |(_, word): &(Libc, &str)| words.iter().any(|(other, _)| other == word);
                assert!(libcs.iter().all(is_word), "{}", option.annotation);
                let env = language.recipe.early_env.iter().chain(language.recipe.env);
                let mut texts: Vec<&str> = env.flat_map(Env::texts).collect();
                if let Delivery::Copy(copy) = &language.recipe.delivery {
                    texts.extend(copy.command);
                }
                assert!(texts.iter().any(|text| text.contains(placeholder)), "{placeholder}");
            }
        }
    }
}
