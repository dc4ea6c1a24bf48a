//! The languages that images show, as a table, data, or rules for the config.

use std::collections::BTreeSet;

use super::listing::table::{aligned, shown as cell};
use super::{flat, pretty, resource};
use crate::coverage::{Container, Status, Workload};
use crate::metadata::{Facts, Guess, Metadata, Shown};
use crate::value::{Map, Value, json};
use crate::yaml::emit_document;

/// A container with what its image shows.
pub struct Suggestion {
    /// The container's name.
    pub container: String,
    /// Its image; empty if it has none.
    pub image: String,
    /// What the image shows, or `None` if nothing is known about it.
    pub shown: Option<Shown>,
    /// The C library of the image.
    pub libc: Option<String>,
}

/// Workloads with what the images of their containers show.
pub struct Suggestions(Vec<(Workload, Vec<Suggestion>)>);

/// A form of suggestions.
#[derive(Debug)]
pub struct Form {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its purpose, as a phrase.
    pub what: &'static str,
    write: fn(&Suggestions) -> String,
}

impl Form {
    /// Every form.
    pub const ALL: &'static [Self] = &[
        Self { name: "table", what: "aligned columns", write: Suggestions::table },
        Self { name: "json", what: "everything, for programs", write: Suggestions::json },
        Self {
            name: "config",
            what: "a config with a rule for each workload that nothing asks for",
            write: Suggestions::config,
        },
        Self { name: "images", what: "the images, to fetch their metadata", write: Suggestions::images },
    ];

    /// The form with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|form| form.name == name)
    }

    /// The suggestions in this form.
    #[must_use]
    pub fn write(&self, suggestions: &Suggestions) -> String {
        (self.write)(suggestions)
    }
}

impl Suggestions {
    /// What the images of the workloads show. Init containers are left out: they end before the application starts.
    #[must_use]
    pub fn new(workloads: Vec<Workload>, metadata: &Metadata) -> Self {
        let of_workload = |workload: Workload| {
            let own = workload.containers.iter().filter(|container| !container.is_init);
            let suggestion = |container: &Container| {
                let facts = metadata.of(&container.image);
                let [command, args] = [&container.command, &container.args]
                    .map(|all| all.iter().map(String::as_str).collect::<Vec<_>>());
                let shown = facts.map(|facts| facts.shown(&command, &args));
                Suggestion {
                    container: container.name.clone(),
                    image: container.image.clone(),
                    shown,
                    libc: facts.and_then(Facts::libc).map(|libc| libc.to_string()),
                }
            };
            let own = own.map(suggestion).collect();
            (workload, own)
        };
        Self(workloads.into_iter().map(of_workload).collect())
    }

    fn table(&self) -> String {
        let header = ["NAMESPACE", "KIND", "NAME", "CONTAINER", "LANGUAGE", "IMAGE", "EVIDENCE"];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        for (workload, suggestions) in &self.0 {
            let subject = &workload.subject;
            for suggestion in suggestions {
                let namespace = subject.namespace.as_deref().unwrap_or_default();
                let (language, evidence) = suggestion.words();
                let texts = [
                    namespace,
                    &subject.kind,
                    &subject.name,
                    &suggestion.container,
                    &language,
                    &suggestion.image,
                    &evidence,
                ];
                rows.push(texts.into_iter().map(|text| cell(flat(text))).collect());
            }
        }
        if rows.len() == 1 { String::new() } else { aligned(&rows) }
    }

    fn json(&self) -> String {
        let container = |suggestion: &Suggestion| {
            let mut value = Map::new();
            value.insert("name".to_owned(), suggestion.container.as_str().into());
            value.insert("image".to_owned(), suggestion.image.as_str().into());
            value.insert("known".to_owned(), suggestion.shown.is_some().into());
            match suggestion.guess() {
                Guess::Language(language) => value.insert("language".to_owned(), language.into()),
                Guess::Perhaps(language) => value.insert("perhaps".to_owned(), language.into()),
                Guess::Unknown => None,
            };
            if let Some(libc) = &suggestion.libc {
                value.insert("libc".to_owned(), libc.as_str().into());
            }
            let evidence = suggestion.shown.as_ref().map(|shown| shown.evidence.clone()).unwrap_or_default();
            value.insert("evidence".to_owned(), evidence.into());
            Value::Object(value)
        };
        let workloads: Vec<Value> = self
            .0
            .iter()
            .map(|(workload, suggestions)| {
                json!({
                    "resource": resource(&workload.subject),
                    "status": workload.status.word(),
                    "containers": suggestions.iter().map(container).collect::<Vec<_>>(),
                })
            })
            .collect();
        pretty(&json!({ "workloads": workloads }))
    }

