//! The keys of the function config, as data: the base of validation, documentation and completion.

use globset::Glob;

use crate::config::{FailOn, FilesBy, Keep, Mode, OnError, Recording, Stale, is_namespace, labels};
use crate::finding::Code;
use crate::k8s::image::Image;
use crate::k8s::security::{Level, Version};
use crate::languages::{self, ALL, Effect};

/// A key of a mapping in the config.
#[derive(Debug)]
pub(in crate::config) struct Key {
    pub(super) name: &'static str,
    /// Its description in the documentation.
    pub(super) about: &'static str,
    /// The default, or `None` if there is none.
    pub(super) default: Option<&'static str>,
    pub(super) shape: KeyShape,
}

/// The shape of a key's value. Null always counts as absent.
#[derive(Debug)]
pub(super) enum KeyShape {
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Choice(fn() -> Vec<&'static str>),
    /// A string.
    Text(&'static Format),
    /// A list with at least one of these.
    List(&'static KeyShape),
    /// A mapping with these keys.
    Object(&'static Object),
    /// One of the words that come first in these pairs.
    Words(&'static [(&'static str, &'static str)]),
    /// A mapping from each of these words to the shape that `of` returns. `filled`: it must not be empty.
    Map { words: fn() -> Vec<&'static str>, of: fn(&str) -> KeyShape, filled: bool },
    /// One of these shapes, which have different types.
    Either { what: &'static str, shapes: &'static [KeyShape] },
    /// The spec of an Instrumentation.
    Instrumentation,
}

/// The format of a string.
#[derive(Debug)]
pub(super) struct Format {
    /// Completes "must be …".
    pub(super) what: &'static str,
    /// The same as a regular expression, which can be less strict; `None` if there is none.
    pub(super) pattern: Option<&'static str>,
    /// Returns what is wrong; empty if `what` says enough.
    pub(super) check: fn(&str) -> Result<(), String>,
}

/// A mapping of known keys.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) keys: &'static [Key],
    /// Required keys.
    pub(super) required: &'static [&'static str],
    /// At least one of these is required; empty if there is no such rule.
    pub(super) any_of: &'static [&'static str],
    /// The first key requires the second.
    pub(super) needs: &'static [(&'static str, &'static str)],
}

const fn object(keys: &'static [Key]) -> Object {
    Object { keys, required: &[], any_of: &[], needs: &[] }
}

/// A key without a default.
const fn key(name: &'static str, about: &'static str, shape: KeyShape) -> Key {
    Key { name, about, default: None, shape }
}

fn all_of(text: &str, is_right: impl Fn(&str) -> bool) -> Result<(), String> {
    if is_right(text) { Ok(()) } else { Err(String::new()) }
}

const NAMESPACE: Format = Format {
    what: "a namespace: lower-case letters, digits and `-`, at most 63",
    pattern: Some("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"),
    check: |text| all_of(text, is_namespace),
};

const GLOB: Format = Format {
    what: "a name or a glob such as web-*",
    pattern: Some("."),
    check: |text| match Glob::new(text) {
        _ if text.is_empty() => Err(String::new()),
        Ok(_) => Ok(()),
        Err(error) => Err(error.kind().to_string()),
    },
};

const SELECTOR: Format = Format {
    what: "a label selector such as tier in (web, api), !legacy",
    pattern: Some("."),
    check: |text| labels::parse(text).map(|_| ()),
};

const REFERENCE: Format = Format {
    what: "the name of an Instrumentation, or namespace/name",
    pattern: Some("^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?/)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"),
    check: |text| {
        all_of(text, |text| {
            let (namespace, name) = text.split_once('/').unwrap_or(("any", text));
            is_namespace(namespace) && is_reference(name)
        })
    },
};

const COLLECTOR_REFERENCE: Format =
    Format { what: "the name of an OpenTelemetryCollector, or namespace/name", ..REFERENCE };

const CONTAINER: Format = Format {
    what: "the name of a container",
    pattern: Some("^[A-Za-z0-9-]+$"),
    check: |text| {
        let is_right = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        all_of(text, |text| !text.is_empty() && text.bytes().all(is_right))
    },
};

const FILLED: Format = Format {
    what: "a string that is not empty",
    pattern: Some("."),
    check: |text| all_of(text, |text| !text.is_empty()),
};

const REGISTRY: Format = Format {
    what: "a registry, with a path or without, such as mirror.example.com/otel",
    pattern: Some("^[^/@](.*[^/@])?$"),
    check: |text| {
        let image = format!("{text}/image:1");
        let is_right = |_: &str| !text.contains('@') && Image::parse(&image).is_some();
        all_of(text, is_right)
    },
};

const IMAGE: Format = Format {
    what: "an image reference",
    pattern: Some("^\\S+$"),
    check: |text| all_of(text, |text| Image::parse(text).is_some()),
};

const GROUP: Format = Format {
    what: "an API group without a version, empty for the core",
    pattern: Some("^[a-z0-9.-]*$"),
    check: |text| {
        let is_right = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
        all_of(text, |text| text.bytes().all(is_right))
    },
};

const KIND: Format = Format {
    what: "a kind such as Runner",
    pattern: Some("^[A-Za-z][A-Za-z0-9]*$"),
    check: |text| {
        let is_right = |text: &str| {
            text.starts_with(|first: char| first.is_ascii_alphabetic())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        all_of(text, is_right)
    },
};

const VERSION: Format = Format {
    what: "a version such as v1.34, or latest",
    pattern: Some("^(latest|v1\\.(0|[1-9][0-9]*))$"),
    check: |text| all_of(text, |text| Version::parse(text).is_some()),
};

const PATH: Format = Format {
    what: "a dotted path such as spec.runner.template",
    pattern: Some("^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*$"),
    check: |text| {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        all_of(text, |text| text.split('.').all(|part| !part.is_empty() && part.bytes().all(inner)))
    },
};

fn is_reference(name: &str) -> bool {
    const LONGEST: usize = 253;
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    // The switch's own words are not names.
    !matches!(name, "true" | "false")
        && name.len() <= LONGEST
        && name.bytes().all(inner)
        && ends(name.as_bytes().first())
        && ends(name.as_bytes().last())
}

fn languages() -> Vec<&'static str> {
    ALL.iter().map(|language| language.id).collect()
}

const LANGUAGE: KeyShape = KeyShape::Choice(languages);
const GLOBS: KeyShape = KeyShape::List(&KeyShape::Text(&GLOB));

const TARGETS: KeyShape = KeyShape::Object(&Object {
    required: &["language"],
    ..object(&[
        key("language", "The language.", LANGUAGE),
        key(
            "containers",
            "Its containers, init containers too; the first regular one where none is named.",
            KeyShape::List(&KeyShape::Text(&CONTAINER)),
        ),
    ])
});

const SELECT: Object = Object {
    any_of: &["kinds", "names", "namespaces", "labels"],
    ..object(&[
        key("kinds", "Kinds of workloads; globs are allowed, one must match.", GLOBS),
        key("names", "Names of workloads; globs are allowed, one must match.", GLOBS),
        key("namespaces", "Namespaces of workloads; globs are allowed, one must match.", GLOBS),
        key(
            "labels",
            "A selector for the labels of the workload, or of its pod template where it has none.",
            KeyShape::Text(&SELECTOR),
        ),
    ])
};

const RULE: Object = Object {
    required: &["select"],
    any_of: &["inject", "options", "delivery", "sidecar"],
    needs: &[("instrumentation", "inject")],
    keys: &[
        key("select", "Which workloads; all parts that are given must match.", KeyShape::Object(&SELECT)),
        key(
            "inject",
            "A language, a list of them, or with containers: {language: nodejs, containers: [app]}.",
            KeyShape::Either {
                what: "a language, a list of them, or {language, containers}",
                shapes: &[
                    LANGUAGE,
                    TARGETS,
                    KeyShape::List(&KeyShape::Either {
                        what: "a language, or {language, containers}",
                        shapes: &[LANGUAGE, TARGETS],
                    }),
                ],
            },
        ),
        key(
            "instrumentation",
            "The Instrumentation by its name, or namespace/name; without it the one of the namespace.",
            KeyShape::Text(&REFERENCE),
        ),
        key("options", "What the languages need to know about the workload.", OPTIONS),
        key(
            "delivery",
            "How agents get into the pods: the annotation otel-inject.dev/delivery. Languages that image volumes \
             cannot deliver are delivered as usual.",
            KeyShape::Choice(FilesBy::words),
        ),
        key(
            "sidecar",
            "The collector that pods get as a sidecar, by its name or namespace/name; true means the one of \
             the namespace, false for none.",
            KeyShape::Either {
                what: "true, false, or a collector's name or namespace/name",
                shapes: &[KeyShape::Flag, KeyShape::Text(&COLLECTOR_REFERENCE)],
            },
        ),
    ],
};

const OPTIONS: KeyShape = KeyShape::Map {
    words: || options().map(|option| option.key).collect(),
    of: |word| match options().find(|option| option.key == word).map(|option| &option.effect) {
        Some(Effect::OneOf { words, .. }) => KeyShape::Words(words),
        Some(Effect::Variable(_)) | None => KeyShape::Text(&FILLED),
    },
    filled: true,
};

/// The key of the delivery of all other languages.
pub(super) const DEFAULT: &str = "default";

/// The key of the collector's image.
pub(super) const COLLECTOR: &str = "collector";

/// The language options that a workload can set.
pub(super) fn options() -> impl Iterator<Item = &'static languages::Choice> {
    ALL.iter().flat_map(|language| language.options)
}

const DECLARED: Object = Object {
    required: &["group", "kind", "podTemplate"],
    ..object(&[
        key("group", "Its API group; every version of it counts.", KeyShape::Text(&GROUP)),
        key("kind", "The kind.", KeyShape::Text(&KIND)),
        key("podTemplate", "The path of its pod template.", KeyShape::Text(&PATH)),
    ])
};

const POD_SECURITY: Object = Object {
    required: &["enforce"],
    ..object(&[
        key(
            "enforce",
            "The level.",
            KeyShape::Choice(|| Level::ALL.iter().map(|level| level.as_str()).collect()),
        ),
        Key {
            name: "version",
            about: "The version of the standards, as namespaces name it.",
            default: Some("latest"),
            shape: KeyShape::Text(&VERSION),
        },
    ])
};

/// Every key of `spec`.
pub(in crate::config) static SPEC: Object = object(&[
    Key {
        name: "annotate",
        about: "Also write the annotations of a rule into the pod template of what is injected.",
        default: Some("false"),
        shape: KeyShape::Flag,
    },
    key(
        "delivery",
        "How agents get into pods: `init`, copied by init containers, or `image-volume`, mounted from their images \
         (see docs/image-volumes.md). `default` (`init` without it) is for every language that has no key of its own; \
         languages that image volumes cannot deliver take it as `init`.",
        KeyShape::Map {
            words: || {
                let with_agent = ALL.iter().filter(|language| language.settings.is_some());
                std::iter::once(DEFAULT).chain(with_agent.map(|language| language.id)).collect()
            },
            of: |_| KeyShape::Choice(FilesBy::words),
            filled: false,
        },
    ),
    Key {
        name: "failOn",
        about: "What fails a run (exit code 1), each choice with the ones before it: errors; a stale injection, \
                which nothing asks for any more or, in `check` and with `mode: validate`, which would be updated \
                or taken out; any warning. A run that fails writes nothing. Hosts that hide warnings, such as \
                Helm and plugins of kustomize, need `warning` to make them seen.",
        default: Some(FailOn::Error.as_str()),
        shape: KeyShape::Choice(FailOn::words),
    },
    key(
        "images",
        "Where default images come from; an image in an Instrumentation always wins. `registry` replaces \
         everything before the last `/`, the key of a language or of the collector the whole image.",
        KeyShape::Map {
            words: || {
                let with_image = ALL.iter().filter(|language| language.settings.is_some());
                ["registry", COLLECTOR].into_iter().chain(with_image.map(|language| language.id)).collect()
            },
            of: |word| KeyShape::Text(if word == "registry" { &REGISTRY } else { &IMAGE }),
            filled: false,
        },
    ),
    key(
        "instrumentation",
        "The spec of an Instrumentation (v1alpha1) that is used where the switch is \"true\" and the \
         namespace has none; a reference by name never falls back to it.",
        KeyShape::Instrumentation,
    ),
    Key {
        name: "instrumentationResources",
        about: "What becomes of the Instrumentations, and of collectors of mode sidecar, in the output: kept, taken \
                out, or marked with config.kubernetes.io/local-config so that hosts do not deploy them.",
        default: Some(Keep::Keep.as_str()),
        shape: KeyShape::Choice(Keep::words),
    },
    key(
        "kinds",
        "Further kinds of workloads: where their pod templates stand.",
        KeyShape::List(&KeyShape::Object(&DECLARED)),
    ),
    key(
        "kubernetes",
        "The oldest Kubernetes version that the pods run on. What an injection needs of a newer one is a warning.",
        KeyShape::Text(&VERSION),
    ),
    Key {
        name: "mode",
        about: "Whether what is injected is written, or only findings come out. A validator prints no items: \
                kustomize asks for that under `validators`, and would delete everything under `transformers`, \
                as `kpt fn eval` does.",
        default: Some(Mode::Inject.as_str()),
        shape: KeyShape::Choice(Mode::words),
    },
    key(
        "namespace",
        "The namespace of every namespaced resource that names none, in look-ups and in what pods get.",
        KeyShape::Text(&NAMESPACE),
    ),
    Key {
        name: "nativeSidecars",
        about: "Whether collector sidecars are init containers that go on running (Kubernetes 1.29 on), or \
                ordinary containers.",
        default: Some("true"),
        shape: KeyShape::Flag,
    },
    Key {
        name: "onError",
        about: "What happens to a workload that is refused: the run fails, or the workload is left out.",
        default: Some(OnError::Fail.as_str()),
        shape: KeyShape::Choice(OnError::words),
    },
    key(
        "podSecurity",
        "The level of the Pod Security Standards that the cluster enforces: only what an injection takes from it \
         is a finding. Without it, every level that a pod meets no more is one.",
        KeyShape::Object(&POD_SECURITY),
    ),
    Key {
        name: "record",
        about: "Whether an injection is recorded in the annotation otel-inject.dev/record of the workload: without a \
                record it can be neither updated nor taken out.",
        default: Some(Recording::Annotation.as_str()),
        shape: KeyShape::Choice(Recording::words),
    },
    Key {
        name: "requireReferences",
        about: "Refuse workloads whose Instrumentation names a Secret or ConfigMap that the input does not hold.",
        default: Some("false"),
        shape: KeyShape::Flag,
    },
    key(
        "rules",
        "Annotations set by rule: per annotation the pod's own value counts, else that of the \
         first rule that matches and sets it.",
        KeyShape::List(&KeyShape::Object(&RULE)),
    ),
    key(
        "severity",
        "The severities of findings, by their codes. What is off is neither reported nor counted; an error \
         refuses its workload.",
        KeyShape::Map {
            words: || Code::ALL.iter().map(|code| code.id()).collect(),
            of: |word| {
                let code = Code::ALL.iter().find(|code| code.id() == word);
                KeyShape::Choice(match code {
                    Some(code) if !code.is_softenable() => || vec!["error"],
                    _ => || vec!["error", "warning", "info", "off"],
                })
            },
            filled: false,
        },
    ),
    Key {
        name: "stale",
        about: "What happens to an injection that nothing asks for any more: it stays with a warning, or is taken out.",
        default: Some(Stale::Keep.as_str()),
        shape: KeyShape::Choice(Stale::words),
    },
]);

impl Object {
    pub(super) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    pub(super) fn names(&self) -> Vec<&'static str> {
        self.keys.iter().map(|key| key.name).collect()
    }
}

impl KeyShape {
    /// The words of a choice or the words of a mapping's keys.
    pub(super) fn words(&self) -> Vec<&'static str> {
        match self {
            Self::Choice(words) | Self::Map { words, .. } => words(),
            Self::Words(pairs) => pairs.iter().map(|(word, _)| *word).collect(),
            _ => Vec::new(),
        }
    }
}
