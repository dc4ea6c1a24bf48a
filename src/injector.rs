//! The library's entry point: takes texts, returns texts, findings and patches.

use crate::Settings;
use crate::config::function;
use crate::engine::{self, Output, Patch, Role, Source};
use crate::finding::{Code, Finding, Severity};
use crate::value::Value;
use crate::yaml::{Document, edited};

/// Injects into manifests with fixed settings. It can be called any number of times.
///
/// It reads no files, clock or environment: the same texts give the same report.
///
/// ```
/// use otel_inject::{Injector, Severity};
///
/// let manifests = "\
/// apiVersion: opentelemetry.io/v1alpha1
/// kind: Instrumentation
/// metadata: {name: default}
/// spec: {exporter: {endpoint: 'http://collector:4318'}}
/// ---
/// apiVersion: apps/v1
/// kind: Deployment
/// metadata: {name: web}
/// spec:
///   template:
///     metadata:
///       annotations: {instrumentation.opentelemetry.io/inject-nodejs: 'true'}
///     spec:
///       containers:
///         - name: app # stays
///           image: web:1
/// ";
/// let report = Injector::default().inject(manifests);
/// assert!(report.findings.iter().all(|finding| finding.severity != Severity::Error));
/// assert!(report.texts[0].contains("- name: app # stays\n"));
/// assert!(report.texts[0].contains("name: OTEL_SERVICE_NAME\n              value: web\n"));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Injector {
    settings: Settings,
}

/// The result of a run.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Report {
    /// The texts in input order. Unchanged if a finding is an error.
    pub texts: Vec<String>,
    /// The findings: errors first, then warnings, then infos.
    pub findings: Vec<Finding>,
    /// The changes of each resource, in text order. Only [`Injector::patches`] fills it.
    pub patches: Vec<Patch>,
}

impl Report {
    /// Whether an error prevented all changes.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }
}

impl Injector {
    /// An injector with these settings.
    #[must_use]
    pub const fn new(settings: Settings) -> Self {
        Self { settings }
    }

    /// An injector configured by a function config: the YAML of an `OtelInject`, an `Instrumentation` or a `ConfigMap`.
    ///
    /// ```
    /// let config = "\
    /// apiVersion: otel-inject.dev/v1alpha1
    /// kind: OtelInject
    /// metadata: {name: shop}
    /// spec:
    ///   rules:
    ///     - select: {names: [web-*]}
    ///       inject: {language: nodejs}
    /// ";
    /// assert!(otel_inject::Injector::from_config(config).is_ok());
    /// assert!(otel_inject::Injector::from_config("kind: Pod").is_err());
    /// ```
    ///
    /// # Errors
    /// Every problem with the config.
    pub fn from_config(config: &str) -> Result<Self, Vec<Finding>> {
        let value = Document::parse(config).and_then(|document| document.value());
        let value: Value =
            value.map_err(|problem| vec![Finding::problem(Code::InvalidConfig, "", &problem.message)])?;
        function::parse(&value).map(|(settings, _)| Self { settings })
    }

    /// Injects every workload that requests it in a stream of documents.
    #[must_use]
    pub fn inject(&self, text: &str) -> Report {
        self.inject_files(&[("", text)])
    }

    /// Injects every workload that requests it in several files, given by path and text. An Instrumentation in one file
    /// applies to all. Findings name non-empty paths.
    #[must_use]
    pub fn inject_files(&self, files: &[(&str, &str)]) -> Report {
        self.run(files, engine::inject)
    }

    /// The changes that injecting the files would make, for hosts that patch manifests. The texts are returned
    /// unchanged.
    #[must_use]
    pub fn patches(&self, files: &[(&str, &str)]) -> Report {
        let texts = files.iter().map(|(_, text)| (*text).to_owned()).collect();
        Report { texts, ..self.run(files, engine::patch) }
    }

    /// Removes injections from a stream of documents, using their records.
    #[must_use]
    pub fn uninject(&self, text: &str) -> Report {
        self.run(&[("", text)], engine::uninject)
    }

    fn run(&self, files: &[(&str, &str)], run: fn(&[Source<'_>], &Settings) -> Output) -> Report {
        let sources: Vec<Source<'_>> = files
            .iter()
            .map(|(path, text)| {
                let file = Some(*path).filter(|path| !path.is_empty());
                Source { file, text: text.as_bytes(), role: Role::Stream }
            })
            .collect();
        let Output { edits, findings, patches, .. } = run(&sources, &self.settings);
        let texts = files.iter().zip(&edits).map(|((_, text), edits)| edited(text, edits)).collect();
        Report { texts, findings, patches }
    }
}