    /// A config with a rule for each workload that nothing asks for and whose images show a language.
    fn config(&self) -> String {
        let mut rules: Vec<Value> = Vec::new();
        let mut left: Vec<String> = Vec::new();
        for (workload, suggestions) in
            self.0.iter().filter(|(workload, _)| workload.status == Status::NotAsked)
        {
            let mut targets: Vec<(&str, Vec<&str>)> = Vec::new();
            for suggestion in suggestions {
                match suggestion.guess() {
                    Guess::Language(language) if !workload.subject.name.is_empty() => {
                        match targets.iter_mut().find(|(other, _)| *other == language) {
                            Some((_, containers)) => containers.push(&suggestion.container),
                            None => targets.push((language, vec![&suggestion.container])),
                        }
                    }
                    _ => {
                        let (language, evidence) = suggestion.words();
                        let language = if language.is_empty() { "unknown" } else { &language };
                        let (subject, name) = (&workload.subject, &suggestion.container);
                        let why = if evidence.is_empty() { String::new() } else { format!(" ({evidence})") };
                        left.push(flat(&format!("# {subject} container {name}: {language}{why}")));
                    }
                }
            }
            if targets.is_empty() {
                continue;
            }
            let targets: Vec<Value> = targets
                .into_iter()
                .map(|(language, containers)| json!({"language": language, "containers": containers}))
                .collect();
            let rule = json!({"select": select(workload), "inject": targets});
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
        // An empty list of rules is no valid config.
        let spec = if rules.is_empty() { json!({}) } else { json!({ "rules": rules }) };
        let config = json!({
            "apiVersion": "otel-inject.dev/v1alpha1",
            "kind": "OtelInject",
            "metadata": {"name": "suggested"},
            "spec": spec,
        });
        let mut text = emit_document(&config);
        if !left.is_empty() {
            text.push_str("# Without a rule:\n");
            left.iter().for_each(|line| text.extend([line.as_str(), "\n"]));
        }
        text
    }

    fn images(&self) -> String {
        let images = self.0.iter().flat_map(|(_, suggestions)| suggestions).map(|one| one.image.as_str());
        let images: BTreeSet<&str> = images.filter(|image| !image.is_empty()).collect();
        images.into_iter().map(|image| flat(image) + "\n").collect()
    }
}

/// The selection of a rule that means one workload. Names are globs.
fn select(workload: &Workload) -> Value {
    let subject = &workload.subject;
    let mut select = Map::new();
    select.insert("kinds".to_owned(), json!([globset::escape(&subject.kind)]));
    select.insert("names".to_owned(), json!([globset::escape(&subject.name)]));
    if let Some(namespace) = &subject.namespace {
        select.insert("namespaces".to_owned(), json!([globset::escape(namespace)]));
    }
    Value::Object(select)
}

impl Suggestion {
    fn guess(&self) -> Guess {
        self.shown.as_ref().map_or(Guess::Unknown, |shown| shown.guess)
    }

    /// The language and the evidence, in words.
    fn words(&self) -> (String, String) {
        let Some(shown) = &self.shown else {
            let why =
                if self.image.is_empty() { "it has no image" } else { "nothing is known about its image" };
            return (String::new(), why.to_owned());
        };
        let evidence = shown.evidence.join(", ");
        match shown.guess {
            Guess::Language(language) => (language.to_owned(), evidence),
            Guess::Perhaps(language) => (format!("perhaps {language}"), evidence),
            Guess::Unknown if evidence.is_empty() => (String::new(), "its image shows none".to_owned()),
            Guess::Unknown => (String::new(), evidence),
        }
    }
}
